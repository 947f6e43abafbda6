package kernel

import (
	"math"

	"eimtool/internal/scalar"
)

// lu is the state of one factorisation.
type lu[T scalar.Scalar] struct {
	set   *Set[T]
	w     *Work[T]
	a     []T
	ld, m int
	k     int
	o     Pivoting
	p     *LUPivots
	q     int     // eliminated so far
	start int     // first pivot of the window
	panel int     // first pivot of the panel; columns of the window lack the pivots from here
	swaps []int32 // swaps[i] is the row exchanged with start+i
	col   []T
}

// LU factorises columns of the m×m front a as L·U with pivots in its first k
// rows and columns, and subtracts the product from the rest. A pivot is at
// least o.Tau times the largest element of its column in all rows not yet
// eliminated; the diagonal element is taken where it will do. What was done is
// stored in p.
func (s *Set[T]) LU(w *Work[T], a []T, ld, m, k int, o Pivoting, p *LUPivots) {
	p.Count, p.Relaxed = 0, 0
	p.RowPerm, p.ColPerm = identity(&p.RowPerm, k), identity(&p.ColPerm, k)
	f := &w.lu
	*f = lu[T]{set: s, w: w, a: a, ld: ld, m: m, k: k, o: o, p: p}
	f.col = grow(&w.col, m)
	f.eliminate()
	p.Count = f.q
}

func (f *lu[T]) eliminate() {
	end := f.k
	for f.q < end {
		e := min(end, f.q+windowCols)
		f.window(e)
		for rejected := e - f.q; rejected > 0; rejected-- {
			end--
			f.swapColumns(f.q+rejected-1, end)
		}
	}
	for f.q < f.k {
		before := f.q
		f.window(f.k)
		if f.q > before {
			continue
		}
		if !f.o.Last || !f.relaxed() {
			return
		}
	}
}

// window eliminates what it can of columns q..e-1 and updates all others.
func (f *lu[T]) window(e int) {
	f.start, f.panel = f.q, f.q
	f.swaps = grow(&f.w.swaps, f.k)
	for c := f.q; c < e; {
		if !f.pivot(c, e) {
			c++
			continue
		}
		c = max(c, f.q)
		if f.q-f.panel >= panelCols {
			f.update(f.q, e, f.panel)
			f.panel, c = f.q, f.q
		}
	}
	f.update(f.q, e, f.panel)
	f.panel = f.q
	f.swapRows(0, f.start)
	f.swapRows(e, f.m)
	f.update(e, f.m, f.start)
}

// update applies the pivots from..q-1 to columns lo..hi-1.
func (f *lu[T]) update(lo, hi, from int) {
	n, k := hi-lo, f.q-from
	if n <= 0 || k == 0 {
		return
	}
	ld := f.ld
	u := f.a[from+lo*ld:]
	f.set.solveLeft(f.w, f.a[from*(ld+1):], ld, k, u, ld, n, f.o.Threads)
	f.set.subtract(f.w, false, f.m-f.q, n, k, f.a[f.q+from*ld:], ld, form{}, u, ld, form{}, f.a[f.q+lo*ld:], ld, f.o.Threads)
}

// pivot eliminates column c of the window, if it has an acceptable pivot.
func (f *lu[T]) pivot(c, e int) bool {
	q, ld, s := f.q, f.ld, f.panel
	v := f.col[:f.m]
	copy(v[s:], f.a[s+c*ld:][:f.m-s])
	for p := s; p < q; p++ {
		x, y := v[p], v[p+1:q]
		for i, l := range f.a[p+1+p*ld:][:q-p-1] {
			y[i] -= l * x
		}
	}
	f.set.in.columns(v[q:], f.a[q+s*ld:], ld, v[s:q])
	r, most := largest(v[q:f.k])
	if r < 0 {
		return false
	}
	r += q
	size := max(most, f.set.in.size(v[f.k:]))
	// The diagonal element of the column, wherever pivoting has moved it.
	if f.o.accepts(scalar.Abs(v[c]), size) {
		r = c
	}
	if !f.o.accepts(scalar.Abs(v[r]), size) {
		return false
	}
	f.take(r, c, e)
	return true
}

// take eliminates the pivot in row r of the updated column c in col.
func (f *lu[T]) take(r, c, e int) {
	q, ld := f.q, f.ld
	f.swapColumns(q, c)
	copy(f.a[f.panel+q*ld:][:f.m-f.panel], f.col[f.panel:f.m])
	f.swaps[q-f.start] = int32(r)
	if r != q {
		f.p.RowPerm[q], f.p.RowPerm[r] = f.p.RowPerm[r], f.p.RowPerm[q]
		for j := f.start; j < e; j++ {
			f.a[q+j*ld], f.a[r+j*ld] = f.a[r+j*ld], f.a[q+j*ld]
		}
	}
	l := f.a[q+1+q*ld:][:f.m-q-1]
	f.set.divide(l, l, f.a[q+q*ld])
	f.q++
}

