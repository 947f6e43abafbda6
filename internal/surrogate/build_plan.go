package surrogate

import (
	"context"
	"errors"
	"fmt"
	"math"

	"eimtool/internal/dense"
	"eimtool/internal/family"
	"eimtool/internal/plan"
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
	m.Errors.Training = 0 // the terms themselves
	m.Parts.Precision = writtenPrecision(rows)
	m.Parts.Coordinates = convert[complex128](c.Coordinates)
	if err := m.checkRealCoefficients(); err != nil {
		return nil, err
	}
	left, err := leaveSnapshotsOut(m.Parts, m.Parts.Coordinates)
	if err != nil {
		return nil, err
	}
	m.Parts.Factor = calibratedFactor(left, m.Mu.Rows)
	level, why := nonlinear(left, largestNorm(m.Parts.Coordinates), m.Parts.Precision)
	m.Parts.Unexplained = level
	for _, w := range []string{why, m.equalSnapshots()} {
		if w != "" {
			m.Warnings = append(m.Warnings, w)
		}
	}
	return c, nil
}

// equalSnapshots says that two snapshots of the plan are the same matrix.
func (m *Model) equalSnapshots() string {
	k := m.Parts.Coordinates
	if m.Options.RHS != nil && len(m.Options.RHS.Values) > 1 {
		return "" // the functions may be those of b alone
	}
	for i := range k.Rows {
		for j := range i {
			if relativeDistance(k.Row(i), k.Row(j)) <= roundOff {
				return fmt.Sprintf("%s and %s are the same matrix, but the functions of the plan differ there: check that every file belongs to its parameters", m.Files[j], m.Files[i])
			}
		}
	}
	return ""
}

// SeesLinearity reports whether there are snapshots enough to tell whether A
// depends linearly on the functions of the plan.
func (m *Model) SeesLinearity() bool { return m.Mu.Rows >= leastForLinearity }

// fieldPoints is the number of points of the box where coefficients must be real
// if the matrices are.
const fieldPoints = 64

// checkRealCoefficients refuses functions whose coefficients are complex where the
// matrices are real or Hermitian.
func (m *Model) checkRealCoefficients() error {
	if m.Field == FieldComplex {
		return nil
	}
	points := m.boxPoints(fieldPoints)
	for i := range points.Rows {
		beta, _, err := m.Parts.interpolant.At(points.Row(i))
		if err != nil {
			continue // a corner of the box need not be a candidate
		}
		if err := m.realCoefficients(beta); err != nil {
			return err
		}
	}
	return nil
}

// imaginaryPart is the share of a coefficient that counts as rounding.
const imaginaryPart = 1e-9

func (m *Model) realCoefficients(beta []complex128) error {
	if m.Field == FieldComplex {
		return nil
	}
	size, worst := 0.0, 0.0
	for _, b := range beta {
		size, worst = max(size, scalar.Abs(b)), max(worst, math.Abs(imag(b)))
	}
	if worst > imaginaryPart*size {
		return &FunctionFieldError{m.Field}
	}
	return nil
}

// FunctionFieldError says that the functions of a plan are complex and the
// matrices are not combined with complex coefficients.
type FunctionFieldError struct {
	Field string // of the matrices
}

func (e *FunctionFieldError) Error() string {
	return fmt.Sprintf("the functions of the plan are complex, the matrices %s: plan with real functions, such as re(...) and im(...) of them", e.Field)
}

// atPlan evaluates the coefficients of a planned family.
func (m *Model) atPlan(mu []float64) (*Answer, error) {
	beta, check, err := m.Parts.interpolant.At(mu)
	if err != nil {
		return nil, err
	}
	if err := m.realCoefficients(beta); err != nil {
		return nil, err
	}
	model, rounding := m.Parts.errorOfA(beta, check)
	return &Answer{Beta: beta, Modelled: true, ModelError: model, Extrapolation: m.outside(mu), Estimate: model + rounding}, nil
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
		if err := m.calibrateLoad(ctx, opt.RHS, opt.Threads); err != nil {
			return err
		}
	}
	opt.RBTolerance = max(opt.RBTolerance, planBasisShare*m.Parts.PredictedError())
	return prepareSolutions(ctx, m, rows, opt)
}

// planBasisShare is the share of the predicted error of A below which vectors of
// the reduced basis would only resolve the error of the coefficients.
const planBasisShare = 1e-3
