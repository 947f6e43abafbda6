package plan_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"eimtool/internal/dense"
	"eimtool/internal/expr"
	"eimtool/internal/plan"
)

// simple is a small problem that has a plan.
func simple() *plan.Problem {
	return &plan.Problem{
		Names: []string{"k"}, Candidates: column(even(20, 1, 2)),
		Columns: []string{"r"}, Points: column(even(10, 0, 1)), Functions: []string{"exp(-k*r)"},
	}
}

func TestBadInput(t *testing.T) {
	for name, c := range map[string]struct {
		change func(p *plan.Problem, o *plan.Options)
		want   string
	}{
		"no candidates": {func(p *plan.Problem, _ *plan.Options) { p.Candidates = nil }, "there are no candidates"},
		"no rows":       {func(p *plan.Problem, _ *plan.Options) { p.Candidates = dense.New[float64](0, 1) }, "there are no candidates"},
		"width":         {func(p *plan.Problem, _ *plan.Options) { p.Candidates = dense.New[float64](3, 2) }, "2 values per row for 1 parameters"},
		"no functions":  {func(p *plan.Problem, _ *plan.Options) { p.Functions = nil }, "no function is given"},
		"no points":     {func(p *plan.Problem, _ *plan.Options) { p.Points = nil }, "there are no points"},
		"points":        {func(p *plan.Problem, _ *plan.Options) { p.Points = dense.New[float64](3, 2) }, "2 values per row for 1 columns"},
		"clash":         {func(p *plan.Problem, _ *plan.Options) { p.Columns = []string{"k"} }, `column "k"`},
		"names": {func(p *plan.Problem, _ *plan.Options) {
			p.Names, p.Candidates = []string{"k", "k"}, dense.New[float64](3, 2)
		}, `two parameters have the name "k"`},
		"weights":        {func(p *plan.Problem, _ *plan.Options) { p.Weights = []float64{1, 2} }, "2 weights for 1 functions"},
		"zero weight":    {func(p *plan.Problem, _ *plan.Options) { p.Weights = []float64{0} }, "weight 1 is 0"},
		"NaN weight":     {func(p *plan.Problem, _ *plan.Options) { p.Weights = []float64{math.NaN()} }, "weight 1 is NaN"},
		"infinite":       {func(p *plan.Problem, _ *plan.Options) { p.Weights = []float64{math.Inf(1)} }, "weight 1 is +Inf"},
		"NaN candidate":  {func(p *plan.Problem, _ *plan.Options) { p.Candidates.Set(3, 0, math.NaN()) }, "candidate 4: k is NaN"},
		"infinite point": {func(p *plan.Problem, _ *plan.Options) { p.Points.Set(2, 0, math.Inf(1)) }, "point 3: r is +Inf"},
		"tolerance":      {func(_ *plan.Problem, o *plan.Options) { o.Tolerance = math.NaN() }, "the tolerance is NaN"},
		"terms":          {func(_ *plan.Problem, o *plan.Options) { o.MaxTerms = -1 }, "at most -1 terms"},
		"memory":         {func(_ *plan.Problem, o *plan.Options) { o.Memory = -1 }, "-1 bytes"},
	} {
		p, opt := simple(), plan.Options{Tolerance: 1e-4}
		c.change(p, &opt)
		_, err := plan.Select(t.Context(), p, opt)
		var e *plan.ProblemError
		if !errors.As(err, &e) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestBadFunctions(t *testing.T) {
	for text, want := range map[string]string{
		"k*":       "function 2: ",
		"k*z":      "function 2: ",
		"0*k":      "function 2, 0*k, is zero at all candidates and points",
		"1e-300*k": "outside of the range of numbers that can be scaled",
	} {
		p := simple()
		p.Functions = append(p.Functions, text)
		_, err := plan.Select(t.Context(), p, plan.Options{})
		var e *plan.FunctionError
		if !errors.As(err, &e) || e.Function != 1 || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// TestNoValue holds that errors of evaluation name the candidate and the point,
// the same for any number of threads, stored or streamed.
func TestNoValue(t *testing.T) {
	p := &plan.Problem{
		Names: []string{"k"}, Candidates: column(even(401, 0, 4)), Columns: []string{"r"}, Points: column(even(4001, 0, 4)),
		Functions: []string{"k+r", "1/((k-1)^2+(r-3)^2)"},
	}
	for _, memory := range []int64{0, 12 << 20} {
		for _, threads := range []int{1, 3} {
			_, err := plan.Select(t.Context(), p, plan.Options{Tolerance: 1e-4, Memory: memory, Threads: threads})
			var e *plan.ValueError
			var cause *expr.EvalError
			if !errors.As(err, &e) || !errors.As(err, &cause) || e.Function != 1 || e.Candidate != 100 || e.Point != 3000 {
				t.Errorf("%v", err)
			} else if want := "function 2 at candidate 101 (k=1) and point 3001 (r=3): "; !strings.HasPrefix(err.Error(), want) {
				t.Errorf("%v, want %s", err, want)
			}
		}
	}
}

func TestMemory(t *testing.T) {
	var e *plan.MemoryError
	_, err := plan.Select(t.Context(), wave(200, 10), plan.Options{Tolerance: 1e-4, Memory: 1 << 20})
	if !errors.As(err, &e) || e.Limit != 1<<20 || e.Need <= e.Limit {
		t.Fatal(err)
	}
	if _, err := plan.Select(t.Context(), wave(200, 10), plan.Options{Tolerance: 1e-4, Memory: e.Need + 1<<20}); err != nil {
		t.Errorf("with the memory that was asked for: %v", err)
	}
}

func TestCancelled(t *testing.T) {
	for _, memory := range []int64{0, 12 << 20} {
		ctx, cancel := context.WithCancel(t.Context())
		_, err := plan.Select(ctx, wave(200, 10), plan.Options{Tolerance: 1e-4, Memory: memory, Progress: func(string, int, int) { cancel() }})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
	}
}

func TestWarnings(t *testing.T) {
	for want, change := range map[string]func(p *plan.Problem){
		"":                                 func(*plan.Problem) {},
		"1 of the 21 candidates repeat":    func(p *plan.Problem) { p.Candidates = column(append(even(20, 1, 2), 1.0)) },
		"candidates are few for":           func(p *plan.Problem) { p.Candidates = column(even(8, 1, 2)) },
		"every candidate is chosen":        func(p *plan.Problem) { p.Candidates = column(even(3, 1, 2)) },
		"function 2, r, depends on no par": func(p *plan.Problem) { p.Functions = append(p.Functions, "r") },
	} {
		p := simple()
		change(p)
		pl := selected(t, p, plan.Options{Tolerance: 1e-4})
		if want == "" != (len(pl.Warnings) == 0) || !strings.Contains(strings.Join(pl.Warnings, "\n"), want) {
			t.Errorf("%q, want %q", pl.Warnings, want)
		}
	}
}

// TestWithoutPoints holds that points may be absent, or not be used.
func TestWithoutPoints(t *testing.T) {
	p := simple()
	p.Functions = []string{"k", "k^2"}
	for range 2 {
		pl := selected(t, p, plan.Options{})
		if pl.Terms() != 3 || pl.Error > 1e-14 || len(pl.Magic)+len(pl.Checks) != 3 {
			t.Errorf("%d terms, error %g, %d check points", pl.Terms(), pl.Error, len(pl.Checks))
		}
		p.Columns, p.Points = nil, nil
	}
}

func TestBadPlans(t *testing.T) {
	pl := selected(t, simple(), plan.Options{Tolerance: 1e-4})
	ip, err := pl.Compile()
	if err != nil {
		t.Fatal(err)
	}
	for _, terms := range []int{0, pl.Terms() + 1} {
		if _, err := ip.Leading(terms); err == nil {
			t.Errorf("an interpolant of %d terms", terms)
		}
	}
	if _, _, err := ip.At([]float64{1, 2}); err == nil {
		t.Error("two values for one parameter")
	}
	pl.Mu.Set(1, 0, pl.Mu.At(0, 0))
	var e *plan.ProblemError
	if _, err := pl.Compile(); !errors.As(err, &e) {
		t.Errorf("a parameter twice: %v", err)
	}
}
