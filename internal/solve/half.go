package solve

import (
	"context"

	"eimtool/internal/dense"
	"eimtool/internal/scalar"
	"eimtool/internal/solve/direct"
)

// HalfSolve replaces b (n×k, by rows) by G⁻ᴴ·b, where A = G·Gᴴ: the covariance
// of G⁻ᴴ·x is A⁻¹ when that of x is the identity. G is a row-scaled permuted
// triangle; which one is the affair of the factor, and the same for all calls.
// Only factors by Cholesky have one. The error is an *UnsupportedError, a
// *ShapeError, a *NonFiniteError or ctx's.
func (f *Factor[T]) HalfSolve(ctx context.Context, b *dense.Matrix[T]) error {
	return f.half(ctx, b, true)
}

// half applies one of the two triangles: A = R⁻¹·(L·Lᴴ)·R⁻¹ with L permuted like
// the rows of A, so that G = R⁻¹·L.
func (f *Factor[T]) half(ctx context.Context, b *dense.Matrix[T], second bool) error {
	if f.kind != direct.Cholesky {
		return &UnsupportedError{What: "a solution with half of the factor", Reason: "the matrix was factorised by " + f.kind.String() + "; it takes a positive definite one, factorised by cholesky"}
	}
	if err := f.fits(b); err != nil {
		return err
	}
	if !second {
		multiplyRows(b, f.scale.row)
	}
	if err := f.numeric.HalfSolve(ctx, b, second, f.solver.opt.Threads); err != nil {
		return err
	}
	if second {
		multiplyRows(b, f.scale.row)
	}
	if !scalar.AllFinite(b.Data) {
		return &NonFiniteError{What: "solution"}
	}
	return nil
}
