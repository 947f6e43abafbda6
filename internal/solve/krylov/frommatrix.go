package krylov

import (
	"context"
	"fmt"
	"math"

	"eimtool/internal/dense"
	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
)

// FromMatrix returns the system of a square matrix, with residuals in doubled
// precision and √(|A|₁·|A|∞) for its norm. A Hermitian matrix is believed to be positive definite when its
// diagonal is positive. The values must not change while the system is in use.
// The result of products does not depend on threads.
func FromMatrix[T scalar.Scalar](p *matrix.Pattern, values []T, threads int) (*System[T], error) {
	if p.Rows != p.Cols || len(values) != p.NNZ() {
		return nil, &OptionError{"matrix", fmt.Sprintf("%d×%d with %d values for %d positions, want a square one", p.Rows, p.Cols, len(values), p.NNZ())}
	}
	s := &System[T]{N: p.Rows, Norm: normBound(p, values)}
	switch {
	case p.Symmetry == matrix.Hermitian, p.Symmetry == matrix.Symmetric && !scalar.IsComplex[T]():
		s.Kind, s.Definite = Hermitian, matrix.PositiveDiagonal(p, values)
	case p.Symmetry == matrix.Symmetric:
		s.Kind = Symmetric
	}
	s.Apply = func(ctx context.Context, x, y *dense.Matrix[T]) error {
		if x.Cols == 1 {
			matrix.MulVec(p, values, x.Data, y.Data)
			return ctx.Err()
		}
		return matrix.MulBlock(ctx, p, values, x, y, matrix.NoTranspose, threads)
	}
	s.Residual = func(ctx context.Context, b, x, r *dense.Matrix[T]) error {
		switch a := any(values).(type) {
		case []float64:
			residualReal(p, a, any(b).(*dense.Matrix[float64]), any(x).(*dense.Matrix[float64]), any(r).(*dense.Matrix[float64]))
		case []complex128:
			residualComplex(p, a, any(b).(*dense.Matrix[complex128]), any(x).(*dense.Matrix[complex128]), any(r).(*dense.Matrix[complex128]))
		}
		return ctx.Err()
	}
	return s, nil
}

// normBound returns √(|A|₁·|A|∞) ≥ |A|₂.
func normBound[T scalar.Scalar](p *matrix.Pattern, values []T) float64 {
	row, col := make([]float64, p.Rows), make([]float64, p.Cols)
	p.Each(func(k, i, j int) {
		m := scalar.Abs(values[k])
		row[i] += m
		col[j] += m
		if p.Symmetry != matrix.General && i != j {
			row[j] += m
			col[i] += m
		}
	})
	return math.Sqrt(scalar.MaxAbs(row)) * math.Sqrt(scalar.MaxAbs(col))
}

// subtract subtracts a·x from the sum (s, c), whose second member carries the
// rounding errors of the first: the product is split by a fused multiply-add
// (Dot2 of Ogita, Rump, Oishi, SIAM J. Sci. Comput. 26(6), 2005).
func subtract(s, c *float64, a, x float64) {
	h := a * x
	e := math.FMA(a, x, -h)
	t := *s - h
	z := t - *s
	*c += (*s - (t - z)) - (h + z) - e
	*s = t
}

// residualReal computes r = b - A·x with an error of order ε·|r| + nε²·|A|·|x|.
func residualReal(p *matrix.Pattern, a []float64, b, x, r *dense.Matrix[float64]) {
	mirror := p.Symmetry != matrix.General
	for col := range b.Cols {
		sum, rest := make([]float64, b.Rows), make([]float64, b.Rows)
		for i := range sum {
			sum[i] = b.At(i, col)
		}
		p.Each(func(k, i, j int) {
			subtract(&sum[i], &rest[i], a[k], x.At(j, col))
			if mirror && i != j {
				subtract(&sum[j], &rest[j], matrix.Mirror(p.Symmetry, a[k]), x.At(i, col))
			}
		})
		for i, s := range sum {
			r.Set(i, col, s+rest[i])
		}
	}
}

// residualComplex is residualReal for complex numbers.
func residualComplex(p *matrix.Pattern, a []complex128, b, x, r *dense.Matrix[complex128]) {
	mirror := p.Symmetry != matrix.General
	type pair struct{ re, im, reRest, imRest float64 }
	for col := range b.Cols {
		sum := make([]pair, b.Rows)
		for i := range sum {
			v := b.At(i, col)
			sum[i] = pair{re: real(v), im: imag(v)}
		}
		add := func(i int, v, x complex128) {
			s := &sum[i]
			subtract(&s.re, &s.reRest, real(v), real(x))
			subtract(&s.re, &s.reRest, -imag(v), imag(x))
			subtract(&s.im, &s.imRest, real(v), imag(x))
			subtract(&s.im, &s.imRest, imag(v), real(x))
		}
		p.Each(func(k, i, j int) {
			add(i, a[k], x.At(j, col))
			if mirror && i != j {
				add(j, matrix.Mirror(p.Symmetry, a[k]), x.At(i, col))
			}
		})
		for i, s := range sum {
			r.Set(i, col, complex(s.re+s.reRest, s.im+s.imRest))
		}
	}
}
