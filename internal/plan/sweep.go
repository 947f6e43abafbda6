package plan

import (
	"context"
	"math"
	"sync"
	"sync/atomic"

	"eimtool/internal/dense"
	"eimtool/internal/eim"
	"eimtool/internal/expr"
	"eimtool/internal/scalar"
)

// extent is what a sweep finds out about one function in one row.
type extent struct {
	most, least float64 // max and min of |g| over the points
	error       float64 // max |g − Ig|
	at          int     // where, the lowest of equal columns
}

// merge joins the extents of two sets of columns.
func (e *extent) merge(o extent) {
	if o.error > e.error || o.error == e.error && o.at < e.at {
		e.error, e.at = o.error, o.at
	}
	e.most, e.least = max(e.most, o.most), min(e.least, o.least)
}

// sweep is one pass over a whole table that compares it with its interpolant.
type sweep[T scalar.Scalar] struct {
	t       *table[T] // the rows to compare
	chosen  *table[T] // the rows of the terms, over the same columns
	beta    [][]T     // per row of t: the coefficients of the terms
	unit    []float64 // per function: about the size of its values
	keep    [][][]T   // nil, or where to put the residuals over the units
	extents []extent  // of row p and function s at p·(number of functions) + s
	tile    int       // columns
	block   int       // rows
	locks   []sync.Mutex
	pool    sync.Pool
}

// tileBytes is the size of one row of a tile: with all terms it fits in the
// second cache, and single rows in the first.
const tileBytes = 8 << 10

// sweepWork is the scratch of one goroutine.
type sweepWork[T scalar.Scalar] struct {
	grids     []*expr.Work
	remainder *eim.Remainder[T]
	rows      []T   // eim.RemainderRows rows
	store     []T   // the rows of the terms
	q         [][]T // the same, row by row
	extents   []extent
	known     []float64 // errors found so far in other tiles
}

// sweepBlock returns the number of rows that are compared with one evaluation
// of the rows of the terms.
func sweepBlock(rows, terms int) int { return min(max(64, 64*terms), sweepRows, rows) }

// sweepCost returns how many rows a sweep evaluates.
func sweepCost(rows, terms int) float64 {
	cost := float64(rows)
	for lo := 0; lo < rows; lo += sweepRows {
		n := min(sweepRows, rows-lo)
		cost += float64(terms * scalar.BlockCount(n, sweepBlock(n, terms)))
	}
	return cost
}

// run makes the pass and fills extents.
func (v *sweep[T]) run(ctx context.Context, threads int, progress func(done, total int)) error {
	terms := len(v.chosen.mu)
	v.tile = tileBytes / sizeOf[T]()
	v.block = sweepBlock(len(v.t.mu), terms)
	blocks := scalar.BlockCount(len(v.t.mu), v.block)
	v.locks = make([]sync.Mutex, blocks)
	for i := range v.extents {
		v.extents[i] = extent{least: math.Inf(1)}
	}
	type task struct{ block, function, lo int }
	var tasks []task
	for b := range blocks {
		for s := range v.t.grids {
			for lo := 0; lo < v.t.columns(s); lo += v.tile {
				tasks = append(tasks, task{b, s, lo})
			}
		}
	}
	v.pool.New = func() any { return v.work(terms) }
	var done atomic.Int64
	return eachOf(ctx, len(tasks), threads, func(i int) error {
		w := v.pool.Get().(*sweepWork[T])
		defer v.pool.Put(w)
		err := v.pass(w, tasks[i].block, tasks[i].function, tasks[i].lo)
		progress(int(done.Add(1)), len(tasks))
		return err
	})
}

func (v *sweep[T]) work(terms int) *sweepWork[T] {
	// Rows that lie a multiple of 4 KiB apart compete for one place of the cache.
	stride := v.tile + 128/sizeOf[T]()
	w := &sweepWork[T]{
		grids: v.t.works(), remainder: eim.NewRemainder[T](),
		rows: make([]T, eim.RemainderRows*v.tile), store: make([]T, terms*stride),
		q: make([][]T, terms), extents: make([]extent, v.block), known: make([]float64, v.block),
	}
	for m := range w.q {
		w.q[m] = w.store[m*stride:][:v.tile]
	}
	return w
}

