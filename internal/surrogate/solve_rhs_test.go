package surrogate_test

import (
	"context"
	"errors"
	"math"
	"math/cmplx"
	"testing"

	"pgregory.net/rapid"

	"eimtool/internal/dense"
	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
	"eimtool/internal/surrogate"
)

// Splitting and rejoining loses nothing that the scalars can hold.
func TestSplitRejoin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := dense.New[complex128](rapid.IntRange(0, 6).Draw(t, "rows"), rapid.IntRange(1, 4).Draw(t, "columns"))
		for i := range v.Data {
			v.Data[i] = complex(rapid.Float64().Draw(t, "re"), rapid.Float64().Draw(t, "im"))
		}
		same := func(what string, got *dense.Matrix[complex128], want func(z complex128) complex128) {
			if got.Rows != v.Rows || got.Cols != v.Cols {
				t.Fatalf("%s: %d x %d from %d x %d", what, got.Rows, got.Cols, v.Rows, v.Cols)
			}
			for i, z := range v.Data {
				if got.Data[i] != want(z) {
					t.Fatalf("%s: %v became %v", what, z, got.Data[i])
				}
			}
		}
		same("real, both", surrogate.Rejoin(surrogate.Split[float64](v, true), true), func(z complex128) complex128 { return z })
		same("complex", surrogate.Rejoin(surrogate.Split[complex128](v, false), false), func(z complex128) complex128 { return z })
		same("real", surrogate.Rejoin(surrogate.Split[float64](v, false), false), func(z complex128) complex128 { return complex(real(z), 0) })
		s := surrogate.Split[float64](v, true)
		for i := range v.Rows {
			for j := range v.Cols {
				if s.At(i, j) != real(v.At(i, j)) || s.At(i, v.Cols+j) != imag(v.At(i, j)) {
					t.Fatal("the columns are not [real parts | imaginary parts]")
				}
			}
		}
	})
}

// wellPosed is A = (4 + μ) I + a band, with the solution not needed.
func wellPosed(n int) closedForm {
	p := &matrix.Pattern{Rows: n, Cols: n, Symmetry: matrix.Symmetric, ColPtr: make([]int, n+1)}
	for j := range n {
		p.RowIdx = append(p.RowIdx, int32(j))
		if j+1 < n {
			p.RowIdx = append(p.RowIdx, int32(j+1))
		}
		p.ColPtr[j+1] = len(p.RowIdx)
	}
	return closedForm{
		names: []string{"mu"}, points: line(0, 2, 15), pattern: p,
		entry: func(mu []float64, i, j int) complex128 {
			if i == j {
				return complex(4+mu[0]*float64(j+1)/float64(n), 0)
			}
			return complex(-math.Exp(-mu[0]), 0)
		},
	}
}

// loadCase is b(μ) with its derivative.
type loadCase struct {
	name    string
	columns int
	b, db   func(mu float64, i, j int) complex128
	terms   int
}

func loadCases() []loadCase {
	return []loadCase{
		{
			"affine", 2, func(mu float64, i, j int) complex128 { return complex(1+mu*float64(i+j), 0) },
			func(_ float64, i, j int) complex128 { return complex(float64(i+j), 0) }, 2,
		},
		{
			"smooth", 1, func(mu float64, i, _ int) complex128 { return complex(math.Sin(mu+float64(i)), 0) },
			func(mu float64, i, _ int) complex128 { return complex(math.Cos(mu+float64(i)), 0) }, 2,
		},
		{
			"complex", 1, func(mu float64, i, _ int) complex128 { return cmplx.Exp(complex(0, mu*float64(i%3))) },
			func(mu float64, i, _ int) complex128 {
				return complex(0, float64(i%3)) * cmplx.Exp(complex(0, mu*float64(i%3)))
			}, 0,
		},
	}
}

func (c loadCase) at(f func(float64, int, int) complex128, mu float64, n int) *dense.Matrix[complex128] {
	b := dense.New[complex128](n, c.columns)
	for i := range n {
		for j := range c.columns {
			b.Set(i, j, f(mu, i, j))
		}
	}
	return b
}

// The model of b(μ) and its derivative are those of the closed forms, for real
// and for complex matrices.
func TestLoads(t *testing.T) {
	const n = 9
	form := wellPosed(n)
	for _, c := range loadCases() {
		o := options("auto")
		o.HoldOut, o.RHS = false, &surrogate.RHS{}
		for _, mu := range form.points {
			o.RHS.Values = append(o.RHS.Values, c.at(c.b, mu[0], n))
		}
		m := build(t, form, false, o)
		testLoad(t, c, m.RealInverse.Load, n)
		if c.terms > 0 && m.RealInverse.Load.TermCount() != c.terms {
			t.Errorf("%s: %d terms, the rank is %d", c.name, m.RealInverse.Load.TermCount(), c.terms)
		}
		m = build(t, form, true, o)
		testLoad(t, c, m.ComplexInverse.Load, n)
	}
}

