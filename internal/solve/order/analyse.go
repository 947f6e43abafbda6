package order

import (
	"context"
	"fmt"
)

// Tree is the supernodal symbolic factorisation of a symmetric pattern, in
// elimination order. Vertex Perm[k] of the graph is column k.
//
// Supernodes are numbered in a postorder of their tree. Amalgamation may put
// columns side by side that are no chain of the elimination tree: Parent is
// the tree of the exact factor, every parent after its children, but not always
// inside a supernode the next column.
type Tree struct {
	Ordering      string  // the order chosen: "amd", "nested-dissection" or "natural"
	Perm, Inverse []int32 // Perm[new] = old, Inverse[old] = new
	Parent        []int32 // elimination tree in new numbers, -1 for a root
	Super         []int32 // supernode s is columns Super[s] .. Super[s+1]-1
	SuperParent   []int32 // -1 for a root; children have smaller numbers
	RowPtr        []int   // rows of supernode s: RowIdx[RowPtr[s]:RowPtr[s+1]],
	RowIdx        []int32 // increasing, its own columns first
	NNZ           int     // entries of L: lower triangle with diagonal, after amalgamation
	Flops         float64 // of LLᵀ, Σ count² over the columns of the exact factor
}

// Options steers Analyse; the zero value is a good choice.
type Options struct {
	Ordering string // "auto" (also ""), "amd", "nested-dissection" or "natural"
	Threads  int    // of nested dissection; all processors when ≤ 0
	// Uses is the number of factorisations expected of the analysis, 20 when
	// ≤ 0: "auto" weighs the work they save against the time of a better order.
	Uses int
	// Relax says which supernodes are merged, by increasing Width; nil for
	// rules that suit kernels wanting some 16 columns.
	Relax []Relax
}

// Relax allows fronts of up to Width columns a share Zeros of entries that are
// zero in the exact factor.
type Relax struct {
	Width int
	Zeros float64
}

// defaultRelax merges small fronts generously.
var defaultRelax = []Relax{{8, 0.8}, {24, 0.4}, {64, 0.12}}

// wideZeros is the share of zeros allowed to wider fronts.
const wideZeros = 0.05

// allowed returns the share of zeros allowed to a front of w columns.
func (o Options) allowed(w int32) float64 {
	relax := o.Relax
	if relax == nil {
		relax = defaultRelax
	}
	for _, r := range relax {
		if int(w) <= r.Width {
			return r.Zeros
		}
	}
	return wideZeros
}

// OrderingError says that Options.Ordering names no order.
type OrderingError struct{ Ordering string }

func (e *OrderingError) Error() string {
	return fmt.Sprintf("order: unknown ordering %q: use auto, amd, nested-dissection or natural", e.Ordering)
}

// Analyse chooses an elimination order of g and returns its supernodal
// symbolic factorisation. With "auto" it keeps the candidate of fewest
// operations. The result does not depend on the number of threads. Errors: an
// *OrderingError, or that of a cancelled ctx.
func Analyse(ctx context.Context, g *Graph, opt Options) (*Tree, error) {
	best, err := choose(ctx, g, opt)
	if err != nil {
		return nil, err
	}
	if g.Complete {
		return completeTree(g.N), nil
	}
	return best.tree(g, opt), nil
}

// candidate is an order with the elimination tree and column counts it gives.
type candidate struct {
	ordering      string
	perm          []int32
	parent, count []int32
	flops         float64
}

// newCandidate analyses an order and composes it with a postorder of its tree.
func newCandidate(g *Graph, ordering string, perm []int32) *candidate {
	c := &candidate{ordering: ordering}
	if g.Complete {
		c.perm = perm
		return c
	}
	q := g.permuted(perm, Invert(perm))
	parent := EliminationTree(q)
	count := ColumnCounts(q, parent)
	post := Postorder(parent)
	number := Invert(post)
	c.perm, c.parent, c.count = make([]int32, g.N), make([]int32, g.N), make([]int32, g.N)
	for k, j := range post {
		c.perm[k], c.count[k], c.parent[k] = perm[j], count[j], -1
		if p := parent[j]; p >= 0 {
			c.parent[k] = number[p]
		}
	}
	c.flops = flops(count)
	return c
}

