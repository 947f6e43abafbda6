package mtx

import (
	"bytes"
	"math"
	"strconv"
)

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
