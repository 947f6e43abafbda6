package reduced

import (
	"context"
	"fmt"

	"eimtool/internal/dense"
	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
)

// Operator is the family A(μ) = Σ_l θ_l(μ)·T_l of matrices on one pattern, with
// T_l = Σ_i Combine[l,i]·Rows[i]. A nil Combine means T_l = Rows[l]. A Hermitian
// pattern stores one triangle: its Combine and all coefficients must be real.
type Operator[T scalar.Scalar] struct {
	Pattern *matrix.Pattern
	Rows    [][]T            // values of N matrices on the pattern
	Combine *dense.Matrix[T] // q × N or nil
}

// Terms returns q, the number of terms T_l.
func (o *Operator[T]) Terms() int {
	if o.Combine != nil {
		return o.Combine.Rows
	}
	return len(o.Rows)
}

// Point is the family at one μ.
type Point[T scalar.Scalar] struct {
	Theta      []T     // q coefficients of the terms
	Second     []T     // q coefficients of A₂(μ) − A(μ), A₂ another model of the family; or nil
	Phi        []T     // coefficients of the right-hand-side terms; nil means 1 for a single term
	ModelError float64 // estimate of the relative error of A(μ), Frobenius norm; 0 for exact parts
	RHSError   float64 // estimate of the relative error of b(μ); 0 when b is exact
}

// Factor solves systems with one factorised matrix.
type Factor[T scalar.Scalar] interface {
	// Solve overwrites b (n × k) by the solution of op(A)·X = b.
	Solve(ctx context.Context, b *dense.Matrix[T], op matrix.Op) error
}

// Sample is one sample of the family as it was given.
type Sample[T scalar.Scalar] struct {
	Mu       []float64
	Values   []T              // the matrix on the pattern of the operator
	RHS      *dense.Matrix[T] // n × nb, its right-hand side
	Solution *dense.Matrix[T] // n × nb, nil when it is to be computed
}

// LeftOut is a sample with the family predicted there without that sample.
type LeftOut[T scalar.Scalar] struct {
	Sample int // index into Problem.Samples
	Point  *Point[T]
}

// Problem is the family whose solutions are to be reduced.
type Problem[T scalar.Scalar] struct {
	Operator[T]
	// RHS are the terms of b(μ) = Σ_t φ_t(μ)·RHS_t, each n × nb.
	RHS []*dense.Matrix[T]
	// At returns the family at any μ of the box.
	At func(mu []float64) (*Point[T], error)
	// Factorise factorises the matrix with the given values on the pattern,
	// which it must not keep. Factors are used one after the other.
	Factorise func(ctx context.Context, values []T) (Factor[T], error)
	// FromUnit maps the unit cube of dimension Dim onto the (warped) box.
	FromUnit func(u []float64) []float64
	Dim      int

	// Paired says that the right-hand sides are real parts followed by as many
	// imaginary parts: errors are those of the complex columns.
	Paired bool

	Samples  []Sample[T]      // true samples, may be empty
	LeftOut  []LeftOut[T]     // for calibration: some 15 samples, may be empty
	Quantity *dense.Matrix[T] // n × nq, columns c of the outputs cᵀx (no conjugation), or nil
	// Parts says that the θ are exact coefficients of positive semidefinite
	// terms, checked by the caller: enables the energy bound where all θ > 0.
	Parts bool
}

// Options of Build; zero values stand for the defaults named.
type Options struct {
	MaxBasis  int     // largest number of vectors r, 60
	Tolerance float64 // relative error of x aimed at, 1e-10
	Seed      uint64  // of all random vectors
	Threads   int     // all processors when 0; changes no result
	Probes    int     // probes of the error estimate, 16
	Points    int     // candidates of the greedy algorithm, 1000 (600 with one parameter)
	Progress  func(stage string, done, total int)
}

func (o Options) withDefaults(dim int) Options {
	if o.MaxBasis <= 0 {
		o.MaxBasis = 60
	}
	if o.Tolerance <= 0 {
		o.Tolerance = 1e-10
	}
	if o.Probes <= 0 {
		o.Probes = 16
	}
	if o.Points <= 0 {
		o.Points = 1000
		if dim == 1 {
			o.Points = 600
		}
	}
	if o.Progress == nil {
		o.Progress = func(string, int, int) {}
	}
	return o
}

