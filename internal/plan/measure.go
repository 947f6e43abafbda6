package plan

import (
	"context"
	"math"

	"eimtool/internal/dense"
	"eimtool/internal/expr"
	"eimtool/internal/scalar"
)

// coefficients returns β of every row of t, from the values at the magic points:
// the solution of β F = g, F[m,l] = g(μ_m, x_l), by LU; an inverse of F would
// lose the condition of F in digits.
func coefficients[T scalar.Scalar](ctx context.Context, t, chosen *table[T], magic []Point, unit []float64, threads int) ([][]T, error) {
	beta, err := valuesAt(ctx, t, magic, unit, threads)
	if err != nil {
		return nil, err
	}
	f, err := valuesAt(ctx, chosen, magic, unit, threads)
	if err != nil {
		return nil, err
	}
	lu, err := dense.LU(f)
	if err != nil {
		return nil, err
	}
	out := make([][]T, len(t.mu))
	err = scalar.Each(ctx, len(out), threads, func(p int) { out[p] = lu.SolveRow(beta.Row(p)) })
	return out, err
}

// valuesAt returns the values of a table at some points over their units, one
// row for every row of t. The points of a table that is not stored need not be
// among its own.
func valuesAt[T scalar.Scalar](ctx context.Context, t *table[T], points []Point, unit []float64, threads int) (*dense.Matrix[T], error) {
	of := make([][]int, len(t.grids)) // the points of every function
	for l, q := range points {
		if q.Function >= 0 {
			of[q.Function] = append(of[q.Function], l)
		}
	}
	value, err := t.reader(points, of)
	if err != nil {
		return nil, err
	}
	const block = 256
	out := dense.New[T](len(t.mu), len(points))
	err = eachOf(ctx, scalar.BlockCount(len(t.mu), block), threads, func(b int) error {
		read := value()
		for p := b * block; p < min(len(t.mu), (b+1)*block); p++ {
			row := out.Row(p)
			for l, q := range points {
				if q.Function < 0 {
					row[l] = 1
				}
			}
			for s, list := range of {
				by := scalar.Of[T](1/unit[s], 0)
				for k, l := range list {
					v, err := read(s, p, k)
					if err != nil {
						return t.valueError(s, p, points[l], err)
					}
					row[l] = v * by
				}
			}
		}
		return nil
	})
	return out, err
}

// reader returns a maker of functions, one for every goroutine, that read the
// value of function s in row p at the point of[s][k].
func (t *table[T]) reader(points []Point, of [][]int) (func() func(s, p, k int) (T, error), error) {
	if t.values != nil {
		return func() func(s, p, k int) (T, error) {
			return func(s, p, k int) (T, error) { return t.values[s][p][points[of[s][k]].Index], nil }
		}, nil
	}
	sub := &table[T]{}
	for s, e := range t.c.exprs {
		columns := make([][]float64, len(t.c.Columns))
		for j := range columns {
			for _, l := range of[s] {
				columns[j] = append(columns[j], points[l].X[j])
			}
		}
		g, err := expr.NewGrid(e, len(t.c.Names), columns)
		if err != nil {
			return nil, err
		}
		sub.grids = append(sub.grids, g)
	}
	return func() func(s, p, k int) (T, error) {
		w, v := sub.works(), make([]T, 1)
		return func(s, p, k int) (T, error) {
			err := expr.Fill(sub.grids[s], w[s], t.mu[p], k, k+1, v)
			return v[0], err
		}
	}, nil
}

// errors returns, for every row of the extents, the largest weighted error over
// the scale, and the largest error over the least modulus: +Inf where a
// function vanishes and its interpolant does not.
func (c *compiled) errors(extents []extent, scales []float64) (relative, overLeast []float64) {
	functions := len(scales)
	relative, overLeast = make([]float64, len(extents)/functions), make([]float64, len(extents)/functions)
	for i, e := range extents {
		if e.error > 0 {
			p, s := i/functions, i%functions
			relative[p] = math.Max(relative[p], c.weights[s]*e.error/scales[s])
			overLeast[p] = math.Max(overLeast[p], e.error/e.least)
		}
	}
	return relative, overLeast
}

// maximum returns the largest of nonnegative numbers.
func maximum(x []float64) float64 {
	var m float64
	for _, v := range x {
		m = math.Max(m, v)
	}
	return m
}
