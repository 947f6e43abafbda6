package matrix

// Union returns the union of patterns of one shape and symmetry and, for each,
// the position in the union of every entry (nil when the two patterns are the
// same). If one pattern is dense, so is the union. It panics when shapes or
// symmetries differ, no pattern is given, or a skew-symmetric pattern with
// diagonal entries meets a dense one, which has none.
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
	u := &Pattern{
		Rows: p.Rows, Cols: p.Cols, Symmetry: p.Symmetry,
		ColPtr: make([]int, p.Cols+1), RowIdx: make([]int32, 0, max(len(p.RowIdx), len(q.RowIdx))),
	}
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
	pos := make([]int, len(p.RowIdx)) // p is sparse: a dense pattern equals its union
	for j := range p.Cols {
		l, end := u.Column(j)
		for k := p.ColPtr[j]; k < p.ColPtr[j+1]; k++ {
			i := p.RowIdx[k]
			if u.Dense {
				if int(i) < u.first(j) {
					panic("matrix: entry on the diagonal that a dense skew-symmetric matrix does not store")
				}
				pos[k] = l + int(i) - u.first(j)
				continue
			}
			for l < end && u.RowIdx[l] < i {
				l++
			}
			pos[k] = l
		}
	}
	return pos
}
