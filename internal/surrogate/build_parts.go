package surrogate

import (
	"context"
	"fmt"
	"math"

	"eimtool/internal/dense"
	"eimtool/internal/family"
	"eimtool/internal/features"
	"eimtool/internal/matrix"
	"eimtool/internal/reduced"
	"eimtool/internal/scalar"
	"eimtool/internal/solve"
)

// PartsInput is a given affine family with what is known beside its parts.
type PartsInput struct {
	Parts *family.Parts
	// Points are parameters that span the box of interest, N x p; they may be
	// nil where nothing is to be prepared.
	Points      *dense.Matrix[float64]
	Samples     int     // samples that were compared with the parts
	SampleError float64 // the largest relative error found there
	SampleFiles []string
}

// BuildParts makes the model of a given affine family: its terms are the parts
// and its coefficients the given functions.
func BuildParts(ctx context.Context, in *PartsInput, opt Options) (*Model, error) {
	if err := opt.check(); err != nil {
		return nil, err
	}
	m, err := newPartsModel(in, opt)
	if err != nil {
		return nil, err
	}
	if in.Parts.Complexes != nil {
		m.Complex, err = partsCore(ctx, in.Parts.Complexes, in.Parts.Family, opt)
	} else {
		m.Real, err = partsCore(ctx, in.Parts.Real, in.Parts.Family, opt)
	}
	if err != nil {
		return nil, err
	}
	if m.Field == FieldReal {
		err = prepareParts[float64](ctx, m, in, opt)
	} else {
		err = prepareParts[complex128](ctx, m, in, opt)
	}
	switch {
	case err == nil:
		err = m.only()
	case ctx.Err() == nil:
		err = &BuildError{err}
	}
	return m, err
}

// newPartsModel returns the model without values.
func newPartsModel(in *PartsInput, opt Options) (*Model, error) {
	m := newModel(in.Parts.Family, opt)
	m.Parts = &Parts{Files: in.Parts.Files, Checksums: in.Parts.Checksums, Samples: in.Samples, SampleError: in.SampleError}
	for _, e := range in.Parts.Coefficients {
		m.Parts.Coefficients = append(m.Parts.Coefficients, e.String())
	}
	if in.Samples > 0 {
		m.Errors.Training = in.SampleError
	}
	m.Mu, m.Files = in.Points, in.SampleFiles
	m.Parameters = nil
	for j, name := range in.Parts.Names {
		q := Parameter{Name: name, Lo: math.Inf(-1), Hi: math.Inf(1)}
		if in.Points != nil && in.Points.Rows > 0 {
			q.Lo, q.Hi = math.Inf(1), math.Inf(-1)
			for i := range in.Points.Rows {
				q.Lo, q.Hi = min(q.Lo, in.Points.At(i, j)), max(q.Hi, in.Points.At(i, j))
			}
		}
		m.Parameters = append(m.Parameters, q)
	}
	if m.Mu == nil {
		m.Mu = dense.New[float64](0, len(m.Parameters))
	}
	return m, m.Parts.compile(in.Parts.Names)
}

// partsCore holds the parts as terms.
func partsCore[T scalar.Scalar](ctx context.Context, rows [][]T, f *family.Family, opt Options) (*Core[T], error) {
	set, err := features.New(ctx, f.Pattern, rows, features.Options{Hermitian: f.Hermitian, Threads: opt.Threads})
	if err != nil {
		return nil, err
	}
	q := dense.NewTallQR[T](len(rows))
	if err := q.Append(ctx, rows, set.Multiplicity, 1, opt.Threads); err != nil {
		return nil, err
	}
	c := &Core[T]{Values: rows, Coordinates: q.K(), Probe: &Probe[T]{Complete: true}}
	c.Fit = dense.NewRowFit(c.Coordinates)
	return c, nil
}

// partsLimit is the memory, in bytes, that the matrices at the points may take
// while solutions are prepared; above it the points only span the box.
const partsLimit = 1 << 30

// prepareParts checks the parts and prepares solutions and log det.
func prepareParts[S scalar.Scalar](ctx context.Context, m *Model, in *PartsInput, opt Options) error {
	for i := range m.Mu.Rows { // a coefficient without a value there would be found late
		if _, err := m.Parts.Alpha(m.Mu.Row(i)); err != nil {
			return err
		}
	}
	if m.Rows != m.Cols {
		if opt.LogDet {
			return &OptionError{"logdet", fmt.Sprintf("of %d x %d matrices", m.Rows, m.Cols), "square matrices"}
		}
		return nil
	}
	rows := TermRows[S](m)
	semidefinite, err := allSemidefinite(ctx, m, rows, opt.Threads)
	if err != nil {
		return err
	}
	m.Parts.Semidefinite = semidefinite
	m.Parts.Weights = partWeights(m, rows, semidefinite)
	if opt.LogDet {
		if err := prepareLogDetParts(ctx, m, rows, opt); err != nil {
			return err
		}
	}
	if opt.RHS == nil {
		return nil
	}
	return prepareSolutions(ctx, m, rows, opt)
}

