// Package order chooses the elimination order of a sparse factorisation with
// symmetric pattern and analyses it symbolically: approximate minimum degree,
// multilevel nested dissection, the elimination tree, exact column counts and
// the supernodes with their row structures. It sees patterns only, never
// values, and factorises nothing.
//
// Sources: Amestoy, Davis, Duff, An approximate minimum degree ordering
// algorithm, SIAM J. Matrix Anal. Appl. 17 (1996) and ACM TOMS 30 (2004),
// Algorithm 837; Karypis, Kumar, A fast and high quality multilevel scheme for
// partitioning irregular graphs, SIAM J. Sci. Comput. 20 (1998); Hendrickson,
// Rothberg, Improving the run time and quality of nested dissection ordering,
// SIAM J. Sci. Comput. 20 (1998); Liu, The role of elimination trees in sparse
// factorization, SIAM J. Matrix Anal. Appl. 11 (1990); Gilbert, Ng, Peyton, An
// efficient algorithm to compute row and column counts for sparse Cholesky
// factorization, SIAM J. Matrix Anal. Appl. 15 (1994); Ashcraft, Grimes, The
// influence of relaxed supernode partitions on the multifrontal method, ACM
// TOMS 15 (1989).
package order

import (
	"fmt"

	"eimtool/internal/matrix"
)

// Graph is the adjacency of A + Aᵀ without the diagonal: the neighbours of
// vertex v are Idx[Ptr[v]:Ptr[v+1]], increasing; every edge is stored from both
// ends. A complete graph (Complete true: every vertex adjacent to every other)
// stores neither Ptr nor Idx.
type Graph struct {
	N        int
	Ptr      []int
	Idx      []int32
	Complete bool
}

// Edges returns the number of stored neighbours, twice the number of edges.
func (g *Graph) Edges() int {
	if g.Complete {
		return g.N * max(0, g.N-1)
	}
	return len(g.Idx)
}

// FromPattern returns the graph of A + Aᵀ for a square matrix of pattern p, of
// any symmetry and storage. It panics when p is not square.
func FromPattern(p *matrix.Pattern) *Graph {
	if p.Rows != p.Cols {
		panic(fmt.Sprintf("order: pattern of %d by %d is not square", p.Rows, p.Cols))
	}
	switch {
	case p.Dense:
		return &Graph{N: p.Rows, Complete: true}
	case p.Symmetry == matrix.General:
		return fromGeneral(p)
	default:
		return fromTriangle(p)
	}
}

// fromTriangle mirrors a stored lower triangle. Column order visits the
// neighbours of every vertex in increasing order.
func fromTriangle(p *matrix.Pattern) *Graph {
	g := &Graph{N: p.Cols, Ptr: make([]int, p.Cols+1)}
	for j := range p.Cols {
		for _, i := range p.RowIdx[p.ColPtr[j]:p.ColPtr[j+1]] {
			if int(i) != j {
				g.Ptr[i+1]++
				g.Ptr[j+1]++
			}
		}
	}
	for v := range g.N {
		g.Ptr[v+1] += g.Ptr[v]
	}
	g.Idx = make([]int32, g.Ptr[g.N])
	next := append([]int(nil), g.Ptr[:g.N]...)
	for j := range p.Cols {
		for _, i := range p.RowIdx[p.ColPtr[j]:p.ColPtr[j+1]] {
			if int(i) != j {
				g.Idx[next[i]] = int32(j)
				next[i]++
				g.Idx[next[j]] = i
				next[j]++
			}
		}
	}
	return g
}

// fromGeneral merges every column with the row of the same number.
func fromGeneral(p *matrix.Pattern) *Graph {
	tp, ti := transpose(p)
	g := &Graph{N: p.Cols, Ptr: make([]int, p.Cols+1)}
	merge := func(v int32, emit func(int32)) {
		a, b := p.RowIdx[p.ColPtr[v]:p.ColPtr[v+1]], ti[tp[v]:tp[v+1]]
		for len(a) > 0 || len(b) > 0 {
			var i int32
			switch {
			case len(b) == 0 || len(a) > 0 && a[0] < b[0]:
				i, a = a[0], a[1:]
			case len(a) == 0 || b[0] < a[0]:
				i, b = b[0], b[1:]
			default:
				i, a, b = a[0], a[1:], b[1:]
			}
			if i != v {
				emit(i)
			}
		}
	}
	count := 0
	for v := range g.N {
		merge(int32(v), func(int32) { count++ })
		g.Ptr[v+1] = count
	}
	g.Idx = make([]int32, 0, count)
	for v := range g.N {
		merge(int32(v), func(i int32) { g.Idx = append(g.Idx, i) })
	}
	return g
}

// transpose returns the rows of a sparse pattern, columns increasing.
func transpose(p *matrix.Pattern) (ptr []int, idx []int32) {
	ptr = make([]int, p.Rows+1)
	for _, i := range p.RowIdx {
		ptr[i+1]++
	}
	for i := range p.Rows {
		ptr[i+1] += ptr[i]
	}
	idx = make([]int32, len(p.RowIdx))
	next := append([]int(nil), ptr[:p.Rows]...)
	for j := range p.Cols {
		for _, i := range p.RowIdx[p.ColPtr[j]:p.ColPtr[j+1]] {
			idx[next[i]] = int32(j)
			next[i]++
		}
	}
	return ptr, idx
}

// permuted returns the graph renumbered so that vertex perm[k] becomes k. The
// neighbours come in no particular order.
func (g *Graph) permuted(perm, inverse []int32) *Graph {
	q := &Graph{N: g.N, Ptr: make([]int, g.N+1), Idx: make([]int32, len(g.Idx))}
	k := 0
	for v, old := range perm {
		for _, u := range g.Idx[g.Ptr[old]:g.Ptr[old+1]] {
			q.Idx[k] = inverse[u]
			k++
		}
		q.Ptr[v+1] = k
	}
	return q
}

// Natural returns the identity order of n vertices.
func Natural(n int) []int32 {
	perm := make([]int32, n)
	for v := range perm {
		perm[v] = int32(v)
	}
	return perm
}

// Invert returns the inverse of a permutation.
func Invert(perm []int32) []int32 {
	inverse := make([]int32, len(perm))
	for k, v := range perm {
		inverse[v] = int32(k)
	}
	return inverse
}
