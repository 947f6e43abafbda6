package eim

import (
	"context"
	"math"

	"eimtool/internal/dense"
	"eimtool/internal/scalar"
)

// Criticality says what is lost with one magic feature. Without it, a
// combination n of the snapshots with |n| = 1 vanishes at all other features;
// the error of the minimum-norm coefficients grows by that combination times
// the part of β along it.
type Criticality struct {
	// Field is the largest modulus of the invisible combination over all
	// columns, in scaled units.
	Field float64
	// Error is Field times the largest modulus of β along n over the selectable
	// rows: the largest growth of the error that losing the feature causes.
	Error float64
}

// SensorCriticality returns the criticality of each of the L magic features of
// a selection from t. With L > M nothing becomes invisible, and all are zero.
// rows marks the rows over which Error is taken; nil means all.
func SensorCriticality[T scalar.Scalar](ctx context.Context, t *Table[T], s *Selection[T], rows []bool, threads int) ([]Criticality, error) {
	m, count := len(s.Snapshots), len(s.Features)
	out := make([]Criticality, count)
	if count > m {
		return out, nil
	}
	c := dense.New[T](m, m) // row l: the invisible combination in the residual basis
	n := dense.New[T](m, m) // row l: in the snapshots, of norm 1
	for l := range m {
		e := make([]T, m)
		e[l] = 1
		x, err := s.Coefficients(e)
		if err != nil {
			return nil, err
		}
		beta := s.SnapshotCoefficients(x)
		size := scalar.Of[T](1/dense.Norm(beta), 0)
		for j := range m {
			c.Set(l, j, x[j]*size)
			n.Set(l, j, beta[j]*size)
		}
	}
	if err := fieldSizes(ctx, t, s, c, out, threads); err != nil {
		return nil, err
	}
	values := make([]T, m)
	for p := range t.RowCount() {
		if rows != nil && !rows[p] {
			continue
		}
		for l, f := range s.Features {
			values[l] = t.Value(p, f)
		}
		beta, err := s.Beta(values)
		if err != nil {
			return nil, err
		}
		for l := range m {
			along := scalar.Abs(dense.Dotc(n.Row(l), beta))
			out[l].Error = math.Max(out[l].Error, along*out[l].Field)
		}
	}
	return out, nil
}

// fieldSizes sets Field to the largest modulus of each combination (row of c)
// of the residual basis.
func fieldSizes[T scalar.Scalar](ctx context.Context, t *Table[T], s *Selection[T], c *dense.Matrix[T], out []Criticality, threads int) error {
	e := newEngine(t, Norm{}, threads)
	part := make([]float64, len(e.tasks)*c.Rows)
	err := e.eachBasis(ctx, s, func(n, _, _ int, q [][]T) {
		sum := make([]T, len(q[0]))
		for l := range c.Rows {
			clear(sum)
			for j, qj := range q {
				e.k.sub1(sum, qj, c.At(l, j))
			}
			part[n*c.Rows+l] = math.Max(part[n*c.Rows+l], e.k.max(sum))
		}
	})
	for i, v := range part {
		out[i%c.Rows].Field = math.Max(out[i%c.Rows].Field, v)
	}
	return err
}
