package kernel

import (
	"math"

	"eimtool/internal/scalar"
)

// inner are the innermost loops of a Set, all that a faster implementation
// replaces. Slices may be longer than what is used.
type inner[T scalar.Scalar] struct {
	// mr and nr are the rows and columns of a tile.
	mr, nr int
	// tile computes c[i+j*ldc] -= Σ_p a[i+p*lda]·b[j+p*ldb] for one mr×nr tile
	// and p < k.
	tile func(k int, a []T, lda int, b []T, ldb int, c []T, ldc int)
	// columns computes y -= Σ_p a[p*ld:]·x[p], over len(x) columns of len(y).
	columns func(y, a []T, ld int, x []T)
	// dots computes y[p] -= Σ_i a[i+p*ld]·x[i], over len(y) columns of len(x);
	// conj conjugates a.
	dots func(y, a []T, ld int, x []T, conj bool)
	// scale computes dst = f·src; dst and src may be the same.
	scale func(dst, src []T, f T)
	// size returns max |x_i|, with |re|+|im| for complex scalars.
	size func(x []T) float64
}

// Portable returns the kernels in Go.
func Portable[T scalar.Scalar]() *Set[T] {
	s := &Set[T]{name: "portable"}
	switch in := any(&s.in).(type) {
	case *inner[float64]:
		*in = inner[float64]{
			mr: 4, nr: 2, tile: tileReal, columns: columns[float64], dots: dotsReal, scale: scale[float64], size: sizeReal,
		}
	case *inner[complex128]:
		*in = inner[complex128]{
			mr: 2, nr: 2, tile: tileComplex, columns: columns[complex128], dots: dotsComplex, scale: scale[complex128], size: sizeComplex,
		}
	}
	return s
}

// Default returns the fastest kernels the processor has.
func Default[T scalar.Scalar]() *Set[T] {
	var (
		real inner[float64]
		cplx inner[complex128]
	)
	name := accelerate(&real, &cplx)
	if name == "" {
		return Portable[T]()
	}
	s := &Set[T]{name: name}
	switch in := any(&s.in).(type) {
	case *inner[float64]:
		*in = real
	case *inner[complex128]:
		*in = cplx
	}
	return s
}

func tileReal(k int, a []float64, lda int, b []float64, ldb int, c []float64, ldc int) {
	var c00, c10, c20, c30, c01, c11, c21, c31 float64
	for p := range k {
		x, y := (*[4]float64)(a[p*lda:]), (*[2]float64)(b[p*ldb:])
		b0, b1 := y[0], y[1]
		c00 += x[0] * b0
		c10 += x[1] * b0
		c20 += x[2] * b0
		c30 += x[3] * b0
		c01 += x[0] * b1
		c11 += x[1] * b1
		c21 += x[2] * b1
		c31 += x[3] * b1
	}
	d, e := (*[4]float64)(c), (*[4]float64)(c[ldc:])
	d[0] -= c00
	d[1] -= c10
	d[2] -= c20
	d[3] -= c30
	e[0] -= c01
	e[1] -= c11
	e[2] -= c21
	e[3] -= c31
}

func tileComplex(k int, a []complex128, lda int, b []complex128, ldb int, c []complex128, ldc int) {
	var r00, i00, r10, i10, r01, i01, r11, i11 float64
	for p := range k {
		x, y := (*[2]complex128)(a[p*lda:]), (*[2]complex128)(b[p*ldb:])
		ar, ai := real(x[0]), imag(x[0])
		br, bi := real(y[0]), imag(y[0])
		cr, ci := real(y[1]), imag(y[1])
		r00 += ar*br - ai*bi
		i00 += ar*bi + ai*br
		r01 += ar*cr - ai*ci
		i01 += ar*ci + ai*cr
		ar, ai = real(x[1]), imag(x[1])
		r10 += ar*br - ai*bi
		i10 += ar*bi + ai*br
		r11 += ar*cr - ai*ci
		i11 += ar*ci + ai*cr
	}
	d, e := (*[2]complex128)(c), (*[2]complex128)(c[ldc:])
	d[0] -= complex(r00, i00)
	d[1] -= complex(r10, i10)
	e[0] -= complex(r01, i01)
	e[1] -= complex(r11, i11)
}

func columns[T scalar.Scalar](y, a []T, ld int, x []T) {
	n := len(y)
	p := 0
	for ; p+4 <= len(x); p += 4 {
		a0, a1, a2, a3 := a[p*ld:], a[(p+1)*ld:], a[(p+2)*ld:], a[(p+3)*ld:]
		a0, a1, a2, a3 = a0[:n], a1[:n], a2[:n], a3[:n]
		x0, x1, x2, x3 := x[p], x[p+1], x[p+2], x[p+3]
		for i := range y {
			y[i] -= (a0[i]*x0 + a1[i]*x1) + (a2[i]*x2 + a3[i]*x3)
		}
	}
	for ; p < len(x); p++ {
		a0, x0 := a[p*ld:][:n], x[p]
		for i := range y {
			y[i] -= a0[i] * x0
		}
	}
}

func dotsReal(y, a []float64, ld int, x []float64, _ bool) {
	n := len(x)
	p := 0
	for ; p+4 <= len(y); p += 4 {
		a0, a1, a2, a3 := a[p*ld:], a[(p+1)*ld:], a[(p+2)*ld:], a[(p+3)*ld:]
		a0, a1, a2, a3 = a0[:n], a1[:n], a2[:n], a3[:n]
		var s0, s1, s2, s3 float64
		for i, v := range x {
			s0 += a0[i] * v
			s1 += a1[i] * v
			s2 += a2[i] * v
			s3 += a3[i] * v
		}
		y[p] -= s0
		y[p+1] -= s1
		y[p+2] -= s2
		y[p+3] -= s3
	}
	for ; p < len(y); p++ {
		a0 := a[p*ld:][:n]
		var s float64
		for i, v := range x {
			s += a0[i] * v
		}
		y[p] -= s
	}
}

func dotsComplex(y, a []complex128, ld int, x []complex128, conj bool) {
	sign := 1.0
	if conj {
		sign = -1
	}
	for p := range y {
		a0 := a[p*ld:][:len(x)]
		var rr, ii, ri, ir float64
		for i, v := range x {
			u := a0[i]
			rr += real(u) * real(v)
			ii += imag(u) * imag(v)
			ri += real(u) * imag(v)
			ir += imag(u) * real(v)
		}
		y[p] -= complex(rr-sign*ii, ri+sign*ir)
	}
}

func scale[T scalar.Scalar](dst, src []T, f T) {
	src = src[:len(dst)]
	for i := range dst {
		dst[i] = src[i] * f
	}
}

func sizeReal(x []float64) float64 {
	var m float64
	for _, v := range x {
		if v = math.Abs(v); v > m {
			m = v
		}
	}
	return m
}

func sizeComplex(x []complex128) float64 {
	var m float64
	for _, v := range x {
		if s := math.Abs(real(v)) + math.Abs(imag(v)); s > m {
			m = s
		}
	}
	return m
}
