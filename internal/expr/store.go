package expr

import "slices"

// Limits of what is kept for all points.
const (
	maxStored   = 4       // nodes
	storedBytes = 1 << 25 // in all
	worthwhile  = 8       // least cost of a node, in additions
)

// choose returns the nodes to store: those that depend on wide inputs alone, are
// costly, and used by others; the costliest first.
func (s *scheduler) choose(room int) []int32 {
	var found []int32
	consider := func(id int32) {
		if s.nodes[id].kernel == kSecond {
			id = s.nodes[id].x[0]
		}
		if n := &s.nodes[id]; !n.uniform && n.fixed && n.cost >= worthwhile && !slices.Contains(found, id) {
			found = append(found, id)
		}
	}
	for _, id := range s.root.code {
		if n := &s.nodes[id]; s.live[id] && !n.uniform && !n.fixed {
			for _, x := range s.operands(id) {
				consider(x)
			}
		}
	}
	consider(s.p.result.re)
	consider(s.p.result.im)
	slices.SortStableFunc(found, func(a, b int32) int { return s.nodes[b].cost - s.nodes[a].cost })
	var stored []int32
	for _, id := range found {
		results := []int32{id}
		if second := s.nodes[id].second; second != none && s.live[second] {
			results = append(results, second)
		}
		if len(stored)+len(results) <= min(maxStored, room) {
			stored = append(stored, results...)
		}
	}
	return stored
}

// storing returns the steps that compute the nodes to store, and with them all
// operations on wide inputs alone that may fail.
func (s *scheduler) storing() []step {
	s.live = make([]bool, len(s.nodes))
	for _, id := range s.p.stored {
		s.need(id)
	}
	s.needFailing(s.root, func(n *node) bool { return !n.uniform && n.fixed })
	var code []int32
	for _, id := range s.root.code {
		if s.live[id] && !s.nodes[id].uniform {
			code = append(code, id)
		}
	}
	s.begin()
	s.count(s.root.code, planes{none, none})
	for _, id := range s.p.stored {
		s.uses[id]++
	}
	return s.steps(code, 0)
}
