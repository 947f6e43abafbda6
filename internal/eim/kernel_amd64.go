package eim

import (
	"math"

	"golang.org/x/sys/cpu"
)

// The AVX2 kernels round every product before it is used, as the portable ones
// do, and add in the same order: results are the same bits with either.

// accelerateReal replaces the kernels that AVX2 makes faster.
func accelerateReal(k *kernels[float64]) {
	if !cpu.X86.HasAVX2 {
		return
	}
	k.scale, k.sub1, k.sub4 = scaleFast, sub1Fast, sub4Fast
	k.max, k.sumSquare = maxFast, sumSquareFast
	k.divide, k.subAbs, k.maxSum = divideFast, subAbsFast, maxFast
}

// accelerateComplex replaces the kernels that AVX2 makes faster.
func accelerateComplex(k *kernels[complex128]) {
	if !cpu.X86.HasAVX2 {
		return
	}
	k.scale = func(dst, src []complex128, s float64) { scaleFast(parts(dst), parts(src), s) }
	k.sub1, k.sub4 = sub1ComplexFast, sub4ComplexFast
	k.max, k.subAbs, k.maxSum = maxComplexFast, subAbsComplexFast, maxFast
	k.sumSquare = func(x []complex128, w []float64) float64 {
		if w == nil {
			return sumSquareFast(parts(x), nil)
		}
		return sumSquareComplex(x, w)
	}
}

// lanes is the number of float64 values that every AVX2 loop handles at once.
const lanes = 8

//go:noescape
func scaleAVX2(dst, src *float64, s float64, n int)

//go:noescape
func divideAVX2(dst, src *float64, d float64, n int)

//go:noescape
func sub1AVX2(dst, q *float64, l float64, n int)

//go:noescape
func sub4AVX2(dst, q0, q1, q2, q3 *float64, l *[4]float64, n int)

//go:noescape
func maxAVX2(x *float64, n int) float64

//go:noescape
func sumSquareAVX2(s *[lanes]float64, x *float64, n int)

//go:noescape
func sumSquareWeightedAVX2(s *[lanes]float64, x, w *float64, n int)

//go:noescape
func subAbsAVX2(dst, q *float64, l float64, sum *float64, n int)

//go:noescape
func sub1ComplexAVX2(dst, q *complex128, l complex128, n int)

//go:noescape
func sub4ComplexAVX2(dst, q0, q1, q2, q3 *complex128, l *[4]complex128, n int)

//go:noescape
func maxComplexAVX2(x *complex128, n int) float64

//go:noescape
func subAbsComplexAVX2(dst, q *complex128, l complex128, sum *float64, n int)

func scaleFast(dst, src []float64, s float64) {
	n := len(dst) &^ (lanes - 1)
	if n > 0 {
		_ = src[n-1]
		scaleAVX2(&dst[0], &src[0], s, n)
	}
	scaleReal(dst[n:], src[n:], s)
}

func divideFast(dst, src []float64, d float64) {
	n := len(src) &^ (lanes - 1)
	if n > 0 {
		_ = dst[n-1]
		divideAVX2(&dst[0], &src[0], d, n)
	}
	divideReal(dst[n:], src[n:], d)
}

func sub1Fast(dst, q []float64, l float64) {
	n := len(dst) &^ (lanes - 1)
	if n > 0 {
		_ = q[n-1]
		sub1AVX2(&dst[0], &q[0], l, n)
	}
	sub1Real(dst[n:], q[n:], l)
}

func sub4Fast(dst, q0, q1, q2, q3 []float64, l *[4]float64) {
	n := len(dst) &^ (lanes - 1)
	if n > 0 {
		_, _, _, _ = q0[n-1], q1[n-1], q2[n-1], q3[n-1]
		sub4AVX2(&dst[0], &q0[0], &q1[0], &q2[0], &q3[0], l, n)
	}
	if n < len(dst) {
		sub4Real(dst[n:], q0[n:], q1[n:], q2[n:], q3[n:], l)
	}
}

func maxFast(x []float64) float64 {
	n := len(x) &^ (lanes - 1)
	m := maxReal(x[n:])
	if n > 0 {
		m = math.Max(m, maxAVX2(&x[0], n))
	}
	return m
}

func sumSquareFast(x, w []float64) float64 {
	var s [lanes]float64
	n := len(x) &^ (lanes - 1)
	switch {
	case n == 0:
	case w == nil:
		sumSquareAVX2(&s, &x[0], n)
	default:
		_ = w[n-1]
		sumSquareWeightedAVX2(&s, &x[0], &w[0], n)
	}
	return sumSquareTail(&s, x, w, n)
}

func subAbsFast(dst, q []float64, l float64, sum []float64) {
	n := len(dst) &^ (lanes - 1)
	if n > 0 {
		_, _ = q[n-1], sum[n-1]
		subAbsAVX2(&dst[0], &q[0], l, &sum[0], n)
	}
	subAbsReal(dst[n:], q[n:], l, sum[n:])
}

func sub1ComplexFast(dst, q []complex128, l complex128) {
	n := len(dst) &^ (lanes/2 - 1)
	if n > 0 {
		_ = q[n-1]
		sub1ComplexAVX2(&dst[0], &q[0], l, n)
	}
	sub1Complex(dst[n:], q[n:], l)
}

func sub4ComplexFast(dst, q0, q1, q2, q3 []complex128, l *[4]complex128) {
	n := len(dst) &^ (lanes/2 - 1)
	if n > 0 {
		_, _, _, _ = q0[n-1], q1[n-1], q2[n-1], q3[n-1]
		sub4ComplexAVX2(&dst[0], &q0[0], &q1[0], &q2[0], &q3[0], l, n)
	}
	if n < len(dst) {
		sub4Complex(dst[n:], q0[n:], q1[n:], q2[n:], q3[n:], l)
	}
}

func maxComplexFast(x []complex128) float64 {
	n := len(x) &^ (lanes/2 - 1)
	m := maxComplex(x[n:])
	if n > 0 {
		m = math.Max(m, math.Sqrt(maxComplexAVX2(&x[0], n)))
	}
	return m
}

func subAbsComplexFast(dst, q []complex128, l complex128, sum []float64) {
	n := len(dst) &^ (lanes/2 - 1)
	if n > 0 {
		_, _ = q[n-1], sum[n-1]
		subAbsComplexAVX2(&dst[0], &q[0], l, &sum[0], n)
	}
	subAbsComplex(dst[n:], q[n:], l, sum[n:])
}
