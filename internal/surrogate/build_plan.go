package surrogate

import (
	"context"
	"errors"
	"fmt"
	"math"

	"eimtool/internal/dense"
	"eimtool/internal/family"
	"eimtool/internal/plan"
	"eimtool/internal/reduced"
	"eimtool/internal/scalar"
)

// PlanInput is a planned family.
type PlanInput struct {
	Plan   *plan.Plan
	Family *family.Family // its M snapshots, in the order of the plan
}

// BuildPlan makes the model of a family that depends linearly on the functions of
// a plan: its terms are the planned snapshots and its coefficients the solution
// of the interpolation equations at the magic points. What errors of the
// functions do to A is measured on the snapshots themselves, each predicted from
// those before it.
func BuildPlan(ctx context.Context, in *PlanInput, opt Options) (*Model, error) {
	if err := opt.check(); err != nil {
		return nil, err
	}
	m := newModel(in.Family, opt)
	m.Parts = &Parts{Files: m.Files, Checksums: m.Checksums, Plan: in.Plan}
	m.Terms = indices(m.Mu.Rows)
	for j := range m.Parameters {
		m.Parameters[j].Lo, m.Parameters[j].Hi = in.Plan.Lower[j], in.Plan.Upper[j]
	}
	if err := m.Parts.compile(m.ParameterNames()); err != nil {
		return nil, planError(err)
	}
	m.History = planHistory(in.Plan)
	var err error
	if in.Family.Complexes != nil {
		m.Complex, err = planCore(ctx, m, in.Family.Complexes, in.Family, opt)
	} else {
		m.Real, err = planCore(ctx, m, in.Family.Real, in.Family, opt)
	}
	switch {
	case err != nil:
	case m.Field == FieldReal:
		err = preparePlan[float64](ctx, m, opt)
	default:
		err = preparePlan[complex128](ctx, m, opt)
	}
	switch {
	case err == nil:
		err = m.only()
	case ctx.Err() == nil:
		err = &BuildError{err}
	}
	return m, err
}

// planError explains a plan whose interpolation matrix cannot be factorised.
func planError(err error) error {
	var singular *dense.SingularError
	if errors.As(err, &singular) {
		return &BuildError{fmt.Errorf("the functions do not tell the planned parameters apart: %w", err)}
	}
	return err
}

// planHistory lists the steps of the plan.
func planHistory(p *plan.Plan) []Step {
	var out []Step
	for m, s := range p.History {
		step := Step{
			Term: m + 1, Snapshot: m, Kind: KindPoint, Row: -1, Col: -1, Error: s.Error,
			HeldOutError: math.NaN(), LebesgueParameter: math.NaN(), LebesgueEntry: math.NaN(),
			SumBetaMin: math.NaN(), SumBetaMax: math.NaN(),
		}
		if q := p.Magic[m]; q.Function >= 0 {
			step.Row = q.Index
		}
		out = append(out, step)
	}
	return out
}

// KindPoint is the kind of magic features that are values of a function at a
// point; Step.Row is the point, −1 for the constant.
const KindPoint = "point"

// planCore holds the snapshots as terms and calibrates the estimate of A.
func planCore[T scalar.Scalar](ctx context.Context, m *Model, rows [][]T, f *family.Family, opt Options) (*Core[T], error) {
	c, err := partsCore(ctx, rows, f, opt)
	if err != nil {
		return nil, err
	}
	left, err := leaveSnapshotsOut(m.Parts, c.Coordinates, m.Field)
	if err != nil {
		return nil, err
	}
	m.Parts.Factor = calibratedFactor(left, m.Mu.Rows)
	m.Errors.Training = 0 // the terms themselves
	if level, why := nonlinear(left); why != "" {
		m.Parts.Unexplained = level
		m.Warnings = append(m.Warnings, why)
	}
	return c, nil
}

// leftSnapshot is a snapshot predicted by the terms before it.
type leftSnapshot struct {
	terms, snapshot int          // the first terms; the snapshot, not among them
	beta            []complex128 // of the terms
	check           float64      // error of the functions at the check points
	err             float64      // relative Frobenius error of A
}

// mostPrefixes is the number of prefixes of the plan that are examined.
const mostPrefixes = 24

