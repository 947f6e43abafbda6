package surrogate

import (
	"math"

	"eimtool/internal/dense"
	"eimtool/internal/scalar"
)

// bestForBoth returns the candidate with the smallest error of log det or, where
// solutions are wanted too, the one that is never far from the best in either;
// best is the choice for solutions alone.
func bestForBoth(solutions, logdets []outcome, best int) int {
	least := func(list []outcome) float64 {
		m := math.Inf(1)
		for _, r := range list {
			m = min(m, r.worst)
		}
		return math.Max(m, math.SmallestNonzeroFloat64)
	}
	ld := least(logdets)
	score := func(c int) float64 {
		s := logdets[c].worst / ld
		if solutions != nil {
			s = math.Max(s, solutions[c].worst/least(solutions))
		}
		return s
	}
	for c := range logdets {
		if score(c) < clearlyBetter*score(best) {
			best = c
		}
	}
	return best
}

// judgeLogDet adds to results what the candidates make of log det at left-out
// samples, and to full what the model of all samples makes of it.
func (p *preparation[T, S]) judgeLogDet(left []leftOutSample, list []candidate[T], results []outcome, full *outcome) error {
	b := p.b
	modes, err := b.allModes()
	if err != nil {
		return err
	}
	change := func(l leftOutSample, w []T) float64 {
		return scalar.Abs(p.det.change(l.sample, scalar.FromComplex[S](scalar.ToComplex(w))))
	}
	for _, l := range left {
		if p.det.row[l.sample] < 0 {
			continue
		}
		k := unpack[T](l.k)
		for c, o := range list {
			beta := o.core.coefficients(k, 1)
			ea := relativeDistance(b.k.Row(l.sample), dense.VecMul(beta, o.core.Coordinates))
			results[c].record(change(l, b.sampleWeights(o.sel, beta)), ea)
		}
		at, err := b.m.Interpolation.Predict(b.m.Mu.Row(l.sample))
		if err != nil {
			return err
		}
		full.record(change(l, dense.VecMul(inModes(k, modes.wh), modes.weight)), at.ModelError)
	}
	return nil
}

// newLogDet returns a LogDet of which nothing is known yet.
func newLogDet() *LogDet {
	return &LogDet{Amplification: math.NaN(), FullAmplification: math.NaN()}
}

// structuralChange returns what perturbations within the family do to log det,
// relative to their size: the largest |tr(A_i⁻¹ D)| ‖A_i‖/‖D‖ over samples i and
// parts D of other samples that are orthogonal to A_i; NaN without any.
func (p *preparation[T, S]) structuralChange() float64 {
	worst := math.NaN()
	for r, i := range p.det.samples {
		for _, o := range p.b.perturbing(i) {
			share, size := p.b.perturbation(i, o)
			if size == 0 {
				continue
			}
			change := p.det.traces.At(r, o) - scalar.Of[S](float64(p.det.size)*scalar.Real(share), float64(p.det.size)*scalar.Imag(share))
			if e := scalar.Abs(change) / size; !(e <= worst) {
				worst = e
			}
		}
	}
	return worst
}

// traceQuantile is the share of left-out samples at which the error of log det is
// covered by the estimated error of A times the amplification. The trace of an
// error has either sign, unlike its norm, so that large ratios are chance.
const traceQuantile = 0.85

// setOutcome records how errors of A turned into errors of log det.
func (l *LogDet) setOutcome(names []string, results []outcome, best int, full outcome) {
	l.Objective = names[best]
	for c, r := range results {
		l.Objectives = append(l.Objectives, ObjectiveScore{names[c], r.worst})
	}
	l.Amplification, l.FullAmplification = full.structural, full.structural
	if len(results[best].ratios) > 0 {
		l.Amplification = quantile(results[best].ratios, 1)
	}
	if len(full.ratios) > 0 {
		l.FullAmplification = quantile(full.ratios, traceQuantile)
	}
	if full.foreign > 0 {
		worst := larger(full.structural, full.foreign)
		l.Amplification, l.FullAmplification = larger(l.Amplification, worst), larger(l.FullAmplification, worst)
	}
}
