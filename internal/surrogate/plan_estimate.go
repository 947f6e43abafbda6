package surrogate

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"eimtool/internal/dense"
	"eimtool/internal/plan"
	"eimtool/internal/reduced"
	"eimtool/internal/scalar"
)

// planSafety is the factor on the error at the check points: the largest of ten
// is seldom below a third of the largest error.
const planSafety = 3

// planAmplification is the factor on the amplification of errors of A in x and in
// log det: the snapshots that calibrate it are few and lie where the plan put them.
const planAmplification = 1.5

// errorOfA estimates, relative to |A|_F, the error that comes from the functions,
// 3·Factor·check + Unexplained, and the rounding of the snapshots in
// Σ β_m A_m.
func (p *Parts) errorOfA(beta []complex128, check float64) (model, rounding float64) {
	return relativeErrors(p.Coordinates, beta, planSafety*p.Factor*check+p.Unexplained, max(roundOff, p.Precision))
}

// errorOfB is the same for a planned right-hand side.
func (p *Parts) errorOfB(beta []complex128, check float64) float64 {
	model, rounding := relativeErrors(p.LoadCoordinates, beta, planSafety*p.LoadFactor*check+p.LoadUnexplained, roundOff)
	return model + rounding
}

// relativeErrors relates an absolute error to Σ β_m A_m less that error, and the
// rounding of every term to the sum; nothing is known where the error may be all of
// it.
func relativeErrors(k *dense.Matrix[complex128], beta []complex128, absolute, precision float64) (model, rounding float64) {
	sum := 0.0
	for m, b := range beta {
		sum += scalar.Abs(b) * dense.Norm(k.Row(m))
	}
	norm := dense.Norm(dense.VecMul(beta, k))
	if absolute >= norm {
		return math.Inf(1), precision
	}
	return absolute / (norm - absolute), precision * max(1, sum/norm)
}

// PredictedError returns the relative error of A over the candidates of a plan,
// as the error of its functions there and the snapshots tell: with respect to the
// smallest snapshot.
func (p *Parts) PredictedError() float64 {
	least := math.Inf(1)
	for m := range p.Coordinates.Rows {
		if n := dense.Norm(p.Coordinates.Row(m)); n > 0 {
			least = min(least, n)
		}
	}
	e := p.Plan.Error
	if w := p.Plan.Weights; len(w) > 0 {
		e /= min(1, slices.Min(w))
	}
	return max((p.Factor*e+p.Unexplained)/least, p.Precision, roundOff)
}

// writtenPrecision returns half a unit of the last digit of numbers that were
// written with fewer than full digits, relative to their size, and 0 where they
// were not: nearly all of many different numbers then have the same number of
// digits, or one less.
func writtenPrecision[T scalar.Scalar](rows [][]T) float64 {
	const (
		seen   = 400 // numbers per snapshot
		least  = 16  // different ones
		most   = 15  // digits of a number that is not written in full
		common = 0.6 // share of those with as many digits as any
	)
	digits := map[float64]int{}
	for _, row := range rows {
		step := max(1, len(row)/seen)
		for i := 0; i < len(row); i += step {
			for _, v := range []float64{scalar.Real(row[i]), scalar.Imag(row[i])} {
				if v != 0 {
					text := strconv.FormatFloat(math.Abs(v), 'e', -1, 64)
					digits[math.Abs(v)] = max(1, slices.Index([]byte(text), 'e')-1) // without the point
				}
			}
		}
	}
	longest, count := 0, 0
	for _, d := range digits {
		longest = max(longest, d)
	}
	for _, d := range digits {
		if d >= longest-1 {
			count++
		}
	}
	if len(digits) < least || longest > most || longest < 3 || float64(count) < common*float64(len(digits)) {
		return 0
	}
	return 0.5 * math.Pow(10, float64(1-longest))
}

// leftSnapshot is a snapshot predicted by terms of the plan before it.
type leftSnapshot struct {
	terms, snapshot int          // the first terms; the snapshot, not among them
	beta            []complex128 // of the terms
	check           float64      // error of the functions at the check points
	err, norm       float64      // |A − Ã|_F and |A|_F
}

// leaveOut predicts a snapshot from the terms before it, whose coefficients know
// nothing of it. k are coordinates of the snapshots in an orthonormal basis.
func (p *Parts) leaveOut(snapshot int, k *dense.Matrix[complex128]) (leftSnapshot, error) {
	leading, err := p.interpolant.Leading(snapshot)
	if err != nil {
		return leftSnapshot{}, planError(err)
	}
	return p.predict(leading, snapshot, snapshot, k)
}

