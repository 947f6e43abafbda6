package krylov_test

import (
	"context"
	"math"
	"path/filepath"
	"testing"

	"eimtool/internal/dense"
	"eimtool/internal/family"
	"eimtool/internal/matrix"
	"eimtool/internal/mtx"
	"eimtool/internal/scalar"
	"eimtool/internal/solve/krylov"
)

const familiesDir = "../../../testdata/families"

var ctx = context.Background()

// factor is a dense LU factorisation as a preconditioner.
type factor[T scalar.Scalar] struct{ lu *dense.LUFactor[T] }

func (f factor[T]) Solve(_ context.Context, b *dense.Matrix[T], op matrix.Op) error {
	for j := range b.Cols {
		c := make([]T, b.Rows)
		for i := range c {
			c[i] = b.At(i, j)
			if op == matrix.ConjTranspose {
				c[i] = scalar.Conj(c[i])
			}
		}
		if op == matrix.NoTranspose {
			c = f.lu.Solve(c)
		} else {
			c = f.lu.SolveRow(c)
		}
		for i, v := range c {
			if op == matrix.ConjTranspose {
				v = scalar.Conj(v)
			}
			b.Set(i, j, v)
		}
	}
	return nil
}

// full returns a stored matrix with both triangles and all zeros.
func full[T scalar.Scalar](p *matrix.Pattern, values []T) *dense.Matrix[T] {
	d := dense.New[T](p.Rows, p.Cols)
	p.Each(func(k, i, j int) {
		d.Set(i, j, values[k])
		if p.Symmetry != matrix.General && i != j {
			d.Set(j, i, matrix.Mirror(p.Symmetry, values[k]))
		}
	})
	return d
}

func newFactor[T scalar.Scalar](t *testing.T, d *dense.Matrix[T]) factor[T] {
	t.Helper()
	lu, err := dense.LU(d)
	if err != nil {
		t.Fatal(err)
	}
	return factor[T]{lu}
}

// operator returns the product with a dense matrix.
func operator[T scalar.Scalar](d *dense.Matrix[T]) krylov.Operator[T] {
	return func(_ context.Context, x, y *dense.Matrix[T]) error {
		copy(y.Data, dense.Mul(d, x).Data)
		return nil
	}
}

// problem is a shipped family with its solutions.
type problem[T scalar.Scalar] struct {
	samples, tests *family.Family
	b              []T
	x              []*dense.Matrix[T]
}

func load[T scalar.Scalar](t *testing.T, name string) *problem[T] {
	t.Helper()
	p := &problem[T]{}
	for _, f := range []struct {
		file string
		to   **family.Family
	}{{"samples.csv", &p.samples}, {"test.csv", &p.tests}} {
		table, err := family.Open(filepath.Join(familiesDir, name, f.file))
		if err != nil {
			t.Fatal(err)
		}
		if *f.to, err = family.Load(ctx, table, family.LoadOptions{Reference: p.samples}); err != nil {
			t.Fatal(err)
		}
	}
	p.b = vector[T](t, filepath.Join(familiesDir, name, "rhs.mtx"))
	table, err := family.Open(filepath.Join(familiesDir, name, "solutions.csv"))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range table.Samples {
		p.x = append(p.x, &dense.Matrix[T]{Rows: len(p.b), Cols: 1, Data: vector[T](t, s.Path)})
	}
	return p
}

// vector reads a matrix file of one column, as scalars T.
func vector[T scalar.Scalar](t *testing.T, path string) []T {
	t.Helper()
	f, err := mtx.ReadFile(ctx, path, mtx.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	x := make([]T, f.Matrix.Rows)
	f.Matrix.Each(func(k, i, _ int) {
		v := f.Matrix.At(k)
		x[i] = scalar.Of[T](real(v), imag(v))
	})
	return x
}

// nearest returns the sample nearest to a test in scaled parameters.
func (p *problem[T]) nearest(test int) int {
	best, at := math.Inf(1), 0
	for i, s := range p.samples.Samples {
		var d float64
		for j, v := range p.tests.Samples[test].Mu {
			lo, hi := math.Inf(1), math.Inf(-1)
			for _, q := range p.samples.Samples {
				lo, hi = math.Min(lo, q.Mu[j]), math.Max(hi, q.Mu[j])
			}
			d += (s.Mu[j] - v) * (s.Mu[j] - v) / ((hi - lo) * (hi - lo))
		}
		if d < best {
			best, at = d, i
		}
	}
	return at
}

// relative returns |x-y|/|y|.
func relative[T scalar.Scalar](x, y []T) float64 {
	d := append([]T(nil), x...)
	dense.Axpy(scalar.Of[T](-1, 0), y, d)
	return dense.Norm(d) / dense.Norm(y)
}
