package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"sort"
	"strings"

	"github.com/spf13/cobra"

	"eimtool/internal/bundle"
	"eimtool/internal/family"
	"eimtool/internal/features"
	"eimtool/internal/mtx"
	"eimtool/internal/report"
	"eimtool/internal/surrogate"
)

const offlineLong = `Read the snapshots of a matrix family, select terms, model their coefficients in
the parameters and write a bundle.

SAMPLES is a CSV table with one column per parameter and a column "file" (paths
relative to the table), or a path template with the parameters in braces, such
as 'snap/A_k={k}_eps={eps}.mtx'.

Method: greedy empirical interpolation of the stored entries together with row
sums and a constant (arXiv 1307.4330, section 2; arXiv 1508.05330, section 3);
--select auto refines the chosen snapshots by swaps and fits the coefficients
by least squares. One fifth of 10 or more samples is held out, measured on, and
then used as well.

EXIT STATUS
  0 done, 1 failed, 2 bad usage or input, 3 --tol not reached, 130 interrupted`

// offlineOptions are the flags of offline.
type offlineOptions struct {
	surrogate.Options
	output, keepTable  string
	warps              []string
	preserve, blocks   string
	test               []string
	noHoldOut          bool
	tolerance          float64
	compress, dryRun   bool
	tolSet, maxTermSet bool
}

func (a *app) offlineCommand() *cobra.Command {
	o := &offlineOptions{Options: surrogate.DefaultOptions()}
	c := &cobra.Command{
		Use:   "offline SAMPLES -o BUNDLE",
		Short: "Build a bundle from snapshots",
		Long:  offlineLong,
		Example: `  eimtool offline samples.csv -o model.npz
  eimtool offline 'snap/A_k={k}.mtx.gz' --tol 1e-8 --test test.csv -o model.npz`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.tolSet = cmd.Flags().Changed("tol")
			o.maxTermSet = cmd.Flags().Changed("max-terms")
			return a.runOffline(cmd.Context(), args[0], o)
		},
	}
	f := c.Flags()
	f.StringVarP(&o.output, "output", "o", "", "bundle to write (.npz)")
	f.Float64Var(&o.tolerance, "tol", surrogate.DefaultTolerance, "error of A that the terms should reach; exit 3 if the model does not (only when given)")
	f.IntVar(&o.MaxTerms, "max-terms", 0, "at most this many terms (default: as many as --tol asks for)")
	f.StringVar(&o.Norm, "norm", o.Norm, "norm of the greedy step: max, l1, l2 or lp:P")
	f.StringVar(&o.Scaling, "scaling", o.Scaling, "greedy error: absolute, or relative to each snapshot")
	f.StringVar(&o.Features, "features", o.Features, "data besides the entries: auto, all (constant, row sums), entries (none)")
	f.StringVar(&o.Magic, "magic", o.Magic, "what may be probed: features (entries and row sums) or entries")
	f.StringVar(&o.Select, "select", o.Select, "auto (swaps, least squares) or eim (the papers exactly)")
	f.StringVar(&o.Basis, "basis", o.Basis, "terms: snapshots or pod (modes of all samples)")
	f.IntVar(&o.Oversample, "oversample", 0, "probe this many features more than there are terms (--select eim)")
	f.StringVar(&o.Model, "model", o.Model, "coefficient model: auto, or "+strings.Join(surrogate.ModelNames(), ", "))
	f.StringArrayVar(&o.warps, "warp", nil, "PARAM=identity|sqrt|log|inverse before interpolation (repeatable; default: chosen)")
	f.StringArrayVar(&o.Periodic, "periodic", nil, "parameter in which the family is periodic over its samples (repeatable)")
	f.StringVar(&o.preserve, "preserve", "", "array file with near-kernel vectors v whose products A·v must be kept")
	f.StringVar(&o.blocks, "blocks", "", "CSV row,col of the first index of each further block of a multi-physics matrix")
	f.StringArrayVar(&o.test, "test", nil, "table of further matrices to measure on, never used otherwise (repeatable)")
	f.BoolVar(&o.noHoldOut, "no-hold-out", false, "do not hold out a fifth of the samples first")
	f.Uint64Var(&o.Seed, "seed", 0, "seed of the hold-out and of the check entries")
	f.StringVar(&o.keepTable, "keep-table", "auto", "keep all samples in the bundle: auto (while small), yes or no")
	f.BoolVar(&o.compress, "compress", false, "compress the bundle (it can then not be mapped)")
	f.BoolVar(&o.dryRun, "dry-run", false, "state sizes and memory, then stop")
	f.Lookup("keep-table").NoOptDefVal = "yes"
	return c
}

