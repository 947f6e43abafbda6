package main

import (
	"context"
	"fmt"
	"math"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"eimtool/internal/plan"
	"eimtool/internal/planfile"
	"eimtool/internal/report"
	"eimtool/internal/surrogate"
)

const planLong = `Choose the parameters to simulate before anything is simulated.

If A_mu depends linearly on known functions g(mu, x) of the parameters and of
points x (material laws at quadrature points, a kernel at distances), beside a
fixed part, then as few parameters as g needs are enough: the terms of its
empirical interpolation. plan selects them among CANDIDATES, a table of
parameters, and writes them as a sample table with an empty column "file".
Assemble those matrices, fill in their files, and make the bundle with
  eimtool offline plan.csv --plan plan.csv -o model.npz
It gives A_mu at any mu from the functions, with no interpolation in mu.

--function is an expression in the parameters and the columns of --at-points,
such as 'k^2*exp(-x/k)' or 'exp(1i*k*r)/r'; repeat it for several functions,
which share one selection, each scaled by its largest value and weighted by
--weight. The error, which --tol is about, is the largest |g - Ig| over its
scale, over all candidates and points; --test measures it at further parameters.
The other figure, the largest |g - Ig| of a parameter over its least |g|, is the
error to expect of A relative to its size where g is smallest.

Method: greedy empirical interpolation of the functions in place of the matrix
(arXiv 1307.4330, section 2).

EXIT STATUS
  0 done, 1 failed, 2 bad usage or input, 3 --tol not reached, 130 interrupted`

// planOptions are the flags of plan.
type planOptions struct {
	entriesOptions
	functions []string
	weights   []float64
	points    string
	test      string
	output    string
	stage     string
	tolerance float64
	maxTerms  int
	seed      uint64
	tolSet    bool // --tol was given: the plan is held to it
	termsSet  bool // --max-terms was given
}

func (a *app) planCommand() *cobra.Command {
	o := &planOptions{}
	c := &cobra.Command{
		Use:   "plan CANDIDATES --function EXPR -o plan.csv",
		Short: "Choose which parameters to simulate",
		Long:  planLong,
		Example: `  eimtool plan samples.csv --function '1/(1+k)' -o plan.csv
  eimtool plan candidates.csv --function 'exp(1i*k*r)/r' --at-points distances.csv --test test.csv -o plan.csv
  eimtool plan candidates.csv --function 'k^2' --function 'exp(-k)' --weight 1 --weight 0.1 --tol 1e-10 -o plan.csv`,
		Args: arguments(1, 1, "CANDIDATES, a table of parameters"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.tolSet = cmd.Flags().Changed("tol")
			o.termsSet = cmd.Flags().Changed("max-terms")
			switch o.stage {
			case "entries":
				return a.runPlanEntries(cmd.Context(), args[0], o)
			case "function":
				return a.runPlan(cmd.Context(), args[0], o)
			}
			return inputErrorf("leave it out when the functions are known", "--stage %s: want function or entries", o.stage)
		},
	}
	o.bind(c.Flags())
	return c
}

func (o *planOptions) bind(f *pflag.FlagSet) {
	f.StringArrayVar(&o.functions, "function", nil, "expression g(mu, x) that the matrix depends on linearly (repeatable)")
	f.Float64SliceVar(&o.weights, "weight", nil, "importance of each --function, in their order (repeatable; default 1)")
	f.StringVar(&o.points, "at-points", "", "CSV of the points x of the functions, one column per coordinate (default: functions of mu alone)")
	f.StringVar(&o.test, "test", "", "table of further parameters to measure on, never used otherwise")
	f.StringVar(&o.stage, "stage", "function", "function, or entries: from single entries of all matrices")
	heading(f, headInput, "function", "weight", "at-points", "test", "stage")

	o.bindEntries(f)

	f.IntVar(&o.maxTerms, "max-terms", 0, "at most this many parameters (default: as many as --tol asks for)")
	heading(f, headModel, "max-terms")

	f.Float64Var(&o.tolerance, "tol", surrogate.DefaultTolerance, "largest |g - Ig| over its scale; when given, exit 3 if the plan does not reach it")
	f.Uint64Var(&o.seed, "seed", 0, "seed of the points where the error is estimated later")
	heading(f, headErrors, "tol", "seed")

	f.StringVarP(&o.output, "output", "o", "", "plan to write (.csv), or - for stdout")
	heading(f, headOutput, "output")
}

