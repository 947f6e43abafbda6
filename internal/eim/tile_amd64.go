package eim

import (
	"math"

	"golang.org/x/sys/cpu"
)

//go:noescape
func tileRealAVX2(dst *float64, src *[tileRows]*float64, s float64, q *float64, l *float64, terms, n, stride int, peak *[16]float64)

//go:noescape
func tileComplexAVX2(dst *complex128, src *[tileRows]*complex128, s float64, q *complex128, l *float64, terms, n, stride int, peak *[16]float64)

// acceleratedReal returns the AVX2 tile, nil without AVX2.
func acceleratedReal() func(*tile[float64]) int {
	if !cpu.X86.HasAVX2 {
		return nil
	}
	return func(t *tile[float64]) int {
		n := t.n &^ 7
		if n == 0 {
			return 0
		}
		var peak [16]float64
		tileRealAVX2(&t.dst[0], &t.src, t.scale, pointerTo(t.q), pointerTo(t.l), t.terms, n, 8*t.stride, &peak)
		for r := range t.peak {
			p := peak[4*r : 4*r+4]
			t.peak[r] = math.Max(math.Max(p[0], p[1]), math.Max(p[2], p[3]))
		}
		return n
	}
}

// acceleratedComplex returns the AVX2 tile, nil without AVX2.
func acceleratedComplex() func(*tile[complex128]) int {
	if !cpu.X86.HasAVX2 {
		return nil
	}
	return func(t *tile[complex128]) int {
		n := t.n &^ 3
		if n == 0 {
			return 0
		}
		var peak [16]float64
		tileComplexAVX2(&t.dst[0], &t.src, t.scale, pointerTo(t.q), pointerTo(t.l), t.terms, n, 16*t.stride, &peak)
		for r := range t.peak {
			p := peak[4*r : 4*r+4]
			t.peak[r] = math.Sqrt(math.Max(math.Max(p[0], p[1]), math.Max(p[2], p[3])))
		}
		return n
	}
}

// pointerTo returns the address of the first element, nil for none.
func pointerTo[E any](x []E) *E {
	if len(x) == 0 {
		return nil
	}
	return &x[0]
}
