package lambda

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"sort"

	"eimtool/internal/dense"
	"eimtool/internal/scalar"
)

// Fit returns the weights of the dictionary, with the number of nodes, that
// combines the targets best at samples held out of the selection; all samples
// take part in the final one. Without targets it takes the first dictionary
// that exists. Errors as for FitKind; *UnavailableError when no dictionary does.
func Fit[T scalar.Scalar](ctx context.Context, in *Input[T]) (*Model[T], error) {
	in, err := in.withDefaults()
	if err != nil {
		return nil, err
	}
	held := heldOut(in.Alpha.Rows, in.Seed)
	type scored struct {
		c     *candidate[T]
		score Score
	}
	var all []scored
	var refused []Score
	for _, kind := range kinds {
		c, err := newCandidate(in, kind)
		var none *UnavailableError
		if errors.As(err, &none) {
			refused = append(refused, Score{Kind: kind, Error: math.MaxFloat64, Refusal: none.Msg})
			continue
		}
		if err != nil {
			return nil, err
		}
		if in.Target == nil && in.LogDets == nil || len(held) == 0 {
			return c.fit(ctx, in, in.MaxNodes)
		}
		score, err := c.score(ctx, in, held)
		if err != nil {
			return nil, err
		}
		if score.Nodes == 0 {
			refused = append(refused, score)
			continue
		}
		all = append(all, scored{c, score})
	}
	if len(all) == 0 {
		return nil, &UnavailableError{"usable", "the weights of all of them overflow"}
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].score.Error < all[j].score.Error })
	m, err := all[0].c.fit(ctx, in, all[0].score.Nodes)
	if err != nil {
		return nil, err
	}
	for _, s := range all {
		m.Scores = append(m.Scores, s.score)
	}
	m.Scores = append(m.Scores, refused...)
	return m, nil
}

// rounds is the number of times that samples are held out.
const rounds = 4

// heldOut returns disjoint sets of 5 to 10 samples, fewer when there are few:
// none of one sample.
func heldOut(n int, seed uint64) [][]int {
	if n < 2 {
		return nil
	}
	count := max(1, min(10, max(5, n/6), n/3))
	order := rand.New(rand.NewPCG(seed, 0x4e1d)).Perm(n)
	var sets [][]int
	for lo := 0; lo+count <= n && len(sets) < rounds; lo += count {
		sets = append(sets, order[lo:lo+count])
	}
	return sets
}

// score selects without the held-out samples and combines their targets with
// every number of nodes, once for every set of them.
func (c *candidate[T]) score(ctx context.Context, in *Input[T], held [][]int) (Score, error) {
	all := make([]Score, in.MaxNodes)
	for k := range all {
		all[k] = Score{Kind: c.kind, Nodes: k + 1}
	}
	for _, set := range held {
		selectable := make([]bool, in.Alpha.Rows)
		for i := range selectable {
			selectable[i] = true
		}
		for _, p := range set {
			selectable[p] = false
		}
		e, err := eliminate(ctx, c.table.Clone(), c.group, selectable, c.first(selectable), in.MaxNodes)
		if err != nil {
			return Score{}, err
		}
		all = all[:min(len(all), len(e.rows))]
		lower, upper := e.factors(len(e.rows))
		for k := range all {
			if err := ctx.Err(); err != nil {
				return Score{}, err
			}
			find := c.weigher(e, lower, upper, k+1)
			for _, p := range set {
				c.combine(in, e.rows[:k+1], find(p), p, &all[k])
			}
		}
	}
	curve := make([]float64, len(all))
	for k := range all {
		all[k].Error = all[k].total(in.LogDets != nil && in.Quantity == Joint)
		curve[k] = all[k].Error
	}
	s := generous(all, c.kind)
	s.Curve = curve
	return s, nil
}

// weigher returns the function that gives the weights of the first m nodes at
// a sample.
func (c *candidate[T]) weigher(e *elimination[T], lower, upper *dense.Matrix[T], m int) func(p int) []T {
	l := make([]T, m)
	if fitted(c.kind) {
		fit := newFit(c.table, e.rows[:m])
		return func(p int) []T {
			fit.weights(c.table.Row(p), l)
			return l
		}
	}
	return func(p int) []T {
		for k := range l {
			l[k] = c.table.At(p, e.cols[k])
		}
		weights(lower, upper, l)
		return l
	}
}

// lossShare is how much larger than the least the error with more nodes may
// be: the few held-out samples say no more than that, and more nodes are better
// in the mean.
const lossShare = 1.5

// generous returns the score of the most nodes whose error is within lossShare
// of the least; one without nodes when no error is finite.
func generous(all []Score, kind string) Score {
	least := math.MaxFloat64
	for _, s := range all {
		if s.Error < least {
			least = s.Error
		}
	}
	for k := len(all) - 1; k >= 0; k-- {
		if all[k].Error <= lossShare*least && all[k].Error < math.MaxFloat64 {
			return all[k]
		}
	}
	return Score{Kind: kind, Error: math.MaxFloat64, Refusal: "its weights overflow"}
}

// roundingError is the error below which two quantities are not weighed.
const roundingError = 1e-14

// total returns the error that counts.
func (s *Score) total(both bool) float64 {
	if both {
		return math.Sqrt(math.Max(s.Solutions, roundingError) * math.Max(s.LogDet, roundingError))
	}
	return math.Max(s.Solutions, s.LogDet)
}

// combine adds to s the errors of the target of sample p combined from the
// nodes with the weights l.
func (c *candidate[T]) combine(in *Input[T], nodes []int, l []T, p int, s *Score) {
	var abs float64
	for _, v := range l {
		abs += scalar.Abs(v)
	}
	s.AbsSum = math.Max(s.AbsSum, abs)
	logs := in.LogDets
	if in.Quantity == LogDet {
		logs = data(in.Target)
	} else if in.Target != nil {
		rest := append([]T(nil), in.Target.Row(p)...)
		size := dense.Norm(rest)
		for k, v := range l {
			q := nodes[k]
			dense.Axpy(-v*(c.scale[q]/c.scale[p]), in.Target.Row(q), rest)
		}
		if size > 0 {
			s.Solutions = math.Max(s.Solutions, dense.Norm(rest)/size)
		}
	}
	if in.Quantity != Inverse && logs != nil {
		n := scalar.Of[T](float64(in.Size), 0)
		rest := logs[p] - n*logarithm(c.scale[p])
		for k, v := range l {
			q := nodes[k]
			rest -= v * (logs[q] - n*logarithm(c.scale[q]))
		}
		s.LogDet = math.Max(s.LogDet, scalar.Abs(rest))
	}
}