// predict predicts a snapshot from the first terms, whose interpolant is leading.
func (p *Parts) predict(leading *plan.Interpolant, terms, snapshot int, k *dense.Matrix[complex128]) (leftSnapshot, error) {
	s := leftSnapshot{terms: terms, snapshot: snapshot, norm: dense.Norm(k.Row(snapshot))}
	var err error
	if s.beta, s.check, err = leading.At(p.Plan.Mu.Row(snapshot)); err != nil {
		return s, err
	}
	rest := slices.Clone(k.Row(snapshot))
	for m, b := range s.beta {
		dense.Axpy(-b, k.Row(m), rest)
	}
	s.err = dense.Norm(rest)
	return s, nil
}

// mostPrefixes is the number of prefixes of the plan that are examined.
const mostPrefixes = 24

// leaveSnapshotsOut predicts every snapshot after the first terms, for several
// numbers of terms.
func leaveSnapshotsOut(p *Parts, k *dense.Matrix[complex128]) ([]leftSnapshot, error) {
	var out []leftSnapshot
	last := 0
	for q := 1; q <= mostPrefixes; q++ {
		terms := q * (k.Rows - 1) / min(mostPrefixes, max(1, k.Rows-1))
		if terms <= last || terms >= k.Rows {
			continue
		}
		last = terms
		leading, err := p.interpolant.Leading(terms)
		if err != nil {
			return nil, planError(err)
		}
		for i := terms; i < k.Rows; i++ {
			s, err := p.predict(leading, terms, i, k)
			if err != nil {
				return nil, err
			}
			out = append(out, s)
		}
	}
	return out, nil
}

// largestNorm returns the largest norm of a row.
func largestNorm(k *dense.Matrix[complex128]) float64 {
	norm := 0.0
	for i := range k.Rows {
		norm = max(norm, dense.Norm(k.Row(i)))
	}
	return norm
}

// resolved is the error of the functions from which on a left-out snapshot shows
// more than rounding.
const resolved = 1e-11

// calibratedFactor returns the largest ratio of the error of A to that of the
// functions at the check points, over snapshots that were left out by at least half
// of the terms: errors of few terms vary slowly over the points, and assembly
// cancels less of them.
func calibratedFactor(left []leftSnapshot, count int) float64 {
	factor, norm := 0.0, 0.0
	for _, s := range left {
		norm = max(norm, s.norm)
		if s.check > resolved && 2*s.terms >= count {
			factor = max(factor, s.err/s.check)
		}
	}
	if factor == 0 {
		return norm
	}
	return factor
}

// Constants of the test of linearity: the error of A that is not rounding; the
// least ratio to the error of the functions that is taken as usual; the growth of
// that ratio that linear dependence does not explain; the snapshots needed to tell.
const (
	visibleError      = 1e-11
	leastRatio        = 0.1
	nonlinearGrowth   = 30
	leastForLinearity = 4
)

// nonlinear explains, where the snapshots show it, that A does not depend
// linearly on the functions: as terms are added the error of the functions falls,
// and that of A does not. level is the absolute error that the functions do not
// explain. norm is that of the largest snapshot, precision that of its numbers.
func nonlinear(left []leftSnapshot, norm, precision float64) (level float64, why string) {
	if len(left) == 0 || left[len(left)-1].snapshot+1 < leastForLinearity {
		return 0, ""
	}
	var prefixes []leftSnapshot // the worst of each number of terms
	for _, s := range left {
		if n := len(prefixes); n == 0 || prefixes[n-1].terms != s.terms {
			prefixes = append(prefixes, leftSnapshot{terms: s.terms})
		}
		w := &prefixes[len(prefixes)-1]
		w.err, w.check = max(w.err, s.err/norm), max(w.check, s.check)
		for _, b := range s.beta {
			w.norm = max(w.norm, scalar.Abs(b))
		}
	}
	usual := leastRatio
	for _, w := range prefixes[:(len(prefixes)+1)/2] {
		if w.check > 0 {
			usual = max(usual, min(w.err/w.check, nonlinearGrowth))
		}
	}
	for _, w := range prefixes {
		rounding := max(visibleError, 10*precision) * max(1, w.norm)
		if w.err <= rounding || w.err <= nonlinearGrowth*usual*max(w.check, roundOff) {
			continue
		}
		if level = max(level, w.err); why == "" {
			why = fmt.Sprintf("the matrices do not depend linearly on the functions of the plan, or these are not the functions of the code: "+
				"with the first %d terms the functions are met to %.1e at the later parameters, the matrices to %.1e only "+
				"(add the missing function, or build the bundle without --plan)", w.terms, w.check, w.err)
		}
	}
	return planSafety * level * norm, why
}

