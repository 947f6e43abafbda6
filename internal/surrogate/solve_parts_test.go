package surrogate_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"eimtool/internal/dense"
	"eimtool/internal/expr"
	"eimtool/internal/family"
	"eimtool/internal/matrix"
	"eimtool/internal/surrogate"
)

// partsOf is the affine family Σ coefficients_k·A_k of full n×n parts.
func partsOf(t *testing.T, n int, s matrix.Symmetry, coefficients []string, entry func(k, i, j int) complex128) *family.Parts {
	t.Helper()
	p := &family.Parts{Names: []string{"a"}}
	p.Family = &family.Family{Table: &family.Table{}, Pattern: full(n, s), Complex: s == matrix.Hermitian, Hermitian: s == matrix.Hermitian}
	for k, src := range coefficients {
		e, err := expr.Parse(src, p.Names)
		if err != nil {
			t.Fatal(err)
		}
		p.Coefficients = append(p.Coefficients, e)
		p.Files = append(p.Files, "part.mtx")
		p.Samples = append(p.Samples, family.Sample{File: "part.mtx"})
		var re, im []float64
		p.Pattern.Each(func(_, i, j int) {
			z := entry(k, i, j)
			re, im = append(re, real(z)), append(im, imag(z))
		})
		if p.Hermitian {
			re = append(re, im...)
		}
		p.Real = append(p.Real, re)
	}
	return p
}

// Semidefinite parts are recognised, singular ones as well, and nothing else is.
func TestSemidefiniteParts(t *testing.T) {
	const n = 7
	path := func(i, j int) float64 { // of the path graph: eigenvalues 2 − 2cos(πk/n), the least is 0
		switch {
		case i == j && (i == 0 || i == n-1):
			return 1
		case i == j:
			return 2
		case i-j == 1:
			return -1
		}
		return 0
	}
	identity := func(i, j int) float64 {
		if i == j {
			return 1
		}
		return 0
	}
	for _, c := range []struct {
		name  string
		s     matrix.Symmetry
		entry func(i, j int) complex128
		want  bool
	}{
		{"identity", matrix.Symmetric, func(i, j int) complex128 { return complex(identity(i, j), 0) }, true},
		{"path", matrix.Symmetric, func(i, j int) complex128 { return complex(path(i, j), 0) }, true},
		{"tiny path", matrix.Symmetric, func(i, j int) complex128 { return complex(1e-200*path(i, j), 0) }, true},
		{"rank one", matrix.Symmetric, func(i, j int) complex128 { return complex(float64((i+1)*(j+1)), 0) }, true},
		{"one entry", matrix.Symmetric, func(i, j int) complex128 {
			if i == 3 && j == 3 {
				return 5
			}
			return 0
		}, true},
		{"hermitian rank one", matrix.Hermitian, func(i, j int) complex128 {
			v := func(k int) complex128 { return complex(float64(k+1), float64(k*k)) }
			w := v(j)
			return v(i) * complex(real(w), -imag(w))
		}, true},
		{"path minus 1e-8", matrix.Symmetric, func(i, j int) complex128 { return complex(path(i, j)-1e-8*identity(i, j), 0) }, false},
		{"negative", matrix.Symmetric, func(i, j int) complex128 { return complex(-identity(i, j), 0) }, false},
		{"indefinite", matrix.Symmetric, func(i, j int) complex128 { return complex(1-identity(i, j), 0) }, false},
		{"hermitian, indefinite", matrix.Hermitian, func(i, j int) complex128 { return complex(0, -1+identity(i, j)) }, false},
		{"stored as general", matrix.General, func(i, j int) complex128 { return complex(identity(i, j), 0) }, false},
	} {
		p := partsOf(t, n, c.s, []string{"1", "a"}, func(k, i, j int) complex128 {
			if k == 0 {
				return complex(identity(i, j), 0)
			}
			return c.entry(i, j)
		})
		m, err := surrogate.BuildParts(context.Background(), &surrogate.PartsInput{Parts: p}, surrogate.DefaultOptions())
		if err != nil {
			t.Fatal(err)
		}
		if m.Parts.Semidefinite != c.want {
			t.Errorf("%s: semidefinite is %v", c.name, m.Parts.Semidefinite)
		}
		trace, squares := 0.0, 0.0
		for i := range n {
			trace += real(c.entry(i, i)) / n
		}
		p.Pattern.Each(func(_, i, j int) {
			z := c.entry(i, j)
			squares += float64(p.Pattern.Multiplicity(i, j)) * (real(z)*real(z) + imag(z)*imag(z))
		})
		want := math.Sqrt(squares)
		if c.want {
			want = trace
		}
		if got := m.Parts.Weights[1]; math.Abs(got-want) > 1e-12*want {
			t.Errorf("%s: weight %g, want %g", c.name, got, want)
		}
	}
}

// Coefficients and derivatives are those of the expressions, errors name the
// part, and a right-hand side needs a box.
func TestPartsModel(t *testing.T) {
	entry := func(k, i, j int) complex128 {
		if i == j {
			return complex(float64(2+k), 0)
		}
		return complex(0.1*float64(k), 0)
	}
	p := partsOf(t, 4, matrix.Symmetric, []string{"sqrt(a)", "a^2/3"}, entry)
	m, err := surrogate.BuildParts(context.Background(), &surrogate.PartsInput{Parts: p}, surrogate.DefaultOptions())
	if err != nil {
		t.Fatal(err)
	}
	at, err := m.At([]float64{2.25})
	if err != nil || !slices.Equal(at.Beta, []complex128{1.5, 2.25 * 2.25 / 3}) || !at.Modelled || at.Extrapolation != 0 || at.Estimate > 1e-14 {
		t.Errorf("%+v, %v", at, err)
	}
	d, err := m.Derivative([]float64{2.25}, 0)
	if err != nil || math.Abs(real(d[0])-1.0/3) > 1e-15 || math.Abs(real(d[1])-1.5) > 1e-15 {
		t.Errorf("%v, %v", d, err)
	}
	var e *surrogate.PartsError
	p2 := partsOf(t, 4, matrix.Symmetric, []string{"log(a - 1)"}, entry)
	if m, err = surrogate.BuildParts(context.Background(), &surrogate.PartsInput{Parts: p2}, surrogate.DefaultOptions()); err != nil {
		t.Fatal(err)
	}
	if _, err := m.At([]float64{1}); !errors.As(err, &e) || e.File != "part.mtx" || e.Unwrap() == nil {
		t.Errorf("log(0): %v", err)
	}
	if _, err := m.At([]float64{1, 2}); err == nil {
		t.Error("two values for one parameter")
	}
	o := surrogate.DefaultOptions()
	b := dense.New[complex128](4, 1)
	b.Data[0] = 1
	o.RHS = &surrogate.RHS{Values: []*dense.Matrix[complex128]{b}, Files: []string{"b.mtx"}}
	if _, err := surrogate.BuildParts(context.Background(), &surrogate.PartsInput{Parts: p}, o); err == nil {
		t.Error("a reduced basis without a box")
	}
}
