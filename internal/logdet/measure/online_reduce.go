package measure

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"eimtool/internal/dense"
)

const (
	// stretch is the share of its width by which the box of the polynomials is
	// larger than that of their use on every side.
	stretch = 0.05
	// mostTerms bounds the terms of the polynomials.
	mostTerms = 1400
	// With more parts, polynomials have too many terms.
	mostPolynomialParts = 5
	mostOrder           = 60
	// testPoints is the number of points at which reductions are compared.
	testPoints = 150
	// The error of the reduction is to stay below this share of the median
	// spread of the fits.
	reductionShare = 0.1
)

// model reduces the ensemble to what At evaluates, for coefficients with
// log(α_k/α_1) in the box from low to high and a little beyond.
func (e *ensemble) model(ctx context.Context, low, high []float64, threads int) (*Model, error) {
	m := &Model{
		Size: e.size, Scale: e.scale, Low: e.low, High: e.high,
		Factor: 3, Floor: 0.2 / 3, Rounding: e.rounding,
		Fits: len(e.members),
	}
	m.keepMeasures(e)
	if e.k == 1 {
		m.Whole = true
		return m, nil
	}
	r := newReduction(e, low, high)
	if err := r.prepare(ctx, threads); err != nil {
		return nil, err
	}
	m.Middle, m.Half = r.middle, r.half
	if e.k <= mostPolynomialParts {
		if err := r.run(ctx, m, threads); err != nil {
			return nil, err
		}
	}
	if m.Polynomials == nil || m.ReductionError > 2*r.tolerance {
		m.keepAtoms(e)
	}
	return m, m.survey(ctx)
}

// keepMeasures stores the nonnegative parts of the fits.
func (m *Model) keepMeasures(e *ensemble) {
	rows := 0
	for _, f := range e.members {
		rows += f.atoms.Rows
	}
	m.Atoms = dense.New[float64](rows, e.k)
	at := 0
	for _, f := range e.members {
		copy(m.Atoms.Data[at*e.k:], f.atoms.Data)
		at += f.atoms.Rows
		m.Weights = append(m.Weights, f.weights...)
		m.Ends = append(m.Ends, at)
		m.Constants = append(m.Constants, f.constant)
	}
}

// keepAtoms stores the fits with all their atoms.
func (m *Model) keepAtoms(e *ensemble) {
	shared := e.cloud.Rows
	m.Cloud = dense.New[float64](shared+m.Atoms.Rows, e.k)
	copy(m.Cloud.Data, e.cloud.Data)
	copy(m.Cloud.Data[shared*e.k:], m.Atoms.Data)
	m.CloudConstants = make([]float64, 1+len(e.members))
	m.CloudWeights = dense.New[float64](1+len(e.members), m.Cloud.Rows)
	at := shared
	for f, member := range e.members {
		row := m.CloudWeights.Row(1 + f)
		copy(row, member.shared)
		copy(row[at:], member.own)
		dense.Axpy(1, member.weights, row[at:])
		at += len(member.own)
		m.CloudConstants[1+f] = member.constant + member.offset
	}
	share := 1 / float64(len(e.members))
	for f := range e.members {
		m.CloudConstants[0] += share * m.CloudConstants[1+f]
		dense.Axpy(share, m.CloudWeights.Row(1+f), m.CloudWeights.Row(0))
	}
	for f := range e.members {
		m.CloudConstants[1+f] -= m.CloudConstants[0]
		dense.Axpy(-1, m.CloudWeights.Row(0), m.CloudWeights.Row(1+f))
	}
	m.Polynomials, m.Whole, m.ReductionError = nil, true, 0
}

// reduction looks for the cheapest polynomials that are accurate enough.
type reduction struct {
	*ensemble
	middle, half []float64
	cost         []float64 // of one degree in every coordinate
	tests        *sheet
	places       *dense.Matrix[float64] // t of the tests
	whole, rest  *dense.Matrix[float64] // fits at the tests, and the same less the first measure
	tolerance    float64
}

func newReduction(e *ensemble, low, high []float64) *reduction {
	d := e.k - 1
	r := &reduction{ensemble: e, middle: make([]float64, d), half: make([]float64, d), cost: make([]float64, d)}
	for j := range d {
		r.middle[j] = (low[j] + high[j]) / 2
		r.half[j] = max((high[j]-low[j])*(0.5+stretch), 0.05)
		// log(h·x) is singular where t_j has the imaginary part π: its Chebyshev
		// coefficients fall like exp(-n·asinh(π/half)).
		r.cost[j] = math.Asinh(math.Pi / r.half[j])
	}
	return r
}

