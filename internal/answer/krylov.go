package answer

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"eimtool/internal/dense"
	"eimtool/internal/matrix"
	"eimtool/internal/reduced"
	"eimtool/internal/scalar"
	"eimtool/internal/solve"
	"eimtool/internal/solve/krylov"
)

// krylovTolerance is the relative residual at which iterations stop.
const krylovTolerance = 1e-13

// nearFactor is the factor of estimates that use the inverse of the nearest
// term in place of that of A_μ.
const nearFactor = 2

// transposed solves with the transpose of a factorised matrix.
type transposed[S scalar.Scalar] struct{ f *solve.Factor[S] }

func (t transposed[S]) Solve(ctx context.Context, b *dense.Matrix[S], op matrix.Op) error {
	switch op {
	case matrix.NoTranspose:
		return t.f.Solve(ctx, b, matrix.Transpose)
	case matrix.Transpose:
		return t.f.Solve(ctx, b, matrix.NoTranspose)
	}
	scalar.Conjugate(b.Data)
	if err := t.f.Solve(ctx, b, matrix.NoTranspose); err != nil {
		return err
	}
	scalar.Conjugate(b.Data)
	return nil
}

// firstPoint is the key of the factor at the first point asked for, which
// serves where the terms are no samples that could be factorised.
const firstPoint = -1

// nearest returns the factor of the selected sample nearest to A_μ.
func (e *engine[S]) nearest(ctx context.Context, pt *point[S]) (*solve.Factor[S], error) {
	if e.m.Terms != nil {
		return e.termFactor(ctx, e.m.NearestTerm(pt.answer))
	}
	if f := e.factors[firstPoint]; f != nil {
		return f, nil
	}
	terms, err := e.termRows()
	if err != nil {
		return nil, err
	}
	values, err := e.assemble(ctx, pt.answer.Beta, terms)
	if err != nil {
		return nil, err
	}
	return e.keptFactor(ctx, firstPoint, values)
}

// termFactor returns the factor of a term, made once.
func (e *engine[S]) termFactor(ctx context.Context, m int) (*solve.Factor[S], error) {
	if f := e.factors[m]; f != nil {
		return f, nil
	}
	terms, err := e.termRows()
	if err != nil {
		return nil, err
	}
	return e.keptFactor(ctx, m, terms[m])
}

// keptFactor factorises and keeps the factor under a key.
func (e *engine[S]) keptFactor(ctx context.Context, key int, values []S) (*solve.Factor[S], error) {
	s, err := e.direct(ctx)
	if err != nil {
		return nil, err
	}
	f, err := s.Factorise(ctx, values)
	if err != nil {
		return nil, singular(err)
	}
	e.factors[key] = f
	return f, nil
}

// runKrylov iterates with the model of all samples where the bundle keeps them,
// otherwise with Ã_μ, preconditioned by the factor of the nearest term.
func (e *engine[S]) runKrylov(ctx context.Context, pt *point[S]) (*Result, error) {
	if e.opt.Derivative > 0 {
		return nil, &MethodError{Krylov, "gives no derivatives", "use --method direct or reduced"}
	}
	f, err := e.nearest(ctx, pt)
	if err != nil {
		return nil, err
	}
	table, err := e.tableRows()
	if err != nil {
		return nil, err
	}
	weights, rows, truncation := pt.answer.Beta, e.terms, pt.answer.Truncation
	if table != nil && pt.theta != nil {
		weights, rows, truncation = e.m.SampleWeights(pt.theta), table, 0
	}
	values, err := e.assemble(ctx, weights, rows)
	if err != nil {
		return nil, err
	}
	b, bError, err := e.rhs(pt)
	if err != nil {
		return nil, err
	}
	res := unknown(Krylov)
	x, err := e.firstGuess(ctx, pt, f, b)
	if err != nil {
		return nil, err
	}
	p, err := e.preconditioner(ctx, pt, f)
	if err != nil {
		return nil, err
	}
	sys, err := e.system(f, p, values)
	if err != nil {
		return nil, err
	}
	if err := e.iterate(ctx, sys, b, x, res); err != nil {
		return nil, err
	}
	return res, e.finishKrylov(ctx, pt, f, sys, values, b, x, bError, truncation, res)
}

// firstGuess is where the iteration starts: the answer of the reduced basis
// where there is one, otherwise that of the nearest term.
func (e *engine[S]) firstGuess(ctx context.Context, pt *point[S], f *solve.Factor[S], b *dense.Matrix[S]) (*dense.Matrix[S], error) {
	if e.notReduced() == "" {
		rp, err := e.reducedPoint(pt)
		if err != nil {
			return nil, err
		}
		ans, err := e.inv.Basis.Solve(rp, reduced.SolveOptions{NoEstimate: true})
		if err != nil {
			return nil, err
		}
		return e.expand(ans.C)
	}
	x := b.Clone()
	return x, f.Solve(ctx, x, e.op())
}

