package answer

import (
	"context"
	"math"
	"math/rand/v2"

	"eimtool/internal/dense"
	"eimtool/internal/scalar"
	"eimtool/internal/solve"
)

// Constants of the estimate of direct answers: of the truncation, of its
// factorised form and of rounding.
const (
	truncationFactor = 1.3
	roundOffFactor   = 4 * scalar.Eps
	perturbedTerms   = 8

	coefficientRoundOff = 4e-15 // of the coefficients of A
	improveGuard        = 0.1   // a first correction of more than this share of x is not applied
	improveRate         = 0.5   // nor a later one that is not smaller than the one before by this
	improveSteps        = 10
)

// runDirect factorises Ã_μ = Σ β_m A_m and solves. Where the bundle keeps all
// samples, the residual of their model A(μ) improves x by steps
//
//	x ← x + Ã⁻¹ (b − A(μ) x)
//
// each under a guard, so that the truncation to M terms no longer shows; the
// last correction estimates what is left of it. Where they do not converge, the
// model of all samples is factorised. The error due to the model of
// A_μ is estimated by |Ã⁻¹ (A₂ − A₁) x|, A₁ and A₂ being the two best models.
func (e *engine[S]) runDirect(ctx context.Context, pt *point[S]) (*Result, error) {
	terms, err := e.termRows()
	if err != nil {
		return nil, err
	}
	values, err := e.assemble(ctx, pt.answer.Beta, terms)
	if err != nil {
		return nil, err
	}
	solver, err := e.direct(ctx)
	if err != nil {
		return nil, err
	}
	f, err := solver.Factorise(ctx, values)
	if err != nil {
		return nil, singular(err)
	}
	defer f.Release() // its storage serves the next point
	b, bError, err := e.rhs(pt)
	if err != nil {
		return nil, err
	}
	res := unknown(Direct)
	x, report, err := f.SolveRefined(ctx, b, e.op())
	if err != nil {
		return nil, singular(err)
	}
	res.Residual, res.BackwardError, res.Iterations = report.Residual, report.BackwardError, report.Iterations
	if res.Condition, err = f.Condition(ctx); err != nil {
		return nil, singular(err)
	}
	if err := e.estimateDirect(ctx, pt, f, b, x, bError, res); err != nil {
		return nil, err
	}
	return res, e.deliver(ctx, pt, f, x, res)
}

// estimateDirect improves x and fills in the estimate of its error.
func (e *engine[S]) estimateDirect(ctx context.Context, pt *point[S], f *solve.Factor[S], b, x *dense.Matrix[S], bError float64, res *Result) error {
	amp, err := e.amplification(ctx, pt, f, x)
	if err != nil {
		return err
	}
	table, err := e.tableRows()
	if err != nil {
		return err
	}
	model := amp * pt.answer.ModelError
	if table != nil && e.calibrated() && e.inv.FullAmplification > 0 {
		amp = e.inv.FullAmplification
		model = amp * pt.answer.ModelError
	}
	if table == nil || pt.theta == nil || e.m.Parts != nil {
		res.Reduction = truncationFactor * amp * pt.answer.Truncation
		if e.m.Exact() {
			amp = 0 // their coefficients carry no more rounding than their sum
		}
	} else {
		if res.Reduction, err = e.improve(ctx, pt, f, b, x, model, table, res); err != nil {
			return err
		}
		second, err := e.secondModel(ctx, pt, f, x, table)
		if err != nil {
			return err
		}
		if !math.IsNaN(second) && pt.answer.Modelled { // two models may agree in what neither knows
			model = min(model, max(2*second, model/5))
		}
	}
	if bError > 0 {
		gain, err := e.loadAmplification(ctx, f, b, x)
		if err != nil {
			return err
		}
		model += gain * bError
	}
	res.Model, res.RoundOff = model, roundOffFactor*res.Condition+coefficientRoundOff*amp
	res.Estimate = res.Reduction + res.Model + res.RoundOff
	return nil
}

// improve corrects x by the model of all samples and returns the estimate of
// what is left of the truncation. Where the corrections do not converge, the
// model of all samples is factorised itself.
func (e *engine[S]) improve(ctx context.Context, pt *point[S], f *solve.Factor[S], b, x *dense.Matrix[S], model float64, table [][]S, res *Result) (float64, error) {
	full, err := e.assemble(ctx, e.m.SampleWeights(pt.theta), table)
	if err != nil {
		return 0, err
	}
	floor := math.Max(0.01*model, roundOffFactor*res.Condition)
	before := 1.0
	for step := range improveSteps {
		dx, err := e.correction(ctx, full, f, b, x)
		if err != nil {
			return 0, err
		}
		size := e.ratio(dx, x)
		rate := size / before
		if step > 0 && size < floor {
			return truncationFactor * size, nil
		}
		if step == 0 && size < coefficientRoundOff*res.Condition {
			return truncationFactor * size, nil // rounding of the other model is all that it would add
		}
		if !(rate < improveGuard || step > 0 && rate < improveRate) {
			break
		}
		for i, v := range dx.Data {
			x.Data[i] += v
		}
		res.Iterations++
		if left := truncationFactor * size * rate; step > 0 && left < floor {
			return left, nil
		}
		before = size
	}
	return 0, e.factoriseFull(ctx, full, b, x, res)
}

