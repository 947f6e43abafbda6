package surrogate

import (
	"eimtool/internal/dense"
	"eimtool/internal/scalar"
)

// Theta returns the coefficients θ(μ) of the POD modes of all samples for an
// answer of At or FromProbe, A_μ ≈ Σ_l θ_l T_l, and those of the difference
// between the two coefficient models, nil where it is not known. Both are nil
// for a bundle that holds no modes. For given parts the terms are the parts
// and θ is β.
func (m *Model) Theta(a *Answer) (theta, second []complex128) {
	if m.Parts != nil {
		return a.Beta, nil
	}
	if m.Complex != nil {
		return thetaOf(m.Complex, a.coords), thetaOf(m.Complex, a.second)
	}
	return thetaOf(m.Real, a.coords), thetaOf(m.Real, a.second)
}

func thetaOf[T scalar.Scalar](c *Core[T], k []complex128) []complex128 {
	if c.Modes == nil || k == nil {
		return nil
	}
	return scalar.ToComplex(inModes(scalar.FromComplex[T](k), c.Modes))
}

// DerivativeTheta returns ∂θ/∂μ_j at mu.
func (m *Model) DerivativeTheta(mu []float64, j int) ([]complex128, error) {
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
	if m.Complex != nil {
		return scalar.ToComplex(inModes(unpack[complex128](dk), m.Complex.Modes)), nil
	}
	return scalar.ToComplex(inModes(unpack[float64](dk), m.Real.Modes)), nil
}

// SampleWeights returns the weights of the samples, Σ_l θ_l T_l = Σ_i w_i A_i.
func (m *Model) SampleWeights(theta []complex128) []complex128 {
	if m.Parts != nil {
		return theta
	}
	if m.Complex != nil {
		return dense.VecMul(theta, m.Complex.Weights)
	}
	return scalar.ToComplex(dense.VecMul(scalar.FromComplex[float64](theta), m.Real.Weights))
}

// TableRows returns the samples' values in the scalars of the systems, for
// SampleWeights: nil when the bundle does not hold them. Hermitian families
// have complex systems.
func TableRows[S scalar.Scalar](m *Model) [][]S {
	if m.Parts != nil {
		return TermRows[S](m)
	}
	return rowsOf[S](m, func(c *Core[float64]) [][]float64 { return c.Table },
		func(c *Core[complex128]) [][]complex128 { return c.Table })
}

func TermRows[S scalar.Scalar](m *Model) [][]S {
	return rowsOf[S](m, func(c *Core[float64]) [][]float64 { return c.Values },
		func(c *Core[complex128]) [][]complex128 { return c.Values })
}

func rowsOf[S scalar.Scalar](m *Model, re func(*Core[float64]) [][]float64, co func(*Core[complex128]) [][]complex128) [][]S {
	if m.Complex != nil {
		rows, _ := any(co(m.Complex)).([][]S)
		return rows
	}
	rows := re(m.Real)
	if m.Field != FieldHermitian {
		out, _ := any(rows).([][]S)
		return out
	}
	out := make([][]S, len(rows))
	for i, r := range rows {
		out[i] = fromPlanes[S](r)
	}
	return out
}

// InverseOf returns what m holds for solving, nil when nothing was prepared.
func InverseOf[S scalar.Scalar](m *Model) *Inverse[S] {
	if inv, ok := any(m.RealInverse).(*Inverse[S]); ok {
		return inv
	}
	inv, _ := any(m.ComplexInverse).(*Inverse[S])
	return inv
}

// Perturbations measures how much the family can change: for up to count terms
// it returns the coefficients of D_m = A_m − c_m Ã, the part of the term that is
// orthogonal to Ã = Σ beta_m A_m, and ‖Ã‖_F/‖D_m‖_F.
func (m *Model) Perturbations(beta []complex128, count int) (coefficients [][]complex128, ratio []float64) {
	if m.Complex != nil {
		return perturbations(m.Complex, beta, count)
	}
	return perturbations(m.Real, scalar.FromComplex[float64](beta), count)
}

func perturbations[T scalar.Scalar](c *Core[T], beta []T, count int) (coefficients [][]complex128, ratio []float64) {
	k := dense.VecMul(beta, c.Coordinates)
	norm := dense.Norm(k)
	terms := c.Coordinates.Rows
	for n := range min(count, terms) {
		m := n * terms / min(count, terms)
		share := dense.Dotc(k, c.Coordinates.Row(m)) / scalar.Of[T](norm*norm, 0)
		d := append([]T(nil), c.Coordinates.Row(m)...)
		dense.Axpy(-share, k, d)
		size := dense.Norm(d)
		if size <= 1e-12*norm {
			continue
		}
		w := make([]T, terms)
		dense.Axpy(-share, beta, w)
		w[m] += scalar.Of[T](1, 0)
		coefficients = append(coefficients, scalar.ToComplex(w))
		ratio = append(ratio, norm/size)
	}
	return coefficients, ratio
}

// NearestTerm returns the term (0-based) whose matrix is nearest to A_μ.
func (m *Model) NearestTerm(a *Answer) int {
	if m.Complex != nil {
		return nearestTerm(m.Complex, a)
	}
	return nearestTerm(m.Real, a)
}

func nearestTerm[T scalar.Scalar](c *Core[T], a *Answer) int {
	k := scalar.FromComplex[T](a.coords)
	if a.coords == nil {
		k = dense.VecMul(scalar.FromComplex[T](a.Beta), c.Coordinates)
	}
	best, least := 0, -1.0
	for m := range c.Coordinates.Rows {
		if d := relativeDistance(k, c.Coordinates.Row(m)); least < 0 || d < least {
			best, least = m, d
		}
	}
	return best
}
