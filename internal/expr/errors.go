package expr

import "fmt"

// Error says what is wrong with the text of an expression.
type Error struct {
	Src    string // the expression
	Column int    // where, counted in runes from 1; one past the end when something is missing
	Msg    string // what was found and what was expected
	Hint   string // what to do, may be empty
}

func (e *Error) Error() string {
	return fmt.Sprintf("%q, column %d: %s", shorten(e.Src), e.Column, e.Msg)
}

// EvalError says why an expression has no value, or no derivative, at a point.
type EvalError struct {
	Src    string // the expression
	Column int    // column of the operation, in runes from 1; 0 when the point itself is meant
	Msg    string
	Hint   string // what to do, may be empty
}

func (e *EvalError) Error() string {
	if e.Column == 0 {
		return fmt.Sprintf("%q: %s", shorten(e.Src), e.Msg)
	}
	return fmt.Sprintf("%q, column %d: %s", shorten(e.Src), e.Column, e.Msg)
}

// shorten cuts long sources for messages.
func shorten(src string) string {
	const longest = 120
	runes := []rune(src)
	if len(runes) <= longest {
		return src
	}
	return string(runes[:longest]) + "..."
}

// fault is a reason why an operation fails.
type fault uint8

const (
	fine fault = iota
	overflow
	zeroDivision
	logZero
	logNegative
	rootNegative
	outsideUnit
	powNegative
	powZero
	noSlope
	baseSlope
)

// faults are the messages, with the operands to come at %v, and the hints.
var faults = [...]struct{ msg, hint string }{
	overflow:     {"the result of %s is too large for a number", ""},
	zeroDivision: {"division by zero in %s", ""},
	logZero:      {"%s: zero has no logarithm", ""},
	logNegative:  {"%s: the logarithm of a negative real number is not real", "for the complex logarithm make the argument complex, as in log(-1+0i)"},
	rootNegative: {"%s: the square root of a negative real number is not real", "for the complex root make the argument complex, as in sqrt(-1+0i)"},
	outsideUnit:  {"%s: the argument is not between -1 and 1", "for the complex function make the argument complex, as in asin(2+0i)"},
	powNegative:  {"%s: a negative real number to a power that is no integer is not real", "for the complex power make the base complex, as in (-2+0i)^0.5"},
	powZero:      {"%s: zero to a power that is not positive", ""},
	noSlope:      {"the derivative of %s does not exist or is not finite", ""},
	baseSlope:    {"the derivative of %s by its exponent is not real", "make the base complex, as in (-2+0i)^x"},
}

// failed describes fault f of instruction in with operands a and b.
func (e *Expr) failed(in *instr, f fault, a, b complex128) *EvalError {
	t := faults[f]
	return &EvalError{Src: e.src, Column: int(in.column), Msg: fmt.Sprintf(t.msg, in.show(a, b)), Hint: t.hint}
}

// show writes the operation with its operands: "log(-1)", "1 / 0".
func (in *instr) show(a, b complex128) string {
	text := func(v complex128) string {
		if !in.complex {
			return fmt.Sprint(real(v))
		}
		return fmt.Sprint(v)
	}
	name := in.op.String()
	switch {
	case in.op == opNeg:
		return name + text(a)
	case in.op >= opAdd && in.op <= opPow:
		return text(a) + " " + name + " " + text(b)
	case in.op.arity() == 2:
		return name + "(" + text(a) + ", " + text(b) + ")"
	}
	if in.complex {
		return name + text(a)
	}
	return name + "(" + text(a) + ")"
}
