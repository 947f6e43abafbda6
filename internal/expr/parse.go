package expr

import "fmt"

// Limits of an expression.
const (
	maxLength  = 1 << 16 // bytes of the source
	maxNesting = 200     // parentheses, signs, powers and branches within each other
	maxStack   = 128     // operands that wait for their operation
)

// kind is what a part of an expression yields.
type kind uint8

const (
	realNumber kind = iota
	complexNumber
	condition
)

func (k kind) String() string {
	return [...]string{"a real number", "a complex number", "a condition"}[k]
}

// operand describes a part of the expression whose program has been written.
type operand struct {
	kind   kind
	vars   []int // that it depends on, ascending
	column int   // where it begins
}

// Parse checks and compiles an expression over the variables names; of equal
// names the first one counts. Errors are of type *Error.
func Parse(src string, names []string) (*Expr, error) {
	e, err := parse(src, names)
	if err != nil {
		return nil, err
	}
	return e, nil
}

func parse(src string, names []string) (*Expr, *Error) {
	p := parser{lex: lexer{src: src, column: 1}, names: names}
	if len(src) > maxLength {
		return nil, p.lex.fail(1, fmt.Sprintf("the expression has %d bytes, more than %d", len(src), maxLength), "")
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	if p.tok.kind == endToken {
		return nil, p.fail(p.tok.column, "the expression is empty", "write 1 for a constant coefficient")
	}
	result, err := p.choice()
	if err != nil {
		return nil, err
	}
	if p.tok.kind != endToken {
		return nil, p.unexpected("an operator")
	}
	if result.kind == condition {
		return nil, p.fail(result.column, "the expression is a condition; a number was expected", "choose numbers by it, as in x > 0 ? 1 : 0")
	}
	return &Expr{
		src: src, code: p.code, names: len(names),
		variables: result.vars, depth: p.deepest, complex: result.kind == complexNumber,
	}, nil
}

// parser reads tokens and writes the program, one operand after the other.
type parser struct {
	lex     lexer
	tok     token
	names   []string
	code    []instr
	nesting int
	depth   int // of the stack after the code so far
	deepest int
}

func (p *parser) fail(column int, msg, hint string) *Error { return p.lex.fail(column, msg, hint) }

// advance reads the next token.
func (p *parser) advance() (err *Error) {
	p.tok, err = p.lex.next()
	return err
}

// unexpected is the error for the current token where wanted was expected.
func (p *parser) unexpected(wanted string) *Error {
	hint := ""
	switch {
	case p.tok.kind == endToken:
		return p.fail(p.tok.column, fmt.Sprintf("the expression ends where %s was expected", wanted), "")
	case p.tok.is(")"):
		hint = "the parenthesis has no partner"
	case p.tok.is("("), p.tok.kind == nameToken, p.tok.kind == numberToken:
		hint = "products are written with *"
	case p.tok.is(","):
		hint = "decimals are written with a point"
	}
	if wanted != "an operator" {
		hint = ""
	}
	return p.fail(p.tok.column, fmt.Sprintf("%v where %s was expected", p.tok, wanted), hint)
}

// nested calls f one level deeper.
func (p *parser) nested(f func() (operand, *Error)) (operand, *Error) {
	if p.nesting++; p.nesting > maxNesting {
		return operand{}, p.fail(p.tok.column, "the expression is nested too deeply", "take parentheses, signs or branches out")
	}
	defer func() { p.nesting-- }()
	return f()
}
