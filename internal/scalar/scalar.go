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

// Conjugate replaces every element of x by its conjugate.
func Conjugate[T Scalar](x []T) {
	if z, ok := any(x).([]complex128); ok {
		for i, v := range z {
			z[i] = complex(real(v), -imag(v))
		}
	}
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

// AllReal reports whether no element of z has an imaginary part.
func AllReal(z []complex128) bool {
	for _, v := range z {
		if imag(v) != 0 {
			return false
		}
	}
	return true
}

// ToComplex returns the elements of x as complex numbers.
func ToComplex[T Scalar](x []T) []complex128 {
	z := make([]complex128, len(x))
	for i, v := range x {
		z[i] = complex(Real(v), Imag(v))
	}
	return z
}

// FromComplex is the inverse of ToComplex; imaginary parts are dropped when T is
// float64.
func FromComplex[T Scalar](z []complex128) []T {
	x := make([]T, len(z))
	for i, v := range z {
		x[i] = Of[T](real(v), imag(v))
	}
	return x
}
