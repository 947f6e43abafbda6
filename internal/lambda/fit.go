package lambda

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"eimtool/internal/dense"
	"eimtool/internal/scalar"
)

// kinds lists the dictionaries in the order in which equals are preferred.
var kinds = [...]string{Symbol, SymbolFit, SymbolData, SymbolDataFit, Graded, Balanced, Powers}

// candidate is one dictionary over the samples of an input.
type candidate[T scalar.Scalar] struct {
	kind      string
	coords    Coordinates[T]
	h         *dense.Matrix[T] // N×K
	scale     []T              // N
	functions *Functions[T]
	group     []int
	table     *dense.Matrix[T] // N×X
}

// newCandidate builds a dictionary; the error is an *UnavailableError when the
// input does not allow it.
func newCandidate[T scalar.Scalar](in *Input[T], kind string) (*candidate[T], error) {
	c := &candidate[T]{kind: kind}
	if kind == Balanced && (!in.Positive || in.Functional != nil) {
		return nil, &UnavailableError{kind, "parts or coefficients are not known to be positive, or the scale is given"}
	}
	var err error
	if kind == Powers {
		c.coords.Unit = slices.Repeat([]float64{1}, in.Alpha.Cols)
	} else {
		c.coords = coordinates(in, kind == Balanced)
	}
	if c.h, c.scale, err = c.coords.all(in.Alpha); err != nil {
		return nil, err
	}
	switch kind {
	case Powers:
		c.functions, c.group = powers(c.h, in.MaxNodes)
	case Graded, Balanced:
		c.functions, c.group = graded(c.h, c.coords.Functional != nil, in.MaxNodes)
	case Symbol, SymbolData, SymbolFit, SymbolDataFit:
		x, err := directions(in, kind, &c.coords, c.h, in.Quantity != Inverse)
		if err != nil {
			return nil, err
		}
		c.functions, c.group = symbols(c.h, x, in.Quantity)
	default:
		return nil, &InputError{"kind", fmt.Sprintf("unknown dictionary %q", kind)}
	}
	c.table, err = c.functions.table(c.h)
	if err != nil {
		return nil, &UnavailableError{kind, err.Error()}
	}
	return c, nil
}

// directions returns the directions of a symbol dictionary.
func directions[T scalar.Scalar](in *Input[T], kind string, c *Coordinates[T], h *dense.Matrix[T], logs bool) (*dense.Matrix[T], error) {
	if kind == Symbol || kind == SymbolFit {
		if !in.Positive {
			return nil, &UnavailableError{kind, "parts or coefficients are not known to be positive"}
		}
		return simplex[T](in.Alpha.Cols, in.Seed), nil
	}
	if in.Cloud == nil || in.Cloud.Rows == 0 {
		return nil, &UnavailableError{kind, "no directions are given"}
	}
	x := steadyDirections(in.Cloud, c.Unit, h, logs)
	if x.Rows == 0 {
		return nil, &UnavailableError{kind, "every direction meets zero among the samples"}
	}
	return x, nil
}

// FitKind returns the weights of one dictionary with at most the given number
// of nodes, fewer when the dictionary or the samples are exhausted. Errors:
// *InputError, *UnavailableError, *RangeError, or ctx's.
func FitKind[T scalar.Scalar](ctx context.Context, in *Input[T], kind string, nodes int) (*Model[T], error) {
	if nodes < 1 {
		return nil, &InputError{"nodes", fmt.Sprintf("%d, want at least 1", nodes)}
	}
	in, err := in.withDefaults()
	if err != nil {
		return nil, err
	}
	in.MaxNodes = nodes
	c, err := newCandidate(in, kind)
	if err != nil {
		return nil, err
	}
	return c.fit(ctx, in, nodes)
}

// fit selects among all samples.
func (c *candidate[T]) fit(ctx context.Context, in *Input[T], nodes int) (*Model[T], error) {
	e, err := eliminate(ctx, c.table.Clone(), c.group, nil, c.first(nil), nodes)
	if err != nil {
		return nil, err
	}
	if len(e.rows) == 0 {
		return nil, &UnavailableError{c.kind, "all its functions vanish at the samples"}
	}
	m := &Model[T]{Kind: c.kind, Quantity: in.Quantity, Nodes: e.rows, Coordinates: c.coords}
	if fitted(c.kind) {
		m.Functions, m.Fit = c.functions, newFit(c.table, e.rows)
	} else {
		m.Functions = c.functions.pick(e.cols, in.Alpha.Cols)
		m.Lower, m.Upper = e.factors(len(e.rows))
	}
	for _, p := range e.rows {
		m.NodeScale = append(m.NodeScale, c.scale[p])
	}
	m.BoxLow, m.BoxHigh = box(c.h)
	return m, c.setIndicator(m, in)
}

// setIndicator gives the model directions for its error indicators.
func (c *candidate[T]) setIndicator(m *Model[T], in *Input[T]) error {
	for _, kind := range []string{Symbol, SymbolData} {
		x, err := directions(in, kind, &c.coords, c.h, true)
		var none *UnavailableError
		if errors.As(err, &none) {
			continue
		}
		if err != nil {
			return err
		}
		m.Directions = x
		m.NodeInverses = dense.New[T](x.Rows, len(m.Nodes))
		if in.Quantity != Inverse {
			m.NodeLogs = dense.New[T](x.Rows, len(m.Nodes))
		}
		for j := range x.Rows {
			for k, p := range m.Nodes {
				d := symbolOf(c.h.Row(p), x.Row(j))
				m.NodeInverses.Set(j, k, 1/d)
				if m.NodeLogs != nil {
					m.NodeLogs.Set(j, k, logarithm(d))
				}
			}
		}
		return nil
	}
	return nil
}

// first returns the sample to pick first, since the constant function decides
// nothing: the one whose functions are nearest to their means over all samples;
// -1 for powers, where the choice is free.
func (c *candidate[T]) first(selectable []bool) int {
	if c.kind == Powers {
		return -1
	}
	g := c.table
	mean := make([]T, g.Cols)
	for i := range g.Rows {
		dense.Axpy(scalar.Of[T](1/float64(g.Rows), 0), g.Row(i), mean)
	}
	best, at := math.Inf(1), -1
	for i := range g.Rows {
		if selectable != nil && !selectable[i] {
			continue
		}
		d := append([]T(nil), g.Row(i)...)
		dense.Axpy(scalar.Of[T](-1, 0), mean, d)
		if far := scalar.MaxAbs(d); at < 0 || far < best*(1-tieShare) {
			best, at = far, i
		}
	}
	return at
}
