package surrogate

import (
	"fmt"
	"math"

	"eimtool/internal/dense"
)

// Options of Build. The zero value is not usable: start from DefaultOptions.
type Options struct {
	MaxTerms   int      `json:"max_terms"`  // 0: as many as the tolerance asks for
	Tolerance  float64  `json:"tolerance"`  // error of A on the samples at which terms stop being added; 0 = until rank or floor
	Norm       string   `json:"norm"`       // of the greedy step: max, l1, l2 or lp:P
	Scaling    string   `json:"scaling"`    // absolute or relative
	Features   string   `json:"features"`   // auto, all or entries
	Magic      string   `json:"magic"`      // features or entries
	Select     string   `json:"select"`     // auto or eim
	Basis      string   `json:"basis"`      // snapshots or pod
	Oversample int      `json:"oversample"` // magic features beyond the terms
	Model      string   `json:"model"`      // auto or one interpolation model
	Warps      []Warp   `json:"warps"`
	Periodic   []string `json:"periodic"`
	HoldOut    bool     `json:"hold_out"`
	Seed       uint64   `json:"seed"`
	KeepTable  string   `json:"keep_table"` // auto, yes or no

	Inverse     bool    `json:"inverse"` // fit the coefficients to what the inverse does, without a right-hand side
	RBTolerance float64 `json:"rb_tol"`  // error of x at which the reduced basis stops growing; 0 = DefaultRBTolerance
	RBMax       int     `json:"rb_max"`  // most vectors of the reduced basis; 0 = DefaultRBMax

	LogDet          bool    `json:"logdet"`          // prepare log det A_μ
	LogDetTolerance float64 `json:"logdet_tol"`      // absolute error of log det that its nodes aim at
	LogDetMax       int     `json:"logdet_max"`      // most samples, and matrices of the model, factorised for it; 0 = all samples and 100, of given parts DefaultLogDetMax nodes
	LogDetNodes     string  `json:"logdet_nodes"`    // of given parts: box (anywhere) or samples
	LogDetHessians  string  `json:"logdet_hessians"` // of given parts: auto (while an explicit inverse is cheap) or no
	Only            string  `json:"only"`            // "logdet": keep nothing but log det in the bundle
	SampleError     float64 `json:"sample_error"`    // relative error of the samples themselves, where they are not the matrices of a code

	RHS      *RHS                      `bundle:"-" json:"-"` // prepare solutions for this right-hand side
	Quantity *dense.Matrix[complex128] `bundle:"-" json:"-"` // n × outputs: cᵀx are wanted

	Preserve [][]complex128 `bundle:"-" json:"-"` // further near-kernel vectors
	RowCuts  []int          `json:"row_cuts"`     // row boundaries of multi-physics blocks
	ColCuts  []int          `json:"col_cuts"`     // column boundaries

	Threads  int                                 `bundle:"-" json:"-"`
	Progress func(stage string, done, total int) `bundle:"-" json:"-"`
}

// Warp fixes the transformation of one parameter before interpolation.
type Warp struct {
	Parameter string `json:"parameter"`
	Kind      string `json:"kind"`
}

// DefaultTolerance is the error of A that selection aims at when neither a
// tolerance nor a number of terms is given.
const DefaultTolerance = 1e-8

// Defaults of the reduced basis.
const (
	DefaultRBTolerance = 1e-12
	DefaultRBMax       = 60
)

// Defaults of log det.
const (
	DefaultLogDetTolerance = 1e-4
	DefaultLogDetMax       = 60
)

// DefaultOptions returns the documented defaults.
func DefaultOptions() Options {
	return Options{
		Norm: "max", Scaling: "absolute", Features: "auto", Magic: "features",
		Select: "auto", Basis: "snapshots", Model: "auto", HoldOut: true, KeepTable: "auto",
		LogDetTolerance: DefaultLogDetTolerance, LogDetNodes: "box", LogDetHessians: "auto",
	}
}

// OptionError says which option has a value that cannot be used.
type OptionError struct {
	Option, Value, Want string
}

func (e *OptionError) Error() string {
	return fmt.Sprintf("--%s %s: want %s", e.Option, e.Value, e.Want)
}

// check validates o against a family of p parameters and n samples.
func (o *Options) check() error {
	choices := []struct {
		name, value string
		allowed     []string
	}{
		{"scaling", o.Scaling, []string{"absolute", "relative"}},
		{"features", o.Features, []string{"auto", "all", "entries"}},
		{"magic", o.Magic, []string{"features", "entries"}},
		{"select", o.Select, []string{"auto", "eim"}},
		{"basis", o.Basis, []string{"snapshots", "pod"}},
		{"logdet-nodes", o.LogDetNodes, []string{"box", "samples"}},
		{"logdet-hessians", o.LogDetHessians, []string{"auto", "no"}},
		{"only", o.Only, []string{"", "logdet"}},
	}
	for _, c := range choices {
		if !contains(c.allowed, c.value) {
			return &OptionError{c.name, c.value, "one of " + join(c.allowed)}
		}
	}
	if o.MaxTerms < 0 {
		return &OptionError{"max-terms", fmt.Sprint(o.MaxTerms), "a positive number"}
	}
	if !(o.Tolerance >= 0) || math.IsInf(o.Tolerance, 0) {
		return &OptionError{"tol", fmt.Sprint(o.Tolerance), "a positive finite number"}
	}
	if !(o.RBTolerance >= 0) || math.IsInf(o.RBTolerance, 0) {
		return &OptionError{"rb-tol", fmt.Sprint(o.RBTolerance), "a positive finite number"}
	}
	if !(o.SampleError >= 0) || math.IsInf(o.SampleError, 0) {
		return &OptionError{"sample-error", fmt.Sprint(o.SampleError), "a finite number ≥ 0"}
	}
	if o.RBMax < 0 {
		return &OptionError{"rb-max", fmt.Sprint(o.RBMax), "a positive number"}
	}
	if !(o.LogDetTolerance >= 0) || math.IsInf(o.LogDetTolerance, 0) {
		return &OptionError{"logdet-tol", fmt.Sprint(o.LogDetTolerance), "a positive finite number"}
	}
	if o.LogDetMax < 0 {
		return &OptionError{"logdet-max", fmt.Sprint(o.LogDetMax), "a positive number"}
	}
	if o.Oversample < 0 {
		return &OptionError{"oversample", fmt.Sprint(o.Oversample), "a number ≥ 0"}
	}
	if o.Select == "auto" && o.Oversample > 0 {
		return &OptionError{"oversample", fmt.Sprint(o.Oversample), "--select eim beside it (auto already probes twice as many entries as terms)"}
	}
	return nil
}

func contains(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}

func join(list []string) string {
	s := ""
	for i, l := range list {
		if i > 0 {
			s += ", "
		}
		s += l
	}
	return s
}