// leaveSnapshotsOut predicts snapshots from the first terms of the plan, whose
// coefficients know nothing of the later ones. coordinates are those of the
// snapshots in an orthonormal basis.
func leaveSnapshotsOut[T scalar.Scalar](p *Parts, coordinates *dense.Matrix[T], field string) ([]leftSnapshot, error) {
	var out []leftSnapshot
	count := coordinates.Rows
	last := 0
	for q := 1; q <= mostPrefixes; q++ {
		terms := q * (count - 1) / min(mostPrefixes, max(1, count-1))
		if terms <= last || terms >= count {
			continue
		}
		last = terms
		leading, err := p.interpolant.Leading(terms)
		if err != nil {
			return nil, planError(err)
		}
		for i := terms; i < count; i++ {
			s := leftSnapshot{terms: terms, snapshot: i}
			if s.beta, s.check, err = leading.At(p.Plan.Mu.Row(i)); err != nil {
				return nil, err
			}
			if !scalar.IsComplex[T]() && !scalar.AllReal(s.beta) {
				return nil, &FunctionFieldError{field}
			}
			k := dense.VecMul(scalar.FromComplex[T](s.beta), coordinates.SelectRows(indices(terms)))
			s.err = relativeDistance(coordinates.Row(i), k)
			out = append(out, s)
		}
	}
	return out, nil
}

// FunctionFieldError says that the functions of a plan are complex and the
// matrices are not combined with complex coefficients.
type FunctionFieldError struct {
	Field string // of the matrices
}

func (e *FunctionFieldError) Error() string {
	return fmt.Sprintf("the functions of the plan are complex, the matrices %s: plan with real functions, such as re(...) and im(...) of them", e.Field)
}

// resolved is the error of the functions from which on a left-out snapshot shows
// more than rounding.
const resolved = 1e-11

// calibratedFactor returns the largest ratio of the error of A to that of the
// functions at the check points, over snapshots that were left out by at least half
// of the terms: errors of few terms vary slowly over the points, and assembly
// cancels less of them.
func calibratedFactor(left []leftSnapshot, count int) float64 {
	factor := 0.0
	for _, s := range left {
		if s.check > resolved && 2*s.terms >= count {
			factor = max(factor, s.err/s.check)
		}
	}
	if factor == 0 {
		return 1
	}
	return factor
}

// Constants of the test of linearity: the error of A that is not rounding, and
// the growth of its ratio to the error of the functions that linear dependence
// does not explain.
const (
	visibleError      = 1e-9
	nonlinearGrowth   = 30
	leastForLinearity = 4
)

// nonlinear explains, where the snapshots show it, that A does not depend
// linearly on the functions: as terms are added the error of the functions falls,
// and that of A does not. level is the error that the functions do not explain.
func nonlinear(left []leftSnapshot) (level float64, why string) {
	if len(left) == 0 || left[len(left)-1].snapshot+1 < leastForLinearity {
		return 0, ""
	}
	var prefixes []leftSnapshot // the worst of each number of terms
	for _, s := range left {
		if n := len(prefixes); n == 0 || prefixes[n-1].terms != s.terms {
			prefixes = append(prefixes, leftSnapshot{terms: s.terms})
		}
		w := &prefixes[len(prefixes)-1]
		w.err, w.check = max(w.err, s.err), max(w.check, s.check)
	}
	usual := 1.0
	for _, w := range prefixes[:(len(prefixes)+1)/2] {
		if w.check > 0 {
			usual = max(usual, min(w.err/w.check, nonlinearGrowth))
		}
	}
	for _, w := range prefixes {
		if w.err <= visibleError || w.err <= nonlinearGrowth*usual*max(w.check, resolved) {
			continue
		}
		if level = max(level, w.err); why == "" {
			why = fmt.Sprintf("the matrices do not depend linearly on the functions of the plan, or these are not the functions of the code: "+
				"with the first %d terms the functions are met to %.1e at the later parameters, the matrices to %.1e only "+
				"(add the missing function, or build the bundle without --plan)", w.terms, w.check, w.err)
		}
	}
	return planSafety * level, why
}

// atPlan evaluates the coefficients of a planned family.
func (m *Model) atPlan(mu []float64) (*Answer, error) {
	beta, check, err := m.Parts.interpolant.At(mu)
	if err != nil {
		return nil, err
	}
	sum := 0.0
	for _, b := range beta {
		sum += scalar.Abs(b)
	}
	a := &Answer{Beta: beta, Modelled: true, ModelError: m.Parts.errorOfA(check), Extrapolation: m.outside(mu)}
	a.Estimate = a.ModelError + roundOff*max(1, sum)
	return a, nil
}

// planSafety is the factor on the error at the check points: the largest of ten
// is seldom below half of the largest error.
const planSafety = 2

// planAmplification is the factor on the amplification of errors of A in x and in
// log det: the snapshots that calibrate it are few and lie where the plan put them.
const planAmplification = 1.5

// errorOfA and errorOfB estimate relative errors from that of the functions at the
// check points.
func (p *Parts) errorOfA(check float64) float64 { return planSafety*p.Factor*check + p.Unexplained }

func (p *Parts) errorOfB(check float64) float64 {
	return planSafety*p.LoadFactor*check + p.LoadUnexplained
}

