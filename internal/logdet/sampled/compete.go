package sampled

import (
	"math"
	"slices"
	"sync"

	"eimtool/internal/coefficients"
	"eimtool/internal/scalar"
)

const (
	maxRows       = 720 // largest kernel matrix
	manyRows      = 300 // rows from which searches are short
	maternNodes   = 20  // most nodes for which Matérn's kernel is tried
	searchedWarps = 8   // most combinations of warps that are all tried
)

var (
	analyticStart = []float64{-1.5, -0.8, -0.2, 0.4}
	lengthStart   = []float64{-0.4, 0.4, 1.2}
	searchSteps   = []float64{0.7, 0.35, 0.18}
)

// warpChoices returns the axes to choose from per parameter.
func (f *fitter) warpChoices() [][]coefficients.Axis {
	var out [][]coefficients.Axis
	for _, j := range f.params {
		lo, hi := f.lower[j], f.upper[j]
		options := []coefficients.Axis{newAxis(j, coefficients.WarpIdentity, lo, hi)}
		if lo > 0 && hi >= warpRatio*lo {
			options = append(options, newAxis(j, coefficients.WarpLog, lo, hi))
		}
		out = append(out, options)
	}
	return out
}

// combinations returns the choices of one axis per parameter: all when they
// are few, otherwise the first and the last of all parameters.
func combinations(choices [][]coefficients.Axis) [][]coefficients.Axis {
	count := 1
	for _, c := range choices {
		count *= len(c)
	}
	if count > searchedWarps {
		first, last := make([]coefficients.Axis, len(choices)), make([]coefficients.Axis, len(choices))
		for d, c := range choices {
			first[d], last[d] = c[0], c[len(c)-1]
		}
		return [][]coefficients.Axis{first, last}
	}
	out := [][]coefficients.Axis{nil}
	for _, c := range choices {
		var next [][]coefficients.Axis
		for _, head := range out {
			for _, a := range c {
				next = append(next, append(slices.Clone(head), a))
			}
		}
		out = next
	}
	return out
}

// run runs the tasks on several goroutines and enters their candidates in
// order.
func (f *fitter) run(c *contest, tasks []func() *candidate) error {
	out := make([]*candidate, len(tasks))
	if err := scalar.Each(f.ctx, len(tasks), f.opt.Threads, func(i int) { out[i] = tasks[i]() }); err != nil {
		return err
	}
	for _, k := range out {
		c.enter(k)
	}
	return nil
}

// onValues enters the kinds that package coefficients does not have.
func (f *fitter) onValues(c *contest, t *target) error {
	var tasks []func() *candidate
	choices := f.warpChoices()
	switch {
	case len(choices) == 1:
		tasks = f.splines(t, false)
	case slices.Min(t.lines) >= 0:
		tasks = append(tasks, func() *candidate { return fitGrid(t, choices) })
	}
	for _, axes := range combinations(choices) {
		tasks = append(tasks, func() *candidate { return fitPolynomial(t, axes) })
		if t.mu.Rows <= maternNodes {
			tasks = append(tasks, func() *candidate {
				k, _ := fitKriging(t, axes, true, isotropic(len(axes), lengthStart...), searchSteps)
				return k
			})
		}
	}
	return f.run(c, tasks)
}

// splines lists the splines in one parameter.
func (f *fitter) splines(t *target, slopes bool) []func() *candidate {
	var tasks []func() *candidate
	for _, axis := range f.warpChoices()[0] {
		for _, quintic := range []bool{false, true} {
			tasks = append(tasks, func() *candidate { return fitSpline(t, axis, quintic, slopes) })
		}
	}
	return tasks
}

// onSlopes enters the kinds that use slopes.
func (f *fitter) onSlopes(c *contest, t *target) error {
	choices := f.warpChoices()
	all := combinations(choices)
	var tasks []func() *candidate
	if len(choices) == 1 {
		tasks = f.splines(t, true)
	}
	for _, axes := range all {
		tasks = append(tasks, func() *candidate { return fitPolynomial(t, axes) })
	}
	if t.mu.Rows*(1+len(choices)) > maxRows {
		return f.run(c, tasks)
	}
	if err := f.run(c, tasks); err != nil {
		return err
	}
	var lock sync.Mutex
	dim := len(choices)
	starts, lengths, steps, list := analyticStart, lengthStart, searchSteps, nuggets
	switch rows := t.mu.Rows * (1 + dim); {
	case rows > manyRows:
		starts, lengths, steps, list = starts[1:3], lengths[1:2], steps[1:2], list[1:3]
	case rows > searchRows:
		steps = steps[1:]
	}
	axes := bestAxes(all, c.all, t)
	tasks = []func() *candidate{func() *candidate {
		k, logA := fitMinimumNorm(t, axes, isotropic(dim, starts...), steps, list)
		lock.Lock()
		defer lock.Unlock()
		c.hint.axes, c.hint.logA = axes, logA
		return k
	}, func() *candidate {
		k, logL := fitKriging(t, axes, false, isotropic(dim, lengths...), steps)
		lock.Lock()
		defer lock.Unlock()
		c.hint.lengths = logL
		return k
	}}
	if t.mu.Rows <= maternNodes {
		for _, axes := range all {
			tasks = append(tasks, func() *candidate {
				k, _ := fitKriging(t, axes, true, isotropic(dim, lengthStart...), searchSteps)
				return k
			})
		}
	}
	return f.run(c, tasks)
}

// bestAxes returns the axes on which polynomials fitted to t have the smallest
// left-out errors.
func bestAxes(all [][]coefficients.Axis, tried []*candidate, t *target) []coefficients.Axis {
	best, value := all[0], math.Inf(1)
	for _, axes := range all {
		for _, k := range tried {
			if k.t == t && k.kind == KindPolynomial && k.axis == warpNote(axes) && k.rank() < value {
				best, value = axes, k.rank()
			}
		}
	}
	return best
}
