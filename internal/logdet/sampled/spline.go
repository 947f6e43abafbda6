package sampled

import (
	"sort"

	"eimtool/internal/dense"
)

// hermite holds what Hermite interpolation on one interval makes of the data
// at its ends: value, first and second derivative of the three cardinal
// functions of either end at t ∈ [0, 1], for derivatives in x on an interval
// of length h.
type hermite struct{ value, slope [2][3]float64 }

// newHermite returns the cardinal functions of cubic Hermite interpolation
// (values and first derivatives), or of quintic (second derivatives too).
func newHermite(quintic bool, t, h float64) hermite {
	var c hermite
	if !quintic {
		c.value[1][0], c.slope[1][0] = t*t*(3-2*t), 6*t*(1-t)/h
		c.value[0][0], c.slope[0][0] = 1-c.value[1][0], -c.slope[1][0]
		c.value[0][1], c.slope[0][1] = h*t*(1-t)*(1-t), (1-t)*(1-3*t)
		c.value[1][1], c.slope[1][1] = -h*t*t*(1-t), -t*(2-3*t)
		return c
	}
	t2, s := t*t, 1-t
	t3 := t2 * t
	c.value[1][0], c.slope[1][0] = t3*(10-15*t+6*t2), 30*t2*s*s/h
	c.value[0][0], c.slope[0][0] = 1-c.value[1][0], -c.slope[1][0]
	c.value[0][1], c.slope[0][1] = h*t*(1-6*t2+8*t3-3*t3*t), 1-18*t2+32*t3-15*t3*t
	c.value[1][1], c.slope[1][1] = h*t3*(-4+7*t-3*t2), t2*(-12+28*t-15*t2)
	c.value[0][2], c.slope[0][2] = h*h*t2*s*s*s/2, h*(2*t-9*t2+12*t3-5*t3*t)/2
	c.value[1][2], c.slope[1][2] = h*h*t3*s*s/2, h*(3*t2-8*t3+5*t3*t)/2
	return c
}

// interval returns the interval of the knots that holds x, the first or last
// one for x outside.
func interval(knots []float64, x float64) int {
	return min(max(sort.SearchFloat64s(knots, x)-1, 0), len(knots)-2)
}

// evalSpline evaluates a spline in one parameter.
func (t *Part) evalSpline(x float64, slope []float64) float64 {
	k := interval(t.Support, x)
	h := t.Support[k+1] - t.Support[k]
	c := newHermite(t.Second != nil, (x-t.Support[k])/h, h)
	// The value is formed from the difference of the ends.
	delta := t.Coef[k+1] - t.Coef[k]
	v := t.Coef[k] + c.value[1][0]*delta
	slope[0] = c.slope[1][0] * delta
	for e := range 2 {
		v += c.value[e][1] * t.First[k+e]
		slope[0] += c.slope[e][1] * t.First[k+e]
		if t.Second != nil {
			v += c.value[e][2] * t.Second[k+e]
			slope[0] += c.slope[e][2] * t.Second[k+e]
		}
	}
	return v
}

// cardinal adds to value and slope the cardinal splines of the knots at x: the
// weights of the values at the knots.
func (g *Knots) cardinal(x float64, value, slope []float64) {
	k := interval(g.Support, x)
	h := g.Support[k+1] - g.Support[k]
	c := newHermite(g.Second != nil, (x-g.Support[k])/h, h)
	for e := range 2 {
		value[k+e] += c.value[e][0]
		slope[k+e] += c.slope[e][0]
		dense.Axpy(c.value[e][1], g.First.Row(k+e), value)
		dense.Axpy(c.slope[e][1], g.First.Row(k+e), slope)
		if g.Second != nil {
			dense.Axpy(c.value[e][2], g.Second.Row(k+e), value)
			dense.Axpy(c.slope[e][2], g.Second.Row(k+e), slope)
		}
	}
}

// evalGrid evaluates a tensor-product spline by contracting the last axis
// first.
func (t *Part) evalGrid(x, slope []float64) float64 {
	dim := len(x)
	// data[0] holds values, data[e+1] derivatives along axis e once contracted.
	data := make([][]float64, 1, dim+1)
	data[0] = t.Coef
	for d := dim - 1; d >= 0; d-- {
		n := len(t.Grid[d].Support)
		weights := make([]float64, 2*n)
		w, dw := weights[:n], weights[n:]
		t.Grid[d].cardinal(x[d], w, dw)
		derivative := contract(data[0], dw)
		for i := range data {
			data[i] = contract(data[i], w)
		}
		data = append(data, derivative)
	}
	for i, v := range data[1:] {
		slope[dim-1-i] = v[0]
	}
	return data[0][0]
}

// contract sums consecutive stretches of data with the weights w.
func contract(data, w []float64) []float64 {
	out := make([]float64, len(data)/len(w))
	for i := range out {
		for j, v := range w {
			out[i] += v * data[i*len(w)+j]
		}
	}
	return out
}
