package direct

import (
	"context"

	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
)

// assemble adds the entries of the matrix that belong to front f, whose first d
// rows and columns are delayed ones.
func (n *Numeric[T]) assemble(f, d int, front []T, a Matrix[T]) {
	mirror := mirrorOf(n.sym, n.rules.Kind)
	if n.sym.pattern.Dense {
		n.assembleDense(front, a, mirror)
		return
	}
	items := n.sym.items[n.sym.itemPtr[f]:n.sym.itemPtr[f+1]]
	rows, m := n.sym.rows(f), n.nodes[f].m
	front = front[d*(m+1):]
	switch v := any(a.Values).(type) {
	case []float64:
		assembleReal(any(front).([]float64), m, items, rows, v, n.row, n.col, mirror)
	case []complex128:
		assembleComplex(any(front).([]complex128), m, items, rows, v, n.row, n.col, mirror)
	}
}

// mirrorOf returns the symmetry by which stored values stand for their mirror
// images.
func mirrorOf(s *Symbolic, k Kind) matrix.Symmetry {
	switch {
	case !s.half:
		return s.pattern.Symmetry
	case k == Symmetric:
		return matrix.Symmetric
	default:
		return matrix.Hermitian
	}
}

func assembleReal(front []float64, m int, items []item, rows []int32, a, row, col []float64, mirror matrix.Symmetry) {
	for _, it := range items {
		var v float64
		if it.value >= 0 {
			v = a[it.value]
		} else {
			v = a[^it.value]
			if mirror == matrix.SkewSymmetric {
				v = -v
			}
		}
		front[int(it.row)+int(it.col)*m] += v * (row[rows[it.row]] * col[rows[it.col]])
	}
}

func assembleComplex(front []complex128, m int, items []item, rows []int32, a []complex128, row, col []float64, mirror matrix.Symmetry) {
	for _, it := range items {
		var v complex128
		if it.value >= 0 {
			v = a[it.value]
		} else {
			v = matrix.Mirror(mirror, a[^it.value])
		}
		s := row[rows[it.row]] * col[rows[it.col]]
		front[int(it.row)+int(it.col)*m] += complex(real(v)*s, imag(v)*s)
	}
}

// assembleDense fills the only front of a dense pattern.
func (n *Numeric[T]) assembleDense(front []T, a Matrix[T], mirror matrix.Symmetry) {
	p, half := n.sym.pattern, n.sym.half
	m := p.Rows
	for j := range m {
		lo, hi := p.Column(j)
		first := m - (hi - lo)
		if half && first < j { // general storage of a symmetric matrix
			lo, first = lo+j-first, j
		}
		scaleColumn(front[j*m+first:(j+1)*m], a.Values[lo:hi], n.row[first:], n.col[j])
		if half || p.Symmetry == matrix.General {
			continue
		}
		for i := max(first, j+1); i < m; i++ {
			v := matrix.Mirror(mirror, a.Values[lo+i-first])
			front[j+i*m] = v * scalar.Of[T](n.row[j]*n.col[i], 0)
		}
	}
}

// scaleColumn sets y to x with factors row·col.
func scaleColumn[T scalar.Scalar](y, x []T, row []float64, col float64) {
	switch y := any(y).(type) {
	case []float64:
		for i, v := range any(x).([]float64) {
			y[i] = v * (row[i] * col)
		}
	case []complex128:
		for i, v := range any(x).([]complex128) {
			s := row[i] * col
			y[i] = complex(real(v)*s, imag(v)*s)
		}
	}
}

// columnBlock is the number of columns that one goroutine moves at a time, of
// fronts of more than columnsFrom.
const (
	columnBlock = 32
	columnsFrom = 128
)

// alone reports whether one goroutine moves all m columns: without a closure,
// which small fronts would pay for.
func alone(m, threads int) bool { return threads <= 1 || m < columnsFrom }

// shared calls f for blocks of m columns, by several goroutines.
func shared(m, threads int, f func(lo, hi int)) {
	// The context is never cancelled.
	_ = scalar.Blocks(context.Background(), m, columnBlock, threads, func(_, lo, hi int) { f(lo, hi) })
}

