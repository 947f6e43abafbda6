package lanczos

import (
	"math"

	"eimtool/internal/scalar"
)

// maxSweeps bounds the QL sweeps per eigenvalue; two are usual.
const maxSweeps = 60

// gauss returns the eigenvalues of the symmetric tridiagonal matrix with
// diagonal alpha and off-diagonal beta (one shorter) and the squares of the
// first components of its eigenvectors: nodes and weights, of sum 1, of the
// Gauss rule (Golub and Welsch, Math. Comp. 23, 1969: QL with implicit shifts,
// of the eigenvectors the first components alone). ok is false when the sweeps
// do not converge.
func gauss(alpha, beta []float64) (nodes, weights []float64, ok bool) {
	n := len(alpha)
	d := append([]float64(nil), alpha...)
	e := make([]float64, n)
	copy(e, beta[:n-1])
	z := make([]float64, n)
	z[0] = 1
	var size float64
	for i := range n {
		size = math.Max(size, math.Max(math.Abs(d[i]), math.Abs(e[i])))
	}
	size *= scalar.Eps * scalar.Eps // no eigenvalue feels that
	for l := range n {
		for sweep := 0; ; sweep++ {
			m := l
			for m < n-1 && math.Abs(e[m]) > scalar.Eps/2*(math.Abs(d[m])+math.Abs(d[m+1]))+size {
				m++
			}
			if m == l {
				break
			}
			if sweep == maxSweeps {
				return nil, nil, false
			}
			sweepQL(d, e, z, l, m)
		}
	}
	for i, v := range z {
		z[i] = v * v
	}
	return d, z, true
}

// sweepQL does one implicit QL sweep on rows l to m.
func sweepQL(d, e, z []float64, l, m int) {
	g := (d[l+1] - d[l]) / (2 * e[l])
	r := math.Hypot(g, 1)
	g = d[m] - d[l] + e[l]/(g+math.Copysign(r, g))
	s, c, p := 1.0, 1.0, 0.0
	for i := m - 1; i >= l; i-- {
		f, b := s*e[i], c*e[i]
		r = math.Hypot(f, g)
		e[i+1] = r
		if r == 0 { // the matrix splits here
			d[i+1] -= p
			e[m] = 0
			return
		}
		s, c = f/r, g/r
		g = d[i+1] - p
		r = (d[i]-g)*s + 2*c*b
		p = s * r
		d[i+1] = g + p
		g = c*r - b
		z[i], z[i+1] = c*z[i]-s*z[i+1], s*z[i]+c*z[i+1]
	}
	d[l] -= p
	e[l], e[m] = g, 0
}
