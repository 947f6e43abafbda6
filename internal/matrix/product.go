package matrix

import (
	"math/cmplx"

	"eimtool/internal/scalar"
)

// MulVec computes y = A·x for the matrix with pattern p and values a, symmetric
// storage understood. len(x) = p.Cols, len(y) = p.Rows; x and y must not overlap.
func MulVec[T scalar.Scalar](p *Pattern, a, x, y []T) {
	clear(y)
	half := p.Symmetry != General
	for j := range p.Cols {
		lo, hi := p.Column(j)
		if half && p.hasDiagonal(j) {
			y[j] += a[lo] * x[j]
			lo++
		}
		if p.Dense {
			first := p.Rows - (hi - lo)
			addScaled(y[first:], x[j], a[lo:hi])
			if half {
				y[j] += mirrorDot(p.Symmetry, a[lo:hi], x[first:])
			}
			continue
		}
		rows := p.RowIdx[lo:hi]
		scatterScaled(y, rows, x[j], a[lo:hi])
		if half {
			y[j] += mirrorDotAt(p.Symmetry, rows, a[lo:hi], x)
		}
	}
}

// addScaled computes y = y + s·a for the elements of a.
func addScaled[T scalar.Scalar](y []T, s T, a []T) {
	y = y[:len(a)]
	for k, v := range a {
		y[k] += v * s
	}
}

// scatterScaled computes y[rows[k]] = y[rows[k]] + s·a[k].
func scatterScaled[T scalar.Scalar](y []T, rows []int32, s T, a []T) {
	rows = rows[:len(a)]
	for k, v := range a {
		y[rows[k]] += v * s
	}
}

// mirrorDot returns Σ mirror(a[k])·x[k]: what the mirror image of a column
// below the diagonal contributes to a product.
func mirrorDot[T scalar.Scalar](s Symmetry, a, x []T) T {
	var sum T
	x = x[:len(a)]
	if c, ok := any(a).([]complex128); ok && s == Hermitian {
		return any(conjDot(c, any(x).([]complex128))).(T)
	}
	for k, v := range a {
		sum += v * x[k]
	}
	if s == SkewSymmetric {
		return -sum
	}
	return sum
}

func conjDot(a, x []complex128) complex128 {
	var sum complex128
	for k, v := range a {
		sum += cmplx.Conj(v) * x[k]
	}
	return sum
}

// mirrorDotAt returns Σ mirror(a[k])·x[rows[k]]; see mirrorDot.
func mirrorDotAt[T scalar.Scalar](s Symmetry, rows []int32, a, x []T) T {
	var sum T
	rows = rows[:len(a)]
	if c, ok := any(a).([]complex128); ok && s == Hermitian {
		return any(conjDotAt(rows, c, any(x).([]complex128))).(T)
	}
	for k, v := range a {
		sum += v * x[rows[k]]
	}
	if s == SkewSymmetric {
		return -sum
	}
	return sum
}

func conjDotAt(rows []int32, a, x []complex128) complex128 {
	var sum complex128
	for k, v := range a {
		sum += cmplx.Conj(v) * x[rows[k]]
	}
	return sum
}
