package lambda

import (
	"math"
	"math/rand/v2"

	"eimtool/internal/dense"
	"eimtool/internal/scalar"
)

// Mix returns the directions of a cloud and count random convex combinations
// of two to four of them, which fill the hull that they span: a few dozen
// Rayleigh quotients become a dictionary. Directions are first brought to the
// size Σ |x_k|/weight_k = 1; weight is that of Input.
func Mix[T scalar.Scalar](cloud *dense.Matrix[T], weight []float64, count int, seed uint64) *dense.Matrix[T] {
	out := cloud.Clone()
	for j := range out.Rows {
		var size float64
		for k, v := range out.Row(j) {
			size += scalar.Abs(v) / weight[k]
		}
		if size > 0 {
			dense.Scale(scalar.Of[T](1/size, 0), out.Row(j))
		}
	}
	rng := rand.New(rand.NewPCG(seed, 0x317c))
	given := out.Rows
	for range count {
		x := make([]T, out.Cols)
		for _, w := range dirichlet(rng, 2+rng.IntN(3), 0.5) {
			dense.Axpy(scalar.Of[T](w, 0), out.Row(rng.IntN(given)), x)
		}
		out.Data = append(out.Data, x...)
		out.Rows++
	}
	return out
}

// awayShare bounds how close to zero h·x may come on the samples: for complex
// values, the cosine of the largest angle to their mean direction.
const awayShare = 1e-3

// steadyDirections returns the directions of the cloud, for h instead of α,
// whose h·x keep away from zero at all samples, turned so that they are
// positive there. logs asks for a positive real part of every h·x.
func steadyDirections[T scalar.Scalar](cloud *dense.Matrix[T], unit []float64, h *dense.Matrix[T], logs bool) *dense.Matrix[T] {
	out := &dense.Matrix[T]{Cols: cloud.Cols}
	x := make([]T, cloud.Cols)
	for j := range cloud.Rows {
		var size float64
		for k, v := range cloud.Row(j) {
			x[k] = v / scalar.Of[T](unit[k], 0)
			size = math.Max(size, scalar.Abs(x[k]))
		}
		if size == 0 || math.IsInf(size, 0) {
			continue
		}
		if turn, ok := steadyTurn(x, h, logs); ok {
			for k := range x {
				out.Data = append(out.Data, x[k]*turn*scalar.Of[T](1/size, 0))
			}
			out.Rows++
		}
	}
	return out
}

// steadyTurn returns the factor of modulus 1 that makes all h·x positive or,
// complex, brings their mean direction to the positive axis.
func steadyTurn[T scalar.Scalar](x []T, h *dense.Matrix[T], logs bool) (T, bool) {
	var mean, one T
	one = scalar.Of[T](1, 0)
	for i := range h.Rows {
		d := symbolOf(h.Row(i), x)
		if d == 0 {
			return one, false
		}
		mean += d / scalar.Of[T](scalar.Abs(d), 0)
	}
	if scalar.Abs(mean) == 0 {
		return one, false
	}
	turn := scalar.Conj(mean) / scalar.Of[T](scalar.Abs(mean), 0)
	if logs && scalar.IsComplex[T]() {
		turn = one
	}
	for i := range h.Rows {
		d := symbolOf(h.Row(i), x) * turn
		if scalar.Real(d) < awayShare*scalar.Abs(d) {
			return one, false
		}
	}
	return turn, true
}
