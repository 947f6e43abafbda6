package surrogate

import (
	"context"
	"errors"
	"fmt"
	"math"

	"eimtool/internal/dense"
	"eimtool/internal/lambda"
	"eimtool/internal/logdet/bracket"
	"eimtool/internal/logdet/measure"
	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
	"eimtool/internal/solve"
)

// Of given parts: the number of places where a node may be, and the order of the
// matrices up to which second derivatives are computed, from n solutions.
const (
	candidateNodes = 2000
	hessianOrder   = 1500
)

// prepareLogDetParts fits log det of a given affine family at nodes of its own.
func prepareLogDetParts[S scalar.Scalar](ctx context.Context, m *Model, rows [][]S, opt Options) error {
	if m.Mu.Rows == 0 {
		return fmt.Errorf("log det needs the parameter box: give a table of points as SAMPLES")
	}
	m.LogDet = newLogDet()
	m.LogDet.Size, m.LogDet.Objective, m.LogDet.Tolerance = m.Rows, "parts", opt.LogDetTolerance
	sys, err := newSystems(ctx, m.Pattern(), rows, nil, m.Parts.Files, opt.Threads)
	if err != nil {
		return err
	}
	p := &partsNodes[S]{m: m, sys: sys, opt: opt, points: m.Mu, box: m.boxPoints(candidateNodes)}
	if opt.LogDetNodes == "box" {
		p.points = p.box
	}
	if m.Planned() {
		return p.asFunction(ctx)
	}
	if why := p.notMeasured(); why != "" {
		m.Warnings = append(m.Warnings, "log det: "+why+": fitted as a function of the parameters instead")
		return p.asFunction(ctx)
	}
	return p.asMeasure(ctx)
}

// boxPoints spreads count points over the box of the parameters, its corners and
// faces among them.
func (m *Model) boxPoints(count int) *dense.Matrix[float64] {
	unit := measure.UnitPoints(len(m.Parameters), count)
	out := dense.New[float64](unit.Rows, unit.Cols)
	for i := range unit.Rows {
		copy(out.Row(i), m.fromUnit(unit.Row(i)))
	}
	return out
}

// partsNodes makes nodes of given parts.
type partsNodes[S scalar.Scalar] struct {
	m      *Model
	sys    *systems[S]
	opt    Options
	points *dense.Matrix[float64] // where nodes may be
	alpha  *dense.Matrix[float64] // their coefficients
	box    *dense.Matrix[float64] // where the error counts
	boxed  *dense.Matrix[float64] // coefficients there
}

// notMeasured says why the symbol measure does not apply, "" when it does, and
// sets alpha.
func (p *partsNodes[S]) notMeasured() string {
	if !p.m.Parts.Semidefinite {
		return "not every part is positive semidefinite"
	}
	var err error
	if p.boxed, err = p.m.positiveAlphas(p.box); err != nil {
		return err.Error()
	}
	if p.alpha = p.boxed; p.points != p.box {
		if p.alpha, err = p.m.positiveAlphas(p.points); err != nil {
			return err.Error()
		}
	}
	return ""
}

// positiveAlphas returns the coefficients of the parts at points, all positive.
func (m *Model) positiveAlphas(points *dense.Matrix[float64]) (*dense.Matrix[float64], error) {
	out := dense.New[float64](points.Rows, m.Parts.Count())
	for i := range points.Rows {
		alpha, err := m.positiveAlpha(points.Row(i))
		if err != nil {
			return nil, err
		}
		copy(out.Row(i), alpha)
	}
	return out, nil
}

// most is the number of nodes that may be factorised.
func (p *partsNodes[S]) most() int {
	if p.opt.LogDetMax > 0 {
		return p.opt.LogDetMax
	}
	return DefaultLogDetMax
}

