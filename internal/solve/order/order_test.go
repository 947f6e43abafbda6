package order

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"eimtool/internal/matrix"
)

// fillOf returns the entries of the factor of g in the order perm and Σ count².
func fillOf(g *Graph, perm []int32) (nnz int, work float64) {
	c := newCandidate(g, "", perm)
	for _, k := range c.count {
		nnz += int(k)
	}
	return nnz, c.flops
}

// minimumDegree is the exact algorithm on the elimination graph: the least
// vertex of least degree first.
func minimumDegree(g *Graph) []int32 {
	near := make([]map[int32]bool, g.N)
	for v := range near {
		near[v] = map[int32]bool{}
		for _, u := range g.Idx[g.Ptr[v]:g.Ptr[v+1]] {
			near[v][u] = true
		}
	}
	var perm []int32
	for range g.N {
		best := int32(-1)
		for v := range int32(g.N) {
			if near[v] != nil && (best < 0 || len(near[v]) < len(near[best])) {
				best = v
			}
		}
		for u := range near[best] {
			delete(near[u], best)
			for x := range near[best] {
				if x != u {
					near[u][x] = true
				}
			}
		}
		near[best] = nil
		perm = append(perm, best)
	}
	return perm
}

func TestOrdersArePermutations(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := drawGraph(t, 80)
		checkPermutation(t, AMD(g), g.N)
		leaf := rapid.IntRange(1, 20).Draw(t, "leaf")
		first, err := nestedDissection(context.Background(), g, 1, leaf)
		if err != nil {
			t.Fatal(err)
		}
		checkPermutation(t, first, g.N)
		again, err := nestedDissection(context.Background(), g, 3, leaf)
		if err != nil || !slices.Equal(first, again) {
			t.Fatalf("orders differ between 1 and 3 threads: %v", err)
		}
	})
}

// Eliminating the leaves first causes no fill in a forest.
func TestForestsHaveNoFill(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 300).Draw(t, "n")
		var edges [][2]int
		for v := 1; v < n; v++ {
			if u := rapid.IntRange(-1, v-1).Draw(t, "parent"); u >= 0 {
				edges = append(edges, [2]int{u, v})
			}
		}
		g := fromEdges(n, edges)
		if nnz, _ := fillOf(g, AMD(g)); nnz != n+len(edges) {
			t.Fatalf("%d entries in the factor of a forest of %d edges and %d vertices", nnz, len(edges), n)
		}
	})
}

func TestAMDAgainstExactMinimumDegree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := drawGraph(t, 60)
		got, _ := fillOf(g, AMD(g))
		want, _ := fillOf(g, minimumDegree(g))
		if 10*got > 13*want+100 {
			t.Fatalf("%d entries in the factor, %d with exact minimum degree", got, want)
		}
	})
}

// The figures of an independent implementation of both algorithms (AMD of
// SuiteSparse 5, METIS 5.1): entries of the factor and Σ count².
func TestFillOfGrids(t *testing.T) {
	cases := []struct {
		name                       string
		g                          *Graph
		amdNNZ, amdFlops, nd, ndFl float64
	}{
		{"P1 250x250", box(250, 250, 1, true), 2.650e6, 0.396e9, 2.375e6, 0.282e9},
		{"5-point 200x200", box(200, 200, 1, false), 1.082e6, 0.112e9, 0.964e6, 0.096e9},
		{"7-point 30x30x30", box(30, 30, 30, false), 5.606e6, 5.051e9, 4.128e6, 2.607e9},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			nnz, work := fillOf(c.g, AMD(c.g))
			if float64(nnz) > 1.05*c.amdNNZ || work > 1.1*c.amdFlops {
				t.Errorf("minimum degree: %d entries, %.4g operations; want %.4g, %.4g", nnz, work, c.amdNNZ, c.amdFlops)
			}
			perm, err := NestedDissection(context.Background(), c.g, 0)
			if err != nil {
				t.Fatal(err)
			}
			checkPermutation(t, perm, c.g.N)
			nnz, work = fillOf(c.g, perm)
			if float64(nnz) > 1.1*c.nd || work > 1.2*c.ndFl {
				t.Errorf("nested dissection: %d entries, %.4g operations; want %.4g, %.4g", nnz, work, c.nd, c.ndFl)
			}
		})
	}
}

