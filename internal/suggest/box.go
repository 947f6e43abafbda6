package suggest

import "eimtool/internal/coefficients"

// maxCorners is the number of parameters up to which Box begins with the
// corners of the box.
const maxCorners = 8

// Box returns at least count points of the training box of m, evenly spread in
// the coordinates of the model: the corners and then points of the Halton
// sequence. They depend on nothing else.
func Box(m *coefficients.Model, count int) [][]float64 {
	dim := len(m.Names)
	var varies []int
	for j := range dim {
		if m.Upper[j] > m.Lower[j] {
			varies = append(varies, j)
		}
	}
	var out [][]float64
	u := make([]float64, dim)
	if len(varies) <= maxCorners {
		for c := range 1 << len(varies) {
			for k, j := range varies {
				u[j] = float64(c >> k & 1)
			}
			out = append(out, m.FromUnit(u))
		}
	}
	if len(varies) == 0 {
		return out
	}
	bases := primes(len(varies))
	for i := 1; len(out) < count; i++ {
		for k, j := range varies {
			u[j] = radicalInverse(i, bases[k])
		}
		out = append(out, m.FromUnit(u))
	}
	return out
}

// radicalInverse mirrors the digits of i to base b at the point.
func radicalInverse(i, b int) float64 {
	f, v := 1.0, 0.0
	for ; i > 0; i /= b {
		f /= float64(b)
		v += f * float64(i%b)
	}
	return v
}

// primes returns the first n primes.
func primes(n int) []int {
	var out []int
	for k := 2; len(out) < n; k++ {
		prime := true
		for _, p := range out {
			prime = prime && k%p != 0
		}
		if prime {
			out = append(out, k)
		}
	}
	return out
}
