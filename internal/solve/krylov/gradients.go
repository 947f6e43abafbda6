package krylov

import (
	"context"
	"math"

	"eimtool/internal/dense"
	"eimtool/internal/scalar"
)

// Limits of the conjugate gradients.
const (
	// innerShare of the target is what the recurrence aims at, because the true
	// residual differs from it by rounding.
	innerShare = 0.8
	// breakShare is the size of a bilinear form, relative to its vectors, that
	// counts as zero.
	breakShare = 1e-13
	// patience is the number of iterations without a new smallest residual,
	// beyond one for every two so far, after which the cycle ends.
	patience = 50
)

// gradients runs the preconditioned conjugate gradients (Hestenes and Stiefel,
// J. Res. Nat. Bur. Standards 49(6), 1952) or, bilinear, their form without
// conjugation for complex symmetric matrices (van der Vorst and Melissen, IEEE
// Trans. Magnetics 26(2), 1990). Memory: 4 vectors beyond
// those of every method, which are b, x, its residual and a copy of x.
func (it *iteration[T]) gradients(ctx context.Context, bilinear bool) (string, error) {
	dot := dense.Dotc[T]
	if bilinear {
		dot = dotu[T]
	}
	n := it.N
	r := append([]T(nil), it.r...)
	z, p, q := make([]T, n), make([]T, n), make([]T, n)
	norm := it.norm
	best, since := norm, 0
	var rho T
	for k := 0; ; k++ {
		if err := it.precondition(ctx, r, z); err != nil {
			return "", err
		}
		next := dot(r, z)
		if why := formFails(next, norm*dense.Norm(z), bilinear); why != "" {
			return why, nil
		}
		beta := realOf[T](0)
		if k > 0 {
			beta = next / rho
		}
		rho = next
		for i, v := range z {
			p[i] = v + beta*p[i]
		}
		if it.report.Iterations >= it.opt.MaxIterations {
			return ReasonIterations, nil
		}
		if err := it.apply(ctx, p, q); err != nil {
			return "", err
		}
		it.report.Iterations++
		curvature := dot(p, q)
		if why := formFails(curvature, dense.Norm(p)*dense.Norm(q), bilinear); why != "" {
			return why, nil
		}
		alpha := rho / curvature
		dense.Axpy(alpha, p, it.x)
		dense.Axpy(-alpha, q, r)
		norm = dense.Norm(r)
		switch since++; {
		case norm <= innerShare*it.target:
			return ReasonTolerance, nil
		case !(norm <= math.MaxFloat64):
			return ReasonBreakdown, nil
		case norm < best:
			best, since = norm, 0
		case since > patience+k/2:
			return ReasonStagnation, nil
		}
	}
}

// formFails says why a recurrence cannot go on with the value of a form of two
// vectors, size being the product of their norms; "" if it can.
func formFails[T scalar.Scalar](v T, size float64, bilinear bool) string {
	switch {
	case !(size <= math.MaxFloat64):
		return ReasonBreakdown
	case bilinear && scalar.Abs(v) <= breakShare*size:
		return ReasonBreakdown
	case !bilinear && scalar.Real(v) < 0:
		return ReasonIndefinite
	case !bilinear && scalar.Real(v) <= breakShare*breakShare*size:
		return ReasonBreakdown
	}
	return ""
}
