package main

import (
	"strings"

	"github.com/spf13/pflag"

	"eimtool/internal/surrogate"
)

func (o *offlineOptions) bind(f *pflag.FlagSet) {
	f.StringArrayVar(&o.test, "test", nil, "table of further matrices to measure on, never used otherwise (repeatable)")
	f.StringVar(&o.preserve, "preserve", "", "array file with near-kernel vectors v whose products A·v must be kept")
	f.StringVar(&o.blocks, "blocks", "", "CSV row,col of the first index of each further block of a multi-physics matrix")
	f.StringVar(&o.rhs, "rhs", "", "right-hand side b to prepare solutions for, in place of the table's column rhs")
	f.StringVar(&o.quantity, "quantity", "", "array file of output vectors c: prepare the quantities cᵀx (needs a right-hand side)")
	f.StringVar(&o.parts, "parts", "", "CSV file,coefficient of a given affine family; SAMPLES may then be left out, or be points without files")
	f.StringVar(&o.plan, "plan", "", "file or folder of eimtool plan: SAMPLES are the matrices it asked for, the coefficients follow from the functions")
	f.StringVar(&o.extend, "extend", "", "bundle that SAMPLES are added to, in place of reading its samples again")
	heading(f, headInput, "test", "preserve", "blocks", "rhs", "quantity", "parts", "plan", "extend")

	f.IntVar(&o.MaxTerms, "max-terms", 0, "at most this many terms (default: as many as --tol asks for)")
	f.StringVar(&o.Select, "select", o.Select, "auto (swaps, least squares) or eim (the papers exactly)")
	f.StringVar(&o.Norm, "norm", o.Norm, "norm of the greedy step: max, l1, l2 or lp:P")
	f.StringVar(&o.Scaling, "scaling", o.Scaling, "greedy error: absolute, or relative to each snapshot")
	f.StringVar(&o.Features, "features", o.Features, "data besides the entries: auto, all (constant, row sums), entries (none)")
	f.StringVar(&o.Magic, "magic", o.Magic, "what may be probed: features (entries and row sums) or entries")
	f.IntVar(&o.Oversample, "oversample", 0, "probe this many features more than there are terms (--select eim)")
	f.StringVar(&o.Basis, "basis", o.Basis, "terms: snapshots or pod (modes of all samples)")
	f.StringVar(&o.Model, "model", o.Model, "coefficient model: auto, or "+strings.Join(surrogate.ModelNames(), ", "))
	f.StringArrayVar(&o.warps, "warp", nil, "PARAM=identity|sqrt|log|inverse before interpolation (repeatable; default: chosen)")
	f.StringArrayVar(&o.Periodic, "periodic", nil, "PARAM or PARAM=PERIOD: the family is periodic in it, by default over its samples (repeatable)")
	heading(f, headModel, "max-terms", "select", "norm", "scaling", "features", "magic", "oversample", "basis", "model", "warp", "periodic")

	f.BoolVar(&o.Inverse, "inverse", false, "fit the coefficients to what the inverse does to random vectors (without a right-hand side)")
	f.Float64Var(&o.RBTolerance, "rb-tol", surrogate.DefaultRBTolerance, "error of x at which the reduced basis stops growing")
	f.IntVar(&o.RBMax, "rb-max", surrogate.DefaultRBMax, "at most this many vectors in the reduced basis")
	heading(f, headSolve, "inverse", "rb-tol", "rb-max")

	f.BoolVar(&o.LogDet, "logdet", false, "prepare log det: factorise the samples, or nodes of given parts")
	f.Float64Var(&o.LogDetTolerance, "logdet-tol", surrogate.DefaultLogDetTolerance, "absolute error of log det that its nodes should reach; when given, exit 3 if they do not")
	f.IntVar(&o.LogDetMax, "logdet-max", 0, "factorise at most this many samples and matrices of the model, or nodes of given parts (default: all samples and 100, or 60)")
	f.StringVar(&o.LogDetNodes, "logdet-nodes", o.LogDetNodes, "nodes of given parts: anywhere in the box of the samples, or samples")
	f.StringVar(&o.LogDetHessians, "logdet-hessians", o.LogDetHessians, "second derivatives at the nodes of given parts: auto (up to 1500 rows) or no")
	heading(f, headLogDet, "logdet", "logdet-tol", "logdet-max", "logdet-nodes", "logdet-hessians")

	f.Float64Var(&o.tolerance, "tol", surrogate.DefaultTolerance, "error of A that the terms should reach; when given, exit 3 if the model does not")
	f.BoolVar(&o.noHoldOut, "no-hold-out", false, "do not hold out a fifth of the samples first")
	f.Uint64Var(&o.Seed, "seed", 0, "seed of the hold-out and of the check entries")
	heading(f, headErrors, "tol", "no-hold-out", "seed")

	f.StringVarP(&o.output, "output", "o", "", "bundle to write (.npz), or - for stdout")
	f.StringVar(&o.KeepTable, "keep-table", o.KeepTable, "keep all samples in the bundle: auto (while small), yes or no")
	f.Lookup("keep-table").NoOptDefVal = "yes"
	f.StringVar(&o.Only, "only", "", "logdet: leave the matrices out of the bundle, which then gives log det alone")
	f.BoolVar(&o.compress, "compress", false, "compress the bundle (it can then not be mapped)")
	f.BoolVar(&o.dryRun, "dry-run", false, "state sizes and memory, then stop")
	heading(f, headOutput, "output", "keep-table", "only", "compress", "dry-run")
}
