package plan

import (
	"slices"

	"eimtool/internal/eim"
)

// thinFactor is the number of candidates per term below which they are thin:
// errors between them may be larger than at them.
const thinFactor = 3

// judge warns of a choice that may not do.
func (c *compiled) judge(p *Plan) {
	rows, terms := len(c.rows), p.Terms()
	if n := c.repeated(); n > 0 {
		c.warn("%d of the %d candidates repeat earlier ones", n, rows)
		rows -= n
	}
	if p.Error > p.Tolerance && p.Stop == eim.StopTolerance {
		c.warn("the error over all candidates and points is %.3g, above the tolerance of %g: give more memory, or a smaller tolerance", p.Error, p.Tolerance)
	}
	if len(p.Checks) == 0 && p.PointCount > 1 {
		c.warn("every value at the points is met exactly with %d terms: nothing is known between them; give more points if the matrix depends on the functions elsewhere", terms)
	}
	switch {
	case p.Stop == eim.StopRank && terms >= rows:
		c.warn("every candidate is chosen: give more of them")
	case rows < thinFactor*terms:
		c.warn("%d candidates are few for %d terms: between them the error may be larger; give at least %d", rows, terms, thinFactor*terms)
	}
}

// repeated returns the number of candidates that repeat earlier ones.
func (c *compiled) repeated() int {
	order := slices.Clone(c.rows)
	slices.SortFunc(order, slices.Compare)
	return len(order) - len(slices.CompactFunc(order, slices.Equal))
}
