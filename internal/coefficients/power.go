package coefficients

import (
	"math"

	"eimtool/internal/dense"
)

// Warped returns the value v of parameter j in the coordinate in which the
// chosen model is expressed, before scaling: v itself for a parameter that is
// not warped, is periodic or did not vary; NaN outside the domain of its warp.
func (m *Model) Warped(j int, v float64) float64 {
	for _, a := range m.Estimate.Axes {
		if a.Param == j && a.Warp != WarpPeriodic {
			w, _ := warp(a.Warp, v)
			return w
		}
	}
	return v
}

// Prior returns, for every row x of positions in [−1, 1]^D, the values
// exp(−a·|j|) φ_j(x) of basis functions j of smallest total degree |j|, φ_j a
// product of normalised Chebyshev polynomials. The inner product of two rows is
// the covariance of a Gaussian process of functions that are analytic in the
// Bernstein ellipses of sum of semi-axes exp(a) around the box: the one whose
// mean minimum-norm interpolation is. The number of functions and a follow from
// the number n of samples that the process is meant for: a = 5/d with d the
// smallest degree to which n samples determine polynomials, so that n samples
// leave a hundredth of the deviation whatever n and D are.
func Prior(x *dense.Matrix[float64], n int) *dense.Matrix[float64] {
	dim := x.Cols
	axes, a := make([]Axis, dim), make([]float64, dim)
	for d := range axes {
		axes[d] = Axis{Param: d, Warp: WarpIdentity, Half: 1}
		a[d] = priorDecay / float64(determinedDegree(n, dim))
	}
	idx, weight := SmallestIndices(axes, a, kernelTerms(n))
	out := dense.New[float64](x.Rows, len(weight))
	tables := tabulate(axes, x, indexCounts(idx, dim))
	column := make([]float64, x.Rows)
	for k, w := range weight {
		products(tables, idx[k*dim:(k+1)*dim], column)
		for i, v := range column {
			out.Set(i, k, w*v)
		}
	}
	return out
}

// priorDecay is a·d of Prior.
const priorDecay = 5

// determinedDegree returns the smallest total degree, at least 1, whose
// polynomials in dim variables number n or more.
func determinedDegree(n, dim int) int {
	count := float64(dim + 1)
	d := 1
	for ; count < float64(n); d++ {
		count *= float64(dim+d+1) / float64(d+1)
	}
	return d
}

// Coverage counts the left-out events whose residual lies within the estimate
// that the other events give there: within of events. It says how far the
// estimates of m can be trusted.
func (m *Model) Coverage() (within, events int) {
	e := &m.Estimate
	if e.Events == nil {
		return 0, 0
	}
	for k, residual := range e.Residual {
		if residual <= e.withoutEvent(k, m.Score <= notModelled) {
			within++
		}
	}
	return within, len(e.Residual)
}

// withoutEvent is the estimate at event k from the others.
func (e *Estimate) withoutEvent(k int, modelled bool) float64 {
	x := e.Events.Row(k)
	var peak, largest float64
	for _, n := range e.nearest(x, nearestPeak, true) {
		peak = max(peak, e.Residual[n])
	}
	v := bound * peak
	if !e.SecondPoor {
		v = min(v, calibration*e.Factor*math.Hypot(e.Difference[k], e.Ratio*e.nearby(x, true)))
	}
	v = max(v, peak/bound)
	if !modelled {
		for n, r := range e.Residual {
			if n != k {
				largest = max(largest, r)
			}
		}
		v = max(v, 2*largest)
	}
	return v
}
