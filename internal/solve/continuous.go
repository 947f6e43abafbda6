package solve

import (
	"context"
	"errors"
	"math"
	"math/cmplx"

	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
	"eimtool/internal/solve/direct"
)

// ContinuousLogDet returns log det A on the branch that is continuous over all
// matrices A for which exp(i·angle)·A is accretive, that is has a positive
// definite Hermitian part: the sum of log(exp(i·angle)·λ) - i·angle over all
// eigenvalues λ, with principal logarithms. On that set, which is convex, the
// value is an analytic function of A.
//
// The angles are tried in order, those of DefaultAngles when there are none; ok
// is false when none of them makes the matrix accretive. angle is the one that
// did; other angles that do, reached from it without a gap, give the same value.
//
// Schur complements of accretive matrices are accretive, so that elimination
// without pivoting (but for a symmetric permutation) meets pivots with positive
// real parts, whose logarithms add up to the sum above: both are continuous and
// equal along the segment from the identity to A. Positive diagonal scalings
// from both sides change nothing in that.
//
// Costs are one factorisation by Cholesky per angle and one without pivoting.
// The error is a *ShapeError, *NonFiniteError or ctx's.
func (s *Solver[T]) ContinuousLogDet(ctx context.Context, values []T, angles []float64) (logdet complex128, angle float64, ok bool, err error) {
	if err := s.accept(values); err != nil {
		return 0, 0, false, err
	}
	if s.columns != nil || s.pattern.Symmetry == matrix.SkewSymmetric && s.pattern.Rows > 0 {
		return 0, 0, false, ctx.Err() // the diagonal has zeros
	}
	if angles == nil {
		angles = DefaultAngles(s.pattern, values)
	}
	for _, angle := range angles {
		ok, err := s.accretive(ctx, values, angle)
		if err != nil {
			return 0, 0, false, err
		}
		if !ok {
			continue
		}
		logdet, ok, err := s.unpivoted(ctx, values, angle)
		if err != nil || ok {
			return logdet, angle, ok, err
		}
	}
	return 0, 0, false, ctx.Err()
}

// angleFractions are where DefaultAngles places further angles in the interval
// of those that turn the diagonal into the right half plane.
var angleFractions = [...]float64{1.0 / 8, 7.0 / 8, 1.0 / 64, 63.0 / 64}

// DefaultAngles returns up to eight angles θ for ContinuousLogDet: 0, ±π/2 (for
// a definite imaginary part), minus the argument of the trace of the diagonal
// scaled to modulus 1, and four more near the limits; of these the ones with
// which all elements of exp(iθ)·diag A have positive real parts, as the diagonal
// of an accretive matrix has. A real matrix has 0 or π.
func DefaultAngles[T scalar.Scalar](p *matrix.Pattern, values []T) []float64 {
	var trace complex128
	diagonal := make([]complex128, p.Cols)
	for j := range diagonal {
		k, ok := p.Find(j, j)
		if !ok || values[k] == 0 {
			return nil
		}
		diagonal[j] = complex(scalar.Real(values[k]), scalar.Imag(values[k])) / complex(scalar.Abs(values[k]), 0)
		trace += diagonal[j]
	}
	middle := cmplx.Phase(trace)
	least, most := 0.0, 0.0
	for _, d := range diagonal {
		t := cmplx.Phase(d * cmplx.Rect(1, -middle))
		least, most = min(least, t), max(most, t)
	}
	lo, hi := -math.Pi/2-least, math.Pi/2-most // of θ + middle
	candidates := []float64{0, math.Pi}
	if scalar.IsComplex[T]() {
		candidates = []float64{0, -math.Pi / 2, math.Pi / 2, -middle}
		for _, f := range angleFractions {
			candidates = append(candidates, math.Remainder(lo+f*(hi-lo)-middle, 2*math.Pi))
		}
	}
	var angles []float64
	for _, a := range candidates {
		if t := math.Remainder(a+middle, 2*math.Pi); lo < t && t < hi {
			angles = append(angles, a)
		}
	}
	return angles
}

// unpivoted factorises without pivoting and adds up the logarithms of the
// pivots of exp(i·angle)·A; false when one has no positive real part.
func (s *Solver[T]) unpivoted(ctx context.Context, values []T, angle float64) (complex128, bool, error) {
	kind := direct.LU
	switch s.symmetry(values) {
	case matrix.Hermitian:
		kind = direct.Hermitian
	case matrix.Symmetric:
		kind = direct.Symmetric
	}
	scale := equilibrate(s.pattern, values, true)
	symbolic := s.symbolic(kind != direct.LU)
	n := s.numeric(symbolic)
	defer s.recycle(symbolic, n)
	m := direct.Matrix[T]{Values: values, Row: scale.row, Col: scale.col}
	err := n.Factorise(ctx, m, direct.Rules{Kind: kind, Threads: s.opt.Threads})
	var none *direct.PivotError
	if errors.As(err, &none) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	v, ok := n.AccretiveLogDet(cmplx.Rect(1, angle))
	var re, im scalar.Sum
	re.Add(real(v))
	scale.divideOut(&re)
	im.Add(imag(v))
	addRounded(&im, -float64(s.pattern.Rows), angle)
	return complex(re.Value(), im.Value()), ok, nil
}

// accretive reports whether exp(i·angle)·A has a positive definite Hermitian
// part, by Cholesky.
func (s *Solver[T]) accretive(ctx context.Context, values []T, angle float64) (bool, error) {
	h := s.hermitianPart()
	rotation := scalar.Of[T](math.Cos(angle), math.Sin(angle))
	if s.pattern.Symmetry == matrix.Symmetric {
		v := make([]float64, len(values))
		for k, a := range values {
			v[k] = scalar.Real(rotation * a)
		}
		return definite(ctx, h, v, s.opt.Threads)
	}
	v := make([]T, h.pattern.NNZ())
	half := scalar.Of[T](0.5, 0)
	h.pattern.Each(func(k, i, j int) {
		var sum T
		if p := h.entry(k, i, j, s.pattern); p >= 0 {
			sum += rotation * values[p]
		}
		if p := h.image(k, i, j, s.pattern); p >= 0 {
			sum += scalar.Conj(rotation * values[p])
		} else if s.pattern.Symmetry == matrix.Hermitian {
			sum += scalar.Conj(rotation * scalar.Conj(values[k]))
		}
		if i == j {
			sum = scalar.Of[T](scalar.Real(sum), 0)
		}
		v[k] = sum * half
	})
	return definite(ctx, h, v, s.opt.Threads)
}

// definite reports whether the Hermitian matrix with values v on the pattern of
// h is positive definite.
func definite[S scalar.Scalar](ctx context.Context, h *hermitianPart, v []S, threads int) (bool, error) {
	if !matrix.PositiveDiagonal(h.pattern, v) {
		return false, ctx.Err()
	}
	scale := equilibrate(h.pattern, v, true)
	m := direct.Matrix[S]{Values: v, Row: scale.row, Col: scale.col}
	err := direct.NewNumeric[S](h.symbolic).Factorise(ctx, m, direct.Rules{Kind: direct.Cholesky, Threads: threads})
	var none *direct.PivotError
	if errors.As(err, &none) {
		return false, nil
	}
	return err == nil, err
}
