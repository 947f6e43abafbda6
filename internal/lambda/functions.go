package lambda

import (
	"fmt"

	"eimtool/internal/dense"
	"eimtool/internal/scalar"
)

// Forms of a function of the coordinates.
const (
	formMonomial  = iota // Π_k z_k^γ_k, z = (h - centre)/half
	formChebyshev        // Π_k T_γk(z_k)
	formOne              // 1
	formInverse          // 1/(h·x)
	formLog              // log(h·x)
)

// Functions is a list of scalar functions of the coordinates h, in groups. All
// its fields are plain data.
type Functions[T scalar.Scalar] struct {
	Form     []uint8          `doc:"form of every function: 0 monomial, 1 Chebyshev product, 2 one, 3 inverse, 4 logarithm"`
	Exponent []int            `doc:"multi-indices of the products, K per function"`
	X        *dense.Matrix[T] `doc:"directions x of 1/(h.x) and log(h.x), one row per function"`
	Divisor  []float64        `doc:"what every function is divided by"`
	Centre   []T              `doc:"centre of the coordinates, for products"`
	Half     []float64        `doc:"half width of the coordinates, for products; 0: not used"`
}

// count returns the number of functions.
func (f *Functions[T]) count() int { return len(f.Form) }

// pick returns the functions with the given indices.
func (f *Functions[T]) pick(idx []int, k int) *Functions[T] {
	out := &Functions[T]{Centre: f.Centre, Half: f.Half}
	for _, j := range idx {
		out.Form = append(out.Form, f.Form[j])
		out.Divisor = append(out.Divisor, f.Divisor[j])
		if f.Exponent != nil {
			out.Exponent = append(out.Exponent, f.Exponent[j*k:(j+1)*k]...)
		}
	}
	if f.X != nil {
		out.X = f.X.SelectRows(idx)
	}
	return out
}

// values writes the functions at h to out.
func (f *Functions[T]) values(h, out []T) error {
	var table [][]T
	if f.Exponent != nil {
		table = f.univariate(h)
	}
	for j, form := range f.Form {
		v := scalar.Of[T](1, 0)
		switch form {
		case formMonomial, formChebyshev:
			for k, e := range f.Exponent[j*len(h) : (j+1)*len(h)] {
				if e > 0 {
					v *= table[k][e]
				}
			}
		case formInverse, formLog:
			d := symbolOf(h, f.X.Row(j))
			if !usable(d, form) {
				return &RangeError{fmt.Sprintf("the combination h·x = %v of the coordinates has left the range of the samples", d)}
			}
			if form == formInverse {
				v = 1 / d
			} else {
				v = logarithm(d)
			}
		}
		out[j] = v * scalar.Of[T](1/f.Divisor[j], 0)
	}
	if !scalar.AllFinite(out) {
		return &RangeError{"a function of the coordinates overflows"}
	}
	return nil
}

// usable reports whether 1/d, or log d on its principal branch, is a value of
// an analytic function around d.
func usable[T scalar.Scalar](d T, form uint8) bool {
	if scalar.IsComplex[T]() && form == formInverse {
		return d != 0
	}
	return scalar.Real(d) > 0
}

// univariate returns z_k^e or T_e(z_k) for all e that occur.
func (f *Functions[T]) univariate(h []T) [][]T {
	most := make([]int, len(h))
	for i, e := range f.Exponent {
		most[i%len(h)] = max(most[i%len(h)], e)
	}
	chebyshev := len(f.Form) > 0 && f.Form[0] == formChebyshev
	table := make([][]T, len(h))
	for k := range h {
		p := make([]T, most[k]+1)
		p[0] = scalar.Of[T](1, 0)
		if most[k] > 0 {
			z := (h[k] - f.Centre[k]) / scalar.Of[T](f.Half[k], 0)
			p[1] = z
			for e := 2; e <= most[k]; e++ {
				p[e] = z * p[e-1]
				if chebyshev {
					p[e] = 2*p[e] - p[e-2]
				}
			}
		}
		table[k] = p
	}
	return table
}

// symbolOf returns h·x, no conjugation.
func symbolOf[T scalar.Scalar](h, x []T) T {
	var d T
	for k, v := range h {
		d += v * x[k]
	}
	return d
}

// table returns the functions at all rows of h, N×count.
func (f *Functions[T]) table(h *dense.Matrix[T]) (*dense.Matrix[T], error) {
	g := dense.New[T](h.Rows, f.count())
	for i := range h.Rows {
		if err := f.values(h.Row(i), g.Row(i)); err != nil {
			return nil, err
		}
	}
	return g, nil
}
