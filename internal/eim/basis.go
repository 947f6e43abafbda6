package eim

import (
	"context"

	"eimtool/internal/scalar"
)

// Basis returns the residual basis of a selection from t on one block, M rows
// of Cols values in scaled units: g ≈ Σ c_m q_m.
func Basis[T scalar.Scalar](ctx context.Context, t *Table[T], s *Selection[T], block, threads int) ([][]T, error) {
	out := make([][]T, len(s.Snapshots))
	for m := range out {
		out[m] = make([]T, t.Blocks[block].Cols)
	}
	e := newEngine(t, Norm{}, threads)
	err := e.eachBasis(ctx, s, func(n, lo, hi int, q [][]T) {
		if e.tasks[n].block != block {
			return
		}
		for m := range q {
			copy(out[m][lo:hi], q[m])
		}
	})
	return out, err
}

// eachBasis calls f with the residual basis on every chunk [lo, hi) of task n,
// tasks in parallel: q_m = (row i_m − Σ_{j<m} Lower[m,j] q_j) / Lower[m,m], in
// the very operations of the selection. q is reused between calls.
func (e *engine[T]) eachBasis(ctx context.Context, s *Selection[T], f func(n, lo, hi int, q [][]T)) error {
	m := len(s.Snapshots)
	return scalar.Each(ctx, len(e.tasks), e.threads, func(n int) {
		t := e.tasks[n]
		store, q := make([]T, m*e.chunk), make([][]T, m)
		for lo := t.lo; lo < t.hi; lo += e.chunk {
			hi := min(lo+e.chunk, t.hi)
			for k, p := range s.Snapshots {
				q[k] = store[k*e.chunk : k*e.chunk+hi-lo]
				e.residual(q[k], p, t.block, lo, hi)
				for j, l := range s.Lower.Row(k)[:k] {
					e.k.sub1(q[k], q[j], l)
				}
				e.k.divide(q[k], q[k], s.Lower.At(k, k))
				if at := s.Features[k]; at.Block == t.block && at.Col >= lo && at.Col < hi {
					q[k][at.Col-lo] = 1
				}
			}
			f(n, lo, hi, q)
		}
	})
}
