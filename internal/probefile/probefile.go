// Package probefile reads the values of A_μ that a simulation code supplies at
// the probes of a bundle: a CSV table, or a matrix file from which the probed
// entries are taken.
package probefile

import (
	"bufio"
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
}

func (e *Error) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %s", e.File, e.Msg)
	}
	return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Msg)
}

const maxLine = 1 << 24

// Read reads a CSV with the header index,value or index,re,im (further value
// columns or re,im pairs hold further points) and returns, for every point,
// the values of probes 1..count, NaN where a cell is blank or nan or the probe
// is not listed. Lines that begin with # are comments.
func Read(r io.Reader, name string, count int) ([][]complex128, error) {
	sc := bufio.NewScanner(r)
	sc.Buffer(make([]byte, 0, 1<<16), maxLine)
	p := &parser{name: name, count: count, seen: make([]bool, count)}
	for sc.Scan() {
		p.line++
		text := strings.TrimRight(sc.Text(), "\r")
		if p.line == 1 {
			text = strings.TrimPrefix(text, "\ufeff")
		}
		if t := strings.TrimSpace(text); t == "" || strings.HasPrefix(t, "#") {
			continue
		}
		if err := p.row(strings.Split(text, ",")); err != nil {
			return nil, err
		}
	}
	if err := sc.Err(); err != nil {
		return nil, &Error{File: name, Line: p.line + 1, Msg: err.Error()}
	}
	if !p.header {
		return nil, &Error{name, 1, "empty probe file", "the header is index,value or index,re,im"}
	}
	return p.values, nil
}

type parser struct {
	name    string
	line    int
	count   int
	header  bool
	complex bool
	points  int
	values  [][]complex128
	seen    []bool
}

func (p *parser) fail(hint, format string, args ...any) error {
	return &Error{p.name, p.line, fmt.Sprintf(format, args...), hint}
}

func (p *parser) row(cells []string) error {
	for i := range cells {
		cells[i] = strings.TrimSpace(cells[i])
	}
	if !p.header {
		return p.readHeader(cells)
	}
	per := 1
	if p.complex {
		per = 2
	}
	if len(cells) != 1+per*p.points {
		return p.fail("", "%d cells, want %d", len(cells), 1+per*p.points)
	}
	index, err := strconv.Atoi(cells[0])
	if err != nil || index < 1 || index > p.count {
		return p.fail("list the probes with: eimtool info BUNDLE --probes", "index %q, want 1 to %d", cells[0], p.count)
	}
	if p.seen[index-1] {
		return p.fail("give each probe once", "index %d occurs twice", index)
	}
	p.seen[index-1] = true
	for k := range p.points {
		v, err := p.value(cells[1+per*k : 1+per*(k+1)])
		if err != nil {
			return err
		}
		p.values[k][index-1] = v
	}
	return nil
}

func (p *parser) readHeader(cells []string) error {
	const hint = "the header is index,value or index,re,im; with --at, one value column or re,im pair per row of the table"
	if len(cells) == 1 && strings.Contains(cells[0], ";") {
		return p.fail("use commas", "cells are separated by semicolons")
	}
	if len(cells) < 2 || !strings.EqualFold(cells[0], "index") {
		return p.fail(hint, "header %q", strings.Join(cells, ","))
	}
	p.complex = strings.HasPrefix(strings.ToLower(cells[1]), "re")
	p.points = len(cells) - 1
	if p.complex {
		if p.points%2 != 0 {
			return p.fail(hint, "a column re without its im")
		}
		p.points /= 2
	}
	p.header = true
	nan := cmplx.NaN()
	for range p.points {
		v := make([]complex128, p.count)
		for i := range v {
			v[i] = nan
		}
		p.values = append(p.values, v)
	}
	return nil
}

// value parses one value cell or one re,im pair.
func (p *parser) value(cells []string) (complex128, error) {
	var parts [2]float64
	for i, c := range cells {
		if c == "" || strings.EqualFold(c, "nan") {
			return cmplx.NaN(), nil
		}
		v, err := strconv.ParseFloat(c, 64)
		if err != nil || math.IsInf(v, 0) {
			return 0, p.fail("leave the cell blank or write nan for a missing sensor", "value %q is not a finite number", c)
		}
		parts[i] = v
	}
	return complex(parts[0], parts[1]), nil
}
