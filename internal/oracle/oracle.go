// Package oracle computes exactly, and slowly, what solvers compute in floating
// point: solutions, ranks, determinants, inverses and inertia of small matrices
// by fraction-free elimination on integers of any length, structural rank by
// maximum matching, and residuals without rounding. Floating-point numbers are
// rationals, so the answers are those of the matrix that was given, correctly
// rounded at the very end. It serves tests alone: orders up to about 30 for the
// elimination, any size for matchings and residuals.
//
// Elimination: Bareiss, "Sylvester's identity and multistep integer-preserving
// Gaussian elimination", Math. Comp. 22 (1968). Package gallery holds matrices
// whose answers are known in closed form; they test this package.
package oracle

import (
	"fmt"

	"eimtool/internal/dense"
	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
)

// SingularError reports that a matrix has no inverse, exactly.
type SingularError struct {
	Order, Rank int
}

func (e *SingularError) Error() string {
	return fmt.Sprintf("oracle: a matrix of order %d has rank %d", e.Order, e.Rank)
}

// Solve returns the solution of A·x = b and the rank of the square A; len(b) =
// A.Rows. Every part of x is the exact one rounded once to the nearest float64
// (infinite where that overflows). The error is a *SingularError when the rank
// is not full; x is nil then.
func Solve[T scalar.Scalar](p *matrix.Pattern, a, b []T) (x []T, rank int, err error) {
	return SolveOp(p, a, b, matrix.NoTranspose)
}

// SolveOp is Solve for op(A)·x = b.
func SolveOp[T scalar.Scalar](p *matrix.Pattern, a, b []T, op matrix.Op) (x []T, rank int, err error) {
	rhs := &dense.Matrix[T]{Rows: len(b), Cols: 1, Data: b}
	s, singular := solveBlock(p, a, rhs, op)
	if singular != nil {
		return nil, singular.Rank, singular
	}
	return s.Data, p.Rows, nil
}

// Inverse returns A⁻¹, every part rounded once, or a *SingularError.
func Inverse[T scalar.Scalar](p *matrix.Pattern, a []T) (*dense.Matrix[T], error) {
	identity := dense.New[T](p.Rows, p.Rows)
	for i := range p.Rows {
		identity.Set(i, i, 1)
	}
	x, singular := solveBlock(p, a, identity, matrix.NoTranspose)
	if singular != nil {
		return nil, singular
	}
	return x, nil
}

// Condition1 returns ‖A‖₁·‖A⁻¹‖₁ to a few units in the last place, or a
// *SingularError.
func Condition1[T scalar.Scalar](p *matrix.Pattern, a []T) (float64, error) {
	inverse, err := Inverse(p, a)
	if err != nil {
		return 0, err
	}
	full := dense.New[T](p.Rows, p.Cols)
	eachFull(p, a, full.Set)
	return norm1(full) * norm1(inverse), nil
}

func norm1[T scalar.Scalar](m *dense.Matrix[T]) float64 {
	var largest float64
	for j := range m.Cols {
		var s scalar.Sum
		for i := range m.Rows {
			s.Add(scalar.Abs(m.At(i, j)))
		}
		largest = max(largest, s.Value())
	}
	return largest
}

// Rank returns the exact rank of A, which need not be square.
func Rank[T scalar.Scalar](p *matrix.Pattern, a []T) int {
	t := newTable(p, a, nil, matrix.NoTranspose)
	return t.eliminate(false)
}

func solveBlock[T scalar.Scalar](p *matrix.Pattern, a []T, b *dense.Matrix[T], op matrix.Op) (*dense.Matrix[T], *SingularError) {
	if p.Rows != p.Cols || b.Rows != p.Rows {
		panic("oracle: a square matrix and a right-hand side of its order are needed")
	}
	t := newTable(p, a, b, op)
	if rank := t.eliminate(true); rank < p.Rows {
		return nil, &SingularError{Order: p.Rows, Rank: rank}
	}
	x := dense.New[T](b.Rows, b.Cols)
	for i := range x.Rows {
		for c := range x.Cols {
			x.Set(t.colAt[i], c, quotient[T](t.cell[i][p.Cols+c], t.pivot, t.bExp-t.aExp))
		}
	}
	return x, nil
}

// eachFull calls f with every entry of both triangles.
func eachFull[T scalar.Scalar](p *matrix.Pattern, a []T, f func(i, j int, v T)) {
	p.Each(func(k, i, j int) {
		f(i, j, a[k])
		if p.Symmetry != matrix.General && i != j {
			f(j, i, matrix.Mirror(p.Symmetry, a[k]))
		}
	})
}
