package sampled_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/cmplx"
	"math/rand/v2"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"eimtool/internal/dense"
	"eimtool/internal/logdet/sampled"
)

// closedForm is log det of a diagonal matrix with the elements 1·c₀ + Σ c_j μ_j,
// known exactly with its slopes.
type closedForm struct {
	lower, upper []float64
	constant     []complex128
	factor       [][]complex128 // per element, per parameter
}

func (c *closedForm) at(mu []float64) (value complex128, slope []complex128) {
	slope = make([]complex128, len(mu))
	for k, z := range c.constant {
		for j, m := range mu {
			z += c.factor[k][j] * complex(m, 0)
		}
		value += cmplx.Log(z)
		for j := range mu {
			slope[j] += c.factor[k][j] / z
		}
	}
	return value, slope
}

// surrogate is the exact log det, its phase on the principal branch.
func (c *closedForm) surrogate(_ context.Context, mu []float64) (float64, float64, []complex128, error) {
	v, slope := c.at(mu)
	return real(v), cmplx.Phase(cmplx.Exp(complex(0, imag(v)))), slope, nil
}

// samples evaluates the closed form at the points.
func (c *closedForm) samples(points [][]float64, complexes bool) *sampled.Samples {
	p := len(c.lower)
	s := &sampled.Samples{Mu: dense.New[float64](len(points), p), Slope: dense.New[complex128](len(points), p), SlopeError: 1e-13}
	for j := range p {
		s.Names = append(s.Names, string(rune('a'+j)))
	}
	for i, mu := range points {
		copy(s.Mu.Row(i), mu)
		l, phase, slope, _ := c.surrogate(context.Background(), mu)
		s.LogAbs = append(s.LogAbs, l)
		if complexes {
			s.Phase = append(s.Phase, phase)
		}
		copy(s.Slope.Row(i), slope)
	}
	return s
}

// valuesOnly returns s without slopes and surrogate.
func valuesOnly(s *sampled.Samples) *sampled.Samples {
	t := *s
	t.Slope, t.SlopeError, t.Surrogate = nil, math.Inf(1), nil
	return &t
}

// halton returns n points of the box.
func (c *closedForm) halton(n, from int) [][]float64 {
	bases := []int{2, 3, 5, 7}
	out := make([][]float64, n)
	for i := range out {
		for j := range c.lower {
			v, scale := 0.0, 1.0
			for k := i + from; k > 0; k /= bases[j] {
				scale /= float64(bases[j])
				v += scale * float64(k%bases[j])
			}
			out[i] = append(out[i], c.lower[j]+v*(c.upper[j]-c.lower[j]))
		}
	}
	return out
}

// line returns n equidistant points of a box of one parameter.
func (c *closedForm) line(n int) [][]float64 {
	out := make([][]float64, n)
	for i := range out {
		out[i] = []float64{c.lower[0] + (c.upper[0]-c.lower[0])*float64(i)/float64(n-1)}
	}
	return out
}

// positive is a real family with two parameters.
func positive() *closedForm {
	c := &closedForm{lower: []float64{0.2, 1}, upper: []float64{2, 5}}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		c.constant = append(c.constant, complex(0.3+rng.Float64(), 0))
		c.factor = append(c.factor, []complex128{complex(rng.Float64(), 0), complex(rng.Float64(), 0)})
	}
	return c
}

// resonant is a complex family with one parameter and eigenvalues at the given
// distance from it.
func resonant(distance float64) *closedForm {
	c := &closedForm{lower: []float64{1}, upper: []float64{5}}
	for k := range 7 {
		c.constant = append(c.constant, complex(-0.8-0.7*float64(k), distance*(1+0.2*float64(k))))
		c.factor = append(c.factor, []complex128{1})
	}
	return c
}

