package measure

import (
	"eimtool/internal/dense"
)

// Polynomials are sums of products of Chebyshev polynomials
// T_n1(u_1)···T_nd(u_d) in u = (t - Middle)/Half ∈ [-1, 1]^d. The terms n form
// a lower set in lexicographic order: the degrees of the last coordinate follow
// one another. Products of the other coordinates are prefixes.
type Polynomials struct {
	Middle, Half []float64              `doc:"d, box of the coordinates"`
	Degrees      []int                  `doc:"d, largest degree in each coordinate"`
	Parent       []int                  `doc:"prefixes: the prefix that each multiplies, -1 for the first"`
	Coordinate   []int                  `doc:"prefixes: coordinate of the factor"`
	Power        []int                  `doc:"prefixes: degree of the factor"`
	Runs         []int                  `doc:"prefixes: number of terms that begin with each"`
	Coefficients *dense.Matrix[float64] `doc:"polynomials x terms"`
}

// newPolynomials lays out the terms with Σ n_j·cost_j ≤ budget.
func newPolynomials(middle, half, cost []float64, budget float64) *Polynomials {
	d := len(middle)
	p := &Polynomials{Middle: middle, Half: half, Degrees: make([]int, d)}
	largest := func(left float64, j int) int { return int(left/cost[j] + 1e-6) }
	for j := range cost {
		p.Degrees[j] = largest(budget, j)
	}
	var grow func(prefix, j int, left float64)
	grow = func(prefix, j int, left float64) {
		if j == d-1 {
			p.Runs[prefix] = largest(left, j) + 1
			return
		}
		grow(prefix, j+1, left)
		for n := 1; n <= largest(left, j); n++ {
			p.Parent = append(p.Parent, prefix)
			p.Coordinate = append(p.Coordinate, j)
			p.Power = append(p.Power, n)
			p.Runs = append(p.Runs, 0)
			grow(len(p.Runs)-1, j+1, left-float64(n)*cost[j])
		}
	}
	p.Parent, p.Coordinate, p.Power, p.Runs = []int{-1}, []int{0}, []int{0}, []int{0}
	grow(0, 0, budget)
	return p
}

// terms returns the number of terms.
func (p *Polynomials) terms() int {
	n := 0
	for _, r := range p.Runs {
		n += r
	}
	return n
}

// workspace returns the length of the workspace of basis.
func (p *Polynomials) workspace() int {
	n := len(p.Runs)
	for _, d := range p.Degrees {
		n += d + 1
	}
	return n
}

// prepare fills work (workspace) with the prefixes at t and the Chebyshev
// polynomials of every coordinate, and returns the prefixes and those of the
// last coordinate.
func (p *Polynomials) prepare(t, work []float64) (prefixes, last []float64) {
	prefixes, work = work[:len(p.Runs)], work[len(p.Runs):]
	var first [maxParts]int // where the polynomials of a coordinate begin
	at := 0
	for j, d := range p.Degrees {
		chebyshev((t[j]-p.Middle[j])/p.Half[j], work[at:at+d+1])
		first[j] = at
		at += d + 1
	}
	prefixes[0] = 1
	for i := 1; i < len(prefixes); i++ {
		prefixes[i] = prefixes[p.Parent[i]] * work[first[p.Coordinate[i]]+p.Power[i]]
	}
	return prefixes, work[first[len(p.Degrees)-1]:at]
}

// chebyshev fills v with T_0(u), T_1(u), ...
func chebyshev(u float64, v []float64) {
	v[0] = 1
	if len(v) > 1 {
		v[1] = u
	}
	for n := 2; n < len(v); n++ {
		v[n] = 2*u*v[n-1] - v[n-2]
	}
}

// one returns the polynomial with the given coefficients, after prepare.
func (p *Polynomials) one(coefficients, prefixes, last []float64) float64 {
	sum, at := 0., 0
	for i, run := range p.Runs {
		s := 0.
		c := coefficients[at : at+run]
		for n, v := range last[:run] {
			s += c[n] * v
		}
		sum += prefixes[i] * s
		at += run
	}
	return sum
}

// basis fills out (terms) with all terms, after prepare.
func (p *Polynomials) basis(prefixes, last, out []float64) {
	at := 0
	for i, run := range p.Runs {
		b := out[at : at+run]
		for n, v := range last[:run] {
			b[n] = prefixes[i] * v
		}
		at += run
	}
}
