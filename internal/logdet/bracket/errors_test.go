package bracket_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"eimtool/internal/dense"
	"eimtool/internal/logdet/bracket"
	"eimtool/internal/logdet/measure"
)

func TestUnusablePoints(t *testing.T) {
	m := newModel(t, []measure.Node{{Alpha: []float64{1, 2}, LogDet: 3, Trace: []float64{1, 1}}}, 2)
	for _, alpha := range [][]float64{{1, 0}, {-1, 1}, {math.NaN(), 1}, {1, math.Inf(1)}} {
		for _, bounds := range []func([]float64) (float64, float64){m.At, m.Tangents} {
			if lower, upper := bounds(alpha); !math.IsInf(lower, -1) || !math.IsInf(upper, 1) {
				t.Errorf("%v: [%g, %g]", alpha, lower, upper)
			}
		}
	}
	for _, alpha := range [][]float64{{1e-300, 1e300}, {5e-324, 1}, {1e308, 1e308}, {1e-308, 1e-308}} {
		if lower, upper := m.At(alpha); math.IsNaN(lower) || math.IsNaN(upper) || lower > upper {
			t.Errorf("%v: [%g, %g]", alpha, lower, upper)
		}
	}
}

func TestNodeErrors(t *testing.T) {
	good := measure.Node{Alpha: []float64{1, 2}, LogDet: 3, Trace: []float64{1, 1}}
	second := func(v ...float64) *dense.Matrix[float64] { return &dense.Matrix[float64]{Rows: 2, Cols: 2, Data: v} }
	for _, c := range []struct {
		node measure.Node
		want string
	}{
		{measure.Node{Alpha: []float64{1}, LogDet: 3}, "1 coefficients, the first node has 2"},
		{measure.Node{Alpha: []float64{1, 0}, LogDet: 3}, "coefficient 2 is 0"},
		{measure.Node{Alpha: []float64{1, 1e-310}, LogDet: 3}, "not positive and finite"},
		{measure.Node{Alpha: []float64{1, 2}, LogDet: math.NaN()}, "log det is NaN"},
		{measure.Node{Alpha: []float64{1, 2}, Trace: []float64{2}}, "do not fit"},
		{measure.Node{Alpha: []float64{1, 2}, Trace: []float64{1, 1.001}}, "instead of 2"},
		{measure.Node{Alpha: []float64{1, 2}, Trace: []float64{3, -1}}, "contain -1"},
		{measure.Node{Alpha: []float64{1, 2}, Trace: []float64{math.Inf(1), 1}}, "not finite"},
		{measure.Node{Alpha: []float64{1, 2}, Second: second(1, 0, 0, 1)}, "without traces"},
		{measure.Node{Alpha: []float64{1, 2}, Trace: []float64{1, 1}, Second: second(1, 0, 0, 2)}, "second traces of part 2"},
	} {
		_, err := bracket.New([]measure.Node{good, c.node}, 2)
		var e *bracket.NodeError
		if !errors.As(err, &e) || e.Node != 1 || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.node, err, c.want)
		}
	}
	if _, err := bracket.New(nil, 2); err == nil {
		t.Error("no nodes are accepted")
	}
}

// TestWrongData: values of other matrices lie outside of the brackets.
func TestWrongData(t *testing.T) {
	a := thermal(t)
	rng := rand.New(rand.NewPCG(5, 5))
	nodes := boxNodes(t, a, rng, 10, 0.2, 5)
	m := newModel(t, nodes, a.order())
	if err := m.Check(); err != nil {
		t.Fatal(err)
	}
	swapped := parts{a[0], a[2], a[1], a[3]}
	wrong := append([]measure.Node(nil), nodes...)
	different, caught := 0, 0
	for i := range nodes {
		lower, upper := m.At(nodes[i].Alpha)
		if nodes[i].Alpha[1] != nodes[i].Alpha[2] {
			different++
		}
		if l := swapped.logDet(t, nodes[i].Alpha); l < lower || l > upper {
			caught++
		}
		if i >= 5 { // two files of different parts
			wrong[i] = swapped.node(t, nodes[i].Alpha)
		}
	}
	if caught != different {
		t.Errorf("%d of %d values of swapped parts lie outside", caught, different)
	}
	err := newModel(t, wrong, a.order()).Check()
	var c *bracket.ContradictionError
	if !errors.As(err, &c) || c.LogDet >= c.Lower && c.LogDet <= c.Upper {
		t.Errorf("nodes of two families: %v", err)
	}
}
