package features

import (
	"math"
	"math/cmplx"

	"eimtool/internal/matrix"
)

// ValueOf returns the unscaled value of a feature in a whole matrix, of any
// symmetry and storage; for features with Imag it is the complex number whose
// imaginary part is meant. An entry that is not stored is zero. A preserved
// product needs the vectors that the feature was made with; without its vector
// the value is NaN, that of a missing sensor.
func ValueOf(m *matrix.Matrix, f Feature, preserve ...[]complex128) complex128 {
	switch f.Kind {
	case KindConstant:
		return 1
	case KindEntry:
		return entry(m, f.Row, f.Col)
	case KindRowSum:
		return rowProduct(m, f.Row, nil)
	case KindPreserve:
		if f.Vector < len(preserve) && len(preserve[f.Vector]) == m.Cols {
			return rowProduct(m, f.Row, preserve[f.Vector])
		}
	}
	return complex(math.NaN(), math.NaN())
}

// entry returns element (i, j) of the full matrix.
func entry(m *matrix.Matrix, i, j int) complex128 {
	mirrored := m.Symmetry != matrix.General && i < j
	if mirrored {
		i, j = j, i
	}
	k, ok := m.Find(i, j)
	if !ok {
		return 0
	}
	v := m.At(k)
	if mirrored {
		v = matrix.Mirror(m.Symmetry, v)
	}
	return v
}

// rowProduct returns component i of m·v, compensated; v nil means all ones.
func rowProduct(m *matrix.Matrix, i int, v []complex128) complex128 {
	var sum, c complex128
	for j := range m.Cols {
		a := entry(m, i, j)
		if v != nil {
			a *= v[j]
		}
		if a == 0 || cmplx.IsNaN(a) {
			sum += a
			continue
		}
		t := sum + a
		u := t - sum
		c += (sum - (t - u)) + (a - u)
		sum = t
	}
	return sum + c
}
