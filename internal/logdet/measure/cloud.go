package measure

import (
	"math"
	"math/rand/v2"

	"eimtool/internal/dense"
)

// A cloud is a matrix of atoms: every row is a point of the simplex x ≥ 0,
// Σ x_k = 1, a possible joint eigenvalue of the parts up to its length.

// measureCloud returns the first candidates of the nonnegative measure: the
// vertices, the barycentre and random atoms from the faces to the centre.
func measureCloud(rng *rand.Rand, k int, reach float64) *dense.Matrix[float64] {
	each := 275
	if k > 5 {
		each = 600
	}
	if k == 2 {
		return withFixed(k, line(rng, 300, reach))
	}
	return withFixed(k, dirichlet(rng, k, []float64{.2, .5, 1, 3}, each))
}

// restCloud returns the candidates of the signed rest.
func restCloud(rng *rand.Rand, k int, reach float64) *dense.Matrix[float64] {
	if k == 2 {
		return line(rng, 600, reach)
	}
	return dirichlet(rng, k, []float64{.05, .1, .2, .4, .7, 1, 2, 5}, 300)
}

// withFixed puts the vertices and the barycentre before the rows of a cloud.
func withFixed(k int, cloud *dense.Matrix[float64]) *dense.Matrix[float64] {
	out := dense.New[float64](k+1+cloud.Rows, k)
	for i := range k {
		out.Set(i, i, 1)
		out.Set(k, i, 1/float64(k))
	}
	copy(out.Data[(k+1)*k:], cloud.Data)
	return out
}

// line returns count atoms of two coordinates with log(x_2/x_1) spread evenly
// over [-reach, reach], each at a random place of its interval.
func line(rng *rand.Rand, count int, reach float64) *dense.Matrix[float64] {
	out := dense.New[float64](count, 2)
	for i := range count {
		u := (2*(float64(i)+rng.Float64())/float64(count) - 1) * reach
		out.Set(i, 0, 1/(1+math.Exp(u)))
		out.Set(i, 1, 1/(1+math.Exp(-u)))
	}
	return out
}

// dirichlet returns each random atoms of every concentration: small ones lie
// near the faces of the simplex, large ones near its centre.
func dirichlet(rng *rand.Rand, k int, concentrations []float64, each int) *dense.Matrix[float64] {
	out := dense.New[float64](len(concentrations)*each, k)
	for i := range out.Rows {
		row := out.Row(i)
		for j := range row {
			row[j] = logGamma(rng, concentrations[i/each])
		}
		top := row[0]
		for _, v := range row {
			top = max(top, v)
		}
		for j, v := range row {
			row[j] = math.Exp(v - top)
		}
		normalise(row)
	}
	return out
}

// logGamma returns the logarithm of a gamma variate of shape a: Marsaglia and
// Tsang, ACM TOMS 26(3), 2000, with the shape raised by 1 and G(a) =
// G(a+1)·U^(1/a), whose logarithm does not underflow for small a.
func logGamma(rng *rand.Rand, a float64) float64 {
	d := a + 1 - 1./3
	c := 1 / math.Sqrt(9*d)
	for {
		x := rng.NormFloat64()
		v := 1 + c*x
		if v <= 0 {
			continue
		}
		v *= v * v
		u := 1 - rng.Float64()
		if math.Log(u) < x*x/2+d-d*v+d*math.Log(v) {
			return math.Log(d*v) + math.Log(1-rng.Float64())/a
		}
	}
}

// refined returns the fixed atoms, the active ones, copies of them moved by
// factors exp(sigma·ξ) and random mixes of pairs of them. The active ones begin
// at row K+1.
func refined(rng *rand.Rand, active *dense.Matrix[float64], sigma float64) *dense.Matrix[float64] {
	const lift, mixes = 1e-4, 2 // lift lets coordinates leave zero
	k, copies := active.Cols, 5
	if k > 5 {
		copies = 6
	}
	out := dense.New[float64](active.Rows*(1+copies+mixes), k)
	copy(out.Data, active.Data)
	at := active.Rows
	for i := range active.Rows {
		for range copies {
			row := out.Row(at)
			for j, v := range active.Row(i) {
				row[j] = (v + lift) * math.Exp(sigma*rng.NormFloat64())
			}
			normalise(row)
			at++
		}
	}
	for range mixes * active.Rows {
		a, b, u := active.Row(rng.IntN(active.Rows)), active.Row(rng.IntN(active.Rows)), rng.Float64()
		row := out.Row(at)
		for j := range row {
			row[j] = u*a[j] + (1-u)*b[j]
		}
		normalise(row)
		at++
	}
	return withFixed(k, out)
}

func normalise(row []float64) {
	sum := 0.
	for _, v := range row {
		sum += v
	}
	dense.Scale(1/sum, row)
}
