package solve

import "fmt"

// ShapeError reports a matrix that is not square or too large, values that do
// not fit the pattern, or a right-hand side that does not fit the matrix.
type ShapeError struct {
	What      string // "matrix", "values" or "right-hand side"
	Got, Want string // such as "3×4", "square"
}

func (e *ShapeError) Error() string {
	return fmt.Sprintf("solve: the %s is %s; it must be %s", e.What, e.Got, e.Want)
}

// OptionError reports an unknown method or ordering.
type OptionError struct{ Name, Value, Known string }

func (e *OptionError) Error() string {
	return fmt.Sprintf("solve: unknown %s %q; known are %s", e.Name, e.Value, e.Known)
}

// NonFiniteError reports an infinite or undefined number, or one that the
// solution would need and float64 cannot hold.
type NonFiniteError struct{ What string }

func (e *NonFiniteError) Error() string {
	return fmt.Sprintf("solve: the %s has elements that are infinite or not a number", e.What)
}

// SingularError reports a matrix that is singular, or so near to it that no
// digit of a solution can be trusted.
type SingularError struct {
	Column int     // the column without a usable pivot, from 0
	Pivot  float64 // its modulus in the equilibrated matrix
	// Condition is the estimated condition of the equilibrated matrix, or what
	// the forward bound amounts to; +Inf when elimination found no pivot at all.
	Condition float64
	Reason    string
}

func (e *SingularError) Error() string {
	return fmt.Sprintf("solve: the matrix is singular to working precision: column %d: %s (pivot %.2g, condition %.2g); there is no unique solution to compute",
		e.Column+1, e.Reason, e.Pivot, e.Condition)
}

// UnsupportedError reports a request that the kind of factor or of storage
// cannot serve.
type UnsupportedError struct{ What, Reason string }

func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("solve: %s is not available: %s", e.What, e.Reason)
}
