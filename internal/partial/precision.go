package partial

import (
	"math"
	"slices"
	"strconv"

	"eimtool/internal/scalar"
)

// written is the precision that numbers were written with.
type written struct {
	digits int     // significant digits; 0: in full, or as decimals
	unit   float64 // of the last decimal; 0: in full, or as digits
}

// half returns half a unit of the last digit of a number, the largest error of
// rounding; 0 where numbers were written in full.
func (w written) half(size float64) float64 {
	switch {
	case w.digits > 0 && size > 0:
		return 0.5 * math.Pow(10, math.Floor(math.Log10(size))-float64(w.digits-1))
	case w.digits > 0:
		return 0
	}
	return 0.5 * w.unit
}

// digitsAt returns the significant digits of a number of some size.
func (w written) digitsAt(size float64) int {
	if w.digits > 0 || w.unit == 0 || size == 0 {
		return w.digits
	}
	return max(1, int(math.Floor(math.Log10(size)))-int(math.Round(math.Log10(w.unit)))+1)
}

// Numbers written with fewer than full digits are recognized by their many:
// nearly all have the same number of digits, or of decimals, or one less.
const (
	leastNumbers = 16  // different ones
	leastDigits  = 5   // fewer may be exact
	mostDigits   = 15  // of a number that is not written in full
	commonShare  = 0.6 // of those with as many digits as any
)

// writtenAs returns the precision of the values of an answer. Whole numbers count
// as exact.
func writtenAs(values [][]complex128) written {
	type number struct{ digits, last int } // last: power of ten of the last digit
	seen := map[float64]number{}
	longest, lowest := 0, math.MaxInt
	for _, row := range values {
		for _, v := range row {
			for _, x := range []float64{math.Abs(real(v)), math.Abs(imag(v))} {
				if x == 0 {
					continue
				}
				text := strconv.FormatFloat(x, 'e', -1, 64)
				at := slices.Index([]byte(text), 'e')
				power, _ := strconv.Atoi(text[at+1:])
				n := number{digits: max(1, at-1)} // without the point
				n.last = power - n.digits + 1
				seen[x] = n
				longest, lowest = max(longest, n.digits), min(lowest, n.last)
			}
		}
	}
	if len(seen) < leastNumbers || longest < leastDigits || longest > mostDigits || lowest == 0 {
		return written{}
	}
	digits, decimals := 0, 0
	for _, n := range seen {
		if n.digits >= longest-1 {
			digits++
		}
		if n.last <= lowest+1 {
			decimals++
		}
	}
	enough := commonShare * float64(len(seen))
	switch {
	case float64(decimals) >= enough && decimals > digits:
		return written{unit: math.Pow(10, float64(lowest))}
	case float64(digits) >= enough:
		return written{digits: longest}
	}
	return written{}
}

// noise is what the values supplied lack in accuracy.
type noise struct {
	difference float64         // largest difference of a matrix and the values of its candidate
	relative   float64         // the largest one over the largest sampled value of its candidate
	own        map[int]float64 // of every known candidate, its largest difference
	written    written
}

// noiseSafety is the factor on the differences seen at the known matrices: those
// of the other candidates may be larger.
const noiseSafety = 2

// rounded is the largest difference, over half a unit of the last digit, that the
// digits explain: of complex numbers both parts are rounded.
const rounded = 1.5

// at returns a bound of the error of the values of a candidate whose largest
// sampled value is size.
func (n noise) at(size float64) float64 {
	half, seen := n.written.half(size), min(n.difference, n.relative*size)
	if seen <= rounded*half {
		return half
	}
	return noiseSafety * seen
}

// spread follows what an error of the values does to the sampled residuals. They
// are linear in the values: that at column x is g[x] + Σ_m weights[x][m] g[j_m]
// with the magic columns j_m, and the coefficient c_m = Σ_l rows[m][l] g[j_l].
type spread[T scalar.Scalar] struct {
	rows    [][]T // of the coefficients of every term but the first
	weights [][]T // of every sampled column
}

// term takes a term into account, with its values q at the sampled columns; before
// are those of the earlier terms but the first at its magic column.
func (s *spread[T]) term(before, q []T) {
	row := make([]T, len(s.rows)+1)
	row[len(s.rows)] = 1
	for l, v := range before {
		for k, w := range s.rows[l] {
			row[k] -= v * w
		}
	}
	s.rows = append(s.rows, row)
	for x := range s.weights {
		s.weights[x] = append(s.weights[x], 0)
		for k, w := range row {
			s.weights[x][k] -= q[x] * w
		}
	}
}

// column adds a sampled column; q are the values of the terms but the first there.
func (s *spread[T]) column(q []T) {
	w := make([]T, len(s.rows))
	for m, v := range q {
		for k, c := range s.rows[m] {
			w[k] -= v * c
		}
	}
	s.weights = append(s.weights, w)
}

// factor returns the largest factor from independent errors of the values to those
// of a sampled residual: twice their 2-norm, as the largest of many seldom exceeds
// it, or their sum if that is less.
func (s *spread[T]) factor() float64 {
	const largestOfMany = 2
	factor := 1.0
	for _, w := range s.weights {
		sum, square := 1.0, 1.0
		for _, v := range w {
			a := scalar.Abs(v)
			sum, square = sum+a, square+a*a
		}
		factor = max(factor, min(largestOfMany*math.Sqrt(square), sum))
	}
	return factor
}
