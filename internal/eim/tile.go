package eim

import (
	"math"

	"eimtool/internal/scalar"
)

// tileRows is the number of rows that are updated together, so that a chunk of
// q is read once for all of them.
const tileRows = 4

// tile is one chunk of tileRows rows on its way from the table to the residual.
type tile[T scalar.Scalar] struct {
	dst    []T // residuals, row r from r·stride
	stride int
	n      int               // columns
	src    [tileRows]*T      // table values of the rows
	scale  float64           // factor of the table values
	q      []*T              // one per term
	l      []float64         // packed, see packMultipliers
	peak   [tileRows]float64 // max|residual| over the columns done
}

// group is up to tileRows rows that pass together; the last row fills up.
type group[T scalar.Scalar] struct {
	rows [tileRows]int
	used int
	l    []float64
}

// groups divides the rows that are not done, with their packed multipliers.
func (e *engine[T]) groups(done []bool) []group[T] {
	var out []group[T]
	var g group[T]
	flush := func() {
		if g.used > 0 {
			for r := g.used; r < tileRows; r++ {
				g.rows[r] = g.rows[g.used-1]
			}
			g.l = e.packMultipliers(g.rows)
			out = append(out, g)
			g = group[T]{}
		}
	}
	for p := range e.rows {
		if done[p] {
			continue
		}
		g.rows[g.used] = p
		if g.used++; g.used == tileRows {
			flush()
		}
	}
	flush()
	return out
}

// packMultipliers returns the l of all terms for the rows of a group, in the
// order in which a tile needs them: per term and row the number or, complex,
// re, 0, -im, im.
func (e *engine[T]) packMultipliers(rows [tileRows]int) []float64 {
	var l []float64
	for m := range e.q {
		for _, p := range rows {
			v := e.l[m][p]
			if scalar.IsComplex[T]() {
				l = append(l, scalar.Real(v), 0, -scalar.Imag(v), scalar.Imag(v))
			} else {
				l = append(l, scalar.Real(v))
			}
		}
	}
	return l
}

// pointers sets p[m] to the address of column from of every q.
func (e *engine[T]) pointers(p []*T, from int) {
	for m, q := range e.q {
		p[m] = &q[from]
	}
}

// residuals computes the residuals of a group in columns [lo, hi) of a block:
// row r of the group is dst[r·chunk : r·chunk+hi-lo]. It returns their largest
// moduli. q points to column lo of every term.
func (e *engine[T]) residuals(dst []T, g *group[T], block, lo, hi int, q []*T) (peak [tileRows]float64) {
	b := &e.t.Blocks[block]
	n := 0
	if e.tile != nil && e.inv[block] == nil {
		t := tile[T]{dst: dst, stride: e.chunk, n: hi - lo, scale: 1 / b.scale(0), q: q, l: g.l}
		for r, p := range g.rows {
			t.src[r] = &b.Rows[p][lo:hi][0]
		}
		n = e.tile(&t)
		peak = t.peak
	}
	if n == hi-lo {
		return peak
	}
	for r, p := range g.rows[:g.used] {
		rest := dst[r*e.chunk+n : r*e.chunk+hi-lo]
		e.residual(rest, p, block, lo+n, hi)
		peak[r] = math.Max(peak[r], e.k.max(rest))
	}
	return peak
}

// tileFor returns the tile kernel of this machine, nil if it has none.
func tileFor[T scalar.Scalar]() func(*tile[T]) int {
	var f any = acceleratedReal()
	if scalar.IsComplex[T]() {
		f = acceleratedComplex()
	}
	return f.(func(*tile[T]) int)
}