// choose returns the candidate that opt asks for.
func choose(ctx context.Context, g *Graph, opt Options) (*candidate, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	switch opt.Ordering {
	case "natural":
		return newCandidate(g, "natural", Natural(g.N)), nil
	case "amd":
		return newCandidate(g, "amd", AMD(g)), nil
	case "nested-dissection":
		perm, err := NestedDissection(ctx, g, opt.Threads)
		if err != nil {
			return nil, err
		}
		return newCandidate(g, "nested-dissection", perm), nil
	case "", "auto":
		return chooseBest(ctx, g, opt)
	}
	return nil, &OrderingError{opt.Ordering}
}

const (
	defaultUses = 20
	// worthwhile is the number of operations per vertex, over all uses, above
	// which nested dissection is tried: it takes the time of some 70 000 of
	// them per vertex and saves a third of those of minimum degree, or more.
	worthwhile = 200_000
)

// chooseBest compares minimum degree with nested dissection, unless the former
// leaves so little work that the latter would cost more than it could save.
func chooseBest(ctx context.Context, g *Graph, opt Options) (*candidate, error) {
	if g.Complete {
		return newCandidate(g, "natural", Natural(g.N)), nil
	}
	uses := opt.Uses
	if uses <= 0 {
		uses = defaultUses
	}
	degree := newCandidate(g, "amd", AMD(g))
	if g.N <= leafSize || degree.flops*float64(uses) < worthwhile*float64(g.N) {
		return degree, nil
	}
	perm, err := NestedDissection(ctx, g, opt.Threads)
	if err != nil {
		return nil, err
	}
	if c := newCandidate(g, "nested-dissection", perm); c.flops < degree.flops {
		return c, nil
	}
	return degree, nil
}

// tree merges the supernodes of c and returns their structures.
func (c *candidate) tree(g *Graph, opt Options) *Tree {
	super := fundamental(c.parent, c.count)
	a := newAmalgam(super, c.parent, c.count)
	a.run(opt)
	columns, first, up, below := a.arrange(super)
	t := &Tree{
		Ordering: c.ordering, Super: first, SuperParent: up, Flops: c.flops,
		Perm: make([]int32, g.N), Parent: make([]int32, g.N),
	}
	number := Invert(columns)
	for k, j := range columns {
		t.Perm[k], t.Parent[k] = c.perm[j], -1
		if p := c.parent[j]; p >= 0 {
			t.Parent[k] = number[p]
		}
	}
	t.Inverse = Invert(t.Perm)
	t.rows(g, below)
	return t
}

// rows fills RowPtr, RowIdx and NNZ. Row i occurs in the supernodes on the
// paths from its neighbours of smaller number up to its own supernode; taking
// the rows in increasing order leaves every supernode's rows sorted.
func (t *Tree) rows(g *Graph, below []int32) {
	m := len(below)
	t.RowPtr = make([]int, m+1)
	of := make([]int32, g.N)
	for s := range m {
		w := t.Super[s+1] - t.Super[s]
		t.RowPtr[s+1] = t.RowPtr[s] + int(w+below[s])
		t.NNZ += int(w)*(int(w)+1)/2 + int(w)*int(below[s])
	}
	t.RowIdx = make([]int32, t.RowPtr[m])
	next := make([]int, m)
	for s := range m {
		next[s] = t.RowPtr[s]
		for j := t.Super[s]; j < t.Super[s+1]; j++ {
			of[j] = int32(s)
			t.RowIdx[next[s]] = j
			next[s]++
		}
	}
	seen := make([]int32, m)
	for s := range seen {
		seen[s] = -1
	}
	for i, old := range t.Perm {
		for _, u := range g.Idx[g.Ptr[old]:g.Ptr[old+1]] {
			j := t.Inverse[u]
			if int(j) >= i {
				continue
			}
			for s := of[j]; s != of[i] && seen[s] != int32(i); s = t.SuperParent[s] {
				seen[s] = int32(i)
				t.RowIdx[next[s]] = int32(i)
				next[s]++
			}
		}
	}
}

// completeTree is the single supernode of a dense matrix.
func completeTree(n int) *Tree {
	t := &Tree{
		Ordering: "natural", Perm: Natural(n), Inverse: Natural(n), RowIdx: Natural(n),
		Parent: EliminationTree(&Graph{N: n, Complete: true}), Super: []int32{0}, RowPtr: []int{0},
		NNZ: n * (n + 1) / 2, Flops: float64(n) * float64(n+1) * float64(2*n+1) / 6,
	}
	if n > 0 {
		t.Super, t.SuperParent, t.RowPtr = []int32{0, int32(n)}, []int32{-1}, []int{0, n}
	}
	return t
}
