package coefficients

import (
	"math"
	"slices"

	"eimtool/internal/dense"
)

const (
	nearestPeak    = 3   // events whose largest residual bounds the estimate
	calibration    = 2   // factor on the calibrated deviation
	bound          = 3   // the estimate lies within 1/bound and bound times the nearest residual
	poorSecond     = 10  // ratio of scores at which the second model says nothing
	calibrated     = .95 // quantile of the calibration factor
	maxCalibration = 10
	medianPoints   = 50
)

// estimate calibrates the error estimate on the left-out events. With e_i the
// residual norms of the prediction, d_i the differences between the two
// left-out predictions of different kind, and s_i the root mean square of e
// over the 2D+3 nearest other events, the factor is the 95 % quantile of
// e_i/√(d_i² + s_i²).
func (m *Model) estimate(p *problem, averaged []*fitted, second *fitted) {
	first := averaged[0]
	rows := p.inner
	full := second != nil && second.full != first.full
	for _, f := range averaged {
		full = full || f.full != first.full
	}
	get := func(f *fitted) *dense.Matrix[float64] {
		if full {
			return expand(p, f.res, f.full)
		}
		return f.res
	}
	mean := get(first).Clone()
	for _, f := range averaged[1:] {
		axpy(1, get(f).Data, mean.Data)
	}
	for i := range mean.Data {
		mean.Data[i] /= float64(len(averaged))
	}
	m.Score = rootMean(mean, rows)
	e := &m.Estimate
	*e = Estimate{Ratio: 1, Factor: 1, Residual: make([]float64, rows), Difference: make([]float64, rows), SecondPoor: true}
	m.placeEvents(p, first.space)
	for k := range rows {
		e.Residual[k] = dense.Norm(mean.Row(k))
	}
	e.Largest = slices.Max(e.Residual)
	if second == nil {
		m.leaveOut(p, mean, nil, full)
		return
	}
	e.SecondPoor = second.rank() > poorSecond*first.rank()
	difference := get(first).Clone()
	axpy(-1, get(second).Data, difference.Data)
	for k := range rows {
		e.Difference[k] = dense.Norm(difference.Row(k))
	}
	m.leaveOut(p, mean, difference, full)
	m.calibrate(p)
}

// leaveOut records what the prediction makes of every left-out sample. The
// rows of residual (sample − prediction) and difference (second − first kind;
// may be nil) are weighted by 1/|A_i|.
func (m *Model) leaveOut(p *problem, residual, difference *dense.Matrix[float64], full bool) {
	row := 0
	for _, g := range p.events {
		for _, i := range g {
			if row == p.inner {
				return
			}
			size := 1 / p.weight[i]
			out := LeftOut{Sample: i, Norm: size, K: slices.Clone(m.Mean)}
			axpy(1, p.k.Row(i), out.K)
			axpy(-size, expandRow(p, residual, row, full), out.K)
			out.Error = dense.Norm(residual.Row(row))
			if difference != nil {
				out.Second = expandRow(p, difference, row, full)
				for j := range out.Second {
					out.Second[j] *= size
				}
			}
			m.LeftOut = append(m.LeftOut, out)
			row++
		}
	}
}

// expandRow returns row k of res in the coordinates of Samples.K.
func expandRow(p *problem, res *dense.Matrix[float64], k int, full bool) []float64 {
	if full {
		return slices.Clone(res.Row(k))
	}
	return dense.VecMul(res.Row(k), p.basis)
}

// placeEvents records the positions of the events in the coordinates of s;
// periodic axes are measured along the parameter.
func (m *Model) placeEvents(p *problem, s *space) {
	e := &m.Estimate
	for d, a := range s.axes {
		if a.Warp == WarpPeriodic {
			a = newAxis(a.Param, WarpIdentity, p.mu[d])
		}
		e.Axes = append(e.Axes, a)
	}
	e.Events = dense.New[float64](len(e.Residual), len(e.Axes))
	if len(e.Axes) > 1 {
		e.Line = make([]int, len(e.Residual))
	}
	row := 0
	for n, g := range p.events {
		for _, i := range g {
			if row == p.inner {
				return
			}
			for d := range e.Axes {
				e.Events.Data[row*e.Events.Cols+d], _ = e.Axes[d].apply(p.mu[d][i])
			}
			if e.Line != nil {
				e.Line[row] = p.lines[n]
			}
			row++
		}
	}
}

