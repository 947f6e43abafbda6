package matrix

import "eimtool/internal/scalar"

// Multiplicity returns how often a stored entry (i, j) occurs in the full
// matrix: 2 off the diagonal of a symmetric kind, otherwise 1.
func (p *Pattern) Multiplicity(i, j int) int {
	if p.Symmetry != General && i != j {
		return 2
	}
	return 1
}

// Multiplicities returns the multiplicity of every stored entry, nil when all
// are 1.
func (p *Pattern) Multiplicities() []float64 {
	if p.Symmetry == General {
		return nil
	}
	w := make([]float64, p.NNZ())
	for k := range w {
		w[k] = 2
	}
	for j := range p.Cols {
		if p.hasDiagonal(j) {
			w[p.start(j)] = 1
		}
	}
	return w
}

// FullNNZ returns the number of entries of the full matrix: those stored and
// their mirror images.
func (p *Pattern) FullNNZ() int {
	if p.Dense {
		// The diagonal that a dense skew-symmetric matrix does not store is part of it.
		return p.Rows * p.Cols
	}
	n := p.NNZ()
	if p.Symmetry == General {
		return n
	}
	full := 2 * n
	for j := range p.Cols {
		if p.hasDiagonal(j) {
			full--
		}
	}
	return full
}

// hasDiagonal reports whether the first stored entry of column j of a
// symmetric kind is on the diagonal.
func (p *Pattern) hasDiagonal(j int) bool {
	if p.Dense {
		return p.Symmetry != SkewSymmetric && j < p.Rows
	}
	k := p.ColPtr[j]
	return k < p.ColPtr[j+1] && int(p.RowIdx[k]) == j
}

// Mirror returns the value at (j, i) when v is stored at (i, j), i ≠ j.
func Mirror[T scalar.Scalar](s Symmetry, v T) T {
	switch s {
	case SkewSymmetric:
		return -v
	case Hermitian:
		return scalar.Conj(v)
	default:
		return v
	}
}
