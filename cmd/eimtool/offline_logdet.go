package main

import (
	"fmt"
	"math"

	"github.com/spf13/pflag"

	"eimtool/internal/report"
	"eimtool/internal/surrogate"
)

// preparedLogDet is what a bundle holds for log det.
type preparedLogDet struct {
	Method     string            `json:"method"` // preferred, "" when only direct is left
	Nodes      int               `json:"nodes"`  // matrices that were factorised
	Virtual    int               `json:"virtual_nodes,omitempty"`
	Tolerance  report.Number     `json:"tolerance"`
	Reached    report.Number     `json:"largest_estimate"` // over the box
	Sign       int               `json:"sign,omitempty"`   // of det A, of real families
	Branch     string            `json:"branch,omitempty"`
	Objective  string            `json:"objective,omitempty"`
	Objectives []objectiveResult `json:"objectives,omitempty"`
	Scores     []logdetScore     `json:"scores"`
	Refusal    string            `json:"refusal,omitempty"`
}

type logdetScore struct {
	Method string        `json:"method"`
	Kind   string        `json:"kind,omitempty"`
	Nodes  int           `json:"nodes"`
	Error  report.Number `json:"error"`
	Note   string        `json:"note,omitempty"`
}

// logdetSummary describes what is prepared, nil for nothing.
func logdetSummary(l *surrogate.LogDet) *preparedLogDet {
	if l == nil {
		return nil
	}
	p := &preparedLogDet{
		Method: l.Preferred, Nodes: l.Nodes.Rows, Tolerance: report.Number(l.Tolerance), Reached: report.Number(l.Reached),
		Sign: int(l.Sign), Objective: l.Objective, Refusal: l.Refusal, Scores: []logdetScore{},
	}
	if l.Sampled != nil {
		p.Virtual = l.Sampled.LogAbs.Virtual
	}
	if l.Accretive {
		p.Branch = "continuous"
	}
	for _, o := range l.Objectives {
		p.Objectives = append(p.Objectives, objectiveResult{o.Objective, report.Number(o.Error)})
	}
	for _, s := range l.Scores {
		p.Scores = append(p.Scores, logdetScore{s.Method, s.Kind, s.Nodes, report.Number(s.Error), s.Note})
	}
	return p
}

// summary is the line of the text output.
func (p *preparedLogDet) summary() string {
	if p.Method == "" {
		return "by factorisation alone: " + p.Refusal
	}
	s := fmt.Sprintf("%s from %d factorisations", p.Method, p.Nodes+p.Virtual)
	return s + fmt.Sprintf(", largest error estimate in the box %s", report.Error(float64(p.Reached)))
}

// changed lists the flags among names that were given.
func changed(f *pflag.FlagSet, names ...string) (given []string) {
	for _, name := range names {
		if f.Changed(name) {
			given = append(given, name)
		}
	}
	return given
}

// checkLogDet validates the flags of log det.
func (o *offlineOptions) checkLogDet() error {
	switch {
	case len(o.logdetSet) > 0 && !o.LogDet && o.extend == "":
		return inputErrorf("add --logdet", "--%s without --logdet: log det is not prepared", o.logdetSet[0])
	case !(o.LogDetTolerance > 0) || math.IsInf(o.LogDetTolerance, 0):
		return inputErrorf("write for example --logdet-tol 1e-3", "--logdet-tol %g: want a positive number", o.LogDetTolerance)
	case contains(o.logdetSet, "logdet-max") && o.LogDetMax < 1:
		return inputErrorf("leave it out for the default", "--logdet-max %d: want at least 1", o.LogDetMax)
	case o.Only != "" && o.Only != "logdet":
		return inputErrorf("write --only logdet", "--only %s: want logdet", o.Only)
	case o.Only != "" && (o.rhs != "" || o.Inverse):
		return inputErrorf("leave one of them out", "--only logdet with --rhs or --inverse: the bundle would hold no solutions")
	case o.parts == "" && (contains(o.logdetSet, "logdet-nodes") || contains(o.logdetSet, "logdet-hessians")):
		return inputErrorf("leave it out", "--logdet-nodes and --logdet-hessians are for families given by --parts")
	}
	return nil
}

// judgeLogDet compares the largest estimate with a tolerance that the user gave.
func (o *offlineOptions) judgeLogDet(l *surrogate.LogDet) error {
	if !contains(o.logdetSet, "logdet-tol") || l.Preferred == "" || l.Reached <= o.LogDetTolerance {
		return nil
	}
	return &accuracyError{
		fmt.Sprintf("--logdet-tol %g not reached: log det is known to %s with %d factorisations; the bundle was written all the same", o.LogDetTolerance, report.Error(l.Reached), l.Nodes.Rows),
		"add samples, raise --logdet-max or --logdet-tol, or use logdet --method direct",
	}
}
