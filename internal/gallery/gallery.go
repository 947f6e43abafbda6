// Package gallery generates matrices about which something is known for
// certain: eigenvalues, determinants, inverses, inertia, resonances, structural
// rank. It serves tests and benchmarks only: nothing that ships imports it. It
// reads no files and, but for the log-determinants of Affine (by gonum), solves
// nothing; package oracle computes exactly what has no closed form.
//
// Everything is a function of its arguments: random matrices take a seed and
// are the same on every machine up to the rounding of the standard library.
// Impossible arguments panic, as a test that passes them is wrong.
package gallery

import (
	"fmt"

	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
)

// Matrix is a generated matrix: a pattern and one value per stored position.
type Matrix[T scalar.Scalar] struct {
	*matrix.Pattern
	Values []T
}

// Matrix returns m in the form that readers and writers use; the storage is shared.
func (m *Matrix[T]) Matrix() *matrix.Matrix {
	out := &matrix.Matrix{Pattern: m.Pattern}
	switch v := any(m.Values).(type) {
	case []float64:
		out.Real = v
	case []complex128:
		out.Complex = v
	}
	return out
}

// Complex returns the real matrix m with complex values. A symmetric one stays
// complex symmetric.
func Complex(m *Matrix[float64]) *Matrix[complex128] {
	v := make([]complex128, len(m.Values))
	for k, x := range m.Values {
		v[k] = complex(x, 0)
	}
	return &Matrix[complex128]{Pattern: m.Pattern, Values: v}
}

// Expand returns m with both triangles stored; m itself when it is general.
func (m *Matrix[T]) Expand() *Matrix[T] {
	if m.Symmetry == matrix.General {
		return m
	}
	b := newBuilder[T](m.Rows, m.Cols, matrix.General)
	m.each(b.add)
	return b.finish()
}

// AsDense returns m in dense storage of the same symmetry.
func (m *Matrix[T]) AsDense() *Matrix[T] {
	p := &matrix.Pattern{Rows: m.Rows, Cols: m.Cols, Symmetry: m.Symmetry, Dense: true}
	v := make([]T, p.NNZ())
	m.Each(func(k, i, j int) {
		at, _ := p.Find(i, j)
		v[at] = m.Values[k]
	})
	return &Matrix[T]{Pattern: p, Values: v}
}

// Shift returns m + s·I for a square m whose diagonal is stored. A Hermitian m
// takes the real part of s.
func (m *Matrix[T]) Shift(s T) *Matrix[T] {
	if m.Symmetry == matrix.Hermitian {
		s = scalar.Of[T](scalar.Real(s), 0)
	}
	v := append([]T(nil), m.Values...)
	for j := range m.Cols {
		k, ok := m.Find(j, j)
		if !ok {
			panic(fmt.Sprintf("gallery: entry (%d, %d) is not stored", j, j))
		}
		v[k] += s
	}
	return &Matrix[T]{Pattern: m.Pattern, Values: v}
}

// Permute returns B with B(rows[i], cols[j]) = A(i, j) in general storage.
func (m *Matrix[T]) Permute(rows, cols []int) *Matrix[T] {
	b := newBuilder[T](m.Rows, m.Cols, matrix.General)
	m.each(func(i, j int, v T) { b.add(rows[i], cols[j], v) })
	return b.finish()
}

// PermuteSymmetric returns B with B(p[i], p[j]) = A(i, j), of the same symmetry.
func (m *Matrix[T]) PermuteSymmetric(p []int) *Matrix[T] {
	b := newBuilder[T](m.Rows, m.Cols, m.Symmetry)
	m.Each(func(k, i, j int) {
		v := m.Values[k]
		i, j = p[i], p[j]
		if m.Symmetry != matrix.General && i < j {
			i, j, v = j, i, matrix.Mirror(m.Symmetry, v)
		}
		b.add(i, j, v)
	})
	return b.finish()
}

// Combine returns Σ coefficient_k · part_k. The parts share one pattern, as
// ThermalBlocks and Resonator give them.
func Combine[T scalar.Scalar](parts []*Matrix[T], coefficients []T) *Matrix[T] {
	v := make([]T, len(parts[0].Values))
	for k, part := range parts {
		if !part.Equal(parts[0].Pattern) {
			panic("gallery: parts of different patterns")
		}
		for q, x := range part.Values {
			v[q] += coefficients[k] * x
		}
	}
	return &Matrix[T]{Pattern: parts[0].Pattern, Values: v}
}

// each calls f with every entry of both triangles.
func (m *Matrix[T]) each(f func(i, j int, v T)) {
	m.Each(func(k, i, j int) {
		f(i, j, m.Values[k])
		if m.Symmetry != matrix.General && i != j {
			f(j, i, matrix.Mirror(m.Symmetry, m.Values[k]))
		}
	})
}