// asMeasure fits the symbol measure, and the weights λ on the same nodes.
func (p *partsNodes[S]) asMeasure(ctx context.Context) error {
	m, l := p.m, p.m.LogDet
	model, nodes, err := measure.Build(ctx, &measure.Problem{
		Size: m.Rows, Candidates: p.alpha, Points: p.boxed, Evaluate: p.node, MaxNodes: p.most(), Tolerance: p.opt.LogDetTolerance,
		Options: measure.Options{Seed: p.opt.Seed, Threads: p.opt.Threads}, Progress: p.opt.Progress,
	})
	var at *measure.CandidateError
	if errors.As(err, &at) {
		return fmt.Errorf("%s: %w", m.placeOf(p.points.Row(at.Candidate)), at.Err)
	}
	if err != nil {
		return err
	}
	l.Measure, l.Sign, l.Preferred = model, 1, LogDetMeasure
	l.Nodes = p.points.SelectRows(model.Calibration.Nodes)
	for _, n := range nodes {
		l.LogAbs = append(l.LogAbs, n.LogDet)
	}
	if err := l.reach(ctx, m, p.box, p.opt.Threads); err != nil {
		return err
	}
	l.Scores = append(l.Scores, LogDetScore{Method: LogDetMeasure, Nodes: len(nodes), Error: l.Reached})
	if l.Bracket, err = bracket.New(nodes, m.Rows); err != nil {
		return err
	}
	if err := l.Bracket.Check(); err != nil {
		return err
	}
	return fitLogDetLambda(ctx, m, m.Parts.Weights, true, p.opt, func(model *lambda.Model[float64]) { l.RealLambda = model })
}

// placeOf names a point.
func (m *Model) placeOf(mu []float64) string {
	s := "at "
	for j, q := range m.Parameters {
		s += fmt.Sprintf("%s%s=%g", separator(j), q.Name, mu[j])
	}
	return s
}

// node factorises the matrix of a candidate.
func (p *partsNodes[S]) node(ctx context.Context, candidate int) (measure.Node, error) {
	alpha := p.alpha.Row(candidate)
	weights := make([]S, len(alpha))
	for k, a := range alpha {
		weights[k] = scalar.Of[S](a, 0)
	}
	values := make([]S, len(p.sys.rows[0]))
	if err := Combine(ctx, values, weights, p.sys.rows, p.sys.threads); err != nil {
		return measure.Node{}, err
	}
	f, err := p.sys.next(ctx, values)
	if err != nil {
		return measure.Node{}, err
	}
	if f.Info().Method != "cholesky" {
		return measure.Node{}, fmt.Errorf("the matrix is not positive definite")
	}
	n := measure.Node{Alpha: append([]float64(nil), alpha...), Trace: make([]float64, len(alpha))}
	n.LogDet, _ = f.LogDet()
	z, err := f.SelectedInverse(ctx)
	if err != nil {
		return n, err
	}
	if err := scalar.Each(ctx, len(alpha), p.sys.threads, func(k int) {
		n.Trace[k] = alpha[k] * scalar.Real(solve.TraceProduct(p.sys.pattern, z, p.sys.rows[k]))
	}); err != nil {
		return n, err
	}
	if p.opt.LogDetHessians == "auto" && p.m.Rows <= hessianOrder {
		n.Second, err = p.second(ctx, f, alpha)
	}
	return n, err
}

// second returns α_j α_k tr(A⁻¹ A_j A⁻¹ A_k), from A⁻¹ A_k.
func (p *partsNodes[S]) second(ctx context.Context, f *solve.Factor[S], alpha []float64) (*dense.Matrix[float64], error) {
	n := p.m.Rows
	identity := dense.New[S](n, n)
	for i := range n {
		identity.Set(i, i, scalar.Of[S](1, 0))
	}
	w := make([]*dense.Matrix[S], len(alpha))
	for k, row := range p.sys.rows {
		w[k] = dense.New[S](n, n)
		if err := matrix.MulBlock(ctx, p.sys.pattern, row, identity, w[k], matrix.NoTranspose, p.sys.threads); err != nil {
			return nil, err
		}
		if err := f.Solve(ctx, w[k], matrix.NoTranspose); err != nil {
			return nil, err
		}
	}
	out := dense.New[float64](len(alpha), len(alpha))
	sums := make([]float64, len(alpha)*len(alpha))
	err := scalar.Each(ctx, len(sums), p.sys.threads, func(at int) {
		j, k := at/len(alpha), at%len(alpha)
		if j > k {
			return
		}
		sum := 0.0
		for a := range n {
			for b, v := range w[j].Row(a) {
				sum += scalar.Real(v * w[k].Data[b*n+a])
			}
		}
		sums[at] = alpha[j] * alpha[k] * sum
	})
	for j := range alpha {
		for k := range alpha {
			out.Set(j, k, sums[min(j, k)*len(alpha)+max(j, k)])
		}
	}
	return out, err
}

