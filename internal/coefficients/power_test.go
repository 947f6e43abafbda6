package coefficients

import (
	"context"
	"math"
	"testing"

	"eimtool/internal/dense"
)

// TestPrior compares covariances with the closed form in one variable: with
// r = exp(−2a) and angles s, t, 1 + 2 Σ_j r^j cos(js) cos(jt) is the mean of
// the Poisson kernels (1−r²)/(1−2r cos θ+r²) at θ = s−t and s+t.
func TestPrior(t *testing.T) {
	x := &dense.Matrix[float64]{Rows: 5, Cols: 1, Data: []float64{-1, -0.3, 0.2, 0.9, 1}}
	const n = 6 // samples of degree 5: a = 1
	f := Prior(x, n)
	r := math.Exp(-2)
	poisson := func(u float64) float64 { return (1 - r*r) / (1 - 2*r*math.Cos(u) + r*r) }
	for i := range x.Rows {
		for j := range x.Rows {
			s, u := math.Acos(x.At(i, 0)), math.Acos(x.At(j, 0))
			got, want := dense.Dotc(f.Row(i), f.Row(j)), (poisson(s-u)+poisson(s+u))/2
			if math.Abs(got-want) > 1e-14*f0(f, i)*f0(f, j) {
				t.Errorf("k(%g, %g) = %.17g, want %.17g", x.At(i, 0), x.At(j, 0), got, want)
			}
		}
	}
}

// f0 is the norm of row i.
func f0(f *dense.Matrix[float64], i int) float64 { return dense.Norm(f.Row(i)) }

func TestDeterminedDegree(t *testing.T) {
	for _, c := range []struct{ n, dim, want int }{
		{1, 1, 1}, {2, 1, 1}, {6, 1, 5}, {3, 2, 1}, {4, 2, 2}, {6, 2, 2}, {10, 2, 3}, {11, 2, 4}, {10, 3, 2}, {45, 8, 2}, {46, 8, 3},
	} {
		if got := determinedDegree(c.n, c.dim); got != c.want {
			t.Errorf("%d samples, %d parameters: degree %d, want %d", c.n, c.dim, got, c.want)
		}
	}
}

// TestWarped: the coordinate is that of the chosen model, and NaN where it does
// not exist.
func TestWarped(t *testing.T) {
	s := &Samples{Names: []string{"x", "fixed"}, Mu: dense.New[float64](12, 2), K: dense.New[float64](12, 3)}
	for i := range 12 {
		v := math.Pow(10, float64(i)/4)
		s.Mu.Set(i, 0, v)
		s.Mu.Set(i, 1, 3)
		copy(s.K.Row(i), []float64{1, math.Log(v), math.Log(v) * math.Log(v)})
	}
	m, err := Fit(context.Background(), s, Options{Warp: map[string]string{"x": WarpLog}})
	if err != nil {
		t.Fatal(err)
	}
	if got := m.Warped(0, 7); got != math.Log(7) {
		t.Errorf("log 7 = %g", got)
	}
	if got := m.Warped(0, -1); !math.IsNaN(got) {
		t.Errorf("log −1 = %g", got)
	}
	if got := m.Warped(1, -4); got != -4 {
		t.Errorf("a parameter that does not vary: %g", got)
	}
}

// TestCoverage: estimates of a smooth family hold at nearly all left-out
// samples, those of pure noise, whose estimates are twice the largest residual
// of the others, at all but perhaps one.
func TestCoverage(t *testing.T) {
	const n = 40
	x := Halton(n, 2)
	for _, c := range []struct {
		name string
		f    func(x, y float64) float64
	}{
		{"smooth", func(x, y float64) float64 { return 1 / (2.2 - x - y/3) }},
		{"noise", func(x, y float64) float64 { return math.Sin(1e5 * (x + 3*y)) }},
	} {
		s := &Samples{Names: []string{"x", "y"}, Mu: x, K: dense.New[float64](n, 2)}
		for i := range n {
			copy(s.K.Row(i), []float64{1, c.f(x.At(i, 0), x.At(i, 1))})
		}
		m, err := Fit(context.Background(), s, Options{})
		if err != nil {
			t.Fatal(err)
		}
		within, events := m.Coverage()
		if events != n || within < n*8/10 {
			t.Errorf("%s: %d of %d left-out samples within their estimates", c.name, within, events)
		}
	}
	if within, events := new(Model).Coverage(); within != 0 || events != 0 {
		t.Errorf("no model: %d of %d", within, events)
	}
}
