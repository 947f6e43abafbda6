package reduced

import (
	"eimtool/internal/dense"
	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
)

const (
	dualFactor   = 4  // vectors of Q per vector of V
	outputFactor = 2  // of these, at most so many for the adjoint solutions of outputs
	heldFactor   = 6  // adjoint directions held while they are collected, per vector of V
	dualNodes    = 40 // nodes at which adjoint solutions of the probes are taken
)

// newDuals prepares the collection of adjoint solutions.
func (b *builder[T]) newDuals() {
	held := min(b.n, heldFactor*b.opt.MaxBasis)
	b.dual = newSpan[T](b.ctx, b.n, held, b.opt.Threads, sampleDrop)
	if b.p.Quantity != nil && b.p.Quantity.Cols > 0 {
		b.dualOut = newSpan[T](b.ctx, b.n, held, b.opt.Threads, sampleDrop)
	}
}

// adjoints takes adjoint solutions with factor f: of the probes, if asked for,
// and of the outputs.
func (b *builder[T]) adjoints(f Factor[T], probes bool) error {
	first := 0
	if !probes {
		first = b.opt.Probes
	}
	if first == b.probes.Cols {
		return nil
	}
	y := dense.New[T](b.n, b.probes.Cols-first)
	for k := range b.n {
		copy(y.Row(k), b.probes.Row(k)[first:])
	}
	if err := f.Solve(b.ctx, y, matrix.ConjTranspose); err != nil {
		return err
	}
	count := b.opt.Probes - first
	if err := b.collect(b.dual, y, 0, count); err != nil {
		return err
	}
	return b.collect(b.dualOut, y, count, y.Cols)
}

// collect adds columns lo to hi-1 of y, scaled to norm 1, to s, which is
// compressed when it is full.
func (b *builder[T]) collect(s *span[T], y *dense.Matrix[T], lo, hi int) error {
	if lo == hi {
		return nil
	}
	held := min(b.n, heldFactor*b.opt.MaxBasis)
	if s.size()+hi-lo > held && held < b.n {
		if err := s.compress(2 * held / 3); err != nil {
			return err
		}
	}
	block := dense.New[T](b.n, hi-lo)
	for j := range block.Cols {
		v := columnOf(y, lo+j)
		if !normalise(v) {
			clear(v)
		}
		for k, a := range v {
			block.Data[k*block.Cols+j] = a
		}
	}
	return s.addBlock(block)
}

// reduceDual makes Q of 4·r vectors: first the POD of the adjoint solutions of
// outputs, whose corrections need many digits of them, then that of what the
// adjoint solutions of the probes have beside it, of which an estimate needs
// one digit. Both take turns, so that the first vectors serve both.
func (b *builder[T]) reduceDual() error {
	r := b.basis.V.Cols
	d := min(b.n, dualFactor*r)
	all := newSpan[T](b.ctx, b.n, min(b.n, 2*d), b.opt.Threads, sampleDrop)
	outputs, err := b.takeOutputs(all, outputFactor*r)
	if err != nil {
		return err
	}
	u, sigma, err := b.dual.pod()
	if err != nil {
		return err
	}
	b.basis.DualSigma = sigma
	count := cut(sigma, min(d, len(sigma)), 0)
	if outputs == 0 {
		b.q = b.dual.combine(u, count)
		b.dual = nil
		return nil
	}
	probes := b.dual.combine(u, count)
	b.dual = nil
	for j := range count {
		v := columnOf(probes, j)
		dense.Scale(scalar.Of[T](sigma[j], 0), v)
		if _, err := all.add(v); err != nil {
			return err
		}
	}
	if u, sigma, err = all.pod(); err != nil {
		return err
	}
	count = cut(sigma, min(d, len(sigma)), 0)
	b.q = all.combine(interleave(u, outputs, count), count)
	return nil
}

// heavy is the weight of the directions of outputs against those of probes,
// whose singular vectors then come behind.
const heavy = 1e6

// takeOutputs puts the leading directions of the adjoint solutions of the
// outputs into s and returns their number.
func (b *builder[T]) takeOutputs(s *span[T], most int) (int, error) {
	if b.dualOut == nil || len(b.dualOut.coord) == 0 {
		return 0, nil
	}
	u, sigma, err := b.dualOut.pod()
	if err != nil {
		return 0, err
	}
	count := cut(sigma, min(most, len(sigma)), 0)
	q := b.dualOut.combine(u, count)
	b.dualOut = nil
	for j := range count {
		v := columnOf(q, j)
		dense.Scale(scalar.Of[T](heavy*(2-float64(j)/float64(count)), 0), v) // the weights keep the order
		if _, err := s.add(v); err != nil {
			return 0, err
		}
	}
	return count, nil
}

// interleave returns the first count columns of u in an order in which the
// first outputs of them and the rest take turns.
func interleave[T scalar.Scalar](u *dense.Matrix[T], outputs, count int) *dense.Matrix[T] {
	m := dense.New[T](u.Rows, count)
	first, second := 0, min(outputs, count)
	for j := range count {
		from := second
		if first < min(outputs, count) && (j%2 == 0 || second == count) {
			from = first
			first++
		} else {
			second++
		}
		for i := range u.Rows {
			m.Set(i, j, u.At(i, from))
		}
	}
	return m
}
