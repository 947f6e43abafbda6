package lambda

import (
	"fmt"

	"eimtool/internal/dense"
	"eimtool/internal/scalar"
)

// Slope returns the derivatives of LogDet with respect to the K coordinates
// alpha, of which w are the weights: those of
//
//	n·log s + Σ λ_m·(log det A_m - n·log s_m)
//
// through the scale s, the functions of h_k = unit_k·α_k/s and the fit of the
// weights, which is linear in the functions. For complex coordinates they are
// the derivatives of a holomorphic function. Errors: *InputError for weights of
// other coordinates or log determinants that do not fit, *RangeError where the
// derivatives do not exist.
func (m *Model[T]) Slope(w *Weights[T], alpha []T, n int, nodes []T) ([]T, error) {
	h, s, err := m.Coordinates.at(alpha)
	if err != nil {
		return nil, err
	}
	switch {
	case len(nodes) != len(m.Nodes):
		return nil, &InputError{"nodes", fmt.Sprintf("%d log determinants for %d nodes", len(nodes), len(m.Nodes))}
	case len(w.Lambda) != len(m.Nodes) || w.Scale != s:
		return nil, &InputError{"weights", "are those of other coordinates"}
	}
	gradient, err := m.Functions.gradient(h)
	if err != nil {
		return nil, err
	}
	size := scalar.Of[T](float64(n), 0)
	rest := make([]T, len(nodes))
	for k, l := range nodes {
		rest[k] = l - size*logarithm(m.NodeScale[k])
	}
	radial := dense.VecMul(h, gradient) // derivative along h
	slope := make([]T, len(alpha))
	for k := range alpha {
		// ∂h_j/∂α_k = (unit_k·δ_jk - functional_k·h_j)/s
		d := append([]T(nil), gradient.Row(k)...)
		dense.Scale(scalar.Of[T](m.Coordinates.Unit[k], 0), d)
		if f := m.Coordinates.Functional; f != nil {
			dense.Axpy(-f[k], radial, d)
			slope[k] = size * f[k] / s
		}
		for j, v := range m.weightSlopes(d) {
			slope[k] += v / s * rest[j]
		}
	}
	if !scalar.AllFinite(slope) {
		return nil, &RangeError{"the derivatives overflow"}
	}
	return slope, nil
}

// weightSlopes returns the derivatives of the weights of the nodes from those of
// the functions, which are overwritten.
func (m *Model[T]) weightSlopes(d []T) []T {
	if m.Fit == nil {
		weights(m.Lower, m.Upper, d)
		return d
	}
	l := make([]T, len(m.Nodes))
	if m.Fit.Rows == nil {
		return l
	}
	rest, _ := m.Fit.Rows.Fit(d)
	copy(l[1:], rest)
	for _, v := range rest {
		l[0] -= v
	}
	return l
}

// gradient returns the derivatives of the functions at h with respect to h,
// K×count.
func (f *Functions[T]) gradient(h []T) (*dense.Matrix[T], error) {
	g := dense.New[T](len(h), f.count())
	var table, slopes [][]T
	if f.Exponent != nil {
		table = f.univariate(h)
		slopes = f.univariateSlopes(h, table)
	}
	for j, form := range f.Form {
		scale := scalar.Of[T](1/f.Divisor[j], 0)
		switch form {
		case formMonomial, formChebyshev:
			e := f.Exponent[j*len(h) : (j+1)*len(h)]
			for k := range h {
				g.Set(k, j, scale*productSlope(table, slopes, e, k))
			}
		case formInverse, formLog:
			x := f.X.Row(j)
			d := symbolOf(h, x)
			if !usable(d, form) {
				return nil, &RangeError{fmt.Sprintf("the combination h·x = %v of the coordinates has left the range of the samples", d)}
			}
			outer := 1 / d
			if form == formInverse {
				outer *= -outer
			}
			for k := range h {
				g.Set(k, j, scale*outer*x[k])
			}
		}
	}
	return g, nil
}

// productSlope returns the derivative of the product of the functions with
// exponents e in coordinate k.
func productSlope[T scalar.Scalar](table, slopes [][]T, e []int, k int) T {
	if e[k] == 0 {
		return 0
	}
	v := slopes[k][e[k]]
	for i, p := range e {
		if i != k && p > 0 {
			v *= table[i][p]
		}
	}
	return v
}

// univariateSlopes returns the derivatives of the functions that univariate
// returns, with respect to h: e·z^(e-1) and T_e' = 2·T_(e-1) + 2·z·T_(e-1)' -
// T_(e-2)', divided by the half width.
func (f *Functions[T]) univariateSlopes(h []T, table [][]T) [][]T {
	chebyshev := len(f.Form) > 0 && f.Form[0] == formChebyshev
	slopes := make([][]T, len(h))
	for k, p := range table {
		d := make([]T, len(p))
		if len(p) > 1 {
			inner := scalar.Of[T](1/f.Half[k], 0)
			d[1] = inner
			for e := 2; e < len(p); e++ {
				d[e] = p[e-1]*inner + p[1]*d[e-1]
				if chebyshev {
					d[e] = 2*d[e] - d[e-2]
				}
			}
		}
		slopes[k] = d
	}
	return slopes
}
