package surrogate

import (
	"context"
	"fmt"
	"math"

	"eimtool/internal/dense"
	"eimtool/internal/lambda"
	"eimtool/internal/logdet/bracket"
	"eimtool/internal/logdet/measure"
	"eimtool/internal/logdet/sampled"
	"eimtool/internal/scalar"
)

// Fitted methods for log det, as named in flags and results.
const (
	LogDetMeasure     = "measure"     // symbol measure of a given affine family
	LogDetInterpolate = "interpolate" // function of μ from values and slopes at samples
	LogDetCombine     = "combine"     // weights λ(μ) on log det of the nodes (arXiv 1710.02488)
)

// LogDet is what a bundle holds for log det A_μ.
type LogDet struct {
	Size      int                    // order n of the matrices
	Nodes     *dense.Matrix[float64] `doc:"nodes x p, parameters of the matrices that were factorised"`
	LogAbs    []float64              `doc:"log|det A| at the nodes"`
	Phase     []float64              `doc:"arg det A at the nodes, in radians; of complex families"`
	Sign      float64                // of det A at all nodes of a real family; 0 where it changes
	Accretive bool                   // e^{iθ}A is accretive at all nodes, θ = Angle: log det has a continuous branch
	Angle     float64                // radians
	Tolerance float64                // error of log det that the nodes were chosen for; 0: none
	Reached   float64                // largest estimated error of the preferred method over the box
	Preferred string                 // the fitted method that did best, "" when there is none
	Refusal   string                 // why there is none
	Scores    []LogDetScore

	Measure       *measure.Model
	Bracket       *bracket.Model
	Sampled       *sampled.Model
	RealLambda    *lambda.Model[float64]
	ComplexLambda *lambda.Model[complex128]
	LambdaModes   int     // principal coordinates in which the weights of sampled families are made
	LambdaError   float64 // largest error of log det at nodes that are not combined
	LambdaFactor  float64 // the same over its indicator n·η
	LambdaAbsSum  float64 // largest Σ|λ| there

	// What errors of A do to log det at left-out samples. Amplification is the
	// largest ratio of the absolute error of log det to the relative error of A,
	// with M terms; FullAmplification that to the estimated error of A with the
	// model of all samples, for three quarters of them. Where the family is
	// predicted to rounding both are those of perturbations within it; NaN when not
	// measured.
	Amplification, FullAmplification float64
	Objective                        string
	Objectives                       []ObjectiveScore
}

// LogDetScore says how well a fitted method does.
type LogDetScore struct {
	Method, Kind string
	Nodes        int
	// Error is the largest absolute error of log det at nodes that the method did
	// not know; of the measure the largest estimate over the box.
	Error float64
	Note  string
}

// LogDetValue is log det A_μ by a fitted method.
type LogDetValue struct {
	LogAbs   float64
	Phase    float64 // radians, on a branch that is continuous in μ
	HasPhase bool
	Estimate float64 // of the absolute error of log|det|, and of the phase where there is one
	// Lower and Upper bound log det rigorously for the parts as given; ±Inf where
	// nothing is known.
	Lower, Upper float64
	Outside      float64      // distance outside the nodes' box, in box widths
	Gradient     []complex128 // ∂/∂μ_j, when asked for
}

// reach sets the largest estimated error of the preferred method over points of
// the box.
func (l *LogDet) reach(ctx context.Context, m *Model, points *dense.Matrix[float64], threads int) error {
	estimates := make([]float64, points.Rows)
	errs := make([]error, points.Rows)
	err := scalar.Each(ctx, points.Rows, threads, func(i int) {
		var v LogDetValue
		v, errs[i] = m.LogDetAt(points.Row(i), l.Preferred, false)
		estimates[i] = v.Estimate
	})
	for i, e := range estimates {
		if errs[i] != nil && err == nil {
			err = errs[i]
		}
		l.Reached = math.Max(l.Reached, e)
	}
	return err
}

// reachPoints is the number of points of the box where estimates are compared
// with the tolerance.
const reachPoints = 1000

// Strip leaves nothing but what log det needs.
func (m *Model) Strip() {
	m.Real, m.Complex, m.RealInverse, m.ComplexInverse = nil, nil, nil, nil
	m.ColPtr, m.RowIdx, m.Preserve, m.pattern = nil, nil, nil, nil
	m.History, m.Terms = nil, nil
	if m.LogDet.Preferred != LogDetCombine {
		m.LogDet.RealLambda, m.LogDet.ComplexLambda = nil, nil
	}
}

