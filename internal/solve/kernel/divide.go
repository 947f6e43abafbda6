package kernel

import (
	"math"

	"eimtool/internal/scalar"
)

// divide computes dst = src/d, by the reciprocal where that is finite and has
// full precision.
func (s *Set[T]) divide(dst, src []T, d T) {
	if n := scalar.Abs(d); n > 0x1p-1000 && n < 0x1p1000 {
		s.in.scale(dst, src, 1/d)
		return
	}
	for i, v := range src {
		dst[i] = v / d
	}
}

// largest returns the place of the first largest element and its size, with
// |re|+|im| for complex scalars; NaN is passed over, -1 is returned for zeros.
func largest[T scalar.Scalar](x []T) (place int, size float64) {
	place = -1
	switch v := any(x).(type) {
	case []float64:
		for i, a := range v {
			if a = math.Abs(a); a > size {
				place, size = i, a
			}
		}
	case []complex128:
		for i, a := range v {
			if t := math.Abs(real(a)) + math.Abs(imag(a)); t > size {
				place, size = i, t
			}
		}
	}
	return place, size
}

// SolveD computes B = D⁻¹·B for the D of LDL. B is p.Count×nrhs, stored by rows.
func (s *Set[T]) SolveD(p *Pivots[T], b []T, ldb, nrhs int) {
	var f ldl[T]
	f.conj = p.Conj
	for j := 0; j < p.Count; j++ {
		x := b[j*ldb:][:nrhs]
		if p.D[2*j+1] == 0 {
			s.divide(x, x, p.D[2*j])
			continue
		}
		y := b[(j+1)*ldb:][:nrhs]
		inv, _, _ := f.inverse(p.D[2*j], p.D[2*j+1], p.D[2*j+2])
		up := inv[1]
		if p.Conj {
			up = scalar.Conj(up)
		}
		for r := range x {
			x[r], y[r] = inv[0]*x[r]+up*y[r], inv[1]*x[r]+inv[2]*y[r]
		}
		j++
	}
}
