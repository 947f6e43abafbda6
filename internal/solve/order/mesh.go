package order

import "math/rand/v2"

// mesh is a graph with weights, the object of nested dissection: a subgraph or
// a coarser image of one. Coarsening adds up weights.
type mesh struct {
	ptr    []int
	idx    []int32
	edge   []int32 // weights of idx; nil: all 1
	weight []int32 // of the vertices
	total  int32
}

func (m *mesh) size() int { return len(m.weight) }

// coarsener makes coarser meshes and owns their memory.
type coarsener struct {
	free              []int32 // not in use by any mesh
	mate, visit, slot []int32 // of the contraction under way
}

// newCoarsener prepares for m and its coarser images.
func newCoarsener(m *mesh) *coarsener {
	n := m.size()
	return &coarsener{
		free: make([]int32, 4*len(m.idx)+4*n),
		mate: make([]int32, n), visit: make([]int32, n), slot: make([]int32, n),
	}
}

// take returns n numbers, not zeroed; the owner of a mesh gives memory back by
// restoring free.
func (c *coarsener) take(n int) []int32 {
	if n > len(c.free) {
		return make([]int32, n)
	}
	a := c.free[:n:n]
	c.free = c.free[n:]
	return a
}

// coarsen contracts a heavy-edge matching of m (Karypis, Kumar 1998) and
// returns the coarser mesh and the coarse vertex of every vertex. No coarse
// vertex is heavier than limit.
func (c *coarsener) coarsen(m *mesh, rng *rand.Rand, limit int32) (coarse *mesh, image []int32) {
	mate := m.match(rng, limit, c.mate[:m.size()], c.visit[:m.size()])
	image = c.take(m.size())
	nc := int32(0)
	for v := range int32(m.size()) {
		if mate[v] >= v {
			image[v], image[mate[v]] = nc, nc
			nc++
		}
	}
	return c.contract(m, image, int(nc)), image
}

// match pairs every vertex, in random order, with the free neighbour of the
// heaviest edge, the lightest of several; a vertex left over is its own mate.
func (m *mesh) match(rng *rand.Rand, limit int32, mate, order []int32) []int32 {
	n := m.size()
	for v := range order {
		mate[v], order[v] = -1, int32(v)
	}
	rng.Shuffle(n, func(i, j int) { order[i], order[j] = order[j], order[i] })
	alone := 0
	for _, v := range order {
		if mate[v] >= 0 {
			continue
		}
		u := m.partner(v, mate, limit)
		mate[v] = u
		mate[u] = v
		if u == v {
			alone++
		}
	}
	if alone > n/8 {
		m.matchTwins(mate, limit)
	}
	return mate
}

// partner returns the best free neighbour of v, v itself when there is none.
// Its search starts at a scrambled place: always taking the first of equals
// would contract a grid along one axis.
func (m *mesh) partner(v int32, mate []int32, limit int32) int32 {
	lo, hi := m.ptr[v], m.ptr[v+1]
	if lo == hi {
		return v
	}
	best, bestWeight, bestEdge := v, int32(0), int32(0)
	room := limit - m.weight[v]
	k := lo + int(uint32(v)*0x9e3779b1>>16)%(hi-lo)
	for range hi - lo {
		if k++; k == hi {
			k = lo
		}
		u := m.idx[k]
		w := m.weight[u]
		if mate[u] >= 0 || w > room {
			continue
		}
		e := int32(1)
		if m.edge != nil {
			e = m.edge[k]
		}
		if e > bestEdge || e == bestEdge && w < bestWeight {
			best, bestWeight, bestEdge = u, w, e
		}
	}
	return best
}

// matchTwins pairs vertices left over that share a neighbour, the leaves of
// stars.
func (m *mesh) matchTwins(mate []int32, limit int32) {
	for v := range int32(m.size()) {
		waiting := int32(-1)
		for _, u := range m.idx[m.ptr[v]:m.ptr[v+1]] {
			switch {
			case mate[u] != u:
			case waiting < 0 || m.weight[u]+m.weight[waiting] > limit:
				waiting = u
			default:
				mate[u], mate[waiting] = waiting, u
				waiting = -1
			}
		}
	}
}

// contract builds the coarse mesh of nc vertices, adding up the weights of
// parallel edges.
func (c *coarsener) contract(m *mesh, image []int32, nc int) *mesh {
	q := &mesh{ptr: make([]int, nc+1), weight: c.take(nc), total: m.total}
	clear(q.weight)
	most := len(m.idx)
	before := c.free
	space := c.take(2 * most)
	idx, edge := space[:most], space[most:]
	slot := c.slot[:nc] // place of the edge to a coarse vertex in the row, plus one
	clear(slot)
	end := 0
	for v := range int32(m.size()) {
		mate := c.mate[v]
		if mate < v {
			continue
		}
		me := image[v]
		start := end
		q.weight[me] = m.weight[v]
		end = m.fold(v, me, image, slot, idx, edge, start, end)
		if mate > v {
			q.weight[me] += m.weight[mate]
			end = m.fold(mate, me, image, slot, idx, edge, start, end)
		}
		for _, u := range idx[start:end] {
			slot[u] = 0
		}
		q.ptr[me+1] = end
	}
	copy(space[end:], edge[:end])
	q.idx, q.edge = space[:end:end], space[end:2*end:2*end]
	if len(before) >= 2*most {
		c.free = before[2*end:]
	}
	return q
}

// fold adds the edges of v to the row start:end of its coarse vertex me and
// returns the new end.
func (m *mesh) fold(v, me int32, image, slot, idx, edge []int32, start, end int) int {
	for k := m.ptr[v]; k < m.ptr[v+1]; k++ {
		u := image[m.idx[k]]
		if u == me {
			continue
		}
		e := int32(1)
		if m.edge != nil {
			e = m.edge[k]
		}
		if s := slot[u]; s > 0 {
			edge[start+int(s)-1] += e
			continue
		}
		idx[end], edge[end] = u, e
		end++
		slot[u] = int32(end - start)
	}
	return end
}

// split returns the subgraphs of the vertices of parts 0 and 1 and the old
// numbers of their vertices; edges to the separator are dropped. The edges of m
// must have weight 1.
func (m *mesh) split(where []uint8) (half [2]*mesh, label [2][]int32) {
	local := make([]int32, m.size())
	var edges [2]int
	for v, p := range where {
		if p < 2 {
			local[v] = int32(len(label[p]))
			label[p] = append(label[p], int32(v))
			edges[p] += m.ptr[v+1] - m.ptr[v]
		}
	}
	for p := range half {
		h := &mesh{
			ptr: make([]int, len(label[p])+1), weight: make([]int32, len(label[p])),
			idx: make([]int32, 0, edges[p]),
		}
		for k, v := range label[p] {
			h.weight[k] = m.weight[v]
			h.total += m.weight[v]
			for _, u := range m.idx[m.ptr[v]:m.ptr[v+1]] {
				if where[u] < 2 {
					h.idx = append(h.idx, local[u])
				}
			}
			h.ptr[k+1] = len(h.idx)
		}
		half[p] = h
	}
	return half, label
}
