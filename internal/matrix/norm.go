package matrix

import "eimtool/internal/scalar"

// Norm1 returns the largest column sum of moduli of the full matrix with the
// values a on p.
func Norm1[T scalar.Scalar](p *Pattern, a []T) float64 {
	sum := make([]float64, p.Cols)
	mirror := p.Symmetry != General
	p.Each(func(k, i, j int) {
		m := scalar.Abs(a[k])
		sum[j] += m
		if mirror && i != j {
			sum[i] += m
		}
	})
	return scalar.MaxAbs(sum)
}

// PositiveDiagonal reports whether all diagonal elements of the square matrix
// with the values a on p are stored and have a positive real part.
func PositiveDiagonal[T scalar.Scalar](p *Pattern, a []T) bool {
	for j := range p.Cols {
		k, ok := p.Find(j, j)
		if !ok || !(scalar.Real(a[k]) > 0) {
			return false
		}
	}
	return true
}