func testLoad[S scalar.Scalar](t *testing.T, c loadCase, l *surrogate.Load[S], n int) {
	t.Helper()
	if both := c.name == "complex" && !scalar.IsComplex[S](); l.Both != both || l.Columns != c.columns {
		t.Fatalf("%s: both is %v, %d columns", c.name, l.Both, l.Columns)
	}
	for _, mu := range []float64{0.11, 0.5, 1.37, 1.93} {
		phi, modelError, err := l.Coefficients([]float64{mu})
		if err != nil {
			t.Fatal(err)
		}
		want := c.at(c.b, mu, n)
		if e := relativeDistance(surrogate.Rejoin(l.Combine(phi), l.Both), want); e > 1e-8 || e > max(modelError, 1e-14) {
			t.Errorf("%s at %g: b off by %.2e, estimate %.2e", c.name, mu, e, modelError)
		}
		dphi, err := l.Derivative([]float64{mu}, 0)
		if err != nil {
			t.Fatal(err)
		}
		want = c.at(c.db, mu, n)
		if e := relativeDistance(surrogate.Rejoin(l.Combine(dphi), l.Both), want); e > 1e-6 {
			t.Errorf("%s at %g: derivative of b off by %.2e", c.name, mu, e)
		}
	}
	if _, _, err := l.Coefficients([]float64{1, 2}); err == nil {
		t.Errorf("%s: two parameters were accepted", c.name)
	}
}

func relativeDistance(x, want *dense.Matrix[complex128]) float64 {
	d := append([]complex128(nil), x.Data...)
	dense.Axpy(-1, want.Data, d)
	return dense.Norm(d) / dense.Norm(want.Data)
}

// A fixed b is its own only term and has no derivative.
func TestFixedLoad(t *testing.T) {
	const n = 9
	b := dense.New[complex128](n, 2)
	for i := range b.Data {
		b.Data[i] = complex(float64(i), 1)
	}
	o := options("auto")
	o.HoldOut, o.RHS = false, &surrogate.RHS{Values: []*dense.Matrix[complex128]{b}}
	l := build(t, wellPosed(n), false, o).RealInverse.Load
	phi, modelError, err := l.Coefficients([]float64{0.3})
	if err != nil || modelError != 0 || l.TermCount() != 1 || l.Width() != 4 {
		t.Errorf("%d terms of width %d, error %v, %v", l.TermCount(), l.Width(), modelError, err)
	}
	if relativeDistance(surrogate.Rejoin(l.Combine(phi), l.Both), b) != 0 {
		t.Error("b changed")
	}
	dphi, err := l.Derivative([]float64{0.3}, 0)
	if err != nil || dense.Norm(l.Combine(dphi).Data) != 0 {
		t.Errorf("the derivative of a constant: %v, %v", dphi, err)
	}
}

func TestRightHandSidesThatDoNotFit(t *testing.T) {
	const n = 9
	form := wellPosed(n)
	ones := func(rows, cols int) *dense.Matrix[complex128] {
		b := dense.New[complex128](rows, cols)
		for i := range b.Data {
			b.Data[i] = 1
		}
		return b
	}
	repeated := func(b *dense.Matrix[complex128], count int) []*dense.Matrix[complex128] {
		var out []*dense.Matrix[complex128]
		for range count {
			out = append(out, b)
		}
		return out
	}
	infinite := ones(n, 1)
	infinite.Data[3] = complex(0, math.Inf(1))
	mixed := repeated(ones(n, 1), len(form.points))
	mixed[4] = ones(n, 2)
	for name, values := range map[string][]*dense.Matrix[complex128]{
		"rows":         {ones(n+1, 1)},
		"no column":    {ones(n, 0)},
		"count":        repeated(ones(n, 1), 3),
		"columns":      mixed,
		"zero":         {dense.New[complex128](n, 1)},
		"all are zero": repeated(dense.New[complex128](n, 1), len(form.points)),
		"infinite":     {infinite},
	} {
		o := options("auto")
		o.HoldOut, o.Model = false, "adaptive-polynomial"
		o.RHS = &surrogate.RHS{Values: values, Files: []string{"b.mtx"}}
		_, err := surrogate.Build(context.Background(), form.family(false), o)
		var e *surrogate.RHSError
		if !errors.As(err, &e) || e.File == "" || e.Msg == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}
