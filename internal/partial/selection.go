package partial

import (
	"context"
	"slices"
	"sort"

	"eimtool/internal/dense"
	"eimtool/internal/scalar"
)

// Why a selection ends.
const (
	StopTolerance  = "tolerance"  // every sampled residual is within the tolerance
	StopFloor      = "floor"      // what is left is rounding, or the error of the values
	StopStagnation = "stagnation" // the residual no longer falls: noise of that level
	StopCandidates = "candidates" // no candidate is left
	StopMaxTerms   = "max-terms"
)

// selection is the state of the greedy after some terms.
type selection[T scalar.Scalar] struct {
	ctx      context.Context
	threads  int
	layout   layout
	sample   []Position
	columns  []Column                                     // of the sample
	g        [][]T                                        // P x sample, the values of all candidates
	r        [][]T                                        // P x sample, their residual
	scale    []float64                                    // P, largest sampled value of every candidate
	open     []bool                                       // P, not a term yet
	rows     map[int][]T                                  // full rows of the candidates that are known
	supply   func(Column) []T                             // values of all candidates at a column, nil when not given
	given    func(candidate int, c Column) (v T, ok bool) // value of a known candidate as it was supplied
	rounding float64                                      // residuals at or below it are rounding
	noise    noise
	spread   spread[T]
	factor   float64 // from the noise to that of the residuals

	terms  []term
	q      [][]T     // d rows
	c      [][]T     // d columns of P coefficients
	errors []float64 // largest relative sampled residual before every term
	since  int       // terms before the sample was last extended
}

// term is one step: a candidate and its magic column; the first has none.
type term struct {
	candidate int
	column    Column
	at        int // of the column in a row, -1 for the constant
}

// newSelection begins with an empty sample of count candidates.
func newSelection[T scalar.Scalar](ctx context.Context, l layout, count int) *selection[T] {
	s := &selection[T]{ctx: ctx, layout: l, g: make([][]T, count), r: make([][]T, count), scale: make([]float64, count), open: make([]bool, count), rows: map[int][]T{}}
	for p := range s.open {
		s.open[p] = true
	}
	return s
}

// measure notes what follows from the sample.
func (s *selection[T]) measure() {
	most := 0.0
	for p, row := range s.g {
		s.scale[p] = scalar.MaxAbs(row)
		most = max(most, s.scale[p])
	}
	for p, x := range s.scale {
		if x == 0 {
			s.scale[p] = most
		}
	}
	s.factor = s.spread.factor()
}

// floor returns the level at which a residual of candidate p is rounding, or the
// error of its values.
func (s *selection[T]) floor(p int) float64 {
	return max(s.rounding, s.factor*s.noise.at(s.scale[p]))
}

// nu returns the largest sampled residual of candidate p, relative to its
// largest sampled value; 0 for terms.
func (s *selection[T]) nu(p int) float64 {
	if !s.open[p] {
		return 0
	}
	return scalar.MaxAbs(s.r[p]) / s.scale[p]
}

// worst returns the open candidate with the largest sampled residual, the
// lowest of those equal to rounding; -1 when none is open. Resolved asks for a
// residual above its floor.
func (s *selection[T]) worst(resolved bool) (candidate int, nu float64) {
	candidate = -1
	for p := range s.r {
		v := s.nu(p)
		if resolved && v*s.scale[p] <= s.floor(p) {
			continue
		}
		if s.open[p] && (candidate < 0 || v > nu*(1+tie)) {
			candidate, nu = p, v
		}
	}
	return candidate, nu
}

// tie is the relative difference within which two values count as equal.
const tie = 1e-12

// next returns the candidate to assemble next, or why the selection ends. It
// must not be asked before the first term.
func (s *selection[T]) next(opt Options) (candidate int, stop string) {
	i, nu := s.worst(false)
	switch {
	case i < 0:
		return 0, StopCandidates
	case nu <= opt.Tolerance:
		return i, StopTolerance
	}
	k := len(s.terms)
	above, nu := s.worst(true)
	if above < 0 {
		return i, StopFloor
	}
	i = above
	switch {
	case opt.MaxTerms > 0 && k >= opt.MaxTerms:
		return i, StopMaxTerms
	case opt.MaxTerms == 0 && s.stagnates(nu):
		return i, StopStagnation
	}
	return i, ""
}

// The residual stagnates when it fell by less than stagnationFall over
// stagnationSteps terms, is far below the data, and is spread evenly over the
// candidates. Noise does all three; a slowly converging family leaves candidates
// near the terms small.
const (
	stagnationSteps = 5
	stagnationFall  = 0.7
	stagnationLevel = 1e-3
	stagnationEven  = 0.3
)

