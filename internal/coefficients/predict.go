package coefficients

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"eimtool/internal/dense"
)

// evaluation is the model at one μ.
type evaluation struct {
	k, dk      []float64 // prediction and its derivative, coordinates of Samples.K
	norm       float64   // |A(μ)|
	difference float64   // |A₁ − A₂| of the first and second kind
	second     []float64 // A₂ − A₁; nil when it is not known
}

// Predict returns the coordinates of A(μ) with an estimate of their error.
// Outside the training box it evaluates the model as it stands where the two
// best kinds differ by less than its curvature, and continues it linearly from
// the nearest point of the box elsewhere. It fails when μ has the wrong length
// or is not finite.
func (m *Model) Predict(mu []float64) (Prediction, error) {
	if err := m.checkMu(mu); err != nil {
		return Prediction{}, err
	}
	p := Prediction{Modelled: m.Score <= notModelled, Extrapolation: m.extrapolation(mu)}
	v, _, err := m.extended(mu, -1, p.Extrapolation > 0)
	if err != nil {
		return Prediction{}, err
	}
	p.K, p.Second = v.k, v.second
	x := coordinates(m.Estimate.Axes, mu)
	p.ModelError = m.Estimate.at(x, v.difference/v.norm, p.Extrapolation == 0, p.Modelled)
	switch {
	case m.Samples == 1 && p.Extrapolation == 0:
		p.ModelError = 0 // the sample itself
	case math.IsInf(p.Extrapolation, 1) || math.IsNaN(p.ModelError):
		p.ModelError = math.Inf(1)
	}
	return p, nil
}

// Derivative returns ∂K/∂μ_j of the prediction at mu, zero for a parameter
// that did not vary over the samples. Where Predict continues the model
// linearly it is the derivative at the nearest point of the box.
func (m *Model) Derivative(mu []float64, j int) ([]float64, error) {
	if err := m.checkMu(mu); err != nil {
		return nil, err
	}
	if j < 0 || j >= len(mu) {
		return nil, fmt.Errorf("no parameter %d: the model has %d", j, len(mu))
	}
	_, dk, err := m.extended(mu, j, m.extrapolation(mu) > 0)
	return dk, err
}

// extended evaluates the model at mu, inside or outside the training box, and
// its derivative when j ≥ 0.
func (m *Model) extended(mu []float64, j int, outside bool) (v evaluation, dk []float64, err error) {
	v, err = m.evaluate(mu, j)
	if !outside {
		return v, v.dk, err
	}
	near := make([]float64, len(mu))
	for i, x := range mu {
		near[i] = min(max(x, m.Lower[i]), m.Upper[i])
	}
	taylor, err2 := m.evaluate(near, j)
	if err2 != nil {
		return taylor, nil, err2
	}
	step := make([]float64, len(taylor.k))
	for i, x := range mu {
		if x == near[i] {
			continue
		}
		slope, err := m.evaluate(near, i)
		if err != nil {
			return taylor, nil, err
		}
		axpy(x-near[i], slope.dk, step)
	}
	axpy(1, step, taylor.k)
	if err == nil && m.trusted(v, taylor, mu) {
		return v, v.dk, nil
	}
	taylor.norm = dense.Norm(taylor.k)
	taylor.difference, taylor.second = dense.Norm(step), step
	return taylor, taylor.dk, nil
}

// trusted reports whether the model itself may be evaluated outside the box:
// its two kinds agree better than either agrees with the linear continuation.
func (m *Model) trusted(direct, taylor evaluation, mu []float64) bool {
	if m.Second < 0 {
		return false
	}
	if direct.dk != nil { // a derivative was asked for: the difference was not computed
		v, err := m.evaluate(mu, -1)
		if err != nil {
			return false
		}
		direct = v
	}
	gap := slices.Clone(taylor.k)
	axpy(-1, direct.k, gap)
	return direct.difference <= dense.Norm(gap)+roundOff*direct.norm
}

// checkMu refuses parameters the model cannot be evaluated at.
func (m *Model) checkMu(mu []float64) error {
	if len(mu) != len(m.Names) {
		return fmt.Errorf("%d parameter values given, the model has %d parameters", len(mu), len(m.Names))
	}
	for j, v := range mu {
		if v-v != 0 {
			return fmt.Errorf("parameter %s is %v: parameters must be finite", m.Names[j], v)
		}
	}
	return nil
}

