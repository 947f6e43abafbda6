package direct

import (
	"eimtool/internal/scalar"
	"eimtool/internal/solve/kernel"
)

// worker factorises fronts, one at a time.
type worker[T scalar.Scalar] struct {
	n        *Numeric[T]
	run      *run[T]
	work     kernel.Work[T]
	pivots   kernel.Pivots[T]
	luPivots kernel.LUPivots
	buffer   []T // the front of the present subtree
	stack    []T // contribution blocks of the present subtree
	top      int // used part of stack
	places   []int32
	ids      []int32
	delayed  int
	relaxed  int
}

func (w *worker[T]) reset() { w.top, w.delayed, w.relaxed = 0, 0, 0 }

// task factorises the fronts of t.
func (w *worker[T]) task(t task, a Matrix[T]) error {
	threads := 1
	if t.top {
		threads = w.n.rules.Threads
	}
	for f := t.first; f <= t.last; f++ {
		if f&63 == 0 {
			if err := w.run.failure(); err != nil {
				return err
			}
		}
		if err := w.front(f, a, threads, f == t.last); err != nil {
			return err
		}
	}
	return nil
}

// front assembles and factorises front f. With pooled its contribution block,
// and with threads > 1 the front, come from the pool: other workers take them.
func (w *worker[T]) front(f int, a Matrix[T], threads int, pooled bool) error {
	n := w.n
	v := &n.nodes[f]
	d := w.inherited(f)
	k := n.sym.columns(f) + d
	v.m = len(n.sym.rows(f)) + d
	root := n.sym.tree.SuperParent[f] < 0
	n.identify(f, d)
	front := w.space(f, d, root, threads > 1)
	n.clear(front, v.m, threads)
	n.assemble(f, d, front, a)
	w.extend(f, d, front, threads)
	if err := w.eliminate(f, front, k, root, threads); err != nil {
		return err
	}
	if !root {
		w.store(f, front)
		w.contribute(f, front, pooled, threads)
	}
	if threads > 1 && !root {
		w.run.pool.put(front)
	} else if !root {
		w.run.bytes.add(-len(front))
	}
	return nil
}

// inherited returns how many delayed columns the children of f pass on.
func (w *worker[T]) inherited(f int) int {
	d := 0
	for _, c := range w.n.sym.children(f) {
		d += w.n.delays(int(c))
	}
	return d
}

// delays returns how many of its fully summed columns front f did not eliminate.
func (n *Numeric[T]) delays(f int) int {
	return n.nodes[f].m - n.nodes[f].c - (len(n.sym.rows(f)) - n.sym.columns(f))
}

// space returns the m×m buffer of front f. A root keeps its front as factor.
func (w *worker[T]) space(f, d int, root, pooled bool) []T {
	n := w.n
	v := &n.nodes[f]
	size := v.m * v.m
	switch {
	case root && d == 0:
		v.lower = n.store[n.at[f]:n.at[f+1]]
		return v.lower
	case root:
		v.ownLower = resize(v.ownLower, size)
		v.lower = v.ownLower
		return v.lower
	case pooled:
		return w.run.pool.get(size)
	}
	if cap(w.buffer) < size {
		w.buffer = make([]T, size+size/2)
	}
	w.run.bytes.add(size)
	return w.buffer[:size]
}

// clear zeroes what will be used of an m×m front.
func (n *Numeric[T]) clear(front []T, m, threads int) {
	half := n.sym.half
	if alone(m, threads) {
		clearColumns(front, m, half, 0, m)
		return
	}
	shared(m, threads, func(lo, hi int) { clearColumns(front, m, half, lo, hi) })
}

func clearColumns[T scalar.Scalar](front []T, m int, half bool, lo, hi int) {
	if !half {
		clear(front[lo*m : hi*m])
		return
	}
	for j := lo; j < hi; j++ {
		clear(front[j*m+j : (j+1)*m])
	}
}

