package family

import (
	"fmt"
	"math"

	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
)

// Align returns the values of m in the form of a row of family f: on its
// pattern, in its symmetry and field. It also returns how many nonzero entries
// of m the pattern does not have; they are left out. Shape, symmetry or field
// that do not fit are an error. The values may be those of m. Of f only Pattern,
// Complex and Hermitian are used.
func Align(f *Family, m *matrix.Matrix) (values matrix.Values, outside int, err error) {
	v, out, err := align(f, m)
	return v, out.Count, err
}

func align(f *Family, m *matrix.Matrix) (matrix.Values, Outside, error) {
	m, err := layoutOf(f.Pattern).conform(m)
	if err != nil {
		return matrix.Values{}, Outside{}, err
	}
	var out Outside
	v := m.Values
	if !m.Pattern.Equal(f.Pattern) {
		v, out = ontoReference(f.Pattern, m.Pattern, v)
	}
	v, err = f.fieldOf(v)
	return v, out, err
}

// fieldOf converts values on the pattern of f to its field.
func (f *Family) fieldOf(v matrix.Values) (matrix.Values, error) {
	switch {
	case f.Hermitian:
		return matrix.Values{Real: split(v)}, nil
	case f.Complex:
		return matrix.Values{Complex: promote(v)}, nil
	case v.Complex == nil:
		return v, nil
	}
	re, ok := realParts(v.Complex)
	if !ok {
		return matrix.Values{}, fmt.Errorf("is complex, but the family is real")
	}
	return matrix.Values{Real: re}, nil
}

// promote returns v as complex values.
func promote(v matrix.Values) []complex128 {
	if v.Complex != nil {
		return v.Complex
	}
	c := make([]complex128, len(v.Real))
	for k, x := range v.Real {
		c[k] = complex(x, 0)
	}
	return c
}

// split returns the real parts of v, then the imaginary parts.
func split(v matrix.Values) []float64 {
	n := v.Len()
	s := make([]float64, 2*n)
	if v.Complex == nil {
		copy(s, v.Real)
		return s
	}
	re, im := s[:n], s[n:]
	for k, x := range v.Complex {
		re[k], im[k] = real(x), imag(x)
	}
	return s
}

// realParts returns the real parts of v if all imaginary parts are zero.
func realParts(v []complex128) ([]float64, bool) {
	if !allReal(v) {
		return nil, false
	}
	re := make([]float64, len(v))
	for k, x := range v {
		re[k] = real(x)
	}
	return re, true
}

// scatter writes the values v on pattern p into dst on pattern u; both are
// sparse and of one shape and symmetry. Entries of p that u does not have are
// given to outside. Both patterns are walked once, column by column.
func scatter[T scalar.Scalar](dst []T, u, p *matrix.Pattern, v []T, outside func(k, i, j int)) {
	for j := range p.Cols {
		l, end := u.ColPtr[j], u.ColPtr[j+1]
		for k := p.ColPtr[j]; k < p.ColPtr[j+1]; k++ {
			i := p.RowIdx[k]
			for l < end && u.RowIdx[l] < i {
				l++
			}
			if l < end && u.RowIdx[l] == i {
				dst[l] = v[k]
			} else {
				outside(k, int(i), j)
			}
		}
	}
}

// onto returns values on pattern p moved to pattern u, zero where p has no
// entry. What does not fit is given to outside.
func onto(u, p *matrix.Pattern, v matrix.Values, outside func(k, i, j int)) (moved matrix.Values) {
	if v.IsComplex() {
		moved.Complex = make([]complex128, u.NNZ())
		scatter(moved.Complex, u, p, v.Complex, outside)
	} else {
		moved.Real = make([]float64, u.NNZ())
		scatter(moved.Real, u, p, v.Real, outside)
	}
	return moved
}

// ontoReference is onto for the pattern of a reference family, and describes
// what does not fit.
func ontoReference(u, p *matrix.Pattern, v matrix.Values) (matrix.Values, Outside) {
	var (
		out  Outside
		norm scalar.Norm
	)
	moved := onto(u, p, v, func(k, i, j int) {
		x := v.At(k)
		if x == 0 {
			return
		}
		w := float64(p.Multiplicity(i, j))
		out.Count++
		out.MaxAbs = max(out.MaxAbs, math.Hypot(real(x), imag(x)))
		norm.Add(real(x), w)
		norm.Add(imag(x), w)
	})
	out.Frobenius = norm.Value()
	return moved, out
}
