package scalar

import (
	"math"
	"math/cmplx"
)

// MaxAbs returns max |x_i|, 0 for an empty slice; NaN elements are passed over.
func MaxAbs[T Scalar](x []T) float64 {
	switch v := any(x).(type) {
	case []float64:
		return maxReal(v)
	case []complex128:
		return maxComplex(v)
	}
	panic("scalar: unreachable")
}

func maxReal(x []float64) float64 {
	var m float64
	for _, a := range x {
		if a = math.Abs(a); a > m {
			m = a
		}
	}
	return m
}

// maxComplex takes the exact modulus, which is slow, only of elements whose
// squares do not show that it is below the largest so far.
func maxComplex(x []complex128) float64 {
	var m float64
	below := -1.0 // squared moduli below it belong to moduli below m
	for _, a := range x {
		r, i := real(a), imag(a)
		if r*r+i*i < below {
			continue
		}
		if b := cmplx.Abs(a); b > m {
			m, below = b, -1
			if s := b * b; s > 0x1p-900 && s < 0x1p1000 {
				below = s * (1 - 8*Eps)
			}
		}
	}
	return m
}

// Sum is a sum that carries its rounding errors along (Knuth's TwoSum; Ogita,
// Rump, Oishi, SIAM J. Sci. Comput. 26(6), 2005, algorithm 4.3): after n
// additions it is off by about Eps·|Σx| + n²·Eps²·Σ|x|. The zero value is an
// empty sum. A sum that overflows on the way is infinite.
type Sum struct{ s, c float64 }

// Add adds x to the sum.
func (s *Sum) Add(x float64) {
	t := s.s + x
	z := t - s.s
	s.c += (s.s - (t - z)) + (x - z)
	s.s = t
}

// Merge adds factor times the sum o; factor must be a power of two.
func (s *Sum) Merge(o Sum, factor float64) {
	s.Add(factor * o.s)
	s.c += factor * o.c
}

// Value returns the sum.
func (s *Sum) Value() float64 {
	if s.s-s.s != 0 { // the errors carried along mean nothing then
		return s.s
	}
	return s.s + s.c
}

// AddSum adds all elements of x to a sum of real and one of imaginary parts.
func AddSum[T Scalar](re, im *Sum, x []T) {
	switch v := any(x).(type) {
	case []float64:
		s := *re
		for _, a := range v {
			s.Add(a)
		}
		*re = s
	case []complex128:
		r, i := *re, *im
		for _, a := range v {
			r.Add(real(a))
			i.Add(imag(a))
		}
		*re, *im = r, i
	}
}

// Elements of modulus within [normLow, normHigh] are squared as they are,
// others after scaling by normUp or normDown, which brings all squares to
// within 2^±950: room for sums and weights.
const (
	normLow  = 0x1p-450
	normHigh = 0x1p450
	normDown = 0x1p-600
	normUp   = 0x1p600
)

// Norm accumulates a weighted 2-norm in three sums, of small, medium and large
// elements (Blue, ACM TOMS 4(1), 1978), so that neither overflow nor underflow
// spoils it. The zero value is an empty norm.
type Norm struct {
	small, medium, large Sum // of squares; small and large ones scaled
}

// Add adds weight·x² to the squared norm; weight must be 0 or within 2^±50.
func (n *Norm) Add(x, weight float64) {
	x = math.Abs(x)
	switch {
	case x > normHigh:
		x *= normDown
		n.large.Add(weight * (x * x))
	case x < normLow:
		x *= normUp
		n.small.Add(weight * (x * x))
	default:
		n.medium.Add(weight * (x * x))
	}
}

// normBlock is the number of squares that are added without carrying rounding
// errors along, in four partial sums: relative error at most 2^-48.
const normBlock = 128

// AddSquares adds weight·Σ|x_i|² to the squared norm n; see Norm.Add.
func AddSquares[T Scalar](n *Norm, x []T, weight float64) {
	for len(x) > 0 {
		b := x[:min(len(x), normBlock)]
		x = x[len(b):]
		var s float64
		switch v := any(b).(type) {
		case []float64:
			s = squaresReal(v)
		case []complex128:
			s = squaresComplex(v)
		}
		// Squares this size have lost nothing that counts to underflow.
		if s > normLow*normLow && s < normHigh*normHigh {
			n.medium.Add(weight * s)
			continue
		}
		if s == 0 && MaxAbs(b) == 0 {
			continue
		}
		for _, a := range b {
			n.Add(Real(a), weight)
			n.Add(Imag(a), weight)
		}
	}
}

func squaresReal(x []float64) float64 {
	var s0, s1, s2, s3 float64
	for len(x) >= 4 {
		s0 += x[0] * x[0]
		s1 += x[1] * x[1]
		s2 += x[2] * x[2]
		s3 += x[3] * x[3]
		x = x[4:]
	}
	for _, a := range x {
		s0 += a * a
	}
	return (s0 + s1) + (s2 + s3)
}

func squaresComplex(x []complex128) float64 {
	var s0, s1, s2, s3 float64
	for len(x) >= 2 {
		s0 += real(x[0]) * real(x[0])
		s1 += imag(x[0]) * imag(x[0])
		s2 += real(x[1]) * real(x[1])
		s3 += imag(x[1]) * imag(x[1])
		x = x[2:]
	}
	for _, a := range x {
		s0 += real(a) * real(a)
		s1 += imag(a) * imag(a)
	}
	return (s0 + s1) + (s2 + s3)
}

// Merge adds the squared norm o.
func (n *Norm) Merge(o Norm) {
	n.small.Merge(o.small, 1)
	n.medium.Merge(o.medium, 1)
	n.large.Merge(o.large, 1)
}

// Value returns the norm: +Inf when it exceeds float64, NaN when an element was NaN.
func (n *Norm) Value() float64 {
	small, medium, large := n.small.Value(), n.medium.Value(), n.large.Value()
	switch {
	case large != 0:
		return math.Sqrt(large+medium*normDown*normDown) * normUp
	case medium != 0:
		return math.Sqrt(medium + small*normDown*normDown)
	default:
		return math.Sqrt(small) * normDown
	}
}
