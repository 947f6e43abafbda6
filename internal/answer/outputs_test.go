package answer_test

import (
	"context"
	"errors"
	"math"
	"math/cmplx"
	"testing"

	"eimtool/internal/answer"
	"eimtool/internal/dense"
	"eimtool/internal/surrogate"
)

// factorising are the methods that work without a prepared right-hand side.
var factorising = []string{answer.Direct, answer.Krylov}

// check compares an answer with the truth.
func check(t *testing.T, what string, r *answer.Result, want *dense.Matrix[complex128], most float64) {
	t.Helper()
	e := distance(vector(t, r), want)
	if !covers(r.Estimate, e) || e > most {
		t.Errorf("%s: error %.2e, estimate %.2e, allowed %.0e", what, e, r.Estimate, most)
	}
}

// Aᵀ x = b is solved by every method that can; the reduced basis is refused
// where Aᵀ is another matrix.
func TestTranspose(t *testing.T) {
	for _, f := range []*form{diffusion(), transport(), damped(), magnetic(), waves()} {
		m := f.model(t, false)
		mu := f.random(1, 5)[0]
		want := exact(t, transposed(f.full(mu)), f.rhs(mu))
		for _, method := range append(factorising, answer.Reduced, answer.Auto) {
			s, err := answer.New(m, nil, answer.Options{Method: method, Transpose: true})
			if same := f.name != "transport" && f.name != "magnetic"; !same && method == answer.Reduced {
				var e *answer.MethodError
				if !errors.As(err, &e) {
					t.Errorf("%s: reduced answers for the transpose: %v", f.name, err)
				}
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			check(t, f.name+" "+method, one(t, s, mu...), want, 1e-3)
		}
	}
}

// Another right-hand side, complex and of other width, replaces the prepared one.
func TestOtherRightHandSide(t *testing.T) {
	for _, f := range forms() {
		m := f.model(t, false)
		mu := f.random(1, 6)[0]
		g := *f
		g.load = constantLoad(3, 2-1i)
		b := g.rhs(mu)
		for _, transpose := range []bool{false, true} {
			a := f.full(mu)
			if transpose {
				a = transposed(a)
			}
			want := exact(t, a, b)
			for _, method := range append(factorising, answer.Auto) {
				s := solver(t, m, answer.Options{Method: method, RHS: b, Transpose: transpose, Points: 10})
				check(t, f.name+" "+method, one(t, s, mu...), want, 1e-3)
			}
		}
		if _, err := answer.New(m, nil, answer.Options{Method: answer.Reduced, RHS: b}); err == nil {
			t.Errorf("%s: the reduced basis was prepared for another b", f.name)
		}
	}
}

// The prepared b given again is recognised: same bits.
func TestPreparedRightHandSideGivenAgain(t *testing.T) {
	for _, f := range []*form{transport(), damped(), complexLoad()} {
		m := f.model(t, false)
		mu := f.random(1, 7)[0]
		a := one(t, solver(t, m, answer.Options{Method: answer.Reduced}), mu...)
		b := one(t, solver(t, m, answer.Options{Method: answer.Reduced, RHS: f.rhs(mu)}), mu...)
		if !sameResult(a, b) {
			t.Errorf("%s: another answer for the same b", f.name)
		}
	}
}

// A column of zeros has the solution zero and does not spoil the others.
func TestZeroColumn(t *testing.T) {
	f := diffusion()
	g := *f
	g.load = func(mu []float64, i int) []complex128 { return []complex128{f.load(mu, i)[0], 0} }
	m := g.build(t, nil)
	mu := []float64{0.77}
	want := g.solution(t, mu)
	for _, method := range answer.Methods() {
		s, err := answer.New(m, nil, answer.Options{Method: method, Points: 5})
		if err != nil {
			t.Errorf("%s: %v", method, err)
			continue
		}
		r := one(t, s, mu...)
		check(t, method, r, want, 1)
		for i := range unknowns {
			if v := vector(t, r).At(i, 1); v != 0 {
				t.Errorf("%s: the solution for zero is %v", method, v)
				break
			}
		}
		if math.IsNaN(r.Estimate) || math.IsInf(r.Estimate, 0) {
			t.Errorf("%s: estimate %v", method, r.Estimate)
		}
	}
}

// slope returns ∂x/∂μ_j by five-point differences of exact solutions.
func (f *form) slope(t *testing.T, mu []float64, j int, solve func(mu []float64) *dense.Matrix[complex128]) *dense.Matrix[complex128] {
	t.Helper()
	const h = 2e-3
	var out *dense.Matrix[complex128]
	for _, s := range []struct{ step, weight float64 }{{1, 8}, {-1, -8}, {2, -1}, {-2, 1}} {
		at := append([]float64(nil), mu...)
		at[j] += s.step * h
		x := solve(at)
		if out == nil {
			out = dense.New[complex128](x.Rows, x.Cols)
		}
		dense.Axpy(complex(s.weight/(12*h), 0), x.Data, out.Data)
	}
	return out
}

func TestDerivatives(t *testing.T) {
	for _, f := range forms() {
		m := f.model(t, false)
		mu := f.random(1, 8)[0]
		for j := range mu {
			want := f.slope(t, mu, j, func(at []float64) *dense.Matrix[complex128] { return f.solution(t, at) })
			for _, method := range []string{answer.Direct, answer.Reduced, answer.Auto} {
				r := one(t, solver(t, m, answer.Options{Method: method, Derivative: j + 1}), mu...)
				most := 1e-6
				if len(mu) > 1 { // 36 samples of a square root in two parameters
					most = 3e-3
				}
				if e := distance(vector(t, r), want); e > most {
					t.Errorf("%s, %s: derivative %d off by %.2e", f.name, method, j+1, e)
				}
				if !math.IsNaN(r.Estimate) || !r.Accepted {
					t.Errorf("%s, %s: a derivative with estimate %v, accepted %v", f.name, method, r.Estimate, r.Accepted)
				}
			}
			other := func(at []float64) *dense.Matrix[complex128] { return exact(t, transposed(f.full(at)), f.rhs(mu)) }
			r := one(t, solver(t, m, answer.Options{Method: answer.Direct, Derivative: j + 1, Transpose: true, RHS: f.rhs(mu)}), mu...)
			if e := distance(vector(t, r), f.slope(t, mu, j, other)); e > 3e-3 {
				t.Errorf("%s: derivative %d of the transposed system off by %.2e", f.name, j+1, e)
			}
		}
	}
}

// outputs returns real vectors c, complex ones for complex families.
func (f *form) outputs() *dense.Matrix[complex128] {
	c := dense.New[complex128](f.pattern.Rows, 2)
	for i := range c.Rows {
		c.Set(i, 0, complex(1/float64(c.Rows), 0))
		c.Set(i, 1, complex(math.Cos(float64(i)), 0))
		if f.complex {
			c.Data[2*i+1] += 0.5i
		}
	}
	return c
}

// Quantities are cᵀx, without conjugation, whether prepared or not.
func TestQuantities(t *testing.T) {
	asked, covered := 0, 0
	for k, f := range forms() {
		c := f.outputs()
		prepared := f.model(t, true)
		plain := f.model(t, false)
		for _, mu := range f.random(5, uint64(20+k)) {
			want := dense.Mul(transposed(c), f.solution(t, mu))
			for _, m := range []*surrogate.Model{prepared, plain} {
				for _, method := range append(factorising, answer.Reduced, answer.Auto) {
					r := one(t, solver(t, m, answer.Options{Method: method, Quantity: c}), mu...)
					if r.X != nil || r.RealX != nil || len(r.Quantity) != len(want.Data) {
						t.Fatalf("%s, %s: %d quantities, want %d and no x", f.name, method, len(r.Quantity), len(want.Data))
					}
					for i, q := range r.Quantity {
						if q.Column != i/want.Cols || q.Right != i%want.Cols {
							t.Fatalf("%s: quantity %d is that of c %d and b %d", f.name, i, q.Column, q.Right)
						}
						truth := want.At(q.Column, q.Right)
						e := cmplx.Abs(q.Value - truth)
						asked++
						if e <= max(q.Estimate, finest*cmplx.Abs(truth)) {
							covered++
						} else {
							t.Logf("%s, %s at %v: quantity off by %.2e, estimate %.2e", f.name, method, mu, e, q.Estimate)
						}
						if !(e <= 1e-3*cmplx.Abs(truth)+10*q.Estimate) {
							t.Errorf("%s, %s at %v: quantity %v, want %v, estimate %.2e", f.name, method, mu, q.Value, truth, q.Estimate)
						}
					}
					if r.Complex != (f.complex || f.name == "complex load" || f.name == "complex moving load") {
						t.Errorf("%s, %s: complex is %v", f.name, method, r.Complex)
					}
				}
			}
		}
	}
	if share := float64(covered) / float64(asked); share < 0.98 {
		t.Errorf("%d of %d estimates cover the error", covered, asked)
	}
}

// A derivative of a quantity is the quantity of the derivative.
func TestQuantityOfDerivative(t *testing.T) {
	f := movingLoad()
	c := f.outputs()
	m := f.model(t, true)
	mu := []float64{1.234}
	want := dense.Mul(transposed(c), f.slope(t, mu, 0, func(at []float64) *dense.Matrix[complex128] { return f.solution(t, at) }))
	for _, method := range []string{answer.Direct, answer.Reduced} {
		r := one(t, solver(t, m, answer.Options{Method: method, Quantity: c, Derivative: 1}), mu...)
		for i, q := range r.Quantity {
			if e := cmplx.Abs(q.Value - want.Data[i]); e > 1e-6*cmplx.Abs(want.Data[i]) || !math.IsNaN(q.Estimate) {
				t.Errorf("%s: %v, want %v; estimate %v", method, q.Value, want.Data[i], q.Estimate)
			}
		}
	}
}

// Without one of the terms, and from probes alone, estimates still cover.
func TestLostTermsAndProbes(t *testing.T) {
	for _, f := range forms() {
		m := f.model(t, false)
		less, err := m.WithoutTerms([]int{1})
		if err != nil {
			t.Fatal(err)
		}
		for _, mu := range f.random(3, 31) {
			want := f.solution(t, mu)
			for _, method := range append(factorising, answer.Reduced, answer.Auto) {
				r := one(t, solver(t, less, answer.Options{Method: method, Points: 4}), mu...)
				if e := distance(vector(t, r), want); !covers(2*r.Estimate, e) {
					t.Errorf("%s, %s at %v without term 1: error %.2e, estimate %.2e", f.name, method, mu, e, r.Estimate)
				}
				at, err := m.FromProbe(m.ProbeValues(f.matrix(mu)))
				if err != nil {
					t.Fatal(err)
				}
				results, errs := solver(t, m, answer.Options{Method: method}).Solve(context.Background(), []answer.Point{{Answer: at}})
				if f.moving {
					var e *answer.PointError
					if !errors.As(errs[0], &e) {
						t.Errorf("%s, %s: b(μ) without μ: %v", f.name, method, errs[0])
					}
					continue
				}
				if errs[0] != nil {
					t.Fatal(errs[0])
				}
				if e := distance(vector(t, results[0]), want); !covers(2*results[0].Estimate, e) {
					t.Errorf("%s, %s at %v from probes: error %.2e, estimate %.2e", f.name, method, mu, e, results[0].Estimate)
				}
			}
		}
	}
}
