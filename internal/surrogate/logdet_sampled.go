package surrogate

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"eimtool/internal/dense"
	"eimtool/internal/lambda"
	"eimtool/internal/logdet/sampled"
	"eimtool/internal/scalar"
)

// finishLogDet fits the methods for log det A_μ of a sampled family.
func (p *preparation[T, S]) finishLogDet(core *Core[T]) error {
	b, m, d := p.b, p.b.m, p.det
	l := p.logdet
	l.Size, l.Nodes, l.LogAbs, l.Tolerance = d.size, m.Mu.SelectRows(d.samples), d.logAbs, b.opt.LogDetTolerance
	l.Phase, l.Sign = phasesOf(d, m.Field == FieldComplex)
	m.LogDet = l
	if l.Phase != nil {
		if err := findBranch(b.ctx, l, p.sys, d.samples); err != nil {
			return err
		}
	}
	if l.Refusal = d.refusal(m.Files, m.Field != FieldComplex); l.Refusal == "" && len(d.samples) < leastSamples(len(m.Parameters)) {
		l.Refusal = fmt.Sprintf("%d samples tell too little of it, %d are needed", len(d.samples), leastSamples(len(m.Parameters)))
	}
	if l.Refusal != "" {
		m.Warnings = append(m.Warnings, "log det cannot be interpolated: "+l.Refusal+" (use logdet --method direct)")
		return nil
	}
	family := p.linear(core)
	slopes, err := p.sampleSlopes(family)
	if err != nil {
		return err
	}
	slopeError, err := p.slopeError(core)
	if err != nil {
		return err
	}
	if err := l.interpolate(b.ctx, m, family, slopes, slopeError, b.opt); err != nil {
		return err
	}
	if l.Phase == nil {
		return l.combineSampled(b.ctx, m, b.opt)
	}
	return nil
}

// leastSamples is the number of samples below which log det is not interpolated
// in so many parameters: there would be nothing to judge the result by.
func leastSamples(parameters int) int { return 3 + 2*parameters }

// phasesOf returns the phases of a complex family, or the common sign of a
// real one.
func phasesOf[S scalar.Scalar](d *determinants[S], complexFamily bool) (phases []float64, sign float64) {
	if !complexFamily {
		sign = scalar.Real(d.phase[0])
		for _, v := range d.phase {
			if scalar.Real(v) != sign {
				return nil, 0
			}
		}
		return nil, sign
	}
	for _, v := range d.phase {
		phases = append(phases, math.Atan2(scalar.Imag(v), scalar.Real(v)))
	}
	return phases, 0
}

// findBranch looks for one angle θ with which e^{iθ}A is accretive for all of the
// given matrices: then log det has a continuous branch, which replaces the
// phases.
func findBranch[S scalar.Scalar](ctx context.Context, l *LogDet, sys *systems[S], samples []int) error {
	var angles []float64
	phases := make([]float64, len(samples))
	for r, i := range samples {
		v, angle, ok, err := sys.solver.ContinuousLogDet(ctx, sys.rows[i], angles)
		if err != nil || !ok {
			return err
		}
		phases[r], angles = imag(v), []float64{angle}
	}
	l.Accretive, l.Angle, l.Phase = true, angles[0], phases
	return nil
}

// linear returns the model of all samples as combinations of the samples.
func (p *preparation[T, S]) linear(core *Core[T]) *linearFamily[S] {
	m := p.b.m
	weights := func(k []T) []S {
		return scalar.FromComplex[S](scalar.ToComplex(dense.VecMul(inModes(k, core.Modes), core.Weights)))
	}
	return &linearFamily[S]{
		sys: p.sys, params: len(m.Parameters),
		weights: func(mu []float64) ([]S, error) {
			prediction, err := m.Interpolation.Predict(mu)
			if err != nil {
				return nil, err
			}
			return weights(unpack[T](prediction.K)), nil
		},
		slope: func(mu []float64, j int) ([]S, error) {
			dk, err := m.Interpolation.Derivative(mu, j)
			if err != nil {
				return nil, err
			}
			return weights(unpack[T](dk)), nil
		},
	}
}

