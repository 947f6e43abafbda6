package main

import (
	"context"
	"fmt"
	"math"

	"eimtool/internal/dense"
	"eimtool/internal/family"
	"eimtool/internal/report"
	"eimtool/internal/surrogate"
)

// partsMismatch is the relative error of a sample from which on the parts are
// taken to be those of another family.
const partsMismatch = 1e-8

// runOfflineParts makes the bundle of a given affine family. samples may be
// "": then nothing is compared, and there is no box to prepare solutions in.
func (a *app) runOfflineParts(ctx context.Context, samples string, o *offlineOptions) error {
	if err := o.checkParts(); err != nil {
		return err
	}
	var table *family.Table
	var err error
	if samples != "" {
		if table, err = a.partsPoints(samples); err != nil {
			return err
		}
	}
	var names []string
	if table != nil {
		names = table.Names
	}
	p := a.newProgress()
	defer p.end()
	load := family.LoadOptions{Threads: a.threads, Memory: a.limit, Checksums: true, Progress: p.report}
	parts, err := family.OpenParts(ctx, o.parts, names, load)
	if err != nil {
		return err
	}
	if err := checkOutput(o.output, append(tableFiles(parts.Table), samples, o.rhs, o.quantity)...); err != nil {
		return err
	}
	in := &surrogate.PartsInput{Parts: parts}
	if err := a.comparePoints(ctx, table, in, load, o); err != nil {
		return err
	}
	o.Progress = p.report
	model, err := surrogate.BuildParts(ctx, in, o.Options)
	if err != nil {
		return err
	}
	p.end()
	res := &offlineResult{header: newHeader("offline"), Bundle: o.output}
	res.warn(append(append([]string{}, parts.Warnings...), model.Warnings...)...)
	return a.deliverOffline(ctx, o, model, res, o.judge(model))
}

// checkParts refuses flags that have no meaning for given parts.
func (o *offlineOptions) checkParts() error {
	return refuseFlags([]givenFlag{
		{"--max-terms", o.termsSet},
		{"--basis", o.Basis != "snapshots"},
		{"--select", o.Select != "auto"},
		{"--model", o.Model != "auto"},
		{"--warp", len(o.warps) > 0},
		{"--periodic", len(o.Periodic) > 0},
		{"--preserve", o.preserve != ""},
		{"--blocks", o.blocks != ""},
		{"--test", len(o.test) > 0},
		{"--inverse", o.Inverse},
		{"--dry-run", o.dryRun},
	}, "leave it out", " with --parts: the terms are the parts and their coefficients are given")
}

// partsPoints reads a table of samples, or of parameter points alone.
func (a *app) partsPoints(spec string) (*family.Table, error) {
	if spec == "-" {
		return family.ParseTable(a.in, stdinName, family.TableOptions{Dir: "."})
	}
	if isTemplate(spec) {
		return family.Open(spec)
	}
	return family.ReadTable(spec, family.TableOptions{})
}

// comparePoints sets the points, compares samples that have files with the
// parts, and reads the right-hand side.
func (a *app) comparePoints(ctx context.Context, t *family.Table, in *surrogate.PartsInput, load family.LoadOptions, o *offlineOptions) error {
	if t == nil {
		t = &family.Table{}
	} else {
		in.Points = dense.New[float64](len(t.Samples), len(t.Names))
		for i, s := range t.Samples {
			copy(in.Points.Row(i), s.Mu)
			in.SampleFiles = append(in.SampleFiles, s.File)
		}
	}
	if len(t.Samples) > 0 && t.Samples[0].Path != "" {
		load.Checksums = false
		samples, err := family.Load(ctx, t, load)
		if err != nil {
			return err
		}
		errs, err := in.Parts.Check(ctx, samples)
		if err != nil {
			return err
		}
		in.Samples = len(errs)
		for i, e := range errs {
			if e > in.SampleError || math.IsNaN(e) {
				in.SampleError = e
			}
			if !(e <= partsMismatch) {
				return fileErrorf(t.Source, t.Samples[i].Line, "check the coefficients and the order of the files, or leave out --parts",
					"%s differs from the sum of the parts by %s (relative Frobenius norm): the parts are not those of these samples", t.Samples[i].File, report.Error(e))
			}
		}
	}
	var err error
	if o.RHS, err = a.readRHS(ctx, o.rhs, t); err != nil {
		return err
	}
	if o.quantity != "" && o.RHS == nil {
		return inputErrorf("add --rhs b.mtx, or a column rhs to the table", "--quantity %s: there is no right-hand side to solve for", o.quantity)
	}
	if o.LogDet && in.Points == nil {
		return inputErrorf(fmt.Sprintf("add a table of points: eimtool offline points.csv --parts %s --logdet", o.parts), "--logdet with --parts: the parameter box is not known")
	}
	if o.RHS != nil && in.Points == nil {
		return inputErrorf(fmt.Sprintf("add a table of points: eimtool offline points.csv --parts %s --rhs %s", o.parts, o.rhs), "--rhs with --parts: the parameter box is not known")
	}
	if o.Quantity, err = a.readQuantity(ctx, o.quantity, 0); err != nil {
		return err
	}
	return o.fitsVectors(family.MemoryPlan{Rows: in.Parts.Pattern.Rows, Cols: in.Parts.Pattern.Cols})
}
