package plan

import (
	"context"
	"fmt"
	"sync"

	"eimtool/internal/dense"
	"eimtool/internal/scalar"
)

// Options steer Select.
type Options struct {
	Tolerance float64 // of the largest |g − Ig| over its scale
	MaxTerms  int     // 0: as many as the tolerance asks for
	Memory    int64   // bytes that the selection may use; 0: 1 GiB
	Seed      uint64
	Threads   int
	Progress  func(stage string, done, total int)
}

// run is one selection.
type run[T scalar.Scalar] struct {
	c   *compiled
	opt Options
	t   *table[T] // all candidates and points
}

// Select chooses candidates and magic points. Errors: *ProblemError,
// *FunctionError, *ValueError, *MemoryError, or ctx's.
func Select(ctx context.Context, p *Problem, opt Options) (*Plan, error) {
	c, err := p.compile()
	if err != nil {
		return nil, err
	}
	if err := opt.check(); err != nil {
		return nil, err
	}
	if c.complex {
		return selectOf[complex128](ctx, c, opt)
	}
	return selectOf[float64](ctx, c, opt)
}

func (o *Options) check() error {
	switch {
	case !(o.Tolerance >= 0):
		return &ProblemError{"options", fmt.Sprintf("the tolerance is %g, want a nonnegative number", o.Tolerance), ""}
	case o.MaxTerms < 0:
		return &ProblemError{"options", fmt.Sprintf("at most %d terms are wanted, want a positive number", o.MaxTerms), ""}
	case o.Memory < 0:
		return &ProblemError{"options", fmt.Sprintf("%d bytes of memory", o.Memory), ""}
	}
	if o.Memory == 0 {
		o.Memory = 1 << 30
	}
	return nil
}

func selectOf[T scalar.Scalar](ctx context.Context, c *compiled, opt Options) (*Plan, error) {
	t, err := newTable[T](c, c.rows, nil)
	if err != nil {
		return nil, err
	}
	r := &run[T]{c: c, opt: opt, t: t}
	b, err := r.budget()
	if err != nil {
		return nil, err
	}
	m, long := (*measured)(nil), t
	if b.stored {
		m, err = r.exact(ctx)
	} else {
		m, long, err = r.stream(ctx, b)
	}
	if err != nil {
		return nil, err
	}
	return r.finish(ctx, m, long, b.checkRows)
}

// zero refuses functions without values, or with values that cannot be scaled.
func (c *compiled) zero(scales []float64) error {
	const least = 1e-290 // a scale has a reciprocal, with room for products
	for s, v := range scales {
		switch {
		case v == 0:
			return &FunctionError{
				Function: s, Text: c.Functions[s], Msg: "is zero at all candidates and points",
				Hint: "leave it out, or repair the expression",
			}
		case v < least || v > 1/least:
			return &FunctionError{
				Function: s, Text: c.Functions[s], Msg: fmt.Sprintf("is at most %.3g, outside of the range of numbers that can be scaled", v),
				Hint: "multiply it by a constant",
			}
		}
	}
	return nil
}

// progress returns a function that passes progress of a stage on.
func (r *run[T]) progress(stage string) func(done, total int) {
	if r.opt.Progress == nil {
		return func(int, int) {}
	}
	var lock sync.Mutex
	best := -1
	return func(done, total int) {
		lock.Lock()
		defer lock.Unlock()
		if done > best {
			best = done
			r.opt.Progress(stage, done, total)
		}
	}
}

