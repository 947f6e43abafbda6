package kernel

import "eimtool/internal/scalar"

// solveRows solves op(M)·X = B with X and B stored by rows, which is t's
// system for the transposes.
func (s *Set[T]) solveRows(w *Work[T], t triangle[T], b []T, ldb, nrhs, k int) {
	if k == 0 || nrhs == 0 {
		return
	}
	if nrhs > 1 {
		s.solve(w, t, b, ldb, nrhs, k)
		return
	}
	x := b
	if ldb != 1 {
		x = gather(&w.turned, b, ldb, k)
	}
	if t.f.trans {
		s.solveByColumns(t, x[:k])
	} else {
		s.solveByDots(t, x[:k])
	}
	if ldb != 1 {
		scatter(b, ldb, x[:k])
	}
}

func gather[T scalar.Scalar](buf *[]T, b []T, ldb, k int) []T {
	x := grow(buf, k)
	for i := range x {
		x[i] = b[i*ldb]
	}
	return x
}

func scatter[T scalar.Scalar](b []T, ldb int, x []T) {
	for i, v := range x {
		b[i*ldb] = v
	}
}

// pieces calls f for the blocks lo..hi-1 of up to base of k unknowns, in the
// order in which they are solved.
func (t triangle[T]) pieces(k int, f func(lo, hi int)) {
	if t.forward {
		for lo := 0; lo < k; lo += base {
			f(lo, min(k, lo+base))
		}
		return
	}
	for hi := k; hi > 0; hi -= min(hi, base) {
		f(max(0, hi-base), hi)
	}
}

// solveByColumns solves for one right-hand side, subtracting each unknown's
// stored column from those that depend on it.
func (s *Set[T]) solveByColumns(t triangle[T], x []T) {
	k := len(x)
	t.pieces(k, func(lo, hi int) {
		for i := range hi - lo {
			j, from, to := lo+i, lo+i+1, hi
			if !t.forward {
				j = hi - 1 - i
				from, to = lo, j
			}
			if !t.unit {
				x[j] /= t.m[j+j*t.ld]
			}
			for r, v := from, x[j]; r < to; r++ {
				x[r] -= t.m[r+j*t.ld] * v
			}
		}
		if t.forward && hi < k {
			s.in.columns(x[hi:], t.m[hi+lo*t.ld:], t.ld, x[lo:hi])
		} else if !t.forward && lo > 0 {
			s.in.columns(x[:lo], t.m[lo*t.ld:], t.ld, x[lo:hi])
		}
	})
}

// solveByDots solves for one right-hand side, each equation being a stored
// column.
func (s *Set[T]) solveByDots(t triangle[T], x []T) {
	k := len(x)
	t.pieces(k, func(lo, hi int) {
		if t.forward && lo > 0 {
			s.in.dots(x[lo:hi], t.m[lo*t.ld:], t.ld, x[:lo], t.f.conj)
		} else if !t.forward && hi < k {
			s.in.dots(x[lo:hi], t.m[hi+lo*t.ld:], t.ld, x[hi:], t.f.conj)
		}
		for i := range hi - lo {
			j, from, to := lo+i, lo, lo+i
			if !t.forward {
				j = hi - 1 - i
				from, to = j+1, hi
			}
			col := t.m[j*t.ld:]
			if from < to {
				s.in.dots(x[j:j+1], col[from:], t.ld, x[from:to], t.f.conj)
			}
			if !t.unit {
				d := col[j]
				if t.f.conj {
					d = scalar.Conj(d)
				}
				x[j] /= d
			}
		}
	})
}

// Update computes Y -= op(A)·X for an m×k matrix A stored by columns, X and Y
// stored by rows: X is k×nrhs and Y m×nrhs for NoTrans, the other way round
// otherwise.
func (s *Set[T]) Update(w *Work[T], op Op, a []T, ld, m, k int, x []T, ldx int, y []T, ldy, nrhs int) {
	if m == 0 || k == 0 || nrhs == 0 {
		return
	}
	f := formOf[T](op)
	rows, terms := m, k
	if f.trans {
		rows, terms = k, m
	}
	if nrhs > 1 {
		s.subtract(w, false, nrhs, rows, terms, x, ldx, form{}, a, ld, form{!f.trans, f.conj}, y, ldy, 1)
		return
	}
	u, v := x, y
	if ldx != 1 {
		u = gather(&w.turned, x, ldx, terms)
	}
	if ldy != 1 {
		v = gather(&w.other, y, ldy, rows)
	}
	if f.trans {
		s.in.dots(v[:rows], a, ld, u[:terms], f.conj)
	} else {
		s.in.columns(v[:rows], a, ld, u[:terms])
	}
	if ldy != 1 {
		scatter(y, ldy, v[:rows])
	}
}
