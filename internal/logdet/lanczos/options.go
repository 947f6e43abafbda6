package lanczos

import (
	"context"
	"fmt"
	"math"

	"eimtool/internal/dense"
	"eimtool/internal/scalar"
)

// Preconditioner is a Hermitian positive definite M = G·Gᴴ with solves for
// blocks of columns (n×k), such as a Cholesky factor of a matrix near A.
type Preconditioner[T scalar.Scalar] struct {
	Solve     func(ctx context.Context, b *dense.Matrix[T]) error // b ← M⁻¹·b
	HalfSolve func(ctx context.Context, b *dense.Matrix[T]) error // b ← G⁻ᴴ·b
	LogDet    float64                                             // log det M
}

// Options says how well to estimate. The zero value estimates with 32 vectors.
type Options struct {
	// Vectors is the number of random vectors. 0: with a Tolerance, 16 and then
	// a block more until it is met or MaxVectors are used; without, 32.
	Vectors    int
	MaxVectors int // bounds the automatic number; 0 means 256
	// Tolerance is the half width of the confidence interval to reach, absolute;
	// 0: none.
	Tolerance float64
	// MaxSteps bounds the Lanczos steps of one vector, at least 2; 0 means 1000.
	MaxSteps int
	// Seed starts the random vectors. Vector i depends on it and i alone.
	Seed uint64
	// Confidence is the least probability with which the interval LogDet ±
	// HalfWidth holds log det A; 0 means 0.95.
	Confidence float64
	// Block is the number of vectors that advance at once; 0 means 16. Three
	// blocks of n×Block scalars are held, four with a preconditioner.
	Block int
	// Traces holds exact values of tr C, tr C², ... (at most 4) of the matrix
	// whose logarithm is estimated: C = A or, with a preconditioner, M⁻¹·A. They
	// take away what the estimates of the same traces with the same vectors
	// are off (control variates): tr A and tr A² = |A|_F² of a grid operator do
	// the work of 10 to 30 times the vectors, those of M⁻¹·A near the identity
	// that of 100 and more. Values that the vectors contradict are refused.
	Traces  []float64
	Threads int // 0: all processors. The bits of the result do not depend on it
	// Progress, when set, is called after every block of vectors with the number
	// of those done and of those that may be needed.
	Progress func(done, total int)
}

// Result is an estimate of log det A.
type Result struct {
	LogDet float64
	// HalfWidth is the half width of the confidence interval around LogDet,
	// Truncation included.
	HalfWidth     float64
	StandardError float64 // of the mean over the vectors
	// Truncation is the estimated error of the quadrature that is left (Gauss
	// rules overestimate a logarithm), with that of rounding.
	Truncation float64
	Vectors    int // used
	Steps      int // most Lanczos steps of a vector
	Products   int // products of A with one vector
	// Converged says that HalfWidth is within the tolerance and, in every case,
	// that no quadrature was cut off by MaxSteps above its share of the error.
	Converged bool
}

// OptionError reports an argument that cannot be used.
type OptionError struct{ Field, Msg string }

func (e *OptionError) Error() string {
	return fmt.Sprintf("stochastic log det: %s: %s", e.Field, e.Msg)
}

// NotDefiniteError reports that A, or with a preconditioner M⁻¹·A, has shown an
// eigenvalue that is not positive.
type NotDefiniteError struct {
	Vector, Step int     // where, from 1
	Ritz         float64 // the Ritz value or Rayleigh quotient that is not positive
}

func (e *NotDefiniteError) Error() string {
	return fmt.Sprintf("stochastic log det: the matrix is not positive definite to working precision: Ritz value %.3g at step %d of vector %d; use a factorisation", e.Ritz, e.Step, e.Vector)
}

// PreconditionerError reports solves that are not those of a Hermitian positive
// definite matrix: a squared norm in its inner product has come out negative.
type PreconditionerError struct{ Vector, Step int }

func (e *PreconditionerError) Error() string {
	return fmt.Sprintf("stochastic log det: the preconditioner is not Hermitian positive definite to working precision (step %d of vector %d); use another one or none", e.Step, e.Vector)
}

// NumberError reports a product or a solve that gave a NaN or an infinite number.
type NumberError struct{ Vector, Step int }

func (e *NumberError) Error() string {
	return fmt.Sprintf("stochastic log det: a product with the matrix or a solve with the preconditioner gave a NaN or an infinite number at step %d of vector %d", e.Step, e.Vector)
}

// Defaults of Options.
const (
	defaultVectors    = 32
	defaultMaxVectors = 256
	defaultMaxSteps   = 1000
	defaultBlock      = 16
	defaultConfidence = 0.95
	mostConfidence    = 1 - 1e-9
	startVectors      = 16
	mostTraces        = 4
	leastSteps        = 2 // norms with a preconditioner come a step later
	leastVectors      = 4 // beyond the number of traces, for an interval
)

// withDefaults returns o with the defaults filled in, or what is wrong with it.
func (o Options) withDefaults() (Options, error) {
	for _, v := range []struct {
		name  string
		value *int
		zero  int
	}{
		{"most vectors", &o.MaxVectors, defaultMaxVectors},
		{"steps", &o.MaxSteps, defaultMaxSteps},
		{"block", &o.Block, defaultBlock},
	} {
		if *v.value == 0 {
			*v.value = v.zero
		}
		if *v.value < 1 {
			return o, &OptionError{v.name, fmt.Sprintf("%d, want at least 1", *v.value)}
		}
	}
	if o.Confidence == 0 {
		o.Confidence = defaultConfidence
	}
	least := leastVectors + len(o.Traces)
	switch {
	case o.Vectors < 0 || o.Vectors > 0 && o.Vectors < least:
		return o, &OptionError{"vectors", fmt.Sprintf("%d, want at least %d for an interval", o.Vectors, least)}
	case o.MaxVectors < least:
		return o, &OptionError{"most vectors", fmt.Sprintf("%d, want at least %d for an interval", o.MaxVectors, least)}
	case o.MaxSteps < leastSteps:
		return o, &OptionError{"steps", fmt.Sprintf("%d, want at least %d", o.MaxSteps, leastSteps)}
	case !(o.Tolerance >= 0) || math.IsInf(o.Tolerance, 0):
		return o, &OptionError{"tolerance", fmt.Sprintf("%g, want 0 or a positive number", o.Tolerance)}
	case !(o.Confidence > 0 && o.Confidence <= mostConfidence):
		return o, &OptionError{"confidence", fmt.Sprintf("%g, want a number between 0 and 1-1e-9", o.Confidence)}
	case len(o.Traces) > mostTraces:
		return o, &OptionError{"traces", fmt.Sprintf("%d, want at most %d", len(o.Traces), mostTraces)}
	case !scalar.AllFinite(o.Traces):
		return o, &OptionError{"traces", "hold a NaN or an infinite value"}
	}
	return o, nil
}
