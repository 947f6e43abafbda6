package reduced

import (
	"context"
	"math"
	"math/rand/v2"

	"eimtool/internal/dense"
	"eimtool/internal/scalar"
	"eimtool/internal/solve/kernel"
)

// rowPiece is the number of rows of a long block that one parallel task treats:
// fixed, so that results do not depend on the number of threads.
const rowPiece = 2048

// multiply computes C += op(A)·op(B), where C is m × n and k is the inner
// dimension, all stored by columns: a block stored by rows is its transpose.
func multiply[T scalar.Scalar](opA, opB kernel.Op, m, n, k int, a []T, lda int, b []T, ldb int, c []T, ldc, threads int) {
	var work kernel.Work[T]
	dense.Scale(-1, c) // the kernel subtracts
	kernel.Default[T]().Gemm(&work, opA, opB, m, n, k, a, lda, b, ldb, c, ldc, scalar.Threads(threads))
	dense.Scale(-1, c)
}

// gram returns xᴴ·y (k × l) of tall blocks x (n × k) and y (n × l).
func gram[T scalar.Scalar](x, y *dense.Matrix[T], threads int) *dense.Matrix[T] {
	g := dense.New[T](x.Cols, y.Cols)
	// By columns: gᵀ = yᵀ·(xᵀ)ᴴ.
	multiply(kernel.NoTrans, kernel.ConjTrans, y.Cols, x.Cols, x.Rows, y.Data, y.Cols, x.Data, x.Cols, g.Data, g.Cols, threads)
	return g
}

// timesSmall returns x·u (n × k) for the block whose m columns, each contiguous,
// follow each other in cols, and u (m × k).
func timesSmall[T scalar.Scalar](cols []T, n int, u *dense.Matrix[T], k, threads int) *dense.Matrix[T] {
	out := dense.New[T](n, k)
	addTimesSmall(out, cols, u, threads)
	return out
}

// addTimesSmall computes out += x·u with the first out.Cols columns of u; see
// timesSmall. It goes by pieces of rows: the kernel packs its operands.
func addTimesSmall[T scalar.Scalar](out *dense.Matrix[T], cols []T, u *dense.Matrix[T], threads int) {
	n, k := out.Rows, out.Cols
	// The context is never cancelled, so that Blocks returns no error.
	_ = scalar.Blocks(context.Background(), n, rowPiece, threads, func(_, lo, hi int) {
		// By columns: outᵀ = uᵀ·xᵀ.
		multiply(kernel.NoTrans, kernel.Trans, k, hi-lo, u.Rows, u.Data, u.Cols, cols[min(lo, len(cols)):], n, out.Data[lo*k:hi*k], k, 1)
	})
}

// conjugateInto computes w = conj(x).
func conjugateInto[T scalar.Scalar](w, x []T) {
	switch x := any(x).(type) {
	case []float64:
		copy(any(w).([]float64), x)
	case []complex128:
		w := any(w).([]complex128)
		for i, v := range x {
			w[i] = complex(real(v), -imag(v))
		}
	}
}

// columnOf returns a copy of column j.
func columnOf[T scalar.Scalar](m *dense.Matrix[T], j int) []T {
	c := make([]T, m.Rows)
	for k := range c {
		c[k] = m.Data[k*m.Cols+j]
	}
	return c
}

// gaussian returns a rows × cols block of independent normal numbers with
// E|z|² = 1: complex for complex T.
func gaussian[T scalar.Scalar](rng *rand.Rand, rows, cols int) *dense.Matrix[T] {
	m := dense.New[T](rows, cols)
	scale := 1.0
	if scalar.IsComplex[T]() {
		scale = math.Sqrt(0.5)
	}
	for i := range m.Data {
		re, im := scale*rng.NormFloat64(), 0.0
		if scalar.IsComplex[T]() {
			im = scale * rng.NormFloat64()
		}
		m.Data[i] = scalar.Of[T](re, im)
	}
	return m
}

// sparseSigns returns the adjoint (n × rows) of a sparse-sign sketch: every
// unknown goes with signs ±1/√8 to 8 of the rows (Martinsson and Tropp, Acta
// Numerica 29, 2020, section 9.2).
func sparseSigns[T scalar.Scalar](rng *rand.Rand, n, rows int) *dense.Matrix[T] {
	const perColumn = 8
	m := dense.New[T](n, rows)
	count := min(perColumn, rows)
	value := 1 / math.Sqrt(float64(count))
	pick := make([]int, rows)
	for j := range pick {
		pick[j] = j
	}
	for k := range n {
		row := m.Row(k)
		for c := range count {
			s := c + rng.IntN(rows-c)
			pick[c], pick[s] = pick[s], pick[c]
			v := value
			if rng.Uint32()&1 == 1 {
				v = -v
			}
			row[pick[c]] = scalar.Of[T](v, 0)
		}
	}
	return m
}

// expand computes x = v·c with the first c.Rows columns of v.
func expand[T scalar.Scalar](v, c, x *dense.Matrix[T], threads int) {
	// The context is never cancelled, so that Blocks returns no error.
	_ = scalar.Blocks(context.Background(), v.Rows, rowPiece, threads, func(_, lo, hi int) {
		if c.Cols == 1 {
			cc := conjugated(c.Data)
			for k := lo; k < hi; k++ {
				x.Data[k] = dense.Dotc(cc, v.Row(k)[:c.Rows])
			}
			return
		}
		for k := lo; k < hi; k++ {
			row := x.Row(k)
			clear(row)
			for j, a := range v.Row(k)[:c.Rows] {
				dense.Axpy(a, c.Row(j), row)
			}
		}
	})
}

// conjugated returns conj(x).
func conjugated[T scalar.Scalar](x []T) []T {
	w := make([]T, len(x))
	conjugateInto(w, x)
	return w
}
