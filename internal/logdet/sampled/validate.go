package sampled

import (
	"math"
	"math/rand/v2"

	"eimtool/internal/scalar"
)

// The surrogate is asked at validationPoints further points, no nodes of any
// model. The estimate is then multiplied by validationSafety times the largest
// ratio of error to estimate there, but not by less than leastScale.
const (
	validationPoints = 10
	leastValidated   = 5
	validationSafety = 2
	leastScale       = 0.02
)

// validate compares a model that used the surrogate with it at points of its own.
func (f *fitter) validate(m *Model) error {
	if f.s.Surrogate == nil || f.opt.MaxNodes < 0 || !m.Modelled() {
		return nil
	}
	rng := rand.New(rand.NewPCG(f.opt.Seed, 0x76616c69))
	points := make([][]float64, validationPoints)
	for i := range points {
		points[i] = append([]float64(nil), f.lower...)
		for _, j := range f.params {
			points[i][j] += rng.Float64() * (f.upper[j] - f.lower[j])
		}
	}
	known, err := f.ask(points)
	if err != nil || len(known) < leastValidated {
		return err
	}
	var logAbs, phase float64
	for _, k := range known {
		v, err := m.At(k.mu)
		if err != nil {
			return err
		}
		logAbs = max(logAbs, ratio(v.LogAbs-k.logAbs, v.Estimate, k.logAbs))
		if v.HasPhase {
			phase = max(phase, ratio(math.Remainder(v.Phase-k.phase, 2*math.Pi), v.PhaseEstimate, v.Phase))
		}
	}
	m.LogAbs.Estimate.Scale = max(validationSafety*logAbs, leastScale)
	if m.Phase != nil {
		m.Phase.Estimate.Scale = max(validationSafety*phase, leastScale)
	}
	return nil
}

// ratio returns |e|/estimate, where errors at the rounding of a value of the
// given size do not count.
func ratio(e, estimate, size float64) float64 {
	const rounding = 64 * scalar.Eps
	if math.Abs(e) <= rounding*max(1, math.Abs(size)) {
		return 0
	}
	return math.Abs(e) / max(estimate, math.SmallestNonzeroFloat64)
}
