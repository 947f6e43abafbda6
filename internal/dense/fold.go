package dense

import (
	"math"

	"eimtool/internal/scalar"
)

// panel is the number of reflectors applied at a time: a column of the chunk
// is then read from the first cache for all but one of them.
const panel = 4

// folder reduces (R; B) to a new R, where B is a chunk of rows of the table:
// the Householder vector of column k is e_k on top of a vector of B's rows, so
// that R stays triangular and nothing of it but row k is touched.
type folder[T scalar.Scalar] struct {
	n, rows  int
	capacity int
	r        []T // n×n, by rows
	b        []T // column j is b[j*capacity : j*capacity+rows]
}

func newFolder[T scalar.Scalar](n, capacity int) *folder[T] {
	return &folder[T]{n: n, capacity: capacity, r: make([]T, n*n), b: make([]T, n*capacity)}
}

// pack loads entries [lo, hi) of the snapshots, scaled and weighted.
func (f *folder[T]) pack(rows [][]T, root []float64, scale float64, exp []int, lo, hi int) {
	f.rows = hi - lo
	for j, row := range rows {
		c, s := f.column(j, f.rows), 0.0
		if exp[j] != noScale {
			s = math.Ldexp(scale, -exp[j])
		}
		if len(root) > 0 {
			scaleInto(c, row[lo:hi], s, root[lo:hi])
		} else {
			scaleInto(c, row[lo:hi], s, nil)
		}
	}
}

// scaleInto computes y = s·root·x; a nil root means ones.
func scaleInto[T scalar.Scalar](y, x []T, s float64, root []float64) {
	switch x := any(x).(type) {
	case []float64:
		y := any(y).([]float64)[:len(x)]
		if root == nil {
			for i, v := range x {
				y[i] = s * v
			}
			return
		}
		for i, w := range root[:len(x)] {
			y[i] = (s * x[i]) * w
		}
	case []complex128:
		y := any(y).([]complex128)[:len(x)]
		for i, v := range x {
			y[i] = complex(s*real(v), s*imag(v))
		}
		for i, w := range root {
			y[i] = complex(w*real(y[i]), w*imag(y[i]))
		}
	}
}

// packTriangle loads the upper triangle of r, n×n by rows.
func (f *folder[T]) packTriangle(r []T) {
	f.rows = f.n
	for j := range f.n {
		c := f.column(j, f.rows)
		clear(c)
		for i := range j + 1 {
			c[i] = r[i*f.n+j]
		}
	}
}

func (f *folder[T]) column(j, rows int) []T {
	return f.b[j*f.capacity : j*f.capacity+rows]
}

// fold eliminates the chunk, which it destroys. A triangular chunk is known to
// be zero below its diagonal.
func (f *folder[T]) fold(triangular bool) {
	var tri [panel][panel]T
	for k := 0; k < f.n; k += panel {
		w, rows := min(panel, f.n-k), f.rows
		if triangular {
			rows = min(rows, k+w)
		}
		f.panel(k, w, rows, &tri)
		for j := k + w; j < f.n; j++ {
			f.apply(k, w, rows, &tri, j)
		}
	}
}

// panel makes reflectors k..k+w-1 and the upper triangular factor t of their
// product I - V·t·Vᴴ (Schreiber and Van Loan, SIAM J. Sci. Stat. Comput. 10(1),
// 1989).
func (f *folder[T]) panel(k, w, rows int, t *[panel][panel]T) {
	for p := range w {
		v := f.column(k+p, rows)
		diagonal := &f.r[(k+p)*f.n+k+p]
		var tau float64
		*diagonal, tau = Reflector(*diagonal, v)
		real := scalar.Of[T](tau, 0)
		for i := range w { // t_{0..p-1,p} = -tau·t·(Vᴴ·v); v = 0 when tau = 0
			t[i][p] = 0
		}
		if tau == 0 {
			continue
		}
		for j := k + p + 1; j < k+w; j++ {
			reflect(real, v, &f.r[(k+p)*f.n+j], f.column(j, rows))
		}
		t[p][p] = real
		for l := range p {
			d := real * Dotc(f.column(k+l, rows), v)
			for i := range l + 1 {
				t[i][p] -= t[i][l] * d
			}
		}
	}
}

// apply computes column j -= V·tᴴ·(Vᴴ·column j).
func (f *folder[T]) apply(k, w, rows int, t *[panel][panel]T, j int) {
	var d [panel]T
	y := f.column(j, rows)
	for p := range w {
		d[p] = f.r[(k+p)*f.n+j] + Dotc(f.column(k+p, rows), y)
	}
	for p := w - 1; p >= 0; p-- { // d = tᴴ·d, from the last: element p needs 0..p
		var s T
		for i := range p + 1 {
			s += scalar.Conj(t[i][p]) * d[i]
		}
		d[p] = s
		f.r[(k+p)*f.n+j] -= s
	}
	for p := range w {
		Axpy(-d[p], f.column(k+p, rows), y)
	}
}