// preparePlan prepares solutions and log det of a planned family.
func preparePlan[S scalar.Scalar](ctx context.Context, m *Model, opt Options) error {
	if m.Rows != m.Cols {
		if opt.LogDet {
			return &OptionError{"logdet", fmt.Sprintf("of %d x %d matrices", m.Rows, m.Cols), "square matrices"}
		}
		return nil
	}
	rows := TermRows[S](m)
	m.Parts.Weights = partWeights(m, rows, false)
	if opt.LogDet {
		if err := prepareLogDetParts(ctx, m, rows, opt); err != nil {
			return err
		}
	}
	if opt.RHS == nil {
		return nil
	}
	if !opt.RHS.Fixed(m.Mu.Rows) {
		if err := m.calibrateLoad(opt.RHS); err != nil {
			return err
		}
	}
	opt.RBTolerance = max(opt.RBTolerance, planBasisShare*m.Parts.PredictedError())
	return prepareSolutions(ctx, m, rows, opt)
}

// planBasisShare is the share of the predicted error of A below which vectors of
// the reduced basis would only resolve the error of the coefficients.
const planBasisShare = 1e-3

// calibrateLoad measures what errors of the functions do to b.
func (m *Model) calibrateLoad(r *RHS) error {
	if err := r.check(m.Rows, m.Mu.Rows); err != nil {
		return err
	}
	vectors := dense.New[complex128](len(r.Values), len(r.Values[0].Data))
	for i, v := range r.Values {
		copy(vectors.Row(i), v.Data)
	}
	left, err := leaveSnapshotsOut(m.Parts, vectors, m.Field)
	if err != nil {
		return err
	}
	m.Parts.LoadFactor = calibratedFactor(left, m.Mu.Rows)
	if level, why := nonlinear(left); why != "" {
		m.Parts.LoadUnexplained = level
		m.Warnings = append(m.Warnings, "right-hand sides: "+why)
	}
	return nil
}

// leftOutOfPlan returns snapshots as predicted by the terms before them, the
// last ones, for the calibration of a reduced basis.
func leftOutOfPlan[S scalar.Scalar](m *Model, load *Load[S]) ([]reduced.LeftOut[S], error) {
	const most = 15
	count := m.Mu.Rows
	var out []reduced.LeftOut[S]
	for i := max(count/2, count-most, 1); i < count; i++ {
		leading, err := m.Parts.interpolant.Leading(i)
		if err != nil {
			return nil, planError(err)
		}
		beta, check, err := leading.At(m.Mu.Row(i))
		if err != nil {
			return nil, err
		}
		theta := make([]S, count)
		copy(theta, scalar.FromComplex[S](beta))
		pt := &reduced.Point[S]{Theta: theta, ModelError: m.Parts.errorOfA(check)}
		if pt.Phi, _, err = load.Coefficients(m.Mu.Row(i)); err != nil {
			return nil, err
		}
		if load.Planned {
			pt.Phi, pt.RHSError = theta, m.Parts.errorOfB(check)
		}
		out = append(out, reduced.LeftOut[S]{Sample: i, Point: pt})
	}
	return out, nil
}

// leftOutDeterminants is the number of snapshots at which the effect of errors of
// A on log det is measured.
const leftOutDeterminants = 12

// amplification returns the factor from estimated relative errors of A to
// absolute ones of log det: the largest over snapshots that are predicted from the
// terms before them, 0 where none shows an error.
func (p *partsNodes[S]) amplification(ctx context.Context) (float64, error) {
	worst := 0.0
	count := p.m.Mu.Rows
	for i := max(count/2, count-leftOutDeterminants, 1); i < count; i++ {
		leading, err := p.m.Parts.interpolant.Leading(i)
		if err != nil {
			return 0, planError(err)
		}
		beta, check, err := leading.At(p.m.Mu.Row(i))
		if err != nil {
			return 0, err
		}
		values := make([]S, len(p.sys.rows[i]))
		if err := Combine(ctx, values, scalar.FromComplex[S](beta), p.sys.rows[:i], p.opt.Threads); err != nil {
			return 0, err
		}
		predicted, err := p.logAbs(ctx, values)
		if err != nil { // a poor prediction may be singular
			continue
		}
		known, err := p.logAbs(ctx, append([]S(nil), p.sys.rows[i]...))
		if err != nil {
			return 0, fmt.Errorf("%s: %w", p.m.Parts.Files[i], err)
		}
		if e := p.m.Parts.errorOfA(check); e > resolved {
			worst = max(worst, math.Abs(predicted-known)/e)
		}
	}
	return worst, nil
}

// logAbs returns log|det| of the matrix with the given values.
func (p *partsNodes[S]) logAbs(ctx context.Context, values []S) (float64, error) {
	f, err := p.sys.next(ctx, values)
	if err != nil {
		return 0, err
	}
	v, _ := f.LogDet()
	return v, nil
}
