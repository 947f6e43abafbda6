// Package probefile reads the values of A_μ that a simulation code supplies at
// the probes of a bundle, as a CSV table. It knows of probes only their number;
// what they are is said by eimtool info --probes, and values that come as a
// whole matrix file are taken from it by the command.
//
// The format, chosen for what scripts and spreadsheets write:
//
//	index,value          one real value per probe; further columns are further points
//	index,re,im          one complex value; further pairs are further points
//
// index counts from 1. A blank cell or nan is a missing sensor, as is a probe
// without a line. Blank lines, lines that begin with #, a byte-order mark, CRLF
// and blanks around cells are accepted. The names of the columns after the
// first begin with re and im where they are pairs, and are free otherwise.
package probefile

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"math/cmplx"
	"strconv"
	"strings"
)

// Error says what is wrong with a probe file and where.
type Error struct {
	File string
	Line int // 0 = none in particular
	Msg  string
	Hint string
	Err  error // the cause, may be nil
}

func (e *Error) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %s", e.File, e.Msg)
	}
	return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Msg)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Options say what values are expected.
type Options struct {
	Count   int  // number of probes
	Complex bool // values are complex: pairs re,im are required
}

// maxLine bounds a line: 24 bytes for each of a few hundred thousand points.
const maxLine = 1 << 24

const (
	headerHint = "the header is index,value or index,re,im; with many points one value column or re,im pair per point"
	probesHint = "list the probes with: eimtool info BUNDLE --probes"
)

// Read returns, for every point, the values of probes 1..Count; the real part is
// NaN where a sensor is missing. name names the input in errors, which are of type *Error.
func Read(r io.Reader, name string, opt Options) ([][]complex128, error) {
	sc := bufio.NewScanner(r)
	sc.Buffer(make([]byte, 0, 1<<16), maxLine)
	p := &parser{name: name, opt: opt, seen: make([]int, opt.Count)}
	for sc.Scan() {
		p.line++
		text := sc.Text()
		if p.line == 1 {
			text = strings.TrimPrefix(text, "\ufeff")
		}
		if text = strings.TrimSpace(text); text == "" || text[0] == '#' {
			continue
		}
		if err := p.row(text); err != nil {
			return nil, err
		}
	}
	p.line++
	switch err := sc.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return nil, p.fail("a probe file is a CSV with one line per probe", "the line is longer than 16 MiB")
	case err != nil:
		return nil, &Error{File: name, Msg: "cannot be read: " + err.Error(), Err: err}
	case !p.header:
		return nil, &Error{File: name, Msg: "the probe file is empty", Hint: headerHint}
	case p.rows == 0:
		return nil, &Error{File: name, Msg: "the probe file has a header and no value", Hint: probesHint}
	}
	return p.values, nil
}

// parser reads a probe file line by line.
type parser struct {
	name   string
	opt    Options
	line   int
	header bool
	per    int // cells per value: 1, or 2 for pairs
	rows   int
	values [][]complex128 // per point
	seen   []int          // line of every probe
}

func (p *parser) fail(hint, format string, args ...any) error {
	return &Error{File: p.name, Line: p.line, Msg: fmt.Sprintf(format, args...), Hint: hint}
}

func (p *parser) row(text string) error {
	cells := strings.Split(text, ",")
	for i := range cells {
		cells[i] = strings.TrimSpace(cells[i])
	}
	if !p.header {
		return p.readHeader(text, cells)
	}
	if want := 1 + p.per*len(p.values); len(cells) != want {
		return p.fail("a missing value is a blank cell, its comma stays", "%d cells, want %d as in the header", len(cells), want)
	}
	index, err := strconv.Atoi(cells[0])
	switch {
	case err != nil:
		return p.fail(probesHint, "index %q is not a whole number", cells[0])
	case index < 1 || index > p.opt.Count:
		return p.fail(probesHint, "index %d, but the bundle has probes 1 to %d", index, p.opt.Count)
	case p.seen[index-1] > 0:
		return p.fail("give each probe once", "index %d was already given on line %d", index, p.seen[index-1])
	}
	p.seen[index-1] = p.line
	p.rows++
	for k := range p.values {
		if p.values[k][index-1], err = p.value(cells[1+p.per*k : 1+p.per*(k+1)]); err != nil {
			return err
		}
	}
	return nil
}

func (p *parser) readHeader(text string, cells []string) error {
	if len(cells) < 2 || !strings.EqualFold(cells[0], "index") {
		hint := headerHint
		if strings.Contains(text, ";") {
			hint = "separate cells by commas, not semicolons"
		}
		return p.fail(hint, "header %q, want index,value or index,re,im", text)
	}
	points := len(cells) - 1
	p.per = 1
	if begins(cells[1], "re") {
		p.per = 2
		for i, c := range cells[1:] {
			if want := [2]string{"re", "im"}[i%2]; !begins(c, want) {
				return p.fail(headerHint, "column %q, want pairs re,im", c)
			}
		}
		if points%2 != 0 {
			return p.fail(headerHint, "the last column re has no im")
		}
		points /= 2
	}
	if p.opt.Complex && p.per == 1 {
		return p.fail("give real and imaginary part: index,re,im", "the family is complex and the header %q has one column per value", text)
	}
	p.header = true
	for range points {
		v := make([]complex128, p.opt.Count)
		for i := range v {
			v[i] = p.missing()
		}
		p.values = append(p.values, v)
	}
	return nil
}

// begins reports whether a column's name begins with a word, case apart.
func begins(cell, word string) bool {
	return len(cell) >= len(word) && strings.EqualFold(cell[:len(word)], word)
}

// missing is the value of a missing sensor; that of a real family is real.
func (p *parser) missing() complex128 {
	if p.opt.Complex {
		return cmplx.NaN()
	}
	return complex(math.NaN(), 0)
}

// value parses one value cell or one re,im pair. A pair without either part is
// missing.
func (p *parser) value(cells []string) (complex128, error) {
	var parts [2]float64
	for i, c := range cells {
		if c == "" || strings.EqualFold(c, "nan") {
			parts[i] = math.NaN()
			continue
		}
		v, err := strconv.ParseFloat(c, 64)
		if err != nil || math.IsInf(v, 0) || math.IsNaN(v) || strings.ContainsAny(c, "xX_pP") {
			return 0, p.fail("write decimal numbers; leave the cell blank or write nan for a missing sensor", "value %q is not a finite number", c)
		}
		parts[i] = v
	}
	switch {
	case math.IsNaN(parts[0]) || math.IsNaN(parts[1]):
		return p.missing(), nil
	case !p.opt.Complex && parts[1] != 0:
		return 0, p.fail("the matrices of this bundle are real", "imaginary part %g of a value of a real family", parts[1])
	}
	return complex(parts[0], parts[1]), nil
}
