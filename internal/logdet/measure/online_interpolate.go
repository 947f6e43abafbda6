package measure

import (
	"math"

	"eimtool/internal/dense"
)

// exponents returns the degrees of every term (terms × d).
func (p *Polynomials) exponents() [][]int {
	d := len(p.Degrees)
	prefixes := make([][]int, len(p.Runs))
	var out [][]int
	for i, run := range p.Runs {
		n := make([]int, d)
		if i > 0 {
			copy(n, prefixes[p.Parent[i]])
			n[p.Coordinate[i]] = p.Power[i]
		}
		prefixes[i] = n
		for l := range run {
			e := append([]int(nil), n...)
			e[d-1] = l
			out = append(out, e)
		}
	}
	return out
}

// leja returns count points of [-1, 1], 0 first, each of which maximises the
// product of the distances to those before it.
func leja(count int) []float64 {
	const grid = 4000
	points := []float64{0, 1, -1}
	for len(points) < count {
		best, most := 0., math.Inf(-1)
		for i := range grid {
			x := math.Cos(math.Pi * (float64(i) + 0.5) / grid)
			s := 0.
			for _, y := range points {
				s += math.Log(math.Abs(x - y))
			}
			if s > most {
				best, most = x, s
			}
		}
		points = append(points, best)
	}
	return points[:count]
}

// interpolation gives polynomials from their values at as many points as there
// are terms: term n belongs to the point (x_n1, ..., x_nd) of the Leja sequence
// x. For a lower set of terms the points are unisolvent, and the coefficients
// follow from one triangular factorisation T_k(x_i) = (L·U)_ik per coordinate
// (Chkifa, Cohen and Schwab, Found. Comput. Math. 14, 2014, section 2).
type interpolation struct {
	exponents [][]int
	points    []float64
	below     [][]int                // d × terms: the term with one degree less in coordinate j
	lower     *dense.Matrix[float64] // L⁻¹
	upper     *dense.Matrix[float64] // U⁻¹
}

func (p *Polynomials) interpolation() *interpolation {
	most := 0
	for _, d := range p.Degrees {
		most = max(most, d+1)
	}
	in := &interpolation{exponents: p.exponents(), points: leja(most)}
	in.below = neighbours(in.exponents)
	v := dense.New[float64](most, most)
	for i, x := range in.points {
		chebyshev(x, v.Row(i))
	}
	in.lower, in.upper = invertedLU(v)
	return in
}

// neighbours returns for every coordinate and term the position of the term
// with one degree less, or -1.
func neighbours(exponents [][]int) [][]int {
	const base = 256
	key := func(n []int) (k [maxParts]uint8) {
		for j, e := range n {
			k[j] = uint8(e % base)
		}
		return k
	}
	position := make(map[[maxParts]uint8]int, len(exponents))
	for i, n := range exponents {
		position[key(n)] = i
	}
	below := make([][]int, len(exponents[0]))
	for j := range below {
		below[j] = make([]int, len(exponents))
		for i, n := range exponents {
			below[j][i] = -1
			if n[j] > 0 {
				k := key(n)
				k[j]--
				below[j][i] = position[k]
			}
		}
	}
	return below
}

// point fills t with the point of term i.
func (in *interpolation) point(p *Polynomials, i int, t []float64) {
	for j, n := range in.exponents[i] {
		t[j] = p.Middle[j] + p.Half[j]*in.points[n]
	}
}

// solve turns values at the points into coefficients.
func (in *interpolation) solve(v []float64) {
	for j, below := range in.below {
		for i := len(v) - 1; i >= 0; i-- { // terms below come before
			n := in.exponents[i][j]
			s := 0.
			for k, at := n, i; k >= 0; k, at = k-1, below[at] {
				s += in.lower.At(n, k) * v[at]
				if k == 0 {
					break
				}
			}
			v[i] = s
		}
	}
	for j, below := range in.below {
		for i, x := range v {
			n := in.exponents[i][j]
			v[i] = in.upper.At(n, n) * x
			for k, at := n-1, i; k >= 0; k-- {
				at = below[at]
				v[at] += in.upper.At(k, n) * x
			}
		}
	}
}

// invertedLU returns the inverses of the factors of v = L·U, L with unit
// diagonal, without pivoting.
func invertedLU(v *dense.Matrix[float64]) (lower, upper *dense.Matrix[float64]) {
	n := v.Rows
	lower, upper = dense.New[float64](n, n), dense.New[float64](n, n)
	for i := range n {
		lower.Set(i, i, 1)
	}
	// Elimination turns (V | I) into (U | L⁻¹).
	u := v.Clone()
	for k := range n {
		for i := k + 1; i < n; i++ {
			f := u.At(i, k) / u.At(k, k)
			dense.Axpy(-f, u.Row(k), u.Row(i))
			dense.Axpy(-f, lower.Row(k), lower.Row(i))
		}
	}
	for c := range n { // column c of U⁻¹
		for i := c; i >= 0; i-- {
			s := 0.
			if i == c {
				s = 1
			}
			for k := i + 1; k <= c; k++ {
				s -= u.At(i, k) * upper.At(k, c)
			}
			upper.Set(i, c, s/u.At(i, i))
		}
	}
	return lower, upper
}

// derivative returns the coefficients of the derivative by coordinate j: from
// the highest degree down, T_n' = 2n·(T_{n-1} + T_{n-3} + ...), T_0 half.
func (in *interpolation) derivative(p *Polynomials, c []float64, j int) []float64 {
	out := make([]float64, len(c))
	for i, v := range c {
		n := in.exponents[i][j]
		at := i
		for k := n - 1; k >= 0; k-- {
			at = in.below[j][at]
			if (n-k)%2 == 0 {
				continue
			}
			f := 2 * float64(n)
			if k == 0 {
				f = float64(n)
			}
			out[at] += f * v / p.Half[j]
		}
	}
	return out
}

// coefficients returns those of the mean of the functions with the given values
// (terms × functions), of the derivatives of the mean and of the functions less
// the mean.
func (in *interpolation) coefficients(p *Polynomials, values *dense.Matrix[float64]) *dense.Matrix[float64] {
	d := len(p.Degrees)
	out := dense.New[float64](1+d+values.Cols, values.Rows)
	columns, mean := values.Transpose(), out.Row(0)
	for f := range values.Cols {
		in.solve(columns.Row(f))
		dense.Axpy(1/float64(values.Cols), columns.Row(f), mean)
	}
	for j := range d {
		copy(out.Row(1+j), in.derivative(p, mean, j))
	}
	for f := range values.Cols {
		row := out.Row(1 + d + f)
		copy(row, columns.Row(f))
		dense.Axpy(-1, mean, row)
	}
	return out
}
