package coefficients

import (
	"errors"
	"fmt"
	"math"

	"eimtool/internal/dense"
)

// errPole tells that a rational part has a denominator near zero at μ.
var errPole = errors.New("the rational model has a pole near these parameters")

// poleRatio is the smallest |denominator|, relative to its largest on the
// samples, at which a rational part is used.
const poleRatio = 1e-2

// domainError tells that a warp is not defined at a parameter value.
type domainError struct {
	param int
	value float64
	warp  string
}

func (e *domainError) Error() string {
	return fmt.Sprintf("parameter %d = %g lies outside the domain of the warp %s", e.param, e.value, e.warp)
}

// eval returns the centred prediction of the part at mu and, when j ≥ 0, its
// derivative with respect to parameter j (else nil).
func (t *Part) eval(mu []float64, j int) (v, dv []float64, err error) {
	x := coordinates(t.Axes, mu)
	axis, slope := -1, 0.0
	for d := range t.Axes {
		if x[d]-x[d] != 0 {
			return nil, nil, &domainError{t.Axes[d].Param, mu[t.Axes[d].Param], t.Axes[d].Warp}
		}
		if t.Axes[d].Param == j {
			axis = d
			_, slope = t.Axes[d].apply(mu[j])
		}
	}
	switch t.Kind {
	case KindGaussian:
		v, dv = t.evalGaussian(x, axis)
	case KindAAA, KindFloaterHormann:
		v, dv = t.evalBarycentric(x[0], j >= 0)
	case KindConstant:
		v = make([]float64, t.Coef.Cols)
	default:
		v, dv, err = t.evalPolynomial(x, axis)
	}
	if err != nil || j < 0 {
		return v, nil, err
	}
	if axis < 0 || dv == nil { // the parameter does not vary over the samples
		return v, make([]float64, len(v)), nil
	}
	for i := range dv {
		dv[i] *= slope
	}
	return v, dv, nil
}

// termValues returns the basis functions idx at x, and their derivatives along
// axis when axis ≥ 0.
func termValues(axes []Axis, idx []int, x []float64, axis int) (f, df []float64) {
	dim := len(axes)
	count := indexCounts(idx, dim)
	phi := make([][]float64, dim)
	var dphi []float64
	for d := range axes {
		phi[d] = make([]float64, count[d])
		if d == axis {
			dphi = make([]float64, count[d])
			axes[d].fill(x[d], phi[d], dphi)
			continue
		}
		axes[d].fill(x[d], phi[d], nil)
	}
	n := len(idx) / dim
	f = make([]float64, n)
	if axis >= 0 {
		df = make([]float64, n)
	}
	for k := range n {
		rest := 1.0
		own, slope := 1.0, 0.0
		for d, j := range idx[k*dim : (k+1)*dim] {
			if d == axis {
				own, slope = phi[d][j], dphi[j]
				continue
			}
			rest *= phi[d][j]
		}
		f[k] = own * rest
		if axis >= 0 {
			df[k] = slope * rest
		}
	}
	return f, df
}

// evalPolynomial evaluates a polynomial or rational part at the coordinates x.
func (t *Part) evalPolynomial(x []float64, axis int) (v, dv []float64, err error) {
	f, df := termValues(t.Axes, t.Indices, x, axis)
	v = dense.VecMul(f, t.Coef)
	if axis >= 0 {
		dv = dense.VecMul(df, t.Coef)
	}
	if len(t.DenCoef) == 0 {
		return v, dv, nil
	}
	g, dg := termValues(t.Axes, t.DenIndices, x, axis)
	q := dot(g, t.DenCoef)
	if !(q > poleRatio*t.DenMax) {
		return nil, nil, errPole
	}
	for i := range v {
		v[i] /= q
	}
	if axis >= 0 {
		dq := dot(dg, t.DenCoef)
		for i := range dv {
			dv[i] = (dv[i] - v[i]*dq) / q
		}
	}
	return v, dv, nil
}

// evalGaussian evaluates the Gaussian kernel part with its linear trend.
func (t *Part) evalGaussian(x []float64, axis int) (v, dv []float64) {
	n := t.Nodes.Rows
	f := make([]float64, n)
	g := make([]float64, len(x)+1)
	g[0] = 1
	copy(g[1:], x)
	var df []float64
	if axis >= 0 {
		df = make([]float64, n)
	}
	for i := range n {
		var s float64
		for d, c := range t.Nodes.Row(i) {
			u := (x[d] - c) / t.Lengths[d]
			s += u * u
		}
		f[i] = math.Exp(-s / 2)
		if axis >= 0 {
			df[i] = -(x[axis] - t.Nodes.At(i, axis)) / (t.Lengths[axis] * t.Lengths[axis]) * f[i]
		}
	}
	v = dense.VecMul(f, t.Coef)
	axpy(1, dense.VecMul(g, t.Trend), v)
	if axis >= 0 {
		dv = dense.VecMul(df, t.Coef)
		axpy(1, t.Trend.Row(axis+1), dv)
	}
	return v, dv
}

// evalBarycentric evaluates a barycentric rational function and, on request,
// its derivative in x. With k the support point nearest to x and
// g_i = (r(x) − f_i)/(x − x_i), r = f_k + (x − x_k)·g_k and
// r' = Σ ω_i g_i, where ω_i are the barycentric weights over their sum; g_k is
// formed from differences f_i − f_k, so that nothing cancels near a node.
func (t *Part) evalBarycentric(x float64, derivative bool) (v, dv []float64) {
	k := 0
	for i, s := range t.Support {
		if math.Abs(x-s) < math.Abs(x-t.Support[k]) {
			k = i
		}
	}
	h := x - t.Support[k]
	den := t.barycentricWeight(k)
	omega := make([]complex128, len(t.Support))
	for i, s := range t.Support {
		if i != k {
			omega[i] = t.barycentricWeight(i) / complex(x-s, 0)
			den += complex(h, 0) * omega[i]
		}
	}
	n := t.Coef.Cols
	gk := make([]float64, n)
	for i := range t.Support {
		omega[i] /= den
		if i != k {
			t.addDifference(omega[i], i, k, gk)
		}
	}
	v = append([]float64(nil), t.Coef.Row(k)...)
	axpy(h, gk, v)
	if !derivative {
		return v, nil
	}
	dv = make([]float64, n)
	t.addScaled(t.barycentricWeight(k)/den, gk, dv)
	gi := make([]float64, n)
	for i, s := range t.Support {
		if i == k {
			continue
		}
		for j, f := range t.Coef.Row(i) {
			gi[j] = (v[j] - f) / (x - s)
		}
		t.addScaled(omega[i]*complex(h, 0), gi, dv)
	}
	return v, dv
}

// barycentricWeight returns weight i.
func (t *Part) barycentricWeight(i int) complex128 {
	if t.WeightIm == nil {
		return complex(t.WeightRe[i], 0)
	}
	return complex(t.WeightRe[i], t.WeightIm[i])
}

// addDifference adds w·(Coef_i − Coef_k) to out.
func (t *Part) addDifference(w complex128, i, k int, out []float64) {
	d := append([]float64(nil), t.Coef.Row(i)...)
	axpy(-1, t.Coef.Row(k), d)
	t.addScaled(w, d, out)
}

// addScaled adds w·u to out, where u and out hold [real | imaginary] parts
// when the weights are complex.
func (t *Part) addScaled(w complex128, u, out []float64) {
	axpy(real(w), u, out)
	if t.WeightIm == nil {
		return
	}
	c := len(u) / 2
	axpy(-imag(w), u[c:], out[:c])
	axpy(imag(w), u[:c], out[c:])
}
