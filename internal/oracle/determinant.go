package oracle

import (
	"math/big"

	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
)

// LogDet returns log|det A| and det A / |det A| of the square A, both to full
// double precision; a real matrix has phase ±1. The error is a *SingularError
// when det A is exactly zero.
func LogDet[T scalar.Scalar](p *matrix.Pattern, a []T) (logAbs float64, phase T, err error) {
	if p.Rows != p.Cols {
		panic("oracle: only a square matrix has a determinant")
	}
	t := newTable(p, a, nil, matrix.NoTranspose)
	if rank := t.eliminate(false); rank < p.Rows {
		return 0, phase, &SingularError{Order: p.Rows, Rank: rank}
	}
	z := t.pivot
	if t.odd {
		z = z.neg()
	}
	half := naturalLog(z.square()) // log of the square of the integer determinant
	half.Quo(half, big.NewFloat(2))
	shift := new(big.Float).SetPrec(half.Prec()).SetInt64(int64(t.aExp) * int64(p.Rows))
	logAbs, _ = half.Add(half, shift.Mul(shift, ln2(half.Prec()))).Float64()
	return logAbs, direction[T](z), nil
}

// direction returns z / |z|, each part rounded once from about 200 bits.
func direction[T scalar.Scalar](z gauss) T {
	prec := uint(200 + 2*max(z.re.BitLen(), z.im.BitLen()))
	modulus := new(big.Float).SetPrec(prec).SetInt(z.square())
	modulus.Sqrt(modulus)
	part := func(v *big.Int) float64 {
		q := new(big.Float).SetPrec(prec).SetInt(v)
		f, _ := q.Quo(q, modulus).Float64()
		return f
	}
	return scalar.Of[T](part(z.re), part(z.im))
}

// naturalLog returns log x of a positive integer with an error below 2^-180
// relative to it, also for x near 1.
func naturalLog(x *big.Int) *big.Float {
	prec := uint(320 + x.BitLen())
	m := new(big.Float).SetPrec(prec).SetInt(x)
	e := m.MantExp(m) // m in [1/2, 1)
	if m.Cmp(big.NewFloat(0.75)) < 0 {
		m.SetMantExp(m, 1)
		e--
	}
	s := new(big.Float).SetPrec(prec).SetInt64(int64(e))
	s.Mul(s, ln2(prec))
	return s.Add(s, logNear1(m))
}

// ln2 returns log 2 = 2·artanh(1/3) = -log(1/2).
func ln2(prec uint) *big.Float {
	h := new(big.Float).SetPrec(prec).SetFloat64(0.5)
	return h.Neg(logNear1(h))
}

// logNear1 returns log m = 2·artanh(z) = 2·(z + z³/3 + z⁵/5 + …), z = (m-1)/(m+1),
// for m between 1/2 and 3/2.
func logNear1(m *big.Float) *big.Float {
	prec := m.Prec()
	one := new(big.Float).SetPrec(prec).SetInt64(1)
	z := new(big.Float).Sub(m, one)
	z.Quo(z, new(big.Float).Add(m, one))
	square := new(big.Float).Mul(z, z)
	sum := new(big.Float).SetPrec(prec)
	for k, power := int64(1), new(big.Float).Copy(z); power.Sign() != 0; k += 2 {
		term := new(big.Float).SetPrec(prec).SetInt64(k)
		term.Quo(power, term)
		sum.Add(sum, term)
		if term.MantExp(nil) < sum.MantExp(nil)-220 {
			break
		}
		power.Mul(power, square)
	}
	return sum.Mul(sum, big.NewFloat(2))
}
