package direct

import (
	"eimtool/internal/scalar"
	"eimtool/internal/solve/kernel"
)

// inverseColumns is the number of pivots of a front inverted together.
const inverseColumns = 64

// invert completes the part z of Z = A⁻¹ of front v, m×m, whose trailing
// (m-c)×(m-c) part is known: pivots from the last to the first, block by block,
// unless the inversion has failed.
func (w *inverter[T]) invert(v *node[T], z []T, threads int) {
	for hi := v.c; hi > 0; {
		lo := (hi - 1) / inverseColumns * inverseColumns
		if v.d != nil && lo > 0 && v.d[2*lo-1] != 0 {
			lo-- // a 2×2 pivot stays together
		}
		if w.n.rules.Kind == LU {
			w.invertLU(v, z, lo, hi, threads)
		} else {
			w.invertHalf(v, z, lo, hi, threads)
		}
		if hi = lo; hi > 0 && w.failed() {
			return
		}
	}
}

// invertHalf computes rows and columns lo..hi-1 (b) of Z from those after them
// (r): with Y = L_rb·L_bb⁻¹,
//
//	Z_rb = -Z_rr·Y,  Z_bb = L_bb⁻ᵀ·D_b⁻¹·L_bb⁻¹ - Yᵀ·Z_rb
//
// and conjugate transposes for Cholesky and Hermitian.
func (w *inverter[T]) invertHalf(v *node[T], z []T, lo, hi, threads int) {
	n, m, b, r := w.n, v.m, hi-lo, v.m-hi
	kind := n.rules.Kind
	unit, op := kind != Cholesky, kernel.Trans
	if kind != Symmetric {
		op = kernel.ConjTrans
	}
	l, zbb := v.lower[lo*(m+1):], z[lo*(m+1):]
	s := w.identity(b)
	n.set.SolveLower(&w.work, kernel.NoTrans, unit, l, m, b, s, b, b)
	if unit {
		p := kernel.Pivots[T]{Count: b, D: v.d[2*lo : 2*hi], Conj: kind == Hermitian && scalar.IsComplex[T]()}
		n.set.SolveD(&p, s, b, b)
	}
	n.set.SolveLower(&w.work, op, unit, l, m, b, s, b, b)
	for j := range b {
		for i := j; i < b; i++ {
			zbb[i+j*m] = s[i*b+j]
		}
	}
	if r > 0 {
		zrb := z[lo*m+hi:]
		y := resize(w.y, r*b)
		w.y = y
		for p := range b {
			copy(y[p*r:(p+1)*r], v.lower[(lo+p)*m+hi:])
			clear(zrb[p*m : p*m+r])
		}
		w.eachRows(r, threads, func(work *kernel.Work[T], from, to int) {
			n.set.SolveLower(work, kernel.Trans, unit, l, m, b, y[from:], r, to-from)
		})
		n.set.Gemm(&w.work, kernel.NoTrans, kernel.NoTrans, r, b, r, z[hi*(m+1):], m, y, r, zrb, m, threads)
		n.set.Gemm(&w.work, op, kernel.NoTrans, b, b, r, y, r, zrb, m, zbb, m, threads)
	}
	mirrorColumns(z, m, lo, hi, op == kernel.ConjTrans)
}

// mirrorColumns copies columns lo to hi-1 of z, from the diagonal down, to the
// rows of the same numbers.
func mirrorColumns[T scalar.Scalar](z []T, m, lo, hi int, conj bool) {
	if _, ok := any(z).([]float64); ok || !conj {
		for j := lo; j < hi; j++ {
			row := z[j:]
			for i, x := range z[j*m+j+1 : (j+1)*m] {
				row[(i+j+1)*m] = x
			}
		}
		return
	}
	c := any(z).([]complex128)
	for j := lo; j < hi; j++ {
		c[j*(m+1)] = complex(real(c[j*(m+1)]), 0)
		row := c[j:]
		for i, x := range c[j*m+j+1 : (j+1)*m] {
			row[(i+j+1)*m] = complex(real(x), -imag(x))
		}
	}
}

