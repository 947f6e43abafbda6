package dense

import (
	"math"
	"math/cmplx"

	"eimtool/internal/scalar"
)

// svdJacobi is the one-sided Jacobi method, preconditioned by a pivoted QR
// (Drmač and Veselić, SIAM J. Matrix Anal. Appl. 29(4), 2008): A·P = Q·R and
// rotations J make the columns of Rᴴ·J = W·S orthogonal, so A = (Q·J)·S·(P·W)ᴴ.
func svdJacobi(a *Matrix[complex128]) (u *Matrix[complex128], s []float64, v *Matrix[complex128], err error) {
	if a.Rows < a.Cols {
		v, s, u, err = svdJacobi(ConjTranspose(a))
		return u, s, v, err
	}
	n := a.Cols
	q, perm := PivotedQR(a)
	g := q.R() // row i is column i of Rᴴ, conjugated below
	scalar.Conjugate(g.Data)
	j := New[complex128](n, n) // row i is column i of J
	for i := range n {
		j.Set(i, i, 1)
	}
	if !orthogonalise(g, j) {
		return nil, nil, nil, ErrNoConvergence
	}
	order, norm := byNorm(g)
	s = make([]float64, n)
	ut, w := New[complex128](n, a.Rows), New[complex128](n, n)
	for k, i := range order {
		s[k] = norm[i]
		copy(ut.Row(k), j.Row(i))
		q.ApplyQVec(ut.Row(k))
		copy(w.Row(k), g.Row(i))
	}
	normaliseRows(w, s)
	v = New[complex128](n, n)
	for k := range n {
		for i, p := range perm {
			v.Set(p, k, w.At(k, i))
		}
	}
	return ut.Transpose(), s, v, nil
}

// byNorm returns the rows of g in order of decreasing norm, and the norms.
func byNorm(g *Matrix[complex128]) (order []int, norm []float64) {
	norm = make([]float64, g.Rows)
	for i := range norm {
		norm[i] = Norm(g.Row(i))
		k := i
		order = append(order, i)
		for ; k > 0 && norm[order[k-1]] < norm[i]; k-- {
			order[k] = order[k-1]
		}
		order[k] = i
	}
	return order, norm
}

// normaliseRows divides row k of w by s[k] > 0; rows of size zero, which come
// last, are replaced by an orthonormal completion.
func normaliseRows(w *Matrix[complex128], s []float64) {
	rank := 0
	for k := range s {
		if s[k] == 0 {
			break
		}
		scale := math.Ldexp(1, -math.Ilogb(s[k])/2) // in two steps: 1/s may overflow
		Scale(complex(scale, 0), w.Row(k))
		Scale(complex(1/(s[k]*scale), 0), w.Row(k))
		rank++
	}
	if rank == len(s) {
		return
	}
	q := QR((&Matrix[complex128]{Rows: rank, Cols: w.Cols, Data: w.Data[:rank*w.Cols]}).Transpose())
	for k := rank; k < len(s); k++ {
		row := w.Row(k)
		clear(row)
		row[k] = 1
		q.ApplyQVec(row)
	}
}

// orthogonalise rotates pairs of rows of g, and of j alike, until all rows of
// g are orthogonal to working precision. It reports success; some ten sweeps
// are the rule for hard cases, two to four for graded ones.
func orthogonalise(g, j *Matrix[complex128]) bool {
	n := g.Rows
	norm := make([]float64, n)
	for range 60 {
		rotated := false
		for i := range n {
			norm[i] = Norm(g.Row(i))
		}
		for p := range n {
			for q := p + 1; q < n; q++ {
				if norm[p] == 0 || norm[q] == 0 {
					continue
				}
				x, y := g.Row(p), g.Row(q)
				c := cosine(x, y, norm[p], norm[q])
				size := cmplx.Abs(c)
				if size <= scalar.Eps*math.Sqrt(float64(n)) {
					continue
				}
				rotated = true
				cs, sn := rotation(norm[p], norm[q], size)
				phase := cmplx.Conj(c) / complex(size, 0)
				rotate(cs, sn, phase, x, y)
				rotate(cs, sn, phase, j.Row(p), j.Row(q))
				norm[p], norm[q] = Norm(x), Norm(y)
			}
		}
		if !rotated {
			return true
		}
	}
	return false
}

// cosine returns xᴴ·y/(|x|·|y|), formed without over- or underflow.
func cosine(x, y []complex128, nx, ny float64) complex128 {
	const safe = 0x1p-400
	if min(nx, ny) > safe && max(nx, ny) < 1/safe {
		return Dotc(x, y) / complex(nx*ny, 0)
	}
	var s complex128
	for i, v := range x {
		s += cmplx.Conj(v) / complex(nx, 0) * (y[i] / complex(ny, 0))
	}
	return s
}

// rotation returns the cosine and sine that make two columns of norms a, b
// and cosine c > 0 orthogonal: their tangent is the smaller root of
// t² + 2ζt - 1 = 0, ζ = (b² - a²)/(2abc).
func rotation(a, b, c float64) (cs, sn float64) {
	zeta := (b/a - a/b) / (2 * c)
	t := math.Copysign(1/(math.Abs(zeta)+math.Hypot(1, zeta)), zeta)
	cs = 1 / math.Hypot(1, t)
	return cs, cs * t
}

// rotate replaces x by cs·x - sn·phase·y and y by sn·x + cs·phase·y, which
// makes them orthogonal when phase = conj(xᴴy)/|xᴴy|.
func rotate(cs, sn float64, phase complex128, x, y []complex128) {
	y = y[:len(x)]
	for i, v := range x {
		w := phase * y[i]
		x[i] = complex(cs*real(v)-sn*real(w), cs*imag(v)-sn*imag(w))
		y[i] = complex(sn*real(v)+cs*real(w), sn*imag(v)+cs*imag(w))
	}
}
