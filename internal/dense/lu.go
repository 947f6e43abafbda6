package dense

import (
	"fmt"

	"eimtool/internal/scalar"
)

// SingularError reports a zero pivot: the column at which elimination stopped.
type SingularError struct {
	Column int // counted from 0
	Size   int
}

func (e *SingularError) Error() string {
	return fmt.Sprintf("dense: singular matrix of size %d: no pivot in column %d", e.Size, e.Column+1)
}

// LUFactor is P·A = L·U with partial pivoting: row k of P·A is row Perm[k] of
// A; LU holds U and, below the diagonal, the unit lower triangular L, by rows.
// All its fields are plain data.
type LUFactor[T scalar.Scalar] struct {
	N     int
	LU    []T     `doc:"unit lower and upper triangle of the row-permuted matrix, by rows"`
	Perm  []int   `doc:"row permutation"`
	Norm1 float64 // the 1-norm of A, for Condition
}

// LU factors the square matrix a, which is kept. Pivots are the elements of
// largest |Re| + |Im|, the first of equals. The error is a *SingularError for
// an exactly zero pivot or a *NonFiniteError; near singularity shows in
// Condition only, because a small pivot alone says nothing of a graded matrix.
func LU[T scalar.Scalar](a *Matrix[T]) (*LUFactor[T], error) {
	n := a.Rows
	if a.Cols != n {
		panic("dense: LU of a rectangular matrix")
	}
	if !scalar.AllFinite(a.Data) {
		return nil, &NonFiniteError{What: "matrix"}
	}
	f := &LUFactor[T]{N: n, LU: append([]T(nil), a.Data...), Perm: make([]int, n), Norm1: norm1(a)}
	for k := range f.Perm {
		f.Perm[k] = k
	}
	for k := range n {
		p := pivotRow(f.LU, n, k)
		if p < 0 {
			return nil, &SingularError{Column: k, Size: n}
		}
		rk := f.row(k)
		if p != k {
			rp := f.row(p)
			for j := range rk {
				rk[j], rp[j] = rp[j], rk[j]
			}
			f.Perm[k], f.Perm[p] = f.Perm[p], f.Perm[k]
		}
		for i := k + 1; i < n; i++ {
			ri := f.row(i)
			if ri[k] != 0 {
				ri[k] /= rk[k]
				Axpy(-ri[k], rk[k+1:], ri[k+1:])
			}
		}
	}
	return f, nil
}

func (f *LUFactor[T]) row(i int) []T { return f.LU[i*f.N : (i+1)*f.N] }

// Solve returns x with A·x = b. len(b) = N.
func (f *LUFactor[T]) Solve(b []T) []T {
	x := make([]T, f.N)
	for k, p := range f.Perm {
		s := b[p]
		for j, l := range f.row(k)[:k] {
			s -= l * x[j]
		}
		x[k] = s
	}
	for k := f.N - 1; k >= 0; k-- {
		s, r := x[k], f.row(k)
		for j := k + 1; j < f.N; j++ {
			s -= r[j] * x[j]
		}
		x[k] = s / r[k]
	}
	return x
}

// SolveRow returns the row x with x·A = b. len(b) = N.
func (f *LUFactor[T]) SolveRow(b []T) []T {
	y := append([]T(nil), b...)
	for k := range y { // y·U = b
		r := f.row(k)
		y[k] /= r[k]
		Axpy(-y[k], r[k+1:], y[k+1:])
	}
	for k := f.N - 1; k >= 0; k-- { // z·L = y
		Axpy(-y[k], f.row(k)[:k], y)
	}
	x := make([]T, f.N)
	for k, p := range f.Perm {
		x[p] = y[k]
	}
	return x
}

// pivotRow returns the row of the largest element of column k on or below the
// diagonal, -1 when all are zero.
func pivotRow[T scalar.Scalar](lu []T, n, k int) int {
	p, best := -1, 0.0
	for i := k; i < n; i++ {
		if v := abs1(lu[i*n+k]); v > best {
			p, best = i, v
		}
	}
	return p
}

// abs1 returns |Re x| + |Im x|.
func abs1[T scalar.Scalar](x T) float64 {
	switch v := any(x).(type) {
	case float64:
		return max(v, -v)
	case complex128:
		return max(real(v), -real(v)) + max(imag(v), -imag(v))
	}
	panic("dense: unreachable")
}
