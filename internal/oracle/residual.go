package oracle

import (
	"math"
	"math/big"

	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
)

// exactBits holds any sum of products of float64 numbers without rounding.
const exactBits = 4400

// Residual returns b - A·x for matrices of any size, every part rounded once.
func Residual[T scalar.Scalar](p *matrix.Pattern, a, x, b []T) []T {
	r := exactResidual(p, a, x, b)
	out := make([]T, p.Rows)
	for i := range out {
		re, _ := r[i].re.Float64()
		im, _ := r[i].im.Float64()
		out[i] = scalar.Of[T](re, im)
	}
	return out
}

// ComponentwiseError returns max_i |b - A·x|_i / (|A|·|x| + |b|)_i with 0/0 = 0,
// the smallest relative change of single entries of A and b that makes x exact
// (Oettli, Prager, Numer. Math. 6, 1964), from the exact residual.
func ComponentwiseError[T scalar.Scalar](p *matrix.Pattern, a, x, b []T) float64 {
	r := Residual(p, a, x, b)
	scale := make([]scalar.Sum, p.Rows)
	eachFull(p, a, func(i, j int, v T) { scale[i].Add(scalar.Abs(v) * scalar.Abs(x[j])) })
	var worst float64
	for i, v := range r {
		scale[i].Add(scalar.Abs(b[i]))
		if e := scalar.Abs(v); e > 0 {
			worst = math.Max(worst, e/scale[i].Value())
		}
	}
	return worst
}

// NormwiseError returns ‖b - A·x‖∞ / (‖A‖∞·‖x‖∞ + ‖b‖∞) with 0/0 = 0, the smallest
// relative change of A and b in norm that makes x exact (Rigal, Gaches, J. ACM
// 14(3), 1967), from the exact residual.
func NormwiseError[T scalar.Scalar](p *matrix.Pattern, a, x, b []T) float64 {
	r := scalar.MaxAbs(Residual(p, a, x, b))
	if r == 0 {
		return 0
	}
	sums := make([]scalar.Sum, p.Rows)
	eachFull(p, a, func(i, _ int, v T) { sums[i].Add(scalar.Abs(v)) })
	var norm float64
	for i := range sums {
		norm = math.Max(norm, sums[i].Value())
	}
	return r / (norm*scalar.MaxAbs(x) + scalar.MaxAbs(b))
}

// ForwardError returns max_i |x - y|_i / max_i |y|_i, 0 when both are zero; y is the
// exact solution.
func ForwardError[T scalar.Scalar](x, y []T) float64 {
	d := make([]T, len(x))
	for i := range d {
		d[i] = x[i] - y[i]
	}
	if e := scalar.MaxAbs(d); e > 0 {
		return e / scalar.MaxAbs(y)
	}
	return 0
}

// wide is a complex number with room for exact sums of products.
type wide struct{ re, im *big.Float }

func exactResidual[T scalar.Scalar](p *matrix.Pattern, a, x, b []T) []wide {
	r := make([]wide, p.Rows)
	for i, v := range b {
		r[i] = wide{exact(scalar.Real(v)), exact(scalar.Imag(v))}
	}
	product := new(big.Float).SetPrec(106)
	subtract := func(s *big.Float, u, v float64) {
		if u != 0 && v != 0 {
			s.Sub(s, product.Mul(exact(u), exact(v)))
		}
	}
	eachFull(p, a, func(i, j int, v T) {
		vr, vi, xr, xi := scalar.Real(v), scalar.Imag(v), scalar.Real(x[j]), scalar.Imag(x[j])
		subtract(r[i].re, vr, xr)
		subtract(r[i].re, -vi, xi)
		subtract(r[i].im, vr, xi)
		subtract(r[i].im, vi, xr)
	})
	return r
}

func exact(x float64) *big.Float { return new(big.Float).SetPrec(exactBits).SetFloat64(x) }
