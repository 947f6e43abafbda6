package sampled

import (
	"cmp"
	"context"
	"math"
	"slices"

	"eimtool/internal/coefficients"
	"eimtool/internal/dense"
)

// fitter carries what the stages of Fit share.
type fitter struct {
	ctx          context.Context
	s            *Samples
	opt          Options
	lower, upper []float64
	params       []int // those that vary
	points       *dense.Matrix[float64]
	contests     []*contest // for log|det| and, once it is on one branch, the phase
}

// contest is the competition for one target.
type contest struct {
	phase bool
	all   []*candidate // of all sets of nodes
	best  *candidate
	hint  hint
}

// hint is what a fit on few nodes tells fits on more.
type hint struct {
	axes          []coefficients.Axis // on which kernels are fitted
	logA, lengths []float64
}

func (f *fitter) fit() (*Model, error) {
	f.lower, f.upper = box(f.s.Mu)
	for j := range f.lower {
		if f.upper[j] > f.lower[j] {
			f.params = append(f.params, j)
		}
	}
	f.points = spreadPoints(f.lower, f.upper, medianPoints)
	w := f.sampleNodes()
	if err := f.open(w); err != nil {
		return nil, err
	}
	if err := f.virtual(w); err != nil {
		return nil, err
	}
	m := &Model{
		Names: slices.Clone(f.s.Names), Lower: f.lower, Upper: f.upper,
		Samples: f.s.Mu.Rows, SlopeError: f.s.SlopeError,
	}
	for _, c := range f.contests {
		fn, err := f.finish(c)
		if err != nil {
			return nil, err
		}
		if c.phase {
			m.Phase = fn
		} else {
			m.LogAbs = fn
		}
		m.Scores = append(m.Scores, c.scores()...)
	}
	return m, f.validate(m)
}

// open begins the contests that are possible on the nodes w and have not begun.
func (f *fitter) open(w *nodes) error {
	for k, y := range [][]float64{w.logAbs, w.phase} {
		if k < len(f.contests) || y == nil {
			continue
		}
		c := &contest{phase: k == 1}
		f.contests = append(f.contests, c)
		if err := f.compete(c, w); err != nil {
			return err
		}
	}
	return nil
}

// sampleNodes returns the samples as nodes.
func (f *fitter) sampleNodes() *nodes {
	w := &nodes{mu: f.s.Mu, logAbs: f.s.LogAbs, raw: f.s.Phase}
	if f.s.slopesUsable() {
		w.slope = f.s.Slope
	}
	w.plan(f.params)
	w.phase = f.unwrap(w)
	return w
}

// compete fits all kinds of model to the samples w.
func (f *fitter) compete(c *contest, w *nodes) error {
	values := *w
	values.slope = nil
	t := values.target(c.phase)
	f.progress("log det: values", 0, 1)
	plain, err := fitPlain(f.ctx, t, f.s.Names, f.opt.Threads)
	if err != nil {
		return err
	}
	c.enter(plain)
	if len(f.params) > 0 && w.mu.Rows > 1 {
		if err := f.onValues(c, t); err != nil {
			return err
		}
	}
	f.progress("log det: values", 1, 1)
	if w.slope == nil || len(f.params) == 0 || !(f.s.SlopeError < f.opt.trust()*c.best.max) {
		return nil
	}
	f.progress("log det: slopes", 0, 1)
	err = f.onSlopes(c, w.target(c.phase))
	f.progress("log det: slopes", 1, 1)
	return err
}

// enter adds a candidate to the contest.
func (c *contest) enter(k *candidate) {
	c.all = append(c.all, k)
	if c.best == nil || k.rank() < c.best.rank() {
		c.best = k
	}
}

// scores lists the candidates, best first.
func (c *contest) scores() []Score {
	slices.SortStableFunc(c.all, func(a, b *candidate) int { return cmp.Compare(a.rank(), b.rank()) })
	var out []Score
	for _, k := range c.all {
		out = append(out, Score{
			Target: k.t.name, Model: k.kind, Note: k.note, Max: k.max, RMS: k.rms, Slopes: k.t.slope != nil, Virtual: k.t.virtual,
		})
	}
	return out
}

// finish builds the winner of a contest and the runner-up of another kind.
func (f *fitter) finish(c *contest) (*Function, error) {
	best := c.best
	if err := best.make(); err != nil {
		return nil, err
	}
	fn := &Function{Kind: best.kind, Virtual: best.t.virtual, Slopes: best.t.slope != nil, Parts: best.parts, Fallback: best.fallback}
	var other *candidate
	for _, k := range c.all {
		if k.kind != best.kind && len(k.residual) == len(best.residual) && k.t.mu == best.t.mu && (other == nil || k.rank() < other.rank()) {
			other = k
		}
	}
	second := best.secondE
	_, own := size(second)
	switch {
	case other != nil && !math.IsInf(other.rms, 1) && !(own < other.rms):
		if err := other.make(); err != nil {
			return nil, err
		}
		fn.Second, second = other.parts, other.residual
	case best.second != nil:
		fn.Second = best.second
	}
	fn.Estimate = newEstimate(fn, best, second, f.axesFor(c), f.points)
	return fn, nil
}

// make builds the parts of a candidate.
func (c *candidate) make() error {
	if c.parts == nil && c.build != nil {
		return c.build()
	}
	return nil
}

// axesFor returns the coordinates in which distances are measured.
func (f *fitter) axesFor(c *contest) []coefficients.Axis {
	var out []coefficients.Axis
	warp := make(map[int]string)
	if len(c.best.parts) > 0 {
		for _, a := range c.best.parts[0].Axes {
			if a.Warp != coefficients.WarpPeriodic {
				warp[a.Param] = a.Warp
			}
		}
	}
	for _, j := range f.params {
		out = append(out, newAxis(j, warp[j], f.lower[j], f.upper[j]))
	}
	return out
}

// progress reports a stage to the caller.
func (f *fitter) progress(stage string, done, total int) {
	if f.opt.Progress != nil {
		f.opt.Progress(stage, done, total)
	}
}

// sortedBy returns the indices of x in increasing order of x.
func sortedBy(x []float64) []int {
	order := make([]int, len(x))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(x[a], x[b]) })
	return order
}

// spreadPoints returns count Halton points of the box.
func spreadPoints(lower, upper []float64, count int) *dense.Matrix[float64] {
	out := dense.New[float64](count, len(lower))
	base := 1
	for j := range lower {
		for base++; !prime(base); base++ {
		}
		for i := range count {
			v, scale := 0.0, 1.0
			for k := i + 1; k > 0; k /= base {
				scale /= float64(base)
				v += scale * float64(k%base)
			}
			out.Set(i, j, lower[j]+v*(upper[j]-lower[j]))
		}
	}
	return out
}

// prime reports whether n ≥ 2 is a prime number.
func prime(n int) bool {
	for d := 2; d*d <= n; d++ {
		if n%d == 0 {
			return false
		}
	}
	return true
}
