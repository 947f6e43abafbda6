package expr

import (
	"math"
	"slices"
)

// kernel is the kind of a node of a grid program.
type kernel uint8

const (
	kConst   kernel = iota // the number value
	kInput                 // variable input
	kImport                // the node x[0] of the enclosing scope, at the points of this scope
	kSecond                // the second result of node x[0]
	kReal                  // op on the real numbers x[0], x[1]
	kComplex               // op on the complex numbers x[0]+i·x[1], x[2]+i·x[3]; two results
	kOver                  // (x[0]+i·x[1]) / x[2]; two results
	kSquare                // (x[0] + x[1])², x[1] being uniform
	kSquares               // (x[0] + x[1])² + (x[2] + x[3])², x[1] and x[3] being uniform
	kSincos                // cos x[0] and sin x[0]
	kBoth                  // condition x[0] && x[1]
	kEither                // condition x[0] || x[1]
	kSelect                // x[0] ? x[1] : x[2], both computed
	kBranch                // x[0] ? one scope : another, each at its own points; two results
	kCheck                 // no result; fails if x[0] is not finite
)

// none stands for a node that does not exist.
const none = -1

// node is a real number per point, or a condition (1 or 0), in a program in
// static single assignment. Complex numbers are two nodes.
type node struct {
	kernel  kernel
	op      op
	x       [4]int32 // operands; those of other scopes are replaced by imports
	value   float64
	input   int
	second  int32 // node of the second result, or none
	scope   *scope
	arms    [2]arm // of kBranch
	uniform bool   // the same at all points
	fixed   bool   // depends on no uniform input
	safe    bool   // finite unless the program has failed
	zero    bool   // 0 or -0 if its operands are finite
	cost    int    // to compute it from inputs, in additions
}

// planes are the nodes of real and imaginary part.
type planes struct{ re, im int32 }

// arm is one side of a branch.
type arm struct {
	scope  *scope
	result planes
}

// key identifies what a node computes.
type key struct {
	kernel kernel
	op     op
	x      [4]int32
	value  uint64
	input  int
}

// scope is a sequence of nodes that are computed for the same points: the whole
// block, or the part of it that takes one arm of a branch.
type scope struct {
	parent  *scope
	code    []int32
	seen    map[key]int32
	imports []int32         // kImport nodes
	local   map[int32]int32 // outer node: its import
}

// graph lowers the stack program of an expression to nodes. Equal operations
// become one node, operations on constants are done at once.
type graph struct {
	e     *Expr
	wide  func(variable int) bool // whether the variable differs from point to point
	nodes []node
	root  *scope
	at    *scope // under construction
	zero  int32  // node of the number 0
}

// lower builds the graph and returns the nodes of the value.
func lower(e *Expr, wide func(variable int) bool) (*graph, planes) {
	g := &graph{e: e, wide: wide, root: newScope(nil)}
	g.at = g.root
	g.zero = g.number(0)
	return g, g.build(0, len(e.code))
}

// hopeless reports whether the expression fails at every point, by an operation
// on constants.
func (g *graph) hopeless() bool {
	return slices.ContainsFunc(g.root.code, func(id int32) bool { return g.nodes[id].uniform && g.nodes[id].fixed })
}

func newScope(parent *scope) *scope {
	return &scope{parent: parent, seen: map[key]int32{}, local: map[int32]int32{}}
}

// build lowers the instructions lo to hi, which leave one operand.
func (g *graph) build(lo, hi int) planes {
	var stack []planes
	pop := func() planes {
		p := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		return p
	}
	for pc := lo; pc < hi; pc++ {
		in := &g.e.code[pc]
		var p planes
		switch in.op {
		case opConst:
			p = planes{g.number(real(in.value)), g.number(imag(in.value))}
		case opVar:
			p = planes{g.variable(int(in.target)), g.zero}
		case opJumpFalse: // condition; JumpFalse no; yes…; Jump end; no: …; end:
			no := int(in.target)
			end := int(g.e.code[no-1].target)
			p = g.choice(pop().re, pc+1, no-1, no, end)
			pc = end - 1
		case opAnd, opOr:
			end := int(in.target)
			p = g.logic(in.op, pop().re, pc+1, end)
			pc = end - 1
		default:
			var b planes
			if in.op.arity() == 2 {
				b = pop()
			}
			p = g.operation(in, pop(), b)
		}
		stack = append(stack, p)
	}
	return stack[0]
}

