package oracle

import (
	"fmt"

	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
)

// Inertia counts eigenvalues by sign.
type Inertia struct{ Positive, Negative, Zero int }

// NotHermitianError names a pair of entries that are not conjugate to each other.
type NotHermitianError struct{ Row, Column int }

func (e *NotHermitianError) Error() string {
	return fmt.Sprintf("oracle: entries (%d, %d) and (%d, %d) are not conjugate", e.Row, e.Column, e.Column, e.Row)
}

// InertiaOf returns the exact inertia of a real symmetric or Hermitian matrix in
// any storage, or a *NotHermitianError. It eliminates by integer congruences:
// with the pivots p_k, which are leading minors of the transformed matrix, the
// signs of p_k / p_{k-1} are those of the eigenvalues (Sylvester, Jacobi).
func InertiaOf[T scalar.Scalar](p *matrix.Pattern, a []T) (Inertia, error) {
	if p.Rows != p.Cols {
		panic("oracle: only a square matrix has an inertia")
	}
	t := newTable(p, a, nil, matrix.NoTranspose)
	for i := range t.cell {
		for j := range i + 1 {
			if difference := t.cell[i][j].add(t.cell[j][i].conj().neg()); !difference.isZero() {
				return Inertia{}, &NotHermitianError{Row: i, Column: j}
			}
		}
	}
	var in Inertia
	previous := gauss{integer(1, 0), integer(0, 0)}
	for k := range t.cell {
		if !t.diagonalPivot(k) {
			in.Zero = p.Rows - k
			break
		}
		t.pivot = t.cell[k][k]
		for r := k + 1; r < p.Rows; r++ {
			t.reduce(r, k, previous)
		}
		if t.pivot.re.Sign() == previous.re.Sign() {
			in.Positive++
		} else {
			in.Negative++
		}
		previous = t.pivot
	}
	return in, nil
}

// diagonalPivot brings a nonzero to diagonal position k by a congruence of the
// rest of the table, which works on the given matrix alike; false when the rest
// is zero. Where the rest has a zero diagonal and c = a_ij ≠ 0, row i + c·row j
// and column i + c̄·column j give a_ii = 2|c|².
func (t *table) diagonalPivot(k int) bool {
	for i := k; i < t.order; i++ {
		if !t.cell[i][i].isZero() {
			t.swapBoth(k, i)
			return true
		}
	}
	for i := k; i < t.order; i++ {
		for j := k; j < i; j++ {
			c := t.cell[i][j]
			if c.isZero() {
				continue
			}
			for q := k; q < t.order; q++ {
				t.cell[i][q] = t.cell[i][q].add(c.mul(t.cell[j][q]))
			}
			for q := k; q < t.order; q++ {
				t.cell[q][i] = t.cell[q][i].add(c.conj().mul(t.cell[q][j]))
			}
			t.swapBoth(k, i)
			return true
		}
	}
	return false
}

// swapBoth exchanges rows and columns k and i.
func (t *table) swapBoth(k, i int) {
	t.cell[k], t.cell[i] = t.cell[i], t.cell[k]
	for _, row := range t.cell {
		row[k], row[i] = row[i], row[k]
	}
}
