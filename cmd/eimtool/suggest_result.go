package main

import (
	"fmt"
	"io"
	"math"
	"strconv"

	"eimtool/internal/report"
	"eimtool/internal/suggest"
	"eimtool/internal/surrogate"
)

// suggestResult is what suggest prints.
type suggestResult struct {
	header
	Met           bool               `json:"met"`
	Confidence    report.Number      `json:"confidence"`
	Share         report.Number      `json:"share"`
	WorstEstimate report.Number      `json:"worst_estimate"`
	WorstMu       report.Object      `json:"worst_mu"`
	Reason        string             `json:"reason,omitempty"`
	Tolerance     report.Number      `json:"tolerance"`
	Suggestions   []suggestionResult `json:"suggestions"`

	names []string
	mu    [][]float64 // of the suggestions
}

type suggestionResult struct {
	Mu             report.Object `json:"mu"`
	PredictedError report.Number `json:"predicted_error"`
	Truncation     report.Number `json:"truncation"`
	ModelError     report.Number `json:"model_error"`
	Distance       report.Number `json:"distance"`
	Reason         string        `json:"reason,omitempty"`
}

// nothingToLearn is the result for coefficients that are known functions.
func (res *suggestResult) nothingToLearn(m *surrogate.Model) {
	nan := report.Number(math.NaN())
	if !m.Planned() {
		res.Met, res.Confidence, res.Share = true, 1, 1
		res.WorstEstimate, res.Reason = nan, "worst_estimate: the coefficients are exact"
		res.warn("the coefficients are given functions of the parameters: no sample would add to them")
		return
	}
	e := m.Parts.PredictedError()
	res.Met = e <= float64(res.Tolerance)
	res.Confidence, res.Share, res.WorstEstimate = nan, nan, report.Number(e)
	res.Reason = "confidence, share: the terms are planned; worst_estimate is the error predicted from that of the functions"
	if res.Met {
		res.warn("the coefficients follow from the planned functions: if the matrices depend on them linearly, no sample would add to them (verify with a TABLE of further matrices says whether they do)")
		return
	}
	res.warn("samples add nothing to a plan: plan again with a smaller --tol or more candidates, which asks for further matrices")
}

// warnCandidates tells of rows of the table that could not be chosen.
func (res *suggestResult) warnCandidates(rows, sampled, count int) {
	left := rows - sampled
	if left == 0 {
		res.warn(fmt.Sprintf("all %d candidates are samples already: give others", rows))
		return
	}
	if sampled > 0 {
		res.warn(fmt.Sprintf("%d of %d candidates are samples already", sampled, rows))
	}
	if left < count {
		res.warn(fmt.Sprintf("fewer candidates than points: %d for -n %d", left, count))
	}
}

func (res *suggestResult) add(s suggest.Suggestion) {
	r := suggestionResult{
		Mu: report.Point(res.names, s.Mu), PredictedError: report.Number(s.Error), Truncation: report.Number(s.Truncation),
		ModelError: report.Number(s.ModelError), Distance: report.Number(s.Distance),
	}
	if math.IsInf(s.Error, 1) {
		r.Reason = "predicted_error: nothing is known there"
	}
	res.mu, res.Suggestions = append(res.mu, s.Mu), append(res.Suggestions, r)
}

// judge fills in how far the model is from the tolerance, and why.
func (res *suggestResult) judge(m *surrogate.Model, s *suggest.State) {
	res.Met, res.Confidence, res.Share = s.Met, report.Number(s.Confidence), report.Number(s.Share)
	res.WorstEstimate, res.WorstMu = report.Number(s.Worst), report.Point(res.names, s.WorstMu)
	if math.IsInf(s.Worst, 1) {
		res.Reason = "worst_estimate: nothing is known at worst_mu"
	}
	tol := float64(res.Tolerance)
	switch {
	case !m.Modelled():
		res.warn("the family is not modelled: the points fill the space")
	case m.Options.SampleError > tol:
		res.warn(fmt.Sprintf("the samples themselves err by %.1e: no number of them reaches %g", m.Options.SampleError, tol))
	case s.Truncation > tol && s.Truncation > s.Worst/2:
		res.warn(fmt.Sprintf("at the worst point the error is that of keeping %d terms: let offline keep more (--tol %g, larger --max-terms)", m.TermCount(), tol))
	}
}

// showSuggestions writes the table and the summary.
func (a *app) showSuggestions(res *suggestResult, o *suggestOptions) error {
	rows := [][]string{append(append([]string{}, res.names...), "file", "predicted_error")}
	for i, s := range res.Suggestions {
		var row []string
		for _, v := range res.mu[i] {
			row = append(row, shortest(v))
		}
		rows = append(rows, append(row, "", strconv.FormatFloat(float64(s.PredictedError), 'g', 3, 64)))
	}
	if o.output != "" {
		w, done, err := a.create(o.output)
		if err != nil {
			return err
		}
		if err := done(writeCSV(w, rows)); err != nil {
			return err
		}
	}
	err := a.show(&res.header, res, func(w io.Writer) error {
		if o.output != "" {
			return nil
		}
		return writeCSV(w, rows)
	})
	if err != nil {
		return err
	}
	if o.output != "" {
		a.say("%s: %d points", o.output, len(res.Suggestions))
	}
	a.say("%s", res.summary())
	return nil
}

// summary says how far the model is from the tolerance.
func (res *suggestResult) summary() string {
	tol := float64(res.Tolerance)
	switch {
	case res.WorstMu == nil && math.IsNaN(float64(res.WorstEstimate)):
		return fmt.Sprintf("%g is met: the coefficients are exact", tol)
	case res.WorstMu == nil:
		return fmt.Sprintf("%g is %s: the error predicted from that of the planned functions is %s",
			tol, map[bool]string{true: "predicted to be met", false: "not met"}[res.Met], report.Error(float64(res.WorstEstimate)))
	}
	verdict := "is not met yet"
	if res.Met {
		verdict = "is predicted to be met"
	}
	return fmt.Sprintf("%g %s: %.3g%% of the box is within it, largest estimate %s at %s; an error is within its estimate with probability %.2g",
		tol, verdict, 100*float64(res.Share), report.Error(float64(res.WorstEstimate)), res.WorstMu, float64(res.Confidence))
}