// check validates the command line, as far as no file is needed for it.
func (o *planOptions) check(a *app, candidates string) error {
	if err := o.refuseEntries(); err != nil {
		return err
	}
	if err := a.needOutput(o.output, "plan", "plan.csv"); err != nil {
		return err
	}
	if err := onlyOneStdin(candidates, o.points, o.test); err != nil {
		return err
	}
	switch {
	case len(o.functions) == 0:
		return inputErrorf("write for example --function '1/(1+k)'; without known functions, see --stage entries", "no function: plan needs --function EXPR")
	case len(o.weights) > 0 && len(o.weights) != len(o.functions):
		return inputErrorf("give one weight per function, in their order, or none", "%s for %s", countOf(len(o.weights), "weight"), countOf(len(o.functions), "function"))
	case !(o.tolerance > 0) || math.IsInf(o.tolerance, 0):
		return inputErrorf("write for example --tol 1e-8", "--tol %g: want a positive number", o.tolerance)
	case o.termsSet && o.maxTerms < 1:
		return inputErrorf("leave it out for as many as --tol asks for", "--max-terms %d: want at least 1", o.maxTerms)
	}
	for s, w := range o.weights {
		if !(w > 0) || math.IsInf(w, 0) {
			return inputErrorf("a weight is the importance of a function; leave a function out that has none", "--weight %g of function %d: want a positive number", w, s+1)
		}
	}
	return nil
}

func (a *app) runPlan(ctx context.Context, candidates string, o *planOptions) error {
	if err := o.check(a, candidates); err != nil {
		return err
	}
	in, err := a.planInputs(candidates, o)
	if err != nil {
		return err
	}
	p, tested, err := a.choose(ctx, in, o)
	if err != nil {
		return err
	}
	w, done, err := a.create(o.output)
	if err != nil {
		return err
	}
	if err := done(planfile.Write(&interruptible{ctx, w}, p)); err != nil {
		return err
	}
	res, err := newPlanResult(in, p, tested)
	if err != nil {
		return err
	}
	res.Output, res.Tolerance = o.output, report.Number(o.tolerance)
	if err := a.showPlanned(res); err != nil {
		return err
	}
	return o.judge(p, tested)
}

// choose selects and measures.
func (a *app) choose(ctx context.Context, in *planInputs, o *planOptions) (*plan.Plan, *planTest, error) {
	shown := a.newProgress()
	defer shown.end()
	opt := plan.Options{
		Tolerance: o.tolerance, MaxTerms: o.maxTerms, Memory: a.limit,
		Seed: o.seed, Threads: a.threads, Progress: shown.report,
	}
	if o.termsSet && !o.tolSet {
		opt.Tolerance = 0 // the terms asked for, not fewer
	}
	p, err := plan.Select(ctx, in.problem, opt)
	if err != nil {
		return nil, nil, in.located(err, in.candidates)
	}
	if in.test == nil {
		return p, nil, nil
	}
	mu := parametersOf(in.test)
	errs, overLeast, err := plan.Measure(ctx, in.problem, p, mu, a.threads)
	if err != nil {
		return nil, nil, in.located(err, in.test)
	}
	return p, &planTest{mu, errs, overLeast}, nil
}

// judge compares the error of the plan with a tolerance that the user gave.
func (o *planOptions) judge(p *plan.Plan, tested *planTest) error {
	if !o.tolSet {
		return nil
	}
	where, e, hint := "the candidates", p.Error, "raise --max-terms"
	if !o.termsSet {
		hint = "the functions cannot be interpolated more exactly in double precision; give a larger --tol"
	}
	if tested != nil {
		if worst := largest(tested.errors); worst > e {
			where, e, hint = "the test parameters", worst, "give more candidates, also near the test parameters"
		}
	}
	if e <= o.tolerance {
		return nil
	}
	return &accuracyError{
		fmt.Sprintf("--tol %g not reached: error %.1e at %s with %s; the plan was written all the same", o.tolerance, e, where, countOf(p.Terms(), "term")),
		hint,
	}
}
