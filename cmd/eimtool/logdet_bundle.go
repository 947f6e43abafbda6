package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"

	"eimtool/internal/answer"
	"eimtool/internal/report"
	"eimtool/internal/surrogate"
)

// logdetBatch is the number of points that are answered at a time.
const logdetBatch = 4096

// smallObjectsGC is the growth of the heap, in percent, at which garbage is
// collected.
const smallObjectsGC = 400

// logdetting answers the points of one command line.
type logdetting struct {
	*app
	*logdetOptions
	model  *surrogate.Model
	solver answer.LogDetSolver
	res    *logdetResult
	table  *logdetTable // nil with --json and no file
	failed int

	outside  int     // answered points outside the training box
	farthest float64 // in box widths
	where    string  // the farthest
}

// shownRefusals is the number of refused points that are named on stderr.
const shownRefusals = 20

// logdetBundle gives log det with a bundle.
func (a *app) logdetBundle(ctx context.Context, path string, o *logdetOptions) error {
	// Answers of fitted methods are many small objects beside little else:
	// collecting as early as for tables would take most of the time.
	debug.SetGCPercent(smallObjectsGC)
	model, r, err := a.openModel(path, solveMembers...)
	if err != nil {
		return err
	}
	defer r.Close()
	sw := &sweep{app: a, target: &o.target, model: model, output: "-", joined: true}
	if o.output != "" {
		sw.output = o.output
	}
	jobs, err := sw.jobs(ctx, path)
	if err != nil {
		return err
	}
	l := &logdetting{app: a, logdetOptions: o, model: model, res: &logdetResult{header: newHeader("logdet"), Output: o.output, Methods: &methodShares{}, Results: []logdetPoint{}}}
	if l.solver, err = answer.NewLogDet(model, lazySource{r, model}, answer.LogDetOptions{
		Method: o.method, Tolerance: o.tol, Gradient: o.gradient, Vectors: o.vectors, Seed: o.seed,
		Threads: a.threads, Memory: a.memoryLimit(), Points: len(jobs),
	}); err != nil {
		return err
	}
	failure, err := l.write(ctx, jobs)
	if err != nil {
		return err
	}
	if len(jobs) == 1 && failure != nil && exitCode(failure) != exitAccuracy {
		return failure
	}
	if err := a.show(&l.res.header, l.res, l.text); err != nil {
		return err
	}
	return failure
}

// write answers all jobs into the table and returns the gravest failure of a
// point.
func (l *logdetting) write(ctx context.Context, jobs []onlineJob) (failure, err error) {
	if l.json && l.output == "" {
		return l.all(ctx, jobs)
	}
	output := l.output
	if output == "" {
		output = "-"
	}
	w, done, err := l.create(output)
	if err != nil {
		return nil, err
	}
	l.table = newLogdetTable(w, l.model.ParameterNames(), l.model.Field == surrogate.FieldComplex, l.gradient)
	failure, err = l.all(ctx, jobs)
	if err == nil {
		err = l.table.w.Flush()
	}
	if err == nil && l.failed == len(jobs) && len(jobs) > 0 {
		return failure, l.nothing(done)
	}
	return failure, done(err)
}

// nothing drops the output when no point was answered.
func (l *logdetting) nothing(done func(error) error) error {
	dropped := errors.New("nothing to write")
	if err := done(dropped); err != nil && !errors.Is(err, dropped) {
		return err
	}
	return nil
}

// logdetAnswers are the answers to some jobs.
type logdetAnswers struct {
	jobs    []onlineJob
	results []*answer.LogDet
	errs    []error
}

// all answers the jobs, many at a time: while some are written the next ones are
// computed.
func (l *logdetting) all(ctx context.Context, jobs []onlineJob) (failure, err error) {
	p := l.newProgress()
	defer p.end()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	answers := make(chan logdetAnswers)
	go func() {
		defer close(answers)
		for lo := 0; lo < len(jobs); lo += logdetBatch {
			select {
			case answers <- l.answer(ctx, jobs[lo:min(len(jobs), lo+logdetBatch)]):
			case <-ctx.Done():
				return
			}
		}
	}()
	done := 0
	for some := range answers {
		if err != nil {
			continue // the other side reads the bundle until it has seen the end
		}
		p.report("log det", done, len(jobs))
		if err = l.deliver(some, len(jobs), &failure, p); err != nil {
			cancel()
		}
		done += len(some.jobs)
	}
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return nil, err
	}
	if l.failed > 0 && len(jobs) > 1 {
		failure = &sweepError{l.failed, len(jobs), failure}
	}
	l.res.Points, l.res.Refused = len(jobs), l.failed
	switch {
	case l.outside == 1:
		l.res.warn(fmt.Sprintf("%s: %.3g box widths outside the training box", l.where, l.farthest))
	case l.outside > 1:
		l.res.warn(fmt.Sprintf("%d points lie outside the training box, %s the farthest, by %.3g box widths", l.outside, l.where, l.farthest))
	}
	return failure, nil
}

