package krylov

import (
	"math"

	"eimtool/internal/dense"
	"eimtool/internal/scalar"
)

// nonnegative returns the x ≥ 0 that minimises |k - x·A|, and that norm, by the
// active set method of Lawson and Hanson (Solving Least Squares Problems,
// SIAM 1995, chapter 23). A is M×N.
func nonnegative(a *dense.Matrix[float64], k []float64) (x []float64, residual float64) {
	m := a.Rows
	x = make([]float64, m)
	free := make([]bool, m)
	size := make([]float64, m)
	for i := range size {
		size[i] = dense.Norm(a.Row(i))
	}
	rest := append([]float64(nil), k...)
	floor := 64 * scalar.Eps * dense.Norm(k)
	for range 3 * m { // each pass frees one; more would be cycling by rounding
		next, most := -1, 0.0
		for i := range m {
			if free[i] || size[i] == 0 {
				continue
			}
			if g := dense.Dotc(a.Row(i), rest) / size[i]; g > most {
				next, most = i, g
			}
		}
		if next < 0 || most <= floor {
			break
		}
		free[next] = true
		settle(a, k, x, free)
		copy(rest, k)
		for i, v := range x {
			dense.Axpy(-v, a.Row(i), rest)
		}
		if x[next] == 0 { // no descent beyond rounding
			break
		}
	}
	return x, dense.Norm(rest)
}

// settle moves x to the least-squares solution over the free components,
// stopping at every bound on the way, which fixes one more of them.
func settle(a *dense.Matrix[float64], k, x []float64, free []bool) {
	for {
		var idx []int
		for i, f := range free {
			if f {
				idx = append(idx, i)
			}
		}
		if len(idx) == 0 {
			return
		}
		y, _ := dense.NewRowFit(a.SelectRows(idx)).Fit(k)
		step, ratio := 1.0, make([]float64, len(idx))
		for j, i := range idx {
			ratio[j] = 2
			if y[j] <= 0 {
				ratio[j] = 0
				if x[i] > 0 {
					ratio[j] = x[i] / (x[i] - y[j])
				}
			}
			step = math.Min(step, ratio[j])
		}
		for j, i := range idx {
			x[i] += step * (y[j] - x[i])
			if ratio[j] <= step {
				x[i], free[i] = 0, false
			}
		}
		if step == 1 {
			return
		}
	}
}
