package solve

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"eimtool/internal/dense"
	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
)

var ctx = context.Background()

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 99)) }

// entries is a matrix under construction; later values replace earlier ones.
type entries[T scalar.Scalar] map[[2]int]T

// sparse returns pattern and values of the stored entries.
func sparse[T scalar.Scalar](n int, sym matrix.Symmetry, e entries[T]) (*matrix.Pattern, []T) {
	var at [][2]int
	for ij := range e {
		if sym == matrix.General || ij[0] >= ij[1] {
			at = append(at, ij)
		}
	}
	slices.SortFunc(at, func(a, b [2]int) int {
		if a[1] != b[1] {
			return a[1] - b[1]
		}
		return a[0] - b[0]
	})
	p := &matrix.Pattern{Rows: n, Cols: n, Symmetry: sym, ColPtr: make([]int, n+1)}
	var v []T
	for _, ij := range at {
		p.RowIdx = append(p.RowIdx, int32(ij[0]))
		p.ColPtr[ij[1]+1]++
		v = append(v, e[ij])
	}
	for j := range n {
		p.ColPtr[j+1] += p.ColPtr[j]
	}
	return p, v
}

// random returns a normal random number.
func random[T scalar.Scalar](r *rand.Rand) T { return scalar.Of[T](r.NormFloat64(), r.NormFloat64()) }

func randomBlock[T scalar.Scalar](r *rand.Rand, n, k int) *dense.Matrix[T] {
	b := dense.New[T](n, k)
	for i := range b.Data {
		b.Data[i] = random[T](r)
	}
	return b
}

// randomSparse draws about degree entries per column and the diagonal; symmetric
// kinds get the lower triangle.
func randomSparse[T scalar.Scalar](r *rand.Rand, n, degree int, sym matrix.Symmetry, diagonal float64) (*matrix.Pattern, []T) {
	e := entries[T]{}
	for j := range n {
		for range degree {
			i := r.IntN(n)
			v := random[T](r)
			if sym != matrix.General && i < j {
				i = j // the diagonal, drawn below
			}
			if i != j {
				e[[2]int{i, j}] = v
			}
		}
		if diagonal != 0 {
			d := random[T](r) * scalar.Of[T](diagonal, 0)
			if sym == matrix.Hermitian {
				d = scalar.Of[T](scalar.Real(d), 0)
			}
			e[[2]int{j, j}] = d
		}
		if sym != matrix.General && j+1 < n {
			e[[2]int{j + 1 + r.IntN(n-j-1), j}] = random[T](r)
		}
	}
	return sparse(n, sym, e)
}

// full returns the dense matrix, both triangles.
func full[T scalar.Scalar](p *matrix.Pattern, v []T) *dense.Matrix[T] {
	m := dense.New[T](p.Rows, p.Cols)
	p.Each(func(k, i, j int) {
		m.Set(i, j, v[k])
		if p.Symmetry != matrix.General && i != j {
			m.Set(j, i, matrix.Mirror(p.Symmetry, v[k]))
		}
	})
	return m
}

func factorise[T scalar.Scalar](t *testing.T, p *matrix.Pattern, v []T, opt Options) *Factor[T] {
	t.Helper()
	s, err := New[T](ctx, p, opt)
	if err != nil {
		t.Fatal(err)
	}
	f, err := s.Factorise(ctx, v)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// apply returns op(A)·x.
func apply[T scalar.Scalar](t *testing.T, p *matrix.Pattern, v []T, x *dense.Matrix[T], op matrix.Op) *dense.Matrix[T] {
	t.Helper()
	y := dense.New[T](x.Rows, x.Cols)
	if err := matrix.MulBlock(ctx, p, v, x, y, op, 1); err != nil {
		t.Fatal(err)
	}
	return y
}

// scaledResidual returns max |b-op(A)x| / (‖A‖‖x‖+‖b‖), all norms max norms.
func scaledResidual[T scalar.Scalar](t *testing.T, p *matrix.Pattern, v []T, x, b *dense.Matrix[T], op matrix.Op) float64 {
	t.Helper()
	y := apply(t, p, v, x, op)
	worst := 0.0
	for i := range y.Data {
		worst = math.Max(worst, scalar.Abs(y.Data[i]-b.Data[i]))
		if y.Data[i] != y.Data[i] {
			return math.NaN()
		}
	}
	row := make([]float64, p.Rows)
	m := full(p, v)
	for i := range m.Rows {
		for j, a := range m.Row(i) {
			if op == matrix.NoTranspose {
				row[i] += scalar.Abs(a)
			} else {
				row[j] += scalar.Abs(a)
			}
		}
	}
	return worst / (slices.Max(row)*scalar.MaxAbs(x.Data) + scalar.MaxAbs(b.Data))
}
