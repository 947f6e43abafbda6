package eim

import (
	"math"

	"golang.org/x/sys/cpu"
)

//go:noescape
func tileRealAVX2(dst *float64, src *[tileRows]*float64, s float64, q **float64, l *float64, terms, n, stride int, peak *[16]float64)

//go:noescape
func tileComplexAVX2(dst *complex128, src *[tileRows]*complex128, s float64, q **complex128, l *float64, terms, n, stride int, peak *[16]float64)

// acceleratedReal returns the AVX2 tile, nil without AVX2.
func acceleratedReal() func(*tile[float64]) int {
	if !cpu.X86.HasAVX2 {
		return nil
	}
	return tileReal
}

// acceleratedComplex returns the AVX2 tile, nil without AVX2.
func acceleratedComplex() func(*tile[complex128]) int {
	if !cpu.X86.HasAVX2 {
		return nil
	}
	return tileComplex
}

func tileReal(t *tile[float64]) int {
	n := t.n &^ 7
	if n > 0 {
		var peak [16]float64
		tileRealAVX2(&t.dst[0], &t.src, t.scale, pointerTo(t.q), pointerTo(t.l), len(t.q), n, 8*t.stride, &peak)
		for r := range t.peak {
			t.peak[r] = largestOf(peak[4*r : 4*r+4])
		}
	}
	return n
}

func tileComplex(t *tile[complex128]) int {
	n := t.n &^ 3
	if n > 0 {
		var peak [16]float64
		tileComplexAVX2(&t.dst[0], &t.src, t.scale, pointerTo(t.q), pointerTo(t.l), len(t.q), n, 16*t.stride, &peak)
		for r := range t.peak {
			t.peak[r] = math.Sqrt(largestOf(peak[4*r : 4*r+4]))
		}
	}
	return n
}

func largestOf(x []float64) float64 {
	m := x[0]
	for _, v := range x[1:] {
		m = math.Max(m, v)
	}
	return m
}

// pointerTo returns the address of the first element, nil for none.
func pointerTo[E any](x []E) *E {
	if len(x) == 0 {
		return nil
	}
	return &x[0]
}