// calibrateLoad measures what errors of the functions do to b.
func (m *Model) calibrateLoad(ctx context.Context, r *RHS, threads int) error {
	if err := r.check(m.Rows, m.Mu.Rows); err != nil {
		return err
	}
	rows := make([][]complex128, len(r.Values))
	for i, v := range r.Values {
		rows[i] = v.Data
	}
	q := dense.NewTallQR[complex128](len(rows))
	if err := q.Append(ctx, rows, nil, 1, threads); err != nil {
		return err
	}
	m.Parts.LoadCoordinates = q.K()
	left, err := leaveSnapshotsOut(m.Parts, m.Parts.LoadCoordinates)
	if err != nil {
		return err
	}
	m.Parts.LoadFactor = calibratedFactor(left, m.Mu.Rows)
	level, why := nonlinear(left, largestNorm(m.Parts.LoadCoordinates), writtenPrecision(rows))
	m.Parts.LoadUnexplained = level
	if why != "" {
		m.Warnings = append(m.Warnings, strings.ReplaceAll(why, "the matrices", "the right-hand sides"))
	}
	return nil
}

// leftOutOfPlan returns snapshots as predicted by the terms before them, the
// last ones, with their true errors, for the calibration of a reduced basis.
func leftOutOfPlan[S scalar.Scalar](m *Model, load *Load[S]) ([]reduced.LeftOut[S], error) {
	const most = 15
	count := m.Mu.Rows
	var out []reduced.LeftOut[S]
	for i := max(count/2, count-most, 1); i < count; i++ {
		s, err := m.Parts.leaveOut(i, m.Parts.Coordinates)
		if err != nil {
			return nil, err
		}
		theta := make([]S, count)
		copy(theta, scalar.FromComplex[S](s.beta))
		pt := &reduced.Point[S]{Theta: theta, ModelError: s.err / s.norm}
		if pt.Phi, _, err = load.Coefficients(m.Mu.Row(i)); err != nil {
			return nil, err
		}
		if load.Planned {
			if s, err = m.Parts.leaveOut(i, m.Parts.LoadCoordinates); err != nil {
				return nil, err
			}
			pt.Phi, pt.RHSError = theta, s.err/s.norm
		}
		out = append(out, reduced.LeftOut[S]{Sample: i, Point: pt})
	}
	return out, nil
}

// leftOutDeterminants is the number of snapshots at which the effect of errors of
// A on log det is measured.
const leftOutDeterminants = 12

// amplification returns the factor from relative errors of A to absolute ones of
// log det: the largest over snapshots that are predicted from the
// terms before them, 0 where none shows an error.
func (p *partsNodes[S]) amplification(ctx context.Context) (float64, error) {
	worst := 0.0
	count := p.m.Mu.Rows
	for i := max(count/2, count-leftOutDeterminants, 1); i < count; i++ {
		s, err := p.m.Parts.leaveOut(i, p.m.Parts.Coordinates)
		if err != nil {
			return 0, err
		}
		values := make([]S, len(p.sys.rows[i]))
		if err := Combine(ctx, values, scalar.FromComplex[S](s.beta), p.sys.rows[:i], p.opt.Threads); err != nil {
			return 0, err
		}
		predicted, err := p.logAbs(ctx, values)
		if err != nil { // a poor prediction may be singular
			continue
		}
		known, err := p.logAbs(ctx, append([]S(nil), p.sys.rows[i]...))
		if err != nil {
			return 0, fmt.Errorf("%s: %w", p.m.Parts.Files[i], err)
		}
		if e := s.err / s.norm; e > resolved {
			worst = max(worst, math.Abs(predicted-known)/e)
		}
	}
	return worst, nil
}

// logAbs returns log|det| of the matrix with the given values.
func (p *partsNodes[S]) logAbs(ctx context.Context, values []S) (float64, error) {
	f, err := p.sys.next(ctx, values)
	if err != nil {
		return 0, err
	}
	v, _ := f.LogDet()
	return v, nil
}
