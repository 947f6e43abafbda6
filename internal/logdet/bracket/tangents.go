package bracket

import "math"

// ulp is the spacing of float64 numbers at 1, twice the rounding error.
const ulp = 0x1p-52

// widen is the number of roundings, in ulp of the terms of a sum, by which a
// bound over K coefficients is moved outwards: its own and those of logarithms.
func widen(parts int) float64 { return float64(parts+8) * ulp }

// scaled returns the bounds by the value at node i alone: with
// a = min r ≤ max r = b, a·A_i ≤ A ≤ b·A_i.
func (m *Model) scaled(i int, p *point) (lower, upper float64) {
	ti := m.Log.Row(i)
	low, high := math.Inf(1), math.Inf(-1)
	var size float64
	for k := range p.alpha {
		d := p.t[k] - ti[k]
		low, high = min(low, d), max(high, d)
		size = max(size, math.Abs(p.t[k])+math.Abs(ti[k]))
	}
	n, l := float64(m.Size), m.LogDet[i]
	slack := widen(0) * (math.Abs(l) + n*size)
	return l + n*low - slack, l + n*high + slack
}

// geometric returns max_m l_m + Σ p_k·log r_k, the tangents in log α.
func (m *Model) geometric(p *point) float64 {
	best, at := math.Inf(-1), -1
	parts := len(p.alpha)
	for i, v := range m.Offset {
		row := m.Trace.Data[i*parts : (i+1)*parts]
		for k, c := range row {
			v += c * p.t[k]
		}
		if v > best {
			best, at = v, i
		}
	}
	if at < 0 {
		return math.Inf(-1)
	}
	return m.geometricAt(at, p)
}

// geometricAt returns the bound of the node Traced[at].
func (m *Model) geometricAt(at int, p *point) float64 {
	i := m.Traced[at]
	ti := m.Log.Row(i)
	v, size, far := m.LogDet[i], math.Abs(m.LogDet[i]), 1.0
	for k, c := range m.Trace.Row(at) {
		d := p.t[k] - ti[k]
		v += c * d
		size += c * (math.Abs(p.t[k]) + math.Abs(ti[k]))
		far = max(far, math.Abs(d))
	}
	return v - widen(len(p.alpha))*size - far*m.Mismatch[i]
}

// arithmetic returns min_m l_m + n·log Σ (p_k/n)·r_k, the tangents of e^{f/n}.
func (m *Model) arithmetic(p *point) float64 {
	best, at := math.Inf(1), -1
	parts := len(p.alpha)
	for i := range m.Traced {
		row := m.Slope.Data[i*parts : (i+1)*parts]
		var v float64
		for k, c := range row {
			v += c * p.alpha[k]
		}
		if v < best {
			best, at = v, i
		}
	}
	if at < 0 {
		if len(m.Traced) == 0 {
			return math.Inf(1)
		}
		at = 0 // the products overflow at all nodes
	}
	return m.arithmeticAt(at, p)
}

// arithmeticAt returns the bound of the node Traced[at].
func (m *Model) arithmeticAt(at int, p *point) float64 {
	i := m.Traced[at]
	inverse := m.Inverse.Row(i)
	var mean, far float64
	for k, c := range m.Trace.Row(at) {
		r := p.alpha[k] * inverse[k]
		mean += c * r
		far = max(far, r)
	}
	n, l := float64(m.Size), m.LogDet[i]
	log := math.Log(mean / n)
	if !(log < math.Inf(1)) {
		return math.Inf(1)
	}
	slack := widen(len(p.alpha)) * (math.Abs(l) + n*(1+math.Abs(log)))
	return l + n*log + slack + m.Mismatch[i]*far*n/mean
}
