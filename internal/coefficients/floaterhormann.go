package coefficients

import (
	"fmt"
	"math"
	"slices"

	"eimtool/internal/dense"
)

// floaterHormannDegree is the degree d of the blended polynomials.
const floaterHormannDegree = 8

// floaterHormann fits the Floater-Hormann rational interpolant without real
// poles (Numerische Mathematik 107, 2007) on all samples of one coordinate.
func (s *space) floaterHormann() *candidate {
	c := &candidate{kind: KindFloaterHormann, space: s, score: math.Inf(1)}
	n := s.p.n
	if n < 4 || !s.distinctNodes() {
		c.note = "too few samples, or parameters repeat"
		return c
	}
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		if s.x.Data[a] < s.x.Data[b] {
			return -1
		}
		return 1
	})
	place := make([]int, n)
	for k, i := range order {
		place[i] = k
	}
	c.res = dense.New[float64](eventRows(s.p.events), s.p.r)
	for e, g := range s.p.events {
		i := g[0]
		part := s.blended(slices.Delete(slices.Clone(order), place[i], place[i]+1))
		v, _ := part.evalBarycentric(s.x.Data[i], false)
		for j, a := range s.p.y.Row(i) {
			c.res.Set(e, j, s.p.weight[i]*(a-v[j]))
		}
	}
	c.score = rootMean(c.res, s.p.inner)
	c.note = fmt.Sprintf("degree %d", min(floaterHormannDegree, n-1))
	c.build = func() (Part, error) { return s.blended(order), nil }
	return c
}

// blended returns the interpolant on the samples order, sorted by coordinate.
func (s *space) blended(order []int) Part {
	x := make([]float64, len(order))
	for k, i := range order {
		x[k] = s.x.Data[i]
	}
	return Part{
		Kind: KindFloaterHormann, Axes: s.axes, Support: x,
		WeightRe: blendingWeights(x, min(floaterHormannDegree, len(x)-1)),
		Coef:     s.p.y.SelectRows(order),
	}
}

// blendingWeights returns w_k = Σ_i (−1)^i Π_{j=i..i+d, j≠k} 1/(x_k − x_j)
// over the i with i ≤ k ≤ i+d, scaled to a largest modulus of one.
func blendingWeights(x []float64, d int) []float64 {
	n := len(x)
	h := (x[n-1] - x[0]) / float64(n-1) // keeps the products near one
	w := make([]float64, n)
	var largest float64
	for k := range x {
		for i := max(0, k-d); i <= min(k, n-1-d); i++ {
			p := 1.0
			if i%2 == 1 {
				p = -1
			}
			for j := i; j <= i+d; j++ {
				if j != k {
					p *= h / (x[k] - x[j])
				}
			}
			w[k] += p
		}
		largest = max(largest, math.Abs(w[k]))
	}
	for k := range w {
		w[k] /= largest
	}
	return w
}