// offlineResult is what offline prints.
type offlineResult struct {
	Schema        string            `json:"schema"`
	Command       string            `json:"command"`
	Warnings      []string          `json:"warnings"`
	Bundle        string            `json:"bundle,omitempty"`
	Snapshots     int               `json:"snapshots"`
	Rows          int               `json:"rows"`
	Cols          int               `json:"cols"`
	NNZ           int               `json:"nnz"`
	Field         string            `json:"field"`
	Symmetry      string            `json:"symmetry"`
	Terms         int               `json:"terms"`
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
	History       []stepResult      `json:"history"`
	MemoryPlan    *memoryPlanResult `json:"memory_plan,omitempty"`
}

type memoryPlanResult struct {
	TableBytes int64 `json:"table_bytes"`
	PeakBytes  int64 `json:"peak_bytes"`
	LimitBytes int64 `json:"limit_bytes"`
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

func (a *app) runOffline(ctx context.Context, samples string, o *offlineOptions) error {
	if o.output == "" && !o.dryRun {
		return inputErrorf("add -o model.npz", "no output: offline needs -o BUNDLE")
	}
	if o.output == "-" && a.json {
		return inputErrorf("write the bundle to a file", "-o - with --json: both would go to stdout")
	}
	table, err := family.Open(samples)
	if err != nil {
		return err
	}
	if err := o.prepare(ctx, a, table); err != nil {
		return err
	}
	tests, err := o.openTests(table)
	if err != nil {
		return err
	}
	if !o.dryRun {
		if err := checkOutputs(o.output, inputFiles(samples, table)...); err != nil {
			return err
		}
	}
	limit, err := a.memoryLimit()
	if err != nil {
		return err
	}
	plan, err := family.Plan(table, family.LoadOptions{Threads: a.threads, Memory: limit})
	if err != nil {
		return err
	}
	res := &offlineResult{
		Schema: "eimtool.offline/1", Command: "offline", Warnings: []string{}, Snapshots: len(table.Samples),
		MemoryPlan: &memoryPlanResult{plan.Table, plan.Peak(), plan.Limit},
	}
	a.verboseLine("memory: table %s, peak %s, limit %s", memString(plan.Table), memString(plan.Peak()), memString(plan.Limit))
	if o.dryRun {
		return a.printDryRun(res)
	}
	model, warnings, err := a.buildModel(ctx, table, tests, o, limit)
	if err != nil {
		return err
	}
	res.Warnings = append(res.Warnings, warnings...)
	res.fill(model)
	res.Bundle = o.output
	if res.BundleBytes, err = a.writeBundle(ctx, o, model); err != nil {
		return err
	}
	verdict := o.judge(model, res)
	if err := a.printOffline(res); err != nil {
		return err
	}
	return verdict
}

// prepare turns flags into options of Build and checks those that need the table.
func (o *offlineOptions) prepare(ctx context.Context, a *app, t *family.Table) error {
	o.HoldOut, o.Threads, o.KeepTable = !o.noHoldOut, a.threads, o.keepTable
	o.Tolerance = o.tolerance
	if o.maxTermSet && !o.tolSet {
		o.Tolerance = 0
	}
	if o.maxTermSet && o.MaxTerms < 1 {
		return inputErrorf("leave it out for as many as --tol asks for", "--max-terms %d: want at least 1", o.MaxTerms)
	}
	if !contains([]string{"auto", "yes", "no"}, o.keepTable) {
		return inputErrorf("", "--keep-table=%s: want auto, yes or no", o.keepTable)
	}
	for _, w := range o.warps {
		name, kind, ok := strings.Cut(w, "=")
		if !ok || !contains([]string{"identity", "sqrt", "log", "inverse"}, kind) {
			return inputErrorf("write for example --warp "+t.Names[0]+"=log", "--warp %s: want PARAM=identity|sqrt|log|inverse", w)
		}
		if err := knownParameter("--warp", name, t.Names); err != nil {
			return err
		}
		o.Warps = append(o.Warps, surrogate.Warp{Parameter: name, Kind: kind})
	}
	for _, p := range o.Periodic {
		if err := knownParameter("--periodic", p, t.Names); err != nil {
			return err
		}
	}
	if o.preserve != "" {
		v, err := a.readVectors(ctx, o.preserve)
		if err != nil {
			return err
		}
		o.Preserve = v
	}
	if o.blocks != "" {
		var err error
		if o.RowCuts, o.ColCuts, err = family.ReadBlocks(o.blocks); err != nil {
			return err
		}
	}
	return nil
}

// readVectors reads the columns of an array file.
func (a *app) readVectors(ctx context.Context, path string) ([][]complex128, error) {
	f, err := a.readMatrix(ctx, path, mtx.ReadOptions{})
	if err != nil {
		return nil, err
	}
	full := f.Matrix.Expand()
	v := make([][]complex128, full.Cols)
	for j := range v {
		v[j] = make([]complex128, full.Rows)
	}
	full.Each(func(k, i, j int) { v[j][i] = full.At(k) })
	return v, nil
}

func (o *offlineOptions) openTests(t *family.Table) ([]*family.Table, error) {
	var tests []*family.Table
	for _, path := range o.test {
		tt, err := family.Open(path)
		if err != nil {
			return nil, err
		}
		if err := sameNames(path, tt.Names, t.Names); err != nil {
			return nil, err
		}
		tests = append(tests, tt)
	}
	return tests, nil
}

// inputFiles lists everything a command reads.
func inputFiles(first string, t *family.Table) []string {
	files := []string{first}
	for _, s := range t.Samples {
		files = append(files, s.Path)
	}
	return files
}

// buildModel loads, builds and measures on the test tables.
func (a *app) buildModel(ctx context.Context, t *family.Table, tests []*family.Table, o *offlineOptions, limit int64) (*surrogate.Model, []string, error) {
	p := a.newProgress()
	defer p.end()
	fam, err := family.Load(ctx, t, family.LoadOptions{Threads: a.threads, Memory: limit, Progress: p.report})
	if err != nil {
		return nil, nil, err
	}
	o.Progress = p.report
	model, err := surrogate.Build(ctx, fam, o.Options)
	if err != nil {
		return nil, nil, err
	}
	for _, tt := range tests {
		rows, err := a.verifyTable(ctx, model, tt, p.report)
		if err != nil {
			return nil, nil, err
		}
		for _, r := range rows {
			model.Errors.Test = math.Max(model.Errors.Test, float64(r.ErrorFro))
			model.Errors.TestProbe = math.Max(model.Errors.TestProbe, float64(r.ProbeErrorFro))
		}
	}
	return model, append(append([]string{}, fam.Warnings...), model.Warnings...), nil
}

// writeBundle writes the bundle and returns its size.
func (a *app) writeBundle(ctx context.Context, o *offlineOptions, model *surrogate.Model) (int64, error) {
	w, done, err := a.create(o.output)
	if err != nil {
		return 0, err
	}
	n, err := bundle.Write(&interruptible{ctx, w}, bundleMeta(model), model, bundle.WriteOptions{Compress: o.compress})
	return n, done(err)
}

// interruptible is a writer that fails once its context is cancelled.
type interruptible struct {
	ctx context.Context
	w   io.Writer
}

func (i *interruptible) Write(p []byte) (int, error) {
	if err := i.ctx.Err(); err != nil {
		return 0, err
	}
	return i.w.Write(p)
}

// judge compares the model's error with a tolerance that the user gave.
func (o *offlineOptions) judge(m *surrogate.Model, res *offlineResult) error {
	res.Accepted = true
	if !o.tolSet {
		return nil
	}
	name, e := "training", m.Errors.Training
	for _, c := range []struct {
		name string
		e    float64
	}{{"held-out", m.Errors.HeldOut}, {"test", m.Errors.Test}} {
		if c.e > e {
			name, e = c.name, c.e
		}
	}
	if e <= o.tolerance {
		return nil
	}
	res.Accepted = false
	return &accuracyError{fmt.Sprintf("--tol %g not reached: %s error %.1e with %d terms (the bundle was written); add samples, raise --max-terms or use probes (held-out probe error %s)",
		o.tolerance, name, e, m.TermCount(), report.Error(float64(measured(m.Errors.HeldOutProbe))))}
}

func measured(e float64) report.Number {
	if e < 0 {
		return report.Number(math.NaN())
	}
	return report.Number(e)
}

func (r *offlineResult) fill(m *surrogate.Model) {
	r.Rows, r.Cols, r.NNZ = m.Rows, m.Cols, m.Pattern().FullNNZ()
	r.Field, r.Symmetry = m.Field, m.Symmetry
	r.Terms, r.MagicEntries = m.TermCount(), countMagic(m)
	r.TrainingError, r.HeldOutError = measured(m.Errors.Training), measured(m.Errors.HeldOut)
	r.HeldOutProbe = measured(m.Errors.HeldOutProbe)
	r.TestError, r.TestProbe = measured(m.Errors.Test), measured(m.Errors.TestProbe)
	r.KeptTable = m.KeptTable()
	r.Scores = scores(m)
	r.Model = strings.Join(m.Interpolation.Chosen, " + ")
	names := m.ParameterNames()
	r.History = []stepResult{}
	for _, s := range m.History {
		r.History = append(r.History, stepResult{
			Term: s.Term, Snapshot: s.Snapshot + 1, Mu: report.Point(names, m.Mu.Row(s.Snapshot)),
			Kind: s.Kind, Row: stepRow(s), Col: stepCol(s), Error: report.Number(s.Error),
			HeldOutError: report.Number(s.HeldOutError), LebesgueParameter: report.Number(s.LebesgueParameter),
			LebesgueEntry: report.Number(s.LebesgueEntry), SumBetaMin: report.Number(s.SumBetaMin), SumBetaMax: report.Number(s.SumBetaMax),
		})
		r.Lebesgue, r.LebesgueEntry = report.Number(s.LebesgueParameter), report.Number(s.LebesgueEntry)
	}
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
