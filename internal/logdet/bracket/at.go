package bracket

import "math"

// small is the number of coefficients up to which bounds need no allocation.
const small = 16

// point is what the bounds need of the coefficients.
type point struct {
	alpha []float64
	t     []float64 // log α, and 1
}

// newPoint returns the point at alpha and whether that is positive and finite;
// store holds its numbers if they fit.
func newPoint(alpha, store []float64) (p point, ok bool) {
	if len(alpha) >= len(store) {
		store = make([]float64, len(alpha)+1)
	}
	p = point{alpha, store[:len(alpha)+1]}
	for k, a := range alpha {
		if !(a > 0) || a > math.MaxFloat64 {
			return p, false
		}
		p.t[k] = math.Log(a)
	}
	p.t[len(alpha)] = 1
	return p, true
}

// At returns the best bounds of log det at the coefficients alpha (K). Where
// alpha is not positive and finite they are -Inf and +Inf; otherwise they are
// finite unless they overflow. Both hold up to rounding, by which they are
// widened, for exact data; lower > upper shows data that do not belong together.
func (m *Model) At(alpha []float64) (lower, upper float64) {
	var store [small]float64
	p, ok := newPoint(alpha, store[:])
	if !ok {
		return math.Inf(-1), math.Inf(1)
	}
	lower, upper = m.quick(&p)
	return max(lower, m.chordBelow(&p)), min(upper, m.chordAbove(&p))
}

// Tangents is At without the chords, whose linear programs take most of its
// time: for sweeps over many points. Nodes of which the value alone is known
// give hardly anything here.
func (m *Model) Tangents(alpha []float64) (lower, upper float64) {
	var store [small]float64
	p, ok := newPoint(alpha, store[:])
	if !ok {
		return math.Inf(-1), math.Inf(1)
	}
	return m.quick(&p)
}

// quick returns the best bounds that single nodes give.
func (m *Model) quick(p *point) (lower, upper float64) {
	lower, upper = m.radau(p)
	lower = max(lower, m.geometric(p))
	upper = min(upper, m.arithmetic(p))
	for _, i := range m.Valued {
		l, u := m.scaled(i, p)
		lower, upper = max(lower, l), min(upper, u)
	}
	return lower, upper
}

// Check compares the value at every node with the bounds of every other node.
// The error is a *ContradictionError for the pair that disagrees most.
func (m *Model) Check() error {
	var worst float64
	var found error
	alpha := make([]float64, m.Inverse.Cols)
	var store [small]float64
	for i, l := range m.LogDet {
		for k, v := range m.Inverse.Row(i) {
			alpha[k] = 1 / v
		}
		p, ok := newPoint(alpha, store[:])
		if !ok {
			continue
		}
		for j := range m.LogDet {
			lower, upper := m.single(j, &p)
			if off := max(lower-l, l-upper); off > worst {
				worst, found = off, &ContradictionError{Node: i, Other: j, LogDet: l, Lower: lower, Upper: upper}
			}
		}
	}
	return found
}

// single returns the bounds by node i alone.
func (m *Model) single(i int, p *point) (lower, upper float64) {
	lower, upper = m.scaled(i, p)
	for at, node := range m.Traced {
		if node == i {
			lower = max(lower, m.geometricAt(at, p))
			upper = min(upper, m.arithmeticAt(at, p))
		}
	}
	return lower, upper
}
