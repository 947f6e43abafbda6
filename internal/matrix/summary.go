package matrix

import (
	"context"

	"eimtool/internal/scalar"
)

// Summary describes a matrix by numbers of the full matrix, both triangles.
type Summary struct {
	NNZ          int     // entries of the full matrix, explicit zeros included
	SumRe, SumIm float64 // sums of all entries, compensated
	Frobenius    float64 // Frobenius norm, +Inf when it exceeds float64
	MaxAbs       float64 // largest modulus
}

// Summary computes the summary of m on all processors. The norm neither over-
// nor underflows on the way. The result does not depend on their number.
func (m *Matrix) Summary() Summary {
	if m.IsComplex() {
		return summarize(m.Pattern, m.Complex)
	}
	return summarize(m.Pattern, m.Real)
}

func summarize[T scalar.Scalar](p *Pattern, v []T) Summary {
	size := columnBlock(p.Cols, p.NNZ())
	parts := make([][2]measure, scalar.BlockCount(p.Cols, size))
	never := context.Background()
	_ = scalar.Blocks(never, p.Cols, size, 0, func(b, lo, hi int) { // never cancelled
		parts[b] = summarizeColumns(p, v, lo, hi)
	})
	var once, twice measure
	for b := range parts {
		once.merge(&parts[b][0])
		twice.merge(&parts[b][1])
	}
	re, im := once.re, once.im
	switch p.Symmetry { // the entries below the diagonal and their mirror images
	case Symmetric:
		re.Merge(twice.re, 2)
		im.Merge(twice.im, 2)
	case Hermitian:
		re.Merge(twice.re, 2)
	}
	s := Summary{NNZ: p.FullNNZ(), SumRe: re.Value(), SumIm: im.Value()}
	once.merge(&twice)
	s.Frobenius, s.MaxAbs = once.norms()
	return s
}

// summarizeColumns measures the entries of columns lo..hi-1 that count once
// and those that count twice in the full matrix.
func summarizeColumns[T scalar.Scalar](p *Pattern, v []T, lo, hi int) [2]measure {
	once := &lane[T]{weight: 1, sums: true}
	if p.Symmetry == General {
		once.add(v[p.start(lo):p.start(hi)])
		once.flush()
		return [2]measure{once.measure, {}}
	}
	twice := &lane[T]{weight: 2, sums: true}
	for j := lo; j < hi; j++ {
		k, end := p.Column(j)
		if p.hasDiagonal(j) {
			once.add(v[k : k+1])
			k++
		}
		twice.add(v[k:end])
	}
	once.flush()
	twice.flush()
	return [2]measure{once.measure, twice.measure}
}