// answer computes answers to some jobs.
func (l *logdetting) answer(ctx context.Context, jobs []onlineJob) logdetAnswers {
	points := make([]answer.Point, len(jobs))
	early := make([]error, len(jobs))
	for i := range jobs {
		points[i].Mu = jobs[i].mu
		if jobs[i].probe != nil {
			points[i].Answer, early[i] = l.model.FromProbe(jobs[i].probe)
		}
	}
	out := logdetAnswers{jobs: jobs}
	out.results, out.errs = l.solver.LogDet(ctx, points)
	for i, err := range early {
		if err != nil {
			out.errs[i] = err
		}
	}
	return out
}

// deliver judges and writes answers to some of the total jobs.
func (l *logdetting) deliver(some logdetAnswers, total int, failure *error, p *progress) error {
	names := l.model.ParameterNames()
	isComplex := l.model.Field == surrogate.FieldComplex
	jobs := some.jobs
	for i, r := range some.results {
		err := some.errs[i]
		if err == nil {
			err = l.judge(&jobs[i], r)
		}
		if exitCode(err) == exitInterrupted {
			return err
		}
		if err != nil {
			l.refuse(&jobs[i], total, err, failure, p)
			continue
		}
		(*l.res.Methods)[r.Method]++
		for _, w := range r.Warnings {
			l.res.warn(l.place(&jobs[i]) + ": " + w)
		}
		if l.table != nil {
			if err := l.table.add(jobs[i].mu, r); err != nil {
				return err
			}
		}
		if l.json {
			l.res.Results = append(l.res.Results, fillLogDet(names, &jobs[i], r, isComplex))
		}
	}
	return nil
}

// place names a job in messages.
func (l *logdetting) place(job *onlineJob) string {
	name := report.Point(l.model.ParameterNames(), job.mu).String()
	if job.mu == nil {
		name = "log det"
	}
	return place(*job, name)
}

// judge refuses an answer that does not meet what was asked for.
func (l *logdetting) judge(job *onlineJob, r *answer.LogDet) error {
	if r.Outside > 0 {
		if l.noExtrapolate {
			return inputErrorf("leave out --no-extrapolate to accept it, or add samples", "%.3g box widths outside the training box", r.Outside)
		}
		l.outside++
		if r.Outside > l.farthest {
			l.farthest, l.where = r.Outside, l.place(job)
		}
	}
	if !r.Accepted {
		return &accuracyError{fmt.Sprintf("error estimate %s above --tol %g (%s)", report.Error(r.Estimate), l.tol, r.Method), toleranceHint(r.Method)}
	}
	return nil
}

// toleranceHint says what to do about an estimate above the tolerance.
func toleranceHint(method string) string {
	if method == answer.Trace {
		return "raise --tol, or give more --vectors"
	}
	return "raise --tol, or add samples or nodes"
}

// refuse records a point without an answer.
func (l *logdetting) refuse(job *onlineJob, total int, err error, failure *error, p *progress) {
	where := l.place(job)
	var singular *answer.SingularError
	if errors.As(err, &singular) {
		err = &singularError{where, singular}
	} else {
		err = fmt.Errorf("%s: %w", where, err)
	}
	*failure = worse(*failure, err)
	l.failed++
	if l.json {
		l.res.Results = append(l.res.Results, refusedLogDet(l.model.ParameterNames(), job, err))
	} else if total > 1 && l.failed <= shownRefusals {
		p.erase()
		fmt.Fprintf(l.err, "eimtool: %s\n", message(err))
		if l.failed == shownRefusals {
			fmt.Fprintln(l.err, "eimtool: further refused points are not named (--json names all)")
		}
	}
}

// text says what was done.
func (l *logdetting) text(io.Writer) error {
	answered := l.res.Points - l.res.Refused
	if l.output != "" && l.output != "-" && answered > 0 {
		l.say("wrote %s: log det at %d of %d points", l.output, answered, l.res.Points)
	}
	if l.res.Points > 1 {
		for _, m := range answer.LogDetMethods() {
			if n := (*l.res.Methods)[m]; n > 0 {
				l.say("%s: %d of %d points", m, n, l.res.Points)
			}
		}
	}
	return nil
}
