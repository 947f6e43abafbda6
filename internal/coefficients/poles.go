package coefficients

import (
	"math"
	"math/cmplx"
)

// poleCells is the number of grid cells on which poles are looked for.
const poleCells = 4096

// lebesgue returns the largest value of Σ|w_j/(x−x_j)| / |Σ w_j/(x−x_j)| found
// in [lo, hi]: on a fine grid, polished at its local maxima. It is infinite at
// a pole; real denominators that change sign between neighbours have one.
func (t *Part) lebesgue(lo, hi float64) float64 {
	point := func(k int) float64 { return lo + (hi-lo)*float64(k)/poleCells }
	values := make([]float64, poleCells+1)
	largest, last := 0.0, 0.0
	for k := range values {
		v, sign := t.lebesgueAt(point(k))
		values[k] = v
		largest = max(largest, v)
		if t.WeightIm == nil && sign*last < 0 || math.IsNaN(v) {
			return math.Inf(1)
		}
		if sign != 0 {
			last = sign
		}
	}
	for k := 1; k < poleCells; k++ {
		if values[k] >= values[k-1] && values[k] >= values[k+1] {
			largest = max(largest, t.lebesguePeak(point(k-1), point(k+1)))
		}
	}
	return largest
}

// lebesguePeak polishes a local maximum in [a, b] by golden sections.
func (t *Part) lebesguePeak(a, b float64) float64 {
	largest := 0.0
	for range 60 {
		c, d := b-(b-a)/math.Phi, a+(b-a)/math.Phi
		vc, _ := t.lebesgueAt(c)
		vd, _ := t.lebesgueAt(d)
		largest = max(largest, vc, vd)
		if vc > vd {
			b = d
		} else {
			a = c
		}
	}
	return largest
}

// lebesgueAt returns the Lebesgue function at x and the sign of the real part
// of Σ w_j/(x−x_j)·Π(x−x_j), the denominator polynomial; 0 at support points.
func (t *Part) lebesgueAt(x float64) (value, sign float64) {
	var abs float64
	var sum complex128
	sign = 1
	for j, s := range t.Support {
		if x == s {
			return 1, 0
		}
		if x < s {
			sign = -sign
		}
		w := t.barycentricWeight(j) / complex(x-s, 0)
		abs += cmplx.Abs(w)
		sum += w
	}
	return abs / cmplx.Abs(sum), sign * math.Copysign(1, real(sum))
}
