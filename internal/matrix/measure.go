package matrix

import (
	"math"

	"eimtool/internal/scalar"
)

// measure holds what Summary and Compare take of a set of numbers.
type measure struct {
	re, im scalar.Sum
	norm   scalar.Norm
	max    float64
}

// merge adds the numbers of o.
func (m *measure) merge(o *measure) {
	m.re.Merge(o.re, 1)
	m.im.Merge(o.im, 1)
	m.norm.Merge(o.norm)
	m.max = max(m.max, o.max)
}

// norms returns the norm and the largest modulus, both NaN when a number was.
func (m *measure) norms() (frobenius, largest float64) {
	frobenius = m.norm.Value()
	if math.IsNaN(frobenius) {
		return frobenius, frobenius
	}
	return frobenius, m.max
}

// laneSize is the number of values gathered before they are measured: columns
// are too short to be measured one at a time.
const laneSize = 512

// lane gathers numbers that count equally often in the full matrix.
type lane[T scalar.Scalar] struct {
	measure
	weight float64 // of squares
	sums   bool    // whether sums are wanted
	n      int
	buf    [laneSize]T
}

// add takes the numbers x.
func (l *lane[T]) add(x []T) {
	for len(x) > 0 {
		if l.n == 0 && len(x) >= laneSize {
			l.take(x[:laneSize])
			x = x[laneSize:]
			continue
		}
		d := l.buf[l.n:]
		d = d[:min(len(d), len(x))]
		for k := range d { // most columns are too short for copy to be faster
			d[k] = x[k]
		}
		l.advance(len(d))
		x = x[len(d):]
	}
}

// addDifference takes the numbers y-x.
func (l *lane[T]) addDifference(x, y []T) {
	for len(x) > 0 {
		d := l.buf[l.n:]
		d = d[:min(len(d), len(x))]
		u, v := x[:len(d)], y[:len(d)]
		for k := range d {
			d[k] = v[k] - u[k]
		}
		l.advance(len(d))
		x, y = x[len(d):], y[len(d):]
	}
}

func (l *lane[T]) advance(n int) {
	l.n += n
	if l.n == laneSize {
		l.flush()
	}
}

// flush measures what has been gathered.
func (l *lane[T]) flush() {
	l.take(l.buf[:l.n])
	l.n = 0
}

func (l *lane[T]) take(x []T) {
	if l.sums {
		scalar.AddSum(&l.re, &l.im, x)
	}
	scalar.AddSquares(&l.norm, x, l.weight)
	l.max = max(l.max, scalar.MaxAbs(x))
}

// blockWork is the number of entries that one parallel block of columns holds
// on average.
const blockWork = 1 << 16

// columnBlock returns the number of columns of a block when cols columns hold
// entries in all. It depends on the data alone, and so do the results.
func columnBlock(cols, entries int) int {
	blocks := max(1, entries/blockWork)
	return max(1, (cols+blocks-1)/blocks)
}