// sampleSlopes returns ∂ log det/∂μ_j = tr(A_i⁻¹ ∂A/∂μ_j) at the factorised
// samples, with the derivative of the coefficient model.
func (p *preparation[T, S]) sampleSlopes(family *linearFamily[S]) (*dense.Matrix[complex128], error) {
	mu, d := p.b.m.Mu, p.det
	out := dense.New[complex128](len(d.samples), mu.Cols)
	for r, i := range d.samples {
		for j := range mu.Cols {
			w, err := family.slope(mu.Row(i), j)
			if err != nil {
				return nil, err
			}
			var sum S
			for k, t := range d.traces.Row(r) {
				sum += w[k] * t
			}
			out.Set(r, j, scalar.ToComplex([]S{sum})[0])
		}
	}
	return out, nil
}

// slopeError returns the error of log det that comes with the model of all
// samples: the larger of what it makes, to first order, of most left-out samples
// and of what its own estimate means for most of the box; +Inf when nothing is
// known. The largest ones are those of corners, which other samples do not
// surround.
func (p *preparation[T, S]) slopeError(core *Core[T]) (float64, error) {
	m := p.b.m
	var errs []float64
	for _, l := range m.Interpolation.LeftOut {
		if p.det.row[l.Sample] < 0 {
			continue
		}
		w := dense.VecMul(inModes(unpack[T](l.K), core.Modes), core.Weights)
		errs = append(errs, scalar.Abs(p.det.change(l.Sample, scalar.FromComplex[S](scalar.ToComplex(w)))))
	}
	if len(errs) == 0 {
		return math.Inf(1), nil
	}
	known := quantile(errs, slopeQuantile)
	if amp := p.logdet.FullAmplification; amp > 0 {
		points := m.boxPoints(slopePoints)
		errs = errs[:0]
		for i := range points.Rows {
			a, err := m.Interpolation.Predict(points.Row(i))
			if err != nil {
				return 0, err
			}
			errs = append(errs, amp*a.ModelError)
		}
		known = math.Max(known, quantile(errs, slopeQuantile))
	}
	return known, nil
}

// The error of the coefficient model in log det: the share of left-out samples,
// and of points of the box, that it covers, and their number.
const (
	slopeQuantile = 0.9
	slopePoints   = 200
)

// slopeTrust is how much larger than the error of interpolating values alone the
// error of log det of the coefficient model may be at left-out samples for its
// slopes at the samples to compete: there, the model itself is exact.
const slopeTrust = 30

// interpolate fits log det as a function of μ.
func (l *LogDet) interpolate(ctx context.Context, m *Model, family interface {
	value(ctx context.Context, mu []float64) (float64, float64, []complex128, error)
}, slopes *dense.Matrix[complex128], slopeError float64, opt Options,
) error {
	s := &sampled.Samples{
		Names: m.ParameterNames(), Mu: l.Nodes, LogAbs: l.LogAbs, Phase: l.Phase,
		Slope: slopes, SlopeError: slopeError,
		Surrogate: func(ctx context.Context, mu []float64) (float64, float64, []complex128, error) {
			return family.value(ctx, mu)
		},
	}
	fit, err := sampled.Fit(ctx, s, sampled.Options{
		Tolerance: opt.LogDetTolerance, MaxNodes: opt.LogDetMax, SlopeTrust: slopeTrust, Seed: opt.Seed, Threads: opt.Threads, Progress: opt.Progress,
	})
	if err != nil {
		return fmt.Errorf("log det as a function of the parameters: %w", err)
	}
	l.Sampled = fit
	for _, c := range fit.Scores {
		l.Scores = append(l.Scores, LogDetScore{Method: LogDetInterpolate, Kind: c.Target + " " + c.Model, Nodes: fit.Samples + c.Virtual, Error: c.Max, Note: c.Note})
	}
	l.Preferred = LogDetInterpolate
	return l.reach(ctx, m, m.boxPoints(reachPoints), opt.Threads)
}

// value is at for package sampled.
func (l *linearFamily[S]) value(ctx context.Context, mu []float64) (logAbs, phase float64, slope []complex128, err error) {
	d, err := l.at(ctx, mu)
	if err != nil {
		return 0, 0, nil, err
	}
	return d.logAbs, math.Atan2(scalar.Imag(d.phase), scalar.Real(d.phase)), d.slope, nil
}

// combineSampled fits weights in the principal coordinates of the samples.
func (l *LogDet) combineSampled(ctx context.Context, m *Model, opt Options) error {
	l.LambdaModes = min(principalCoordinates, m.Interpolation.Basis.Rows)
	weight := []float64{dense.Norm(m.Interpolation.Mean)}
	for range l.LambdaModes {
		weight = append(weight, 1)
	}
	return fitLogDetLambda(ctx, m, weight, false, opt, func(model *lambda.Model[float64]) { l.RealLambda = model })
}

