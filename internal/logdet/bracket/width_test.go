package bracket_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"eimtool/internal/logdet/bracket"
	"eimtool/internal/logdet/measure"
)

// TestWidths: the brackets of the thermal block family are as wide as a plain
// script found, up to the choice of nodes.
func TestWidths(t *testing.T) {
	a := thermal(t)
	rng := rand.New(rand.NewPCG(1, 1))
	nodes := boxNodes(t, a, rng, 50, 0.2, 5)
	points := make([][]float64, 200)
	exact := make([]float64, len(points))
	for i := range points {
		points[i] = boxPoint(rng, 4, 0.2, 5)
		exact[i] = a.logDet(t, points[i])
	}
	type widths struct{ median, most float64 }
	kinds := []struct {
		name  string
		nodes func([]measure.Node) []measure.Node
		limit map[int]widths
	}{
		{
			"values", func(n []measure.Node) []measure.Node { return without(n, true) },
			map[int]widths{5: {150, 300}, 10: {65, 90}, 20: {35, 80}, 30: {27, 80}, 50: {18, 53}},
		},
		{
			"traces", func(n []measure.Node) []measure.Node { return without(n, false) },
			map[int]widths{5: {33, 150}, 10: {6, 11}, 20: {3.3, 6.5}, 30: {2.4, 6.2}, 50: {1.6, 5.3}},
		},
		{
			"second", func(n []measure.Node) []measure.Node { return n },
			map[int]widths{5: {14, 50}, 10: {5.3, 11}, 20: {1.9, 6.5}, 30: {1.3, 5.7}, 50: {0.75, 3.3}},
		},
	}
	for _, kind := range kinds {
		for _, count := range []int{5, 10, 20, 30, 50} {
			m, err := bracket.New(kind.nodes(nodes[:count]), a.order())
			if err != nil {
				t.Fatal(err)
			}
			var all, quick []float64
			for i, p := range points {
				lower, upper := m.At(p)
				if !(lower <= exact[i] && exact[i] <= upper) {
					t.Fatalf("%s, %d nodes, %v: %g not within [%g, %g]", kind.name, count, p, exact[i], lower, upper)
				}
				all = append(all, upper-lower)
				lower, upper = m.Tangents(p)
				quick = append(quick, upper-lower)
			}
			slices.Sort(all)
			slices.Sort(quick)
			t.Logf("%s %d: %.2g / %.2g, quick %.2g / %.2g", kind.name, count, all[100], all[199], quick[100], quick[199])
			if w := kind.limit[count]; all[100] > w.median || all[199] > w.most {
				t.Errorf("%s, %d nodes: widths %.2g, at most %.2g, expected %v", kind.name, count, all[100], all[199], w)
			}
		}
	}
}

func BenchmarkAt(b *testing.B) {
	a := thermal(b)
	rng := rand.New(rand.NewPCG(1, 1))
	all := boxNodes(b, a, rng, 50, 0.2, 5)
	points := make([][]float64, 256)
	for i := range points {
		points[i] = boxPoint(rng, 4, 0.2, 5)
	}
	for _, c := range []struct {
		name  string
		nodes []measure.Node
	}{
		{"first-30", without(all[:30], false)},
		{"second-30", all[:30]},
		{"values-30", without(all[:30], true)},
	} {
		m, err := bracket.New(c.nodes, a.order())
		if err != nil {
			b.Fatal(err)
		}
		b.Run(c.name+"/tangents", func(b *testing.B) {
			for i := range b.N {
				m.Tangents(points[i&255])
			}
		})
		b.Run(c.name+"/all", func(b *testing.B) {
			for i := range b.N {
				m.At(points[i&255])
			}
		})
	}
}
