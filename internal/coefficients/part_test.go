package coefficients

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"eimtool/internal/dense"
)

// richardson differentiates f at x by central differences extrapolated twice.
func richardson(f func(float64) []float64, x, h float64) []float64 {
	var table [3][]float64
	for k := range table {
		s := h / float64(int(1)<<k)
		a, b := f(x+s), f(x-s)
		d := make([]float64, len(a))
		for i := range d {
			d[i] = (a[i] - b[i]) / (2 * s)
		}
		table[k] = d
	}
	for level := 1; level < 3; level++ {
		c := math.Pow(4, float64(level))
		for k := 0; k+level < 3; k++ {
			for i := range table[k] {
				table[k][i] = (c*table[k+1][i] - table[k][i]) / (c - 1)
			}
		}
	}
	return table[0]
}

// TestDerivatives checks every kind, on every warp, against differences of its
// own predictions.
func TestDerivatives(t *testing.T) {
	families := testFamilies()
	type setting struct {
		f    testFamily
		opt  Options
		kind string
	}
	var settings []setting
	for _, kind := range []string{KindAdaptive, KindBernstein, KindRational, KindGaussian, KindAAA, KindFloaterHormann} {
		for _, w := range []string{WarpIdentity, WarpSqrt, WarpLog, WarpInverse} {
			settings = append(settings, setting{families[1], Options{Warp: map[string]string{"a": w}}, kind})
		}
	}
	settings = append(settings,
		setting{families[2], Options{}, KindAAA}, // complex weights
		setting{families[2], Options{}, KindTrigonometric},
		setting{families[4], Options{}, KindRational},
		setting{families[4], Options{}, KindAdaptive},
		setting{families[3], Options{}, KindGaussian},
		setting{families[3], Options{Periodic: []string{"b=1.4"}}, KindBernstein},
	)
	for _, s := range settings {
		t.Run(fmt.Sprint(s.f.name, " ", s.kind, " ", s.opt.Warp, s.opt.Periodic), func(t *testing.T) {
			s.f.n = min(s.f.n, 30)
			s.opt.Model = s.kind
			m := mustFit(t, s.f.samples(s.f.points()), s.opt)
			for _, mu := range s.f.tests(3) {
				for j := range mu {
					checkDerivative(t, m, mu, j, s.kind)
				}
			}
		})
	}
}

func checkDerivative(t *testing.T, m *Model, mu []float64, j int, kind string) {
	t.Helper()
	tol := 1e-8
	if kind == KindGaussian {
		tol = 5e-6 // its coefficients cancel: values carry noise of 1e-9
	}
	got, err := m.Derivative(mu, j)
	if err != nil {
		t.Fatal(err)
	}
	width := m.Upper[j] - m.Lower[j]
	want := richardson(func(x float64) []float64 {
		at := slices.Clone(mu)
		at[j] = x
		v, err := m.evaluate(at, -1)
		if err != nil {
			t.Fatal(err)
		}
		return v.k
	}, mu[j], 2e-3*width)
	scale := dense.Norm(got) + dense.Norm(m.Mean)/width
	axpy(-1, want, got)
	if e := dense.Norm(got) / scale; e > tol {
		t.Errorf("%v, parameter %d: derivative differs by %.2g", mu, j, e)
	}
}

// TestBarycentricDerivativeAtNodes: no cancellation at and near support points.
func TestBarycentricDerivativeAtNodes(t *testing.T) {
	var x []float64
	for i := range 12 {
		x = append(x, -1+2*float64(i)/11)
	}
	p := Part{Support: x, WeightRe: blendingWeights(x, 3), Coef: dense.New[float64](12, 1)}
	for i, s := range x {
		p.Coef.Set(i, 0, s*s*s-s) // reproduced exactly by degree 3
	}
	for _, at := range []float64{x[4], x[4] + 1e-13, x[4] + 1e-8, x[7] - 1e-5, 0.123} {
		v, dv := p.evalBarycentric(at, true)
		if math.Abs(v[0]-(at*at*at-at)) > 1e-14 || math.Abs(dv[0]-(3*at*at-1)) > 1e-12 {
			t.Errorf("at %g: value off by %.1g, derivative by %.1g", at, v[0]-(at*at*at-at), dv[0]-(3*at*at-1))
		}
	}
}

