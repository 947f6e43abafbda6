package reduced

import (
	"fmt"
	"slices"

	"eimtool/internal/dense"
	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
)

// calibrate measures the reduced solution at the samples left out, with the
// family as predicted there without them.
func (b *builder[T]) calibrate() error {
	out := b.basis
	cal := &out.Calibration
	*cal = Calibration{Factor: plainFactor, Amplification: 1, LoadAmplification: 1, OutputFactor: 1, LargestError: -1}
	if len(b.p.LeftOut) == 0 {
		b.basis.Warnings = append(out.Warnings, "no samples were left out: the factor of the error estimate is not calibrated")
		return nil
	}
	var amplification, outputs []float64
	var worst, ratio float64
	for i, l := range b.p.LeftOut {
		b.opt.Progress("left-out samples", i, len(b.p.LeftOut))
		e, err := b.leftOut(l)
		if err != nil {
			return err
		}
		ratio, worst = max(ratio, e.ratio), max(worst, e.total)
		amplification = append(amplification, e.amplification...)
		outputs = append(outputs, e.outputs...)
	}
	cal.Events, cal.Ratio, cal.LargestError = len(b.p.LeftOut), ratio, worst
	cal.Factor = max(leastFactor, safety*ratio)
	if len(amplification) > 0 {
		cal.Amplification = quantile(amplification, 0.9)
		cal.LoadAmplification = cal.Amplification
	}
	if len(outputs) > 0 {
		cal.OutputFactor = min(20, max(1, quantile(outputs, 0.95)))
	}
	if ratio > leastFactor {
		out.Warnings = append(out.Warnings, fmt.Sprintf(
			"the dual estimate was %.2g times too small at a sample left out: a larger basis (now %d vectors) is advisable", ratio, out.Size()))
	}
	return nil
}

// event is what one left-out sample shows.
type event struct {
	ratio         float64 // error of the reduction over its dual estimate
	total         float64 // error of the reduced solution against the sample
	amplification []float64
	outputs       []float64
}

// leftOut compares the reduced with the direct solution of the predicted
// family, and that with the sample.
func (b *builder[T]) leftOut(l LeftOut[T]) (e event, err error) {
	fail := func(what string, err error) (event, error) {
		return e, &ProblemError{What: what, Mu: b.p.Samples[l.Sample].Mu, Err: err}
	}
	f, err := b.factorise(l.Point.Theta)
	if err != nil {
		return fail("factorising a left-out sample", err)
	}
	sample := b.p.Samples[l.Sample]
	direct := combineRHS(b.p.RHS, l.Point.phi())
	errRHS := relativeDifference(direct.Data, sample.RHS.Data)
	if err := f.Solve(b.ctx, direct, matrix.NoTranspose); err != nil {
		return fail("solving for a left-out sample", err)
	}
	if err := b.p.assemble(b.ctx, l.Point.Theta, b.values, b.opt.Threads); err != nil {
		return e, err
	}
	for k, v := range sample.Values {
		b.values[k] -= v
	}
	errA := b.p.frobenius(b.values) / b.p.frobenius(sample.Values)
	a, err := b.basis.Solve(l.Point, SolveOptions{})
	if err != nil {
		return fail("reducing a left-out sample", err)
	}
	x := dense.New[T](b.n, b.basis.Columns)
	b.basis.Expand(a.C, x, b.opt.Threads)
	columns := func(f func(j int) float64) []float64 {
		out := make([]float64, x.Cols)
		for j := range out {
			out[j] = f(j)
		}
		return b.basis.paired(out)
	}
	truth := b.solutions[l.Sample]
	size := columns(func(j int) float64 { return dense.Norm(columnOf(x, j)) })
	want := columns(func(j int) float64 { return dense.Norm(columnOf(truth, j)) })
	reduction := columns(func(j int) float64 { return distance(columnOf(x, j), columnOf(direct, j)) })
	total := columns(func(j int) float64 { return distance(columnOf(x, j), columnOf(truth, j)) })
	model := columns(func(j int) float64 { return distance(columnOf(direct, j), columnOf(truth, j)) })
	dual := b.basis.paired(a.system.errors(a.C))
	for j := range size {
		if size[j] > 0 && reduction[j] > a.RoundOff*size[j] && dual[j] > 0 {
			e.ratio = max(e.ratio, reduction[j]/dual[j])
		}
		e.total = max(e.total, relative(total[j], want[j]))
		if in := errA + errRHS; in > 1e-14 && want[j] > 0 {
			e.amplification = append(e.amplification, model[j]/want[j]/in)
		}
	}
	e.outputs = b.outputRatios(a, direct)
	return e, nil
}

// distance returns |x − y|.
func distance[T scalar.Scalar](x, y []T) float64 {
	d := append([]T(nil), x...)
	dense.Axpy(-1, y, d)
	return dense.Norm(d)
}

// relativeDifference returns |x − y|/|y|.
func relativeDifference[T scalar.Scalar](x, y []T) float64 {
	return relative(distance(x, y), dense.Norm(y))
}

// quantile returns the q-quantile of x by linear interpolation.
func quantile(x []float64, q float64) float64 {
	s := slices.Clone(x)
	slices.Sort(s)
	t := q * float64(len(s)-1)
	i := int(t)
	if i+1 >= len(s) || s[i+1] == s[i] || t == float64(i) { // no difference of infinities
		return s[i]
	}
	return s[i] + (t-float64(i))*(s[i+1]-s[i])
}
