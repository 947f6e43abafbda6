package mtx

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// The range of decimal exponents q for which w·10^q, 0 < w < 2⁶⁴, can be a
// finite nonzero float64: below it every such product rounds to zero, above it
// every one overflows.
const (
	minPower = -342
	maxPower = 308
)

// exactPowers are the powers of ten that float64 holds exactly.
var exactPowers = [...]float64{
	1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
	1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
}

// integerPowers are the powers of ten that one eight-byte step can append.
var integerPowers = [8]uint64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7}

const (
	asciiZeros = 0x3030303030303030
	highBits   = 0x8080808080808080
	notDigit   = 0x7676767676767676 // 0x80 - 10 in every byte
)

// load returns the eight bytes at p, the first one lowest.
func load(buf []byte, p int) uint64 { return binary.LittleEndian.Uint64(buf[p:]) }

// digitRun returns how many of the eight characters of w, as read by load, are
// digits before the first that is not, times eight; and w with '0' subtracted
// from every digit.
func digitRun(w uint64) (bitCount int, digits uint64) {
	digits = w ^ asciiZeros
	// A byte above 9 carries into its high bit; carries spoil later bytes only.
	return bits.TrailingZeros64((digits+notDigit|digits)&highBits) &^ 7, digits
}

// eightDigits returns the number whose decimal digits are the bytes of d, the
// most significant one lowest: pairs, then fours, then all eight.
func eightDigits(d uint64) uint64 {
	d = d*10 + d>>8
	return (d&0x000000ff000000ff*0x000f424000000064 +
		d>>16&0x000000ff000000ff*0x0000271000000001) >> 32
}

// index reads a run of one to eight digits at p. It returns the number and the
// position after it, which is p when there is no digit; after eight digits the
// caller must see that no ninth follows.
func index(buf []byte, p int) (v, next int) {
	run, d := digitRun(load(buf, p))
	if run == 0 {
		return 0, p
	}
	return int(eightDigits(d << (64 - run))), p + run>>3
}

// parseReal reads the decimal number at p: an optional sign, digits with an
// optional point, an optional exponent with the letter e or d in either case. It
// returns the correctly rounded value, the position after it and its form, or a
// negative position for whatever else is there: the careful reader of line.go
// takes over. buf must have padding bytes after the text.
//
// What differs from number to number (sign, number of digits) is computed
// without branches, which could not be predicted.
func parseReal(buf []byte, p int) (v float64, next int, f form) {
	sign, signed := signAt(buf, p)
	p += signed
	start := p
	var w uint64
	if first := buf[p] - '0'; first <= 9 && buf[p+1] == '.' { // the usual case
		w, p = uint64(first), p+1
	} else {
		w, p = appendDigits(buf, p, 0)
	}
	whole, fraction := p, p
	digits, exponent := p-start, 0
	if buf[p] == '.' {
		fraction = p + 1
		w, p = appendDigits(buf, fraction, w)
		exponent = fraction - p
		digits -= exponent
	}
	if digits == 0 {
		return 0, -1, f
	}
	end := p
	if c := buf[p] | 0x20; c == 'e' || c == 'd' {
		e, q := parseExponent(buf, p+1)
		if q < 0 {
			return 0, -1, f
		}
		if c == 'd' {
			f = letterD
		}
		exponent += e
		p = q
	}
	var ok bool
	switch {
	case digits > 19 && digits-leadingZeros(buf, start) > 19: // too many for w
		v, ok = decimal(buf[start:whole], buf[fraction:end], exponent+end-fraction)
	case w < 1<<53 && uint(exponent+22) <= 44:
		v, ok = exactDecimal(w, exponent), true
	default:
		var b uint64
		b, ok = decimalBits(w, exponent)
		v = math.Float64frombits(b)
	}
	if !ok {
		return 0, -1, f
	}
	return math.Float64frombits(math.Float64bits(v) | sign), p, f
}

// exactDecimal returns w·10^q for w < 2⁵³ and |q| ≤ 22 by one operation, thus one
// rounding, on two numbers that are exact (W. Clinger, "How to read floating
// point numbers accurately", PLDI 1990).
func exactDecimal(w uint64, q int) float64 {
	if q < 0 {
		return float64(w) / exactPowers[-q]
	}
	return float64(w) * exactPowers[q]
}

