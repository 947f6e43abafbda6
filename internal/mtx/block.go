package mtx

import (
	"bytes"

	"eimtool/internal/matrix"
)

// block is a chunk of the body being parsed, and what was found in it.
type block struct {
	chunk
	offset  int // index of its first entry, if every line before holds an entry
	first   int // index of its first entry, known when all blocks are parsed
	start   int // physical line, from 1, of its first line, likewise
	lines   int // physical lines
	n       int // entries
	values  matrix.Values
	inPlace bool // values (and rows and cols) are part of the arrays of the parser

	rows, cols       []int32 // 0-based; nil while the block follows the reference
	refRows, refCols []int32 // of the reference, nil when the block does not follow it
	wide             []entry // instead of rows and cols, when these are too narrow

	skips   []skip // lines without entry
	skipped int    // how many there are
	notes   notes
	fault   *fault
}

// skip says that count lines without entry precede entry number entry of a block.
type skip struct{ entry, count int32 }

// skipLine records a line without entry.
func (b *block) skipLine() {
	b.skipped++
	if k := len(b.skips) - 1; k >= 0 && int(b.skips[k].entry) == b.n {
		b.skips[k].count++
		return
	}
	b.skips = append(b.skips, skip{int32(b.n), 1})
}

// line returns the line of the block, from 0, that is being parsed.
func (b *block) line() int { return b.n + b.skipped }

// lineOf returns the line of the block, from 0, that holds its entry k.
func (b *block) lineOf(k int) int {
	line := k
	for _, s := range b.skips {
		if int(s.entry) > k {
			break
		}
		line += int(s.count)
	}
	return line
}

// makeIndices gives the block room for indices.
func (b *block) makeIndices(p *parser) {
	if p.wide {
		b.wide = make([]entry, b.lines)
		return
	}
	if hi := b.offset + b.lines; hi <= len(p.rows) {
		b.rows, b.cols = p.rows[b.offset:hi:hi], p.cols[b.offset:hi:hi]
		return
	}
	b.rows, b.cols = make([]int32, b.lines), make([]int32, b.lines)
}

// stray stops following the reference: the indices so far are copied from it.
func (b *block) stray(p *parser) {
	p.straying.Store(true)
	b.makeIndices(p)
	copy(b.rows, b.refRows[:b.n])
	copy(b.cols, b.refCols[:b.n])
	b.refRows, b.refCols = nil, nil
}

// body parses the lines of b up to the first bad one.
func (p *parser) body(b *block) {
	text := b.text
	if len(text) == 0 {
		return
	}
	buf := text[:len(text)+padding] // for loads beyond the end
	for pos := 0; pos < len(text); {
		var e entry
		var next int
		if p.Format == coordinate {
			e, next = p.quickEntry(buf, pos)
		} else {
			e, next = p.quickValue(buf, pos)
		}
		if next < 0 {
			var v verdict
			e, v, next = p.slowLine(b, pos)
			if v == isSkipped {
				pos = next
				continue
			}
			if v == isFault {
				return
			}
		} else if e.form == letterD {
			b.notes.add(exponentD, b.line())
		}
		if p.Format == coordinate {
			if p.storage != matrix.General && !p.triangleAllows(b, &e) {
				return
			}
			b.place(p, &e)
		}
		if b.values.Complex != nil {
			b.values.Complex[b.n] = complex(e.re, e.im)
		} else {
			b.values.Real[b.n] = e.re
		}
		b.n++
		pos = next
	}
}

// place keeps the indices of the next entry, or sees that the reference has
// the same.
func (b *block) place(p *parser, e *entry) {
	k, i, j := b.n, int32(e.i-1), int32(e.j-1)
	if b.refRows != nil {
		if b.refRows[k] == i && b.refCols[k] == j {
			return
		}
		b.stray(p)
	}
	if b.wide != nil {
		b.wide[k] = *e
		return
	}
	b.rows[k], b.cols[k] = i, j
}

