package surrogate

import (
	"fmt"

	"eimtool/internal/scalar"
)

// keepTableLimit is the size below which the table of all samples is kept even
// where it more than doubles the bundle.
const keepTableLimit = 16 << 20

func (b *builder[T]) keepTable(terms int) bool {
	switch b.opt.KeepTable {
	case "yes":
		return true
	case "no":
		return false
	}
	size := 8
	if scalar.IsComplex[T]() {
		size = 16
	}
	n := len(b.rows)
	return n <= terms || n*len(b.rows[0])*size <= keepTableLimit
}

// notModelled is the left-out error above which the coefficients do not count as
// modelled.
const notModelled = 0.05

// Modelled reports whether the samples determine the coefficients between each
// other: left-out samples are predicted within 5 %.
func (m *Model) Modelled() bool {
	return m.Parts != nil || m.Interpolation != nil && m.Interpolation.Score <= notModelled
}

// warn collects what a user should know about the samples.
func (m *Model) warn(n int) {
	say := func(format string, args ...any) { m.Warnings = append(m.Warnings, fmt.Sprintf(format, args...)) }
	terms := m.TermCount()
	if n < 3*terms {
		say("fewer than 3 samples per term (samples: %d, terms: %d): the model may not hold between them (add samples or lower --max-terms)", n, terms)
	}
	if m.Errors.HeldOut > 10*m.Errors.Training && m.Errors.HeldOut > 1e-12 {
		say("held-out error %.1e (largest at %s) is more than 10 times the training error %.1e: the coefficients are not resolved in the parameters (check that file, add samples, or use --probe)", m.Errors.HeldOut, m.worst, m.Errors.Training)
	}
	if terms == n && n > 1 {
		say("the rank was exhausted with every sample selected: the family is not resolved (add samples)")
	}
	if !m.Modelled() {
		say("the coefficients are not modelled: the samples do not determine them between each other (use --probe, or add samples)")
	}
	if m.Options.Select != "eim" {
		for _, o := range []struct {
			flag string
			set  bool
		}{
			{"norm", m.Options.Norm != "max"},
			{"scaling", m.Options.Scaling != "absolute"},
			{"features", m.Options.Features != "auto"},
			{"preserve", len(m.Options.Preserve) > 0},
			{"blocks", len(m.Options.RowCuts)+len(m.Options.ColCuts) > 0},
		} {
			if o.set {
				say("--%s steers the greedy selection alone: add --select eim for it to choose the terms", o.flag)
			}
		}
	}
}
