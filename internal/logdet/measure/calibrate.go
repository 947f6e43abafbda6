package measure

import (
	"math"
	"slices"
)

// Calibration records how a model came about and why its estimate is what it is.
type Calibration struct {
	Tolerance float64   // that was asked for
	Nodes     []int     `doc:"candidates of the nodes, 0-based; -1: known before"`
	Counts    []int     `doc:"numbers of nodes of the models on the way"`
	Estimates []float64 `doc:"largest estimates of these models"`
	Ratios    []float64 `doc:"error of log det at new nodes / spread of the fits there"`
	Median    float64   // of the last ratios, 0 without any
}

const (
	// leastRatios is the number of nodes that must have been predicted before
	// the estimate is believed, and lastRatios how many of them count.
	leastRatios, lastRatios = 3, 5
	// Share of the largest spread that is added to the spread everywhere, since
	// fits may agree by chance.
	floorShare = 0.1
	// An estimate within this multiple of the rounding error is not improved.
	roundingShare = 2
)

// factor is what the estimate multiplies the spread by when nodes were chosen
// by the spread: twice the median ratio of error to spread at new nodes, which
// lie where the spread is largest, and more while there are few ratios.
func (c *Calibration) factor() float64 {
	const base, few = 2, 5
	n := len(c.Ratios)
	if n == 0 {
		c.Median = 0
		return base + few
	}
	c.Median = median(c.Ratios[max(0, n-lastRatios):])
	return (base + few/float64(n)) * max(1, c.Median)
}

// note records the estimate of fits on the way.
func (c *Calibration) note(nodes int, estimate float64) {
	c.Counts = append(c.Counts, nodes)
	c.Estimates = append(c.Estimates, estimate)
}

// predicted records the error of a prediction where the spread was given. An
// error within rounding is none.
func (c *Calibration) predicted(off, spread, rounding float64) {
	off = max(0, math.Abs(off)-rounding)
	c.Ratios = append(c.Ratios, off/max(spread, rounding, math.SmallestNonzeroFloat64))
}

func median(x []float64) float64 {
	s := slices.Sorted(slices.Values(x))
	n := len(s)
	return s[(n-1)/2]/2 + s[n/2]/2
}
