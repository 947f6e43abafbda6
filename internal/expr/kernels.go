package expr

import "math"

// binary computes d = a op b; a or b may have one element only.
func (m *machine) binary(o op, d, a, b []float64) bool {
	switch o {
	case opAdd, opSub, opMul, opDiv:
		return arithmetic(o, d, a, b)
	case opLess, opLessEq:
		compare(o, d, a, b)
		return true
	case opGreater:
		compare(opLess, d, b, a)
		return true
	case opGreaterEq:
		compare(opLessEq, d, b, a)
		return true
	}
	return every(o, d, m.full(a, len(d), 0), m.full(b, len(d), 1))
}

// arithmetic is binary for + - * and /.
func arithmetic(o op, d, a, b []float64) bool {
	one, other := len(a) != len(d), len(b) != len(d) // which has one element
	switch {
	case o == opAdd && one:
		addOne(d, b, a[0])
	case o == opAdd && other:
		addOne(d, a, b[0])
	case o == opAdd:
		addVec(d, a, b)
	case o == opMul && one:
		mulOne(d, b, a[0])
	case o == opMul && other:
		mulOne(d, a, b[0])
	case o == opMul:
		mulVec(d, a, b)
	case o == opSub && one:
		subFrom(d, a[0], b)
	case o == opSub && other:
		addOne(d, a, -b[0])
	case o == opSub:
		subVec(d, a, b)
	case one:
		return divFrom(d, a[0], b)
	case other:
		divOne(d, a, b[0])
		return finite(b[0])
	default:
		return divVec(d, a, b)
	}
	return true
}

// every computes d = a op b one by one.
func every(o op, d, a, b []float64) bool {
	a, b = a[:len(d)], b[:len(d)]
	for i := range d {
		v, f := realValue(o, a[i], b[i])
		if f != fine || o == opPow && !finite(v) {
			return false
		}
		d[i] = v
	}
	return true
}

func addVec(d, a, b []float64) {
	a, b = a[:len(d)], b[:len(d)]
	for i := range d {
		d[i] = a[i] + b[i]
	}
}

func addOne(d, a []float64, b float64) {
	a = a[:len(d)]
	for i := range d {
		d[i] = a[i] + b
	}
}

func subVec(d, a, b []float64) {
	a, b = a[:len(d)], b[:len(d)]
	for i := range d {
		d[i] = a[i] - b[i]
	}
}

func subFrom(d []float64, a float64, b []float64) {
	b = b[:len(d)]
	for i := range d {
		d[i] = a - b[i]
	}
}

func mulVec(d, a, b []float64) {
	a, b = a[:len(d)], b[:len(d)]
	for i := range d {
		d[i] = a[i] * b[i]
	}
}

func mulOne(d, a []float64, b float64) {
	a = a[:len(d)]
	for i := range d {
		d[i] = a[i] * b
	}
}

// divVec computes d = a/b and reports whether b is finite, which does not show in
// the result.
func divVec(d, a, b []float64) bool {
	a, b = a[:len(d)], b[:len(d)]
	var s float64
	for i := range d {
		v := b[i]
		s += v - v
		d[i] = a[i] / v
	}
	return s == 0
}

func divOne(d, a []float64, b float64) {
	a = a[:len(d)]
	for i := range d {
		d[i] = a[i] / b
	}
}

func divFrom(d []float64, a float64, b []float64) bool {
	b = b[:len(d)]
	var s float64
	for i := range d {
		v := b[i]
		s += v - v
		d[i] = a / v
	}
	return s == 0
}

// square computes d = (a + s)².
func square(d, a []float64, s float64) {
	a = a[:len(d)]
	for i := range d {
		v := a[i] + s
		d[i] = v * v
	}
}

// squares computes d = (a + s)² + (b + t)².
func squares(d, a []float64, s float64, b []float64, t float64) {
	a, b = a[:len(d)], b[:len(d)]
	for i := range d {
		v, w := a[i]+s, b[i]+t
		d[i] = float64(v*v) + float64(w*w)
	}
}

// maxVec computes d = a or b of conditions.
func maxVec(d, a, b []float64) {
	a, b = a[:len(d)], b[:len(d)]
	for i := range d {
		d[i] = max(a[i], b[i])
	}
}

// over computes the quotient d + i·e of re + i·im by the real numbers b, which may
// be one, as Go divides complex numbers, and reports whether b is finite.
func over(d, e, re, im, b []float64) bool {
	e, re, im = e[:len(d)], re[:len(d)], im[:len(d)]
	if len(b) != len(d) {
		for i := range d {
			d[i], e[i] = quotient(re[i], im[i], b[0])
		}
		return finite(b[0])
	}
	var s float64
	for i, v := range b {
		s += v - v
		d[i], e[i] = quotient(re[i], im[i], v)
	}
	return s == 0
}

// quotient divides re + i·im by b + 0i (R. L. Smith, Commun. ACM 5(8), 1962): the
// ratio of the parts of the divisor is a zero with the sign of b.
func quotient(re, im, b float64) (float64, float64) {
	ratio := math.Copysign(0, b)
	return (re + float64(im*ratio)) / b, (im - float64(re*ratio)) / b
}

// complexUnary computes d + i·e = op(re + i·im) one by one.
func complexUnary(o op, d, e, re, im []float64) bool {
	for i := range d {
		v, f := complexValue(o, complex(re[i], im[i]), 0)
		if f != fine || !finite(real(v)) || !finite(imag(v)) {
			return false
		}
		d[i], e[i] = real(v), imag(v)
	}
	return true
}

// complexBinary computes d + i·e = (a + i·b) op (p + i·q) one by one.
func complexBinary(o op, d, e, a, b, p, q []float64) bool {
	for i := range d {
		v, f := complexValue(o, complex(a[i], b[i]), complex(p[i], q[i]))
		if f != fine || !finite(real(v)) || !finite(imag(v)) {
			return false
		}
		d[i], e[i] = real(v), imag(v)
	}
	return true
}