// invertLU is invertHalf for LU: with Y = L_rb·L_bb⁻¹ and X = U_bb⁻¹·U_br,
//
//	Z_rb = -Z_rr·Y,  Z_br = -X·Z_rr,  Z_bb = U_bb⁻¹·L_bb⁻¹ - X·Z_rb.
//
// Rows of Z are columns of A, and columns of Z are rows of A.
func (w *inverter[T]) invertLU(v *node[T], z []T, lo, hi, threads int) {
	n, m, b, r := w.n, v.m, hi-lo, v.m-hi
	l, zbb := v.lower[lo*(m+1):], z[lo*(m+1):]
	s := w.identity(b)
	n.set.SolveLower(&w.work, kernel.NoTrans, true, l, m, b, s, b, b)
	n.set.SolveUpper(&w.work, kernel.NoTrans, false, l, m, b, s, b, b)
	for j := range b {
		for i := range b {
			zbb[i+j*m] = s[i*b+j]
		}
	}
	if r == 0 {
		return
	}
	zrr, zrb, zbr := z[hi*(m+1):], z[lo*m+hi:], z[hi*m+lo:]
	y, x := resize(w.y, r*b), resize(w.x, r*b)
	w.y, w.x = y, x
	for p := range b {
		copy(y[p*r:(p+1)*r], v.lower[(lo+p)*m+hi:])
		clear(zrb[p*m : p*m+r])
	}
	for j := range r {
		clear(zbr[j*m : j*m+b])
		for p, u := range v.upperColumn(hi+j, lo, hi) {
			x[p*r+j] = u
		}
	}
	w.eachRows(r, threads, func(work *kernel.Work[T], from, to int) {
		n.set.SolveLower(work, kernel.Trans, true, l, m, b, y[from:], r, to-from)
		n.set.SolveUpper(work, kernel.NoTrans, false, l, m, b, x[from:], r, to-from)
	})
	n.set.Gemm(&w.work, kernel.NoTrans, kernel.NoTrans, r, b, r, zrr, m, y, r, zrb, m, threads)
	n.set.Gemm(&w.work, kernel.Trans, kernel.NoTrans, b, r, r, x, r, zrr, m, zbr, m, threads)
	n.set.Gemm(&w.work, kernel.Trans, kernel.NoTrans, b, b, r, x, r, zrb, m, zbb, m, threads)
}

// upperColumn returns rows lo to hi-1 of column j of U, j ≥ hi.
func (f *node[T]) upperColumn(j, lo, hi int) []T {
	if j < f.c {
		return f.lower[j*f.m+lo : j*f.m+hi]
	}
	return f.upper[(j-f.c)*f.c+lo : (j-f.c)*f.c+hi]
}

// identity returns the identity of order b.
func (w *inverter[T]) identity(b int) []T {
	w.s = resize(w.s, b*b)
	clear(w.s)
	for i := range b {
		w.s[i*(b+1)] = scalar.Of[T](1, 0)
	}
	return w.s
}

// inverseRows is the number of rows of Y that one goroutine solves for at a
// time. The division does not depend on threads.
const inverseRows = 256

// eachRows calls f for blocks of r rows, by several goroutines.
func (w *inverter[T]) eachRows(r, threads int, f func(work *kernel.Work[T], lo, hi int)) {
	if threads <= 1 {
		for lo := 0; lo < r; lo += inverseRows {
			f(&w.work, lo, min(r, lo+inverseRows))
		}
		return
	}
	blocks := scalar.BlockCount(r, inverseRows)
	for len(w.works) < blocks {
		w.works = append(w.works, kernel.Work[T]{})
	}
	shareRows(r, threads, func(k, lo, hi int) { f(&w.works[k], lo, hi) })
}
