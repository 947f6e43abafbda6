package lambda

import (
	"math"

	"eimtool/internal/dense"
	"eimtool/internal/scalar"
)

// Most products a dictionary holds: beyond it the degree is not raised.
const (
	maxPowers = 500
	maxGraded = 1500
)

// powers returns the monomials of |γ| ≤ n in z_k = α_k/max|α_k| in one group:
// the largest n with at most maxPowers of them, nodes + 4 for two coordinates.
func powers[T scalar.Scalar](h *dense.Matrix[T], nodes int) (*Functions[T], []int) {
	k := h.Cols
	f := &Functions[T]{Centre: make([]T, k), Half: make([]float64, k)}
	for j := range k {
		for i := range h.Rows {
			f.Half[j] = math.Max(f.Half[j], scalar.Abs(h.At(i, j)))
		}
	}
	degree := nodes + 4
	if k > 2 {
		degree = degreeWithin(k, maxPowers, degree)
	}
	f.addProducts(formMonomial, used(f.Half), degree)
	return f, []int{f.count()}
}

// graded returns the products of total degree 0, 1, 2, ... of the centred and
// scaled coordinates, one group per degree. With a homogeneous scale one
// coordinate depends on the others and is left out.
func graded[T scalar.Scalar](h *dense.Matrix[T], projective bool, nodes int) (*Functions[T], []int) {
	k := h.Cols
	f := &Functions[T]{Centre: make([]T, k), Half: make([]float64, k)}
	low, high := box(h)
	for j := range k {
		re, width := (low[j]+high[j])/2, (high[j]-low[j])/2
		im := 0.0
		if len(low) > k {
			im, width = (low[j+k]+high[j+k])/2, math.Hypot(width, (high[j+k]-low[j+k])/2)
		}
		f.Centre[j] = scalar.Of[T](re, im)
		if width > 1e-13*scalar.Abs(f.Centre[j]) {
			f.Half[j] = width
		}
	}
	if projective {
		f.Half[0] = 0
	}
	form := uint8(formChebyshev)
	if scalar.IsComplex[T]() {
		form = formMonomial // the unit disc, not an interval
	}
	axes := used(f.Half)
	return f, f.addProducts(form, axes, degreeWithin(len(axes), maxGraded, nodes))
}

// used returns the coordinates with a width.
func used(half []float64) []int {
	var axes []int
	for k, v := range half {
		if v > 0 {
			axes = append(axes, k)
		}
	}
	return axes
}

// degreeWithin returns the largest degree, at most limit and at least 1, of
// which k coordinates have at most count products.
func degreeWithin(k, count, limit int) int {
	for n, total := 1, 1.0; n <= limit; n++ {
		total *= float64(n+k) / float64(n)
		if total > float64(count) {
			return max(1, n-1)
		}
	}
	return max(1, limit)
}

// addProducts adds all products of the coordinates axes up to a total degree,
// by degree, then in lexicographic order, and returns the end of every degree.
func (f *Functions[T]) addProducts(form uint8, axes []int, degree int) []int {
	k := len(f.Half)
	var ends []int
	f.Exponent = []int{}
	if len(axes) == 0 {
		degree = 0
	}
	for d := range degree + 1 {
		gamma := make([]int, k)
		f.addDegree(form, axes, gamma, d)
		ends = append(ends, f.count())
	}
	return ends
}

// addDegree adds the products of degree d of the coordinates axes times gamma.
func (f *Functions[T]) addDegree(form uint8, axes, gamma []int, d int) {
	if len(axes) <= 1 || d == 0 {
		if len(axes) == 1 {
			gamma[axes[0]] = d
		}
		f.Form, f.Divisor = append(f.Form, form), append(f.Divisor, 1)
		f.Exponent = append(f.Exponent, gamma...)
		if len(axes) == 1 {
			gamma[axes[0]] = 0
		}
		return
	}
	for e := d; e >= 0; e-- {
		gamma[axes[0]] = e
		f.addDegree(form, axes[1:], gamma, d-e)
	}
	gamma[axes[0]] = 0
}
