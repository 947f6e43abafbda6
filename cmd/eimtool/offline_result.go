package main

import (
	"context"
	"math"
	"sort"
	"strings"

	"eimtool/internal/family"
	"eimtool/internal/features"
	"eimtool/internal/report"
	"eimtool/internal/surrogate"
)

// offlineResult is what offline prints, and info of a bundle.
type offlineResult struct {
	header
	Bundle        string            `json:"bundle,omitempty"`
	Snapshots     int               `json:"snapshots"`
	Rows          int               `json:"rows"`
	Cols          int               `json:"cols"`
	NNZ           int               `json:"nnz"`
	Field         string            `json:"field"`
	Symmetry      string            `json:"symmetry"`
	Terms         int               `json:"terms"`
	Selected      []int             `json:"selected,omitempty"` // samples, from 1
	MagicEntries  int               `json:"magic_entries"`
	TrainingError report.Number     `json:"training_error"`
	HeldOutError  report.Number     `json:"held_out_error"`
	HeldOutProbe  report.Number     `json:"held_out_probe_error"`
	TestError     report.Number     `json:"test_error"`
	TestProbe     report.Number     `json:"test_probe_error"`
	Model         string            `json:"model"`
	Scores        []scoreResult     `json:"scores"`
	Lebesgue      report.Number     `json:"lebesgue_parameter"`
	LebesgueEntry report.Number     `json:"lebesgue_entry"`
	BundleBytes   int64             `json:"bundle_bytes"`
	KeptTable     bool              `json:"kept_table"`
	Accepted      bool              `json:"accepted"`
	Reason        string            `json:"reason,omitempty"` // why figures are null
	History       []stepResult      `json:"history"`
	MemoryPlan    *memoryPlanResult `json:"memory_plan,omitempty"`
	Parts         []string          `json:"parts,omitempty"` // coefficients of given parts
	Planned       *plannedResult    `json:"plan,omitempty"`
	Solutions     *prepared         `json:"solutions,omitempty"`
	LogDet        *preparedLogDet   `json:"logdet,omitempty"`
}

type memoryPlanResult struct {
	TableBytes int64 `json:"table_bytes"`
	PeakBytes  int64 `json:"peak_bytes"`
	LimitBytes int64 `json:"limit_bytes"`
}

func planResult(p family.MemoryPlan) *memoryPlanResult {
	return &memoryPlanResult{p.Table, p.Peak(), p.Limit}
}

type scoreResult struct {
	Model string        `json:"model"`
	Warps string        `json:"warps"`
	Score report.Number `json:"score"`
	Note  string        `json:"note,omitempty"`
}

type stepResult struct {
	Term              int           `json:"term"`
	Snapshot          int           `json:"snapshot"`
	Mu                report.Object `json:"mu"`
	Kind              string        `json:"kind"`
	Row               int           `json:"row,omitempty"`
	Col               int           `json:"col,omitempty"`
	Error             report.Number `json:"error"`
	HeldOutError      report.Number `json:"held_out_error"`
	LebesgueParameter report.Number `json:"lebesgue_parameter"`
	LebesgueEntry     report.Number `json:"lebesgue_entry"`
	SumBetaMin        report.Number `json:"sum_beta_minus_1_min"`
	SumBetaMax        report.Number `json:"sum_beta_minus_1_max"`
}

// notMeasured says why figures are null.
func notMeasured(e surrogate.Errors) string {
	var why []string
	if e.HeldOut < 0 {
		why = append(why, "held_out_error: no samples were held out (fewer than 10, or --no-hold-out)")
	}
	if e.Test < 0 {
		why = append(why, "test_error: no --test table")
	}
	return strings.Join(why, "; ")
}

// measured is an error of a model, NaN when it was not measured.
func measured(e float64) report.Number {
	if e < 0 {
		return report.Number(math.NaN())
	}
	return report.Number(e)
}

