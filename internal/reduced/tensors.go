package reduced

import (
	"errors"
	"math/rand/v2"

	"eimtool/internal/dense"
	"eimtool/internal/matrix"
)

var errZero = errors.New("all solutions are zero")

// tensors projects the terms on V and Q.
func (b *builder[T]) tensors() error {
	out, t := b.basis, b.opt.Threads
	r, d, q := out.V.Cols, b.q.Cols, b.p.Terms()
	both := beside(out.V, b.q)
	out.VAV, out.QAV, out.QAQ = dense.New[T](q, r*r), dense.New[T](q, d*r), dense.New[T](q, d*d)
	err := b.p.eachTerm(b.ctx, both, t, func(l int, y *dense.Matrix[T]) error {
		b.opt.Progress("projections", l, q)
		g := gram(both, y, t)
		for i := range r {
			copy(out.VAV.Row(l)[i*r:(i+1)*r], g.Row(i)[:r])
		}
		for i := range d {
			copy(out.QAV.Row(l)[i*r:(i+1)*r], g.Row(r + i)[:r])
			copy(out.QAQ.Row(l)[i*d:(i+1)*d], g.Row(r + i)[r:])
		}
		return nil
	})
	if err != nil {
		return err
	}
	nb := out.Columns
	out.VB, out.QB = dense.New[T](len(b.p.RHS), r*nb), dense.New[T](len(b.p.RHS), d*nb)
	for k, rhs := range b.p.RHS {
		g := gram(both, rhs, t)
		copy(out.VB.Row(k), g.Data[:r*nb])
		copy(out.QB.Row(k), g.Data[r*nb:])
	}
	zq := gram(b.probes, both, t)
	kz := b.opt.Probes
	out.ZQ, out.CQ, out.CV = dense.New[T](kz, d), dense.New[T](zq.Rows-kz, d), dense.New[T](zq.Rows-kz, r)
	for i := range zq.Rows {
		if i < kz {
			copy(out.ZQ.Row(i), zq.Row(i)[r:])
			continue
		}
		copy(out.CV.Row(i-kz), zq.Row(i)[:r])
		copy(out.CQ.Row(i-kz), zq.Row(i)[r:])
		out.OutputNorm = append(out.OutputNorm, dense.Norm(columnOf(b.probes, i)))
	}
	return nil
}

// beside returns the block (x, y).
func beside[T interface{ float64 | complex128 }](x, y *dense.Matrix[T]) *dense.Matrix[T] {
	m := dense.New[T](x.Rows, x.Cols+y.Cols)
	for k := range m.Rows {
		copy(m.Row(k), x.Row(k))
		copy(m.Row(k)[x.Cols:], y.Row(k))
	}
	return m
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
