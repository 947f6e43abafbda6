package answer

import (
	"context"
	"fmt"
	"math"

	"eimtool/internal/dense"
	"eimtool/internal/matrix"
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
	conjugate(b.Data)
	if err := t.f.Solve(ctx, b, matrix.NoTranspose); err != nil {
		return err
	}
	conjugate(b.Data)
	return nil
}

func conjugate[S scalar.Scalar](x []S) {
	if z, ok := any(x).([]complex128); ok {
		for i, v := range z {
			z[i] = complex(real(v), -imag(v))
		}
	}
}

// firstPoint is the key of the factor at the first point asked for, which
// serves where the terms are no samples that could be factorised.
const firstPoint = -1

// nearest returns the factor of the selected sample nearest to A_μ, made once.
func (e *engine[S]) nearest(ctx context.Context, pt *point[S]) (*solve.Factor[S], error) {
	m := firstPoint
	if e.m.Terms != nil {
		m = e.m.NearestTerm(pt.answer)
	}
	if f := e.factors[m]; f != nil {
		return f, nil
	}
	terms, err := e.termRows()
	if err != nil {
		return nil, err
	}
	var values []S
	if m == firstPoint {
		if values, err = e.assemble(ctx, pt.answer.Beta, terms); err != nil {
			return nil, err
		}
	} else {
		values = terms[m]
	}
	// A solver of its own: the next factorisation must not reuse its storage.
	s, err := solve.New[S](ctx, e.m.Pattern(), solve.Options{Threads: e.opt.Threads})
	if err != nil {
		return nil, err
	}
	f, err := s.Factorise(ctx, values)
	if err != nil {
		return nil, singular(err)
	}
	e.factors[m] = f
	return f, nil
}

// runKrylov iterates with the model of all samples where the bundle keeps them,
// otherwise with Ã_μ, preconditioned by the factor of the nearest term.
func (e *engine[S]) runKrylov(ctx context.Context, pt *point[S]) (*Result, error) {
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
	x, err := e.iterate(ctx, f, values, b, res)
	if err != nil {
		return nil, err
	}
	return res, e.finishKrylov(ctx, pt, f, values, b, x, bError, truncation, res)
}

// iterate solves with the given values.
func (e *engine[S]) iterate(ctx context.Context, f *solve.Factor[S], values []S, b *dense.Matrix[S], res *Result) (*dense.Matrix[S], error) {
	sys := &krylov.System[S]{
		N: e.m.Rows, Kind: e.kind(), Definite: f.Info().Method == "cholesky",
		Apply: func(ctx context.Context, x, y *dense.Matrix[S]) error {
			return matrix.MulBlock(ctx, e.m.Pattern(), values, x, y, e.op(), e.opt.Threads)
		},
		Preconditioner: f,
	}
	if e.opt.Transpose {
		sys.Preconditioner = transposed[S]{f}
	}
	x := b.Clone()
	if err := sys.Preconditioner.Solve(ctx, x, matrix.NoTranspose); err != nil {
		return nil, err
	}
	reports, err := krylov.Solve(ctx, sys, b, x, krylov.Options{Tolerance: krylovTolerance})
	if err != nil {
		return nil, err
	}
	res.Residual = 0
	for j, r := range reports {
		res.Residual = math.Max(res.Residual, r.Residual)
		res.Iterations = max(res.Iterations, r.Iterations)
		if !r.Converged && r.Reason != krylov.ReasonRounding {
			res.Warnings = append(res.Warnings, fmt.Sprintf("column %d: the iteration ended by %s at the residual %.1e", j+1, r.Reason, r.Residual))
		}
	}
	return x, nil
}

// kind says what is known of the matrix.
func (e *engine[S]) kind() krylov.Kind {
	switch e.m.Symmetry {
	case "hermitian":
		return krylov.Hermitian
	case "symmetric":
		if scalar.IsComplex[S]() {
			return krylov.Symmetric
		}
		return krylov.Hermitian
	}
	return krylov.General
}

// finishKrylov estimates the error of x with the inverse of the nearest term.
func (e *engine[S]) finishKrylov(ctx context.Context, pt *point[S], f *solve.Factor[S], values []S, b, x *dense.Matrix[S], bError, truncation float64, res *Result) error {
	dx, err := e.product(ctx, values, x)
	if err != nil {
		return err
	}
	for i, v := range dx.Data {
		dx.Data[i] = b.Data[i] - v
	}
	if err := f.Solve(ctx, dx, e.op()); err != nil {
		return err
	}
	amp, err := e.amplification(ctx, pt, f, x)
	if err != nil {
		return err
	}
	if !e.calibrated() || !(e.inv.Amplification > 0) {
		amp *= nearFactor
	}
	res.Reduction = nearFactor*ratio(dx, x) + truncationFactor*amp*truncation
	res.Model = amp * pt.answer.ModelError
	if bError > 0 {
		gain, err := e.loadAmplification(ctx, f, b, x)
		if err != nil {
			return err
		}
		res.Model += nearFactor * gain * bError
	}
	if res.Condition, err = f.Condition(ctx); err != nil {
		return singular(err)
	}
	res.RoundOff = roundOffFactor * res.Condition
	res.Estimate = res.Reduction + res.Model + res.RoundOff
	if e.opt.Derivative > 0 {
		return &MethodError{Krylov, "gives no derivatives", "use --method direct or reduced"}
	}
	return e.put(x, res)
}
