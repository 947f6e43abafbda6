package sampled

import (
	"eimtool/internal/dense"
)

// Kinds of model, as recorded in Score, Function and Part.
const (
	KindPlain       = "interpolation"    // values alone, by package coefficients
	KindMinimumNorm = "minimum-norm"     // polynomials of minimal norm through values and slopes
	KindPolynomial  = "polynomial"       // polynomials of total degree, least squares on values and slopes
	KindKriging     = "gaussian-kriging" // Gaussian kernel on values and slopes
	KindMatern      = "matern-kriging"   // Matérn kernel of smoothness 5/2
	KindCubic       = "cubic-spline"     // one parameter
	KindQuintic     = "quintic-spline"   // one parameter
	KindGrid        = "tensor-spline"    // values on a full grid
)

// Model is log det as a function of μ. It is plain data; evaluation needs
// nothing else and may be done by several goroutines at once.
type Model struct {
	Names        []string
	Lower, Upper []float64 `doc:"training box, per parameter"`
	Samples      int       // N
	SlopeError   float64   // error of log det of the surrogate; +Inf when unknown
	LogAbs       *Function // log|det|
	Phase        *Function // phase in radians, continuous in μ; nil without
	Scores       []Score   // all candidates: those of log|det|, best first, then those of the phase
}

// Score records one candidate and how well it predicted left-out nodes.
type Score struct {
	Target  string  // "logabs" or "phase"
	Model   string  // one of the Kinds
	Note    string  // settings, or why it was refused
	Max     float64 // largest left-out error, absolute; +Inf when refused
	RMS     float64 // root mean square left-out error
	Slopes  bool    // it used slopes
	Virtual int     // nodes of the surrogate it used
}

// Function is one fitted real function of μ, with its error estimate.
type Function struct {
	Kind     string
	Virtual  int    // nodes of the surrogate it was fitted to
	Slopes   bool   // it was fitted to slopes
	Parts    []Part // their mean is the value
	Second   []Part // the mean of a model of another kind, for the estimate; may be absent
	Fallback []Part // replaces rational parts near their poles; may be absent
	Estimate *Estimate
}

// Value is log det at one μ.
type Value struct {
	LogAbs   float64
	Phase    float64 // radians, continuous in μ; meaningful with HasPhase
	HasPhase bool
	Gradient []complex128 // ∂ log det/∂μ_j: real part of log|det|, imaginary part of the phase
	// Estimate of the absolute error of LogAbs, +Inf when nothing is known; where
	// Modelled, the error of the surrogate itself comes on top.
	Estimate      float64
	PhaseEstimate float64 // of the absolute error of Phase, radians
	Extrapolation float64 // distance outside the training box in box widths, 0 inside
}

// Modelled reports whether the slopes or the nodes of the surrogate were used, so
// that its errors are in the values.
func (m *Model) Modelled() bool {
	for _, fn := range []*Function{m.LogAbs, m.Phase} {
		if fn != nil && (fn.Slopes || fn.Virtual > 0) {
			return true
		}
	}
	return false
}

// box returns the smallest and largest value of every parameter.
func box(mu *dense.Matrix[float64]) (lower, upper []float64) {
	lower = append([]float64(nil), mu.Row(0)...)
	upper = append([]float64(nil), mu.Row(0)...)
	for i := range mu.Rows {
		for j, v := range mu.Row(i) {
			lower[j], upper[j] = min(lower[j], v), max(upper[j], v)
		}
	}
	return lower, upper
}
