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
