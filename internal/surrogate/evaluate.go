package surrogate

import (
	"errors"
	"fmt"
	"math"

	"eimtool/internal/dense"
	"eimtool/internal/scalar"
)

// roundOff is the part of every estimate that stands for rounding.
const roundOff = 4e-15

// Answer holds the coefficients at one μ and their error estimate.
type Answer struct {
	Beta          []complex128 // M
	Estimate      float64      // of ‖A−Ã‖_F/‖A‖_F with respect to the true A
	Truncation    float64      // its part from keeping M terms
	ModelError    float64      // its part from interpolation or reconstruction
	Modelled      bool         // false: the samples do not support a model in μ
	Extrapolation float64      // distance from the training box in box widths

	coords, second []complex128 // coordinates of A_μ, and of the difference of the two models
}

// ErrNoInterpolation says that a bundle holds no interpolation model.
var ErrNoInterpolation = errors.New("the bundle holds no coefficient model: use --probe")

// At returns the coefficients at mu from the interpolation model.
//
// The model predicts the coordinates k(μ) of A_μ as if all N samples were kept;
// the coefficients are the least-squares fit of the M terms to them, so the
// truncation error is known exactly: it is the residual of the fit. The
// estimate is sqrt((1.1·truncation)² + model²) + 4e-15.
func (m *Model) At(mu []float64) (*Answer, error) {
	switch {
	case m.Parts != nil:
		return m.atParts(mu)
	case m.Interpolation == nil:
		return nil, ErrNoInterpolation
	case m.Complex != nil:
		return at(m, m.Complex, mu)
	default:
		return at(m, m.Real, mu)
	}
}

// at is At of a family with the given core and a coefficient model.
func at[T scalar.Scalar](m *Model, c *Core[T], mu []float64) (*Answer, error) {
	p, err := m.Interpolation.Predict(mu)
	if err != nil {
		return nil, err
	}
	a := &Answer{
		ModelError: p.ModelError + m.Options.SampleError, Modelled: p.Modelled, Extrapolation: p.Extrapolation,
		coords: scalar.ToComplex(unpack[T](p.K)),
	}
	if p.Second != nil {
		a.second = scalar.ToComplex(unpack[T](p.Second))
	}
	a.Beta, a.Truncation = fitCoordinates(c, p.K, 1)
	a.Estimate = estimate(a.Truncation, a.ModelError)
	return a, nil
}

// atParts evaluates the coefficients of a given affine family: exact, but for
// rounding.
func (m *Model) atParts(mu []float64) (*Answer, error) {
	if len(mu) != len(m.Parameters) {
		return nil, fmt.Errorf("%d parameter values given, the family has %d parameters", len(mu), len(m.Parameters))
	}
	if m.Planned() {
		return m.atPlan(mu)
	}
	alpha, err := m.Parts.Alpha(mu)
	if err != nil {
		return nil, err
	}
	return &Answer{Beta: alpha, Modelled: true, Estimate: roundOff, Extrapolation: m.outside(mu)}, nil
}

// modelErrorAt estimates the relative error of the model of A at mu, as if all
// terms were kept; it touches no values.
func (m *Model) modelErrorAt(mu []float64) (float64, error) {
	switch {
	case m.Parts != nil:
		a, err := m.atParts(mu)
		if err != nil {
			return 0, err
		}
		return a.ModelError, nil
	case m.Interpolation == nil:
		return 0, nil
	}
	p, err := m.Interpolation.Predict(mu)
	return p.ModelError + m.Options.SampleError, err
}

// outside returns the distance of mu from the box in box widths; a box that is
// not known holds everything.
func (m *Model) outside(mu []float64) float64 {
	far := 0.0
	for j, p := range m.Parameters {
		if d := max(p.Lo-mu[j], mu[j]-p.Hi); d > 0 {
			far = max(far, d/(p.Hi-p.Lo))
		}
	}
	return far
}

func estimate(truncation, model float64) float64 {
	return math.Hypot(1.1*truncation, model) + roundOff
}

// Derivative returns ∂β/∂μ_j at mu: coefficients of ∂A_μ/∂μ_j in the terms.
func (m *Model) Derivative(mu []float64, j int) ([]complex128, error) {
	if j < 0 || j >= len(m.Parameters) {
		return nil, fmt.Errorf("surrogate: parameter %d of %d", j, len(m.Parameters))
	}
	if m.Parts != nil {
		return m.Parts.Derivative(mu, j)
	}
	if m.Interpolation == nil {
		return nil, ErrNoInterpolation
	}
	dk, err := m.Interpolation.Derivative(mu, j)
	if err != nil {
		return nil, err
	}
	var beta []complex128
	if m.Complex != nil {
		beta, _ = fitCoordinates(m.Complex, dk, 0)
	} else {
		beta, _ = fitCoordinates(m.Real, dk, 0)
	}
	return beta, nil
}

// unpack turns coordinates in the layout [real parts | imaginary parts] of the
// interpolation models into scalars; real families have no second half.
func unpack[T scalar.Scalar](k []float64) []T {
	if !scalar.IsComplex[T]() {
		return any(append([]float64(nil), k...)).([]T)
	}
	r := len(k) / 2
	z := make([]T, r)
	for i := range z {
		z[i] = scalar.Of[T](k[i], k[r+i])
	}
	return z
}

// pack is the inverse of unpack for every row of k.
func pack[T scalar.Scalar](k *dense.Matrix[T]) *dense.Matrix[float64] {
	if !scalar.IsComplex[T]() {
		return any(k).(*dense.Matrix[float64])
	}
	out := dense.New[float64](k.Rows, 2*k.Cols)
	for i := range k.Rows {
		for j, v := range k.Row(i) {
			out.Set(i, j, scalar.Real(v))
			out.Set(i, k.Cols+j, scalar.Imag(v))
		}
	}
	return out
}

// fitCoordinates returns the coefficients of the terms for the coordinates
// packed (value) and the relative residual in the coordinates of the matrices.
// constant is the value of the feature 1: 1 for a matrix, 0 for a derivative.
func fitCoordinates[T scalar.Scalar](c *Core[T], packed []float64, constant float64) ([]complex128, float64) {
	k := unpack[T](packed)
	beta := c.coefficients(k, constant)
	return scalar.ToComplex(beta), c.truncation(k, beta)
}

// coefficients fits the terms to coordinates k.
func (c *Core[T]) coefficients(k []T, constant float64) []T {
	target := k
	if c.Lift != nil {
		target = dense.VecMul(append(append([]T(nil), k...), scalar.Of[T](constant, 0)), c.Lift)
	}
	beta, _ := c.Fit.Fit(target)
	return beta
}

// truncation returns |k − βK_I| / |k|, 0 for k = 0.
func (c *Core[T]) truncation(k, beta []T) float64 {
	return relativeDistance(k, dense.VecMul(beta, c.Coordinates))
}

func relativeDistance[T scalar.Scalar](ref, x []T) float64 {
	d := make([]T, len(ref))
	for i := range d {
		d[i] = ref[i] - x[i]
	}
	n, e := dense.Norm(ref), dense.Norm(d)
	if e == 0 {
		return 0
	}
	return e / n
}
