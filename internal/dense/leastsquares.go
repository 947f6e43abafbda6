package dense

import (
	"fmt"

	"eimtool/internal/scalar"
)

// NonFiniteError reports a NaN or an infinity where numbers were expected.
type NonFiniteError struct {
	What string // the argument, e.g. "matrix"
}

func (e *NonFiniteError) Error() string {
	return fmt.Sprintf("dense: the %s holds a NaN or an infinite value", e.What)
}

// Orthogonal is a complete orthogonal factorisation of an m×n matrix,
// A·P = Q·(R₁₁ R₁₂; 0 0) with (R₁₁ R₁₂)ᴴ = Z·(S; 0), for least-squares
// solutions of minimum norm. All its fields are plain data.
type Orthogonal[T scalar.Scalar] struct {
	QR   *QRFactor[T]
	Perm []int `doc:"column permutation"`
	Rank int
	Z    *QRFactor[T] // nil when Rank = n
}

// Factor computes the complete orthogonal factorisation of a. The rank is the
// number of diagonal elements of the pivoted R above rcond times the first;
// rcond ≤ 0 means max(m, n)·ε.
func Factor[T scalar.Scalar](a *Matrix[T], rcond float64) *Orthogonal[T] {
	if rcond <= 0 {
		rcond = float64(max(a.Rows, a.Cols)) * scalar.Eps
	}
	f := &Orthogonal[T]{}
	f.QR, f.Perm = PivotedQR(a)
	for k := range f.QR.Tau {
		d := scalar.Abs(f.QR.column(k)[k])
		if d == 0 || d <= rcond*scalar.Abs(f.QR.V[0]) {
			break
		}
		f.Rank++
	}
	if f.Rank < a.Cols {
		r := New[T](f.Rank, a.Cols)
		copy(r.Data, f.QR.R().Data)
		f.Z = QR(ConjTranspose(r))
	}
	return f
}

// Solve returns the x of minimum norm among those that minimise |b - A·x|.
// len(b) = m, len(x) = n.
func (f *Orthogonal[T]) Solve(b []T) []T {
	y := make([]T, max(len(b), f.QR.Cols))
	copy(y, b)
	f.QR.ApplyQHVec(y[:f.QR.Rows])
	clear(y[f.Rank:])
	y = y[:f.QR.Cols]
	if f.Z == nil {
		f.QR.solveR(f.Rank, y)
	} else {
		f.Z.solveRH(f.Rank, y)
		f.Z.ApplyQVec(y)
	}
	x := make([]T, len(y))
	for k, j := range f.Perm {
		x[j] = y[k]
	}
	return x
}

// LeastSquares returns the x (n×p) of minimum norm among those that minimise
// the norm of every column of b - a·x, and the numerical rank of a (m×n); see
// Factor for rcond. b is m×p. The error is a *NonFiniteError.
func LeastSquares[T scalar.Scalar](a, b *Matrix[T], rcond float64) (x *Matrix[T], rank int, err error) {
	if a.Rows != b.Rows {
		panic("dense: shapes do not fit")
	}
	if err := checkFinite(a, b); err != nil {
		return nil, 0, err
	}
	f := Factor(a, rcond)
	bt, xt := b.Transpose(), New[T](b.Cols, a.Cols)
	for j := range bt.Rows {
		copy(xt.Row(j), f.Solve(bt.Row(j)))
	}
	return xt.Transpose(), f.Rank, nil
}

// MinNorm returns the x (n×p) of minimum norm with a·x = b for a wide a (m×n,
// m ≤ n) of full row rank, from a QR of aᴴ: the digits lost are those of one
// triangular solve. A rank below m falls back on LeastSquares.
func MinNorm[T scalar.Scalar](a, b *Matrix[T], rcond float64) (x *Matrix[T], rank int, err error) {
	if a.Rows != b.Rows {
		panic("dense: shapes do not fit")
	}
	if err := checkFinite(a, b); err != nil {
		return nil, 0, err
	}
	f := Factor(ConjTranspose(a), rcond) // aᴴ·P = Q·R
	if f.Rank < a.Rows {
		return LeastSquares(a, b, rcond)
	}
	bt, xt := b.Transpose(), New[T](b.Cols, a.Cols)
	for j := range bt.Rows {
		y := xt.Row(j)
		for k, i := range f.Perm {
			y[k] = bt.At(j, i)
		}
		f.QR.solveRH(f.Rank, y)
		f.QR.ApplyQVec(y)
	}
	return xt.Transpose(), f.Rank, nil
}

func checkFinite[T scalar.Scalar](a, b *Matrix[T]) error {
	if !scalar.AllFinite(a.Data) {
		return &NonFiniteError{What: "matrix"}
	}
	if !scalar.AllFinite(b.Data) {
		return &NonFiniteError{What: "right-hand side"}
	}
	return nil
}
