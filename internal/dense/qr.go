package dense

import (
	"math"
	"slices"

	"eimtool/internal/scalar"
)

// QRFactor is a Householder factorisation A = Q·R, or A·P = Q·R with pivoting,
// of a Rows×Cols matrix. Column j is V[j*Rows : (j+1)*Rows]: on and above the
// diagonal it holds R, below it the tail of reflector j, I - Tau[j]·v·vᴴ with
// v_j = 1. Q is the product of the reflectors in index order.
type QRFactor[T scalar.Scalar] struct {
	Rows, Cols int
	V          []T       `doc:"Householder vectors and R, column by column"`
	Tau        []float64 `doc:"min(rows, cols) reflector scales"`
}

// QR factors a, which is kept.
func QR[T scalar.Scalar](a *Matrix[T]) *QRFactor[T] {
	q := newQR(a)
	for k := range q.Tau {
		q.step(k)
	}
	return q
}

// PivotedQR factors a with column pivoting: column k of A·P is column perm[k]
// of a, and the moduli of the diagonal of R decrease. Norms that differ by less
// than 1e-12 of themselves are equal and go to the lowest column. Norms are
// downdated, and recomputed when half of their digits are gone (Drmač and
// Bujanović, ACM TOMS 35(2), 2008).
func PivotedQR[T scalar.Scalar](a *Matrix[T]) (q *QRFactor[T], perm []int) {
	q = newQR(a)
	perm = make([]int, q.Cols)
	norm := make([]float64, q.Cols)
	last := make([]float64, q.Cols) // the norm when it was last computed from the column
	for j := range perm {
		perm[j] = j
		norm[j] = Norm(q.column(j))
		last[j] = norm[j]
	}
	for k := range q.Tau {
		if p := pivotColumn(norm, perm, k); p != k {
			ck, cp := q.column(k), q.column(p)
			for i := range ck {
				ck[i], cp[i] = cp[i], ck[i]
			}
			perm[k], perm[p] = perm[p], perm[k]
			norm[p], last[p] = norm[k], last[k]
		}
		q.step(k)
		for j := k + 1; j < q.Cols; j++ {
			downdate(norm, last, j, q.column(j)[k:])
		}
	}
	return q, perm
}

// pivotColumn returns the position at or behind k of the largest norm.
func pivotColumn(norm []float64, perm []int, k int) int {
	const tie = 1 - 1e-12
	least := tie * slices.Max(norm[k:])
	p := -1
	for j := k; j < len(norm); j++ {
		if norm[j] >= least && (p < 0 || perm[j] < perm[p]) {
			p = j
		}
	}
	return max(p, k) // NaN norms leave no candidate
}

// downdate removes the leading element of the column tail from norm[j].
func downdate[T scalar.Scalar](norm, last []float64, j int, tail []T) {
	if norm[j] == 0 {
		return
	}
	f := scalar.Abs(tail[0]) / norm[j]
	f = max(0, (1-f)*(1+f))
	ratio := norm[j] / last[j]
	if f*ratio*ratio > 0x1p-26 {
		norm[j] *= math.Sqrt(f)
		return
	}
	norm[j] = Norm(tail[1:])
	last[j] = norm[j]
}

func newQR[T scalar.Scalar](a *Matrix[T]) *QRFactor[T] {
	return &QRFactor[T]{
		Rows: a.Rows, Cols: a.Cols,
		V: a.Transpose().Data, Tau: make([]float64, min(a.Rows, a.Cols)),
	}
}

func (q *QRFactor[T]) column(j int) []T { return q.V[j*q.Rows : (j+1)*q.Rows] }

// step makes reflector k and applies it to the columns behind.
func (q *QRFactor[T]) step(k int) {
	c := q.column(k)
	c[k], q.Tau[k] = Reflector(c[k], c[k+1:])
	if q.Tau[k] == 0 {
		return
	}
	tau := scalar.Of[T](q.Tau[k], 0)
	for j := k + 1; j < q.Cols; j++ {
		y := q.column(j)
		reflect(tau, c[k+1:], &y[k], y[k+1:])
	}
}

// R returns the upper trapezoidal factor, min(Rows, Cols)×Cols.
func (q *QRFactor[T]) R() *Matrix[T] {
	r := New[T](len(q.Tau), q.Cols)
	for j := range q.Cols {
		for i := range min(j+1, r.Rows) {
			r.Set(i, j, q.V[j*q.Rows+i])
		}
	}
	return r
}

// Q returns the thin orthonormal factor, Rows×min(Rows, Cols).
func (q *QRFactor[T]) Q() *Matrix[T] {
	t := New[T](len(q.Tau), q.Rows) // row j is column j of Q
	for j := range t.Rows {
		t.Set(j, j, 1)
		q.applyQ(t.Row(j), j)
	}
	return t.Transpose()
}

// ApplyQH overwrites b by Qᴴ·b; b has Rows rows.
func (q *QRFactor[T]) ApplyQH(b *Matrix[T]) { q.apply(b, q.ApplyQHVec) }

// ApplyQ overwrites b by Q·b; b has Rows rows.
func (q *QRFactor[T]) ApplyQ(b *Matrix[T]) { q.apply(b, q.ApplyQVec) }

func (q *QRFactor[T]) apply(b *Matrix[T], f func([]T)) {
	if b.Rows != q.Rows {
		panic("dense: shapes do not fit")
	}
	t := b.Transpose()
	for j := range t.Rows {
		f(t.Row(j))
	}
	copy(b.Data, t.Transpose().Data)
}

// ApplyQHVec overwrites y by Qᴴ·y. len(y) = Rows.
func (q *QRFactor[T]) ApplyQHVec(y []T) {
	for k := range q.Tau {
		q.applyOne(k, y)
	}
}

// ApplyQVec overwrites y by Q·y. len(y) = Rows.
func (q *QRFactor[T]) ApplyQVec(y []T) { q.applyQ(y, len(q.Tau)-1) }

// applyQ applies reflectors last, ..., 0; those behind leave y as it is.
func (q *QRFactor[T]) applyQ(y []T, last int) {
	for k := last; k >= 0; k-- {
		q.applyOne(k, y)
	}
}

func (q *QRFactor[T]) applyOne(k int, y []T) {
	if q.Tau[k] != 0 {
		reflect(scalar.Of[T](q.Tau[k], 0), q.column(k)[k+1:], &y[k], y[k+1:])
	}
}

// solveR overwrites the first n elements of y by the solution of R₁₁·x = y,
// R₁₁ the leading n×n block of R.
func (q *QRFactor[T]) solveR(n int, y []T) {
	for k := n - 1; k >= 0; k-- {
		c := q.column(k)
		y[k] /= c[k]
		Axpy(-y[k], c[:k], y)
	}
}

// solveRH overwrites the first n elements of y by the solution of R₁₁ᴴ·x = y.
func (q *QRFactor[T]) solveRH(n int, y []T) {
	for k := range n {
		c := q.column(k)
		y[k] = (y[k] - Dotc(c[:k], y)) / scalar.Conj(c[k])
	}
}
