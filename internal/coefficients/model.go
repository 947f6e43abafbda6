package coefficients

import (
	"eimtool/internal/dense"
)

// Kinds of model, as named in flags and files.
const (
	KindAdaptive       = "adaptive-polynomial"
	KindBernstein      = "bernstein"
	KindRational       = "rational"
	KindGaussian       = "gaussian"
	KindAAA            = "aaa"
	KindFloaterHormann = "floater-hormann"
	KindTrigonometric  = "trigonometric"
	KindConstant       = "constant" // no parameter varies, or one sample: never chosen by name
	KindAuto           = "auto"
)

// Warps of a parameter, as named in flags and files.
const (
	WarpIdentity = "identity"
	WarpSqrt     = "sqrt"
	WarpLog      = "log"
	WarpInverse  = "inverse"
	WarpPeriodic = "periodic" // angle 2π μ / period
)

// Samples is what a model is fitted to: N snapshots of a family with p
// parameters.
type Samples struct {
	Names []string               // names of the p parameters
	Mu    *dense.Matrix[float64] // N × p parameter values
	// K holds one row per snapshot: its coordinates in an orthonormal basis, so
	// that the distance of two rows is the Frobenius distance of the matrices
	// and the norm of a row that of its matrix. With Complex it is
	// [real parts | imaginary parts]: column c+j, of 2c, is the imaginary part
	// of column j.
	K       *dense.Matrix[float64]
	Complex bool
	// Magic (N × m) holds the values at a few entries that determine the
	// family; the AAA candidate chooses its weights on them. May be nil.
	Magic *dense.Matrix[complex128]
}

// Options steer Fit; the zero value is the default.
type Options struct {
	Model    string            // one of the Kind names; "" means "auto"
	Warp     map[string]string // parameter → warp; missing = chosen by score
	Periodic []string          // periodic parameters, "name" or "name=period"
	Threads  int               // 0 = all processors; results do not depend on it
	Progress func(stage string, done, total int)
}

// Score records one candidate: what it was and how well it predicted the
// left-out samples (root mean square of the relative Frobenius error).
type Score struct {
	Model string
	Warps []string // per parameter
	Score float64  // +Inf when refused
	Note  string   // settings, or why it was refused
}

// Model is a fitted family A(μ). It is plain data; the zero value predicts
// nothing.
type Model struct {
	Names        []string
	Lower, Upper []float64 `doc:"training box, per parameter"`
	Complex      bool
	Samples      int       // N
	Mean         []float64 `doc:"mean of the samples' coordinates (complex: real parts, then imaginary parts)"`
	// Basis (r × coordinates) has orthonormal rows: the principal directions
	// of the samples, in which most parts keep their coefficients.
	Basis *dense.Matrix[float64] `doc:"orthonormal rows: principal directions of the samples"`
	// Parts are the fitted functions: the mean of the first Averaged ones is
	// the prediction. Parts[Second] (if ≥ 0) is of another kind than Parts[0]
	// and serves the error estimate; Parts[Fallback] (if ≥ 0) replaces a
	// rational part near its poles.
	Parts            []Part
	Averaged         int
	Second, Fallback int

	Chosen   []string // kinds of the averaged parts
	RunnerUp string   // kind of Parts[Second], "" if none
	Scores   []Score  // all candidates, best first
	Score    float64  // left-out score of the prediction
	Estimate Estimate

	LeftOut []LeftOut `bundle:"-"` // of the last Fit only
}

// LeftOut is the prediction of one sample without that sample (on grids:
// without its line).
type LeftOut struct {
	Sample int
	K      []float64 // predicted coordinates, as Samples.K
	Second []float64 // prediction of the second kind minus that of the first; nil without a second kind
	Norm   float64   // |A_i|
	Error  float64   // relative error of the prediction
}

// Axis maps one parameter to the coordinate in which a part is expressed:
// x = (warp(μ) − Centre)/Half, or the angle x = 2π(μ − Centre)/Period.
type Axis struct {
	Param        int // index into Model.Names
	Warp         string
	Centre, Half float64
	Period       float64
}

// Part is one fitted function of μ. Which fields are set depends on Kind;
// see the evaluation in part.go for the formulas.
type Part struct {
	Kind string
	Axes []Axis

	// Polynomial kinds: Σ_k Coef_k Π_d φ_{Indices[k·D+d]}(x_d), divided by
	// Σ_k DenCoef_k Π_d φ_{DenIndices[k·D+d]}(x_d) for the rational kind.
	Indices    []int                  `doc:"multi-indices of the polynomials, one per row of coef"`
	Coef       *dense.Matrix[float64] `doc:"coefficients, one row per function, one column per principal direction (or coordinate)"`
	DenIndices []int                  `doc:"multi-indices of the denominator"`
	DenCoef    []float64              `doc:"coefficients of the denominator"`
	DenMax     float64                // largest |denominator| on the samples

	// Gaussian kind: Σ_i Coef_i exp(−½|(x−Nodes_i)/Lengths|²) + Trend·[1, x].
	Nodes   *dense.Matrix[float64] `doc:"centres of the Gaussians, scaled parameters"`
	Lengths []float64              `doc:"lengths of the Gaussians"`
	Trend   *dense.Matrix[float64] `doc:"linear trend"`

	// Barycentric kinds: Σ_j w_j/(x−Support_j) Coef_j / Σ_j w_j/(x−Support_j).
	Support            []float64 `doc:"support points, scaled parameter"`
	WeightRe, WeightIm []float64 `doc:"barycentric weights"`
	// Full is set where Coef has the columns of Samples.K instead of the
	// principal coordinates (complex weights leave their span).
	Full bool
}

// Estimate holds what the error estimate of a prediction needs: the left-out
// events, their scaled positions, residuals and differences.
type Estimate struct {
	Axes       []Axis                 // scaled μ of the events
	Events     *dense.Matrix[float64] `doc:"scaled parameters of the left-out events"`
	Residual   []float64              `doc:"relative left-out residuals of the prediction"`
	Difference []float64              `doc:"relative differences of the two best kinds at left-out events"`
	Line       []int                  `doc:"per event, the axis of which a whole line was left out, -1 for single samples; absent with one parameter"`
	Factor     float64                // f, calibration of √(d² + s²)
	Ratio      float64                // min(1, median d / median d_i)
	Largest    float64                // max e_i
	SecondPoor bool                   // the second kind scores ten times worse or is missing
}

// Prediction is A(μ) in the coordinates of Samples.K, with its error.
type Prediction struct {
	K []float64
	// Second is the prediction of the second kind minus that of the first, as
	// far as it is known; nil without a second kind.
	Second        []float64
	ModelError    float64 // estimate of |error| / |A(μ)|; +Inf when nothing is known
	Modelled      bool    // false: the family is not modelled (left-out error above 5 %)
	Extrapolation float64 // distance outside the training box in box widths, 0 inside
}

// notModelled is the left-out score above which a family counts as not modelled.
const notModelled = 0.05
