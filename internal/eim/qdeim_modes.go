package eim

import (
	"context"
	"math"

	"eimtool/internal/dense"
	"eimtool/internal/scalar"
)

// qdeimChunk is the number of entries that QDEIMModes treats at a time, so
// that a chunk of all snapshots stays in the second cache.
const qdeimChunk = 256

// QDEIMModes computes modes = c·rows·diag(√weight), one blocked pass over the
// entries: rows are N snapshots of length X, c is q×N, out are q rows of length
// X owned by the caller. A nil weight means ones.
//
// With the decomposition K = U·S·Vᴴ of the coordinates of the snapshots (see
// dense.TSQR) and c the first q rows of S⁻¹·Uᴴ, the modes are the leading right
// singular vectors of the table: mode l is orthogonal to the others to about
// ε·s_0/s_l, and snapshots combined from the modes are right to ε·s_0 all the
// same.
func QDEIMModes[T scalar.Scalar](ctx context.Context, c *dense.Matrix[T], rows [][]T, weight []float64, out [][]T, threads int) error {
	if c.Cols != len(rows) || c.Rows != len(out) {
		panic("eim: shapes do not fit")
	}
	if len(out) == 0 {
		return ctx.Err()
	}
	x := len(out[0])
	for _, r := range append(append([][]T(nil), rows...), out...) {
		if len(r) != x {
			panic("eim: rows differ in length")
		}
	}
	if weight != nil && len(weight) != x {
		panic("eim: weights do not fit the rows")
	}
	return scalar.Blocks(ctx, x, qdeimChunk, threads, func(_, lo, hi int) {
		for l, o := range out {
			y := o[lo:hi]
			clear(y)
			for i, r := range rows {
				dense.Axpy(c.At(l, i), r[lo:hi], y)
			}
			if weight != nil {
				for k, w := range weight[lo:hi] {
					y[k] *= scalar.Of[T](math.Sqrt(w), 0)
				}
			}
		}
	})
}
