package sampled

import (
	"math"
	"slices"
	"sort"

	"eimtool/internal/coefficients"
	"eimtool/internal/dense"
)

const (
	nearestPeak    = 3   // events whose largest error bounds the estimate
	calibration    = 2   // factor on the calibrated deviation
	bound          = 3   // the estimate lies within 1/bound and bound times the nearest error
	calibrated     = .95 // quantile of the calibration factor
	maxCalibration = 10
	fewNodes       = 10 // nodes per parameter below which left-out errors owe much to luck
	medianPoints   = 50
	leastShape     = 0.05 // part of the error of a spline that counts even at a knot
	nearestSpans   = 4    // left-out nodes that bound the error of a spline
)

// Estimate holds what the error estimate of a function needs: the left-out
// nodes, the errors of their prediction and the differences of the two models
// there.
type Estimate struct {
	Axes       []coefficients.Axis
	Nodes      *dense.Matrix[float64] `doc:"scaled parameters of the left-out nodes"`
	Error      []float64              `doc:"absolute errors of their prediction"`
	Difference []float64              `doc:"differences of the two models there"`
	Line       []int                  `doc:"per node, the axis of which a whole line was left out, -1 for single nodes"`
	Span       []float64              `doc:"splines: distance between the neighbours of the left-out nodes; otherwise absent"`
	Order      float64                // splines: power of the length of an interval that the error falls with
	Shape      float64                // splines: power of 4t(1−t) that it follows inside an interval, t ∈ [0, 1]
	Factor     float64                // f, calibration
	Gain       float64                // of the difference of the two models
	Ratio      float64                // of errors between the nodes to errors at left-out nodes
	Largest    float64                // largest error; +Inf when nothing is known
	Alone      bool                   // there is no second model
	Level      float64                // least estimate before Scale, from validation; 0 without
	Scale      float64                // of the whole estimate, from validation; 1 without
}

// newEstimate calibrates the estimate of fn on the left-out errors of its
// model and, unless it is nil, of its second one.
func newEstimate(fn *Function, c *candidate, second []float64, axes []coefficients.Axis, points *dense.Matrix[float64]) *Estimate {
	e := &Estimate{Axes: axes, Factor: 1, Gain: 1, Ratio: 1, Largest: c.max, Alone: true, Scale: 1}
	var x []float64
	row := 0
	for n, g := range c.t.events {
		for _, i := range g {
			if row >= c.t.inner {
				break
			}
			if r := c.residual[row]; r-r == 0 {
				d := 0.0
				if second != nil && second[row]-second[row] == 0 {
					d = math.Abs(second[row] - r)
				}
				for a := range axes {
					v, _ := place(&axes[a], c.t.mu.At(i, axes[a].Param))
					x = append(x, v)
				}
				e.Error = append(e.Error, math.Abs(r))
				e.Difference = append(e.Difference, d)
				e.Line = append(e.Line, c.t.lines[n])
			}
			row++
		}
	}
	e.Nodes = &dense.Matrix[float64]{Rows: len(e.Error), Cols: len(axes), Data: x}
	e.Factor = 1 + fewNodes*float64(len(axes))/float64(c.t.mu.Rows)
	if len(fn.Parts) == 1 && (c.kind == KindCubic || c.kind == KindQuintic) {
		e.spans(&fn.Parts[0], c.t.slope != nil)
	}
	if second == nil || len(e.Error) == 0 {
		return e
	}
	e.Alone = false
	e.calibrate(fn, points, float64(c.t.mu.Rows))
	return e
}

// calibrate sets
//
//   - Ratio, min(1, median d / median of Difference): how much nearer to each
//     other the two models are between all nodes than at left-out ones;
//   - Gain, min(1, median of Error / median of Difference);
//   - Factor, the 95 % quantile of e/√((gain·d)² + s²) over the left-out nodes,
//     with s the root mean square error of the 2D+3 nearest others.
//
// With few data (nodes) the best of many models owes something to
// luck: the factor is raised and the gain, below 1, too.
func (e *Estimate) calibrate(fn *Function, points *dense.Matrix[float64], data float64) {
	typical := quantile(e.Difference, 0.5)
	if typical > 0 {
		e.Gain = min(1, quantile(e.Error, 0.5)/typical)
	}
	ratios := make([]float64, len(e.Error))
	for i := range ratios {
		near := e.near(e.Nodes.Row(i), true)
		if ratios[i] = e.Error[i] / math.Hypot(e.Gain*e.Difference[i], near.rms); math.IsNaN(ratios[i]) {
			ratios[i] = 1
		}
	}
	few := fewNodes * float64(e.Nodes.Cols) / data
	e.Factor = min(max(quantile(ratios, calibrated), 1), maxCalibration) * (1 + few)
	e.Gain = math.Pow(e.Gain, 1/(1+few))
	var d []float64
	slope := make([]float64, points.Cols)
	for i := range points.Rows {
		v, err := fn.evaluate(points.Row(i), slope)
		if err == nil && v.difference-v.difference == 0 {
			d = append(d, v.difference)
		}
	}
	if len(d) > 0 && typical > 0 {
		e.Ratio = min(1, quantile(d, 0.5)/typical)
	}
}

