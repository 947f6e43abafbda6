package sampled_test

import (
	"flag"
	"math"
	"slices"
	"testing"

	"eimtool/internal/dense"
	"eimtool/internal/logdet/sampled"
	"eimtool/internal/scalar"
)

var long = flag.Bool("long", false, "measure accuracy on all families and numbers of samples")

// spread picks n samples: those at the ends of the parameters' ranges, then the
// ones farthest from all before.
func spread(mu *dense.Matrix[float64], n int) []int {
	distance := make([]float64, mu.Rows)
	lo, hi := make([]float64, mu.Cols), make([]float64, mu.Cols)
	for j := range lo {
		lo[j], hi[j] = math.Inf(1), math.Inf(-1)
		for i := range mu.Rows {
			lo[j], hi[j] = min(lo[j], mu.At(i, j)), max(hi[j], mu.At(i, j))
		}
	}
	for i := range distance {
		distance[i] = math.Inf(1)
	}
	var out []int
	take := func(at int) {
		out = append(out, at)
		for i := range distance {
			var q float64
			for j := range lo {
				v := (mu.At(i, j) - mu.At(at, j)) / (hi[j] - lo[j])
				q += v * v
			}
			distance[i] = min(distance[i], q)
		}
	}
	for j := range lo {
		for i := range mu.Rows {
			if (mu.At(i, j) == lo[j] || mu.At(i, j) == hi[j]) && distance[i] > 0 {
				take(i)
			}
		}
	}
	for len(out) < n {
		best := 0
		for i, d := range distance {
			if d > distance[best] {
				best = i
			}
		}
		take(best)
	}
	return out
}

// part returns the samples idx of s.
func part(s *sampled.Samples, idx []int) *sampled.Samples {
	out := *s
	out.Mu, out.LogAbs, out.Phase, out.Slope = s.Mu.SelectRows(idx), nil, nil, s.Slope.SelectRows(idx)
	for _, i := range idx {
		out.LogAbs = append(out.LogAbs, s.LogAbs[i])
		if s.Phase != nil {
			out.Phase = append(out.Phase, s.Phase[i])
		}
	}
	return &out
}

// goal is what is asked of a model of some of the samples of a family.
type goal struct {
	nodes        int // samples used, 0: all
	virtual      int // most nodes of the surrogate
	value, phase float64
	long         bool // with -long alone
}

func testFamily[T scalar.Scalar](t *testing.T, name string, goals []goal) {
	if !*long && !slices.ContainsFunc(goals, func(g goal) bool { return !g.long }) {
		t.Skip("accuracy table: -long")
	}
	family := loadFamily[T](t, name)
	all := make([]int, family.mu.Rows)
	for i := range all {
		all[i] = i
	}
	s := family.samples(t, all, true)
	tests := readReferences(t, name, len(family.names))
	for _, g := range goals {
		if g.long && !*long {
			continue
		}
		idx := all
		if g.nodes > 0 {
			idx = spread(s.Mu, g.nodes)
		}
		most := g.virtual
		if most == 0 {
			most = -1
		}
		m := fit(t, part(s, idx), sampled.Options{MaxNodes: most})
		var value, phase, ratio float64
		held := 0
		for i, mu := range tests.mu {
			v, err := m.At(mu)
			if err != nil {
				t.Fatal(err)
			}
			e := math.Abs(v.LogAbs - tests.logAbs[i])
			value = max(value, e)
			ratio = max(ratio, e/v.Estimate)
			if e <= v.Estimate {
				held++
			}
			if v.HasPhase {
				phase = max(phase, math.Abs(math.Remainder(v.Phase-tests.phase[i], 2*math.Pi)))
			}
		}
		t.Logf("%s, %d samples, %d virtual: %s, error %.1e, phase %.1e, estimate holds at %d of %d, error/estimate at most %.1f",
			name, len(idx), m.LogAbs.Virtual, m.LogAbs.Kind, value, phase, held, len(tests.mu), ratio)
		if value > g.value || phase > g.phase || ratio > 3 {
			t.Errorf("%d samples: error %.1e, at most %.1e wanted; phase %.1e, %.1e; error/estimate %.1f", len(idx), value, g.value, phase, g.phase, ratio)
		}
	}
}

func TestElasticity(t *testing.T) {
	testFamily[float64](t, "elasticity-geo", []goal{
		{15, 0, 2e-2, 0, true},
		{20, 0, 6e-3, 0, true},
		{30, 0, 6e-3, 0, true},
		{45, 0, 4e-3, 0, true},
		{0, 0, 3e-4, 0, true},
	})
}

func TestCovariance(t *testing.T) {
	testFamily[float64](t, "gp-kernel", []goal{{20, 0, 1, 0, false}, {0, 0, 1.2e-3, 0, true}, {20, 60, 2e-2, 0, true}})
}

func TestRoom(t *testing.T) {
	testFamily[complex128](t, "helmholtz2d", []goal{
		{0, 0, 1e-2, 1e-2, false},
		{0, 32, 7e-5, 2e-4, false},
		{0, 64, 1e-5, 4e-5, true},
		{0, 100, 2e-6, 2e-6, true},
	})
}
