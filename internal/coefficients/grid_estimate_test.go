package coefficients

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"eimtool/internal/dense"
)

// TestGridEstimatesCover: on tensor grids a family that is easy in one parameter
// says nothing of another one. The estimate must cover the error anywhere in the
// box, the strips beyond the outermost left-out lines too.
func TestGridEstimatesCover(t *testing.T) {
	cases := []struct {
		name  string
		lines []int
		f     func(mu []float64) []float64
	}{
		{"linear and exponential, 8 x 6", []int{8, 6}, func(mu []float64) []float64 {
			return []float64{1 + mu[0], 1 + math.Exp(3*mu[1]), 3}
		}},
		{"linear and rotation, 5 x 4", []int{5, 4}, func(mu []float64) []float64 {
			s, c := math.Sincos(0.1 + 1.3*mu[1])
			return []float64{1 + mu[0], 2 + c, 2 + s, 3}
		}},
		{"three parameters, 4 x 4 x 4", []int{4, 4, 4}, func(mu []float64) []float64 {
			return []float64{1 + mu[0], 1 + mu[0]*mu[1], 2 + math.Cos(2*mu[2]), 3, 2 + mu[1]}
		}},
		{"three parameters, 5 x 5 x 5", []int{5, 5, 5}, func(mu []float64) []float64 {
			return []float64{1 + mu[0], 1 + mu[0]*mu[1], 2 + math.Cos(2*mu[2]), 3, 2 + mu[1]}
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			points := [][]float64{{}}
			for _, n := range c.lines {
				var next [][]float64
				for _, p := range points {
					for i := range n {
						next = append(next, append(append([]float64{}, p...), float64(i)/float64(n-1)))
					}
				}
				points = next
			}
			s := &Samples{Names: []string{"a", "b", "c"}[:len(c.lines)], Mu: dense.New[float64](len(points), len(c.lines))}
			for i, mu := range points {
				copy(s.Mu.Row(i), mu)
				v := c.f(mu)
				if s.K == nil {
					s.K = dense.New[float64](len(points), len(v))
				}
				copy(s.K.Row(i), v)
			}
			m, err := Fit(context.Background(), s, Options{})
			if err != nil {
				t.Fatal(err)
			}
			rng := rand.New(rand.NewPCG(5, 7))
			missed, worst := 0, 0.0
			const tests = 200
			for range tests {
				mu := make([]float64, len(c.lines))
				for j := range mu {
					mu[j] = rng.Float64()
				}
				p, err := m.Predict(mu)
				if err != nil {
					t.Fatal(err)
				}
				want := c.f(mu)
				d := append([]float64(nil), p.K...)
				for j, v := range want {
					d[j] -= v
				}
				ratio := (dense.Norm(d)/dense.Norm(want) + 1e-16) / (p.ModelError + 4e-15)
				worst = math.Max(worst, ratio)
				if ratio > 1 {
					missed++
				}
			}
			t.Logf("%v: %d of %d missed, worst ratio %.2g", m.Chosen, missed, tests, worst)
			if missed > tests/50 || worst > 3 {
				t.Errorf("%d of %d estimates missed the error, by up to %.2g", missed, tests, worst)
			}
		})
	}
}
