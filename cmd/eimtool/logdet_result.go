package main

import (
	"bufio"
	"io"
	"math"
	"strconv"

	"eimtool/internal/answer"
	"eimtool/internal/report"
)

// logdetResult is what logdet prints.
type logdetResult struct {
	header
	Output  string        `json:"output,omitempty"`
	Points  int           `json:"points"`
	Refused int           `json:"refused"`
	Methods *methodShares `json:"methods,omitempty"`
	Results []logdetPoint `json:"results"`
}

type logdetPoint struct {
	Mu            report.Object  `json:"mu,omitempty"`
	Columns       report.Texts   `json:"columns,omitempty"` // further columns of the --at table
	Method        string         `json:"method"`
	Reason        string         `json:"reason,omitempty"`
	Accepted      bool           `json:"accepted"`
	Sign          *int           `json:"sign,omitempty"` // of real families
	PhaseRe       *report.Number `json:"phase_re,omitempty"`
	PhaseIm       *report.Number `json:"phase_im,omitempty"`
	Angle         *report.Number `json:"phase_angle,omitempty"` // radians, on the branch named
	Branch        string         `json:"branch,omitempty"`
	LogAbsDet     report.Number  `json:"logabsdet"`
	ErrorEstimate report.Number  `json:"error_estimate"`
	EstimateKind  string         `json:"estimate_kind"`
	Lower         *report.Number `json:"lower,omitempty"` // rigorous for the parts as given
	Upper         *report.Number `json:"upper,omitempty"`
	Extrapolation report.Number  `json:"extrapolation"`
	Gradient      report.Object  `json:"gradient,omitempty"`       // of log|det|
	PhaseGradient report.Object  `json:"phase_gradient,omitempty"` // of the phase, of complex families
	Factorisation *factorResult  `json:"factorisation,omitempty"`
}

// fillLogDet copies an answer for output as JSON.
func fillLogDet(names []string, job *onlineJob, r *answer.LogDet, isComplex bool) logdetPoint {
	p := logdetPoint{
		Mu: report.Point(names, job.mu), Columns: job.extra, Method: r.Method, Reason: r.Reason, Accepted: r.Accepted,
		LogAbsDet: report.Number(r.LogAbs), ErrorEstimate: report.Number(r.Estimate), EstimateKind: r.EstimateKind,
		Extrapolation: report.Number(r.Outside), Branch: r.Branch,
	}
	number := func(x float64) *report.Number { v := report.Number(x); return &v }
	switch {
	case !isComplex:
		sign := int(r.Sign)
		p.Sign = &sign
	case r.Branch != "":
		p.PhaseRe, p.PhaseIm, p.Angle = number(real(r.Phase)), number(imag(r.Phase)), number(r.Angle)
	}
	if !math.IsInf(r.Lower, 0) {
		p.Lower = number(r.Lower)
	}
	if !math.IsInf(r.Upper, 0) {
		p.Upper = number(r.Upper)
	}
	if r.Gradient != nil {
		re, im := make([]float64, len(r.Gradient)), make([]float64, len(r.Gradient))
		for j, g := range r.Gradient {
			re[j], im[j] = real(g), imag(g)
		}
		p.Gradient = report.Point(names, re)
		if isComplex {
			p.PhaseGradient = report.Point(names, im)
		}
	}
	return p
}

// refusedLogDet is a point without an answer.
func refusedLogDet(names []string, job *onlineJob, err error) logdetPoint {
	nan := report.Number(math.NaN())
	return logdetPoint{
		Mu: report.Point(names, job.mu), Columns: job.extra, Reason: message(err),
		LogAbsDet: nan, ErrorEstimate: nan, EstimateKind: answer.Calibrated, Extrapolation: nan,
	}
}

// logdetTable writes answers as CSV, one line per point, below a header line.
type logdetTable struct {
	w         *bufio.Writer
	names     []string // parameters
	isComplex bool
	gradient  bool
	begun     bool // the header is written
	line      []byte
}

func newLogdetTable(w io.Writer, names []string, isComplex, gradient bool) *logdetTable {
	return &logdetTable{w: bufio.NewWriterSize(w, 1<<16), names: names, isComplex: isComplex, gradient: gradient}
}

// header writes the names of the columns.
func (t *logdetTable) header() error {
	head := append([]string{}, t.names...)
	if t.isComplex {
		head = append(head, "phase_re", "phase_im")
	} else {
		head = append(head, "sign")
	}
	head = append(head, "logabsdet", "error_estimate", "lower", "upper", "method")
	if t.gradient {
		for _, n := range t.names {
			head = append(head, "d_"+n)
		}
		if t.isComplex {
			for _, n := range t.names {
				head = append(head, "d_phase_"+n)
			}
		}
	}
	t.begun = true
	return writeCSV(t.w, [][]string{head})
}

// add writes one answer.
func (t *logdetTable) add(mu []float64, r *answer.LogDet) error {
	if !t.begun {
		if err := t.header(); err != nil {
			return err
		}
	}
	b := t.line[:0]
	for j := range t.names {
		if mu != nil { // under --probe alone they are not known
			b = strconv.AppendFloat(b, mu[j], 'g', -1, 64)
		}
		b = append(b, ',')
	}
	switch {
	case !t.isComplex:
		b = strconv.AppendInt(b, int64(r.Sign), 10)
	case r.Branch == "":
		b = append(b, ',')
	default:
		b = append(appendNumber(b, real(r.Phase)), ',')
		b = appendNumber(b, imag(r.Phase))
	}
	b = appendNumber(append(b, ','), r.LogAbs)
	b = strconv.AppendFloat(append(b, ','), r.Estimate, 'g', 3, 64)
	b = appendNumber(append(b, ','), r.Lower)
	b = appendNumber(append(b, ','), r.Upper)
	b = append(append(b, ','), r.Method...)
	if t.gradient {
		for _, g := range r.Gradient {
			b = appendNumber(append(b, ','), real(g))
		}
		if t.isComplex {
			for _, g := range r.Gradient {
				b = appendNumber(append(b, ','), imag(g))
			}
		}
	}
	t.line = append(b, '\n')
	_, err := t.w.Write(t.line)
	return err
}

// appendNumber appends x so that it reads back the same; unknown ones are blank.
func appendNumber(b []byte, x float64) []byte {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return b
	}
	return strconv.AppendFloat(b, x, 'g', -1, 64)
}
