package kernel

import "eimtool/internal/scalar"

const (
	windowCols = 128 // candidate columns of one pass, whose updates of the rest are delayed
	panelCols  = 16  // pivots whose updates of the window are delayed
)

// ldl is the state of one factorisation.
type ldl[T scalar.Scalar] struct {
	set      *Set[T]
	w        *Work[T]
	a        []T
	ld, m    int
	o        Pivoting
	p        *Pivots[T]
	conj     bool
	q        int // eliminated so far
	start    int // first pivot of the window; columns beyond it lack the pivots from here
	panel    int // first pivot of the panel; columns of the window lack the pivots from here
	ldw      int
	scaled   []T // row i, pivot p of L·D (conjugated if conj) at scaled[i+(p-start)*ldw]
	col, oth []T // updated candidate columns, rows q..m-1 from place q on
	coef     []T // row of L·D that updates a candidate
}

// LDL factorises columns of the symmetric or, if o.Conj, Hermitian m×m front a
// as L·D·Lᵀ or L·D·Lᴴ with 1×1 and 2×2 pivots among the first k columns, and
// subtracts the product from the rest. Only the lower triangle is used. Of the
// eliminated columns L is left in place, its unit diagonal and the zero below
// a 2×2 pivot's first one included. What was done is stored in p.
//
// A pivot is accepted when the column of L it gives has no element above
// 1/o.Tau (threshold partial pivoting; Duff and Reid, ACM TOMS 9(3), 1983):
// first the diagonal element of a column is tried, then the 2×2 pivot with the
// row of its largest fully summed element, then that row's diagonal.
func (s *Set[T]) LDL(w *Work[T], a []T, ld, m, k int, o Pivoting, p *Pivots[T]) {
	o.Conj = o.Conj && scalar.IsComplex[T]()
	p.Count, p.Relaxed, p.Conj = 0, 0, o.Conj
	p.D = grow(&p.D, 2*k)
	p.Perm = identity(&p.Perm, k)
	f := &w.ldl
	*f = ldl[T]{set: s, w: w, a: a, ld: ld, m: m, o: o, p: p, conj: o.Conj, ldw: m}
	f.col, f.oth = grow(&w.col, m), grow(&w.other, m)
	f.coef = grow(&w.coef, base*base)
	f.eliminate(k)
	p.Count = f.q
	p.D = p.D[:2*f.q]
}

func identity(buf *[]int32, k int) []int32 {
	p := grow(buf, k)
	for i := range p {
		p[i] = int32(i)
	}
	return p
}

// eliminate passes over the candidates in windows; columns without an
// acceptable pivot go to the end, and are tried again, all at once, as long as
// that eliminates some.
func (f *ldl[T]) eliminate(k int) {
	end := k
	for f.q < end {
		e := min(end, f.q+windowCols)
		f.window(e)
		for rejected := e - f.q; rejected > 0; rejected-- {
			end--
			f.swap(f.q+rejected-1, end)
		}
	}
	for f.q < k {
		before := f.q
		f.window(k)
		if f.q > before {
			continue
		}
		if !f.o.Last || !f.relaxed(k) {
			return
		}
	}
}

// window eliminates what it can of columns q..e-1 and updates all others.
func (f *ldl[T]) window(e int) {
	f.start, f.panel = f.q, f.q
	f.scaled = grow(&f.w.panel, f.ldw*(e-f.q))
	c := f.q // next candidate
	for c < e {
		n := f.pivot(c, e)
		if n == 0 {
			c++
			continue
		}
		c = max(c, f.q)
		if f.q-f.panel >= panelCols {
			f.updateWindow(e)
			c = f.q
		}
	}
	f.updateWindow(e)
	f.updateRest(e)
}

// updateWindow subtracts the panel's pivots from the remaining columns of the window.
func (f *ldl[T]) updateWindow(e int) {
	f.subtract(f.q, e-f.q, f.panel)
	f.panel = f.q
}

// updateRest subtracts the window's pivots from the columns after it.
func (f *ldl[T]) updateRest(e int) { f.subtract(e, f.m-e, f.start) }

// subtract subtracts pivots from..q-1 from n columns from c on.
func (f *ldl[T]) subtract(c, n, from int) {
	if n == 0 || f.q == from {
		return
	}
	f.set.subtract(f.w, true, f.m-c, n, f.q-from, f.a[c+from*f.ld:], f.ld, form{},
		f.scaled[c+(from-f.start)*f.ldw:], f.ldw, form{trans: true}, f.a[c*(f.ld+1):], f.ld, f.o.Threads)
}
