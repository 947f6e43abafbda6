package dense

import (
	"errors"
	"math"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/lapack"
	"gonum.org/v1/gonum/lapack/lapack64"

	"eimtool/internal/scalar"
)

// ErrNoConvergence reports a singular value iteration that did not end.
var ErrNoConvergence = errors.New("dense: the singular value decomposition did not converge")

// SVD returns the thin decomposition a = U·diag(s)·Vᴴ of an m×n matrix: with
// k = min(m, n), U is m×k, s has k values in decreasing order and V is n×k,
// both with orthonormal columns. The error is a *NonFiniteError or
// ErrNoConvergence.
//
// Real matrices go to LAPACK's algorithm as gonum has it: singular values are
// right to ε·s_0. Complex ones are treated by one-sided Jacobi rotations, which
// also keep the relative accuracy of small values of matrices that are graded
// by columns.
func SVD[T scalar.Scalar](a *Matrix[T]) (u *Matrix[T], s []float64, v *Matrix[T], err error) {
	if !scalar.AllFinite(a.Data) {
		return nil, nil, nil, &NonFiniteError{What: "matrix"}
	}
	if a.Rows == 0 || a.Cols == 0 {
		return New[T](a.Rows, 0), []float64{}, New[T](a.Cols, 0), nil
	}
	switch a := any(a).(type) {
	case *Matrix[float64]:
		ur, s, vr, err := svdReal(a)
		if err != nil {
			return nil, nil, nil, err
		}
		return any(ur).(*Matrix[T]), s, any(vr).(*Matrix[T]), nil
	case *Matrix[complex128]:
		uc, s, vc, err := svdJacobi(a)
		if err != nil {
			return nil, nil, nil, err
		}
		return any(uc).(*Matrix[T]), s, any(vc).(*Matrix[T]), nil
	}
	panic("dense: unreachable")
}

func svdReal(a *Matrix[float64]) (u *Matrix[float64], s []float64, v *Matrix[float64], err error) {
	k := min(a.Rows, a.Cols)
	w := a.Clone()
	u, vt := New[float64](a.Rows, k), New[float64](k, a.Cols)
	s = make([]float64, k)
	general := func(m *Matrix[float64]) blas64.General {
		return blas64.General{Rows: m.Rows, Cols: m.Cols, Stride: m.Cols, Data: m.Data}
	}
	work := []float64{0}
	call := func(work []float64, lwork int) bool {
		return lapack64.Gesvd(lapack.SVDStore, lapack.SVDStore, general(w), general(u), general(vt), s, work, lwork)
	}
	call(work, -1)
	if !call(make([]float64, int(work[0])), int(work[0])) {
		return nil, nil, nil, ErrNoConvergence
	}
	for i, v := range s {
		s[i] = math.Abs(v) // zeros come with either sign
	}
	return u, s, vt.Transpose(), nil
}
