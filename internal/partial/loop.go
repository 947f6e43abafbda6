package partial

import (
	"math"
	"slices"

	"eimtool/internal/scalar"
)

// loop runs the selection as far as the answers go.
type loop[T scalar.Scalar] struct {
	*advance
	selection *selection[T]
	further   []*answer // that extend the sample, and are not in it
	checks    []check   // matrices that are no terms, with the present terms
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
	l.further = l.extensions()
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
		stop := ""
		if candidate, stop = s.next(l.opt); !added {
			stop = StopFloor
		}
		if stop != StopCandidates && stop != StopMaxTerms {
			grown, asked, err := l.grow()
			if asked || err != nil {
				return err
			}
			if grown {
				candidate, stop = s.next(l.opt)
			}
		}
		if stop == "" && l.barren(candidate) {
			stop = StopFloor
		}
		if stop == "" {
			continue
		}
		if candidate, err = l.end(candidate, stop); candidate < 0 || err != nil {
			return err
		}
	}
}

// end asks for checks and writes the result of a selection that has ended. Where
// a check does not hold it returns its candidate, to go on with; -1 otherwise.
func (l *loop[T]) end(candidate int, stop string) (int, error) {
	if err := l.measure(); err != nil {
		return -1, err
	}
	l.report()
	if p := l.unchecked(candidate); p >= 0 {
		return -1, l.wantMatrix(p)
	}
	worst := l.worst()
	if stop != StopTolerance || worst < 0 || l.checks[worst].error <= l.opt.Tolerance {
		return -1, l.finish(stop)
	}
	if l.opt.MaxTerms > 0 && len(l.selection.terms) >= l.opt.MaxTerms {
		return -1, l.finish(StopMaxTerms)
	}
	return l.checks[worst].candidate, nil // its matrix is known: the next term
}

// grow extends a sample that is exhausted by the answers that are there, and asks
// for more where they do not suffice, unless there may be no more in the sample.
func (l *loop[T]) grow() (grown, asked bool, err error) {
	s := l.selection
	for ; s.exhausted() && len(l.further) > 0; grown = true {
		s.extend(l.further[0])
		l.further = l.further[1:]
	}
	l.p.Small = s.exhausted()
	number := len(l.extensions()) + 1
	if !l.p.Small || number > mostExtensions {
		return grown, false, nil
	}
	pos := extension(s.layout.pattern, s.sample, number, l.opt)
	if pos == nil {
		return grown, false, nil
	}
	l.report()
	return grown, true, l.wantEntries(pos, l.path(entryFile, l.freeEntry), l.path(valueFile, l.freeEntry))
}

// mostBarren is the number of matrices in a row that may add nothing.
const mostBarren = 2

// barren reports whether asking for the matrix of another candidate is vain: the
// last ones were asked for because of values that they contradict by more than
// the tolerance, and are combinations of the terms.
func (l *loop[T]) barren(candidate int) bool {
	s := l.selection
	if _, known := s.rows[candidate]; known {
		return false
	}
	count := 0
	for _, k := range slices.Backward(l.matrices) {
		p := k.candidate
		if !s.open[p] {
			break
		}
		least := max(l.opt.Tolerance*s.scale[p], s.floor(p))
		if d := s.noise.own[p]; d > s.rounding && s.factor*d > l.opt.Tolerance*s.scale[p] && s.nu(p)*s.scale[p] <= least {
			count++
		}
	}
	return count >= mostBarren
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
		_, l.p.Sampled = s.worst(false)
	}
	l.p.Digits, l.p.Floor = 0, 0
	for p, size := range s.scale {
		l.p.Digits = max(l.p.Digits, s.noise.written.digitsAt(size))
		if x := s.noise.at(size) / 2; s.open[p] && x > s.rounding && (l.p.Floor == 0 || x/size < l.p.Floor) {
			l.p.Floor = x / size
		}
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
	l.p.Reached = l.p.Sampled <= l.opt.Tolerance && !(l.p.Checked > l.opt.Tolerance) && !(l.p.Small && l.p.Checks == 0)
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
