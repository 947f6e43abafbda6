package expr

import "slices"

// program is a graph made ready to run, for blocks of points.
type program struct {
	nodes    []node
	uniforms []int32 // constants, uniform inputs, and uniform results
	inputs   []int32 // wide ones
	stored   []int32 // nodes that are kept for all points; they come from store
	store    []step  // what depends on wide inputs alone; nil without stored nodes
	row      []step  // once for all points
	body     []step  // for every block
	result   planes
	buffers  int
	levels   int // of branches within each other
}

// step is one operation of a program.
type step struct {
	kernel  kernel
	op      op
	uniform bool
	x       [4]int32 // operands
	out     [2]int32 // nodes of the results, or none
	buffer  [2]int32 // where they go, if not uniform
	arms    []part   // of kBranch
	level   int
}

// part is an arm of a branch.
type part struct {
	imports []transfer
	steps   []step
	result  planes
}

// transfer brings a node into an arm.
type transfer struct{ node, from, buffer int32 }

// scheduler turns a graph into a program.
type scheduler struct {
	*graph
	p      *program
	live   []bool
	leaf   []bool  // stored nodes
	uses   []int32 // still to come
	buffer []int32 // of a node, or none
	free   []int32
}

// outBuffer is the number of the buffer of the result.
const outBuffer = 0

// schedule makes the program for the value result. Up to room numbers per point
// may be stored.
func (g *graph) schedule(result planes, room int) *program {
	s := &scheduler{graph: g, p: &program{nodes: g.nodes, result: result, buffers: outBuffer + 1}}
	s.leaf = make([]bool, len(g.nodes))
	s.mark(func(n *node) bool { return true })
	if s.p.stored = s.choose(room); len(s.p.stored) > 0 {
		s.p.store = s.storing()
		for _, id := range s.p.stored {
			s.leaf[id] = true
		}
		s.mark(func(n *node) bool { return n.uniform || !n.fixed })
	}
	for id, n := range g.nodes {
		switch {
		case n.uniform && n.kernel != kCheck:
			s.p.uniforms = append(s.p.uniforms, int32(id))
		case n.kernel == kInput:
			s.p.inputs = append(s.p.inputs, int32(id))
		}
	}
	s.begin()
	s.count(g.root.code, result)
	var body []int32
	for _, id := range g.root.code {
		switch {
		case !s.live[id] || s.leaf[id]:
		case g.nodes[id].uniform:
			s.p.row = append(s.p.row, s.step(id, 0))
		default:
			body = append(body, id)
		}
	}
	s.p.body = s.steps(body, 0)
	for i := range s.p.body {
		for k, out := range s.p.body[i].out {
			if out == result.re && out != none {
				s.p.body[i].buffer[k] = outBuffer
			}
		}
	}
	return s.p
}

// mark finds the nodes that are needed: for the result, and for every operation
// among those that keep tells which may fail.
func (s *scheduler) mark(keep func(n *node) bool) {
	s.live = make([]bool, len(s.nodes))
	s.need(s.p.result.re)
	s.need(s.p.result.im)
	s.needFailing(s.root, keep)
}

func (s *scheduler) needFailing(c *scope, keep func(n *node) bool) {
	for _, id := range c.code {
		if n := &s.nodes[id]; n.mayFail() && keep(n) {
			s.need(id)
		}
	}
}

// mayFail reports whether the operation can make the program fail.
func (n *node) mayFail() bool {
	return n.kernel == kCheck || n.kernel == kComplex || n.kernel == kBranch || n.kernel == kReal && n.op == opPow
}

// need marks a node and everything that it is computed from.
func (s *scheduler) need(id int32) {
	if s.live[id] {
		return
	}
	s.live[id] = true
	if s.leaf[id] {
		return
	}
	n := &s.nodes[id]
	for _, x := range n.x {
		if x != none {
			s.need(x)
		}
	}
	if n.kernel == kBranch {
		for _, a := range n.arms {
			s.need(a.result.re)
			s.need(a.result.im)
			s.needFailing(a.scope, func(*node) bool { return true })
		}
	}
}

