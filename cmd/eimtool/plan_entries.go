package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/spf13/pflag"

	"eimtool/internal/family"
	"eimtool/internal/partial"
	"eimtool/internal/report"
)

// entriesOptions are the flags of plan --stage entries alone.
type entriesOptions struct {
	pattern string
	entries int
	checks  int
}

// defaultChecks is the number of matrices beside the terms that a plan is
// checked at.
const defaultChecks = 2

// bindEntries binds the flags of --stage entries.
func (o *planOptions) bindEntries(f *pflag.FlagSet) {
	f.StringVar(&o.pattern, "pattern", "", "entries: matrix whose stored positions are sampled (default: the first matrix asked for)")
	f.IntVar(&o.entries, "entries", 0, "entries: how many of every candidate are sampled (default 30, or 5 per decade of --tol)")
	f.IntVar(&o.checks, "checks", defaultChecks, "entries: matrices beside the terms to check the result at")
	heading(f, headInput, "pattern", "entries", "checks")
}

// refuseEntries refuses the flags of --stage entries in the other stage.
func (o *planOptions) refuseEntries() error {
	return refuseFlags([]givenFlag{
		{"--pattern", o.pattern != ""},
		{"--entries", o.entries != 0},
		{"--checks", o.checks != defaultChecks},
	}, "add --stage entries, or leave it out", " belongs to --stage entries")
}

// checkEntries validates the command line of --stage entries.
func (o *planOptions) checkEntries() error {
	if err := refuseFlags([]givenFlag{
		{"--function", len(o.functions) > 0},
		{"--weight", len(o.weights) > 0},
		{"--at-points", o.points != ""},
		{"--test", o.test != ""},
	}, "leave it out, or leave out --stage", " with --stage entries: no function is known there"); err != nil {
		return err
	}
	switch {
	case o.output == "":
		return inputErrorf("add -o plan", "no folder: plan --stage entries needs -o")
	case o.output == "-":
		return inputErrorf("write -o plan", "-o -: plan --stage entries writes several files, in a folder")
	case !(o.tolerance > 0) || math.IsInf(o.tolerance, 0):
		return inputErrorf("write for example --tol 1e-8", "--tol %g: want a positive number", o.tolerance)
	case o.termsSet && o.maxTerms < 1:
		return inputErrorf("leave it out for as many as --tol asks for", "--max-terms %d: want at least 1", o.maxTerms)
	case o.entries < 0:
		return inputErrorf("leave it out for the default", "--entries %d: want at least 1", o.entries)
	case o.checks < 0:
		return inputErrorf("write --checks 0 for none", "--checks %d: must not be negative", o.checks)
	case o.pattern == "-":
		return inputErrorf("name a file", "--pattern -: the pattern is read from a file")
	}
	return nil
}

// planEntriesResult is what plan --stage entries prints.
type planEntriesResult struct {
	header
	State      string        `json:"state"`   // entries, matrix or done
	Request    string        `json:"request"` // done: the table of the matrices
	Answer     string        `json:"answer,omitempty"`
	Mu         report.Object `json:"mu,omitempty"`
	Wanted     int           `json:"entries_wanted,omitempty"` // of every candidate
	Candidates int           `json:"candidates"`
	Entries    int           `json:"entries"` // of every candidate, given
	Matrices   int           `json:"matrices"`
	Terms      int           `json:"terms"`
	Checks     int           `json:"checks"`
	Sampled    report.Number `json:"sampled_error"`
	Checked    report.Number `json:"checked_error"`
	Reason     string        `json:"reason,omitempty"`           // why figures are null
	Digits     int           `json:"value_digits,omitempty"`     // of values that were not written in full
	Floor      report.Number `json:"error_floor,omitempty"`      // sampled error that the errors of the values hide
	Small      bool          `json:"sample_too_small,omitempty"` // only the checks tell the error
	Tolerance  report.Number `json:"tolerance"`
	Stop       string        `json:"stop,omitempty"`
	Accepted   bool          `json:"accepted"`
	Next       string        `json:"next,omitempty"` // done: the command that makes the bundle
}

// runPlanEntries takes a plan of single entries one step further.
func (a *app) runPlanEntries(ctx context.Context, candidates string, o *planOptions) error {
	if err := o.checkEntries(); err != nil {
		return err
	}
	t, err := a.openPoints(candidates, nil)
	if err != nil {
		return err
	}
	progress := a.newProgress()
	defer progress.end()
	opt := partial.Options{
		Tolerance: o.tolerance, MaxTerms: o.maxTerms, Entries: o.entries, Checks: o.checks, Seed: o.seed, Pattern: o.pattern,
		Load: family.LoadOptions{Threads: a.threads, Memory: a.limit, Progress: progress.report},
	}
	if o.termsSet && !o.tolSet {
		opt.Tolerance = 0 // the terms asked for, not fewer
	}
	p, err := partial.Advance(ctx, t, o.output, opt)
	if err != nil {
		return err
	}
	progress.end()
	res := newPlanEntries(p, o)
	switch {
	case p.Digits > 0 && p.Floor > o.tolerance:
		res.warn(fmt.Sprintf("the values carry %d digits: an error below %.1e cannot be reached (write them with all digits)", p.Digits, p.Floor))
	case p.Noise > 0.1*o.tolerance:
		res.warn(fmt.Sprintf("values and matrices differ by up to %.1e of the largest value: the result cannot be more accurate (write both with all digits)", p.Noise))
	}
	if p.Small && p.State == partial.StateDone {
		res.warn("too few sampled entries vary for so many terms: residuals may vanish there whatever the matrices are elsewhere; only checks tell the error (begin with more --entries in another folder, or give more --checks)")
	}
	if err := a.show(&res.header, res, func(w io.Writer) error {
		a.say("%s", res.summary())
		_, err := fmt.Fprintln(w, res.line())
		return err
	}); err != nil {
		return err
	}
	return o.judgeEntries(res)
}

