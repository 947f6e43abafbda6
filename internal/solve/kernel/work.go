package kernel

import "eimtool/internal/scalar"

// Work is the workspace of one caller at a time. The zero value is ready; it
// grows to what the largest call needed and is reused after that.
type Work[T scalar.Scalar] struct {
	pa, pb     []T // packed operands of a product
	edge       []T // one tile for every task of a product
	panel      []T // L·D of the columns eliminated in the present block
	col, other []T // candidate columns
	coef       []T // coefficients of a triangular solve, of column updates
	turned     []T // transposed right-hand sides
	swaps      []int32
	row, diag  [base]T // coefficients and pivots of a small triangle
	prod       product[T]
	ldl        ldl[T]
	lu         lu[T]
}

// grow returns buf with length n, its contents undefined.
func grow[E any](buf *[]E, n int) []E {
	if cap(*buf) < n {
		*buf = make([]E, n+n/4)
	}
	return (*buf)[:n]
}
