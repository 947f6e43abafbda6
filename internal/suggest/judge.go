package suggest

import (
	"context"

	"eimtool/internal/surrogate"
)

// State says how far a model is from a tolerance.
type State struct {
	Met      bool    // the family is modelled, and at every point the estimate is at most the tolerance
	Modelled bool    // the samples determine the family between each other
	Share    float64 // of the points whose estimate is at most the tolerance
	Worst    float64 // largest estimate; +Inf where nothing is known
	WorstMu  []float64
	// Truncation is the part of Worst from keeping M terms.
	Truncation float64
	// Confidence is the chance that the error at a further point lies within its
	// estimate: (c+1)/(n+2) when c of n left-out samples lie within the estimates
	// that the others give for them (the rule of succession).
	Confidence float64
}

// Judge compares the estimates of m at the points, of which there must be one,
// with a tolerance.
func Judge(ctx context.Context, m *surrogate.Model, points [][]float64, tol float64) (*State, error) {
	if m.Interpolation == nil {
		return nil, surrogate.ErrNoInterpolation
	}
	within, events := m.Interpolation.Coverage()
	s := &State{Modelled: m.Modelled(), Confidence: float64(within+1) / float64(events+2)}
	good := 0
	for _, mu := range points {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		a := answerAt(m, mu)
		if a.Estimate <= tol {
			good++
		}
		if s.WorstMu == nil || a.Estimate > s.Worst {
			s.Worst, s.WorstMu, s.Truncation = a.Estimate, mu, a.Truncation
		}
	}
	s.Share = float64(good) / float64(len(points))
	s.Met = good == len(points) && s.Modelled
	return s, nil
}
