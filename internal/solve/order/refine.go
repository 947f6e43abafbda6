package order

// step is a vertex that left part from.
type step struct {
	v    int32
	from uint8
}

// refine improves the separator of m in place.
func (s *separator) refine(m *mesh, where []uint8) {
	s.begin(m, where)
	for range passes {
		if !s.pass() {
			return
		}
	}
}

// pass moves separator vertices to the sides, each at most once, and goes back
// to the best state met. It reports whether that is better than the first.
func (s *separator) pass() bool {
	s.settle()
	first := s.grade()
	best, bestAt := first, 0
	hope := min(patience, 20+3*len(s.members))
	for moves, bestMove := 0, 0; moves-bestMove < hope; moves++ {
		to, ok := s.choose()
		if !ok {
			break
		}
		v := s.toward[to].items[0]
		s.toward[to].remove(v)
		if s.toward[1-to].has(v) {
			s.toward[1-to].remove(v)
		}
		s.locked[v] = true
		s.move(v, to)
		if g := s.grade(); g.better(best) {
			best, bestAt, bestMove = g, len(s.log), moves
		}
	}
	s.toward[left].clear()
	s.toward[right].clear()
	for k := len(s.log) - 1; k >= 0; k-- {
		c := s.log[k]
		s.locked[c.v] = false
		if k >= bestAt {
			w := s.m.weight[c.v]
			s.weight[s.where[c.v]] -= w
			s.weight[c.from] += w
			s.where[c.v] = c.from
		}
	}
	s.log = s.log[:0]
	return best.better(first)
}

// settle drops former separator vertices from the members and queues the rest
// for both sides.
func (s *separator) settle() {
	to := 0
	for _, v := range s.members {
		if s.where[v] != cut || s.toward[left].has(v) {
			continue
		}
		s.members[to] = v
		to++
		s.attach(v)
		s.toward[left].push(v, s.m.weight[v]-s.degree[right][v])
		s.toward[right].push(v, s.m.weight[v]-s.degree[left][v])
	}
	s.members = s.members[:to]
}

// attach computes the degrees of separator vertex v.
func (s *separator) attach(v int32) {
	var d [3]int32
	for _, u := range s.m.idx[s.m.ptr[v]:s.m.ptr[v+1]] {
		d[s.where[u]] += s.m.weight[u]
	}
	s.degree[left][v], s.degree[right][v] = d[left], d[right]
}

// choose returns the side to move a vertex to: that of the larger gain, the
// lighter one of two equals, unless it would become too heavy.
func (s *separator) choose() (uint8, bool) {
	lighter := left
	if s.weight[right] < s.weight[left] {
		lighter = right
	}
	a, b := &s.toward[left], &s.toward[right]
	to := lighter
	switch {
	case len(a.items) == 0 && len(b.items) == 0:
		return 0, false
	case len(a.items) == 0:
		to = right
	case len(b.items) == 0:
		to = left
	default:
		if ga, gb := a.key[a.items[0]], b.key[b.items[0]]; ga > gb {
			to = left
		} else if gb > ga {
			to = right
		}
	}
	if !s.fits(to) {
		to = 1 - to
		if len(s.toward[to].items) == 0 || !s.fits(to) {
			return 0, false
		}
	}
	return to, true
}

// fits reports whether the first vertex queued for a side may move there.
func (s *separator) fits(to uint8) bool {
	return s.weight[to]+s.m.weight[s.toward[to].items[0]] <= s.limit
}

// move takes v from the separator to a side; its neighbours in the other side
// enter the separator.
func (s *separator) move(v int32, to uint8) {
	w := s.m.weight[v]
	s.where[v] = to
	s.weight[cut] -= w
	s.weight[to] += w
	s.log = append(s.log, step{v, cut})
	away := &s.toward[1-to]
	for _, u := range s.m.idx[s.m.ptr[v]:s.m.ptr[v+1]] {
		switch s.where[u] {
		case cut:
			s.degree[to][u] += w
			if away.has(u) {
				away.change(u, away.key[u]-w)
			}
		case 1 - to:
			s.pull(u, to)
		}
	}
}

// pull takes u from the side opposite to into the separator, and queues it to
// go on in that direction.
func (s *separator) pull(u int32, to uint8) {
	w := s.m.weight[u]
	s.where[u] = cut
	s.weight[1-to] -= w
	s.weight[cut] += w
	s.log = append(s.log, step{u, 1 - to})
	s.members = append(s.members, u)
	s.attach(u)
	queue := &s.toward[to]
	for _, x := range s.m.idx[s.m.ptr[u]:s.m.ptr[u+1]] {
		if s.where[x] == cut {
			s.degree[1-to][x] -= w
			if queue.has(x) {
				queue.change(x, queue.key[x]+w)
			}
		}
	}
	if !s.locked[u] {
		queue.push(u, w-s.degree[1-to][u])
	}
}
