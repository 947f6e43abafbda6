package order

import (
	"context"

	"eimtool/internal/scalar"
)

// orderLeaves reorders the leaves of a nested dissection, places lo .. hi-1 of
// perm, by minimum degree with a halo: the vertices around a leaf, eliminated
// later, count in the degrees (Pellegrini, Roman, Amestoy, Concurrency:
// Practice and Experience 12, 2000).
func orderLeaves(ctx context.Context, g *Graph, perm []int32, leaves [][2]int, threads int) error {
	size := max(1, len(leaves)/32)
	most := denseLimit(g.N)
	return scalar.Blocks(ctx, len(leaves), size, threads, func(_, lo, hi int) {
		local := make([]int32, g.N) // place in the leaf or its halo plus one
		for _, l := range leaves[lo:hi] {
			orderLeaf(g, perm[l[0]:l[1]], local, most)
		}
	})
}

// orderLeaf reorders the vertices of one leaf; neighbours of degree above most
// are ignored. local is zero before and after.
func orderLeaf(g *Graph, leaf, local []int32, most float64) {
	n := len(leaf)
	all := append(make([]int32, 0, 2*n), leaf...)
	for k, v := range leaf {
		local[v] = int32(k) + 1
	}
	sub := &Graph{Ptr: make([]int, 1, 2*n)}
	for _, v := range leaf {
		for _, u := range g.Idx[g.Ptr[v]:g.Ptr[v+1]] {
			if local[u] == 0 {
				if float64(g.Ptr[u+1]-g.Ptr[u]) > most {
					continue
				}
				all = append(all, u)
				local[u] = int32(len(all))
			}
			sub.Idx = append(sub.Idx, local[u]-1)
		}
		sub.Ptr = append(sub.Ptr, len(sub.Idx))
	}
	for _, v := range all[n:] { // the halo knows its neighbours in the leaf only
		for _, u := range g.Idx[g.Ptr[v]:g.Ptr[v+1]] {
			if k := local[u]; k > 0 && int(k) <= n {
				sub.Idx = append(sub.Idx, k-1)
			}
		}
		sub.Ptr = append(sub.Ptr, len(sub.Idx))
	}
	sub.N = len(all)
	q := newQuotient(sub, n)
	q.run()
	for k, v := range q.order {
		leaf[k] = all[v]
	}
	for _, v := range all {
		local[v] = 0
	}
}
