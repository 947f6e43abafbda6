package sampled

import "math"

// candidate is one model tried on one set of nodes, with its left-out errors.
type candidate struct {
	t        *target
	kind     string
	note     string
	axis     string    // warps of a spline or polynomial
	residual []float64 // left-out error per row of the events, signed; NaN when unknown
	max, rms float64
	improved bool         // the last offer was the best so far
	parts    []Part       // whose mean is the model
	fallback []Part       // replaces rational parts near their poles
	second   []Part       // compared with it, when no other candidate is
	secondE  []float64    // left-out errors of that
	build    func() error // sets parts; nil when they are there
}

// newCandidate returns a candidate without a fit.
func newCandidate(t *target, kind string) *candidate {
	return &candidate{t: t, kind: kind, max: math.Inf(1), rms: math.Inf(1)}
}

// refuse records why there is no fit.
func (c *candidate) refuse(why string) *candidate {
	c.note, c.max, c.rms = why, math.Inf(1), math.Inf(1)
	return c
}

// offer keeps left-out errors that are better than those so far, tells so in
// improved, and returns their root mean square; +Inf when one is unknown.
func (c *candidate) offer(residual []float64) float64 {
	c.improved = false
	largest, rms := size(residual)
	if rms < c.rms {
		c.residual, c.max, c.rms, c.improved = residual, largest, rms, true
	}
	return rms
}

// size returns the largest and the root mean square error; +Inf when one is
// unknown or there is none.
func size(residual []float64) (largest, rms float64) {
	var sum float64
	for _, e := range residual {
		if e-e != 0 {
			return math.Inf(1), math.Inf(1)
		}
		largest = max(largest, math.Abs(e))
		sum += e * e
	}
	if len(residual) == 0 {
		return math.Inf(1), math.Inf(1)
	}
	return largest, math.Sqrt(sum / float64(len(residual)))
}

// rank is what candidates are compared by: the root mean square left-out error.
// That of a spline is a local one of twice the interval, which drops by 16 or
// more with the interval where it is resolved at all, while models that use all
// nodes everywhere hardly improve by one more: it counts a part.
func (c *candidate) rank() float64 {
	switch {
	case c.kind == KindQuintic && c.t.slope != nil:
		return c.rms / 3
	case c.kind == KindQuintic || c.kind == KindCubic:
		return c.rms / 2
	}
	return c.rms
}
