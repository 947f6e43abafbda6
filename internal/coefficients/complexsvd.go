package coefficients

import (
	"math"
	"math/cmplx"
)

// smallestRightSingular returns the right singular vector of smallest singular
// value of the matrix with the given columns, which it overwrites: Householder
// QR, then one-sided Jacobi rotations of the triangular factor. Its largest
// element is real and positive.
func smallestRightSingular(cols [][]complex128) []complex128 {
	n := len(cols)
	r := complexTriangle(cols)
	v := make([][]complex128, n)
	for j := range v {
		v[j] = make([]complex128, n)
		v[j][j] = 1
	}
	for range 40 {
		if !jacobiSweep(r, v) {
			break
		}
	}
	best := 0
	for j := range r {
		if complexNorm(r[j]) < complexNorm(r[best]) {
			best = j
		}
	}
	w := v[best]
	large := 0
	for i := range w {
		if cmplx.Abs(w[i]) > cmplx.Abs(w[large])*(1+1e-12) {
			large = i
		}
	}
	phase := cmplx.Conj(w[large]) / complex(cmplx.Abs(w[large]), 0)
	for i := range w {
		w[i] *= phase
	}
	return w
}

// complexNorm returns the 2-norm of x.
func complexNorm(x []complex128) float64 {
	var s float64
	for _, v := range x {
		s += real(v)*real(v) + imag(v)*imag(v)
	}
	return math.Sqrt(s)
}

// inner returns Σ conj(a_i) b_i.
func inner(a, b []complex128) complex128 {
	var s complex128
	for i, v := range a {
		s += cmplx.Conj(v) * b[i]
	}
	return s
}

// complexTriangle returns the columns (length n) of the triangular factor of
// the QR of cols, which it overwrites.
func complexTriangle(cols [][]complex128) [][]complex128 {
	n, m := len(cols), len(cols[0])
	for k := range min(n, m) {
		x := cols[k][k:]
		norm := complexNorm(x)
		if norm == 0 {
			continue
		}
		alpha := complex(-norm, 0)
		if x[0] != 0 {
			alpha *= x[0] / complex(cmplx.Abs(x[0]), 0)
		}
		v := append([]complex128(nil), x...)
		v[0] -= alpha
		beta := 2 / (complexNorm(v) * complexNorm(v))
		for j := k; j < n; j++ {
			c := cols[j][k:]
			s := inner(v, c) * complex(beta, 0)
			for i, a := range v {
				c[i] -= s * a
			}
		}
	}
	r := make([][]complex128, n)
	for j := range r {
		r[j] = make([]complex128, n)
		copy(r[j], cols[j][:min(j+1, m)])
	}
	return r
}

// jacobiSweep makes every pair of columns of r orthogonal once, with the same
// rotations on v; false when all pairs already were.
func jacobiSweep(r, v [][]complex128) bool {
	rotated := false
	for p := range r {
		for q := p + 1; q < len(r); q++ {
			a, b := complexNorm(r[p]), complexNorm(r[q])
			g := inner(r[p], r[q])
			abs := cmplx.Abs(g)
			if abs <= 1e-15*a*b || abs == 0 {
				continue
			}
			rotated = true
			zeta := (b - a) * (b + a) / (2 * abs)
			t := 1 / (math.Abs(zeta) + math.Hypot(1, zeta))
			if zeta < 0 {
				t = -t
			}
			c := 1 / math.Hypot(1, t)
			s := complex(c*t, 0) * g / complex(abs, 0)
			rotate(r[p], r[q], c, s)
			rotate(v[p], v[q], c, s)
		}
	}
	return rotated
}

// rotate replaces the columns x, y by c·x − conj(s)·y and s·x + c·y.
func rotate(x, y []complex128, c float64, s complex128) {
	for i := range x {
		a, b := x[i], y[i]
		x[i] = complex(c, 0)*a - cmplx.Conj(s)*b
		y[i] = s*a + complex(c, 0)*b
	}
}
