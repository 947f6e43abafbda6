package expr

import "math"

// allFinite reports whether all elements are finite.
func allFinite(a []float64) bool {
	var s0, s1, s2, s3 float64
	for len(a) >= 4 {
		s0 += a[0] - a[0]
		s1 += a[1] - a[1]
		s2 += a[2] - a[2]
		s3 += a[3] - a[3]
		a = a[4:]
	}
	for _, v := range a {
		s0 += v - v
	}
	return s0+s1+s2+s3 == 0
}

// onEvery applies a function of package math to every element.
func onEvery(f func(float64) float64, d, a []float64) {
	a = a[:len(d)]
	for i := range d {
		d[i] = f(a[i])
	}
}

// unary computes d = op a.
func unary(o op, d, a []float64) bool {
	a = a[:len(d)]
	switch o {
	case opNeg:
		for i := range d {
			d[i] = -a[i]
		}
	case opSqrt:
		for i := range d {
			d[i] = math.Sqrt(a[i])
		}
	case opAbs:
		for i := range d {
			d[i] = math.Abs(a[i])
		}
	case opNot:
		for i := range d {
			d[i] = truth(a[i] == 0)
		}
	case opExp:
		return exponentials(d, a)
	default:
		onEvery(function(o), d, a)
	}
	return true
}

// function returns the function of package math of an operation.
func function(o op) func(float64) float64 {
	switch o {
	case opLog:
		return math.Log
	case opLog10:
		return math.Log10
	case opSin:
		return math.Sin
	case opCos:
		return math.Cos
	case opTan:
		return math.Tan
	case opAsin:
		return math.Asin
	case opAcos:
		return math.Acos
	case opAtan:
		return math.Atan
	case opSinh:
		return math.Sinh
	case opCosh:
		return math.Cosh
	}
	return math.Tanh
}

// exponentials computes d = e^a and reports whether a is finite, which does not
// show in the result.
func exponentials(d, a []float64) bool {
	a = a[:len(d)]
	var s float64
	for i := range d {
		v := a[i]
		s += v - v
		d[i] = math.Exp(v)
	}
	return s == 0
}

// join makes complex numbers and reports whether they are finite.
func join(d []complex128, re, im []float64) bool {
	re, im = re[:len(d)], im[:len(d)]
	var s, t float64
	for i := range d {
		p, q := re[i], im[i]
		s += p - p
		t += q - q
		d[i] = complex(p, q)
	}
	return s+t == 0
}