func newPlanEntries(p *partial.Progress, o *planOptions) *planEntriesResult {
	r := &planEntriesResult{
		header: newHeader("plan"), State: p.State, Request: p.Request, Answer: p.Answer, Wanted: p.Wanted,
		Candidates: p.Candidates, Entries: p.Entries, Matrices: p.Matrices, Terms: p.Terms, Checks: p.Checks,
		Sampled: report.Number(p.Sampled), Checked: report.Number(p.Checked),
		Digits: p.Digits, Floor: report.Number(p.Floor), Small: p.Small,
		Tolerance: report.Number(o.tolerance), Stop: p.Stop, Accepted: p.Reached || !o.tolSet,
	}
	if p.Mu != nil {
		r.Mu = report.Point(p.Names, p.Mu)
	}
	var why []string
	if math.IsNaN(p.Sampled) {
		why = append(why, "sampled_error: no term yet")
	}
	if math.IsNaN(p.Checked) {
		why = append(why, "checked_error: no matrix beside the terms yet")
	}
	r.Reason = strings.Join(why, "; ")
	if p.State == partial.StateDone {
		r.Next = fmt.Sprintf("eimtool offline %s --plan %s -o model.npz", quoteShell(p.Request), quoteShell(o.output))
	}
	return r
}

// quoteShell writes a word for a shell.
func quoteShell(s string) string {
	if strings.ContainsAny(s, " \t\n'\"\\$`*?[](){}<>|&;!#~") {
		return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
	}
	return s
}

// line is the result for scripts: what is wanted, request, answer and, of a
// matrix, its parameters, separated by tabs.
func (r *planEntriesResult) line() string {
	words := []string{r.State, r.Request}
	if r.Answer != "" {
		words = append(words, r.Answer)
	}
	if r.Mu != nil {
		words = append(words, strings.ReplaceAll(r.Mu.String(), ", ", ","))
	}
	return strings.Join(words, "\t")
}

// summary is the result for the eye.
func (r *planEntriesResult) summary() string {
	far := ""
	if r.Terms > 0 {
		far = fmt.Sprintf("%d terms, sampled residual %s: ", r.Terms, report.Error(float64(r.Sampled)))
	}
	entries := "entries"
	if r.Wanted == 1 {
		entries = "entry"
	}
	switch r.State {
	case partial.StateEntries:
		if r.Terms > 0 && r.Wanted > 1 {
			far += "the sample is too small to see what is left: "
		}
		return far + fmt.Sprintf("%s asks for %d %s of each of %d candidates; write %s", r.Request, r.Wanted, entries, r.Candidates, r.Answer)
	case partial.StateMatrix:
		return far + fmt.Sprintf("%s asks for the matrix of %s; write %s", r.Request, r.Mu, r.Answer)
	}
	text := fmt.Sprintf("done: %d terms from %d matrices and %d entries of each of %d candidates; sampled residual %s", r.Terms, r.Matrices, r.Entries, r.Candidates, report.Error(float64(r.Sampled)))
	if r.Checks > 0 {
		text += fmt.Sprintf(", error %s at %d checks", report.Error(float64(r.Checked)), r.Checks)
	}
	return text + "\neimtool: next: " + r.Next
}

// judgeEntries holds a finished plan to a tolerance that the user gave.
func (o *planOptions) judgeEntries(r *planEntriesResult) error {
	if r.State != partial.StateDone || r.Accepted {
		return nil
	}
	if r.Small && r.Checks == 0 {
		return &accuracyError{
			fmt.Sprintf("--tol %g not reached: too few sampled entries vary to tell the error, and no full matrix checks it", o.tolerance),
			"give --checks 2, or begin with more --entries in another folder; the table was written all the same",
		}
	}
	why := map[string]string{
		partial.StopFloor:      "what is left is rounding, or the error of the values",
		partial.StopStagnation: "the residual no longer falls: noise in the data",
		partial.StopMaxTerms:   "--max-terms",
		partial.StopCandidates: "no candidate is left",
	}[r.Stop]
	if r.Digits > 0 && r.Stop == partial.StopFloor {
		if why = fmt.Sprintf("what is left is the rounding of values of %d digits", r.Digits); float64(r.Floor) > o.tolerance {
			why = fmt.Sprintf("the values carry %d digits: an error below %.1e cannot be reached", r.Digits, float64(r.Floor))
		}
	}
	e := float64(r.Sampled)
	if c := float64(r.Checked); c > e {
		e = c
	}
	return &accuracyError{
		fmt.Sprintf("--tol %g not reached: error %.1e with %d terms (%s)", o.tolerance, e, r.Terms, why),
		"raise --max-terms, ask for less, or write values and matrices with all digits; the table was written all the same",
	}
}