// slowLine reads the line at pos carefully and returns the position after it.
func (p *parser) slowLine(b *block, pos int) (e entry, v verdict, next int) {
	line := b.text[pos:]
	next = len(b.text)
	if k := bytes.IndexByte(line, '\n'); k >= 0 {
		line, next = line[:k], pos+k+1
	}
	e, v, b.fault = p.careful(trimReturn(line), b.cut && next == len(b.text), &b.notes, b.line())
	if v == isSkipped {
		b.skipLine()
	}
	return e, v, next
}

// triangleAllows checks the diagonal of skew-symmetric and hermitian files and
// notes entries of the upper triangle. False means a fault.
func (p *parser) triangleAllows(b *block, e *entry) bool {
	switch {
	case e.i > e.j:
	case e.i < e.j:
		b.notes.add(upperEntry, b.line())
	case p.storage == matrix.SkewSymmetric:
		if e.re != 0 || e.im != 0 {
			b.fault = &fault{line: b.line(), msg: "nonzero value on the diagonal of a skew-symmetric matrix"}
			return false
		}
		b.notes.add(skewZeroDiagonal, b.line())
	case p.storage == matrix.Hermitian && e.im != 0:
		b.fault = &fault{line: b.line(), msg: imaginaryText}
		return false
	}
	return true
}

// quickEntry reads a coordinate line in its usual spelling: numbers without
// surprises between blanks. The position after the line is negative for
// anything else, be it legal or not.
func (p *parser) quickEntry(buf []byte, pos int) (e entry, next int) {
	if p.vector {
		return e, -1
	}
	pos = skipBlanks(buf, pos)
	var end int
	if e.i, end = index(buf, pos); end == pos || !isBlank(buf[end]) {
		return e, -1
	}
	pos = skipBlanks(buf, end+1)
	if e.j, end = index(buf, pos); end == pos || uint(e.i-1) >= uint(p.Rows) || uint(e.j-1) >= uint(p.Cols) {
		return e, -1
	}
	pos = end
	e.re = 1
	if !p.pattern {
		if !isBlank(buf[pos]) {
			return e, -1
		}
		pos = skipBlanks(buf, pos+1)
		if p.integer {
			e.re, pos = parseInteger(buf, pos)
		} else {
			e.re, pos, e.form = parseReal(buf, pos)
		}
		if pos < 0 {
			return e, -1
		}
		if p.complex {
			if pos = e.imaginary(buf, pos); pos < 0 {
				return e, -1
			}
		}
	}
	return e, lineEnd(buf, pos)
}

// quickValue is quickEntry for a line of an array file.
func (p *parser) quickValue(buf []byte, pos int) (e entry, next int) {
	pos = skipBlanks(buf, pos)
	if p.integer {
		e.re, pos = parseInteger(buf, pos)
	} else {
		e.re, pos, e.form = parseReal(buf, pos)
	}
	if pos < 0 {
		return e, -1
	}
	if p.complex {
		if pos = e.imaginary(buf, pos); pos < 0 {
			return e, -1
		}
	}
	return e, lineEnd(buf, pos)
}

// imaginary reads the second value of a complex entry, behind blanks.
func (e *entry) imaginary(buf []byte, pos int) int {
	if !isBlank(buf[pos]) {
		return -1
	}
	var f form
	e.im, pos, f = parseReal(buf, skipBlanks(buf, pos+1))
	e.form = max(e.form, f)
	return pos
}

// isBlank reports whether c separates numbers.
func isBlank(c byte) bool { return c == ' ' || c == '\t' }

// skipBlanks returns the position of the first character at or after pos that
// is not blank. Padding ends the search.
func skipBlanks(buf []byte, pos int) int {
	for isBlank(buf[pos]) {
		pos++
	}
	return pos
}

// lineEnd returns the position after the line end at pos, blanks before it
// allowed, negative when something else is there.
func lineEnd(buf []byte, pos int) int {
	if buf[pos] == '\n' {
		return pos + 1
	}
	pos = skipBlanks(buf, pos)
	if buf[pos] == '\r' {
		pos++
	}
	if buf[pos] == '\n' {
		return pos + 1
	}
	return -1
}
