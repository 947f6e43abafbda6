package reduced

import (
	"math"

	"eimtool/internal/dense"
	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
)

// Energy holds what the energy bound needs: residuals as coordinates in a basis
// that is orthonormal in the inner product of Ā⁻¹, Ā the matrix at the first node.
// Its k rows stand for up to t·nb + q·r residual terms.
type Energy[T scalar.Scalar] struct {
	Theta []float64        `doc:"q, positive coefficients of the reference matrix"`
	B     *dense.Matrix[T] `doc:"t x k*nb, coordinates of the right-hand-side terms by rows"`
	AV    *dense.Matrix[T] `doc:"q x k*r, coordinates of T_l V by rows"`
}

// energyMemory bounds the bytes of the two blocks of residual vectors held
// while the bound is prepared; beyond it there is no bound.
const energyMemory = 1 << 30

// energyBound returns the bound of Answer.EnergyBound. With positive
// semidefinite terms, vᴴ·A(μ)·v ≥ α·vᴴ·Ā·v for α = min_l θ_l(μ)/θ̄_l (the min-θ
// bound: Rozza, Huynh, Patera, Arch. Comput. Methods Eng. 15, 2008, section
// 4.1), so that the error e with A(μ)·e = ρ obeys |e|_Ā ≤ |ρ|_{Ā⁻¹}/α.
func (b *Basis[T]) energyBound(pt *Point[T], c *dense.Matrix[T]) float64 {
	if b.Energy == nil {
		return math.NaN()
	}
	alpha := math.Inf(1)
	for l, v := range pt.Theta {
		alpha = min(alpha, scalar.Real(v)/b.Energy.Theta[l])
	}
	if !(alpha > 0) {
		return math.NaN()
	}
	k := b.Energy.B.Cols / b.Columns
	rho := assembleBlock(b.Energy.B, pt.phi(), b.Columns, k, b.Columns)
	subtractProduct(rho, assembleBlock(b.Energy.AV, pt.Theta, b.Size(), k, c.Rows), c)
	bound := 0.0
	for j := range c.Cols {
		bound = max(bound, relative(dense.Norm(columnOf(rho, j))/alpha, b.energyNorm(columnOf(c, j))))
	}
	return bound
}

// energyNorm returns |V·c|_Ā.
func (b *Basis[T]) energyNorm(c []T) float64 {
	theta := make([]T, len(b.Energy.Theta))
	for l, v := range b.Energy.Theta {
		theta[l] = scalar.Of[T](v, 0)
	}
	h := assembleBlock(b.VAV, theta, b.Size(), len(c), len(c))
	y := dense.New[T](len(c), 1)
	subtractProduct(y, h, &dense.Matrix[T]{Rows: len(c), Cols: 1, Data: c})
	return math.Sqrt(max(0, -scalar.Real(dense.Dotc(c, y.Data))))
}

// energy prepares the energy bound where the caller vouches for the parts.
func (b *builder[T]) energy() error {
	theta := b.referenceTheta()
	if theta == nil {
		return nil
	}
	out := b.basis
	r, nb, q := out.V.Cols, out.Columns, b.p.Terms()
	f, err := b.factorise(b.nodePoints[0].Theta)
	if err != nil {
		return &ProblemError{What: "factorising", Mu: b.nodes[0], Err: err}
	}
	e := &energySpan[T]{builder: b, factor: f}
	for _, rhs := range b.p.RHS {
		for j := range nb {
			if err := e.add(columnOf(rhs, j)); err != nil {
				return err
			}
		}
	}
	err = b.p.eachTerm(b.ctx, out.V, b.opt.Threads, func(l int, y *dense.Matrix[T]) error {
		b.opt.Progress("energy bound", l, q)
		for j := range r {
			if err := e.add(columnOf(y, j)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	k, t := len(e.u), len(b.p.RHS)
	out.Energy = &Energy[T]{Theta: theta, B: dense.New[T](t, k*nb), AV: dense.New[T](q, k*r)}
	for i, coord := range e.coord {
		row, stride, j := out.Energy.B.Row(min(i, t*nb-1)/nb), nb, i%nb
		if past := i - t*nb; past >= 0 {
			row, stride, j = out.Energy.AV.Row(past/r), r, past%r
		}
		for s, v := range coord {
			row[s*stride+j] = v
		}
	}
	return nil
}

// referenceTheta returns the coefficients at the first node when the bound
// applies there and fits into memory, else nil.
func (b *builder[T]) referenceTheta() []float64 {
	terms := len(b.p.RHS)*b.basis.Columns + b.p.Terms()*b.basis.V.Cols
	if !b.p.Parts || 2*8*b.n*min(b.n, terms) > energyMemory {
		return nil
	}
	var theta []float64
	for _, v := range b.nodePoints[0].Theta {
		if !(scalar.Real(v) > 0) || scalar.Imag(v) != 0 {
			return nil
		}
		theta = append(theta, scalar.Real(v))
	}
	return theta
}

// energySpan is a basis u of residual vectors, orthonormal in the inner product
// of Ā⁻¹, with h = Ā⁻¹·u.
type energySpan[T scalar.Scalar] struct {
	*builder[T]
	factor Factor[T]
	u, h   [][]T
	coord  [][]T
}

// add takes w, which it overwrites: Gram-Schmidt twice, then the norm of what is
// left from a solution with what is left, so that it loses no digits.
func (e *energySpan[T]) add(w []T) error {
	if err := e.ctx.Err(); err != nil {
		return err
	}
	c := make([]T, len(e.u), len(e.u)+1)
	for range 2 {
		d := make([]T, len(e.u))
		for i, h := range e.h {
			d[i] = dense.Dotc(h, w)
		}
		for i, u := range e.u {
			dense.Axpy(-d[i], u, w)
			c[i] += d[i]
		}
	}
	g := &dense.Matrix[T]{Rows: len(w), Cols: 1, Data: append([]T(nil), w...)}
	if err := e.factor.Solve(e.ctx, g, matrix.NoTranspose); err != nil {
		return err
	}
	size := math.Sqrt(max(0, scalar.Real(dense.Dotc(w, g.Data))))
	if size > sampleDrop*math.Hypot(dense.Norm(c), size) {
		s := scalar.Of[T](1/size, 0)
		dense.Scale(s, w)
		dense.Scale(s, g.Data)
		e.u, e.h = append(e.u, w), append(e.h, g.Data)
		c = append(c, scalar.Of[T](size, 0))
	}
	e.coord = append(e.coord, c)
	return nil
}
