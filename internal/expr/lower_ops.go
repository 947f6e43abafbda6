package expr

import (
	"math"
	"math/cmplx"
)

// costOf returns roughly the time of an operation, in additions.
func costOf(k kernel, o op) int {
	switch {
	case k == kComplex:
		return 60
	case k == kSincos:
		return 30
	case k == kOver:
		return 10
	case k != kReal:
		return 1
	}
	switch o {
	case opNeg, opAdd, opSub, opMul, opAbs, opNot, opLess, opLessEq, opGreater, opGreaterEq, opEqual, opNotEqual:
		return 1
	case opDiv, opSqrt:
		return 4
	}
	return 20
}

// operation lowers one instruction with operands a and b.
func (g *graph) operation(in *instr, a, b planes) planes {
	if !in.complex {
		return planes{g.real(in.op, a.re, b.re), g.zero}
	}
	switch in.op {
	case opAdd, opSub:
		return planes{g.real(in.op, a.re, b.re), g.real(in.op, a.im, b.im)}
	case opMul:
		return planes{
			g.real(opSub, g.real(opMul, a.re, b.re), g.real(opMul, a.im, b.im)),
			g.real(opAdd, g.real(opMul, a.re, b.im), g.real(opMul, a.im, b.re)),
		}
	case opNeg:
		return planes{g.real(opNeg, a.re, none), g.real(opNeg, a.im, none)}
	case opConj:
		return planes{a.re, g.real(opNeg, a.im, none)}
	case opRe:
		g.ensure(a.im)
		return planes{a.re, g.zero}
	case opIm:
		g.ensure(a.re)
		return planes{a.im, g.zero}
	case opAbs:
		return planes{g.real(opHypot, a.re, a.im), g.zero}
	case opArg:
		return planes{g.real(opAtan2, a.im, a.re), g.zero}
	case opExp:
		return g.exponential(a)
	}
	return g.complex(in.op, a, b)
}

// exponential lowers exp a.re · (cos a.im + i sin a.im).
func (g *graph) exponential(a planes) planes {
	p := g.sincos(a.im)
	if g.nodes[a.re].zero { // e^0 is 1
		g.cover(a.re)
		return p
	}
	r := g.real(opExp, a.re, none)
	return planes{g.real(opMul, r, p.re), g.real(opMul, r, p.im)}
}

func (g *graph) sincos(x int32) planes {
	if n := &g.nodes[x]; n.kernel == kConst {
		s, c := sincosOne(n.value)
		return planes{g.number(c), g.number(s)}
	}
	return g.pair(node{kernel: kSincos, safe: g.nodes[x].safe}, x)
}

// complex lowers an operation that is carried out number by number.
func (g *graph) complex(o op, a, b planes) planes {
	x := []int32{a.re, a.im}
	if o.arity() == 2 {
		x = append(x, b.re, b.im)
	}
	if v, ok := g.constant(x); ok {
		var second complex128
		if o.arity() == 2 {
			second = complex(v[2], v[3])
		}
		if w, f := complexValue(o, complex(v[0], v[1]), second); f == fine && !cmplx.IsInf(w) && !cmplx.IsNaN(w) {
			return planes{g.number(real(w)), g.number(imag(w))}
		}
	}
	if o == opDiv && b.im == g.zero {
		return g.pair(node{kernel: kOver}, a.re, a.im, b.re)
	}
	for _, id := range x {
		g.ensure(id)
	}
	return g.pair(node{kernel: kComplex, op: o, safe: true}, x...)
}

// constant returns the values of nodes that are all constants.
func (g *graph) constant(x []int32) (v [4]float64, ok bool) {
	for k, id := range x {
		if g.nodes[id].kernel != kConst {
			return v, false
		}
		v[k] = g.nodes[id].value
	}
	return v, true
}

// real lowers an operation on real numbers; b is not used by those on one.
func (g *graph) real(o op, a, b int32) int32 {
	x := []int32{a, b}[:o.arity()]
	if v, ok := g.constant(x); ok {
		if w, f := realValue(o, v[0], v[1]); f == fine && finite(w) {
			return g.number(w)
		}
	}
	n := node{kernel: kReal, op: o}
	switch o {
	case opRe, opConj:
		return a
	case opIm:
		g.ensure(a)
		return g.zero
	case opArg:
		return g.real(opAtan2, g.zero, a)
	case opPow:
		if c := g.nodes[b]; c.kernel == kConst {
			return g.constantPower(a, b, c.value)
		}
	case opAdd, opSub:
		if sum, ok := g.squares(o, a, b); ok {
			return sum
		}
		n.zero = g.nodes[a].zero && g.nodes[b].zero
	case opMul:
		n.zero = g.nodes[a].zero || g.nodes[b].zero
	case opNeg, opAbs, opSin, opCos:
		n.zero = (o == opNeg || o == opAbs) && g.nodes[a].zero
		n.safe = g.nodes[a].safe
	}
	if o.swallows() {
		for _, id := range x {
			g.ensure(id)
		}
		n.safe = true
	}
	return g.emit(n, x...)
}

// swallows reports whether an operation may give a finite number for one that is
// not. The others pass on what is not finite, and give it outside their domain;
// exp and / fail by themselves.
func (o op) swallows() bool {
	switch o {
	case opPow, opAtan, opTanh, opMin, opMax, opAtan2, opNot,
		opLess, opLessEq, opGreater, opGreaterEq, opEqual, opNotEqual:
		return true
	}
	return false
}

// constantPower lowers a^v for the constant v, node b.
func (g *graph) constantPower(a, b int32, v float64) int32 {
	switch {
	case v == 0:
		g.ensure(a)
		return g.number(1)
	case v == math.Trunc(v) && math.Abs(v) <= largestPower:
		p := g.product(a, int(math.Abs(v)))
		if v < 0 {
			return g.real(opDiv, g.number(1), p)
		}
		return p
	}
	g.ensure(a)
	return g.emit(node{kernel: kReal, op: opPow, safe: true}, a, b)
}

// product lowers a^n for n ≥ 1, with the products of integerPower.
func (g *graph) product(a int32, n int) int32 {
	r := int32(none)
	for ; n > 0; n >>= 1 {
		switch {
		case n&1 == 1 && r == none:
			r = a
		case n&1 == 1:
			r = g.real(opMul, r, a)
		}
		if n > 1 {
			a = g.square(a)
		}
	}
	return r
}

// square lowers a·a, with a sum or difference of a wide and a uniform operand in
// one step.
func (g *graph) square(a int32) int32 {
	n := g.nodes[a]
	if n.kernel == kReal && (n.op == opAdd || n.op == opSub) && n.scope == g.at && !n.zero {
		p, q := n.x[0], n.x[1]
		if g.nodes[p].uniform {
			p, q = q, p // (q - p)² is (p - q)²
		}
		if !g.nodes[p].uniform && g.nodes[q].uniform {
			if n.op == opSub {
				q = g.real(opNeg, q, none)
			}
			return g.emit(node{kernel: kSquare}, p, q)
		}
	}
	return g.real(opMul, a, a)
}

// squares lowers a o b, for + where both are squares of sums, in one step: most
// distances are of that kind.
func (g *graph) squares(o op, a, b int32) (int32, bool) {
	p, q := g.nodes[a], g.nodes[b]
	if o != opAdd || p.kernel != kSquare || q.kernel != kSquare || p.scope != g.at || q.scope != g.at {
		return none, false
	}
	return g.emit(node{kernel: kSquares}, p.x[0], p.x[1], q.x[0], q.x[1]), true
}