// pass compares one tile: the rows of block b and the columns of function s
// from lo on.
func (v *sweep[T]) pass(w *sweepWork[T], b, s, lo int) error {
	hi := min(lo+v.tile, v.t.columns(s))
	n := hi - lo
	inv, functions := 1/v.unit[s], len(v.t.grids)
	for m, q := range w.q {
		if err := v.chosen.fill(w.grids, s, m, lo, hi, q[:n]); err != nil {
			return err
		}
		dense.Scale(scalar.Of[T](inv, 0), q[:n])
	}
	first, last := b*v.block, min((b+1)*v.block, len(v.t.mu))
	v.locks[b].Lock()
	for p := first; p < last; p++ {
		w.known[p-first] = v.extents[p*functions+s].error
	}
	v.locks[b].Unlock()
	for p := first; p < last; p += eim.RemainderRows {
		var beta [eim.RemainderRows][]T
		rows := min(eim.RemainderRows, last-p)
		for r := range rows {
			x := w.rows[r*v.tile:][:n]
			if err := v.t.fill(w.grids, s, p+r, lo, hi, x); err != nil {
				return err
			}
			e := &w.extents[p+r-first]
			e.least, e.most = moduli(x)
			beta[r] = v.beta[p+r]
		}
		peak := w.remainder.Subtract(w.rows, v.tile, n, inv, &beta, w.q)
		for r := range rows {
			e := &w.extents[p+r-first]
			if v.keep != nil {
				copy(v.keep[s][p+r][lo:hi], w.rows[r*v.tile:][:n])
			}
			e.error = peak[r] * v.unit[s]
			e.at = lo
			if peak[r] > 0 && e.error >= w.known[p+r-first] {
				e.at += largest(w.rows[r*v.tile:][:n])
			}
		}
	}
	v.locks[b].Lock()
	defer v.locks[b].Unlock()
	for p := first; p < last; p++ {
		v.extents[p*functions+s].merge(w.extents[p-first])
	}
	return nil
}

// moduli returns the least and the greatest modulus.
func moduli[T scalar.Scalar](x []T) (least, most float64) {
	switch x := any(x).(type) {
	case []float64:
		return moduliReal(x)
	case []complex128:
		return moduliComplex(x)
	}
	panic("plan: unreachable")
}

func moduliReal(x []float64) (least, most float64) {
	least = math.Inf(1)
	for _, v := range x {
		a := math.Abs(v)
		if a < least {
			least = a
		}
		if a > most {
			most = a
		}
	}
	return least, most
}

// moduliComplex compares squares, and moduli where squares might have over- or
// underflown.
func moduliComplex(x []complex128) (least, most float64) {
	least = math.Inf(1)
	for _, v := range x {
		a := real(v)*real(v) + imag(v)*imag(v)
		if a < least {
			least = a
		}
		if a > most {
			most = a
		}
	}
	if least > 0x1p-900 && most < 0x1p1000 {
		return math.Sqrt(least), math.Sqrt(most)
	}
	least, most = math.Inf(1), 0
	for _, v := range x {
		a := scalar.Abs(v)
		least, most = min(least, a), max(most, a)
	}
	return least, most
}

// largest returns the index of the value of largest modulus, the first of
// equals.
func largest[T scalar.Scalar](x []T) int {
	best, at := -1.0, 0
	switch x := any(x).(type) {
	case []float64:
		for i, v := range x {
			if a := math.Abs(v); a > best {
				best, at = a, i
			}
		}
	case []complex128:
		for i, v := range x {
			if a := real(v)*real(v) + imag(v)*imag(v); a > best {
				best, at = a, i
			}
		}
	}
	return at
}

// sizeOf returns the bytes of a scalar.
func sizeOf[T scalar.Scalar]() int {
	if scalar.IsComplex[T]() {
		return 16
	}
	return 8
}
