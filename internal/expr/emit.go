package expr

import (
	"fmt"
	"math"
	"strings"
)

// push writes an instruction that adds one operand to the stack.
func (p *parser) push(in instr) *Error {
	if p.depth++; p.depth > maxStack {
		return p.fail(int(in.column), "the expression is nested too deeply", "write the simpler operand of a sum or product last")
	}
	p.deepest = max(p.deepest, p.depth)
	p.code = append(p.code, in)
	return nil
}

// jump writes a jump without target and returns its place.
func (p *parser) jump(o op) int {
	p.code = append(p.code, instr{op: o, column: int32(p.tok.column)})
	return len(p.code) - 1
}

// land makes the jump at place lead to the end of the code so far.
func (p *parser) land(place int) { p.code[place].target = int32(len(p.code)) }

// number refuses conditions as operands of the operation name.
func (p *parser) number(name string, column int, a operand) *Error {
	if a.kind == condition {
		return p.fail(column, fmt.Sprintf("%s with a condition; a number was expected", name), "choose numbers by a condition, as in x > 0 ? 1 : 0")
	}
	return nil
}

// apply writes an operation on numbers.
func (p *parser) apply(o op, column int, operands ...operand) (operand, *Error) {
	for _, x := range operands {
		if err := p.number(o.String(), column, x); err != nil {
			return x, err
		}
		if x.kind == complexNumber && o.realOnly() {
			return x, p.fail(column, fmt.Sprintf("%v with a complex number; real numbers were expected", o), "take re, im or abs of it")
		}
	}
	return p.emit(o, column, operands...)
}

// emit writes an operation on the top of the stack.
func (p *parser) emit(o op, column int, operands ...operand) (operand, *Error) {
	in := instr{op: o, column: int32(column)}
	var vars []int
	for k, x := range operands {
		in.complex = in.complex || x.kind == complexNumber
		if o.steepSomewhere() {
			in.depends[k] = x.vars
		}
		vars = merge(vars, x.vars)
	}
	p.code = append(p.code, in)
	p.depth -= len(operands) - 1
	return operand{o.resultOf(in.complex), vars, operands[0].column}, nil
}

// call reads the arguments of function t; the current token is the parenthesis.
func (p *parser) call(t token) (operand, *Error) {
	o, least, most, ok := functionOf(t.text)
	if !ok {
		return operand{}, p.unknown(t, "function", functionNames())
	}
	var first, a operand
	count := 0
	for more := true; more; more = p.tok.is(",") {
		if err := p.advance(); err != nil {
			return a, err
		}
		if count == 0 && p.tok.is(")") {
			break
		}
		x, err := p.nested(p.choice)
		if err != nil {
			return x, err
		}
		switch count++; {
		case count == 1:
			first, a = x, x
		case least == 2:
			if a, err = p.apply(o, t.column, a, x); err != nil {
				return a, err
			}
		}
	}
	if !p.tok.is(")") {
		return a, p.unexpected(fmt.Sprintf("the ) of %s in column %d", t.text, t.column))
	}
	if count < least || most > 0 && count > most {
		want := fmt.Sprintf("%d arguments", least)
		switch {
		case least == 1:
			want = "1 argument"
		case most == 0:
			want = "at least " + want
		}
		return a, p.fail(t.column, fmt.Sprintf("%s has %s, not %d", t.text, want, count), "")
	}
	if least == 1 {
		var err *Error
		if a, err = p.apply(o, t.column, first); err != nil {
			return a, err
		}
	}
	a.column = t.column
	return a, p.advance()
}

// constantOf returns the constant of that name.
func constantOf(name string) (float64, bool) {
	switch name {
	case "pi":
		return math.Pi, true
	case "e":
		return math.E, true
	}
	return 0, false
}

// variable writes the variable or constant t.
func (p *parser) variable(t token) (operand, *Error) {
	for k, name := range p.names {
		if name == t.text {
			in := instr{op: opVar, target: int32(k), column: int32(t.column)}
			return operand{vars: []int{k}, column: t.column}, p.push(in)
		}
	}
	if v, ok := constantOf(t.text); ok && !t.quoted {
		return operand{column: t.column}, p.push(instr{op: opConst, value: complex(v, 0), column: int32(t.column)})
	}
	return operand{}, p.unknown(t, "name", append([]string{"pi", "e"}, p.names...))
}

// unknown is the error for a name that means nothing.
func (p *parser) unknown(t token, what string, known []string) *Error {
	msg := fmt.Sprintf("unknown %s %q", what, t.text)
	hint := ""
	_, _, _, function := functionOf(t.text)
	switch {
	case what == "name" && function:
		hint = fmt.Sprintf("the arguments of %s are written in parentheses", t.text)
	case t.text == "i" || t.text == "j" || t.text == "I":
		hint = "the imaginary unit is written 1i"
	case t.text == "ln":
		hint = "the natural logarithm is written log"
	case t.text == "π":
		hint = "the number is written pi"
	case nearest(t.text, known) != "":
		hint = fmt.Sprintf("did you mean %s?", nearest(t.text, known))
	case what == "name" && len(p.names) > 0:
		hint = "the names are " + strings.Join(p.names, ", ")
	case what == "function":
		for _, name := range p.names {
			if name == t.text {
				hint = "products are written with *"
			}
		}
	}
	return p.fail(t.column, msg, hint)
}