// ProblemError reports a problem that is not consistent, or a step of Build
// that failed at one parameter.
type ProblemError struct {
	What string    // what was done
	Mu   []float64 // where, nil when it concerns no single parameter
	Err  error
}

func (e *ProblemError) Error() string {
	if e.Mu == nil {
		return fmt.Sprintf("reduced basis: %s: %v", e.What, e.Err)
	}
	return fmt.Sprintf("reduced basis: %s at parameters %v: %v", e.What, e.Mu, e.Err)
}

// Unwrap returns the cause.
func (e *ProblemError) Unwrap() error { return e.Err }

// check refuses a problem whose shapes do not fit.
func (p *Problem[T]) check() error {
	bad := func(format string, a ...any) error {
		return &ProblemError{What: "the problem", Err: fmt.Errorf(format, a...)}
	}
	if p.Pattern == nil || p.Pattern.Rows != p.Pattern.Cols {
		return bad("the matrices are not square")
	}
	n, nnz := p.Pattern.Rows, p.Pattern.NNZ()
	if len(p.Rows) == 0 || len(p.RHS) == 0 {
		return bad("%d matrices and %d right-hand sides were given; at least one of each is needed", len(p.Rows), len(p.RHS))
	}
	if p.At == nil || p.Factorise == nil || p.FromUnit == nil {
		return bad("a function is missing")
	}
	for i, r := range p.Rows {
		if len(r) != nnz {
			return bad("matrix %d has %d values; the pattern has %d", i+1, len(r), nnz)
		}
	}
	if p.Combine != nil && p.Combine.Cols != len(p.Rows) {
		return bad("the terms combine %d matrices; there are %d", p.Combine.Cols, len(p.Rows))
	}
	for i, b := range p.RHS {
		if b.Rows != n || b.Cols != p.RHS[0].Cols || b.Cols == 0 {
			return bad("right-hand-side term %d is %d×%d; %d×%d was expected", i+1, b.Rows, b.Cols, n, max(1, p.RHS[0].Cols))
		}
	}
	for i, s := range p.Samples {
		if len(s.Values) != nnz || s.RHS == nil || s.RHS.Rows != n || s.RHS.Cols != p.RHS[0].Cols {
			return bad("sample %d does not fit the pattern or the right-hand sides", i+1)
		}
		if x := s.Solution; x != nil && (x.Rows != n || x.Cols != s.RHS.Cols) {
			return bad("the solution of sample %d is %d×%d; %d×%d was expected", i+1, x.Rows, x.Cols, n, s.RHS.Cols)
		}
	}
	for _, l := range p.LeftOut {
		if l.Sample < 0 || l.Sample >= len(p.Samples) {
			return bad("left-out sample %d of %d", l.Sample+1, len(p.Samples))
		}
		if err := p.checkPoint(l.Point); err != nil {
			return bad("left-out sample %d: %w", l.Sample+1, err)
		}
	}
	if p.Quantity != nil && p.Quantity.Rows != n {
		return bad("the quantity has %d rows; the matrices have %d", p.Quantity.Rows, n)
	}
	return nil
}

// checkPoint refuses coefficients of the wrong number or size.
func (p *Problem[T]) checkPoint(pt *Point[T]) error {
	return checkPoint(pt, p.Terms(), len(p.RHS))
}

func checkPoint[T scalar.Scalar](pt *Point[T], terms, rhs int) error {
	switch {
	case pt == nil:
		return fmt.Errorf("no coefficients")
	case len(pt.Theta) != terms || pt.Second != nil && len(pt.Second) != terms:
		return fmt.Errorf("%d coefficients for %d terms of the matrix", len(pt.Theta), terms)
	case len(pt.Phi) != rhs && (pt.Phi != nil || rhs != 1):
		return fmt.Errorf("%d coefficients for %d terms of the right-hand side", len(pt.Phi), rhs)
	case !scalar.AllFinite(pt.Theta) || !scalar.AllFinite(pt.Second) || !scalar.AllFinite(pt.Phi):
		return fmt.Errorf("a coefficient is NaN or infinite")
	}
	return nil
}

// phi returns the coefficients of the right-hand-side terms.
func (pt *Point[T]) phi() []T {
	if pt.Phi == nil {
		return []T{1}
	}
	return pt.Phi
}
