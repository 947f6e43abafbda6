package sampled

import (
	"math"
	"slices"

	"eimtool/internal/coefficients"
	"eimtool/internal/dense"
)

const (
	firstBatch    = 20  // nodes that are added at first
	fillPoints    = 300 // points among which nodes are chosen
	cornerDim     = 6   // most parameters for which the corners are among them
	mostRefitRows = 480 // rows from which hyperparameters are not searched again
)

var refitSteps = []float64{0.35}

// fill adds nodes of the surrogate in several parameters where the kernel of
// minimum-norm interpolation says that least is known, in growing batches, and
// refits after each.
func (f *fitter) fill(w *nodes, most int) error {
	u := w
	for batch := firstBatch; u.virtual < most; batch *= 2 {
		dim := len(f.params)
		count := min(batch, most-u.virtual, maxRows/(1+dim)-u.mu.Rows)
		if count <= 0 {
			return nil
		}
		points := f.emptiest(u, &f.contests[0].hint, count)
		more, err := f.ask(points)
		if err != nil {
			return err
		}
		if len(more) == 0 {
			return nil
		}
		u = f.with(u, more)
		f.progress("log det: surrogate", u.virtual, most)
		begun := slices.Clone(f.contests)
		if err := f.open(u); err != nil {
			return err
		}
		var worst float64
		for _, c := range begun {
			if c.phase && u.phase == nil {
				continue
			}
			if err := f.refit(c, u.target(c.phase)); err != nil {
				return err
			}
			worst = max(worst, c.best.max)
		}
		if worst <= f.wanted() {
			return nil
		}
	}
	return nil
}

// refit enters models of more nodes, with hyperparameters near those before.
func (f *fitter) refit(c *contest, t *target) error {
	h := &c.hint
	steps, list := refitSteps, nuggets
	if len(t.y)*(1+len(f.params)) > mostRefitRows {
		steps, list = nil, nuggets[:3]
	}
	var tasks []func() *candidate
	if h.logA != nil {
		tasks = append(tasks, func() *candidate {
			k, logA := fitMinimumNorm(t, h.axes, [][]float64{h.logA}, steps, list)
			if logA != nil {
				h.logA = logA
			}
			return k
		})
	}
	if h.lengths != nil {
		tasks = append(tasks, func() *candidate {
			k, lengths := fitKriging(t, h.axes, false, [][]float64{h.lengths}, steps)
			if lengths != nil {
				h.lengths = lengths
			}
			return k
		})
	}
	for _, axes := range combinations(f.warpChoices()) {
		tasks = append(tasks, func() *candidate { return fitPolynomial(t, axes) })
	}
	return f.run(c, tasks)
}

// emptiest returns the count points of a fixed set of which values and slopes
// at the nodes and the points before determine least: the largest remainder of
// their row of the weighted basis after projection on the rows known.
func (f *fitter) emptiest(w *nodes, h *hint, count int) [][]float64 {
	axes, logA := h.axes, h.logA
	if logA == nil {
		axes = nil
		for _, c := range f.warpChoices() {
			axes = append(axes, c[0])
		}
		logA = isotropic(len(axes), -0.2)[0]
	}
	points := f.candidates(axes)
	all := &target{nodes: &nodes{mu: dense.New[float64](w.mu.Rows+len(points), w.mu.Cols)}}
	copy(all.mu.Data, w.mu.Data)
	for i, x := range points {
		copy(all.mu.Row(w.mu.Rows+i), x)
	}
	all.y = make([]float64, all.mu.Rows)
	all.slope = dense.New[float64](all.mu.Rows, all.mu.Cols)
	d := newDesign(all, axes)
	indices, weight := smallestIndices(logA, max(300, min(2*(w.mu.Rows+count)*d.stride, 900)))
	rows := d.basis(indices, weight, slopeUnit)
	known := &dense.Matrix[float64]{Rows: w.mu.Rows * d.stride, Cols: rows.Cols, Data: rows.Data[:w.mu.Rows*d.stride*rows.Cols]}
	free := dense.New[float64](len(points), rows.Cols)
	for i := range points {
		copy(free.Row(i), rows.Row((w.mu.Rows+i)*d.stride))
	}
	var basis [][]float64
	take := func(row []float64) {
		v := slices.Clone(row)
		before := dense.Norm(v)
		for range 2 {
			for _, q := range basis {
				dense.Axpy(-dense.Dotc(q, v), q, v)
			}
		}
		if after := dense.Norm(v); after > 1e-10*before {
			dense.Scale(1/after, v)
			basis = append(basis, v)
			for i := range free.Rows {
				dense.Axpy(-dense.Dotc(v, free.Row(i)), v, free.Row(i))
			}
		}
	}
	for r := range known.Rows {
		take(known.Row(r))
	}
	var out [][]float64
	taken := make([]bool, len(points))
	for range count {
		best, size := -1, 0.0
		for i := range points {
			if n := dense.Norm(free.Row(i)); !taken[i] && n > size {
				best, size = i, n
			}
		}
		if best < 0 {
			break
		}
		taken[best] = true
		out = append(out, points[best])
		for r := range d.stride {
			take(rows.Row((w.mu.Rows+best)*d.stride + r))
		}
	}
	return out
}

// candidates returns the points at which nodes may be added: Halton points,
// evenly spread in the coordinates, and corners.
func (f *fitter) candidates(axes []coefficients.Axis) [][]float64 {
	dim := len(axes)
	lo, hi := slices.Repeat([]float64{-1}, dim), slices.Repeat([]float64{1}, dim)
	x := spreadPoints(lo, hi, fillPoints)
	if dim <= cornerDim {
		for k := range 1 << dim {
			for a := range dim {
				v := -1.0
				if k>>a&1 == 1 {
					v = 1
				}
				x.Data = append(x.Data, v)
			}
			x.Rows++
		}
	}
	var out [][]float64
	for i := range x.Rows {
		mu := slices.Clone(f.lower)
		for a := range axes {
			j := axes[a].Param
			mu[j] = math.Min(math.Max(unplace(&axes[a], x.At(i, a)), f.lower[j]), f.upper[j])
		}
		out = append(out, mu)
	}
	return out
}
