package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"eimtool/internal/dense"
	"eimtool/internal/eim"
	"eimtool/internal/plan"
	"eimtool/internal/report"
	"eimtool/internal/scalar"
)

// planTest is what Measure found at the parameters of --test.
type planTest struct {
	mu                *dense.Matrix[float64]
	errors, overLeast []float64
}

// planOutcome is what plan prints.
type planOutcome struct {
	header
	Terms          int                  `json:"terms"`
	Error          report.Number        `json:"error"`
	ErrorOverLeast report.Number        `json:"error_over_least"`
	SumBeta        report.Number        `json:"sum_abs_beta"`
	Tolerance      report.Number        `json:"tolerance"`
	Stop           string               `json:"stop"`
	Passes         report.Number        `json:"passes"`
	Candidates     int                  `json:"candidates"`
	Points         int                  `json:"points"`
	Functions      []plannedFunction    `json:"functions"`
	Parameters     []string             `json:"parameters"`
	Magic          []plannedPoint       `json:"magic"`
	Selected       []plannedTerm        `json:"selected"`
	Test           *plannedMeasurements `json:"test,omitempty"`
	Reason         string               `json:"reason,omitempty"` // why figures are null
	Output         string               `json:"output"`
}

type plannedFunction struct {
	Function string        `json:"function"`
	Scale    report.Number `json:"scale"`
	Weight   report.Number `json:"weight"`
}

// plannedPoint is a magic point; function 0 is the constant.
type plannedPoint struct {
	Function int           `json:"function"` // from 1
	X        report.Object `json:"x,omitempty"`
}

type plannedTerm struct {
	Candidate int           `json:"candidate"` // from 1
	Mu        report.Object `json:"mu"`
	Error     report.Number `json:"error"` // before this term
}

type plannedMeasurements struct {
	Error          report.Number  `json:"error"`
	ErrorOverLeast report.Number  `json:"error_over_least"`
	Results        []plannedError `json:"results"`
}

type plannedError struct {
	Mu             report.Object `json:"mu"`
	Error          report.Number `json:"error"`
	ErrorOverLeast report.Number `json:"error_over_least"`
}

func newPlanResult(in *planInputs, p *plan.Plan, tested *planTest) (*planOutcome, error) {
	r := &planOutcome{
		header: newHeader("plan"), Terms: p.Terms(), Error: report.Number(p.Error), ErrorOverLeast: report.Number(p.ErrorOverLeast),
		Stop: p.Stop, Passes: report.Number(p.Passes), Candidates: p.CandidateCount, Points: p.PointCount, Parameters: p.Names,
		Magic: []plannedPoint{}, Selected: []plannedTerm{},
	}
	for s, f := range p.Functions {
		weight := 1.0
		if p.Weights != nil {
			weight = p.Weights[s]
		}
		r.Functions = append(r.Functions, plannedFunction{f, report.Number(p.Scales[s]), report.Number(weight)})
	}
	for _, q := range p.Magic {
		m := plannedPoint{Function: q.Function + 1}
		if q.Function >= 0 && len(p.Columns) > 0 {
			m.X = report.Point(p.Columns, q.X)
		}
		r.Magic = append(r.Magic, m)
	}
	for m, s := range p.History {
		r.Selected = append(r.Selected, plannedTerm{s.Candidate + 1, report.Point(p.Names, p.Mu.Row(m)), report.Number(s.Error)})
	}
	sum, err := largestSum(p, in.problem.Candidates)
	if err != nil {
		return nil, err
	}
	r.SumBeta = report.Number(sum)
	r.measured(p, tested)
	r.warn(in.warnings...)
	r.warn(p.Warnings...)
	r.warnOf(p, tested)
	return r, nil
}

// measured takes the figures of --test.
func (r *planOutcome) measured(p *plan.Plan, tested *planTest) {
	const vanishes = "error_over_least: a function is zero at a point"
	if math.IsInf(p.ErrorOverLeast, 0) {
		r.Reason = vanishes
	}
	if tested == nil {
		return
	}
	t := &plannedMeasurements{Error: report.Number(largest(tested.errors)), ErrorOverLeast: report.Number(largest(tested.overLeast)), Results: []plannedError{}}
	for i, e := range tested.errors {
		t.Results = append(t.Results, plannedError{report.Point(p.Names, tested.mu.Row(i)), report.Number(e), report.Number(tested.overLeast[i])})
	}
	if math.IsInf(float64(t.ErrorOverLeast), 0) {
		r.Reason = vanishes
	}
	r.Test = t
}

