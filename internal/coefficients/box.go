package coefficients

import (
	"math"

	"eimtool/internal/dense"
)

// FromUnit maps a point u of the unit cube, one coordinate per parameter, to
// the training box: evenly in the warped parameters of the chosen model.
func (m *Model) FromUnit(u []float64) []float64 {
	mu := make([]float64, len(m.Names))
	warps := make([]string, len(mu))
	if len(m.Parts) > 0 {
		for _, a := range m.Parts[0].Axes {
			warps[a.Param] = a.Warp
		}
	}
	for j := range mu {
		lo, hi := m.Lower[j], m.Upper[j]
		if u[j] <= 0 || u[j] >= 1 { // warps need not come back to the ends exactly
			mu[j] = lo
			if u[j] >= 1 {
				mu[j] = hi
			}
			continue
		}
		if warps[j] == "" || warps[j] == WarpPeriodic || lo == hi {
			mu[j] = min(max(lo+u[j]*(hi-lo), lo), hi)
			continue
		}
		a, _ := warp(warps[j], lo)
		b, _ := warp(warps[j], hi)
		mu[j] = min(max(unwarp(warps[j], a+u[j]*(b-a)), lo), hi)
	}
	return mu
}

// unwarp is the inverse of warp.
func unwarp(name string, v float64) float64 {
	switch name {
	case WarpSqrt:
		return v * v
	case WarpLog:
		return math.Exp(v)
	case WarpInverse:
		return 1 / v
	}
	return v
}

// Principal returns the coordinates of k, one of Samples.K, in the principal
// directions of the samples about their mean.
func (m *Model) Principal(k []float64) []float64 {
	y := make([]float64, m.Basis.Rows)
	centred := make([]float64, len(k))
	for j, v := range k {
		centred[j] = v - m.Mean[j]
	}
	for i := range y {
		y[i] = dense.Dotc(m.Basis.Row(i), centred)
	}
	return y
}
