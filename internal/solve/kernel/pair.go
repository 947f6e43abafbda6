package kernel

import (
	"math"

	"eimtool/internal/scalar"
)

// invertPair returns the elements (0,0), (1,0), (1,1) of the inverse of the 2×2
// pivot [a, ·; b, d], with b or, if conj, its conjugate at the dot, and a lower
// bound of its smallest singular value. It works with the pivot divided by |b|,
// so that squares neither overflow nor underflow. It is not ok if the inverse
// cannot be had in float64, or if cancellation leaves less than half of a term
// of the determinant: then one of a and d is the better pivot.
func invertPair[T scalar.Scalar](a, b, d T, conj bool) (inv [3]T, least float64, ok bool) {
	size := scalar.Abs(b)
	if !(size > 0x1p-1000 && size < 0x1p1000) {
		return inv, 0, false
	}
	u := scalar.Of[T](1/size, 0)
	x, y, z := a*u, b*u, d*u // |y| = 1
	xz := x * z
	det := xz - y*mirrored(y, conj)
	n := scalar.Abs(det)
	if !(n >= 0.5) || n < 0.5*scalar.Abs(xz) || math.IsInf(n, 1) {
		return inv, 0, false
	}
	t := u / det
	inv = [3]T{z * t, -(y * t), x * t}
	off := scalar.Abs(inv[1])
	return inv, 1 / (off + max(scalar.Abs(inv[0]), scalar.Abs(inv[2]))), true
}

// mirrored returns the element opposite x in a symmetric or Hermitian matrix.
func mirrored[T scalar.Scalar](x T, conj bool) T {
	if conj {
		return scalar.Conj(x)
	}
	return x
}

// SolveD computes B = D⁻¹·B for the D of LDL. B is p.Count×nrhs, stored by rows.
func (s *Set[T]) SolveD(p *Pivots[T], b []T, ldb, nrhs int) {
	for j := 0; j < p.Count; j++ {
		x := b[j*ldb:][:nrhs]
		if p.D[2*j+1] == 0 {
			s.divide(x, x, p.D[2*j])
			continue
		}
		y := b[(j+1)*ldb:][:nrhs]
		inv, _, _ := invertPair(p.D[2*j], p.D[2*j+1], p.D[2*j+2], p.Conj)
		inv10, inv01 := inv[1], mirrored(inv[1], p.Conj)
		for r := range x {
			x[r], y[r] = inv[0]*x[r]+inv01*y[r], inv10*x[r]+inv[2]*y[r]
		}
		j++
	}
}
