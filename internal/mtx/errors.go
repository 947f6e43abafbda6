package mtx

import (
	"fmt"
	"strings"
)

// ParseError is input that cannot be read as a matrix.
type ParseError struct {
	File string // name of the input
	Line int    // physical line of the (decompressed) text from 1, 0 when none is to blame
	Msg  string // what was found and what was expected
	Hint string // what to do about it, may be empty
	Err  error  // the underlying error, when the input could not be read at all
}

// Error returns "file:line: message".
func (e *ParseError) Error() string {
	if e.Line == 0 {
		return e.File + ": " + e.Msg
	}
	return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Msg)
}

// Unwrap returns the underlying error, if any.
func (e *ParseError) Unwrap() error { return e.Err }

// fault is an error on a line of a block, numbered from 0 there.
type fault struct {
	line      int
	msg, hint string
}

// kind is a deviation from the format that is read with a warning.
type kind uint8

const (
	commentInBody kind = iota
	commentInline
	exponentD
	exponentBare
	integerInexact
	integerReal
	upperEntry
	skewZeroDiagonal
	kinds // how many there are
)

// String says what was found and how it was read.
func (k kind) String() string {
	return [kinds]string{
		"comment after the size line; the format has comments in the header only",
		"comment after an entry",
		"Fortran D exponent read as E",
		"Fortran exponent without a letter read as E",
		"integer not exact in float64, rounded to nearest",
		"integer file holds real values, read as real",
		"upper-triangle entries in a symmetric file, mirrored into the lower triangle",
		"zero on the diagonal of a skew-symmetric file, kept as an entry",
	}[k]
}

// notes counts the deviations of a stretch of lines and remembers the first
// line of each.
type notes [kinds]struct{ count, line int }

// add records one more deviation of kind k on the given line.
func (n *notes) add(k kind, line int) {
	if n[k].count == 0 {
		n[k].line = line
	}
	n[k].count++
}

// merge adds the notes of the next stretch, whose line 0 is the given one.
func (n *notes) merge(m *notes, line int) {
	for k := range n {
		if m[k].count > 0 && n[k].count == 0 {
			n[k].line = line + m[k].line
		}
		n[k].count += m[k].count
	}
}

// sentences renders the notes.
func (n *notes) sentences() []string {
	var out []string
	for k := range n {
		switch c := n[k].count; {
		case c == 1:
			out = append(out, fmt.Sprintf("line %d: %v", n[k].line, kind(k)))
		case c > 1:
			out = append(out, fmt.Sprintf("line %d: %v (and %d more)", n[k].line, kind(k), c-1))
		}
	}
	return out
}

// quote returns s in quotes, shortened and made printable.
func quote(s []byte) string {
	const most = 40
	if len(s) <= most {
		return fmt.Sprintf("%q", s)
	}
	return strings.TrimSuffix(fmt.Sprintf("%q", s[:most]), `"`) + `..."`
}
