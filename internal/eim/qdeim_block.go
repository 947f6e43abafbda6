package eim

import (
	"slices"

	"eimtool/internal/dense"
	"eimtool/internal/scalar"
)

// qdeimBlock is a copy of some columns, stored by rows: a Householder step on
// a few rows and many columns then is a few long vector operations.
type qdeimBlock[T scalar.Scalar] struct {
	q, n   int
	data   []T   // row i is data[i*n : (i+1)*n]
	column []int // the columns' places in the basis
}

// newQDEIMBlock copies columns lo..hi-1, zeros in place of those taken.
func newQDEIMBlock[T scalar.Scalar](basis qdeimSource[T], lo, hi int, taken map[int]bool) *qdeimBlock[T] {
	q, _ := basis.size()
	w := &qdeimBlock[T]{q: q, n: hi - lo, data: basis.block(lo, hi)}
	for j := lo; j < hi; j++ {
		w.column = append(w.column, j)
		if taken[j] {
			for i := range w.q {
				w.data[i*w.n+j-lo] = 0
			}
		}
	}
	return w
}

// newQDEIMMerge copies the given columns.
func newQDEIMMerge[T scalar.Scalar](basis qdeimSource[T], columns []int) *qdeimBlock[T] {
	q, _ := basis.size()
	return &qdeimBlock[T]{q: q, n: len(columns), data: basis.gather(columns), column: columns}
}

func (w *qdeimBlock[T]) row(i int) []T { return w.data[i*w.n : (i+1)*w.n] }

// pivots returns the first count pivots of a QR with column pivoting of the
// block, which it destroys, as places in the basis. It stops at columns that
// are dependent to rounding. Norms within 1e-12 count as equal, and go to the
// first column.
func (w *qdeimBlock[T]) pivots(count int) []int {
	if w.n == 0 {
		return nil
	}
	var chosen []int
	norm := w.squares()        // of what is left of each column
	last := slices.Clone(norm) // the same when it was last computed from the column
	v := make([]T, w.q)
	update := make([]T, w.n)
	floor := 0.0
	for k := range min(count, w.q, w.n) {
		p := qdeimLargest(norm)
		if k == 0 {
			floor = norm[p] * qdeimFloor * qdeimFloor
		}
		if !(norm[p] > floor) {
			break
		}
		chosen = append(chosen, w.column[p])
		w.reflect(k, p, v[k:], update)
		norm[p], last[p] = 0, 0
		w.downdate(k, norm, last)
	}
	return chosen
}

// qdeimFloor is the size, relative to the first pivot, of a column that is
// dependent on others to rounding.
const qdeimFloor = 8 * scalar.Eps

// qdeimLargest returns the first column within 1e-12 of the largest norm.
func qdeimLargest(norm []float64) int {
	least := slices.Max(norm) * (1 - 2*swapTie) // norms are squared
	return slices.IndexFunc(norm, func(e float64) bool { return e >= least })
}

// reflect eliminates column p below row k by a Householder reflector.
func (w *qdeimBlock[T]) reflect(k, p int, v, update []T) {
	for i := range v {
		v[i] = w.data[(k+i)*w.n+p]
	}
	_, tau := dense.Reflector(v[0], v[1:])
	if tau == 0 {
		return
	}
	v[0] = 1
	clear(update) // vᴴ·block
	for i, c := range v {
		dense.Axpy(scalar.Conj(c), w.row(k+i), update)
	}
	t := scalar.Of[T](-tau, 0)
	for i, c := range v {
		dense.Axpy(t*c, update, w.row(k+i))
	}
}

// downdate removes row k from the squared norms; a norm that has lost half of
// its digits is computed anew.
func (w *qdeimBlock[T]) downdate(k int, norm, last []float64) {
	switch row := any(w.row(k)).(type) {
	case []float64:
		for j, a := range row {
			norm[j] -= a * a
		}
	case []complex128:
		for j, a := range row {
			norm[j] -= real(a)*real(a) + imag(a)*imag(a)
		}
	}
	for j, e := range norm {
		if e > 0x1p-26*last[j] {
			continue
		}
		norm[j] = 0
		if last[j] > 0 {
			for i := k + 1; i < w.q; i++ {
				a := scalar.Abs(w.data[i*w.n+j])
				norm[j] += a * a
			}
			last[j] = norm[j]
		}
	}
}

// squares returns the squared norms of the columns.
func (w *qdeimBlock[T]) squares() []float64 {
	norm := make([]float64, w.n)
	for i := range w.q {
		switch row := any(w.row(i)).(type) {
		case []float64:
			for j, a := range row {
				norm[j] += a * a
			}
		case []complex128:
			for j, a := range row {
				norm[j] += real(a)*real(a) + imag(a)*imag(a)
			}
		}
	}
	return norm
}
