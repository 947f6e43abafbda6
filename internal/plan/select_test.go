package plan_test

import (
	"flag"
	"fmt"
	"math"
	"math/cmplx"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"eimtool/internal/dense"
	"eimtool/internal/eim"
	"eimtool/internal/plan"
)

// even returns n numbers from lo to hi at equal distances.
func even(n int, lo, hi float64) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = lo + (hi-lo)*float64(i)/float64(max(n-1, 1))
	}
	return x
}

// column returns the matrix of one column.
func column(x []float64) *dense.Matrix[float64] {
	return &dense.Matrix[float64]{Rows: len(x), Cols: 1, Data: x}
}

// product returns all pairs.
func product(a, b []float64) *dense.Matrix[float64] {
	m := dense.New[float64](0, 2)
	for _, x := range a {
		for _, y := range b {
			m.Data = append(m.Data, x, y)
		}
	}
	m.Rows = len(a) * len(b)
	return m
}

// wave is e^{ikr} for wave numbers from 0.5 to most.
func wave(candidates int, most float64) *plan.Problem {
	return &plan.Problem{
		Names: []string{"k"}, Candidates: column(even(candidates, 0.5, most)),
		Columns: []string{"r"}, Points: column(even(2000, 0.002, 2)), Functions: []string{"exp(1i*k*r)"},
	}
}

func selected(t *testing.T, p *plan.Problem, opt plan.Options) *plan.Plan {
	t.Helper()
	pl, err := plan.Select(t.Context(), p, opt)
	if err != nil {
		t.Fatal(err)
	}
	return pl
}

var long = flag.Bool("long", false, "the larger tables too")

// TestWaveTerms holds the numbers of terms that e^{ikr}, r ≤ 2, takes for an
// error of 1e-6: with the constant, which the function does not need, and
// without.
func TestWaveTerms(t *testing.T) {
	for _, c := range []struct {
		candidates    int
		most          float64
		with, without int
	}{
		{160, 10, 12, 13}, {160, 20, 17, 18}, {160, 40, 26, 26}, {200, 80, 41, 41},
	} {
		if c.most > 20 && !*long {
			continue
		}
		p := wave(c.candidates, c.most)
		for constant, want := range map[bool]int{true: c.with, false: c.without} {
			p.NoConstant = !constant
			pl := selected(t, p, plan.Options{Tolerance: 1e-6})
			if pl.Terms() > want || pl.Error > 1e-6 || pl.Stop != eim.StopTolerance || len(pl.Warnings) > 0 {
				t.Errorf("k up to %g, constant %v: %d terms, error %g, %s, %q", c.most, constant, pl.Terms(), pl.Error, pl.Stop, pl.Warnings)
			}
			if first := pl.Magic[0].Function; (first < 0) != constant {
				t.Errorf("first magic point of function %d", first)
			}
		}
	}
}

// TestExactRank holds that a sum of products is exhausted by as many terms as
// it has products, and one for the constant.
func TestExactRank(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rank := rapid.IntRange(1, 5).Draw(t, "rank")
		memory := rapid.SampledFrom([]int64{0, 8500 << 10}).Draw(t, "memory")
		var terms []string
		for k := 1; k <= rank; k++ {
			terms = append(terms, fmt.Sprintf("%g*cos(%d*mu)*x^%d", rapid.Float64Range(0.5, 2).Draw(t, "factor"), k, k))
		}
		p := &plan.Problem{
			Names: []string{"mu"}, Candidates: column(even(300, 0, 1)), Columns: []string{"x"}, Points: column(even(2500, 0, 1)),
			Functions: []string{strings.Join(terms, " + "), "x"},
		}
		pl, err := plan.Select(t.Context(), p, plan.Options{Memory: memory})
		if err != nil {
			t.Fatal(err)
		}
		if pl.Terms() != rank+1 || pl.Error > 1e-13 || pl.Stop != eim.StopFloor && pl.Stop != eim.StopRank {
			t.Fatalf("rank %d: %d terms, error %g, %s", rank, pl.Terms(), pl.Error, pl.Stop)
		}
		if len(pl.Warnings) != 1 || !strings.Contains(pl.Warnings[0], "function 2, x, depends on no parameter") {
			t.Fatalf("%q", pl.Warnings)
		}
		seen := map[string]bool{}
		for _, q := range append(pl.Checks, pl.Magic...) {
			seen[fmt.Sprint(q.Function, q.Index)] = true
		}
		if len(seen) != 10+pl.Terms() {
			t.Fatalf("%d different points of %d terms", len(seen), pl.Terms())
		}
	})
}

