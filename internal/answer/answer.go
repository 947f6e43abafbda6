// Package answer solves A_μ x = b_μ with a bundle: it chooses among the methods
// that the bundle allows, estimates the error of x with respect to the true
// A_μ, and accepts or refuses the answer.
//
//	reduced      Galerkin or least squares in the reduced basis; free of n
//	interpolate  the samples' solutions as functions of μ, in the same basis
//	combine      weights λ(μ) on the samples' solutions (arXiv 1710.02488)
//	direct       factorisation of Ã_μ, improved by the model of all samples
//	             where the bundle keeps them
//	krylov       iteration with the factor of the nearest term
//
// It gives log det A_μ in the same way (NewLogDet): by a method that was fitted
// offline, by factorisation, or by stochastic Lanczos quadrature.
//
// It reads no files itself: a Source completes the parts of a model that were
// left on disk, when they are needed.
package answer

import (
	"context"
	"fmt"
	"math"
	"math/cmplx"

	"eimtool/internal/dense"
	"eimtool/internal/surrogate"
)

// Methods, as named in flags and results.
const (
	Auto        = "auto"
	Direct      = "direct"
	Reduced     = "reduced"
	Combine     = "combine"
	Interpolate = "interpolate"
	Krylov      = "krylov"
)

// Methods lists the names that Options.Method may have.
func Methods() []string { return []string{Auto, Direct, Reduced, Combine, Interpolate, Krylov} }

// Kinds of estimate.
const (
	Calibrated = "calibrated"
	Rigorous   = "rigorous-for-surrogate"
)

// Source completes a member of the model that was left on disk, by its path
// such as "real/table".
type Source interface{ Fetch(path string) error }

// Options of New. The zero value asks for x by the best method.
type Options struct {
	Method    string  // "" means Auto
	Tolerance float64 // on the estimated error of x, or of the quantity; 0: none was given
	Transpose bool    // solve Aᵀ x = b
	// Preconditioner of Krylov: Nearest (also "") or Combination.
	Preconditioner string
	Derivative     int // 1-based parameter of ∂x/∂μ_j; 0: x itself
	Threads        int
	Memory         int64 // bytes that a factorisation may take; 0: no limit
	Points         int   // how many points will be asked for: decides what preparation pays
	// RHS overrides the right-hand side that the bundle is prepared for.
	RHS *dense.Matrix[complex128]
	// Quantity asks for cᵀx instead of x, c being its columns.
	Quantity *dense.Matrix[complex128]
	// NoEstimate leaves out the estimates of reduced answers.
	NoEstimate bool
}

// Point is one parameter point: μ, or what probes say of A_μ, or both.
type Point struct {
	Mu     []float64
	Answer *surrogate.Answer
}

// Result is the answer at one point. Errors are in the 2-norm relative to the x
// found, the largest over the right-hand sides; NaN where something was not
// computed. An estimate e below 1 bounds the error relative to the true x by
// e/(1−e).
type Result struct {
	Method   string
	Reason   string // why this method
	Accepted bool   // the estimate meets the tolerance, or none was given
	Warnings []string

	Residual      float64 // |b − Ã x|/|b| with the matrix that was factorised
	BackwardError float64 // componentwise
	Condition     float64 // 1-norm
	Iterations    int     // of refinement, improvement or Krylov
	BasisSize     int
	Projection    string  // of reduced answers
	Estimate      float64 // of the error of x
	Reduction     float64 // its part from reducing or from iterating
	Model         float64 // its part from the model of A_μ (and b_μ)
	RoundOff      float64
	EstimateKind  string
	Bound         float64 // rigorous bound in the energy norm for the family as modelled

	X        *dense.Matrix[complex128] // complex systems, or complex b
	RealX    *dense.Matrix[float64]    // otherwise
	Quantity []Quantity                // one per column of c and of b, c first
	Complex  bool                      // the quantities are complex numbers
}

// Quantity is one output cᵀx.
type Quantity struct {
	Column, Right int // 0-based columns of c and of b
	Value         complex128
	Estimate      float64 // absolute
}

// QuantityError returns the largest estimate of a quantity relative to its
// value.
func (r *Result) QuantityError() float64 {
	worst := 0.0
	for _, q := range r.Quantity {
		if q.Estimate > 0 || math.IsNaN(q.Estimate) {
			worst = math.Max(worst, q.Estimate/cmplx.Abs(q.Value))
		}
	}
	return worst
}

// MethodError says why a method cannot be used with a bundle.
type MethodError struct{ Method, Msg, Hint string }

func (e *MethodError) Error() string { return "--method " + e.Method + ": " + e.Msg }

// SingularError says that A_μ is singular, or nearly so, at a point.
type SingularError struct {
	Column    int // 0-based
	Pivot     float64
	Condition float64
	Reason    string
}

func (e *SingularError) Error() string {
	return fmt.Sprintf("the matrix is singular to working precision: column %d: %s (pivot %.2g, condition %.2g)",
		e.Column+1, e.Reason, e.Pivot, e.Condition)
}

// Solver answers points.
type Solver interface {
	// Solve answers points in order; every one has a result or an error. Many
	// points at once use all processors, but hold all solutions in memory.
	Solve(ctx context.Context, points []Point) ([]*Result, []error)
}

// New prepares answers with m. Parts of m that were left on disk are fetched
// from src when needed. The error is a *MethodError or about a right-hand side
// that does not fit.
func New(m *surrogate.Model, src Source, opt Options) (Solver, error) {
	if m.Rows != m.Cols {
		return nil, &MethodError{opt.Method, fmt.Sprintf("the matrices are %d x %d: only square ones can be solved with", m.Rows, m.Cols), ""}
	}
	if opt.Method == "" {
		opt.Method = Auto
	}
	if m.Field == surrogate.FieldReal {
		return newEngine[float64](m, src, opt)
	}
	return newEngine[complex128](m, src, opt)
}

// unknown returns a result with nothing measured.
func unknown(method string) *Result {
	nan := math.NaN()
	return &Result{
		Method: method, Residual: nan, BackwardError: nan, Condition: nan, Estimate: nan,
		Reduction: nan, Model: nan, RoundOff: nan, Bound: nan, EstimateKind: Calibrated,
	}
}
