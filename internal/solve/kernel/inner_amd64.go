package kernel

import (
	"golang.org/x/sys/cpu"
)

// accelerate returns the fastest set of the processor, nil for the portable one.
func accelerate(real *inner[float64], cplx *inner[complex128]) string {
	if !cpu.X86.HasAVX2 || !cpu.X86.HasFMA {
		return ""
	}
	*real = inner[float64]{
		mr: 8, nr: 6, tile: tileRealFast, columns: columnsRealFast, dots: dotsRealFast, scale: scaleRealFast, size: sizeRealFast,
	}
	*cplx = inner[complex128]{
		mr: 4, nr: 3, tile: tileComplexFast, columns: columnsComplexFast, dots: dotsComplexFast, scale: scaleComplexFast, size: sizeComplexFast,
	}
	return "avx2"
}

//go:noescape
func tileRealAVX2(k int, a *float64, lda int, b *float64, ldb int, c *float64, ldc int)

//go:noescape
func tileComplexAVX2(k int, a *complex128, lda int, b *complex128, ldb int, c *complex128, ldc int)

//go:noescape
func columnsRealAVX2(n int, y, a *float64, ld int, x *float64, cols int)

//go:noescape
func columnsComplexAVX2(n int, y, a *complex128, ld int, x *complex128, cols int)

//go:noescape
func dotsRealAVX2(n int, sum *[4]float64, a *float64, ld int, x *float64)

//go:noescape
func dotsComplexAVX2(n int, sum *[16]float64, a *complex128, ld int, x *complex128)

//go:noescape
func scaleRealAVX2(n int, dst, src *float64, f float64)

//go:noescape
func scaleComplexAVX2(n int, dst, src *complex128, f complex128)

//go:noescape
func sizeRealAVX2(n int, x *float64) float64

//go:noescape
func sizeComplexAVX2(n int, x *complex128) float64

func tileRealFast(k int, a []float64, lda int, b []float64, ldb int, c []float64, ldc int) {
	_, _, _ = a[(k-1)*lda+7], b[(k-1)*ldb+5], c[5*ldc+7]
	tileRealAVX2(k, &a[0], lda, &b[0], ldb, &c[0], ldc)
}

func tileComplexFast(k int, a []complex128, lda int, b []complex128, ldb int, c []complex128, ldc int) {
	_, _, _ = a[(k-1)*lda+3], b[(k-1)*ldb+2], c[2*ldc+3]
	tileComplexAVX2(k, &a[0], lda, &b[0], ldb, &c[0], ldc)
}

// streams is the number of columns read at once where they are long.
const streams = 8

// longColumn is the length from which columns are read streams at a time.
const longColumn = 512

func columnsRealFast(y, a []float64, ld int, x []float64) {
	n := len(y)
	if n == 0 || len(x) == 0 {
		return
	}
	_ = a[(len(x)-1)*ld+n-1]
	step := len(x)
	if n >= longColumn {
		step = streams
	}
	for p := 0; p < len(x); p += step {
		columnsRealAVX2(n, &y[0], &a[p*ld], ld, &x[p], min(step, len(x)-p))
	}
}

func columnsComplexFast(y, a []complex128, ld int, x []complex128) {
	n := len(y)
	if n == 0 || len(x) == 0 {
		return
	}
	_ = a[(len(x)-1)*ld+n-1]
	step := len(x)
	if n >= longColumn {
		step = streams
	}
	for p := 0; p < len(x); p += step {
		columnsComplexAVX2(n, &y[0], &a[p*ld], ld, &x[p], min(step, len(x)-p))
	}
}

func dotsRealFast(y, a []float64, ld int, x []float64, conj bool) {
	n, p := len(x), 0
	if n == 0 {
		return
	}
	for ; p+4 <= len(y); p += 4 {
		var sum [4]float64
		_ = a[(p+3)*ld+n-1]
		dotsRealAVX2(n, &sum, &a[p*ld], ld, &x[0])
		for i, v := range sum {
			y[p+i] -= v
		}
	}
	if p < len(y) {
		dotsReal(y[p:], a[p*ld:], ld, x, conj)
	}
}

func dotsComplexFast(y, a []complex128, ld int, x []complex128, conj bool) {
	n, p := len(x), 0
	if n == 0 {
		return
	}
	sign := 1.0
	if conj {
		sign = -1
	}
	for ; p+4 <= len(y); p += 4 {
		var sum [16]float64
		_ = a[(p+3)*ld+n-1]
		dotsComplexAVX2(n, &sum, &a[p*ld], ld, &x[0])
		for i := range 4 {
			y[p+i] -= complex(sum[4*i]-sign*sum[4*i+1], sum[4*i+2]+sign*sum[4*i+3])
		}
	}
	if p < len(y) {
		dotsComplex(y[p:], a[p*ld:], ld, x, conj)
	}
}

func scaleRealFast(dst, src []float64, f float64) {
	n := len(dst) &^ 3
	if n > 0 {
		_ = src[n-1]
		scaleRealAVX2(n, &dst[0], &src[0], f)
	}
	scale(dst[n:], src[n:], f)
}

func scaleComplexFast(dst, src []complex128, f complex128) {
	n := len(dst) &^ 1
	if n > 0 {
		_ = src[n-1]
		scaleComplexAVX2(n, &dst[0], &src[0], f)
	}
	scale(dst[n:], src[n:], f)
}

func sizeRealFast(x []float64) float64 {
	n := len(x) &^ 7
	m := sizeReal(x[n:])
	if n > 0 {
		m = max(m, sizeRealAVX2(n, &x[0]))
	}
	return m
}

func sizeComplexFast(x []complex128) float64 {
	n := len(x) &^ 3
	m := sizeComplex(x[n:])
	if n > 0 {
		m = max(m, sizeComplexAVX2(n, &x[0]))
	}
	return m
}
