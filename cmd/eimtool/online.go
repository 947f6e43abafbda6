package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"eimtool/internal/family"
	"eimtool/internal/report"
	"eimtool/internal/surrogate"
)

const onlineLong = `Write A_mu, or its derivative in a parameter, at one or many parameter points.

The coefficients come from the bundle's coefficient model (--mu, --at) or from
values of A_mu that the simulation code supplies at the probes (--probe; list
them with 'eimtool info BUNDLE --probes'). Every answer carries an estimate of
the error of A, |A - A~|_F / |A|_F, with respect to the true A_mu.

Many points need an output template: -o 'A_{k:.6f}_{index}.mtx'.

Method: A_mu = sum_m beta_m(mu) A_{mu_m} (arXiv 1307.4330, section 2).

EXIT STATUS
  0 done, 1 failed, 2 bad usage or input, 3 an estimate above --tol,
  130 interrupted. Rows above --tol write no file.`

type onlineOptions struct {
	target
	output        string
	derivative    string
	tol           float64
	noExtrapolate bool
	resume        bool
	lost          []int
}

func (a *app) onlineCommand() *cobra.Command {
	o := &onlineOptions{}
	c := &cobra.Command{
		Use:   "online BUNDLE TARGET -o OUT",
		Short: "Write A_mu at new parameters",
		Long:  onlineLong,
		Example: `  eimtool online model.npz --mu k=3.2 -o A.mtx
  eimtool online model.npz --at sweep.csv -o 'A_{index}.mtx'
  eimtool online model.npz --probe values.csv -o A.mtx`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("tol") && !(o.tol > 0) {
				return inputErrorf("", "--tol %g: want a positive number", o.tol)
			}
			return a.runOnline(cmd.Context(), args[0], o)
		},
	}
	o.bind(c)
	f := c.Flags()
	f.StringVarP(&o.output, "output", "o", "", "matrix file, template for many points, or - for stdout")
	f.StringVar(&o.derivative, "derivative", "", "write the derivative of A_mu in this parameter instead")
	f.Float64Var(&o.tol, "tol", 0, "write no matrix whose error estimate is above this; exit 3")
	f.BoolVar(&o.noExtrapolate, "no-extrapolate", false, "refuse points outside the training box")
	f.BoolVar(&o.resume, "resume", false, "skip outputs that exist")
	f.IntSliceVar(&o.lost, "lost-snapshot", nil, "terms (1-based) to do without")
	return c
}

type onlineResult struct {
	Schema   string        `json:"schema"`
	Command  string        `json:"command"`
	Warnings []string      `json:"warnings"`
	Results  []onlinePoint `json:"results"`
}

type onlinePoint struct {
	Mu            report.Object   `json:"mu,omitempty"`
	Output        string          `json:"output"`
	ErrorEstimate report.Number   `json:"error_estimate"`
	Extrapolation report.Number   `json:"extrapolation"`
	Accepted      bool            `json:"accepted"`
	Skipped       bool            `json:"skipped,omitempty"`
	Reason        string          `json:"reason,omitempty"`
	Beta          []report.Number `json:"beta,omitempty"`
	BetaIm        []report.Number `json:"beta_im,omitempty"`
}

// onlineJob is one point to answer.
type onlineJob struct {
	mu     []float64
	probe  []complex128
	output string
}

