package main

import (
	"context"
	"errors"
	"math"
	"slices"

	"eimtool/internal/answer"
	"eimtool/internal/dense"
	"eimtool/internal/family"
	"eimtool/internal/report"
	"eimtool/internal/surrogate"
)

// verifySolutions compares solutions with reference solutions, joined to the
// points of the table by equal parameters.
func (a *app) verifySolutions(ctx context.Context, model *surrogate.Model, source answer.Source, o *verifyOptions, res *verifyResult) error {
	t, err := a.openSamples(o.solutions)
	if err != nil {
		return err
	}
	names := model.ParameterNames()
	order, err := columnOrder(t.Source, t.Names, names)
	if err != nil {
		return err
	}
	opt := answer.Options{Method: o.method, Threads: a.threads, Points: len(t.Samples)}
	if o.rhs != "" {
		if opt.RHS, err = a.readColumns(ctx, o.rhs); err != nil {
			return err
		}
	}
	solver, err := answer.New(model, source, opt)
	if err != nil {
		return err
	}
	p := a.newProgress()
	defer p.end()
	res.MaxErrorX = new(report.Number)
	for i := range t.Samples {
		p.report("solving", i, len(t.Samples))
		if err := a.verifySolution(ctx, t, i, order, solver, res); err != nil {
			return err
		}
	}
	return nil
}

// verifySolution measures x at one point of the solutions table.
func (a *app) verifySolution(ctx context.Context, t *family.Table, i int, order []int, solver answer.Solver, res *verifyResult) error {
	s := t.Samples[i]
	mu := make([]float64, len(order))
	for j, c := range order {
		mu[j] = s.Mu[c]
	}
	k := slices.IndexFunc(res.Results, func(v verifyPoint) bool {
		for j, p := range v.Mu {
			if p.Value != mu[j] {
				return false
			}
		}
		return true
	})
	if k < 0 {
		return fileErrorf(t.Source, s.Line, "give solutions at the points of TABLE", "no matrix of TABLE has the parameters of %s", s.File)
	}
	v := &res.Results[k]
	want, err := a.readColumns(ctx, s.Path)
	if err != nil {
		return err
	}
	results, errs := solver.Solve(ctx, []answer.Point{{Mu: mu}})
	r, err := results[0], errs[0]
	var singular *answer.SingularError
	if errors.As(err, &singular) {
		v.refuseX(err)
		*res.MaxErrorX = report.Number(math.NaN())
		res.Reason = "max_error_x: a solution was refused"
		return nil
	}
	if err != nil {
		return err
	}
	got := r.X
	if got == nil {
		got = surrogate.Rejoin(r.RealX, false)
	}
	if got.Rows != want.Rows || got.Cols != want.Cols {
		return fileErrorf(s.Path, 0, "give solutions for the right-hand side of the bundle, or --rhs", "is %d x %d, the solution is %d x %d", want.Rows, want.Cols, got.Rows, got.Cols)
	}
	e, estimate := report.Number(columnError(got, want)), report.Number(r.Estimate)
	v.ErrorX, v.EstimateX, v.MethodX = &e, &estimate, r.Method
	if worst := float64(*res.MaxErrorX); !math.IsNaN(worst) && !(float64(e) <= worst) {
		*res.MaxErrorX = e
	}
	if res.Methods == nil {
		res.Methods = &methodShares{}
	}
	(*res.Methods)[r.Method]++
	return nil
}

func (v *verifyPoint) refuseX(err error) {
	nan := report.Number(math.NaN())
	v.ErrorX, v.EstimateX, v.Reason = &nan, &nan, "error_x: "+message(err)
}

// columnError returns the largest relative 2-norm error of a column.
func columnError(got, want *dense.Matrix[complex128]) float64 {
	worst := 0.0
	for j := range want.Cols {
		d, n := make([]complex128, want.Rows), make([]complex128, want.Rows)
		for i := range want.Rows {
			n[i] = want.At(i, j)
			d[i] = got.At(i, j) - n[i]
		}
		if e := dense.Norm(d) / dense.Norm(n); !(e <= worst) {
			worst = e
		}
	}
	return worst
}

// solution returns the cells of the text table.
func (v *verifyPoint) solution() []string {
	if v.ErrorX == nil {
		return []string{"", "", ""}
	}
	return []string{report.Error(float64(*v.ErrorX)), report.Error(float64(*v.EstimateX)), v.MethodX}
}
