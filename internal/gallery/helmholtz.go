package gallery

import (
	"math"
	"math/cmplx"
	"math/rand/v2"
	"slices"

	"eimtool/internal/matrix"
)

// DampedHelmholtz returns Laplacian(shape...) - k2·I, complex symmetric (not
// Hermitian), lower triangle. Its eigenvalues are LaplacianEigenvalues - k2; it
// is singular for no k2 off the real axis.
func DampedHelmholtz(k2 complex128, shape ...int) *Matrix[complex128] {
	return Complex(Laplacian(shape...)).Shift(-k2)
}

// HermitianGrid returns Dᴴ·(Laplacian(shape...) - shift·I)·D with random phases
// D = diag(e^(iφ)): a Hermitian matrix with complex entries off the diagonal,
// the eigenvalues LaplacianEigenvalues - shift, hence the inertia that the shift
// chooses and, for 0 < shift < 4·dimension, usually an indefinite one. Lower
// triangle.
func HermitianGrid(shift float64, seed uint64, shape ...int) *Matrix[complex128] {
	m := Complex(Laplacian(shape...)).Shift(complex(-shift, 0))
	p := *m.Pattern
	p.Symmetry = matrix.Hermitian
	rng := rand.New(rand.NewPCG(seed, 1))
	phase := make([]float64, p.Cols)
	for i := range phase {
		phase[i] = 2 * math.Pi * rng.Float64()
	}
	p.Each(func(k, i, j int) {
		if i != j {
			m.Values[k] *= cmplx.Rect(1, phase[j]-phase[i])
		}
	})
	return &Matrix[complex128]{Pattern: &p, Values: m.Values}
}

// Resonator returns stiffness K and mass M, on one pattern, of bilinear (Q1)
// finite elements for an undamped membrane of lengths lx × ly with nx × ny inner
// nodes and a fixed rim; lower triangles. K - k²·M is singular exactly at the k
// that Resonances returns.
func Resonator(nx, ny int, lx, ly float64) (stiffness, mass *Matrix[float64]) {
	hx, hy := lx/float64(nx+1), ly/float64(ny+1)
	k := newBuilder[float64](nx*ny, nx*ny, matrix.Symmetric)
	m := newBuilder[float64](nx*ny, nx*ny, matrix.Symmetric)
	for i := range nx * ny {
		for dx := -1; dx <= 1; dx++ {
			for dy := -1; dy <= 1; dy++ {
				a, b := i/ny+dx, i%ny+dy
				if a < 0 || b < 0 || a >= nx || b >= ny {
					continue
				}
				kx, mx := stencil(dx, hx)
				ky, my := stencil(dy, hy)
				k.addLower(i, a*ny+b, kx*my+mx*ky)
				m.addLower(i, a*ny+b, mx*my)
			}
		}
	}
	stiffness, mass = k.finish(), m.finish()
	mass.Pattern = stiffness.Pattern
	return stiffness, mass
}

// stencil returns stiffness and mass of linear elements of length h between a
// node and its neighbour at distance d.
func stencil(d int, h float64) (stiffness, mass float64) {
	if d == 0 {
		return 2 / h, 2 * h / 3
	}
	return -1 / h, h / 6
}

// Resonances returns the wave numbers k > 0, in increasing order and with their
// multiplicities, at which K - k²·M of Resonator(nx, ny, lx, ly) is singular:
// k² = λ_p(nx, lx) + λ_q(ny, ly) with λ_p = (6/h²)·(1 - c)/(2 + c),
// c = cos(pπh/l), the eigenvalues of one direction.
func Resonances(nx, ny int, lx, ly float64) []float64 {
	lengths := []float64{lx, ly}
	squares := sumEigenvalues([]int{nx, ny}, func(d, n, p int) float64 {
		h := lengths[d] / float64(n+1)
		s := math.Sin(math.Pi * float64(p) / float64(2*n+2)) // 1 - c = 2 s², 2 + c = 3 - 2 s²
		return 12 * s * s / (3 - 2*s*s) / (h * h)
	})
	slices.Sort(squares)
	for p, v := range squares {
		squares[p] = math.Sqrt(v)
	}
	return squares
}
