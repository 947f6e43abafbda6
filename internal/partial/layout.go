package partial

import (
	"eimtool/internal/family"
	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
)

// layout says where in a row of values a column of the data table is: rows hold
// the values on the pattern, those of hermitian families the real and then the
// imaginary parts.
type layout struct {
	pattern   *matrix.Pattern
	hermitian bool
}

func layoutOf(f *family.Family) layout { return layout{f.Pattern, f.Hermitian} }

// column describes value k of a row.
func (l layout) column(k int) Column {
	nnz := l.pattern.NNZ()
	i, j := l.pattern.Position(k % nnz)
	return Column{Position{i, j}, k >= nnz}
}

// find returns the place of a column in a row, and whether the row stores its
// mirror image there.
func (l layout) find(c Column) (k int, mirror, ok bool) {
	p := c.Position
	if mirror = l.pattern.Symmetry != matrix.General && p.Row < p.Col; mirror {
		p = p.mirrored()
	}
	if k, ok = l.pattern.Find(p.Row, p.Col); ok && c.Imag {
		k += l.pattern.NNZ()
	}
	return k, mirror, ok
}

// at returns the value of a row at a column, 0 where the pattern has no entry.
func at[T scalar.Scalar](l layout, row []T, c Column) T {
	k, mirror, ok := l.find(c)
	switch {
	case !ok:
		return 0
	case mirror && (l.pattern.Symmetry == matrix.SkewSymmetric || l.hermitian && c.Imag):
		return -row[k]
	}
	return row[k]
}

// columns returns the columns that the value at a position makes.
func (l layout) columns(p Position) []Column {
	if l.hermitian {
		return []Column{{p, false}, {p, true}}
	}
	return []Column{{p, false}}
}

// valueOf returns the part of a supplied value that a column holds.
func valueOf[T scalar.Scalar](c Column, v complex128) T {
	if c.Imag {
		return scalar.Of[T](imag(v), 0)
	}
	return scalar.Of[T](real(v), imag(v))
}

// weights returns how often every value of a row occurs in the full matrix.
func (l layout) weights() []float64 {
	w := l.pattern.Multiplicities()
	if l.hermitian {
		w = append(w, w...)
	}
	return w
}

// rowsOf returns the rows of the family as scalars T; a real family may be
// asked for as complex.
func rowsOf[T scalar.Scalar](f *family.Family) [][]T {
	if rows := family.Rows[T](f); rows != nil {
		return rows
	}
	rows := make([][]T, len(f.Real))
	for i, r := range f.Real {
		rows[i] = make([]T, len(r))
		for k, v := range r {
			rows[i][k] = scalar.Of[T](v, 0)
		}
	}
	return rows
}
