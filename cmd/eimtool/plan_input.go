package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"eimtool/internal/dense"
	"eimtool/internal/expr"
	"eimtool/internal/family"
	"eimtool/internal/plan"
	"eimtool/internal/report"
)

// planInputs are the tables of one run of plan.
type planInputs struct {
	problem    *plan.Problem
	candidates *family.Table
	points     *family.Table // nil without --at-points
	test       *family.Table // nil without --test
	warnings   []string
}

// planInputs reads the tables and checks the functions, and refuses an output
// that is one of the inputs or cannot be written.
func (a *app) planInputs(candidates string, o *planOptions) (*planInputs, error) {
	table, err := a.openCandidates(candidates)
	if err != nil {
		return nil, err
	}
	in := &planInputs{
		problem:    &plan.Problem{Names: table.Names, Candidates: parametersOf(table), Functions: o.functions, Weights: o.weights},
		candidates: table, warnings: table.Warnings,
	}
	files := tableFiles(table)
	if o.points != "" {
		if err := in.readPoints(a, o.points); err != nil {
			return nil, err
		}
		files = append(files, o.points)
	}
	if o.test != "" {
		if in.test, err = a.openPoints(o.test, table.Names); err != nil {
			return nil, err
		}
		in.warnings = append(in.warnings, in.test.Warnings...)
		files = append(files, tableFiles(in.test)...)
	}
	if err := checkOutput(o.output, files...); err != nil {
		return nil, err
	}
	return in, in.checkFunctions(o.points)
}

// openCandidates reads a table of parameters, with files or without, or a path
// template.
func (a *app) openCandidates(spec string) (*family.Table, error) {
	if spec != "-" && isTemplate(spec) {
		return family.Open(spec)
	}
	return a.openPoints(spec, nil)
}

// parametersOf is the matrix of the parameters of a table, one row per sample.
func parametersOf(t *family.Table) *dense.Matrix[float64] {
	m := dense.New[float64](len(t.Samples), len(t.Names))
	for i, s := range t.Samples {
		copy(m.Row(i), s.Mu)
	}
	return m
}

// readPoints reads the table of points.
func (in *planInputs) readPoints(a *app, path string) error {
	t, err := a.openPoints(path, nil)
	if err != nil {
		return err
	}
	for _, name := range t.Names {
		if slices.Contains(in.problem.Names, name) {
			return fileErrorf(t.Source, 0, "rename the column; points have coordinates of their own, the parameters come from CANDIDATES",
				"column %q of the points is also the name of a parameter", name)
		}
	}
	in.points, in.problem.Columns, in.problem.Points = t, t.Names, parametersOf(t)
	return nil
}

// checkFunctions makes sure that every function is an expression in parameters
// and columns, and warns of parameters that occur in none.
func (in *planInputs) checkFunctions(points string) error {
	p := in.problem
	names := slices.Concat(p.Names, p.Columns)
	used := make([]bool, len(names))
	for s, src := range p.Functions {
		e, err := expr.Parse(src, names)
		if err != nil {
			return functionError(s, err, p, points)
		}
		for _, v := range e.Variables() {
			used[v] = true
		}
	}
	for j, name := range p.Names {
		if !used[j] {
			in.warnings = append(in.warnings, fmt.Sprintf("parameter %s occurs in no function: the plan takes it that the matrix does not depend on it", name))
		}
	}
	if len(p.Columns) > 0 && !slices.Contains(used[len(p.Names):], true) {
		in.warnings = append(in.warnings, fmt.Sprintf("no column of %s occurs in any function", points))
	}
	return nil
}

// functionError says what is wrong with the text of function s.
func functionError(s int, err error, p *plan.Problem, points string) error {
	hint := "the parameters are " + strings.Join(p.Names, ", ")
	if points == "" {
		hint += "; for functions of points give --at-points points.csv"
	} else {
		hint += "; the columns of the points are " + strings.Join(p.Columns, ", ")
	}
	var e *expr.Error
	if errors.As(err, &e) && e.Hint != "" {
		hint = e.Hint + "; " + hint
	}
	return inputErrorf(hint, "--function %d: %v", s+1, err)
}

// located puts the lines of the tables into the error of a function that has no
// value at a row of the table mu.
func (in *planInputs) located(err error, mu *family.Table) error {
	var e *plan.ValueError
	if !errors.As(err, &e) {
		return err
	}
	row := slices.IndexFunc(mu.Samples, func(s family.Sample) bool { return slices.Equal(s.Mu, e.Mu) })
	if row < 0 {
		return err
	}
	at := report.Point(e.Names, e.Mu).String()
	if in.points != nil && e.Point >= 0 && e.Point < len(in.points.Samples) {
		at += fmt.Sprintf(" and the point %s (%s)", report.Point(e.Columns, e.X), in.points.Where(e.Point))
	}
	hint := "take this row out, or write the function so that it has a value here: CONDITION ? A : B"
	var cause *expr.EvalError
	if errors.As(err, &cause) && cause.Hint != "" {
		hint = cause.Hint
	}
	return fileErrorf(mu.Source, mu.Samples[row].Line, hint, "--function %d has no value at %s: %v", e.Function+1, at, e.Err)
}
