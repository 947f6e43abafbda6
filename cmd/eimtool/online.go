package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"os"

	"github.com/spf13/cobra"

	"eimtool/internal/report"
	"eimtool/internal/surrogate"
)

const onlineLong = `Write A_mu, or its derivative in a parameter, at one or many parameter points.

The coefficients come from the bundle's coefficient model (--mu, --at) or from
values of A_mu that the simulation code supplies at the probes (--probe; list
them with 'eimtool info BUNDLE --probes'). Every answer carries an estimate of
the error of A, |A - A~|_F / |A|_F, with respect to the true A_mu.

With --probe the values of the probes decide, and --mu or --at only name the
points (one value column, or re,im pair, per point). --derivative writes the
exact derivative of the model, which has no error estimate.

Many points need an output template: -o 'A_{k:.6f}_{index}.mtx'.

Method: A_mu = sum_m beta_m(mu) A_{mu_m} (arXiv 1307.4330, section 2).

EXIT STATUS
  0 done, 1 failed, 2 bad usage or input, 3 an estimate above --tol,
  130 interrupted. Rows above --tol write no file.`

type onlineOptions struct {
	target
	output        string
	derivative    string
	tol           float64 // 0 = not given
	noExtrapolate bool
	resume        bool
	lost          []int // terms
	lostProbes    []int
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
		Args: arguments(1, 1, "a BUNDLE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.check(a, cmd.Flags().Changed("tol"), args[0]); err != nil {
				return err
			}
			return a.runOnline(cmd.Context(), args[0], o)
		},
	}
	o.bind(c)
	f := c.Flags()
	f.StringVar(&o.derivative, "derivative", "", "write the derivative of A_mu in this parameter instead")
	f.IntSliceVar(&o.lost, "lost-snapshot", nil, "terms (1-based) to do without")
	f.IntSliceVar(&o.lostProbes, "lost-probe", nil, "probes (1-based) that were replaced: see info --probes --lost-probe")
	heading(f, headModel, "derivative", "lost-snapshot", "lost-probe")
	f.Float64Var(&o.tol, "tol", 0, "write no matrix whose error estimate is above this; exit 3")
	f.BoolVar(&o.noExtrapolate, "no-extrapolate", false, "refuse points outside the training box")
	heading(f, headErrors, "tol", "no-extrapolate")
	f.StringVarP(&o.output, "output", "o", "", "matrix file, template for many points, or - for stdout")
	f.BoolVar(&o.resume, "resume", false, "skip outputs that exist")
	heading(f, headOutput, "output", "resume")
	return c
}

// check validates the command line.
func (o *onlineOptions) check(a *app, tolSet bool, bundle string) error {
	if err := o.target.check(); err != nil {
		return err
	}
	switch {
	case tolSet && !(o.tol > 0):
		return inputErrorf("write for example --tol 1e-6", "--tol %g: want a positive number", o.tol)
	case len(o.mu) > 0 && o.at != "":
		return inputErrorf("put all points into the table, or call online twice", "--mu with --at: use one of them")
	case o.derivative != "" && o.probe != "":
		return inputErrorf("use --mu or --at", "--derivative with --probe: only the coefficient model can be differentiated")
	case o.derivative != "" && tolSet:
		return inputErrorf("leave out --tol", "--derivative with --tol: derivatives have no error estimate")
	case len(o.lostProbes) > 0 && o.probe == "":
		return inputErrorf("leave it out", "--lost-probe without --probe")
	case o.resume && o.output == "-":
		return inputErrorf("write to files: -o 'A_{index}.mtx'", "--resume with -o -: there is no output to find")
	}
	if err := a.needOutput(o.output, "online", "A.mtx"); err != nil {
		return err
	}
	return onlyOneStdin(bundle, o.at, o.probe)
}

// onlineResult is what online prints.
type onlineResult struct {
	header
	Results []onlinePoint `json:"results"`
}

type onlinePoint struct {
	Mu            report.Object   `json:"mu,omitempty"`
	Columns       report.Texts    `json:"columns,omitempty"` // further columns of the --at table
	Output        string          `json:"output"`
	ErrorEstimate report.Number   `json:"error_estimate"`
	Extrapolation report.Number   `json:"extrapolation"`
	Accepted      bool            `json:"accepted"`
	Skipped       bool            `json:"skipped,omitempty"`
	Reason        string          `json:"reason,omitempty"`
	Beta          []report.Number `json:"beta,omitempty"`
	BetaIm        []report.Number `json:"beta_im,omitempty"`
}

