package suggest

import (
	"context"
	"math"
	"slices"

	"eimtool/internal/dense"
	"eimtool/internal/surrogate"
)

// Suggestion is a parameter worth simulating.
type Suggestion struct {
	Mu         []float64
	Error      float64 // estimated ‖A−Ã‖_F/‖A‖_F there, as the model stands; +Inf where nothing is known
	Truncation float64 // its part from keeping M terms
	ModelError float64 // its part from the model in μ
	Distance   float64 // from the nearest sample or suggestion before it, in widths of the range of samples and candidates
}

// Next returns up to n of the candidates in order of benefit (see Choose), none
// of them a sample of m, and how many candidates are samples. m must have a
// coefficient model (surrogate.ErrNoInterpolation otherwise).
func Next(ctx context.Context, m *surrogate.Model, candidates [][]float64, n int) (next []Suggestion, sampled int, err error) {
	if m.Interpolation == nil {
		return nil, 0, surrogate.ErrNoInterpolation
	}
	answers := make([]surrogate.Answer, len(candidates))
	p := &Problem{Error: make([]float64, len(candidates))}
	for i, mu := range candidates {
		if err := ctx.Err(); err != nil {
			return nil, 0, err
		}
		answers[i] = answerAt(m, mu)
		p.Error[i] = answers[i].Estimate
	}
	p.Samples, p.Candidates = positions(m, candidates)
	for i := range candidates {
		if slices.ContainsFunc(indices(p.Samples.Rows), func(k int) bool {
			return distance(p.Candidates.Row(i), p.Samples.Row(k)) <= known
		}) {
			sampled++
		}
	}
	for _, c := range Choose(p, min(n, len(candidates)-sampled)) {
		a := &answers[c.Candidate]
		next = append(next, Suggestion{candidates[c.Candidate], a.Estimate, a.Truncation, a.ModelError, c.Distance / 2})
	}
	return next, sampled, nil
}

// answerAt returns the coefficients at mu. Where the model cannot be evaluated
// (a pole, outside the domain of a warp) nothing is known.
func answerAt(m *surrogate.Model, mu []float64) surrogate.Answer {
	a, err := m.At(mu)
	if err != nil || math.IsNaN(a.Estimate) {
		return surrogate.Answer{Estimate: math.Inf(1), ModelError: math.Inf(1)}
	}
	return *a
}

// positions returns samples and candidates in the coordinates of the model,
// scaled to [−1, 1] over both together. A parameter that the model's coordinate
// is not defined for at some candidate is taken as it is; one that never varies
// is left out.
func positions(m *surrogate.Model, candidates [][]float64) (samples, others *dense.Matrix[float64]) {
	var columns [][]float64
	for j := range m.Parameters {
		raw := make([]float64, 0, m.Mu.Rows+len(candidates))
		for i := range m.Mu.Rows {
			raw = append(raw, m.Mu.At(i, j))
		}
		for _, mu := range candidates {
			raw = append(raw, mu[j])
		}
		warped := make([]float64, len(raw))
		for i, v := range raw {
			warped[i] = m.Interpolation.Warped(j, v)
		}
		if slices.ContainsFunc(warped, func(v float64) bool { return v-v != 0 }) {
			warped = raw
		}
		lo, hi := slices.Min(warped), slices.Max(warped)
		if lo == hi {
			continue
		}
		for i, v := range warped {
			warped[i] = 2*((v-lo)/(hi-lo)) - 1
		}
		columns = append(columns, warped)
	}
	n := m.Mu.Rows
	samples, others = dense.New[float64](n, len(columns)), dense.New[float64](len(candidates), len(columns))
	for d, c := range columns {
		for i, v := range c {
			if i < n {
				samples.Set(i, d, v)
			} else {
				others.Set(i-n, d, v)
			}
		}
	}
	return samples, others
}

func indices(n int) []int {
	idx := make([]int, n)
	for i := range idx {
		idx[i] = i
	}
	return idx
}