// Methods lists the fitted methods that l holds, the preferred one first.
func (l *LogDet) Methods() []string {
	var list []string
	for _, m := range []struct {
		name string
		has  bool
	}{
		{LogDetMeasure, l.Measure != nil},
		{LogDetInterpolate, l.Sampled != nil},
		{LogDetCombine, l.RealLambda != nil || l.ComplexLambda != nil},
	} {
		switch {
		case m.has && m.name == l.Preferred:
			list = append([]string{m.name}, list...)
		case m.has:
			list = append(list, m.name)
		}
	}
	return list
}

// LogDetAt returns log det A_μ by a fitted method.
func (m *Model) LogDetAt(mu []float64, method string, gradient bool) (LogDetValue, error) {
	l := m.LogDet
	if len(mu) != len(m.Parameters) {
		return LogDetValue{}, fmt.Errorf("%d parameter values given, the family has %d parameters", len(mu), len(m.Parameters))
	}
	switch {
	case method == LogDetMeasure && l.Measure != nil:
		return m.logDetMeasure(mu, gradient)
	case method == LogDetInterpolate && l.Sampled != nil:
		return m.logDetInterpolate(mu, gradient)
	case method == LogDetCombine && l.RealLambda != nil:
		return logDetCombine(m, l.RealLambda, mu, gradient)
	case method == LogDetCombine && l.ComplexLambda != nil:
		return logDetCombine(m, l.ComplexLambda, mu, gradient)
	}
	return LogDetValue{}, fmt.Errorf("the bundle holds nothing for log det by %s", method)
}

// logDetInterpolate evaluates log det as a function of μ. Where it was fitted to
// slopes or to further matrices of the coefficient model of A, left-out samples
// do not show the error of that model, which knew them: its own estimate at μ is
// added.
func (m *Model) logDetInterpolate(mu []float64, gradient bool) (LogDetValue, error) {
	l := m.LogDet
	v, err := l.Sampled.At(mu)
	if err != nil {
		return LogDetValue{}, err
	}
	out := LogDetValue{
		LogAbs: v.LogAbs, Phase: v.Phase, HasPhase: v.HasPhase, Estimate: v.Estimate,
		Lower: math.Inf(-1), Upper: math.Inf(1), Outside: v.Extrapolation,
	}
	if v.HasPhase {
		out.Estimate = math.Hypot(v.Estimate, v.PhaseEstimate)
	}
	if gradient {
		out.Gradient = v.Gradient
	}
	if !l.Sampled.Modelled() {
		out.Estimate += m.sampleLogDetError()
		return out, nil
	}
	e, err := m.modelErrorAt(mu)
	if err != nil {
		return LogDetValue{}, err
	}
	if amp := l.FullAmplification; amp > 0 {
		out.Estimate += amp * e
	}
	return out, nil
}

// sampleLogDetError is the error of log det that comes from that of the samples
// themselves.
func (m *Model) sampleLogDetError() float64 {
	if amp := m.LogDet.FullAmplification; amp > 0 && m.Options.SampleError > 0 {
		return amp * m.Options.SampleError
	}
	return 0
}

// logDetMeasure evaluates the symbol measure of given parts.
func (m *Model) logDetMeasure(mu []float64, gradient bool) (LogDetValue, error) {
	alpha, err := m.positiveAlpha(mu)
	if err != nil {
		return LogDetValue{}, err
	}
	v, err := m.LogDet.Measure.At(alpha)
	if err != nil {
		return LogDetValue{}, err
	}
	out := LogDetValue{LogAbs: v.LogDet, Estimate: v.Estimate, Outside: m.outside(mu), Lower: math.Inf(-1), Upper: math.Inf(1)}
	if b := m.LogDet.Bracket; b != nil { // made last
		out.Lower, out.Upper = b.At(alpha)
	}
	if !gradient {
		return out, nil
	}
	out.Gradient = make([]complex128, len(mu))
	for j := range mu {
		d, err := m.Parts.Derivative(mu, j)
		if err != nil {
			return out, err
		}
		sum := 0.0
		for k, s := range v.Slope {
			sum += s * real(d[k]) / alpha[k]
		}
		out.Gradient[j] = complex(sum, 0)
	}
	return out, nil
}

// LogDetBounds returns rigorous bounds of log det A_μ for the parts as given, ±Inf
// where nothing is known.
func (m *Model) LogDetBounds(mu []float64) (lower, upper float64) {
	lower, upper = math.Inf(-1), math.Inf(1)
	if m.LogDet == nil || m.LogDet.Bracket == nil {
		return lower, upper
	}
	if alpha, err := m.positiveAlpha(mu); err == nil {
		return m.LogDet.Bracket.At(alpha)
	}
	return lower, upper
}

// SignError says that a coefficient of the parts is not positive, so that the
// symbol measure says nothing.
type SignError struct {
	Part  string
	Value complex128
}

