package surrogate_test

import (
	"context"
	"errors"
	"math"
	"math/cmplx"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"eimtool/internal/dense"
	"eimtool/internal/matrix"
	"eimtool/internal/plan"
	"eimtool/internal/surrogate"
)

// assembled is the family A(μ) = C + Σ_x g(μ, x) K_x of full symmetric matrices:
// an assembly over points x with a known function g and parts that only the
// assembly knows.
type assembled struct {
	n        int
	x        []float64
	parts    [][]float64 // K_x by columns of the lower triangle
	fixed    []float64
	function string
	g        func(mu, x float64) complex128
	lo, hi   float64
}

// newAssembled gives the family 30 points in [0, 1].
func newAssembled(function string, lo, hi float64, g func(mu, x float64) complex128) *assembled {
	a := &assembled{n: 5, function: function, g: g, lo: lo, hi: hi}
	rng := rand.New(rand.NewPCG(3, 4))
	draw := func(diagonal float64) []float64 {
		var out []float64
		full(a.n, matrix.Symmetric).Each(func(_, i, j int) {
			v := rng.NormFloat64()
			if i == j {
				v = diagonal + math.Abs(v)
			}
			out = append(out, v)
		})
		return out
	}
	for k := range 30 {
		a.x = append(a.x, float64(k)/29)
		a.parts = append(a.parts, draw(1))
	}
	a.fixed = draw(40)
	return a
}

// at returns the stored values of A(mu).
func (a *assembled) at(mu float64) []complex128 {
	out := make([]complex128, len(a.fixed))
	for i, v := range a.fixed {
		out[i] = complex(v, 0)
	}
	for k, x := range a.x {
		g := a.g(mu, x)
		for i, v := range a.parts[k] {
			out[i] += g * complex(v, 0)
		}
	}
	return out
}

