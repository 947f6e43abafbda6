package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"

	"eimtool/internal/answer"
	"eimtool/internal/family"
	"eimtool/internal/report"
	"eimtool/internal/surrogate"
)

// logdetReference is log det as a line of a reference table has it.
type logdetReference struct {
	sign     float64
	phase    complex128
	hasPhase bool
	logAbs   float64
}

// verifyLogDets compares log det with reference values, joined to the points of
// the table, where there is one, by equal parameters.
func (a *app) verifyLogDets(ctx context.Context, model *surrogate.Model, source answer.Source, o *verifyOptions, res *verifyResult) error {
	t, err := a.openPoints(o.logdets, model.ParameterNames())
	if err != nil {
		return err
	}
	method := o.method
	if o.solutions != "" {
		method = answer.Auto
	}
	solver, err := answer.NewLogDet(model, source, answer.LogDetOptions{Method: method, Threads: a.threads, Memory: a.memoryLimit(), Points: len(t.Samples)})
	if err != nil {
		return err
	}
	points := make([]answer.Point, len(t.Samples))
	for i, s := range t.Samples {
		points[i].Mu = s.Mu
	}
	p := a.newProgress()
	defer p.end()
	p.report("log det", 0, len(points))
	results, errs := solver.LogDet(ctx, points)
	res.MaxErrorLogDet = new(report.Number)
	for i, s := range t.Samples {
		ref, err := readReference(t, i)
		if err != nil {
			return err
		}
		v, err := res.pointFor(model.ParameterNames(), s.Mu, t, i)
		if err != nil {
			return err
		}
		switch {
		case exitCode(errs[i]) == exitAccuracy:
			nan := report.Number(math.NaN())
			v.ErrorLogDet, v.EstimateLogDet, v.Reason = &nan, &nan, "error_logabsdet: "+message(errs[i])
			*res.MaxErrorLogDet, res.Reason = nan, "max_error_logabsdet: log det was refused at a point"
		case errs[i] != nil:
			return errs[i]
		default:
			v.compare(ref, results[i], res)
		}
	}
	return nil
}

// pointFor returns the point with the given parameters; without a table of
// matrices it is made.
func (res *verifyResult) pointFor(names []string, mu []float64, t *family.Table, i int) (*verifyPoint, error) {
	k := slices.IndexFunc(res.Results, func(v verifyPoint) bool {
		for j, p := range v.Mu {
			if p.Value != mu[j] {
				return false
			}
		}
		return true
	})
	if k >= 0 {
		return &res.Results[k], nil
	}
	if res.hasTable {
		return nil, fileErrorf(t.Source, t.Samples[i].Line, "give log det at the points of TABLE, or leave TABLE out", "no matrix of TABLE has these parameters")
	}
	nan := report.Number(math.NaN())
	res.Results = append(res.Results, verifyPoint{
		Mu: report.Point(names, mu), ErrorMax: nan, ErrorFro: nan, ProbeErrorMax: nan, ProbeErrorFro: nan,
		Estimate: nan, ProbeEstimate: nan, Extrapolation: nan,
	})
	return &res.Results[len(res.Results)-1], nil
}

// readReference reads columns logabsdet and sign, or phase_re and phase_im.
func readReference(t *family.Table, i int) (logdetReference, error) {
	var r logdetReference
	s := t.Samples[i]
	cell := func(name string) (float64, bool, error) {
		c := slices.Index(t.Columns, name)
		if c < 0 || s.Extra[c] == "" {
			return 0, false, nil
		}
		x, err := strconv.ParseFloat(s.Extra[c], 64)
		if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
			return 0, false, fileErrorf(t.Source, s.Line, "write a number", "column %s: %q is not a finite number", name, s.Extra[c])
		}
		return x, true, nil
	}
	var known bool
	var err error
	if r.logAbs, known, err = cell("logabsdet"); err != nil || !known {
		return r, errors.Join(err, missing(t, s, known || err != nil))
	}
	if r.sign, _, err = cell("sign"); err != nil {
		return r, err
	}
	re, hasRe, err := cell("phase_re")
	if err != nil {
		return r, err
	}
	im, hasIm, err := cell("phase_im")
	r.phase, r.hasPhase = complex(re, im), hasRe && hasIm
	return r, err
}

// missing says that a line has no log|det|.
func missing(t *family.Table, s family.Sample, known bool) error {
	if known {
		return nil
	}
	return fileErrorf(t.Source, s.Line, "give a column logabsdet, and sign or phase_re,phase_im", "no value of log|det|")
}

// compare measures one value. A wrong sign counts as an infinite error, which is
// shown as none.
func (v *verifyPoint) compare(ref logdetReference, got *answer.LogDet, res *verifyResult) {
	e, estimate := report.Number(math.Abs(got.LogAbs-ref.logAbs)), report.Number(got.Estimate)
	v.ErrorLogDet, v.EstimateLogDet, v.MethodLogDet = &e, &estimate, got.Method
	if ref.sign != 0 && got.Sign != 0 && ref.sign != got.Sign {
		e = report.Number(math.NaN())
		v.Reason = fmt.Sprintf("error_logabsdet: the sign is %+g, not %+g", got.Sign, ref.sign)
		*res.MaxErrorLogDet, res.Reason = e, "max_error_logabsdet: a sign is wrong"
	}
	if ref.hasPhase && got.Branch != "" {
		d := report.Number(phaseDistance(got.Phase, ref.phase))
		v.ErrorPhase = &d
	}
	if worst := float64(*res.MaxErrorLogDet); !math.IsNaN(worst) && !(float64(e) <= worst) {
		*res.MaxErrorLogDet = e
	}
	if res.LogDetMethods == nil {
		res.LogDetMethods = &methodShares{}
	}
	(*res.LogDetMethods)[got.Method]++
}

// phaseDistance is the angle between two phases.
func phaseDistance(a, b complex128) float64 {
	return math.Abs(math.Atan2(imag(a)*real(b)-real(a)*imag(b), real(a)*real(b)+imag(a)*imag(b)))
}

// writeLogDets prints the table of log det.
func (res *verifyResult) writeLogDets(w io.Writer) error {
	var rows [][]string
	for _, r := range res.Results {
		if r.ErrorLogDet == nil {
			continue
		}
		phase := ""
		if r.ErrorPhase != nil {
			phase = report.Error(float64(*r.ErrorPhase))
		}
		rows = append(rows, []string{r.Mu.String(), report.Error(float64(*r.ErrorLogDet)), report.Error(float64(*r.EstimateLogDet)), phase, r.MethodLogDet})
	}
	if err := report.Table(w, []string{"mu", "error_logabsdet", "error_logabsdet_estimate", "error_phase", "method"}, rows); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "max_error_logabsdet: %s\n", report.Error(float64(*res.MaxErrorLogDet)))
	return err
}
