package plan

import "eimtool/internal/scalar"

// budget says how much of a table a selection holds.
type budget struct {
	stored     bool // all of it
	candidates int  // that take part in the selection
	sample     int  // points that rank them
	long       int  // points where chosen rows are evaluated
	terms      int  // that this is enough for
	checkRows  int
}

// What a selection is planned for when the number of terms is not bounded, and
// the least that it makes sense with.
const (
	usualTerms      = 128
	leastCandidates = 512
	leastSample     = 64
	leastLong       = 1024
	mostSample      = 2048
)

// mostWork is the number of products that a selection on a stored table may
// come to: it computes the residual anew for every term.
const mostWork = 5e11

// limit returns the largest possible number of terms.
func (r *run[T]) limit() float64 {
	n := min(len(r.c.rows), r.t.width()+1)
	if r.opt.MaxTerms > 0 {
		n = min(n, r.opt.MaxTerms)
	}
	return float64(n)
}

// budget divides the memory, and bounds the number of threads by it: the
// division itself must not depend on them. The error is a *MemoryError.
func (r *run[T]) budget() (*budget, error) {
	c := r.c
	size, functions := float64(sizeOf[T]()), float64(len(c.exprs))
	rows, points, width := float64(len(c.rows)), float64(c.count), float64(r.t.width())
	terms := float64(usualTerms)
	if r.opt.MaxTerms > 0 {
		terms = float64(r.opt.MaxTerms)
	}
	terms = min(terms, rows, width+1)
	tile := (terms + 16) * tileBytes // the scratch of one goroutine
	tiles := max(tile, float64(r.opt.Memory)/10)
	r.opt.Threads = min(scalar.Threads(r.opt.Threads), int(tiles/tile))
	fixed := 8*points*float64(len(c.Columns)) + rows*(24+80*functions) + min(rows, sweepRows)*terms*size*2 + tiles
	limit := 0.9 * float64(r.opt.Memory)
	work := rows * width * r.limit() * r.limit() / 2
	if work <= mostWork && fixed+size*(1.1*rows*width+(terms+10)*width+2*rows*terms) <= limit {
		return &budget{stored: true, candidates: len(c.rows), sample: c.count, long: c.count, checkRows: checkRows}, nil
	}
	left := (limit - fixed) / 2 // one half for the sample, one for the chosen rows
	perPoint := width / points
	longNeed := min(points, leastLong) * perPoint * (terms + 2) * size
	candidates := min(rows, leastCandidates)
	perCandidate := func(sample float64) float64 { return size * (sample*perPoint + functions + moreColumns + terms) }
	sampleNeed := candidates * perCandidate(min(points, leastSample))
	if left < longNeed || left < sampleNeed {
		return nil, &MemoryError{
			Need: int64((fixed + 2*max(longNeed, sampleNeed)) / 0.9), Limit: r.opt.Memory,
			For: "choosing among these candidates and points",
		}
	}
	b := &budget{terms: int(terms), long: int(min(points, left/(perPoint*(terms+2)*size)))}
	b.candidates = int(min(rows, left/perCandidate(min(points, leastSample))))
	most := min(points, mostSample, max(leastSample, points/20))
	b.sample = int(min(most, max(min(points, leastSample), (left/(float64(b.candidates)*size)-functions-moreColumns-terms)/perPoint)))
	b.checkRows = int(max(4, min(checkRows, left/(float64(b.long)*perPoint*size))-checkPoints))
	return b, nil
}