func fit(t *testing.T, s *sampled.Samples, opt sampled.Options) *sampled.Model {
	t.Helper()
	m, err := sampled.Fit(context.Background(), s, opt)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// worst compares the model with the closed form: largest errors of log|det| and
// of the phase, largest error of the gradient, and the share of points where
// the estimates of both hold.
func (c *closedForm) worst(t *testing.T, m *sampled.Model, points [][]float64) (value, phase, gradient, cover float64) {
	t.Helper()
	held, total := 0, 0
	for _, mu := range points {
		got, err := m.At(mu)
		if err != nil {
			t.Fatal(err)
		}
		want, slope := c.at(mu)
		e := math.Abs(got.LogAbs - real(want))
		value = max(value, e)
		total++
		if e <= got.Estimate {
			held++
		}
		if got.HasPhase {
			e = math.Abs(math.Remainder(got.Phase-imag(want), 2*math.Pi))
			phase = max(phase, e)
			total++
			if e <= got.PhaseEstimate {
				held++
			}
		}
		for j, g := range got.Gradient {
			d := g - slope[j]
			if !got.HasPhase {
				d = complex(real(d), 0)
			}
			gradient = max(gradient, cmplx.Abs(d))
		}
	}
	return value, phase, gradient, float64(held) / float64(total)
}

func TestSlopesBetterValues(t *testing.T) {
	c := positive()
	tests := c.halton(200, 1000)
	s := c.samples(c.halton(20, 1), false)
	plain, _, _, cover := c.worst(t, fit(t, valuesOnly(s), sampled.Options{}), tests)
	if cover < 0.9 {
		t.Errorf("values: estimate holds at %.0f %% of the points", 100*cover)
	}
	sloped, _, gradient, cover := c.worst(t, fit(t, s, sampled.Options{}), tests)
	if !(sloped < plain/5) || sloped > 1e-3 {
		t.Errorf("error %.1e with slopes, %.1e without", sloped, plain)
	}
	if gradient > 1e-2 {
		t.Errorf("error %.1e of the gradient", gradient)
	}
	if cover < 0.95 {
		t.Errorf("slopes: estimate holds at %.0f %% of the points", 100*cover)
	}
}

func TestVirtualNodes(t *testing.T) {
	for _, c := range []struct {
		name                       string
		family                     *closedForm
		points                     [][]float64
		complexes                  bool
		value, phase, gradient     float64
		tolerance                  float64
		mostNodes, expectedAtLeast int
	}{
		{"two parameters", positive(), positive().halton(12, 1), false, 1e-8, 0, 1e-6, 0, 60, 1},
		{"tolerance", positive(), positive().halton(12, 1), false, 1e-4, 0, 1e-1, 1e-4, 60, 1},
		{"resonances", resonant(0.1), resonant(0.1).line(20), true, 1e-6, 1e-6, 1e-3, 0, 100, 50},
		{"resonances, tolerance", resonant(0.1), resonant(0.1).line(20), true, 1e-3, 1e-3, 1, 1e-3, 100, 5},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := c.family.samples(c.points, c.complexes)
			var calls atomic.Int64
			s.Surrogate = func(ctx context.Context, mu []float64) (float64, float64, []complex128, error) {
				calls.Add(1)
				for j, x := range mu {
					if x < c.family.lower[j] || x > c.family.upper[j] {
						t.Errorf("asked at %v, outside the box", mu)
					}
				}
				return c.family.surrogate(ctx, mu)
			}
			m := fit(t, s, sampled.Options{MaxNodes: c.mostNodes, Tolerance: c.tolerance})
			checks := 10 // points where the model is compared with the surrogate
			if len(c.family.lower) == 2 {
				checks += 4 // corners
			}
			if n := int(calls.Load()) - checks; n > c.mostNodes || n < c.expectedAtLeast || n != m.LogAbs.Virtual {
				t.Errorf("the surrogate gave %d nodes, at most %d allowed, %d recorded", n, c.mostNodes, m.LogAbs.Virtual)
			}
			var tests [][]float64
			for _, mu := range c.family.halton(300, 1000) { // inside the box of the samples
				inside := true
				for j, x := range mu {
					inside = inside && x >= m.Lower[j] && x <= m.Upper[j]
				}
				if inside {
					tests = append(tests, mu)
				}
			}
			value, phase, gradient, cover := c.family.worst(t, m, tests)
			const seeds = 6 // other points of comparison
			s.Surrogate = c.family.surrogate
			for seed := uint64(1); seed < seeds && c.tolerance > 0 && !c.complexes; seed++ {
				other := fit(t, s, sampled.Options{MaxNodes: c.mostNodes, Tolerance: c.tolerance, Seed: seed})
				_, _, _, more := c.family.worst(t, other, tests)
				cover += (more - cover) / float64(seed+1)
			}
			t.Logf("%s, %d nodes: errors %.1e, phase %.1e, gradient %.1e, cover %.2f", m.LogAbs.Kind, calls.Load(), value, phase, gradient, cover)
			if value > c.value || phase > c.phase || gradient > c.gradient {
				t.Errorf("errors %.1e, phase %.1e, gradient %.1e", value, phase, gradient)
			}
			if cover < 0.95 {
				t.Errorf("estimates hold at %.0f %% of the points", 100*cover)
			}
			if (m.Phase != nil) != c.complexes {
				t.Errorf("phase: %v", m.Phase != nil)
			}
		})
	}
}

