package lanczos

import (
	"math/rand/v2"

	"eimtool/internal/dense"
	"eimtool/internal/scalar"
)

// probeStream tells the random numbers of the vectors from others of one seed.
const probeStream = 0x9e3779b97f4a7c15

// fillProbes writes the random vectors first, first+1, ... to the columns of z:
// independent elements ±1 or, complex, ±1 and ±i, all of equal probability. Among
// vectors with independent elements of mean 0 and variance 1 those with
// elements of modulus 1 give zᴴ·L·z the least variance: 2·Σ|L_ij|² over i ≠ j,
// half of it for complex ones (Hutchinson, Commun. Stat. 18(3), 1989).
func fillProbes[T scalar.Scalar](z *dense.Matrix[T], seed uint64, first int) {
	bits := 1
	choice := []T{scalar.Of[T](1, 0), scalar.Of[T](-1, 0)}
	if scalar.IsComplex[T]() {
		bits = 2
		choice = append(choice, scalar.Of[T](0, 1), scalar.Of[T](0, -1))
	}
	mask := uint64(len(choice) - 1)
	for c := range z.Cols {
		rng := rand.NewPCG(seed, probeStream+uint64(first+c))
		var word uint64
		left := 0
		for i := range z.Rows {
			if left == 0 {
				word, left = rng.Uint64(), 64
			}
			z.Data[i*z.Cols+c] = choice[word&mask]
			word >>= bits
			left -= bits
		}
	}
}
