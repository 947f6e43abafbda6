package measure

import (
	"fmt"
	"math"

	"eimtool/internal/dense"
)

// At evaluates the model at coefficients α (K). The errors are *InputError.
func (m *Model) At(alpha []float64) (Value, error) {
	s, err := m.state(alpha)
	if err != nil {
		return Value{}, err
	}
	fits := m.Fits
	v := Value{Slope: make([]float64, len(alpha)), Outside: m.outside(&s)}
	values := make([]float64, fits) // what a fit adds to N·log s and the mean
	mean := 0.
	inside := s.h[:len(alpha)] // shares at the point of the box of the reduction
	if s.clamped {
		inside = s.clampedShares(m)
	}
	slope := make([]float64, len(alpha))
	switch {
	case m.Polynomials != nil:
		mean = m.evaluate(&s, slope[1:], values)
	case m.Cloud != nil:
		mean = m.evaluateAtoms(inside, slope, values)
	default: // one part
		mean = m.Constants[0]
	}
	if !m.Whole {
		mean += m.measure(0, inside, 1, slope)
	}
	if s.clamped {
		mean += m.measures(inside, -1, slope, values)
		for j, d := range s.moved {
			if d != 0 {
				slope[j+1] = 0
			}
		}
		mean += m.measures(s.h[:len(alpha)], 1, slope, values)
	}
	size, sum := float64(m.Size), 0.
	for k := 1; k < len(alpha); k++ {
		v.Slope[k] = size*s.h[k] + slope[k]
		sum += v.Slope[k]
	}
	v.Slope[0] = size - sum
	low, high := math.Inf(1), math.Inf(-1)
	for _, x := range values {
		low, high = min(low, x), max(high, x)
	}
	v.LogDet = size*s.logScale + mean
	v.Spread = high - low
	v.Estimate = m.Factor*(v.Spread+m.Floor*m.LargestSpread) + m.ReductionError + m.Rounding
	return v, nil
}

// LogDet returns Value.LogDet alone, a few times as fast.
func (m *Model) LogDet(alpha []float64) (float64, error) {
	s, err := m.state(alpha)
	if err != nil {
		return 0, err
	}
	if m.Polynomials == nil || s.clamped {
		v, err := m.At(alpha)
		return v.LogDet, err
	}
	var buffer [1024]float64
	work := buffer[:]
	if n := m.Polynomials.workspace(); n > len(work) {
		work = make([]float64, n)
	}
	prefixes, last := m.Polynomials.prepare(s.t[:len(alpha)-1], work)
	l := float64(m.Size)*s.logScale + m.Polynomials.one(m.Polynomials.Coefficients.Row(0), prefixes, last)
	if !m.Whole {
		l += m.Constants[0]
		h := s.h[:len(alpha)]
		for i, w := range m.Weights[:m.Ends[0]] {
			l += w * math.Log(dot(h, m.Atoms.Row(i)))
		}
	}
	return l, nil
}

// dot returns h·x for few coordinates.
func dot(h, x []float64) float64 {
	d := 0.
	for k, v := range h {
		d += v * x[k]
	}
	return d
}

// state is a parameter in the coordinates of the model.
type state struct {
	h        [maxParts]float64 // shares c_k·α_k/s
	logScale float64
	t        [maxParts]float64 // log(α_k/α_1), k ≥ 2, moved into the box of the polynomials
	moved    [maxParts]float64 // by how much
	clamped  bool              // whether any was moved
}

func (m *Model) state(alpha []float64) (s state, err error) {
	if len(alpha) != len(m.Scale) {
		return s, &InputError{-1, fmt.Sprintf("%d coefficients, the model has %d", len(alpha), len(m.Scale))}
	}
	if err := checkAlpha(alpha, -1); err != nil {
		return s, err
	}
	s.logScale = homogeneous(m.Scale, alpha, s.h[:len(alpha)])
	for k, a := range alpha[1:] {
		s.t[k] = math.Log(a / alpha[0])
	}
	for j, c := range m.Middle {
		in := min(max(s.t[j], c-m.Half[j]), c+m.Half[j])
		s.moved[j] = s.t[j] - in
		s.t[j] = in
		s.clamped = s.clamped || s.moved[j] != 0
	}
	return s, nil
}

