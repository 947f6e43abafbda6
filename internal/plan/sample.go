package plan

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"eimtool/internal/dense"
	"eimtool/internal/scalar"
)

// moreColumns is the number of columns that a correction may add to the sample.
const moreColumns = 256

// strata returns n numbers of 0..count-1, ascending, one drawn at random from
// each of n ranges of equal length.
func strata(random *rand.Rand, n, count int) []int {
	out := make([]int, n)
	for k := range out {
		lo, hi := k*count/n, (k+1)*count/n
		out[k] = lo + random.IntN(hi-lo)
	}
	return out
}

// newSampled evaluates the sample.
func newSampled[T scalar.Scalar](ctx context.Context, r *run[T], b *budget) (*sampled[T], error) {
	random := rand.New(rand.NewPCG(r.opt.Seed, 0x706c616e))
	s := &sampled[T]{r: r, long: r.t, rows: r.t, room: b.terms, scale: make([]float64, len(r.t.grids))}
	c := r.c
	var err error
	if b.long < c.count {
		if s.long, err = newTable[T](c, c.rows, strata(random, b.long, c.count)); err != nil {
			return nil, err
		}
	}
	s.cand = strata(random, b.candidates, len(c.rows))
	if k, found := slices.BinarySearch(s.cand, c.central()); !found {
		s.cand = slices.Insert(s.cand, k, c.central())
	}
	s.rows = r.t.some(s.cand)
	sample, err := newTable[T](c, s.rows.mu, strata(random, b.sample, c.count))
	if err != nil {
		return nil, err
	}
	sample.ids = s.rows.ids
	for f := range sample.grids {
		lo := len(s.columns)
		for i := range sample.columns(f) {
			s.columns = append(s.columns, sample.pointOf(f, i))
		}
		s.runs = append(s.runs, columnRun{f, lo, len(s.columns)})
	}
	n := len(s.cand)
	s.res, s.l = make([][]T, n), make([][]T, n)
	s.done, s.barren, s.nu = make([]bool, n), make([]bool, n), make([]float64, n)
	return s, s.fill(ctx, sample)
}

// fill evaluates the sample of all candidates.
func (s *sampled[T]) fill(ctx context.Context, sample *table[T]) error {
	const block = 64
	progress := s.r.progress("sample")
	most := make([][]float64, scalar.BlockCount(len(s.cand), block))
	err := eachOf(ctx, len(most), s.r.opt.Threads, func(b int) error {
		most[b] = make([]float64, len(s.scale))
		w := sample.works()
		for i := b * block; i < min(len(s.cand), (b+1)*block); i++ {
			s.res[i] = make([]T, len(s.columns), len(s.columns)+moreColumns)
			for _, u := range s.runs {
				x := s.res[i][u.lo:u.hi]
				if err := sample.fill(w, u.function, i, 0, len(x), x); err != nil {
					return err
				}
				_, v := moduli(x)
				most[b][u.function] = math.Max(most[b][u.function], v)
			}
		}
		progress(b+1, len(most))
		return nil
	})
	for _, m := range most {
		for f, v := range m {
			s.scale[f] = math.Max(s.scale[f], v)
		}
	}
	s.evaluated += float64(len(s.cand)) * float64(len(s.columns))
	return err
}

// thin keeps every second point of the rows of the terms, which makes room for
// twice as many terms. The error is a *MemoryError.
func (s *sampled[T]) thin() error {
	old := s.long
	if old.points == nil {
		old = &table[T]{points: make([]int, s.r.c.count)}
		for i := range old.points {
			old.points[i] = i
		}
	}
	var keep []int
	for i := 0; i < len(old.points); i += 2 {
		keep = append(keep, old.points[i])
	}
	if len(keep) < leastLong {
		return &MemoryError{
			Need: 2 * s.r.opt.Memory, Limit: s.r.opt.Memory,
			For: fmt.Sprintf("a selection of more than %d terms", s.room),
		}
	}
	long, err := newTable[T](s.r.c, s.r.c.rows, keep)
	if err != nil {
		return err
	}
	for _, row := range s.q {
		for f, x := range row {
			if !s.r.c.moving[f] {
				continue
			}
			thinned := make([]T, 0, len(keep))
			for i := 0; i < len(x); i += 2 {
				thinned = append(thinned, x[i])
			}
			row[f] = thinned
		}
	}
	s.long, s.room = long, 2*s.room
	return nil
}

// extend adds columns to the sample.
func (s *sampled[T]) extend(ctx context.Context, points []Point) error {
	slices.SortStableFunc(points, func(a, b Point) int { return cmp.Compare(a.Function, b.Function) })
	values, err := valuesAt(ctx, s.rows, points, s.units(), s.r.opt.Threads)
	if err != nil {
		return err
	}
	s.evaluated += float64(len(s.cand)) * float64(len(points))
	from := len(s.columns)
	for k, q := range points {
		if k == 0 || q.Function != points[k-1].Function {
			s.runs = append(s.runs, columnRun{q.Function, from + k, from + k})
		}
		s.runs[len(s.runs)-1].hi++
	}
	s.columns = append(s.columns, points...)
	for m, i := range s.chosen {
		q := slices.Clone(values.Row(i))
		for j := range m {
			dense.Axpy(-s.l[i][j], s.qs[j][from:], q)
		}
		dense.Scale(1/s.pivot[m], q)
		s.qs[m] = append(s.qs[m], q...)
	}
	for i := range s.cand {
		s.res[i] = append(s.res[i], values.Row(i)...)
		s.reduce(i, from)
	}
	return nil
}

// reduce turns the values of candidate i from a column of the sample on into
// residuals.
func (s *sampled[T]) reduce(i, from int) {
	if s.done[i] {
		clear(s.res[i][from:])
		return
	}
	for m, l := range s.l[i] {
		dense.Axpy(-l, s.qs[m][from:], s.res[i][from:])
	}
}

// join adds candidates to those that take part.
func (s *sampled[T]) join(ctx context.Context, candidates []int) error {
	if len(candidates) == 0 {
		return nil
	}
	sub := s.r.t.some(candidates)
	values, err := valuesAt(ctx, sub, s.columns, s.units(), s.r.opt.Threads)
	if err != nil {
		return err
	}
	at, err := valuesAt(ctx, sub, s.magic, s.units(), s.r.opt.Threads)
	if err != nil {
		return err
	}
	s.evaluated += float64(len(candidates)) * float64(len(s.columns)+len(s.magic))
	for k, p := range candidates {
		l := slices.Clone(at.Row(k))
		for m := range l {
			for j, u := range s.upper[m] {
				l[m] -= l[j] * u
			}
		}
		s.cand, s.l, s.res = append(s.cand, p), append(s.l, l), append(s.res, values.Row(k))
		s.done, s.barren, s.nu = append(s.done, false), append(s.barren, false), append(s.nu, 0)
		s.reduce(len(s.cand)-1, 0)
	}
	s.rows = s.r.t.some(s.cand)
	return nil
}

// units are scales of 1.
func (s *sampled[T]) units() []float64 {
	unit := make([]float64, len(s.scale))
	for f := range unit {
		unit[f] = 1
	}
	return unit
}
