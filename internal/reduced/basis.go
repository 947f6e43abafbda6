package reduced

import (
	"fmt"

	"eimtool/internal/dense"
	"eimtool/internal/scalar"
)

// Basis is the reduced model of x(μ): plain data, safe for concurrent use once
// built. With q terms of the matrix, t of the right-hand side, nb right-hand
// sides, r vectors V, d vectors Q, K probes and nq outputs. Vectors of V and Q
// are ordered by importance: the first ones are smaller bases.
type Basis[T scalar.Scalar] struct {
	V *dense.Matrix[T] `doc:"n x r, orthonormal basis of the solutions, needed only to write x"`

	VAV *dense.Matrix[T] `doc:"q x r*r, V^H T_l V by rows"`
	VB  *dense.Matrix[T] `doc:"t x r*nb, V^H b_t by rows"`
	QAQ *dense.Matrix[T] `doc:"q x d*d, Q^H T_l Q by rows; Q approximates the adjoint solutions of random probes"`
	QAV *dense.Matrix[T] `doc:"q x d*r, Q^H T_l V by rows"`
	QB  *dense.Matrix[T] `doc:"t x d*nb, Q^H b_t by rows"`
	ZQ  *dense.Matrix[T] `doc:"K x d, z^H Q of the probes"`
	CV  *dense.Matrix[T] `doc:"nq x r, c^T V of the outputs"`
	CQ  *dense.Matrix[T] `doc:"nq x d, c^T Q of the outputs"`

	References []Reference[T] // of the preconditioned least squares; none where Galerkin alone is enough
	Positive   bool           // every reduced matrix seen was positive definite

	Unknowns, Vectors, Columns int       // n, r, nb
	TermNorm                   []float64 `doc:"q, Frobenius norms of the terms"`
	TermNorm1                  []float64 `doc:"q, 1-norms of the terms"`
	Norm1                      float64   // largest 1-norm of the samples, 0 without samples
	OutputNorm                 []float64 `doc:"nq, norms of the output vectors"`

	Paired      bool // the columns are real parts followed by imaginary parts of complex ones
	Combined    bool // the terms are combinations of samples
	Calibration Calibration
	Energy      *Energy[T]

	Sigma     []float64              `doc:"singular values of the solutions, scaled to norm 1"`
	DualSigma []float64              `doc:"singular values of the adjoint solutions, scaled to norm 1"`
	Nodes     *dense.Matrix[float64] `doc:"parameters of the nodes of the greedy algorithm"`
	History   []float64              `doc:"indicator of the relative error before each node"`

	Solutions          *dense.Matrix[T] `doc:"N*nb x r, solutions at the samples as coordinates in V"`
	SolutionProjection []float64        `doc:"N*nb, their relative distances from the span of V"`

	Warnings []string
}

// Reference is one sketch of the preconditioned equation: P the inverse at one
// node, Θ a random s × n matrix.
type Reference[T scalar.Scalar] struct {
	Theta []T              `doc:"q, coefficients of the matrix at the node"`
	AV    *dense.Matrix[T] `doc:"q x s*r, sketch P T_l V by rows"`
	B     *dense.Matrix[T] `doc:"t x s*nb, sketch P b_t by rows"`
}

// Calibration holds what the samples left out taught.
type Calibration struct {
	Events        int     // samples left out
	Ratio         float64 // m, largest error of the reduction over its dual estimate; 0 when not measured
	Factor        float64 // of the dual estimate: max(2, 1.1·m); 2.5 without left-out samples
	Amplification float64 // 90 % quantile of (error of x)/(error of A and b)
	// LoadAmplification is the same for errors of b: a caller may raise
	// Amplification where the left-out samples show no error of A.
	LoadAmplification float64
	OutputFactor      float64 // 95 % quantile of (error of an output)/(difference to 0.7·r), within [1, 20]
	LargestError      float64 // of x at the left-out samples against their true solutions; -1 when not measured
}

// Size returns r.
func (b *Basis[T]) Size() int { return b.Vectors }

// dual returns d.
func (b *Basis[T]) dual() int { return b.ZQ.Cols }

// dualSize returns how many dual vectors go with the first s vectors.
func (b *Basis[T]) dualSize(s int) int {
	if s >= b.Size() {
		return b.dual()
	}
	return min(b.dual(), (b.dual()*s+b.Size()-1)/b.Size())
}

// assembleBlock returns Σ_l coef_l·row_l of a tensor whose rows are matrices with
// stride columns, restricted to its leading rows × cols part.
func assembleBlock[T scalar.Scalar](tensor *dense.Matrix[T], coef []T, stride, rows, cols int) *dense.Matrix[T] {
	m := dense.New[T](rows, cols)
	if cols == stride {
		for l, v := range coef {
			dense.Axpy(v, tensor.Row(l)[:rows*cols], m.Data)
		}
		return m
	}
	for l, v := range coef {
		t := tensor.Row(l)
		for i := range rows {
			dense.Axpy(v, t[i*stride:i*stride+cols], m.Row(i))
		}
	}
	return m
}

// Expand computes x = V·c for coordinates c in the first c.Rows vectors of V,
// the only operation that needs V. x is n × c.Cols.
func (b *Basis[T]) Expand(c, x *dense.Matrix[T], threads int) {
	if c.Rows > b.V.Cols || x.Rows != b.V.Rows || x.Cols != c.Cols {
		panic("reduced: shapes do not fit")
	}
	expand(b.V, c, x, threads)
}

// nearest returns the reference whose matrix is nearest to that at theta,
// measured term by term in the Frobenius norm.
func (b *Basis[T]) nearest(theta []T) *Reference[T] {
	best, k := 0.0, -1
	for i := range b.References {
		if d := termDistance(theta, b.References[i].Theta, b.TermNorm); k < 0 || d < best {
			best, k = d, i
		}
	}
	return &b.References[k]
}

// termDistance returns Σ_l |s_l - t_l|²·|T_l|², the squared Frobenius distance of
// two matrices when the terms are orthogonal.
func termDistance[T scalar.Scalar](s, t []T, norm []float64) float64 {
	var d float64
	for l, v := range s {
		a := scalar.Abs(v-t[l]) * norm[l]
		d += a * a
	}
	return d
}

// checkPoint refuses coefficients that do not belong to this basis.
func (b *Basis[T]) checkPoint(pt *Point[T]) error {
	if err := checkPoint(pt, b.VAV.Rows, b.VB.Rows); err != nil {
		return fmt.Errorf("reduced basis: %w", err)
	}
	return nil
}
