package eim

import (
	"math"
	"unsafe"
)

func complexKernels() *kernels[complex128] {
	k := &kernels[complex128]{
		scale: scaleComplex, sub1: sub1Complex, sub4: sub4Complex, max: maxComplex,
		sumAbs: sumAbsComplex, sumSquare: sumSquareComplex, sumPower: sumPowerComplex,
		mask: maskComplex, first: firstComplex, divide: divideComplex,
		subAbs: subAbsComplex, addAbs: addAbsComplex, maxSum: maxReal,
	}
	accelerateComplex(k)
	return k
}

// parts returns the real and imaginary parts of x, interleaved, sharing storage.
func parts(x []complex128) []float64 {
	return unsafe.Slice((*float64)(unsafe.Pointer(unsafe.SliceData(x))), 2*len(x))
}

// square returns |v|².
func square(v complex128) float64 { return float64(real(v)*real(v)) + float64(imag(v)*imag(v)) }

// product returns a·b, every product rounded.
func product(a, b complex128) complex128 {
	return complex(
		float64(real(a)*real(b))-float64(imag(a)*imag(b)),
		float64(real(a)*imag(b))+float64(imag(a)*real(b)),
	)
}

func scaleComplex(dst, src []complex128, s float64) { scaleReal(parts(dst), parts(src), s) }

func sub1Complex(dst, q []complex128, l complex128) {
	q = q[:len(dst)]
	for i := range dst {
		dst[i] -= product(l, q[i])
	}
}

func sub4Complex(dst, q0, q1, q2, q3 []complex128, l *[4]complex128) {
	l0, l1, l2, l3 := l[0], l[1], l[2], l[3]
	n := len(dst)
	q0, q1, q2, q3 = q0[:n], q1[:n], q2[:n], q3[:n]
	for i := range dst {
		r := dst[i]
		r -= product(l0, q0[i])
		r -= product(l1, q1[i])
		r -= product(l2, q2[i])
		r -= product(l3, q3[i])
		dst[i] = r
	}
}

func maxComplex(x []complex128) float64 {
	var m float64
	for _, v := range x {
		if s := square(v); s > m {
			m = s
		}
	}
	return math.Sqrt(m)
}

func sumAbsComplex(x []complex128, w []float64) float64 {
	var s float64
	for i, v := range x {
		a := math.Sqrt(square(v))
		if w != nil {
			a = float64(w[i] * a)
		}
		s += a
	}
	return s
}

// sumSquareComplex adds real and imaginary parts in four interleaved partial
// sums each, as the vector kernels do.
func sumSquareComplex(x []complex128, w []float64) float64 {
	if w == nil {
		return sumSquareReal(parts(x), nil)
	}
	var s [4]float64
	for i, v := range x {
		s[i&3] += float64(w[i] * square(v))
	}
	return (s[0] + s[2]) + (s[1] + s[3])
}

func sumPowerComplex(x []complex128, w []float64, p float64) float64 {
	var s float64
	for i, v := range x {
		a := math.Pow(square(v), p/2)
		if w != nil {
			a = float64(w[i] * a)
		}
		s += a
	}
	return s
}

func maskComplex(x []complex128, floor []float64, least float64) {
	for i, v := range x {
		if f := math.Max(floor[i], least); square(v) <= f*f {
			x[i] = 0
		}
	}
}

func firstComplex(x []complex128, a float64) int {
	for i, v := range x {
		if square(v) >= a*a {
			return i
		}
	}
	return -1
}

// divideComplex multiplies by conj(d)/|d|²: complex division is a function call
// in Go, far dearer than the loop around it.
func divideComplex(dst, src []complex128, d complex128) {
	inv := 1 / d
	for i, v := range src {
		dst[i] = product(inv, v)
	}
}

func subAbsComplex(dst, q []complex128, l complex128, sum []float64) {
	q, sum = q[:len(dst)], sum[:len(dst)]
	for i := range dst {
		r := dst[i] - product(l, q[i])
		dst[i] = r
		sum[i] += math.Sqrt(square(r))
	}
}

func addAbsComplex(sum []float64, x []complex128) {
	for i, v := range x {
		sum[i] += math.Sqrt(square(v))
	}
}
