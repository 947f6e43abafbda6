package expr

import (
	"math"
	"math/cmplx"
)

// slope returns the derivative by variable j of an operation with operands a
// and b, result v, and derivatives da and db of the operands.
func (in *instr) slope(j int, a, b, v, da, db complex128) (complex128, fault) {
	var d complex128
	f := fine
	switch in.op {
	case opAdd:
		d = da + db
	case opSub:
		d = da - db
	case opMul:
		d = da*b + a*db
	case opDiv:
		d = (da - v*db) / b
	case opPow:
		d, f = in.powerSlope(j, a, b, v, da, db)
	case opNot, opLess, opLessEq, opGreater, opGreaterEq, opEqual, opNotEqual:
		return 0, fine
	case opMin, opMax, opAtan2, opHypot:
		d, f = in.pairSlope(j, real(a), real(b), real(v), real(da), real(db))
	case opNeg:
		d = -da
	case opRe:
		d = complex(real(da), 0)
	case opIm:
		d = complex(imag(da), 0)
	case opConj:
		d = cmplx.Conj(da)
	case opAbs, opArg:
		d, f = in.polarSlope(j, a, v, da)
	default:
		if !in.dependsOn(0, j) {
			return 0, fine
		}
		var s complex128
		if in.complex {
			s = complexSlope(in.op, a, v)
			d = s * da
		} else {
			s = complex(realSlope(in.op, real(a), real(v)), 0)
			d = complex(real(s)*real(da), 0)
		}
		if !finite(real(s)) || !finite(imag(s)) {
			f = noSlope
		}
	}
	if !in.complex {
		d = complex(real(d), 0)
	}
	if f == fine && (!finite(real(d)) || !finite(imag(d))) {
		f = noSlope
	}
	return d, f
}

// powerSlope differentiates v = a^b: b a^(b-1) da + v log(a) db.
func (in *instr) powerSlope(j int, a, b, v, da, db complex128) (d complex128, f fault) {
	if in.dependsOn(0, j) && b != 0 {
		switch {
		case a == 0 && b == 1:
			d = da
		case a == 0 && real(b) <= 1:
			return 0, noSlope
		case in.complex:
			d = b * power(a, b-1) * da
		default:
			d = complex(real(b)*math.Pow(real(a), real(b)-1)*real(da), 0)
		}
	}
	if !in.dependsOn(1, j) {
		return d, fine
	}
	switch {
	case a == 0 && real(b) <= 0: // 0^b is 1 at b = 0 and 0 to the right of it
		return 0, noSlope
	case a == 0:
		return d, fine
	case in.complex:
		return d + v*cmplx.Log(a)*db, fine
	case real(a) < 0:
		return 0, baseSlope
	}
	return d + complex(real(v)*math.Log(real(a))*real(db), 0), fine
}

// pairSlope differentiates functions of two real numbers.
func (in *instr) pairSlope(j int, a, b, v, da, db float64) (complex128, fault) {
	var d float64
	switch {
	case in.op == opMin && a == b:
		d = math.Min(da, db)
	case in.op == opMax && a == b:
		d = math.Max(da, db)
	case in.op == opMin, in.op == opMax:
		if d = db; v == a {
			d = da
		}
	case in.op == opHypot:
		if d = math.Hypot(da, db); v != 0 {
			d = a/v*da + b/v*db
		}
	default: // atan2: (b da - a db) / (a² + b²)
		h := math.Hypot(a, b)
		if h == 0 {
			if in.dependsOn(0, j) || in.dependsOn(1, j) {
				return 0, noSlope
			}
			return 0, fine
		}
		d = (b/h*da - a/h*db) / h
	}
	return complex(d, 0), fine
}

// polarSlope differentiates abs and arg.
func (in *instr) polarSlope(j int, a, v, da complex128) (complex128, fault) {
	r := cmplx.Abs(a)
	switch {
	case r == 0 && in.op == opAbs:
		return complex(cmplx.Abs(da), 0), fine
	case r == 0 && in.dependsOn(0, j):
		return 0, noSlope
	case r == 0:
		return 0, fine
	}
	u := complex(real(a)/r, -imag(a)/r) // conj(a)/|a|
	if in.op == opAbs {
		return complex(real(u*da), 0), fine
	}
	return complex(imag(u*da)/r, 0), fine
}

// realSlope returns f'(a) for a function f of one real number with f(a) = v.
func realSlope(o op, a, v float64) float64 {
	switch o {
	case opExp:
		return v
	case opLog:
		return 1 / a
	case opLog10:
		return 1 / (a * math.Ln10)
	case opSqrt:
		return 0.5 / v
	case opSin:
		return math.Cos(a)
	case opCos:
		return -math.Sin(a)
	case opTan:
		return 1 + v*v
	case opAsin:
		return 1 / math.Sqrt((1-a)*(1+a))
	case opAcos:
		return -1 / math.Sqrt((1-a)*(1+a))
	case opAtan:
		return 1 / (1 + a*a)
	case opSinh:
		return math.Cosh(a)
	case opCosh:
		return math.Sinh(a)
	case opTanh:
		c := math.Cosh(a) // infinite for large a, and the slope is 0
		return 1 / c / c
	}
	return math.NaN()
}

// complexSlope returns f'(a) for an analytic function f with f(a) = v.
func complexSlope(o op, a, v complex128) complex128 {
	switch o {
	case opExp:
		return v
	case opLog:
		return 1 / a
	case opLog10:
		return 1 / (a * math.Ln10)
	case opSqrt:
		return 0.5 / v
	case opSin:
		return cmplx.Cos(a)
	case opCos:
		return -cmplx.Sin(a)
	case opTan:
		return tangentSlope(a)
	case opAsin:
		return 1 / alongside(cmplx.Sqrt(1-a)*cmplx.Sqrt(1+a), cmplx.Cos(v))
	case opAcos:
		return -1 / alongside(cmplx.Sqrt(1-a)*cmplx.Sqrt(1+a), cmplx.Sin(v))
	case opAtan:
		i := complex(0, 1)
		return 1 / ((1 + i*a) * (1 - i*a))
	case opSinh:
		return cmplx.Cosh(a)
	case opCosh:
		return cmplx.Sinh(a)
	case opTanh:
		// tanh z = -i tan(iz)
		return tangentSlope(complex(-imag(a), real(a)))
	}
	return cmplx.NaN()
}

// alongside returns that of the two square roots s and -s that points the way
// of r: on a branch cut, r knows the side that the value was taken from.
func alongside(s, r complex128) complex128 {
	if real(s)*real(r)+imag(s)*imag(r) < 0 {
		return -s
	}
	return s
}
