package coefficients

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"eimtool/internal/dense"
	"eimtool/internal/scalar"
)

// kinds lists the names a user may ask for.
var kinds = []string{KindAdaptive, KindBernstein, KindRational, KindGaussian, KindAAA, KindFloaterHormann, KindTrigonometric}

const (
	maxAveraged    = 3     // kinds whose mean is taken
	averageWithin  = 1.5   // of the smallest score
	averageAbove   = 1e-13 // smallest score: below it is rounding, which a mean need not better
	maxRationalDim = 8     // parameters of a rational model
	maxQuarticDim  = 4     // parameters of one with a denominator of degree above 1
)

// Fit models the family A(μ) of which s holds N samples. It tries every kind
// of model that fits the data (or opt.Model alone) and keeps the one that
// predicts left-out samples best, or the mean of the best kinds. The result is
// the same for any number of threads.
//
// It returns an error when the samples are inconsistent, when an option names
// an unknown model, warp or parameter, or when ctx is cancelled.
func Fit(ctx context.Context, s *Samples, opt Options) (*Model, error) {
	if opt.Model == "" {
		opt.Model = KindAuto
	}
	if opt.Model != KindAuto && !slices.Contains(kinds, opt.Model) {
		return nil, fmt.Errorf("unknown model %q: use auto, %s", opt.Model, strings.Join(kinds, ", "))
	}
	p, err := prepare(s)
	if err != nil {
		return nil, err
	}
	warps, err := p.warpOptions(&opt)
	if err != nil {
		return nil, err
	}
	m := p.emptyModel()
	if len(p.params) == 0 || p.r == 0 {
		m.constant(p)
		return m, nil
	}
	if err := p.refuseKind(opt.Model, warps); err != nil {
		return nil, err
	}
	report(opt.Progress, "warps", 0, 1)
	spaces, err := p.chooseSpaces(ctx, warps, opt.Threads)
	if err != nil {
		return nil, err
	}
	report(opt.Progress, "warps", 1, 1)
	all, err := p.candidates(ctx, spaces, warps, &opt)
	if err != nil {
		return nil, err
	}
	if err := m.choose(p, all, opt.Model); err != nil {
		return nil, err
	}
	return m, nil
}

// report calls progress when there is one.
func report(progress func(string, int, int), stage string, done, total int) {
	if progress != nil {
		progress(stage, done, total)
	}
}

// emptyModel copies what does not depend on the choice of model.
func (p *problem) emptyModel() *Model {
	return &Model{
		Names: slices.Clone(p.names), Lower: p.lower, Upper: p.upper, Complex: p.cplx,
		Samples: p.n, Mean: p.mean, Basis: p.basis, Second: -1, Fallback: -1,
	}
}

// constant makes m the mean of the samples: nothing varies, or there is
// nothing to learn how.
func (m *Model) constant(p *problem) {
	m.Parts = []Part{{Kind: KindConstant, Coef: dense.New[float64](0, p.r)}}
	m.Averaged = 1
	m.Chosen = []string{KindConstant}
	note := "all samples are equal"
	switch {
	case p.n == 1:
		m.Score, note = math.Inf(1), "one sample: nothing is known at other parameters"
	case p.r > 0: // different matrices at the same parameters
		m.Score, note = rms(p.wy), "no parameter varies, but the samples differ"
	case len(p.params) == 0:
		note = "no parameter varies"
	}
	m.Scores = []Score{{Model: KindConstant, Score: m.Score, Note: note}}
	m.Estimate = Estimate{Factor: 1, Ratio: 1, Largest: m.Score, SecondPoor: true}
}

// refuseKind refuses a model that cannot be fitted to samples of this shape.
func (p *problem) refuseKind(kind string, warps *warpChoice) error {
	dim := len(p.params)
	switch kind {
	case KindAAA, KindFloaterHormann, KindTrigonometric:
		if dim != 1 {
			return fmt.Errorf("model %s needs one parameter that varies; these samples have %d: use auto", kind, dim)
		}
	case KindRational:
		if dim > maxRationalDim {
			return fmt.Errorf("model %s takes at most %d parameters; these samples have %d: use auto", kind, maxRationalDim, dim)
		}
	}
	if kind == KindTrigonometric && warps.periods[0] == 0 && equidistantPeriod(p.mu[0]) == 0 {
		return fmt.Errorf("model %s needs equidistant samples, or the period of %s", kind, p.names[p.params[0]])
	}
	return nil
}

// task fits one candidate.
type task struct {
	kind string
	run  func() *candidate
}

// tasks lists the candidates to try, the expensive ones first.
func (p *problem) tasks(spaces []*space, warps *warpChoice) []task {
	var list []task
	add := func(kind string, run func() *candidate) { list = append(list, task{kind, run}) }
	dim := len(p.params)
	for k, s := range spaces {
		if dim <= maxRationalDim {
			for _, deg := range p.effort.degrees {
				if dim > maxQuarticDim && (deg > 1 || k > 0) {
					continue
				}
				add(KindRational, func() *candidate { return s.rational(deg) })
			}
		}
	}
	for _, s := range spaces {
		add(KindBernstein, func() *candidate { return s.bernstein(KindBernstein) })
		add(KindGaussian, s.gaussian)
		add(KindAdaptive, func() *candidate { return s.adaptive(s.p.n) })
		if dim == 1 && s.axes[0].Warp != WarpPeriodic {
			add(KindAAA, s.aaa)
			add(KindFloaterHormann, s.floaterHormann)
		}
	}
	if dim == 1 {
		period := warps.periods[0]
		if period == 0 {
			period = equidistantPeriod(p.mu[0])
		}
		if period > 0 {
			s := p.space([]string{WarpPeriodic}, []float64{period})
			add(KindTrigonometric, func() *candidate { return s.bernstein(KindTrigonometric) })
		}
	}
	return list
}

// candidates runs all tasks, or those of one kind and of the kind it is
// compared with.
func (p *problem) candidates(ctx context.Context, spaces []*space, warps *warpChoice, opt *Options) ([]*candidate, error) {
	list := p.tasks(spaces, warps)
	if opt.Model != KindAuto {
		other := KindBernstein
		if opt.Model == KindBernstein {
			other = KindAdaptive
		}
		list = slices.DeleteFunc(list, func(t task) bool { return t.kind != opt.Model && t.kind != other })
	}
	out := make([]*candidate, len(list))
	var lock sync.Mutex
	done := 0
	err := scalar.Each(ctx, len(list), opt.Threads, func(i int) {
		out[i] = list[i].run()
		lock.Lock()
		defer lock.Unlock()
		done++
		report(opt.Progress, "models", done, len(list))
	})
	if err != nil {
		return nil, err
	}
	return out, refineBest(ctx, out, p.effort.refine, opt.Threads)
}

// refineBest refines the scores of the best most candidates that allow it.
func refineBest(ctx context.Context, all []*candidate, most, threads int) error {
	var open []*candidate
	for _, c := range all {
		if c.refine != nil {
			open = append(open, c)
		}
	}
	slices.SortStableFunc(open, byRank)
	open = open[:min(most, len(open))]
	return scalar.Each(ctx, len(open), threads, func(i int) { open[i].refine() })
}
