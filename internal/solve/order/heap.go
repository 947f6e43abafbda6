package order

// heap is a max-heap of vertices by key, with the place of every vertex.
type heap struct {
	items []int32
	key   []int32 // by vertex
	place []int32 // by vertex; -1: absent
}

func newHeap(n int) heap {
	h := heap{key: make([]int32, n), place: make([]int32, n)}
	for v := range h.place {
		h.place[v] = -1
	}
	return h
}

func (h *heap) has(v int32) bool { return h.place[v] >= 0 }

// clear removes all vertices.
func (h *heap) clear() {
	for _, v := range h.items {
		h.place[v] = -1
	}
	h.items = h.items[:0]
}

func (h *heap) push(v, key int32) {
	h.key[v] = key
	h.items = append(h.items, v)
	h.up(len(h.items)-1, v)
}

// change sets the key of a vertex present.
func (h *heap) change(v, key int32) {
	old := h.key[v]
	h.key[v] = key
	if key > old {
		h.up(int(h.place[v]), v)
	} else {
		h.down(int(h.place[v]), v)
	}
}

// remove takes out a vertex present.
func (h *heap) remove(v int32) {
	at := int(h.place[v])
	h.place[v] = -1
	end := len(h.items) - 1
	last := h.items[end]
	h.items = h.items[:end]
	if last == v {
		return
	}
	if h.key[last] > h.key[v] {
		h.up(at, last)
	} else {
		h.down(at, last)
	}
}

// up puts v at place at or above.
func (h *heap) up(at int, v int32) {
	for at > 0 {
		parent := (at - 1) / 2
		u := h.items[parent]
		if h.key[u] >= h.key[v] {
			break
		}
		h.items[at] = u
		h.place[u] = int32(at)
		at = parent
	}
	h.items[at] = v
	h.place[v] = int32(at)
}

// down puts v at place at or below.
func (h *heap) down(at int, v int32) {
	for {
		child := 2*at + 1
		if child >= len(h.items) {
			break
		}
		if r := child + 1; r < len(h.items) && h.key[h.items[r]] > h.key[h.items[child]] {
			child = r
		}
		u := h.items[child]
		if h.key[u] <= h.key[v] {
			break
		}
		h.items[at] = u
		h.place[u] = int32(at)
		at = child
	}
	h.items[at] = v
	h.place[v] = int32(at)
}
