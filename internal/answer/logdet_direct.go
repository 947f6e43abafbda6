package answer

import (
	"context"
	"math"
	"math/cmplx"
	"math/rand/v2"

	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
	"eimtool/internal/solve"
	"eimtool/internal/surrogate"
)

// LogDetRoundOff estimates the rounding of log det by factorisation of a matrix
// of order n, 2·ε·√n·κ + 4·ε·|log det|, κ being the condition of the equilibrated
// matrix.
func LogDetRoundOff(n int, condition, logAbs float64) float64 {
	return 2*scalar.Eps*math.Sqrt(float64(n))*condition + 4*scalar.Eps*math.Abs(logAbs)
}

// undetermined is the rounding error of log det from which on nothing is known of
// it.
const undetermined = 1

// current returns the matrix at a point: the model of all samples where the
// bundle keeps them, whose log det has no truncation error, otherwise Ã_μ.
func (d *determinant[S]) current(ctx context.Context, pt *point[S]) (*assembled[S], error) {
	table, err := d.tableRows()
	if err != nil {
		return nil, err
	}
	a := &assembled[S]{full: d.m.Parts != nil}
	if table != nil && pt.theta != nil && d.m.Parts == nil {
		a.full, a.weights, a.rows = true, d.m.SampleWeights(pt.theta), table
	} else {
		a.weights = pt.answer.Beta
		if a.rows, err = d.termRows(); err != nil {
			return nil, err
		}
	}
	a.values, err = d.assemble(ctx, a.weights, a.rows)
	return a, err
}

// assembled is a matrix with what it was combined from.
type assembled[S scalar.Scalar] struct {
	values  []S
	full    bool // without truncation
	weights []complex128
	rows    [][]S
}

// factorised answers by the factorisation of A_μ.
func (d *determinant[S]) factorised(ctx context.Context, pt *point[S]) (*LogDet, error) {
	a, err := d.current(ctx, pt)
	if err != nil {
		return nil, err
	}
	solver, err := d.direct(ctx)
	if err != nil {
		return nil, err
	}
	f, err := solver.Factorise(ctx, a.values)
	if err != nil {
		return nil, singular(err)
	}
	defer f.Release()
	r := unknownLogDet(Direct, pt)
	var phase S
	r.LogAbs, phase = f.LogDet()
	if err := d.setPhase(ctx, pt, solver, a.values, phase, r); err != nil {
		return nil, err
	}
	condition, err := f.EquilibratedCondition(ctx)
	if err != nil {
		return nil, singular(err)
	}
	lost, err := a.cancellation(ctx, d.m.Pattern(), d.engine.opt.Threads)
	if err != nil {
		return nil, err
	}
	rounding := LogDetRoundOff(d.m.Rows, condition*lost, r.LogAbs)
	if !(rounding < undetermined) {
		return nil, &LogDetError{"the matrix is singular, or too near to it, to the accuracy of its entries: log det is not determined", "choose another point"}
	}
	var z []S
	if d.opt.Gradient || d.needsTraces(a.full) {
		if z, err = f.SelectedInverse(ctx); err != nil {
			return nil, singular(err)
		}
	}
	model, err := d.changeOfLogDet(ctx, pt, a.values, z, a.full)
	if err != nil {
		return nil, err
	}
	r.Estimate = model + rounding
	d.trustSign(r)
	if d.opt.Gradient {
		r.Gradient, err = d.traces(ctx, pt, z)
	}
	return r, err
}

func unknownLogDet[S scalar.Scalar](method string, pt *point[S]) *LogDet {
	return &LogDet{
		Method: method, EstimateKind: Calibrated, Lower: math.Inf(-1), Upper: math.Inf(1),
		Estimate: math.NaN(), Outside: pt.answer.Extrapolation,
	}
}

// setPhase sets the sign of a real determinant, or the phase of a complex one on
// the best branch that is known.
func (d *determinant[S]) setPhase(ctx context.Context, pt *point[S], solver *solve.Solver[S], values []S, phase S, r *LogDet) error {
	l := d.m.LogDet
	if d.m.Field != surrogate.FieldComplex {
		r.Sign = math.Copysign(1, scalar.Real(phase))
		return nil
	}
	r.Phase = complex(scalar.Real(phase), scalar.Imag(phase))
	r.Angle, r.Branch = cmplx.Phase(r.Phase), Wrapped
	if l != nil && !l.Accretive && l.Sampled != nil && pt.Mu != nil {
		if v, err := l.Sampled.At(pt.Mu); err == nil && v.HasPhase && v.PhaseEstimate < 1 {
			r.Angle += 2 * math.Pi * math.Round((v.Phase-r.Angle)/(2*math.Pi))
			r.Branch = Unwrapped
			return nil
		}
	}
	if l == nil || !l.Accretive {
		return nil
	}
	v, _, ok, err := solver.ContinuousLogDet(ctx, values, []float64{l.Angle})
	if err != nil || !ok {
		return err
	}
	r.Angle, r.Branch = imag(v), Continuous
	return nil
}

