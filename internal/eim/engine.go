package eim

import (
	"math"
	"sync"

	"eimtool/internal/scalar"
)

// The table is cut into tasks, and these into chunks; both cuts depend on the
// table alone. A chunk of one row and of every q_m stays in cache while all
// rows pass over it.
const (
	chunkBytes = 8 << 10
	taskChunks = 64 / 8
)

// tieShare is the relative distance from the largest within which values count
// as equal; the lowest index wins.
const tieShare = 1e-12

// task is a range of columns of one block.
type task struct{ block, lo, hi int }

// sums are what one task, or a whole row, contributes to a row's norms.
type sums struct {
	max float64 // max|r|, after masking
	sum float64 // Σ w|r|, Σ w|r|² or Σ w|r|^p, as the norm wants
	two float64 // Σ w|r·scale|² over a measured block
	bad bool    // a NaN or an infinity was met on the first pass
}

// engine holds the state of an elimination: residual = table − Σ_m l_m q_m.
// The residual is never stored. Every pass recomputes it chunk by chunk from
// the table, which stays untouched, and the q_m: memory beyond the table is
// one row per term, and a pass reads the table once and writes nothing.
type engine[T scalar.Scalar] struct {
	t       *Table[T]
	kind    Norm
	threads int
	k       *kernels[T]
	tile    func(*tile[T]) int // handles the leading columns of a tile; nil: none
	tasks   []task
	chunk   int         // columns per chunk
	start   []int       // first flat column of every block
	q       [][]T       // q[m][flat column]
	l       [][]T       // l[m][row]
	floor   []float64   // per block: round-off level of the residual, scaled
	inv     [][]float64 // per block: reciprocals of the scales, nil for one scale
	two     [][]float64 // per measured block: weight·scale², nil when all alike
	part    []sums      // at task·rows + row
	rows    int
	buffers sync.Pool
}

func newEngine[T scalar.Scalar](t *Table[T], norm Norm, threads int) *engine[T] {
	size := 8
	if scalar.IsComplex[T]() {
		size = 16
	}
	e := &engine[T]{
		t: t, kind: norm, threads: threads, k: kernelsFor[T](), tile: tileFor[T](), chunk: chunkBytes / size,
		rows: t.RowCount(), floor: make([]float64, len(t.Blocks)),
		inv: make([][]float64, len(t.Blocks)), two: make([][]float64, len(t.Blocks)),
	}
	step, flat := taskChunks*e.chunk, 0
	for b := range t.Blocks {
		blk := &t.Blocks[b]
		e.start = append(e.start, flat)
		flat += blk.Cols
		for lo := 0; lo < blk.Cols; lo += step {
			e.tasks = append(e.tasks, task{b, lo, min(lo+step, blk.Cols)})
		}
		if blk.Scales != nil {
			e.inv[b] = make([]float64, blk.Cols)
			for c, s := range blk.Scales {
				e.inv[b][c] = 1 / s
			}
		}
		if blk.Measure {
			e.two[b] = measureWeights(blk)
		}
	}
	e.part = make([]sums, len(e.tasks)*e.rows)
	e.buffers.New = func() any { b := make([]T, tileRows*e.chunk); return &b }
	return e
}

// measureWeights returns weight·scale² of every column, scales relative to the
// block's largest.
func measureWeights[T scalar.Scalar](b *Block[T]) []float64 {
	if b.Scales == nil {
		return b.Weight
	}
	var largest float64
	for _, s := range b.Scales {
		largest = math.Max(largest, s)
	}
	w := make([]float64, b.Cols)
	for c, s := range b.Scales {
		s /= largest
		w[c] = s * s
		if b.Weight != nil {
			w[c] *= b.Weight[c]
		}
	}
	return w
}

// residual computes the residual of row p in columns [lo, hi) of a block.
func (e *engine[T]) residual(dst []T, p, block, lo, hi int) {
	b := &e.t.Blocks[block]
	if inv := e.inv[block]; inv != nil {
		for c := lo; c < hi; c++ {
			dst[c-lo] = b.Rows[p][c] * scalar.Of[T](inv[c], 0)
		}
	} else {
		e.k.scale(dst, b.Rows[p][lo:hi], 1/b.scale(0))
	}
	from, to := e.start[block]+lo, e.start[block]+hi
	m := 0
	for ; m+4 <= len(e.q); m += 4 {
		l := [4]T{e.l[m][p], e.l[m+1][p], e.l[m+2][p], e.l[m+3][p]}
		e.k.sub4(dst, e.q[m][from:to], e.q[m+1][from:to], e.q[m+2][from:to], e.q[m+3][from:to], &l)
	}
	for ; m < len(e.q); m++ {
		e.k.sub1(dst, e.q[m][from:to], e.l[m][p])
	}
}
