package order

// compressed is a graph without its dense vertices, vertices of equal closed
// neighbourhood merged in one of their joint weight.
type compressed struct {
	mesh     *mesh
	start    []int   // members of vertex c: member[start[c]:start[c+1]]
	member   []int32 // vertices of the graph
	deferred []int32 // dense vertices
}

// compress merges the indistinguishable vertices of g.
func compress(g *Graph) *compressed {
	c := &compressed{}
	image := make([]int32, g.N) // -1: dense
	hash := make([]uint64, g.N)
	limit := denseLimit(g.N)
	for v := range g.N {
		if float64(g.Ptr[v+1]-g.Ptr[v]) > limit {
			image[v] = -1
			c.deferred = append(c.deferred, int32(v))
			continue
		}
		h := mix(uint64(v))
		for _, u := range g.Idx[g.Ptr[v]:g.Ptr[v+1]] {
			h += mix(uint64(u))
		}
		hash[v] = h
	}
	nc := int32(0)
	for v := range int32(g.N) {
		if image[v] < 0 {
			continue
		}
		image[v] = nc
		for _, u := range g.Idx[g.Ptr[v]:g.Ptr[v+1]] {
			if u >= v {
				break
			}
			if image[u] >= 0 && hash[u] == hash[v] && sameClosed(g, u, v) {
				image[v] = image[u]
				break
			}
		}
		if image[v] == nc {
			nc++
		}
	}
	c.gather(image, int(nc))
	c.build(g, image)
	return c
}

// mix scrambles a vertex number (the finaliser of SplitMix64).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// sameClosed reports whether adjacent vertices u and v have the same other
// neighbours.
func sameClosed(g *Graph, u, v int32) bool {
	a, b := g.Idx[g.Ptr[u]:g.Ptr[u+1]], g.Idx[g.Ptr[v]:g.Ptr[v+1]]
	if len(a) != len(b) {
		return false
	}
	for i, j := 0, 0; i < len(a) || j < len(b); i, j = i+1, j+1 {
		if i < len(a) && a[i] == v {
			i++
		}
		if j < len(b) && b[j] == u {
			j++
		}
		if i == len(a) || j == len(b) {
			return i == len(a) && j == len(b)
		}
		if a[i] != b[j] {
			return false
		}
	}
	return true
}

// gather lists the members of every image.
func (c *compressed) gather(image []int32, nc int) {
	c.start = make([]int, nc+1)
	for _, i := range image {
		if i >= 0 {
			c.start[i+1]++
		}
	}
	for i := range nc {
		c.start[i+1] += c.start[i]
	}
	c.member = make([]int32, c.start[nc])
	next := append([]int(nil), c.start[:nc]...)
	for v, i := range image {
		if i >= 0 {
			c.member[next[i]] = int32(v)
			next[i]++
		}
	}
}

// build makes the mesh of the images.
func (c *compressed) build(g *Graph, image []int32) {
	nc := len(c.start) - 1
	m := &mesh{ptr: make([]int, nc+1), weight: make([]int32, nc), idx: make([]int32, 0, len(g.Idx))}
	seen := make([]int32, nc) // the last image j that has this neighbour, plus one
	for i := range int32(nc) {
		m.weight[i] = int32(c.start[i+1] - c.start[i])
		m.total += m.weight[i]
		v := c.member[c.start[i]]
		for _, u := range g.Idx[g.Ptr[v]:g.Ptr[v+1]] {
			if j := image[u]; j >= 0 && j != i && seen[j] != i+1 {
				seen[j] = i + 1
				m.idx = append(m.idx, j)
			}
		}
		m.ptr[i+1] = len(m.idx)
	}
	c.mesh = m
}

// expand replaces every image in an order by its members and returns the
// bounds of the leaves, places end[k] > 0 of the order, as pairs.
func (c *compressed) expand(order, end []int32) (perm []int32, leaves [][2]int) {
	perm = make([]int32, 0, len(c.member))
	stop := int32(-1)
	for k, i := range order {
		if int32(k) == stop {
			leaves[len(leaves)-1][1] = len(perm)
		}
		if end[k] > 0 {
			leaves = append(leaves, [2]int{len(perm), 0})
			stop = end[k]
		}
		perm = append(perm, c.member[c.start[i]:c.start[i+1]]...)
	}
	if int(stop) == len(order) {
		leaves[len(leaves)-1][1] = len(perm)
	}
	return perm, leaves
}
