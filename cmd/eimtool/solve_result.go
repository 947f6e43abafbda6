package main

import (
	"fmt"
	"io"
	"math"

	"eimtool/internal/answer"
	"eimtool/internal/report"
)

// solveResult is what solve prints.
type solveResult struct {
	header
	Methods *methodShares `json:"methods,omitempty"`
	Results []solvePoint  `json:"results"`
	joined  string        // what is said of one file for all points
}

// methodShares counts the points by method.
type methodShares map[string]int

type solvePoint struct {
	Mu            report.Object    `json:"mu,omitempty"`
	Columns       report.Texts     `json:"columns,omitempty"` // further columns of the --at table
	Output        string           `json:"output"`
	Column        int              `json:"column,omitempty"` // first column of the file, where it holds several points
	Method        string           `json:"method"`
	Reason        string           `json:"reason,omitempty"`
	Accepted      bool             `json:"accepted"`
	Skipped       bool             `json:"skipped,omitempty"`
	Residual      report.Number    `json:"residual"`
	BackwardError report.Number    `json:"backward_error"`
	Condition     report.Number    `json:"condition"`
	Iterations    int              `json:"iterations"`
	BasisSize     int              `json:"basis_size,omitempty"`
	Projection    string           `json:"projection,omitempty"`
	ErrorEstimate report.Number    `json:"error_estimate"`
	EstimateKind  string           `json:"estimate_kind"`
	EstimateParts *estimateParts   `json:"estimate_parts,omitempty"`
	EnergyBound   *report.Number   `json:"energy_bound,omitempty"`
	EnergyKind    string           `json:"energy_bound_kind,omitempty"`
	Quantity      []quantityResult `json:"quantity,omitempty"`
	Extrapolation report.Number    `json:"extrapolation"`
	Factorisation *factorResult    `json:"factorisation,omitempty"`
	Timings       *solveTimings    `json:"timings,omitempty"`
}

// estimateParts says where an estimate comes from.
type estimateParts struct {
	Reduction report.Number `json:"reduction"`
	Model     report.Number `json:"model"`
	RoundOff  report.Number `json:"round_off"`
}

// quantityResult is one cᵀx: Column of c, Right of b, both 1-based.
type quantityResult struct {
	Column   int            `json:"column"`
	Right    int            `json:"rhs"`
	Value    *report.Number `json:"value,omitempty"`
	Re       *report.Number `json:"value_re,omitempty"`
	Im       *report.Number `json:"value_im,omitempty"`
	Estimate report.Number  `json:"error_estimate"` // absolute
}

// factorResult describes a factorisation.
type factorResult struct {
	Method        string        `json:"method"`
	Ordering      string        `json:"ordering"`
	Fill          int           `json:"fill"`
	Flops         report.Number `json:"flops"`
	Delayed       int           `json:"delayed"`
	Bytes         int           `json:"bytes"`
	FrontBytes    int           `json:"front_bytes"`
	SmallestPivot report.Number `json:"smallest_pivot"`
	ForwardBound  report.Number `json:"forward_bound"`
}

// solveTimings are seconds of one direct solution.
type solveTimings struct {
	Read, Analyse, Factorise, Solve, Judge, Write float64
}

// MarshalJSON writes lower-case keys.
func (t *solveTimings) MarshalJSON() ([]byte, error) {
	return fmt.Appendf(nil, `{"read":%g,"analyse":%g,"factorise":%g,"solve":%g,"judge":%g,"write":%g}`, t.Read, t.Analyse, t.Factorise, t.Solve, t.Judge, t.Write), nil
}

// name names the point in messages.
func (p *solvePoint) name() string {
	if len(p.Mu) == 0 {
		return "solution"
	}
	return p.Mu.String()
}

// unknownPoint returns a point of which nothing is known yet.
func unknownPoint() solvePoint {
	nan := report.Number(math.NaN())
	return solvePoint{Residual: nan, BackwardError: nan, Condition: nan, ErrorEstimate: nan, Extrapolation: nan, EstimateKind: answer.Calibrated}
}

// fill copies an answer.
func (p *solvePoint) fill(r *answer.Result, complexValues bool) {
	p.Method, p.Reason, p.Accepted = r.Method, r.Reason, r.Accepted
	p.Residual, p.BackwardError, p.Condition = report.Number(r.Residual), report.Number(r.BackwardError), report.Number(r.Condition)
	p.Iterations, p.BasisSize, p.Projection = r.Iterations, r.BasisSize, r.Projection
	p.ErrorEstimate, p.EstimateKind = report.Number(r.Estimate), r.EstimateKind
	if !math.IsNaN(r.Estimate) {
		p.EstimateParts = &estimateParts{report.Number(r.Reduction), report.Number(r.Model), report.Number(r.RoundOff)}
	}
	if !math.IsNaN(r.Bound) {
		b := report.Number(r.Bound)
		p.EnergyBound, p.EnergyKind = &b, answer.Rigorous
	}
	for _, q := range r.Quantity {
		out := quantityResult{Column: q.Column + 1, Right: q.Right + 1, Estimate: report.Number(q.Estimate)}
		re, im := report.Number(real(q.Value)), report.Number(imag(q.Value))
		if complexValues {
			out.Re, out.Im = &re, &im
		} else {
			out.Value = &re
		}
		p.Quantity = append(p.Quantity, out)
	}
}

// text says what was written; with -o - the result is on stdout already.
func (res *solveResult) text(a *app) func(io.Writer) error {
	return func(io.Writer) error {
		if res.joined != "" {
			a.say("%s", res.joined)
		}
		for _, p := range res.Results {
			switch {
			case res.joined != "":
			case p.Skipped:
				a.say("%s: skipped, %s exists", p.name(), p.Output)
			case p.Output == "" || p.Quantity != nil:
			case p.Output == "-":
				a.say("%s: %s, error estimate %s", p.name(), p.Method, report.Error(float64(p.ErrorEstimate)))
			default:
				a.say("wrote %s: %s, %s, error estimate %s", p.Output, p.name(), p.Method, report.Error(float64(p.ErrorEstimate)))
			}
		}
		if res.Methods != nil && len(res.Results) > 1 {
			for _, m := range answer.Methods() {
				if n := (*res.Methods)[m]; n > 0 {
					a.say("%s: %d of %d points", m, n, len(res.Results))
				}
			}
		}
		return nil
	}
}
