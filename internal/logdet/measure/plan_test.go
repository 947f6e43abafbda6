package measure

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gonum.org/v1/gonum/mat"

	"eimtool/internal/dense"
)

// diagonals is a family of two diagonal parts: what commutes is cheap to fit.
func diagonals() *family {
	const n = 12
	a, b := mat.NewSymDense(n, nil), mat.NewSymDense(n, nil)
	for i := range n {
		u := float64(i) / (n - 1)
		a.SetSym(i, i, 1+u*u)
		b.SetSym(i, i, math.Exp(-3*u)*(1+0.5*math.Sin(7*u)))
	}
	return &family{"diagonals", n, []*mat.SymDense{a, b}, 0.02, 50}
}

// unitCandidates returns UnitPoints of the box of the family.
func (f *family) unitCandidates(count int) *dense.Matrix[float64] {
	unit := UnitPoints(len(f.parts)-1, count)
	out := dense.New[float64](unit.Rows, len(f.parts))
	for i := range unit.Rows {
		copy(out.Row(i), f.point(unit.Row(i)))
	}
	return out
}

func (f *family) problem(candidates *dense.Matrix[float64], second bool) *Problem {
	return &Problem{
		Size: f.size, Candidates: candidates,
		Evaluate: func(_ context.Context, c int) (Node, error) { return f.node(candidates.Row(c), second), nil },
	}
}

// quality compares a model with the exact values at random points.
type quality struct {
	worst, estimate float64 // largest error and estimate
	covered         float64 // share of the points with error ≤ estimate
	beyond          float64 // largest error / estimate
	median          float64 // of estimate / error
}

func (f *family) quality(t testing.TB, m *Model, points [][]float64) (q quality) {
	t.Helper()
	var ratios []float64
	for _, a := range points {
		v, err := m.At(a)
		if err != nil {
			t.Fatal(err)
		}
		e := math.Abs(v.LogDet - f.logDet(a))
		q.worst, q.estimate = max(q.worst, e), max(q.estimate, v.Estimate)
		q.beyond = max(q.beyond, e/v.Estimate)
		if e <= v.Estimate {
			q.covered += 1 / float64(len(points))
		}
		ratios = append(ratios, v.Estimate/max(e, 1e-14))
	}
	q.median = median(ratios)
	return q
}

func (q quality) String() string {
	return fmt.Sprintf("error %.1e, estimate %.1e, covered %.1f %%, error/estimate at most %.2f, median estimate/error %.1f",
		q.worst, q.estimate, 100*q.covered, q.beyond, q.median)
}

func TestBuildMeetsTolerance(t *testing.T) {
	for _, c := range []struct {
		family    *family
		tolerance float64
		most      int
	}{
		{diagonals(), 1e-3, 10},
		{diagonals(), 1e-8, 16},
		{thermalBlock(t), 0.2, 12},
	} {
		p := c.family.problem(c.family.unitCandidates(200), false)
		p.Tolerance, p.MaxNodes = c.tolerance, c.most
		m, nodes, err := Build(context.Background(), p)
		if err != nil {
			t.Fatal(err)
		}
		q := c.family.quality(t, m, c.family.random(rand.New(rand.NewPCG(1, 2)), 100))
		t.Logf("%s: %d nodes, %v", c.family.name, len(nodes), q)
		r := m.Calibration
		last := r.Estimates[len(r.Estimates)-1]
		if len(nodes) >= c.most || last > c.tolerance || q.worst > c.tolerance || q.covered < 0.95 || q.beyond > 3 {
			t.Errorf("%s: %d nodes give %v, wanted %g", c.family.name, len(nodes), q, c.tolerance)
		}
		if len(r.Nodes) != len(nodes) || len(r.Counts) != len(r.Estimates) || len(r.Ratios) < leastRatios || r.Tolerance != c.tolerance {
			t.Errorf("%s: record %+v", c.family.name, r)
		}
		for i, k := range r.Nodes {
			if d := cmp.Diff(p.Candidates.Row(k), nodes[i].Alpha); d != "" {
				t.Errorf("%s: node %d is not candidate %d: %s", c.family.name, i, k, d)
			}
		}
	}
}

// TestBuildBits: the same bits for any number of threads.
func TestBuildBits(t *testing.T) {
	f := diagonals()
	var models []*Model
	for _, threads := range []int{1, 3} {
		p := f.problem(f.unitCandidates(200), true)
		p.MaxNodes, p.Threads, p.Seed = 6, threads, 5
		m, nodes, err := Build(context.Background(), p)
		if err != nil {
			t.Fatal(err)
		}
		if len(nodes) != 6 {
			t.Fatalf("%d nodes", len(nodes))
		}
		models = append(models, m)
	}
	for _, a := range f.random(rand.New(rand.NewPCG(2, 2)), 20) {
		x, _ := models[0].At(a)
		y, _ := models[1].At(a)
		if d := cmp.Diff(x, y); d != "" {
			t.Fatal(d)
		}
	}
	if d := cmp.Diff(models[0].Calibration, models[1].Calibration); d != "" {
		t.Error(d)
	}
}

