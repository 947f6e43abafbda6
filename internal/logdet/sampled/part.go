package sampled

import (
	"errors"
	"math"

	"eimtool/internal/coefficients"
	"eimtool/internal/dense"
)

// Part is one fitted real function of μ. Which fields are set depends on Kind.
type Part struct {
	Kind string // one of the kinds of package coefficients, or of this one
	Axes []coefficients.Axis
	// Offset is added to what the fields below give.
	Offset float64

	// Polynomials: Σ_k Coef_k Π_d φ_{Indices[k·D+d]}(x_d), for rational ones
	// divided by Σ_k DenCoef_k Π_d φ_{DenIndices[k·D+d]}(x_d).
	Indices    []int     `doc:"multi-indices of the polynomials, one per coefficient"`
	Coef       []float64 `doc:"coefficients; splines and barycentric kinds: values at the nodes"`
	DenIndices []int     `doc:"multi-indices of the denominator"`
	DenCoef    []float64 `doc:"coefficients of the denominator"`
	DenMax     float64   // largest |denominator| on the samples

	// Kernels: Σ_i Coef_i k(x, Nodes_i) + Σ_d Pull_id ∂k/∂Nodes_id + Trend·[1, x]
	// with k a function of Σ_d ((x_d − Nodes_id)/Lengths_d)².
	Nodes   *dense.Matrix[float64] `doc:"centres of the kernels, scaled parameters"`
	Lengths []float64              `doc:"lengths of the kernels"`
	Pull    *dense.Matrix[float64] `doc:"coefficients of the kernels' derivatives"`
	Trend   []float64              `doc:"linear trend"`

	// Barycentric kinds: Σ_j w_j/(x − Support_j) Coef_j / Σ_j w_j/(x − Support_j).
	Support []float64 `doc:"support points or knots, scaled parameter"`
	Weight  []float64 `doc:"barycentric weights"`

	// Splines in one parameter: Hermite interpolation of Coef, First and,
	// unless it is absent, Second on every interval of Support.
	First  []float64 `doc:"first derivatives at the knots"`
	Second []float64 `doc:"second derivatives at the knots"`

	// Splines on a grid: the tensor product of Grid, applied to Coef, values
	// in the order of rising coordinates, the last axis fastest.
	Grid []Knots
}

// Knots are those of one axis of a grid, with the linear maps from values at
// the knots to derivatives.
type Knots struct {
	Support []float64              `doc:"knots, scaled parameter"`
	First   *dense.Matrix[float64] `doc:"map from values to first derivatives"`
	Second  *dense.Matrix[float64] `doc:"map from values to second derivatives; absent for cubic splines"`
}

// maxDim and maxTerms bound what evaluation keeps on the stack; more is
// allocated.
const (
	maxDim   = 8
	maxTerms = 48
)

var (
	errDomain = errors.New("the parameters lie outside the domain of a logarithm or root that the model uses")
	errPole   = errors.New("the rational model has a pole near these parameters")
)

// poleRatio is the smallest |denominator|, relative to its largest on the
// samples, at which a rational part is used.
const poleRatio = 1e-2

// eval returns the value at mu and adds the gradient to gradient.
func (t *Part) eval(mu, gradient []float64) (float64, error) {
	var xs, dxs, slopes [maxDim]float64
	dim := len(t.Axes)
	x, dx, slope := xs[:], dxs[:], slopes[:]
	if dim > maxDim {
		x, dx, slope = make([]float64, dim), make([]float64, dim), make([]float64, dim)
	}
	x, dx, slope = x[:dim], dx[:dim], slope[:dim]
	for d := range t.Axes {
		x[d], dx[d] = place(&t.Axes[d], mu[t.Axes[d].Param])
		if x[d]-x[d] != 0 {
			return 0, errDomain
		}
	}
	v, err := t.local(x, slope)
	v += t.Offset
	if err != nil {
		return 0, err
	}
	for d := range t.Axes {
		gradient[t.Axes[d].Param] += dx[d] * slope[d]
	}
	return v, nil
}

