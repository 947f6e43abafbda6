package surrogate

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"eimtool/internal/dense"
	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
	"eimtool/internal/solve"
)

// ObjectiveScore is the error of x that one objective of the coefficients'
// fit reached on left-out samples.
type ObjectiveScore struct {
	Objective string
	Error     float64 // largest relative error of x, to first order
}

// outcome is what a candidate made of the left-out samples.
type outcome struct {
	worst  float64   // largest error of x
	ratios []float64 // error of x over error of A, per sample
	// structural is the same ratio for perturbations within the family, for
	// families that are predicted to rounding.
	structural float64
	// foreign is the same ratio for perturbations outside of the family, measured
	// where the samples themselves have an error.
	foreign float64
}

// decide keeps the candidate with the smallest largest error on left-out
// samples. That of x is
//
//	δx = A_i⁻¹ (A_i − Σ β_m A_m) x_i
//
// and that of log det tr(A_i⁻¹ (A_i − Σ β_m A_m)), both to first order, with
// coefficients that do not know sample i. They also calibrate how errors of A
// turn into errors of x and of log det.
func (p *preparation[T, S]) decide(all []candidate[T]) (objective[T], error) {
	b := p.b
	list, names := make([]objective[T], len(all)), make([]string, len(all))
	for c, o := range all {
		list[c], names[c] = o.objective, o.name
	}
	left := b.leftOutSamples(union(list))
	best := 0
	var solutions, logdets []outcome
	var full outcome
	if b.opt.wantsInverse() {
		solutions = make([]outcome, len(all))
		for n, l := range left {
			b.progress("objective", n, len(left))
			if err := judge(b, p.sys, l, all, solutions, &full); err != nil {
				return objective[T]{}, err
			}
		}
		b.progress("objective", len(left), len(left))
		best = bestObjective(list, solutions, len(left))
	}
	if p.det != nil {
		logdets = make([]outcome, len(all))
		var changes outcome
		if err := p.judgeLogDet(left, all, logdets, &changes); err != nil {
			return objective[T]{}, err
		}
		best = bestForBoth(solutions, logdets, best)
		changes.structural = p.structuralChange()
		if b.opt.SampleError > 0 {
			changes.foreign = p.det.foreign
		}
		p.logdet.setOutcome(names, logdets, best, changes)
	}
	if solutions != nil {
		p.inv.setOutcome(solutions[best], full)
		p.inv.Objective = names[best]
		for c, r := range solutions {
			p.inv.Objectives = append(p.inv.Objectives, ObjectiveScore{names[c], r.worst})
		}
	}
	return list[best], nil
}

// usualObjective is kept unless another one is clearly better: the largest of
// a few errors is itself uncertain.
const (
	usualObjective = "solution 3"
	clearlyBetter  = 0.6
)

// bestObjective returns the candidate with the smallest error on the left-out
// samples, of which there are count.
func bestObjective[T scalar.Scalar](list []objective[T], results []outcome, count int) int {
	best := 0
	if count == 0 {
		return best
	}
	for c, r := range results {
		if r.worst < results[best].worst {
			best = c
		}
	}
	for c, o := range list {
		if o.name == usualObjective && results[best].worst > clearlyBetter*results[c].worst {
			return c
		}
	}
	return best
}

// setOutcome records how errors of A turned into errors of x.
func (inv *Inverse[S]) setOutcome(terms, full outcome) {
	inv.Amplification, inv.FullAmplification = math.NaN(), math.NaN()
	if len(terms.ratios) > 0 {
		inv.Amplification = quantile(terms.ratios, 1)
	}
	switch {
	case len(full.ratios) > 0:
		inv.FullAmplification = quantile(full.ratios, amplificationQuantile)
	case full.structural > 0:
		inv.FullAmplification, inv.structural = full.structural, true
	}
	if full.foreign > 0 { // samples that are combinations of each other show nothing of their errors
		worst := max(full.foreign, full.structural)
		inv.Amplification = larger(inv.Amplification, worst)
		inv.FullAmplification, inv.structural = larger(inv.FullAmplification, worst), true
	}
}

