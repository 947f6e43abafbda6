package eim

import (
	"context"
	"math"

	"eimtool/internal/scalar"
)

// flat returns the index of a column counted through all blocks.
func (e *engine[T]) flat(f Feature) int { return e.start[f.Block] + f.Col }

// eachChunk runs f over all chunks, tasks in parallel.
func (e *engine[T]) eachChunk(ctx context.Context, f func(n, block, lo, hi int)) error {
	return scalar.Each(ctx, len(e.tasks), e.threads, func(n int) {
		t := e.tasks[n]
		for lo := t.lo; lo < t.hi; lo += e.chunk {
			f(n, t.block, lo, min(lo+e.chunk, t.hi))
		}
	})
}

// residualRow returns the residual of row p in all columns.
func (e *engine[T]) residualRow(ctx context.Context, p int) ([]T, error) {
	q := e.newRow()
	err := e.eachChunk(ctx, func(_, block, lo, hi int) {
		from := e.start[block]
		e.residual(q[from+lo:from+hi], p, block, lo, hi)
	})
	return q, err
}

// newRow returns storage for the q of the next term. Long slices start on a
// page boundary, where equal columns of all terms would compete for the same
// few places of the caches; a different offset for every term avoids that.
func (e *engine[T]) newRow() []T {
	const slots = 16
	n := e.t.ColCount()
	if n < 2*slots*e.chunk {
		return make([]T, n)
	}
	step := e.chunk + e.chunk/16
	offset := len(e.q) % slots * step
	return make([]T, n+slots*step)[offset : offset+n : offset+n]
}

// candidates copies columns [lo, lo+len(r)) of a residual row to r and sets to
// zero what may not be a pivot: round-off and barred (flat) columns.
func (e *engine[T]) candidates(r, row []T, block, lo int, barred []int) {
	from := e.start[block] + lo
	copy(r, row[from:from+len(r)])
	if floor := e.t.Blocks[block].Floor; floor != nil {
		e.k.mask(r, floor[lo:lo+len(r)], e.floor[block])
	}
	for _, c := range barred {
		if c >= from && c < from+len(r) {
			r[c-from] = 0
		}
	}
}

// pivotColumn returns the column of the largest value of a residual row among
// those that may be selected; of values that agree within tieShare, the lowest
// column. It is false when none exceeds the round-off level.
func (e *engine[T]) pivotColumn(ctx context.Context, row []T, barred []int) (Feature, bool, error) {
	peaks := make([]float64, len(e.tasks))
	err := e.eachChunk(ctx, func(n, block, lo, hi int) {
		if !e.t.Blocks[block].Magic {
			return
		}
		buf := e.buffers.Get().(*[]T)
		defer e.buffers.Put(buf)
		r := (*buf)[:hi-lo]
		e.candidates(r, row, block, lo, barred)
		if v := e.k.max(r); v > e.floor[block] {
			peaks[n] = math.Max(peaks[n], v)
		}
	})
	if err != nil {
		return Feature{}, false, err
	}
	var peak float64
	for _, v := range peaks {
		peak = math.Max(peak, v)
	}
	if peak == 0 {
		return Feature{}, false, nil
	}
	least := peak * (1 - tieShare)
	r := make([]T, e.chunk)
	for n, t := range e.tasks {
		if peaks[n] < least {
			continue
		}
		for lo := t.lo; lo < t.hi; lo += e.chunk {
			r = r[:min(e.chunk, t.hi-lo)]
			e.candidates(r, row, t.block, lo, barred)
			if c := e.k.first(r, least); c >= 0 {
				return Feature{t.block, lo + c}, true, nil
			}
		}
	}
	panic("eim: the largest value of a row was lost")
}

// eliminate adds the term of row p and column f: l is column f of the residual,
// q its row p divided by the pivot. row is overwritten and kept.
func (e *engine[T]) eliminate(ctx context.Context, p int, f Feature, row []T, done []bool) error {
	l := make([]T, e.rows)
	for i := range l {
		if !done[i] {
			e.residual(l[i:i+1], i, f.Block, f.Col, f.Col+1)
		}
	}
	pivot := row[e.flat(f)]
	peaks := make([]float64, len(e.tasks))
	err := e.eachChunk(ctx, func(n, block, lo, hi int) {
		q := row[e.start[block]+lo : e.start[block]+hi]
		e.k.divide(q, q, pivot)
		peaks[n] = math.Max(peaks[n], e.k.max(q))
	})
	if err != nil {
		return err
	}
	row[e.flat(f)] = 1
	e.q, e.l = append(e.q, row), append(e.l, l)
	e.raiseFloors(f, peaks)
	return nil
}

// raiseFloors carries the round-off of the pivot's column over to the others:
// an error δ of l changes the residual by δ|q|.
func (e *engine[T]) raiseFloors(f Feature, peaks []float64) {
	level := e.floor[f.Block]
	if floor := e.t.Blocks[f.Block].Floor; floor != nil {
		level = math.Max(level, floor[f.Col])
	}
	for n, t := range e.tasks {
		e.floor[t.block] = math.Max(e.floor[t.block], level*peaks[n])
	}
}
