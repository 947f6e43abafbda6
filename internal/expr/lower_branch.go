package expr

import "slices"

// within lowers the instructions lo to hi in a scope of their own.
func (g *graph) within(lo, hi int) arm {
	outer := g.at
	g.at = newScope(outer)
	defer func() { g.at = outer }()
	p := g.build(lo, hi)
	p.re, p.im = g.here(g.at, p.re), g.here(g.at, p.im)
	return arm{g.at, p}
}

// choice lowers c ? the instructions a0 to a1 : the instructions b0 to b1. Light
// arms are both computed, which is faster than parting the points.
func (g *graph) choice(c int32, a0, a1, b0, b1 int) planes {
	if g.nodes[c].kernel == kConst {
		if g.nodes[c].value != 0 {
			return g.build(a0, a1)
		}
		return g.build(b0, b1)
	}
	if !g.nodes[c].uniform && g.light(a0, a1) && g.light(b0, b1) {
		a, b := g.build(a0, a1), g.build(b0, b1)
		return planes{g.pick(c, a.re, b.re), g.pick(c, a.im, b.im)}
	}
	return g.branch(c, g.within(a0, a1), g.within(b0, b1))
}

// pick selects one of two nodes.
func (g *graph) pick(c, a, b int32) int32 {
	if a == b {
		return a
	}
	return g.emit(node{kernel: kSelect, safe: g.nodes[a].safe && g.nodes[b].safe}, c, a, b)
}

// branch emits c ? yes : no.
func (g *graph) branch(c int32, yes, no arm) planes {
	n := node{kernel: kBranch, arms: [2]arm{yes, no}}
	n.uniform, n.fixed, n.safe, n.cost = g.nodes[c].uniform, g.nodes[c].fixed, true, 20
	imaginary := false
	for _, a := range n.arms {
		for _, id := range slices.Concat(a.scope.code, a.scope.imports, []int32{a.result.re, a.result.im}) {
			n.uniform, n.fixed = n.uniform && g.nodes[id].uniform, n.fixed && g.nodes[id].fixed
		}
		n.safe = n.safe && g.nodes[a.result.re].safe && g.nodes[a.result.im].safe
		imaginary = imaginary || a.result.im != g.zero
	}
	n.x = [4]int32{g.here(g.at, c), none, none, none}
	// No other branch is ever equal: its key has its own number.
	id := g.place(g.at, key{kernel: kBranch, input: len(g.nodes)}, n)
	g.at.code = append(g.at.code, id)
	if !imaginary {
		return planes{id, g.zero}
	}
	second := g.place(g.at, key{kernel: kSecond, x: [4]int32{id, none, none, none}},
		node{kernel: kSecond, x: [4]int32{id, none, none, none}, uniform: n.uniform, fixed: n.fixed, safe: n.safe, cost: n.cost})
	g.nodes[id].second = second
	return planes{id, second}
}

// logic lowers c && or || the instructions lo to hi.
func (g *graph) logic(o op, c int32, lo, hi int) planes {
	one := g.number(1)
	if g.nodes[c].kernel == kConst {
		if (g.nodes[c].value != 0) == (o == opOr) {
			return planes{c, g.zero}
		}
		return g.build(lo, hi)
	}
	if g.light(lo, hi) && !g.nodes[c].uniform {
		k := kBoth
		if o == opOr {
			k = kEither
		}
		return planes{g.emit(node{kernel: k, safe: true}, c, g.build(lo, hi).re), g.zero}
	}
	rest := g.within(lo, hi)
	if o == opAnd {
		return g.branch(c, rest, arm{newScope(g.at), planes{g.zero, g.zero}})
	}
	return g.branch(c, arm{newScope(g.at), planes{one, g.zero}}, rest)
}

// lightest is the number of light instructions that are computed whether they
// are needed or not.
const lightest = 12

// light reports whether the instructions lo to hi are few, cheap, and fail
// only on overflow.
func (g *graph) light(lo, hi int) bool {
	for _, in := range g.e.code[lo:hi] {
		switch in.op {
		case opConst, opVar, opJump, opJumpFalse, opAnd, opOr, opNot, opNeg, opAdd, opSub, opMul,
			opLess, opLessEq, opGreater, opGreaterEq, opEqual, opNotEqual:
		default:
			return false
		}
	}
	return hi-lo <= lightest
}
