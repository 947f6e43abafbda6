package lanczos

import (
	"context"
	"math"

	"eimtool/internal/scalar"
)

// outcome is what one random vector gives.
type outcome struct {
	value      float64   // zᴴ·log(C)·z by the last Gauss rule
	truncation float64   // estimate of what that is off
	moments    []float64 // zᴴ·C^k·z, k = 1, 2, ..., as many as traces are known
	steps      int
	cut        bool    // ended by MaxSteps above its share of the error
	rounding   float64 // level of rounding errors of value
}

// The truncation of one value is good enough below truncationShare of the
// standard deviation of the values, less what the traces explain of it, or
// toleranceShare of the tolerance.
const (
	truncationShare = 0.005
	toleranceShare  = 0.05
)

// The rules are applied after firstRule steps and then whenever the number of
// steps has grown by ruleGrowth.
const (
	firstRule  = 5
	ruleGrowth = 0.25
)

// runBlock estimates with the random vectors first to first+count-1; known are
// the values of earlier ones.
func runBlock[T scalar.Scalar](ctx context.Context, op *operator[T], opt *Options, known []outcome, count int) ([]outcome, error) {
	r, err := newRecurrence(ctx, op, opt.Seed, len(known), count)
	if err != nil {
		return nil, err
	}
	all := append(append([]outcome(nil), known...), make([]outcome, count)...)
	own := all[len(known):]
	next := firstRule
	for len(r.columns) > 0 {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := r.advance(ctx); err != nil {
			return nil, err
		}
		last := r.step == opt.MaxSteps
		if r.step < next && !last && !r.anyClosed() {
			continue
		}
		if r.step == next {
			next += max(1, int(ruleGrowth*float64(next)))
		}
		if err := r.evaluateAll(ctx, own, opt); err != nil {
			return nil, err
		}
		share := math.Max(truncationShare*deviation(all, opt.Traces), toleranceShare*opt.Tolerance)
		var keep []int
		for at, p := range r.columns {
			o := &own[p]
			o.steps = r.step
			open := !r.t[p].closed && o.truncation-o.rounding > math.Max(share, o.rounding)
			o.cut = open && last
			if open && !last {
				keep = append(keep, at)
			}
		}
		r.keep(keep)
	}
	return own, nil
}

// anyClosed reports whether an active recurrence has come to its end.
func (r *recurrence[T]) anyClosed() bool {
	for _, p := range r.columns {
		if r.t[p].closed {
			return true
		}
	}
	return false
}

// evaluateAll applies the Gauss rules of the active vectors.
func (r *recurrence[T]) evaluateAll(ctx context.Context, own []outcome, opt *Options) error {
	failed := make([]error, len(r.columns))
	err := scalar.Each(ctx, len(r.columns), r.threads, func(at int) {
		p := r.columns[at]
		failed[at] = r.evaluate(p, &own[p], len(opt.Traces))
	})
	if err != nil {
		return err
	}
	for _, err := range failed {
		if err != nil {
			return err
		}
	}
	return nil
}