// TestSurrogateFails: points where the surrogate fails are done without.
func TestSurrogateFails(t *testing.T) {
	c := resonant(0.1)
	s := c.samples(c.line(20), true)
	s.Surrogate = func(ctx context.Context, mu []float64) (float64, float64, []complex128, error) {
		if mu[0] > 3 {
			return 0, 0, nil, errors.New("singular")
		}
		return c.surrogate(ctx, mu)
	}
	m := fit(t, s, sampled.Options{MaxNodes: 30})
	if m.LogAbs.Virtual == 0 {
		t.Error("no node was added")
	}
	if value, _, _, _ := c.worst(t, m, c.halton(100, 1)); value > 0.1 {
		t.Errorf("error %.1e", value)
	}
}

func TestGarbageSlopesAreNotUsed(t *testing.T) {
	c := positive()
	tests := c.halton(100, 1000)
	s := c.samples(c.halton(30, 1), false)
	rng := rand.New(rand.NewPCG(3, 4))
	for i := range s.Slope.Data {
		s.Slope.Data[i] *= complex(1+0.5*rng.NormFloat64(), 0)
	}
	plain, _, _, _ := c.worst(t, fit(t, valuesOnly(s), sampled.Options{}), tests)
	for _, claimed := range []float64{1e-13, 1e3} {
		s.SlopeError = claimed
		m := fit(t, s, sampled.Options{})
		if value, _, _, _ := c.worst(t, m, tests); value > plain {
			t.Errorf("error %.1e with garbage slopes, %.1e without", value, plain)
		}
		for _, score := range m.Scores {
			if score.Slopes && claimed > 1 {
				t.Errorf("%s used slopes that are said to be wrong", score.Model)
			}
		}
	}
}

func TestPhase(t *testing.T) {
	slow, fast := resonant(2), resonant(0.02)
	plane := &closedForm{lower: []float64{0, 0}, upper: []float64{1, 1}}
	vortex := &closedForm{lower: []float64{-1, -1}, upper: []float64{1, 1}, constant: []complex128{0.013 + 0.017i}, factor: [][]complex128{{1, 1i}}}
	for k := range 5 {
		plane.constant = append(plane.constant, complex(0.5+0.1*float64(k), 0.4))
		plane.factor = append(plane.factor, []complex128{2i, complex(-1, float64(k))})
	}
	for _, c := range []struct {
		name   string
		family *closedForm
		points [][]float64
		slopes bool
		has    bool
		err    float64
	}{
		{"slow, values", slow, slow.line(20), false, true, 1e-2},
		{"slow, slopes", slow, slow.line(10), true, true, 1e-2},
		{"fast, values", fast, fast.line(20), false, false, 0},
		{"plane, slopes", plane, plane.halton(30, 1), true, true, 2e-2},
		{"vortex, slopes", vortex, vortex.halton(40, 1), true, false, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := c.family.samples(c.points, true)
			if !c.slopes {
				s = valuesOnly(s)
			}
			m := fit(t, s, sampled.Options{})
			if (m.Phase != nil) != c.has {
				t.Fatalf("phase known: %v, want %v", m.Phase != nil, c.has)
			}
			var tests [][]float64
			for _, mu := range c.family.halton(100, 1000) {
				if v, err := m.At(mu); err == nil && v.Extrapolation == 0 {
					tests = append(tests, mu)
				}
			}
			if _, phase, _, _ := c.family.worst(t, m, tests); phase > c.err {
				t.Errorf("phase errs by %.1e", phase)
			}
		})
	}
}

