package partial

import (
	"math"

	"eimtool/internal/scalar"
)

// loop runs the selection as far as the answers go.
type loop[T scalar.Scalar] struct {
	*advance
	selection *selection[T]
	checks    []check // matrices that are no terms, with the present terms
}

// check is the error of A at a matrix that is no term.
type check struct {
	known
	error float64
}

// run selects terms until something is missing, which it asks for, or until
// the result holds, which it writes.
func (l *loop[T]) run() error {
	s := l.selection
	candidate := central(l.candidates)
	for {
		if _, known := s.rows[candidate]; !known {
			l.report()
			return l.wantMatrix(candidate)
		}
		wanted, added, err := s.add(candidate, nil)
		if err != nil {
			return err
		}
		if wanted != nil {
			l.report()
			return l.wantEntries([]Position{wanted.Position}, l.path(entryFile, l.freeEntry), l.path(valueFile, l.freeEntry))
		}
		var stop string
		if candidate, stop = s.next(l.opt); !added {
			stop = StopFloor
		}
		if stop == "" {
			continue
		}
		if err := l.measure(); err != nil {
			return err
		}
		l.report()
		if p := l.unchecked(candidate); p >= 0 {
			return l.wantMatrix(p)
		}
		worst := l.worst()
		if stop != StopTolerance || worst < 0 || l.checks[worst].error <= l.opt.Tolerance {
			return l.finish(stop)
		}
		if l.opt.MaxTerms > 0 && len(s.terms) >= l.opt.MaxTerms {
			return l.finish(StopMaxTerms)
		}
		candidate = l.checks[worst].candidate // its matrix is known: the next term
	}
}

// measure computes the error of A at the matrices that are no terms.
func (l *loop[T]) measure() error {
	l.checks = nil
	for _, k := range l.matrices {
		if !l.selection.open[k.candidate] {
			continue
		}
		e, err := l.selection.errorAt(k.candidate)
		if err != nil {
			return err
		}
		l.checks = append(l.checks, check{k, e})
	}
	return nil
}

// worst returns the check with the largest error, -1 without any.
func (l *loop[T]) worst() int {
	worst := -1
	for n, c := range l.checks {
		if worst < 0 || c.error > l.checks[worst].error {
			worst = n
		}
	}
	return worst
}

// unchecked returns a candidate to check as long as there are fewer checks than
// asked for, -1 otherwise: first the one with the largest sampled residual, then
// random ones.
func (l *loop[T]) unchecked(largest int) int {
	s := l.selection
	if len(l.checks) >= min(l.opt.Checks, len(s.g)-len(s.terms)) {
		return -1
	}
	for _, p := range append([]int{largest}, seeded(len(s.g), l.opt.Seed)...) {
		if _, known := s.rows[p]; s.open[p] && !known {
			return p
		}
	}
	return -1
}

// report notes how far the selection has come.
func (l *loop[T]) report() {
	s := l.selection
	l.p.Terms, l.p.Checks = len(s.terms), len(l.checks)
	if len(s.terms) > 0 {
		_, l.p.Sampled = s.worst()
	}
	l.p.Checked = math.NaN()
	if worst := l.worst(); worst >= 0 {
		l.p.Checked = l.checks[worst].error
	}
}

// finish writes the table of the matrices.
func (l *loop[T]) finish(stop string) error {
	s := l.selection
	l.p.State, l.p.Request, l.p.Stop = StateDone, l.path(samplesFile), stop
	l.p.Reached = l.p.Sampled <= l.opt.Tolerance && !(l.p.Checked > l.opt.Tolerance)
	paths := map[int]string{}
	for _, k := range l.matrices {
		paths[k.candidate] = k.path
	}
	var rows []sampleRow
	for m, t := range s.terms {
		r := sampleRow{candidate: t.candidate, path: paths[t.candidate], role: roleTerm, error: s.errors[m]}
		if t.at >= 0 {
			c := t.column
			r.column = &c
		}
		rows = append(rows, r)
	}
	for _, c := range l.checks {
		rows = append(rows, sampleRow{candidate: c.candidate, path: c.path, role: roleCheck, error: c.error})
	}
	return l.write(l.ctx, l.p.Request, l.samplesText(rows))
}
