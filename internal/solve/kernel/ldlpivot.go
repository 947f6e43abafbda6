package kernel

import (
	"math"

	"eimtool/internal/scalar"
)

// fetch stores the rows q..m-1 of column c in v, with all updates; v[q:] are
// the elements.
func (f *ldl[T]) fetch(v []T, c int) {
	q, ld := f.q, f.ld
	for i := q; i < c; i++ {
		v[i] = f.a[c+i*ld]
	}
	if f.conj {
		scalar.Conjugate(v[q:c])
	}
	copy(v[c:f.m], f.a[c+c*ld:][:f.m-c])
	n := q - f.panel
	for p := range n {
		f.coef[p] = f.scaled[c+(f.panel-f.start+p)*f.ldw]
	}
	if n > 0 {
		f.set.in.columns(v[q:f.m], f.a[q+f.panel*ld:], ld, f.coef[:n])
	}
	v[c] = f.diagonal(v[c])
}

// diagonal returns a diagonal element, which is real if the front is Hermitian:
// what else there is comes from rounding.
func (f *ldl[T]) diagonal(x T) T {
	if f.conj {
		return scalar.Of[T](scalar.Real(x), 0)
	}
	return x
}

// largest returns the place of the largest of v[lo:hi], c left out, and its size.
func (f *ldl[T]) largest(v []T, lo, hi, c int) (place int, size float64) {
	place, size = largest(v[lo:min(c, hi)])
	p, t := largest(v[max(lo, c+1):hi])
	if t > size {
		place, size = p+max(lo, c+1)-lo, t
	}
	return place + lo, size
}

// sizeWithout returns the size of v[lo:m] without elements c and d.
func (f *ldl[T]) sizeWithout(v []T, c, d int) float64 {
	c, d = min(c, d), max(c, d)
	n := f.set.in.size
	return max(n(v[f.q:c]), n(v[min(c+1, d):d]), n(v[d+1:f.m]))
}

// pivot looks for a pivot with column c within columns q..e-1, eliminates it
// and returns the number of columns eliminated.
func (f *ldl[T]) pivot(c, e int) int {
	f.fetch(f.col, c)
	d := scalar.Abs(f.col[c])
	size := f.sizeWithout(f.col, c, c)
	if f.o.accepts(d, size) {
		f.one(c, f.col)
		return 1
	}
	r, most := f.largest(f.col, f.q, e, c)
	if !(most > f.o.Small) {
		return 0
	}
	f.fetch(f.oth, r)
	if f.accept(c, r) {
		f.two(c, r)
		return 2
	}
	d = scalar.Abs(f.oth[r])
	if f.o.accepts(d, f.sizeWithout(f.oth, r, r)) {
		f.one(r, f.oth)
		return 1
	}
	return 0
}

// accept decides on the 2×2 pivot of columns c and r.
func (f *ldl[T]) accept(c, r int) bool {
	inv, least, ok := invertPair(f.col[c], f.col[r], f.oth[r], f.conj)
	if !ok || !(least > f.o.Small) {
		return false
	}
	x, y := f.sizeWithout(f.col, c, r), f.sizeWithout(f.oth, c, r)
	a, b, d := scalar.Abs(inv[0]), scalar.Abs(inv[1]), scalar.Abs(inv[2])
	return f.o.Tau*(a*x+b*y) <= 1 && f.o.Tau*(b*x+d*y) <= 1
}

// one eliminates column c, given updated in v.
func (f *ldl[T]) one(c int, v []T) {
	q := f.q
	d := v[c]
	v[c] = v[q]
	f.swap(q, c)
	f.keep(v, q)
	f.p.D[2*q], f.p.D[2*q+1] = d, 0
	l := f.a[q*(f.ld+1):][:f.m-q]
	l[0] = 1
	f.set.divide(l[1:], v[q+1:f.m], d)
	f.q++
}

// keep stores v as column p of L·D.
func (f *ldl[T]) keep(v []T, p int) {
	w := f.scaled[(p-f.start)*f.ldw:][f.q:f.m]
	copy(w, v[f.q:f.m])
	if f.conj {
		scalar.Conjugate(w)
	}
}