// prepareSolutions builds the reduced basis of given parts.
func prepareSolutions[S scalar.Scalar](ctx context.Context, m *Model, rows [][]S, opt Options) error {
	if m.Mu.Rows == 0 {
		return fmt.Errorf("a right-hand side needs the parameter box: give a table of points as SAMPLES")
	}
	if err := opt.RHS.check(m.Rows, m.Mu.Rows); err != nil {
		return err
	}
	objective := "parts"
	if m.Planned() {
		objective = "plan"
	}
	inv := &Inverse[S]{Objective: objective, Amplification: math.NaN(), FullAmplification: math.NaN()}
	var err error
	if inv.Load, err = newLoad[S](ctx, m, opt.RHS, opt.Threads); err != nil {
		return err
	}
	m.setInverse(inv)
	sys, err := newSystems(ctx, m.Pattern(), rows, nil, m.Parts.Files, opt.Threads)
	if err != nil {
		return err
	}
	problem := &reduced.Problem[S]{
		Operator: reduced.Operator[S]{Pattern: m.Pattern(), Rows: rows},
		RHS:      inv.Load.blocks(),
		Paired:   inv.Load.Both,
		At: func(mu []float64) (*reduced.Point[S], error) {
			a, err := m.atParts(mu)
			if err != nil {
				return nil, err
			}
			return point(m, inv.Load, a, mu)
		},
		Factorise: func(ctx context.Context, values []S) (reduced.Factor[S], error) {
			return sys.next(ctx, values)
		},
		FromUnit: m.fromUnit,
		Dim:      len(m.Parameters),
		Parts:    m.Parts.Semidefinite,
	}
	if len(rows[0])*m.Mu.Rows*16 <= partsLimit {
		if problem.Samples, err = partsSamples(ctx, m, inv, rows, opt); err != nil {
			return err
		}
		if m.Planned() {
			if problem.LeftOut, err = leftOutOfPlan(m, inv.Load); err != nil {
				return err
			}
		}
	}
	return inv.reduce(ctx, m, problem, opt)
}

// partsSamples assembles the matrices at the points.
func partsSamples[S scalar.Scalar](ctx context.Context, m *Model, inv *Inverse[S], rows [][]S, opt Options) ([]reduced.Sample[S], error) {
	var out []reduced.Sample[S]
	for i := range m.Mu.Rows {
		mu := m.Mu.Row(i)
		alpha, err := m.Parts.Alpha(mu)
		if err != nil {
			return nil, err
		}
		values := make([]S, len(rows[0]))
		if err := Combine(ctx, values, scalar.FromComplex[S](alpha), rows, opt.Threads); err != nil {
			return nil, err
		}
		phi, _, err := inv.Load.Coefficients(mu)
		if err != nil {
			return nil, err
		}
		out = append(out, reduced.Sample[S]{Mu: mu, Values: values, RHS: inv.Load.Combine(phi)})
	}
	return out, nil
}

// logRatio is the ratio of the ends of a positive range above which its
// logarithm is spread evenly.
const logRatio = 10

// fromUnit maps the unit cube to the box of the parameters.
func (m *Model) fromUnit(u []float64) []float64 {
	mu := make([]float64, len(u))
	for j, p := range m.Parameters {
		if p.Lo > 0 && p.Hi >= logRatio*p.Lo {
			mu[j] = min(max(p.Lo*math.Pow(p.Hi/p.Lo, u[j]), p.Lo), p.Hi)
			continue
		}
		mu[j] = p.Lo + u[j]*(p.Hi-p.Lo)
	}
	return mu
}

// allSemidefinite reports whether every part is positive semidefinite up to a
// shift of n·ε·‖A_k‖₁, by Cholesky of the shifted part.
func allSemidefinite[S scalar.Scalar](ctx context.Context, m *Model, rows [][]S, threads int) (bool, error) {
	p := m.Pattern()
	if p.Symmetry != matrix.Hermitian && (p.Symmetry != matrix.Symmetric || scalar.IsComplex[S]()) {
		return false, nil
	}
	solver, err := solve.New[S](ctx, p, solve.Options{Method: "cholesky", Threads: threads})
	if err != nil {
		return false, err
	}
	for _, row := range rows {
		shifted := append([]S(nil), row...)
		shift := scalar.Of[S](10*float64(m.Rows)*scalar.Eps*matrix.Norm1(p, row), 0)
		for j := range p.Cols {
			k, ok := p.Find(j, j)
			if !ok {
				return false, nil
			}
			shifted[k] += shift
		}
		f, err := solver.Factorise(ctx, shifted)
		if err != nil {
			return false, ctx.Err()
		}
		if f.Info().Method != "cholesky" {
			return false, nil
		}
	}
	return true, nil
}

// termNorm returns ‖A_m‖_F of a term.
func (m *Model) termNorm(term int) float64 {
	if m.Complex != nil {
		return dense.Norm(m.Complex.Coordinates.Row(term))
	}
	return dense.Norm(m.Real.Coordinates.Row(term))
}

// partWeights returns trace(A_k)/n for semidefinite parts, otherwise |A_k|_F.
func partWeights[S scalar.Scalar](m *Model, rows [][]S, semidefinite bool) []float64 {
	w := make([]float64, len(rows))
	p := m.Pattern()
	for k, row := range rows {
		if !semidefinite {
			w[k] = m.termNorm(k)
			continue
		}
		for j := range p.Cols {
			if at, ok := p.Find(j, j); ok {
				w[k] += scalar.Real(row[at]) / float64(m.Rows)
			}
		}
	}
	return w
}
