package eim

import (
	"eimtool/internal/dense"
	"eimtool/internal/scalar"
)

// qdeimSource is where a tournament takes its columns from.
type qdeimSource[T scalar.Scalar] interface {
	size() (q, x int)         // rows and columns
	block(lo, hi int) []T     // columns lo..hi-1, q×(hi-lo) by rows, owned by the caller
	gather(columns []int) []T // the given columns, q×len(columns) by rows
}

// qdeimRows is a basis that is stored.
type qdeimRows[T scalar.Scalar] struct{ rows [][]T }

func newQDEIMRows[T scalar.Scalar](rows [][]T) *qdeimRows[T] {
	for _, row := range rows {
		if len(row) != len(rows[0]) {
			panic("eim: modes differ in length")
		}
	}
	return &qdeimRows[T]{rows}
}

func (b *qdeimRows[T]) size() (q, x int) {
	if len(b.rows) == 0 {
		return 0, 0
	}
	return len(b.rows), len(b.rows[0])
}

func (b *qdeimRows[T]) block(lo, hi int) []T {
	data := make([]T, 0, len(b.rows)*(hi-lo))
	for _, row := range b.rows {
		data = append(data, row[lo:hi]...)
	}
	return data
}

func (b *qdeimRows[T]) gather(columns []int) []T {
	data := make([]T, 0, len(b.rows)*len(columns))
	for _, row := range b.rows {
		for _, j := range columns {
			data = append(data, row[j])
		}
	}
	return data
}

// qdeimModes is the basis c·rows, made block by block.
type qdeimModes[T scalar.Scalar] struct {
	c    *dense.Matrix[T]
	rows [][]T
}

func (b *qdeimModes[T]) size() (q, x int) {
	if len(b.rows) == 0 {
		return 0, 0
	}
	return b.c.Rows, len(b.rows[0])
}

func (b *qdeimModes[T]) block(lo, hi int) []T {
	n := hi - lo
	data := make([]T, b.c.Rows*n)
	for l := range b.c.Rows {
		y := data[l*n : (l+1)*n]
		for i, r := range b.rows {
			dense.Axpy(b.c.At(l, i), r[lo:hi], y)
		}
	}
	return data
}

func (b *qdeimModes[T]) gather(columns []int) []T {
	n := len(columns)
	data := make([]T, b.c.Rows*n)
	for l := range b.c.Rows {
		y := data[l*n : (l+1)*n]
		for i, r := range b.rows {
			a := b.c.At(l, i)
			for k, j := range columns {
				y[k] += a * r[j]
			}
		}
	}
	return data
}
