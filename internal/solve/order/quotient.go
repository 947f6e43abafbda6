package order

// quotient is the quotient graph of Amestoy, Davis and Duff (1996): an
// eliminated vertex is an element, the clique of its neighbours at that time.
// Object v owns iw[pe[v]:pe[v]+len[v]]: a variable holds its elements first
// (elen of them), then its remaining neighbour variables; an element holds its
// variables. Indistinguishable variables are merged in one principal variable
// of weight nv; the others have nv = 0, as have deferred vertices.
type quotient struct {
	n      int   // objects
	inner  int   // variables inner..n-1 are a halo: counted in degrees, never eliminated
	left   int   // inner weight not yet eliminated
	around int   // weight of all live variables
	pe     []int // -1: dead
	len    []int32
	elen   []int32
	nv     []int32 // negative while in the current element
	degree []int32 // variable: approximate external degree; element: weight of its variables
	w      []int32 // 0: dead element; otherwise marks relative to tag
	tag    int32
	wide   int32 // largest element so far
	iw     []int32
	free   int

	head, next, prev []int32 // degree lists
	least            int32   // no list below this degree is occupied
	bucket, chain    []int32 // hash buckets of the variables of the current element
	hash             []int32

	last, following []int32 // members of every principal variable, in a list
	order           []int32
	deferred        []int32
}

// newQuotient starts with the graph itself: no elements, all weights 1.
func newQuotient(g *Graph, inner int) *quotient {
	n := g.N
	q := &quotient{
		n: n, inner: inner, left: inner, around: n, tag: 2,
		pe: make([]int, n), iw: make([]int32, len(g.Idx)+len(g.Idx)/5+n+1), free: len(g.Idx),
		order: make([]int32, 0, inner),
	}
	for _, a := range []*[]int32{
		&q.len, &q.elen, &q.nv, &q.degree, &q.w, &q.head, &q.next, &q.prev,
		&q.bucket, &q.chain, &q.hash, &q.last, &q.following,
	} {
		*a = make([]int32, n)
	}
	copy(q.iw, g.Idx)
	for v := range n {
		q.pe[v] = g.Ptr[v]
		q.len[v] = int32(g.Ptr[v+1] - g.Ptr[v])
		q.degree[v] = q.len[v]
		q.nv[v], q.w[v] = 1, 1
		q.head[v], q.bucket[v], q.following[v] = -1, -1, -1
		q.last[v] = int32(v)
	}
	for v := range inner {
		q.insert(int32(v))
	}
	return q
}

// deferDense takes the vertices of degree above limit out of the graph; they
// are ordered last, in order of their numbers.
func (q *quotient) deferDense(limit float64) {
	for v := range int32(q.inner) {
		if float64(q.degree[v]) > limit {
			q.remove(v)
			q.nv[v], q.pe[v] = 0, -1
			q.deferred = append(q.deferred, v)
			q.left--
			q.around--
		}
	}
}

// insert puts variable v in the list of its degree.
func (q *quotient) insert(v int32) {
	d := q.degree[v]
	h := q.head[d]
	q.next[v], q.prev[v] = h, -1
	if h >= 0 {
		q.prev[h] = v
	}
	q.head[d] = v
	q.least = min(q.least, d)
}

// remove takes variable v out of its degree list; a halo variable is in none.
func (q *quotient) remove(v int32) {
	if int(v) >= q.inner {
		return
	}
	next, prev := q.next[v], q.prev[v]
	if next >= 0 {
		q.prev[next] = prev
	}
	if prev >= 0 {
		q.next[prev] = next
	} else {
		q.head[q.degree[v]] = next
	}
}

// absorb makes v a member of principal variable or pivot p.
func (q *quotient) absorb(v, p int32) {
	q.following[q.last[p]] = v
	q.last[p] = q.last[v]
	q.nv[v], q.pe[v] = 0, -1
}

// reserve makes room for element me at the end of the workspace.
func (q *quotient) reserve(me int32) {
	if q.free+min(q.around, q.n) <= len(q.iw) {
		return
	}
	for v := range q.n { // the first entry of every live list makes way for its owner
		if p := q.pe[v]; p >= 0 && q.len[v] > 0 {
			q.pe[v] = int(q.iw[p])
			q.iw[p] = int32(-v) - 1
		}
	}
	to := 0
	for from := 0; from < q.free; {
		owner := q.iw[from]
		if owner >= 0 {
			from++
			continue
		}
		v := -owner - 1
		q.iw[to] = int32(q.pe[v])
		q.pe[v] = to
		n := int(q.len[v])
		copy(q.iw[to+1:to+n], q.iw[from+1:from+n])
		to += n
		from += n
	}
	q.free = to
}
