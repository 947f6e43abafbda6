package coefficients

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/blas"

	"eimtool/internal/dense"
)

// simplicity orders kinds whose scores are equal up to round-off.
var simplicity = []string{KindAdaptive, KindAAA, KindBernstein, KindTrigonometric, KindFloaterHormann, KindGaussian, KindRational}

// rank is the score, +Inf for refused candidates; exact ones are equal.
func (c *candidate) rank() float64 {
	if math.IsNaN(c.score) {
		return math.Inf(1)
	}
	return max(c.score, exact)
}

// warped counts the parameters that are not taken as they are.
func (c *candidate) warped() int {
	n := 0
	for _, w := range c.space.warps {
		if w != WarpIdentity {
			n++
		}
	}
	return n
}

// byRank orders candidates by score, equal ones by simplicity of the kind and
// of the warps.
func byRank(a, b *candidate) int {
	if x, y := a.rank(), b.rank(); x < y {
		return -1
	} else if x > y {
		return 1
	}
	if d := slices.Index(simplicity, a.kind) - slices.Index(simplicity, b.kind); d != 0 {
		return d
	}
	return a.warped() - b.warped()
}

// fitted is a candidate with its part.
type fitted struct {
	*candidate
	part Part
}

// countEnds rescores all candidates with the samples at the ends, when the
// best of them does not model the family: predicting those is then no harder
// than the rest, and models that are wild near the ends show.
func countEnds(p *problem, all []*candidate) {
	best := math.Inf(1)
	for _, c := range all {
		best = min(best, c.rank())
	}
	if best <= notModelled {
		return
	}
	for _, c := range all {
		if c.res != nil {
			c.score = rootMean(c.res, c.res.Rows)
		}
	}
}

// choose sets the parts, scores and estimate of m from the candidates.
func (m *Model) choose(p *problem, all []*candidate, kind string) error {
	countEnds(p, all)
	slices.SortStableFunc(all, byRank)
	for _, c := range all {
		m.Scores = append(m.Scores, Score{Model: c.kind, Warps: c.space.warps, Score: c.score, Note: c.note})
	}
	best := bestOfKinds(all, m.Scores)
	own := best
	if kind != KindAuto {
		own = slices.DeleteFunc(slices.Clone(best), func(f *fitted) bool { return f.kind != kind })
	}
	if len(own) == 0 {
		if kind == KindAuto {
			m.constant(p)
			return nil
		}
		return fmt.Errorf("model %s cannot be fitted to these samples: %s", kind, notes(all, kind))
	}
	first := own[0]
	m.Averaged = 0
	for _, f := range own {
		if f == first || m.Averaged < maxAveraged && first.score > averageAbove && f.rank() <= averageWithin*first.rank() {
			m.Parts = append(m.Parts, f.part)
			m.Chosen = append(m.Chosen, f.kind)
			m.Averaged++
		}
	}
	second := m.addAuxiliary(best, first, own[:m.Averaged])
	m.estimate(p, own[:m.Averaged], second)
	return nil
}

// bestOfKinds builds the best candidate of every kind, in order of score;
// failures are noted in scores, which run parallel to all.
func bestOfKinds(all []*candidate, scores []Score) []*fitted {
	var best []*fitted
	for k, c := range all {
		if c.build == nil || math.IsInf(c.rank(), 1) || slices.ContainsFunc(best, func(f *fitted) bool { return f.kind == c.kind }) {
			continue
		}
		part, err := c.build()
		if err != nil {
			scores[k].Note = err.Error()
			continue
		}
		best = append(best, &fitted{c, part})
	}
	return best
}

// notes joins the reasons why a kind failed.
func notes(all []*candidate, kind string) string {
	var why []string
	for _, c := range all {
		if c.kind == kind && c.note != "" && !slices.Contains(why, c.note) {
			why = append(why, c.note)
		}
	}
	if len(why) == 0 {
		return "too few samples"
	}
	return strings.Join(why, "; ")
}

// addAuxiliary adds the part of the second kind and the fallback of rational
// parts, unless they are averaged already; it returns the second.
func (m *Model) addAuxiliary(best []*fitted, first *fitted, averaged []*fitted) *fitted {
	place := func(f *fitted) int {
		for k, a := range averaged {
			if a == f {
				return k
			}
		}
		m.Parts = append(m.Parts, f.part)
		return len(m.Parts) - 1
	}
	var second *fitted
	for _, f := range best {
		if f != first {
			second = f
			m.Second, m.RunnerUp = place(f), f.kind
			break
		}
	}
	if !slices.ContainsFunc(averaged, func(f *fitted) bool { return f.kind == KindRational }) &&
		(second == nil || second.kind != KindRational) {
		return second
	}
	for _, f := range best {
		switch {
		case f.kind == KindRational:
		case f == second:
			m.Fallback = m.Second
			return second
		default:
			m.Fallback = place(f)
			return second
		}
	}
	return second
}

// expand brings residuals into the coordinates of Samples.K.
func expand(p *problem, res *dense.Matrix[float64], full bool) *dense.Matrix[float64] {
	if full {
		return res
	}
	return product(blas.NoTrans, blas.NoTrans, res, p.basis)
}
