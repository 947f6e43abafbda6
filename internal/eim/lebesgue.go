package eim

import (
	"context"
	"math"

	"eimtool/internal/scalar"
)

// lebesgue computes, for every number of terms, the largest sums of moduli of
// the coefficients in both directions and the range of Σβ.
func (g *greedy[T]) lebesgue(ctx context.Context) error {
	m := len(g.sel.Snapshots)
	g.opt.progress("lebesgue", 0, 1)
	g.rowSums(m)
	if err := g.columnSums(ctx, m); err != nil {
		return err
	}
	g.opt.progress("lebesgue", 1, 1)
	return nil
}

// rowSums updates the coefficients β of every row term by term: with
// b = l_k[p]/ρ_k, β gains b for the new snapshot and loses b times the
// coefficients that this snapshot had before.
func (g *greedy[T]) rowSums(m int) {
	s := g.sel
	beta := make([][]T, g.rows)
	for p := range beta {
		beta[p] = make([]T, m)
	}
	s.LebesgueParameter = make([]float64, m)
	s.SumBetaMin, s.SumBetaMax = make([]float64, m), make([]float64, m)
	for k, i := range s.Snapshots {
		pivot := g.l[k][i]
		before := append([]T(nil), beta[i][:k]...)
		s.SumBetaMin[k], s.SumBetaMax[k] = math.Inf(1), math.Inf(-1)
		for p, b := range beta {
			if !g.opt.selectable(p) {
				continue
			}
			if d := g.l[k][p] / pivot; d != 0 {
				for j, v := range before {
					b[j] -= d * v
				}
				b[k] = d
			}
			var sum T
			for _, v := range b[:k+1] {
				sum += v
			}
			s.LebesgueParameter[k] = math.Max(s.LebesgueParameter[k], g.k.sumAbs(b[:k+1], nil))
			s.SumBetaMin[k] = math.Min(s.SumBetaMin[k], scalar.Real(sum)-1)
			s.SumBetaMax[k] = math.Max(s.SumBetaMax[k], scalar.Real(sum)-1)
		}
	}
}

// columnUpdates returns, for every k, the coefficients γ of magic column k in
// the magic columns before it: γ of any column gains q_k for the new column and
// loses q_k times these.
func (g *greedy[T]) columnUpdates(m int) [][]T {
	updates := make([][]T, m)
	for k, f := range g.sel.Features[:m] {
		gamma := make([]T, k)
		for j := range k {
			q := g.q[j][g.flat(f)]
			for i, v := range updates[j] {
				gamma[i] -= q * v
			}
			gamma[j] = q
		}
		updates[k] = gamma
	}
	return updates
}

// columnSums computes LebesgueEntry, chunk by chunk.
func (g *greedy[T]) columnSums(ctx context.Context, m int) error {
	updates := g.columnUpdates(m)
	part := make([]float64, len(g.tasks)*m)
	err := scalar.Each(ctx, len(g.tasks), g.threads, func(n int) {
		t := g.tasks[n]
		step := g.chunk / 4
		gamma, sum := make([]T, m*step), make([]float64, step)
		for lo := t.lo; lo < t.hi; lo += step {
			c := min(step, t.hi-lo)
			from := g.start[t.block] + lo
			for k := range m {
				q := g.q[k][from : from+c]
				clear(sum)
				for j, a := range updates[k] {
					g.k.subAbs(gamma[j*step:j*step+c], q, a, sum)
				}
				copy(gamma[k*step:], q)
				g.k.addAbs(sum, q)
				part[n*m+k] = math.Max(part[n*m+k], g.k.maxSum(sum[:c]))
			}
		}
	})
	if err != nil {
		return err
	}
	g.sel.LebesgueEntry = make([]float64, m)
	for i, v := range part {
		g.sel.LebesgueEntry[i%m] = math.Max(g.sel.LebesgueEntry[i%m], v)
	}
	return nil
}