// prepare evaluates the fits at the tests: random points and corners of the box.
func (r *reduction) prepare(ctx context.Context, threads int) error {
	d := len(r.middle)
	rng := rand.New(rand.NewPCG(r.seed, 1))
	corners := 1 << min(d, 5)
	r.places = dense.New[float64](testPoints+corners, d)
	for i := range r.places.Rows {
		row := r.places.Row(i)
		for j := range row {
			u := 2*rng.Float64() - 1
			if i < corners { // some of them when there are many coordinates
				u = float64(2*(i>>(j%5)&1) - 1)
			}
			row[j] = r.middle[j] + r.half[j]*u
		}
	}
	var err error
	if r.tests, err = r.at(ctx, r.places, threads); err != nil {
		return err
	}
	if r.whole, r.rest, err = r.split(ctx, r.tests, threads); err != nil {
		return err
	}
	var spreads []float64
	for i := range r.whole.Rows {
		row := r.whole.Row(i)
		spreads = append(spreads, slices.Max(row)-slices.Min(row))
	}
	slices.Sort(spreads)
	r.tolerance = max(reductionShare*spreads[len(spreads)/2], r.rounding)
	return nil
}

// split returns the fits (columns) at the points of a sheet (rows), and the same
// less the nonnegative measure of the first fit.
func (r *reduction) split(ctx context.Context, s *sheet, threads int) (whole, rest *dense.Matrix[float64], err error) {
	whole, rest, err = r.values(ctx, s, threads)
	if err != nil {
		return nil, nil, err
	}
	for i := range whole.Rows {
		w, v := whole.Row(i), rest.Row(i)
		first := w[0]
		for f := range w {
			w[f] += v[f]
			v[f] = w[f] - first
		}
	}
	return whole, rest, nil
}

// at returns the sheet of points given by t.
func (r *reduction) at(ctx context.Context, places *dense.Matrix[float64], threads int) (*sheet, error) {
	alpha := dense.New[float64](places.Rows, r.k)
	for i := range places.Rows {
		alpha.Set(i, 0, 1)
		for j, t := range places.Row(i) {
			alpha.Set(i, j+1, math.Exp(t))
		}
	}
	return r.sheet(ctx, alpha, threads)
}

// run raises the budget of the polynomials until they reproduce the fits. If
// that takes too many terms they reproduce what the nonnegative measure of the
// first fit leaves, with the least budget that is enough for that or else the
// most accurate one.
func (r *reduction) run(ctx context.Context, m *Model, threads int) error {
	degree := slices.Min(r.cost)
	whole, rest := candidate{err: math.Inf(1)}, candidate{err: math.Inf(1)}
	for budget := 4 * degree; ; {
		p := newPolynomials(r.middle, r.half, r.cost, budget)
		if whole.p != nil && (p.terms() > mostTerms || slices.Max(p.Degrees) > mostOrder) {
			break
		}
		in := p.interpolation()
		all, rests, err := r.sample(ctx, p, in, threads)
		if err != nil {
			return err
		}
		if rest.err > r.tolerance {
			rest = r.better(rest, p, in, rests, r.rest)
		}
		whole = r.better(whole, p, in, all, r.whole)
		if whole.err <= r.tolerance {
			break
		}
		budget += degree * min(max(1, math.Floor(0.7*math.Log(whole.err/r.tolerance)/degree)), 6)
	}
	m.Whole = whole.err <= max(rest.err, r.tolerance)
	if m.Whole {
		rest = whole
	}
	m.Polynomials, m.ReductionError = rest.p, rest.err
	return nil
}

// candidate are polynomials and the largest error of their mean at the tests.
type candidate struct {
	p   *Polynomials
	err float64
}

// sample is split where the coefficients of p come from.
func (r *reduction) sample(ctx context.Context, p *Polynomials, in *interpolation, threads int) (all, rests *dense.Matrix[float64], err error) {
	places := dense.New[float64](len(in.exponents), len(r.middle))
	for i := range places.Rows {
		in.point(p, i, places.Row(i))
	}
	s, err := r.at(ctx, places, threads)
	if err != nil {
		return nil, nil, err
	}
	return r.split(ctx, s, threads)
}

// better returns the polynomials through the values (terms × fits), or the
// former ones if those are closer to the truth at the tests.
func (r *reduction) better(former candidate, p *Polynomials, in *interpolation, values, truth *dense.Matrix[float64]) candidate {
	q := *p
	q.Coefficients = in.coefficients(p, values)
	mean := q.Coefficients.Row(0)
	worst := 0.
	work := make([]float64, p.workspace())
	for i := range r.places.Rows {
		prefixes, last := p.prepare(r.places.Row(i), work)
		sum := 0.
		for _, v := range truth.Row(i) {
			sum += v / float64(truth.Cols)
		}
		worst = max(worst, math.Abs(q.one(mean, prefixes, last)-sum))
	}
	if worst < former.err {
		return candidate{&q, worst}
	}
	return former
}

// survey sets the largest spread, of random points of the box of the nodes.
func (m *Model) survey(ctx context.Context) error {
	const points = 1000
	rng := rand.New(rand.NewPCG(1, 2))
	alpha := make([]float64, len(m.Scale))
	alpha[0] = 1
	for range points {
		for j, low := range m.Low {
			alpha[j+1] = math.Exp(low + (m.High[j]-low)*rng.Float64())
		}
		v, err := m.At(alpha)
		if err != nil {
			return err
		}
		m.LargestSpread = max(m.LargestSpread, v.Spread)
	}
	return ctx.Err()
}
