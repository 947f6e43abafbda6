package krylov

import (
	"context"

	"eimtool/internal/dense"
	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
)

// Combination is the preconditioner Σ_m Weights_m·A_m⁻¹ of stored factors.
type Combination[T scalar.Scalar] struct {
	Factors []Preconditioner[T]
	Weights []T
}

// Solve overwrites b by Σ w_m·op(A_m)⁻¹·b, w conjugated with op. Factors of
// weight 0 are left out; the sum is formed in the order of the factors.
func (c *Combination[T]) Solve(ctx context.Context, b *dense.Matrix[T], op matrix.Op) error {
	sum := dense.New[T](b.Rows, b.Cols)
	for m, f := range c.Factors {
		w := c.Weights[m]
		if w == 0 {
			continue
		}
		x := b.Clone()
		if err := f.Solve(ctx, x, op); err != nil {
			return err
		}
		if op == matrix.ConjTranspose {
			w = scalar.Conj(w)
		}
		dense.Axpy(w, x.Data, sum.Data)
	}
	copy(b.Data, sum.Data)
	return nil
}