// correction returns Ã⁻¹ (b − A x) for the matrix with the given values.
func (e *engine[S]) correction(ctx context.Context, values []S, f *solve.Factor[S], b, x *dense.Matrix[S]) (*dense.Matrix[S], error) {
	dx, err := e.product(ctx, values, x)
	if err != nil {
		return nil, err
	}
	for i, v := range dx.Data {
		dx.Data[i] = b.Data[i] - v
	}
	return dx, f.Solve(ctx, dx, e.op())
}

// factoriseFull replaces x by the solution with the model of all samples.
func (e *engine[S]) factoriseFull(ctx context.Context, full []S, b, x *dense.Matrix[S], res *Result) error {
	s, err := solve.New[S](ctx, e.m.Pattern(), solve.Options{Threads: e.opt.Threads})
	if err != nil {
		return err
	}
	f, err := s.Factorise(ctx, full)
	if err != nil {
		return singular(err)
	}
	y, report, err := f.SolveRefined(ctx, b, e.op())
	if err != nil {
		return singular(err)
	}
	copy(x.Data, y.Data)
	res.Residual, res.BackwardError = report.Residual, report.BackwardError
	res.Iterations += report.Iterations
	res.Condition, err = f.Condition(ctx)
	return err
}

// secondModel returns |Ã⁻¹ (A₂ − A₁) x|/|x|, NaN when there is one model only.
func (e *engine[S]) secondModel(ctx context.Context, pt *point[S], f *solve.Factor[S], x *dense.Matrix[S], table [][]S) (float64, error) {
	if pt.second == nil {
		return math.NaN(), nil
	}
	values, err := e.assemble(ctx, e.m.SampleWeights(pt.second), table)
	if err != nil {
		return 0, err
	}
	d, err := e.product(ctx, values, x)
	if err != nil {
		return 0, err
	}
	if err := f.Solve(ctx, d, e.op()); err != nil {
		return 0, err
	}
	return e.ratio(d, x), nil
}

// calibrated reports whether the bundle knows how errors of A turn into errors
// of the x that is asked for.
func (e *engine[S]) calibrated() bool {
	return e.inv != nil && e.override == nil && !(e.opt.Transpose && !e.symmetric())
}

// amplification returns the factor from relative errors of A to those of x: as
// calibrated offline, otherwise the largest over perturbations D of A_μ within
// the family, |Ã⁻¹ D x| ‖Ã‖ / (|x| ‖D‖).
func (e *engine[S]) amplification(ctx context.Context, pt *point[S], f *solve.Factor[S], x *dense.Matrix[S]) (float64, error) {
	if e.calibrated() && e.inv.Amplification > 0 {
		return e.inv.Amplification, nil
	}
	if e.m.Exact() {
		return 1, nil
	}
	terms, err := e.termRows()
	if err != nil {
		return 0, err
	}
	worst := 1.0
	weights, sizes := e.m.Perturbations(pt.answer.Beta, perturbedTerms)
	for i, w := range weights {
		values, err := e.assemble(ctx, w, terms)
		if err != nil {
			return 0, err
		}
		d, err := e.product(ctx, values, x)
		if err != nil {
			return 0, err
		}
		if err := f.Solve(ctx, d, e.op()); err != nil {
			return 0, err
		}
		worst = max(worst, e.ratio(d, x)*sizes[i])
	}
	random, err := e.randomAmplification(ctx, pt, f, x, terms)
	return max(worst, random), err
}

// randomPerturbations is the number of random perturbations of A_μ.
const randomPerturbations = 3

// randomAmplification returns |Ã⁻¹ D x| / |x|, the largest over a few D whose
// entries are those of Ã times standard normal numbers: errors outside of the
// span of the terms are not like the terms.
func (e *engine[S]) randomAmplification(ctx context.Context, pt *point[S], f *solve.Factor[S], x *dense.Matrix[S], terms [][]S) (float64, error) {
	values, err := e.assemble(ctx, pt.answer.Beta, terms)
	if err != nil {
		return 0, err
	}
	rng := rand.New(rand.NewPCG(5, 6))
	perturbed := make([]S, len(values))
	worst := 0.0
	for range randomPerturbations {
		for k, v := range values {
			perturbed[k] = v * scalar.Of[S](rng.NormFloat64(), 0)
		}
		d, err := e.product(ctx, perturbed, x)
		if err != nil {
			return 0, err
		}
		if err := f.Solve(ctx, d, e.op()); err != nil {
			return 0, err
		}
		worst = max(worst, e.ratio(d, x))
	}
	return worst, nil
}

// loadAmplification returns the factor from relative errors of b to those of
// x: as calibrated offline, otherwise from random perturbations.
func (e *engine[S]) loadAmplification(ctx context.Context, f *solve.Factor[S], b, x *dense.Matrix[S]) (float64, error) {
	if e.calibrated() && e.inv.Basis != nil && e.inv.Basis.Calibration.Events > 0 {
		return e.inv.Basis.Calibration.LoadAmplification, nil
	}
	rng := rand.New(rand.NewPCG(1, 2))
	g := dense.New[S](b.Rows, 2)
	for i := range g.Data {
		g.Data[i] = scalar.Of[S](rng.NormFloat64(), 0)
	}
	size := []float64{columnNorm(g, 0), columnNorm(g, 1)}
	if err := f.Solve(ctx, g, e.op()); err != nil {
		return 0, err
	}
	gain := math.Max(columnNorm(g, 0)/size[0], columnNorm(g, 1)/size[1])
	worst := 1.0
	for j := range b.Cols {
		if n := columnNorm(x, j); n > 0 {
			worst = max(worst, 3*gain*columnNorm(b, j)/n)
		}
	}
	return worst, nil
}
