package answer

import (
	"fmt"

	"eimtool/internal/memory"
)

// RHSError says why there is no right-hand side to solve for.
type RHSError struct{ Msg, Hint string }

func (e *RHSError) Error() string { return "right-hand side: " + e.Msg }

// QuantityError says why an output vector cannot be used.
type QuantityError struct{ Msg, Hint string }

func (e *QuantityError) Error() string { return "--quantity: " + e.Msg }

// MemoryError says that a factor is predicted to exceed the memory allowed.
type MemoryError struct{ Need, Limit int64 }

func (e *MemoryError) Error() string {
	return fmt.Sprintf("the factor needs about %s, more than the limit of %s", memory.Format(e.Need), memory.Format(e.Limit))
}

// PointError says why nothing can be said at a parameter point.
type PointError struct{ Msg, Hint string }

func (e *PointError) Error() string { return e.Msg }

func rowsOf(n int) string {
	if n == 1 {
		return "1 row"
	}
	return fmt.Sprintf("%d rows", n)
}