// iterate improves x, the solution of the system.
func (e *engine[S]) iterate(ctx context.Context, sys *krylov.System[S], b, x *dense.Matrix[S], res *Result) error {
	reports, err := krylov.Solve(ctx, sys, b, x, krylov.Options{Tolerance: krylovTolerance})
	if err != nil {
		return err
	}
	res.Residual = 0
	for j, r := range reports {
		res.Residual = math.Max(res.Residual, r.Residual)
		res.Iterations = max(res.Iterations, r.Iterations)
		if !r.Converged && r.Reason != krylov.ReasonRounding {
			res.Warnings = append(res.Warnings, fmt.Sprintf("column %d: the iteration ended by %s at the residual %.1e", j+1, r.Reason, r.Residual))
		}
	}
	return nil
}

// system describes op(A) for the iteration.
func (e *engine[S]) system(f *solve.Factor[S], p krylov.Preconditioner[S], values []S) (*krylov.System[S], error) {
	sys, err := krylov.FromMatrix(e.m.Pattern(), values, e.opt.Threads)
	if err != nil {
		return nil, err
	}
	sys.Definite, sys.Preconditioner = f.Info().Method == "cholesky", p
	if e.opt.Transpose && !e.symmetric() {
		sys.Kind, sys.Residual, sys.Preconditioner = krylov.General, nil, transposed[S]{f}
		sys.Apply = func(ctx context.Context, x, y *dense.Matrix[S]) error {
			return matrix.MulBlock(ctx, e.m.Pattern(), values, x, y, matrix.Transpose, e.opt.Threads)
		}
	}
	return sys, nil
}

// applyInverse replaces r by A⁻¹ r up to a residual of inverseAccuracy/√n: enough
// for an estimate, in which even a single nearly singular direction counts.
func (e *engine[S]) applyInverse(ctx context.Context, sys *krylov.System[S], r *dense.Matrix[S]) (*dense.Matrix[S], error) {
	y := r.Clone()
	if err := sys.Preconditioner.Solve(ctx, y, matrix.NoTranspose); err != nil {
		return nil, err
	}
	reports, err := krylov.Solve(ctx, sys, r, y, krylov.Options{Tolerance: inverseAccuracy / math.Sqrt(float64(sys.N))})
	for _, p := range reports {
		if !p.Converged && dense.Norm(r.Data) > 0 {
			return nil, errNoInverse
		}
	}
	return y, err
}

// errNoInverse says that A⁻¹ could not be applied: A may be singular.
var errNoInverse = errors.New("the iteration does not converge: the matrix may be singular")

const inverseAccuracy = 0.1

// conditionFactor covers what one random vector misses of the inverse.
const conditionFactor = 3

// condition returns an estimate of the condition number from the solution for
// one Gaussian vector g: |A⁻¹ g| is of the size of the Frobenius norm of A⁻¹.
func (e *engine[S]) condition(ctx context.Context, sys *krylov.System[S]) (float64, error) {
	rng := rand.New(rand.NewPCG(3, 4))
	g := dense.New[S](sys.N, 1)
	for i := range g.Data {
		g.Data[i] = scalar.Of[S](rng.NormFloat64(), 0)
	}
	y, err := e.applyInverse(ctx, sys, g)
	if errors.Is(err, errNoInverse) {
		return math.Inf(1), nil
	}
	if err != nil {
		return 0, err
	}
	return conditionFactor * sys.Norm * dense.Norm(y.Data), nil
}

// finishKrylov estimates the error of x, with the inverse applied by iteration.
func (e *engine[S]) finishKrylov(ctx context.Context, pt *point[S], f *solve.Factor[S], sys *krylov.System[S], values []S, b, x *dense.Matrix[S], bError, truncation float64, res *Result) error {
	dx, err := e.product(ctx, values, x)
	if err != nil {
		return err
	}
	for i, v := range dx.Data {
		dx.Data[i] = b.Data[i] - v
	}
	left := math.Inf(1)
	switch dx, err = e.applyInverse(ctx, sys, dx); {
	case err == nil:
		left = e.ratio(dx, x)
	case !errors.Is(err, errNoInverse):
		return err
	}
	amp, err := e.amplification(ctx, pt, f, x)
	if err != nil {
		return err
	}
	if !e.calibrated() || !(e.inv.Amplification > 0) {
		amp *= nearFactor
	}
	model := amp
	if truncation == 0 && e.calibrated() && e.inv.FullAmplification > 0 {
		model = e.inv.FullAmplification
	}
	res.Reduction = nearFactor*left + truncationFactor*amp*truncation
	res.Model = model * pt.answer.ModelError
	if bError > 0 {
		gain, err := e.loadAmplification(ctx, f, b, x)
		if err != nil {
			return err
		}
		res.Model += nearFactor * gain * bError
	}
	if res.Condition, err = e.condition(ctx, sys); err != nil {
		return err
	}
	res.RoundOff = roundOffFactor * res.Condition
	res.Estimate = res.Reduction + res.Model + res.RoundOff
	return e.put(x, res)
}
