package main

import (
	"math"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"eimtool/internal/answer"
)

const solveLong = `Solve A_mu x = b at one or many parameter points of a bundle, or A x = b for one
matrix file.

With a bundle the method is chosen by cost and estimated error: the reduced
basis (bundles made with --rhs), the interpolation or combination of the
samples' solutions, or a factorisation of A_mu. Every answer carries an estimate
of the relative error of x with respect to the true A_mu. With --tol the
cheapest method that meets it answers; if none does, no output is written for
that point and the exit status is 3.

b is that of the bundle, or --rhs. Many points need an output template, or one
file that takes all solutions as columns. --quantity c.mtx gives the numbers
c^T x in place of x, as CSV.

With a matrix file in place of the bundle it is factorised (Cholesky, LDL^T or
LU, as its symmetry allows) and x refined with residuals in doubled precision.

Methods: reduced basis with dual error estimate; weights on solutions of
arXiv 1710.02488; separated form of arXiv 1307.4330.

EXIT STATUS
  0 done, 1 failed, 2 bad usage or input, 3 an estimate above --tol or a singular
  matrix, 130 interrupted. Points above --tol write no file.`

type solveOptions struct {
	target
	output         string
	rhs, quantity  string
	method         string
	preconditioner string
	derivative     string
	transpose      bool
	noEstimate     bool
	tol            float64 // 0 = not given
	noExtrapolate  bool
	resume         bool
	lost           []int
	lostProbes     []int
}

func (a *app) solveCommand() *cobra.Command {
	o := &solveOptions{}
	c := &cobra.Command{
		Use:   "solve BUNDLE TARGET | A.mtx",
		Short: "Solve A_mu x = b",
		Long:  solveLong,
		Example: `  eimtool solve model.npz --mu k=3.2 -o x.mtx
  eimtool solve model.npz --at sweep.csv --quantity c.mtx --tol 1e-6
  eimtool solve A.mtx --rhs b.mtx -o x.mtx`,
		Args: arguments(1, 1, "a BUNDLE or a matrix file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			isBundle, err := a.looksLikeBundle(args[0])
			if err != nil {
				return err
			}
			plain := !isBundle
			if plain && args[0] != "-" && !isMatrixName(args[0]) && (len(o.mu) > 0 || o.at != "" || o.probe != "") {
				return fileErrorf(args[0], 0, "make a bundle with: eimtool offline SAMPLES -o model.npz", "is not a bundle")
			}
			if err := o.check(a, cmd.Flags().Changed("tol"), args[0], plain); err != nil {
				return err
			}
			if plain {
				return a.solvePlain(cmd.Context(), args[0], o)
			}
			return a.solveBundle(cmd.Context(), args[0], o)
		},
	}
	o.bind(c)
	f := c.Flags()
	f.StringVar(&o.rhs, "rhs", "", "right-hand side b (default: that of the bundle)")
	f.StringVar(&o.quantity, "quantity", "", "array file of vectors c: give c^T x instead of x")
	heading(f, headInput, "rhs", "quantity")
	f.StringVar(&o.method, "method", answer.Auto, strings.Join(answer.Methods(), ", "))
	f.StringVar(&o.preconditioner, "preconditioner", answer.Nearest, "of krylov: nearest (factor of the nearest selected sample) or combination (of several)")
	f.BoolVar(&o.transpose, "transpose", false, "solve with the transpose of A")
	f.StringVar(&o.derivative, "derivative", "", "give the derivative of x (or of c^T x) in this parameter")
	f.IntSliceVar(&o.lost, "lost-snapshot", nil, "terms (1-based) to do without")
	f.IntSliceVar(&o.lostProbes, "lost-probe", nil, "probes (1-based) that were replaced: see info --probes --lost-probe")
	heading(f, headSolve, "method", "preconditioner", "transpose", "derivative", "lost-snapshot", "lost-probe")
	f.Float64Var(&o.tol, "tol", 0, "error of x (or of c^T x, relative) that an answer must meet; exit 3 otherwise")
	f.BoolVar(&o.noEstimate, "no-estimate", false, "leave out the estimates of reduced answers (10 times faster)")
	f.BoolVar(&o.noExtrapolate, "no-extrapolate", false, "refuse points outside the training box")
	heading(f, headErrors, "tol", "no-estimate", "no-extrapolate")
	f.StringVarP(&o.output, "output", "o", "", "file of x, template for many points, or - for stdout; with --quantity a CSV file (default stdout)")
	f.BoolVar(&o.resume, "resume", false, "skip outputs that exist")
	heading(f, headOutput, "output", "resume")
	return c
}

