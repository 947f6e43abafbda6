package expr

import (
	"fmt"
	"slices"
)

// choice := or [ "?" choice ":" choice ]
func (p *parser) choice() (operand, *Error) {
	c, err := p.or()
	if err != nil || !p.tok.is("?") {
		return c, err
	}
	if c.kind != condition {
		return c, p.fail(p.tok.column, fmt.Sprintf("? after %v; a condition was expected", c.kind), "compare, as in x != 0 ? a : b")
	}
	question := p.tok.column
	no := p.jump(opJumpFalse)
	p.depth--
	if err := p.advance(); err != nil {
		return c, err
	}
	a, err := p.nested(p.choice)
	if err != nil {
		return a, err
	}
	if !p.tok.is(":") {
		return a, p.unexpected(fmt.Sprintf("the : of the ? in column %d", question))
	}
	colon := p.tok.column
	end := p.jump(opJump)
	p.depth--
	p.land(no)
	if err := p.advance(); err != nil {
		return a, err
	}
	b, err := p.nested(p.choice)
	if err != nil {
		return b, err
	}
	p.land(end)
	if (a.kind == condition) != (b.kind == condition) {
		return b, p.fail(colon, fmt.Sprintf("one branch of ?: is %v and the other is %v", a.kind, b.kind), "")
	}
	return operand{max(a.kind, b.kind), merge(c.vars, merge(a.vars, b.vars)), c.column}, nil
}

// or := and { "||" and }
func (p *parser) or() (operand, *Error) { return p.logic("||", opOr, p.and) }

// and := comparison { "&&" comparison }
func (p *parser) and() (operand, *Error) { return p.logic("&&", opAnd, p.comparison) }

// logic reads a chain of conditions joined by sign.
func (p *parser) logic(sign string, o op, part func() (operand, *Error)) (operand, *Error) {
	a, err := part()
	for err == nil && p.tok.is(sign) {
		column := p.tok.column
		end := p.jump(o)
		p.depth--
		if err := p.advance(); err != nil {
			return a, err
		}
		var b operand
		if b, err = part(); err != nil {
			return b, err
		}
		p.land(end)
		for _, x := range []operand{a, b} {
			if x.kind != condition {
				return a, p.fail(column, fmt.Sprintf("%s with %v; a condition was expected", sign, x.kind), "compare, as in x != 0")
			}
		}
		a.vars = merge(a.vars, b.vars)
	}
	return a, err
}

// comparisons are the operations of comparison.
var comparisons = []op{opLess, opLessEq, opGreater, opGreaterEq, opEqual, opNotEqual}

// operator returns the one of ops that the current token is.
func (p *parser) operator(ops ...op) (op, bool) {
	if p.tok.kind == signToken {
		for _, o := range ops {
			if o.String() == p.tok.text {
				return o, true
			}
		}
	}
	return 0, false
}

// comparison := sum [ ("<" | "<=" | ">" | ">=" | "==" | "!=") sum ]
func (p *parser) comparison() (operand, *Error) {
	a, err := p.sum()
	if err != nil {
		return a, err
	}
	if _, ok := p.operator(comparisons...); !ok {
		return a, nil
	}
	if a, err = p.binary(a, p.sum, comparisons...); err != nil {
		return a, err
	}
	if _, ok := p.operator(comparisons...); ok {
		return a, p.fail(p.tok.column, "a comparison cannot be compared again", "join comparisons by &&, as in 0 < x && x < 1")
	}
	return a, nil
}

// sum := product { ("+" | "-") product }
func (p *parser) sum() (operand, *Error) {
	a, err := p.product()
	for err == nil {
		if _, ok := p.operator(opAdd, opSub); !ok {
			break
		}
		a, err = p.binary(a, p.product, opAdd, opSub)
	}
	return a, err
}

// product := signed { ("*" | "/") signed }
func (p *parser) product() (operand, *Error) {
	a, err := p.signed()
	for err == nil {
		if _, ok := p.operator(opMul, opDiv); !ok {
			break
		}
		a, err = p.binary(a, p.signed, opMul, opDiv)
	}
	return a, err
}

// binary reads one of ops and what follows, and writes the operation.
func (p *parser) binary(a operand, part func() (operand, *Error), ops ...op) (operand, *Error) {
	o, _ := p.operator(ops...)
	column := p.tok.column
	if err := p.advance(); err != nil {
		return a, err
	}
	b, err := part()
	if err != nil {
		return b, err
	}
	return p.apply(o, column, a, b)
}

// signed := ("-" | "+" | "!") signed | power
func (p *parser) signed() (operand, *Error) {
	column := p.tok.column
	sign := p.tok.text
	if !p.tok.is("-") && !p.tok.is("+") && !p.tok.is("!") {
		return p.power()
	}
	if err := p.advance(); err != nil {
		return operand{}, err
	}
	a, err := p.nested(p.signed)
	if err != nil {
		return a, err
	}
	switch sign {
	case "!":
		if a.kind != condition {
			return a, p.fail(column, fmt.Sprintf("! before %v; a condition was expected", a.kind), "put the condition in parentheses, as in !(x > 0)")
		}
		a, err = p.emit(opNot, column, a)
	case "-":
		a, err = p.apply(opNeg, column, a)
	default:
		err = p.number("+", column, a)
	}
	a.column = column
	return a, err
}

// power := primary [ ("^" | "**") signed ]
func (p *parser) power() (operand, *Error) {
	a, err := p.primary()
	if err != nil || !p.tok.is("^") && !p.tok.is("**") {
		return a, err
	}
	column := p.tok.column
	if err := p.advance(); err != nil {
		return a, err
	}
	b, err := p.nested(p.signed)
	if err != nil {
		return b, err
	}
	return p.apply(opPow, column, a, b)
}

// primary := number | name | function "(" choice { "," choice } ")" | "(" choice ")"
func (p *parser) primary() (operand, *Error) {
	t := p.tok
	switch {
	case t.kind == numberToken:
		v := complex(t.value, 0)
		if t.imaginary {
			v = complex(0, t.value)
		}
		if err := p.push(instr{op: opConst, value: v, complex: t.imaginary, column: int32(t.column)}); err != nil {
			return operand{}, err
		}
		a := operand{column: t.column}
		if t.imaginary {
			a.kind = complexNumber
		}
		return a, p.advance()
	case t.kind == nameToken:
		if err := p.advance(); err != nil {
			return operand{}, err
		}
		if p.tok.is("(") && !t.quoted {
			return p.call(t)
		}
		return p.variable(t)
	case t.is("("):
		if err := p.advance(); err != nil {
			return operand{}, err
		}
		a, err := p.nested(p.choice)
		if err != nil {
			return a, err
		}
		if !p.tok.is(")") {
			return a, p.unexpected(fmt.Sprintf("the ) of the ( in column %d", t.column))
		}
		a.column = t.column
		return a, p.advance()
	}
	return operand{}, p.unexpected("a number, a name or a parenthesis")
}

// merge returns the union of two ascending lists.
func merge(a, b []int) []int {
	if contains(a, b) {
		return a
	}
	if contains(b, a) {
		return b
	}
	u := slices.Concat(a, b)
	slices.Sort(u)
	return slices.Compact(u)
}

// contains reports whether the ascending list a has all of b.
func contains(a, b []int) bool {
	for _, v := range b {
		k, found := slices.BinarySearch(a, v)
		if !found {
			return false
		}
		a = a[k+1:]
	}
	return true
}