// two eliminates columns c and r, given updated in col and oth.
func (f *ldl[T]) two(c, r int) {
	q := f.q
	a, b, d := f.col[c], f.col[r], f.oth[r]
	inv, _, _ := invertPair(a, b, d, f.conj)
	f.move(q, c)
	if r == q {
		r = c
	}
	f.move(q+1, r)
	f.keep(f.col, q)
	f.keep(f.oth, q+1)
	f.p.D[2*q], f.p.D[2*q+1], f.p.D[2*q+2], f.p.D[2*q+3] = a, b, d, 0
	l0, l1 := f.a[q+q*f.ld:][:f.m-q], f.a[q+(q+1)*f.ld:][:f.m-q]
	l0[0], l0[1], l1[1] = 1, 0, 1
	inv10, inv01 := inv[1], mirrored(inv[1], f.conj)
	x, y := f.col[q:f.m], f.oth[q:f.m]
	for i := 2; i < len(l0); i++ {
		l0[i] = x[i]*inv[0] + y[i]*inv10
		l1[i] = x[i]*inv01 + y[i]*inv[2]
	}
	f.q += 2
}

// move swaps rows and columns i and j of the front and the candidates.
func (f *ldl[T]) move(i, j int) {
	f.swap(i, j)
	f.col[i], f.col[j] = f.col[j], f.col[i]
	f.oth[i], f.oth[j] = f.oth[j], f.oth[i]
}

// swap exchanges rows and columns i ≤ j of the front and rows of L and L·D.
func (f *ldl[T]) swap(i, j int) {
	if i == j {
		return
	}
	a, ld := f.a, f.ld
	f.p.Perm[i], f.p.Perm[j] = f.p.Perm[j], f.p.Perm[i]
	for c := range i {
		a[i+c*ld], a[j+c*ld] = a[j+c*ld], a[i+c*ld]
	}
	for p := range f.q - f.start {
		w := f.scaled[p*f.ldw:]
		w[i], w[j] = w[j], w[i]
	}
	a[i+i*ld], a[j+j*ld] = a[j+j*ld], a[i+i*ld]
	for t := i + 1; t < j; t++ {
		a[t+i*ld], a[j+t*ld] = a[j+t*ld], a[t+i*ld]
	}
	if f.conj {
		scalar.Conjugate(a[i+1+i*ld:][:j-i])
		for t := i + 1; t < j; t++ {
			a[j+t*ld] = scalar.Conj(a[j+t*ld])
		}
	}
	for t := j + 1; t < f.m; t++ {
		a[t+i*ld], a[t+j*ld] = a[t+j*ld], a[t+i*ld]
	}
}

// relaxed eliminates the largest pivot of the remaining columns q..k-1, all
// updated (Bunch and Parlett, SIAM J. Numer. Anal. 8(4), 1971), if above Small.
func (f *ldl[T]) relaxed(k int) bool {
	f.start, f.panel = f.q, f.q
	f.scaled = grow(&f.w.panel, f.ldw*2)
	one, two, c1, c2, r2 := 0.0, 0.0, -1, -1, -1
	for j := f.q; j < k; j++ {
		if d := scalar.Abs(f.diagonal(f.a[j*(f.ld+1)])); d > one {
			one, c1 = d, j
		}
		for i := j + 1; i < k; i++ {
			if t := scalar.Abs(f.a[i+j*f.ld]); t > two {
				two, c2, r2 = t, j, i
			}
		}
	}
	const alpha = 0.6403882032022076 // (1+√17)/8
	before := f.q
	if c2 >= 0 && one < alpha*two && two > f.o.Small {
		f.fetch(f.col, c2)
		f.fetch(f.oth, r2)
		if _, least, ok := invertPair(f.col[c2], f.col[r2], f.oth[r2], f.conj); ok && least > f.o.Small {
			f.two(c2, r2)
		}
	}
	if f.q == before && c1 >= 0 && one > f.o.Small && !math.IsInf(one, 1) {
		f.fetch(f.col, c1)
		f.one(c1, f.col)
	}
	f.p.Relaxed += f.q - before
	f.updateRest(f.q)
	return f.q > before
}
