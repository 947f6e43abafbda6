// Package memory knows how much memory there is to use and how people write
// sizes: "4GiB", "512MB", "80%". It measures nothing of this process.
package memory

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// SizeError reports a size that cannot be understood.
type SizeError struct {
	Text string // as given
	Msg  string // what is wrong
}

func (e *SizeError) Error() string { return fmt.Sprintf("size %q: %s", e.Text, e.Msg) }

// Hint says how sizes are written.
func (e *SizeError) Hint() string {
	return "write a number of bytes with an optional unit, such as 4GiB, 512MB or 80% (of the free memory)"
}

// unit maps the lower-case spellings of a unit to bytes. A bare letter is
// binary, as in most tools that take one.
func unit(s string) (float64, bool) {
	s = strings.ToLower(s)
	if s == "" || s == "b" {
		return 1, true
	}
	exponent := strings.IndexByte("kmgtpe", s[0]) + 1
	if exponent == 0 {
		return 0, false
	}
	switch s[1:] {
	case "", "i", "ib":
		return math.Ldexp(1, 10*exponent), true
	case "b":
		return math.Pow(1000, float64(exponent)), true
	}
	return 0, false
}

// ParseSize returns the number of bytes that s stands for: a positive decimal
// number followed by nothing or B (bytes), kB, MB, GB, TB, PB, EB (powers of
// 1000), KiB, MiB, ... or K, M, ... (powers of 1024), in any case, or by % for a
// share of what Available reports. Blanks around number and unit are ignored.
// Errors are of type *SizeError.
func ParseSize(s string) (int64, error) { return parseSize(s, Available) }

func parseSize(s string, available func() (int64, bool)) (int64, error) {
	t := strings.TrimSpace(s)
	cut := len(t)
	for i, c := range t {
		if (c < '0' || c > '9') && c != '.' && c != '-' && c != '+' {
			cut = i
			break
		}
	}
	number, suffix := t[:cut], strings.TrimSpace(t[cut:])
	x, err := strconv.ParseFloat(number, 64)
	switch {
	case t == "":
		return 0, &SizeError{s, "empty"}
	case err != nil:
		return 0, &SizeError{s, "not a number of bytes"}
	case !(x > 0):
		return 0, &SizeError{s, "must be positive"}
	}
	if suffix == "%" {
		if x > 100 {
			return 0, &SizeError{s, "more than 100 %"}
		}
		free, ok := available()
		if !ok {
			return 0, &SizeError{s, "the free memory of this system is not known; give an absolute size"}
		}
		return max(1, int64(x/100*float64(free))), nil
	}
	scale, ok := unit(suffix)
	if !ok {
		return 0, &SizeError{s, fmt.Sprintf("unknown unit %q", suffix)}
	}
	if x *= scale; x >= math.MaxInt64 {
		return 0, &SizeError{s, "too large"}
	}
	if x < 1 {
		return 0, &SizeError{s, "less than one byte"}
	}
	return int64(x), nil
}

// Format writes a number of bytes for people: three significant digits and a
// binary unit, such as "3.42 GiB". Negative numbers are written as bytes.
func Format(n int64) string {
	if n < 1024 {
		return fmt.Sprintf("%d B", n)
	}
	x, k := float64(n), 0
	for x >= 1023.5 && k < 6 {
		x /= 1024
		k++
	}
	digits := 2
	switch {
	case x >= 99.95:
		digits = 0
	case x >= 9.995:
		digits = 1
	}
	return fmt.Sprintf("%.*f %ciB", digits, x, "KMGTPE"[k-1])
}