func TestBlendingWeights(t *testing.T) {
	x := []float64{0, 1, 2, 3, 4, 5}
	for d, want := range [][]float64{{1, 1, 1, 1, 1, 1}, {1, 2, 2, 2, 2, 1}, {1, 3, 4, 4, 3, 1}} { // Floater & Hormann, section 4
		w := blendingWeights(x, d)
		for k := range w {
			if math.Abs(math.Abs(w[k])-want[k]/slices.Max(want)) > 1e-14 {
				t.Errorf("degree %d: weights %v, want ∝ %v", d, w, want)
				break
			}
			if k > 0 && w[k]*w[k-1] >= 0 {
				t.Errorf("degree %d: weights do not alternate", d)
			}
		}
	}
}

// TestAxisFunctions compares with cos(j·acos x) and harmonics.
func TestAxisFunctions(t *testing.T) {
	cheb := Axis{Warp: WarpIdentity}
	per := Axis{Warp: WarpPeriodic, Period: 1}
	phi, dphi := make([]float64, 9), make([]float64, 9)
	for _, x := range []float64{-0.9, -0.2, 0.3, 0.77} {
		cheb.fill(x, phi, dphi)
		a := math.Acos(x)
		for j := 1; j < 9; j++ {
			k := float64(j)
			if math.Abs(phi[j]-math.Sqrt2*math.Cos(k*a)) > 1e-13 || math.Abs(dphi[j]-math.Sqrt2*k*math.Sin(k*a)/math.Sin(a)) > 1e-11 {
				t.Errorf("T_%d(%g)", j, x)
			}
		}
		per.fill(x, phi, dphi)
		for j := 1; j < 9; j++ {
			k := float64((j + 1) / 2)
			v, d := math.Cos(k*x), -k*math.Sin(k*x)
			if j%2 == 0 {
				v, d = math.Sin(k*x), k*math.Cos(k*x)
			}
			if math.Abs(phi[j]-math.Sqrt2*v) > 1e-14 || math.Abs(dphi[j]-math.Sqrt2*d) > 1e-13 {
				t.Errorf("harmonic %d at %g", j, x)
			}
		}
	}
}

// TestExtrapolation: mild extrapolation of a smooth family follows it, far
// extrapolation stays finite and says that it is not to be trusted.
func TestExtrapolation(t *testing.T) {
	f := testFamilies()[1]
	f.n = 12
	m := mustFit(t, f.samples(f.points()), Options{})
	for _, mu := range []float64{5.05, 0.97, 7, 0.2, -3} {
		p, err := m.Predict([]float64{mu})
		if err != nil {
			t.Fatal(err)
		}
		e := relative(p.K, f.row([]float64{mu}))
		if mu > 0.5 && mu < 6 && e > 1e-3 {
			t.Errorf("at %g: error %.2g", mu, e)
		}
		if !(p.Extrapolation > 0) || e > p.ModelError*2 || dense.Norm(p.K) > 1e3*dense.Norm(m.Mean) {
			t.Errorf("at %g: %g box widths outside, error %.2g, estimate %.2g", mu, p.Extrapolation, e, p.ModelError)
		}
		if _, err := m.Derivative([]float64{mu}, 0); err != nil {
			t.Errorf("derivative at %g: %v", mu, err)
		}
	}
	if _, err := m.Predict([]float64{1, 2}); err == nil {
		t.Error("two values for one parameter accepted")
	}
	if _, err := m.Predict([]float64{math.Inf(1)}); err == nil {
		t.Error("infinite parameter accepted")
	}
	if _, err := m.Derivative([]float64{2}, 1); err == nil {
		t.Error("derivative along a missing parameter accepted")
	}
}