// operands returns the nodes that node id is computed from directly.
func (s *scheduler) operands(id int32) []int32 {
	n := &s.nodes[id]
	x := slices.Clone(n.x[:])
	if n.kernel == kBranch {
		for _, a := range n.arms {
			for _, m := range a.scope.imports {
				if s.live[m] {
					x = append(x, s.nodes[m].x[0])
				}
			}
		}
	}
	return slices.DeleteFunc(x, func(id int32) bool { return id == none })
}

// begin forgets uses and buffers.
func (s *scheduler) begin() {
	s.uses = make([]int32, len(s.nodes))
	s.buffer = slices.Repeat([]int32{none}, len(s.nodes))
	s.free = nil
	for b := outBuffer + 1; b < s.p.buffers; b++ {
		s.free = append(s.free, int32(b))
	}
}

// count counts the uses of nodes by live code of a scope and by its result.
func (s *scheduler) count(code []int32, result planes) {
	for _, id := range code {
		if s.live[id] && !s.leaf[id] {
			for _, x := range s.operands(id) {
				s.uses[x]++
			}
		}
	}
	for _, id := range []int32{result.re, result.im} {
		if id != none {
			s.uses[id]++
		}
	}
}

// allocate gives node id a buffer, which the result shares with nothing.
func (s *scheduler) allocate(id int32) int32 {
	if k := len(s.free) - 1; k >= 0 {
		s.buffer[id] = s.free[k]
		s.free = s.free[:k]
	} else {
		s.buffer[id] = int32(s.p.buffers)
		s.p.buffers++
	}
	return s.buffer[id]
}

// release ends one use of node id, and with the last one that of its buffer.
func (s *scheduler) release(id int32) {
	if s.uses[id]--; s.uses[id] <= 0 && s.buffer[id] != none {
		s.free = append(s.free, s.buffer[id])
		s.buffer[id] = none
	}
}

// steps schedules nodes of one scope. A result may take the buffer of an operand
// that is used for the last time, except with branches.
func (s *scheduler) steps(code []int32, level int) []step {
	list := make([]step, 0, len(code))
	for _, id := range code {
		n := &s.nodes[id]
		if n.kernel == kBranch || n.uniform {
			st := s.step(id, level)
			s.releaseOperands(id)
			list = append(list, st)
			continue
		}
		s.releaseOperands(id)
		list = append(list, s.step(id, level))
	}
	return list
}

func (s *scheduler) releaseOperands(id int32) {
	for _, x := range s.operands(id) {
		s.release(x)
	}
}

// step schedules one node.
func (s *scheduler) step(id int32, level int) step {
	n := &s.nodes[id]
	st := step{kernel: n.kernel, op: n.op, uniform: n.uniform, x: n.x, out: [2]int32{id, n.second}, buffer: [2]int32{none, none}, level: level}
	if n.kernel == kCheck {
		st.out[0] = none
	}
	for k, out := range st.out {
		if out != none && !n.uniform {
			st.buffer[k] = s.allocate(out)
		}
	}
	if n.kernel == kBranch {
		s.p.levels = max(s.p.levels, level+1)
		for _, a := range n.arms {
			st.arms = append(st.arms, s.part(a, level+1))
		}
	}
	for k, out := range st.out { // a result that nobody uses
		if st.buffer[k] != none && s.uses[out] == 0 {
			s.uses[out]++
			s.release(out)
		}
	}
	return st
}

// part schedules an arm.
func (s *scheduler) part(a arm, level int) part {
	p := part{result: a.result}
	s.count(a.scope.code, a.result)
	for _, id := range a.scope.imports {
		if s.live[id] {
			p.imports = append(p.imports, transfer{id, s.nodes[id].x[0], s.allocate(id)})
		}
	}
	code := slices.DeleteFunc(slices.Clone(a.scope.code), func(id int32) bool { return !s.live[id] })
	p.steps = s.steps(code, level)
	s.release(a.result.re)
	s.release(a.result.im)
	return p
}
