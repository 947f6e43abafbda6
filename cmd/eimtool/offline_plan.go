package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"eimtool/internal/family"
	"eimtool/internal/plan"
	"eimtool/internal/planfile"
	"eimtool/internal/report"
	"eimtool/internal/surrogate"
)

// plannedResult is what a bundle says of the plan it was made by.
type plannedResult struct {
	Functions      []string      `json:"functions"`
	Candidates     int           `json:"candidates"`
	Points         int           `json:"points"`
	FunctionError  report.Number `json:"function_error"`  // largest |g − Ig| over its scale, of the plan
	Factor         report.Number `json:"factor"`          // error of A over that of the functions at check points
	PredictedError report.Number `json:"predicted_error"` // of A, over the candidates
}

func plannedSummary(p *surrogate.Parts) *plannedResult {
	return &plannedResult{
		Functions: p.Plan.Functions, Candidates: p.Plan.CandidateCount, Points: p.Plan.PointCount,
		FunctionError: report.Number(p.Plan.Error), Factor: report.Number(p.Factor), PredictedError: report.Number(p.PredictedError()),
	}
}

// runOfflinePlan makes the bundle of a planned family: of the table only the
// matrices that the plan asked for are read.
func (a *app) runOfflinePlan(ctx context.Context, samples string, o *offlineOptions) error {
	if err := o.checkPlan(); err != nil {
		return err
	}
	p, err := planfile.Read(o.plan)
	if err != nil {
		return err
	}
	in, err := a.offlineInputs(ctx, samples, o)
	if err != nil {
		return err
	}
	t, p, err := plannedTable(in.samples, p, o.plan)
	if err != nil {
		return err
	}
	if o.RHS, err = a.readRHS(ctx, o.rhs, t); err != nil {
		return err
	}
	load := family.LoadOptions{Threads: a.threads, Memory: a.limit, Checksums: true, AllowZero: true}
	need, err := family.Plan(t, load)
	if err != nil {
		return err
	}
	if err := o.fits(need); err != nil {
		return err
	}
	if o.dryRun {
		return a.showPlan(t, need)
	}
	progress := a.newProgress()
	defer progress.end()
	load.Progress, o.Progress = progress.report, progress.report
	fam, err := family.Load(ctx, t, load)
	if err != nil {
		return err
	}
	model, err := surrogate.BuildPlan(ctx, &surrogate.PlanInput{Plan: p, Family: fam}, o.Options)
	if err != nil {
		return err
	}
	if err := a.measureTests(ctx, model, in.tests, progress.report); err != nil {
		return err
	}
	progress.end()
	res := &offlineResult{header: newHeader("offline"), Bundle: o.output, MemoryPlan: planResult(need)}
	res.warn(append(append([]string{}, fam.Warnings...), model.Warnings...)...)
	if len(in.tests) == 0 && !model.SeesLinearity() {
		res.warn(fmt.Sprintf("from %s it cannot be seen whether the matrices depend linearly on the functions: measure on further ones (--test, or eimtool verify)", countOf(model.Mu.Rows, "snapshot")))
	}
	return a.deliverOffline(ctx, o, model, res, o.judgePlan(model))
}

// checkPlan refuses flags that have no meaning for planned terms.
func (o *offlineOptions) checkPlan() error {
	if o.extend != "" {
		return inputErrorf("plan again, with the candidates wanted", "--extend with --plan: the terms of a plan are chosen before any is simulated")
	}
	return refuseFlags([]givenFlag{
		{"--max-terms", o.termsSet},
		{"--basis", o.Basis != "snapshots"},
		{"--select", o.Select != "auto"},
		{"--model", o.Model != "auto"},
		{"--warp", len(o.warps) > 0},
		{"--periodic", len(o.Periodic) > 0},
		{"--preserve", o.preserve != ""},
		{"--blocks", o.blocks != ""},
		{"--inverse", o.Inverse},
		{"--keep-table", o.KeepTable != "auto"},
		{"--features", o.given["features"]},
		{"--magic", o.given["magic"]},
		{"--norm", o.given["norm"]},
		{"--scaling", o.given["scaling"]},
		{"--oversample", o.given["oversample"]},
		{"--no-hold-out", o.noHoldOut},
	}, "leave it out", " with --plan: the terms are the planned snapshots and the coefficients follow from the functions")
}

