package mtx

import (
	"bytes"
	"fmt"
	"math"
	"math/big"
	"strconv"
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

// form says how the exponent of a number is written.
type form uint8

const (
	plain    form = iota // none, or with e or E
	letterD              // with d or D, as Fortran writes double precision
	noLetter             // sign and digits only, as Fortran writes three-digit exponents
)

// number reads a word as a decimal number of any length, correctly rounded.
// The message says what is wrong with it.
func number(word []byte) (v float64, f form, msg string) {
	s := word
	negative := s[0] == '-'
	if negative || s[0] == '+' {
		s = s[1:]
	}
	whole := digitPrefix(s)
	mantissa, rest := s[:whole], s[whole:]
	var fraction []byte
	if len(rest) > 0 && rest[0] == '.' {
		k := digitPrefix(rest[1:])
		fraction, rest = rest[1:1+k], rest[1+k:]
	}
	if len(mantissa)+len(fraction) == 0 {
		return 0, f, notNumber(s)
	}
	exponent := 0
	if len(rest) > 0 {
		switch rest[0] {
		case 'e', 'E':
			rest = rest[1:]
		case 'd', 'D':
			f, rest = letterD, rest[1:]
		case '+', '-':
			f = noLetter
		default:
			return 0, f, notNumber(rest)
		}
		var ok bool
		if exponent, ok = exponentWord(rest); !ok {
			return 0, f, "has an exponent that is not a whole number"
		}
	}
	v, ok := decimal(mantissa, fraction, exponent)
	if !ok {
		return 0, f, "is out of range: overflow of float64"
	}
	if negative {
		v = -v
	}
	return v, f, ""
}

// notNumber explains the first characters that do not belong to a number.
func notNumber(rest []byte) string {
	lower := bytes.ToLower(rest[:min(len(rest), 8)])
	switch {
	case bytes.HasPrefix(lower, []byte("nan")), bytes.HasPrefix(lower, []byte("inf")):
		return "is not a finite number"
	case bytes.HasPrefix(rest, []byte(",")):
		return "is not a number: the decimal separator is a point"
	case bytes.HasPrefix(rest, []byte("\r")):
		return "is not a number: lone carriage return as line end"
	}
	return "is not a decimal number"
}

// digitPrefix returns how many digits s begins with.
func digitPrefix(s []byte) int {
	k := 0
	for k < len(s) && '0' <= s[k] && s[k] <= '9' {
		k++
	}
	return k
}

// exponentLimit bounds exponents: larger ones are as good as infinite beside
// the number of digits that any input can hold.
const exponentLimit = 1 << 56

// exponentWord reads an optional sign and digits up to the end of s.
func exponentWord(s []byte) (int, bool) {
	if len(s) == 0 {
		return 0, false
	}
	negative := s[0] == '-'
	if negative || s[0] == '+' {
		s = s[1:]
	}
	if len(s) == 0 || digitPrefix(s) < len(s) {
		return 0, false
	}
	e := 0
	for _, c := range s {
		e = min(e*10+int(c-'0'), exponentLimit)
	}
	if negative {
		e = -e
	}
	return e, true
}

// decimal returns whole.fraction·10^exponent correctly rounded, false when it
// overflows.
//
// Nineteen significant digits w fit a word. With further digits the value lies
// between w and w+1: mostly both round to the same number, else strconv decides.
func decimal(whole, fraction []byte, exponent int) (float64, bool) {
	var w uint64
	taken, dropped := 0, false
	scale := exponent
	for part, digits := range [2][]byte{whole, fraction} {
		for _, c := range digits {
			switch {
			case taken < 19:
				w = w*10 + uint64(c-'0')
				if w > 0 {
					taken++
				}
				scale -= part
			default:
				dropped = dropped || c != '0'
				scale += 1 - part
			}
		}
	}
	if w == 0 {
		return 0, true
	}
	scale = max(min(scale, maxPower+1), minPower-20)
	b, ok := decimalBits(w, scale)
	if ok && dropped {
		next, also := decimalBits(w+1, scale)
		ok = also && b == next
	}
	if ok {
		return math.Float64frombits(b), true
	}
	return slowDecimal(whole, fraction, exponent)
}

// slowDecimal leaves the decision to strconv, which gets the number in the form
// 0.d₁d₂d₃...·10^e with d₁ ≠ 0: it does not count on with larger exponents.
func slowDecimal(whole, fraction []byte, exponent int) (float64, bool) {
	text := make([]byte, 1, len(whole)+len(fraction)+8)
	text[0] = '.'
	text = append(text, bytes.TrimLeft(whole, "0")...)
	exponent += len(text) - 1
	if len(text) == 1 {
		digits := bytes.TrimLeft(fraction, "0")
		exponent -= len(fraction) - len(digits)
		fraction = digits
	}
	text = append(append(text, fraction...), 'e')
	exponent = max(min(exponent, 400), -400)
	v, err := strconv.ParseFloat(string(strconv.AppendInt(text, int64(exponent), 10)), 64)
	return v, err == nil
}
