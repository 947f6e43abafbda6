package order

import (
	"context"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// fill is the brute-force symbolic factorisation: the rows of every column of
// the factor of g eliminated in the order perm, in new numbers.
func fill(g *Graph, perm []int32) [][]int32 {
	n := g.N
	below := make([]map[int32]bool, n)
	inverse := Invert(perm)
	for k, old := range perm {
		below[k] = map[int32]bool{}
		for v := range int32(n) {
			if adjacent(g, old, v) && inverse[v] > int32(k) {
				below[k][inverse[v]] = true
			}
		}
	}
	rows := make([][]int32, n)
	for k := range n {
		for i := k + 1; i < n; i++ {
			if !below[k][int32(i)] {
				continue
			}
			for j := i + 1; j < n; j++ {
				if below[k][int32(j)] {
					below[i][int32(j)] = true
				}
			}
		}
		for i := k; i < n; i++ {
			if i == k || below[k][int32(i)] {
				rows[k] = append(rows[k], int32(i))
			}
		}
	}
	return rows
}

func adjacent(g *Graph, u, v int32) bool {
	if g.Complete {
		return u != v
	}
	return slices.Contains(g.Idx[g.Ptr[u]:g.Ptr[u+1]], v)
}

// fromEdges returns the graph of n vertices with the given edges.
func fromEdges(n int, edges [][2]int) *Graph {
	lists := make([][]int32, n)
	for _, e := range edges {
		if e[0] != e[1] {
			lists[e[0]] = append(lists[e[0]], int32(e[1]))
			lists[e[1]] = append(lists[e[1]], int32(e[0]))
		}
	}
	g := &Graph{N: n, Ptr: make([]int, n+1)}
	for v, l := range lists {
		slices.Sort(l)
		g.Idx = append(g.Idx, slices.Compact(l)...)
		g.Ptr[v+1] = len(g.Idx)
	}
	return g
}

// drawGraph draws a graph: sparse at random, a grid, with a dense row, with
// copies of vertices, in several parts.
func drawGraph(t *rapid.T, most int) *Graph {
	n := rapid.IntRange(0, most).Draw(t, "n")
	if n == 0 {
		return &Graph{Ptr: []int{0}}
	}
	vertex := rapid.IntRange(0, n-1)
	var edges [][2]int
	for range rapid.IntRange(0, 3*n).Draw(t, "edges") {
		edges = append(edges, [2]int{vertex.Draw(t, "u"), vertex.Draw(t, "v")})
	}
	if rapid.Bool().Draw(t, "grid") {
		w := rapid.IntRange(1, n).Draw(t, "width")
		for v := range n {
			if (v+1)%w != 0 && v+1 < n {
				edges = append(edges, [2]int{v, v + 1})
			}
			if v+w < n {
				edges = append(edges, [2]int{v, v + w})
			}
		}
	}
	if rapid.Bool().Draw(t, "dense row") {
		hub := vertex.Draw(t, "hub")
		for v := range n {
			edges = append(edges, [2]int{hub, v})
		}
	}
	return fromEdges(n, edges)
}

func checkPermutation(t interface{ Fatalf(string, ...any) }, perm []int32, n int) {
	seen := make([]bool, n)
	for _, v := range perm {
		if v < 0 || int(v) >= n || seen[v] {
			t.Fatalf("%v is no permutation of %d", perm, n)
		}
		seen[v] = true
	}
	if len(perm) != n {
		t.Fatalf("%d entries in a permutation of %d", len(perm), n)
	}
}

func TestTreeAgainstBruteForce(t *testing.T) {
	relaxes := map[string][]Relax{"none": {{1 << 30, 0}}, "default": nil, "all": {{1 << 30, 1}}}
	rapid.Check(t, func(t *rapid.T) {
		g := drawGraph(t, 40)
		relax := rapid.SampledFrom([]string{"none", "default", "all"}).Draw(t, "relax")
		ordering := rapid.SampledFrom([]string{"natural", "amd", "nested-dissection", "auto"}).Draw(t, "ordering")
		tree, err := Analyse(context.Background(), g, Options{Ordering: ordering, Threads: 1, Relax: relaxes[relax]})
		if err != nil {
			t.Fatal(err)
		}
		checkPermutation(t, tree.Perm, g.N)
		checkTree(t, g, tree, relax == "none")
	})
}

// checkTree compares tree with the brute-force factorisation, entry by entry
// where it claims to be exact.
func checkTree(t *rapid.T, g *Graph, tree *Tree, exact bool) {
	rows := fill(g, tree.Perm)
	work, nnz := 0.0, 0
	for j, r := range rows {
		work += float64(len(r)) * float64(len(r))
		parent := int32(-1)
		if len(r) > 1 {
			parent = r[1]
		}
		if tree.Parent[j] != parent {
			t.Fatalf("parent of %d is %d, want %d", j, tree.Parent[j], parent)
		}
		if tree.Inverse[tree.Perm[j]] != int32(j) {
			t.Fatalf("inverse of %d is wrong", j)
		}
	}
	if work != tree.Flops {
		t.Fatalf("flops %g, want %g", tree.Flops, work)
	}
	for s := range tree.SuperParent {
		lo, hi := tree.Super[s], tree.Super[s+1]
		front := tree.RowIdx[tree.RowPtr[s]:tree.RowPtr[s+1]]
		for k, i := range front {
			if k < int(hi-lo) && i != lo+int32(k) || k > 0 && i <= front[k-1] {
				t.Fatalf("rows %v of supernode %d, columns %d to %d", front, s, lo, hi)
			}
		}
		for j := lo; j < hi; j++ {
			column := front[j-lo:]
			nnz += len(column)
			for _, i := range rows[j] {
				if _, ok := slices.BinarySearch(column, i); !ok {
					t.Fatalf("entry (%d, %d) of the factor is not in %v", i, j, column)
				}
			}
			if exact && len(column) != len(rows[j]) {
				t.Fatalf("column %d has %d entries, want %d", j, len(column), len(rows[j]))
			}
		}
		parent := int32(-1)
		if below := front[hi-lo:]; len(below) > 0 {
			parent = int32(s) + 1
			for tree.Super[parent+1] <= below[0] {
				parent++
			}
		}
		if tree.SuperParent[s] != parent {
			t.Fatalf("parent of supernode %d is %d, want %d", s, tree.SuperParent[s], parent)
		}
	}
	if nnz != tree.NNZ || len(tree.RowPtr) != len(tree.SuperParent)+1 || int(tree.Super[len(tree.SuperParent)]) != g.N {
		t.Fatalf("NNZ %d, want %d", tree.NNZ, nnz)
	}
}

func TestCompleteGraph(t *testing.T) {
	const n = 9
	var edges [][2]int
	for v := range n {
		for u := range v {
			edges = append(edges, [2]int{u, v})
		}
	}
	complete, listed := &Graph{N: n, Complete: true}, fromEdges(n, edges)
	parent := EliminationTree(complete)
	if !slices.Equal(parent, EliminationTree(listed)) ||
		!slices.Equal(ColumnCounts(complete, parent), ColumnCounts(listed, parent)) {
		t.Error("a complete graph differs from the same with its edges listed")
	}
	if complete.Edges() != listed.Edges() {
		t.Errorf("%d neighbours, want %d", complete.Edges(), listed.Edges())
	}
}

// Full and empty graphs, with their edges listed, beyond the size of a leaf.
func TestExtremeGraphs(t *testing.T) {
	const n = 300
	var edges [][2]int
	for v := range n {
		for u := range v {
			edges = append(edges, [2]int{u, v})
		}
	}
	for name, c := range map[string]struct {
		g           *Graph
		nnz, fronts int
	}{
		"full":  {fromEdges(n, edges), n * (n + 1) / 2, 1},
		"empty": {fromEdges(n, nil), n, n},
		"star":  {star(n), 2*n - 1, n - 1},
	} {
		for _, ordering := range []string{"auto", "amd", "nested-dissection"} {
			tree, err := Analyse(context.Background(), c.g, Options{Ordering: ordering, Relax: []Relax{{n, 0}}})
			if err != nil {
				t.Fatal(err)
			}
			checkPermutation(t, tree.Perm, n)
			if tree.NNZ != c.nnz || len(tree.SuperParent) != c.fronts {
				t.Errorf("%s, %s: %d entries, %d supernodes", name, ordering, tree.NNZ, len(tree.SuperParent))
			}
		}
	}
}
