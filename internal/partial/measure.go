package partial

import (
	"slices"

	"eimtool/internal/scalar"
)

// sampledError returns the largest ratio of the norms of the residual and of
// the values at the sample, over the open candidates that are not known: an
// estimate of the error of A.
func (s *selection[T]) sampledError() float64 {
	largest := 0.0
	for p := range s.r {
		if _, known := s.rows[p]; !s.open[p] || known {
			continue
		}
		var r, g scalar.Norm
		for x, col := range s.columns {
			w := float64(s.layout.pattern.Multiplicity(col.Row, col.Col))
			for _, n := range []struct {
				norm *scalar.Norm
				v    T
			}{{&r, s.r[p][x]}, {&g, s.g[p][x]}} {
				n.norm.Add(scalar.Real(n.v), w)
				n.norm.Add(scalar.Imag(n.v), w)
			}
		}
		if e := r.Value(); e > 0 {
			largest = max(largest, e/g.Value())
		}
	}
	return largest
}

// errorAt returns the relative Frobenius error of the terms for a known candidate,
// with the coefficients from the values that were supplied for it.
func (s *selection[T]) errorAt(candidate int) (float64, error) {
	row := slices.Clone(s.rows[candidate])
	w := s.layout.weights()
	whole := norm(row, w)
	supplied := func(t term) T {
		if v, ok := s.given(candidate, t.column); ok {
			return v
		}
		return row[t.at]
	}
	_, _, err := s.residual(row, s.coefficients(supplied))
	if whole == 0 {
		return 0, err
	}
	return norm(row, w) / whole, err
}

// norm returns the 2-norm of v with weights w, nil meaning 1.
func norm[T scalar.Scalar](v []T, w []float64) float64 {
	var n scalar.Norm
	if w == nil {
		scalar.AddSquares(&n, v, 1)
		return n.Value()
	}
	for k, x := range v {
		n.Add(scalar.Real(x), w[k])
		n.Add(scalar.Imag(x), w[k])
	}
	return n.Value()
}