// name names the point in messages.
func (p *onlinePoint) name() string {
	if len(p.Mu) == 0 {
		return "probed point"
	}
	return p.Mu.String()
}

// online evaluates one bundle at the points of one command line.
type online struct {
	*app
	*onlineOptions
	model      *surrogate.Model
	derivative int // parameter, -1 for none
	res        *onlineResult
}

func (a *app) runOnline(ctx context.Context, path string, o *onlineOptions) error {
	model, r, err := a.openMatrices(path)
	if err != nil {
		return err
	}
	defer r.Close()
	run := &online{app: a, onlineOptions: o, model: model, derivative: -1, res: &onlineResult{header: newHeader("online"), Results: []onlinePoint{}}}
	if len(o.lost) > 0 {
		if run.model, err = model.WithoutTerms(o.lost); err != nil {
			return err
		}
	}
	if run.model, err = a.withoutProbes(ctx, run.model, o.lostProbes); err != nil {
		return err
	}
	if o.derivative != "" {
		names := model.ParameterNames()
		if err := knownParameter("--derivative", o.derivative, names); err != nil {
			return err
		}
		run.derivative = indexOf(names, o.derivative)
	}
	jobs, err := (&sweep{app: a, target: &o.target, model: run.model, output: o.output}).jobs(ctx, path)
	if err != nil {
		return err
	}
	failure := run.all(ctx, jobs)
	if failure != nil && exitCode(failure) != exitAccuracy && (len(jobs) == 1 || exitCode(failure) == exitInterrupted) {
		return failure
	}
	if err := a.show(&run.res.header, run.res, run.text); err != nil {
		return err
	}
	return failure
}

// all answers every job and returns the gravest error; a failed point does not
// keep the others from being answered.
func (o *online) all(ctx context.Context, jobs []onlineJob) error {
	p := o.newProgress()
	defer p.end()
	var worst error
	failed := 0
	for i, job := range jobs {
		p.report("assembling", i, len(jobs))
		pt, err := o.one(ctx, job)
		if exitCode(err) == exitInterrupted {
			return err
		}
		if err != nil {
			pt.Accepted, pt.Output, pt.Reason = false, "", message(err)
			worst = worse(worst, err)
			if failed++; len(jobs) > 1 && !o.json {
				p.erase()
				fmt.Fprintf(o.err, "eimtool: %s\n", message(err))
			}
		}
		o.res.Results = append(o.res.Results, pt)
	}
	if failed > 0 && len(jobs) > 1 {
		worst = &sweepError{failed, len(jobs), worst}
	}
	return worst
}

// sweepError sums up a sweep in which points failed.
type sweepError struct {
	failed, total int
	worst         error
}

func (e *sweepError) Error() string {
	return fmt.Sprintf("%d of %d points have no output; the gravest: %s", e.failed, e.total, message(e.worst))
}
func (e *sweepError) Unwrap() error { return e.worst }

// worse returns the error with the graver exit code: a failure before an input
// error before a missed tolerance.
func worse(a, b error) error {
	rank := map[int]int{exitDone: 0, exitAccuracy: 1, exitInput: 2, exitFailed: 3}
	if rank[exitCode(b)] > rank[exitCode(a)] {
		return b
	}
	return a
}

// moreAccurate is the hint of an estimate above --tol.
func (o *online) moreAccurate() string {
	if o.model.Planned() {
		return "raise --tol, or plan again with a smaller --tol"
	}
	return "raise --tol, probe, or add samples nearby"
}

// one answers one point.
func (o *online) one(ctx context.Context, job onlineJob) (onlinePoint, error) {
	pt := onlinePoint{Mu: report.Point(o.model.ParameterNames(), job.mu), Columns: job.extra, Output: job.output, Accepted: true}
	if err := ctx.Err(); err != nil {
		return pt, err
	}
	if o.resume {
		if _, err := os.Stat(job.output); err == nil {
			pt.ErrorEstimate, pt.Extrapolation = report.Number(math.NaN()), report.Number(math.NaN())
			pt.Skipped, pt.Reason = true, "the output exists"
			return pt, nil
		}
	}
	ans, err := o.evaluate(job, &pt)
	if err != nil {
		return pt, err
	}
	if pt.setBeta(ans.Beta, o.model.Field); o.tol > 0 && !(ans.Estimate <= o.tol) {
		return pt, &accuracyError{fmt.Sprintf("%s: error estimate %s above --tol %g; no matrix was written", o.place(job, &pt), report.Error(ans.Estimate), o.tol), o.moreAccurate()}
	}
	m, err := o.model.Assemble(ctx, ans.Beta, o.threads)
	if err != nil {
		return pt, err
	}
	if !finite(m.Values) {
		return pt, inputErrorf("choose a point nearer to the samples", "%s: an entry of A exceeds float64", o.place(job, &pt))
	}
	return pt, o.writeMatrix(ctx, job.output, m)
}

