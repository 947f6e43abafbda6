package bracket

import "math"

// nearly is the relative distance of the points of a quadrature below which it
// does not improve on the tangents.
const nearly = 1e-6

// radau returns the best bounds of the nodes with second traces; none: ∓Inf.
//
// At such a node f - l = n·E[log x] for the eigenvalues x of A_m⁻¹·A, all
// alike; they lie in [a, b] = [min r, max r], E[x] = m1 = Σ p_k·r_k/n and
// E[x²] = m2 = Σ C_jk·r_j·r_k/n. Let q be the quadratic that agrees with log at
// x0 and, twice, at x1. The third derivative of log is positive, so q is below
// log on x ≥ x0 and above it on x ≤ x0: E[q] bounds E[log x] from below for
// x0 = a and from above for x0 = b, whatever x1 > 0. The best x1 is the second
// point of the Gauss-Radau rule with these moments (Golub and Meurant, Matrices,
// Moments and Quadrature, section 6.2).
func (m *Model) radau(p *point) (lower, upper float64) {
	lower, upper = math.Inf(-1), math.Inf(1)
	atLower, atUpper := -1, -1
	n := float64(m.Size)
	var s spectrum
	for c := range m.Curved {
		m.spectrum(c, p, &s)
		if !s.wide() {
			continue
		}
		l := m.LogDet[s.node]
		if q, ok := s.quadrature(s.low, s.logLow); ok && l+n*q.value > lower {
			lower, atLower = l+n*q.value, c
		}
		if q, ok := s.quadrature(s.high, s.logHigh); ok && l+n*q.value < upper {
			upper, atUpper = l+n*q.value, c
		}
	}
	if atLower >= 0 {
		m.spectrum(atLower, p, &s)
		q, _ := s.quadrature(s.low, s.logLow)
		lower -= m.slack(&s, &q)
	}
	if atUpper >= 0 {
		m.spectrum(atUpper, p, &s)
		q, _ := s.quadrature(s.high, s.logHigh)
		upper += m.slack(&s, &q)
	}
	return lower, upper
}

// spectrum is what a node knows of the eigenvalues x of A_m⁻¹·A.
type spectrum struct {
	node            int
	mean, second    float64 // E[x], E[x²]
	low, high       float64 // all x lie between
	logLow, logHigh float64
}

// wide reports whether the quadrature can improve on the tangents.
func (s *spectrum) wide() bool {
	return s.high-s.low > nearly*s.high && s.high < 1e150 && s.low > 1e-150
}

// spectrum sets s for the node Curved[c].
func (m *Model) spectrum(c int, p *point, s *spectrum) {
	parts := len(p.alpha)
	at := m.Curved[c]
	i := m.Traced[at]
	inverse, trace := m.Inverse.Data[i*parts:(i+1)*parts], m.Trace.Data[at*parts:(at+1)*parts]
	rows := parts * (parts + 1) / 2
	packed := m.Second.Data[c*rows : (c+1)*rows]
	first, last := 0, 0
	low, high := math.Inf(1), 0.0
	var mean, second float64
	for j, a := range p.alpha {
		r := a * inverse[j]
		if r < low {
			low, first = r, j
		}
		if r > high {
			high, last = r, j
		}
		mean += trace[j] * r
		var row float64
		for k, v := range packed[:j+1] {
			row += v * (p.alpha[k] * inverse[k])
		}
		packed = packed[j+1:]
		second += row * r
	}
	ti := m.Log.Data[i*(parts+1) : (i+1)*(parts+1)]
	inv := 1 / float64(m.Size)
	s.node, s.mean, s.second = i, mean*inv, second*inv
	s.low, s.high = low*(1-4*ulp), high*(1+4*ulp)
	s.logLow, s.logHigh = p.t[first]-ti[first], p.t[last]-ti[last]
}

// quadrature is E[q] of the q through x0 and, twice, x1.
type quadrature struct {
	value        float64
	x0, log0, x1 float64
	chord, curve float64 // divided differences log[x0, x1] and log[x0, x1, x1]
}

// quadrature returns the rule with x0 one end of the spectrum and its logarithm.
func (s *spectrum) quadrature(x0, log0 float64) (q quadrature, ok bool) {
	d := s.mean - x0
	x1 := (s.second - x0*s.mean) / d
	x1 = max(s.low, min(s.high, x1))
	if !(math.Abs(x1-x0) > nearly*x0) {
		return q, false
	}
	inv := 1 / (x1 - x0)
	q.x0, q.log0, q.x1 = x0, log0, x1
	q.chord = math.Log(x1/x0) * inv
	q.curve = (1/x1 - q.chord) * inv
	q.value = log0 + q.chord*d + q.curve*(s.second-(x0+x1)*s.mean+x0*x1)
	return q, true
}

// slack bounds the error of the bound by q: rounding and that of the moments,
// E[q] being (chord - curve·(x0+x1))·E[x] + curve·E[x²] + a constant.
func (m *Model) slack(s *spectrum, q *quadrature) float64 {
	n, l, mismatch := float64(m.Size), math.Abs(m.LogDet[s.node]), m.Mismatch[s.node]
	wide := widen(m.Trace.Cols)
	slope := math.Abs(q.chord - q.curve*(q.x0+q.x1))
	curve := math.Abs(q.curve)
	size := 1 + math.Abs(q.log0) + q.chord*s.high + slope*s.mean +
		curve*(2*s.second+2*(q.x0+q.x1)*s.mean+q.x0*q.x1)
	return wide*(l+n*size) + mismatch*(slope*s.high+curve*s.high*s.high)
}
