package measure

import (
	"context"
	"math"
	"slices"

	"eimtool/internal/dense"
)

// The estimate of nodes that were not chosen by the spread is wider: the spread
// times fixedFactor, with the share fixedFloor of the largest one.
const (
	fixedFactor = 3
	fixedFloor  = 0.2 / 3
	heldMost    = 5 // nodes that are held out
	heldShare   = 6 // one in so many
)

// fixedFactor is factor for nodes that were not chosen by the spread.
func (c *Calibration) fixedFactor() float64 {
	const few = 5
	c.factor() // sets the median
	return max(fixedFactor+few/float64(max(1, len(c.Ratios))), 2*c.Median)
}

// fixed makes the model of the known nodes. A few of them are held out once and
// predicted by a model of the others; where that fails the estimate grows.
func (b *builder) fixed(ctx context.Context) (*Model, []Node, error) {
	if err := b.predictHeld(ctx); err != nil {
		return nil, nil, err
	}
	if b.points.Rows == 0 {
		low, high := box(b.nodes)
		b.points = boxPoints(UnitPoints(b.parts()-1, fixedPoints), low, high)
	}
	b.setBox()
	b.frame = newFrame(b.nodes, b.Size, b.low, b.high, b.Seed)
	s, err := b.frame.sheet(ctx, b.points, b.Threads)
	if err != nil {
		return nil, nil, err
	}
	if b.fits, err = b.frame.fit(ctx, b.nodes, b.Options); err != nil {
		return nil, nil, err
	}
	spread, err := b.fits.spreads(ctx, s, b.Threads)
	if err != nil {
		return nil, nil, err
	}
	b.largest = slices.Max(spread)
	factor := b.record.fixedFactor()
	b.record.note(len(b.nodes), factor*(1+fixedFloor)*b.largest+b.fits.rounding)
	m, err := b.model(ctx, factor, fixedFloor)
	return m, b.nodes, err
}

// fixedPoints is the number of points of the box of the nodes where the largest
// spread is looked for when none are given.
const fixedPoints = 1000

// boxPoints maps points of the unit cube to coefficients (1, …) with logarithms
// between low and high.
func boxPoints(unit *dense.Matrix[float64], low, high []float64) *dense.Matrix[float64] {
	out := dense.New[float64](unit.Rows, unit.Cols+1)
	for i := range unit.Rows {
		out.Set(i, 0, 1)
		for k, u := range unit.Row(i) {
			out.Set(i, k+1, math.Exp(low[k]+u*(high[k]-low[k])))
		}
	}
	return out
}

// predictHeld records how well a model without some of the nodes predicts them.
func (b *builder) predictHeld(ctx context.Context) error {
	held := heldOut(b.nodes, b.Size)
	if len(held) == 0 {
		return nil
	}
	var kept []Node
	for i, n := range b.nodes {
		if !slices.Contains(held, i) {
			kept = append(kept, n)
		}
	}
	low, high := box(b.nodes)
	fits, err := newFrame(kept, b.Size, low, high, b.Seed).fit(ctx, kept, b.Options)
	if err != nil {
		return err
	}
	for _, i := range held {
		value, spread, err := fits.predict(ctx, b.nodes[i].Alpha)
		if err != nil {
			return err
		}
		b.record.predicted(value-b.nodes[i].LogDet, spread, fits.rounding)
	}
	return nil
}

// heldOut returns the nodes to be held out: none when too few would be left,
// otherwise some of the later half of the greedy order, which the others can be
// expected to predict, evenly spaced.
func heldOut(nodes []Node, size int) []int {
	parts := len(nodes[0].Alpha)
	count := min(heldMost, max(leastRatios, len(nodes)/heldShare))
	if len(nodes)-count < parts+1 || len(nodes) < 2*count {
		return nil
	}
	alpha := dense.New[float64](len(nodes), parts)
	for i, n := range nodes {
		copy(alpha.Row(i), n.Alpha)
	}
	used := make([]bool, len(nodes))
	start := centre(alpha)
	used[start] = true
	order := first(alpha, used, nodes[start:start+1], size, len(nodes)-1)
	later := order[len(order)-len(nodes)/2:]
	held := make([]int, count)
	for i := range held {
		held[i] = later[(2*i+1)*len(later)/(2*count)]
	}
	return held
}
