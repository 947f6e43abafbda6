package surrogate

import (
	"math"
	"math/rand/v2"
	"slices"

	"eimtool/internal/dense"
	"eimtool/internal/eim"
	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
)

// The goal block makes the coefficients fit what the matrices do to solutions
// instead of the matrices alone. With directions X = [x₁ … x_d], solutions of a
// few samples (without b: A_ref⁻¹ times Gaussian vectors), it holds per sample
// the vector P_i = vec(A_ref⁻¹ A_i X), sketched by a sparse sign matrix. The
// objective of the fit is then [K/rms|K| , w·P/rms|P|], K being the coordinates
// of the matrices: all of it is linear in the matrix.
const (
	goalDirections  = 5
	sketchNonzeros  = 4
	sketchLeastRows = 32
	goalSeed        = 0x676f616c
)

// goalBlock returns the coordinates (N × N or fewer columns) of P/rms|P|.
func goalBlock[S scalar.Scalar](s *systems[S], ref int, x *dense.Matrix[S]) (*dense.Matrix[S], error) {
	f, err := s.factor(ref)
	if err != nil {
		return nil, err
	}
	defer f.Release()
	n := len(s.rows)
	sketch := newSketch[S](max(sketchLeastRows, n/3), s.pattern.Rows, goalSeed)
	rows := make([][]S, n)
	for i := range rows {
		z, err := s.product(s.rows[i], x)
		if err != nil {
			return nil, err
		}
		if err := f.Solve(s.ctx, z, matrix.NoTranspose); err != nil {
			return nil, err
		}
		rows[i] = sketch.apply(z)
	}
	q := dense.NewTallQR[S](n)
	if err := q.Append(s.ctx, rows, nil, 1, s.threads); err != nil {
		return nil, err
	}
	p := q.K()
	normaliseRows(p)
	return p, nil
}

// normaliseRows divides a by the root mean square norm of its rows.
func normaliseRows[T scalar.Scalar](a *dense.Matrix[T]) {
	if rms := dense.Norm(a.Data) / math.Sqrt(float64(max(1, a.Rows))); rms > 0 {
		dense.Scale(scalar.Of[T](1/rms, 0), a.Data)
	}
}

// sketch is a sparse sign matrix: every column has sketchNonzeros entries ±1.
type sketch[S scalar.Scalar] struct {
	rows int
	at   []int32 // rows of the entries, sketchNonzeros per column
	sign []S
}

func newSketch[S scalar.Scalar](rows, n int, seed uint64) *sketch[S] {
	rng := rand.New(rand.NewPCG(seed, uint64(n)))
	k := &sketch[S]{rows: rows, at: make([]int32, n*sketchNonzeros), sign: make([]S, n*sketchNonzeros)}
	for i := range k.at {
		k.at[i] = int32(rng.IntN(rows))
		k.sign[i] = scalar.Of[S](float64(2*rng.IntN(2)-1), 0)
	}
	return k
}

// apply returns vec of the sketched columns of z.
func (k *sketch[S]) apply(z *dense.Matrix[S]) []S {
	out := make([]S, k.rows*z.Cols)
	for i := range z.Rows {
		row := z.Row(i)
		for e := i * sketchNonzeros; e < (i+1)*sketchNonzeros; e++ {
			to := out[int(k.at[e])*z.Cols:]
			for j, v := range row {
				to[j] += k.sign[e] * v
			}
		}
	}
	return out
}

// solutionDirections returns the normalised solutions of the first samples of
// the selection, at most goalDirections of them with all columns of b.
func solutionDirections[S scalar.Scalar](s *systems[S], samples []int) (*dense.Matrix[S], error) {
	var blocks []*dense.Matrix[S]
	for _, i := range samples[:min(goalDirections, len(samples))] {
		f, err := s.factor(i)
		if err != nil {
			return nil, err
		}
		x, err := s.solution(f, s.load(i))
		if err != nil {
			return nil, err
		}
		f.Release()
		blocks = append(blocks, x)
	}
	return normalisedColumns(dense.SideBySide(blocks)), nil
}

// randomDirections returns A_ref⁻¹ times Gaussian vectors, normalised.
func randomDirections[S scalar.Scalar](s *systems[S], ref int) (*dense.Matrix[S], error) {
	f, err := s.factor(ref)
	if err != nil {
		return nil, err
	}
	x := gaussian[S](s.pattern.Rows, goalDirections, goalSeed+1)
	if err := f.Solve(s.ctx, x, matrix.NoTranspose); err != nil {
		return nil, err
	}
	return normalisedColumns(x), nil
}

// gaussian returns n × k standard normal numbers, complex ones for complex S.
func gaussian[S scalar.Scalar](n, k int, seed uint64) *dense.Matrix[S] {
	rng := rand.New(rand.NewPCG(seed, 1))
	x := dense.New[S](n, k)
	for i := range x.Data {
		re := rng.NormFloat64()
		if scalar.IsComplex[S]() {
			x.Data[i] = scalar.Of[S](re, rng.NormFloat64())
			continue
		}
		x.Data[i] = scalar.Of[S](re, 0)
	}
	return x
}

func normalisedColumns[S scalar.Scalar](x *dense.Matrix[S]) *dense.Matrix[S] {
	norms := columnNorms(x)
	for i := range x.Rows {
		row := x.Row(i)
		for j, n := range norms {
			if n > 0 {
				row[j] *= scalar.Of[S](1/n, 0)
			}
		}
	}
	return x
}

