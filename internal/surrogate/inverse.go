package surrogate

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"eimtool/internal/coefficients"
	"eimtool/internal/dense"
	"eimtool/internal/family"
	"eimtool/internal/lambda"
	"eimtool/internal/reduced"
	"eimtool/internal/scalar"
)

// Inverse is what a bundle holds for solving with A_μ.
type Inverse[S scalar.Scalar] struct {
	Objective  string           // what the coefficients were fitted for
	Objectives []ObjectiveScore // the candidates
	// Amplification is the largest ratio over left-out samples of the relative
	// error of x to that of A with M terms, FullAmplification the 90 % quantile of
	// those with the model of all samples; NaN when not measured.
	Amplification, FullAmplification float64
	Load                             *Load[S] // nil without a right-hand side
	Basis                            *reduced.Basis[S]
	// Solutions is the interpolation of the samples' own solutions, in
	// coordinates of the basis.
	Solutions *coefficients.Model
	// SolutionError is the largest relative distance of a sample's solution from
	// the basis.
	SolutionError float64
	// PreferSolutions says that the interpolated solutions predicted left-out
	// samples better than the reduced basis did.
	PreferSolutions bool
	// Lambda combines the samples' solutions (arXiv 1710.02488); its coordinates
	// are the parts' coefficients, or 1 and LambdaModes principal coordinates.
	Lambda      *lambda.Model[S]
	LambdaModes int
	structural  bool             `bundle:"-"` // FullAmplification is that of perturbations within the family
	Quantity    *dense.Matrix[S] `doc:"n x outputs, columns c of the quantities that are prepared"`
}

// wantsInverse reports whether solutions are to be prepared.
func (o *Options) wantsInverse() bool { return o.RHS != nil || o.Inverse }

// solver prepares solutions: it chooses the objective of the coefficients
// before the terms are final, and completes the rest when they are.
type solver[T scalar.Scalar] interface {
	choose(sel *terms[T]) (objective[T], error)
	finish(c *Core[T], sel *terms[T]) error
}

// newSolver returns the solver of the family, nil when none is asked for.
func (b *builder[T]) newSolver(f *family.Family) (solver[T], error) {
	switch {
	case !b.opt.wantsInverse() && !b.opt.LogDet:
		return nil, nil
	case f.Hermitian:
		return newPreparation[T, complex128](b, f)
	default:
		return newPreparation[T, T](b, f)
	}
}

// preparation is the solver of a family with coefficients in T and systems in S.
type preparation[T, S scalar.Scalar] struct {
	b   *builder[T]
	sys *systems[S]
	inv *Inverse[S]

	det    *determinants[S] // nil unless log det is wanted
	logdet *LogDet
}

func newPreparation[T, S scalar.Scalar](b *builder[T], f *family.Family) (*preparation[T, S], error) {
	p := &preparation[T, S]{b: b, inv: &Inverse[S]{}, logdet: newLogDet()}
	var rhs []*dense.Matrix[S]
	if r := b.opt.RHS; r != nil {
		if err := r.check(b.m.Rows, len(b.rows)); err != nil {
			return nil, err
		}
		both := !scalar.IsComplex[S]() && r.complexValues()
		for _, v := range r.Values {
			rhs = append(rhs, Split[S](v, both))
		}
		var err error
		if p.inv.Load, err = newLoad[S](b.ctx, b.m, r, b.opt.Threads); err != nil {
			return nil, err
		}
	}
	var err error
	p.sys, err = newSystems(b.ctx, f.Pattern, systemRows[S](f), rhs, b.m.Files, b.opt.Threads)
	if err != nil {
		return nil, err
	}
	p.sys.both = p.inv.Load != nil && p.inv.Load.Both
	if b.opt.LogDet {
		p.det, err = p.sys.determine(b.logDetSamples(), b.opt.Progress)
	}
	return p, err
}

func (p *preparation[T, S]) choose(sel *terms[T]) (objective[T], error) {
	if p.b.opt.Select == "eim" || p.b.opt.Basis == "pod" {
		return p.keep(sel)
	}
	list, err := objectives(p.b, p.sys, p.det, sel)
	if err != nil {
		return objective[T]{}, err
	}
	all := make([]candidate[T], len(list))
	for c, o := range list {
		core, err := p.b.goalCore(o)
		if err != nil {
			return objective[T]{}, err
		}
		all[c] = candidate[T]{o, core}
	}
	return p.decide(all)
}

// keep measures the amplification for a selection whose objective is given.
func (p *preparation[T, S]) keep(sel *terms[T]) (objective[T], error) {
	o := objective[T]{name: "matrix", sel: sel}
	core, err := p.b.core(sel, indices(len(p.b.rows)))
	if err != nil {
		return o, err
	}
	return p.decide([]candidate[T]{{o, core}})
}

