package eim

import (
	"fmt"
	"math"
)

// Norm is the norm by which the greedy step ranks residual rows. Any norm
// works (arXiv 1508.05330, section 3); with "max" the selection is complete
// pivoting.
type Norm struct {
	Kind string  // "max" (also ""), "l1", "l2" or "lp"
	P    float64 // exponent of "lp", at least 1
}

// Options steer the greedy selection.
type Options struct {
	// MaxTerms bounds the number of terms; 0 means as many as there are rows
	// or columns.
	MaxTerms int
	// Tolerance ends the selection when the largest norm of a residual row is
	// at or below it, relative to the largest norm of a row (absolute scaling)
	// or to the norm of the same row (Relative).
	Tolerance float64
	Norm      Norm
	Relative  bool
	// FirstRow ≥ 0 forces the first row, paired with column 0 of block 0 (the
	// constant feature); -1 leaves the choice to the greedy.
	FirstRow int
	// Selectable marks the rows that may be selected, nil all. The others are
	// carried along, so that their residual is their interpolation error.
	Selectable []bool
	// Oversample is the number of magic features beyond the terms.
	Oversample int
	// IgnoreStagnation goes on where the residual no longer falls (Stop
	// "stagnation").
	IgnoreStagnation bool
	// Threads is the number of goroutines, all processors when ≤ 0. Results do
	// not depend on it.
	Threads int
	// Progress, when not nil, is told of every pass over the table.
	Progress func(stage string, done, total int)
}

// OptionError reports an option that makes no sense.
type OptionError struct{ Name, Msg string }

func (e *OptionError) Error() string { return fmt.Sprintf("option %s: %s", e.Name, e.Msg) }

func (o *Options) check(rows int) error {
	switch o.Norm.Kind {
	case "", "max", "l1", "l2":
	case "lp":
		if !(o.Norm.P >= 1) || math.IsInf(o.Norm.P, 0) {
			return &OptionError{"norm", fmt.Sprintf("exponent %g, want a number of at least 1", o.Norm.P)}
		}
	default:
		return &OptionError{"norm", fmt.Sprintf("unknown norm %q, want max, l1, l2 or lp", o.Norm.Kind)}
	}
	switch {
	case o.MaxTerms < 0:
		return &OptionError{"terms", fmt.Sprintf("%d is negative", o.MaxTerms)}
	case o.Oversample < 0:
		return &OptionError{"oversample", fmt.Sprintf("%d is negative", o.Oversample)}
	case !(o.Tolerance >= 0):
		return &OptionError{"tolerance", fmt.Sprintf("%g is not a nonnegative number", o.Tolerance)}
	case o.Selectable != nil && len(o.Selectable) != rows:
		return &OptionError{"selectable", fmt.Sprintf("%d marks for %d rows", len(o.Selectable), rows)}
	case o.FirstRow >= rows:
		return &OptionError{"first row", fmt.Sprintf("%d of %d rows", o.FirstRow, rows)}
	case o.FirstRow >= 0 && !o.selectable(o.FirstRow):
		return &OptionError{"first row", fmt.Sprintf("row %d is not selectable", o.FirstRow)}
	}
	for p := range rows {
		if o.selectable(p) {
			return nil
		}
	}
	return &OptionError{"selectable", "no row may be selected"}
}

func (o *Options) selectable(p int) bool { return o.Selectable == nil || o.Selectable[p] }

func (o *Options) progress(stage string, done, total int) {
	if o.Progress != nil {
		o.Progress(stage, done, total)
	}
}
