package family

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// numberEnds returns every n > 0 for which s[:n] is a decimal number: an
// optional sign, digits with at most one point and at least one digit (not a
// point alone, nor a point at the end), and optionally e, a sign and digits.
func numberEnds(s string) []int {
	var ends []int
	n := 0
	if n < len(s) && (s[n] == '-' || s[n] == '+') {
		n++
	}
	digits := func() bool {
		from := n
		for n < len(s) && s[n] >= '0' && s[n] <= '9' {
			n++
			ends = append(ends, n)
		}
		return n > from
	}
	ok := digits()
	if n+1 < len(s) && s[n] == '.' && s[n+1] >= '0' && s[n+1] <= '9' {
		n++
		ok = digits()
	}
	if ok && n < len(s) && (s[n] == 'e' || s[n] == 'E') {
		if n++; n < len(s) && (s[n] == '-' || s[n] == '+') {
			n++
		}
		digits()
	}
	return ends
}

// isNumber reports whether s is a decimal number as numberEnds knows it, or
// such a number with a point at its end.
func isNumber(s string) bool {
	mantissa, exponent := s, ""
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		mantissa, exponent = s[:i], s[i:]
	}
	if strings.Count(mantissa, ".") == 1 {
		s = strings.TrimSuffix(mantissa, ".") + exponent
	}
	ends := numberEnds(s)
	return len(ends) > 0 && ends[len(ends)-1] == len(s)
}

// parseParameter reads the value of a parameter. On failure msg says what is
// wrong and hint what to do.
func parseParameter(s string) (v float64, msg, hint string) {
	if isNumber(s) {
		v, err := strconv.ParseFloat(s, 64)
		if err != nil || math.IsInf(v, 0) {
			return 0, fmt.Sprintf("%s is too large for a number", s), "parameters are double-precision numbers"
		}
		return v, "", ""
	}
	hint = "a parameter is a real number such as 3.5 or 1e-3"
	lower := strings.ToLower(s)
	bare := strings.TrimLeft(lower, "+-")
	switch {
	case s == "":
		return 0, "the cell is empty; a number was expected", hint
	case bare == "nan" || bare == "inf" || bare == "infinity":
		return 0, fmt.Sprintf("%q is not a finite number", s), "every sample needs a finite value of every parameter; take the row out"
	case isNumber(strings.Replace(s, ",", ".", 1)):
		hint = "write decimals with a point"
	case strings.Contains(s, ";"):
		hint = "cells are separated by commas, not by semicolons"
	case isNumber(strings.Replace(lower, "d", "e", 1)):
		hint = "write the exponent with e"
	case strings.HasSuffix(lower, "i") || strings.HasSuffix(lower, "j") || strings.HasPrefix(s, "("):
		hint = "parameters are real: write real and imaginary part as two parameters"
	case strings.HasPrefix(bare, "0x") || strings.Contains(s, "_"):
		hint = "write the number in plain decimal digits"
	}
	return 0, fmt.Sprintf("%q is not a number", s), hint
}
