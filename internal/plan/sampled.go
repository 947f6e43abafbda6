package plan

import (
	"context"
	"math"
	"slices"

	"eimtool/internal/dense"
	"eimtool/internal/eim"
	"eimtool/internal/scalar"
)

// sampled is a selection that never holds the table: the residual of the
// candidates is known at a sample of columns, which ranks the rows, and the
// rows of the terms at all columns, which gives the magic points. Sampling the
// columns of both would lose one to two digits.
//
// It is Gaussian elimination: the residual of candidate c is
// g_c − Σ_m l[c][m] q_m, q_m the residual row of term m over its pivot.
type sampled[T scalar.Scalar] struct {
	r    *run[T]
	long *table[T] // chosen rows are evaluated here: all points, or as many as fit
	cand []int     // candidates that take part
	rows *table[T] // the same at all points

	columns []Point // of the sample, grouped by function in runs
	runs    []columnRun
	res     [][]T // per candidate of cand, with capacity for more columns
	l       [][]T // per candidate, one per term
	scale   []float64

	done, barren []bool
	chosen       []int   // terms, as indices of cand
	magic        []Point // of the terms
	pivot        []T
	upper        [][]T   // upper[m][j] = q_j at magic point m, j < m
	q            [][][]T // q[m][function][column of long]
	qs           [][]T   // q_m at the sample
	history      []float64
	nu           []float64 // of the last measurement
	evaluated    float64   // values of the table
	room         int       // terms that there is memory for
	stop         string
}

// columnRun is a range of sampled columns of one function.
type columnRun struct{ function, lo, hi int }

// rank sets nu to the largest weighted residual of every candidate at the
// sample, over the scales.
func (s *sampled[T]) rank(ctx context.Context) error {
	c := s.r.c
	return scalar.Blocks(ctx, len(s.cand), 64, s.r.opt.Threads, func(_, lo, hi int) {
		for i := lo; i < hi; i++ {
			s.nu[i] = 0
			if s.done[i] {
				continue
			}
			for _, u := range s.runs {
				if s.scale[u.function] > 0 {
					_, most := moduli(s.res[i][u.lo:u.hi])
					s.nu[i] = math.Max(s.nu[i], c.weights[u.function]*most/s.scale[u.function])
				}
			}
		}
	})
}

// tieShare is the relative distance from the largest within which values count
// as equal; the lowest index wins.
const tieShare = 1e-12

// worst returns the candidate that is ranked highest, the lowest of equals; -1
// when none has a residual.
func (s *sampled[T]) worst() int {
	best := 0.0
	for i, v := range s.nu {
		if !s.barren[i] {
			best = math.Max(best, v)
		}
	}
	if best > 0 {
		for i, v := range s.nu {
			if !s.barren[i] && v >= best*(1-tieShare) {
				return i
			}
		}
	}
	return -1
}

// grow adds terms until the residual is at most target, as far as the sample
// and the full rows of the worst candidates show, or another rule ends it.
func (s *sampled[T]) grow(ctx context.Context, target float64) error {
	opt := s.r.opt
	progress := s.r.progress("select")
	for {
		if err := s.rank(ctx); err != nil {
			return err
		}
		progress(len(s.chosen), s.limit())
		i := s.worst()
		forced := len(s.chosen) == 0 && !s.r.c.NoConstant
		if forced {
			i = slices.Index(s.cand, s.r.c.central())
		}
		level := 0.0
		if i >= 0 {
			level = s.nu[i]
		}
		switch floor := roundOff(s.r.c.weights); {
		case forced:
		case i < 0 || level <= floor:
			s.stop = eim.StopFloor
			return nil
		case len(s.chosen) >= s.limit():
			s.stop = eim.StopRank
			if opt.MaxTerms > 0 && len(s.chosen) >= opt.MaxTerms {
				s.stop = eim.StopMaxTerms
			}
			return nil
		case level <= target:
			next, err := s.second(ctx, target)
			if err != nil {
				return err
			}
			if next < 0 {
				s.stop = eim.StopTolerance
				return nil
			}
			i = next
		case s.stagnates(level):
			s.stop = eim.StopStagnation
			return nil
		}
		if err := s.add(ctx, i, forced); err != nil {
			return err
		}
	}
}

// limit returns the largest possible number of terms.
func (s *sampled[T]) limit() int {
	n := min(len(s.cand), s.long.width()+1)
	if s.r.opt.MaxTerms > 0 {
		n = min(n, s.r.opt.MaxTerms)
	}
	return n
}

// secondRows is the number of candidates whose full rows confirm the end.
const secondRows = 4

// second looks at the full rows of the candidates that are ranked highest. It
// returns the one with the largest residual above the target, -1 for none.
func (s *sampled[T]) second(ctx context.Context, target float64) (int, error) {
	best, next := target, -1
	nu := slices.Clone(s.nu)
	defer func() { s.nu = nu }()
	s.nu = slices.Clone(nu)
	for range secondRows {
		i := s.worst()
		if i < 0 {
			break
		}
		row, err := s.residual(ctx, i)
		if err != nil {
			return -1, err
		}
		if _, _, peak := s.peak(row); peak > best {
			best, next = peak, i
		}
		s.nu[i] = 0
	}
	return next, nil
}

