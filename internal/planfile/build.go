package planfile

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"eimtool/internal/dense"
	"eimtool/internal/expr"
	"eimtool/internal/plan"
)

// build makes the plan of the records.
func (f *file) build() (*plan.Plan, error) {
	p := &plan.Plan{}
	var mu []float64
	for i, r := range f.records {
		kind, rest, _ := strings.Cut(r, " ")
		v := &values{words: strings.Split(rest, " ")}
		switch kind {
		case "parameter":
			p.Names, p.Lower, p.Upper = append(p.Names, v.text()), append(p.Lower, v.number()), append(p.Upper, v.number())
		case "column":
			p.Columns = append(p.Columns, v.text())
		case "function":
			p.Functions, p.Scales = append(p.Functions, v.text()), append(p.Scales, v.number())
			if len(v.words) > 0 {
				p.Weights = append(p.Weights, v.number())
			}
		case "counts":
			p.CandidateCount, p.PointCount = v.whole(), v.whole()
		case "goal":
			p.Tolerance, p.Stop = v.number(), v.text()
		case "reached":
			p.Error, p.ErrorOverLeast, p.Passes = v.number(), v.orInfinite(), v.number()
		case "term":
			p.History = append(p.History, plan.Step{Candidate: v.whole(), Error: v.number()})
			for range p.Names {
				mu = append(mu, v.number())
			}
		case "magic":
			p.Magic = append(p.Magic, v.point())
		case "check":
			p.Checks = append(p.Checks, v.point())
		case "warning":
			p.Warnings = append(p.Warnings, v.text())
		default:
			return nil, f.fail(f.at[i], againHint, "unknown record %q", kind)
		}
		if v.err == nil && len(v.words) > 0 {
			v.err = fmt.Errorf("more values than a record %s has", kind)
		}
		if v.err != nil {
			return nil, f.fail(f.at[i], againHint, "%v", v.err)
		}
	}
	p.Mu = &dense.Matrix[float64]{Rows: len(p.History), Cols: len(p.Names), Data: mu}
	err := check(p)
	if err == nil && len(mu) != p.Mu.Rows*p.Mu.Cols {
		err = fmt.Errorf("terms stand before parameters")
	}
	if err == nil {
		err = parses(p)
	}
	if err != nil {
		return nil, f.fail(f.headAt, againHint, "%v", err)
	}
	return p, nil
}

// parses makes sure that the functions are expressions in the parameters and
// columns.
func parses(p *plan.Plan) error {
	names := append(append([]string(nil), p.Names...), p.Columns...)
	for _, src := range p.Functions {
		if _, err := expr.Parse(src, names); err != nil {
			return err
		}
	}
	return nil
}

// values are the values of a record that are still to be read, and the first
// error.
type values struct {
	words []string
	err   error
}

func (v *values) next() string {
	if len(v.words) == 0 {
		v.refuse("a value is missing at the end")
		return ""
	}
	w := v.words[0]
	v.words = v.words[1:]
	return w
}

func (v *values) refuse(format string, args ...any) {
	if v.err == nil {
		v.err = fmt.Errorf(format, args...)
	}
}

func (v *values) text() string {
	s, err := untext(v.next())
	if err != nil {
		v.refuse("%v", err)
	}
	return s
}

func (v *values) whole() int {
	w := v.next()
	n, err := strconv.Atoi(w)
	if err != nil {
		v.refuse("%q is no whole number", w)
	}
	return n
}

func (v *values) number() float64 {
	x := v.orInfinite()
	if math.IsInf(x, 0) {
		v.refuse("%g is no finite number", x)
	}
	return x
}

func (v *values) orInfinite() float64 {
	w := v.next()
	x, err := strconv.ParseFloat(w, 64)
	if err != nil || math.IsNaN(x) {
		v.refuse("%q is no number", w)
	}
	return x
}

func (v *values) point() plan.Point {
	q := plan.Point{Function: v.whole(), Index: v.whole()}
	for len(v.words) > 0 && v.err == nil {
		q.X = append(q.X, v.number())
	}
	return q
}