// sameParameter is the relative distance up to which a sample is the one that
// the plan asked for: what a spreadsheet may have rounded.
const sameParameter = 1e-6

// plannedTable returns the samples that the plan asked for, in its order, and the
// plan with their parameters as the table has them.
func plannedTable(t *family.Table, p *plan.Plan, path string) (*family.Table, *plan.Plan, error) {
	if err := sameNames(t.Source, t.Names, p.Names); err != nil {
		return nil, nil, err
	}
	order, err := columnOrder(t.Source, t.Names, p.Names)
	if err != nil {
		return nil, nil, err
	}
	out := &family.Table{Source: t.Source, Names: p.Names, Columns: t.Columns, Warnings: slices.Clone(t.Warnings)}
	simulated := *p
	simulated.Mu = p.Mu.Clone()
	var missing []string
	term := map[int]int{}      // by row of the table
	byFile := map[string]int{} // by path
	rounded := 0
	for m := range p.Mu.Rows {
		at, distance, err := plannedRow(t, p, order, m)
		if err != nil {
			return nil, nil, err
		}
		if at < 0 {
			missing = append(missing, report.Point(p.Names, p.Mu.Row(m)).String())
			continue
		}
		s := t.Samples[at]
		if other, twice := term[at]; twice {
			return nil, nil, fileErrorf(t.Source, s.Line, "give one row for each parameter of "+path, "stands for two planned parameters, terms %d and %d", other+1, m+1)
		}
		if other, twice := byFile[s.Path]; twice && s.RHS == "" { // with a column rhs the functions may be those of b alone
			return nil, nil, fileErrorf(t.Source, s.Line, "give every planned parameter its own matrix", "%s is also the matrix of another planned parameter (term %d)", s.File, other+1)
		}
		term[at], byFile[s.Path] = m, m
		for j, c := range order {
			simulated.Mu.Set(m, j, s.Mu[c])
		}
		s.Mu = simulated.Mu.Row(m)
		out.Samples = append(out.Samples, s)
		if distance > 0 {
			rounded++
		}
	}
	if len(missing) > 0 {
		const shown = 3
		list := strings.Join(missing[:min(shown, len(missing))], "; ")
		if len(missing) > shown {
			list += fmt.Sprintf("; and %d more", len(missing)-shown)
		}
		return nil, nil, fileErrorf(t.Source, 0, "simulate the parameters of "+path+" exactly as they are written there, and give the table of their files",
			"%d of the %d planned parameters %s missing: %s", len(missing), p.Terms(), isAre(len(missing)), list)
	}
	if rounded > 0 {
		out.Warnings = append(out.Warnings, fmt.Sprintf("parameters of %s differ from the plan in their last digits: those of %s are taken as the simulated ones", countOf(rounded, "row"), t.Source))
	}
	if more := len(t.Samples) - len(out.Samples); more > 0 {
		out.Warnings = append(out.Warnings, fmt.Sprintf("%s of %s %s not in the plan and not read (measure on them with --test)", countOf(more, "sample"), t.Source, isAre(more)))
	}
	return out, &simulated, nil
}

// plannedRow returns the sample nearest to term m of the plan and their largest
// relative distance, −1 without one. Two rows that are equally near must name the
// same file.
func plannedRow(t *family.Table, p *plan.Plan, order []int, m int) (at int, distance float64, err error) {
	at, distance = -1, sameParameter
	for i, s := range t.Samples {
		d := 0.0
		for j, want := range p.Mu.Row(m) {
			scale := math.Abs(want)
			if scale == 0 {
				scale = p.Upper[j] - p.Lower[j]
			}
			if diff := math.Abs(s.Mu[order[j]] - want); diff > 0 {
				d = math.Max(d, diff/scale)
			}
		}
		switch {
		case at >= 0 && d == distance && s.Path != t.Samples[at].Path:
			return at, d, fileErrorf(t.Source, s.Line, "give one row for each planned parameter",
				"has the parameters of %s but another file, %s in place of %s", t.Where(at), s.File, t.Samples[at].File)
		case at < 0 && d <= distance, d < distance:
			at, distance = i, d
		}
	}
	return at, distance, nil
}

