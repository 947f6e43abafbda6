package matrix

import (
	"math"

	"pgregory.net/rapid"

	"eimtool/internal/scalar"
)

var symmetries = []Symmetry{General, Symmetric, SkewSymmetric, Hermitian}

// sample is a matrix with the two descriptions that the tests hold it against:
// the list of its stored entries in column-major order, and all its elements.
type sample struct {
	m        *Matrix
	stored   [][2]int
	elements [][]complex128
}

// kind is what a sample is asked to be.
type kind struct {
	rows, cols       int
	symmetry         Symmetry
	dense, isComplex bool
}

func drawShape(t *rapid.T, s Symmetry) (rows, cols int) {
	rows, cols = rapid.IntRange(0, 7).Draw(t, "rows"), rapid.IntRange(0, 7).Draw(t, "cols")
	if s != General {
		cols = rows
	}
	return rows, cols
}

func drawKind(t *rapid.T) kind {
	k := kind{
		symmetry:  rapid.SampledFrom(symmetries).Draw(t, "symmetry"),
		dense:     rapid.Bool().Draw(t, "dense"),
		isComplex: rapid.Bool().Draw(t, "complex"),
	}
	k.rows, k.cols = drawShape(t, k.symmetry)
	return k
}

// integers draws small integers: sums of their products are exact.
func integers() *rapid.Generator[float64] {
	return rapid.Map(rapid.IntRange(-9, 9), func(i int) float64 { return float64(i) })
}

// wide draws numbers over the range of float64.
func wide() *rapid.Generator[float64] {
	return rapid.Custom(func(t *rapid.T) float64 {
		return math.Ldexp(rapid.Float64Range(-1, 1).Draw(t, "mantissa"), rapid.SampledFrom([]int{-1060, -500, 0, 1, 3, 500, 1015}).Draw(t, "exponent"))
	})
}

func drawSample(t *rapid.T, k kind, number *rapid.Generator[float64]) sample {
	p := &Pattern{Rows: k.rows, Cols: k.cols, Symmetry: k.symmetry, Dense: k.dense}
	s := sample{m: &Matrix{Pattern: p}, elements: make([][]complex128, k.rows)}
	for i := range s.elements {
		s.elements[i] = make([]complex128, k.cols)
	}
	if !k.dense {
		p.ColPtr = make([]int, k.cols+1)
	}
	if k.isComplex {
		s.m.Complex = []complex128{}
	}
	sparsity := rapid.IntRange(0, 3).Draw(t, "sparsity")
	for j := range k.cols {
		for i := range k.rows {
			if k.symmetry != General && i < j || k.dense && k.symmetry == SkewSymmetric && i == j {
				continue
			}
			if !k.dense && rapid.IntRange(0, 3).Draw(t, "stored") < sparsity {
				continue
			}
			v := complex(number.Draw(t, "re"), 0)
			if k.isComplex {
				v = complex(real(v), number.Draw(t, "im"))
			}
			s.put(i, j, v)
		}
		if !k.dense {
			p.ColPtr[j+1] = len(p.RowIdx)
		}
	}
	return s
}

// put stores element (i, j), the next in column-major order.
func (s *sample) put(i, j int, v complex128) {
	s.stored = append(s.stored, [2]int{i, j})
	if !s.m.Dense {
		s.m.RowIdx = append(s.m.RowIdx, int32(i))
	}
	if s.m.Complex != nil {
		s.m.Complex = append(s.m.Complex, v)
	} else {
		s.m.Real = append(s.m.Real, real(v))
	}
	s.elements[i][j] = v
	if i == j {
		return
	}
	switch s.m.Symmetry {
	case Symmetric:
		s.elements[j][i] = v
	case SkewSymmetric:
		s.elements[j][i] = -v
	case Hermitian:
		s.elements[j][i] = complex(real(v), -imag(v))
	}
}

// vector returns the first n of x and their imaginary parts from the rest, as
// scalars T.
func vector[T scalar.Scalar](x []float64) []T {
	v := make([]T, len(x)/2)
	for i := range v {
		v[i] = scalar.Of[T](x[i], x[len(v)+i])
	}
	return v
}