// calibrate sets the factor and the ratio.
func (m *Model) calibrate(p *problem) {
	e := &m.Estimate
	ratios := make([]float64, len(e.Residual))
	for i := range ratios {
		s := e.nearby(e.Events.Row(i), true)
		ratios[i] = e.Residual[i] / math.Hypot(e.Difference[i], s)
		if math.IsNaN(ratios[i]) {
			ratios[i] = 1
		}
	}
	e.Factor = min(max(quantile(ratios, calibrated), 1), maxCalibration)
	var d []float64
	u := Halton(medianPoints, len(p.params))
	mu := slices.Clone(p.lower)
	for i := range u.Rows {
		for k, j := range p.params {
			mu[j] = p.lower[j] + u.At(i, k)*(p.upper[j]-p.lower[j])
		}
		if ev, err := m.evaluate(mu, -1); err == nil && !math.IsInf(ev.difference, 1) {
			d = append(d, ev.difference/ev.norm)
		}
	}
	events := quantile(e.Difference, 0.5)
	if len(d) > 0 && events > 0 {
		e.Ratio = min(1, quantile(d, 0.5)/events)
	}
}

// nearby returns the root mean square residual of the 2D+3 events nearest to
// x; with other, events at x itself are left out.
func (e *Estimate) nearby(x []float64, other bool) float64 {
	var sum float64
	near := e.nearest(x, 2*len(e.Axes)+3, other)
	for _, k := range near {
		sum += e.Residual[k] * e.Residual[k]
	}
	return math.Sqrt(sum / float64(max(1, len(near))))
}

// nearest returns the count events nearest to x.
func (e *Estimate) nearest(x []float64, count int, other bool) []int {
	all := make([]int, e.Events.Rows)
	for k := range all {
		all[k] = k
	}
	return e.nearestOf(all, x, count, other)
}

// nearestOf is nearest among the given events.
func (e *Estimate) nearestOf(events []int, x []float64, count int, other bool) []int {
	type near struct {
		k int
		d float64
	}
	list := make([]near, 0, len(events))
	for _, k := range events {
		var d float64
		for j, v := range e.Events.Row(k) {
			d += (v - x[j]) * (v - x[j])
		}
		if !other || d > 0 {
			list = append(list, near{k, d})
		}
	}
	slices.SortFunc(list, func(a, b near) int {
		switch {
		case a.d < b.d:
			return -1
		case a.d > b.d:
			return 1
		}
		return a.k - b.k
	})
	out := make([]int, min(count, len(list)))
	for i := range out {
		out[i] = list[i].k
	}
	return out
}

// at returns the estimate at scaled position x for the relative difference d
// of the two models: 2 f √(d² + (ratio·s)²), kept within a factor of three of
// the largest residual of the three nearest events, and at least twice the
// largest residual of a family that is not modelled. Outside the training box
// the upper bound does not hold.
func (e *Estimate) at(x []float64, d float64, inside, modelled bool) float64 {
	if len(e.Residual) == 0 {
		return e.Largest
	}
	peak, past := e.peak(x)
	v := bound * peak
	if !e.SecondPoor {
		v = calibration * e.Factor * math.Hypot(d, e.Ratio*e.nearby(x, false))
		switch {
		case inside && past && len(x) > 1:
			v = max(v, peak)
		case inside && !past:
			v = min(v, bound*peak)
		}
	}
	if !inside {
		v = max(v, bound*peak, calibration*d)
	}
	v = max(v, peak/bound)
	if !modelled {
		v = max(v, 2*e.Largest)
	}
	return v
}

// peak returns the largest residual of the nearestPeak events nearest to x: on
// grids the largest over the parameters of those of which lines of that
// parameter were left out, since the others say nothing of it. past reports
// whether x lies beyond the outermost left-out line of a parameter (with one
// parameter: sample), where residuals bound nothing.
func (e *Estimate) peak(x []float64) (peak float64, past bool) {
	for j := -1; j < len(e.Axes); j++ {
		events, lo, hi := e.ofLine(j)
		if len(events) == 0 {
			continue
		}
		for _, k := range e.nearestOf(events, x, nearestPeak, false) {
			peak = max(peak, e.Residual[k])
		}
		past = past || j >= 0 && (x[j] < lo || x[j] > hi)
	}
	return peak, past
}

// ofLine returns the events that are part of a line of axis j (-1: of none) and
// the range of that axis among them. A single parameter is its own line.
func (e *Estimate) ofLine(j int) (events []int, lo, hi float64) {
	lo, hi = math.Inf(1), math.Inf(-1)
	for k := range e.Residual {
		line := -1
		switch {
		case len(e.Axes) == 1:
			line = 0
		case e.Line != nil:
			line = e.Line[k]
		}
		if line != j {
			continue
		}
		events = append(events, k)
		if j >= 0 {
			lo, hi = min(lo, e.Events.At(k, j)), max(hi, e.Events.At(k, j))
		}
	}
	return events, lo, hi
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
