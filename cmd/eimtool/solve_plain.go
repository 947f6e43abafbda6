package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"eimtool/internal/answer"
	"eimtool/internal/dense"
	"eimtool/internal/matrix"
	"eimtool/internal/mtx"
	"eimtool/internal/report"
	"eimtool/internal/scalar"
	"eimtool/internal/solve"
	"eimtool/internal/surrogate"
)

// plainSystem is A x = b of files.
type plainSystem struct {
	path string
	a    *matrix.Matrix
	b    *dense.Matrix[complex128]
	c    *dense.Matrix[complex128] // output vectors, nil for x itself
}

// solvePlain solves with one matrix file.
func (a *app) solvePlain(ctx context.Context, path string, o *solveOptions) error {
	if o.output != "" {
		if err := checkOutput(o.output, path, o.rhs, o.quantity); err != nil {
			return err
		}
	}
	pt := unknownPoint()
	pt.Output, pt.Method, pt.Reason = o.output, answer.Direct, "the input is one matrix"
	pt.Timings = &solveTimings{}
	began := time.Now()
	sys, err := a.readSystem(ctx, path, o)
	if err != nil {
		return err
	}
	pt.Timings.Read = since(&began)
	var x *dense.Matrix[complex128]
	var real *dense.Matrix[float64]
	if sys.a.IsComplex() {
		x, err = factoriseAndSolve(ctx, a, sys, surrogate.Split[complex128](sys.b, false), sys.a.Complex, o, &pt)
	} else {
		both := !scalar.AllReal(sys.b.Data)
		real, err = factoriseAndSolve(ctx, a, sys, surrogate.Split[float64](sys.b, both), sys.a.Real, o, &pt)
		if err == nil && both {
			x, real = surrogate.Rejoin(real, true), nil
		}
	}
	res := &solveResult{header: newHeader("solve")}
	if err != nil {
		if exitCode(err) != exitAccuracy {
			return err
		}
		pt.Accepted, pt.Output, pt.Reason = false, "", message(err)
	} else if err := a.deliverPlain(ctx, sys, x, real, o, &pt); err != nil {
		return err
	}
	pt.Timings.Write = since(&began) - pt.Timings.Analyse - pt.Timings.Factorise - pt.Timings.Solve - pt.Timings.Judge
	if !a.timings {
		pt.Timings = nil
	}
	res.Results = []solvePoint{pt}
	if f := pt.Factorisation; f != nil {
		a.say("%s, %s ordering, %d entries in the factor (%s), workspace %s", f.Method, f.Ordering, f.Fill, report.Bytes(int64(f.Bytes)), report.Bytes(int64(f.FrontBytes)))
	}
	if shown := a.show(&res.header, res, res.text(a)); err == nil {
		err = shown
	}
	return err
}

// since returns the seconds since *t and sets it to now.
func since(t *time.Time) float64 {
	d := time.Since(*t).Seconds()
	*t = time.Now()
	return d
}

func (a *app) readSystem(ctx context.Context, path string, o *solveOptions) (*plainSystem, error) {
	f, err := a.readMatrix(ctx, path, mtx.ReadOptions{})
	if err != nil {
		return nil, err
	}
	s := &plainSystem{path: path, a: f.Matrix}
	if s.a.Rows != s.a.Cols {
		return nil, fileErrorf(path, 0, "only square systems can be solved", "is %d x %d", s.a.Rows, s.a.Cols)
	}
	if s.b, err = a.readColumns(ctx, o.rhs); err != nil {
		return nil, err
	}
	if s.b.Rows != s.a.Rows {
		return nil, fileErrorf(o.rhs, 0, "give a right-hand side with one value per row of the matrix", "has %d rows, the matrix has %d", s.b.Rows, s.a.Rows)
	}
	s.c, err = a.readQuantity(ctx, o.quantity, s.a.Rows)
	return s, err
}

