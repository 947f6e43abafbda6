package solve

import (
	"errors"
	"math"
	"os"
	"testing"

	"pgregory.net/rapid"

	"eimtool/internal/dense"
	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
)

// TestTraceProductSlope checks the derivative of log det A along random
// directions, of all symmetries, against differences of order six of LogDet, and
// that the traces of parts that add up to A add up to n.
func TestTraceProductSlope(t *testing.T) {
	t.Run("real", testSlope[float64])
	t.Run("complex", testSlope[complex128])
}

func testSlope[T scalar.Scalar](t *testing.T) {
	checked := 0
	rapid.Check(t, func(rt *rapid.T) {
		a := drawAffine[T](rt)
		f, err := a.solver.Factorise(ctx, a.at(-1, 0))
		var singular *SingularError
		if errors.As(err, &singular) {
			return
		}
		if err != nil {
			rt.Fatal(err)
		}
		if c, err := f.Condition(ctx); err != nil || c > 1e3 {
			return
		}
		checked++
		z, err := f.SelectedInverse(ctx)
		if err != nil {
			rt.Fatal(err)
		}
		n := float64(a.solver.pattern.Rows)
		var sum T
		for k, b := range a.parts {
			trace := TraceProduct(a.solver.pattern, z, b)
			sum += scalar.Of[T](a.alpha[k], 0) * trace
			slope := a.slope(rt, k)
			if d := scalar.Abs(trace - slope); !(d <= 1e-7*(1+scalar.Abs(slope))*n) {
				rt.Fatalf("part %d: trace %v, difference %v", k, trace, slope)
			}
		}
		if !(scalar.Abs(sum-scalar.Of[T](n, 0)) <= 1e-10*n) {
			rt.Fatalf("traces add up to %v of %g", sum, n)
		}
	})
	if checked < 20 {
		t.Errorf("only %d matrices", checked)
	}
}

// affine is a matrix Σ alpha_k·parts_k of one pattern.
type affine[T scalar.Scalar] struct {
	solver *Solver[T]
	alpha  []float64
	parts  [][]T
}

// drawAffine draws a matrix of up to 60 rows, of any symmetry.
func drawAffine[T scalar.Scalar](t *rapid.T) affine[T] {
	r := newRand(rapid.Uint64().Draw(t, "seed"))
	n := rapid.IntRange(1, 30).Draw(t, "n")
	sym := rapid.SampledFrom([]matrix.Symmetry{matrix.General, matrix.Symmetric, matrix.SkewSymmetric, matrix.Hermitian}).Draw(t, "symmetry")
	diagonal := 8.0
	switch {
	case sym == matrix.SkewSymmetric:
		n, diagonal = 2*n, 0
	case sym == matrix.Hermitian && !scalar.IsComplex[T]():
		sym = matrix.Symmetric
	}
	p, first := randomSparse[T](r, n, 2, sym, diagonal)
	a := affine[T]{alpha: []float64{0.5 + r.Float64(), r.Float64(), -r.Float64()}, parts: [][]T{first}}
	for range 2 {
		b := make([]T, len(first))
		p.Each(func(k, i, j int) {
			b[k] = random[T](r)
			if i == j && sym == matrix.Hermitian {
				b[k] = scalar.Of[T](scalar.Real(b[k]), 0)
			}
		})
		a.parts = append(a.parts, b)
	}
	var err error
	if a.solver, err = New[T](ctx, p, Options{}); err != nil {
		t.Fatal(err)
	}
	return a
}

// at returns the values with alpha_k larger by h.
func (a affine[T]) at(k int, h float64) []T {
	v := make([]T, len(a.parts[0]))
	for q, b := range a.parts {
		c := a.alpha[q]
		if q == k {
			c += h
		}
		for i := range v {
			v[i] += scalar.Of[T](c, 0) * b[i]
		}
	}
	return v
}

// slope returns d log det/d alpha_k by differences of order six.
func (a affine[T]) slope(t *rapid.T, k int) T {
	const h = 1e-5
	logDet := func(h float64) (float64, T) {
		f, err := a.solver.Factorise(ctx, a.at(k, h))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Release()
		return f.LogDet()
	}
	re, im := 0.0, 0.0
	for q, weight := range []float64{45, -9, 1} {
		up, upPhase := logDet(float64(q+1) * h)
		down, downPhase := logDet(-float64(q+1) * h)
		turn := upPhase * scalar.Conj(downPhase)
		re += weight * (up - down) / (60 * h)
		im += weight * math.Atan2(scalar.Imag(turn), scalar.Real(turn)) / (60 * h)
	}
	return scalar.Of[T](re, im)
}

// TestSelectedInverseFamilies checks tr(A⁻¹·A) = n and a few columns of the
// inverse for all test matrices of the families.
func TestSelectedInverseFamilies(t *testing.T) {
	families, err := os.ReadDir(familiesDir)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range families {
		if !d.IsDir() {
			continue
		}
		t.Run(d.Name(), func(t *testing.T) {
			rows, dets := readTable(t, d.Name(), "test.csv"), readTable(t, d.Name(), "logdet.csv")
			for i, row := range rows[:min(len(rows), 4)] {
				a := readMatrix(t, d.Name(), row[len(row)-1])
				cond := number(t, dets[i][len(dets[i])-1])
				if a.IsComplex() {
					checkFamilyInverse[complex128](t, a, cond)
				} else {
					checkFamilyInverse[float64](t, a, cond)
				}
			}
		})
	}
}

func checkFamilyInverse[T scalar.Scalar](t *testing.T, a *matrix.Matrix, cond float64) {
	t.Helper()
	const columns = 5
	v, n := valuesOf[T](a), a.Rows
	f := factorise(t, a.Pattern, v, Options{Quick: true})
	z, err := f.SelectedInverse(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if tr, d := TraceProduct(a.Pattern, z, v), InverseDefect(a.Pattern, z, v); !(scalar.Abs(tr-scalar.Of[T](float64(n), 0)) <= 1e-15*cond*float64(n)+1e-12) || !(d <= 1e-14*cond) {
		t.Errorf("tr(A⁻¹·A) = %v, n = %d, defect %g, condition %g", tr, n, d, cond)
	}
	b := dense.New[T](n, columns)
	for c := range columns {
		b.Set(c*(n-1)/(columns-1), c, scalar.Of[T](1, 0))
	}
	x, _, err := f.SolveRefined(ctx, b, matrix.NoTranspose)
	if err != nil {
		t.Fatal(err)
	}
	size := scalar.MaxAbs(x.Data)
	a.Each(func(k, i, j int) {
		for c := range columns {
			if c*(n-1)/(columns-1) == i && !(scalar.Abs(z[k]-x.At(j, c)) <= 1e-14*cond*size) {
				t.Errorf("(%d, %d): %v, want %v; condition %g", i, j, z[k], x.At(j, c), cond)
			}
		}
	})
}
