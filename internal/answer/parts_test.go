package answer_test

import (
	"context"
	"math"
	"testing"

	"eimtool/internal/answer"
	"eimtool/internal/dense"
	"eimtool/internal/expr"
	"eimtool/internal/family"
	"eimtool/internal/matrix"
	"eimtool/internal/surrogate"
)

// bars is an affine family of two springs' chains and a mass,
// A = a·K₁ + b·K₂ + (0.1+ab)·I, all parts semidefinite; with coefficients of
// which the third is complex when damped.
func bars(damped bool) (*form, *family.Parts) {
	third := "0.1 + a*b"
	if damped {
		third = "0.1 + a*b*1i"
	}
	f := &form{
		name: "bars", lo: []float64{0.1, 0.5}, hi: []float64{10, 2}, samples: 5, pattern: band(unknowns, 1, matrix.Symmetric),
		load: constantLoad(2, 1), complex: damped,
	}
	part := func(k, i, j int) float64 {
		spring := func(l int) bool { return (l < unknowns/2) == (k == 0) } // between l and l+1
		switch {
		case k == 2 && i == j:
			return 1
		case k == 2:
			return 0
		case i == j:
			v := 0.0
			if i < unknowns-1 && spring(i) {
				v++
			}
			if i > 0 && spring(i-1) {
				v++
			}
			return v
		case spring(j):
			return -1
		}
		return 0
	}
	f.entry = func(mu []float64, i, j int) complex128 {
		c := complex(0.1+mu[0]*mu[1], 0)
		if damped {
			c = complex(0.1, mu[0]*mu[1])
		}
		return complex(mu[0]*part(0, i, j)+mu[1]*part(1, i, j), 0) + c*complex(part(2, i, j), 0)
	}
	p := &family.Parts{Names: []string{"a", "b"}, Files: []string{"K1.mtx", "K2.mtx", "M.mtx"}}
	p.Family = &family.Family{Table: &family.Table{}, Pattern: f.pattern, Complex: damped}
	for k, src := range []string{"a", "b", third} {
		e, err := expr.Parse(src, p.Names)
		if err != nil {
			panic(err)
		}
		p.Coefficients = append(p.Coefficients, e)
		p.Samples = append(p.Samples, family.Sample{File: p.Files[k]})
		re, z := make([]float64, f.pattern.NNZ()), make([]complex128, f.pattern.NNZ())
		f.pattern.Each(func(at, i, j int) { re[at], z[at] = part(k, i, j), complex(part(k, i, j), 0) })
		if damped {
			p.Complexes = append(p.Complexes, z)
		} else {
			p.Real = append(p.Real, re)
		}
	}
	return f, p
}

func buildParts(t *testing.T, f *form, p *family.Parts, most int) *surrogate.Model {
	t.Helper()
	points := f.points()
	mu := dense.New[float64](len(points), 2)
	for i, x := range points {
		copy(mu.Row(i), x)
	}
	o := surrogate.DefaultOptions()
	o.RHS, o.RBMax = f.prepared(), most
	m, err := surrogate.BuildParts(context.Background(), &surrogate.PartsInput{Parts: p, Points: mu, SampleFiles: make([]string, len(points))}, o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// energyNorm returns √(xᴴ Ā x) of column j.
func energyNorm(a, x *dense.Matrix[complex128], j int) float64 {
	var sum complex128
	for i := range a.Rows {
		for k, v := range a.Row(i) {
			sum += complex(real(x.At(i, j)), -imag(x.At(i, j))) * v * x.At(k, j)
		}
	}
	return math.Sqrt(real(sum))
}

// Given parts are exact: so are direct answers and derivatives, and the bound
// in the energy norm of the reference matrix holds for small and large bases.
func TestParts(t *testing.T) {
	f, p := bars(false)
	for _, most := range []int{2, 5, 12, 60} {
		m := buildParts(t, f, p, most)
		if !m.Parts.Semidefinite {
			t.Fatal("the parts are semidefinite")
		}
		theta := m.RealInverse.Basis.Energy.Theta
		reference := *f
		reference.entry = func(_ []float64, i, j int) complex128 {
			sum := 0.0
			for k, v := range theta {
				at, _ := f.pattern.Find(i, j)
				sum += v * p.Real[k][at]
			}
			return complex(sum, 0)
		}
		a := reference.full(nil)
		for _, mu := range f.random(12, uint64(most)) {
			want := f.solution(t, mu)
			for _, method := range []string{answer.Direct, answer.Krylov, answer.Auto} {
				r := one(t, solver(t, m, answer.Options{Method: method, Tolerance: 1e-9}), mu...)
				check(t, "parts, "+method, r, want, 1e-9)
			}
			r := one(t, solver(t, m, answer.Options{Method: answer.Reduced}), mu...)
			x := vector(t, r)
			if e := distance(x, want); !covers(1.5*r.Estimate, e) {
				t.Errorf("basis of %d at %v: error %.2e, estimate %.2e", most, mu, e, r.Estimate)
			}
			worst := 0.0
			d := x.Clone()
			dense.Axpy(-1, want.Data, d.Data)
			for j := range d.Cols {
				worst = max(worst, energyNorm(a, d, j)/energyNorm(a, x, j))
			}
			if !(r.Bound*(1+1e-9)+1e-12 >= worst) {
				t.Errorf("basis of %d at %v: energy error %.3e above the bound %.3e", most, mu, worst, r.Bound)
			}
			if worst > 1e-10 && r.Bound > 1e4*worst {
				t.Errorf("basis of %d at %v: energy error %.3e, bound %.3e", most, mu, worst, r.Bound)
			}
		}
	}
}

func TestPartsDerivativesAndComplexCoefficients(t *testing.T) {
	for _, damped := range []bool{false, true} {
		f, p := bars(damped)
		m := buildParts(t, f, p, 60)
		mu := []float64{1.7, 1.1}
		for j := range mu {
			want := f.slope(t, mu, j, func(at []float64) *dense.Matrix[complex128] { return f.solution(t, at) })
			for _, method := range []string{answer.Direct, answer.Reduced} {
				r := one(t, solver(t, m, answer.Options{Method: method, Derivative: j + 1}), mu...)
				if e := distance(vector(t, r), want); e > 1e-7 {
					t.Errorf("damped %v, %s: derivative %d off by %.2e", damped, method, j+1, e)
				}
			}
		}
		if damped {
			for _, method := range answer.Methods() {
				s, err := answer.New(m, nil, answer.Options{Method: method})
				if err != nil && method == answer.Combine {
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				r := one(t, s, mu...)
				if e := distance(vector(t, r), f.solution(t, mu)); !covers(1.5*r.Estimate, e) {
					t.Errorf("%s: error %.2e, estimate %.2e", method, e, r.Estimate)
				}
				if !math.IsNaN(r.Bound) {
					t.Errorf("%s: a bound %v for a complex family", method, r.Bound)
				}
			}
		}
	}
}
