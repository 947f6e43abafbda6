package eim

import (
	"math"

	"eimtool/internal/scalar"
)

// RemainderRows is the number of rows that Remainder handles at once.
const RemainderRows = tileRows

// Remainder computes residuals of rows that are in no table, with the kernels
// of the selection. It is the scratch of one goroutine.
type Remainder[T scalar.Scalar] struct {
	k    *kernels[T]
	tile func(*tile[T]) int
	q    []*T
	l    []float64
}

// NewRemainder returns scratch for one goroutine.
func NewRemainder[T scalar.Scalar]() *Remainder[T] {
	return &Remainder[T]{k: kernelsFor[T](), tile: tileFor[T]()}
}

// Subtract overwrites every row x_r by scale·x_r − Σ_m l[r][m]·q[m] and returns
// the largest moduli of the results. Row r is x[r·stride : r·stride+n]; every q
// has at least n values. Rows without multipliers (l[r] nil) are scratch: their
// contents and peaks mean nothing afterwards. The bits of the results depend
// neither on the machine nor on n.
func (e *Remainder[T]) Subtract(x []T, stride, n int, scale float64, l *[RemainderRows][]T, q [][]T) (peak [RemainderRows]float64) {
	done := 0
	if e.tile != nil && n > 0 {
		e.pack(l, q)
		t := tile[T]{dst: x, stride: stride, n: n, scale: scale, q: e.q, l: e.l}
		for r := range t.src {
			t.src[r] = &x[r*stride]
		}
		done = e.tile(&t)
		peak = t.peak
	}
	if done == n {
		return peak
	}
	for r := range l {
		if l[r] == nil {
			continue
		}
		rest := x[r*stride+done : r*stride+n]
		e.subtract(rest, scale, l[r], q, done)
		peak[r] = math.Max(peak[r], e.k.max(rest))
	}
	return peak
}

// subtract does one row from column from on.
func (e *Remainder[T]) subtract(x []T, scale float64, l []T, q [][]T, from int) {
	to := from + len(x)
	e.k.scale(x, x, scale)
	m := 0
	for ; m+4 <= len(q); m += 4 {
		c := [4]T(l[m : m+4])
		e.k.sub4(x, q[m][from:to], q[m+1][from:to], q[m+2][from:to], q[m+3][from:to], &c)
	}
	for ; m < len(q); m++ {
		e.k.sub1(x, q[m][from:to], l[m])
	}
}

// pack sets the addresses of the q and the multipliers in the order in which a
// tile needs them; see engine.packMultipliers.
func (e *Remainder[T]) pack(l *[RemainderRows][]T, q [][]T) {
	e.q, e.l = e.q[:0], e.l[:0]
	for m := range q {
		e.q = append(e.q, &q[m][0])
		for r := range l {
			var v T
			if l[r] != nil {
				v = l[r][m]
			}
			if scalar.IsComplex[T]() {
				e.l = append(e.l, scalar.Real(v), 0, -scalar.Imag(v), scalar.Imag(v))
			} else {
				e.l = append(e.l, scalar.Real(v))
			}
		}
	}
}
