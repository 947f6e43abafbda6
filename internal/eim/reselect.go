package eim

import (
	"context"
	"fmt"
	"sort"

	"eimtool/internal/scalar"
)

// ReselectError reports that the columns left do not determine the coefficients.
type ReselectError struct{ Term int }

func (e *ReselectError) Error() string {
	return fmt.Sprintf("without the lost magic features no column is left that sees snapshot %d of the selection (all residuals are round-off): fewer terms are needed", e.Term+1)
}

// Reselect chooses the magic features anew for the snapshots of s, in their
// order, with the columns lost excluded: if other columns can be read, nothing
// is lost. The result has as many features as snapshots and no error history.
// A constant feature that came first stays first unless it is lost. Errors:
// *TableError, *ReselectError, or ctx's.
func Reselect[T scalar.Scalar](ctx context.Context, t *Table[T], s *Selection[T], lost []Feature, threads int) (*Selection[T], error) {
	if err := t.check(); err != nil {
		return nil, err
	}
	g := newGreedy(t, Options{FirstRow: -1, Threads: threads})
	barred := make([]int, len(lost))
	for i, f := range lost {
		barred[i] = g.flat(f)
	}
	sort.Ints(barred)
	keepFirst := len(s.Features) > 0 && s.Features[0] == Feature{} && (len(barred) == 0 || barred[0] != 0)
	pivots, features, err := g.columns(ctx, s.Snapshots, barred, keepFirst)
	if err != nil {
		return nil, err
	}
	if len(features) < len(s.Snapshots) {
		return nil, &ReselectError{len(features)}
	}
	g.sel.Snapshots = append([]int(nil), s.Snapshots...)
	g.sel.Features, g.sel.Pivots, g.sel.Stop = features, pivots, s.Stop
	g.fill(g.sel)
	return g.sel, nil
}

// columns eliminates the given rows in their order, choosing columns that are
// not barred; keepFirst pairs the first with flat column 0. It ends early when
// a row has no value above the round-off level.
func (g *greedy[T]) columns(ctx context.Context, rows, barred []int, keepFirst bool) (pivots []float64, features []Feature, err error) {
	others := make([]bool, g.rows) // rows that take no part
	for p := range others {
		others[p] = true
	}
	for _, p := range rows {
		others[p] = false
	}
	if _, err := g.pass(ctx, others); err != nil {
		return nil, nil, err
	}
	g.setFloors(func(p int) bool { return !others[p] })
	for k, p := range rows {
		row, err := g.residualRow(ctx, p)
		if err != nil {
			return nil, nil, err
		}
		var f Feature
		ok := true
		if !keepFirst || k > 0 {
			if f, ok, err = g.pivotColumn(ctx, row, barred); err != nil {
				return nil, nil, err
			}
		}
		if !ok {
			break
		}
		pivots = append(pivots, scalar.Abs(row[g.flat(f)]))
		if err := g.eliminate(ctx, p, f, row, others); err != nil {
			return nil, nil, err
		}
		others[p] = true
		features = append(features, f)
	}
	return pivots, features, nil
}

// oversample appends Options.Oversample magic features: those that the
// elimination of the same snapshots chooses when the features so far are
// excluded, repeatedly. Fewer are added when the columns run out.
func (g *greedy[T]) oversample(ctx context.Context) error {
	s := g.sel
	for want := len(s.Features) + g.opt.Oversample; len(s.Features) < want; {
		again := newGreedy(g.t, Options{FirstRow: -1, Threads: g.threads})
		var barred []int
		for _, f := range s.Features {
			barred = append(barred, g.flat(f))
		}
		sort.Ints(barred)
		_, more, err := again.columns(ctx, s.Snapshots, barred, false)
		if err != nil {
			return err
		}
		if len(more) == 0 {
			return nil
		}
		s.Features = append(s.Features, more[:min(len(more), want-len(s.Features))]...)
	}
	return nil
}
