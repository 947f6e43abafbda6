package eim

import (
	"context"
	"fmt"
	"math"

	"eimtool/internal/dense"
	"eimtool/internal/scalar"
)

// swapFloor is the residual norm, relative to the snapshot, below which a
// snapshot counts as dependent on the others: its square is 1e-26.
const swapFloor = 1e-13

// swapNoise is the mean squared error that is all round-off: (16·ε)².
const swapNoise = 256 * scalar.Eps * scalar.Eps

// swapGain is the relative decrease of the mean error below which a swap is
// not worth making.
const swapGain = 1e-3

// swapTie is the relative difference below which two scores are equal.
const swapTie = 1e-12

// SwapOptions are the choices of SwapSelect; the zero value is the default.
type SwapOptions struct {
	Fixed    []int   // snapshots that are in the set and stay there, for nested sets
	Start    []int   // first set, Fixed aside; nil: the first pivots of a QR
	Eligible []bool  // snapshots that may be selected, all when nil; the mean is over all
	Floor    float64 // relative residual norm that counts as zero, 1e-13 when 0
	Threads  int     // all processors when ≤ 0; the result does not depend on it
}

// SwapSelection is a set of snapshots with the errors of projecting every
// snapshot on the span of the set, relative to its own norm and squared.
type SwapSelection struct {
	Snapshots []int     // Fixed first, then in pivot order: prefixes are good smaller sets
	Rank      int       // of the eligible and fixed snapshots, to Floor: no more than that are selected
	MeanError float64   // mean squared relative error, over the snapshots that are not zero
	MeanAt    []float64 // the same for the first m snapshots, m = 0..len(Snapshots)
	MaxAt     []float64 // largest squared relative error for the first m
	Sweeps    int
	Swaps     int
}

// SwapIndexError reports a snapshot index of SwapOptions that cannot be used.
type SwapIndexError struct {
	Snapshot int // counted from 0
	Reason   string
}

func (e *SwapIndexError) Error() string {
	return fmt.Sprintf("eim: snapshot %d %s", e.Snapshot+1, e.Reason)
}

// SwapSelect chooses terms snapshots whose span has a small mean squared
// relative distance from all snapshots. Row i of k (N×r) holds the coordinates
// of matrix i in an orthonormal basis, see dense.TSQR; no matrix entry is
// touched.
//
// With Z_i = k_i/|k_i|, the set starts as the first pivots of a QR of Zᵀ.
// Sweeps then try, for each member a, to exchange it: with R the rows of Z
// orthogonal to the others, e_k = |R_k|² and G_ki = |R_k·conj(R_i)|², candidate
// i would leave the error mean_k max(0, e_k - G_ki/e_i); the best one is taken
// if it lowers the mean by more than 1e-3 of itself, checked by projection.
// The search ends after a sweep without a swap. Ties go to the lowest index.
//
// Fewer than terms snapshots come back when the family has a smaller rank.
// Errors are a *SwapIndexError, a *dense.NonFiniteError or ctx's.
func SwapSelect[T scalar.Scalar](ctx context.Context, k *dense.Matrix[T], terms int, opt SwapOptions) (*SwapSelection, error) {
	if !scalar.AllFinite(k.Data) {
		return nil, &dense.NonFiniteError{What: "coordinates"}
	}
	s, err := newSwapper(k, opt)
	if err != nil {
		return nil, err
	}
	if err := s.start(ctx, max(terms, len(opt.Fixed)), opt); err != nil {
		return nil, err
	}
	out := &SwapSelection{Rank: s.rank}
	for swapped := len(s.set) > s.fixed && s.free > 0; swapped; {
		swapped = false
		out.Sweeps++
		for a := s.fixed; a < len(s.set); a++ {
			done, err := s.exchange(ctx, a)
			if err != nil {
				return nil, err
			}
			if done {
				swapped = true
				out.Swaps++
			}
		}
	}
	if err := s.finish(ctx, out, opt.Fixed); err != nil {
		return nil, err
	}
	return out, nil
}

// swapper is the state of one selection.
type swapper[T scalar.Scalar] struct {
	threads int
	floor   float64          // squared
	z       *dense.Matrix[T] // N×r, rows of norm 1, or 0
	count   float64          // rows that are not zero
	allowed []bool
	free    int // allowed rows outside the set
	rank    int
	set     []int // independent; the first fixed stay
	fixed   int
	in      []bool
	basis   *swapBasis[T]    // of set
	gram    *dense.Matrix[T] // conj(rest_i)·rest_k
}

// swapBasis is the span of a set of rows of Z and what Z leaves outside.
type swapBasis[T scalar.Scalar] struct {
	qr   *dense.QRFactor[T] // of the rows of the set as columns
	q    *dense.Matrix[T]   // rows are the orthonormal columns of Q
	rest *dense.Matrix[T]   // N×r, rows of Z orthogonal to the span
	err  []float64          // their squared norms
	mean float64            // of err
}

