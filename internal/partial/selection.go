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
	StopFloor      = "floor"      // what is left is rounding, or the difference of matrices and values
	StopStagnation = "stagnation" // the residual no longer falls: noise of that level
	StopCandidates = "candidates" // no candidate is left
	StopMaxTerms   = "max-terms"
)

// selection is the state of the greedy after some terms.
type selection[T scalar.Scalar] struct {
	ctx     context.Context
	threads int
	layout  layout
	columns []Column         // of the sample
	g       [][]T            // P x sample, the values of all candidates
	r       [][]T            // P x sample, their residual
	scale   []float64        // P, largest sampled value of every candidate
	open    []bool           // P, not a term yet
	rows    map[int][]T      // full rows of the candidates that are known
	supply  func(Column) []T // values of all candidates at a column, nil when not given
	floor   float64          // residuals at or below it are rounding

	terms  []term
	q      [][]T     // d rows
	c      [][]T     // d columns of P coefficients
	errors []float64 // largest relative sampled residual before every term
}

// term is one step: a candidate and its magic column; the first has none.
type term struct {
	candidate int
	column    Column
	at        int // of the column in a row, -1 for the constant
}

// newSelection begins with the sampled values g, which it keeps.
func newSelection[T scalar.Scalar](ctx context.Context, l layout, columns []Column, g [][]T) *selection[T] {
	s := &selection[T]{ctx: ctx, layout: l, columns: columns, g: g, r: make([][]T, len(g)), scale: make([]float64, len(g)), open: make([]bool, len(g))}
	most := 0.0
	for p, row := range g {
		s.r[p] = slices.Clone(row)
		s.scale[p] = scalar.MaxAbs(row)
		s.open[p] = true
		most = max(most, s.scale[p])
	}
	for p, x := range s.scale {
		if x == 0 {
			s.scale[p] = most
		}
	}
	return s
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
// lowest of those equal to rounding; -1 when none is open.
func (s *selection[T]) worst() (candidate int, nu float64) {
	candidate = -1
	for p := range s.r {
		if v := s.nu(p); s.open[p] && (candidate < 0 || v > nu*(1+tie)) {
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
	i, nu := s.worst()
	k := len(s.terms)
	switch {
	case i < 0:
		return 0, StopCandidates
	case nu <= opt.Tolerance:
		return i, StopTolerance
	case nu*s.scale[i] <= s.floor:
		return i, StopFloor
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
	if k < stagnationSteps || nu > stagnationLevel || nu < stagnationFall*s.errors[k-stagnationSteps] {
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

// coefficients returns c_m(p) of a known candidate from its own matrix.
func (s *selection[T]) coefficients(row []T) []T {
	c := make([]T, len(s.terms))
	for m, t := range s.terms {
		if t.at < 0 {
			c[m] = 1
			continue
		}
		c[m] = row[t.at]
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
	_, nu := s.worst()
	if len(s.terms) == 0 {
		ones := make([]T, len(s.g))
		for p := range ones {
			ones[p] = 1
		}
		s.append(term{candidate: candidate, at: -1}, row, ones, nu)
		return nil, true, nil
	}
	c := s.coefficients(row)
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
	if largest <= s.floor || largest == 0 {
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
	for x, col := range s.columns {
		v := at(s.layout, q, col)
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
}

// sampledError returns the largest ratio of the norms of the residual and of
// the values at the sample, over the open candidates that are not known: an
// estimate of the error of A.
func (s *selection[T]) sampledError() float64 {
	largest := 0.0
	for p := range s.r {
		if _, known := s.rows[p]; !s.open[p] || known {
			continue
		}
		var r, g scalar.Norm
		for x, col := range s.columns {
			w := float64(s.layout.pattern.Multiplicity(col.Row, col.Col))
			for _, n := range []struct {
				norm *scalar.Norm
				v    T
			}{{&r, s.r[p][x]}, {&g, s.g[p][x]}} {
				n.norm.Add(scalar.Real(n.v), w)
				n.norm.Add(scalar.Imag(n.v), w)
			}
		}
		if e := r.Value(); e > 0 {
			largest = max(largest, e/g.Value())
		}
	}
	return largest
}

// errorAt returns the relative Frobenius error of the terms for a known candidate.
func (s *selection[T]) errorAt(candidate int) (float64, error) {
	row := slices.Clone(s.rows[candidate])
	w := s.layout.weights()
	whole := norm(row, w)
	_, _, err := s.residual(row, s.coefficients(row))
	if whole == 0 {
		return 0, err
	}
	return norm(row, w) / whole, err
}

// norm returns the 2-norm of v with weights w, nil meaning 1.
func norm[T scalar.Scalar](v []T, w []float64) float64 {
	var n scalar.Norm
	if w == nil {
		scalar.AddSquares(&n, v, 1)
		return n.Value()
	}
	for k, x := range v {
		n.Add(scalar.Real(x), w[k])
		n.Add(scalar.Imag(x), w[k])
	}
	return n.Value()
}
