package gallery

import (
	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
)

// builder collects entries in any order; those at one position are added up in
// the order in which they came.
type builder[T scalar.Scalar] struct {
	pattern matrix.Pattern
	entries []entry[T]
}

type entry[T scalar.Scalar] struct {
	row, col int
	value    T
}

func newBuilder[T scalar.Scalar](rows, cols int, s matrix.Symmetry) *builder[T] {
	return &builder[T]{pattern: matrix.Pattern{Rows: rows, Cols: cols, Symmetry: s}}
}

// add adds v to entry (i, j), which for a symmetry must lie in the lower triangle.
func (b *builder[T]) add(i, j int, v T) {
	if i < 0 || j < 0 || i >= b.pattern.Rows || j >= b.pattern.Cols || b.pattern.Symmetry != matrix.General && i < j {
		panic("gallery: entry outside the stored part")
	}
	b.entries = append(b.entries, entry[T]{i, j, v})
}

// addLower adds v to entry (i, j) of a symmetric matrix of which every pair of
// mirror images is given: the upper ones are dropped.
func (b *builder[T]) addLower(i, j int, v T) {
	if i >= j {
		b.add(i, j, v)
	}
}

// finish returns the matrix of all entries; zero values stay stored.
func (b *builder[T]) finish() *Matrix[T] {
	p := b.pattern
	byRow := counted(b.entries, p.Rows, func(e entry[T]) int { return e.row })
	sorted := counted(byRow, p.Cols, func(e entry[T]) int { return e.col })
	p.ColPtr = make([]int, p.Cols+1)
	var values []T
	for k, e := range sorted {
		if k > 0 && e.row == sorted[k-1].row && e.col == sorted[k-1].col {
			values[len(values)-1] += e.value
			continue
		}
		p.RowIdx = append(p.RowIdx, int32(e.row))
		values = append(values, e.value)
		p.ColPtr[e.col+1]++
	}
	for j := range p.Cols {
		p.ColPtr[j+1] += p.ColPtr[j]
	}
	return &Matrix[T]{Pattern: &p, Values: values}
}

// counted returns the entries sorted by a key below n, those of one key in
// their old order: two passes sort by column and row in linear time.
func counted[T scalar.Scalar](entries []entry[T], n int, key func(entry[T]) int) []entry[T] {
	next := make([]int, n+1)
	for _, e := range entries {
		next[key(e)+1]++
	}
	for k := range n {
		next[k+1] += next[k]
	}
	out := make([]entry[T], len(entries))
	for _, e := range entries {
		out[next[key(e)]] = e
		next[key(e)]++
	}
	return out
}
