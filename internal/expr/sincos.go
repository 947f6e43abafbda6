package expr

import "math"

// largestAngle bounds the arguments that sincos reduces by itself.
const largestAngle = 1 << 29

// Parts of π/2: the first two have few bits, so that their products with the
// number of quarter turns are exact for all but very large angles.
const (
	quarterHigh = 2 * 7.85398125648498535156e-1
	quarterMid  = 2 * 3.77489470793079817668e-8
	quarterLow  = 2 * 2.69515142907905952645e-15
)

// toInteger is added to round numbers below 2^51 to integers, which are then the
// last bits.
const toInteger = 0x1.8p52

const signBit = 1 << 63

// sincos computes c = cos a and s = sin a; c or s may be a. Reduction and
// polynomials are those of the Cephes library (S. L. Moshier, Methods and Programs
// for Mathematical Functions, 1989), which package math has too; sign and quadrant
// are set by bit operations, since no branch predictor guesses the quadrants of
// many angles. Explicit conversions keep the rounding the same on every platform.
func sincos(c, s, a []float64) {
	c, s = c[:len(a)], s[:len(a)]
	for _, x := range a {
		if !(math.Abs(x) < largestAngle) {
			for i, x := range a {
				if !(math.Abs(x) < largestAngle) {
					s[i], c[i] = math.Sincos(x)
				} else {
					s[i], c[i] = sincosOne(x)
				}
			}
			return
		}
	}
	reduce(c, s, a)
	turn(c, s)
}

// sincosOne is sincos for one number.
func sincosOne(x float64) (sin, cos float64) {
	var c, s [1]float64
	sincos(c[:], s[:], []float64{x})
	return s[0], c[0]
}

// reduce splits |a| into q quarter turns and the rest z, at most an eighth turn.
// It sets s = z, and c to a number that has the sign of a and ends with the bits
// of q.
func reduce(c, s, a []float64) {
	c, s = c[:len(a)], s[:len(a)]
	for i, x := range a {
		bits := math.Float64bits(x)
		x = math.Float64frombits(bits &^ signBit)
		t := float64(x*(2/math.Pi)) + toInteger
		y := t - toInteger
		s[i] = ((x - float64(y*quarterHigh)) - float64(y*quarterMid)) - float64(y*quarterLow)
		c[i] = math.Float64frombits(math.Float64bits(t) | bits&signBit)
	}
}

// turn finishes what reduce began.
func turn(c, s []float64) {
	c = c[:len(s)]
	for i, z := range s {
		zz := float64(z * z)
		cb := math.Float64bits(1 - float64(0.5*zz) + float64(float64(zz*zz)*cosPolynomial(zz)))
		sb := math.Float64bits(z + float64(float64(z*zz)*sinPolynomial(zz)))
		q := math.Float64bits(c[i])
		swap := (sb ^ cb) & -(q & 1)
		s[i] = math.Float64frombits(sb ^ swap ^ q&signBit ^ (q&2)<<62)
		c[i] = math.Float64frombits(cb ^ swap ^ ((q+1)&2)<<62)
	}
}

// sinPolynomial is (sin z − z)/z³ as a function of z² for |z| ≤ π/4.
func sinPolynomial(zz float64) float64 {
	p := float64(1.58962301576546568060e-10*zz) - 2.50507477628578072866e-8
	p = float64(p*zz) + 2.75573136213857245213e-6
	p = float64(p*zz) - 1.98412698295895385996e-4
	p = float64(p*zz) + 8.33333333332211858878e-3
	return float64(p*zz) - 1.66666666666666307295e-1
}

// cosPolynomial is (cos z − 1 + z²/2)/z⁴ as a function of z² for |z| ≤ π/4.
func cosPolynomial(zz float64) float64 {
	p := float64(-1.13585365213876817300e-11*zz) + 2.08757008419747316778e-9
	p = float64(p*zz) - 2.75573141792967388112e-7
	p = float64(p*zz) + 2.48015872888517045348e-5
	p = float64(p*zz) - 1.38888888888730564116e-3
	return float64(p*zz) + 4.16666666666665929218e-2
}

// exponential returns e^z; |e^z| is exactly 1 up to rounding for imaginary z.
func exponential(z complex128) complex128 {
	s, c := sincosOne(imag(z))
	if real(z) == 0 {
		return complex(c, s)
	}
	r := math.Exp(real(z))
	return complex(float64(r*c), float64(r*s))
}
