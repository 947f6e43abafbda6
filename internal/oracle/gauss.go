package oracle

import (
	"math"
	"math/big"

	"eimtool/internal/scalar"
)

// gauss is the Gaussian integer re + i·im.
type gauss struct{ re, im *big.Int }

func newGauss() gauss { return gauss{new(big.Int), new(big.Int)} }

func (z gauss) isZero() bool { return z.re.Sign() == 0 && z.im.Sign() == 0 }

// isReal reports whether the imaginary part is zero.
func (z gauss) isReal() bool { return z.im.Sign() == 0 }

func (z gauss) neg() gauss {
	return gauss{new(big.Int).Neg(z.re), new(big.Int).Neg(z.im)}
}

func (z gauss) conj() gauss {
	return gauss{new(big.Int).Set(z.re), new(big.Int).Neg(z.im)}
}

func (z gauss) add(w gauss) gauss {
	return gauss{new(big.Int).Add(z.re, w.re), new(big.Int).Add(z.im, w.im)}
}

func (z gauss) mul(w gauss) gauss {
	out := newGauss()
	out.re.Mul(z.re, w.re)
	if z.isReal() && w.isReal() {
		return out
	}
	t := new(big.Int)
	out.re.Sub(out.re, t.Mul(z.im, w.im))
	out.im.Mul(z.re, w.im)
	out.im.Add(out.im, t.Mul(z.im, w.re))
	return out
}

// minor returns (z·w - u·v) / d, a division that Bareiss shows to be exact.
func minor(z, w, u, v, d gauss) gauss {
	return z.mul(w).add(u.mul(v).neg()).quo(d)
}

// quo returns z / d where the quotient is a Gaussian integer.
func (z gauss) quo(d gauss) gauss {
	if d.isReal() {
		return gauss{new(big.Int).Quo(z.re, d.re), new(big.Int).Quo(z.im, d.re)}
	}
	out, s := z.mul(d.conj()), d.square()
	out.re.Quo(out.re, s)
	out.im.Quo(out.im, s)
	return out
}

// square returns |z|².
func (z gauss) square() *big.Int {
	s := new(big.Int).Mul(z.re, z.re)
	return s.Add(s, new(big.Int).Mul(z.im, z.im))
}

// quotient returns z / d · 2^exponent, each part rounded once.
func quotient[T scalar.Scalar](z, d gauss, exponent int) T {
	n, m := z, d.re
	if !d.isReal() {
		n, m = z.mul(d.conj()), d.square()
	}
	return scalar.Of[T](rounded(n.re, m, exponent), rounded(n.im, m, exponent))
}

// rounded returns n / m · 2^exponent rounded to the nearest float64.
func rounded(n, m *big.Int, exponent int) float64 {
	up, down := new(big.Int).Set(n), new(big.Int).Set(m)
	if exponent >= 0 {
		up.Lsh(up, uint(exponent))
	} else {
		down.Lsh(down, uint(-exponent))
	}
	f, _ := new(big.Rat).SetFrac(up, down).Float64()
	return f
}

// integer returns the integer x · 2^-exponent.
func integer(x float64, exponent int) *big.Int {
	if x == 0 {
		return new(big.Int)
	}
	m, e := mantissa(x)
	return new(big.Int).Lsh(big.NewInt(m), uint(e-exponent))
}

// mantissa splits x into m·2^e with an odd integer m.
func mantissa(x float64) (m int64, e int) {
	f, e := math.Frexp(x)
	m, e = int64(math.Ldexp(f, 53)), e-53
	for m%2 == 0 {
		m, e = m/2, e+1
	}
	return m, e
}

// lowestExponent returns the largest e for which all x are multiples of 2^e, 0
// when all are zero.
func lowestExponent[T scalar.Scalar](x []T) int {
	lowest, some := 0, false
	for _, v := range x {
		for _, part := range [2]float64{scalar.Real(v), scalar.Imag(v)} {
			if part == 0 {
				continue
			}
			if part-part != 0 {
				panic("oracle: a value is not finite")
			}
			if _, e := mantissa(part); !some || e < lowest {
				lowest, some = e, true
			}
		}
	}
	return lowest
}