// check validates the command line.
func (o *solveOptions) check(a *app, tolSet bool, input string, plain bool) error {
	if !slices.Contains(answer.Methods(), o.method) {
		return inputErrorf(didYouMean(o.method, answer.Methods()), "--method %s: want one of %s", o.method, strings.Join(answer.Methods(), ", "))
	}
	if err := o.checkFlags(tolSet); err != nil {
		return err
	}
	if o.quantity != "" && strings.ContainsAny(o.output, "{}") {
		return inputErrorf("give a file name without braces", "-o %s: --quantity writes one table for all points", o.output)
	}
	if plain {
		if err := o.checkPlain(); err != nil {
			return err
		}
	} else if err := o.target.check(); err != nil {
		return err
	}
	if o.quantity == "" || o.output != "" {
		if err := a.needOutput(o.output, "solve", "x.mtx"); err != nil {
			return err
		}
	}
	return onlyOneStdin(input, o.at, o.probe, o.rhs, o.quantity)
}

// checkFlags refuses flags that do not go together.
func (o *solveOptions) checkFlags(tolSet bool) error {
	switch {
	case !slices.Contains(answer.Preconditioners(), o.preconditioner):
		return inputErrorf(didYouMean(o.preconditioner, answer.Preconditioners()), "--preconditioner %s: want one of %s", o.preconditioner, strings.Join(answer.Preconditioners(), ", "))
	case o.preconditioner != answer.Nearest && o.method != answer.Krylov:
		return inputErrorf("add --method krylov", "--preconditioner %s: the method is %s", o.preconditioner, o.method)
	case tolSet && (!(o.tol > 0) || math.IsInf(o.tol, 0)):
		return inputErrorf("write for example --tol 1e-6", "--tol %g: want a positive number", o.tol)
	case len(o.mu) > 0 && o.at != "":
		return inputErrorf("put all points into the table, or call solve twice", "--mu with --at: use one of them")
	case o.derivative != "" && o.probe != "":
		return inputErrorf("use --mu or --at", "--derivative with --probe: only the coefficient model can be differentiated")
	case o.derivative != "" && tolSet:
		return inputErrorf("leave out --tol", "--derivative with --tol: derivatives have no error estimate")
	case o.noEstimate && tolSet:
		return inputErrorf("leave out one of them", "--no-estimate with --tol: there is no estimate to compare")
	case len(o.lostProbes) > 0 && o.probe == "":
		return inputErrorf("leave it out", "--lost-probe without --probe")
	case o.resume && (o.output == "-" || o.quantity != "" || !strings.ContainsAny(o.output, "{}")):
		return inputErrorf("write to files: -o 'x_{index}.mtx'", "--resume needs one output file per point")
	}
	return nil
}

// checkPlain refuses flags that need a bundle.
func (o *solveOptions) checkPlain() error {
	if err := refuseFlags([]givenFlag{
		{"--mu", len(o.mu) > 0},
		{"--at", o.at != ""},
		{"--probe", o.probe != ""},
		{"--derivative", o.derivative != ""},
		{"--lost-snapshot", len(o.lost) > 0},
		{"--no-extrapolate", o.noExtrapolate},
		{"--resume", o.resume},
		{"--method " + o.method, o.method != answer.Auto && o.method != answer.Direct},
	}, "give a bundle: eimtool offline SAMPLES -o model.npz", ": the input is one matrix, not a bundle"); err != nil {
		return err
	}
	switch {
	case o.rhs == "":
		return inputErrorf("add --rhs b.mtx", "no right-hand side: which b?")
	case strings.ContainsAny(o.output, "{}"):
		return inputErrorf("give a file name without braces", "-o %s: one matrix has one solution", o.output)
	}
	return nil
}