// TestInterpolation holds that β reproduces the chosen parameters and, at any
// parameter, the values at the magic points.
func TestInterpolation(t *testing.T) {
	g := func(s int, k, a, r float64) complex128 {
		if s == 0 {
			return cmplx.Exp(complex(-a*r, k*r))
		}
		return complex(1/(1+k*r+a), 0)
	}
	p := &plan.Problem{
		Names: []string{"k", "a"}, Candidates: product(even(20, 0.5, 6), even(10, 0, 2)),
		Columns: []string{"r"}, Points: column(even(600, 0, 2)),
		Functions: []string{"exp(1i*k*r)*exp(-a*r)", "1/(1+k*r+a)"}, Weights: []float64{1, 3},
	}
	pl := selected(t, p, plan.Options{Tolerance: 1e-5})
	ip, err := pl.Compile()
	if err != nil {
		t.Fatal(err)
	}
	for m := range pl.Terms() {
		beta, check, err := ip.At(pl.Mu.Row(m))
		if err != nil {
			t.Fatal(err)
		}
		for j, b := range beta {
			want := complex128(0)
			if j == m {
				want = 1
			}
			if cmplx.Abs(b-want) > 1e-9 {
				t.Errorf("at parameter %d of the plan, coefficient %d is %v", m, j, b)
			}
		}
		if check > 1e-13 {
			t.Errorf("at parameter %d of the plan the error is %g", m, check)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		mu := []float64{rapid.Float64Range(0.5, 6).Draw(t, "k"), rapid.Float64Range(0, 2).Draw(t, "a")}
		beta, check, err := ip.At(mu)
		if err != nil {
			t.Fatal(err)
		}
		off := func(q plan.Point) float64 {
			if q.Function < 0 {
				sum := complex128(-1)
				for _, b := range beta {
					sum += b
				}
				return cmplx.Abs(sum)
			}
			e := g(q.Function, mu[0], mu[1], q.X[0])
			for m, b := range beta {
				e -= b * g(q.Function, pl.Mu.At(m, 0), pl.Mu.At(m, 1), q.X[0])
			}
			return cmplx.Abs(e) / pl.Scales[q.Function]
		}
		for l, q := range pl.Magic {
			if e := off(q); e > 1e-12 {
				t.Fatalf("magic point %d is off by %g", l, e)
			}
		}
		worst := 0.0
		for _, q := range pl.Checks {
			worst = max(worst, off(q))
		}
		if math.Abs(worst-check) > 1e-13 || check > 3e-5 {
			t.Fatalf("error %g at the check points, want %g", check, worst)
		}
		// Measure against all points.
		var most, over float64
		for s := range p.Functions {
			var e, least float64 = 0, math.Inf(1)
			for i := range p.Points.Rows {
				q := plan.Point{Function: s, X: p.Points.Row(i)}
				e, least = max(e, off(q)*pl.Weights[s]), min(least, cmplx.Abs(g(s, mu[0], mu[1], q.X[0])))
			}
			most, over = max(most, e), max(over, e*pl.Scales[s]/pl.Weights[s]/least)
		}
		relative, overLeast, err := plan.Measure(t.Context(), p, pl, &dense.Matrix[float64]{Rows: 1, Cols: 2, Data: mu}, 1)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(relative[0]-most) > 1e-13 || math.Abs(overLeast[0]-over) > 1e-12*(1+over) {
			t.Fatalf("measured %g and %g, want %g and %g", relative[0], overLeast[0], most, over)
		}
	})
}

// TestMeasured holds the errors of a plan against Measure at its candidates.
func TestMeasured(t *testing.T) {
	p := wave(120, 10)
	for _, memory := range []int64{0, 9 << 20} {
		pl := selected(t, p, plan.Options{Tolerance: 1e-4, Memory: memory})
		relative, overLeast, err := plan.Measure(t.Context(), p, pl, p.Candidates, 0)
		if err != nil {
			t.Fatal(err)
		}
		var worst, over float64
		for i := range relative {
			worst, over = max(worst, relative[i]), max(over, overLeast[i])
		}
		if math.Abs(worst-pl.Error) > 1e-13 || math.Abs(over-pl.ErrorOverLeast) > 1e-13 {
			t.Errorf("measured %g and %g, the plan says %g and %g", worst, over, pl.Error, pl.ErrorOverLeast)
		}
		if (pl.Passes == 1) != (memory == 0) || pl.Passes > 3 {
			t.Errorf("%g passes", pl.Passes)
		}
	}
}

