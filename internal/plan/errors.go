package plan

import (
	"fmt"
	"strings"
)

// ProblemError says what is wrong with a Problem or Options apart from its
// functions.
type ProblemError struct {
	What string // "candidates", "points", "weights", "names", "options"
	Msg  string
	Hint string // what to do, may be empty
}

func (e *ProblemError) Error() string { return e.Msg }

// FunctionError says what is wrong with one of the functions.
type FunctionError struct {
	Function int    // 0-based
	Text     string // the expression
	Msg      string // empty where Err says it
	Hint     string // what to do, may be empty
	Err      error  // an *expr.Error, or nil
}

func (e *FunctionError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("function %d: %v", e.Function+1, e.Err)
	}
	return fmt.Sprintf("function %d, %s, %s", e.Function+1, e.Text, e.Msg)
}

// Unwrap returns the cause.
func (e *FunctionError) Unwrap() error { return e.Err }

// ValueError says that a function has no value at a parameter and a point.
type ValueError struct {
	Function  int // 0-based
	Candidate int // 0-based row of the candidates; -1: a parameter that is not one of them
	Point     int // 0-based row of the points
	Names     []string
	Mu        []float64
	Columns   []string
	X         []float64
	Err       error // an *expr.EvalError
}

func (e *ValueError) Error() string {
	at := assign(e.Names, e.Mu)
	if e.Candidate >= 0 {
		at = fmt.Sprintf("candidate %d (%s)", e.Candidate+1, at)
	}
	if len(e.Columns) > 0 {
		at += fmt.Sprintf(" and point %d (%s)", e.Point+1, assign(e.Columns, e.X))
	}
	return fmt.Sprintf("function %d at %s: %v", e.Function+1, at, e.Err)
}

// Unwrap returns the cause.
func (e *ValueError) Unwrap() error { return e.Err }

// MemoryError says that a selection does not fit in the memory that it may use.
type MemoryError struct {
	Need, Limit int64 // bytes
	For         string
}

func (e *MemoryError) Error() string {
	return fmt.Sprintf("%s takes %d MiB, %d MiB may be used", e.For, (e.Need+1<<20-1)>>20, e.Limit>>20)
}

// assign writes "a=1, b=2".
func assign(names []string, values []float64) string {
	parts := make([]string, len(names))
	for j, name := range names {
		parts[j] = fmt.Sprintf("%s=%g", name, values[j])
	}
	return strings.Join(parts, ", ")
}
