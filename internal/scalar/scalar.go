// Package scalar holds what every numerical package needs of its scalars: the
// constraint over float64 and complex128, the few operations that differ
// between them, compensated sums and norms that neither over- nor underflow,
// and parallel loops whose results do not depend on the number of threads.
//
// It knows nothing of matrices; every other package may import it.
package scalar

import (
	"math"
	"math/cmplx"
)

// Eps is the unit of float64 rounding, 2⁻⁵².
const Eps = 0x1p-52

// Scalar is the set of scalars a snapshot may hold.
type Scalar interface{ float64 | complex128 }

// Abs returns the modulus of x. It dispatches on the type: outside hot loops only.
func Abs[T Scalar](x T) float64 {
	switch v := any(x).(type) {
	case float64:
		return math.Abs(v)
	case complex128:
		return cmplx.Abs(v)
	}
	panic("scalar: unreachable")
}

// Conj returns the complex conjugate of x. It dispatches on the type: outside hot loops only.
func Conj[T Scalar](x T) T {
	if v, ok := any(x).(complex128); ok {
		return any(cmplx.Conj(v)).(T)
	}
	return x
}

// Real returns the real part of x.
func Real[T Scalar](x T) float64 {
	switch v := any(x).(type) {
	case float64:
		return v
	case complex128:
		return real(v)
	}
	panic("scalar: unreachable")
}

// Imag returns the imaginary part of x.
func Imag[T Scalar](x T) float64 {
	if v, ok := any(x).(complex128); ok {
		return imag(v)
	}
	return 0
}

// Of returns the scalar re + i·im; im is dropped when T is float64.
func Of[T Scalar](re, im float64) T {
	var t T
	if _, ok := any(t).(complex128); ok {
		return any(complex(re, im)).(T)
	}
	return any(re).(T)
}

// IsComplex reports whether T is complex128.
func IsComplex[T Scalar]() bool {
	var t T
	_, ok := any(t).(complex128)
	return ok
}

// MaxAbs returns max |x_i|, 0 for an empty slice.
func MaxAbs[T Scalar](x []T) float64 {
	var m float64
	switch v := any(x).(type) {
	case []float64:
		for _, a := range v {
			if a = math.Abs(a); a > m {
				m = a
			}
		}
	case []complex128:
		for _, a := range v {
			if b := cmplx.Abs(a); b > m {
				m = b
			}
		}
	}
	return m
}

// AllFinite reports whether no element of x is NaN or infinite.
func AllFinite[T Scalar](x []T) bool {
	switch v := any(x).(type) {
	case []float64:
		for _, a := range v {
			if a-a != 0 {
				return false
			}
		}
	case []complex128:
		for _, a := range v {
			if r, i := real(a), imag(a); r-r != 0 || i-i != 0 {
				return false
			}
		}
	}
	return true
}

// Sum is a compensated (Neumaier) sum; the zero value is an empty sum.
type Sum struct{ s, c float64 }

// Add adds x to the sum.
func (s *Sum) Add(x float64) {
	t := s.s + x
	if math.Abs(s.s) >= math.Abs(x) {
		s.c += (s.s - t) + x
	} else {
		s.c += (x - t) + s.s
	}
	s.s = t
}

// Value returns the sum.
func (s *Sum) Value() float64 { return s.s + s.c }

// Norm accumulates a 2-norm: squares are summed after scaling by a power of
// two, so that neither overflow nor underflow spoils it. The zero value is an
// empty norm.
type Norm struct {
	exp int // elements are scaled by 2^-exp
	set bool
	sum Sum
}

// Add adds weight·x² to the squared norm; weight must be nonnegative.
func (n *Norm) Add(x, weight float64) {
	x = math.Abs(x)
	if x == 0 || weight == 0 {
		return
	}
	_, e := math.Frexp(x)
	if !n.set {
		n.exp, n.set = e, true
	} else if e > n.exp+400 {
		shift := 2 * (n.exp - e)
		n.sum = Sum{s: math.Ldexp(n.sum.s, shift), c: math.Ldexp(n.sum.c, shift)}
		n.exp = e
	}
	y := math.Ldexp(x, -n.exp)
	n.sum.Add(weight * y * y)
}

// Value returns the norm, +Inf when it exceeds float64.
func (n *Norm) Value() float64 {
	if !n.set {
		return 0
	}
	return math.Ldexp(math.Sqrt(n.sum.Value()), n.exp)
}