// TestBuildKnown: known nodes are used, and candidates at them never evaluated.
func TestBuildKnown(t *testing.T) {
	f := diagonals()
	candidates := f.unitCandidates(9)
	p := f.problem(candidates, false)
	p.MaxNodes = 7
	known := []int{0, 3, 5, 7}
	for _, c := range known {
		p.Known = append(p.Known, f.node(candidates.Row(c), false))
	}
	var asked []int
	evaluate := p.Evaluate
	p.Evaluate = func(ctx context.Context, c int) (Node, error) {
		asked = append(asked, c)
		return evaluate(ctx, c)
	}
	var told []int
	p.Progress = func(_ string, done, total int) { told = append(told, done, total) }
	m, nodes, err := Build(context.Background(), p)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range asked {
		if slices.Contains(known, c) {
			t.Errorf("candidate %d is known", c)
		}
	}
	if d := cmp.Diff([]int{5, 7, 6, 7, 7, 7}, told); d != "" {
		t.Errorf("progress: %s", d)
	}
	if d := cmp.Diff(append([]int{-1, -1, -1, -1}, asked...), m.Calibration.Nodes); d != "" || len(nodes) != 7 {
		t.Errorf("%d nodes, record: %s", len(nodes), d)
	}
}

// TestFixedNodes: some of the nodes are held out, once, and all are used.
func TestFixedNodes(t *testing.T) {
	f := diagonals()
	points := f.random(rand.New(rand.NewPCG(3, 3)), 100)
	for count, held := range map[int]int{2: 0, 5: 0, 9: 3, 30: 5} {
		candidates := f.unitCandidates(count)
		p := &Problem{Size: f.size}
		for i := range count {
			p.Known = append(p.Known, f.node(candidates.Row(i), false))
		}
		m, nodes, err := Build(context.Background(), p)
		if err != nil {
			t.Fatal(err)
		}
		q := f.quality(t, m, points)
		if len(nodes) != count || len(m.Calibration.Ratios) != held || len(m.Calibration.Estimates) != 1 {
			t.Errorf("%d nodes: %d, record %+v", count, len(nodes), m.Calibration)
		}
		if count > 2 && (q.covered < 0.95 || q.beyond > 3) {
			t.Errorf("%d nodes: %v", count, q)
		}
	}
}

func TestSinglePart(t *testing.T) {
	f := diagonals()
	f.parts = f.parts[:1]
	candidates := &dense.Matrix[float64]{Rows: 6, Cols: 1, Data: []float64{1, 2, 3, 4, 5, 6}}
	m, nodes, err := Build(context.Background(), f.problem(candidates, false))
	if err != nil {
		t.Fatal(err)
	}
	v, err := m.At([]float64{20})
	if want := f.logDet([]float64{20}); err != nil || math.Abs(v.LogDet-want) > 1e-11 {
		t.Errorf("%d nodes: %v, %v, want %g", len(nodes), v, err, want)
	}
}

func TestBuildErrors(t *testing.T) {
	f := diagonals()
	stop := errors.New("the matrix is singular")
	good := func() *Problem { return f.problem(f.unitCandidates(20), false) }
	spoilt := func(spoil func(n *Node)) *Problem {
		p := good()
		p.Evaluate = func(_ context.Context, c int) (Node, error) {
			n := f.node(p.Candidates.Row(c), true)
			if c == 2 { // a corner, the second node
				spoil(&n)
			}
			return n, nil
		}
		return p
	}
	plan, candidate, input := new(*PlanError), new(*CandidateError), new(*InputError)
	for _, c := range []struct {
		name   string
		p      func() *Problem
		target any
		want   string
	}{
		{"order", func() *Problem { p := good(); p.Size = 0; return p }, plan, "order 0"},
		{"nothing", func() *Problem { return &Problem{Size: 3} }, plan, "neither nodes nor candidates"},
		{"negative", func() *Problem { p := good(); p.Candidates.Set(4, 1, -1); return p }, plan, "row 5"},
		{"points", func() *Problem { p := good(); p.Points = dense.New[float64](2, 3); return p }, plan, "3 coefficients where there are 2"},
		{"evaluation", func() *Problem {
			p := good()
			p.Evaluate = func(context.Context, int) (Node, error) { return Node{}, stop }
			return p
		}, candidate, "candidate 1: the matrix is singular"},
		{"sum", func() *Problem { return spoilt(func(n *Node) { n.Trace[0] *= 1 + 1e-6 }) }, candidate, "candidate 3: the traces"},
		{"sign", func() *Problem { return spoilt(func(n *Node) { n.Trace[0], n.Trace[1] = n.Trace[0]+n.Trace[1]+1, -1 }) }, candidate, "candidate 3"},
		{"value", func() *Problem { return spoilt(func(n *Node) { n.LogDet = math.Inf(-1) }) }, candidate, "candidate 3"},
		{"traces", func() *Problem { return spoilt(func(n *Node) { n.Trace = n.Trace[:1] }) }, candidate, "candidate 3"},
		{"known", func() *Problem {
			p := good()
			n := f.node(p.Candidates.Row(1), false)
			n.Trace[0] *= 1 + 1e-6
			p.Known = []Node{n}
			return p
		}, input, "node 1: the traces"},
	} {
		_, _, err := Build(context.Background(), c.p())
		if err == nil || !errors.As(err, c.target) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	_, _, err := Build(context.Background(), func() *Problem {
		p := good()
		p.Evaluate = func(context.Context, int) (Node, error) { return Node{}, stop }
		return p
	}())
	if !errors.Is(err, stop) {
		t.Errorf("the cause is lost: %v", err)
	}
}

func TestBuildCancelled(t *testing.T) {
	f := diagonals()
	ctx, cancel := context.WithCancel(context.Background())
	p := f.problem(f.unitCandidates(20), false)
	evaluate := p.Evaluate
	calls := 0
	p.Evaluate = func(ctx context.Context, c int) (Node, error) {
		if calls++; calls == 4 {
			cancel()
			return Node{}, errors.New("interrupted")
		}
		return evaluate(ctx, c)
	}
	if _, _, err := Build(ctx, p); !errors.Is(err, context.Canceled) || calls != 4 {
		t.Errorf("%v after %d calls", err, calls)
	}
}
