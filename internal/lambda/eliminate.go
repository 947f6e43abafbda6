package lambda

import (
	"context"
	"math"

	"eimtool/internal/dense"
	"eimtool/internal/scalar"
)

// floorShare is the round-off level of a residual relative to the table.
const floorShare = 64 * scalar.Eps

// tieShare is the relative distance within which two pivots are equal; the
// lowest row, then the lowest column wins.
const tieShare = 1e-12

// elimination is Gaussian elimination of a table with complete pivoting, which
// is empirical interpolation in the maximum norm (arXiv 1508.05330, section
// 3), with the columns divided in groups that are exhausted one after another:
// what package eim, whose tables are large, does not offer.
type elimination[T scalar.Scalar] struct {
	residual *dense.Matrix[T] // N×X
	rows     []int            // chosen, in order
	cols     []int
	lower    [][]T // lower[m]: residual column m at its choice, all N rows
	upper    [][]T // upper[m]: residual row m over its pivot, all X columns
}

// eliminate picks up to limit rows among the selectable ones (nil: all). group
// holds the ends of the groups of columns, increasing. first is the row to pick
// first, -1 for the pivot's. The table g is overwritten by the residual.
func eliminate[T scalar.Scalar](ctx context.Context, g *dense.Matrix[T], group []int, selectable []bool, first, limit int) (*elimination[T], error) {
	e := &elimination[T]{residual: g}
	done := make([]bool, g.Rows)
	floor := floorShare * scalar.MaxAbs(g.Data)
	lo := 0
	for _, hi := range group {
		for len(e.rows) < limit {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			p, q := e.pivot(done, selectable, lo, hi, floor)
			if p >= 0 && len(e.rows) == 0 && first >= 0 {
				p = first
				q = largest(g.Row(p)[lo:hi]) + lo
			}
			if p < 0 || g.At(p, q) == 0 {
				break
			}
			done[p] = true
			e.step(p, q)
		}
		lo = hi
	}
	return e, nil
}

// pivot returns the position of the largest residual in columns lo to hi-1,
// -1 when none is above floor.
func (e *elimination[T]) pivot(done, selectable []bool, lo, hi int, floor float64) (p, q int) {
	top := make([]float64, e.residual.Rows)
	var most float64
	for i := range top {
		if done[i] || selectable != nil && !selectable[i] {
			continue
		}
		top[i] = scalar.MaxAbs(e.residual.Row(i)[lo:hi])
		most = math.Max(most, top[i])
	}
	if most <= floor {
		return -1, -1
	}
	for i, v := range top {
		if v >= most*(1-tieShare) {
			return i, largest(e.residual.Row(i)[lo:hi]) + lo
		}
	}
	return -1, -1
}

// largest returns the lowest index of an element of largest modulus.
func largest[T scalar.Scalar](x []T) int {
	most := scalar.MaxAbs(x) * (1 - tieShare)
	for i, v := range x {
		if scalar.Abs(v) >= most {
			return i
		}
	}
	return 0
}

// step eliminates row p and column q.
func (e *elimination[T]) step(p, q int) {
	g := e.residual
	pivot := g.At(p, q)
	u, l := append([]T(nil), g.Row(p)...), make([]T, g.Rows)
	for j := range u {
		u[j] /= pivot
	}
	u[q] = 1
	for i := range l {
		row := g.Row(i)
		l[i] = row[q]
		if l[i] == 0 {
			continue
		}
		dense.Axpy(-l[i], u, row)
		row[q] = 0
	}
	clear(g.Row(p))
	e.rows, e.cols = append(e.rows, p), append(e.cols, q)
	e.lower, e.upper = append(e.lower, l), append(e.upper, u)
}

// factors returns the triangular factors of the first m terms: the table at
// the chosen rows and columns is lower·upper, upper with a unit diagonal.
func (e *elimination[T]) factors(m int) (lower, upper *dense.Matrix[T]) {
	lower, upper = dense.New[T](m, m), dense.New[T](m, m)
	for i := range m {
		for j := range m {
			if j <= i {
				lower.Set(i, j, e.lower[j][e.rows[i]])
			}
			if j >= i {
				upper.Set(i, j, e.upper[i][e.cols[j]])
			}
		}
	}
	return lower, upper
}

// weights overwrites the values of a row at the chosen columns by its weights
// in the chosen rows, λ·lower·upper = values: two triangular solves.
func weights[T scalar.Scalar](lower, upper *dense.Matrix[T], values []T) {
	for k := range values {
		u := upper.Row(k)
		for j := k + 1; j < len(values); j++ {
			values[j] -= values[k] * u[j]
		}
	}
	back(lower, values)
}

// back overwrites c by the λ with λ·lower = c.
func back[T scalar.Scalar](lower *dense.Matrix[T], c []T) {
	for k := len(c) - 1; k >= 0; k-- {
		row := lower.Row(k)
		c[k] /= row[k]
		for j := range k {
			c[j] -= c[k] * row[j]
		}
	}
}