// larger is max, whatever a NaN stands for.
func larger(x, y float64) float64 {
	if math.IsNaN(x) {
		return y
	}
	return max(x, y)
}

// amplificationQuantile is the share of left-out samples whose ratio of the
// error of x to that of A the amplification of the model of all samples covers.
// That of the terms covers all: it stands alone where the samples are not kept.
const amplificationQuantile = 0.9

// candidate is an objective with its least-squares fit.
type candidate[T scalar.Scalar] struct {
	objective[T]
	core *Core[T]
}

// union lists the snapshots that any candidate selects.
func union[T scalar.Scalar](list []objective[T]) []int {
	var all []int
	for _, o := range list {
		all = append(all, o.sel.snapshots...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// judge adds to results what the candidates make of left-out sample l, and to
// full what the model of all samples makes of it.
func judge[T, S scalar.Scalar](b *builder[T], s *systems[S], l leftOutSample, list []candidate[T], results []outcome, full *outcome) error {
	f, err := s.factor(l.sample)
	if err != nil {
		return err
	}
	defer f.Release()
	x, err := s.solution(f, s.direction(l.sample))
	if err != nil {
		return err
	}
	k := unpack[T](l.k)
	truth := b.k.Row(l.sample)
	for c, o := range list {
		beta := o.core.coefficients(k, 1)
		ea := relativeDistance(truth, dense.VecMul(beta, o.core.Coordinates))
		e, err := combinationError(s, f, l.sample, b.sampleWeights(o.sel, beta), x)
		if err != nil {
			return err
		}
		results[c].record(e, ea)
	}
	modes, err := b.allModes()
	if err != nil {
		return err
	}
	e, err := combinationError(s, f, l.sample, dense.VecMul(inModes(k, modes.wh), modes.weight), x)
	if err != nil {
		return err
	}
	full.record(e, l.error)
	amp, err := perturbed(b, s, f, l.sample, x)
	full.structural = max(full.structural, amp)
	if err != nil || b.opt.SampleError == 0 {
		return err
	}
	amp, err = foreign(s, f, l.sample, x)
	full.foreign = max(full.foreign, amp)
	return err
}

// perturbedValues returns the values of sample i, each times a standard normal
// number: what errors of the samples look like.
func (s *systems[S]) perturbedValues(i int) []S {
	rng := rand.New(rand.NewPCG(uint64(i), 0x666f72))
	d := make([]S, len(s.rows[i]))
	for k, v := range s.rows[i] {
		d[k] = v * scalar.Of[S](rng.NormFloat64(), 0)
	}
	return d
}

// foreign returns |A_i⁻¹ D x|/|x| for a random D of the size of A_i.
func foreign[S scalar.Scalar](s *systems[S], f *solve.Factor[S], i int, x *dense.Matrix[S]) (float64, error) {
	dx, err := s.product(s.perturbedValues(i), x)
	if err != nil {
		return 0, err
	}
	if err := f.Solve(s.ctx, dx, matrix.NoTranspose); err != nil {
		return 0, err
	}
	return s.largestRatio(dx, x), nil
}

// perturbingSamples is the number of samples that perturb another one.
const perturbingSamples = 4

// perturbation is the part of sample o that is orthogonal to sample i, A_o − c·A_i,
// with its relative size ‖·‖/‖A_i‖; 0 where it is rounding.
func (b *builder[T]) perturbation(i, o int) (c T, size float64) {
	own := b.k.Row(i)
	c = dense.Dotc(own, b.k.Row(o)) / scalar.Of[T](b.norm[i]*b.norm[i], 0)
	d := append([]T(nil), b.k.Row(o)...)
	dense.Axpy(-c, own, d)
	if size = dense.Norm(d); size <= 1e-12*b.norm[o] {
		return c, 0
	}
	return c, size / b.norm[i]
}

// perturbing lists the samples that perturb sample i.
func (b *builder[T]) perturbing(i int) []int {
	n := len(b.rows)
	var out []int
	for c := range min(perturbingSamples, n) {
		out = append(out, (i+1+c*n/perturbingSamples)%n)
	}
	return out
}

// perturbed returns how much perturbations within the family change x, relative
// to their size: the largest |A_i⁻¹ D x| ‖A_i‖ / (|x| ‖D‖) over a few D, the parts
// of other samples that are orthogonal to A_i.
func perturbed[T, S scalar.Scalar](b *builder[T], s *systems[S], f *solve.Factor[S], i int, x *dense.Matrix[S]) (float64, error) {
	worst := 0.0
	for _, o := range b.perturbing(i) {
		share, size := b.perturbation(i, o)
		if size == 0 {
			continue
		}
		w := make([]T, len(b.rows)) // A_i − Σ w_k A_k is −D up to the sign
		w[o] = scalar.Of[T](1, 0)
		w[i] -= share - scalar.Of[T](1, 0)
		e, err := combinationError(s, f, i, w, x)
		if err != nil {
			return 0, err
		}
		worst = max(worst, e/size)
	}
	return worst, nil
}

// record adds one sample with the error e of x and ea of A.
func (r *outcome) record(e, ea float64) {
	r.worst = max(r.worst, e)
	if ea > roundOff {
		r.ratios = append(r.ratios, e/ea)
	}
}

// combinationError returns |A_i⁻¹ (A_i − Σ w_k A_k) x|/|x|, the largest over the
// columns of x, f being the factor of A_i.
func combinationError[T, S scalar.Scalar](s *systems[S], f *solve.Factor[S], i int, w []T, x *dense.Matrix[S]) (float64, error) {
	rows := [][]S{s.rows[i]}
	weights := []S{scalar.Of[S](1, 0)}
	for k, v := range w {
		if v != 0 {
			rows = append(rows, s.rows[k])
			weights = append(weights, scalar.Of[S](-scalar.Real(v), -scalar.Imag(v)))
		}
	}
	d := make([]S, len(s.rows[i]))
	if err := Combine(s.ctx, d, weights, rows, s.threads); err != nil {
		return 0, err
	}
	dx, err := s.product(d, x)
	if err != nil {
		return 0, err
	}
	if err := f.Solve(s.ctx, dx, matrix.NoTranspose); err != nil {
		return 0, err
	}
	return s.largestRatio(dx, x), nil
}

// sampleWeights returns the combination of samples that beta stands for.
func (b *builder[T]) sampleWeights(sel *terms[T], beta []T) []T {
	w := make([]T, len(b.rows))
	if sel.snapshots == nil {
		for l, v := range beta {
			dense.Axpy(v, sel.modes.weight.Row(l), w)
		}
		return w
	}
	for m, i := range sel.snapshots {
		w[i] += beta[m]
	}
	return w
}

// direction returns the right-hand side with which sample i is judged: b, or
// Gaussian vectors without b.
func (s *systems[S]) direction(i int) *dense.Matrix[S] {
	if s.rhs == nil {
		return gaussian[S](s.pattern.Rows, 2, goalSeed+2+uint64(i))
	}
	return s.load(i)
}

// quantile returns the smallest element with at least the share q of x at or
// below it, 1 for an empty x.
func quantile(x []float64, q float64) float64 {
	if len(x) == 0 {
		return 1
	}
	v := slices.Clone(x)
	slices.Sort(v)
	return v[min(len(v)-1, int(math.Ceil(q*float64(len(v))))-1)]
}

// SolveError says why solutions cannot be prepared for a family.
type SolveError struct {
	What string
	Err  error
}

func (e *SolveError) Error() string { return fmt.Sprintf("%s: %v", e.What, e.Err) }

// Unwrap returns the cause.
func (e *SolveError) Unwrap() error { return e.Err }
