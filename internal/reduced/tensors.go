package reduced

import (
	"errors"
	"math/rand/v2"

	"eimtool/internal/dense"
	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
)

var errZero = errors.New("all solutions are zero")

// projectedColumns is the number of vectors that a term is applied to at a time.
const projectedColumns = 64

// part is a block of columns of V or Q, from column first on.
type part[T scalar.Scalar] struct {
	block *dense.Matrix[T]
	first int
	dual  bool // of Q
}

// split divides the columns of m into parts.
func split[T scalar.Scalar](m *dense.Matrix[T], dual bool) (parts []part[T]) {
	for lo := 0; lo < m.Cols; lo += projectedColumns {
		p := part[T]{block: dense.New[T](m.Rows, min(projectedColumns, m.Cols-lo)), first: lo, dual: dual}
		for k := range m.Rows {
			copy(p.block.Row(k), m.Row(k)[lo:])
		}
		parts = append(parts, p)
	}
	return parts
}

// tensors projects the terms, the right-hand sides and the probes on V and Q.
func (b *builder[T]) tensors() error {
	out, t := b.basis, b.opt.Threads
	r, d, q, nb := out.V.Cols, b.q.Cols, b.p.Terms(), out.Columns
	parts := append(split(out.V, false), split(b.q, true)...)
	b.q = nil
	out.VAV, out.QAV, out.QAQ = dense.New[T](q, r*r), dense.New[T](q, d*r), dense.New[T](q, d*d)
	for _, right := range parts {
		err := b.p.eachTerm(b.ctx, right.block, t, func(l int, y *dense.Matrix[T]) error {
			b.opt.Progress("projections", right.first*q+l, (r+d)*q)
			for _, left := range parts {
				switch g := left.block; {
				case !left.dual && !right.dual:
					place(out.VAV.Row(l), r, left.first, right.first, gram(g, y, t))
				case left.dual && !right.dual:
					place(out.QAV.Row(l), r, left.first, right.first, gram(g, y, t))
				case left.dual:
					place(out.QAQ.Row(l), d, left.first, right.first, gram(g, y, t))
				}
			}
			return b.ctx.Err()
		})
		if err != nil {
			return err
		}
	}
	out.VB, out.QB = dense.New[T](len(b.p.RHS), r*nb), dense.New[T](len(b.p.RHS), d*nb)
	nq := b.probes.Cols - b.opt.Probes
	out.ZQ, out.CQ, out.CV = dense.New[T](b.opt.Probes, d), dense.New[T](nq, d), dense.New[T](nq, r)
	for _, p := range parts {
		to := out.VB
		if p.dual {
			to = out.QB
		}
		for k, rhs := range b.p.RHS {
			place(to.Row(k), nb, p.first, 0, gram(p.block, rhs, t))
		}
		b.placeProbes(p)
	}
	for j := range nq {
		out.OutputNorm = append(out.OutputNorm, dense.Norm(columnOf(b.probes, b.opt.Probes+j)))
	}
	return nil
}

// placeProbes stores zᴴ·Q of the probes and cᵀ·V, cᵀ·Q of the outputs for one part.
func (b *builder[T]) placeProbes(p part[T]) {
	out := b.basis
	g := gram(b.probes, p.block, b.opt.Threads)
	for i := range g.Rows {
		switch j := i - b.opt.Probes; {
		case j >= 0 && p.dual:
			copy(out.CQ.Row(j)[p.first:], g.Row(i))
		case j >= 0:
			copy(out.CV.Row(j)[p.first:], g.Row(i))
		case p.dual:
			copy(out.ZQ.Row(i)[p.first:], g.Row(i))
		}
	}
}

// place copies g to (row, col) of the matrix m, stored by rows of length stride.
func place[T scalar.Scalar](m []T, stride, row, col int, g *dense.Matrix[T]) {
	for i := range g.Rows {
		copy(m[(row+i)*stride+col:], g.Row(i))
	}
}

// references sketches the equation preconditioned at the first nodes, unless
// every reduced matrix was positive definite: Galerkin alone is enough then.
func (b *builder[T]) references() error {
	out, t := b.basis, b.opt.Threads
	out.Positive = b.positive
	if b.positive {
		return nil
	}
	r, q, nb := out.V.Cols, b.p.Terms(), out.Columns
	rows := min(b.n, sketchRows*r)
	rng := rand.New(rand.NewPCG(b.opt.Seed, 0x737061727365))
	random := sparseSigns[T](rng, b.n, rows)
	count := min(references, len(b.nodes))
	for k := range count {
		b.opt.Progress("references", k, count)
		fail := func(err error) error {
			return &ProblemError{What: "preconditioning", Mu: b.nodes[k], Err: err}
		}
		pt := b.nodePoints[k]
		f, err := b.factorise(pt.Theta)
		if err != nil {
			return fail(err)
		}
		s := random.Clone()
		if err := f.Solve(b.ctx, s, matrix.ConjTranspose); err != nil {
			return fail(err)
		}
		ref := Reference[T]{Theta: pt.Theta, AV: dense.New[T](q, rows*r), B: dense.New[T](len(b.p.RHS), rows*nb)}
		err = b.p.eachTerm(b.ctx, out.V, t, func(l int, y *dense.Matrix[T]) error {
			g := gram(s, y, t)
			copy(ref.AV.Row(l), g.Data)
			return nil
		})
		if err != nil {
			return err
		}
		for l, rhs := range b.p.RHS {
			g := gram(s, rhs, t)
			copy(ref.B.Row(l), g.Data)
		}
		out.References = append(out.References, ref)
	}
	return nil
}
