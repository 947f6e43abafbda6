package eim

import (
	"context"
	"fmt"
	"math"

	"eimtool/internal/scalar"
)

// norms are the norms of one residual row.
type norms struct {
	nu  float64 // the greedy's norm; residuals at round-off level count as zero
	two float64 // 2-norm over the measured blocks
}

// pass returns the norms of the residual of every row that is not done.
func (e *engine[T]) pass(ctx context.Context, done []bool) ([]norms, error) {
	first, groups := len(e.q) == 0, e.groups(done)
	err := scalar.Each(ctx, len(e.tasks), e.threads, func(n int) {
		buf := e.buffers.Get().(*[]T)
		defer e.buffers.Put(buf)
		t, q := e.tasks[n], make([]*T, len(e.q))
		part := e.part[n*e.rows : (n+1)*e.rows]
		clear(part)
		for lo := t.lo; lo < t.hi; lo += e.chunk {
			hi := min(lo+e.chunk, t.hi)
			e.pointers(q, e.start[t.block]+lo)
			for i := range groups {
				g := &groups[i]
				peak := e.residuals(*buf, g, t.block, lo, hi, q)
				for r, p := range g.rows[:g.used] {
					v := (*buf)[r*e.chunk : r*e.chunk+hi-lo]
					if first {
						sum := e.k.sumSquare(v, nil)
						part[p].bad = part[p].bad || sum-sum != 0
					}
					e.accumulate(&part[p], v, peak[r], t.block, lo, hi)
				}
			}
		}
	})
	if err != nil {
		return nil, err
	}
	return e.combine(done), nil
}

// accumulate adds the residual r of columns [lo, hi) of a block, whose largest
// modulus is peak, to s. It may overwrite r.
func (e *engine[T]) accumulate(s *sums, r []T, peak float64, block, lo, hi int) {
	b := &e.t.Blocks[block]
	if b.Measure {
		var w []float64
		if two := e.two[block]; two != nil {
			w = two[lo:hi]
		}
		s.two += e.k.sumSquare(r, w)
	}
	if b.Floor != nil {
		e.k.mask(r, b.Floor[lo:hi], e.floor[block])
		peak = e.k.max(r)
	}
	s.max = math.Max(s.max, peak)
	var w []float64
	if b.Weight != nil {
		w = b.Weight[lo:hi]
	}
	switch e.kind.Kind {
	case "l1":
		s.sum += e.k.sumAbs(r, w)
	case "l2":
		s.sum += e.k.sumSquare(r, w)
	case "lp":
		s.sum += e.k.sumPower(r, w, e.kind.P)
	}
}

// combine adds up the tasks in their order. A block whose residual is nowhere
// above the round-off level contributes nothing to the norm of the row.
func (e *engine[T]) combine(done []bool) []norms {
	out := make([]norms, e.rows)
	for p := range out {
		if done[p] {
			continue
		}
		var row, two float64
		for n := 0; n < len(e.tasks); {
			block := e.tasks[n].block
			var s sums
			for ; n < len(e.tasks) && e.tasks[n].block == block; n++ {
				t := e.part[n*e.rows+p]
				s.max = math.Max(s.max, t.max)
				s.sum += t.sum
				two += t.two
			}
			switch {
			case s.max <= e.floor[block]:
			case e.kind.Kind == "" || e.kind.Kind == "max":
				row = math.Max(row, s.max)
			default:
				row += s.sum
			}
		}
		switch e.kind.Kind {
		case "l2":
			row = math.Sqrt(row)
		case "lp":
			row = math.Pow(row, 1/e.kind.P)
		}
		out[p] = norms{row, math.Sqrt(two)}
	}
	return out
}

// setFloors sets the round-off level of every block from the first pass:
// 64·ε times its largest value over the selectable rows.
func (e *engine[T]) setFloors(selectable func(p int) bool) {
	for n, t := range e.tasks {
		for p := range e.rows {
			if selectable(p) {
				e.floor[t.block] = math.Max(e.floor[t.block], 64*scalar.Eps*e.part[n*e.rows+p].max)
			}
		}
	}
}

// nonFinite returns the position of the first value that is not finite, by
// row, then column.
func (e *engine[T]) nonFinite() error {
	for p := range e.rows {
		for n, t := range e.tasks {
			if !e.part[n*e.rows+p].bad {
				continue
			}
			b := &e.t.Blocks[t.block]
			for c := t.lo; c < t.hi; c++ {
				if !scalar.AllFinite(b.Rows[p][c : c+1]) {
					return &NonFiniteError{b.Name, p, c}
				}
			}
			return &TableError{b.Name, fmt.Sprintf("values of row %d are too large for the scale of the block", p)}
		}
	}
	return nil
}
