package order

import (
	"context"
	"math"
	"sync"

	"eimtool/internal/scalar"
)

const (
	leafSize     = 200  // vertices of a subgraph that minimum degree orders
	parallelFrom = 2000 // vertices of a subgraph worth a goroutine
)

// NestedDissection returns a nested dissection order: perm[k] is the vertex
// eliminated k-th. Vertices of degree above max(16, 10·√n) come last. The
// order does not depend on the number of threads (all processors when
// threads ≤ 0). The only error is that of a cancelled ctx.
func NestedDissection(ctx context.Context, g *Graph, threads int) ([]int32, error) {
	return nestedDissection(ctx, g, threads, leafSize)
}

// nestedDissection stops at subgraphs of leaf vertices.
func nestedDissection(ctx context.Context, g *Graph, threads, leaf int) ([]int32, error) {
	if g.Complete || g.N <= leaf {
		return AMD(g), ctx.Err()
	}
	c := compress(g)
	d := &dissector{
		ctx: ctx, leaf: leaf, order: make([]int32, c.mesh.size()), end: make([]int32, c.mesh.size()),
		spare: make(chan struct{}, scalar.Threads(threads)-1),
	}
	d.dissect(newSeparator(c.mesh), c.mesh, Natural(c.mesh.size()), 0, 1)
	d.wg.Wait()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	perm, leaves := c.expand(d.order, d.end)
	if err := orderLeaves(ctx, g, perm, leaves, threads); err != nil {
		return nil, err
	}
	return append(perm, c.deferred...), nil
}

// dissector orders the vertices of a mesh.
type dissector struct {
	ctx   context.Context
	leaf  int           // vertices of a subgraph left to minimum degree
	order []int32       // result
	end   []int32       // end[k] > 0: a leaf occupies places k .. end[k]-1
	spare chan struct{} // one token per extra goroutine running
	wg    sync.WaitGroup
}

// dissect orders m, whose vertex v is vertex label[v] of the whole, from place
// lo on, by means of s. The position in the recursion, seed, determines the
// random numbers.
func (d *dissector) dissect(s *separator, m *mesh, label []int32, lo int, seed uint64) {
	for m.size() > d.leaf && d.ctx.Err() == nil {
		if d.components(s, m, label, lo, seed) {
			return
		}
		where := s.separate(m, seed)
		half, local := m.split(where)
		if half[left].size() == 0 || half[right].size() == 0 {
			break
		}
		for p := range local {
			for k, v := range local[p] {
				local[p][k] = label[v]
			}
		}
		at := lo + half[left].size() + half[right].size()
		for v, p := range where {
			if p == cut {
				d.order[at] = label[v]
				at++
			}
		}
		d.start(s, half[right], local[right], lo+half[left].size(), 2*seed+1)
		m, label, seed = half[left], local[left], 2*seed
	}
	copy(d.order[lo:], label)
	if len(label) > 0 {
		d.end[lo] = int32(lo + len(label))
	}
}

// start runs dissect, in a goroutine when m is large and a processor is free.
func (d *dissector) start(s *separator, m *mesh, label []int32, lo int, seed uint64) {
	if m.size() >= parallelFrom {
		select {
		case d.spare <- struct{}{}:
			d.wg.Add(1)
			go func() {
				defer d.wg.Done()
				d.dissect(newSeparator(m), m, label, lo, seed)
				<-d.spare
			}()
			return
		default:
		}
	}
	d.dissect(s, m, label, lo, seed)
}

// components orders the connected components of m one by one, the small ones
// together, unless there is only one.
func (d *dissector) components(s *separator, m *mesh, label []int32, lo int, seed uint64) bool {
	where := make([]uint8, m.size())
	seen := make([]int32, 0, m.size())
	for v := range where {
		where[v] = right
	}
	seen = m.reach(0, where, seen)
	if len(seen) == m.size() {
		return false
	}
	var small []int32
	for v := int32(0); ; {
		if len(seen) <= d.leaf {
			small = append(small, seen...)
		} else {
			half, local := m.split(where)
			for k, v := range local[left] {
				local[left][k] = label[v]
			}
			d.start(s, half[left], local[left], lo, seed*31+uint64(v)+2)
			lo += len(seen)
		}
		for _, u := range seen {
			where[u] = cut
		}
		for int(v) < m.size() && where[v] != right {
			v++
		}
		if int(v) == m.size() {
			break
		}
		seen = m.reach(v, where, seen[:0])
	}
	for k, v := range small {
		d.order[lo+k] = label[v]
	}
	if len(small) > 0 {
		d.end[lo] = int32(lo + len(small))
	}
	return true
}

// reach moves the component of v from right to left and returns its vertices.
func (m *mesh) reach(v int32, where []uint8, seen []int32) []int32 {
	where[v] = left
	seen = append(seen, v)
	for k := 0; k < len(seen); k++ {
		v := seen[k]
		for _, u := range m.idx[m.ptr[v]:m.ptr[v+1]] {
			if where[u] == right {
				where[u] = left
				seen = append(seen, u)
			}
		}
	}
	return seen
}

// denseLimit is the degree above which a vertex of a graph of n is ordered last.
func denseLimit(n int) float64 { return max(16, 10*math.Sqrt(float64(n))) }
