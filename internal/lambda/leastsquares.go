package lambda

import (
	"eimtool/internal/dense"
	"eimtool/internal/scalar"
)

// RowFit holds the nodes' functions for weights by least squares: λ minimises
// |k - Σ λ_m·k_m| over all functions subject to Σ λ_m = 1, which the first node
// takes care of: k - k_1 is fitted by k_m - k_1, m > 1.
type RowFit[T scalar.Scalar] struct {
	First []T              `doc:"all functions at the first node"`
	Rows  *dense.RowFit[T] // differences of the other nodes; nil for one node
}

// fitted reports whether a dictionary's weights come from least squares.
func fitted(kind string) bool { return kind == SymbolFit || kind == SymbolDataFit }

// newFit prepares the weights of the given rows of a table of functions.
func newFit[T scalar.Scalar](table *dense.Matrix[T], nodes []int) *RowFit[T] {
	f := &RowFit[T]{First: append([]T(nil), table.Row(nodes[0])...)}
	if len(nodes) > 1 {
		d := table.SelectRows(nodes[1:])
		for m := range d.Rows {
			dense.Axpy(scalar.Of[T](-1, 0), f.First, d.Row(m))
		}
		f.Rows = dense.NewRowFit(d)
	}
	return f
}

// weights writes the weights of a row of function values to l.
func (f *RowFit[T]) weights(values, l []T) {
	l[0] = scalar.Of[T](1, 0)
	if f.Rows == nil {
		return
	}
	d := append([]T(nil), values...)
	dense.Axpy(scalar.Of[T](-1, 0), f.First, d)
	rest, _ := f.Rows.Fit(d)
	copy(l[1:], rest)
	for _, v := range rest {
		l[0] -= v
	}
}
