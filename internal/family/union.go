package family

import "eimtool/internal/matrix"

// union returns the union pattern so far and its number; p is the first.
func (c *collector) union(p *matrix.Pattern) (*matrix.Pattern, int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.unions) == 0 {
		c.unions = append(c.unions, p)
	}
	last := len(c.unions) - 1
	return c.unions[last], last
}

// enlarge returns a union pattern that has all entries of p, and its number.
func (c *collector) enlarge(p *matrix.Pattern) (*matrix.Pattern, int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	last := len(c.unions) - 1
	old := c.unions[last]
	u := merge(old, p)
	if u == old {
		return u, last, nil
	}
	if plan := c.plan.grown(int64(u.NNZ())); plan.Limit > 0 && plan.Peak() > plan.Limit {
		return nil, 0, &MemoryError{plan}
	}
	c.unions = append(c.unions, u)
	return u, last + 1, nil
}

// merge returns the union of two sparse patterns of one shape and symmetry: u
// itself when p adds nothing.
func merge(u, p *matrix.Pattern) *matrix.Pattern {
	m := &matrix.Pattern{
		Rows: u.Rows, Cols: u.Cols, Symmetry: u.Symmetry,
		ColPtr: make([]int, u.Cols+1), RowIdx: make([]int32, 0, max(len(u.RowIdx), len(p.RowIdx))),
	}
	for j := range u.Cols {
		a := u.RowIdx[u.ColPtr[j]:u.ColPtr[j+1]]
		b := p.RowIdx[p.ColPtr[j]:p.ColPtr[j+1]]
		for len(a) > 0 && len(b) > 0 {
			i := min(a[0], b[0])
			if a[0] == i {
				a = a[1:]
			}
			if b[0] == i {
				b = b[1:]
			}
			m.RowIdx = append(m.RowIdx, i)
		}
		m.RowIdx = append(append(m.RowIdx, a...), b...)
		m.ColPtr[j+1] = len(m.RowIdx)
	}
	if m.NNZ() == u.NNZ() {
		return u
	}
	return m
}
