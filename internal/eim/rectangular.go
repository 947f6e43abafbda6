package eim

import (
	"fmt"

	"eimtool/internal/dense"
	"eimtool/internal/scalar"
)

// rankTolerance is the diagonal of a pivoted R, relative to its largest, at or
// below which a rectangular F is taken as rank deficient.
const rankTolerance = scalar.Eps

// Partial is a selection of which some snapshots or magic features are lost:
// the rectangular extension of arXiv 1508.05330. With fewer features than
// snapshots β has the smallest 2-norm among those that interpolate at the
// features left; otherwise it is the least-squares solution. Both are computed
// by QR, never by a pseudo-inverse, and on the coefficients of the snapshots:
// the smallest coefficients in the residual basis do not approximate.
type Partial[T scalar.Scalar] struct {
	sel       *Selection[T]
	Snapshots []int // positions left, of s.Snapshots
	Features  []int // positions left, of s.Features
	a         *dense.Matrix[T]
}

// LostError reports that too much, or something unknown, was declared lost.
type LostError struct{ Msg string }

func (e *LostError) Error() string { return e.Msg }

// Partial returns the selection without some of its snapshots and magic
// features, given by their positions 0..M-1 and 0..L-1. The error is a
// *LostError.
func (s *Selection[T]) Partial(lostSnapshots, lostFeatures []int) (*Partial[T], error) {
	p := &Partial[T]{sel: s}
	var err error
	if p.Snapshots, err = remaining("snapshot", len(s.Snapshots), lostSnapshots); err != nil {
		return nil, err
	}
	if p.Features, err = remaining("magic feature", len(s.Features), lostFeatures); err != nil {
		return nil, err
	}
	// Without lost snapshots the least-squares problem is posed in the residual
	// basis, whose values at the features are far better conditioned.
	f := s.Values
	if p.residualBasis() {
		f = s.Upper
	}
	p.a = dense.New[T](len(p.Features), len(p.Snapshots))
	for i, l := range p.Features {
		for j, m := range p.Snapshots {
			p.a.Set(i, j, f.At(m, l))
		}
	}
	return p, nil
}

func (p *Partial[T]) residualBasis() bool {
	m := len(p.sel.Snapshots)
	return len(p.Snapshots) == m && len(p.Features) >= m
}

// remaining returns 0..n-1 without lost.
func remaining(what string, n int, lost []int) ([]int, error) {
	gone := make([]bool, n)
	for _, i := range lost {
		if i < 0 || i >= n {
			return nil, &LostError{fmt.Sprintf("lost %s %d does not exist: there are %d", what, i+1, n)}
		}
		gone[i] = true
	}
	var left []int
	for i, g := range gone {
		if !g {
			left = append(left, i)
		}
	}
	if len(left) == 0 {
		return nil, &LostError{fmt.Sprintf("all %d %ss are lost: nothing is left to determine coefficients", n, what)}
	}
	return left, nil
}

// Beta returns the coefficients β in the M snapshots, zero for the lost ones,
// from the scaled values at the L features, of which the lost ones are not
// looked at. The errors are *LengthError and *dense.NonFiniteError.
func (p *Partial[T]) Beta(values []T) ([]T, error) {
	if len(values) != len(p.sel.Features) {
		return nil, &LengthError{"values at magic features", len(values), len(p.sel.Features)}
	}
	b := dense.New[T](len(p.Features), 1)
	for i, l := range p.Features {
		b.Data[i] = values[l]
	}
	solve := dense.LeastSquares[T]
	if p.a.Rows < p.a.Cols {
		solve = dense.MinNorm[T]
	}
	x, _, err := solve(p.a, b, rankTolerance)
	if err != nil {
		return nil, err
	}
	if p.residualBasis() {
		return p.sel.SnapshotCoefficients(x.Data), nil
	}
	beta := make([]T, len(p.sel.Snapshots))
	for j, m := range p.Snapshots {
		beta[m] = x.Data[j]
	}
	return beta, nil
}

// BetaMissing returns β from the values at the features that are not missing;
// see Partial. len(missing) = len(values) = L.
func (s *Selection[T]) BetaMissing(values []T, missing []bool) ([]T, error) {
	if len(missing) != len(s.Features) {
		return nil, &LengthError{"marks of missing features", len(missing), len(s.Features)}
	}
	var lost []int
	for l, gone := range missing {
		if gone {
			lost = append(lost, l)
		}
	}
	if lost == nil {
		return s.Beta(values)
	}
	p, err := s.Partial(nil, lost)
	if err != nil {
		return nil, err
	}
	return p.Beta(values)
}

// DropSnapshots returns the selection without the snapshots at the given
// positions: their fields are lost, the features remain.
func (s *Selection[T]) DropSnapshots(lost []int) (*Partial[T], error) { return s.Partial(lost, nil) }

// Truncate returns the selection of the first m terms, 1 ≤ m ≤ M: selections
// are nested. Magic features beyond the terms are kept.
func (s *Selection[T]) Truncate(m int) *Selection[T] {
	full := len(s.Snapshots)
	cols := append(seq(0, m), seq(full, len(s.Features))...)
	t := *s
	t.Snapshots, t.Pivots = s.Snapshots[:m:m], s.Pivots[:m:m]
	t.Features = nil
	for _, l := range cols {
		t.Features = append(t.Features, s.Features[l])
	}
	for _, h := range []*[]float64{&t.Errors, &t.Relative2, &t.HeldOut, &t.HeldOut2} {
		*h = head(*h, m+1)
	}
	for _, h := range []*[]float64{&t.LebesgueParameter, &t.LebesgueEntry, &t.SumBetaMin, &t.SumBetaMax} {
		*h = head(*h, m)
	}
	if m < full {
		t.Stop = StopMaxTerms
	}
	t.Values, t.Upper = submatrix(s.Values, m, cols), submatrix(s.Upper, m, cols)
	t.Lower = submatrix(s.Lower, m, seq(0, m))
	return &t
}

func seq(lo, hi int) []int {
	var s []int
	for i := lo; i < hi; i++ {
		s = append(s, i)
	}
	return s
}

func head(x []float64, n int) []float64 { return x[:min(n, len(x)):min(n, len(x))] }

// submatrix returns the first m rows of a in the given columns.
func submatrix[T scalar.Scalar](a *dense.Matrix[T], m int, cols []int) *dense.Matrix[T] {
	b := dense.New[T](m, len(cols))
	for i := range m {
		for j, c := range cols {
			b.Set(i, j, a.At(i, c))
		}
	}
	return b
}
