package eim

import (
	"context"
	"math"

	"eimtool/internal/dense"
	"eimtool/internal/scalar"
)

// exchange replaces member a of the set by a better snapshot, if there is one.
//
// Orthogonal to the other members is what is orthogonal to the set, and the
// one direction d in its span that only a needs. So R_k = rest_k + c_k·d with
// c_k = dᴴ·z_k, and all inner products of R follow from those of rest by an
// update of rank one: N² operations per member, N²·r only after a swap.
func (s *swapper[T]) exchange(ctx context.Context, a int) (bool, error) {
	if s.basis.mean <= swapNoise {
		return false, nil
	}
	d := s.direction(a)
	n := s.z.Rows
	c, e := make([]T, n), make([]float64, n)
	for k := range n {
		c[k] = dense.Dotc(d, s.z.Row(k))
		e[k] = s.basis.err[k] + scalar.Real(scalar.Conj(c[k])*c[k])
	}
	score := make([]float64, n)
	err := scalar.Blocks(ctx, n, 16, s.threads, func(_, lo, hi int) {
		for i := lo; i < hi; i++ {
			score[i] = math.Inf(1)
			if s.allowed[i] && !s.in[i] && e[i] >= s.floor {
				score[i] = swapScore(s.gram.Row(i), c, i, e) / s.count
			}
		}
	})
	if err != nil {
		return false, err
	}
	best := 0
	for i, v := range score {
		if v < score[best]*(1-swapTie) {
			best = i
		}
	}
	enough := (1 - swapGain) * s.basis.mean
	if !(score[best] < enough) {
		return false, nil
	}
	set := append([]int(nil), s.set...)
	set[a] = best
	basis, err := s.project(ctx, set)
	if err != nil || !(basis.mean < enough) {
		return false, err
	}
	s.in[s.set[a]], s.in[best] = false, true
	s.set = set
	return true, s.accept(ctx, basis)
}

// direction returns the unit vector of the span of the set that is orthogonal
// to all members but a: Q·R⁻ᴴ·e_a, normalised.
func (s *swapper[T]) direction(a int) []T {
	m, b := len(s.set), s.basis
	y := make([]T, m)
	y[a] = 1
	for k := a; k < m; k++ {
		r := b.qr.V[k*b.qr.Rows : k*b.qr.Rows+m]
		y[k] = (y[k] - dense.Dotc(r[:k], y)) / scalar.Conj(r[k])
	}
	d := make([]T, s.z.Cols)
	norm := scalar.Of[T](1/dense.Norm(y), 0)
	for l, v := range y {
		dense.Axpy(v*norm, b.q.Row(l), d)
	}
	return d
}

// swapScore returns Σ_k max(0, e_k - |gram_k + conj(c_i)·c_k|²/e_i), where
// gram_k is conj(rest_i)·rest_k.
func swapScore[T scalar.Scalar](gram, c []T, i int, e []float64) float64 {
	var sum float64
	inverse := 1 / e[i]
	switch gram := any(gram).(type) {
	case []float64:
		c := any(c).([]float64)
		ci := c[i]
		for k, g := range gram {
			g += ci * c[k]
			sum += max(0, e[k]-g*g*inverse)
		}
	case []complex128:
		c := any(c).([]complex128)
		ci := complex(real(c[i]), -imag(c[i]))
		for k, g := range gram {
			g += ci * c[k]
			sum += max(0, e[k]-(real(g)*real(g)+imag(g)*imag(g))*inverse)
		}
	}
	return sum
}

// finish orders the set, fixed first and the rest by pivoting, and measures
// every prefix.
func (s *swapper[T]) finish(ctx context.Context, out *SwapSelection, fixed []int) error {
	basis, err := s.project(ctx, s.set[:s.fixed])
	if err != nil {
		return err
	}
	member := make([]bool, s.z.Rows)
	for _, i := range s.set[s.fixed:] {
		member[i] = true
	}
	out.MeanError = s.basis.mean
	out.Snapshots = append([]int{}, fixed...)
	for _, i := range s.pivots(basis, member) {
		out.Snapshots = append(out.Snapshots, i)
		member[i] = false
	}
	for i, left := range member { // at the floor pivoting may stop early
		if left {
			out.Snapshots = append(out.Snapshots, i)
		}
	}
	return s.prefixes(ctx, out)
}

// prefixes removes the direction of each member in turn from all rows.
func (s *swapper[T]) prefixes(ctx context.Context, out *SwapSelection) error {
	q := s.directions(out.Snapshots)
	rest, e := s.z.Clone(), make([]float64, s.z.Rows)
	for m := 0; ; m++ {
		for i := range e {
			e[i] = scalar.Real(dense.Dotc(rest.Row(i), rest.Row(i)))
		}
		out.MeanAt = append(out.MeanAt, s.average(e))
		out.MaxAt = append(out.MaxAt, scalar.MaxAbs(e))
		if m == len(q) {
			return nil
		}
		if q[m] == nil {
			continue
		}
		err := scalar.Each(ctx, s.z.Rows, s.threads, func(i int) {
			for range 2 {
				dense.Axpy(-dense.Dotc(q[m], rest.Row(i)), q[m], rest.Row(i))
			}
		})
		if err != nil {
			return err
		}
	}
}
