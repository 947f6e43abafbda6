package mtx

import (
	"bytes"
	"fmt"
	"math"
	"math/big"
)

// entry is one parsed line: 1-based indices and a value.
type entry struct {
	i, j   int
	re, im float64
	form   form // how a fast reader found the exponents to be written
}

// verdict says what a line turned out to be.
type verdict uint8

const (
	isEntry verdict = iota
	isSkipped
	isFault
)

// careful reads one line, without its line end, in any legal or tolerated
// spelling. It notes deviations and says exactly what is wrong with a bad
// line. The fast readers leave to it whatever is unusual.
func (h *header) careful(line []byte, cut bool, n *notes, at int) (e entry, v verdict, f *fault) {
	fail := func(msg, hint string) (entry, verdict, *fault) {
		if cut {
			msg += "; the file is truncated inside this line"
		}
		return e, isFault, &fault{line: at, msg: msg, hint: hint}
	}
	words := splitter{line}
	word := words.next()
	if len(word) == 0 {
		return e, isSkipped, nil
	}
	if word[0] == '%' {
		n.add(commentInBody, at)
		return e, isSkipped, nil
	}
	if h.Format == coordinate {
		var msg string
		if e.i, msg = h.indexWord(word, "row", h.Rows); msg != "" {
			return fail(msg, indexHint(word))
		}
		e.j = 1
		word = words.next()
		if !h.vector {
			if e.j, msg = h.indexWord(word, "column", h.Cols); msg != "" {
				return fail(msg, indexHint(word))
			}
			word = words.next()
		}
	}
	e.re = 1
	if !h.pattern {
		var msg string
		if e.re, msg = h.valueWord(word, "value", n, at); msg != "" {
			return fail(msg, "")
		}
		word = words.next()
	}
	if h.complex {
		var msg string
		if e.im, msg = h.valueWord(word, "imaginary value", n, at); msg != "" {
			return fail(msg, "")
		}
		word = words.next()
	}
	if len(word) > 0 && word[0] != '%' {
		return fail(fmt.Sprintf("extra value: the line has more numbers than a %s %s file holds, from %s", h.Field, h.Format, quote(word)),
			"one "+map[bool]string{true: "entry", false: "value"}[h.Format == coordinate]+" per line; see the field and format on the banner")
	}
	if len(word) > 0 {
		n.add(commentInline, at)
	}
	return e, isEntry, nil
}

// indexWord reads a row or column index in 1..size.
func (h *header) indexWord(word []byte, what string, size int) (int, string) {
	if len(word) == 0 || word[0] == '%' {
		if what == "column" && !h.pattern {
			return 0, "column index and value missing"
		}
		return 0, what + " index missing"
	}
	digits := word
	negative := digits[0] == '-'
	if negative || digits[0] == '+' {
		digits = digits[1:]
	}
	if len(digits) == 0 || digitPrefix(digits) < len(digits) {
		return 0, fmt.Sprintf("%s index %s is not a whole number%s", what, quote(word), strangeCharacter(word))
	}
	v := 0
	for _, c := range digits {
		v = min(v, math.MaxInt64/10-1)*10 + int(c-'0') // what is too large stays too large
	}
	if negative || v < 1 || v > size {
		return 0, fmt.Sprintf("%s index %s outside 1..%d", what, shorten(word), size)
	}
	return v, ""
}

// shorten returns a word of signs and digits, cut when long.
func shorten(word []byte) string {
	if len(word) > 40 {
		return string(word[:40]) + "..."
	}
	return string(word)
}

// strangeCharacter explains a character that does not belong into an index.
func strangeCharacter(word []byte) string {
	if word[0] == '#' {
		return "; # does not start a comment"
	}
	for _, c := range word {
		if c < '!' || c > '~' || c == ',' || c == ';' {
			return "; bad separator"
		}
	}
	return ""
}

// indexHint advises on a bad index.
func indexHint(word []byte) string {
	switch {
	case len(word) == 0:
		return ""
	case word[0] == '#':
		return "comments begin with %, before the size line"
	case len(bytes.Trim(word, "+-0")) == 0:
		return "indices count from 1"
	case strangeCharacter(word) != "":
		return "numbers are separated by blanks or tabs"
	}
	return ""
}

// valueWord reads a real or integer value.
func (h *header) valueWord(word []byte, what string, n *notes, at int) (float64, string) {
	if len(word) == 0 || word[0] == '%' {
		return 0, fmt.Sprintf("%s missing: the field is %s", what, h.Field)
	}
	if h.integer {
		if v, exact, ok := integer(word); ok {
			if !exact {
				n.add(integerInexact, at)
			}
			if math.IsInf(v, 0) {
				return 0, fmt.Sprintf("%s %s is out of range: overflow of float64", what, quote(word))
			}
			return v, ""
		}
	}
	v, form, msg := number(word)
	if msg != "" {
		return 0, fmt.Sprintf("%s %s %s", what, quote(word), msg)
	}
	if h.integer {
		n.add(integerReal, at)
	}
	switch form {
	case letterD:
		n.add(exponentD, at)
	case noLetter:
		n.add(exponentBare, at)
	}
	return v, ""
}

// integer reads a word of an optional sign and digits, and says whether the
// value is exact. Overflow gives an infinity.
func integer(word []byte) (v float64, exact, ok bool) {
	digits := word
	if digits[0] == '-' || digits[0] == '+' {
		digits = digits[1:]
	}
	if len(digits) == 0 || len(bytes.Trim(digits, "0123456789")) > 0 {
		return 0, false, false
	}
	if v, small := parseDigits(digits); small {
		if word[0] == '-' {
			v = -v
		}
		return v, true, true
	}
	digits = bytes.TrimLeft(digits, "0")
	if len(digits) > 309 {
		return math.Inf(1), true, true
	}
	b, _ := new(big.Int).SetString(string(digits), 10)
	v, acc := new(big.Float).SetInt(b).Float64()
	if word[0] == '-' {
		v = -v
	}
	return v, acc == big.Exact, true
}

// parseDigits returns the value of at most 15 digits, always exact.
func parseDigits(digits []byte) (v float64, ok bool) {
	if len(digits) > 15 {
		return 0, false
	}
	n := 0
	for _, c := range digits {
		n = n*10 + int(c-'0')
	}
	return float64(n), true
}
