package matrix

import (
	"math"

	"eimtool/internal/scalar"
)

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
	p.Each(func(k, i, j int) { w[k] = float64(p.Multiplicity(i, j)) })
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
		if _, ok := p.Find(j, j); ok {
			full--
		}
	}
	return full
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

// Summary describes a matrix by numbers of the full matrix, both triangles.
type Summary struct {
	NNZ          int     // entries of the full matrix, explicit zeros included
	SumRe, SumIm float64 // sums of all entries, compensated
	Frobenius    float64 // Frobenius norm, +Inf when it exceeds float64
	MaxAbs       float64 // largest modulus
}

// Summary computes the summary of m. The norm neither over- nor underflows on
// the way.
func (m *Matrix) Summary() Summary {
	s := Summary{NNZ: m.FullNNZ()}
	var re, im scalar.Sum
	var norm scalar.Norm
	m.Each(func(k, i, j int) {
		v := m.At(k)
		w := float64(m.Multiplicity(i, j))
		re.Add(real(v))
		im.Add(imag(v))
		if w == 2 {
			mirror := Mirror(m.Symmetry, v)
			re.Add(real(mirror))
			im.Add(imag(mirror))
		}
		norm.Add(real(v), w)
		norm.Add(imag(v), w)
		s.MaxAbs = max(s.MaxAbs, math.Hypot(real(v), imag(v)))
	})
	s.SumRe, s.SumIm, s.Frobenius = re.Value(), im.Value(), norm.Value()
	return s
}

// MulVec computes y = A·x for the matrix with pattern p and values a, symmetric
// storage understood. len(x) = p.Cols, len(y) = p.Rows; x and y must not overlap.
func MulVec[T scalar.Scalar](p *Pattern, a, x, y []T) {
	clear(y)
	sym := p.Symmetry != General
	for j := range p.Cols {
		lo, hi := p.Column(j)
		xj := x[j]
		var mirrored T // row j of the strict upper triangle times x
		for k := lo; k < hi; k++ {
			i := p.Row(k, j)
			y[i] += a[k] * xj
			if sym && i != j {
				mirrored += Mirror(p.Symmetry, a[k]) * x[i]
			}
		}
		if sym {
			y[j] += mirrored
		}
	}
}

// Distance holds the distance of two matrices in two norms of the full matrix.
type Distance struct {
	MaxAbs, Frobenius       float64 // of the difference
	RefMaxAbs, RefFrobenius float64 // of the reference
}

// RelativeMax returns max|A−B| / max|A|.
func (d Distance) RelativeMax() float64 { return ratio(d.MaxAbs, d.RefMaxAbs) }

// RelativeFrobenius returns ‖A−B‖_F / ‖A‖_F.
func (d Distance) RelativeFrobenius() float64 { return ratio(d.Frobenius, d.RefFrobenius) }

// ratio is a/b, with 0/0 = 0.
func ratio(a, b float64) float64 {
	if a == 0 {
		return 0
	}
	return a / b
}

// Compare returns the distance of b from the reference a. The two must have
// the same shape; their patterns, symmetries and fields may differ.
func Compare(a, b *Matrix) Distance {
	if a.Symmetry != b.Symmetry || a.Dense != b.Dense {
		a, b = a.Expand(), b.Expand()
	}
	var d Distance
	var diff, ref scalar.Norm
	add := func(i, j int, x, y complex128) {
		w := float64(a.Multiplicity(i, j))
		e := y - x
		d.MaxAbs = max(d.MaxAbs, math.Hypot(real(e), imag(e)))
		d.RefMaxAbs = max(d.RefMaxAbs, math.Hypot(real(x), imag(x)))
		diff.Add(real(e), w)
		diff.Add(imag(e), w)
		ref.Add(real(x), w)
		ref.Add(imag(x), w)
	}
	for j := range a.Cols {
		k, aHi := a.Column(j)
		l, bHi := b.Column(j)
		for k < aHi || l < bHi {
			ia, ib := math.MaxInt, math.MaxInt
			if k < aHi {
				ia = a.Row(k, j)
			}
			if l < bHi {
				ib = b.Row(l, j)
			}
			switch {
			case ia == ib:
				add(ia, j, a.At(k), b.At(l))
				k++
				l++
			case ia < ib:
				add(ia, j, a.At(k), 0)
				k++
			default:
				add(ib, j, 0, b.At(l))
				l++
			}
		}
	}
	d.Frobenius, d.RefFrobenius = diff.Value(), ref.Value()
	return d
}
