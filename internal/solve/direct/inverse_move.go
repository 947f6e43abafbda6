package direct

import (
	"context"

	"eimtool/internal/scalar"
)

// shareRows calls f for blocks of inverseRows of r rows, by several goroutines.
func shareRows(r, threads int, f func(k, lo, hi int)) {
	// The context is never cancelled.
	_ = scalar.Blocks(context.Background(), r, inverseRows, threads, f)
}

// locate notes the places of the rows and columns of front v.
func (w *inverter[T]) locate(v *node[T]) {
	for l, p := range v.rowIDs {
		w.rowAt[p] = int32(l)
	}
	if w.n.rules.Kind == LU {
		for l, p := range v.colIDs {
			w.colAt[p] = int32(l)
		}
	}
}

// inherit copies the part of Z below the pivots of front f out of that of its
// parent p. Rows of Z belong to columns of the matrix and the other way round.
func (w *inverter[T]) inherit(f, p int, z []T, threads int) {
	n := w.n
	v, above := &n.nodes[f], &n.nodes[p]
	rows, cols := n.sym.relative(f), n.sym.relative(f)
	if n.rules.Kind != Cholesky {
		w.locate(above)
		w.cols = found(w.cols, v.rowIDs[v.c:], w.rowAt)
		rows, cols = w.cols, w.cols
		if n.rules.Kind == LU {
			w.rows = found(w.rows, v.colIDs[v.c:], w.colAt)
			rows = w.rows
		}
	}
	w.stretches = split(w.stretches[:0], rows)
	from, m, c, r := w.fronts[p], v.m, v.c, v.m-v.c
	if alone(r, threads) {
		takeInverse(z, from, m, c, above.m, w.stretches, cols, 0, r)
		return
	}
	shared(r, threads, func(lo, hi int) { takeInverse(z, from, m, c, above.m, w.stretches, cols, lo, hi) })
}

// found returns at[id] for all ids, in the storage of buf.
func found(buf, ids, at []int32) []int32 {
	buf = resize(buf, len(ids))
	for i, id := range ids {
		buf[i] = at[id]
	}
	return buf
}

// stretch is n consecutive rows of a front, at place to of the child and from
// of the parent.
type stretch struct{ to, from, n int32 }

// split appends the stretches of places to list.
func split(list []stretch, places []int32) []stretch {
	for i := 0; i < len(places); {
		k := i + 1
		for k < len(places) && places[k] == places[k-1]+1 {
			k++
		}
		list = append(list, stretch{int32(i), places[i], int32(k - i)})
		i = k
	}
	return list
}

// takeInverse copies columns lo to hi-1 of the part of z behind its first c rows
// and columns from a larger front of order ld.
func takeInverse[T scalar.Scalar](z, from []T, m, c, ld int, rows []stretch, cols []int32, lo, hi int) {
	for j := lo; j < hi; j++ {
		x, y := from[int(cols[j])*ld:][:ld], z[(c+j)*m+c:(c+j+1)*m]
		for _, s := range rows {
			if s.n == 1 {
				y[s.to] = x[s.from]
				continue
			}
			copy(y[s.to:s.to+s.n], x[s.from:s.from+s.n])
		}
	}
}

// deliver stores what the result needs of the part of Z of front f.
func (w *inverter[T]) deliver(f int, z []T) {
	n := w.n
	if n.sym.pattern.Dense {
		w.deliverDense(z)
		return
	}
	v := &n.nodes[f]
	ids := n.sym.rows(f)
	rows, cols := []int32(nil), []int32(nil)
	if n.rules.Kind != Cholesky {
		w.locate(v)
		w.rows = resize(w.rows, len(ids))
		w.cols = resize(w.cols, len(ids))
		rows, cols = w.rows, w.cols
		for l, id := range ids {
			rows[l], cols[l] = w.rowAt[n.rowPos[id]], w.colAt[n.colPos[id]]
		}
	}
	m := v.m
	for _, it := range n.sym.items[n.sym.itemPtr[f]:n.sym.itemPtr[f+1]] {
		i, j := it.row, it.col
		s := scalar.Of[T](n.row[ids[i]]*n.col[ids[j]], 0)
		if rows != nil {
			i, j = rows[i], cols[j]
		}
		switch {
		case it.value >= 0:
			w.z[it.value] = z[int(j)+int(i)*m] * s
		case n.sym.half:
			w.z[^it.value] = z[int(i)+int(j)*m] * s
		}
	}
}

// deliverDense is deliver for the only front of a dense pattern.
func (w *inverter[T]) deliverDense(z []T) {
	n := w.n
	m := n.sym.pattern.Rows
	rows, cols := make([]int, m), make([]int, m)
	for i := range m {
		rows[i], cols[i] = int(n.sym.rowAt[i]), int(n.sym.colAt[i])
		if n.rules.Kind != Cholesky {
			rows[i], cols[i] = int(n.rowPos[rows[i]]), int(n.colPos[cols[i]])
		}
	}
	n.sym.pattern.Each(func(k, i, j int) {
		s := n.row[n.sym.rowAt[i]] * n.col[n.sym.colAt[j]]
		w.z[k] = z[cols[j]+rows[i]*m] * scalar.Of[T](s, 0)
	})
}
