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

// mulColumns adds the product to columns lo to hi-1 of y.
func mulColumns[T scalar.Scalar](p *Pattern, a []T, x, y *dense.Matrix[T], op Op, lo, hi int) {
	transposed := op != NoTranspose
	conj := op == ConjTranspose && scalar.IsComplex[T]()
	mirror := p.Symmetry != General
	p.Each(func(k, i, j int) {
		v := a[k]
		if conj {
			v = scalar.Conj(v)
		}
		to, from := i, j
		if transposed {
			to, from = j, i
		}
		addRow(y.Row(to)[lo:hi], v, x.Row(from)[lo:hi])
		if !mirror || i == j {
			return
		}
		switch p.Symmetry {
		case SkewSymmetric:
			v = -v
		case Hermitian:
			v = scalar.Conj(v)
		}
		addRow(y.Row(from)[lo:hi], v, x.Row(to)[lo:hi])
	})
}

// addRow computes y = y + s·x.
func addRow[T scalar.Scalar](y []T, s T, x []T) {
	y = y[:len(x)]
	for k, v := range x {
		y[k] += s * v
	}
}
