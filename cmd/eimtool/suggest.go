package main

import (
	"context"
	"fmt"
	"math"

	"github.com/spf13/cobra"

	"eimtool/internal/report"
	"eimtool/internal/suggest"
	"eimtool/internal/surrogate"
)

const suggestLong = `Say where to simulate next, and whether the model needs it.

The points are printed in order of benefit as a sample table: parameters, an empty
column file to fill in for offline --extend, and the predicted error there. They
are chosen among points spread over the box of the samples or, with --candidates,
among the rows of a table that are no samples yet (inside or outside the box).

Method: each point maximises the estimated error of A times the power function of
the samples and of the points before it, a measure of how little they say there;
where nothing is known the points fill the space.

The summary says at which share of 300 points of the box the estimate is within
the tolerance, and how often left-out samples lie within their estimates.

EXIT STATUS
  0 done, 1 failed, 2 bad usage or input, 3 --tol not reached yet (the points are
  written all the same), 130 interrupted`

type suggestOptions struct {
	count      int
	candidates string
	tol        float64
	tolSet     bool
	output     string
}

func (a *app) suggestCommand() *cobra.Command {
	o := &suggestOptions{}
	c := &cobra.Command{
		Use:   "suggest BUNDLE",
		Short: "Say where to simulate next",
		Long:  suggestLong,
		Example: `  eimtool suggest model.npz
  eimtool suggest model.npz -n 8 --tol 1e-6 -o next.csv
  eimtool suggest model.npz --candidates candidates.csv --json`,
		Args: arguments(1, 1, "a BUNDLE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.tolSet = cmd.Flags().Changed("tol")
			if err := o.check(a, args[0]); err != nil {
				return err
			}
			return a.runSuggest(cmd.Context(), args[0], o)
		},
	}
	c.Flags().IntVarP(&o.count, "count", "n", 5, "number of points")
	c.Flags().StringVar(&o.candidates, "candidates", "", "table of the points to choose among (default: the box of the samples)")
	c.Flags().Float64Var(&o.tol, "tol", 0, "error of A to reach (default: that of the bundle)")
	c.Flags().StringVarP(&o.output, "output", "o", "", "sample table to write (default: standard output)")
	return c
}

// check validates the command line.
func (o *suggestOptions) check(a *app, path string) error {
	switch {
	case o.count < 1:
		return inputErrorf("write for example -n 5", "-n %d: want at least 1", o.count)
	case o.tolSet && (!(o.tol > 0) || math.IsInf(o.tol, 0)):
		return inputErrorf("write for example --tol 1e-6", "--tol %g: want a positive number", o.tol)
	case o.output == "-" && a.json:
		return a.needOutput(o.output, "suggest", "next.csv")
	case o.output == "-":
		o.output = ""
	}
	if o.output != "" {
		if err := checkOutput(o.output, path, o.candidates); err != nil {
			return err
		}
	}
	return onlyOneStdin(path, o.candidates)
}

const (
	boxCandidates = 1000 // points of the box to choose among
	judgedPoints  = 300  // points of the box at which estimates are compared with the tolerance
)

func (a *app) runSuggest(ctx context.Context, path string, o *suggestOptions) error {
	model, r, err := a.openModel(path)
	if err != nil {
		return err
	}
	defer r.Close()
	res := &suggestResult{
		header: newHeader("suggest"), names: model.ParameterNames(),
		Tolerance: report.Number(o.tolerance(model)), Suggestions: []suggestionResult{},
	}
	switch {
	case model.Parts != nil:
		res.nothingToLearn(model)
	case model.Real == nil && model.Complex == nil:
		return noMatrices(path)
	default:
		if err := a.suggestFor(ctx, model, o, res); err != nil {
			return err
		}
	}
	if err := a.showSuggestions(res, o); err != nil || !o.tolSet || res.Met {
		return err
	}
	return &accuracyError{fmt.Sprintf("--tol %g is not reached: the estimate is up to %s", o.tol, report.Error(float64(res.WorstEstimate))), o.next(model, path)}
}

// next is the hint of a tolerance that is not reached.
func (o *suggestOptions) next(m *surrogate.Model, path string) string {
	switch {
	case m.Planned():
		return "plan again with a smaller --tol or more candidates"
	case m.Options.SampleError > 0:
		return "go on with eimtool plan --stage entries and a smaller --tol"
	}
	table := o.output
	if table == "" {
		table = "next.csv"
	}
	return fmt.Sprintf("simulate the points of the table and add them with: eimtool offline %s --extend %s", table, path)
}

// tolerance returns the error of A to reach.
func (o *suggestOptions) tolerance(m *surrogate.Model) float64 {
	switch {
	case o.tolSet:
		return o.tol
	case m.Options.Tolerance > 0:
		return m.Options.Tolerance
	}
	return surrogate.DefaultTolerance
}

// suggestFor fills res for a model fitted to samples.
func (a *app) suggestFor(ctx context.Context, m *surrogate.Model, o *suggestOptions, res *suggestResult) error {
	candidates, err := a.candidates(m, o, res)
	if err != nil {
		return err
	}
	next, sampled, err := suggest.Next(ctx, m, candidates, o.count)
	if err != nil {
		return err
	}
	if o.candidates != "" {
		res.warnCandidates(len(candidates), sampled, o.count)
	}
	for _, s := range next {
		res.add(s)
	}
	judged := suggest.Box(m.Interpolation, judgedPoints)
	if o.candidates != "" {
		judged = append(judged, candidates...)
	}
	state, err := suggest.Judge(ctx, m, judged, float64(res.Tolerance))
	if err != nil {
		return err
	}
	res.judge(m, state)
	return nil
}

// candidates returns the points to choose among.
func (a *app) candidates(m *surrogate.Model, o *suggestOptions, res *suggestResult) ([][]float64, error) {
	if o.candidates == "" {
		return suggest.Box(m.Interpolation, boxCandidates), nil
	}
	t, err := a.openPoints(o.candidates, res.names)
	if err != nil {
		return nil, err
	}
	res.warn(t.Warnings...)
	points := make([][]float64, len(t.Samples))
	for i, s := range t.Samples {
		points[i] = s.Mu
	}
	return points, nil
}
