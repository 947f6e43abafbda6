package partial

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"

	"eimtool/internal/family"
)

// matchTolerance is the distance, over the width of a parameter's range, within
// which a parameter counts as that of a candidate: programs print numbers with
// fewer digits than they were given.
const matchTolerance = 1e-6

// matcher finds candidates by their parameters.
type matcher struct {
	t     *family.Table
	width []float64 // of the range of every parameter
	order []int     // candidates by their first parameter
}

// newMatcher refuses candidates that cannot be told from each other.
func newMatcher(t *family.Table) (*matcher, error) {
	m := &matcher{t: t, order: make([]int, len(t.Samples))}
	for j := range t.Names {
		lo, hi := math.Inf(1), math.Inf(-1)
		for _, s := range t.Samples {
			lo, hi = min(lo, s.Mu[j]), max(hi, s.Mu[j])
		}
		m.width = append(m.width, hi-lo)
	}
	for i := range m.order {
		m.order[i] = i
	}
	slices.SortStableFunc(m.order, func(a, b int) int { return slices.Compare(t.Samples[a].Mu, t.Samples[b].Mu) })
	for k := 1; k < len(m.order); k++ {
		a, b := m.order[k-1], m.order[k]
		if slices.Equal(t.Samples[a].Mu, t.Samples[b].Mu) {
			return nil, &family.TableError{
				File: t.Source, Line: t.Samples[b].Line,
				Msg:  fmt.Sprintf("candidate %s is there already (%s)", t.Mu(b), t.Where(a)),
				Hint: "take the row out: candidates are told apart by their parameters",
			}
		}
	}
	return m, nil
}

// distance returns the largest distance of mu from candidate i over the width
// of the ranges.
func (m *matcher) distance(i int, mu []float64) float64 {
	far := 0.0
	for j, x := range m.t.Samples[i].Mu {
		if d := math.Abs(x - mu[j]); d > 0 {
			far = max(far, d/max(m.width[j], math.SmallestNonzeroFloat64))
		}
	}
	return far
}

// find returns the candidate of a row of table t.
func (m *matcher) find(t *family.Table, s family.Sample) (int, error) {
	best, least := -1, math.Inf(1)
	first := func(i int) float64 { return m.t.Samples[m.order[i]].Mu[0] }
	slack := matchTolerance * m.width[0]
	for k := sort.Search(len(m.order), func(i int) bool { return first(i) >= s.Mu[0]-slack }); k < len(m.order) && first(k) <= s.Mu[0]+slack; k++ {
		if d := m.distance(m.order[k], s.Mu); d < least {
			best, least = m.order[k], d
		}
	}
	if least <= matchTolerance {
		return best, nil
	}
	for i := range m.t.Samples {
		if d := m.distance(i, s.Mu); d < least {
			best, least = i, d
		}
	}
	e := &family.TableError{
		File: t.Source, Line: s.Line, Msg: fmt.Sprintf("no candidate has %s", assign(t.Names, s.Mu)),
		Hint: "copy the parameters from " + m.t.Source,
	}
	if best >= 0 {
		e.Hint += fmt.Sprintf("; the nearest candidate is %s (%s)", m.t.Mu(best), m.t.Where(best))
	}
	return 0, e
}

// assign writes "a=1, b=2".
func assign(names []string, values []float64) string {
	parts := make([]string, len(names))
	for j, name := range names {
		parts[j] = fmt.Sprintf("%s=%v", name, values[j])
	}
	return strings.Join(parts, ", ")
}