// plan chooses among 60 candidates.
func (a *assembled) plan(t *testing.T, tolerance float64, maxTerms int) *plan.Plan {
	t.Helper()
	points := dense.New[float64](len(a.x), 1)
	copy(points.Data, a.x)
	candidates := dense.New[float64](60, 1)
	for i := range candidates.Data {
		candidates.Data[i] = a.lo + (a.hi-a.lo)*float64(i)/59
	}
	p, err := plan.Select(context.Background(), &plan.Problem{
		Names: []string{"mu"}, Candidates: candidates, Columns: []string{"x"}, Points: points, Functions: []string{a.function},
	}, plan.Options{Tolerance: tolerance, MaxTerms: maxTerms})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// input simulates what the plan asks for; extra is added to every entry.
func (a *assembled) input(p *plan.Plan, complexField bool, s matrix.Symmetry, extra func(mu float64) complex128) *surrogate.PlanInput {
	c := closedForm{names: []string{"mu"}, pattern: full(a.n, s)}
	position := map[[2]int]int{}
	full(a.n, matrix.Symmetric).Each(func(k, i, j int) { position[[2]int{i, j}] = k })
	c.entry = func(mu []float64, i, j int) complex128 {
		return a.at(mu[0])[position[[2]int{max(i, j), min(i, j)}]] + extra(mu[0])
	}
	for m := range p.Mu.Rows {
		c.points = append(c.points, p.Mu.Row(m))
	}
	f := c.family(complexField)
	for i := range f.Samples {
		f.Samples[i].File = "planned.mtx"
	}
	return &surrogate.PlanInput{Plan: p, Family: f}
}

func nothing(float64) complex128 { return 0 }

func bumps() *assembled {
	return newAssembled("exp(-8*(x-mu)^2)", 0, 1, func(mu, x float64) complex128 {
		return complex(math.Exp(-8*(x-mu)*(x-mu)), 0)
	})
}

func waves() *assembled {
	return newAssembled("exp(1i*mu*x)", 0.5, 12, func(mu, x float64) complex128 { return cmplx.Exp(complex(0, mu*x)) })
}

// At new parameters A is met within its estimate, and β and its derivative are
// those of the interpolation.
func TestPlannedFamily(t *testing.T) {
	for name, c := range map[string]struct {
		a       *assembled
		complex bool
		terms   int
	}{"bump": {bumps(), false, 7}, "bump, few terms": {bumps(), false, 4}, "wave": {waves(), true, 9}} {
		p := c.a.plan(t, 0, c.terms)
		m, err := surrogate.BuildPlan(context.Background(), c.a.input(p, c.complex, matrix.Symmetric, nothing), surrogate.DefaultOptions())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if len(m.Warnings) > 0 || !m.Planned() || m.Exact() || m.TermCount() != c.terms || m.Parameters[0].Lo != c.a.lo || m.Parameters[0].Hi != c.a.hi {
			t.Fatalf("%s: %q, %+v", name, m.Warnings, m.Parameters)
		}
		rng := rand.New(rand.NewPCG(1, 2))
		var ratios []float64
		for range 200 {
			mu := c.a.lo + (c.a.hi-c.a.lo)*rng.Float64()
			at, err := m.At([]float64{mu})
			if err != nil {
				t.Fatal(err)
			}
			got, err := m.Assemble(context.Background(), at.Beta, 1)
			if err != nil {
				t.Fatal(err)
			}
			want := &matrix.Matrix{Pattern: full(c.a.n, matrix.Symmetric)}
			want.Complex = c.a.at(mu)
			e := matrix.Compare(want, got).RelativeFrobenius()
			if e > 1e-13 {
				ratios = append(ratios, at.Estimate/e)
			}
			d, err := m.Derivative([]float64{mu}, 0)
			if err != nil {
				t.Fatal(err)
			}
			const h = 1e-5
			up, _ := m.At([]float64{mu + h})
			down, _ := m.At([]float64{mu - h})
			for k := range d {
				if slope := (up.Beta[k] - down.Beta[k]) / (2 * h); cmplx.Abs(slope-d[k]) > 1e-6*(1+cmplx.Abs(d[k])) {
					t.Fatalf("%s: derivative %v of term %d at %g, difference quotient %v", name, d[k], k+1, mu, slope)
				}
			}
		}
		slices.Sort(ratios)
		if ratios[0] < 1 || ratios[len(ratios)/2] > 12 {
			t.Errorf("%s: estimate over error: least %.2g, median %.2g", name, ratios[0], ratios[len(ratios)/2])
		}
	}
}

// Right-hand sides that are assembled from the same functions have the same
// coefficients, and their own estimate.
func TestPlannedRightHandSide(t *testing.T) {
	a := bumps()
	p := a.plan(t, 0, 8)
	vector := func(mu float64) *dense.Matrix[complex128] {
		b := dense.New[complex128](a.n, 1)
		for k, x := range a.x {
			b.Data[k%a.n] += a.g(mu, x) * complex(2+math.Sin(float64(k*k)), 0)
		}
		return b
	}
	opt := surrogate.DefaultOptions()
	opt.RHS = &surrogate.RHS{}
	for m := range p.Mu.Rows {
		opt.RHS.Values = append(opt.RHS.Values, vector(p.Mu.At(m, 0)))
		opt.RHS.Files = append(opt.RHS.Files, "b.mtx")
	}
	m, err := surrogate.BuildPlan(context.Background(), a.input(p, false, matrix.Symmetric, nothing), opt)
	if err != nil {
		t.Fatal(err)
	}
	load := m.RealInverse.Load
	if !load.Planned || !load.Varies() || load.TermCount() != 8 {
		t.Fatalf("%+v", load)
	}
	for _, mu := range []float64{0.03, 0.31, 0.52, 0.77, 0.99} {
		phi, e, err := load.Coefficients([]float64{mu})
		if err != nil {
			t.Fatal(err)
		}
		got, want := load.Combine(phi), vector(mu)
		diff := 0.0
		for i, v := range got.Data {
			diff = math.Hypot(diff, v-real(want.Data[i]))
		}
		if diff /= dense.Norm(want.Data); diff > e || e > 100*diff+1e-9 {
			t.Errorf("b at %g: error %.2g, estimate %.2g", mu, diff, e)
		}
	}
}

// A part that does not depend linearly on the functions is noticed on the
// snapshots alone, and what cannot be combined is refused.
func TestPlanRefusals(t *testing.T) {
	a := bumps()
	p := a.plan(t, 1e-9, 0)
	m, err := surrogate.BuildPlan(context.Background(), a.input(p, false, matrix.Symmetric, func(mu float64) complex128 {
		return complex(1e-2*math.Sin(9*mu*mu), 0)
	}), surrogate.DefaultOptions())
	if err != nil || len(m.Warnings) != 1 || !strings.Contains(m.Warnings[0], "do not depend linearly") {
		t.Errorf("%v, %q", err, m.Warnings)
	}
	at, err := m.At([]float64{0.4321})
	if err != nil || at.Estimate < 1e-5 {
		t.Errorf("estimate of a family that is not linear: %+v, %v", at, err)
	}
	w := waves()
	q := w.plan(t, 1e-6, 0)
	for _, s := range []matrix.Symmetry{matrix.Symmetric, matrix.Hermitian} {
		var field *surrogate.FunctionFieldError
		if _, err := surrogate.BuildPlan(context.Background(), w.input(q, s == matrix.Hermitian, s, nothing), surrogate.DefaultOptions()); !errors.As(err, &field) {
			t.Errorf("complex functions and %v matrices: %v", s, err)
		}
	}
}