// extrapolation returns the distance of mu outside the training box, in box
// widths; +Inf along a parameter that did not vary.
func (m *Model) extrapolation(mu []float64) float64 {
	var far float64
	for j, v := range mu {
		if m.periodic(j) {
			continue
		}
		out := max(m.Lower[j]-v, v-m.Upper[j], 0)
		if out > 0 {
			width := m.Upper[j] - m.Lower[j]
			if width == 0 && out <= 1e-12*math.Abs(v) {
				continue // the same number, printed and read
			}
			far = max(far, out/width)
		}
	}
	return far
}

// periodic reports whether the prediction is periodic in parameter j.
func (m *Model) periodic(j int) bool {
	for i := range m.Averaged {
		wraps := false
		for _, a := range m.Parts[i].Axes {
			wraps = wraps || a.Param == j && a.Warp == WarpPeriodic
		}
		if !wraps {
			return false
		}
	}
	return m.Averaged > 0
}

// evaluate returns the prediction at mu and, when j ≥ 0, its derivative.
func (m *Model) evaluate(mu []float64, j int) (evaluation, error) {
	var sum, diff, slope combination
	used, poles := 0, false
	for i := range m.Parts {
		if i >= m.Averaged && (i != m.Second || j >= 0) {
			continue
		}
		v, dv, err := m.Parts[i].eval(mu, j)
		if errors.Is(err, errPole) {
			poles = poles || i == 0 || i == m.Second
			continue
		}
		if err != nil {
			return evaluation{}, m.named(err)
		}
		full := m.Parts[i].Full
		if i < m.Averaged {
			used++
			sum.add(v, full, 1)
			slope.add(dv, full, 1)
		}
		if i == 0 {
			diff.add(v, full, -1)
		}
		if i == m.Second {
			diff.add(v, full, 1)
		}
	}
	if used == 0 {
		if m.Fallback < 0 {
			return evaluation{}, errPole
		}
		part := &m.Parts[m.Fallback]
		v, dv, err := part.eval(mu, j)
		if err != nil {
			return evaluation{}, m.named(err)
		}
		used = 1
		sum.add(v, part.Full, 1)
		slope.add(dv, part.Full, 1)
	}
	e := evaluation{k: sum.coordinates(m, 1/float64(used))}
	if j >= 0 {
		e.dk = slope.coordinates(m, 1/float64(used))
	}
	axpy(1, m.Mean, e.k)
	e.norm = dense.Norm(e.k)
	switch {
	case m.Second < 0 || j >= 0:
	case poles:
		e.difference = math.Inf(1)
	default:
		e.difference, e.second = diff.norm(m), diff.coordinates(m, 1)
	}
	return e, nil
}

// combination sums part values kept in principal and in full coordinates.
type combination struct{ y, k []float64 }

// add adds c·v.
func (s *combination) add(v []float64, full bool, c float64) {
	to := &s.y
	if full {
		to = &s.k
	}
	if *to == nil {
		*to = make([]float64, len(v))
	}
	axpy(c, v, *to)
}

// coordinates returns c times the sum in the coordinates of Samples.K.
func (s *combination) coordinates(m *Model, c float64) []float64 {
	out := make([]float64, len(m.Mean))
	if s.y != nil {
		copy(out, dense.VecMul(s.y, m.Basis))
	}
	if s.k != nil {
		axpy(1, s.k, out)
	}
	for i := range out {
		out[i] *= c
	}
	return out
}

// norm returns the norm of the sum.
func (s *combination) norm(m *Model) float64 {
	if s.k == nil {
		return dense.Norm(s.y) // the basis is orthonormal
	}
	return dense.Norm(s.coordinates(m, 1))
}

// named completes a domain error with the name of the parameter.
func (m *Model) named(err error) error {
	var d *domainError
	if errors.As(err, &d) {
		return fmt.Errorf("%s = %g lies outside the domain of the model (its coordinate is %s): stay inside the training box, %g to %g",
			m.Names[d.param], d.value, d.warp, m.Lower[d.param], m.Upper[d.param])
	}
	return err
}
