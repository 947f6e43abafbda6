package expr

import (
	"fmt"
	"math"
)

// Eval returns the value at x, which holds one finite number for every name
// given to Parse. Errors are of type *EvalError.
func (e *Expr) Eval(x []float64) (complex128, error) {
	if err := e.check(x); err != nil {
		return 0, err
	}
	if e.depth > usualStack {
		var values [maxStack]complex128
		err := e.run(values[:], nil, x, -1)
		return values[0], err
	}
	var values [usualStack]complex128
	err := e.run(values[:], nil, x, -1)
	return values[0], err
}

// usualStack is a depth of the stack that does for most expressions and is
// faster to clear than the largest one.
const usualStack = 8

// EvalReal is Eval for real values. A complex value whose imaginary part is
// not zero is an error.
func (e *Expr) EvalReal(x []float64) (float64, error) {
	v, err := e.Eval(x)
	if err != nil {
		return 0, err
	}
	if imag(v) != 0 {
		return 0, &EvalError{
			Src: e.src, Msg: fmt.Sprintf("the value %v is not real", v),
			Hint: "take re, im or abs of it",
		}
	}
	return real(v), nil
}

// Derivative returns the value at x and the derivative by variable j. Of a
// complex value it is the derivative of real and imaginary part.
func (e *Expr) Derivative(x []float64, j int) (value, derivative complex128, err error) {
	if j < 0 || j >= e.names {
		return 0, 0, &EvalError{Src: e.src, Msg: fmt.Sprintf("there is no variable %d: %d names", j, e.names)}
	}
	if err := e.check(x); err != nil {
		return 0, 0, err
	}
	if e.depth > usualStack {
		var values, slopes [maxStack]complex128
		err = e.run(values[:], slopes[:], x, j)
		return values[0], slopes[0], err
	}
	var values, slopes [usualStack]complex128
	err = e.run(values[:], slopes[:], x, j)
	return values[0], slopes[0], err
}

// check makes sure that x can be used.
func (e *Expr) check(x []float64) error {
	if len(x) != e.names {
		return &EvalError{Src: e.src, Msg: fmt.Sprintf("%d values for %d names", len(x), e.names)}
	}
	for _, k := range e.variables {
		if !finite(x[k]) {
			return &EvalError{Src: e.src, Msg: fmt.Sprintf("variable %d is %v; a finite number was expected", k+1, x[k])}
		}
	}
	return nil
}

// run executes the program on the stack values, whose first element becomes the
// value; on errors it is zero. With slopes, which is nil when no derivative is
// wanted, it carries along the derivatives by variable j. Real numbers and
// conditions are kept as complex numbers without imaginary part, true being 1.
func (e *Expr) run(values, slopes []complex128, x []float64, j int) error {
	top := -1
	for pc := 0; pc < len(e.code); pc++ {
		in := &e.code[pc]
		switch in.op {
		case opConst, opVar:
			top++
			v, d := in.value, complex128(0)
			if in.op == opVar {
				v = complex(x[in.target], 0)
				if int(in.target) == j {
					d = 1
				}
			}
			if values[top] = v; slopes != nil {
				slopes[top] = d
			}
		case opJump:
			pc = int(in.target) - 1
		case opJumpFalse:
			if values[top] == 0 {
				pc = int(in.target) - 1
			}
			top--
		case opAnd, opOr:
			if (values[top] != 0) == (in.op == opOr) {
				pc = int(in.target) - 1
			} else {
				top--
			}
		default:
			var a, b, da, db complex128
			if in.op.arity() == 2 {
				top--
				b = values[top+1]
			}
			a = values[top]
			v, f := in.compute(a, b)
			if f == fine && slopes != nil {
				if in.op.arity() == 2 {
					db = slopes[top+1]
				}
				da = slopes[top]
				slopes[top], f = in.slope(j, a, b, v, da, db)
			}
			if f != fine {
				values[0] = 0
				if slopes != nil {
					slopes[0] = 0
				}
				return e.failed(in, f, a, b)
			}
			values[top] = v
		}
	}
	return nil
}

// compute carries the operation out for the operands a and b; b is not used by
// operations on one.
func (in *instr) compute(a, b complex128) (complex128, fault) {
	if in.complex {
		v, f := complexValue(in.op, a, b)
		if f == fine && (!finite(real(v)) || !finite(imag(v))) {
			f = overflow
		}
		return v, f
	}
	v, f := realValue(in.op, real(a), real(b))
	if f == fine && !finite(v) {
		f = overflow
	}
	return complex(v, 0), f
}

// finite reports whether v is neither infinite nor NaN.
func finite(v float64) bool { return v-v == 0 }

// truth returns 1 for true.
func truth(c bool) float64 {
	if c {
		return 1
	}
	return 0
}

// realValue computes an operation on real numbers.
func realValue(o op, a, b float64) (float64, fault) {
	switch o {
	case opAdd:
		return a + b, fine
	case opSub:
		return a - b, fine
	case opMul:
		return a * b, fine
	case opDiv:
		if b == 0 {
			return 0, zeroDivision
		}
		return a / b, fine
	case opPow:
		switch {
		case a == 0 && b < 0:
			return 0, powZero
		case a < 0 && b != math.Trunc(b):
			return 0, powNegative
		}
		return realPower(a, b), fine
	case opLess:
		return truth(a < b), fine
	case opLessEq:
		return truth(a <= b), fine
	case opGreater:
		return truth(a > b), fine
	case opGreaterEq:
		return truth(a >= b), fine
	case opEqual:
		return truth(a == b), fine
	case opNotEqual:
		return truth(a != b), fine
	case opMin:
		return math.Min(a, b), fine
	case opMax:
		return math.Max(a, b), fine
	case opAtan2:
		return math.Atan2(a, b), fine
	case opHypot:
		return math.Hypot(a, b), fine
	}
	return realFunction(o, a)
}

// realFunction computes a function of one real number.
func realFunction(o op, a float64) (float64, fault) {
	switch o {
	case opNot:
		return truth(a == 0), fine
	case opNeg:
		return -a, fine
	case opExp:
		return math.Exp(a), fine
	case opLog, opLog10:
		switch {
		case a == 0:
			return 0, logZero
		case a < 0:
			return 0, logNegative
		case o == opLog10:
			return math.Log10(a), fine
		}
		return math.Log(a), fine
	case opSqrt:
		if a < 0 {
			return 0, rootNegative
		}
		return math.Sqrt(a), fine
	case opSin:
		return math.Sin(a), fine
	case opCos:
		return math.Cos(a), fine
	case opTan:
		return math.Tan(a), fine
	case opAsin, opAcos:
		if a < -1 || a > 1 {
			return 0, outsideUnit
		}
		if o == opAsin {
			return math.Asin(a), fine
		}
		return math.Acos(a), fine
	case opAtan:
		return math.Atan(a), fine
	case opSinh:
		return math.Sinh(a), fine
	case opCosh:
		return math.Cosh(a), fine
	case opTanh:
		return math.Tanh(a), fine
	case opAbs:
		return math.Abs(a), fine
	case opIm:
		return 0, fine
	case opArg:
		return math.Atan2(0, a), fine
	}
	return a, fine // re, conj
}
