package partial

import (
	"slices"

	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
)

// mostExtensions bounds the number of times that a sample is extended: where the
// matrix varies at a few entries only, no sample of moderate size sees enough.
const mostExtensions = 3

// extension returns positions that extend a sample to about twice its size, or to
// the usual one, or all others; nil where fewer than two are left, since a request
// for one entry is that of a magic entry.
func extension(p *matrix.Pattern, sample []Position, number int, opt Options) []Position {
	n := max(len(sample), DefaultEntries(opt.Tolerance)-len(sample))
	if n+len(sample) >= p.NNZ() {
		n = p.NNZ()
	}
	drawn := samplePositions(p, n, opt.Seed, entriesStream+uint64(number))
	drawn = slices.DeleteFunc(drawn, func(q Position) bool { return slices.Contains(sample, q) })
	if len(drawn) < 2 {
		return nil
	}
	return drawn
}

// extensions returns the answers that extend the sample.
func (f *folder) extensions() []*answer {
	var out []*answer
	for _, a := range f.answers {
		if a != f.sampled && len(a.positions) > 1 {
			out = append(out, a)
		}
	}
	return out
}

// extend adds the values of an answer to the sample. Positions that it has are
// passed over.
func (s *selection[T]) extend(a *answer) {
	for k, pos := range a.positions {
		if slices.Contains(s.sample, pos) {
			continue
		}
		s.sample = append(s.sample, pos)
		for _, col := range s.layout.columns(pos) {
			s.columns = append(s.columns, col)
			q := make([]T, len(s.terms))
			magic := false
			for m, t := range s.terms {
				q[m] = at(s.layout, s.q[m], col)
				magic = magic || t.at >= 0 && t.column == col
			}
			s.spread.column(q[min(1, len(q)):])
			for p := range s.g {
				v := valueOf[T](col, a.values[p][k])
				s.g[p] = append(s.g[p], v)
				for m := range s.terms {
					v -= s.c[m][p] * q[m]
				}
				if magic || len(s.terms) > 0 && slices.ContainsFunc(s.terms, func(t term) bool { return t.candidate == p }) {
					v = 0
				}
				s.r[p] = append(s.r[p], v)
			}
		}
	}
	s.since = len(s.errors)
	s.measure()
}

// exhausted reports whether the sample says too little about the terms: residuals
// vanish at as many varying columns as there are magic entries, whatever they are
// elsewhere; a quarter more must be there to see them. Where no column varies
// nothing is known of the terms to come. A sample of all entries says all.
func (s *selection[T]) exhausted() bool {
	fitted := len(s.terms) - 1
	if len(s.sample) >= s.layout.pattern.NNZ()-1 {
		return false
	}
	first, varying := s.terms[0].candidate, 0
	for x := range s.columns {
		for p := range s.g {
			if scalar.Abs(s.g[p][x]-s.g[first][x]) > s.floor(p) {
				varying++
				break
			}
		}
	}
	return varying == 0 || 4*varying < 5*fitted
}

// lastTerm returns the largest size of the last term at the open candidates,
// relative to their largest sampled value: an error that it took away. It is 1 for
// the first.
func (s *selection[T]) lastTerm() float64 {
	if len(s.terms) == 1 {
		return 1
	}
	largest := 0.0
	for p, c := range s.c[len(s.c)-1] {
		if s.open[p] {
			largest = max(largest, scalar.Abs(c)/s.scale[p])
		}
	}
	return largest
}
