package main

import (
	"fmt"
	"math"

	"eimtool/internal/report"
	"eimtool/internal/scalar"
	"eimtool/internal/surrogate"
)

// prepared is what a bundle holds for solving.
type prepared struct {
	RHS           []string          `json:"rhs,omitempty"` // files
	Columns       int               `json:"columns,omitempty"`
	Planned       bool              `json:"rhs_planned,omitempty"` // b has the coefficients of A
	Objective     string            `json:"objective"`
	Objectives    []objectiveResult `json:"objectives,omitempty"`
	BasisSize     int               `json:"basis_size,omitempty"`
	Nodes         int               `json:"nodes,omitempty"`
	BasisError    report.Number     `json:"left_out_error"` // of x by the reduced basis at left-out samples
	Calibration   report.Number     `json:"estimate_factor"`
	Interpolation report.Number     `json:"interpolation_score"`
	Lambda        string            `json:"lambda,omitempty"` // dictionary of the combination
	LambdaNodes   int               `json:"lambda_nodes,omitempty"`
	LambdaError   report.Number     `json:"lambda_error"`
	Preferred     string            `json:"preferred"`
	Quantities    int               `json:"quantities,omitempty"`
	Reason        string            `json:"reason,omitempty"`
}

type objectiveResult struct {
	Objective string        `json:"objective"`
	Error     report.Number `json:"error"`
}

// solutionsResult describes what is prepared, nil for nothing.
func solutionsResult(m *surrogate.Model) *prepared {
	if inv := surrogate.InverseOf[float64](m); inv != nil {
		return describe(inv)
	}
	if inv := surrogate.InverseOf[complex128](m); inv != nil {
		return describe(inv)
	}
	return nil
}

func describe[S scalar.Scalar](inv *surrogate.Inverse[S]) *prepared {
	nan := report.Number(math.NaN())
	p := &prepared{Objective: inv.Objective, BasisError: nan, Calibration: nan, Interpolation: nan, LambdaError: nan, Preferred: "direct"}
	for _, o := range inv.Objectives {
		p.Objectives = append(p.Objectives, objectiveResult{o.Objective, report.Number(o.Error)})
	}
	if inv.Load != nil {
		p.RHS, p.Columns, p.Planned = baseNames(inv.Load.Files), inv.Load.Columns, inv.Load.Planned
	}
	if b := inv.Basis; b != nil {
		p.BasisSize, p.Nodes, p.Preferred = b.Size(), b.Nodes.Rows, "reduced"
		p.Calibration = report.Number(b.Calibration.Factor)
		p.BasisError = measured(b.Calibration.LargestError)
	}
	if inv.Solutions != nil {
		p.Interpolation = report.Number(inv.Solutions.Score)
	}
	if inv.PreferSolutions {
		p.Preferred = "interpolate"
	}
	if l := inv.Lambda; l != nil {
		p.Lambda, p.LambdaNodes = l.Kind, len(l.Nodes)
		if len(l.Scores) > 0 {
			p.LambdaError = report.Number(l.Scores[0].Error)
		}
	}
	if inv.Quantity != nil {
		p.Quantities = inv.Quantity.Cols
	}
	switch {
	case inv.Objective == "plan":
		p.Reason = "left_out_error: every snapshot is a term"
	case math.IsNaN(float64(p.BasisError)):
		p.Reason = "left_out_error: no samples outside the selection to measure on"
	}
	return p
}

// summary is the line of the text output.
func (p *prepared) summary() string {
	s := fmt.Sprintf("coefficients for %s", p.Objective)
	if p.Objective == "plan" {
		s = "coefficients from the functions"
	}
	if p.Planned {
		s += ", of b too"
	}
	if p.BasisSize > 0 {
		s += fmt.Sprintf(", reduced basis of %d vectors from %d nodes and the samples", p.BasisSize, p.Nodes)
	}
	if e := float64(p.BasisError); !math.IsNaN(e) {
		s += fmt.Sprintf(", error of x at left-out samples %s", report.Error(e))
	}
	return s
}