func (e *SignError) Error() string {
	return fmt.Sprintf("the coefficient %s of %s is not positive: the measure does not hold there", showComplex(e.Value), e.Part)
}

func showComplex(z complex128) string {
	if imag(z) == 0 {
		return fmt.Sprintf("%.3g", real(z))
	}
	return fmt.Sprintf("%.3g", z)
}

// positiveAlpha returns the coefficients of the parts, all positive.
func (m *Model) positiveAlpha(mu []float64) ([]float64, error) {
	alpha, err := m.Parts.Alpha(mu)
	if err != nil {
		return nil, err
	}
	out := make([]float64, len(alpha))
	for k, a := range alpha {
		if !(real(a) > 0) || imag(a) != 0 || math.IsInf(real(a), 0) {
			return nil, &SignError{m.Parts.Files[k], a}
		}
		out[k] = real(a)
	}
	return out, nil
}

// logDetCombine combines log det of the nodes with weights λ(μ).
func logDetCombine[S scalar.Scalar](m *Model, model *lambda.Model[S], mu []float64, gradient bool) (LogDetValue, error) {
	l := m.LogDet
	alpha, err := m.lambdaAlpha(mu)
	if err != nil {
		return LogDetValue{}, err
	}
	coordinates := scalar.FromComplex[S](alpha)
	w, err := model.At(coordinates)
	if err != nil {
		return LogDetValue{}, err
	}
	nodes := make([]S, len(model.Nodes))
	for k, i := range model.Nodes {
		arg := 0.0
		if l.Phase != nil {
			arg = l.Phase[i]
		}
		nodes[k] = scalar.Of[S](l.LogAbs[i], arg)
	}
	v := model.LogDet(w, l.Size, nodes)
	out := LogDetValue{
		LogAbs: scalar.Real(v), Phase: scalar.Imag(v), HasPhase: scalar.IsComplex[S](),
		Outside: w.Outside, Estimate: lambdaSafety * l.LambdaError,
	}
	out.Lower, out.Upper = m.LogDetBounds(mu)
	if w.Directions > 0 && l.LambdaFactor > 0 {
		out.Estimate = 2 * l.LambdaFactor * float64(l.Size) * w.EtaLog
	}
	if w.AbsSum > l.LambdaAbsSum { // beyond what was seen at the nodes left out
		out.Estimate *= w.AbsSum / l.LambdaAbsSum
	}
	out.Estimate += logDetRoundOff*float64(l.Size)*w.AbsSum + w.AbsSum*m.sampleLogDetError()
	if m.Parts != nil {
		out.Outside = m.outside(mu)
	}
	if !gradient {
		return out, nil
	}
	slope, err := model.Slope(w, coordinates, l.Size, nodes)
	if err != nil {
		return out, err
	}
	out.Gradient = make([]complex128, len(mu))
	for j := range mu {
		d, err := m.lambdaAlphaDerivative(mu, j)
		if err != nil {
			return out, err
		}
		var sum complex128
		for k, s := range scalar.ToComplex(slope) {
			sum += s * d[k]
		}
		out.Gradient[j] = sum
	}
	return out, nil
}

// Constants of the estimates: rounding of log det per row of the matrix, and of
// weights without directions the factor on their largest left-out error.
const (
	logDetRoundOff = 8 * scalar.Eps
	lambdaSafety   = 3
)

// lambdaAlpha returns the coordinates in which the weights of log det are made:
// the parts' coefficients, or 1 and principal coordinates of the samples.
func (m *Model) lambdaAlpha(mu []float64) ([]complex128, error) {
	if m.Parts != nil {
		return m.Parts.Alpha(mu)
	}
	p, err := m.Interpolation.Predict(mu)
	if err != nil {
		return nil, err
	}
	alpha := []complex128{1}
	for _, v := range m.Interpolation.Principal(p.K)[:m.LogDet.LambdaModes] {
		alpha = append(alpha, complex(v, 0))
	}
	return alpha, nil
}

// lambdaAlphaDerivative returns the derivative of lambdaAlpha in μ_j.
func (m *Model) lambdaAlphaDerivative(mu []float64, j int) ([]complex128, error) {
	if m.Parts != nil {
		return m.Parts.Derivative(mu, j)
	}
	dk, err := m.Interpolation.Derivative(mu, j)
	if err != nil {
		return nil, err
	}
	basis := m.Interpolation.Basis
	d := make([]complex128, m.LogDet.LambdaModes+1)
	for l := range m.LogDet.LambdaModes {
		d[l+1] = complex(dense.Dotc(basis.Row(l), dk), 0)
	}
	return d, nil
}
