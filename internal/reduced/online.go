package reduced

import (
	"fmt"
	"math"

	"eimtool/internal/dense"
	"eimtool/internal/scalar"
)

// Projections, as named in reports.
const (
	Galerkin     = "galerkin"
	LeastSquares = "least-squares" // preconditioned and sketched
)

// SolveOptions steer Basis.Solve; the zero value is the default.
type SolveOptions struct {
	Size       int  // number of vectors used, the first ones; 0 means all
	NoEstimate bool // coordinates only: the estimate is 90 % of the work
	Cheap      bool // half of the dual vectors and probes, factor at least 2.5
}

// Answer is a reduced solution at one μ. Errors are relative, in the 2-norm,
// the largest over the right-hand sides. +Inf means that nothing is known.
type Answer[T scalar.Scalar] struct {
	C          *dense.Matrix[T] // size × nb, coordinates in V
	Projection string
	Estimate   float64 // of the error of x: the sum of the next three; NaN with NoEstimate
	Reduction  float64 // from keeping r vectors
	Model      float64 // from the models of A(μ) and b(μ)
	RoundOff   float64 // from rounding, 4·ε·Condition
	Condition  float64 // estimate of the 1-norm condition number of A(μ)
	// EnergyBound bounds the relative error |x−Vc|/|Vc| against the solution of
	// the family as modelled, rigorously up to rounding, in the energy norm of the
	// reference matrix; NaN where it does not apply.
	EnergyBound float64

	system *dualSystem[T] // what the estimate was made of, for Outputs
}

// Solve returns the coordinates of x(μ). It fails when coefficients do not fit.
func (b *Basis[T]) Solve(pt *Point[T], opt SolveOptions) (*Answer[T], error) {
	if err := b.checkPoint(pt); err != nil {
		return nil, err
	}
	s := b.Size()
	if opt.Size > 0 {
		s = min(s, opt.Size)
	}
	p, err := b.project(pt, s)
	if err != nil {
		return nil, err
	}
	if opt.NoEstimate {
		a := &Answer[T]{Estimate: math.NaN(), Reduction: math.NaN(), Model: math.NaN(), RoundOff: math.NaN(), Condition: math.NaN(), EnergyBound: math.NaN()}
		a.C, a.Projection = p.byResidual()
		return a, nil
	}
	sys := b.dualSystem(pt, s, opt.Cheap)
	a := &Answer[T]{}
	var e []float64
	a.C, a.Projection, e = p.byError(sys)
	sys.fill(a, e)
	return a, nil
}

// projections holds the candidates for the coordinates of x(μ).
type projections[T scalar.Scalar] struct {
	galerkin *dense.Matrix[T]
	least    *dense.Matrix[T] // preconditioned least squares, nil where Galerkin alone is enough
	ratio    float64          // preconditioned residual of galerkin over that of least
}

// residualRatio is the ratio of preconditioned residuals up to which Galerkin
// coordinates are preferred where nothing else is known.
const residualRatio = 1.5

// project returns the candidates in the first s vectors.
func (b *Basis[T]) project(pt *Point[T], s int) (p projections[T], err error) {
	if p.galerkin, err = b.galerkin(pt, s); err != nil || len(b.References) == 0 {
		return p, err
	}
	p.least, p.ratio, err = b.leastSquares(pt, s, p.galerkin)
	return p, err
}

// byResidual chooses by the preconditioned residual.
func (p *projections[T]) byResidual() (c *dense.Matrix[T], name string) {
	if p.least == nil || p.ratio <= residualRatio {
		return p.galerkin, Galerkin
	}
	return p.least, LeastSquares
}

// byError chooses by the dual estimate, which it returns. Least residuals
// flatten resonances, Galerkin overshoots them: only the error tells.
func (p *projections[T]) byError(sys *dualSystem[T]) (c *dense.Matrix[T], name string, e []float64) {
	e = sys.errors(p.galerkin)
	if sys.lu == nil { // nothing is known of the errors
		c, name = p.byResidual()
		return c, name, e
	}
	if p.least != nil {
		if el := sys.errors(p.least); largest(el) < largest(e) {
			return p.least, LeastSquares, el
		}
	}
	return p.galerkin, Galerkin, e
}

func largest(x []float64) float64 {
	var m float64
	for _, v := range x {
		if v > m || math.IsNaN(v) {
			m = v
		}
	}
	return m
}

// galerkin returns c with Vᴴ·A·V·c = Vᴴ·b.
func (b *Basis[T]) galerkin(pt *Point[T], s int) (*dense.Matrix[T], error) {
	h := assembleBlock(b.VAV, pt.Theta, b.Size(), s, s)
	rhs := assembleBlock(b.VB, pt.phi(), b.Columns, s, b.Columns)
	return solveSquare(h, rhs)
}

// solveSquare returns x with h·x = rhs, of minimum norm among the least-squares
// solutions when h is exactly singular.
func solveSquare[T scalar.Scalar](h, rhs *dense.Matrix[T]) (*dense.Matrix[T], error) {
	lu, err := dense.LU(h)
	if err == nil {
		x := solveLU(lu, rhs)
		if scalar.AllFinite(x.Data) {
			return x, nil
		}
	}
	x, _, err := dense.LeastSquares(h, rhs, 0)
	if err != nil {
		return nil, fmt.Errorf("reduced basis: %w", err)
	}
	return x, nil
}

// solveLU returns x with A·x = rhs.
func solveLU[T scalar.Scalar](lu *dense.LUFactor[T], rhs *dense.Matrix[T]) *dense.Matrix[T] {
	if rhs.Cols == 1 {
		return &dense.Matrix[T]{Rows: rhs.Rows, Cols: 1, Data: lu.Solve(rhs.Data)}
	}
	x := dense.New[T](rhs.Rows, rhs.Cols)
	for j := range rhs.Cols {
		for i, v := range lu.Solve(columnOf(rhs, j)) {
			x.Set(i, j, v)
		}
	}
	return x
}

// leastSquares returns the c that minimises the sketched preconditioned
// residual |Θ·P·(b − A·V·c)| with the nearest reference, and the ratio of that of
// the Galerkin coordinates g to that of c.
func (b *Basis[T]) leastSquares(pt *Point[T], s int, g *dense.Matrix[T]) (c *dense.Matrix[T], ratio float64, err error) {
	ref := b.nearest(pt.Theta)
	rows := ref.AV.Cols / b.Size()
	m := assembleBlock(ref.AV, pt.Theta, b.Size(), rows, s)
	rhs := assembleBlock(ref.B, pt.phi(), b.Columns, rows, b.Columns)
	if c, _, err = dense.LeastSquares(m, rhs, 0); err != nil {
		return nil, 0, fmt.Errorf("reduced basis: %w", err)
	}
	return c, residualNorm(m, g, rhs) / residualNorm(m, c, rhs), nil
}

// residualNorm returns |rhs − m·c|, Frobenius norm.
func residualNorm[T scalar.Scalar](m, c, rhs *dense.Matrix[T]) float64 {
	r := rhs.Clone()
	subtractProduct(r, m, c)
	return dense.Norm(r.Data)
}

// subtractProduct computes r −= m·c.
func subtractProduct[T scalar.Scalar](r, m, c *dense.Matrix[T]) {
	if c.Cols == 1 {
		cc := conjugated(c.Data)
		for i := range m.Rows {
			r.Data[i] -= dense.Dotc(cc, m.Row(i))
		}
		return
	}
	for i := range m.Rows {
		ri := r.Row(i)
		for j, v := range m.Row(i) {
			dense.Axpy(-v, c.Row(j), ri)
		}
	}
}