// TestGradient compares gradients with difference quotients of the values, for
// models of every kind that wins on some of these samples.
func TestGradient(t *testing.T) {
	c, r := positive(), resonant(0.5)
	var grid [][]float64
	for i := range 7 {
		for j := range 6 {
			grid = append(grid, []float64{0.2 + 0.3*float64(i), 1 + 0.8*float64(j)})
		}
	}
	models := []*sampled.Model{
		fit(t, valuesOnly(c.samples(grid, false)), sampled.Options{}),
		fit(t, c.samples(c.halton(8, 1), false), sampled.Options{}),
		fit(t, c.samples(c.halton(30, 1), false), sampled.Options{}),
		fit(t, valuesOnly(r.samples(r.line(12), true)), sampled.Options{}),
		fit(t, r.samples(r.line(30), true), sampled.Options{}),
		fit(t, r.samples(r.line(7), true), sampled.Options{}),
	}
	rapid.Check(t, func(t *rapid.T) {
		m := models[rapid.IntRange(0, len(models)-1).Draw(t, "model")]
		mu := make([]float64, len(m.Names))
		for j := range mu {
			mu[j] = m.Lower[j] + rapid.Float64Range(0.02, 0.98).Draw(t, "mu")*(m.Upper[j]-m.Lower[j])
		}
		at, err := m.At(mu)
		if err != nil {
			t.Fatal(err)
		}
		for j := range mu {
			h := 1e-3 * (m.Upper[j] - m.Lower[j])
			mu[j] += h
			right, _ := m.At(mu)
			mu[j] -= 2 * h
			left, _ := m.At(mu)
			mu[j] += h
			got, want := real(at.Gradient[j]), (right.LogAbs-left.LogAbs)/(2*h)
			if math.Abs(got-want) > 1e-3*(1+math.Abs(want)) {
				t.Fatalf("%s: slope %v, difference quotient %v", m.LogAbs.Kind, got, want)
			}
			got, want = imag(at.Gradient[j]), (right.Phase-left.Phase)/(2*h)
			if math.Abs(got-want) > 1e-3*(1+math.Abs(want)) {
				t.Fatalf("phase: slope %v, difference quotient %v", got, want)
			}
		}
	})
}

func TestThroughSamples(t *testing.T) {
	c := resonant(0.3)
	s := c.samples(c.line(25), true)
	m := fit(t, s, sampled.Options{})
	for i := range s.Mu.Rows {
		v, err := m.At(s.Mu.Row(i))
		if err != nil || math.Abs(v.LogAbs-s.LogAbs[i]) > 1e-6 {
			t.Errorf("sample %d: %v instead of %v (%v)", i, v.LogAbs, s.LogAbs[i], err)
		}
	}
}

func TestExtrapolation(t *testing.T) {
	c := positive()
	m := fit(t, c.samples(c.halton(30, 1), false), sampled.Options{})
	before := 0.0
	for _, out := range []float64{0, 0.05, 0.2, 0.5, 0.9, 1.5} {
		mu := []float64{m.Upper[0] + out*(m.Upper[0]-m.Lower[0]), 3}
		v, err := m.At(mu)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(v.Extrapolation-out) > 1e-12 {
			t.Errorf("extrapolation %v, want %v", v.Extrapolation, out)
		}
		if v.Estimate < before {
			t.Errorf("estimate %v at %v box widths outside is smaller than nearer", v.Estimate, out)
		}
		want, _ := c.at(mu)
		if e := math.Abs(v.LogAbs - real(want)); e > v.Estimate {
			t.Errorf("error %v, estimate %v at %v box widths outside", e, v.Estimate, out)
		}
		before = v.Estimate
	}
	if !math.IsInf(before, 1) {
		t.Errorf("estimate %v far outside", before)
	}
}

