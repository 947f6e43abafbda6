package measure

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"eimtool/internal/dense"
	"eimtool/internal/scalar"
)

// frame is what the fits to more and more nodes of one family have in common.
// It may be used by one goroutine at a time.
type frame struct {
	k, size int
	seed    uint64
	scale   []float64              // c
	reach   float64                // half-width of the interval of log(x_k/x_1) of interest
	cloud   *dense.Matrix[float64] // atoms of the signed rests, shared by all fits
	basis   basis
}

// basis holds the features of the cloud at the nodes seen so far.
type basis struct {
	h        []float64 // of the nodes
	gradient []bool
	second   bool
	qr       dense.QRFactor[float64] // of the features, atoms × rows of the problem
}

// newFrame takes the centre from the nodes, and the reach of the atoms from the
// box of log(α_k/α_1) in which the model will be used.
func newFrame(nodes []Node, size int, low, high []float64, seed uint64) *frame {
	f := &frame{k: len(nodes[0].Alpha), size: size, seed: seed, scale: homogeneousScale(nodes, size)}
	width := 0.
	for j := range low {
		width = max(width, high[j]-low[j])
	}
	f.reach = max(9.2, width+5)
	f.cloud = restCloud(rand.New(rand.NewPCG(seed, math.MaxUint64)), f.k, f.reach)
	return f
}

// extend brings the basis to the nodes of p: columns of nodes that it does not
// have are appended to the factorisation.
func (f *frame) extend(p *problem) {
	b := &f.basis
	known := len(b.gradient)
	if known > len(p.gradient) || b.second != p.second ||
		!slices.Equal(b.h, p.h.Data[:len(b.h)]) || !slices.Equal(b.gradient, p.gradient[:known]) {
		*b, known = basis{}, 0
	}
	b.h, b.gradient, b.second = slices.Clone(p.h.Data), slices.Clone(p.gradient), p.second
	rows := p.rows - b.qr.Cols
	features := dense.New[float64](f.cloud.Rows, rows)
	for j := range f.cloud.Rows {
		p.feature(f.cloud.Row(j), features.Row(j), known)
	}
	q := &b.qr
	q.Rows = f.cloud.Rows
	columns := features.Transpose()
	for j := range rows {
		c := columns.Row(j)
		q.ApplyQHVec(c)
		if k := len(q.Tau); k < q.Rows {
			var tau float64
			c[k], tau = dense.Reflector(c[k], c[k+1:])
			q.Tau = append(q.Tau, tau)
		}
		q.V = append(q.V, c...)
		q.Cols++
	}
}

// sheet holds the logarithms log(h·x) of the shared cloud at fixed points.
type sheet struct {
	h    *dense.Matrix[float64] // points × K
	logs *dense.Matrix[float64] // points × atoms
}

// sheet makes the sheet of coefficients α, one point a row.
func (f *frame) sheet(ctx context.Context, alpha *dense.Matrix[float64], threads int) (*sheet, error) {
	s := &sheet{h: dense.New[float64](alpha.Rows, f.k), logs: dense.New[float64](alpha.Rows, f.cloud.Rows)}
	err := scalar.Blocks(ctx, alpha.Rows, 16, scalar.Threads(threads), func(_, lo, hi int) {
		for i := lo; i < hi; i++ {
			h := s.h.Row(i)
			homogeneous(f.scale, alpha.Row(i), h)
			logs(f.cloud, h, s.logs.Row(i))
		}
	})
	return s, err
}

// logs fills out with log(h·x) over the atoms.
func logs(atoms *dense.Matrix[float64], h, out []float64) {
	for j := range atoms.Rows {
		d := 0.
		for k, x := range atoms.Row(j) {
			d += h[k] * x
		}
		out[j] = math.Log(d)
	}
}

// values returns the fits (columns) at the points of a sheet (rows), without
// N·log s: the nonnegative fits and the signed rests.
func (e *ensemble) values(ctx context.Context, s *sheet, threads int) (positive, rest *dense.Matrix[float64], err error) {
	positive = dense.New[float64](s.h.Rows, len(e.members))
	rest = dense.New[float64](s.h.Rows, len(e.members))
	err = scalar.Blocks(ctx, s.h.Rows, 16, scalar.Threads(threads), func(_, lo, hi int) {
		var own []float64
		for i := lo; i < hi; i++ {
			for f, m := range e.members {
				own = slices.Grow(own[:0], m.atoms.Rows)[:m.atoms.Rows]
				logs(m.atoms, s.h.Row(i), own)
				positive.Set(i, f, m.constant+dense.Dotc(m.weights, own))
				rest.Set(i, f, m.offset+dense.Dotc(m.own, own)+dense.Dotc(m.shared, s.logs.Row(i)))
			}
		}
	})
	return positive, rest, err
}

// spreads returns how far the fits differ at the points of a sheet: largest
// minus smallest value.
func (e *ensemble) spreads(ctx context.Context, s *sheet, threads int) ([]float64, error) {
	positive, rest, err := e.values(ctx, s, threads)
	if err != nil {
		return nil, err
	}
	out := make([]float64, s.h.Rows)
	for i := range out {
		row := positive.Row(i)
		dense.Axpy(1, rest.Row(i), row)
		out[i] = slices.Max(row) - slices.Min(row)
	}
	return out, nil
}