// inReal returns z in the scalars of the fit: complex coordinates of a
// Hermitian family, whose coefficients are real, become [Re, Im].
func inReal[T, S scalar.Scalar](z *dense.Matrix[S]) *dense.Matrix[T] {
	if t, ok := any(z).(*dense.Matrix[T]); ok {
		return t
	}
	return any(pack(z)).(*dense.Matrix[T])
}

// objective is a candidate for what the coefficients fit.
type objective[T scalar.Scalar] struct {
	name string
	data *dense.Matrix[T] // N × f; nil: the matrices themselves
	sel  *terms[T]
}

// weighted returns [K/rms|K| , w·P].
func (b *builder[T]) weighted(p *dense.Matrix[T], w float64) *dense.Matrix[T] {
	k := b.k.Clone()
	normaliseRows(k)
	scaled := p.Clone()
	dense.Scale(scalar.Of[T](w, 0), scaled.Data)
	return dense.SideBySide([]*dense.Matrix[T]{k, scaled})
}

// objectives lists the candidates: the matrices alone, solutions with three
// weights, the same with the snapshots exchanged in that metric, and random
// solutions.
func objectives[T, S scalar.Scalar](b *builder[T], s *systems[S], sel *terms[T]) ([]objective[T], error) {
	list := []objective[T]{{name: "matrix", sel: sel}}
	ref := b.central(indices(len(b.rows)))
	if s.rhs != nil {
		x, err := solutionDirections(s, sel.snapshots)
		if err != nil {
			return nil, err
		}
		p, err := goalBlock(s, ref, x)
		if err != nil {
			return nil, err
		}
		goal := inReal[T](p)
		for _, w := range []struct {
			name   string
			weight float64
		}{{"solution 1", 1}, {"solution 3", 3}, {"solution 10", 10}} {
			list = append(list, objective[T]{w.name, b.weighted(goal, w.weight), sel})
		}
		again, err := b.exchanged(b.weighted(goal, 3), sel)
		if err != nil {
			return nil, err
		}
		list = append(list, objective[T]{"solution 3, exchanged", b.weighted(goal, 3), again})
	}
	x, err := randomDirections(s, ref)
	if err != nil {
		return nil, err
	}
	p, err := goalBlock(s, ref, x)
	if err != nil {
		return nil, err
	}
	return append(list, objective[T]{"random 3", b.weighted(inReal[T](p), 3), sel}), nil
}

// exchanged returns the selection with the snapshots swapped in the metric of
// the rows of f.
func (b *builder[T]) exchanged(f *dense.Matrix[T], sel *terms[T]) (*terms[T], error) {
	swapped, err := eim.SwapSelect(b.ctx, f, len(sel.snapshots), eim.SwapOptions{Start: sel.snapshots, Threads: b.opt.Threads})
	if err != nil {
		return nil, err
	}
	out := *sel
	out.snapshots = swapped.Snapshots
	out.count = len(out.snapshots)
	return &out, nil
}

// linearLift returns the linear map from coordinates k to the objective's.
func (b *builder[T]) linearLift(obj *dense.Matrix[T]) (*dense.Matrix[T], error) {
	scaled, target := b.k.Clone(), obj.Clone()
	for i, n := range b.norm {
		dense.Scale(scalar.Of[T](1/n, 0), scaled.Row(i))
		dense.Scale(scalar.Of[T](1/n, 0), target.Row(i))
	}
	l, _, err := dense.LeastSquares(scaled, target, 1e-14)
	if err != nil {
		return nil, err
	}
	lift := dense.New[T](b.k.Cols+1, obj.Cols) // the constant has no part in it
	copy(lift.Data, l.Data)
	return lift, nil
}

// goalCore is the least-squares part of the model for a candidate.
func (b *builder[T]) goalCore(o objective[T]) (*Core[T], error) {
	c := &Core[T]{Coordinates: b.k.SelectRows(o.sel.snapshots)}
	if o.data == nil {
		c.Fit = dense.NewRowFit(c.Coordinates)
		return c, nil
	}
	c.Fit = dense.NewRowFit(o.data.SelectRows(o.sel.snapshots))
	var err error
	c.Lift, err = b.linearLift(o.data)
	return c, err
}

// leftOutLimit is the number of left-out samples on which objectives are
// compared and estimates calibrated.
const leftOutLimit = 15

// leftOutSample is a sample that no term is, predicted without itself.
type leftOutSample struct {
	sample    int
	k, second []float64 // packed coordinates
	error     float64   // relative error of the predicted A
}

// leftOutSamples returns up to leftOutLimit samples outside the selection,
// evenly spread over the table.
func (b *builder[T]) leftOutSamples(selected []int) []leftOutSample {
	var all []leftOutSample
	seen := map[int]bool{}
	for _, l := range b.m.Interpolation.LeftOut {
		if seen[l.Sample] || slices.Contains(selected, l.Sample) {
			continue
		}
		seen[l.Sample] = true
		all = append(all, leftOutSample{l.Sample, l.K, l.Second, l.Error})
	}
	slices.SortFunc(all, func(x, y leftOutSample) int { return x.sample - y.sample })
	if len(all) <= leftOutLimit {
		return all
	}
	out := make([]leftOutSample, leftOutLimit)
	for i := range out {
		out[i] = all[i*(len(all)-1)/(leftOutLimit-1)]
	}
	return out
}