// signKnown is the estimated error of log det up to which det A has the sign that
// was found.
const signKnown = 1

// trustSign replaces a sign that the error of A may have turned: by that of all
// samples, where they agree and no singular matrix lies between them.
func (d *determinant[S]) trustSign(r *LogDet) {
	if r.Sign == 0 || r.Estimate < signKnown {
		return
	}
	r.Sign = 0
	if l := d.m.LogDet; l != nil && l.Refusal == "" {
		r.Sign = l.Sign
	}
}

// amplification returns the calibrated factor from relative errors of A to
// absolute ones of log det, NaN when there is none.
func (d *determinant[S]) logDetAmplification(full bool) float64 {
	l := d.m.LogDet
	switch {
	case l == nil:
		return math.NaN()
	case full:
		return l.FullAmplification
	}
	return l.Amplification
}

// needsTraces reports whether the estimate needs the inverse.
func (d *determinant[S]) needsTraces(full bool) bool {
	return !d.m.Exact() && math.IsNaN(d.logDetAmplification(full))
}

// modelError estimates, without a factorisation, the error of log det that
// comes from the model of A; +Inf where only a factorisation could tell.
func (d *determinant[S]) modelError(pt *point[S]) float64 {
	if d.m.Exact() {
		return 0
	}
	full := d.m.Parts != nil || d.m.KeptTable() && pt.theta != nil
	amp := d.logDetAmplification(full)
	if math.IsNaN(amp) {
		return math.Inf(1)
	}
	return amp * errorOfA(pt.answer, full)
}

// errorOfA is the part of the relative error of A that the factorised matrix has.
func errorOfA(a *surrogate.Answer, full bool) float64 {
	if full {
		return a.ModelError + coefficientRoundOff
	}
	return truncationFactor*a.Truncation + a.ModelError + coefficientRoundOff
}

// changeOfLogDet estimates the error of log det that comes from the model of A:
// as calibrated offline, otherwise by the largest |tr(A⁻¹ D)| ‖A‖/‖D‖ over
// perturbations D of A, those within the family and random ones.
func (d *determinant[S]) changeOfLogDet(ctx context.Context, pt *point[S], values, z []S, full bool) (float64, error) {
	if d.m.Exact() {
		return 0, nil
	}
	amp := d.logDetAmplification(full)
	if math.IsNaN(amp) {
		terms, err := d.termRows()
		if err != nil {
			return 0, err
		}
		weights, sizes := d.m.Perturbations(pt.answer.Beta, perturbedTerms)
		amp = 0
		for i, w := range weights {
			change, err := d.assemble(ctx, w, terms)
			if err != nil {
				return 0, err
			}
			amp = max(amp, scalar.Abs(solve.TraceProduct(d.m.Pattern(), z, change))*sizes[i])
		}
		amp = max(amp, randomTrace(d.m.Pattern(), values, z))
	}
	return amp * errorOfA(pt.answer, full), nil
}

// randomTrace returns |tr(A⁻¹ D)|, the largest over a few D whose entries are
// those of A times standard normal numbers.
func randomTrace[S scalar.Scalar](p *matrix.Pattern, values, z []S) float64 {
	rng := rand.New(rand.NewPCG(7, 8))
	perturbed := make([]S, len(values))
	worst := 0.0
	for range randomPerturbations {
		for k, v := range values {
			perturbed[k] = v * scalar.Of[S](rng.NormFloat64(), 0)
		}
		worst = max(worst, scalar.Abs(solve.TraceProduct(p, z, perturbed)))
	}
	return worst
}

// traces returns tr(A⁻¹ ∂A/∂μ_j) with the inverse z.
func (d *determinant[S]) traces(ctx context.Context, pt *point[S], z []S) ([]complex128, error) {
	if pt.Mu == nil {
		return nil, &PointError{"the gradient needs the parameters, which are not given", "add --mu or --at beside --probe"}
	}
	table, err := d.tableRows()
	if err != nil {
		return nil, err
	}
	out := make([]complex128, len(pt.Mu))
	for j := range out {
		var weights []complex128
		rows := table
		if table != nil {
			if weights, err = d.m.DerivativeTheta(pt.Mu, j); err == nil {
				weights = d.m.SampleWeights(weights)
			}
		} else if weights, err = d.m.Derivative(pt.Mu, j); err == nil {
			rows, err = d.termRows()
		}
		if err != nil {
			return nil, err
		}
		values, err := d.assemble(ctx, weights, rows)
		if err != nil {
			return nil, err
		}
		v := solve.TraceProduct(d.m.Pattern(), z, values)
		out[j] = complex(scalar.Real(v), scalar.Imag(v))
	}
	return out, nil
}
