package solve

import (
	"context"

	"eimtool/internal/dense"
)

// HalfSolveFirst replaces b by G⁻¹·b: HalfSolve of the result gives A⁻¹·b.
func (f *Factor[T]) HalfSolveFirst(ctx context.Context, b *dense.Matrix[T]) error {
	return f.half(ctx, b, false)
}
