package plan

import (
	"context"
	"math/rand/v2"

	"eimtool/internal/eim"
	"eimtool/internal/scalar"
)

// checkPoints is the number of further points where the error is estimated.
const checkPoints = 10

// checkRows is the number of candidates whose residuals choose them.
const checkRows = 64

// checks chooses the points where the error will be estimated at a new
// parameter: those that the selection would choose next. The residual rows that
// it continues on are the worst candidate of each of some groups of equal size;
// where they are rounding errors, points are drawn at random.
func (r *run[T]) checks(ctx context.Context, p *Plan, t *table[T], candidates []int, relative []float64, rows int) ([]Point, error) {
	var out []Point
	used := map[[2]int]bool{}
	add := func(q Point) {
		if key := [2]int{q.Function, q.Index}; !used[key] {
			used[key] = true
			out = append(out, q)
		}
	}
	for _, q := range p.Magic {
		used[[2]int{q.Function, q.Index}] = true
	}
	next, err := r.continued(ctx, p, t, candidates, relative, rows)
	if err != nil {
		return nil, err
	}
	for _, q := range next {
		add(q)
	}
	width := r.t.width()
	left := width
	for key := range used {
		if key[0] >= 0 {
			left--
		}
	}
	random := rand.New(rand.NewPCG(r.opt.Seed, 0x636865636b))
	for ; len(out) < checkPoints && left > 0; left-- {
		for n := len(out); len(out) == n; {
			s, column := 0, random.IntN(width)
			for column >= r.t.columns(s) {
				column -= r.t.columns(s)
				s++
			}
			add(r.c.pointOf(s, column))
		}
	}
	return out, nil
}

// continued returns the points of the next steps on the worst residual rows,
// fewer when they are exhausted.
func (r *run[T]) continued(ctx context.Context, p *Plan, t *table[T], candidates []int, relative []float64, rows int) ([]Point, error) {
	count := min(rows, len(relative))
	var worst []int
	for g := range count {
		lo, hi := g*len(relative)/count, (g+1)*len(relative)/count
		best := lo
		for i := lo; i < hi; i++ {
			if relative[i] > relative[best] {
				best = i
			}
		}
		worst = append(worst, best)
	}
	floor := roundOff(r.c.weights)
	largest := maximum(relative)
	if largest <= floor {
		return nil, nil
	}
	residuals, err := r.residuals(ctx, p, t.some(candidates), t.some(worst))
	if err != nil {
		return nil, err
	}
	var blocks []eim.Block[T]
	for s, w := range r.c.weights {
		blocks = append(blocks, eim.Block[T]{Cols: t.columns(s), Rows: residuals[s], Scale: 1 / w, Magic: true})
	}
	if r.t.values == nil {
		p.Passes += sweepCost(len(worst), len(candidates)) * float64(t.width()) / r.t.size()
	}
	sel, err := eim.Greedy(ctx, &eim.Table[T]{Blocks: blocks}, eim.Options{
		MaxTerms: checkPoints, FirstRow: -1, IgnoreStagnation: true, Threads: r.opt.Threads,
	})
	if err != nil {
		return nil, err
	}
	var out []Point
	for k, f := range sel.Features {
		if sel.Errors[k]*largest > floor {
			out = append(out, t.pointOf(f.Block, f.Col))
		}
	}
	return out, nil
}

// residuals returns g − Ig over the scales of all rows of t, by function.
func (r *run[T]) residuals(ctx context.Context, p *Plan, chosen, t *table[T]) ([][][]T, error) {
	keep := make([][][]T, len(t.grids))
	for s := range keep {
		keep[s] = make([][]T, len(t.mu))
		for i := range keep[s] {
			keep[s][i] = make([]T, t.columns(s))
		}
	}
	beta, err := coefficients(ctx, t, chosen, p.Magic, p.Scales, r.opt.Threads)
	if err != nil {
		return nil, err
	}
	v := &sweep[T]{t: t, chosen: chosen, beta: beta, unit: p.Scales, keep: keep, extents: make([]extent, len(t.mu)*len(t.grids))}
	err = v.run(ctx, r.opt.Threads, func(int, int) {})
	return keep, err
}

// roundOff is the weighted error at which a residual counts as rounding.
func roundOff(weights []float64) float64 {
	most := 1.0
	for _, w := range weights {
		most = max(most, w)
	}
	return 64 * scalar.Eps * most
}
