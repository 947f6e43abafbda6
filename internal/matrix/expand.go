package matrix

import "eimtool/internal/scalar"

// Expand returns m with both triangles stored; m itself when it is general. A
// dense matrix stays dense.
func (m *Matrix) Expand() *Matrix {
	if m.Symmetry == General {
		return m
	}
	e := &Matrix{Pattern: m.expanded()}
	if m.IsComplex() {
		e.Complex = expandValues(e.Pattern, m.Pattern, m.Complex)
	} else {
		e.Real = expandValues(e.Pattern, m.Pattern, m.Real)
	}
	return e
}

// expanded returns the general pattern of both triangles of p.
func (p *Pattern) expanded() *Pattern {
	e := &Pattern{Rows: p.Rows, Cols: p.Cols, Dense: p.Dense}
	if p.Dense {
		return e
	}
	e.ColPtr = make([]int, p.Cols+1)
	p.Each(func(_, i, j int) {
		e.ColPtr[j+1]++
		if i != j {
			e.ColPtr[i+1]++
		}
	})
	for j := range e.Cols {
		e.ColPtr[j+1] += e.ColPtr[j]
	}
	e.RowIdx = make([]int32, e.ColPtr[e.Cols])
	p.eachExpanded(e, func(_, at, mirror, i, j int) {
		e.RowIdx[at] = int32(i)
		if mirror >= 0 {
			e.RowIdx[mirror] = int32(j)
		}
	})
	return e
}

// eachExpanded calls f with every entry (i, j) of p, its position in p and its
// position and that of its mirror image in the expanded sparse pattern e, -1
// on the diagonal. The column-major order of the lower triangle visits the
// mirror images (j, i) in column i by increasing j, all before the entries of
// column i itself: the rows of e increase.
func (p *Pattern) eachExpanded(e *Pattern, f func(k, at, mirror, i, j int)) {
	next := append([]int(nil), e.ColPtr...)
	p.Each(func(k, i, j int) {
		at, mirror := next[j], -1
		next[j]++
		if i != j {
			mirror = next[i]
			next[i]++
		}
		f(k, at, mirror, i, j)
	})
}

func expandValues[T scalar.Scalar](e, p *Pattern, v []T) []T {
	out := make([]T, e.NNZ())
	if !e.Dense {
		p.eachExpanded(e, func(k, at, mirror, _, _ int) {
			out[at] = v[k]
			if mirror >= 0 {
				out[mirror] = Mirror(p.Symmetry, v[k])
			}
		})
		return out
	}
	p.Each(func(k, i, j int) {
		out[j*e.Rows+i] = v[k]
		if i != j {
			out[i*e.Rows+j] = Mirror(p.Symmetry, v[k])
		}
	})
	return out
}