// factoriseAndSolve fills in pt and returns x.
func factoriseAndSolve[S scalar.Scalar](ctx context.Context, a *app, sys *plainSystem, b *dense.Matrix[S], values []S, o *solveOptions, pt *solvePoint) (*dense.Matrix[S], error) {
	op := matrix.NoTranspose
	if o.transpose {
		op = matrix.Transpose
	}
	clock := time.Now()
	solver, err := solve.New[S](ctx, sys.a.Pattern, solve.Options{Uses: 1, Threads: a.threads})
	if err != nil {
		return nil, plainError(sys.path, err)
	}
	pt.Timings.Analyse = since(&clock)
	if need, limit := int64(solver.Analysis().Bytes), a.memoryLimit(); limit > 0 && need > limit {
		return nil, fmt.Errorf("%s: %w", sys.path, &answer.MemoryError{Need: need, Limit: limit})
	}
	f, err := solver.Factorise(ctx, values)
	if err != nil {
		return nil, plainError(sys.path, err)
	}
	pt.Timings.Factorise = since(&clock)
	x, rep, err := f.SolveRefined(ctx, b, op)
	if err != nil {
		return nil, plainError(sys.path, err)
	}
	pt.Timings.Solve = since(&clock)
	cond, err := f.Condition(ctx)
	if err != nil {
		return nil, plainError(sys.path, err)
	}
	pt.Timings.Judge = since(&clock)
	info := f.Info()
	pt.Residual, pt.BackwardError, pt.Condition = report.Number(rep.Residual), report.Number(rep.BackwardError), report.Number(cond)
	pt.Iterations, pt.ErrorEstimate, pt.Accepted = rep.Iterations, report.Number(rep.ForwardBound), true
	pt.Factorisation = &factorResult{
		Method: info.Method, Ordering: info.Ordering, Fill: info.NNZ, Flops: report.Number(info.Flops), Delayed: info.Delayed,
		Bytes: info.Bytes, FrontBytes: info.FrontBytes, SmallestPivot: report.Number(info.SmallestPivot), ForwardBound: report.Number(rep.ForwardBound),
	}
	if o.tol > 0 && !(rep.ForwardBound <= o.tol) {
		return nil, &accuracyError{sys.path + ": error estimate " + report.Error(rep.ForwardBound) + " above --tol " + report.Error(o.tol) + "; nothing was written", "double precision gives no less with a condition of " + report.Error(cond)}
	}
	return x, nil
}

// plainError puts the file before an error about its matrix.
func plainError(path string, err error) error {
	var s *solve.SingularError
	if errors.As(err, &s) {
		return &singularError{path, &answer.SingularError{Column: s.Column, Pivot: s.Pivot, Condition: s.Condition, Reason: s.Reason}}
	}
	var n *solve.NonFiniteError
	if errors.As(err, &n) {
		return fileErrorf(path, 0, "scale the system", "%v", err)
	}
	return err
}

// singularError names the place of a singular matrix: a file or a point.
type singularError struct {
	where string
	err   *answer.SingularError
}

func (e *singularError) Error() string { return e.where + ": " + e.err.Error() }
func (e *singularError) Unwrap() error { return e.err }

// deliverPlain writes x, or the quantities of it.
func (a *app) deliverPlain(ctx context.Context, sys *plainSystem, x *dense.Matrix[complex128], re *dense.Matrix[float64], o *solveOptions, pt *solvePoint) error {
	if sys.c == nil {
		return a.writeColumns(ctx, o.output, x, re)
	}
	if re != nil {
		x = surrogate.Rejoin(re, false)
	}
	r := &answer.Result{Method: answer.Direct, Accepted: true}
	for q := range sys.c.Cols {
		for j := range x.Cols {
			var sum complex128
			var nc, nx float64
			for i := range x.Rows {
				sum += sys.c.At(i, q) * x.At(i, j)
				nc, nx = math.Hypot(nc, scalar.Abs(sys.c.At(i, q))), math.Hypot(nx, scalar.Abs(x.At(i, j)))
			}
			r.Quantity = append(r.Quantity, answer.Quantity{Column: q, Right: j, Value: sum, Estimate: nc * nx * float64(pt.ErrorEstimate)})
		}
	}
	filled := unknownPoint()
	filled.fill(r, re == nil)
	pt.Quantity = filled.Quantity
	return a.writeQuantities(ctx, o.output, []solvePoint{*pt}, nil)
}

// writeColumns writes x, complex or real, as an array file.
func (a *app) writeColumns(ctx context.Context, output string, x *dense.Matrix[complex128], re *dense.Matrix[float64]) error {
	m := &matrix.Matrix{}
	if re != nil {
		m.Pattern = &matrix.Pattern{Rows: re.Rows, Cols: re.Cols, Dense: true}
		m.Real = re.Transpose().Data // array files go by columns
	} else {
		m.Pattern = &matrix.Pattern{Rows: x.Rows, Cols: x.Cols, Dense: true}
		m.Complex = x.Transpose().Data
	}
	if !finite(m.Values) {
		return inputErrorf("scale the system", "an element of x exceeds float64")
	}
	return a.writeMatrix(ctx, output, m)
}
