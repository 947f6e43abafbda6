package sampled

import (
	"math"
	"slices"
	"strings"

	"eimtool/internal/coefficients"
)

// search minimises f over vectors by coordinate search from the best of the
// starts, trying every step in both directions along every coordinate.
func search(start [][]float64, steps []float64, f func([]float64) float64) {
	var best []float64
	value := math.Inf(1)
	try := func(x []float64) bool {
		if v := f(x); best == nil || v < value {
			best, value = x, v
			return true
		}
		return false
	}
	for _, x := range start {
		try(x)
	}
	for _, step := range steps {
		for d := range best {
			for _, sign := range []float64{1, -1} {
				x := slices.Clone(best)
				x[d] += sign * step
				if try(x) {
					break
				}
			}
		}
	}
}

// isotropic returns vectors of equal elements.
func isotropic(dim int, values ...float64) [][]float64 {
	out := make([][]float64, len(values))
	for i, v := range values {
		out[i] = slices.Repeat([]float64{v}, dim)
	}
	return out
}

// warpNote names the warps of the axes.
func warpNote(axes []coefficients.Axis) string {
	names := make([]string, len(axes))
	for i := range axes {
		names[i] = axes[i].Warp
	}
	return strings.Join(names, " ")
}

// smallestIndices returns the at most count multi-indices j of smallest a·j,
// a = exp(logA), flattened, and their weights exp(−a·j), down to 1e-18.
func smallestIndices(logA []float64, count int) (idx []int, weight []float64) {
	a := make([]float64, len(logA))
	for d, l := range logA {
		a[d] = math.Exp(l)
	}
	return coefficients.SmallestIndices(make([]coefficients.Axis, len(a)), a, count)
}
