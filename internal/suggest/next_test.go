package suggest

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"eimtool/internal/family"
	"eimtool/internal/matrix"
	"eimtool/internal/surrogate"
)

// model builds a model of the family with entries f(μ) at the points mu.
func model(t *testing.T, names []string, mu [][]float64, f func(mu []float64) []float64) *surrogate.Model {
	t.Helper()
	fam := &family.Family{
		Table:   &family.Table{Source: "test", Names: names},
		Pattern: &matrix.Pattern{Rows: 1, Cols: len(f(mu[0])), Dense: true},
	}
	for _, m := range mu {
		fam.Samples = append(fam.Samples, family.Sample{Mu: m, File: "A.mtx"})
		fam.Real = append(fam.Real, f(m))
	}
	opt := surrogate.DefaultOptions()
	opt.Tolerance, opt.Threads, opt.HoldOut = surrogate.DefaultTolerance, 1, false
	m, err := surrogate.Build(context.Background(), fam, opt)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// lattice returns the points of an n × n grid of the box.
func lattice(n int, lo, hi []float64) [][]float64 {
	var out [][]float64
	for i := range n {
		for j := range n {
			a, b := float64(i)/float64(n-1), float64(j)/float64(n-1)
			out = append(out, []float64{lo[0] + a*(hi[0]-lo[0]), lo[1] + b*(hi[1]-lo[1])})
		}
	}
	return out
}

// smooth is analytic and not polynomial; its entries are of the order of 1.
func smooth(mu []float64) []float64 {
	x, y := mu[0], mu[1]
	return []float64{1, math.Exp(x * y), 1 / (2.5 - x + y/2), math.Sin(2*x + y), x, y}
}

func TestNext(t *testing.T) {
	lo, hi := []float64{0, 0}, []float64{1, 1}
	m := model(t, []string{"x", "y"}, lattice(4, lo, hi), smooth)
	candidates := append(Box(m.Interpolation, 100), lattice(4, lo, hi)...)
	next, sampled, err := Next(context.Background(), m, candidates, 7)
	if err != nil {
		t.Fatal(err)
	}
	if len(next) != 7 || sampled < 16+4 { // the grid, and the corners of the box
		t.Fatalf("%d points, %d candidates are samples", len(next), sampled)
	}
	for _, s := range next {
		a, err := m.At(s.Mu)
		if err != nil {
			t.Fatal(err)
		}
		if s.Error != a.Estimate || s.Truncation != a.Truncation || s.ModelError != a.ModelError {
			t.Errorf("%v: %+v, the model says %+v", s.Mu, s, a)
		}
		if s.Distance < 0.02 {
			t.Errorf("%v is %g from a sample", s.Mu, s.Distance)
		}
	}
	again, _, err := Next(context.Background(), m, candidates, 7)
	if err != nil || !slices.EqualFunc(next, again, func(a, b Suggestion) bool { return slices.Equal(a.Mu, b.Mu) && a.Error == b.Error }) {
		t.Errorf("not repeatable: %v, %v", again, err)
	}
}

// TestOutsideTheBox: candidates where the model knows nothing come first: far
// outside the samples, where the model's coordinate log x does not exist, along
// a parameter that did not vary.
func TestOutsideTheBox(t *testing.T) {
	var mu [][]float64
	for i := range 9 {
		mu = append(mu, []float64{math.Pow(10, float64(i)/4-1), 2})
	}
	m := model(t, []string{"x", "y"}, mu, func(mu []float64) []float64 { return []float64{1, math.Log(mu[0]), math.Sin(math.Log(mu[0]))} })
	for _, far := range [][]float64{{-1, 2}, {1e6, 2}, {0.5, 3}} {
		next, sampled, err := Next(context.Background(), m, [][]float64{{0.12, 2}, {5, 2}, far, {0.1, 2}}, 3)
		if err != nil || sampled != 1 || len(next) != 3 {
			t.Fatalf("%v: %v, %d, %v", far, next, sampled, err)
		}
		if !slices.Equal(next[0].Mu, far) {
			t.Errorf("%v comes before %v", next[0].Mu, far)
		}
	}
}

func TestNothingLeft(t *testing.T) {
	m := model(t, []string{"x", "y"}, lattice(3, []float64{0, 0}, []float64{1, 1}), smooth)
	next, sampled, err := Next(context.Background(), m, lattice(3, []float64{0, 0}, []float64{1, 1}), 4)
	if err != nil || len(next) != 0 || sampled != 9 {
		t.Errorf("%v, %d, %v", next, sampled, err)
	}
	if next, _, err = Next(context.Background(), m, nil, 4); err != nil || len(next) != 0 {
		t.Errorf("no candidates: %v, %v", next, err)
	}
}

func TestOneSample(t *testing.T) {
	m := model(t, []string{"x", "y"}, [][]float64{{1, 2}}, smooth)
	next, _, err := Next(context.Background(), m, [][]float64{{1, 2}, {1, 3}, {2, 2}}, 5)
	if err != nil || len(next) != 2 || !math.IsInf(next[0].Error, 1) {
		t.Errorf("%v, %v", next, err)
	}
	points := Box(m.Interpolation, 10)
	if len(points) != 1 {
		t.Errorf("a box of one point holds %v", points)
	}
	if next, sampled, err := Next(context.Background(), m, append(points, points...), 5); err != nil || len(next) != 0 || sampled != 2 {
		t.Errorf("one point: %v, %d, %v", next, sampled, err)
	}
}

func TestBox(t *testing.T) {
	m := model(t, []string{"x", "y"}, lattice(5, []float64{0.1, -3}, []float64{7, 5}), smooth)
	points := Box(m.Interpolation, 200)
	if len(points) != 200 {
		t.Fatalf("%d points", len(points))
	}
	for _, corner := range [][]float64{{0.1, -3}, {7, -3}, {0.1, 5}, {7, 5}} {
		if !slices.ContainsFunc(points[:4], func(p []float64) bool { return slices.Equal(p, corner) }) {
			t.Errorf("no corner %v among %v", corner, points[:4])
		}
	}
	for i, p := range points {
		if p[0] < 0.1 || p[0] > 7 || p[1] < -3 || p[1] > 5 {
			t.Errorf("%v is outside the box", p)
		}
		if slices.ContainsFunc(points[:i], func(q []float64) bool { return slices.Equal(p, q) }) {
			t.Errorf("%v twice", p)
		}
	}
}

// TestJudge: a resolved family is within a tolerance that the true error at
// other points confirms; a wild one is not.
func TestJudge(t *testing.T) {
	lo, hi := []float64{0, 0}, []float64{1, 1}
	m := model(t, []string{"x", "y"}, lattice(7, lo, hi), smooth)
	points := Box(m.Interpolation, 100)
	s, err := Judge(context.Background(), m, points, 1e-3)
	if err != nil || !s.Met || s.Share != 1 || s.Worst > 1e-3 || s.Confidence < 0.5 || s.Confidence >= 1 {
		t.Errorf("smooth family: %+v, %v", s, err)
	}
	for _, mu := range lattice(9, lo, hi) {
		if e := trueError(t, m, mu, smooth); e > 1e-3 {
			t.Errorf("%v: error %g", mu, e)
		}
	}
	if s, err = Judge(context.Background(), m, points, s.Worst/2); err != nil || s.Met || s.Share == 0 || s.Share == 1 {
		t.Errorf("half of the largest estimate: %+v, %v", s, err)
	}
	wild := model(t, []string{"x", "y"}, lattice(4, lo, hi), func(mu []float64) []float64 {
		return []float64{1, math.Sin(1e3*mu[0] + 77*mu[1]), math.Cos(1e4 * mu[1])}
	})
	if s, err = Judge(context.Background(), wild, points, 10); err != nil || s.Met || s.Modelled {
		t.Errorf("wild family: %+v, %v", s, err)
	}
}

func trueError(t *testing.T, m *surrogate.Model, mu []float64, f func([]float64) []float64) float64 {
	t.Helper()
	a, err := m.At(mu)
	if err != nil {
		t.Fatal(err)
	}
	var num, den float64
	for j, v := range f(mu) {
		e := v
		for k := range a.Beta {
			e -= real(a.Beta[k]) * m.Real.Values[k][j]
		}
		num, den = num+e*e, den+v*v
	}
	return math.Sqrt(num / den)
}

func TestRefusals(t *testing.T) {
	m := &surrogate.Model{}
	if _, _, err := Next(context.Background(), m, nil, 1); !errors.Is(err, surrogate.ErrNoInterpolation) {
		t.Errorf("Next: %v", err)
	}
	if _, err := Judge(context.Background(), m, nil, 1); !errors.Is(err, surrogate.ErrNoInterpolation) {
		t.Errorf("Judge: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	m = model(t, []string{"x", "y"}, lattice(3, []float64{0, 0}, []float64{1, 1}), smooth)
	points := Box(m.Interpolation, 10)
	if _, _, err := Next(ctx, m, points, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("Next: %v", err)
	}
	if _, err := Judge(ctx, m, points, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("Judge: %v", err)
	}
}