// The rule of stagnation is that of package eim: a residual that hardly falls,
// far below the data and spread evenly over the candidates, is noise.
func (s *sampled[T]) stagnates(level float64) bool {
	const steps, fall, low, even = 5, 0.7, 1e-3, 0.3
	k := len(s.history)
	if k < steps || level > low || level < fall*s.history[k-steps] {
		return false
	}
	var open []float64
	for i, v := range s.nu {
		if !s.done[i] && !s.barren[i] {
			open = append(open, v)
		}
	}
	slices.Sort(open)
	return open[len(open)/2] >= even*level
}

// residual returns the residual of candidate i in all columns of the long
// table, by function, and raises the scales to what it sees.
func (s *sampled[T]) residual(ctx context.Context, i int) ([][]T, error) {
	t := s.long
	type task struct{ function, lo, hi int }
	var tasks []task
	row := make([][]T, len(t.grids))
	for f := range row {
		n := t.columns(f)
		row[f] = make([]T, n)
		for lo := 0; lo < n; lo += rowTile {
			tasks = append(tasks, task{f, lo, min(lo+rowTile, n)})
		}
	}
	most := make([]float64, len(tasks))
	one := t.some([]int{s.cand[i]})
	err := eachOf(ctx, len(tasks), s.r.opt.Threads, func(k int) error {
		a := tasks[k]
		x := row[a.function][a.lo:a.hi]
		if err := one.fill(one.works(), a.function, 0, a.lo, a.hi, x); err != nil {
			return err
		}
		_, most[k] = moduli(x)
		for m, l := range s.l[i] {
			dense.Axpy(-l, s.q[m][a.function][a.lo:a.hi], x)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for k, a := range tasks {
		s.scale[a.function] = math.Max(s.scale[a.function], most[k])
	}
	s.evaluated += float64(t.width())
	return row, nil
}

// rowTile is the number of columns of a row that one goroutine takes at once.
const rowTile = 1024

// peak returns the column of a row with the largest weighted value over its
// scale, the lowest of equals.
func (s *sampled[T]) peak(row [][]T) (function, column int, peak float64) {
	for f, x := range row {
		if len(x) == 0 || s.scale[f] == 0 {
			continue
		}
		at := largest(x)
		if v := s.r.c.weights[f] * scalar.Abs(x[at]) / s.scale[f]; v > peak*(1+tieShare) {
			function, column, peak = f, at, v
		}
	}
	return function, column, peak
}

// add makes candidate i a term: the magic point is where its residual row is
// largest, or the constant.
func (s *sampled[T]) add(ctx context.Context, i int, constant bool) error {
	if len(s.chosen) == s.room {
		if err := s.thin(); err != nil {
			return err
		}
	}
	row, err := s.residual(ctx, i)
	if err != nil {
		return err
	}
	f, col, peak := s.peak(row)
	at, pivot := Point{Function: -1, Index: -1}, scalar.Of[T](1, 0)
	if !constant {
		if peak <= roundOff(s.r.c.weights) {
			s.barren[i] = true
			return nil
		}
		at, pivot = s.long.pointOf(f, col), row[f][col]
	}
	l, err := s.column(ctx, at)
	if err != nil {
		return err
	}
	u := make([]T, len(s.q))
	for m, q := range s.q {
		if !constant {
			u[m] = q[f][col]
		}
	}
	for c := range s.l {
		for m, v := range s.l[c] {
			l[c] -= v * u[m]
		}
	}
	l[i] = pivot
	level := math.Max(s.nu[i], peak)
	if constant {
		level = math.Max(1, slices.Max(s.r.c.weights))
	}
	for _, x := range row {
		dense.Scale(1/pivot, x)
	}
	if !constant {
		row[f][col] = 1
	}
	qs := slices.Clone(s.res[i])
	dense.Scale(1/pivot, qs)
	s.chosen, s.magic, s.pivot = append(s.chosen, i), append(s.magic, at), append(s.pivot, pivot)
	s.upper, s.q, s.qs, s.history = append(s.upper, u), append(s.q, row), append(s.qs, qs), append(s.history, level)
	s.done[i] = true
	return scalar.Blocks(ctx, len(s.cand), 64, s.r.opt.Threads, func(_, lo, hi int) {
		for c := lo; c < hi; c++ {
			if s.done[c] && c != i {
				l[c] = 0
			}
			s.l[c] = append(s.l[c], l[c])
			dense.Axpy(-l[c], qs, s.res[c])
		}
		if i >= lo && i < hi {
			clear(s.res[i])
		}
	})
}

// column returns the values of all candidates at a point.
func (s *sampled[T]) column(ctx context.Context, at Point) ([]T, error) {
	v, err := valuesAt(ctx, s.rows, []Point{at}, s.units(), s.r.opt.Threads)
	if err != nil {
		return nil, err
	}
	if at.Function >= 0 {
		s.evaluated += float64(len(s.cand))
	}
	return v.Data, nil
}