// fill takes all figures from the model.
func (r *offlineResult) fill(m *surrogate.Model) {
	r.Snapshots = m.Mu.Rows
	r.Rows, r.Cols = m.Rows, m.Cols
	if m.TermCount() > 0 {
		r.NNZ = m.Pattern().FullNNZ()
	}
	r.Field, r.Symmetry = m.Field, m.Symmetry
	r.Terms, r.MagicEntries = m.TermCount(), countMagic(m)
	for _, i := range m.Terms {
		r.Selected = append(r.Selected, i+1)
	}
	r.TrainingError, r.HeldOutError = measured(m.Errors.Training), measured(m.Errors.HeldOut)
	r.HeldOutProbe = measured(m.Errors.HeldOutProbe)
	r.TestError, r.TestProbe = measured(m.Errors.Test), measured(m.Errors.TestProbe)
	r.KeptTable = m.KeptTable()
	r.Reason = notMeasured(m.Errors)
	r.Scores = scores(m)
	switch {
	case m.Planned():
		r.Model, r.Planned = "function", plannedSummary(m.Parts)
	case m.Parts != nil:
		r.Model, r.Parts = "given coefficients", m.Parts.Coefficients
	case m.Interpolation != nil:
		r.Model = strings.Join(m.Interpolation.Chosen, " + ")
	}
	r.Solutions, r.LogDet = solutionsResult(m), logdetSummary(m.LogDet)
	r.History = history(m)
	if n := len(r.History); n > 0 {
		r.Lebesgue, r.LebesgueEntry = r.History[n-1].LebesgueParameter, r.History[n-1].LebesgueEntry
	}
}

// deliverOffline writes the bundle, shows the result and returns the verdict, the
// error of a tolerance that was not reached.
func (a *app) deliverOffline(ctx context.Context, o *offlineOptions, m *surrogate.Model, res *offlineResult, verdict error) error {
	res.fill(m)
	res.Accepted = verdict == nil
	var err error
	if res.BundleBytes, err = a.writeBundle(ctx, o, m); err != nil {
		return err
	}
	if err := a.showOffline(res); err != nil {
		return err
	}
	return verdict
}

// measureTests measures the model on the test tables, and warns where they
// contradict the functions of a plan.
func (a *app) measureTests(ctx context.Context, model *surrogate.Model, tests []*family.Table, progress func(string, int, int)) error {
	for _, t := range tests {
		rows, err := a.verifyTable(ctx, model, t, progress)
		if err != nil {
			return err
		}
		for _, r := range rows {
			model.Errors.Test = math.Max(model.Errors.Test, float64(r.ErrorFro))
			if e := float64(r.ProbeErrorFro); e > model.Errors.TestProbe { // NaN where the reference cannot be probed
				model.Errors.TestProbe = e
			}
		}
		if why := contradiction(model, rows); why != "" {
			model.Warnings = append(model.Warnings, why)
		}
	}
	return nil
}

// history lists the greedy's steps.
func history(m *surrogate.Model) []stepResult {
	names := m.ParameterNames()
	list := []stepResult{}
	for _, s := range m.History {
		list = append(list, stepResult{
			Term: s.Term, Snapshot: s.Snapshot + 1, Mu: report.Point(names, m.Mu.Row(s.Snapshot)),
			Kind: s.Kind, Row: stepRow(s), Col: stepCol(s), Error: report.Number(s.Error),
			HeldOutError: report.Number(s.HeldOutError), LebesgueParameter: report.Number(s.LebesgueParameter),
			LebesgueEntry: report.Number(s.LebesgueEntry), SumBetaMin: report.Number(s.SumBetaMin), SumBetaMax: report.Number(s.SumBetaMax),
		})
	}
	return list
}

// stepRow and stepCol are the 1-based place of a magic feature, 0 where its kind
// has none.
func stepRow(s surrogate.Step) int {
	if s.Kind == features.KindConstant {
		return 0
	}
	return s.Row + 1
}

func stepCol(s surrogate.Step) int {
	if s.Kind != features.KindEntry {
		return 0
	}
	return s.Col + 1
}

func scores(m *surrogate.Model) []scoreResult {
	out := []scoreResult{}
	if m.Interpolation == nil {
		return out
	}
	for _, s := range m.Interpolation.Scores {
		out = append(out, scoreResult{s.Model, strings.Join(s.Warps, ","), report.Number(s.Score), s.Note})
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].Score < out[j].Score })
	return out
}

func countMagic(m *surrogate.Model) int {
	n := 0
	for _, p := range m.Probes() {
		if p.Role == surrogate.RoleMagic {
			n++
		}
	}
	return n
}