func newSwapper[T scalar.Scalar](k *dense.Matrix[T], opt SwapOptions) (*swapper[T], error) {
	s := &swapper[T]{
		threads: opt.Threads, z: k.Clone(),
		allowed: make([]bool, k.Rows), in: make([]bool, k.Rows), floor: opt.Floor,
	}
	if opt.Floor <= 0 {
		s.floor = swapFloor
	}
	s.floor *= s.floor
	if opt.Eligible != nil && len(opt.Eligible) != k.Rows {
		panic("eim: Eligible does not fit the snapshots")
	}
	for i := range k.Rows {
		row := s.z.Row(i)
		if norm := dense.Norm(row); norm > 0 {
			for j := range row {
				row[j] /= scalar.Of[T](norm, 0)
			}
			s.count++
			s.allowed[i] = opt.Eligible == nil || opt.Eligible[i]
		}
	}
	for _, i := range append(append([]int(nil), opt.Fixed...), opt.Start...) {
		switch {
		case i < 0 || i >= k.Rows:
			return nil, &SwapIndexError{i, fmt.Sprintf("does not exist; there are %d", k.Rows)}
		case s.in[i]:
			return nil, &SwapIndexError{i, "is named twice"}
		}
		s.in[i] = true
	}
	clear(s.in)
	return s, nil
}

// start sets the first set: Fixed, Start as far as it is independent, and
// pivots of a QR of what is left.
func (s *swapper[T]) start(ctx context.Context, terms int, opt SwapOptions) error {
	first := make([]bool, s.z.Rows)
	for _, i := range opt.Start {
		first[i] = s.allowed[i]
	}
	directions := s.directions(opt.Fixed)
	for l, i := range opt.Fixed {
		if directions[l] != nil {
			s.set = append(s.set, i)
		}
	}
	s.fixed = len(s.set)
	terms += s.fixed - len(opt.Fixed)
	for _, candidate := range [][]bool{first, s.allowed} {
		basis, err := s.project(ctx, s.set)
		if err != nil {
			return err
		}
		pivots := s.pivots(basis, candidate)
		s.rank = len(s.set) + len(pivots)
		s.set = append(s.set, pivots[:min(len(pivots), terms-len(s.set))]...)
	}
	for _, i := range append(append([]int(nil), opt.Fixed...), s.set...) {
		s.in[i] = true
	}
	for i, ok := range s.allowed {
		if ok && !s.in[i] {
			s.free++
		}
	}
	basis, err := s.project(ctx, s.set)
	if err != nil {
		return err
	}
	return s.accept(ctx, basis)
}

// pivots returns the candidates in the order of a pivoted QR of the rows
// outside the basis, until the floor.
func (s *swapper[T]) pivots(basis *swapBasis[T], candidate []bool) []int {
	var rows []int
	for i, ok := range candidate {
		if ok && basis.err[i] >= s.floor {
			rows = append(rows, i)
		}
	}
	qr, perm := dense.PivotedQR(basis.rest.SelectRows(rows).Transpose())
	var chosen []int
	for k := range qr.Tau {
		if p := scalar.Abs(qr.V[k*qr.Rows+k]); p*p < s.floor {
			break
		}
		chosen = append(chosen, rows[perm[k]])
	}
	return chosen
}

// project computes the basis of the rows of a set and the distance of all rows
// from it; two projections make the distances right to ε of the rows' norms.
func (s *swapper[T]) project(ctx context.Context, set []int) (*swapBasis[T], error) {
	n := s.z.Rows
	b := &swapBasis[T]{qr: dense.QR(s.z.SelectRows(set).Transpose()), rest: s.z.Clone(), err: make([]float64, n)}
	b.q = b.qr.Q().Transpose()
	err := scalar.Each(ctx, n, s.threads, func(i int) {
		row := b.rest.Row(i)
		for range 2 {
			for l := range b.q.Rows {
				dense.Axpy(-dense.Dotc(b.q.Row(l), row), b.q.Row(l), row)
			}
		}
		b.err[i] = scalar.Real(dense.Dotc(row, row))
	})
	if err != nil {
		return nil, err
	}
	b.mean = s.average(b.err)
	return b, nil
}

// directions orthonormalises rows of Z in the given order (Gram-Schmidt,
// twice); rows that depend on those before yield nil.
func (s *swapper[T]) directions(set []int) [][]T {
	q := make([][]T, len(set))
	for m, i := range set {
		d := append([]T(nil), s.z.Row(i)...)
		for range 2 {
			for _, p := range q[:m] {
				if p != nil {
					dense.Axpy(-dense.Dotc(p, d), p, d)
				}
			}
		}
		if norm := dense.Norm(d); norm*norm >= s.floor {
			dense.Scale(scalar.Of[T](1/norm, 0), d)
			for _, p := range q[:m] { // a short remainder has magnified what was left
				if p != nil {
					dense.Axpy(-dense.Dotc(p, d), p, d)
				}
			}
			q[m] = d
		}
	}
	return q
}

// average divides the sum of x by the number of snapshots that are not zero.
func (s *swapper[T]) average(x []float64) float64 {
	var sum scalar.Sum
	for _, v := range x {
		sum.Add(v)
	}
	return sum.Value() / math.Max(1, s.count)
}

// accept makes basis, of the present set, the current one.
func (s *swapper[T]) accept(ctx context.Context, basis *swapBasis[T]) error {
	s.basis = basis
	n := s.z.Rows
	s.gram = dense.New[T](n, n)
	err := scalar.Each(ctx, n, s.threads, func(i int) {
		for k := i; k < n; k++ {
			s.gram.Set(i, k, dense.Dotc(basis.rest.Row(i), basis.rest.Row(k)))
		}
	})
	for i := range n {
		for k := range i {
			s.gram.Set(i, k, scalar.Conj(s.gram.At(k, i)))
		}
	}
	return err
}
