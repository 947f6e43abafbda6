package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"

	"eimtool/internal/answer"
	"eimtool/internal/dense"
	"eimtool/internal/report"
	"eimtool/internal/scalar"
	"eimtool/internal/surrogate"
)

// solving solves at the points of one command line.
type solving struct {
	*app
	*solveOptions
	model  *surrogate.Model
	solver answer.Solver
	res    *solveResult

	joined     []*dense.Matrix[complex128] // solutions for one file of all points
	joinedReal []*dense.Matrix[float64]
	columns    int
}

// solveBundle solves with a bundle.
func (a *app) solveBundle(ctx context.Context, path string, o *solveOptions) error {
	model, r, err := a.openMatrices(path, solveMembers...)
	if err != nil {
		return err
	}
	defer r.Close()
	s := &solving{app: a, solveOptions: o, model: model, res: &solveResult{header: newHeader("solve"), Methods: &methodShares{}, Results: []solvePoint{}}}
	source := lazySource{r, model}
	if len(o.lost) > 0 || len(o.lostProbes) > 0 {
		if err := s.lose(ctx, source); err != nil {
			return err
		}
	}
	sw := &sweep{app: a, target: &o.target, model: s.model, output: o.output, inputs: []string{o.rhs, o.quantity}, joined: true}
	if o.quantity != "" && o.output == "" {
		sw.output = "-"
	}
	jobs, err := sw.jobs(ctx, path)
	if err != nil {
		return err
	}
	if o.output == "" {
		for i := range jobs {
			jobs[i].output = ""
		}
	}
	if err := s.prepare(ctx, source, len(jobs)); err != nil {
		return err
	}
	failure := s.all(ctx, jobs)
	if failure != nil && exitCode(failure) != exitAccuracy && (len(jobs) == 1 || exitCode(failure) == exitInterrupted) {
		return failure
	}
	if err := s.writeJoined(ctx, len(jobs)); err != nil {
		return err
	}
	if err := a.show(&s.res.header, s.res, s.res.text(a)); err != nil {
		return err
	}
	return failure
}

// lose does without terms or probes.
func (s *solving) lose(ctx context.Context, source lazySource) error {
	// The other model is a copy: what it needs must be there before.
	for _, member := range append([]string{"real/table", "complex/table"}, solveMembers...) {
		if err := source.Fetch(member); err != nil {
			return err
		}
	}
	var err error
	if len(s.lost) > 0 {
		if s.model, err = s.model.WithoutTerms(s.lost); err != nil {
			return err
		}
	}
	s.model, err = s.withoutProbes(ctx, s.model, s.lostProbes)
	return err
}

// prepare makes the solver.
func (s *solving) prepare(ctx context.Context, source answer.Source, points int) error {
	opt := answer.Options{
		Method: s.method, Preconditioner: s.preconditioner, Tolerance: s.tol, Transpose: s.transpose, Threads: s.threads,
		Memory: s.memoryLimit(), Points: points, NoEstimate: s.noEstimate,
	}
	var err error
	if s.rhs != "" {
		if opt.RHS, err = s.readColumns(ctx, s.rhs); err != nil {
			return err
		}
	}
	if opt.Quantity, err = s.readQuantity(ctx, s.quantity, s.model.Rows); err != nil {
		return err
	}
	if s.derivative != "" {
		names := s.model.ParameterNames()
		if err := knownParameter("--derivative", s.derivative, names); err != nil {
			return err
		}
		opt.Derivative = indexOf(names, s.derivative) + 1
	}
	s.solver, err = answer.New(s.model, source, opt)
	var rhs *answer.RHSError
	if errors.As(err, &rhs) && s.rhs != "" {
		return fileErrorf(s.rhs, 0, rhs.Hint, "%s", rhs.Msg)
	}
	return err
}

// batch is how many points are answered at a time: many where the answers are
// numbers, as many as there are processors where they are vectors.
func (s *solving) batch() int {
	if s.quantity != "" {
		return 256
	}
	return 2 * scalar.Threads(s.threads)
}

