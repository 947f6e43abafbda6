package coefficients

import (
	"context"
	"math"
	"math/cmplx"
	"math/rand/v2"
	"testing"

	"eimtool/internal/dense"
)

// testFamily is a vector-valued function of μ with closed form: coordinate
// functions f(μ, x) at points x of [0, 1], which stand for matrix entries.
type testFamily struct {
	name    string
	lower   []float64
	upper   []float64
	log     bool // samples spread logarithmically
	grid    []int
	n       int
	complex bool
	f       func(mu []float64, x float64) complex128
}

const testPoints = 40

// row returns the coordinates at mu.
func (f *testFamily) row(mu []float64) []float64 {
	w := testPoints
	if f.complex {
		w *= 2
	}
	k := make([]float64, w)
	for i := range testPoints {
		v := f.f(mu, (float64(i)+0.5)/testPoints)
		k[i] = real(v)
		if f.complex {
			k[testPoints+i] = imag(v)
		}
	}
	return k
}

// at maps the unit cube to the box.
func (f *testFamily) at(u []float64) []float64 {
	mu := make([]float64, len(u))
	for j, t := range u {
		if f.log {
			mu[j] = f.lower[j] * math.Pow(f.upper[j]/f.lower[j], t)
			continue
		}
		mu[j] = f.lower[j] + t*(f.upper[j]-f.lower[j])
	}
	return mu
}

// points returns the sample parameters: a tensor grid, equidistant in one
// parameter, Halton points with all corners otherwise.
func (f *testFamily) points() [][]float64 {
	dim := len(f.lower)
	var out [][]float64
	switch {
	case f.grid != nil:
		total := 1
		for _, c := range f.grid {
			total *= c
		}
		for k := range total {
			u := make([]float64, dim)
			for j, c := range f.grid {
				u[j] = float64(k%c) / float64(c-1)
				k /= c
			}
			out = append(out, f.at(u))
		}
	case dim == 1:
		for i := range f.n {
			out = append(out, f.at([]float64{float64(i) / float64(f.n-1)}))
		}
	default:
		h := Halton(f.n, dim)
		for c := range 1 << dim {
			for j := range dim {
				h.Set(c, j, float64(c>>j&1))
			}
		}
		for i := range f.n {
			out = append(out, f.at(h.Row(i)))
		}
	}
	return out
}

// samples returns the family at the given parameters.
func (f *testFamily) samples(points [][]float64) *Samples {
	dim := len(f.lower)
	s := &Samples{Complex: f.complex, Mu: dense.New[float64](len(points), dim)}
	for j := range dim {
		s.Names = append(s.Names, string(rune('a'+j)))
	}
	const magic = 8
	s.Magic = dense.New[complex128](len(points), magic)
	for i, mu := range points {
		copy(s.Mu.Row(i), mu)
		row := f.row(mu)
		if s.K == nil {
			s.K = dense.New[float64](len(points), len(row))
		}
		copy(s.K.Row(i), row)
		for j := range magic {
			s.Magic.Set(i, j, f.f(mu, (float64(j*testPoints/magic)+0.5)/testPoints))
		}
	}
	return s
}

// tests returns m random parameters inside the box.
func (f *testFamily) tests(m int) [][]float64 {
	rng := rand.New(rand.NewPCG(1, uint64(len(f.name))))
	out := make([][]float64, m)
	for i := range out {
		u := make([]float64, len(f.lower))
		for j := range u {
			u[j] = rng.Float64()
		}
		out[i] = f.at(u)
	}
	return out
}

// relative returns |a − b| / |b|.
func relative(a, b []float64) float64 {
	d := append([]float64(nil), a...)
	axpy(-1, b, d)
	return dense.Norm(d) / dense.Norm(b)
}

// mustFit fits or fails the test.
func mustFit(t *testing.T, s *Samples, opt Options) *Model {
	t.Helper()
	m, err := Fit(context.Background(), s, opt)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func realValue(x float64) complex128 { return complex(x, 0) }

// families with closed forms, one per character of dependence.
func testFamilies() []testFamily {
	return []testFamily{
		{
			name: "affine", lower: []float64{1, 1, 1}, upper: []float64{10, 5, 20}, n: 40,
			f: func(m []float64, x float64) complex128 {
				return realValue(1 + m[0]*math.Cos(3*x) + m[1]*math.Sin(5*x) + m[2]*x*x)
			},
		},
		{
			name: "resonance", lower: []float64{1}, upper: []float64{5}, n: 30,
			f: func(m []float64, x float64) complex128 { return realValue(1 / (m[0]*m[0] + x)) },
		},
		{
			name: "waves", lower: []float64{1}, upper: []float64{8}, n: 36, complex: true,
			f: func(m []float64, x float64) complex128 {
				return cmplx.Exp(complex(0, 2*m[0]*x)) / complex(1+x, m[0])
			},
		},
		{
			name: "bump", lower: []float64{0, 0}, upper: []float64{1, 1}, n: 70,
			f: func(m []float64, x float64) complex128 {
				a, b := m[0]-x, m[1]-math.Mod(7*x, 1)
				return realValue(1 + math.Exp(-(a*a+b*b)/0.5))
			},
		},
		{
			name: "geometry", lower: []float64{0.1, 0.4}, upper: []float64{0.3, 0.7}, n: 60,
			f: func(m []float64, x float64) complex128 {
				a, b := 1-m[0]*(1-x)-m[1]*x, m[1]-m[0]*x
				return realValue(a/b + b/a)
			},
		},
		{
			name: "grid", lower: []float64{1, 1}, upper: []float64{100, 3}, log: true, grid: []int{8, 7},
			f: func(m []float64, x float64) complex128 {
				return realValue(1/(1+x/m[0]) + math.Exp(-x*m[1])*math.Sqrt(m[0]))
			},
		},
		{
			name: "decades", lower: []float64{1e-2}, upper: []float64{1e2}, log: true, n: 32,
			f: func(m []float64, x float64) complex128 { return realValue(1 / (1 + m[0]*math.Pow(10, 2*x-1))) },
		},
	}
}