// asFunction fits log det as a function of the parameters, with exact slopes.
func (p *partsNodes[S]) asFunction(ctx context.Context) error {
	m, l := p.m, p.m.LogDet
	family := &linearFamily[S]{
		sys: p.sys, params: len(m.Parameters),
		weights: func(mu []float64) ([]S, error) {
			alpha, err := m.Parts.Alpha(mu)
			return scalar.FromComplex[S](alpha), err
		},
		slope: func(mu []float64, j int) ([]S, error) {
			d, err := m.Parts.Derivative(mu, j)
			return scalar.FromComplex[S](d), err
		},
	}
	points := m.Mu
	if p.opt.LogDetMax > 0 && points.Rows > p.opt.LogDetMax {
		points = points.SelectRows(spread(points, p.opt.LogDetMax))
	}
	l.Nodes = points
	slopes := dense.New[complex128](points.Rows, points.Cols)
	if m.Planned() {
		amp, err := p.amplification(ctx)
		if err != nil {
			return err
		}
		if amp > 0 {
			l.Amplification, l.FullAmplification = planAmplification*amp, planAmplification*amp
		}
	}
	d := &determinants[S]{samples: indices(points.Rows)}
	for i := range points.Rows {
		one, err := family.at(ctx, points.Row(i))
		if err != nil {
			return fmt.Errorf("%s: %w", m.placeOf(points.Row(i)), err)
		}
		d.logAbs, d.phase, d.negative = append(d.logAbs, one.logAbs), append(d.phase, one.phase), append(d.negative, one.negative)
		copy(slopes.Row(i), one.slope)
	}
	l.LogAbs = d.logAbs
	l.Phase, l.Sign = phasesOf(d, m.Field == FieldComplex)
	names := make([]string, points.Rows)
	for i := range names {
		names[i] = m.placeOf(points.Row(i))
	}
	if l.Refusal = d.refusal(names, m.Field != FieldComplex); l.Refusal != "" {
		m.Warnings = append(m.Warnings, "log det cannot be interpolated: "+l.Refusal+" (use logdet --method direct)")
		return nil
	}
	if err := l.interpolate(ctx, m, family, slopes, math.SmallestNonzeroFloat64, p.opt); err != nil {
		return err
	}
	if l.Phase != nil {
		return nil
	}
	return fitLogDetLambda(ctx, m, m.Parts.Weights, false, p.opt, func(model *lambda.Model[float64]) { l.RealLambda = model })
}

// spread returns count of the points, each the farthest from those before it in
// box widths, of wide positive parameters in logarithms, beginning with the one
// nearest the centre.
func spread(points *dense.Matrix[float64], count int) []int {
	scaled := points.Clone()
	for j := range points.Cols {
		lo, hi := math.Inf(1), math.Inf(-1)
		for i := range points.Rows {
			lo, hi = min(lo, points.At(i, j)), max(hi, points.At(i, j))
		}
		scale := func(x float64) float64 { return (x-lo)/(hi-lo) - 0.5 }
		switch {
		case !(hi > lo):
			scale = func(float64) float64 { return 0 }
		case lo > 0 && hi >= logRatio*lo:
			scale = func(x float64) float64 { return math.Log(x/lo)/math.Log(hi/lo) - 0.5 }
		}
		for i := range points.Rows {
			scaled.Set(i, j, scale(points.At(i, j)))
		}
	}
	next, nearest := 0, math.Inf(1)
	gap := make([]float64, points.Rows)
	for i := range gap {
		gap[i] = math.Inf(1)
		if d := dense.Norm(scaled.Row(i)); d < nearest {
			next, nearest = i, d
		}
	}
	var out []int
	for len(out) < min(count, points.Rows) {
		out = append(out, next)
		gap[next] = -1 // taken
		far := -1.0
		from := next
		for i := range gap {
			if gap[i] >= 0 {
				gap[i] = min(gap[i], distance(scaled.Row(i), scaled.Row(from)))
			}
			if gap[i] > far {
				next, far = i, gap[i]
			}
		}
	}
	return out
}

func distance(a, b []float64) float64 {
	sum := 0.0
	for j := range a {
		sum += (a[j] - b[j]) * (a[j] - b[j])
	}
	return math.Sqrt(sum)
}