// extend adds the contribution blocks of the children of front f, by increasing
// number, and frees them.
func (w *worker[T]) extend(f, d int, front []T, threads int) {
	n := w.n
	m, at := n.nodes[f].m, 0
	for _, c := range n.sym.children(f) {
		u := &n.nodes[c]
		k := n.delays(int(c))
		place := w.place(int(c), k, at, d)
		at += k
		size, half := u.m-u.c, n.sym.half
		if alone(size, threads) {
			addBlock(front, m, u.block, place, half, 0, size)
		} else {
			shared(size, threads, func(lo, hi int) { addBlock(front, m, u.block, place, half, lo, hi) })
		}
		w.release(u)
	}
}

// place returns where the rows of the contribution block of child c go in its
// parent, which has d delayed rows: those of c are k from place at on.
func (w *worker[T]) place(c, k, at, d int) []int32 {
	rel := w.n.sym.relative(c)
	if d == 0 {
		return rel
	}
	w.places = resize(w.places, k+len(rel))
	for i := range k {
		w.places[i] = int32(at + i)
	}
	for i, r := range rel {
		w.places[k+i] = r + int32(d)
	}
	return w.places
}

// addBlock adds columns lo to hi-1 of a contribution block to a front: its
// lower triangle packed by columns when half, otherwise the square.
func addBlock[T scalar.Scalar](front []T, m int, block []T, place []int32, half bool, lo, hi int) {
	size := len(place)
	for j := lo; j < hi; j++ {
		col := front[int(place[j])*m:][:m]
		if half {
			at := packed(j, size)
			addColumn(col, block[at:at+size-j], place[j:])
		} else {
			addColumn(col, block[j*size:(j+1)*size], place)
		}
	}
}

// packed returns where column j of a lower triangle of order n begins.
func packed(j, n int) int { return j*n - j*(j-1)/2 }

// addColumn computes y[place[i]] += x[i]; places increase, and where they are
// consecutive no look-up is needed.
func addColumn[T scalar.Scalar](y, x []T, place []int32) {
	place = place[:len(x)]
	if last := len(x) - 1; int(place[last])-int(place[0]) == last {
		y = y[place[0]:][:len(x)]
		for i, v := range x {
			y[i] += v
		}
		return
	}
	for i, v := range x {
		y[place[i]] += v
	}
}

// contribute keeps the Schur complement of front f for the parent.
func (w *worker[T]) contribute(f int, front []T, pooled bool, threads int) {
	v := &w.n.nodes[f]
	m, c, half := v.m, v.c, w.n.sym.half
	r := m - c
	size := r * r
	if half {
		size = r * (r + 1) / 2
	}
	v.block, v.pooled = nil, pooled
	if r == 0 {
		return
	}
	if pooled {
		v.block = w.run.pool.get(size)
	} else {
		v.block = w.push(size)
	}
	if alone(r, threads) {
		takeBlock(v.block, front, m, c, half, 0, r)
		return
	}
	shared(r, threads, func(lo, hi int) { takeBlock(v.block, front, m, c, half, lo, hi) })
}

// takeBlock copies columns lo to hi-1 of the part of a front behind its first c
// rows and columns: the inverse of addBlock.
func takeBlock[T scalar.Scalar](block, front []T, m, c int, half bool, lo, hi int) {
	r := m - c
	for j := lo; j < hi; j++ {
		column := front[(c+j)*m+c : (c+j+1)*m]
		if half {
			copy(block[packed(j, r):], column[j:])
		} else {
			copy(block[j*r:], column)
		}
	}
}

// push takes size elements of the stack. When it is full a larger one takes
// over; blocks in the old one stay where they are.
func (w *worker[T]) push(size int) []T {
	if w.top+size > len(w.stack) {
		w.stack = make([]T, w.top+size+w.top/2+size/2)
	}
	b := w.stack[w.top : w.top+size]
	w.top += size
	w.run.bytes.add(size)
	return b
}

// release frees the contribution block of a child, the latest ones of the
// stack in any order.
func (w *worker[T]) release(u *node[T]) {
	if u.pooled {
		w.run.pool.put(u.block)
	} else {
		w.top -= len(u.block)
		w.run.bytes.add(-len(u.block))
	}
	u.block = nil
}
