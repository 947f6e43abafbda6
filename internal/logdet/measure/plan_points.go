package measure

import (
	"math"
	"math/bits"

	"eimtool/internal/dense"
)

// cornerDims is the number of dimensions up to which UnitPoints has all corners
// of the cube; for more it has as many as for these.
const cornerDims = 6

// UnitPoints returns count points of the unit cube, by rows, as candidates and
// as points where errors are looked for: the centre, corners, the centres of
// the faces, and then a sequence that fills the cube evenly, of which every
// third point is moved to the nearest face, because errors are largest there.
// A cube of dimension 0 is one point.
func UnitPoints(dim, count int) *dense.Matrix[float64] {
	if dim < 1 {
		return dense.New[float64](min(count, 1), 0)
	}
	out := dense.New[float64](count, dim)
	at := 0
	next := func() []float64 {
		if at == count {
			return nil
		}
		at++
		return out.Row(at - 1)
	}
	fill(next(), 0.5)
	for c := range 1 << min(dim, cornerDims) {
		corner(next(), uint(c))
	}
	for f := range 2 * dim {
		row := next()
		fill(row, 0.5)
		if row != nil {
			row[f/2] = float64(f % 2)
		}
	}
	step := kroneckerStep(dim)
	for i := 1; at < count; i++ {
		row := next()
		for k, s := range step {
			_, row[k] = math.Modf(0.5 + float64(i)*s)
		}
		if i%3 == 0 {
			toFace(row)
		}
	}
	return out
}

func fill(row []float64, v float64) {
	for k := range row {
		row[k] = v
	}
}

// corner sets row to a corner: coordinate k is the parity of those bits of c that
// mask k has. The first masks are single bits, so that all corners come up; the
// others have more, and as no two of the first 63 agree, any two coordinates
// take all four pairs of values equally often.
func corner(row []float64, c uint) {
	mask := uint(0)
	for k := range row {
		if k < cornerDims {
			mask = 1 << k
		} else {
			mask = several(mask)
		}
		row[k] = float64(bits.OnesCount(c&mask) & 1)
	}
}

// several returns the next mask of at least two bits after the given one, the
// first one again after the last.
func several(mask uint) uint {
	const masks = 1 << cornerDims
	if bits.OnesCount(mask) < 2 {
		mask = 2
	}
	for mask = (mask + 1) % masks; bits.OnesCount(mask) < 2; {
		mask = (mask + 1) % masks
	}
	return mask
}

// kroneckerStep returns the steps s of the Kronecker sequence frac(1/2 + i·s):
// s_k = g^-k, k = 1, …, dim, with the root g > 1 of g^(dim+1) = g + 1, which for
// dim = 1 is the golden ratio.
func kroneckerStep(dim int) []float64 {
	g := 2.0
	for range 64 { // converges by a factor 1/(dim+1) or so
		g = math.Pow(1+g, 1/float64(dim+1))
	}
	step := make([]float64, dim)
	for k := range step {
		step[k] = math.Pow(g, -float64(k+1))
	}
	return step
}

// toFace moves a point to the nearest face of the cube.
func toFace(row []float64) {
	best, least := 0, math.Inf(1)
	for k, v := range row {
		if d := min(v, 1-v); d < least {
			best, least = k, d
		}
	}
	row[best] = math.Round(row[best])
}
