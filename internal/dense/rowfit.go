package dense

import (
	"math"

	"eimtool/internal/scalar"
)

// RowFit solves min |k - β·A| for row vectors k, with A (M×N) factored once:
// the fit of a target by M selected rows. All its fields are plain data.
type RowFit[T scalar.Scalar] struct {
	Rows   *Matrix[T]     `doc:"A, M x N"`
	Scale  []float64      `doc:"powers of two that bring the rows of A to a norm in [1/2, 1)"`
	Factor *Orthogonal[T] // of (diag(Scale)·A)ᵀ
}

// NewRowFit factors the M×N matrix of rows, which is kept and must not change.
// The size of a row does not matter; rows that depend on the others to M·ε of
// themselves share their coefficients with minimum norm.
func NewRowFit[T scalar.Scalar](rows *Matrix[T]) *RowFit[T] {
	f := &RowFit[T]{Rows: rows, Scale: make([]float64, rows.Rows)}
	scaled := rows.Clone()
	for i := range rows.Rows {
		_, e := math.Frexp(Norm(rows.Row(i)))
		f.Scale[i] = math.Ldexp(1, min(-e, 1000))
		Scale(scalar.Of[T](f.Scale[i], 0), scaled.Row(i))
	}
	f.Factor = Factor(scaled.Transpose(), float64(max(1, rows.Rows))*scalar.Eps)
	return f
}

// Fit returns the β (M) that minimises |k - β·A| and that norm. len(k) = N.
// One refinement step puts the coefficients at the accuracy of the residual,
// so that a target that is a row of A costs no digit.
func (f *RowFit[T]) Fit(k []T) (beta []T, residual float64) {
	beta = make([]T, f.Rows.Rows)
	rest := append([]T(nil), k...)
	for range 2 {
		for i, d := range f.Factor.Solve(rest) {
			d *= scalar.Of[T](f.Scale[i], 0)
			beta[i] += d
			Axpy(-d, f.Rows.Row(i), rest)
		}
	}
	return beta, Norm(rest)
}
