package sampled

import (
	"math"
	"math/rand/v2"

	"eimtool/internal/scalar"
)

// The surrogate is asked at validationPoints further points, no nodes of any
// model, a Latin hypercube (McKay, Beckman, Conover, Technometrics 21(2), 1979),
// and in corners. Estimates below their median there are raised to it: left-out nodes do
// not tell so well where the error is small. All are then multiplied by
// validationSafety times the largest ratio of error to estimate at the points, but
// not by less than leastScale.
const (
	validationPoints = 10
	leastValidated   = 5
	validationSafety = 2.5
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
	}
	for _, j := range f.params {
		for i, stratum := range rng.Perm(len(points)) {
			u := (float64(stratum) + rng.Float64()) / float64(len(points))
			points[i][j] += u * (f.upper[j] - f.lower[j])
		}
	}
	known, err := f.ask(append(points, f.corners()...))
	if err != nil || len(known) < leastValidated {
		return err
	}
	if err := m.correct(m.LogAbs, known, false); err != nil || m.Phase == nil {
		return err
	}
	return m.correct(m.Phase, known, true)
}

// corners returns the corners of the box in two or three parameters: nodes are
// rare there. In one parameter the ends are samples.
func (f *fitter) corners() [][]float64 {
	dim := len(f.params)
	if dim < 2 || dim > 3 {
		return nil
	}
	out := make([][]float64, 1<<dim)
	for c := range out {
		out[c] = append([]float64(nil), f.lower...)
		for d, j := range f.params {
			if c>>d&1 == 1 {
				out[c][j] = f.upper[j]
			}
		}
	}
	return out
}

// correct sets the level and the scale of the estimate of fn, and leaves the
// difference of two models out of it where it is less sharp with it: they cross,
// and say nothing there.
func (m *Model) correct(fn *Function, known []found, phase bool) error {
	var best *Estimate
	own, least := *fn.Estimate, math.Inf(1)
	for _, alone := range []bool{false, true} {
		if own.Alone && !alone {
			continue
		}
		e := own
		e.Alone, fn.Estimate = alone, &e
		typical, err := m.scale(&e, known, phase)
		if err != nil {
			return err
		}
		if best == nil || typical < least {
			best, least = &e, typical
		}
	}
	fn.Estimate = best
	return nil
}

// scale sets the level and the scale of e and returns the median of the estimates
// that come out. Errors and estimates are less the rounding, which comes on top.
func (m *Model) scale(e *Estimate, known []found, phase bool) (typical float64, err error) {
	errors, estimates := make([]float64, len(known)), make([]float64, len(known))
	for i, k := range known {
		v, err := m.At(k.mu)
		if err != nil {
			return 0, err
		}
		d, size, estimate := v.LogAbs-k.logAbs, v.LogAbs, v.Estimate
		if phase {
			d, size, estimate = math.Remainder(v.Phase-k.phase, 2*math.Pi), v.Phase, v.PhaseEstimate
		}
		errors[i] = max(math.Abs(d)-rounding(size), 0)
		estimates[i] = max(estimate-rounding(size), math.SmallestNonzeroFloat64)
	}
	e.Level = quantile(estimates, 0.5)
	worst := 0.0
	for i := range estimates {
		estimates[i] = max(estimates[i], e.Level)
		worst = max(worst, errors[i]/estimates[i])
	}
	e.Scale = max(validationSafety*worst, leastScale)
	return e.Scale * quantile(estimates, 0.5), nil
}

// rounding estimates the rounding of a value and of its fit.
func rounding(value float64) float64 { return 64 * scalar.Eps * max(1, math.Abs(value)) }
