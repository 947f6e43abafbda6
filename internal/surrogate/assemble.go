package surrogate

import (
	"context"
	"fmt"

	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
)

// assembleBlock is the number of values combined at a time: the block of the
// result stays in the first-level cache while every term streams past it.
const assembleBlock = 4096

// Assemble returns Ã = Σ_m beta_m A_m. len(beta) must be TermCount; imaginary
// parts of beta must be zero unless the family is complex.
func (m *Model) Assemble(ctx context.Context, beta []complex128, threads int) (*matrix.Matrix, error) {
	out := &matrix.Matrix{Pattern: m.Pattern()}
	if err := m.AssembleTo(ctx, out, beta, threads); err != nil {
		return nil, err
	}
	return out, nil
}

// AssembleTo is Assemble into out, whose value slices are reused where they
// are long enough.
func (m *Model) AssembleTo(ctx context.Context, out *matrix.Matrix, beta []complex128, threads int) error {
	if len(beta) != m.TermCount() {
		return fmt.Errorf("surrogate: %d coefficients for %d terms", len(beta), m.TermCount())
	}
	if m.Complex != nil {
		out.Complex = resize(out.Complex, m.Pattern().NNZ())
		return Combine(ctx, out.Complex, beta, m.Complex.Values, threads)
	}
	re := make([]float64, len(beta))
	for i, b := range beta {
		re[i] = real(b)
	}
	if m.Field != FieldHermitian {
		out.Real = resize(out.Real, m.Pattern().NNZ())
		return Combine(ctx, out.Real, re, m.Real.Values, threads)
	}
	nnz := m.Pattern().NNZ()
	planes := make([]float64, 2*nnz)
	if err := Combine(ctx, planes, re, m.Real.Values, threads); err != nil {
		return err
	}
	out.Complex = resize(out.Complex, nnz)
	for k := range out.Complex {
		out.Complex[k] = complex(planes[k], planes[nnz+k])
	}
	return nil
}

func resize[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

// Combine computes dst = Σ_m beta_m rows_m in one fused pass, four terms at a
// time over blocks that stay in cache. Every row must be at least as long as dst.
func Combine[T scalar.Scalar](ctx context.Context, dst, beta []T, rows [][]T, threads int) error {
	return scalar.Blocks(ctx, len(dst), assembleBlock, threads, func(_, lo, hi int) {
		d := dst[lo:hi]
		clear(d)
		m := 0
		for ; m+4 <= len(beta); m += 4 {
			axpy4(d, beta[m:m+4], rows[m][lo:hi], rows[m+1][lo:hi], rows[m+2][lo:hi], rows[m+3][lo:hi])
		}
		for ; m < len(beta); m++ {
			b, r := beta[m], rows[m][lo:hi]
			for k := range d {
				d[k] += b * r[k]
			}
		}
	})
}

// axpy4 computes d += b₀r₀ + b₁r₁ + b₂r₂ + b₃r₃.
func axpy4[T scalar.Scalar](d, b, r0, r1, r2, r3 []T) {
	b0, b1, b2, b3 := b[0], b[1], b[2], b[3]
	n := len(d)
	r0, r1, r2, r3 = r0[:n], r1[:n], r2[:n], r3[:n]
	for k := range d {
		d[k] += (b0*r0[k] + b1*r1[k]) + (b2*r2[k] + b3*r3[k])
	}
}