// swapRows applies the window's exchanges of rows to columns lo..hi-1.
func (f *lu[T]) swapRows(lo, hi int) {
	if f.o.Threads <= 1 || hi-lo < 2*turnedCols {
		f.swapRange(lo, hi)
		return
	}
	share(hi-lo, turnedCols, f.o.Threads, func(_, from, to int) { f.swapRange(lo+from, lo+to) })
}

func (f *lu[T]) swapRange(lo, hi int) {
	swaps := f.swaps[:f.q-f.start]
	for j := lo; j < hi; j++ {
		col := f.a[j*f.ld:][:f.m]
		for i, r := range swaps {
			col[f.start+i], col[r] = col[r], col[f.start+i]
		}
	}
}

func (f *lu[T]) swapColumns(i, j int) {
	if i == j {
		return
	}
	f.p.ColPerm[i], f.p.ColPerm[j] = f.p.ColPerm[j], f.p.ColPerm[i]
	x, y := f.a[i*f.ld:][:f.m], f.a[j*f.ld:][:f.m]
	for t, v := range x {
		x[t], y[t] = y[t], v
	}
}

// relaxed eliminates the largest element of the remaining k-q rows and
// columns, all updated, if above Small.
func (f *lu[T]) relaxed() bool {
	r, c, most := -1, -1, 0.0
	for j := f.q; j < f.k; j++ {
		for i := f.q; i < f.k; i++ {
			if t := scalar.Abs(f.a[i+j*f.ld]); t > most {
				r, c, most = i, j, t
			}
		}
	}
	if c < 0 || !(most > f.o.Small) || math.IsInf(most, 1) {
		return false
	}
	f.start, f.panel = f.q, f.q
	copy(f.col[f.q:f.m], f.a[f.q+c*f.ld:][:f.m-f.q])
	f.take(r, c, f.q+1)
	f.p.Relaxed++
	f.swapRows(0, f.start)
	f.swapRows(f.q, f.m)
	f.update(f.q, f.m, f.start)
	f.panel = f.q
	return true
}

// solveLeft computes U = L⁻¹·U for the unit lower triangle L, k×k, and U, k×n,
// both stored by columns.
func (s *Set[T]) solveLeft(w *Work[T], l []T, ld, k int, u []T, ldu, n, threads int) {
	if k > base {
		h := roundUp(k/2, base)
		s.solveLeft(w, l, ld, h, u, ldu, n, threads)
		s.subtract(w, false, k-h, n, h, l[h:], ld, form{}, u, ldu, form{}, u[h:], ldu, threads)
		s.solveLeft(w, l[h*(ld+1):], ld, k-h, u[h:], ldu, n, threads)
		return
	}
	// Substitution runs along rows of U: turned, they are contiguous.
	t := triangle[T]{m: l, ld: ld, f: form{trans: true}, forward: true, unit: true}
	t.gather(w, k)
	if threads <= 1 || n < 2*turnedCols {
		x := grow(&w.turned, turnedCols*base)
		for j := 0; j < n; j += turnedCols {
			s.substituteTurned(w, t, x, u[j*ldu:], ldu, k, min(turnedCols, n-j))
		}
		return
	}
	x := grow(&w.turned, turnedCols*base*scalar.BlockCount(n, turnedCols))
	share(n, turnedCols, threads, func(b, lo, hi int) {
		s.substituteTurned(w, t, x[b*turnedCols*base:], u[lo*ldu:], ldu, k, hi-lo)
	})
}

// turnedCols is how many columns are solved at once.
const turnedCols = 64

// substituteTurned solves for cols columns of U by way of their transpose x.
func (s *Set[T]) substituteTurned(w *Work[T], t triangle[T], x, u []T, ldu, k, cols int) {
	turn(x, turnedCols, u, ldu, k, cols)
	s.substitute(w, t, x, turnedCols, cols, k)
	turn(u, ldu, x, turnedCols, cols, k)
}

// turn stores the transpose of a, m×n, in dst.
func turn[T scalar.Scalar](dst []T, ldd int, a []T, lda, m, n int) {
	j := 0
	for ; j+4 <= n; j += 4 {
		a0, a1, a2, a3 := a[j*lda:][:m], a[(j+1)*lda:][:m], a[(j+2)*lda:][:m], a[(j+3)*lda:][:m]
		for i, v := range a0 {
			d := (*[4]T)(dst[j+i*ldd:])
			d[0], d[1], d[2], d[3] = v, a1[i], a2[i], a3[i]
		}
	}
	for ; j < n; j++ {
		for i, v := range a[j*lda:][:m] {
			dst[j+i*ldd] = v
		}
	}
}
