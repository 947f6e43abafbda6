package solve

import (
	"context"
	"errors"
	"math"

	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
	"eimtool/internal/solve/direct"
)

// SelectedInverse returns A⁻ᵀ on the pattern of A, in the storage of A: for
// every stored entry (i, j) the element (A⁻¹)_ji, which is the derivative of
// log det A by A_ij. That is what TraceProduct(p, z, b) = tr(A⁻¹·B) takes, also
// where (j, i) is not stored. A⁻ᵀ has the symmetry of A, so that one triangle
// stands for both as in A: its value at (j, i) is that at (i, j) for symmetric
// storage, the negative for skew-symmetric and the conjugate for Hermitian.
//
// The method is that of direct.Numeric.SelectedInverse; it costs about two
// factorisations, and its bits do not depend on the number of threads. Every
// step multiplies by rows of L, so that errors grow with the elements of L from
// front to front: when InverseDefect finds more than inverseDefect, the matrix
// is factorised once more with a pivot threshold that keeps them below 2, and
// the better result is returned. What error is left is about the condition of
// the matrix times the rounding unit; InverseDefect shows it.
//
// The error is a *NonFiniteError when an element exceeds float64, an
// *UnsupportedError for Hermitian storage whose diagonal is not real, whose
// inverse has no symmetry, or ctx's.
func (f *Factor[T]) SelectedInverse(ctx context.Context) ([]T, error) {
	if f.pattern.Symmetry == matrix.Hermitian && f.kind == direct.LU && !realDiagonal(f.pattern, f.values) {
		return nil, &UnsupportedError{What: "the selected inverse", Reason: "the matrix is stored as Hermitian but its diagonal is not real; store it in general storage"}
	}
	z, err := f.selectedInverse(ctx, f.numeric)
	if err != nil {
		return nil, err
	}
	if f.kind != direct.Cholesky {
		if d := InverseDefect(f.pattern, z, f.values); !(d <= inverseDefect) {
			if z, err = f.strictInverse(ctx, z, d); err != nil {
				return nil, err
			}
		}
	}
	if !scalar.AllFinite(z) {
		return nil, &NonFiniteError{What: "inverse"}
	}
	return z, nil
}

// inverseDefect is the largest defect of a selected inverse that raises no
// suspicion, and strictTau the pivot threshold when there is one.
const (
	inverseDefect = 1e-12
	strictTau     = 0.5
)

// selectedInverse returns the selected inverse by the factor n of the scaled
// matrix.
func (f *Factor[T]) selectedInverse(ctx context.Context, n *direct.Numeric[T]) ([]T, error) {
	z, err := n.SelectedInverse(ctx, f.solver.opt.Threads)
	if err != nil {
		return nil, err
	}
	if f.kind != direct.LU && f.pattern.Symmetry == matrix.General && !f.pattern.Dense {
		f.reflect(z)
	}
	return z, nil
}

// strictInverse returns z, of the given defect, or the selected inverse by a
// factor with strictTau when its defect is smaller.
func (f *Factor[T]) strictInverse(ctx context.Context, z []T, defect float64) ([]T, error) {
	s := f.solver
	n := s.numeric(f.symbolic)
	defer s.recycle(f.symbolic, n)
	m := direct.Matrix[T]{Values: f.values, Row: f.scale.row, Col: f.scale.col}
	err := n.Factorise(ctx, m, direct.Rules{Kind: f.kind, Tau: strictTau, Threads: s.opt.Threads})
	var none *direct.PivotError
	if errors.As(err, &none) {
		return z, nil
	}
	if err != nil {
		return nil, err
	}
	y, err := f.selectedInverse(ctx, n)
	if err != nil {
		return nil, err
	}
	if d := InverseDefect(f.pattern, y, f.values); d < defect || defect != defect {
		z = y
	}
	return z, nil
}

// InverseDefect returns max_i |(A·A⁻¹)_ii - 1| for the values a of A and its
// selected inverse z, both of pattern p: how well the diagonal of the identity
// comes out. It is NaN when z or a sum is not finite.
func InverseDefect[T scalar.Scalar](p *matrix.Pattern, z, a []T) float64 {
	row := make([]T, p.Rows)
	half := p.Symmetry != matrix.General
	hermitian := p.Symmetry == matrix.Hermitian
	p.Each(func(k, i, j int) {
		t := z[k] * a[k]
		row[i] += t
		if half && i != j {
			if hermitian {
				t = scalar.Conj(t)
			}
			row[j] += t
		}
	})
	worst, one := 0.0, scalar.Of[T](1, 0)
	for _, t := range row {
		d := scalar.Abs(t - one)
		if d-d != 0 {
			return math.NaN()
		}
		worst = max(worst, d)
	}
	return worst
}

// reflect fills the entries above the diagonal of general storage with the
// mirror images of those below.
func (f *Factor[T]) reflect(z []T) {
	sym := matrix.Symmetric
	if f.kind != direct.Symmetric {
		sym = matrix.Hermitian
	}
	f.pattern.Each(func(k, i, j int) {
		if i < j {
			z[k] = matrix.Mirror(sym, z[f.solver.mirror(k, i, j)])
		}
	})
}

// TraceProduct returns tr(A⁻¹·B) for the selected inverse z of A and the values
// b of a matrix of the same pattern and symmetry: Σ z_ij·b_ij over all entries,
// entries off the diagonal of symmetric kinds counted with their mirror images.
// Sums are compensated: the error is that of a few roundings of every term.
func TraceProduct[T scalar.Scalar](p *matrix.Pattern, z, b []T) T {
	var diagonal, others traceSum
	half := p.Symmetry != matrix.General
	for j := range p.Cols {
		lo, hi := p.Column(j)
		if half && lo < hi && p.Row(lo, j) == j {
			addProducts(&diagonal, z[lo:lo+1], b[lo:lo+1])
			lo++
		}
		addProducts(&others, z[lo:hi], b[lo:hi])
	}
	switch {
	case p.Symmetry == matrix.Hermitian: // the sum and its conjugate
		diagonal.re.Merge(others.re, 2)
	case half:
		diagonal.re.Merge(others.re, 2)
		diagonal.im.Merge(others.im, 2)
	default:
		diagonal = others
	}
	return scalar.Of[T](diagonal.re.Value(), diagonal.im.Value())
}

// traceSum is a compensated sum of real and imaginary parts.
type traceSum struct{ re, im scalar.Sum }

// addProducts adds x[k]·y[k] for all k.
func addProducts[T scalar.Scalar](s *traceSum, x, y []T) {
	switch x := any(x).(type) {
	case []float64:
		for k, v := range any(y).([]float64) {
			s.re.Add(x[k] * v)
		}
	case []complex128:
		for k, v := range any(y).([]complex128) {
			s.re.Add(real(x[k]) * real(v))
			s.re.Add(-imag(x[k]) * imag(v))
			s.im.Add(real(x[k]) * imag(v))
			s.im.Add(imag(x[k]) * real(v))
		}
	}
}
