package measure

import (
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"eimtool/internal/dense"
)

func TestCentre(t *testing.T) {
	candidates := &dense.Matrix[float64]{Rows: 4, Cols: 3, Data: []float64{
		1, 1, 100,
		2, 200, 2, // (1, 100, 1)
		1, 8, 12, // nearest to (1, 10, 10)
		1, 100, 100,
	}}
	if c := centre(candidates); c != 2 {
		t.Errorf("candidate %d", c)
	}
}

// TestFirst: the greedy choice spreads over the corners of the box before it
// takes anything else, does not repeat itself, and passes over what is in use.
func TestFirst(t *testing.T) {
	unit := UnitPoints(2, 60)
	candidates := dense.New[float64](60, 3)
	for i := range 60 {
		candidates.Set(i, 0, 1)
		for k, u := range unit.Row(i) {
			candidates.Set(i, k+1, math.Pow(10, 2*u-1))
		}
	}
	nodes := []Node{{Alpha: candidates.Row(0), Trace: []float64{1, 1, 1}}}
	used := make([]bool, 60)
	used[0], used[4] = true, true
	got := first(candidates, used, nodes, 3, 3)
	slices.Sort(got)
	if d := cmp.Diff([]int{1, 2, 3}, got); d != "" { // corner 4 is in use
		t.Errorf("first nodes: %s", d)
	}
	got = first(candidates, used, nodes, 3, 58)
	slices.Sort(got)
	if len(slices.Compact(got)) != 58 || slices.Contains(got, 0) || slices.Contains(got, 4) {
		t.Errorf("all nodes: %v", got)
	}
	if got := first(candidates, used, nodes, 3, 0); len(got) != 0 {
		t.Errorf("%v when none is wanted", got)
	}
}

// TestChooseBatches: several nodes at once are apart from each other.
func TestChooseBatches(t *testing.T) {
	const count = 101
	line := dense.New[float64](count, 2)
	spread := make([]float64, count)
	for i := range count {
		line.Set(i, 0, 1)
		line.Set(i, 1, math.Pow(10, float64(i)/(count-1)))
		spread[i] = 1 + math.Abs(float64(i)-50)/100 // largest at both ends
	}
	for _, c := range []struct {
		nodes, most int
		want        []int
	}{
		{10, 60, []int{0}},
		{20, 60, []int{0, 100}},
		{20, 21, []int{0}},
		{40, 60, []int{0, 100, 50}},
		{40, 42, []int{0, 100}},
	} {
		b := &builder{
			Problem: &Problem{Candidates: line}, most: c.most, nodes: make([]Node, c.nodes),
			used: make([]bool, count), spread: slices.Clone(spread),
		}
		if d := cmp.Diff(c.want, b.choose()); d != "" {
			t.Errorf("%d nodes of %d: %s", c.nodes, c.most, d)
		}
	}
}

func TestUnitPoints(t *testing.T) {
	for _, dim := range []int{1, 2, 3, 6, 9, 70} {
		const count = 500
		p := UnitPoints(dim, count)
		if p.Rows != count || p.Cols != dim {
			t.Fatalf("%d x %d", p.Rows, p.Cols)
		}
		corners, faces := 0, 0
		mean := make([]float64, dim)
		var rows [][]float64
		for i := range count {
			ends := 0
			for k, v := range p.Row(i) {
				if !(v >= 0 && v <= 1) {
					t.Fatalf("dimension %d, point %d: %v", dim, i, p.Row(i))
				}
				if v == 0 || v == 1 {
					ends++
				}
				mean[k] += v / count
			}
			if ends == dim {
				corners++
			}
			if ends > 0 {
				faces++
			}
			rows = append(rows, p.Row(i))
		}
		if want := 1 << min(dim, cornerDims); corners < want || faces < count/4 {
			t.Errorf("dimension %d: %d corners, %d points on faces", dim, corners, faces)
		}
		for k, v := range mean {
			if math.Abs(v-0.5) > 0.05 {
				t.Errorf("dimension %d: mean of coordinate %d is %g", dim, k, v)
			}
		}
		slices.SortFunc(rows, slices.Compare)
		if distinct := len(slices.CompactFunc(rows, slices.Equal)); dim > 1 && distinct != count {
			t.Errorf("dimension %d: %d distinct points", dim, distinct)
		}
	}
	if p := UnitPoints(3, 5); p.Rows != 5 || !slices.Equal(p.Row(0), []float64{0.5, 0.5, 0.5}) {
		t.Errorf("few points: %v", p)
	}
	if p := UnitPoints(0, 7); p.Rows != 1 || p.Cols != 0 {
		t.Errorf("no dimension: %v", p)
	}
	// Any two coordinates of the corners of high dimensions take all four pairs.
	p := UnitPoints(20, 65)
	for i := range 20 {
		for j := range i {
			var pairs [2][2]int
			for c := 1; c <= 64; c++ {
				pairs[int(p.At(c, i))][int(p.At(c, j))]++
			}
			if pairs != [2][2]int{{16, 16}, {16, 16}} {
				t.Fatalf("coordinates %d and %d: %v", i, j, pairs)
			}
		}
	}
}