// logDetSamples lists the samples that are factorised for log det: all, or as
// many as asked for, spread over the box.
func (b *builder[T]) logDetSamples() []int {
	n := len(b.rows)
	if b.opt.LogDetMax == 0 || b.opt.LogDetMax >= n {
		return indices(n)
	}
	list := spread(b.m.Mu, b.opt.LogDetMax)
	slices.Sort(list)
	return list
}

// Of the weights λ: one in leftOutShare nodes, and no fewer than leastLeftOut,
// are left out to calibrate the estimate.
const (
	leftOutShare = 6
	leastLeftOut = 3
)

// fitLogDetLambda fits the weights λ on log det of the nodes; a family for which
// there are none does without.
func fitLogDetLambda[S scalar.Scalar](ctx context.Context, m *Model, weight []float64, positive bool, opt Options, keep func(*lambda.Model[S])) error {
	l := m.LogDet
	if l.Nodes.Rows < 3*leastLeftOut {
		return nil
	}
	alpha, target, err := lambdaData[S](m)
	if err != nil {
		return err
	}
	left := rand.New(rand.NewPCG(opt.Seed, 0x6c616d62)).Perm(l.Nodes.Rows)[:max(leastLeftOut, l.Nodes.Rows/leftOutShare)]
	var used []int
	for i := range l.Nodes.Rows {
		if !slices.Contains(left, i) {
			used = append(used, i)
		}
	}
	model, err := lambda.Fit(ctx, &lambda.Input[S]{
		Alpha: alpha.SelectRows(used), Weight: weight, Positive: positive, Quantity: lambda.LogDet,
		Target: target.SelectRows(used), Size: l.Size, Seed: opt.Seed, MaxNodes: len(used),
	})
	var none *lambda.UnavailableError
	var unusable *lambda.InputError
	var outside *lambda.RangeError
	if errors.As(err, &none) || errors.As(err, &unusable) || errors.As(err, &outside) {
		return nil
	}
	if err != nil {
		return err
	}
	for k, i := range model.Nodes {
		model.Nodes[k] = used[i]
	}
	keep(model)
	for _, s := range model.Scores {
		l.Scores = append(l.Scores, LogDetScore{Method: LogDetCombine, Kind: s.Kind, Nodes: s.Nodes, Error: s.Error, Note: s.Refusal})
	}
	calibrateLambda(l, model, alpha, target, left)
	return nil
}

// lambdaData returns the coordinates of the nodes and log det there.
func lambdaData[S scalar.Scalar](m *Model) (alpha, target *dense.Matrix[S], err error) {
	l := m.LogDet
	count := l.Nodes.Rows
	target = dense.New[S](count, 1)
	for i := range count {
		a, err := m.lambdaAlpha(l.Nodes.Row(i))
		if err != nil {
			return nil, nil, err
		}
		if alpha == nil {
			alpha = dense.New[S](count, len(a))
		}
		copy(alpha.Row(i), scalar.FromComplex[S](a))
		phase := 0.0
		if l.Phase != nil {
			phase = l.Phase[i]
		}
		target.Data[i] = scalar.Of[S](l.LogAbs[i], phase)
	}
	return alpha, target, nil
}

// calibrateLambda sets the factor from the indicator η to errors of log det, by
// the nodes that were left out.
func calibrateLambda[S scalar.Scalar](l *LogDet, model *lambda.Model[S], alpha, target *dense.Matrix[S], left []int) {
	nodes := make([]S, len(model.Nodes))
	for k, i := range model.Nodes {
		nodes[k] = target.Data[i]
	}
	for _, i := range left {
		w, err := model.At(alpha.Row(i))
		if err != nil {
			l.LambdaError = math.Inf(1)
			continue
		}
		l.LambdaAbsSum = math.Max(l.LambdaAbsSum, w.AbsSum)
		e := scalar.Abs(model.LogDet(w, l.Size, nodes) - target.Data[i])
		l.LambdaError = math.Max(l.LambdaError, e)
		if w.Directions > 0 && w.EtaLog > 0 {
			l.LambdaFactor = math.Max(l.LambdaFactor, e/(float64(l.Size)*w.EtaLog))
		}
	}
}
