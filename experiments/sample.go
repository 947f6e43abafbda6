package main

import (
	"math"
	"math/rand/v2"

	"eimtool/internal/dense"
	"eimtool/internal/scalar"
)

// equidistant returns n equidistant points from lo to hi.
func equidistant(lo, hi float64, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = lo + (hi-lo)*float64(i)/float64(n-1)
	}
	return x
}

// column returns the values as a matrix of one column: parameters by rows.
func column[T scalar.Scalar](x []T) *dense.Matrix[T] {
	return &dense.Matrix[T]{Rows: len(x), Cols: 1, Data: x}
}

// grid returns the points of a tensor grid by rows, the last axis fastest.
func grid(axes ...[]float64) *dense.Matrix[float64] {
	n := 1
	for _, a := range axes {
		n *= len(a)
	}
	m := dense.New[float64](n, len(axes))
	for i := range n {
		rest := i
		for j := len(axes) - 1; j >= 0; j-- {
			m.Set(i, j, axes[j][rest%len(axes[j])])
			rest /= len(axes[j])
		}
	}
	return m
}

// random returns n points of the box, uniformly distributed, by rows.
func random(n int, lo, hi []float64, seed uint64) *dense.Matrix[float64] {
	rng := rand.New(rand.NewPCG(seed, 6))
	m := dense.New[float64](n, len(lo))
	for i := range m.Data {
		j := i % len(lo)
		m.Data[i] = lo[j] + (hi[j]-lo[j])*rng.Float64()
	}
	return m
}

// worst keeps the largest of the values it is shown.
type worst float64

func (w *worst) see(x float64) { *w = worst(math.Max(float64(*w), x)) }
