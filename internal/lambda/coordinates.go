package lambda

import (
	"fmt"
	"math"

	"eimtool/internal/dense"
	"eimtool/internal/scalar"
)

// steadyShare is the least |s| relative to Σ|functional_k·α_k| with which s
// serves as a scale: below it, cancellation spoils the coordinates.
const steadyShare = 0.05

// Coordinates maps α to h_k = Unit_k·α_k/s with the homogeneous scale
// s = Σ Functional_k·α_k.
type Coordinates[T scalar.Scalar] struct {
	Unit       []float64 `doc:"sizes of the parts"`
	Functional []T       `doc:"coefficients of the homogeneous scale s; absent: s = 1"`
}

// coordinates returns the map for an input: projective when the scale keeps
// away from zero at all samples. balanced weighs positive coefficients by the
// reciprocals of their geometric means, so that all h vary alike: polynomials
// converge faster then, unless some parts matter little.
func coordinates[T scalar.Scalar](in *Input[T], balanced bool) Coordinates[T] {
	c := Coordinates[T]{Unit: in.Weight, Functional: in.Functional}
	if balanced {
		c.Unit = geometric(in.Alpha)
	}
	if c.Functional == nil {
		c.Functional = make([]T, len(c.Unit))
		for k, w := range c.Unit {
			c.Functional[k] = scalar.Of[T](w, 0)
		}
	}
	for i := range in.Alpha.Rows {
		if !c.steady(in.Alpha.Row(i)) {
			c.Functional = nil
			break
		}
	}
	return c
}

// geometric returns the reciprocals of the geometric means of the columns.
func geometric[T scalar.Scalar](alpha *dense.Matrix[T]) []float64 {
	w := make([]float64, alpha.Cols)
	for k := range w {
		var l float64
		for i := range alpha.Rows {
			l += math.Log(scalar.Real(alpha.At(i, k)))
		}
		w[k] = math.Exp(-l / float64(alpha.Rows))
	}
	return w
}

// steady reports whether the scale of α suffers no cancellation and, when
// real, is positive.
func (c *Coordinates[T]) steady(alpha []T) bool {
	var sum T
	var size float64
	for k, a := range alpha {
		sum += c.Functional[k] * a
		size += scalar.Abs(c.Functional[k] * a)
	}
	if !scalar.IsComplex[T]() && scalar.Real(sum) <= 0 {
		return false
	}
	return size > 0 && scalar.Abs(sum) >= steadyShare*size
}

// scale returns s(α).
func (c *Coordinates[T]) scale(alpha []T) T {
	if c.Functional == nil {
		return scalar.Of[T](1, 0)
	}
	var s T
	for k, a := range alpha {
		s += c.Functional[k] * a
	}
	return s
}

// RangeError reports coordinates at which the weights do not exist.
type RangeError struct{ Msg string }

func (e *RangeError) Error() string { return "weights: " + e.Msg }

// at returns h and s.
func (c *Coordinates[T]) at(alpha []T) (h []T, s T, err error) {
	if len(alpha) != len(c.Unit) {
		return nil, s, &InputError{"alpha", fmt.Sprintf("%d values for %d coordinates", len(alpha), len(c.Unit))}
	}
	if !scalar.AllFinite(alpha) {
		return nil, s, &InputError{"alpha", "holds a NaN or an infinite value"}
	}
	s = c.scale(alpha)
	if c.Functional != nil && !c.steady(alpha) {
		return nil, s, &RangeError{fmt.Sprintf("the scale %v of the coordinates is zero or negative, unlike at the samples", s)}
	}
	h = make([]T, len(alpha))
	for k, a := range alpha {
		h[k] = scalar.Of[T](c.Unit[k], 0) * a / s
	}
	if !scalar.AllFinite(h) {
		return nil, s, &RangeError{"coordinates overflow"}
	}
	return h, s, nil
}

// all returns h (N×K) and s (N) of all samples.
func (c *Coordinates[T]) all(alpha *dense.Matrix[T]) (h *dense.Matrix[T], s []T, err error) {
	h, s = dense.New[T](alpha.Rows, alpha.Cols), make([]T, alpha.Rows)
	for i := range alpha.Rows {
		row, si, err := c.at(alpha.Row(i))
		if err != nil {
			return nil, nil, err
		}
		copy(h.Row(i), row)
		s[i] = si
	}
	return h, s, nil
}

// box returns the range of every coordinate over the rows of h: of the real
// parts, then for complex ones of the imaginary parts.
func box[T scalar.Scalar](h *dense.Matrix[T]) (low, high []float64) {
	parts := partCount[T]()
	low, high = make([]float64, parts*h.Cols), make([]float64, parts*h.Cols)
	for j := range low {
		low[j], high[j] = math.Inf(1), math.Inf(-1)
		for i := range h.Rows {
			v := part(h.Row(i), j)
			low[j], high[j] = math.Min(low[j], v), math.Max(high[j], v)
		}
	}
	return low, high
}

// outside returns how far h lies outside the box, relative to its width (to
// its size, where it has none): 0 inside.
func outside[T scalar.Scalar](h []T, low, high []float64) float64 {
	var out float64
	for j := range low {
		v := part(h, j)
		gap := math.Max(low[j]-v, v-high[j])
		if size := math.Max(math.Abs(low[j]), math.Abs(high[j])); gap > 1e-12*size {
			width := high[j] - low[j]
			if width <= 1e-12*size {
				width = size
			}
			if width == 0 {
				width = 1
			}
			out = math.Max(out, gap/width)
		}
	}
	return out
}

func partCount[T scalar.Scalar]() int {
	if scalar.IsComplex[T]() {
		return 2
	}
	return 1
}

// part returns real part j of x or, from len(x) on, an imaginary part.
func part[T scalar.Scalar](x []T, j int) float64 {
	if j < len(x) {
		return scalar.Real(x[j])
	}
	return scalar.Imag(x[j-len(x)])
}
