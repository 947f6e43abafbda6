package gallery

import (
	"math"
	"math/cmplx"
	"slices"

	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
)

// Laplacian returns the 3-, 5-, 7-point … Laplacian on a grid of shape[0] ×
// shape[1] × … unknowns with zero boundary values and step 1: 2·dimension on
// the diagonal, -1 for each neighbour; symmetric positive definite, lower
// triangle. The first index varies slowest. LaplacianEigenvalues and
// LaplacianLogDet are its closed forms.
func Laplacian(shape ...int) *Matrix[float64] {
	b := newBuilder[float64](gridSize(shape), gridSize(shape), matrix.Symmetric)
	eachNeighbour(shape, func(i, j, _ int) { b.addLower(i, j, -1) })
	for i := range gridSize(shape) {
		b.add(i, i, 2*float64(len(shape)))
	}
	return b.finish()
}

// LaplacianEigenvalues returns the eigenvalues of Laplacian(shape...) in
// increasing order: Σ_d 4·sin²(π·p_d / (2·shape_d + 2)), p_d = 1..shape_d.
func LaplacianEigenvalues(shape ...int) []float64 {
	sums := sumEigenvalues(shape, func(_, n, p int) float64 {
		s := math.Sin(math.Pi * float64(p) / float64(2*n+2))
		return 4 * s * s
	})
	slices.Sort(sums)
	return sums
}

// LaplacianLogDet returns log det Laplacian(shape...), to about 1 unit in the
// last place for one dimension, where it is log(n + 1).
func LaplacianLogDet(shape ...int) float64 {
	if len(shape) == 1 {
		return math.Log(float64(shape[0] + 1))
	}
	var s scalar.Sum
	for _, v := range LaplacianEigenvalues(shape...) {
		s.Add(math.Log(v))
	}
	return s.Value()
}

// Convection returns the central-difference convection-diffusion operator on a
// grid: Laplacian(shape...) with -1 + wind[d] towards the next and -1 - wind[d]
// towards the previous node in direction d; general storage. With |wind| < 1
// the eigenvalues are real, above they are complex; see ConvectionEigenvalues.
func Convection(shape []int, wind []float64) *Matrix[float64] {
	b := newBuilder[float64](gridSize(shape), gridSize(shape), matrix.General)
	eachNeighbour(shape, func(i, j, d int) {
		if j > i {
			b.add(i, j, -1+wind[d])
		} else {
			b.add(i, j, -1-wind[d])
		}
	})
	for i := range gridSize(shape) {
		b.add(i, i, 2*float64(len(shape)))
	}
	return b.finish()
}

// ConvectionEigenvalues returns the eigenvalues of Convection(shape, wind) in
// no special order: Σ_d 2 - 2·√(1 - wind_d²)·cos(π·p_d / (shape_d + 1)), from
// the tridiagonal Toeplitz matrices of which the operator is the Kronecker sum.
func ConvectionEigenvalues(shape []int, wind []float64) []complex128 {
	return sumEigenvalues(shape, func(d, n, p int) complex128 {
		c := math.Cos(math.Pi * float64(p) / float64(n+1))
		return 2 - 2*cmplx.Sqrt(complex(1-wind[d]*wind[d], 0))*complex(c, 0)
	})
}

// sumEigenvalues returns the sums of one eigenvalue part(d, shape[d], p) per
// direction d over all p = 1..shape[d]: the spectrum of a Kronecker sum.
func sumEigenvalues[T scalar.Scalar](shape []int, part func(d, n, p int) T) []T {
	sums := []T{0}
	for d, n := range shape {
		next := make([]T, 0, len(sums)*n)
		for _, s := range sums {
			for p := 1; p <= n; p++ {
				next = append(next, s+part(d, n, p))
			}
		}
		sums = next
	}
	return sums
}

// gridSize returns the number of nodes of a grid.
func gridSize(shape []int) int {
	n := 1
	for _, s := range shape {
		n *= s
	}
	return n
}

// eachNeighbour calls f with every ordered pair i, j of neighbours of a grid and
// the direction d in which they are.
func eachNeighbour(shape []int, f func(i, j, d int)) {
	for d, n := range shape {
		stride := gridSize(shape[d+1:])
		for i := range gridSize(shape) {
			if i/stride%n+1 < n {
				f(i, i+stride, d)
				f(i+stride, i, d)
			}
		}
	}
}
