package solve

import (
	"slices"

	"eimtool/internal/matrix"
	"eimtool/internal/solve/direct"
)

// hermitianPart is the layout of (A + Aᴴ)/2: the lower triangle of the union of
// the pattern of A and its transpose. The tree of A is that of this matrix too.
type hermitianPart struct {
	pattern  *matrix.Pattern
	symbolic *direct.Symbolic
	// Places among the values of A of entry (i, j) and of (j, i) for every entry
	// of pattern, -1 where A stores none; nil where the patterns tell.
	places, images []int32
}

// hermitianPart returns the layout, made when it is first needed. The columns
// of A must not be permuted.
func (s *Solver[T]) hermitianPart() *hermitianPart {
	s.mu.Lock()
	h := s.part
	s.mu.Unlock()
	if h != nil {
		return h
	}
	h = &hermitianPart{pattern: s.pattern}
	switch {
	case s.pattern.Symmetry != matrix.General:
		h.symbolic = s.symbolic(true)
	case s.pattern.Dense:
		h.pattern = &matrix.Pattern{Rows: s.pattern.Rows, Cols: s.pattern.Cols, Dense: true, Symmetry: matrix.Hermitian}
		h.symbolic = direct.Analyse(h.pattern, s.tree, true, nil)
	default:
		h.unite(s.pattern)
		h.symbolic = direct.Analyse(h.pattern, s.tree, true, nil)
	}
	s.mu.Lock()
	s.part = h
	s.mu.Unlock()
	return h
}

// entry returns the place of entry (i, j), the k-th of the layout, among the
// values of pattern p, -1 when there is none.
func (h *hermitianPart) entry(k, i, j int, p *matrix.Pattern) int {
	switch {
	case h.places != nil:
		return int(h.places[k])
	case p.Symmetry == matrix.General:
		return i + j*p.Rows
	}
	return k
}

// image returns the place of entry (j, i), -1 when it is not stored.
func (h *hermitianPart) image(k, i, j int, p *matrix.Pattern) int {
	switch {
	case h.images != nil:
		return int(h.images[k])
	case p.Symmetry == matrix.General:
		return j + i*p.Rows
	case i == j:
		return k
	}
	return -1
}

// unite lays out the lower triangle of the union of p and its transpose. Rows
// of p are gone through together with its columns: next[i] is how far row i has
// come, since the entries of a row are met by increasing column.
func (h *hermitianPart) unite(p *matrix.Pattern) {
	upper := make([]int, p.Cols+1) // entries above the diagonal, by rows
	p.Each(func(_, i, j int) {
		if i < j {
			upper[i+1]++
		}
	})
	for i := range p.Cols {
		upper[i+1] += upper[i]
	}
	cols, at := make([]int32, upper[p.Cols]), make([]int32, upper[p.Cols])
	next := slices.Clone(upper[:p.Cols])
	p.Each(func(k, i, j int) {
		if i < j {
			cols[next[i]], at[next[i]] = int32(j), int32(k)
			next[i]++
		}
	})
	u := &matrix.Pattern{Rows: p.Rows, Cols: p.Cols, Symmetry: matrix.Hermitian, ColPtr: make([]int, p.Cols+1)}
	for j := range p.Cols {
		lo, hi := p.Column(j)
		for lo < hi && int(p.RowIdx[lo]) < j {
			lo++
		}
		for k, q := lo, upper[j]; k < hi || q < upper[j+1]; {
			place, image, i := int32(-1), int32(-1), int32(p.Rows)
			if k < hi {
				i = p.RowIdx[k]
			}
			if q < upper[j+1] {
				i = min(i, cols[q])
			}
			if k < hi && p.RowIdx[k] == i {
				place = int32(k)
				k++
			}
			if q < upper[j+1] && cols[q] == i {
				image = at[q]
				q++
			}
			if int(i) == j {
				image = place
			}
			u.RowIdx = append(u.RowIdx, i)
			h.places, h.images = append(h.places, place), append(h.images, image)
		}
		u.ColPtr[j+1] = len(u.RowIdx)
	}
	h.pattern = u
}
