package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"eimtool/internal/bundle"
	"eimtool/internal/family"
	"eimtool/internal/memory"
	"eimtool/internal/report"
	"eimtool/internal/surrogate"
)

// extendedResult says what became of a bundle and the snapshots added to it.
type extendedResult struct {
	Bundle    string `json:"bundle"`
	Snapshots int    `json:"snapshots"` // taken from the bundle
	Added     int    `json:"added"`     // read
	Skipped   int    `json:"skipped"`   // given, and in the bundle already
}

// runOfflineExtend adds the snapshots of a table to those that a bundle holds:
// the result is that of all their files.
func (a *app) runOfflineExtend(ctx context.Context, samples string, o *offlineOptions) error {
	old, r, err := a.openSnapshots(o.extend)
	if err != nil {
		return err
	}
	defer r.Close()
	in, err := a.extendInputs(ctx, samples, o, old)
	if err != nil {
		return err
	}
	held, err := old.SnapshotTable()
	if err != nil {
		return o.refuseExtension(err)
	}
	load := family.LoadOptions{Threads: a.threads, Memory: a.limit, Checksums: true}
	plan, err := family.PlanExtend(held, in.samples, load)
	if err != nil {
		return err
	}
	if err := o.fits(plan); err != nil {
		return err
	}
	a.detail("%s", plan)
	done := &extendedResult{Bundle: o.extend, Snapshots: len(held.Samples), Added: len(in.samples.Samples)}
	if o.dryRun {
		return a.showExtendPlan(in.samples, plan, done)
	}
	for _, member := range old.SnapshotMembers() {
		if err := r.Fetch(old, member); err != nil {
			return err
		}
	}
	model, warnings, err := a.buildExtended(ctx, old, in, o, load, done)
	if err != nil {
		return err
	}
	res := &offlineResult{header: newHeader("offline"), Bundle: o.output, MemoryPlan: planResult(plan), Accepted: true}
	res.warn(warnings...)
	res.fill(model)
	if res.BundleBytes, err = a.writeBundle(ctx, o, model); err != nil {
		return err
	}
	verdict := o.judge(model)
	res.Accepted = verdict == nil
	if err := a.showExtended(res, done); err != nil {
		return err
	}
	return verdict
}

// openSnapshots opens a bundle whose snapshots are wanted; their values, and
// what is large besides, stay on disk.
func (a *app) openSnapshots(path string) (*surrogate.Model, *bundle.Reader, error) {
	return a.openModel(path, "real/values", "complex/values", "real_inverse/basis/v", "complex_inverse/basis/v")
}

// refuseExtension names the bundle in an error about its snapshots.
func (o *offlineOptions) refuseExtension(err error) error {
	var e *surrogate.ExtendError
	if errors.As(err, &e) {
		return fileErrorf(o.extend, 0, e.Hint, "%s", e.Msg)
	}
	return err
}

// extendInputs reads what the command line names, as offlineInputs, and
// completes the options by those that the bundle was made with.
func (a *app) extendInputs(ctx context.Context, samples string, o *offlineOptions, old *surrogate.Model) (*offlineInputs, error) {
	if _, err := old.SnapshotTable(); err != nil {
		return nil, o.refuseExtension(err)
	}
	given := *o
	given.basisSet, given.quantity = false, "" // checked below, when the right-hand side is known
	in, err := a.offlineInputs(ctx, samples, &given)
	if err != nil {
		return nil, err
	}
	if !o.dryRun {
		if err := checkOutput(o.output, o.quantity); err != nil {
			return nil, err
		}
	}
	if err := sameNames(in.samples.Source, in.samples.Names, old.ParameterNames()); err != nil {
		return nil, err
	}
	o.Options, err = given.inherit(old.BuildOptions())
	if err != nil {
		return nil, err
	}
	if err := o.inheritRHS(old, given.RHS); err != nil {
		return nil, err
	}
	if o.quantity != "" {
		if o.Quantity, err = a.readQuantity(ctx, o.quantity, 0); err != nil {
			return nil, err
		}
	}
	return in, o.checkExtension(old)
}

// inherit returns the options of a bundle with those that were given in their place.
func (o *offlineOptions) inherit(opt surrogate.Options) (surrogate.Options, error) {
	for _, flag := range []struct {
		name string
		set  func()
	}{
		{"preserve", func() { opt.Preserve = o.Preserve }},
		{"blocks", func() { opt.RowCuts, opt.ColCuts = o.RowCuts, o.ColCuts }},
		{"max-terms", func() { opt.MaxTerms = o.MaxTerms }},
		{"select", func() { opt.Select = o.Select }},
		{"norm", func() { opt.Norm = o.Norm }},
		{"scaling", func() { opt.Scaling = o.Scaling }},
		{"features", func() { opt.Features = o.Features }},
		{"magic", func() { opt.Magic = o.Magic }},
		{"oversample", func() { opt.Oversample = o.Oversample }},
		{"basis", func() { opt.Basis = o.Basis }},
		{"model", func() { opt.Model = o.Model }},
		{"warp", func() { opt.Warps = o.Warps }},
		{"periodic", func() { opt.Periodic = o.Periodic }},
		{"inverse", func() { opt.Inverse = o.Inverse }},
		{"rb-tol", func() { opt.RBTolerance = o.RBTolerance }},
		{"rb-max", func() { opt.RBMax = o.RBMax }},
		{"logdet", func() { opt.LogDet = o.LogDet }},
		{"logdet-tol", func() { opt.LogDetTolerance = o.LogDetTolerance }},
		{"logdet-max", func() { opt.LogDetMax = o.LogDetMax }},
		{"no-hold-out", func() { opt.HoldOut = o.HoldOut }},
		{"seed", func() { opt.Seed = o.Seed }},
		{"keep-table", func() { opt.KeepTable = o.KeepTable }},
		{"only", func() { opt.Only = o.Only }},
	} {
		if o.given[flag.name] {
			flag.set()
		}
	}
	switch {
	case o.tolSet:
		opt.Tolerance = o.tolerance
	case o.termsSet && opt.Tolerance == surrogate.DefaultTolerance:
		opt.Tolerance = 0 // the terms asked for, not fewer
	}
	opt.Threads = o.Threads
	return opt, nil
}

