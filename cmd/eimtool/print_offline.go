package main

import (
	"fmt"
	"time"

	"eimtool/internal/memory"
	"eimtool/internal/report"
)

func memString(n int64) string { return memory.Format(n) }

// verboseLine writes a line to stderr with --verbose.
func (a *app) verboseLine(format string, args ...any) {
	if a.verbose {
		fmt.Fprintf(a.err, "eimtool: "+format+"\n", args...)
	}
}

func (a *app) printDryRun(res *offlineResult) error {
	if a.json {
		return report.JSON(a.out, res)
	}
	p := res.MemoryPlan
	return report.Table(a.out, nil, [][]string{
		{"snapshots", fmt.Sprint(res.Snapshots)},
		{"table in memory", report.Bytes(p.TableBytes)},
		{"peak memory", report.Bytes(p.PeakBytes)},
		{"limit", report.Bytes(p.LimitBytes)},
	})
}

// printOffline prints the summary of a bundle: JSON, or text on stdout. With
// -o - the bundle itself is on stdout and the summary is left out.
func (a *app) printOffline(res *offlineResult) error {
	if a.json {
		return report.JSON(a.out, res)
	}
	a.warn(res.Warnings)
	if res.Bundle == "-" || a.quiet {
		return nil
	}
	kept := ""
	if res.KeptTable {
		kept = ", all samples kept"
	}
	rows := [][]string{
		{"bundle", fmt.Sprintf("%s (%s%s)", res.Bundle, report.Bytes(res.BundleBytes), kept)},
		{"family", fmt.Sprintf("%d snapshots, %d x %d, %d nonzeros, %s %s", res.Snapshots, res.Rows, res.Cols, res.NNZ, res.Field, res.Symmetry)},
		{"terms", fmt.Sprintf("%d, probes: %d magic entries", res.Terms, res.MagicEntries)},
		{"model", res.Model},
		{"training error", report.Error(float64(res.TrainingError)) + "  (all samples, coefficients from the matrices)"},
		{"held-out error", report.Error(float64(res.HeldOutError)) + "  (a fifth of the samples, coefficients from the model)"},
		{"held-out probe error", report.Error(float64(res.HeldOutProbe)) + "  (the same, coefficients from probes)"},
	}
	if res.TestError == res.TestError {
		rows = append(rows, []string{"test error", fmt.Sprintf("%s by the model, %s by probes  (only measured on)", report.Error(float64(res.TestError)), report.Error(float64(res.TestProbe)))})
	}
	rows = append(rows, []string{"Lebesgue constants", fmt.Sprintf("%.3g in the parameters, %.3g in the entries", float64(res.Lebesgue), float64(res.LebesgueEntry))})
	if err := report.Table(a.out, nil, rows); err != nil {
		return err
	}
	if !a.verbose {
		return nil
	}
	return a.printHistory(res)
}

// printHistory prints the greedy's steps and the candidates' scores.
func (a *app) printHistory(res *offlineResult) error {
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
	if err := report.Table(a.out, []string{"term", "snapshot", "mu", "magic feature", "error", "held_out_error", "lebesgue_parameter", "lebesgue_entry"}, rows); err != nil {
		return err
	}
	rows = nil
	for _, s := range res.Scores {
		rows = append(rows, []string{s.Model, s.Warps, report.Error(float64(s.Score)), s.Note})
	}
	return report.Table(a.out, []string{"model", "warps", "score", "note"}, rows)
}

// stopwatch measures the command for --timings.
func (a *app) stopwatch() func() {
	start := time.Now()
	return func() {
		if a.timings {
			fmt.Fprintf(a.err, "eimtool: %.3f s\n", time.Since(start).Seconds())
		}
	}
}
