package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"math/cmplx"

	"eimtool/internal/answer"
	"eimtool/internal/matrix"
	"eimtool/internal/mtx"
	"eimtool/internal/report"
	"eimtool/internal/scalar"
	"eimtool/internal/solve"
)

// logdetPlain gives log det of one matrix file.
func (a *app) logdetPlain(ctx context.Context, path string, o *logdetOptions) error {
	if o.output != "" {
		if err := checkOutput(o.output, path); err != nil {
			return err
		}
	}
	f, err := a.readMatrix(ctx, path, mtx.ReadOptions{})
	if err != nil {
		return err
	}
	m := f.Matrix
	if m.Rows != m.Cols {
		return fileErrorf(path, 0, "only square matrices have a determinant", "is %d x %d", m.Rows, m.Cols)
	}
	var r *answer.LogDet
	var info *factorResult
	if m.IsComplex() {
		r, info, err = plainLogDet(ctx, a, path, m.Pattern, m.Complex, o)
	} else {
		r, info, err = plainLogDet(ctx, a, path, m.Pattern, m.Real, o)
	}
	if err != nil {
		return err
	}
	isComplex := m.IsComplex() && m.Symmetry != matrix.Hermitian
	if o.tol > 0 && !(r.Estimate <= o.tol) {
		return &accuracyError{fmt.Sprintf("%s: error estimate %s above --tol %g (%s)", path, report.Error(r.Estimate), o.tol, r.Method), plainToleranceHint(r)}
	}
	r.Accepted = true
	return a.showPlainLogDet(ctx, r, info, isComplex, o)
}

// plainToleranceHint says what to do about an estimate above the tolerance.
func plainToleranceHint(r *answer.LogDet) string {
	if r.Method == answer.Trace {
		return toleranceHint(r.Method)
	}
	return "double precision gives no less"
}

// showPlainLogDet writes the table of one line, or JSON.
func (a *app) showPlainLogDet(ctx context.Context, r *answer.LogDet, info *factorResult, isComplex bool, o *logdetOptions) error {
	res := &logdetResult{header: newHeader("logdet"), Output: o.output, Points: 1, Results: []logdetPoint{fillLogDet(nil, &onlineJob{}, r, isComplex)}}
	res.Results[0].Factorisation = info
	if !a.json || o.output != "" {
		output := o.output
		if output == "" {
			output = "-"
		}
		w, done, err := a.create(output)
		if err != nil {
			return err
		}
		t := newLogdetTable(&interruptible{ctx, w}, nil, isComplex, false)
		if err = t.add(nil, r); err == nil {
			err = t.w.Flush()
		}
		if err := done(err); err != nil {
			return err
		}
	}
	return a.show(&res.header, res, func(io.Writer) error {
		if o.output != "" && o.output != "-" {
			a.say("wrote %s: log det by %s", o.output, r.Method)
		}
		return nil
	})
}

// plainLogDet gives log det of one matrix.
func plainLogDet[S scalar.Scalar](ctx context.Context, a *app, path string, p *matrix.Pattern, values []S, o *logdetOptions) (*answer.LogDet, *factorResult, error) {
	r := &answer.LogDet{Method: answer.Direct, Reason: "the input is one matrix", EstimateKind: answer.Calibrated, Lower: math.Inf(-1), Upper: math.Inf(1)}
	if o.method == answer.Trace {
		v, err := answer.StochasticLogDet(ctx, p, values, nil, answer.LogDetOptions{Vectors: o.vectors, Tolerance: o.tol, Seed: o.seed, Threads: a.threads})
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", path, err)
		}
		r.Method, r.Reason, r.LogAbs, r.Sign, r.Estimate = answer.Trace, "asked for", v.LogDet, 1, v.HalfWidth
		return r, nil, nil
	}
	solver, err := solve.New[S](ctx, p, solve.Options{Uses: 1, Threads: a.threads})
	if err != nil {
		return nil, nil, plainError(path, err)
	}
	if need, limit := int64(solver.Analysis().Bytes), a.memoryLimit(); limit > 0 && need > limit {
		return nil, nil, fmt.Errorf("%s: %w", path, &answer.MemoryError{Need: need, Limit: limit})
	}
	f, err := solver.Factorise(ctx, values)
	if err != nil {
		return nil, nil, plainError(path, err)
	}
	logAbs, phase := f.LogDet()
	condition, err := f.EquilibratedCondition(ctx)
	if err != nil {
		return nil, nil, plainError(path, err)
	}
	r.LogAbs, r.Sign, r.Phase = logAbs, math.Copysign(1, scalar.Real(phase)), complex(scalar.Real(phase), scalar.Imag(phase))
	r.Angle, r.Branch = cmplx.Phase(r.Phase), answer.Wrapped
	r.Estimate = answer.LogDetRoundOff(p.Rows, condition, logAbs)
	if scalar.IsComplex[S]() && p.Symmetry != matrix.Hermitian {
		v, _, ok, err := solver.ContinuousLogDet(ctx, values, nil)
		if err != nil {
			return nil, nil, plainError(path, err)
		}
		if ok {
			r.Angle, r.Branch = imag(v), answer.Continuous
		}
	} else {
		r.Branch = ""
	}
	info := f.Info()
	return r, &factorResult{
		Method: info.Method, Ordering: info.Ordering, Fill: info.NNZ, Flops: report.Number(info.Flops), Delayed: info.Delayed,
		Bytes: info.Bytes, FrontBytes: info.FrontBytes, SmallestPivot: report.Number(info.SmallestPivot), ForwardBound: report.Number(math.NaN()),
	}, nil
}
