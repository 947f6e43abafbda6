package solve

import (
	"slices"

	"eimtool/internal/matrix"
)

// A general pattern whose columns are in no order that has to do with its rows
// is analysed with its columns permuted: its structure is called unsymmetric
// when less than symmetricShare of its entries have a mirror image, and more
// than bareShare of the diagonal is missing.
const (
	symmetricShare = 0.5
	bareShare      = 0.1
)

// transversal returns for every column the place that puts a stored entry on
// the diagonal, keeping as many diagonal entries as possible; nil when the
// columns may stay where they are or no permutation fills the diagonal.
func transversal(p *matrix.Pattern) []int32 {
	if p.Dense || p.Symmetry != matrix.General || !unsymmetric(p) {
		return nil
	}
	weight := make([]float64, p.NNZ())
	p.Each(func(k, i, j int) {
		weight[k] = 1
		if i == j {
			weight[k] = 2
		}
	})
	m := newMatching(p, weight)
	for j := range p.Cols {
		if !m.augment(j) {
			return nil
		}
	}
	columns := make([]int32, p.Cols)
	for i, j := range m.colOf {
		columns[j] = int32(i)
	}
	return columns
}

// unsymmetric reports whether the structure calls for a transversal.
func unsymmetric(p *matrix.Pattern) bool {
	diagonal, mirrored := 0, 0
	for j := range p.Cols {
		if _, ok := p.Find(j, j); ok {
			diagonal++
		}
	}
	if float64(p.Cols-diagonal) <= bareShare*float64(p.Cols) {
		return false
	}
	p.Each(func(_, i, j int) {
		if _, ok := p.Find(j, i); ok {
			mirrored++
		}
	})
	return float64(mirrored-diagonal) < symmetricShare*float64(p.NNZ()-diagonal)
}

// permuted returns the pattern whose column columns[j] is column j of p; p
// itself when columns is nil.
func permuted(p *matrix.Pattern, columns []int32) *matrix.Pattern {
	if columns == nil {
		return p
	}
	from := make([]int, len(columns))
	for j, c := range columns {
		from[c] = j
	}
	q := &matrix.Pattern{Rows: p.Rows, Cols: p.Cols, ColPtr: make([]int, p.Cols+1), RowIdx: make([]int32, 0, p.NNZ())}
	for c, j := range from {
		q.RowIdx = append(q.RowIdx, p.RowIdx[p.ColPtr[j]:p.ColPtr[j+1]]...)
		q.ColPtr[c+1] = len(q.RowIdx)
	}
	q.RowIdx = slices.Clip(q.RowIdx)
	return q
}