// TestFewSamples: whatever there is gives an answer.
func TestFewSamples(t *testing.T) {
	c := positive()
	for n := 1; n <= 8; n++ {
		for _, slopes := range []bool{false, true} {
			s := c.samples(c.halton(n, 1), false)
			if !slopes {
				s = valuesOnly(s)
			}
			v, err := fit(t, s, sampled.Options{}).At(s.Mu.Row(0))
			if err != nil || v.LogAbs-v.LogAbs != 0 || !(v.Estimate >= 0) {
				t.Errorf("%d samples, slopes %v: %+v, %v", n, slopes, v, err)
			}
		}
	}
	r := resonant(1)
	for n := 2; n <= 8; n++ {
		v, err := fit(t, r.samples(r.line(n), true), sampled.Options{}).At([]float64{2.2})
		if err != nil || v.LogAbs-v.LogAbs != 0 || !(v.Estimate >= 0) {
			t.Errorf("%d samples: %+v, %v", n, v, err)
		}
	}
}

// TestConstantAndEqual: a parameter that does not vary and samples given twice.
func TestConstantAndEqual(t *testing.T) {
	c := positive()
	points := c.halton(20, 1)
	for _, mu := range points {
		mu[1] = 2
	}
	points = append(points, points[3])
	s := c.samples(points, false)
	m := fit(t, s, sampled.Options{})
	var tests [][]float64
	for k := range 50 {
		tests = append(tests, []float64{m.Lower[0] + (m.Upper[0]-m.Lower[0])*float64(k)/49, 2})
	}
	for _, mu := range tests {
		v, err := m.At(mu)
		want, _ := c.at(mu)
		if err != nil || math.Abs(v.LogAbs-real(want)) > 1e-5 {
			t.Fatalf("%v: %v instead of %v, %v", mu, v.LogAbs, real(want), err)
		}
	}
	if v, err := m.At([]float64{1, 3}); err != nil || !math.IsInf(v.Estimate, 1) {
		t.Errorf("estimate %v where a constant parameter changes, %v", v.Estimate, err)
	}
}

func TestThreads(t *testing.T) {
	c := resonant(0.2)
	p := positive()
	for name, s := range map[string]*sampled.Samples{"line": c.samples(c.line(20), true), "plane": p.samples(p.halton(15, 1), false)} {
		s.Surrogate = c.surrogate
		if name == "plane" {
			s.Surrogate = p.surrogate
		}
		one := fit(t, s, sampled.Options{Threads: 1, MaxNodes: 15})
		four := fit(t, s, sampled.Options{Threads: 4, MaxNodes: 15})
		if !reflect.DeepEqual(one, four) {
			t.Errorf("%s: the model depends on the number of threads", name)
		}
	}
}

func TestBadSamples(t *testing.T) {
	good := func() *sampled.Samples { return resonant(1).samples(resonant(1).line(5), true) }
	for _, c := range []struct {
		spoil func(*sampled.Samples)
		want  string
	}{
		{func(s *sampled.Samples) { s.Mu = nil }, "no samples"},
		{func(s *sampled.Samples) { s.Names = nil }, "0 parameter names for 1"},
		{func(s *sampled.Samples) { s.LogAbs = s.LogAbs[1:] }, "4 values of log|det| for 5 samples"},
		{func(s *sampled.Samples) { s.Phase = s.Phase[1:] }, "4 phases for 5 samples"},
		{func(s *sampled.Samples) { s.Slope.Cols = 2 }, "slopes are 5×2"},
		{func(s *sampled.Samples) { s.LogAbs[2] = math.Inf(-1) }, "sample 3: log|det| is -Inf"},
		{func(s *sampled.Samples) { s.Phase[1] = math.NaN() }, "sample 2: the phase is NaN"},
		{func(s *sampled.Samples) { s.Mu.Data[4] = math.NaN() }, "sample 5: parameter a is NaN"},
	} {
		s := good()
		c.spoil(s)
		if _, err := sampled.Fit(context.Background(), s, sampled.Options{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
	m := fit(t, good(), sampled.Options{})
	for _, mu := range [][]float64{nil, {1, 2}, {math.NaN()}} {
		if _, err := m.At(mu); err == nil {
			t.Errorf("no error at %v", mu)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := sampled.Fit(ctx, good(), sampled.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}

func ExampleModel_At() {
	c := positive()
	s := c.samples(c.halton(30, 1), false)
	m, err := sampled.Fit(context.Background(), s, sampled.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	v, _ := m.At([]float64{1, 2})
	exact, _ := c.at([]float64{1, 2})
	fmt.Println(math.Abs(v.LogAbs-real(exact)) < 1e-4, v.HasPhase)
	// Output: true false
}
