package sampled

import "math"

// radial returns the kernel as a function of the squared scaled distance s,
// and its first two derivatives: exp(−s/2), or Matérn's with smoothness 5/2,
// (1 + √5 r + 5r²/3) exp(−√5 r) with r = √s.
func radial(matern bool, s float64) (f, f1, f2 float64) {
	if !matern {
		f = math.Exp(-s / 2)
		return f, -f / 2, f / 4
	}
	r := math.Sqrt(5 * s)
	e := math.Exp(-r)
	return (1 + r + r*r/3) * e, -5.0 / 6 * (1 + r) * e, 25.0 / 12 * e
}

// evalKernel evaluates a kernel part at the coordinates x.
func (t *Part) evalKernel(x, slope []float64) float64 {
	dim := len(x)
	v := t.Trend[0]
	for d := range dim {
		v += t.Trend[d+1] * x[d]
		slope[d] = t.Trend[d+1]
	}
	var store [maxDim]float64
	u := store[:]
	if dim > maxDim {
		u = make([]float64, dim)
	}
	for i, c := range t.Coef {
		node := t.Nodes.Data[i*dim : (i+1)*dim]
		var s float64
		for d := range dim {
			u[d] = (x[d] - node[d]) / t.Lengths[d]
			s += u[d] * u[d]
		}
		f, f1, f2 := radial(t.Kind == KindMatern, s)
		v += c * f
		own := 2 * f1 * c
		if t.Pull != nil {
			pull := t.Pull.Data[i*dim : (i+1)*dim]
			var along float64 // Σ P_e u_e/l_e
			for e := range dim {
				along += pull[e] * u[e] / t.Lengths[e]
				slope[e] -= 2 * f1 * pull[e] / (t.Lengths[e] * t.Lengths[e])
			}
			v -= 2 * f1 * along
			own -= 4 * f2 * along
		}
		for d := range dim {
			slope[d] += own * u[d] / t.Lengths[d]
		}
	}
	return v
}
