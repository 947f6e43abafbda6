package reduced

import (
	"fmt"

	"eimtool/internal/dense"
)

// Derivative returns the coordinates of ∂x/∂μ_j at the point of the answer a,
// from the derivatives of the coefficients: dTheta of the matrix, dPhi of the
// right-hand side (nil when that does not depend on μ). It solves the projection
// of A·∂x = ∂b − ∂A·x, by the projection that a chose.
func (b *Basis[T]) Derivative(pt *Point[T], dTheta, dPhi []T, a *Answer[T]) (*dense.Matrix[T], error) {
	if err := b.checkPoint(pt); err != nil {
		return nil, err
	}
	if dPhi == nil {
		dPhi = make([]T, b.VB.Rows)
	}
	if len(dTheta) != b.VAV.Rows || len(dPhi) != b.VB.Rows {
		return nil, fmt.Errorf("reduced basis: %d and %d derivatives of coefficients; %d and %d were expected", len(dTheta), len(dPhi), b.VAV.Rows, b.VB.Rows)
	}
	r, s, nb := b.Size(), a.C.Rows, b.Columns
	if a.Projection != LeastSquares {
		rhs := assembleBlock(b.VB, dPhi, nb, s, nb)
		subtractProduct(rhs, assembleBlock(b.VAV, dTheta, r, s, s), a.C)
		return solveSquare(assembleBlock(b.VAV, pt.Theta, r, s, s), rhs)
	}
	ref := b.nearest(pt.Theta)
	rows := ref.AV.Cols / r
	rhs := assembleBlock(ref.B, dPhi, nb, rows, nb)
	subtractProduct(rhs, assembleBlock(ref.AV, dTheta, r, rows, s), a.C)
	d, _, err := dense.LeastSquares(assembleBlock(ref.AV, pt.Theta, r, rows, s), rhs, 0)
	if err != nil {
		return nil, fmt.Errorf("reduced basis: %w", err)
	}
	return d, nil
}
