package coefficients

// coordinateSearch minimises f: it takes the best of the starts, then walks
// one coordinate at a time by each of the steps, once per step size. It
// returns the best point and value.
func coordinateSearch(starts [][]float64, steps []float64, f func([]float64) float64) ([]float64, float64) {
	var best []float64
	var value float64
	for _, s := range starts {
		if v := f(s); best == nil || v < value {
			best, value = s, v
		}
	}
	for _, h := range steps {
		for d := range best {
			for _, sign := range []float64{h, -h} {
				next := append([]float64(nil), best...)
				next[d] += sign
				if v := f(next); v < value {
					best, value = next, v
					break
				}
			}
		}
	}
	return best, value
}

// isotropic returns starting points with all dim coordinates equal.
func isotropic(dim int, values ...float64) [][]float64 {
	starts := make([][]float64, len(values))
	for k, v := range values {
		starts[k] = make([]float64, dim)
		for d := range starts[k] {
			starts[k][d] = v
		}
	}
	return starts
}
