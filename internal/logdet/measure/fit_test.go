package measure

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"eimtool/internal/dense"
)

// diagonal is a family of diagonal matrices: row i of x holds element i of the
// parts.
type diagonal struct{ x *dense.Matrix[float64] }

func newDiagonal(seed uint64, size, k int) *diagonal {
	rng := rand.New(rand.NewPCG(seed, 5))
	d := &diagonal{dense.New[float64](size, k)}
	for i := range d.x.Data {
		d.x.Data[i] = math.Exp(2 * rng.NormFloat64())
	}
	return d
}

func (d *diagonal) node(alpha []float64) Node {
	k := len(alpha)
	n := Node{Alpha: alpha, Trace: make([]float64, k), Second: dense.New[float64](k, k)}
	for i := range d.x.Rows {
		x := d.x.Row(i)
		s := dense.Dotc(alpha, x)
		n.LogDet += math.Log(s)
		for j := range k {
			n.Trace[j] += alpha[j] * x[j] / s
			for l := range k {
				n.Second.Data[j*k+l] += alpha[j] * x[j] * alpha[l] * x[l] / (s * s)
			}
		}
	}
	return n
}

// points returns random coefficients in [1/width, width]^K.
func points(seed uint64, count, k int, width float64) [][]float64 {
	rng := rand.New(rand.NewPCG(seed, 6))
	out := make([][]float64, count)
	for i := range out {
		out[i] = make([]float64, k)
		for j := range out[i] {
			out[i][j] = math.Pow(width, 2*rng.Float64()-1)
		}
	}
	return out
}

// nodes returns nodes at corners of the box and at random points of it.
func (d *diagonal) nodes(seed uint64, count int, width float64, order int) []Node {
	var nodes []Node
	k := d.x.Cols
	for i, a := range points(seed, count, k, width) {
		if k < 5 && i < 1<<(k-1) {
			a[0] = 1
			for j := range k - 1 {
				a[j+1] = math.Pow(width, float64(4*(i>>j&1)-2))
			}
		}
		n := d.node(a)
		if order < 2 {
			n.Second = nil
		}
		if order < 1 {
			n.Trace = nil
		}
		nodes = append(nodes, n)
	}
	return nodes
}

