package coefficients

import "math"

// apply returns the coordinate x of a parameter value and dx/dμ. The result is
// NaN where the warp is not defined.
func (a *Axis) apply(mu float64) (x, dx float64) {
	if a.Warp == WarpPeriodic {
		s := 2 * math.Pi / a.Period
		return s * (mu - a.Centre), s
	}
	v, d := warp(a.Warp, mu)
	return (v - a.Centre) / a.Half, d / a.Half
}

// warp returns the warped value of mu and its derivative.
func warp(name string, mu float64) (v, d float64) {
	switch name {
	case WarpSqrt:
		v = math.Sqrt(mu)
		return v, 0.5 / v
	case WarpLog:
		return math.Log(mu), 1 / mu
	case WarpInverse:
		return 1 / mu, -1 / (mu * mu)
	}
	return mu, 1
}

// newAxis scales the warped values of a parameter to [−1, 1]; the range must
// not be empty.
func newAxis(param int, name string, values []float64) Axis {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, m := range values {
		v, _ := warp(name, m)
		lo, hi = min(lo, v), max(hi, v)
	}
	return Axis{Param: param, Warp: name, Centre: lo + (hi-lo)/2, Half: (hi - lo) / 2}
}

// fill computes φ_0 … φ_{n−1} at x, and their derivatives when dphi is not
// nil: normalised Chebyshev polynomials 1, √2 T_1, √2 T_2, …, or 1, √2 cos x,
// √2 sin x, √2 cos 2x, … on a periodic axis.
func (a *Axis) fill(x float64, phi, dphi []float64) {
	n := len(phi)
	if n == 0 {
		return
	}
	phi[0] = 1
	if dphi != nil {
		dphi[0] = 0
	}
	if a.Warp == WarpPeriodic {
		for j := 1; j < n; j++ {
			k := float64((j + 1) / 2)
			s, c := math.Sincos(k * x)
			if j%2 == 0 {
				s, c = -c, s // value sin kx, derivative k cos kx
			}
			phi[j] = math.Sqrt2 * c
			if dphi != nil {
				dphi[j] = -math.Sqrt2 * k * s
			}
		}
		return
	}
	// T_j by the three-term recurrence, T'_j by its derivative.
	t0, t1, d0, d1 := 1.0, x, 0.0, 1.0
	for j := 1; j < n; j++ {
		phi[j] = math.Sqrt2 * t1
		if dphi != nil {
			dphi[j] = math.Sqrt2 * d1
		}
		t0, t1, d0, d1 = t1, 2*x*t1-t0, d1, 2*t1+2*x*d1-d0
	}
}

// degree returns the polynomial or harmonic degree of φ_j.
func (a *Axis) degree(j int) int {
	if a.Warp == WarpPeriodic {
		return (j + 1) / 2
	}
	return j
}