// finish describes a choice; the points of long may become check points.
func (r *run[T]) finish(ctx context.Context, m *measured, long *table[T], rows int) (*Plan, error) {
	c := r.c
	lower, upper := c.box()
	p := &Plan{
		Names: c.Names, Columns: c.Columns, Functions: c.Functions, Weights: c.weights, Scales: m.scales,
		Lower: lower, Upper: upper, CandidateCount: len(c.rows), PointCount: c.count,
		Tolerance: r.opt.Tolerance, Stop: m.stop, Mu: c.Candidates.SelectRows(m.candidates), Magic: m.magic,
		Passes: m.passes,
	}
	for k, i := range m.candidates {
		p.History = append(p.History, Step{Candidate: i, Error: m.history[k]})
	}
	relative, overLeast := c.errors(m.extents, m.scales)
	p.Error, p.ErrorOverLeast = maximum(relative), maximum(overLeast)
	var err error
	if p.Checks, err = r.checks(ctx, p, long, m.candidates, relative, rows); err != nil {
		return nil, err
	}
	c.judge(p)
	p.Warnings = c.warnings
	return p, nil
}

// sweepRows is the number of rows whose coefficients are held at a time.
const sweepRows = 1 << 12

// sweepOf compares t with its interpolant from the rows of chosen; the extents
// are those of row p and function s at p·(number of functions) + s.
func sweepOf[T scalar.Scalar](ctx context.Context, t, chosen *table[T], magic []Point, unit []float64, threads int, progress func(done, total int)) ([]extent, error) {
	functions := len(t.grids)
	out := make([]extent, len(t.mu)*functions)
	for lo := 0; lo < len(t.mu); lo += sweepRows {
		hi := min(lo+sweepRows, len(t.mu))
		part := t.rows(lo, hi)
		beta, err := coefficients(ctx, part, chosen, magic, unit, threads)
		if err != nil {
			return nil, err
		}
		v := &sweep[T]{t: part, chosen: chosen, beta: beta, unit: unit, extents: out[lo*functions : hi*functions]}
		err = v.run(ctx, threads, func(done, total int) { progress(lo*total+done*(hi-lo), len(t.mu)*total) })
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Measure returns, for every row of mu, the largest weighted |g_s − Ig_s| over
// its scale over the points of p, and the largest max_x |g_s − Ig_s| / min_x
// |g_s|, +Inf where a function vanishes. The functions of p must be those of
// the plan. Errors: *ProblemError, *FunctionError, *ValueError, or ctx's.
func Measure(ctx context.Context, p *Problem, plan *Plan, mu *dense.Matrix[float64], threads int) (err, overLeast []float64, failure error) {
	c, failure := p.compile()
	if failure != nil {
		return nil, nil, failure
	}
	if mu.Cols != len(p.Names) || len(plan.Functions) != len(p.Functions) || plan.Mu.Cols != len(p.Names) {
		return nil, nil, &ProblemError{
			"plan", fmt.Sprintf("%d functions and %d values of a parameter for a plan of %d functions of %d parameters", len(p.Functions), mu.Cols, len(plan.Functions), plan.Mu.Cols),
			"measure a plan with its own functions",
		}
	}
	if c.complex {
		return measureOf[complex128](ctx, c, plan, mu, threads)
	}
	return measureOf[float64](ctx, c, plan, mu, threads)
}

func measureOf[T scalar.Scalar](ctx context.Context, c *compiled, plan *Plan, mu *dense.Matrix[float64], threads int) (relative, overLeast []float64, err error) {
	t, err := newTable[T](c, rowsOf(mu), nil)
	if err != nil {
		return nil, nil, err
	}
	t.ids = make([]int, mu.Rows)
	for i := range t.ids {
		t.ids[i] = -1
	}
	chosen := &table[T]{c: c, mu: rowsOf(plan.Mu), grids: t.grids}
	extents, err := sweepOf(ctx, t, chosen, plan.Magic, plan.Scales, threads, func(int, int) {})
	if err != nil {
		return nil, nil, err
	}
	relative, overLeast = c.errors(extents, plan.Scales)
	return relative, overLeast, nil
}

// rowsOf returns the rows of a matrix.
func rowsOf(m *dense.Matrix[float64]) [][]float64 {
	rows := make([][]float64, m.Rows)
	for i := range rows {
		rows[i] = m.Row(i)
	}
	return rows
}
