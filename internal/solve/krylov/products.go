package krylov

import (
	"context"
	"math"

	"eimtool/internal/dense"
	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
)

// backward returns the normwise backward error of x.
func (it *iteration[T]) backward() float64 {
	return it.norm / (it.normA*dense.Norm(it.x) + it.target/it.opt.Tolerance)
}

// residual computes r = b - A·x and its norm.
func (it *iteration[T]) residual(ctx context.Context) error {
	if scalar.MaxAbs(it.x) == 0 {
		copy(it.r, it.b)
		it.norm = dense.Norm(it.r)
		return nil
	}
	if it.Residual != nil {
		if err := it.Residual(ctx, column(it.b), column(it.x), column(it.r)); err != nil {
			return err
		}
	} else {
		if err := it.apply(ctx, it.x, it.r); err != nil {
			return err
		}
		for i, v := range it.b {
			it.r[i] = v - it.r[i]
		}
	}
	it.norm = dense.Norm(it.r)
	if !scalar.AllFinite(it.r) || math.IsInf(it.norm, 0) {
		return &NonFiniteError{"residual", it.col}
	}
	return nil
}

// apply computes y = A·x.
func (it *iteration[T]) apply(ctx context.Context, x, y []T) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := it.Apply(ctx, column(x), column(y)); err != nil {
		return err
	}
	ny := dense.Norm(y)
	if !(ny <= math.MaxFloat64) {
		return &NonFiniteError{"product with the matrix", it.col}
	}
	if nx := dense.Norm(x); it.Norm == 0 && nx > 0 {
		it.normA = math.Max(it.normA, ny/nx)
	}
	return nil
}

// precondition computes z = M⁻¹·r.
func (it *iteration[T]) precondition(ctx context.Context, r, z []T) error {
	copy(z, r)
	if it.Preconditioner == nil {
		return nil
	}
	if err := it.Preconditioner.Solve(ctx, column(z), matrix.NoTranspose); err != nil {
		return err
	}
	if !scalar.AllFinite(z) {
		return &NonFiniteError{"preconditioned residual", it.col}
	}
	return nil
}
