package eim

import (
	"math"

	"eimtool/internal/scalar"
)

// kernels are the inner loops over one chunk of one row, for one scalar type.
// Every product is rounded before it is subtracted (the conversions float64(a*b)
// forbid fused multiply-add), so that all implementations give the same bits
// and a residual at an earlier pivot is exactly zero.
type kernels[T scalar.Scalar] struct {
	// scale computes dst = src·s.
	scale func(dst, src []T, s float64)
	// sub1 computes dst -= l·q.
	sub1 func(dst, q []T, l T)
	// sub4 computes dst -= l[0]·q0, then -= l[1]·q1, and so on.
	sub4 func(dst, q0, q1, q2, q3 []T, l *[4]T)
	// max returns max|x|. Complex squares are not protected: the table is
	// scaled by its maximum, so what underflows (below 1e-154) is far below
	// every floor.
	max func(x []T) float64
	// sumAbs returns Σ w|x|, sumSquare Σ w|x|²; w nil means 1.
	sumAbs, sumSquare func(x []T, w []float64) float64
	// sumPower returns Σ w|x|^p.
	sumPower func(x []T, w []float64, p float64) float64
	// mask sets to zero what is at or below max(floor[i], least) in modulus.
	mask func(x []T, floor []float64, least float64)
	// first returns the index of the first |x| ≥ a, -1 if there is none.
	first func(x []T, a float64) int
	// divide computes dst = src/d.
	divide func(dst, src []T, d T)
	// subAbs computes dst -= l·q and adds |dst| to sum.
	subAbs func(dst, q []T, l T, sum []float64)
	// addAbs adds |x| to sum.
	addAbs func(sum []float64, x []T)
	// maxSum returns the largest of nonnegative sums.
	maxSum func(sum []float64) float64
}

func kernelsFor[T scalar.Scalar]() *kernels[T] {
	var t T
	if _, ok := any(t).(complex128); ok {
		return any(complexKernels()).(*kernels[T])
	}
	return any(realKernels()).(*kernels[T])
}

func realKernels() *kernels[float64] {
	k := &kernels[float64]{
		scale: scaleReal, sub1: sub1Real, sub4: sub4Real, max: maxReal,
		sumAbs: sumAbsReal, sumSquare: sumSquareReal, sumPower: sumPowerReal,
		mask: maskReal, first: firstReal, divide: divideReal,
		subAbs: subAbsReal, addAbs: addAbsReal, maxSum: maxReal,
	}
	accelerateReal(k)
	return k
}

func scaleReal(dst, src []float64, s float64) {
	src = src[:len(dst)]
	for i := range dst {
		dst[i] = src[i] * s
	}
}

func sub1Real(dst, q []float64, l float64) {
	q = q[:len(dst)]
	for i := range dst {
		dst[i] -= float64(l * q[i])
	}
}

func sub4Real(dst, q0, q1, q2, q3 []float64, l *[4]float64) {
	l0, l1, l2, l3 := l[0], l[1], l[2], l[3]
	n := len(dst)
	q0, q1, q2, q3 = q0[:n], q1[:n], q2[:n], q3[:n]
	for i := range dst {
		r := dst[i]
		r -= float64(l0 * q0[i])
		r -= float64(l1 * q1[i])
		r -= float64(l2 * q2[i])
		r -= float64(l3 * q3[i])
		dst[i] = r
	}
}

func maxReal(x []float64) float64 {
	var m float64
	for _, v := range x {
		if v = math.Abs(v); v > m {
			m = v
		}
	}
	return m
}

func sumAbsReal(x, w []float64) float64 {
	var s float64
	if w == nil {
		for _, v := range x {
			s += math.Abs(v)
		}
		return s
	}
	w = w[:len(x)]
	for i, v := range x {
		s += float64(w[i] * math.Abs(v))
	}
	return s
}

// sumSquareReal adds in eight interleaved partial sums, as the vector kernels do.
func sumSquareReal(x, w []float64) float64 {
	var s [8]float64
	n := len(x) &^ 7
	for i := 0; i < n; i += 8 {
		v := (*[8]float64)(x[i:])
		if w == nil {
			for j, a := range v {
				s[j] += float64(a * a)
			}
			continue
		}
		u := (*[8]float64)(w[i:])
		for j, a := range v {
			s[j] += float64(u[j] * float64(a*a))
		}
	}
	return sumSquareTail(&s, x, w, n)
}

// sumSquareTail adds the terms from n on to the partial sums, and these together.
func sumSquareTail(s *[8]float64, x, w []float64, n int) float64 {
	for i := n; i < len(x); i++ {
		a := float64(x[i] * x[i])
		if w != nil {
			a = float64(w[i] * a)
		}
		s[i-n] += a
	}
	return ((s[0] + s[4]) + (s[1] + s[5])) + ((s[2] + s[6]) + (s[3] + s[7]))
}

func sumPowerReal(x, w []float64, p float64) float64 {
	var s float64
	for i, v := range x {
		a := math.Pow(math.Abs(v), p)
		if w != nil {
			a = float64(w[i] * a)
		}
		s += a
	}
	return s
}

func maskReal(x, floor []float64, least float64) {
	for i, v := range x {
		if math.Abs(v) <= math.Max(floor[i], least) {
			x[i] = 0
		}
	}
}

func firstReal(x []float64, a float64) int {
	for i, v := range x {
		if math.Abs(v) >= a {
			return i
		}
	}
	return -1
}

func divideReal(dst, src []float64, d float64) {
	for i, v := range src {
		dst[i] = v / d
	}
}

func subAbsReal(dst, q []float64, l float64, sum []float64) {
	q, sum = q[:len(dst)], sum[:len(dst)]
	for i := range dst {
		r := dst[i] - float64(l*q[i])
		dst[i] = r
		sum[i] += math.Abs(r)
	}
}

func addAbsReal(sum, x []float64) {
	for i, v := range x {
		sum[i] += math.Abs(v)
	}
}
