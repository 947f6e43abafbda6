package expr

// op is an operation of the stack program.
type op uint8

const (
	opConst op = iota
	opVar
	opJump      // to target
	opJumpFalse // to target if the condition is false; takes it off the stack
	opAnd       // to target if false, keeping it; otherwise takes it off
	opOr        // to target if true, keeping it; otherwise takes it off

	opNot // one operand from here
	opNeg
	opExp
	opLog
	opLog10
	opSqrt
	opSin
	opCos
	opTan
	opAsin
	opAcos
	opAtan
	opSinh
	opCosh
	opTanh
	opAbs
	opRe
	opIm
	opConj
	opArg

	opAdd // two operands from here
	opSub
	opMul
	opDiv
	opPow
	opLess
	opLessEq
	opGreater
	opGreaterEq
	opEqual
	opNotEqual
	opMin
	opMax
	opAtan2
	opHypot
)

var opNames = [...]string{
	opNot: "!", opNeg: "-", opExp: "exp", opLog: "log", opLog10: "log10", opSqrt: "sqrt",
	opSin: "sin", opCos: "cos", opTan: "tan", opAsin: "asin", opAcos: "acos", opAtan: "atan",
	opSinh: "sinh", opCosh: "cosh", opTanh: "tanh",
	opAbs: "abs", opRe: "re", opIm: "im", opConj: "conj", opArg: "arg",
	opAdd: "+", opSub: "-", opMul: "*", opDiv: "/", opPow: "^",
	opLess: "<", opLessEq: "<=", opGreater: ">", opGreaterEq: ">=", opEqual: "==", opNotEqual: "!=",
	opMin: "min", opMax: "max", opAtan2: "atan2", opHypot: "hypot",
}

// String returns the operation as it is written in expressions.
func (o op) String() string { return opNames[o] }

// arity returns the number of operands, 0 for the control of the program.
func (o op) arity() int {
	switch {
	case o >= opAdd:
		return 2
	case o >= opNot:
		return 1
	}
	return 0
}

// functionOf returns the function of that name. most is the largest number of
// arguments, 0 when there is no limit.
func functionOf(name string) (o op, least, most int, ok bool) {
	if name == "pow" {
		return opPow, 2, 2, true
	}
	for o, n := range opNames {
		if o := op(o); n == name && (o >= opExp && o <= opArg || o >= opMin) {
			switch o {
			case opMin, opMax:
				return o, 2, 0, true
			}
			return o, o.arity(), o.arity(), true
		}
	}
	return 0, 0, 0, false
}

// functionNames lists all functions.
func functionNames() []string {
	names := []string{"pow"}
	for o := opExp; o <= opArg; o++ {
		names = append(names, o.String())
	}
	for o := opMin; int(o) < len(opNames); o++ {
		names = append(names, o.String())
	}
	return names
}

// realOnly reports whether the operation is defined for real numbers alone.
func (o op) realOnly() bool { return o >= opLess }

// steepSomewhere reports whether the derivative may not exist at some operands
// at which the operation has a value.
func (o op) steepSomewhere() bool {
	return o >= opExp && o <= opTanh || o == opArg || o == opPow || o == opAtan2
}

// resultOf returns the kind of the result for operands that are complex or not.
func (o op) resultOf(isComplex bool) kind {
	switch {
	case o == opNot || o >= opLess && o <= opNotEqual:
		return condition
	case isComplex && o != opAbs && o != opRe && o != opIm && o != opArg:
		return complexNumber
	}
	return realNumber
}

// instr is one instruction of a stack program.
type instr struct {
	op      op
	complex bool // some operand is complex
	column  int32
	target  int32      // of a jump; index of a variable
	value   complex128 // of a constant
	depends [2][]int   // the variables that the operands depend on, ascending; nil unless op.steepSomewhere
}

// dependsOn reports whether operand k depends on variable j.
func (in *instr) dependsOn(k, j int) bool {
	for _, v := range in.depends[k] {
		if v == j {
			return true
		}
	}
	return false
}
