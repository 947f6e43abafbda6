package main

import (
	"math"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"eimtool/internal/answer"
)

const logdetLong = `Give log det A_mu at one or many parameter points of a bundle, or of one matrix
file, as CSV: the parameters, the sign of det A (complex: its phase as phase_re,
phase_im), log|det A|, its error estimate, rigorous bounds where they are known,
the method, and with --gradient the derivatives in the parameters.

With a bundle made by offline --logdet a fitted method answers in microseconds
where its estimate is small enough; otherwise A_mu is factorised. With --tol the
cheapest method that meets it answers; a point that none does is left out of the
table and the exit status is 3.

Methods: measure (symbol measure of a given affine family), interpolate (function
of the parameters, from values and slopes at the samples), combine (weights on
the nodes' log det, arXiv 1710.02488), direct (factorisation), trace (stochastic
Lanczos quadrature, for positive definite matrices too large to factorise).

EXIT STATUS
  0 done, 1 failed, 2 bad usage or input, 3 an estimate above --tol, a singular
  matrix, or log det refused, 130 interrupted. Refused points are left out.`

type logdetOptions struct {
	target
	output        string
	method        string
	gradient      bool
	vectors       int
	seed          uint64
	tol           float64 // 0 = not given
	noExtrapolate bool
}

func (a *app) logdetCommand() *cobra.Command {
	o := &logdetOptions{}
	c := &cobra.Command{
		Use:   "logdet BUNDLE TARGET | A.mtx",
		Short: "Give log det A_mu",
		Long:  logdetLong,
		Example: `  eimtool logdet model.npz --mu k=3.2
  eimtool logdet model.npz --at sweep.csv --gradient -o logdet.csv
  eimtool logdet A.mtx`,
		Args: arguments(1, 1, "a BUNDLE or a matrix file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			isBundle, err := a.looksLikeBundle(args[0])
			if err != nil {
				return err
			}
			if !isBundle && args[0] != "-" && !isMatrixName(args[0]) && (len(o.mu) > 0 || o.at != "" || o.probe != "") {
				return fileErrorf(args[0], 0, "make a bundle with: eimtool offline SAMPLES --logdet -o model.npz", "is not a bundle")
			}
			if err := o.check(a, cmd.Flags().Changed("tol"), cmd.Flags().Changed("vectors"), args[0], isBundle); err != nil {
				return err
			}
			if !isBundle {
				return a.logdetPlain(cmd.Context(), args[0], o)
			}
			return a.logdetBundle(cmd.Context(), args[0], o)
		},
	}
	o.bind(c)
	f := c.Flags()
	f.StringVar(&o.method, "method", answer.Auto, strings.Join(answer.LogDetMethods(), ", "))
	f.BoolVar(&o.gradient, "gradient", false, "give the derivatives in the parameters too")
	f.IntVar(&o.vectors, "vectors", 0, "random vectors of trace, at least 6 (default: as many as --tol asks for, up to 256)")
	f.Uint64Var(&o.seed, "seed", 0, "seed of the random vectors of trace")
	heading(f, headLogDet, "method", "gradient", "vectors", "seed")
	f.Float64Var(&o.tol, "tol", 0, "absolute error of log det that an answer must meet; exit 3 otherwise")
	f.BoolVar(&o.noExtrapolate, "no-extrapolate", false, "refuse points outside the training box")
	heading(f, headErrors, "tol", "no-extrapolate")
	f.StringVarP(&o.output, "output", "o", "", "CSV file to write (default stdout)")
	heading(f, headOutput, "output")
	return c
}

// check validates the command line.
func (o *logdetOptions) check(a *app, tolSet, vectorsSet bool, input string, isBundle bool) error {
	switch {
	case !slices.Contains(answer.LogDetMethods(), o.method):
		return inputErrorf(didYouMean(o.method, answer.LogDetMethods()), "--method %s: want one of %s", o.method, strings.Join(answer.LogDetMethods(), ", "))
	case tolSet && (!(o.tol > 0) || math.IsInf(o.tol, 0)):
		return inputErrorf("write for example --tol 1e-3", "--tol %g: want a positive number", o.tol)
	case vectorsSet && o.vectors < 1:
		return inputErrorf("leave it out for as many as --tol asks for", "--vectors %d: want at least 1", o.vectors)
	case o.vectors > 0 && o.method != answer.Trace:
		return inputErrorf("add --method trace", "--vectors %d: the method is %s", o.vectors, o.method)
	case len(o.mu) > 0 && o.at != "":
		return inputErrorf("put all points into the table, or call logdet twice", "--mu with --at: use one of them")
	case o.gradient && o.method == answer.Trace:
		return inputErrorf("use --method direct", "--gradient with --method trace: random vectors give no gradient")
	case o.gradient && o.probe != "" && len(o.mu) == 0 && o.at == "":
		return inputErrorf("add --mu or --at", "--gradient with --probe alone: the parameters are not known")
	case strings.ContainsAny(o.output, "{}"):
		return inputErrorf("give a file name without braces", "-o %s: logdet writes one table for all points", o.output)
	}
	if isBundle {
		if err := o.target.check(); err != nil {
			return err
		}
	} else if err := o.checkPlain(); err != nil {
		return err
	}
	if o.output != "" {
		if err := a.needOutput(o.output, "logdet", "logdet.csv"); err != nil {
			return err
		}
	}
	return onlyOneStdin(input, o.at, o.probe)
}

// checkPlain refuses flags that need a bundle.
func (o *logdetOptions) checkPlain() error {
	return refuseFlags([]givenFlag{
		{"--mu", len(o.mu) > 0},
		{"--at", o.at != ""},
		{"--probe", o.probe != ""},
		{"--gradient", o.gradient},
		{"--no-extrapolate", o.noExtrapolate},
		{"--method " + o.method, !slices.Contains([]string{answer.Auto, answer.Direct, answer.Trace}, o.method)},
	}, "give a bundle: eimtool offline SAMPLES --logdet -o model.npz", ": the input is one matrix, not a bundle")
}
