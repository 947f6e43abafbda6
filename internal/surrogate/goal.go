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

// block is a part of an objective with its weight.
type block[T scalar.Scalar] struct {
	rows   *dense.Matrix[T]
	weight float64
}

// weighted returns [K/rms|K| , w₁·P₁, ...].
func (b *builder[T]) weighted(blocks ...block[T]) *dense.Matrix[T] {
	k := b.k.Clone()
	normaliseRows(k)
	all := []*dense.Matrix[T]{k}
	for _, p := range blocks {
		scaled := p.rows.Clone()
		dense.Scale(scalar.Of[T](p.weight, 0), scaled.Data)
		all = append(all, scaled)
	}
	return dense.SideBySide(all)
}

// objectives lists the candidates: the matrices alone; where solutions are
// wanted, solutions with three weights, the same with the snapshots exchanged in
// that metric, and random solutions; where log det is wanted, traces beside the
// matrices and beside solutions.
func objectives[T, S scalar.Scalar](b *builder[T], s *systems[S], det *determinants[S], sel *terms[T]) ([]objective[T], error) {
	list := []objective[T]{{name: "matrix", sel: sel}}
	traces, err := traceBlock[T](b, det, sel)
	if err != nil {
		return nil, err
	}
	add := func(name string, sel *terms[T], blocks ...block[T]) {
		list = append(list, objective[T]{name, b.weighted(blocks...), sel})
	}
	if traces != nil {
		add("trace 10", sel, block[T]{traces, 10})
		add("trace 100", sel, block[T]{traces, 100})
	}
	if !b.opt.wantsInverse() {
		return list, nil
	}
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
			add(w.name, sel, block[T]{goal, w.weight})
		}
		again, err := b.exchanged(b.weighted(block[T]{goal, 3}), sel)
		if err != nil {
			return nil, err
		}
		add("solution 3, exchanged", again, block[T]{goal, 3})
		if traces != nil {
			add("solution 3, trace 10", sel, block[T]{goal, 3}, block[T]{traces, 10})
		}
	}
	x, err := randomDirections(s, ref)
	if err != nil {
		return nil, err
	}
	p, err := goalBlock(s, ref, x)
	if err != nil {
		return nil, err
	}
	add("random 3", sel, block[T]{inReal[T](p), 3})
	return list, nil
}

// Of the trace block: the number of samples whose inverses it holds, and the
// error of the matrices below which traces would only cost digits.
const (
	traceSamples = 10
	traceFloor   = 1e-12
)

// traceBlock returns tr(A_k⁻¹ A_i)/n for the first factorised samples k of the
// selection: with it the fit keeps log det to first order. Nil where there is
// nothing to gain.
func traceBlock[T, S scalar.Scalar](b *builder[T], det *determinants[S], sel *terms[T]) (*dense.Matrix[T], error) {
	if det == nil || sel.snapshots == nil {
		return nil, nil
	}
	plain, err := b.core(sel, indices(len(b.rows)))
	if err != nil || b.trainingError(plain, indices(len(b.rows))) < traceFloor {
		return nil, err
	}
	var rows []int
	for _, k := range sel.snapshots {
		if r := det.row[k]; r >= 0 && len(rows) < traceSamples {
			rows = append(rows, r)
		}
	}
	if len(rows) == 0 {
		return nil, nil
	}
	t := dense.New[T](len(b.rows), len(rows))
	for c, r := range rows {
		for i, v := range det.traces.Row(r) {
			t.Set(i, c, scalar.Of[T](scalar.Real(v)/float64(det.size), scalar.Imag(v)/float64(det.size)))
		}
	}
	return t, nil
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