// all answers every job and returns the gravest error; a failed point does not
// keep the others from being answered.
func (s *solving) all(ctx context.Context, jobs []onlineJob) error {
	p := s.newProgress()
	defer p.end()
	var worst error
	failed := 0
	for lo := 0; lo < len(jobs); lo += s.batch() {
		part := jobs[lo:min(len(jobs), lo+s.batch())]
		p.report("solving", lo, len(jobs))
		points, errs := s.some(ctx, part, len(jobs))
		for i, pt := range points {
			err := errs[i]
			if exitCode(err) == exitInterrupted {
				return err
			}
			if err != nil {
				pt.Accepted, pt.Output, pt.Reason, pt.Quantity = false, "", message(err), nil
				worst = worse(worst, err)
				if failed++; len(jobs) > 1 && !s.json {
					p.erase()
					fmt.Fprintf(s.err, "eimtool: %s\n", message(err))
				}
			}
			if pt.Method != "" {
				(*s.res.Methods)[pt.Method]++
			}
			s.res.Results = append(s.res.Results, pt)
		}
	}
	if failed > 0 && len(jobs) > 1 {
		worst = &sweepError{failed, len(jobs), worst}
	}
	return worst
}

// some answers some of the total points.
func (s *solving) some(ctx context.Context, jobs []onlineJob, total int) ([]solvePoint, []error) {
	points, errs := make([]solvePoint, len(jobs)), make([]error, len(jobs))
	var ask []answer.Point
	var place []int
	for i, job := range jobs {
		pt := unknownPoint()
		pt.Mu, pt.Columns, pt.Output = report.Point(s.model.ParameterNames(), job.mu), job.extra, job.output
		if !s.exists(job, &pt) {
			var at *surrogate.Answer
			if at, errs[i] = s.coefficients(job, &pt); errs[i] == nil {
				ask, place = append(ask, answer.Point{Mu: job.mu, Answer: at}), append(place, i)
			}
		}
		points[i] = pt
	}
	results, failures := s.solver.Solve(ctx, ask)
	for k, i := range place {
		if errs[i] = failures[k]; errs[i] != nil {
			errs[i] = s.located(jobs[i], &points[i], errs[i])
			continue
		}
		errs[i] = s.deliver(ctx, jobs[i], &points[i], results[k], total)
	}
	return points, errs
}

// exists reports whether --resume skips a point.
func (s *solving) exists(job onlineJob, pt *solvePoint) bool {
	if !s.resume {
		return false
	}
	if _, err := os.Stat(job.output); err != nil {
		return false
	}
	pt.Accepted, pt.Skipped, pt.Reason = true, true, "the output exists"
	return true
}

// deliver judges an answer and writes it.
func (s *solving) deliver(ctx context.Context, job onlineJob, pt *solvePoint, r *answer.Result, total int) error {
	pt.fill(r, r.Complex)
	for _, w := range r.Warnings {
		s.res.warn(place(job, pt.name()) + ": " + w)
	}
	if err := s.judge(job, pt, r); err != nil {
		return err
	}
	switch {
	case s.quantity != "":
		return nil
	case total > 1 && !strings.ContainsAny(s.output, "{}"):
		pt.Column = s.columns + 1
		if r.X != nil {
			s.columns += r.X.Cols
		} else {
			s.columns += r.RealX.Cols
		}
		s.joined, s.joinedReal = append(s.joined, r.X), append(s.joinedReal, r.RealX)
		return nil
	}
	return s.writeColumns(ctx, job.output, r.X, r.RealX)
}

// judge refuses an answer that does not meet the tolerance.
func (s *solving) judge(job onlineJob, pt *solvePoint, r *answer.Result) error {
	if s.derivative != "" {
		pt.Reason = "error_estimate: derivatives have none"
		return nil
	}
	if math.IsInf(r.Estimate, 0) {
		return &accuracyError{fmt.Sprintf("%s: nothing is known of the error of x (%s): A is not determined there, or may be singular; nothing was written", place(job, pt.name()), r.Method), "add samples, or stay inside the box of the samples"}
	}
	if !r.Accepted {
		what := fmt.Sprintf("error estimate %s", report.Error(r.Estimate))
		if len(r.Quantity) > 0 {
			what = fmt.Sprintf("relative error estimate %s of a quantity", report.Error(r.QuantityError()))
		}
		return &accuracyError{fmt.Sprintf("%s: %s above --tol %g (%s); nothing was written", place(job, pt.name()), what, s.tol, r.Method), "raise --tol, or add samples nearby"}
	}
	if s.tol == 0 && !s.noEstimate && !(r.Estimate < useless) {
		s.res.warn(fmt.Sprintf("%s: the estimated error of x is %s: the bundle does not determine x here", place(job, pt.name()), report.Error(r.Estimate)))
	}
	return nil
}

