package gallery

import (
	"math/rand/v2"

	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
)

// Saddle returns the saddle-point (KKT) matrix [H Bᵀ; B 0] with H =
// Laplacian(shape...) of order n and m ≤ n constraints of small integer
// coefficients; lower triangle, the zero block not stored. H is positive
// definite and B has full rank, so the inertia is n positive and m negative
// eigenvalues (Sylvester's law).
func Saddle(m int, seed uint64, shape ...int) *Matrix[float64] {
	b := constrained(gridSize(shape), m, seed)
	h := Laplacian(shape...)
	h.Each(func(k, i, j int) { b.add(i, j, h.Values[k]) })
	return b.finish()
}

// ZeroDiagonal returns [0 Bᵀ; B 0] with m ≤ n rows in B, of full rank: no
// diagonal entry is stored, so every pivot is a 2 × 2 block. The inertia is m
// positive, m negative and n - m zero eigenvalues. Lower triangle.
func ZeroDiagonal(n, m int, seed uint64) *Matrix[float64] {
	return constrained(n, m, seed).finish()
}

// constrained starts a symmetric matrix with B in its lower left corner: entry
// (k, k) of B is 3, and up to two random ones to the right of it are ±1, so B is
// in row echelon form.
func constrained(n, m int, seed uint64) *builder[float64] {
	if m > n {
		panic("gallery: more constraints than unknowns")
	}
	rng := rand.New(rand.NewPCG(seed, 2))
	b := newBuilder[float64](n+m, n+m, matrix.Symmetric)
	for k := range m {
		b.add(n+k, k, 3)
		if k+1 < n {
			c := k + 1 + rng.IntN(n-k-1)
			b.add(n+k, c, float64(1-2*rng.IntN(2)))
		}
	}
	return b
}

// Arrow returns the matrix with diagonal d and ones in the last row and column:
// one dense row and column that must be eliminated last. Its determinant is
// ∏_{i<n-1} d_i · (d_{n-1} - Σ_{i<n-1} 1/d_i). Lower triangle.
func Arrow(diagonal []float64) *Matrix[float64] {
	n := len(diagonal)
	b := newBuilder[float64](n, n, matrix.Symmetric)
	for i, d := range diagonal {
		b.add(i, i, d)
		if i < n-1 {
			b.add(n-1, i, 1)
		}
	}
	return b.finish()
}

// PermutedTriangular returns P·L·Q with L lower triangular of order n, about
// `perColumn` entries below each diagonal one, all entries small integers; P and
// Q are random permutations. The diagonal of L is 1 or 2 and small against the
// rest, and zeros sit on the diagonal of the result: elimination needs
// interchanges. det is its exact determinant, ±2^j, which float64 holds for n up
// to 1000. General storage.
func PermutedTriangular[T scalar.Scalar](n, perColumn int, seed uint64) (m *Matrix[T], det float64) {
	rng := rand.New(rand.NewPCG(seed, 3))
	b := newBuilder[T](n, n, matrix.General)
	det = 1
	for j := range n {
		d := float64(1 + rng.IntN(2))
		det *= d
		b.add(j, j, scalar.Of[T](d, 0))
		for range min(perColumn, n-1-j) {
			b.add(j+1+rng.IntN(n-j-1), j, scalar.Of[T](float64(3+rng.IntN(5)), float64(rng.IntN(5))))
		}
	}
	rows, cols := rng.Perm(n), rng.Perm(n)
	return b.finish().Permute(rows, cols), det * sign(rows) * sign(cols)
}

// sign returns the sign of a permutation.
func sign(p []int) float64 {
	s := 1.0
	seen := make([]bool, len(p))
	for i := range p {
		length := 0
		for j := i; !seen[j]; j = p[j] {
			seen[j] = true
			length++
		}
		if length > 0 && length%2 == 0 {
			s = -s
		}
	}
	return s
}
