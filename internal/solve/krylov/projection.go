package krylov

import (
	"context"
	"fmt"
	"math/rand/v2"

	"eimtool/internal/dense"
	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
)

// DefaultProbes is the number of random vectors of a Projection.
const DefaultProbes = 30

// Projection finds the combination of factors that is nearest to an inverse,
//
//	λ = argmin |(I - Σ_m λ_m·A_m⁻¹·A_μ)·Θ|_F,   A_μ = Σ_k α_k·A_k,
//
// Θ an n×s matrix of random signs: Zahm and Nouy, SIAM J. Sci. Comput. 38(2),
// 2016 (arXiv 1504.07903), section 3, by orthogonal factorisation instead of
// normal equations. All that depends on n is done beforehand: V_mk =
// A_m⁻¹·A_k·Θ and Θ are kept as coordinates in an orthonormal basis. All its
// fields are plain data.
type Projection[T scalar.Scalar] struct {
	Factors, Parts int
	Coordinates    *dense.Matrix[T] `doc:"(M K + 1) x (M K + 1), the A_m^-1 A_k Theta, k fastest, then Theta, in an orthonormal basis"`
}

// Project prepares the projection: M·K·s solves. probes ≤ 0 means
// DefaultProbes. The result does not depend on threads.
func Project[T scalar.Scalar](ctx context.Context, n int, factors []Preconditioner[T], parts []Operator[T], probes int, seed uint64, threads int) (*Projection[T], error) {
	if n < 1 || len(factors) == 0 || len(parts) == 0 {
		return nil, &OptionError{"projection", fmt.Sprintf("order %d, %d factors, %d parts: want at least one of each", n, len(factors), len(parts))}
	}
	if probes <= 0 {
		probes = DefaultProbes
	}
	rng := rand.New(rand.NewPCG(seed, 0x2a1a))
	size := len(factors)*len(parts) + 1
	rows := make([][]T, size)
	for i := range rows {
		rows[i] = make([]T, n)
	}
	qr := dense.NewTallQR[T](size)
	theta, y := make([]T, n), dense.New[T](n, 1)
	load, solved := dense.New[T](n, len(parts)), dense.New[T](n, len(parts))
	for range probes {
		for i := range theta {
			theta[i] = realOf[T](1 - 2*float64(rng.Uint64()>>63))
		}
		for k, part := range parts {
			if err := part(ctx, column(theta), y); err != nil {
				return nil, err
			}
			for i, v := range y.Data {
				load.Set(i, k, v)
			}
		}
		for m, f := range factors {
			copy(solved.Data, load.Data)
			if err := f.Solve(ctx, solved, matrix.NoTranspose); err != nil {
				return nil, err
			}
			for k := range parts {
				for i := range n {
					rows[m*len(parts)+k][i] = solved.At(i, k)
				}
			}
		}
		copy(rows[size-1], theta)
		if err := qr.Append(ctx, rows, nil, 1, threads); err != nil {
			return nil, err
		}
	}
	return &Projection[T]{Factors: len(factors), Parts: len(parts), Coordinates: qr.K()}, nil
}

// Weights returns λ for the coefficients alpha (K) and the residual
// |(I - Σ λ_m·A_m⁻¹·A_μ)·Θ|_F / |Θ|_F: below 1 where the combination helps.
func (p *Projection[T]) Weights(alpha []T) (lambda []T, residual float64, err error) {
	rows, theta, err := p.rows(alpha)
	if err != nil {
		return nil, 0, err
	}
	lambda, residual = dense.NewRowFit(rows).Fit(theta)
	return lambda, residual / dense.Norm(theta), nil
}

// NonnegativeWeights is Weights under λ_m ≥ 0: of positive definite factors it
// keeps the combination positive definite, as conjugate gradients need it.
func (p *Projection[T]) NonnegativeWeights(alpha []T) (lambda []T, residual float64, err error) {
	rows, theta, err := p.rows(alpha)
	if err != nil {
		return nil, 0, err
	}
	x, residual := nonnegative(realParts(rows), realParts(&dense.Matrix[T]{Rows: 1, Cols: len(theta), Data: theta}).Data)
	lambda = make([]T, len(x))
	for m, v := range x {
		lambda[m] = realOf[T](v)
	}
	return lambda, residual / dense.Norm(theta), nil
}

// rows returns the coordinates of A_m⁻¹·A_μ·Θ, one row per factor, and of Θ.
func (p *Projection[T]) rows(alpha []T) (rows *dense.Matrix[T], theta []T, err error) {
	if len(alpha) != p.Parts {
		return nil, nil, &OptionError{"coefficients", fmt.Sprintf("%d for %d parts", len(alpha), p.Parts)}
	}
	if !scalar.AllFinite(alpha) {
		return nil, nil, &OptionError{"coefficients", "hold a NaN or an infinite value"}
	}
	c := p.Coordinates
	rows = dense.New[T](p.Factors, c.Cols)
	for m := range p.Factors {
		for k, a := range alpha {
			dense.Axpy(a, c.Row(m*p.Parts+k), rows.Row(m))
		}
	}
	return rows, c.Row(c.Rows - 1), nil
}

// realParts returns a with the real and imaginary parts of a column side by side.
func realParts[T scalar.Scalar](a *dense.Matrix[T]) *dense.Matrix[float64] {
	switch a := any(a).(type) {
	case *dense.Matrix[float64]:
		return a
	case *dense.Matrix[complex128]:
		r := dense.New[float64](a.Rows, 2*a.Cols)
		for i, v := range a.Data {
			r.Data[2*i], r.Data[2*i+1] = real(v), imag(v)
		}
		return r
	}
	panic("krylov: unreachable")
}
