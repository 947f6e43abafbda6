package plan

import (
	"cmp"
	"context"
	"slices"

	"eimtool/internal/eim"
)

// mostPasses bounds how often the table is evaluated, everything counted.
const mostPasses = 3

// again is the share of the tolerance that a corrected selection aims at: it is
// the last one.
const again = 0.8

// measured is a choice with what a pass over the whole table says of it.
type measured struct {
	*choice
	extents []extent
	scales  []float64
	passes  float64
}

// stream chooses on a sample, verifies the choice on the whole table and, if it
// fails there, corrects it by the worst points and verifies it again.
func (r *run[T]) stream(ctx context.Context, b *budget) (*measured, *table[T], error) {
	s, err := newSampled(ctx, r, b)
	if err != nil {
		return nil, nil, err
	}
	out := &measured{choice: &choice{}}
	target := r.opt.Tolerance
	for {
		if err := s.grow(ctx, target); err != nil {
			return nil, nil, err
		}
		out.candidates, out.magic, out.history, out.stop = s.candidates(), s.magic, s.history, s.stop
		pass := sweepCost(len(r.t.mu), len(s.chosen)) / float64(len(r.t.mu))
		out.extents, err = sweepOf(ctx, r.t, r.t.some(out.candidates), s.magic, s.scale, r.opt.Threads, r.progress("verify"))
		if err != nil {
			return nil, nil, err
		}
		out.passes += pass
		out.scales = r.c.scalesIn(out.extents)
		if err := r.c.zero(out.scales); err != nil {
			return nil, nil, err
		}
		relative, _ := r.c.errors(out.extents, out.scales)
		total := out.passes + s.evaluated/r.t.size()
		if maximum(relative) <= max(r.opt.Tolerance, roundOff(r.c.weights)) || s.stop == eim.StopMaxTerms || total+pass > mostPasses ||
			s.stop == eim.StopRank && len(s.cand) == len(r.t.mu) {
			out.passes = total
			return out, s.long, nil
		}
		s.scale = out.scales
		if err := s.correct(ctx, out.extents, relative); err != nil {
			return nil, nil, err
		}
		target = again * r.opt.Tolerance
	}
}

// candidates returns the candidates of the terms.
func (s *sampled[T]) candidates() []int {
	out := make([]int, len(s.chosen))
	for k, i := range s.chosen {
		out[k] = s.cand[i]
	}
	return out
}

// correct adds to the sample where a pass over the whole table found the
// largest residuals.
func (s *sampled[T]) correct(ctx context.Context, extents []extent, relative []float64) error {
	order := make([]int, len(relative))
	for p := range order {
		order[p] = p
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(relative[b], relative[a]) })
	known := map[[2]int]bool{}
	for _, q := range s.columns {
		known[[2]int{q.Function, q.Index}] = true
	}
	taking := map[int]bool{}
	for _, p := range s.cand {
		taking[p] = true
	}
	var points []Point
	var join []int
	functions := len(s.scale)
	for _, p := range order {
		if relative[p] == 0 || len(points) == moreColumns {
			break
		}
		for f := range functions {
			e := extents[p*functions+f]
			if key := [2]int{f, e.at}; !known[key] && e.error > 0 && len(points) < moreColumns {
				known[key] = true
				points = append(points, s.r.c.pointOf(f, e.at))
			}
		}
		if !taking[p] && len(join) < moreColumns {
			join = append(join, p)
		}
	}
	if err := s.extend(ctx, points); err != nil {
		return err
	}
	clear(s.barren)
	return s.join(ctx, join)
}

// scalesIn returns the largest modulus of every function.
func (c *compiled) scalesIn(extents []extent) []float64 {
	scales := make([]float64, len(c.exprs))
	for i, e := range extents {
		scales[i%len(scales)] = max(scales[i%len(scales)], e.most)
	}
	return scales
}
