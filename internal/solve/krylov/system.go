package krylov

import (
	"context"
	"fmt"

	"eimtool/internal/dense"
	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
)

// Operator computes y = A·x for blocks of vectors. x and y do not overlap.
type Operator[T scalar.Scalar] func(ctx context.Context, x, y *dense.Matrix[T]) error

// Preconditioner overwrites b by op(M)⁻¹·b for an M near A. A factor of a
// matrix of package solve is one.
type Preconditioner[T scalar.Scalar] interface {
	Solve(ctx context.Context, b *dense.Matrix[T], op matrix.Op) error
}

// Kind says what is known of a matrix.
type Kind uint8

// The kinds of matrices.
const (
	General   Kind = iota
	Hermitian      // A = Aᴴ: real symmetric or complex Hermitian
	Symmetric      // complex symmetric, A = Aᵀ; the same as Hermitian for real ones
)

// System is a matrix with what is known of it.
type System[T scalar.Scalar] struct {
	N     int // order
	Apply Operator[T]
	Kind  Kind
	// Definite says that a Hermitian matrix is believed to be positive definite:
	// conjugate gradients are tried first.
	Definite bool
	// Norm is |A|₂ or an estimate of it, for the backward error alone; 0 means
	// the largest |A·v|/|v| met, which is at most |A|₂.
	Norm float64
	// Residual computes r = b - A·x more accurately than Apply allows; nil
	// means from Apply. Acceptance rests on it.
	Residual func(ctx context.Context, b, x, r *dense.Matrix[T]) error
	// Preconditioner may be nil. For conjugate gradients it must be Hermitian
	// positive definite, for the bilinear form symmetric; where it turns out
	// not to be, GMRES takes over.
	Preconditioner Preconditioner[T]
}

// Methods.
const (
	Auto  = "auto"
	CG    = "cg"
	COCG  = "cocg"
	GMRES = "gmres"
)

// Options steer a solution. The zero value means the defaults.
type Options struct {
	Method    string  // Auto (also ""), CG, COCG or GMRES
	Tolerance float64 // of the stopping rule; 0 means 1e-10
	// MaxIterations bounds the products with A per right-hand side; 0 means 2000.
	MaxIterations int
	// Restart is the number of basis vectors of GMRES; 0 means 50.
	Restart int
	// Flexible keeps the preconditioned basis of GMRES, for preconditioners
	// that are not the same linear map at every call, at twice the memory
	// (Saad, SIAM J. Sci. Comput. 14(2), 1993).
	Flexible bool
}

// OptionError reports an option or argument that makes no sense.
type OptionError struct{ Name, Msg string }

func (e *OptionError) Error() string { return fmt.Sprintf("krylov: %s: %s", e.Name, e.Msg) }

func (o Options) withDefaults() (Options, error) {
	if o.Method == "" {
		o.Method = Auto
	}
	if o.Tolerance == 0 {
		o.Tolerance = 1e-10
	}
	if o.MaxIterations == 0 {
		o.MaxIterations = 2000
	}
	if o.Restart == 0 {
		o.Restart = 50
	}
	switch {
	case o.Method != Auto && o.Method != CG && o.Method != COCG && o.Method != GMRES:
		return o, &OptionError{"method", fmt.Sprintf("unknown %q, want %s, %s, %s or %s", o.Method, Auto, CG, COCG, GMRES)}
	case !(o.Tolerance > 0 && o.Tolerance < 1):
		return o, &OptionError{"tolerance", fmt.Sprintf("%g, want a number between 0 and 1", o.Tolerance)}
	case o.MaxIterations < 1:
		return o, &OptionError{"iterations", fmt.Sprintf("at most %d, want at least 1", o.MaxIterations)}
	case o.Restart < 1:
		return o, &OptionError{"restart", fmt.Sprintf("after %d vectors, want at least 1", o.Restart)}
	}
	return o, nil
}

// Reasons for which an iteration ends. Only the first means convergence.
const (
	ReasonTolerance  = "tolerance"  // the stopping rule holds
	ReasonRounding   = "rounding"   // the backward error is at the level of rounding, but the rule does not hold
	ReasonStagnation = "stagnation" // the residual no longer falls
	ReasonBreakdown  = "breakdown"  // the recurrence cannot go on
	ReasonIndefinite = "indefinite" // negative curvature: the matrix or the preconditioner is not positive definite
	ReasonIterations = "iterations" // MaxIterations products are spent
)

// Report says how the solution for one right-hand side went.
type Report struct {
	Method     string // the method that ended it
	Left       string // the method left for it, "" if none
	LeftReason string
	Iterations int     // products with A in the recurrences
	Restarts   int     // times the residual was computed anew and iterated on
	Residual   float64 // |b - A·x|/|b|, computed anew at the end
	Backward   float64 // |b - A·x|/(|A|·|x| + |b|), see System.Norm
	Converged  bool
	Reason     string
}

// NonFiniteError reports a NaN or an infinity.
type NonFiniteError struct {
	What   string
	Column int // 0-based right-hand side
}

func (e *NonFiniteError) Error() string {
	return fmt.Sprintf("krylov: the %s for right-hand side %d holds a NaN or an infinite value", e.What, e.Column+1)
}
