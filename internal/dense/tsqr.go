package dense

import (
	"context"
	"fmt"
	"math"

	"eimtool/internal/scalar"
)

// TallQR accumulates the R of a QR factorisation of a tall table that is never
// formed: its columns are the snapshots, its rows are appended in blocks. The
// Gram matrix would square the condition; here directions down to ε of the
// largest snapshot survive.
//
// Snapshots are scaled by powers of two inside, so that their sizes do not
// matter; Q is not kept.
type TallQR[T scalar.Scalar] struct {
	n   int
	r   []T   // n×n by rows, upper triangular; column i is scaled by 2^-exp[i]
	exp []int // noScale until the first nonzero value of snapshot i
}

const noScale = math.MinInt

// NewTallQR returns the factor of a table of n snapshots without entries.
func NewTallQR[T scalar.Scalar](n int) *TallQR[T] {
	q := &TallQR[T]{n: n, r: make([]T, n*n), exp: make([]int, n)}
	for i := range q.exp {
		q.exp[i] = noScale
	}
	return q
}

// SnapshotError reports a snapshot or weight that is not a usable number.
type SnapshotError struct {
	Snapshot int // counted from 0, -1 for the weights
}

func (e *SnapshotError) Error() string {
	if e.Snapshot < 0 {
		return "dense: a weight is negative or not finite"
	}
	return fmt.Sprintf("dense: snapshot %d holds a NaN or an infinite value", e.Snapshot+1)
}

// TSQR returns the coordinates K (N×N) of N snapshots: row i holds snapshot i
// in an orthonormal basis of their span, so that K_i·conj(K_j) is the inner
// product Σ_k weight_k·rows[i][k]·conj(rows[j][k]). A nil weight means ones.
func TSQR[T scalar.Scalar](ctx context.Context, rows [][]T, weight []float64, threads int) (*Matrix[T], error) {
	q := NewTallQR[T](len(rows))
	if err := q.Append(ctx, rows, weight, 1, threads); err != nil {
		return nil, err
	}
	return q.K(), nil
}

// Append adds one block of entries: rows[i] holds those of snapshot i, entry k
// multiplied by scale·√weight[k]; a nil weight means ones. The division of the
// work depends on the shapes alone: the result has the same bits for any
// number of threads. On an error (ctx's, or a *SnapshotError) nothing is added.
func (q *TallQR[T]) Append(ctx context.Context, rows [][]T, weight []float64, scale float64, threads int) error {
	if len(rows) != q.n {
		panic("dense: wrong number of snapshots")
	}
	if q.n == 0 || len(rows[0]) == 0 {
		return ctx.Err()
	}
	if err := q.rescale(ctx, rows, weight, scale, threads); err != nil {
		return err
	}
	root := make([]float64, len(weight))
	for k, w := range weight {
		root[k] = math.Sqrt(w)
	}
	x := len(rows[0])
	chunk := chunkLength[T](q.n)
	leaf := leafLength(q.n, x, chunk)
	parts := make([][]T, scalar.BlockCount(x, leaf))
	err := scalar.Blocks(ctx, x, leaf, threads, func(b, lo, hi int) {
		f := newFolder[T](q.n, min(chunk, hi-lo))
		for ; lo < hi && ctx.Err() == nil; lo += chunk {
			f.pack(rows, root, scale, q.exp, lo, min(hi, lo+chunk))
			f.fold(false)
		}
		parts[b] = f.r
	})
	if err != nil {
		return err
	}
	f := newFolder[T](q.n, q.n)
	f.r = q.r
	for _, p := range parts {
		f.packTriangle(p)
		f.fold(true)
	}
	return nil
}

// R returns the upper triangular factor (N×N) of the table.
func (q *TallQR[T]) R() *Matrix[T] {
	r := New[T](q.n, q.n)
	for i := range q.n {
		for j := i; j < q.n; j++ {
			if q.exp[j] != noScale {
				r.Set(i, j, ldexp(q.r[i*q.n+j], q.exp[j]))
			}
		}
	}
	return r
}

// K returns the coordinates of the snapshots, R transposed; see TSQR.
func (q *TallQR[T]) K() *Matrix[T] { return q.R().Transpose() }

// rescale checks the new values and raises the scales of snapshots that the
// new block makes larger.
func (q *TallQR[T]) rescale(ctx context.Context, rows [][]T, weight []float64, scale float64, threads int) error {
	factor := math.Abs(scale)
	if weight != nil {
		if len(weight) != len(rows[0]) {
			panic("dense: weights do not fit the snapshots")
		}
		lo, hi := 0.0, 0.0
		for _, w := range weight {
			lo, hi = math.Min(lo, w), math.Max(hi, w) // both keep a NaN
		}
		if !(lo >= 0) || math.IsInf(hi, 1) {
			return &SnapshotError{Snapshot: -1}
		}
		factor *= math.Sqrt(hi)
	}
	largest := make([]float64, q.n)
	err := scalar.Each(ctx, q.n, threads, func(i int) {
		if len(rows[i]) != len(rows[0]) {
			panic("dense: snapshots differ in length")
		}
		largest[i] = largestPart(rows[i])
	})
	if err != nil {
		return err
	}
	for i, m := range largest {
		if m-m != 0 {
			return &SnapshotError{Snapshot: i}
		}
	}
	for i, m := range largest {
		_, em := math.Frexp(m)
		_, ef := math.Frexp(factor)
		if e := max(-1000, min(1000, em+ef)); m > 0 && factor > 0 && e > q.exp[i] {
			if q.exp[i] != noScale {
				for k := range i + 1 {
					q.r[k*q.n+i] = ldexp(q.r[k*q.n+i], q.exp[i]-e)
				}
			}
			q.exp[i] = e
		}
	}
	return nil
}

// largestPart returns the largest |Re| or |Im| of x, NaN if one is NaN.
func largestPart[T scalar.Scalar](x []T) float64 {
	var m, nan float64
	switch x := any(x).(type) {
	case []float64:
		for _, v := range x {
			nan += v - v
			if v = math.Abs(v); v > m {
				m = v
			}
		}
	case []complex128:
		for _, v := range x {
			re, im := math.Abs(real(v)), math.Abs(imag(v))
			nan += (re - re) + (im - im)
			if im > re {
				re = im
			}
			if re > m {
				m = re
			}
		}
	}
	return m + nan
}

// ldexp returns x·2^e.
func ldexp[T scalar.Scalar](x T, e int) T {
	return scalar.Of[T](math.Ldexp(scalar.Real(x), e), math.Ldexp(scalar.Imag(x), e))
}

// chunkLength returns the entries per chunk: n columns of it fill a quarter of
// a megabyte, the share of one core in the second cache of common machines.
func chunkLength[T scalar.Scalar](n int) int {
	size := 8
	if scalar.IsComplex[T]() {
		size = 16
	}
	return max(64, min(512, (256<<10)/(n*size))&^7)
}

// leafLength returns the entries per leaf of the reduction tree, a multiple of
// chunk: enough leaves to keep many cores busy, few enough that their n×n
// results stay within 64 MB of real numbers, and each well above the 2n³/3
// operations of merging it.
func leafLength(n, x, chunk int) int {
	leaves := max(1, min(256, (8<<20)/(n*n)))
	length := max(scalar.BlockCount(x, leaves), 8*n)
	return scalar.BlockCount(length, chunk) * chunk
}
