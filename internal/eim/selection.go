package eim

import (
	"fmt"

	"eimtool/internal/dense"
	"eimtool/internal/scalar"
)

// Selection is the result of Greedy: M snapshots (rows), L ≥ M magic features
// (columns), and the triangular factors of the table's values where they meet.
// All fields are plain data. Errors are relative: to the largest norm of a row
// or, with Options.Relative, to the norm of the same row.
type Selection[T scalar.Scalar] struct {
	Snapshots []int     // M rows, in the order of their choice
	Features  []Feature // L columns; the first M were chosen with the snapshots
	Pivots    []float64 // M moduli of the pivots, in scaled units

	// After k terms, k = 0..M: the largest norm of a residual row, and the
	// largest relative 2-norm over the measured blocks, of the selectable rows
	// and (nil without any) of the held-out ones. Errors[k] is also what step
	// k+1 picked its row by.
	Errors, Relative2 []float64
	HeldOut, HeldOut2 []float64
	Stop              string // why the selection ended

	// With the first m+1 terms, element m: the largest Σ|β| over the selectable
	// rows, the largest Σ|γ| over the columns (γ: the coefficients of a column
	// in the magic columns), and the range of Re Σβ − 1 over the selectable
	// rows. Snapshot errors are amplified by at most 1 + LebesgueParameter,
	// errors of the magic values by at most LebesgueEntry.
	LebesgueParameter, LebesgueEntry []float64
	SumBetaMin, SumBetaMax           []float64

	Values *dense.Matrix[T] // F, M×L: scaled values of the snapshots at the features
	// F = Lower·Upper up to rounding: Lower is M×M lower triangular with the
	// pivots on its diagonal; Upper, M×L, holds the residual basis q_m at the
	// features, its first M columns unit upper triangular.
	Lower, Upper *dense.Matrix[T]
}

// fill sets the factors from the elimination.
func (g *greedy[T]) fill(s *Selection[T]) {
	m, l := len(s.Snapshots), len(s.Features)
	s.Values, s.Lower, s.Upper = dense.New[T](m, l), dense.New[T](m, m), dense.New[T](m, l)
	for i, p := range s.Snapshots {
		for j := range i + 1 {
			s.Lower.Set(i, j, g.l[j][p])
		}
		for j, f := range s.Features {
			s.Values.Set(i, j, g.t.Value(p, f))
			if j >= i {
				s.Upper.Set(i, j, g.q[i][g.flat(f)])
			}
		}
	}
}

// LengthError reports a vector of the wrong length.
type LengthError struct {
	What      string
	Got, Want int
}

func (e *LengthError) Error() string {
	return fmt.Sprintf("%d %s, want %d", e.Got, e.What, e.Want)
}

// Coefficients returns the coefficients c in the residual basis, g ≈ Σ c_m q_m,
// from the scaled values of g at the L magic features: forward substitution
// with the unit triangle when L = M, least squares by QR when L > M. The
// errors are *LengthError and *dense.NonFiniteError.
func (s *Selection[T]) Coefficients(values []T) ([]T, error) {
	m, l := s.Upper.Rows, s.Upper.Cols
	if len(values) != l {
		return nil, &LengthError{"values at magic features", len(values), l}
	}
	if l > m {
		return leastSquares(s.Upper.Transpose(), values)
	}
	if !scalar.AllFinite(values) {
		return nil, &dense.NonFiniteError{What: "values at magic features"}
	}
	c := append([]T(nil), values...)
	for k := range m {
		u := s.Upper.Row(k)
		for j := k + 1; j < m; j++ {
			c[j] -= c[k] * u[j]
		}
	}
	return c, nil
}

// SnapshotCoefficients returns the β with Σ β_m g_m = Σ c_m q_m: back
// substitution with the lower triangle. len(c) = M.
func (s *Selection[T]) SnapshotCoefficients(c []T) []T {
	beta := append([]T(nil), c...)
	for k := len(beta) - 1; k >= 0; k-- {
		row := s.Lower.Row(k)
		beta[k] /= row[k]
		for j := range k {
			beta[j] -= beta[k] * row[j]
		}
	}
	return beta
}

// Beta returns the coefficients β in the selected snapshots, g ≈ Σ β_m g_m,
// from the scaled values of g at the L magic features: two triangular solves
// when L = M, least squares by QR when L > M.
func (s *Selection[T]) Beta(values []T) ([]T, error) {
	c, err := s.Coefficients(values)
	if err != nil {
		return nil, err
	}
	return s.SnapshotCoefficients(c), nil
}

// leastSquares returns the x that minimises |a·x - b|, by QR.
func leastSquares[T scalar.Scalar](a *dense.Matrix[T], b []T) ([]T, error) {
	x, _, err := dense.LeastSquares(a, &dense.Matrix[T]{Rows: len(b), Cols: 1, Data: b}, 0)
	if err != nil {
		return nil, err
	}
	return x.Data, nil
}