func (s *selection[T]) stagnates(nu float64) bool {
	k := len(s.errors)
	if k-s.since < stagnationSteps || nu > stagnationLevel || nu < stagnationFall*s.errors[k-stagnationSteps] {
		return false
	}
	var open []float64
	for p := range s.r {
		if s.open[p] {
			open = append(open, s.nu(p))
		}
	}
	sort.Float64s(open)
	return open[len(open)/2] >= stagnationEven*nu
}

// coefficients returns c_m(p) of a candidate from its values at the magic entries.
func (s *selection[T]) coefficients(value func(term) T) []T {
	c := make([]T, len(s.terms))
	for m, t := range s.terms {
		if t.at < 0 {
			c[m] = 1
			continue
		}
		c[m] = value(t)
		for l := range m {
			c[m] -= c[l] * s.q[l][t.at]
		}
	}
	return c
}

// block is the number of values that one goroutine treats at a time.
const block = 1 << 13

// residual subtracts Σ c_m q_m from the row and returns its largest modulus and
// the lowest place where it is, to rounding. At the magic columns it is exactly 0.
func (s *selection[T]) residual(row, c []T) (at int, largest float64, err error) {
	n := scalar.BlockCount(len(row), block)
	peak, place := make([]float64, n), make([]int, n)
	err = scalar.Blocks(s.ctx, len(row), block, s.threads, func(b, lo, hi int) {
		for m, v := range c {
			dense.Axpy(-v, s.q[m][lo:hi], row[lo:hi])
		}
		for _, t := range s.terms {
			if t.at >= lo && t.at < hi {
				row[t.at] = 0
			}
		}
		for k, v := range row[lo:hi] {
			if x := scalar.Abs(v); x > peak[b]*(1+tie) {
				peak[b], place[b] = x, lo+k
			}
		}
	})
	for b, x := range peak {
		if x > largest*(1+tie) {
			at, largest = place[b], x
		}
	}
	return at, largest, err
}

// add makes a known candidate the next term, with the column given or, when it
// is nil, that of its largest residual. A column whose values nobody gave is
// returned instead. A residual that is rounding adds nothing: added is false.
func (s *selection[T]) add(candidate int, forced *Column) (wanted *Column, added bool, err error) {
	row := slices.Clone(s.rows[candidate])
	_, nu := s.worst(false)
	if len(s.terms) == 0 {
		ones := make([]T, len(s.g))
		for p := range ones {
			ones[p] = 1
		}
		s.append(term{candidate: candidate, at: -1}, row, ones, nu)
		return nil, true, nil
	}
	c := s.coefficients(func(t term) T { return row[t.at] })
	at, largest, err := s.residual(row, c)
	if err != nil {
		return nil, false, err
	}
	col := s.layout.column(at)
	if forced != nil {
		col = *forced
		var ok bool
		if at, _, ok = s.layout.find(col); !ok {
			return nil, false, nil
		}
		largest = scalar.Abs(row[at])
	}
	if largest <= s.floor(candidate) || largest == 0 {
		return nil, false, nil
	}
	values := s.supply(col)
	if values == nil {
		return &col, false, nil
	}
	column := s.column(values, at, candidate, row[at])
	s.append(term{candidate, col, at}, scaled(row, at), column, nu)
	return nil, true, nil
}

// scaled divides row by its value at k.
func scaled[T scalar.Scalar](row []T, k int) []T {
	pivot := row[k]
	for x := range row {
		row[x] /= pivot
	}
	row[k] = 1
	return row
}

// column returns the residual of all candidates at a column, from their values
// there. The new term has its own pivot.
func (s *selection[T]) column(values []T, at, candidate int, pivot T) []T {
	c := make([]T, len(values))
	for p, v := range values {
		for l := range s.terms {
			v -= s.c[l][p] * s.q[l][at]
		}
		c[p] = v
	}
	for _, t := range s.terms {
		c[t.candidate] = 0
	}
	c[candidate] = pivot
	return c
}

// append adds a term and updates the sampled residuals.
func (s *selection[T]) append(t term, q, c []T, nu float64) {
	s.terms, s.q, s.c, s.errors = append(s.terms, t), append(s.q, q), append(s.c, c), append(s.errors, nu)
	s.open[t.candidate] = false
	sampled := make([]T, len(s.columns))
	for x, col := range s.columns {
		v := at(s.layout, q, col)
		sampled[x] = v
		for p := range s.r {
			s.r[p][x] -= c[p] * v
		}
		if t.at >= 0 && col == t.column {
			for p := range s.r {
				s.r[p][x] = 0
			}
		}
	}
	clear(s.r[t.candidate])
	if t.at < 0 {
		return
	}
	var before []T
	for _, row := range s.q[1 : len(s.q)-1] {
		before = append(before, row[t.at])
	}
	s.spread.term(before, sampled)
	s.factor = s.spread.factor()
}