// warnOf tells what the user may want to change.
func (r *planOutcome) warnOf(p *plan.Plan, tested *planTest) {
	if p.Stop == eim.StopStagnation || p.Stop == eim.StopFloor && p.Error > p.Tolerance && p.Tolerance > 0 {
		r.warn("the error no longer falls: it is round-off")
	}
	if tested == nil {
		return
	}
	outside := 0
	for i := range tested.mu.Rows {
		for j, v := range tested.mu.Row(i) {
			if v < p.Lower[j] || v > p.Upper[j] {
				outside++
				break
			}
		}
	}
	if outside > 0 {
		r.warn(fmt.Sprintf("%d of %d test parameters lie outside the range of the candidates", outside, tested.mu.Rows))
	}
}

// sumSample bounds the number of candidates that largestSum looks at.
const sumSample = 1000

// largestSum returns the largest Σ|β_m| over the candidates, evenly chosen where
// there are many: how far errors of the matrices can be amplified.
func largestSum(p *plan.Plan, candidates *dense.Matrix[float64]) (float64, error) {
	t, err := p.Compile()
	if err != nil {
		return 0, err
	}
	most := 0.0
	for i := 0; i < candidates.Rows; i += 1 + (candidates.Rows-1)/sumSample {
		beta, _, err := t.At(candidates.Row(i))
		if err != nil {
			return 0, err
		}
		sum := 0.0
		for _, b := range beta {
			sum += scalar.Abs(b)
		}
		most = math.Max(most, sum)
	}
	return most, nil
}

// showPlanned prints the result: JSON on stdout, or the summary on stderr.
func (a *app) showPlanned(r *planOutcome) error {
	return a.show(&r.header, r, func(io.Writer) error {
		if a.quiet {
			return nil
		}
		name := r.Output
		if name == "-" {
			name = "the plan"
		}
		a.say("wrote %s (%s to simulate)", name, countOf(r.Terms, "parameter"))
		if err := report.Table(a.err, nil, r.rows()); err != nil || !a.verbose {
			return err
		}
		return r.writeSteps(a.err)
	})
}

func (r *planOutcome) rows() [][]string {
	number := func(x report.Number) string { return report.Error(float64(x)) }
	functions := make([]string, len(r.Functions))
	for s, f := range r.Functions {
		functions[s] = f.Function
	}
	rows := [][]string{
		{"functions", fmt.Sprintf("%s at %s", strings.Join(functions, "; "), countOf(r.Points, "point"))},
		{"terms", fmt.Sprintf("%d of %s (stop: %s)", r.Terms, countOf(r.Candidates, "candidate"), r.Stop)},
		{"error", number(r.Error) + "  (largest |g - Ig| over its scale, at all candidates and points)"},
		{"over least |g|", number(r.ErrorOverLeast) + "  (largest |g - Ig| of a candidate over its least |g|)"},
		{"sum of |beta|", fmt.Sprintf("%.3g", float64(r.SumBeta))},
		{"passes", fmt.Sprintf("%.3g  (evaluations of all values)", float64(r.Passes))},
	}
	if r.Test != nil {
		rows = slices.Insert(rows, 4, []string{"test error", fmt.Sprintf("%s, over least |g| %s  (at %s)", number(r.Test.Error), number(r.Test.ErrorOverLeast), countOf(len(r.Test.Results), "parameter"))})
	}
	return rows
}

// writeSteps prints the steps of the selection.
func (r *planOutcome) writeSteps(w io.Writer) error {
	var rows [][]string
	for m, s := range r.Selected {
		magic := "constant"
		if q := r.Magic[m]; q.Function > 0 {
			magic = strings.TrimSpace(fmt.Sprintf("function %d %s", q.Function, q.X))
		}
		rows = append(rows, []string{fmt.Sprint(m + 1), fmt.Sprint(s.Candidate), s.Mu.String(), magic, report.Error(float64(s.Error))})
	}
	fmt.Fprintln(w)
	return report.Table(w, []string{"term", "candidate", "mu", "magic point", "error before"}, rows)
}

// largest returns the largest of the numbers, 0 for none.
func largest(x []float64) float64 {
	most := 0.0
	for _, v := range x {
		most = math.Max(most, v)
	}
	return most
}

// countOf writes n things: "1 term", "2 terms".
func countOf(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
