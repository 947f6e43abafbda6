package sampled

import (
	"context"
	"math"
	"slices"
	"strings"

	"eimtool/internal/coefficients"
	"eimtool/internal/dense"
)

// anchor is the constant beside the values, in units of their largest
// deviation from the middle: package coefficients judges errors relative to
// the norm of a row, which the constant makes nearly the same for all.
const anchor = 3

// fitPlain interpolates the values by package coefficients.
func fitPlain(ctx context.Context, t *target, names []string, threads int) (*candidate, error) {
	c := newCandidate(t, KindPlain)
	lo, hi := slices.Min(t.y), slices.Max(t.y)
	shift, scale := lo+(hi-lo)/2, (hi-lo)/2
	if scale == 0 {
		scale = 1
	}
	k := dense.New[float64](len(t.y), 2)
	for i, v := range t.y {
		k.Set(i, 0, (v-shift)/scale)
		k.Set(i, 1, anchor)
	}
	m, err := coefficients.Fit(ctx, &coefficients.Samples{Names: names, Mu: t.mu, K: k}, coefficients.Options{Threads: threads})
	if err != nil {
		return nil, err
	}
	c.note = strings.Join(m.Chosen, " + ")
	for i := range m.Averaged {
		c.parts = append(c.parts, convert(m, i, shift, scale))
	}
	if m.Second >= 0 {
		c.second = []Part{convert(m, m.Second, shift, scale)}
	}
	if m.Fallback >= 0 {
		c.fallback = []Part{convert(m, m.Fallback, shift, scale)}
	}
	c.collect(m, k, scale)
	return c, nil
}

// collect takes over the left-out errors of m.
func (c *candidate) collect(m *coefficients.Model, k *dense.Matrix[float64], scale float64) {
	c.residual = slices.Repeat([]float64{math.NaN()}, c.t.inner)
	c.secondE = slices.Clone(c.residual)
	var known []float64
	var rows []int // sample of every row
	for _, g := range c.t.events {
		rows = append(rows, g...)
	}
	rows = rows[:c.t.inner]
	from := 0
	for _, l := range m.LeftOut {
		if c.t.mu.Cols == 1 {
			from = 0
		}
		at := slices.Index(rows[from:], l.Sample)
		if at < 0 {
			continue
		}
		row := from + at
		c.residual[row] = scale * (l.K[0] - k.At(l.Sample, 0))
		if l.Second != nil {
			c.secondE[row] = c.residual[row] + scale*l.Second[0]
		}
		known = append(known, c.residual[row])
		from = row + 1
	}
	c.max, c.rms = size(known)
	if len(known) == 0 {
		c.max, c.rms = m.Score*scale*anchor, m.Score*scale*anchor
	}
}

// convert returns part i of m as a function of its first coordinate alone,
// scale·K₀ + shift.
func convert(m *coefficients.Model, i int, shift, scale float64) Part {
	s := &m.Parts[i]
	t := Part{
		Kind: s.Kind, Axes: s.Axes, Indices: s.Indices, DenIndices: s.DenIndices, DenCoef: s.DenCoef, DenMax: s.DenMax,
		Nodes: s.Nodes, Lengths: s.Lengths, Support: s.Support, Weight: s.WeightRe, Offset: shift + scale*m.Mean[0],
	}
	first := func(row []float64) float64 {
		if s.Full {
			return scale * row[0]
		}
		var v float64
		for r, c := range row {
			v += scale * c * m.Basis.At(r, 0)
		}
		return v
	}
	for k := range s.Coef.Rows {
		t.Coef = append(t.Coef, first(s.Coef.Row(k)))
	}
	if s.Trend != nil {
		for k := range s.Trend.Rows {
			t.Trend = append(t.Trend, first(s.Trend.Row(k)))
		}
	}
	return t
}
