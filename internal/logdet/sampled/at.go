package sampled

import (
	"errors"
	"fmt"
	"math"
)

// At returns log det at mu. Outside the training box the functions are
// continued linearly from the nearest point of the box, unless their two models
// agree better with each other than with that; the estimate grows and is +Inf
// beyond one box width. At fails when mu has the wrong length or is not finite.
func (m *Model) At(mu []float64) (Value, error) {
	if len(mu) != len(m.Names) {
		return Value{}, fmt.Errorf("%d parameter values given, the model has %d parameters", len(mu), len(m.Names))
	}
	for j, x := range mu {
		if x-x != 0 {
			return Value{}, fmt.Errorf("parameter %s is %v: parameters must be finite", m.Names[j], x)
		}
	}
	v := Value{Gradient: make([]complex128, len(mu)), Extrapolation: m.outside(mu), HasPhase: m.Phase != nil}
	var store [maxDim]float64
	slope := store[:min(len(mu), maxDim)]
	if len(mu) > maxDim {
		slope = make([]float64, len(mu))
	}
	var err error
	if v.LogAbs, v.Estimate, err = m.value(m.LogAbs, mu, v.Extrapolation, slope); err != nil {
		return Value{}, err
	}
	for j, d := range slope {
		v.Gradient[j] = complex(d, 0)
	}
	if !v.HasPhase {
		return v, nil
	}
	if v.Phase, v.PhaseEstimate, err = m.value(m.Phase, mu, v.Extrapolation, slope); err != nil {
		return Value{}, err
	}
	for j, d := range slope {
		v.Gradient[j] += complex(0, d)
	}
	return v, nil
}

// outside returns the distance of mu outside the training box, in box widths;
// +Inf along a parameter that did not vary.
func (m *Model) outside(mu []float64) float64 {
	var far float64
	for j, x := range mu {
		out := max(m.Lower[j]-x, x-m.Upper[j], 0)
		width := m.Upper[j] - m.Lower[j]
		if out == 0 || width == 0 && out <= 1e-12*math.Abs(x) {
			continue
		}
		far = max(far, out/width)
	}
	return far
}

// evaluation is a function at one μ.
type evaluation struct {
	value      float64
	difference float64 // of the two models; 0 without a second one, +Inf where one is unusable
}

// value evaluates fn at mu, inside or outside the box, and writes its gradient.
func (m *Model) value(fn *Function, mu []float64, outside float64, slope []float64) (value, estimate float64, err error) {
	if outside == 0 {
		v, err := fn.evaluate(mu, slope)
		if err != nil {
			return 0, 0, err
		}
		return v.value, fn.estimate(mu, v.difference, true) + rounding(v.value), nil
	}
	near := make([]float64, len(mu))
	for j, x := range mu {
		near[j] = min(max(x, m.Lower[j]), m.Upper[j])
	}
	v, err := fn.evaluate(near, slope)
	if err != nil {
		return 0, 0, err
	}
	linear := v.value
	for j, x := range mu {
		linear += slope[j] * (x - near[j])
	}
	step := math.Abs(linear - v.value)
	own := make([]float64, len(mu))
	direct, err := fn.evaluate(mu, own)
	value, estimate = linear, step
	if err == nil {
		gap := math.Abs(direct.value - linear)
		if fn.Second != nil && direct.difference <= gap {
			value = direct.value
			copy(slope, own)
			step = 0
		}
		estimate = max(step, fn.estimate(mu, direct.difference, false)) + gap*outside
	}
	if estimate += fn.estimate(near, v.difference, true) + rounding(v.value); !(outside <= 1) {
		estimate = math.Inf(1)
	}
	return value, estimate, nil
}

// estimate returns the error estimate at mu.
func (fn *Function) estimate(mu []float64, difference float64, inside bool) float64 {
	e := fn.Estimate
	var store [maxDim]float64
	x := store[:0]
	for a := range e.Axes {
		v, _ := place(&e.Axes[a], mu[e.Axes[a].Param])
		x = append(x, v)
	}
	if inside && e.Span != nil {
		t := &fn.Parts[0]
		k := interval(t.Support, x[0])
		h := t.Support[k+1] - t.Support[k]
		return e.spline(x[0], h, min(max((x[0]-t.Support[k])/h, 0), 1))
	}
	if v := e.at(x, difference, inside); v == v {
		return v
	}
	return math.Inf(1)
}

// evaluate returns the mean of the parts at mu, writes its gradient, and
// compares it with the second model.
func (fn *Function) evaluate(mu, slope []float64) (evaluation, error) {
	clear(slope)
	value, pole, err := mean(fn.Parts, mu, slope)
	if errors.Is(err, errPole) && fn.Fallback != nil {
		clear(slope)
		value, _, err = mean(fn.Fallback, mu, slope)
	}
	if err != nil {
		return evaluation{}, err
	}
	v := evaluation{value: value}
	if pole {
		v.difference = math.Inf(1)
	}
	if fn.Second == nil {
		return v, nil
	}
	var store [maxDim]float64
	unused := store[:min(len(mu), maxDim)]
	if len(mu) > maxDim {
		unused = make([]float64, len(mu))
	}
	second, _, err := mean(fn.Second, mu, unused)
	if err != nil {
		v.difference = math.Inf(1)
		return v, nil
	}
	v.difference = max(v.difference, math.Abs(second-value))
	return v, nil
}

// mean returns the mean of the parts that are usable at mu, adds its gradient
// to slope, and tells whether one was not.
func mean(parts []Part, mu, slope []float64) (value float64, pole bool, err error) {
	used := 0
	for i := range parts {
		v, err := parts[i].eval(mu, slope)
		if errors.Is(err, errPole) {
			pole = true
			continue
		}
		if err != nil {
			return 0, false, err
		}
		value += v
		used++
	}
	if used == 0 {
		return 0, true, errPole
	}
	for j := range slope {
		slope[j] /= float64(used)
	}
	return value / float64(used), pole, nil
}