func TestThreadsDoNotChangeTheOrder(t *testing.T) {
	graphs := map[string]*Graph{
		"grid": box(120, 110, 1, true), "box": box(20, 21, 22, false), "two boxes": twice(box(60, 50, 1, false)),
	}
	for name, g := range graphs {
		t.Run(name, func(t *testing.T) {
			want, err := Analyse(context.Background(), g, Options{Ordering: "nested-dissection", Threads: 1})
			if err != nil {
				t.Fatal(err)
			}
			for _, threads := range []int{2, 7} {
				got, err := Analyse(context.Background(), g, Options{Ordering: "nested-dissection", Threads: threads})
				if err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(got.Perm, want.Perm) || !slices.Equal(got.RowIdx, want.RowIdx) {
					t.Errorf("%d threads give another result", threads)
				}
			}
		})
	}
}

// twice returns two copies of g, side by side.
func twice(g *Graph) *Graph {
	h := &Graph{N: 2 * g.N, Ptr: slices.Clone(g.Ptr), Idx: slices.Clone(g.Idx)}
	for _, p := range g.Ptr[1:] {
		h.Ptr = append(h.Ptr, p+len(g.Idx))
	}
	for _, v := range g.Idx {
		h.Idx = append(h.Idx, v+int32(g.N))
	}
	return h
}

// Components are ordered one by one: two copies make twice the work.
func TestComponentsAreSeparate(t *testing.T) {
	g := box(40, 30, 1, true)
	perm, err := NestedDissection(context.Background(), twice(g), 2)
	if err != nil {
		t.Fatal(err)
	}
	_, work := fillOf(twice(g), perm)
	_, one := fillOf(g, AMD(g))
	if work > 2.2*one {
		t.Errorf("%g operations for two copies of a grid that takes %g", work, one)
	}
}

// Indistinguishable vertices are found: k unknowns per node multiply the fill
// of the nodes by about k².
func TestBlocksOfUnknowns(t *testing.T) {
	g := box(30, 30, 1, false)
	var edges [][2]int
	const k = 3
	for v := range g.N {
		for a := range k {
			for b := range a {
				edges = append(edges, [2]int{k*v + a, k*v + b})
			}
			for _, u := range g.Idx[g.Ptr[v]:g.Ptr[v+1]] {
				for b := range k {
					edges = append(edges, [2]int{k*v + a, k*int(u) + b})
				}
			}
		}
	}
	blocks := fromEdges(k*g.N, edges)
	if c := compress(blocks); c.mesh.size() != g.N || len(c.mesh.idx) != len(g.Idx) || int(c.mesh.total) != k*g.N {
		t.Errorf("%d vertices after compression, want %d", c.mesh.size(), g.N)
	}
	perm, err := NestedDissection(context.Background(), blocks, 1)
	if err != nil {
		t.Fatal(err)
	}
	checkPermutation(t, perm, blocks.N)
	nnz, _ := fillOf(blocks, perm)
	one, _ := fillOf(g, AMD(g))
	if nnz > 11*one {
		t.Errorf("%d entries with %d unknowns per node, %d with one", nnz, k, one)
	}
}

func TestSeparatorsSeparate(t *testing.T) {
	graphs := map[string]*Graph{
		"grid": box(90, 80, 1, true), "box": box(12, 12, 12, false), "star": star(3000), "path": box(500, 1, 1, false),
		"two grids": twice(box(20, 20, 1, false)),
	}
	for name, g := range graphs {
		t.Run(name, func(t *testing.T) {
			m := &mesh{ptr: g.Ptr, idx: g.Idx, weight: make([]int32, g.N), total: int32(g.N)}
			for v := range m.weight {
				m.weight[v] = 1
			}
			s := newSeparator(m)
			where := s.separate(m, 1)
			var weight [3]int32
			for v, p := range where {
				weight[p]++
				for _, u := range g.Idx[g.Ptr[v]:g.Ptr[v+1]] {
					if p+where[u] == left+right && p != where[u] {
						t.Fatalf("edge between the sides: %d, %d", v, u)
					}
				}
			}
			if weight != s.weight {
				t.Errorf("weights %v, want %v", s.weight, weight)
			}
			if s.grade().over > 0 || weight[left] == 0 || weight[right] == 0 {
				t.Errorf("sides of %d and %d of %d vertices", weight[left], weight[right], g.N)
			}
		})
	}
}

// star is a hub with n-1 leaves.
func star(n int) *Graph {
	var edges [][2]int
	for v := 1; v < n; v++ {
		edges = append(edges, [2]int{0, v})
	}
	return fromEdges(n, edges)
}

func TestDenseVerticesComeLast(t *testing.T) {
	g := star(3000)
	perm, err := NestedDissection(context.Background(), g, 1)
	if err != nil {
		t.Fatal(err)
	}
	if perm[2999] != 0 || AMD(g)[2999] != 0 {
		t.Error("the hub of a star is not last")
	}
}

