package solve

import (
	"math"
	"slices"

	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
)

// scaling are the powers of two of an equilibrated matrix M = R·A·C, R and C
// diagonal. Multiplication by them is exact.
type scaling struct {
	row, col []float64 // the diagonals; one slice for symmetric scalings
}

// maxExponent bounds the binary exponents of a scaling, so that the product of
// a row and a column factor is a normal number.
const maxExponent = 500

// sweeps is the number of Ruiz sweeps; each halves the exponents' deviation.
const sweeps = 6

// equilibrate brings the largest element of every row and column of A near 1
// (Ruiz, RAL-TR-2001-034): every sweep divides row i and column j by the
// square roots of their largest elements, rounded to powers of two. With
// symmetric true rows and columns get the same factors. Empty rows keep 1.
func equilibrate[T scalar.Scalar](p *matrix.Pattern, a []T, symmetric bool) scaling {
	n := p.Rows
	mag := moduli(a)
	re, ce := make([]int, n), make([]int, n)
	row, col := make([]float64, n), make([]float64, n)
	s := scaling{row: slices.Repeat([]float64{1}, n), col: slices.Repeat([]float64{1}, n)}
	for sweep := range sweeps {
		clear(row)
		clear(col)
		largest(p, mag, s, row, col)
		moved := false
		for i := range n {
			if symmetric {
				m := max(row[i], col[i])
				row[i], col[i] = m, m
			}
			moved = shift(&re[i], row[i], sweep) || moved
			moved = shift(&ce[i], col[i], sweep) || moved
			s.row[i], s.col[i] = math.Ldexp(1, re[i]), math.Ldexp(1, ce[i])
		}
		if !moved {
			break
		}
	}
	return s
}

// shift lowers the exponent e by half that of the largest element m, and
// reports whether it changed.
func shift(e *int, m float64, sweep int) bool {
	if m == 0 {
		return false
	}
	_, x := math.Frexp(m)
	d := x / 2
	if sweep > 0 && x*x <= 1 {
		return false
	}
	old := *e
	*e = min(max(old-d, -maxExponent), maxExponent)
	return *e != old
}

// largest raises row and col to the largest scaled elements of all rows and
// columns of the full matrix.
func largest(p *matrix.Pattern, mag []float64, s scaling, row, col []float64) {
	mirror := p.Symmetry != matrix.General
	p.Each(func(k, i, j int) {
		m := mag[k]
		v := m * (s.row[i] * s.col[j])
		row[i], col[j] = max(row[i], v), max(col[j], v)
		if mirror {
			v = m * (s.row[j] * s.col[i])
			row[j], col[i] = max(row[j], v), max(col[i], v)
		}
	})
}

// moduli returns |Re a| + |Im a| of all elements, within √2 of the modulus and
// finite for finite elements.
func moduli[T scalar.Scalar](a []T) []float64 {
	m := make([]float64, len(a))
	switch v := any(a).(type) {
	case []float64:
		for k, x := range v {
			m[k] = math.Abs(x)
		}
	case []complex128:
		for k, x := range v {
			m[k] = min(math.Abs(real(x))+math.Abs(imag(x)), math.MaxFloat64)
		}
	}
	return m
}

// of returns the left and right factors of op(M) = op(R·A·C).
func (s scaling) of(op matrix.Op) (left, right []float64) {
	if op == matrix.NoTranspose {
		return s.row, s.col
	}
	return s.col, s.row
}

// divideOut subtracts log det R + log det C from sum.
func (s scaling) divideOut(sum *scalar.Sum) {
	exponents := 0
	for i, r := range s.row {
		exponents += math.Ilogb(r) + math.Ilogb(s.col[i])
	}
	addRounded(sum, -float64(exponents), math.Ln2)
}

// addRounded adds x·y to sum, rounding error included.
func addRounded(sum *scalar.Sum, x, y float64) {
	hi := x * y
	sum.Add(hi)
	sum.Add(math.FMA(x, y, -hi))
}