func (a *app) runOnline(ctx context.Context, path string, o *onlineOptions) error {
	if o.output == "" {
		return inputErrorf("add -o A.mtx, or -o - for stdout", "no output: online needs -o OUT")
	}
	if o.output == "-" && a.json {
		return inputErrorf("write the matrix to a file", "-o - with --json: both would go to stdout")
	}
	model, closeBundle, err := a.openBundle(path)
	if err != nil {
		return err
	}
	defer closeBundle()
	if len(o.lost) > 0 {
		if model, err = model.WithoutTerms(o.lost); err != nil {
			return err
		}
	}
	j, err := parseDerivative(o.derivative, model.ParameterNames())
	if err != nil {
		return err
	}
	if j >= 0 && o.probe != "" {
		return inputErrorf("use --mu or --at", "%v", errNoProbeForDerivative)
	}
	jobs, err := a.onlineJobs(ctx, model, path, o)
	if err != nil {
		return err
	}
	res := &onlineResult{Schema: "eimtool.online/1", Command: "online", Warnings: []string{}, Results: []onlinePoint{}}
	p := a.newProgress()
	var worst error
	for i, job := range jobs {
		p.report("assembling", i, len(jobs))
		point, err := a.onlineOne(ctx, model, job, j, o, res)
		if err != nil {
			if exitCode(err) == exitInterrupted {
				p.end()
				return err
			}
			point = onlinePoint{Mu: report.Point(model.ParameterNames(), job.mu), Reason: err.Error()}
			worst = worse(worst, err)
			if len(jobs) > 1 {
				p.end()
				a.warn([]string{err.Error()})
			}
		}
		res.Results = append(res.Results, point)
	}
	p.end()
	if worst != nil && len(jobs) == 1 && exitCode(worst) != exitAccuracy {
		return worst
	}
	if err := a.printOnline(res, o); err != nil {
		return err
	}
	return worst
}

// worse returns the error with the graver exit code: a failure before an input
// error before a missed tolerance.
func worse(a, b error) error {
	rank := map[int]int{exitDone: 0, exitAccuracy: 1, exitInput: 2, exitFailed: 3, exitInterrupted: 4}
	if rank[exitCode(b)] > rank[exitCode(a)] {
		return b
	}
	return a
}

// onlineJobs lists the points with their outputs and refuses, before any work,
// outputs that collide or cannot be written.
func (a *app) onlineJobs(ctx context.Context, model *surrogate.Model, bundlePath string, o *onlineOptions) ([]onlineJob, error) {
	names := model.ParameterNames()
	points, err := o.points(names)
	if err != nil {
		return nil, err
	}
	var probes [][]complex128
	if o.probe != "" {
		if probes, err = a.readProbes(ctx, model, o.probe); err != nil {
			return nil, err
		}
		if points != nil && len(points) != len(probes) {
			return nil, inputErrorf("give one value column (or re,im pair) per parameter point", "%s: values for %d points, %d points asked for", o.probe, len(probes), len(points))
		}
	}
	n := max(len(points), len(probes))
	jobs := make([]onlineJob, n)
	for i := range jobs {
		if points != nil {
			jobs[i].mu = points[i]
		}
		if probes != nil {
			jobs[i].probe = probes[i]
		}
	}
	return jobs, a.placeOutputs(jobs, names, bundlePath, o)
}

func (a *app) placeOutputs(jobs []onlineJob, names []string, bundlePath string, o *onlineOptions) error {
	inputs := []string{bundlePath}
	for _, f := range []string{o.at, o.probe} {
		if f != "" && f != "-" {
			inputs = append(inputs, f)
		}
	}
	if o.output == "-" {
		if len(jobs) > 1 {
			return inputErrorf("write -o 'A_{index}.mtx'", "-o - with %d points: only one matrix fits on stdout", len(jobs))
		}
		jobs[0].output = "-"
		return nil
	}
	if !strings.Contains(o.output, "{") {
		if len(jobs) > 1 {
			return inputErrorf("write -o 'A_{index}.mtx' or use parameter names in braces", "-o %s: %d points need an output template", o.output, len(jobs))
		}
		jobs[0].output = o.output
		return checkOutputs(o.output, inputs...)
	}
	t, err := family.ParseOutputTemplate(o.output, names)
	if err != nil {
		return err
	}
	mus := make([][]float64, len(jobs))
	for i := range jobs {
		mus[i] = jobs[i].mu
	}
	paths, err := t.ExpandAll(mus)
	if err != nil {
		return err
	}
	for i := range jobs {
		jobs[i].output = paths[i]
		if err := checkOutputs(paths[i], inputs...); err != nil {
			return err
		}
	}
	return nil
}

