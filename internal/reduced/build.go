package reduced

import (
	"context"
	"math"
	"math/rand/v2"

	"eimtool/internal/dense"
	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
)

const (
	overshoot  = 1.5   // greedy vectors per vector kept
	sampleDrop = 1e-13 // part of a solution below which it adds no direction
	podDrop    = 1e-13 // singular values of normalised solutions below which they are rounding
	sketchRows = 2     // rows of the least-squares sketch per vector of V
)

// builder carries what the stages of Build share.
type builder[T scalar.Scalar] struct {
	ctx      context.Context
	p        *Problem[T]
	opt      Options
	n        int
	values   []T // assembled matrix
	termNorm []float64

	primal     *span[T]
	dual       *span[T]         // adjoint solutions of the probes
	dualOut    *span[T]         // adjoint solutions of the outputs, nil without outputs
	probes     *dense.Matrix[T] // n × K, followed by conj(c) of the outputs
	nodes      [][]float64
	nodePoints []*Point[T]
	history    []float64
	positive   bool

	solutions []*dense.Matrix[T] // at the left-out samples, by sample; others nil
	sizes     []float64          // norms of the samples' solutions, column by column
	q         *dense.Matrix[T]   // n × d
	basis     *Basis[T]
}

// Build makes the reduced basis of p. It solves at up to 1.5·r nodes and, where
// they are not given, at all samples; it keeps no factor. Errors are
// *ProblemError or ctx's.
func Build[T scalar.Scalar](ctx context.Context, p *Problem[T], opt Options) (*Basis[T], error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	b := &builder[T]{ctx: ctx, p: p, opt: opt.withDefaults(p.Dim), n: p.Pattern.Rows, basis: &Basis[T]{Combined: p.Combine != nil, Paired: p.Paired}}
	b.values = make([]T, p.Pattern.NNZ())
	b.primal = newSpan[T](ctx, b.n, min(b.n, b.limit()+len(p.Samples)*p.RHS[0].Cols), opt.Threads, newVector)
	b.newDuals()
	b.positive = p.selfAdjoint()
	b.basis.Columns = p.RHS[0].Cols
	for _, stage := range []func() error{
		b.terms, b.makeProbes, b.greedy, b.samples, b.reduce, b.reduceDual, b.tensors, b.references, b.calibrate, b.energy,
	} {
		if err := stage(); err != nil {
			return nil, b.explain(err)
		}
	}
	return b.basis, nil
}

// explain gives errors of the linear algebra the type that Build promises.
func (b *builder[T]) explain(err error) error {
	if b.ctx.Err() != nil {
		return b.ctx.Err()
	}
	if _, ok := err.(*ProblemError); ok {
		return err
	}
	return &ProblemError{What: "reducing the solutions", Err: err}
}

// terms measures the terms of the operator.
func (b *builder[T]) terms() error {
	for l := range b.p.Terms() {
		if err := b.p.term(b.ctx, l, b.values, b.opt.Threads); err != nil {
			return err
		}
		b.termNorm = append(b.termNorm, b.p.frobenius(b.values))
		b.basis.TermNorm1 = append(b.basis.TermNorm1, matrix.Norm1(b.p.Pattern, b.values))
	}
	b.basis.TermNorm = b.termNorm
	for _, s := range b.p.Samples {
		b.basis.Norm1 = max(b.basis.Norm1, matrix.Norm1(b.p.Pattern, s.Values))
	}
	return nil
}

// makeProbes draws the probes and appends the conjugated output vectors.
func (b *builder[T]) makeProbes() error {
	rng := rand.New(rand.NewPCG(b.opt.Seed, 0x70726f626573))
	z := gaussian[T](rng, b.n, b.opt.Probes)
	nq := 0
	if b.p.Quantity != nil {
		nq = b.p.Quantity.Cols
	}
	b.probes = dense.New[T](b.n, z.Cols+nq)
	for k := range b.n {
		row := b.probes.Row(k)
		copy(row, z.Row(k))
		if nq > 0 {
			conjugateInto(row[z.Cols:], b.p.Quantity.Row(k))
		}
	}
	return nil
}

func (b *builder[T]) factorise(theta []T) (Factor[T], error) {
	if err := b.p.assemble(b.ctx, theta, b.values, b.opt.Threads); err != nil {
		return nil, err
	}
	return b.p.Factorise(b.ctx, b.values)
}

