package solve

import (
	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
	"eimtool/internal/solve/direct"
)

// kinds lists the factorisations to try, in order: the next one when pivots
// are missing, which for Cholesky says nothing of singularity.
func (s *Solver[T]) kinds(values []T) []direct.Kind {
	if s.opt.Method == "lu" {
		return []direct.Kind{direct.LU}
	}
	var kinds []direct.Kind
	switch s.symmetry(values) {
	case matrix.Hermitian:
		if s.opt.Method != "ldl" && matrix.PositiveDiagonal(s.pattern, values) {
			kinds = append(kinds, direct.Cholesky)
		}
		return append(kinds, direct.Hermitian)
	case matrix.Symmetric:
		return []direct.Kind{direct.Symmetric}
	}
	return []direct.Kind{direct.LU}
}

// symmetry returns the symmetry the matrix has: Hermitian also for real
// symmetric ones, Symmetric for complex ones that are not Hermitian, General
// for the rest, skew-symmetric ones included. General storage is compared
// value by value: pairs may differ by symmetryTolerance.
func (s *Solver[T]) symmetry(values []T) matrix.Symmetry {
	p := s.pattern
	switch {
	case p.Symmetry == matrix.SkewSymmetric:
		return matrix.General
	case p.Symmetry == matrix.Symmetric && !scalar.IsComplex[T]():
		return matrix.Hermitian
	case p.Symmetry == matrix.Hermitian:
		if !realDiagonal(p, values) {
			return matrix.General
		}
		return matrix.Hermitian
	case p.Symmetry == matrix.Symmetric:
		return matrix.Symmetric
	case !p.Dense && s.transpose == nil:
		return matrix.General
	}
	hermitian, symmetric := true, true
	s.pattern.Each(func(k, i, j int) {
		if i < j || !hermitian && !symmetric {
			return
		}
		v, w := values[k], values[s.mirror(k, i, j)]
		symmetric = symmetric && same(v, w)
		hermitian = hermitian && same(v, scalar.Conj(w))
	})
	switch {
	case hermitian:
		return matrix.Hermitian
	case symmetric:
		return matrix.Symmetric
	}
	return matrix.General
}

// symmetryTolerance is the relative difference of mirror images that passes for
// rounding: a matrix assembled from two sides. The factor is then that of the
// lower triangle and its image, a perturbation no larger than the rounding
// errors of the factorisation itself; residuals are those of the matrix as given.
const symmetryTolerance = 4 * scalar.Eps

// same reports whether v and w differ by rounding at most.
func same[T scalar.Scalar](v, w T) bool {
	return v == w || scalar.Abs(v-w) <= symmetryTolerance*scalar.Abs(v)
}

// mirror returns the place of entry (j, i) of a general pattern, k that of (i, j).
func (s *Solver[T]) mirror(k, i, j int) int {
	if s.pattern.Dense {
		return j + i*s.pattern.Rows
	}
	return int(s.transpose[k])
}

// mirrorPlaces returns the place of the mirror image of every entry of a
// general sparse pattern, nil when one is not stored. Column by column the
// images of the entries of column j are met in the order of row j.
func mirrorPlaces(p *matrix.Pattern) []int32 {
	next := append([]int(nil), p.ColPtr...)
	place := make([]int32, p.NNZ())
	for j := range p.Cols {
		for k := p.ColPtr[j]; k < p.ColPtr[j+1]; k++ {
			i := p.RowIdx[k]
			at := next[i]
			if at == p.ColPtr[i+1] || int(p.RowIdx[at]) != j {
				return nil
			}
			place[k] = int32(at)
			next[i]++
		}
	}
	return place
}

// realDiagonal reports whether the stored diagonal has no imaginary part.
func realDiagonal[T scalar.Scalar](p *matrix.Pattern, values []T) bool {
	for j := range p.Cols {
		if k, ok := p.Find(j, j); ok && scalar.Imag(values[k]) != 0 {
			return false
		}
	}
	return true
}