func mustFit(t testing.TB, nodes []Node, size int, opt Options) *Model {
	t.Helper()
	m, err := Fit(context.Background(), nodes, size, opt)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func mustAt(t interface{ Fatal(...any) }, m *Model, alpha []float64) Value {
	v, err := m.At(alpha)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// The fits reproduce the nodes, whatever they hold, and the estimate covers the
// error elsewhere.
func TestFitCommuting(t *testing.T) {
	for _, c := range []struct {
		k, count, order int
		most            float64 // error at other points of the box
		least           int     // points of 100 whose error the estimate covers
	}{
		{2, 8, 0, 2e-2, 80},
		{2, 8, 1, 1e-5, 95},
		{2, 5, 2, 1e-4, 95},
		{3, 20, 0, 2e-1, 95},
		{3, 20, 1, 1e-3, 95},
		{3, 10, 2, 1e-2, 95},
		{4, 30, 1, 1e-2, 95},
		{7, 30, 1, 2e-1, 95},
	} {
		if c.k > 4 && !*long {
			continue
		}
		d := newDiagonal(1, 50, c.k)
		nodes := d.nodes(2, c.count, 3, c.order)
		m := mustFit(t, nodes, 50, Options{})
		for i, n := range nodes {
			v := mustAt(t, m, n.Alpha)
			if e := math.Abs(v.LogDet - n.LogDet); e > v.Estimate+1e-7 || e > 1e-2*c.most+m.ReductionError {
				t.Errorf("%+v: node %d: error %.2g, estimate %.2g", c, i, e, v.Estimate)
			}
			if v.Outside != 0 {
				t.Errorf("%+v: node %d lies outside by %g", c, i, v.Outside)
			}
		}
		worst, slope, covered := 0., 0., 0
		for _, a := range points(3, 100, c.k, 2.5) {
			v, want := mustAt(t, m, a), d.node(a)
			e := math.Abs(v.LogDet - want.LogDet)
			worst = max(worst, e)
			if e <= v.Estimate {
				covered++
			}
			for k, p := range want.Trace {
				slope = max(slope, math.Abs(v.Slope[k]-p))
			}
		}
		if worst > c.most || slope > 10*c.most || covered < c.least {
			t.Errorf("%+v: largest error %.2g, of slopes %.2g, estimate covers %d of 100", c, worst, slope, covered)
		}
	}
}

func TestFitOnePart(t *testing.T) {
	m := mustFit(t, []Node{{Alpha: []float64{2}, LogDet: 7 + 30*math.Log(2), Trace: []float64{30}}}, 30, Options{})
	v := mustAt(t, m, []float64{5})
	if want := 7 + 30*math.Log(5); math.Abs(v.LogDet-want) > 1e-12 || v.Slope[0] != 30 || v.Spread != 0 || v.Estimate > 1e-11 {
		t.Errorf("%+v, want %g", v, want)
	}
	nodes := []Node{{Alpha: []float64{1}, LogDet: 1}, {Alpha: []float64{1}, LogDet: 1.5}}
	if v := mustAt(t, mustFit(t, nodes, 30, Options{}), []float64{1}); v.Estimate < 0.25 {
		t.Errorf("nodes that disagree: %+v", v)
	}
}

// One node gives its value and slopes there.
func TestFitOneNode(t *testing.T) {
	d := newDiagonal(4, 40, 3)
	for order := range 3 {
		n := d.nodes(1, 1, 3, order)
		v := mustAt(t, mustFit(t, n, 40, Options{}), n[0].Alpha)
		if math.Abs(v.LogDet-n[0].LogDet) > 1e-8 {
			t.Errorf("order %d: %g, want %g", order, v.LogDet, n[0].LogDet)
		}
		if order > 0 && math.Abs(v.Slope[1]-n[0].Trace[1]) > 1e-6 {
			t.Errorf("order %d: slopes %g, want %g", order, v.Slope, n[0].Trace)
		}
	}
}

// The determinant is homogeneous of degree N in the coefficients; slopes are
// the derivatives of the values, inside and outside of the box; LogDet is At.
func TestModelProperties(t *testing.T) {
	for _, k := range []int{2, 3, 4, 6} {
		d := newDiagonal(uint64(k), 30, k)
		m := mustFit(t, d.nodes(2, 6*k, 3, 1), 30, Options{Fits: 3})
		rapid.Check(t, func(t *rapid.T) {
			alpha := rapid.SliceOfN(rapid.Float64Range(0.05, 20), k, k).Draw(t, "alpha")
			v := mustAt(t, m, alpha)
			if l, err := m.LogDet(alpha); err != nil || math.Abs(l-v.LogDet) > 1e-10 {
				t.Fatalf("LogDet %g, At %g (%v)", l, v.LogDet, err)
			}
			factor := rapid.Float64Range(1e-3, 1e3).Draw(t, "factor")
			scaled := slices.Clone(alpha)
			dense.Scale(factor, scaled)
			if got, want := mustAt(t, m, scaled).LogDet, v.LogDet+30*math.Log(factor); math.Abs(got-want) > 1e-9 {
				t.Fatalf("scaled %g, want %g", got, want)
			}
			sum := 0.
			for j, s := range v.Slope {
				sum += s
				const step = 1e-5
				up, down := slices.Clone(alpha), slices.Clone(alpha)
				up[j] *= math.Exp(step)
				down[j] *= math.Exp(-step)
				u, w := mustAt(t, m, up), mustAt(t, m, down)
				if got := (u.LogDet - w.LogDet) / (2 * step); math.Abs(got-s) > 1e-4 && u.Outside == 0 && w.Outside == 0 {
					t.Fatalf("slope %d is %g, difference quotient %g", j, s, got)
				}
			}
			if math.Abs(sum-30) > 1e-10 {
				t.Fatalf("slopes add up to %g", sum)
			}
		})
	}
}

func TestFitDeterministic(t *testing.T) {
	d := newDiagonal(3, 30, 3)
	nodes := d.nodes(2, 9, 3, 1)
	one := mustFit(t, nodes, 30, Options{Threads: 1})
	if four := mustFit(t, nodes, 30, Options{Threads: 4}); !reflect.DeepEqual(one, four) {
		t.Error("the model depends on the number of threads")
	}
	if other := mustFit(t, nodes, 30, Options{Seed: 1}); reflect.DeepEqual(one.Atoms, other.Atoms) {
		t.Error("the model does not depend on the seed")
	}
}

// A frame that grows gives the fits of one that starts afresh, up to rounding.
func TestFrameGrows(t *testing.T) {
	ctx := context.Background()
	d := newDiagonal(3, 30, 3)
	nodes := d.nodes(2, 12, 3, 1)
	low, high := box(nodes)
	grown := newFrame(nodes[:1], 30, low, high, 0)
	var e *ensemble
	for count := 1; count <= len(nodes); count += 3 {
		var err error
		if e, err = grown.fit(ctx, nodes[:count], Options{}); err != nil {
			t.Fatal(err)
		}
	}
	fresh, err := newFrame(nodes[:1], 30, low, high, 0).fit(ctx, nodes[:10], Options{})
	if err != nil {
		t.Fatal(err)
	}
	alpha := dense.New[float64](20, 3)
	for i, a := range points(9, 20, 3, 3) {
		copy(alpha.Row(i), a)
	}
	s, err := grown.sheet(ctx, alpha, 1)
	if err != nil {
		t.Fatal(err)
	}
	a, err := e.spreads(ctx, s, 2)
	if err != nil {
		t.Fatal(err)
	}
	b, err := fresh.spreads(ctx, s, 1)
	if err != nil {
		t.Fatal(err)
	}
	for i := range a {
		if math.Abs(a[i]-b[i]) > 1e-6*(1e-3+b[i]) {
			t.Errorf("point %d: spread %g, afresh %g", i, a[i], b[i])
		}
	}
}

// Nodes that coincide, exactly or nearly, do no harm.
func TestFitDuplicates(t *testing.T) {
	d := newDiagonal(7, 40, 3)
	nodes := d.nodes(2, 10, 3, 1)
	nodes = append(nodes, nodes[3])
	near := slices.Clone(nodes[4].Alpha)
	near[1] *= 1 + 1e-9
	nodes = append(nodes, d.node(near))
	nodes[11].Second = nil
	m := mustFit(t, nodes, 40, Options{})
	for _, a := range points(3, 50, 3, 2.5) {
		if v, want := mustAt(t, m, a), d.node(a).LogDet; math.Abs(v.LogDet-want) > 0.05 {
			t.Errorf("%g: %g, want %g", a, v.LogDet, want)
		}
	}
}

func TestFitErrors(t *testing.T) {
	good := func() Node { return newDiagonal(1, 10, 3).node([]float64{1, 2, 3}) }
	for _, c := range []struct {
		want string
		edit func(n *Node)
	}{
		{"coefficient 2 is -1", func(n *Node) { n.Alpha = []float64{1, -1, 1} }},
		{"2 coefficients, the first node has 3", func(n *Node) { n.Alpha = []float64{1, 1} }},
		{"not finite", func(n *Node) { n.LogDet = math.Inf(-1) }},
		{"part 1 is not positive semidefinite", func(n *Node) { n.Trace = []float64{-1, 5, 6} }},
		{"add up to 9 instead of the size 10", func(n *Node) { n.Trace = []float64{1, 5, 3} }},
		{"not 3 finite numbers", func(n *Node) { n.Trace = []float64{5, 5} }},
		{"no 3 x 3 matrix", func(n *Node) { n.Second = dense.New[float64](2, 2) }},
	} {
		nodes := []Node{good(), good()}
		c.edit(&nodes[1])
		_, err := Fit(context.Background(), nodes, 10, Options{})
		var in *InputError
		if !errors.As(err, &in) || in.Node != 1 || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
	if _, err := Fit(context.Background(), nil, 10, Options{}); err == nil {
		t.Error("no nodes: no error")
	}
	m := mustFit(t, []Node{good()}, 10, Options{})
	for _, alpha := range [][]float64{{1, 1}, {1, 1, 0}, {1, math.NaN(), 1}} {
		if _, err := m.At(alpha); err == nil {
			t.Errorf("At(%g): no error", alpha)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Fit(ctx, []Node{good()}, 10, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// The parts of the thermal block do not commute. The bounds are twice the
// errors of a prototype of the method in another language.
func TestFitThermalBlock(t *testing.T) {
	f := thermalBlock(t)
	most := 10
	if *long {
		most = 30
	}
	alphas := f.spread(most)
	tests := f.random(rand.New(rand.NewPCG(1, 2)), 100)
	var truth []float64
	for _, a := range tests {
		truth = append(truth, f.logDet(a))
	}
	for _, c := range []struct {
		count  int
		second bool
		most   float64
	}{{10, false, 2.2e-2}, {10, true, 3.6e-3}, {30, false, 8e-4}} {
		if c.count > most {
			continue
		}
		var nodes []Node
		for _, a := range alphas[:c.count] {
			nodes = append(nodes, f.node(a, c.second))
		}
		m := mustFit(t, nodes, f.size, Options{})
		worst, covered := 0., 0
		for i, a := range tests {
			v := mustAt(t, m, a)
			e := math.Abs(v.LogDet - truth[i])
			worst = max(worst, e)
			if e <= v.Estimate {
				covered++
			}
		}
		if worst > c.most || covered < 95 {
			t.Errorf("%+v: largest error %.2g, estimate covers %d of 100", c, worst, covered)
		}
	}
}