// clampedShares returns the shares at the point of the box of the polynomials.
func (s *state) clampedShares(m *Model) []float64 {
	k := len(m.Scale)
	h, alpha := make([]float64, k), make([]float64, k)
	alpha[0] = 1
	for j := range k - 1 {
		alpha[j+1] = math.Exp(s.t[j])
	}
	homogeneous(m.Scale, alpha, h)
	return h
}

// evaluate returns the mean of the polynomials, and adds its derivatives to
// slope (K-1) and the values of the fits, relative to the mean, to values.
func (m *Model) evaluate(s *state, slope, values []float64) float64 {
	p := m.Polynomials
	d := len(p.Middle)
	terms := p.Coefficients.Cols
	work := make([]float64, p.workspace()+terms)
	basis := work[:terms]
	prefixes, last := p.prepare(s.t[:d], work[terms:])
	p.basis(prefixes, last, basis)
	for j := range slope {
		slope[j] += dense.Dotc(p.Coefficients.Row(1+j), basis)
	}
	for f := range values {
		values[f] += dense.Dotc(p.Coefficients.Row(1+d+f), basis)
	}
	return dense.Dotc(p.Coefficients.Row(0), basis)
}

// evaluateAtoms is evaluate for fits that are kept as atoms. slope has length K.
func (m *Model) evaluateAtoms(h, slope, values []float64) float64 {
	logs := make([]float64, m.Cloud.Rows)
	mean := m.CloudConstants[0] + sumOfLogs(h, m.Cloud, m.CloudWeights.Row(0), 1, slope, logs)
	for f := range values {
		values[f] += m.CloudConstants[1+f] + dense.Dotc(m.CloudWeights.Row(1+f), logs)
	}
	return mean
}

// measures returns sign times the mean of the nonnegative fits at shares h, and
// adds its derivatives to slope (K) and the values of the fits to values.
func (m *Model) measures(h []float64, sign float64, slope, values []float64) float64 {
	mean := 0.
	for f := range m.Ends {
		v := m.measure(f, h, sign/float64(m.Fits), slope)
		values[f] += float64(m.Fits) * v
		mean += v
	}
	return mean
}

// measure returns factor times nonnegative fit f at shares h, and adds its
// derivatives to slope (K).
func (m *Model) measure(f int, h []float64, factor float64, slope []float64) float64 {
	at := 0
	if f > 0 {
		at = m.Ends[f-1]
	}
	atoms := &dense.Matrix[float64]{Rows: m.Ends[f] - at, Cols: len(h), Data: m.Atoms.Data[at*len(h):]}
	return factor * (m.Constants[f] + sumOfLogs(h, atoms, m.Weights[at:], factor, slope, nil))
}

// sumOfLogs returns Σ w·log(h·x) over the atoms x, adds factor times its
// derivatives, w·(h_k·x_k/(h·x) - h_k), to slope (K), and sets logs, unless that
// is nil, to the logarithms.
func sumOfLogs(h []float64, atoms *dense.Matrix[float64], weights []float64, factor float64, slope, logs []float64) float64 {
	var g [maxParts]float64 // Σ w·x_k/(h·x)
	sum, mass := 0., 0.
	for j, w := range weights[:atoms.Rows] {
		x := atoms.Row(j)
		d := dot(h, x)
		l := math.Log(d)
		if logs != nil {
			logs[j] = l
		}
		sum += w * l
		mass += w
		d = w / d
		for k, v := range x {
			g[k] += d * v
		}
	}
	for k, v := range h {
		slope[k] += factor * v * (g[k] - mass)
	}
	return sum
}

// outside returns how far the parameter lies outside the box of the nodes.
func (m *Model) outside(s *state) float64 {
	worst := 0.
	for j, low := range m.Low {
		t := s.t[j] + s.moved[j]
		if out := max(low-t, t-m.High[j]); out > 0 {
			worst = max(worst, out/max(m.High[j]-low, 1e-3))
		}
	}
	return worst
}
