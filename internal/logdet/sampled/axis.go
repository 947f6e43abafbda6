package sampled

import (
	"math"

	"eimtool/internal/coefficients"
)

// warpRatio is the ratio max/min from which a positive parameter is tried
// under its logarithm.
const warpRatio = 1.5

// newAxis scales the warped values of parameter j to [−1, 1].
func newAxis(j int, warp string, lower, upper float64) coefficients.Axis {
	a := coefficients.Axis{Param: j, Warp: warp}
	lo, _ := warped(warp, lower)
	hi, _ := warped(warp, upper)
	a.Centre, a.Half = lo+(hi-lo)/2, math.Abs(hi-lo)/2
	return a
}

// place returns the coordinate of a parameter value on the axis, and its
// derivative; NaN where the warp is not defined.
func place(a *coefficients.Axis, mu float64) (x, dx float64) {
	if a.Warp == coefficients.WarpPeriodic {
		s := 2 * math.Pi / a.Period
		return s * (mu - a.Centre), s
	}
	v, d := warped(a.Warp, mu)
	return (v - a.Centre) / a.Half, d / a.Half
}

// unplace returns the parameter value at coordinate x of an axis that is the
// identity or a logarithm.
func unplace(a *coefficients.Axis, x float64) float64 {
	v := a.Centre + a.Half*x
	if a.Warp == coefficients.WarpLog {
		return math.Exp(v)
	}
	return v
}

// warped returns the warped value of mu and its derivative.
func warped(name string, mu float64) (v, d float64) {
	switch name {
	case coefficients.WarpSqrt:
		v = math.Sqrt(mu)
		return v, 0.5 / v
	case coefficients.WarpLog:
		return math.Log(mu), 1 / mu
	case coefficients.WarpInverse:
		return 1 / mu, -1 / (mu * mu)
	}
	return mu, 1
}

// fillBasis computes the normalised Chebyshev polynomials 1, √2 T_1, √2 T_2, …
// (on a periodic axis 1, √2 cos x, √2 sin x, √2 cos 2x, …) at x and their
// derivatives. The slices have equal lengths of at least 1.
func fillBasis(a *coefficients.Axis, x float64, phi, dphi []float64) {
	phi[0], dphi[0] = 1, 0
	if a.Warp == coefficients.WarpPeriodic {
		for j := 1; j < len(phi); j++ {
			k := float64((j + 1) / 2)
			s, c := math.Sincos(k * x)
			if j%2 == 0 {
				s, c = -c, s
			}
			phi[j], dphi[j] = math.Sqrt2*c, -math.Sqrt2*k*s
		}
		return
	}
	t0, t1, d0, d1 := math.Sqrt2, math.Sqrt2*x, 0.0, math.Sqrt2
	for j := 1; j < len(phi); j++ {
		phi[j], dphi[j] = t1, d1
		t0, t1, d0, d1 = t1, 2*x*t1-t0, d1, 2*t1+2*x*d1-d0
	}
}