// local evaluates the part at the coordinates x and writes its slopes there.
func (t *Part) local(x, slope []float64) (float64, error) {
	switch t.Kind {
	case coefficients.KindGaussian, KindKriging, KindMatern:
		return t.evalKernel(x, slope), nil
	case coefficients.KindAAA, coefficients.KindFloaterHormann:
		return t.evalBarycentric(x[0], slope), nil
	case KindCubic, KindQuintic:
		return t.evalSpline(x[0], slope), nil
	case KindGrid:
		return t.evalGrid(x, slope), nil
	case coefficients.KindConstant:
		return 0, nil
	}
	return t.evalPolynomial(x, slope)
}

// evalPolynomial evaluates a polynomial or rational part.
func (t *Part) evalPolynomial(x, slope []float64) (float64, error) {
	v := t.sumTerms(t.Indices, t.Coef, x, slope)
	if len(t.DenCoef) == 0 {
		return v, nil
	}
	var own [maxDim]float64
	dq := own[:]
	if len(x) > maxDim {
		dq = make([]float64, len(x))
	}
	q := t.sumTerms(t.DenIndices, t.DenCoef, x, dq[:len(x)])
	if !(q > poleRatio*t.DenMax) {
		return 0, errPole
	}
	v /= q
	for d := range slope {
		slope[d] = (slope[d] - v*dq[d]) / q
	}
	return v, nil
}

// sumTerms returns Σ_k coef_k Π_d φ_{indices[k·D+d]}(x_d) and writes the
// derivatives.
func (t *Part) sumTerms(indices []int, coef, x, slope []float64) float64 {
	dim := len(x)
	top := 0
	for _, j := range indices {
		top = max(top, j)
	}
	top++
	var store [2 * 3 * maxTerms]float64
	buffer := store[:]
	if 2*dim*top > len(buffer) {
		buffer = make([]float64, 2*dim*top)
	}
	phi, dphi := buffer[:dim*top], buffer[dim*top:2*dim*top]
	for d := range dim {
		fillBasis(&t.Axes[d], x[d], phi[d*top:(d+1)*top], dphi[d*top:(d+1)*top])
	}
	clear(slope)
	var v float64
	switch dim {
	case 1:
		for k, c := range coef {
			j := indices[k]
			v += c * phi[j]
			slope[0] += c * dphi[j]
		}
	case 2:
		px, py, dpx, dpy := phi[:top], phi[top:], dphi[:top], dphi[top:]
		var s0, s1 float64
		for k, c := range coef {
			i, j := indices[2*k], indices[2*k+1]
			cx, cy := c*px[i], c*py[j]
			v += cx * py[j]
			s0 += cy * dpx[i]
			s1 += cx * dpy[j]
		}
		slope[0], slope[1] = s0, s1
	default:
		for k, c := range coef {
			idx := indices[k*dim : (k+1)*dim]
			product := c
			for d, j := range idx {
				product *= phi[d*top+j]
			}
			v += product
			for e := range dim {
				product = c * dphi[e*top+idx[e]]
				for d, j := range idx {
					if d != e {
						product *= phi[d*top+j]
					}
				}
				slope[e] += product
			}
		}
	}
	return v
}

// evalBarycentric evaluates a barycentric rational function r. With k the
// support point nearest to x and g_i = (r(x) − f_i)/(x − x_i), r = f_k +
// (x − x_k)·g_k and r' = Σ ω_i g_i, where ω_i are the barycentric weights over
// their sum; g_k is formed from differences f_i − f_k, so that nothing cancels
// near a node.
func (t *Part) evalBarycentric(x float64, slope []float64) float64 {
	k := 0
	for i, s := range t.Support {
		if math.Abs(x-s) < math.Abs(x-t.Support[k]) {
			k = i
		}
	}
	h := x - t.Support[k]
	den, g := t.Weight[k], 0.0
	for i, s := range t.Support {
		if i != k {
			w := t.Weight[i] / (x - s)
			den += h * w
			g += w * (t.Coef[i] - t.Coef[k])
		}
	}
	g /= den
	v := t.Coef[k] + h*g
	slope[0] = t.Weight[k] / den * g
	for i, s := range t.Support {
		if i != k {
			slope[0] += t.Weight[i] / (x - s) * h / den * (v - t.Coef[i]) / (x - s)
		}
	}
	return v
}
