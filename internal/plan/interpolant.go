package plan

import (
	"fmt"
	"math"

	"eimtool/internal/dense"
	"eimtool/internal/expr"
	"eimtool/internal/scalar"
)

// Interpolant evaluates the coefficients of a plan. It may be used by several
// goroutines at a time.
type Interpolant struct {
	plan      *Plan
	functions []*expr.Expr
	lu        *dense.LUFactor[complex128] // of F[m,l] = g(μ_m, x_l)/scale of the leading terms
	checks    *dense.Matrix[complex128]   // M x C: values of the terms at the check points
	points    []Point                     // the check points
}

// Compile parses the functions and factorises the values of the terms at the
// magic points. Errors: *ProblemError, *FunctionError, *ValueError.
func (p *Plan) Compile() (*Interpolant, error) { return p.leading(p.Terms()) }

// leading is Compile of the first terms alone; the further magic points are
// check points then.
func (p *Plan) leading(terms int) (*Interpolant, error) {
	if terms < 1 || terms > p.Terms() {
		return nil, &ProblemError{"plan", fmt.Sprintf("%d terms of a plan that has %d", terms, p.Terms()), ""}
	}
	t := &Interpolant{plan: p}
	names := append(append([]string(nil), p.Names...), p.Columns...)
	for s, src := range p.Functions {
		e, err := expr.Parse(src, names)
		if err != nil {
			return nil, &FunctionError{Function: s, Text: src, Err: err}
		}
		t.functions = append(t.functions, e)
	}
	t.points = append(append([]Point(nil), p.Magic[terms:]...), p.Checks...)
	f := dense.New[complex128](terms, terms)
	t.checks = dense.New[complex128](terms, len(t.points))
	for m := range terms {
		if err := t.values(f.Row(m), p.Magic[:terms], p.Mu.Row(m)); err != nil {
			return nil, err
		}
		if err := t.values(t.checks.Row(m), t.points, p.Mu.Row(m)); err != nil {
			return nil, err
		}
	}
	var err error
	if t.lu, err = dense.LU(f); err != nil {
		return nil, &ProblemError{
			"plan", "the functions cannot tell the parameters of the plan apart at its magic points",
			"the plan was changed, or is of other functions: make it anew",
		}
	}
	return t, nil
}

// values writes g(μ, x)/scale at the points.
func (t *Interpolant) values(dst []complex128, points []Point, mu []float64) error {
	for l, q := range points {
		if q.Function < 0 {
			dst[l] = 1
			continue
		}
		v, err := t.functions[q.Function].Eval(t.variables(mu, q))
		if err != nil {
			return t.failed(mu, q, err)
		}
		dst[l] = v / complex(t.plan.Scales[q.Function], 0)
	}
	return nil
}

func (t *Interpolant) variables(mu []float64, q Point) []float64 {
	return append(append(make([]float64, 0, len(mu)+len(q.X)), mu...), q.X...)
}

func (t *Interpolant) failed(mu []float64, q Point, err error) error {
	return &ValueError{
		Function: q.Function, Candidate: -1, Point: q.Index,
		Names: t.plan.Names, Mu: mu, Columns: t.plan.Columns, X: q.X, Err: err,
	}
}

// At returns the coefficients β(mu) of the M terms, the solution of
// Σ_m β_m g(μ_m, x_l) = g(μ, x_l) at the magic points x_l, and the largest
// |g − Ig| over its scale at the check points, whatever the weights of the
// functions. Errors: *ProblemError, *ValueError.
func (t *Interpolant) At(mu []float64) (beta []complex128, check float64, err error) {
	if len(mu) != len(t.plan.Names) {
		return nil, 0, &ProblemError{"plan", fmt.Sprintf("%d parameter values given, the plan has %d parameters", len(mu), len(t.plan.Names)), ""}
	}
	g := make([]complex128, t.lu.N)
	if err := t.values(g, t.plan.Magic[:t.lu.N], mu); err != nil {
		return nil, 0, err
	}
	beta = t.lu.SolveRow(g)
	e := make([]complex128, len(t.points))
	if err := t.values(e, t.points, mu); err != nil {
		return nil, 0, err
	}
	for m, b := range beta {
		dense.Axpy(-b, t.checks.Row(m), e)
	}
	for _, v := range e {
		check = math.Max(check, scalar.Abs(v))
	}
	return beta, check, nil
}

// Derivative returns ∂β/∂μ_j at mu. Errors: *ValueError.
func (t *Interpolant) Derivative(mu []float64, j int) ([]complex128, error) {
	g := make([]complex128, t.lu.N)
	for l, q := range t.plan.Magic[:t.lu.N] {
		if q.Function < 0 {
			continue
		}
		_, d, err := t.functions[q.Function].Derivative(t.variables(mu, q), j)
		if err != nil {
			return nil, t.failed(mu, q, err)
		}
		g[l] = d / complex(t.plan.Scales[q.Function], 0)
	}
	return t.lu.SolveRow(g), nil
}

// Leading returns the interpolant of the first terms alone, 1 ≤ terms ≤ M, with
// the remaining magic points as further check points.
func (t *Interpolant) Leading(terms int) (*Interpolant, error) { return t.plan.leading(terms) }
