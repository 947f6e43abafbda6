package eim

import (
	"context"
	"math"
	"sort"

	"eimtool/internal/scalar"
)

// Reasons for which a selection ends.
const (
	StopTolerance  = "tolerance"  // the residual is within Options.Tolerance
	StopFloor      = "floor"      // the residual is round-off: the table has this rank
	StopRank       = "rank"       // no selectable row is left
	StopStagnation = "stagnation" // the residual no longer falls: noise of that level
	StopMaxTerms   = "max-terms"
)

// Greedy selects rows and columns of t: the row whose residual is largest in
// the norm, then the column where that residual is largest, until a stopping
// rule holds (arXiv 1307.4330, section 2; norms and existence: arXiv
// 1508.05330, section 3). Errors: *TableError, *OptionError, *NonFiniteError,
// *ZeroError, or ctx's.
func Greedy[T scalar.Scalar](ctx context.Context, t *Table[T], opt Options) (*Selection[T], error) {
	if err := t.check(); err != nil {
		return nil, err
	}
	if err := opt.check(t.RowCount()); err != nil {
		return nil, err
	}
	g := newGreedy(t, opt)
	if err := g.run(ctx); err != nil {
		return nil, err
	}
	s := g.sel
	if err := g.lebesgue(ctx); err != nil {
		return nil, err
	}
	if err := g.oversample(ctx); err != nil {
		return nil, err
	}
	g.fill(s)
	return s, nil
}

// greedy is one run of the selection.
type greedy[T scalar.Scalar] struct {
	*engine[T]
	opt       Options
	sel       *Selection[T]
	done      []bool    // rows eliminated: their residual is zero
	barren    []bool    // rows whose residual is above the floor in no magic column
	first     []norms   // norms of the table's rows
	reference float64   // what the errors are relative to, in absolute scaling
	nu        []float64 // current norms, relative
}

func newGreedy[T scalar.Scalar](t *Table[T], opt Options) *greedy[T] {
	n := t.RowCount()
	return &greedy[T]{
		engine: newEngine(t, opt.Norm, opt.Threads), opt: opt, sel: &Selection[T]{},
		done: make([]bool, n), barren: make([]bool, n), nu: make([]float64, n),
	}
}

// run adds terms until a rule stops it.
func (g *greedy[T]) run(ctx context.Context) error {
	limit := g.limit()
	for {
		if err := g.measure(ctx); err != nil {
			return err
		}
		k := len(g.sel.Snapshots)
		g.opt.progress("select", k, limit)
		forced := k == 0 && g.opt.FirstRow >= 0
		if g.sel.Stop = g.stop(k, limit); g.sel.Stop != "" && !forced {
			return nil
		}
		ok, err := g.step(ctx, forced)
		if err != nil {
			return err
		}
		if !ok {
			g.sel.Stop = StopFloor
			return nil
		}
	}
}

// limit returns the largest possible number of terms.
func (g *greedy[T]) limit() int {
	rows, cols := 0, 0
	for p := range g.rows {
		if g.opt.selectable(p) {
			rows++
		}
	}
	for _, b := range g.t.Blocks {
		if b.Magic {
			cols += b.Cols
		}
	}
	limit := min(rows, cols)
	if g.opt.MaxTerms > 0 {
		limit = min(limit, g.opt.MaxTerms)
	}
	return limit
}

// measure computes the norms of the residual rows and records the errors.
func (g *greedy[T]) measure(ctx context.Context) error {
	now, err := g.pass(ctx, g.done)
	if err != nil {
		return err
	}
	if g.first == nil {
		if err := g.nonFinite(); err != nil {
			return err
		}
		g.setFloors(g.opt.selectable)
		g.first = g.combine(g.done)
		now = g.first
		for p, v := range g.first {
			if g.opt.selectable(p) {
				g.reference = math.Max(g.reference, v.nu)
			}
		}
		if g.reference == 0 {
			return &ZeroError{g.rows}
		}
	}
	var chosen, held, two, heldTwo float64
	for p := range now {
		g.nu[p] = ratio(now[p].nu, g.reference)
		if g.opt.Relative {
			g.nu[p] = ratio(now[p].nu, g.first[p].nu)
		}
		if r := ratio(now[p].two, g.first[p].two); g.opt.selectable(p) {
			chosen, two = math.Max(chosen, g.nu[p]), math.Max(two, r)
		} else {
			held, heldTwo = math.Max(held, g.nu[p]), math.Max(heldTwo, r)
		}
	}
	s := g.sel
	s.Errors = append(s.Errors, chosen)
	s.Relative2 = append(s.Relative2, two)
	if g.opt.Selectable != nil {
		s.HeldOut, s.HeldOut2 = append(s.HeldOut, held), append(s.HeldOut2, heldTwo)
	}
	return nil
}

