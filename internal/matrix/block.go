package matrix

import (
	"context"

	"eimtool/internal/dense"
	"eimtool/internal/scalar"
)

// Op says which of A, Aᵀ, Aᴴ an operation uses.
type Op uint8

// The three operators.
const (
	NoTranspose Op = iota
	Transpose
	ConjTranspose
)

// String returns the name used in messages.
func (o Op) String() string {
	switch o {
	case Transpose:
		return "transpose"
	case ConjTranspose:
		return "conjugate transpose"
	}
	return "no transpose"
}

// blockColumns is the number of columns that MulBlock treats at a time: with
// eight, a row of x and one of y are one or two cache lines each.
const blockColumns = 8

// MulBlock computes Y = op(A)·X for the matrix with pattern p and values a, all
// symmetric storage understood. X and Y hold one vector per column and must
// not overlap: X has as many rows as op(A) has columns. The bits of the result
// do not depend on threads.
func MulBlock[T scalar.Scalar](ctx context.Context, p *Pattern, a []T, x, y *dense.Matrix[T], op Op, threads int) error {
	clear(y.Data)
	return scalar.Blocks(ctx, x.Cols, blockColumns, threads, func(_, lo, hi int) {
		mulColumns(p, a, x, y, op, lo, hi)
	})
}

// turn is what happens to a stored value before it multiplies.
type turn struct{ negative, conjugate bool }

// turns returns how a stored value of op(A) multiplies row j of x into row i of
// y (scatter) and row i of x into row j of y (gather), for i ≠ j.
func turns[T scalar.Scalar](s Symmetry, op Op) (scatter, gather turn) {
	mirror := turn{negative: s == SkewSymmetric, conjugate: s == Hermitian}
	switch op {
	case NoTranspose:
		gather = mirror
	case Transpose:
		scatter = mirror
	case ConjTranspose:
		scatter, gather = turn{mirror.negative, !mirror.conjugate}, turn{conjugate: true}
	}
	if !scalar.IsComplex[T]() {
		scatter.conjugate, gather.conjugate = false, false
	}
	return scatter, gather
}

func apply[T scalar.Scalar](t turn, v T) T {
	if t.conjugate {
		v = scalar.Conj(v)
	}
	if t.negative {
		v = -v
	}
	return v
}

// mulColumns adds the product to columns lo to hi-1 of y. It goes by stored
// columns: column j scatters row j of x over y and gathers rows of x into row j.
func mulColumns[T scalar.Scalar](p *Pattern, a []T, x, y *dense.Matrix[T], op Op, lo, hi int) {
	half := p.Symmetry != General
	scatters, gathers := op == NoTranspose || half, op != NoTranspose || half
	scatter, gather := turns[T](p.Symmetry, op)
	width := hi - lo
	var sums [blockColumns]T
	for j := range p.Cols {
		first, last := p.Column(j)
		var xj []T
		if scatters {
			xj = x.Data[j*x.Cols+lo:][:width]
		}
		sum := sums[:width]
		clear(sum)
		for k := first; k < last; k++ {
			i, v := p.Row(k, j), a[k]
			diagonal := half && i == j
			if scatters && !diagonal {
				addRow(y.Data[i*y.Cols+lo:][:width], apply(scatter, v), xj)
			}
			switch {
			case diagonal && op == ConjTranspose && scalar.IsComplex[T]():
				addRow(sum, scalar.Conj(v), x.Data[i*x.Cols+lo:][:width])
			case diagonal:
				addRow(sum, v, x.Data[i*x.Cols+lo:][:width])
			case gathers:
				addRow(sum, apply(gather, v), x.Data[i*x.Cols+lo:][:width])
			}
		}
		if gathers {
			addRow(y.Data[j*y.Cols+lo:][:width], 1, sum)
		}
	}
}

// addRow computes y = y + s·x.
func addRow[T scalar.Scalar](y []T, s T, x []T) {
	y = y[:len(x)]
	for k, v := range x {
		y[k] += s * v
	}
}
