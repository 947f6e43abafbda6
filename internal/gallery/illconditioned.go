package gallery

import (
	"math/big"

	"eimtool/internal/matrix"
)

// maxHilbert is the largest order for which every entry of the scaled Hilbert
// matrix is an integer below 2⁵³.
const maxHilbert = 20

// Hilbert returns s·H_n, H_n the Hilbert matrix 1/(i + j + 1), and its scale
// s = lcm(1, …, 2n-1), which makes all entries integers: the matrix is exact.
// n ≤ 20. Its condition grows like (1 + √2)⁴ⁿ / √n, 34 times per order. Lower
// triangle, dense storage. The inverse is HilbertInverse(n, i, j) / s.
func Hilbert(n int) (m *Matrix[float64], scale float64) {
	if n > maxHilbert {
		panic("gallery: entries of a scaled Hilbert matrix of order above 20 are not exact")
	}
	s := big.NewInt(1)
	for k := int64(2); k < int64(2*n); k++ {
		v := big.NewInt(k)
		g := new(big.Int).GCD(nil, nil, s, v)
		s.Mul(s, v.Quo(v, g))
	}
	scale = float64(s.Int64())
	b := newBuilder[float64](n, n, matrix.Symmetric)
	for j := range n {
		for i := j; i < n; i++ {
			b.add(i, j, scale/float64(i+j+1))
		}
	}
	return b.finish().AsDense(), scale
}

// HilbertInverse returns entry (i, j) of the inverse of the unscaled Hilbert
// matrix of order n, an integer: (-1)^(i+j) (i+j+1) C(n+i, n-j-1) C(n+j, n-i-1)
// C(i+j, i)² (Choi, American Mathematical Monthly 90(5), 1983).
func HilbertInverse(n, i, j int) *big.Int {
	c := binomial(i+j, i)
	v := big.NewInt(int64(i + j + 1))
	v.Mul(v, binomial(n+i, n-j-1)).Mul(v, binomial(n+j, n-i-1)).Mul(v, c).Mul(v, c)
	if (i+j)%2 == 1 {
		v.Neg(v)
	}
	return v
}

// HilbertDet returns the determinant of the unscaled Hilbert matrix of order n,
// c_n⁴ / c_2n with c_n = ∏_{k<n} k! (Cauchy).
func HilbertDet(n int) *big.Rat {
	c := superfactorial(n)
	c.Mul(c, c)
	c.Mul(c, c)
	return new(big.Rat).SetFrac(c, superfactorial(2*n))
}

func superfactorial(n int) *big.Int {
	f, c := big.NewInt(1), big.NewInt(1)
	for k := int64(1); k < int64(n); k++ {
		f.Mul(f, big.NewInt(k))
		c.Mul(c, f)
	}
	return c
}

// Pascal returns the Pascal matrix C(i+j, i) of order n ≤ 29, all entries exact:
// symmetric positive definite with determinant 1 and the integer inverse
// PascalInverse(n, i, j); eigenvalues come in pairs λ, 1/λ. Lower triangle,
// dense storage.
func Pascal(n int) *Matrix[float64] {
	b := newBuilder[float64](n, n, matrix.Symmetric)
	for j := range n {
		for i := j; i < n; i++ {
			v, exact := new(big.Float).SetInt(binomial(i+j, i)).Float64()
			if exact != big.Exact {
				panic("gallery: entries of a Pascal matrix of this order are not exact")
			}
			b.add(i, j, v)
		}
	}
	return b.finish().AsDense()
}

// PascalInverse returns entry (i, j) of the inverse of the Pascal matrix of order
// n: (-1)^(i+j) Σ_k C(k, i) C(k, j), since the matrix is L·Lᵀ with L = C(i, j) and
// L⁻¹ = (-1)^(i+j) C(i, j).
func PascalInverse(n, i, j int) *big.Int {
	sum := new(big.Int)
	for k := max(i, j); k < n; k++ {
		v := binomial(k, i)
		sum.Add(sum, v.Mul(v, binomial(k, j)))
	}
	if (i+j)%2 == 1 {
		sum.Neg(sum)
	}
	return sum
}

func binomial(n, k int) *big.Int { return new(big.Int).Binomial(int64(n), int64(k)) }

// Wilkinson returns the matrix on which partial pivoting grows most: 1 on the
// diagonal and in the last column, -1 below the diagonal. Elimination without
// interchanges, which is what partial pivoting does here, gives u_nn = 2^(n-1),
// also its determinant; the condition is only about n (Wilkinson, J. ACM 8(3),
// 1961). General storage.
func Wilkinson(n int) *Matrix[float64] {
	b := newBuilder[float64](n, n, matrix.General)
	for j := range n {
		b.add(j, j, 1)
		for i := j + 1; i < n; i++ {
			b.add(i, j, -1)
		}
		if j < n-1 {
			b.add(j, n-1, 1)
		}
	}
	return b.finish()
}
