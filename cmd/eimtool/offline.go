package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"eimtool/internal/bundle"
	"eimtool/internal/family"
	"eimtool/internal/memory"
	"eimtool/internal/report"
	"eimtool/internal/surrogate"
)

const offlineLong = `Read the snapshots of a matrix family, select terms, model their coefficients in
the parameters and write a bundle.

SAMPLES is a CSV table with one column per parameter and a column "file" (paths
relative to the table), or a path template with the parameters in braces, such
as 'snap/A_k={k}_eps={eps}.mtx'. The bundle is the result; a summary goes to
stderr (with --json the result goes to stdout).

--rhs b.mtx (or a column rhs) prepares solutions of A_mu x = b: a reduced basis,
coefficients fitted for the error of x, and what their estimates need. --parts
gives an affine family A_mu = sum_k a_k(mu) A_k by files and expressions.

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
	output           string
	warps            []string
	preserve, blocks string
	rhs, quantity    string
	parts            string
	plan, extend     string
	test             []string
	noHoldOut        bool
	compress, dryRun bool
	tolerance        float64
	tolSet           bool            // --tol was given: the model is held to it
	termsSet         bool            // --max-terms was given
	basisSet         bool            // --rb-max or --rb-tol was given
	logdetSet        []string        // flags of log det that were given
	given            map[string]bool // all flags that were given
}

func (a *app) offlineCommand() *cobra.Command {
	o := &offlineOptions{Options: surrogate.DefaultOptions()}
	c := &cobra.Command{
		Use:   "offline SAMPLES -o BUNDLE",
		Short: "Build a bundle from snapshots",
		Long:  offlineLong,
		Example: `  eimtool offline samples.csv -o model.npz
  eimtool offline 'snap/A_k={k}.mtx.gz' --tol 1e-6 --test test.csv -o model.npz
  eimtool offline samples.csv --rhs b.mtx -o model.npz
  eimtool offline points.csv --parts parts.csv --rhs b.mtx -o affine.npz
  eimtool offline samples.csv --logdet -o logdet.npz
  eimtool offline samples.csv --dry-run`,
		Args: func(c *cobra.Command, args []string) error {
			least := 1
			if o.parts != "" {
				least = 0
			}
			return arguments(least, 1, "SAMPLES, a table or a path template")(c, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			o.given = givenFlags(cmd.Flags())
			o.tolSet = o.given["tol"]
			o.termsSet = cmd.Flags().Changed("max-terms")
			o.basisSet = cmd.Flags().Changed("rb-max") || cmd.Flags().Changed("rb-tol")
			o.logdetSet = changed(cmd.Flags(), "logdet-tol", "logdet-max", "logdet-nodes", "logdet-hessians", "only")
			samples := strings.Join(args, "")
			run := a.runOffline
			switch {
			case o.parts != "":
				run = a.runOfflineParts
			case o.plan != "" && isFolder(o.plan):
				run = a.runOfflineEntries
			case o.plan != "":
				run = a.runOfflinePlan
			case o.extend != "":
				run = a.runOfflineExtend
			}
			if err := o.check(a, samples); err != nil {
				return err
			}
			return run(cmd.Context(), samples, o)
		},
	}
	o.bind(c.Flags())
	return c
}

func (a *app) runOffline(ctx context.Context, samples string, o *offlineOptions) error {
	in, err := a.offlineInputs(ctx, samples, o)
	if err != nil {
		return err
	}
	load := family.LoadOptions{Threads: a.threads, Memory: a.limit}
	plan, err := family.Plan(in.samples, load)
	if err != nil {
		return err
	}
	if err := o.fits(plan); err != nil {
		return err
	}
	a.detail("%s", plan)
	if o.dryRun {
		return a.showPlan(in.samples, plan)
	}
	model, warnings, err := a.build(ctx, in, o, load)
	if err != nil {
		return err
	}
	res := &offlineResult{header: newHeader("offline"), Bundle: o.output, MemoryPlan: planResult(plan)}
	res.warn(warnings...)
	return a.deliverOffline(ctx, o, model, res, o.judge(model))
}

// check validates the command line, as far as no file is needed for it.
func (o *offlineOptions) check(a *app, samples string) error {
	if !o.dryRun {
		if err := a.needOutput(o.output, "offline", "model.npz"); err != nil {
			return err
		}
	}
	if err := onlyOneStdin(append([]string{samples, o.preserve, o.blocks, o.rhs, o.quantity, o.parts, o.plan, o.extend}, o.test...)...); err != nil {
		return err
	}
	o.HoldOut, o.Threads, o.Tolerance = !o.noHoldOut, a.threads, o.tolerance
	if err := o.checkLogDet(); err != nil {
		return err
	}
	switch {
	case o.parts != "" && (o.plan != "" || o.extend != ""):
		return inputErrorf("leave one of them out", "--parts with --plan or --extend: the terms are the parts, or those of a plan, or chosen among samples")
	case !(o.tolerance > 0) || math.IsInf(o.tolerance, 0):
		return inputErrorf("write for example --tol 1e-8", "--tol %g: want a positive number", o.tolerance)
	case o.termsSet && o.MaxTerms < 1:
		return inputErrorf("leave it out for as many as --tol asks for", "--max-terms %d: want at least 1", o.MaxTerms)
	case o.RBMax < 1:
		return inputErrorf("leave it out for the default", "--rb-max %d: want at least 1", o.RBMax)
	case !(o.RBTolerance > 0):
		return inputErrorf("write for example --rb-tol 1e-8", "--rb-tol %g: want a positive number", o.RBTolerance)
	case o.Inverse && o.rhs != "":
		return inputErrorf("leave out --inverse", "--inverse with --rhs: the coefficients are fitted for that right-hand side")
	case !contains([]string{"auto", "yes", "no"}, o.KeepTable):
		return inputErrorf("", "--keep-table=%s: want auto, yes or no", o.KeepTable)
	case o.termsSet && !o.tolSet:
		o.Tolerance = 0 // the terms asked for, not fewer
	}
	return nil
}

// offlineInputs are the tables of one run.
type offlineInputs struct {
	samples *family.Table
	tests   []*family.Table
}

// offlineInputs reads the tables and small files that the flags name, and
// refuses an output that is one of the inputs or cannot be written.
func (a *app) offlineInputs(ctx context.Context, samples string, o *offlineOptions) (*offlineInputs, error) {
	var err error
	in := &offlineInputs{}
	if in.samples, err = a.openSamples(samples); err != nil {
		return nil, err
	}
	files := append(tableFiles(in.samples), o.preserve, o.blocks, o.rhs, o.quantity)
	for _, path := range o.test {
		t, err := a.openSamples(path)
		if err != nil {
			return nil, err
		}
		if err := sameNames(t.Source, t.Names, in.samples.Names); err != nil {
			return nil, err
		}
		in.tests = append(in.tests, t)
		files = append(files, tableFiles(t)...)
	}
	if !o.dryRun {
		if err := checkOutput(o.output, files...); err != nil {
			return nil, err
		}
	}
	if err := o.parseWarps(in.samples.Names); err != nil {
		return nil, err
	}
	if o.preserve != "" {
		if o.Preserve, err = a.readVectors(ctx, o.preserve); err != nil {
			return nil, err
		}
	}
	if o.blocks != "" {
		if o.RowCuts, o.ColCuts, err = a.readBlocks(o.blocks); err != nil {
			return nil, err
		}
	}
	if o.RHS, err = a.readRHS(ctx, o.rhs, in.samples); err != nil {
		return nil, err
	}
	if o.basisSet && o.RHS == nil {
		return nil, inputErrorf("add --rhs b.mtx, or a column rhs to the table", "--rb-max and --rb-tol: without a right-hand side there is no reduced basis")
	}
	if o.quantity != "" && o.RHS == nil {
		return nil, inputErrorf("add --rhs b.mtx, or a column rhs to the table", "--quantity %s: there is no right-hand side to solve for", o.quantity)
	}
	o.Quantity, err = a.readQuantity(ctx, o.quantity, 0)
	return in, err
}

// fits refuses --preserve and --blocks that are not of the matrices' size. A
// size of 0 is not known.
func (o *offlineOptions) fits(plan family.MemoryPlan) error {
	for i, v := range o.Preserve {
		if plan.Cols > 0 && len(v) != plan.Cols {
			return fileErrorf(o.preserve, 0, "give vectors with one value per column of the matrices", "vector %d has %d values, the matrices have %d columns", i+1, len(v), plan.Cols)
		}
	}
	if err := o.fitsVectors(plan); err != nil {
		return err
	}
	for _, d := range []struct {
		what string
		cuts []int
		n    int
	}{{"row", o.RowCuts, plan.Rows}, {"column", o.ColCuts, plan.Cols}} {
		if k := len(d.cuts); k > 0 && d.n > 0 && d.cuts[k-1] >= d.n {
			return fileErrorf(o.blocks, 0, "give the first row and column of each further block", "a block begins at %s %d, the matrices have %d", d.what, d.cuts[k-1]+1, d.n)
		}
	}
	return nil
}

// fitsVectors refuses right-hand sides and output vectors that are not of the
// matrices' size.
func (o *offlineOptions) fitsVectors(plan family.MemoryPlan) error {
	if o.RHS != nil {
		if plan.Rows != plan.Cols {
			return inputErrorf("leave out --rhs and the column rhs", "the matrices are %d x %d: only square ones can be solved with", plan.Rows, plan.Cols)
		}
		for i, v := range o.RHS.Values {
			if plan.Rows > 0 && v.Rows != plan.Rows {
				return fileErrorf(o.RHS.Files[i], 0, "give a right-hand side with one value per row of the matrices", "has %d rows, the matrices have %d", v.Rows, plan.Rows)
			}
		}
	}
	if o.Quantity != nil && plan.Cols > 0 && o.Quantity.Rows != plan.Cols {
		return fileErrorf(o.quantity, 0, "give vectors with one value per unknown", "has %d rows, the matrices have %d", o.Quantity.Rows, plan.Cols)
	}
	return nil
}

// parseWarps reads --warp and checks it and --periodic against the parameters.
func (o *offlineOptions) parseWarps(names []string) error {
	for _, w := range o.warps {
		name, kind, ok := strings.Cut(w, "=")
		if !ok || !contains([]string{"identity", "sqrt", "log", "inverse"}, kind) {
			return inputErrorf("write for example --warp "+names[0]+"=log", "--warp %s: want PARAM=identity|sqrt|log|inverse", w)
		}
		if err := knownParameter("--warp", name, names); err != nil {
			return err
		}
		for _, known := range o.Warps {
			if known.Parameter == name {
				return inputErrorf("give one per parameter", "--warp %s: %s already has a warp", w, name)
			}
		}
		o.Warps = append(o.Warps, surrogate.Warp{Parameter: name, Kind: kind})
	}
	for _, p := range o.Periodic {
		name, period, given := strings.Cut(p, "=")
		if err := knownParameter("--periodic", name, names); err != nil {
			return err
		}
		if x, err := strconv.ParseFloat(period, 64); given && (err != nil || !(x > 0) || math.IsInf(x, 0)) {
			return inputErrorf("write for example --periodic "+name+"=360", "--periodic %s: the period is no positive number", p)
		}
	}
	return nil
}

// build loads the samples, builds the model and measures it on the test tables.
func (a *app) build(ctx context.Context, in *offlineInputs, o *offlineOptions, load family.LoadOptions) (*surrogate.Model, []string, error) {
	p := a.newProgress()
	defer p.end()
	load.Progress, load.Checksums, o.Progress = p.report, true, p.report
	fam, err := family.Load(ctx, in.samples, load)
	if err != nil {
		return nil, nil, err
	}
	model, err := surrogate.Build(ctx, fam, o.Options)
	if err != nil {
		return nil, nil, err
	}
	if err := a.measureTests(ctx, model, in.tests, p.report); err != nil {
		return nil, nil, err
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

// judge compares the model's error with a tolerance that the user gave.
func (o *offlineOptions) judge(m *surrogate.Model) error {
	if err := o.judgeLogDet(m.LogDet); err != nil {
		return err
	}
	if !o.tolSet || m.TermCount() == 0 {
		return nil
	}
	name, e := "training", m.Errors.Training
	if m.Errors.HeldOut > e {
		name, e = "held-out", m.Errors.HeldOut
	}
	if m.Errors.Test > e {
		name, e = "test", m.Errors.Test
	}
	if unseen := m.Errors.HeldOut < 0 && m.Errors.Test < 0; (unseen || !m.Modelled()) && m.Parts == nil && m.Interpolation.Score > e {
		name, e = "left-out", m.Interpolation.Score
	}
	if e = math.Hypot(e, m.Options.SampleError); e <= o.tolerance {
		return nil
	}
	return &accuracyError{
		fmt.Sprintf("--tol %g not reached: %s error %.1e with %d terms; the bundle was written all the same", o.tolerance, name, e, m.TermCount()),
		fmt.Sprintf("add samples, raise --max-terms or use probes (held-out probe error %s)", report.Error(float64(measured(m.Errors.HeldOutProbe)))),
	}
}

func (a *app) showPlan(t *family.Table, plan family.MemoryPlan) error {
	res := &struct {
		header
		Snapshots  int               `json:"snapshots"`
		Rows       int               `json:"rows"`
		Cols       int               `json:"cols"`
		MemoryPlan *memoryPlanResult `json:"memory_plan"`
	}{newHeader("offline"), len(t.Samples), plan.Rows, plan.Cols, planResult(plan)}
	res.warn(t.Warnings...)
	return a.show(&res.header, res, func(w io.Writer) error {
		return report.Table(w, nil, [][]string{
			{"snapshots", fmt.Sprintf("%d, %d x %d", len(t.Samples), plan.Rows, plan.Cols)},
			{"table in memory", memory.Format(plan.Table)},
			{"peak while reading", memory.Format(plan.Peak())},
			{"limit", memory.Format(plan.Limit)},
		})
	})
}