// isAre agrees with a number of things.
func isAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// contradictionFactor is by how much the error of A must exceed its estimate
// before the functions of the plan are held responsible.
const contradictionFactor = 10

// leastContradiction is the error of A that is not rounding of the files.
const leastContradiction = 1e-10

// leastEstimate is the estimate from which on nothing is known of A.
const leastEstimate = 0.5

// contradiction says that matrices differ from a planned model by more than its
// functions explain; "" where they do not, and for other models.
func contradiction(model *surrogate.Model, rows []verifyPoint) string {
	if !model.Planned() {
		return ""
	}
	count, worst := 0, verifyPoint{}
	for _, r := range rows {
		if float64(r.Extrapolation) > 0 || !(float64(r.ErrorFro) > contradictionFactor*float64(r.Estimate)) {
			continue
		}
		if float64(r.ErrorFro) < leastContradiction || float64(r.Estimate) > leastEstimate {
			continue
		}
		count++
		if r.ErrorFro > worst.ErrorFro {
			worst = r
		}
	}
	if count == 0 {
		return ""
	}
	return fmt.Sprintf("the matrix does not depend linearly on the functions of the plan, or these are not the functions of the code: "+
		"at %d of %d parameters it differs by more than %d times what the functions explain (at %s by %s, explained %s): add the missing function to the plan, or build the bundle without --plan",
		count, len(rows), contradictionFactor, worst.Mu.String(), report.Error(float64(worst.ErrorFro)), report.Error(float64(worst.Estimate)))
}

// judgePlan compares with a tolerance that the user gave: the test error where
// it was measured, else the error predicted from that of the functions.
func (o *offlineOptions) judgePlan(m *surrogate.Model) error {
	if err := o.judgeLogDet(m.LogDet); err != nil {
		return err
	}
	if !o.tolSet || m.TermCount() == 0 {
		return nil
	}
	name, e := "test", m.Errors.Test
	if e < 0 {
		name, e = "predicted", m.Parts.PredictedError()
	}
	if e <= o.tolerance {
		return nil
	}
	hint := "plan again with a smaller --tol, or more candidates"
	if m.Parts.Unexplained > 0 {
		hint = "add the missing function to the plan, or build the bundle without --plan"
	}
	return &accuracyError{
		fmt.Sprintf("--tol %g not reached: %s error %.1e with %d terms; the bundle was written all the same", o.tolerance, name, e, m.TermCount()), hint,
	}
}

// writePlannedSummary prints what the bundle of a planned family holds.
func writePlannedSummary(w io.Writer, res *offlineResult) error {
	p := res.Planned
	rows := [][]string{
		{"family", fmt.Sprintf("%d planned snapshots, %d x %d, %d nonzeros, %s %s", res.Snapshots, res.Rows, res.Cols, res.NNZ, res.Field, res.Symmetry)},
		{"model", fmt.Sprintf("function: %s at %d magic points", strings.Join(p.Functions, "; "), res.Snapshots)},
		{"function error", fmt.Sprintf("%s  (over %s and %s, as planned)", report.Error(float64(p.FunctionError)), countOf(p.Candidates, "candidate"), countOf(p.Points, "point"))},
		{"predicted error", report.Error(float64(p.PredictedError)) + "  (of A over the candidates, from that of the functions)"},
	}
	if res.Terms == 0 {
		rows[0][1] = fmt.Sprintf("%d planned snapshots, %d x %d, %s %s; log det alone is kept", res.Snapshots, res.Rows, res.Cols, res.Field, res.Symmetry)
	}
	if e := float64(res.TestError); !math.IsNaN(e) {
		rows = append(rows, []string{"test error", report.Error(e) + "  (only measured on)"})
	}
	if res.Solutions != nil {
		rows = append(rows, []string{"solutions", res.Solutions.summary()})
	}
	if res.LogDet != nil {
		rows = append(rows, []string{"log det", res.LogDet.summary()})
	}
	return report.Table(w, nil, rows)
}
