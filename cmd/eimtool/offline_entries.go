package main

import (
	"context"
	"fmt"

	"eimtool/internal/family"
	"eimtool/internal/partial"
	"eimtool/internal/report"
	"eimtool/internal/surrogate"
)

// runOfflineEntries makes the bundle of a plan of single entries: of the
// matrices in the table, and of those of all other candidates as combinations
// of them. The plan is the folder of plan --stage entries.
func (a *app) runOfflineEntries(ctx context.Context, samples string, o *offlineOptions) error {
	in, err := a.entriesInputs(ctx, samples, o)
	if err != nil {
		return err
	}
	load := family.LoadOptions{Threads: a.threads, Memory: a.limit, Checksums: true}
	plan, err := partial.Plan(in.samples, o.plan, load)
	if err != nil {
		return err
	}
	if err := o.fits(plan); err != nil {
		return err
	}
	if o.dryRun {
		return a.showPlan(&family.Table{Samples: make([]family.Sample, plan.Samples), Warnings: in.samples.Warnings}, plan)
	}
	progress := a.newProgress()
	defer progress.end()
	load.Progress, o.Progress = progress.report, progress.report
	r, err := partial.Load(ctx, in.samples, o.plan, load)
	if err != nil {
		return err
	}
	o.SampleError = r.Error()
	model, err := surrogate.Build(ctx, r.Family, o.Options)
	if err != nil {
		return err
	}
	if err := a.measureTests(ctx, model, in.tests, progress.report); err != nil {
		return err
	}
	progress.end()
	res := &offlineResult{header: newHeader("offline"), Bundle: o.output, MemoryPlan: planResult(plan)}
	res.warn(reconstructed(r))
	res.warn(append(append([]string{}, r.Warnings...), model.Warnings...)...)
	return a.deliverOffline(ctx, o, model, res, o.judgeEntries(model, r))
}

// entriesInputs reads the tables and small files, and refuses what a plan of
// single entries cannot serve.
func (a *app) entriesInputs(ctx context.Context, samples string, o *offlineOptions) (*offlineInputs, error) {
	if o.extend != "" {
		return nil, inputErrorf("plan again with all candidates, in another folder", "--extend with --plan: the terms of a plan are chosen among its candidates")
	}
	in, err := a.offlineInputs(ctx, samples, o)
	if err != nil {
		return nil, err
	}
	if o.RHS != nil && len(o.RHS.Values) > 1 {
		return nil, fileErrorf(in.samples.Source, 0, "give one right-hand side for all: --rhs b.mtx", "has a column rhs, but the other candidates have no right-hand side")
	}
	if o.KeepTable == "auto" {
		o.KeepTable = "no" // the terms say all that the samples do
	}
	return in, nil
}

// reconstructed says what the samples of the bundle are.
func reconstructed(r *partial.Reconstruction) string {
	if r.Reconstructed == 0 {
		return fmt.Sprintf("the matrix of every candidate (%d) was read: none is a combination of others", r.Read)
	}
	text := fmt.Sprintf("%d matrices were read; those of the other %d candidates are combinations of %d of them, with a relative error of %s",
		r.Read, r.Reconstructed, r.Terms, report.Error(r.Measured()))
	const estimate = "; three times that is part of every estimate"
	switch {
	case r.Checks > 0:
		return text + fmt.Sprintf(", the larger of that at the sampled entries and that of %d full matrices", r.Checks) + estimate
	case r.Small:
		return text + ", the size of the last term: too few sampled entries vary to tell, and no full matrix checks it" + estimate
	}
	return text + " at the sampled entries" + estimate
}

// judgeEntries holds the model, and the reconstruction of its samples, to a
// tolerance that the user gave.
func (o *offlineOptions) judgeEntries(m *surrogate.Model, r *partial.Reconstruction) error {
	if !o.tolSet || r.Measured() <= o.tolerance {
		as := *m // as measured, without the factor of estimates
		as.Options.SampleError = r.Measured()
		return o.judge(&as)
	}
	return &accuracyError{
		fmt.Sprintf("--tol %g not reached: the reconstructed matrices have a relative error of %s; the bundle was written all the same", o.tolerance, report.Error(r.Measured())),
		fmt.Sprintf("go on with eimtool plan --stage entries --tol %g, which asks for further entries and matrices", o.tolerance),
	}
}
