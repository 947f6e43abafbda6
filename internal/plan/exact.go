package plan

import (
	"context"

	"eimtool/internal/eim"
	"eimtool/internal/scalar"
)

// choice is a selection before it is measured.
type choice struct {
	candidates []int
	magic      []Point
	history    []float64
	stop       string
}

// exact stores the table, selects on it and measures the choice.
func (r *run[T]) exact(ctx context.Context) (*measured, error) {
	if err := r.t.store(ctx, r.opt.Threads, r.progress("evaluate")); err != nil {
		return nil, err
	}
	scales := scalesOf(r.t)
	if err := r.c.zero(scales); err != nil {
		return nil, err
	}
	ch, err := r.greedy(ctx, scales)
	if err != nil {
		return nil, err
	}
	extents, err := sweepOf(ctx, r.t, r.t.some(ch.candidates), ch.magic, scales, r.opt.Threads, r.progress("verify"))
	return &measured{ch, extents, scales, 1}, err
}

// greedy runs the selection on the stored table.
func (r *run[T]) greedy(ctx context.Context, scales []float64) (*choice, error) {
	t := r.t
	var blocks []eim.Block[T]
	first, reference := -1, 0.0
	if !r.c.NoConstant {
		first, reference = r.c.central(), 1
		one, rows := []T{1}, make([][]T, len(t.mu))
		for p := range rows {
			rows[p] = one
		}
		blocks = append(blocks, eim.Block[T]{Name: "constant", Cols: 1, Rows: rows, Magic: true})
	}
	for s, w := range r.c.weights {
		blocks = append(blocks, eim.Block[T]{
			Name: r.c.Functions[s], Cols: t.columns(s), Rows: t.values[s], Scale: scales[s] / w, Magic: true,
		})
		reference = max(reference, w)
	}
	opt := eim.Options{
		MaxTerms: r.opt.MaxTerms, Tolerance: r.opt.Tolerance / reference, FirstRow: first,
		Threads: r.opt.Threads, Progress: r.opt.Progress,
	}
	table := &eim.Table[T]{Blocks: blocks}
	sel, err := eim.Greedy(ctx, table, opt)
	if err != nil {
		return nil, err
	}
	if sel, err = r.restart(ctx, table, opt, sel); err != nil {
		return nil, err
	}
	out := &choice{candidates: sel.Snapshots, stop: sel.Stop}
	shift := len(blocks) - len(r.c.weights)
	for _, f := range sel.Features {
		out.magic = append(out.magic, r.c.pointOf(f.Block-shift, f.Col))
	}
	for _, e := range sel.Errors[:len(sel.Snapshots)] {
		out.history = append(out.history, e*reference)
	}
	return out, nil
}

// Limits of the restarts: their number, and the products that one may cost.
const (
	restarts    = 16
	restartWork = 2e9
)

// restart repeats a selection that reached its tolerance from other first
// candidates, spread over all of them, and returns the one with the fewest terms:
// every term is a matrix to assemble, and which candidate comes first is free.
func (r *run[T]) restart(ctx context.Context, table *eim.Table[T], opt eim.Options, sel *eim.Selection[T]) (*eim.Selection[T], error) {
	rows, columns := len(r.t.mu), 0
	for _, b := range table.Blocks {
		columns += b.Cols
	}
	terms := len(sel.Snapshots)
	work := float64(rows) * float64(columns) * float64(terms) * float64(terms)
	if opt.FirstRow < 0 || sel.Stop != eim.StopTolerance || terms < 3 || work > restartWork {
		return sel, nil
	}
	central := opt.FirstRow
	for k := range min(restarts, rows) {
		if opt.FirstRow = k * (rows - 1) / max(1, min(restarts, rows)-1); opt.FirstRow == central {
			continue
		}
		opt.MaxTerms = len(sel.Snapshots) - 1
		other, err := eim.Greedy(ctx, table, opt)
		if err != nil {
			return nil, err
		}
		if other.Stop == eim.StopTolerance {
			sel = other
		}
	}
	return sel, nil
}

// pointOf describes a column of a function; -1 is the constant.
func (c *compiled) pointOf(s, column int) Point {
	if s < 0 {
		return Point{Function: -1, Index: -1}
	}
	return Point{Function: s, Index: column, X: c.point(column)}
}

// scalesOf returns the largest modulus of every function of a stored table.
func scalesOf[T scalar.Scalar](t *table[T]) []float64 {
	scales := make([]float64, len(t.grids))
	for s, rows := range t.values {
		for _, row := range rows {
			_, most := moduli(row)
			scales[s] = max(scales[s], most)
		}
	}
	return scales
}