// inheritRHS settles the right-hand side: that of --rhs, or else the one that
// the bundle was made for. rhs is what the command line or the table gives.
func (o *offlineOptions) inheritRHS(old *surrogate.Model, rhs *surrogate.RHS) error {
	switch {
	case o.Only != "": // keeps no solutions
		o.RHS, o.Quantity, o.Inverse = nil, nil, false
	case o.rhs != "":
		o.RHS, o.Inverse = rhs, false
	case old.VaryingRHS():
		return fileErrorf(o.extend, 0, "make the new bundle from the files of all samples, or give one for all: --rhs b.mtx",
			"is prepared for right-hand sides that vary; it holds their interpolation, not those of its samples")
	case rhs != nil && o.RHS != nil:
		return fileErrorf(o.extend, 0, "leave out the column rhs (the bundle's right-hand side is taken), or give one for all: --rhs b.mtx",
			"is prepared for one right-hand side, and the samples to add have their own")
	case rhs != nil:
		return fileErrorf(o.extend, 0, "leave out the column rhs, or give one for all: --rhs b.mtx",
			"has no right-hand side for its samples, and the samples to add have their own")
	case o.RHS != nil && o.given["inverse"] && o.Inverse:
		return fileErrorf(o.extend, 0, "leave out --inverse", "is prepared for a right-hand side: the coefficients are fitted for that")
	}
	return nil
}

// checkExtension validates what depends on the options of the bundle.
func (o *offlineOptions) checkExtension(old *surrogate.Model) error {
	const hint = "add --rhs b.mtx"
	switch {
	case o.basisSet && o.RHS == nil:
		return inputErrorf(hint, "--rb-max and --rb-tol: without a right-hand side there is no reduced basis")
	case o.quantity != "" && o.RHS == nil:
		return inputErrorf(hint, "--quantity %s: there is no right-hand side to solve for", o.quantity)
	case len(o.logdetSet) > 0 && !o.LogDet:
		return inputErrorf("add --logdet", "--%s without --logdet: log det is not prepared", o.logdetSet[0])
	}
	if o.Quantity != nil && o.quantity == "" && o.Quantity.Rows != old.Cols {
		return fileErrorf(o.extend, 0, "make the bundle again", "its output vectors do not fit its matrices")
	}
	return nil
}

// buildExtended builds the model of the snapshots of old and those of the table,
// measures it on the test tables and completes done.
func (a *app) buildExtended(ctx context.Context, old *surrogate.Model, in *offlineInputs, o *offlineOptions, load family.LoadOptions, done *extendedResult) (*surrogate.Model, []string, error) {
	p := a.newProgress()
	defer p.end()
	load.Progress, o.Progress = p.report, p.report
	held, err := old.Snapshots()
	if err != nil {
		return nil, nil, o.refuseExtension(err)
	}
	fam, err := family.Extend(ctx, held, in.samples, load)
	if err != nil {
		return nil, nil, err
	}
	done.Skipped = len(fam.Skipped)
	done.Added -= done.Skipped
	model, err := surrogate.Build(ctx, fam.Family, o.Options)
	if err != nil {
		return nil, nil, err
	}
	if err := a.measureTests(ctx, model, in.tests, p.report); err != nil {
		return nil, nil, err
	}
	warnings := slices.Concat(fam.Warnings, model.Warnings)
	if _, err := model.SnapshotTable(); err != nil && model.Options.Only == "" {
		warnings = append(warnings, "the new bundle does not keep all samples: it cannot be extended again (add --keep-table)")
	}
	return model, warnings, nil
}

// showExtended prints the result of offline, and where the snapshots came from.
func (a *app) showExtended(res *offlineResult, done *extendedResult) error {
	if !a.json {
		a.say("%s", done)
		return a.showOffline(res)
	}
	all := &struct {
		*offlineResult
		Extended *extendedResult `json:"extended"`
	}{res, done}
	return a.show(&res.header, all, nil)
}

func (e *extendedResult) String() string {
	s := fmt.Sprintf("%d snapshots taken from %s, %d read", e.Snapshots, e.Bundle, e.Added)
	if e.Skipped > 0 {
		s += fmt.Sprintf(", %d skipped", e.Skipped)
	}
	return s
}

func (a *app) showExtendPlan(t *family.Table, plan family.MemoryPlan, done *extendedResult) error {
	res := &struct {
		header
		Snapshots  int               `json:"snapshots"`
		Rows       int               `json:"rows"`
		Cols       int               `json:"cols"`
		MemoryPlan *memoryPlanResult `json:"memory_plan"`
		Extended   *extendedResult   `json:"extended"`
	}{newHeader("offline"), plan.Samples, plan.Rows, plan.Cols, planResult(plan), done}
	res.warn(t.Warnings...)
	return a.show(&res.header, res, func(w io.Writer) error {
		return report.Table(w, nil, [][]string{
			{"snapshots", fmt.Sprintf("%d (%d of %s), %d x %d", plan.Samples, done.Snapshots, done.Bundle, plan.Rows, plan.Cols)},
			{"table in memory", memory.Format(plan.Table)},
			{"peak while reading", memory.Format(plan.Peak())},
			{"limit", memory.Format(plan.Limit)},
		})
	})
}
