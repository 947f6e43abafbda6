// Package eim selects rows and columns of a table of numbers by the empirical
// interpolation method, which is Gaussian elimination with pivoting, and
// evaluates the interpolant from a row's values at the selected columns.
//
// Rows are snapshots (parameters), columns are features (points, matrix
// entries, sums). The interpolant of a row g in the selected rows g_m is
//
//	g ≈ Σ β_m g_m,   β F = g(magic columns),   F[m,l] = g_m(x_l),
//
// the nonintrusive form of arXiv 1307.4330, section 2, which is symmetric in
// rows and columns (arXiv 1508.05330, section 2). F is kept as the product of
// its triangular factors and never inverted: an explicit inverse loses
// ε·cond(F) digits, triangular solves do not.
//
// The package knows nothing of matrices, files or parameters; package features
// makes its tables.
package eim

import (
	"fmt"
	"math"

	"eimtool/internal/scalar"
)

// Block is a group of columns that share a scale. Column order within a table
// is block order, then column order: ties go to the lowest.
type Block[T scalar.Scalar] struct {
	Name string
	Cols int
	// Rows[p] holds the values of row p, len Cols, before scaling. They are
	// read, never written: the caller may share them.
	Rows [][]T
	// Scale divides the data; 0 means 1. Scales, when not nil, divides column
	// by column instead.
	Scale  float64
	Scales []float64
	// Weight is the multiplicity of every column in the l1, l2 and lp norms (2
	// for an off-diagonal entry of symmetric storage); nil means 1.
	Weight []float64
	// Floor is the round-off level of every column in scaled units: a residual
	// at or below it is noise. The level 64·ε·max|scaled block| applies in any
	// case; nil means that alone.
	Floor []float64
	// Magic says that columns of the block may be selected. Other blocks take
	// part in the norm of a row alone.
	Magic bool
	// Measure says that the relative 2-norm of the residual is reported over
	// this block (Selection.Relative2, HeldOut2).
	Measure bool
}

// Table is a data table: rows p, columns grouped in blocks.
type Table[T scalar.Scalar] struct {
	Blocks []Block[T]
}

// Feature names a column of a table.
type Feature struct{ Block, Col int }

// RowCount returns the number of rows.
func (t *Table[T]) RowCount() int {
	if len(t.Blocks) == 0 {
		return 0
	}
	return len(t.Blocks[0].Rows)
}

// ColCount returns the number of columns of all blocks.
func (t *Table[T]) ColCount() int {
	n := 0
	for _, b := range t.Blocks {
		n += b.Cols
	}
	return n
}

// ScaleOf returns the number that divides the data of a column.
func (t *Table[T]) ScaleOf(f Feature) float64 { return t.Blocks[f.Block].scale(f.Col) }

// Value returns the scaled value of row p at a column, rounded as the
// selection rounds it: the data times the reciprocal of the scale.
func (t *Table[T]) Value(p int, f Feature) T {
	b := &t.Blocks[f.Block]
	return b.Rows[p][f.Col] * scalar.Of[T](1/b.scale(f.Col), 0)
}

func (b *Block[T]) scale(col int) float64 {
	switch {
	case b.Scales != nil:
		return b.Scales[col]
	case b.Scale != 0:
		return b.Scale
	}
	return 1
}

// TableError reports a table that does not fit together.
type TableError struct {
	Block string
	Msg   string
}

func (e *TableError) Error() string {
	if e.Block == "" {
		return "data table: " + e.Msg
	}
	return fmt.Sprintf("data table, block %q: %s", e.Block, e.Msg)
}

// NonFiniteError reports a NaN or infinite value of the table. Indices are 0-based.
type NonFiniteError struct {
	Block    string
	Row, Col int
}

func (e *NonFiniteError) Error() string {
	return fmt.Sprintf("snapshot %d holds a NaN or an infinite value (block %q, column %d): leave it out or repair it",
		e.Row+1, e.Block, e.Col+1)
}

// ZeroError reports that every selectable row is zero.
type ZeroError struct{ Rows int }

func (e *ZeroError) Error() string {
	return fmt.Sprintf("zero snapshots: all values of all %d snapshots are zero", e.Rows)
}

// check returns the first thing wrong with the shape of the table.
func (t *Table[T]) check() error {
	if len(t.Blocks) == 0 || t.RowCount() == 0 || t.ColCount() == 0 {
		return &TableError{Msg: "no data"}
	}
	for i := range t.Blocks {
		b := &t.Blocks[i]
		if len(b.Rows) != t.RowCount() {
			return &TableError{b.Name, fmt.Sprintf("%d rows where the first block has %d", len(b.Rows), t.RowCount())}
		}
		for p, r := range b.Rows {
			if len(r) != b.Cols {
				return &TableError{b.Name, fmt.Sprintf("row %d has %d values, want %d", p, len(r), b.Cols)}
			}
		}
		for _, v := range []struct {
			name string
			x    []float64
		}{{"scales", b.Scales}, {"weights", b.Weight}, {"floors", b.Floor}} {
			if v.x != nil && len(v.x) != b.Cols {
				return &TableError{b.Name, fmt.Sprintf("%d %s for %d columns", len(v.x), v.name, b.Cols)}
			}
		}
		for c := range b.Cols {
			if s := b.scale(c); !(s > 0) || math.IsInf(s, 0) || math.IsInf(1/s, 0) {
				return &TableError{b.Name, fmt.Sprintf("scale %g of column %d is not a positive number with a reciprocal", s, c)}
			}
			if b.Scales == nil {
				break
			}
		}
	}
	return nil
}
