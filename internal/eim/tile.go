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
	n      int          // columns
	src    [tileRows]*T // table values of the rows
	scale  float64      // factor of the table values
	terms  int
	q      []T               // packed, see packTerms
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

// packTerms copies columns [from, to) of all q so that a tile reads them in one
// stream: for every 64 bytes of columns, those of all terms. Columns that do
// not fill 64 bytes are left out. It returns nil when there is no tile kernel.
func (e *engine[T]) packTerms(dst []T, from, to int) []T {
	if e.tile == nil {
		return nil
	}
	lanes, terms := e.lanes, len(e.q)
	tiles := (to - from) / lanes
	if need := tiles * terms * lanes; cap(dst) < need {
		dst = make([]T, need)
	} else {
		dst = dst[:need]
	}
	for m, q := range e.q {
		interleave(floats(dst), floats(q[from:from+tiles*lanes]), m, terms)
	}
	return dst
}

// interleave copies piece i of src, 8 numbers, to piece i·stride + at of dst.
func interleave(dst, src []float64, at, stride int) {
	for at *= 8; len(src) >= 8; at += 8 * stride {
		*(*[8]float64)(dst[at:]) = [8]float64(src)
		src = src[8:]
	}
}

// floats returns the numbers of x, real and imaginary parts interleaved,
// sharing storage.
func floats[T scalar.Scalar](x []T) []float64 {
	if z, ok := any(x).([]complex128); ok {
		return parts(z)
	}
	return any(x).([]float64)
}

// residuals computes the residuals of a group in columns [lo, hi) of a block:
// row r of the group is dst[r·chunk : r·chunk+hi-lo]. It returns their largest
// moduli. q holds the packed terms of these columns.
func (e *engine[T]) residuals(dst []T, g *group[T], block, lo, hi int, q []T) (peak [tileRows]float64) {
	b := &e.t.Blocks[block]
	n := 0
	if e.tile != nil && e.inv[block] == nil {
		t := tile[T]{dst: dst, stride: e.chunk, n: hi - lo, scale: 1 / b.scale(0), terms: len(e.q), q: q, l: g.l}
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
