package expr

import "slices"

// Expr is a checked expression. It is never changed and may be used by several
// goroutines at a time.
type Expr struct {
	src       string
	code      []instr
	names     int // variables that were declared
	variables []int
	depth     int // of the stack
	complex   bool
}

// String returns the source of the expression.
func (e *Expr) String() string { return e.src }

// Complex reports whether the values are complex numbers. An expression whose
// values are real numbers whatever the variables are is not complex, even if
// imaginary numbers occur in it, as in abs(1+1i).
func (e *Expr) Complex() bool { return e.complex }

// Variables returns the indices of the variables that occur in the expression,
// ascending.
func (e *Expr) Variables() []int { return slices.Clone(e.variables) }