// onlineOne answers one point.
func (a *app) onlineOne(ctx context.Context, model *surrogate.Model, job onlineJob, derivative int, o *onlineOptions, res *onlineResult) (onlinePoint, error) {
	names := model.ParameterNames()
	point := onlinePoint{Mu: report.Point(names, job.mu), Output: job.output, Accepted: true}
	if o.resume && job.output != "-" {
		if _, err := os.Stat(job.output); err == nil {
			point.Skipped = true
			point.Reason = "the output exists"
			return point, nil
		}
	}
	ans, err := evaluate(model, job)
	if err != nil {
		return point, err
	}
	point.ErrorEstimate, point.Extrapolation = report.Number(ans.Estimate), report.Number(ans.Extrapolation)
	if ans.Extrapolation > 0 {
		msg := fmt.Sprintf("%s lies %.2g box widths outside the training box", point.Mu, ans.Extrapolation)
		if o.noExtrapolate {
			return point, inputErrorf("leave out --no-extrapolate to try all the same", "%s", msg)
		}
		res.Warnings = append(res.Warnings, msg+": extrapolated")
	}
	if job.probe == nil && !ans.Modelled {
		res.Warnings = append(res.Warnings, fmt.Sprintf("%s: the samples do not determine the coefficients between them (not modelled)", point.Mu))
	}
	beta := ans.Beta
	if derivative >= 0 {
		if beta, err = model.Derivative(job.mu, derivative); err != nil {
			return point, err
		}
	}
	point.setBeta(beta, model.Field)
	if !(ans.Estimate <= o.tol) && o.tol > 0 {
		point.Accepted, point.Output = false, ""
		point.Reason = fmt.Sprintf("error estimate %.1e above --tol %g", ans.Estimate, o.tol)
		return point, nil
	}
	m, err := model.Assemble(ctx, beta, a.threads)
	if err != nil {
		return point, err
	}
	return point, a.writeMatrix(ctx, job.output, m, "")
}

func (p *onlinePoint) setBeta(beta []complex128, field string) {
	for _, b := range beta {
		p.Beta = append(p.Beta, report.Number(real(b)))
		if field == surrogate.FieldComplex {
			p.BetaIm = append(p.BetaIm, report.Number(imag(b)))
		}
	}
}

// evaluate returns the coefficients at a point: from its probe values if there
// are any, otherwise from the coefficient model.
func evaluate(model *surrogate.Model, job onlineJob) (*surrogate.Answer, error) {
	if job.probe != nil {
		return model.FromProbe(job.probe)
	}
	return model.At(job.mu)
}

func (a *app) printOnline(res *onlineResult, o *onlineOptions) error {
	rejected := 0
	for _, p := range res.Results {
		if !p.Accepted && p.Reason != "" {
			rejected++
		}
	}
	if a.json {
		if err := report.JSON(a.out, res); err != nil {
			return err
		}
	} else {
		a.warn(res.Warnings)
		for _, p := range res.Results {
			switch {
			case p.Skipped:
				a.say("%s: skipped, %s exists", p.Mu, p.Output)
			case p.Output != "" && p.Reason == "":
				a.say("wrote %s: %s, error estimate %s", p.Output, pointName(p.Mu), report.Error(float64(p.ErrorEstimate)))
			}
		}
	}
	for _, p := range res.Results {
		if !p.Accepted && o.tol > 0 && strings.HasPrefix(p.Reason, "error estimate") {
			return &accuracyError{fmt.Sprintf("%s: %s; no matrix was written", pointName(p.Mu), p.Reason)}
		}
	}
	return nil
}

func pointName(mu report.Object) string {
	if len(mu) == 0 {
		return "probed point"
	}
	return mu.String()
}
