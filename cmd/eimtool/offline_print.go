package main

import (
	"fmt"
	"io"
	"math"
	"strings"

	"eimtool/internal/report"
)

// showOffline prints the result of offline: JSON on stdout, or the summary on
// stderr.
func (a *app) showOffline(res *offlineResult) error {
	return a.show(&res.header, res, func(io.Writer) error {
		if a.quiet {
			return nil
		}
		a.say("wrote %s", bundleLine(res))
		return writeSummary(a.err, res, a.verbose)
	})
}

// bundleLine names the bundle and its size.
func bundleLine(res *offlineResult) string {
	name, kept := res.Bundle, ""
	if name == "-" {
		name = "bundle"
	}
	if res.KeptTable {
		kept = ", all samples kept"
	}
	return fmt.Sprintf("%s (%s%s)", name, report.Bytes(res.BundleBytes), kept)
}

// writeSummary prints what a bundle holds; details are the steps of the greedy
// and the scores of the coefficient models.
func writeSummary(w io.Writer, res *offlineResult, details bool) error {
	switch {
	case res.Parts != nil:
		return writePartsSummary(w, res)
	case res.Planned != nil:
		return writePlannedSummary(w, res)
	}
	if res.Terms == 0 {
		return report.Table(w, nil, [][]string{
			{"family", fmt.Sprintf("%d snapshots, %d x %d, %s %s; log det alone is kept", res.Snapshots, res.Rows, res.Cols, res.Field, res.Symmetry)},
			{"log det", res.LogDet.summary()},
		})
	}
	number := func(x report.Number) string { return report.Error(float64(x)) }
	rows := [][]string{
		{"family", fmt.Sprintf("%d snapshots, %d x %d, %d nonzeros, %s %s", res.Snapshots, res.Rows, res.Cols, res.NNZ, res.Field, res.Symmetry)},
		{"terms", fmt.Sprintf("%d, probes: %d magic entries", res.Terms, res.MagicEntries)},
		{"model", res.Model},
		{"training error", number(res.TrainingError) + "  (all samples, coefficients from the matrices)"},
		{"held-out error", number(res.HeldOutError) + "  (a fifth of the samples, coefficients from the model)"},
		{"held-out probe error", number(res.HeldOutProbe) + "  (the same, coefficients from probes)"},
	}
	if !math.IsNaN(float64(res.TestError)) {
		rows = append(rows, []string{"test error", fmt.Sprintf("%s by the model, %s by probes  (only measured on)", number(res.TestError), number(res.TestProbe))})
	}
	rows = append(rows, []string{"Lebesgue constants", fmt.Sprintf("%.3g in the parameters, %.3g in the entries", float64(res.Lebesgue), float64(res.LebesgueEntry))})
	if res.Solutions != nil {
		rows = append(rows, []string{"solutions", res.Solutions.summary()})
	}
	if res.LogDet != nil {
		rows = append(rows, []string{"log det", res.LogDet.summary()})
	}
	if err := report.Table(w, nil, rows); err != nil || !details {
		return err
	}
	return writeHistory(w, res)
}

// writePartsSummary prints what the bundle of a given affine family holds.
func writePartsSummary(w io.Writer, res *offlineResult) error {
	family := fmt.Sprintf("given by %d parts, %d x %d, %d nonzeros, %s %s", len(res.Parts), res.Rows, res.Cols, res.NNZ, res.Field, res.Symmetry)
	if res.Terms == 0 {
		family = fmt.Sprintf("given by %d parts, %d x %d, %s %s; log det alone is kept", len(res.Parts), res.Rows, res.Cols, res.Field, res.Symmetry)
	}
	rows := [][]string{{"family", family}}
	for i, c := range res.Parts {
		rows = append(rows, []string{fmt.Sprintf("coefficient %d", i+1), c})
	}
	if e := float64(res.TrainingError); !math.IsNaN(e) {
		rows = append(rows, []string{"error of the samples", fmt.Sprintf("%s  (%d samples against the sum of the parts)", report.Error(e), res.Snapshots)})
	}
	if res.Solutions != nil {
		rows = append(rows, []string{"solutions", res.Solutions.summary()})
	}
	if res.LogDet != nil {
		rows = append(rows, []string{"log det", res.LogDet.summary()})
	}
	return report.Table(w, nil, rows)
}

// numbers writes 1,2,3.
func numbers(list []int) string {
	s := make([]string, len(list))
	for i, n := range list {
		s[i] = fmt.Sprint(n)
	}
	return strings.Join(s, ",")
}

// writeHistory prints the greedy's steps and the candidates' scores.
func writeHistory(w io.Writer, res *offlineResult) error {
	var rows [][]string
	for _, s := range res.History {
		where := s.Kind
		if s.Row > 0 {
			where += fmt.Sprintf(" %d", s.Row)
		}
		if s.Col > 0 {
			where += fmt.Sprintf(",%d", s.Col)
		}
		rows = append(rows, []string{
			fmt.Sprint(s.Term), fmt.Sprint(s.Snapshot), s.Mu.String(), where,
			report.Error(float64(s.Error)), report.Error(float64(s.HeldOutError)),
			fmt.Sprintf("%.3g", float64(s.LebesgueParameter)), fmt.Sprintf("%.3g", float64(s.LebesgueEntry)),
		})
	}
	if _, err := fmt.Fprintf(w, "\ngreedy selection (with hold-out: among the training part; the bundle's terms: snapshots %s)\n", numbers(res.Selected)); err != nil {
		return err
	}
	if err := report.Table(w, []string{"term", "snapshot", "mu", "magic feature", "error", "held_out_error", "lebesgue_parameter", "lebesgue_entry"}, rows); err != nil {
		return err
	}
	if _, err := fmt.Fprintln(w, "\ncoefficient models by left-out error"); err != nil {
		return err
	}
	rows = nil
	for _, s := range res.Scores {
		rows = append(rows, []string{s.Model, s.Warps, report.Error(float64(s.Score)), s.Note})
	}
	return report.Table(w, []string{"model", "warps", "score", "note"}, rows)
}