func TestGraphOfPattern(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 12).Draw(t, "n")
		symmetry := rapid.SampledFrom([]matrix.Symmetry{
			matrix.General, matrix.Symmetric, matrix.SkewSymmetric, matrix.Hermitian,
		}).Draw(t, "symmetry")
		p := &matrix.Pattern{Rows: n, Cols: n, Symmetry: symmetry, ColPtr: make([]int, n+1)}
		entry := make([][]bool, n)
		for i := range entry {
			entry[i] = make([]bool, n)
		}
		for j := range n {
			for i := range n {
				if (symmetry == matrix.General || i >= j) && rapid.IntRange(0, 3).Draw(t, "stored") == 0 {
					p.RowIdx = append(p.RowIdx, int32(i))
					entry[i][j], entry[j][i] = true, true
				}
			}
			p.ColPtr[j+1] = len(p.RowIdx)
		}
		g := FromPattern(p)
		for v := range n {
			var want []int32
			for u := range n {
				if u != v && entry[u][v] {
					want = append(want, int32(u))
				}
			}
			if got := g.Idx[g.Ptr[v]:g.Ptr[v+1]]; !slices.Equal(got, want) {
				t.Fatalf("neighbours %v of %d, want %v", got, v, want)
			}
		}
	})
}

func TestNonsquarePatternPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	FromPattern(&matrix.Pattern{Rows: 2, Cols: 3, Dense: true})
}

func TestDensePattern(t *testing.T) {
	for _, n := range []int{0, 1, 5} {
		g := FromPattern(&matrix.Pattern{Rows: n, Cols: n, Dense: true})
		for _, ordering := range []string{"", "amd", "natural", "nested-dissection"} {
			tree, err := Analyse(context.Background(), g, Options{Ordering: ordering})
			if err != nil {
				t.Fatal(err)
			}
			if tree.NNZ != n*(n+1)/2 || len(tree.SuperParent) != min(n, 1) || len(tree.RowIdx) != n {
				t.Errorf("n = %d: %+v", n, tree)
			}
		}
	}
}

func TestAnalyseErrors(t *testing.T) {
	g := box(30, 30, 1, false)
	var unknown *OrderingError
	if _, err := Analyse(context.Background(), g, Options{Ordering: "best"}); !errors.As(err, &unknown) {
		t.Errorf("error %v, want an OrderingError", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, ordering := range []string{"auto", "amd", "natural", "nested-dissection"} {
		if _, err := Analyse(ctx, g, Options{Ordering: ordering}); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: error %v, want %v", ordering, err, context.Canceled)
		}
	}
	if _, err := NestedDissection(ctx, g, 2); !errors.Is(err, context.Canceled) {
		t.Errorf("nested dissection: error %v", err)
	}
}

func TestAutoTakesTheLesserWork(t *testing.T) {
	for name, g := range map[string]*Graph{"box": box(20, 20, 20, false), "chain": box(900, 1, 1, false)} {
		work := map[string]float64{}
		for _, ordering := range []string{"auto", "amd", "nested-dissection"} {
			tree, err := Analyse(context.Background(), g, Options{Ordering: ordering, Threads: 1})
			if err != nil {
				t.Fatal(err)
			}
			work[ordering] = tree.Flops
		}
		if work["auto"] > min(work["amd"], work["nested-dissection"]) {
			t.Errorf("%s: %v", name, work)
		}
	}
}

// The fewer uses, the less an analysis may cost.
func TestAutoWeighsUses(t *testing.T) {
	g := box(20, 20, 20, false)
	for uses, want := range map[int]string{1: "amd", 0: "nested-dissection", 50: "nested-dissection"} {
		tree, err := Analyse(context.Background(), g, Options{Uses: uses, Threads: 1})
		if err != nil {
			t.Fatal(err)
		}
		if tree.Ordering != want {
			t.Errorf("%d uses: %s, want %s", uses, tree.Ordering, want)
		}
	}
}

// The marks start again when they would overflow; the order does not notice.
func TestMarksStartAgain(t *testing.T) {
	g := box(25, 20, 1, true)
	q := newQuotient(g, g.N)
	q.tag = math.MaxInt32 - 2*int32(g.N) - 50
	q.run()
	if q.tag > math.MaxInt32/2 {
		t.Fatalf("mark %d: the test does not test", q.tag)
	}
	if !slices.Equal(q.order, AMD(g)) {
		t.Error("the order depends on the marks")
	}
}
