package sampled

import "slices"

// latticeShare is the largest number of distinct values of a parameter,
// relative to the number of nodes, at which its values count as lines of a
// grid.
const latticeShare = 0.5

// plan chooses the sets of nodes that are left out together, as package
// coefficients does: in one parameter single nodes, those at the ends last and
// not counted; in several, for each parameter that takes few values the
// interior lines of the grid, since a single node of a grid is predicted too
// easily by the others of its line; single nodes when a parameter does not
// form lines. Nodes with equal parameters are always left out together.
func (w *nodes) plan(params []int) {
	n := w.mu.Rows
	w.events, w.lines, w.inner = nil, nil, 0
	groups := w.equal()
	if len(params) == 1 {
		w.planLine(groups, params[0])
		return
	}
	scattered := false
	for d, j := range params {
		col := make([]float64, n)
		for i := range n {
			col[i] = w.mu.At(i, j)
		}
		values := slices.Clone(col)
		slices.Sort(values)
		values = slices.Compact(values)
		if float64(len(values)) > latticeShare*float64(len(groups)) {
			scattered = true
			continue
		}
		for v := 1; v < len(values)-1; v++ {
			var line []int
			for i, m := range col {
				if m == values[v] {
					line = append(line, i)
				}
			}
			w.events, w.lines = append(w.events, line), append(w.lines, d)
		}
	}
	if scattered || len(w.events) == 0 {
		w.events = append(w.events, groups...)
		w.lines = append(w.lines, slices.Repeat([]int{-1}, len(groups))...)
	}
	for _, g := range w.events {
		w.inner += len(g)
	}
}

// planLine leaves out single nodes of one parameter, the ends last.
func (w *nodes) planLine(groups [][]int, j int) {
	var ends [][]int
	lo, hi := w.mu.At(0, j), w.mu.At(0, j)
	for i := range w.mu.Rows {
		lo, hi = min(lo, w.mu.At(i, j)), max(hi, w.mu.At(i, j))
	}
	for _, g := range groups {
		if m := w.mu.At(g[0], j); m > lo && m < hi {
			w.events = append(w.events, g)
			w.inner += len(g)
			continue
		}
		ends = append(ends, g)
	}
	if len(w.events) == 0 {
		w.inner = w.mu.Rows
	}
	w.events = append(w.events, ends...)
	w.lines = slices.Repeat([]int{0}, len(w.events))
}

// equal groups nodes with the same parameters, in order of their first member.
func (w *nodes) equal() [][]int {
	var groups [][]int
	order := make([]int, w.mu.Rows)
	for i := range order {
		order[i] = i
	}
	compare := func(a, b int) int { return slices.Compare(w.mu.Row(a), w.mu.Row(b)) }
	slices.SortStableFunc(order, compare)
	for i, s := range order {
		if i > 0 && compare(order[i-1], s) == 0 {
			groups[len(groups)-1] = append(groups[len(groups)-1], s)
			continue
		}
		groups = append(groups, []int{s})
	}
	slices.SortFunc(groups, func(a, b []int) int { return a[0] - b[0] })
	return groups
}