// TestThreads holds that plans do not depend on the number of threads.
func TestThreads(t *testing.T) {
	p := wave(150, 10)
	p.Functions = append(p.Functions, "exp(1i*k*r)/(1+k*r)", "k")
	for _, memory := range []int64{0, 15 << 20} {
		one := selected(t, p, plan.Options{Tolerance: 1e-5, Memory: memory, Threads: 1})
		for _, threads := range []int{2, 5} {
			if d := cmp.Diff(one, selected(t, p, plan.Options{Tolerance: 1e-5, Memory: memory, Threads: threads})); d != "" {
				t.Errorf("%d threads, %d bytes: %s", threads, memory, d)
			}
		}
	}
}

// TestStreamed holds a selection that cannot hold the table against one that
// can: as good, with at most two more terms, in at most three passes.
func TestStreamed(t *testing.T) {
	for name, c := range map[string]struct {
		p      *plan.Problem
		memory int64
	}{
		"wave": {wave(400, 40), 12 << 20},
		"two parameters": {&plan.Problem{
			Names: []string{"k", "a"}, Candidates: product(even(20, 0.5, 6), even(20, 0, 2)), Columns: []string{"r"},
			Points: column(even(2000, 0, 2)), Functions: []string{"exp(-k*r)/(1+a*r)", "1/(1+k*r+a)", "k"}, Weights: []float64{1, 2, 1},
		}, 7 << 20},
		"no constant, large near a point": {&plan.Problem{
			Names: []string{"k"}, Candidates: column(even(600, 0.5, 20)), Columns: []string{"r"},
			Points: column(even(3000, 0.002, 2)), Functions: []string{"exp(-k*r)/r"}, NoConstant: true,
		}, 7 << 20},
	} {
		for _, tol := range []float64{1e-3, 1e-6} {
			exact := selected(t, c.p, plan.Options{Tolerance: tol})
			got := selected(t, c.p, plan.Options{Tolerance: tol, Memory: c.memory})
			if exact.Passes != 1 || got.Passes <= 1 || got.Passes > 3 {
				t.Errorf("%s, %g: %g and %g passes", name, tol, exact.Passes, got.Passes)
			}
			if got.Error > tol || got.Terms() > exact.Terms()+2 {
				t.Errorf("%s, %g: %d terms with error %g, want at most %d", name, tol, got.Terms(), got.Error, exact.Terms()+2)
			}
			if d := cmp.Diff(exact.Scales, got.Scales); d != "" {
				t.Errorf("%s: scales %s", name, d)
			}
		}
	}
}

// TestManyCandidates holds that candidates are sampled when there are too many
// to rank all, and points when chosen rows would not fit.
func TestManyCandidates(t *testing.T) {
	p := &plan.Problem{
		Names: []string{"k"}, Candidates: column(even(20000, 0.5, 8)), Columns: []string{"r"},
		Points: column(even(400, 0, 1)), Functions: []string{"exp(-k*r)"},
	}
	pl := selected(t, p, plan.Options{Tolerance: 1e-7, Memory: 20 << 20})
	if pl.Error > 1e-7 || pl.Terms() > 11 || pl.Passes > 3 {
		t.Errorf("%d terms, error %g, %g passes", pl.Terms(), pl.Error, pl.Passes)
	}
	p.Candidates, p.Points = column(even(40, 0.5, 8)), column(even(60000, 0, 1))
	pl = selected(t, p, plan.Options{Tolerance: 1e-7, Memory: 12 << 20})
	if pl.Error > 1e-7 || pl.Terms() > 11 || pl.Passes > 3 {
		t.Errorf("%d terms, error %g, %g passes", pl.Terms(), pl.Error, pl.Passes)
	}
}

func BenchmarkSelect(b *testing.B) {
	p := &plan.Problem{
		Names: []string{"k", "a"}, Candidates: product(even(20, 0.5, 10), even(20, 0, 2)), Columns: []string{"r"},
		Points: column(even(10000, 0.002, 2)), Functions: []string{"exp(1i*k*r)*exp(-a*r)", "exp(1i*k*r)/(1+k*r+a)"},
	}
	for name, memory := range map[string]int64{"stored": 1 << 30, "streamed": 48 << 20} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := plan.Select(b.Context(), p, plan.Options{Tolerance: 1e-6, Memory: memory}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