// spans prepares the estimate of a spline: left-out errors are those of
// intervals that join two.
func (e *Estimate) spans(t *Part, slopes bool) {
	e.Order, e.Shape = 3, 1
	if slopes {
		e.Order, e.Shape = 3.5, 2
	}
	if t.Second != nil && slopes {
		e.Order = 5
	}
	for k := range e.Nodes.Rows {
		i := sort.SearchFloat64s(t.Support, e.Nodes.At(k, 0))
		e.Span = append(e.Span, t.Support[min(i+1, len(t.Support)-1)]-t.Support[max(i-1, 0)])
	}
}

// spline returns the estimate for a spline at the place t ∈ [0, 1] of the
// interval at x of length h: three times the largest error of the nearest left-out
// nodes, reduced by a power of h over their spans, less than the order of the
// spline, and by the shape of the error of Hermite interpolation.
func (e *Estimate) spline(x, h, t float64) float64 {
	near := nearest{most: nearestSpans}
	for k, err := range e.Error {
		near.add(math.Abs(e.Nodes.Data[k]-x), err*math.Pow(min(1, h/e.Span[k]), e.Order))
	}
	var peak float64
	for _, v := range near.err[:near.count] {
		peak = max(peak, v)
	}
	shape := max(math.Pow(4*t*(1-t), e.Shape), leastShape)
	return e.Scale * max(bound*e.Factor*shape*peak, e.Level)
}

// neighbours tells what is known near a point.
type neighbours struct {
	rms  float64 // root mean square error of the 2D+3 nearest nodes
	peak float64 // largest error of the three nearest, on grids over all axes
	past bool    // the point lies beyond the outermost left-out line of an axis
}

// nearest keeps the errors of the nodes nearest to a point, nearest first.
type nearest struct {
	distance, err [2*maxDim + 3]float64
	count, most   int
}

func (n *nearest) add(distance, err float64) {
	k := n.count
	if k == n.most {
		if k--; distance >= n.distance[k] {
			return
		}
	} else {
		n.count++
	}
	for ; k > 0 && n.distance[k-1] > distance; k-- {
		n.distance[k], n.err[k] = n.distance[k-1], n.err[k-1]
	}
	n.distance[k], n.err[k] = distance, err
}

// near looks at the left-out nodes around x; with other, a node at x itself
// does not count.
func (e *Estimate) near(x []float64, other bool) neighbours {
	dim := len(x)
	all := nearest{most: min(2*dim+3, 2*maxDim+3)}
	var out neighbours
	for line := -1; line < dim; line++ {
		own := nearest{most: nearestPeak}
		lo, hi := math.Inf(1), math.Inf(-1)
		for k, err := range e.Error {
			if e.Line[k] != line {
				continue
			}
			var q float64
			for j, v := range e.Nodes.Data[k*dim : (k+1)*dim] {
				q += (v - x[j]) * (v - x[j])
			}
			if other && q == 0 {
				continue
			}
			all.add(q, err)
			own.add(q, err)
			if line >= 0 {
				v := e.Nodes.Data[k*dim+line]
				lo, hi = min(lo, v), max(hi, v)
			}
		}
		for _, v := range own.err[:own.count] {
			out.peak = max(out.peak, v)
		}
		out.past = out.past || line >= 0 && own.count > 0 && (x[line] < lo || x[line] > hi)
	}
	for _, v := range all.err[:all.count] {
		out.rms += v * v
	}
	out.rms = math.Sqrt(out.rms / float64(max(1, all.count)))
	return out
}

// at returns the estimate at the scaled position x for the difference d of the
// two models: 2f√((gain·d)² + (ratio·s)²), not above three times the largest
// error of the three nearest nodes and not below ratio/3 of it. Outside the
// training box the upper bound does not hold.
func (e *Estimate) at(x []float64, d float64, inside bool) float64 {
	if len(e.Error) == 0 {
		return e.Scale * e.Largest
	}
	near := e.near(x, false)
	v := bound * near.peak
	if !e.Alone {
		v = calibration * e.Factor * math.Hypot(e.Gain*d, e.Ratio*near.rms)
		switch {
		case inside && near.past && len(x) > 1:
			v = max(v, calibration*near.peak)
		case inside && !near.past:
			v = min(v, max(bound*near.peak, calibration*e.Gain*d))
		}
	}
	if !inside {
		v = max(v, bound*near.peak, calibration*d)
	}
	return e.Scale * max(v, e.Ratio*near.peak/bound, e.Level)
}

// quantile returns the q-quantile of x by linear interpolation.
func quantile(x []float64, q float64) float64 {
	s := slices.Clone(x)
	slices.Sort(s)
	t := q * float64(len(s)-1)
	i := int(t)
	if i+1 >= len(s) {
		return s[len(s)-1]
	}
	return s[i] + (t-float64(i))*(s[i+1]-s[i])
}