// finish prepares what is wanted for the final terms.
func (p *preparation[T, S]) finish(core *Core[T], sel *terms[T]) error {
	if p.b.opt.wantsInverse() {
		p.b.m.setInverse(p.inv)
	}
	if p.det != nil {
		if err := p.finishLogDet(core); err != nil {
			return err
		}
	}
	if p.inv.Load == nil {
		return nil
	}
	return p.finishSolutions(core, sel)
}

// finishSolutions builds the reduced basis and its competitors.
func (p *preparation[T, S]) finishSolutions(core *Core[T], sel *terms[T]) error {
	m, b := p.b.m, p.b
	problem := &reduced.Problem[S]{
		Operator: reduced.Operator[S]{Pattern: p.sys.pattern, Rows: p.sys.rows, Combine: convert[S](core.Weights)},
		RHS:      p.inv.Load.blocks(),
		Paired:   p.inv.Load.Both,
		At: func(mu []float64) (*reduced.Point[S], error) {
			a, err := at(m, core, mu)
			if err != nil {
				return nil, err
			}
			return p.pointAt(core, scalar.FromComplex[T](a.coords), scalar.FromComplex[T](a.second), a.ModelError, mu)
		},
		Factorise: p.factorise,
		FromUnit:  m.Interpolation.FromUnit,
		Dim:       len(m.Parameters),
	}
	for i, row := range p.sys.rows {
		problem.Samples = append(problem.Samples, reduced.Sample[S]{Mu: m.Mu.Row(i), Values: row, RHS: p.sys.load(i)})
	}
	for _, l := range b.leftOutSamples(sel.snapshots) {
		pt, err := p.pointAt(core, unpack[T](l.k), unpack[T](l.second), l.error, m.Mu.Row(l.sample))
		if err != nil {
			return err
		}
		pt.Phi, pt.RHSError = p.inv.Load.withoutSample(l.sample, pt.Phi, pt.RHSError)
		problem.LeftOut = append(problem.LeftOut, reduced.LeftOut[S]{Sample: l.sample, Point: pt})
	}
	err := p.inv.reduce(b.ctx, m, problem, b.opt)
	var failed *reduced.ProblemError
	if errors.As(err, &failed) && failed.Mu != nil {
		if i := m.sampleAt(failed.Mu); i >= 0 {
			return fmt.Errorf("%s: %w", m.Files[i], err)
		}
	}
	return err
}

// sampleAt returns the sample with the given parameters, -1 without one.
func (m *Model) sampleAt(mu []float64) int {
	for i := range m.Mu.Rows {
		if slices.Equal(m.Mu.Row(i), mu) {
			return i
		}
	}
	return -1
}

// pointAt is the family with coordinates k; second is nil, or empty, without a
// second model.
func (p *preparation[T, S]) pointAt(core *Core[T], k, second []T, modelError float64, mu []float64) (*reduced.Point[S], error) {
	pt := &reduced.Point[S]{Theta: scalar.FromComplex[S](scalar.ToComplex(inModes(k, core.Modes))), ModelError: modelError}
	if len(second) > 0 {
		pt.Second = scalar.FromComplex[S](scalar.ToComplex(inModes(second, core.Modes)))
	}
	var err error
	pt.Phi, pt.RHSError, err = p.inv.Load.Coefficients(mu)
	return pt, err
}

// factorise factorises values that the caller goes on to change. Factors are
// used one after the other: the storage of one serves the next.
func (p *preparation[T, S]) factorise(ctx context.Context, values []S) (reduced.Factor[S], error) {
	return p.sys.next(ctx, values)
}

// convert returns a in other scalars, real ones becoming complex.
func convert[S, T scalar.Scalar](a *dense.Matrix[T]) *dense.Matrix[S] {
	if s, ok := any(a).(*dense.Matrix[S]); ok {
		return s
	}
	out := dense.New[S](a.Rows, a.Cols)
	for i, v := range a.Data {
		out.Data[i] = scalar.Of[S](scalar.Real(v), scalar.Imag(v))
	}
	return out
}

// point is the family at one μ in the scalars of the systems.
func point[S scalar.Scalar](m *Model, load *Load[S], a *Answer, mu []float64) (*reduced.Point[S], error) {
	theta, second := m.Theta(a)
	pt := &reduced.Point[S]{Theta: scalar.FromComplex[S](theta), ModelError: a.ModelError}
	if second != nil {
		pt.Second = scalar.FromComplex[S](second)
	}
	var err error
	pt.Phi, pt.RHSError, err = load.Coefficients(mu)
	return pt, err
}

// PointOf returns the family at an answer of At or FromProbe in the scalars of
// the systems, for the reduced basis of inv. mu may be nil where the
// right-hand side does not depend on it.
func PointOf[S scalar.Scalar](m *Model, inv *Inverse[S], a *Answer, mu []float64) (*reduced.Point[S], error) {
	return point(m, inv.Load, a, mu)
}

// setInverse stores inv, an *Inverse[float64] or *Inverse[complex128].
func (m *Model) setInverse(inv any) {
	switch v := inv.(type) {
	case *Inverse[float64]:
		m.RealInverse = v
	case *Inverse[complex128]:
		m.ComplexInverse = v
	}
}
