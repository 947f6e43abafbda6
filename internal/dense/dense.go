// Package dense holds small dense linear algebra over real and complex
// scalars: what gonum offers for float64 alone (QR, least squares, LU, SVD) and
// the out-of-cache QR of a tall table of snapshots. Sizes are those of
// reduced-order models, a few hundred; only TSQR touches long columns.
// Algorithms are those of Golub and Van Loan, Matrix Computations, where no
// other source is named; sums over long vectors use gonum's kernels.
//
// It is not a general matrix package: shapes that do not fit are mistakes of
// the caller and panic, data that cannot be used come back as errors.
//
// No routine forms normal equations, an explicit inverse or a pseudo-inverse.
package dense

import "eimtool/internal/scalar"

// Matrix is a dense matrix stored by rows: element (i, j) is Data[i*Cols+j].
type Matrix[T scalar.Scalar] struct {
	Rows, Cols int
	Data       []T
}

// New returns a zero matrix.
func New[T scalar.Scalar](rows, cols int) *Matrix[T] {
	return &Matrix[T]{Rows: rows, Cols: cols, Data: make([]T, rows*cols)}
}

// At returns element (i, j).
func (m *Matrix[T]) At(i, j int) T { return m.Data[i*m.Cols+j] }

// Set sets element (i, j).
func (m *Matrix[T]) Set(i, j int, v T) { m.Data[i*m.Cols+j] = v }

// Row returns row i, sharing its storage.
func (m *Matrix[T]) Row(i int) []T { return m.Data[i*m.Cols : (i+1)*m.Cols : (i+1)*m.Cols] }

// Clone returns a copy.
func (m *Matrix[T]) Clone() *Matrix[T] {
	return &Matrix[T]{Rows: m.Rows, Cols: m.Cols, Data: append([]T(nil), m.Data...)}
}

// SelectRows returns the matrix of the rows idx, in that order.
func (m *Matrix[T]) SelectRows(idx []int) *Matrix[T] {
	s := New[T](len(idx), m.Cols)
	for k, i := range idx {
		copy(s.Row(k), m.Row(i))
	}
	return s
}

// Transpose returns the transpose (no conjugation).
func (m *Matrix[T]) Transpose() *Matrix[T] {
	t := New[T](m.Cols, m.Rows)
	for i := range m.Rows {
		for j, v := range m.Row(i) {
			t.Data[j*t.Cols+i] = v
		}
	}
	return t
}

// Mul returns a·b.
func Mul[T scalar.Scalar](a, b *Matrix[T]) *Matrix[T] {
	if a.Cols != b.Rows {
		panic("dense: shapes do not fit")
	}
	c := New[T](a.Rows, b.Cols)
	for i := range a.Rows {
		ci := c.Row(i)
		for k, v := range a.Row(i) {
			Axpy(v, b.Row(k), ci)
		}
	}
	return c
}

// VecMul returns the row vector x·a. len(x) = a.Rows.
func VecMul[T scalar.Scalar](x []T, a *Matrix[T]) []T {
	y := make([]T, a.Cols)
	for k, v := range x {
		Axpy(v, a.Row(k), y)
	}
	return y
}

// SideBySide joins blocks of equal height.
func SideBySide[T scalar.Scalar](blocks []*Matrix[T]) *Matrix[T] {
	cols := 0
	for _, b := range blocks {
		cols += b.Cols
	}
	out := New[T](blocks[0].Rows, cols)
	at := 0
	for _, b := range blocks {
		for i := range b.Rows {
			copy(out.Row(i)[at:], b.Row(i))
		}
		at += b.Cols
	}
	return out
}
