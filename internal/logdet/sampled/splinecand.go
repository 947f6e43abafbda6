package sampled

import (
	"fmt"
	"math"
	"slices"

	"eimtool/internal/coefficients"
)

// splineWindow is the number of knots on either side of a left-out one that a
// spline is refitted on; its influence decays by a factor of two or more from
// knot to knot.
const splineWindow = 14

// fitSpline fits a spline in one parameter to values and, when the nodes have
// them and they are asked for, slopes.
func fitSpline(t *target, axis coefficients.Axis, quintic, slopes bool) *candidate {
	kind := KindCubic
	if quintic {
		kind = KindQuintic
	}
	c := newCandidate(t, kind)
	c.note, c.axis = axis.Warp, axis.Warp
	if slopes {
		c.note += ", slopes"
	}
	d := newDesign(t, []coefficients.Axis{axis})
	order := sortedBy(d.x.Data)
	knots, values := make([]float64, len(order)), make([]float64, len(order))
	var slope []float64
	for k, i := range order {
		knots[k], values[k] = d.x.Data[i], t.y[i]
		if k > 0 && knots[k] == knots[k-1] {
			return c.refuse("samples with equal parameters")
		}
		if slopes {
			slope = append(slope, d.y[i*d.stride+1])
		}
	}
	if len(knots) <= minKnots(quintic, slopes) {
		return c.refuse("too few nodes")
	}
	at := make([]int, len(order))
	for k, i := range order {
		at[i] = k
	}
	var residual []float64
	for _, g := range t.events {
		if len(residual) < t.inner {
			residual = append(residual, splineLeftOut(quintic, knots, values, slope, at[g[0]]))
		}
	}
	c.offer(residual)
	c.build = func() error {
		p, err := splinePart(quintic, knots, values, slope)
		if err == nil {
			p.Axes = d.axes
			c.parts = []Part{*p}
		}
		return err
	}
	return c
}

// splineLeftOut returns the error at knot k of the spline without it.
func splineLeftOut(quintic bool, knots, values, slopes []float64, k int) float64 {
	lo, hi := max(0, k-splineWindow), min(len(knots), k+splineWindow+1)
	without := func(x []float64) []float64 {
		if x == nil {
			return nil
		}
		return append(slices.Clone(x[lo:k]), x[k+1:hi]...)
	}
	p, err := splinePart(quintic, without(knots), without(values), without(slopes))
	if err != nil {
		return math.NaN()
	}
	var slope [1]float64
	return p.evalSpline(knots[k], slope[:]) - values[k]
}

// lattice is a full tensor grid of nodes.
type lattice struct {
	values [][]float64 // per axis, rising
	node   []int       // node at every grid point, last axis fastest
	place  [][]int     // per node, its index along every axis
}

// newLattice returns the grid of the nodes in the parameters, nil when they do
// not form one with at least 5 lines per parameter.
func newLattice(t *target, params []int) *lattice {
	g := &lattice{}
	points := 1
	for _, j := range params {
		col := make([]float64, t.mu.Rows)
		for i := range col {
			col[i] = t.mu.At(i, j)
		}
		slices.Sort(col)
		col = slices.Compact(col)
		if len(col) < 5 {
			return nil
		}
		g.values = append(g.values, col)
		points *= len(col)
		if points > t.mu.Rows {
			return nil
		}
	}
	if points != t.mu.Rows {
		return nil
	}
	g.node = slices.Repeat([]int{-1}, points)
	for i := range t.mu.Rows {
		at, place := 0, make([]int, len(params))
		for d, j := range params {
			place[d], _ = slices.BinarySearch(g.values[d], t.mu.At(i, j))
			at = at*len(g.values[d]) + place[d]
		}
		if g.node[at] >= 0 {
			return nil
		}
		g.node[at] = i
		g.place = append(g.place, place)
	}
	return g
}

// fitGrid fits tensor-product splines to the values on a full grid: the warp
// and the degree of every axis are those that predict its left-out lines best.
func fitGrid(t *target, choices [][]coefficients.Axis) *candidate {
	c := newCandidate(t, KindGrid)
	params := make([]int, len(choices))
	for d := range choices {
		params[d] = choices[d][0].Param
	}
	g := newLattice(t, params)
	if g == nil {
		return c.refuse("not a grid")
	}
	part := Part{Kind: KindGrid, Axes: make([]coefficients.Axis, len(choices)), Grid: make([]Knots, len(choices))}
	residual := make([]float64, t.inner)
	for d, options := range choices {
		best := math.Inf(1)
		for _, axis := range options {
			for _, quintic := range []bool{false, true} {
				knots := make([]float64, len(g.values[d]))
				for k, v := range g.values[d] {
					knots[k], _ = place(&axis, v)
				}
				if len(knots) <= minKnots(quintic, false) {
					continue
				}
				rows, r, ok := g.leftOutLines(t, d, quintic, knots)
				if !ok {
					return c.refuse("single nodes are left out")
				}
				if _, rms := size(r); rms < best {
					best = rms
					for k, row := range rows {
						residual[row] = r[k]
					}
					kn, err := newKnots(quintic, knots)
					if err != nil {
						return c.refuse(err.Error())
					}
					part.Grid[d], part.Axes[d] = *kn, axis
				}
			}
		}
		if math.IsInf(best, 1) {
			return c.refuse("too few lines")
		}
	}
	for _, i := range g.node {
		part.Coef = append(part.Coef, t.y[i])
	}
	for d := range part.Grid {
		degree := 3
		if part.Grid[d].Second != nil {
			degree = 5
		}
		c.note += fmt.Sprintf("%s %d ", part.Axes[d].Warp, degree)
	}
	c.parts = []Part{part}
	c.offer(residual)
	return c
}

// leftOutLines returns the errors on the left-out lines of axis d and their
// rows among the events; false when an event is not a line.
func (g *lattice) leftOutLines(t *target, d int, quintic bool, knots []float64) (rows []int, residual []float64, ok bool) {
	stride := 1
	for e := d + 1; e < len(g.values); e++ {
		stride *= len(g.values[e])
	}
	row := 0
	for n, event := range t.events {
		if t.lines[n] < 0 {
			return nil, nil, false
		}
		if t.lines[n] != d {
			row += len(event)
			continue
		}
		k := g.place[event[0]][d]
		rest := append(slices.Clone(knots[:k]), knots[k+1:]...)
		kn, err := newKnots(quintic, rest)
		if err != nil {
			return nil, nil, false
		}
		w, dw := make([]float64, len(rest)), make([]float64, len(rest))
		kn.cardinal(knots[k], w, dw)
		for _, i := range event {
			at := 0
			for e, p := range g.place[i] {
				if e == d {
					p = 0
				}
				at = at*len(g.values[e]) + p
			}
			var v float64
			for q, weight := range w {
				if q >= k {
					q++
				}
				v += weight * t.y[g.node[at+q*stride]]
			}
			rows, residual = append(rows, row), append(residual, v-t.y[i])
			row++
		}
	}
	return rows, residual, true
}