// number returns the node of a constant.
func (g *graph) number(v float64) int32 {
	k := key{kernel: kConst, value: math.Float64bits(v)}
	if n, ok := g.root.seen[k]; ok {
		return n
	}
	return g.place(g.root, k, node{kernel: kConst, value: v, uniform: true, fixed: true, safe: true, zero: v == 0})
}

// variable returns the node of a variable.
func (g *graph) variable(input int) int32 {
	k := key{kernel: kInput, input: input}
	if n, ok := g.root.seen[k]; ok {
		return n
	}
	wide := g.wide(input)
	return g.place(g.root, k, node{kernel: kInput, input: input, uniform: !wide, fixed: wide, safe: true})
}

// place adds a node without instruction to scope s.
func (g *graph) place(s *scope, k key, n node) int32 {
	n.second, n.scope = none, s
	id := int32(len(g.nodes))
	g.nodes = append(g.nodes, n)
	if s.seen != nil {
		s.seen[k] = id
	}
	return id
}

// find returns the node of that key in the current scope or one around it.
func (g *graph) find(k key) (int32, bool) {
	for s := g.at; s != nil; s = s.parent {
		if n, ok := s.seen[k]; ok {
			return n, true
		}
	}
	return none, false
}

// emit returns the node for an operation, which is new unless it has been
// computed before. Its operands are x; of n kernel, op and safe must be set.
func (g *graph) emit(n node, x ...int32) int32 {
	k := key{kernel: n.kernel, op: n.op, x: [4]int32{none, none, none, none}}
	copy(k.x[:], x)
	if id, ok := g.find(k); ok {
		return id
	}
	n.x, n.uniform, n.fixed, n.cost = k.x, true, true, costOf(n.kernel, n.op)
	for i, id := range x {
		o := &g.nodes[id]
		n.uniform, n.fixed = n.uniform && o.uniform, n.fixed && o.fixed
		n.cost += o.cost
		n.x[i] = g.here(g.at, id)
	}
	n.cost = min(n.cost, 1e6)
	id := g.place(g.at, k, n)
	g.at.code = append(g.at.code, id)
	return id
}

// here returns the node of scope s for node id, which may be one of a scope
// around it.
func (g *graph) here(s *scope, id int32) int32 {
	o := g.nodes[id]
	if o.uniform || o.scope == s {
		return id
	}
	if n, ok := s.local[id]; ok {
		return n
	}
	from := g.here(s.parent, id)
	n := node{kernel: kImport, second: none, scope: s, fixed: o.fixed, safe: o.safe, zero: o.zero, x: [4]int32{from, none, none, none}}
	g.nodes = append(g.nodes, n)
	s.local[id] = int32(len(g.nodes) - 1)
	s.imports = append(s.imports, s.local[id])
	return s.local[id]
}

// pair emits an operation with two results.
func (g *graph) pair(n node, x ...int32) planes {
	first := g.emit(n, x...)
	if g.nodes[first].second == none {
		o := g.nodes[first]
		k := key{kernel: kSecond, x: [4]int32{first, none, none, none}}
		second := g.place(o.scope, k, node{kernel: kSecond, x: k.x, uniform: o.uniform, fixed: o.fixed, safe: o.safe, cost: o.cost})
		g.nodes[first].second = second
	}
	return planes{first, g.nodes[first].second}
}

// ensure makes the program fail where node id is not finite.
func (g *graph) ensure(id int32) {
	if g.nodes[id].safe {
		return
	}
	g.emit(node{kernel: kCheck}, id)
	if g.nodes[id].scope == g.at {
		g.nodes[id].safe = true
	}
}

// cover ensures everything that node id, which is a zero, was computed from.
func (g *graph) cover(id int32) {
	n := g.nodes[id]
	switch {
	case n.safe:
	case !n.zero, n.kernel != kReal:
		g.ensure(id)
	default:
		g.cover(n.x[0])
		if n.op.arity() == 2 {
			g.cover(n.x[1])
		}
	}
}
