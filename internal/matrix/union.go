package matrix

import (
	"sort"

	"eimtool/internal/scalar"
)

// Union returns the union of patterns of one shape and symmetry and, for each,
// the position in the union of every entry (nil when the two patterns are the
// same). If one pattern is dense, so is the union. It panics when shapes or
// symmetries differ or no pattern is given.
func Union(patterns []*Pattern) (*Pattern, [][]int) {
	first := patterns[0]
	u, same := first, true
	for _, p := range patterns[1:] {
		if p.Rows != first.Rows || p.Cols != first.Cols || p.Symmetry != first.Symmetry {
			panic("matrix: union of patterns of different shape or symmetry")
		}
		if same && p.Equal(u) {
			continue
		}
		same = false
		u = merge(u, p)
	}
	maps := make([][]int, len(patterns))
	if same {
		return u, maps
	}
	for n, p := range patterns {
		maps[n] = p.mapInto(u)
	}
	return u, maps
}

// merge returns the union of two patterns.
func merge(p, q *Pattern) *Pattern {
	if p.Dense {
		return p
	}
	if q.Dense {
		return q
	}
	u := &Pattern{Rows: p.Rows, Cols: p.Cols, Symmetry: p.Symmetry, ColPtr: make([]int, p.Cols+1)}
	for j := range p.Cols {
		a := p.RowIdx[p.ColPtr[j]:p.ColPtr[j+1]]
		b := q.RowIdx[q.ColPtr[j]:q.ColPtr[j+1]]
		for len(a) > 0 || len(b) > 0 {
			switch {
			case len(b) == 0 || len(a) > 0 && a[0] < b[0]:
				u.RowIdx = append(u.RowIdx, a[0])
				a = a[1:]
			case len(a) == 0 || b[0] < a[0]:
				u.RowIdx = append(u.RowIdx, b[0])
				b = b[1:]
			default:
				u.RowIdx = append(u.RowIdx, a[0])
				a, b = a[1:], b[1:]
			}
		}
		u.ColPtr[j+1] = len(u.RowIdx)
	}
	if u.NNZ() == p.NNZ() {
		return p
	}
	return u
}

// mapInto returns the position in u of every entry of p, nil when u equals p.
func (p *Pattern) mapInto(u *Pattern) []int {
	if p.Equal(u) {
		return nil
	}
	pos := make([]int, p.NNZ())
	p.Each(func(k, i, j int) {
		l, ok := u.Find(i, j)
		if !ok {
			panic("matrix: entry outside the union pattern")
		}
		pos[k] = l
	})
	return pos
}

// Expand returns m with both triangles stored; m itself when it is general.
func (m *Matrix) Expand() *Matrix {
	if m.Symmetry == General && !m.Dense {
		return m
	}
	p, from := m.expandPattern()
	e := &Matrix{Pattern: p}
	if m.IsComplex() {
		e.Complex = expandValues(m.Symmetry, m.Complex, from)
	} else {
		e.Real = expandValues(m.Symmetry, m.Real, from)
	}
	return e
}

// expandPattern returns the full sparse pattern and, for each of its entries,
// the stored position it comes from, as ^position for a mirror image.
func (m *Matrix) expandPattern() (*Pattern, []int) {
	p := &Pattern{Rows: m.Rows, Cols: m.Cols, ColPtr: make([]int, m.Cols+1)}
	sym := m.Symmetry != General
	m.Each(func(_, i, j int) {
		p.ColPtr[j+1]++
		if sym && i != j {
			p.ColPtr[i+1]++
		}
	})
	for j := range p.Cols {
		p.ColPtr[j+1] += p.ColPtr[j]
	}
	next := append([]int(nil), p.ColPtr...)
	p.RowIdx = make([]int32, p.ColPtr[p.Cols])
	from := make([]int, len(p.RowIdx))
	put := func(i, j, src int) {
		p.RowIdx[next[j]], from[next[j]] = int32(i), src
		next[j]++
	}
	// Column-major order of the lower triangle visits the mirror images (j, i)
	// of row i in increasing j, all before the entries (i', i), i' ≥ i.
	m.Each(func(k, i, j int) {
		put(i, j, k)
		if sym && i != j {
			put(j, i, ^k)
		}
	})
	for j := range p.Cols {
		lo, hi := p.Column(j)
		col := byRow{p.RowIdx[lo:hi], from[lo:hi]}
		if !sort.IsSorted(col) {
			sort.Sort(col)
		}
	}
	return p, from
}

type byRow struct {
	row  []int32
	from []int
}

func (b byRow) Len() int           { return len(b.row) }
func (b byRow) Less(i, j int) bool { return b.row[i] < b.row[j] }
func (b byRow) Swap(i, j int) {
	b.row[i], b.row[j] = b.row[j], b.row[i]
	b.from[i], b.from[j] = b.from[j], b.from[i]
}

func expandValues[T scalar.Scalar](s Symmetry, v []T, from []int) []T {
	e := make([]T, len(from))
	for k, src := range from {
		if src >= 0 {
			e[k] = v[src]
		} else {
			e[k] = Mirror(s, v[^src])
		}
	}
	return e
}