// place names a point for messages, with its line in the table.
func (o *online) place(job onlineJob, pt *onlinePoint) string {
	if job.where != "" {
		return job.where + ": " + pt.name()
	}
	return pt.name()
}

// evaluate returns the coefficients at a point, from its probe values if there
// are any, otherwise from the coefficient model, or those of the derivative. It
// fills in what is known of their quality.
func (o *online) evaluate(job onlineJob, pt *onlinePoint) (*surrogate.Answer, error) {
	ans, err := o.answer(job)
	if err != nil {
		return nil, o.located(job, pt, err)
	}
	pt.ErrorEstimate, pt.Extrapolation = report.Number(ans.Estimate), report.Number(ans.Extrapolation)
	switch {
	case job.mu == nil:
		pt.Reason = "extrapolation: the parameters are not given"
	case ans.Extrapolation > 0:
		msg := fmt.Sprintf("%s lies %.2g box widths outside the training box", o.place(job, pt), ans.Extrapolation)
		if math.IsInf(ans.Extrapolation, 0) {
			msg = o.place(job, pt) + " differs in a parameter that all samples share"
		}
		if o.noExtrapolate {
			return nil, inputErrorf("leave out --no-extrapolate to try all the same", "%s", msg)
		}
		if job.probe == nil {
			msg += ": extrapolated"
		}
		o.res.warn(msg)
	}
	if job.probe == nil && !ans.Modelled {
		o.res.warn(o.place(job, pt) + ": the samples do not determine the coefficients between them (not modelled)")
	}
	if math.IsNaN(ans.Estimate) || math.IsInf(ans.Estimate, 0) {
		pt.Reason = "error_estimate: not known"
		if job.probe != nil {
			pt.Reason += " (every check value is missing)"
		}
		o.res.warn(o.place(job, pt) + ": " + pt.Reason)
	}
	if o.derivative >= 0 {
		pt.ErrorEstimate, pt.Reason = report.Number(math.NaN()), "error_estimate: derivatives have none"
		ans.Beta, err = o.model.Derivative(job.mu, o.derivative)
	}
	return ans, err
}

// answer asks the model.
func (o *online) answer(job onlineJob) (*surrogate.Answer, error) {
	if job.probe == nil {
		return o.model.At(job.mu)
	}
	ans, err := o.model.FromProbe(job.probe)
	if err != nil {
		return nil, err
	}
	ans.Extrapolation = math.NaN()
	if job.mu != nil && o.model.Interpolation != nil {
		at, err := o.model.At(job.mu)
		if err != nil {
			return nil, err
		}
		ans.Extrapolation = at.Extrapolation
	}
	return ans, nil
}

// located puts the place of a point before an error about it.
func (o *online) located(job onlineJob, pt *onlinePoint, err error) error {
	if is[*surrogate.ProbeError](err) {
		return fileErrorf(o.probe, 0, "list the probes with: eimtool info BUNDLE --probes", "%v", err)
	}
	return fmt.Errorf("%s: %w", o.place(job, pt), err)
}

func (p *onlinePoint) setBeta(beta []complex128, field string) {
	for _, b := range beta {
		p.Beta = append(p.Beta, report.Number(real(b)))
		if field == surrogate.FieldComplex {
			p.BetaIm = append(p.BetaIm, report.Number(imag(b)))
		}
	}
}

// text says what was written; with -o - the result is on stdout already.
func (o *online) text(io.Writer) error {
	for _, p := range o.res.Results {
		switch {
		case p.Skipped:
			o.say("%s: skipped, %s exists", p.name(), p.Output)
		case p.Output == "":
		case p.Output == "-":
			o.say("%s: error estimate %s", p.name(), report.Error(float64(p.ErrorEstimate)))
		case o.derivative >= 0:
			o.say("wrote %s: %s, derivative in %s", p.Output, p.name(), o.onlineOptions.derivative)
		default:
			o.say("wrote %s: %s, error estimate %s", p.Output, p.name(), report.Error(float64(p.ErrorEstimate)))
		}
	}
	return nil
}
