package mtx

import (
	"context"
	"slices"

	"eimtool/internal/matrix"
)

// indexed returns the triplets of the file, compacted if compressed columns
// would take memory out of proportion to the entries.
func (p *parser) indexed(ctx context.Context, f *File, n int, opt *ReadOptions) (triplets, *ParseError, error) {
	t := triplets{}
	var err error
	if !p.wide {
		if t, err = p.flatten(ctx, n); err != nil {
			return t, nil, err
		}
		if !p.tooWide(n) {
			return t, nil, nil
		}
		if !opt.Compact {
			return t, p.tooManyColumns(n), nil
		}
	} else if t.values, err = p.flattenValues(ctx, n); err != nil {
		return t, nil, err
	}
	rows, cols := p.wideIndices(&t, n)
	c := &Compact{Rows: distinct(rows), Cols: distinct(cols)}
	if p.storage != matrix.General {
		c.Rows = distinct(append(slices.Clone(c.Rows), c.Cols...))
		c.Cols = c.Rows
	}
	t.rows, t.cols = renumber(rows, c.Rows), renumber(cols, c.Cols)
	f.Compact = c
	return t, nil, nil
}

// tooWide reports whether the columns of a matrix of n entries take memory out
// of proportion to the entries. Some are free.
func (h *header) tooWide(n int) bool { return h.Cols > 1<<22+16*n }

// tooManyColumns is the error when that is not allowed.
func (h *header) tooManyColumns(n int) *ParseError {
	return h.fail("drop empty rows and columns", "size line: %d columns for %d entries take too much memory", h.Cols, n)
}

// wideIndices returns the 0-based indices of the n entries.
func (p *parser) wideIndices(t *triplets, n int) (rows, cols []int) {
	rows, cols = make([]int, 0, n), make([]int, 0, n)
	for k := range t.rows {
		rows, cols = append(rows, int(t.rows[k])), append(cols, int(t.cols[k]))
	}
	for _, b := range p.blocks {
		for _, e := range b.wide[:min(b.n, len(b.wide))] {
			rows, cols = append(rows, e.i-1), append(cols, e.j-1)
		}
	}
	return rows, cols
}

// distinct returns the distinct elements of v in increasing order.
func distinct(v []int) []int {
	v = slices.Clone(v)
	slices.Sort(v)
	return slices.Compact(v)
}

// renumber replaces every index by its position among the sorted ones.
func renumber(v, sorted []int) []int32 {
	out := make([]int32, len(v))
	for k, x := range v {
		at, _ := slices.BinarySearch(sorted, x)
		out[k] = int32(at)
	}
	return out
}