// ratio is a/b, with 0/0 = 0.
func ratio(a, b float64) float64 {
	if a == 0 {
		return 0
	}
	return a / b
}

// step chooses a row and a column and eliminates them. It returns false when no
// row has a residual above the round-off level in a magic column.
func (g *greedy[T]) step(ctx context.Context, forced bool) (bool, error) {
	for {
		p := g.opt.FirstRow
		if !forced {
			p = g.largestRow()
		}
		if p < 0 {
			return false, nil
		}
		row, err := g.residualRow(ctx, p)
		if err != nil {
			return false, err
		}
		f, ok := Feature{}, row[0] != 0
		if !forced {
			f, ok, err = g.pivotColumn(ctx, row, nil)
			if err != nil {
				return false, err
			}
		} else if !ok {
			return false, &OptionError{"first row", "its value in the first column is zero"}
		}
		if !ok {
			g.barren[p] = true
			continue
		}
		pivot := row[g.flat(f)]
		if err := g.eliminate(ctx, p, f, row, g.done); err != nil {
			return false, err
		}
		g.done[p] = true
		g.sel.Snapshots = append(g.sel.Snapshots, p)
		g.sel.Features = append(g.sel.Features, f)
		g.sel.Pivots = append(g.sel.Pivots, scalar.Abs(pivot))
		return true, nil
	}
}

// open reports whether row p may still be selected.
func (g *greedy[T]) open(p int) bool {
	return g.opt.selectable(p) && !g.done[p] && !g.barren[p]
}

// largestRow returns the row with the largest norm among those still open, the
// lowest of those that agree within tieShare; -1 when none is above zero.
func (g *greedy[T]) largestRow() int {
	var largest float64
	for p, v := range g.nu {
		if g.open(p) {
			largest = math.Max(largest, v)
		}
	}
	if largest == 0 {
		return -1
	}
	for p, v := range g.nu {
		if g.open(p) && v >= largest*(1-tieShare) {
			return p
		}
	}
	return -1
}

// stop applies the stopping rules after k terms; "" means go on.
func (g *greedy[T]) stop(k, limit int) string {
	err := g.sel.Errors[k]
	switch {
	case k > 0 && g.exhausted():
		return StopRank
	case err == 0 || g.largestRow() < 0:
		return StopFloor
	case err <= g.opt.Tolerance:
		return StopTolerance
	case k >= limit && (g.opt.MaxTerms == 0 || limit < g.opt.MaxTerms):
		return StopRank
	case k >= limit:
		return StopMaxTerms
	case !g.opt.IgnoreStagnation && g.stagnates(k):
		return StopStagnation
	}
	return ""
}

// exhausted reports whether every selectable row is selected.
func (g *greedy[T]) exhausted() bool {
	for p := range g.rows {
		if g.opt.selectable(p) && !g.done[p] {
			return false
		}
	}
	return true
}

// The residual stagnates when it fell by less than stagnationFall over
// stagnationSteps steps, is far below the data, and is spread evenly over the
// rows. Noise does all three; a slowly converging family leaves rows near the
// selected ones small.
const (
	stagnationSteps = 5
	stagnationFall  = 0.7
	stagnationLevel = 1e-3
	stagnationEven  = 0.3
)

func (g *greedy[T]) stagnates(k int) bool {
	e := g.sel.Errors
	if k < stagnationSteps || e[k] > stagnationLevel || e[k] < stagnationFall*e[k-stagnationSteps] {
		return false
	}
	var open []float64
	for p, v := range g.nu {
		if g.open(p) {
			open = append(open, v)
		}
	}
	sort.Float64s(open)
	return open[len(open)/2] >= stagnationEven*e[k]
}
