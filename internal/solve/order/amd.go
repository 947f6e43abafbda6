package order

import "math"

// AMD returns an approximate minimum degree order: perm[k] is the vertex
// eliminated k-th. Vertices of degree above max(16, 10·√n) come last.
func AMD(g *Graph) []int32 {
	if g.Complete || g.N == 0 {
		return Natural(g.N)
	}
	q := newQuotient(g, g.N)
	q.deferDense(denseLimit(g.N))
	q.run()
	return q.order
}

// run eliminates all inner variables.
func (q *quotient) run() {
	for q.left > 0 {
		for q.head[q.least] < 0 {
			q.least++
		}
		me := q.head[q.least]
		q.remove(me)
		q.eliminate(me)
	}
	q.order = append(q.order, q.deferred...)
}

// eliminate turns the principal variable me, in no degree list, into an element.
func (q *quotient) eliminate(me int32) {
	pivot := q.nv[me]
	q.left -= int(pivot)
	q.around -= int(pivot)
	q.nv[me] = -pivot // keeps me out of its own element
	start, end, weight := q.gather(me)
	q.scan(start, end)
	rest := q.update(me, start, end, weight)
	if gone := weight - rest; gone > 0 { // mass elimination
		q.left -= int(gone)
		q.around -= int(gone)
		weight = rest
	}
	q.advance(weight)
	q.merge(start, end)
	end = q.finish(start, end, weight)
	q.nv[me] = 0
	q.pe[me], q.len[me], q.degree[me], q.w[me] = start, int32(end-start), weight, 1
	if start == end {
		q.pe[me], q.w[me] = -1, 0
	}
	if q.elen[me] > 0 {
		q.free = end
	}
	for v := me; v >= 0; v = q.following[v] {
		q.order = append(q.order, v)
	}
}

// gather builds element me, iw[start:end], from the variables of me and of its
// elements, which die. nv of the variables found is negated.
func (q *quotient) gather(me int32) (start, end int, weight int32) {
	take := func(v int32) {
		if nv := q.nv[v]; nv > 0 {
			weight += nv
			q.nv[v] = -nv
			q.remove(v)
			q.iw[end] = v
			end++
		}
	}
	if q.elen[me] == 0 { // in place
		start = q.pe[me]
		end = start
		for p := start; p < start+int(q.len[me]); p++ {
			take(q.iw[p])
		}
		return start, end, weight
	}
	q.reserve(me)
	start, end = q.free, q.free
	mine := q.iw[q.pe[me] : q.pe[me]+int(q.len[me])]
	for _, e := range mine[:q.elen[me]] {
		for _, v := range q.iw[q.pe[e] : q.pe[e]+int(q.len[e])] {
			take(v)
		}
		q.pe[e], q.w[e] = -1, 0
	}
	for _, v := range mine[q.elen[me]:] {
		take(v)
	}
	return start, end, weight
}

// scan leaves w[e] - tag = weight of element e outside the current element,
// for every element e that meets it.
func (q *quotient) scan(start, end int) {
	for _, v := range q.iw[start:end] {
		nv := -q.nv[v]
		fresh := q.tag - nv
		p := q.pe[v]
		for _, e := range q.iw[p : p+int(q.elen[v])] {
			switch w := q.w[e]; {
			case w >= q.tag:
				q.w[e] = w - nv
			case w != 0:
				q.w[e] = q.degree[e] + fresh
			}
		}
	}
}

// update shortens the lists of the variables of the current element, puts me
// first in them, bounds their degrees and hashes them. It returns the weight
// of the element without the variables eliminated together with the pivot.
func (q *quotient) update(me int32, start, end int, weight int32) int32 {
	for _, v := range q.iw[start:end] {
		first := q.pe[v]
		elements := first + int(q.elen[v])
		stop := first + int(q.len[v])
		to := first
		var degree int32
		var hash uint32
		for _, e := range q.iw[first:elements] {
			w := q.w[e]
			if w == 0 {
				continue
			}
			if outside := w - q.tag; outside > 0 {
				degree += outside
				hash += uint32(e)
				q.iw[to] = e
				to++
			} else { // aggressive absorption: e lies in me
				q.pe[e], q.w[e] = -1, 0
			}
		}
		split := to
		for _, u := range q.iw[elements:stop] {
			if nv := q.nv[u]; nv > 0 {
				degree += nv
				hash += uint32(u)
				q.iw[to] = u
				to++
			}
		}
		if degree == 0 && int(v) < q.inner { // indistinguishable from the pivot
			weight += q.nv[v]
			q.absorb(v, me)
			continue
		}
		q.degree[v] = min(q.degree[v], degree)
		q.iw[to] = q.iw[split] // me goes first; nothing is lost where the parts are empty
		q.iw[split] = q.iw[first]
		q.iw[first] = me
		q.elen[v] = int32(split-first) + 1
		q.len[v] = int32(to-first) + 1
		h := int32(hash % uint32(q.n))
		q.hash[v] = h
		q.chain[v] = q.bucket[h]
		q.bucket[h] = v
	}
	return weight
}

// advance moves the tag past every mark in use.
func (q *quotient) advance(weight int32) {
	q.wide = max(q.wide, weight)
	if int64(q.tag)+2*int64(q.wide)+2*int64(q.n) >= math.MaxInt32 {
		for v, w := range q.w {
			if w != 0 {
				q.w[v] = 1
			}
		}
		q.tag = 2
		return
	}
	q.tag += q.wide + 1
}

// merge finds indistinguishable variables of the current element.
func (q *quotient) merge(start, end int) {
	for _, v := range q.iw[start:end] {
		if q.nv[v] >= 0 {
			continue
		}
		h := q.hash[v]
		i := q.bucket[h]
		q.bucket[h] = -1
		for ; i >= 0 && q.chain[i] >= 0; i = q.chain[i] {
			pi, li, ei := q.pe[i], q.len[i], q.elen[i]
			for _, u := range q.iw[pi+1 : pi+int(li)] {
				q.w[u] = q.tag
			}
			for before, j := i, q.chain[i]; j >= 0; j = q.chain[j] {
				if q.len[j] == li && q.elen[j] == ei && (int(i) < q.inner) == (int(j) < q.inner) && q.marked(j) {
					q.nv[i] += q.nv[j]
					q.absorb(j, i)
					q.chain[before] = q.chain[j]
				} else {
					before = j
				}
			}
			q.tag++
		}
	}
}

// marked reports whether all entries of variable j but the first carry the tag.
func (q *quotient) marked(j int32) bool {
	p := q.pe[j]
	for _, u := range q.iw[p+1 : p+int(q.len[j])] {
		if q.w[u] != q.tag {
			return false
		}
	}
	return true
}

// finish returns the surviving variables of the current element to the degree
// lists and shortens the element to them.
func (q *quotient) finish(start, end int, weight int32) int {
	to := start
	for _, v := range q.iw[start:end] {
		nv := -q.nv[v]
		if nv <= 0 {
			continue
		}
		q.nv[v] = nv
		q.degree[v] = min(q.degree[v]+weight-nv, int32(q.around)-nv)
		if int(v) < q.inner {
			q.insert(v)
		}
		q.iw[to] = v
		to++
	}
	return to
}