// useless is the relative error above which an answer says nothing.
const useless = 0.5

// place names a point for messages, with its line in the table.
func place(job onlineJob, name string) string {
	if job.where != "" {
		return job.where + ": " + name
	}
	return name
}

// coefficients returns the coefficients at a point and warns of extrapolation.
func (s *solving) coefficients(job onlineJob, pt *solvePoint) (*surrogate.Answer, error) {
	o := &online{app: s.app, onlineOptions: &onlineOptions{target: s.target, noExtrapolate: s.noExtrapolate}, model: s.model, derivative: -1, res: &onlineResult{}}
	p := onlinePoint{Mu: pt.Mu}
	at, err := o.evaluate(job, &p)
	s.res.warn(o.res.Warnings...)
	pt.Extrapolation = p.Extrapolation
	return at, err
}

// located puts the place of a point before an error about it.
func (s *solving) located(job onlineJob, pt *solvePoint, err error) error {
	var singular *answer.SingularError
	if errors.As(err, &singular) {
		return &singularError{place(job, pt.name()), singular}
	}
	return fmt.Errorf("%s: %w", place(job, pt.name()), err)
}

// writeJoined writes what all points share: one file of solutions, or the
// table of quantities.
func (s *solving) writeJoined(ctx context.Context, points int) error {
	if s.quantity != "" {
		return s.writeQuantities(ctx, s.output, s.res.Results, s.model.ParameterNames())
	}
	if points == 1 || len(s.joined) == 0 {
		return nil
	}
	s.res.joined = fmt.Sprintf("wrote %s: the solutions of %d of %d points, side by side", s.output, len(s.joined), points)
	if s.joinedReal[0] != nil {
		return s.writeColumns(ctx, s.output, nil, dense.SideBySide(s.joinedReal))
	}
	return s.writeColumns(ctx, s.output, dense.SideBySide(s.joined), nil)
}

// writeQuantities writes the quantities of accepted points as CSV: to output,
// to stdout without one (unless --json takes that).
func (a *app) writeQuantities(ctx context.Context, output string, points []solvePoint, names []string) error {
	if output == "" {
		if a.json {
			return nil
		}
		output = "-"
	}
	isComplex, any := false, false
	for _, p := range points {
		for _, q := range p.Quantity {
			any, isComplex = true, isComplex || q.Re != nil
		}
	}
	if !any {
		return nil
	}
	head := append(append([]string{}, names...), "column", "rhs")
	if isComplex {
		head = append(head, "value_re", "value_im", "error_estimate", "method")
	} else {
		head = append(head, "value", "error_estimate", "method")
	}
	rows := [][]string{head}
	for _, p := range points {
		for _, q := range p.Quantity {
			row := make([]string, 0, len(head))
			for _, m := range p.Mu {
				row = append(row, decimal(m.Value))
			}
			row = append(row, strconv.Itoa(q.Column), strconv.Itoa(q.Right))
			if isComplex {
				row = append(row, decimal(float64(*q.Re)), decimal(float64(*q.Im)))
			} else {
				row = append(row, decimal(float64(*q.Value)))
			}
			rows = append(rows, append(row, decimal(float64(q.Estimate)), p.Method))
		}
	}
	w, done, err := a.create(output)
	if err != nil {
		return err
	}
	return done(writeCSV(&interruptible{ctx, w}, rows))
}

// decimal prints x so that it reads back the same; unknown ones are blank.
func decimal(x float64) string {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return ""
	}
	return strconv.FormatFloat(x, 'g', -1, 64)
}