// signAt returns the sign bit of the number at p and the length of its sign.
func signAt(buf []byte, p int) (bit uint64, length int) {
	c := buf[p] - '+' // '+' is 0, '-' is 2
	if c == 2 {
		bit = 1 << 63
	}
	if c&^2 == 0 {
		length = 1
	}
	return bit, length
}

// appendDigits appends the digits at p to the number w and returns the position
// after them. Beyond 19 digits in all w is of no use.
func appendDigits(buf []byte, p int, w uint64) (uint64, int) {
	run, d := digitRun(load(buf, p))
	for run == 64 {
		w = w*100000000 + eightDigits(d)
		p += 8
		run, d = digitRun(load(buf, p))
	}
	return w*integerPowers[run>>3&7] + eightDigits(d<<(64-run)), p + run>>3
}

// leadingZeros counts the zeros, a decimal point aside, from p to the first
// other digit.
func leadingZeros(buf []byte, p int) int {
	n := 0
	for ; ; p++ {
		switch buf[p] {
		case '0':
			n++
		case '.':
		default:
			return n
		}
	}
}

// parseExponent reads an optional sign and one to four digits at p; the
// position is negative for anything else.
func parseExponent(buf []byte, p int) (e, next int) {
	c := buf[p]
	negative := c == '-'
	if negative || c == '+' {
		p++
	}
	start := p
	for {
		d := buf[p] - '0'
		if d > 9 {
			break
		}
		e = e*10 + int(d)
		p++
		if p-start > 4 {
			return 0, -1
		}
	}
	if p == start {
		return 0, -1
	}
	if negative {
		e = -e
	}
	return e, p
}

// parseInteger reads an optional sign and up to 15 digits at p, always exact
// in float64; the position is negative for anything else.
func parseInteger(buf []byte, p int) (v float64, next int) {
	c := buf[p]
	negative := c == '-'
	if negative || c == '+' {
		p++
	}
	run, d := digitRun(load(buf, p))
	if run == 0 {
		return 0, -1
	}
	w := eightDigits(d << (64 - run))
	p += run >> 3
	if run == 64 {
		if run, d = digitRun(load(buf, p)); run == 64 {
			return 0, -1
		}
		if run > 0 {
			w = w*integerPowers[run>>3] + eightDigits(d<<(64-run))
			p += run >> 3
		}
	}
	v = float64(w)
	if negative {
		v = -v
	}
	return v, p
}

// decimalBits returns the bits of the float64 nearest to w·10^q, ties to even,
// false when it overflows or when 128 bits of 5^q do not decide. It is the
// algorithm of Eisel and Lemire (D. Lemire, "Number parsing at a gigabyte per
// second", Software: Practice and Experience 51, 2021, algorithm 1):
//
//	w·10^q = (w·2^l) · 5^q · 2^(q-l),  l = leading zeros of w,
//
// where 5^q is a 128-bit significand whose low half enters only when the
// product with the high half alone does not decide the rounding.
func decimalBits(w uint64, q int) (uint64, bool) {
	if w == 0 || q < minPower {
		return 0, true
	}
	if q > maxPower {
		return 0, false
	}
	l := bits.LeadingZeros64(w)
	w <<= l
	k := 2 * (q - minPower)
	hi, lo := bits.Mul64(w, powersOfFive[k])
	if hi&0x1ff == 0x1ff { // the bits below the 55 that count may still carry
		carry, _ := bits.Mul64(w, powersOfFive[k+1])
		lo += carry
		if lo < carry {
			hi++
		}
		if lo == math.MaxUint64 && (q < -27 || q > 55) {
			return 0, false
		}
	}
	top := int(hi >> 63)
	m := hi >> (top + 9)                      // 53 bits and one for rounding
	e := (217706*q)>>16 + 63 + top - l + 1023 // floor(q·log₂10) + 63 + ...
	if e <= 0 {                               // subnormal
		if e <= -63 {
			return 0, true
		}
		m >>= 1 - e
		m += m & 1
		m >>= 1
		return m, true // 2⁵² is the smallest normal number
	}
	if lo <= 1 && q >= -4 && q <= 23 && m&3 == 1 && m<<(top+9) == hi {
		m &^= 1 // an exact tie: to even
	}
	m += m & 1
	m >>= 1
	if m == 1<<53 {
		m = 1 << 52
		e++
	}
	if e >= 2047 {
		return 0, false
	}
	return uint64(e)<<52 | m&(1<<52-1), true
}