// limit returns the largest number of vectors of the greedy algorithm.
func (b *builder[T]) limit() int {
	return min(b.n, int(math.Ceil(overshoot*float64(b.opt.MaxBasis))))
}

// greedy chooses nodes and solves there.
func (b *builder[T]) greedy() error {
	g, err := newGreedy(b, b.limit())
	if err != nil {
		return err
	}
	if err := g.run(); err != nil {
		return err
	}
	b.basis.History = b.history
	b.basis.Nodes = dense.New[float64](len(b.nodes), len(b.nodes[0]))
	for i, mu := range b.nodes {
		copy(b.basis.Nodes.Row(i), mu)
	}
	return nil
}

// samples adds the solutions at the true samples.
func (b *builder[T]) samples() error {
	wanted := make([]bool, len(b.p.Samples))
	for _, l := range b.p.LeftOut {
		wanted[l.Sample] = true
	}
	b.primal.drop = sampleDrop
	b.solutions = make([]*dense.Matrix[T], len(b.p.Samples))
	for i, s := range b.p.Samples {
		b.opt.Progress("samples", i, len(b.p.Samples))
		x := s.Solution
		if x == nil {
			f, err := b.p.Factorise(b.ctx, s.Values)
			if err != nil {
				return &ProblemError{What: "factorising a sample", Mu: s.Mu, Err: err}
			}
			x = s.RHS.Clone()
			if err := f.Solve(b.ctx, x, matrix.NoTranspose); err != nil {
				return &ProblemError{What: "solving for a sample", Mu: s.Mu, Err: err}
			}
			// Where solutions are given there is no factor for this.
			if err := b.adjoints(f, false); err != nil {
				return &ProblemError{What: "solving for the adjoint at a sample", Mu: s.Mu, Err: err}
			}
		}
		if wanted[i] {
			b.solutions[i] = x
		}
		for j := range x.Cols {
			v := columnOf(x, j)
			b.sizes = append(b.sizes, dense.Norm(v))
			normalise(v)
			if _, err := b.primal.add(v); err != nil {
				return err
			}
		}
	}
	return nil
}

// reduce makes V: the POD of all solutions, cut where the rest is below a tenth
// of the tolerance, at rounding, or at the largest size.
func (b *builder[T]) reduce() error {
	u, sigma, err := b.primal.pod()
	if err != nil {
		return err
	}
	r := cut(sigma, min(b.opt.MaxBasis, len(sigma)), b.opt.Tolerance/10)
	if r == 0 {
		return &ProblemError{What: "reducing the solutions", Err: errZero}
	}
	out := b.basis
	out.Sigma = sigma
	out.V = b.primal.combine(u, r)
	out.Unknowns, out.Vectors = b.n, r
	// Coordinates of the samples, the last vectors taken: Vᴴ·x = U_rᴴ·coord.
	first := len(b.primal.coord) - len(b.p.Samples)*out.Columns
	all := b.primal.coordinates()
	out.Solutions = dense.New[T](all.Cols-first, r)
	for i := range out.Solutions.Rows {
		x := columnOf(all, first+i)
		full := dense.Norm(x)
		c := out.Solutions.Row(i)
		for k := range r {
			c[k] = dense.Dotc(columnOf(u, k), x)
		}
		for k := range r {
			dense.Axpy(-c[k], columnOf(u, k), x)
		}
		out.SolutionProjection = append(out.SolutionProjection, relative(dense.Norm(x), full))
		dense.Scale(scalar.Of[T](b.sizes[i], 0), c) // the span holds them with norm 1
	}
	b.primal = nil
	return nil
}

// cut returns the least k ≤ most with (Σ_{i≥k} sigma_i²)^½ ≤ tail, without
// singular values at rounding.
func cut(sigma []float64, most int, tail float64) int {
	for most > 0 && sigma[most-1] <= podDrop*sigma[0] {
		most--
	}
	sum := 0.0
	for i := len(sigma) - 1; i >= 0; i-- {
		sum += sigma[i] * sigma[i]
		if math.Sqrt(sum) > tail {
			return min(most, i+1)
		}
	}
	return min(most, 0)
}
