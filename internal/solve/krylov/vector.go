package krylov

import (
	"gonum.org/v1/gonum/blas/gonum"

	"eimtool/internal/dense"
	"eimtool/internal/scalar"
)

// dotu returns Σ x_i·y_i, no conjugation.
func dotu[T scalar.Scalar](x, y []T) T {
	var s any
	switch x := any(x).(type) {
	case []float64:
		s = gonum.Implementation{}.Ddot(len(x), x, 1, any(y).([]float64), 1)
	case []complex128:
		s = gonum.Implementation{}.Zdotu(len(x), x, 1, any(y).([]complex128), 1)
	}
	return s.(T)
}

// column returns x as a matrix of one column that shares its storage.
func column[T scalar.Scalar](x []T) *dense.Matrix[T] {
	return &dense.Matrix[T]{Rows: len(x), Cols: 1, Data: x}
}

// realOf returns the scalar x + 0i.
func realOf[T scalar.Scalar](x float64) T { return scalar.Of[T](x, 0) }