// identify lists which rows and columns front f has: delayed ones of the
// children first, then those of the analysis.
func (n *Numeric[T]) identify(f, d int) {
	v := &n.nodes[f]
	rows := n.sym.rows(f)
	if n.rules.Kind == Cholesky {
		v.rowIDs, v.colIDs = rows, rows
		return
	}
	if d == 0 {
		at := n.sym.tree.RowPtr[f]
		v.rowIDs = n.ids[at : at+v.m : at+v.m]
		if n.rules.Kind == LU {
			at += len(n.sym.tree.RowIdx)
			v.colIDs = n.ids[at : at+v.m : at+v.m]
		}
	} else {
		v.ownRows = resize(v.ownRows, v.m)
		v.rowIDs = v.ownRows
		if n.rules.Kind == LU {
			v.ownCols = resize(v.ownCols, v.m)
			v.colIDs = v.ownCols
		}
	}
	if n.rules.Kind != LU {
		v.colIDs = v.rowIDs
	}
	at := 0
	for _, c := range n.sym.children(f) {
		k, u := n.delays(int(c)), &n.nodes[c]
		copy(v.rowIDs[at:], u.rowIDs[u.c:u.c+k])
		copy(v.colIDs[at:], u.colIDs[u.c:u.c+k])
		at += k
	}
	copy(v.rowIDs[d:], rows)
	copy(v.colIDs[d:], rows)
}

// eliminate factorises the first k columns of the front as far as pivots allow.
func (w *worker[T]) eliminate(f int, front []T, k int, root bool, threads int) error {
	n, v := w.n, &w.n.nodes[f]
	rules := kernel.Pivoting{Tau: n.rules.Tau, Small: n.rules.Small, Last: root, Conj: n.rules.Kind == Hermitian, Threads: threads}
	switch n.rules.Kind {
	case Cholesky:
		if c := n.set.Cholesky(&w.work, front, v.m, v.m, k, threads); c >= 0 {
			return &PivotError{Column: int(n.sym.colOf[v.colIDs[c]]), Kind: Cholesky}
		}
		v.c = k
	case LU:
		n.set.LU(&w.work, front, v.m, v.m, k, rules, &w.luPivots)
		v.c = w.luPivots.Count
		w.relaxed += w.luPivots.Relaxed
		w.permute(v.rowIDs, w.luPivots.RowPerm[:k])
		w.permute(v.colIDs, w.luPivots.ColPerm[:k])
	default:
		n.set.LDL(&w.work, front, v.m, v.m, k, rules, &w.pivots)
		v.c = w.pivots.Count
		w.relaxed += w.pivots.Relaxed
		w.permute(v.rowIDs, w.pivots.Perm[:k])
		w.keepD(f)
	}
	w.delayed += k - v.c
	if root && v.c < k {
		w.run.deficient(f, int(n.sym.colOf[v.colIDs[v.c]]), n.rules.Kind)
	}
	return nil
}

// permute reorders the first of ids: place p gets what was at perm[p].
func (w *worker[T]) permute(ids, perm []int32) {
	w.ids = append(w.ids[:0], ids[:len(perm)]...)
	for p, from := range perm {
		ids[p] = w.ids[from]
	}
}

// keepD stores D of front f.
func (w *worker[T]) keepD(f int) {
	n, v := w.n, &w.n.nodes[f]
	size, k := 2*v.c, n.sym.columns(f)
	if v.c <= k {
		at := 2 * int(n.sym.tree.Super[f])
		v.d = n.diag[at : at+size : at+2*k]
	} else {
		v.ownD = resize(v.ownD, size)
		v.d = v.ownD
	}
	copy(v.d, w.pivots.D[:size])
}

// store copies the eliminated columns, and rows of LU, out of the front.
func (w *worker[T]) store(f int, front []T) {
	n, v := w.n, &w.n.nodes[f]
	lower, upper := v.m*v.c, 0
	if !n.sym.half {
		upper = v.c * (v.m - v.c)
	}
	slot := n.store[n.at[f]:n.at[f+1]]
	if lower+upper <= len(slot) {
		v.lower, v.upper = slot[:lower], slot[lower:lower+upper]
	} else {
		v.ownLower, v.ownUpper = resize(v.ownLower, lower), resize(v.ownUpper, upper)
		v.lower, v.upper = v.ownLower, v.ownUpper
	}
	copy(v.lower, front)
	if upper > 0 {
		for j := v.c; j < v.m; j++ {
			copy(v.upper[(j-v.c)*v.c:(j-v.c+1)*v.c], front[j*v.m:])
		}
	}
}
