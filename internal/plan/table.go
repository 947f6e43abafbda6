package plan

import (
	"context"
	"errors"
	"math"
	"sync/atomic"

	"eimtool/internal/expr"
	"eimtool/internal/scalar"
)

// table gives the values g_s(μ, x) of all functions at rows of parameters and
// columns of points, unscaled: evaluated anew, or stored. A function that does
// not use the points has one column.
type table[T scalar.Scalar] struct {
	c      *compiled
	mu     [][]float64
	ids    []int // candidates of the rows, nil: the same numbers
	points []int // of the columns; nil: all
	grids  []*expr.Grid
	values [][][]T // values[s][row][column]; nil: not stored
}

// newTable returns the table of the given rows and points; points nil: all.
func newTable[T scalar.Scalar](c *compiled, mu [][]float64, points []int) (*table[T], error) {
	t := &table[T]{c: c, mu: mu, points: points}
	all := c.points
	if points != nil {
		all = make([][]float64, len(c.points))
		for j := range all {
			all[j] = make([]float64, len(points))
			for i, k := range points {
				all[j][i] = c.points[j][k]
			}
		}
	}
	for s, e := range c.exprs {
		columns := all
		if !c.moving[s] {
			columns = make([][]float64, len(all))
			for j, x := range c.points {
				columns[j] = x[:1]
			}
		}
		g, err := expr.NewGrid(e, len(c.Names), columns)
		if err != nil {
			return nil, err
		}
		t.grids = append(t.grids, g)
	}
	return t, nil
}

// pointOf describes a column of function s.
func (t *table[T]) pointOf(s, column int) Point {
	if t.c.moving[s] && t.points != nil {
		column = t.points[column]
	}
	return t.c.pointOf(s, column)
}

// columns returns the number of columns of function s.
func (t *table[T]) columns(s int) int { return t.grids[s].Len() }

// width returns the number of columns of all functions.
func (t *table[T]) width() int {
	n := 0
	for s := range t.grids {
		n += t.columns(s)
	}
	return n
}

// size returns the number of values of the whole table.
func (t *table[T]) size() float64 { return float64(len(t.mu)) * float64(t.width()) }

// works returns scratch for one goroutine.
func (t *table[T]) works() []*expr.Work {
	w := make([]*expr.Work, len(t.grids))
	for s, g := range t.grids {
		w[s] = g.NewWork()
	}
	return w
}

// fill sets dst to the values of function s in row p and columns [lo, hi).
// Errors: *ValueError.
func (t *table[T]) fill(w []*expr.Work, s, p, lo, hi int, dst []T) error {
	if t.values != nil {
		copy(dst, t.values[s][p][lo:hi])
		return nil
	}
	if err := expr.Fill(t.grids[s], w[s], t.mu[p], lo, hi, dst); err != nil {
		return t.failed(s, p, err)
	}
	return nil
}

// id returns the candidate of a row, -1 for none.
func (t *table[T]) id(p int) int {
	if t.ids == nil {
		return p
	}
	return t.ids[p]
}

// failed says where a function has no value, at one of the table's points.
func (t *table[T]) failed(s, p int, err error) error {
	var at *expr.PointError
	if !errors.As(err, &at) {
		return err
	}
	return t.valueError(s, p, t.pointOf(s, at.Point), err)
}

// valueError says where a function has no value.
func (t *table[T]) valueError(s, p int, q Point, err error) error {
	var at *expr.PointError
	if errors.As(err, &at) {
		err = at.Err
	}
	return &ValueError{
		Function: s, Candidate: t.id(p), Point: q.Index, Names: t.c.Names, Mu: t.mu[p],
		Columns: t.c.Columns, X: q.X, Err: err,
	}
}

// some returns the table of the rows idx.
func (t *table[T]) some(idx []int) *table[T] {
	sub := &table[T]{c: t.c, points: t.points, grids: t.grids}
	for _, i := range idx {
		sub.mu = append(sub.mu, t.mu[i])
		sub.ids = append(sub.ids, t.id(i))
	}
	if t.values != nil {
		sub.values = make([][][]T, len(t.grids))
		for s, rows := range t.values {
			for _, i := range idx {
				sub.values[s] = append(sub.values[s], rows[i])
			}
		}
	}
	return sub
}

// rows returns the table of the rows [lo, hi).
func (t *table[T]) rows(lo, hi int) *table[T] {
	sub := &table[T]{c: t.c, points: t.points, grids: t.grids, mu: t.mu[lo:hi]}
	for i := lo; i < hi; i++ {
		sub.ids = append(sub.ids, t.id(i))
	}
	if t.values != nil {
		sub.values = make([][][]T, len(t.grids))
		for s, rows := range t.values {
			sub.values[s] = rows[lo:hi]
		}
	}
	return sub
}

// store evaluates the table and keeps its values.
func (t *table[T]) store(ctx context.Context, threads int, progress func(done, total int)) error {
	values := make([][][]T, len(t.grids))
	for s := range values {
		values[s] = make([][]T, len(t.mu))
	}
	var done atomic.Int64
	err := eachOf(ctx, len(t.mu), threads, func(p int) error {
		w := t.works()
		for s := range values {
			values[s][p] = make([]T, t.columns(s))
			if err := t.fill(w, s, p, 0, t.columns(s), values[s][p]); err != nil {
				return err
			}
		}
		progress(int(done.Add(1)), len(t.mu))
		return nil
	})
	if err == nil {
		t.values = values
	}
	return err
}

// eachOf runs f(i) for i in 0..n-1 on up to threads goroutines and returns the
// error of the lowest i that has one, whatever the number of threads, or ctx's.
func eachOf(ctx context.Context, n, threads int, f func(i int) error) error {
	failures := make([]error, n)
	var lowest atomic.Int64
	lowest.Store(math.MaxInt64)
	err := scalar.Each(ctx, n, threads, func(i int) {
		if int64(i) > lowest.Load() {
			return
		}
		if failures[i] = f(i); failures[i] == nil {
			return
		}
		for {
			l := lowest.Load()
			if int64(i) >= l || lowest.CompareAndSwap(l, int64(i)) {
				return
			}
		}
	})
	if l := lowest.Load(); l < int64(n) {
		return failures[l]
	}
	return err
}
