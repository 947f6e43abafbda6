package expr

import (
	"math"
	"math/cmplx"
)

// complexValue computes an operation on complex numbers.
func complexValue(o op, a, b complex128) (complex128, fault) {
	switch o {
	case opAdd:
		return a + b, fine
	case opSub:
		return a - b, fine
	case opMul:
		return times(a, b), fine
	case opDiv:
		if b == 0 {
			return 0, zeroDivision
		}
		return a / b, fine
	case opPow:
		if a == 0 && b != 0 && real(b) <= 0 {
			return 0, powZero
		}
		return power(a, b), fine
	case opLog, opLog10:
		switch {
		case a == 0:
			return 0, logZero
		case o == opLog10:
			return cmplx.Log10(a), fine
		}
		return cmplx.Log(a), fine
	case opAbs:
		return complex(cmplx.Abs(a), 0), fine
	case opRe:
		return complex(real(a), 0), fine
	case opIm:
		return complex(imag(a), 0), fine
	case opArg:
		return complex(cmplx.Phase(a), 0), fine
	case opConj:
		return cmplx.Conj(a), fine
	}
	return complexFunction(o, a), fine
}

// times returns a·b. The conversions keep compilers from fusing products with
// sums, so that the rounding is the same everywhere.
func times(a, b complex128) complex128 {
	return complex(
		float64(real(a)*real(b))-float64(imag(a)*imag(b)),
		float64(real(a)*imag(b))+float64(imag(a)*real(b)),
	)
}

// complexFunction computes an analytic function of one complex number; the
// result is not finite where the function is not.
func complexFunction(o op, a complex128) complex128 {
	switch o {
	case opNeg:
		return -a
	case opExp:
		return exponential(a)
	case opSqrt:
		return cmplx.Sqrt(a)
	case opSin:
		return cmplx.Sin(a)
	case opCos:
		return cmplx.Cos(a)
	case opTan:
		return tangent(a)
	case opAsin:
		return cmplx.Asin(a)
	case opAcos:
		return cmplx.Acos(a)
	case opAtan:
		return cmplx.Atan(a)
	case opSinh:
		return cmplx.Sinh(a)
	case opCosh:
		return cmplx.Cosh(a)
	case opTanh:
		// tanh z = -i tan(iz)
		t := tangent(complex(-imag(a), real(a)))
		return complex(imag(t), -real(t))
	}
	return cmplx.NaN()
}

// steep is where e^(-2y) is below the rounding of 1.
const steep = 20

// tangent returns tan z. For z = x + iy with large |y| it is
// 2 sin(2x) e^(-2|y|) ± i up to a relative e^(-2|y|), where cosh(2y) would overflow.
func tangent(z complex128) complex128 {
	x, y := real(z), imag(z)
	if math.Abs(y) < steep {
		return cmplx.Tan(z)
	}
	return complex(2*math.Sin(2*x)*math.Exp(-2*math.Abs(y)), math.Copysign(1, y))
}

// tangentSlope returns 1/cos² z; for large |y| it is 4 e^(±2iz).
func tangentSlope(z complex128) complex128 {
	x, y := real(z), imag(z)
	if math.Abs(y) < steep {
		c := cmplx.Cos(z)
		return 1 / (c * c)
	}
	s, c := math.Sincos(2 * x)
	r := 4 * math.Exp(-2*math.Abs(y))
	return complex(r*c, math.Copysign(r*s, y*s))
}

// largestPower is the largest exponent that is raised by products.
const largestPower = 1024

// realPower returns a^b where that is a real number: by products for small
// integers b, which are those of math.Pow up to powers of two, but faster.
func realPower(a, b float64) float64 {
	n := math.Abs(b)
	if n != math.Trunc(n) || n > largestPower || n == 0 {
		return math.Pow(a, b)
	}
	r, p := 1.0, a
	for k := int(n); k > 0; k >>= 1 {
		if k&1 == 1 {
			r *= p
		}
		if k > 1 {
			p *= p
		}
	}
	if b > 0 {
		return r
	}
	if !finite(r) || !finite(1/r) {
		return math.Pow(a, b)
	}
	return 1 / r
}

// power returns a^b: by products for small integers b, so that (1i)^2 is -1,
// and else the principal value. A zero base has an exponent with a positive
// real part, or none.
func power(a, b complex128) complex128 {
	n := real(b)
	if imag(b) != 0 || n != math.Trunc(n) || math.Abs(n) > largestPower {
		if a == 0 {
			return 0
		}
		return cmplx.Pow(a, b)
	}
	if n < 0 {
		a = 1 / a
	}
	r := complex128(1)
	for k := int(math.Abs(n)); k > 0; k >>= 1 {
		if k&1 == 1 {
			r *= a
		}
		if k > 1 {
			a *= a
		}
	}
	return r
}
