package coefficients

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"

	"eimtool/internal/dense"
)

// dependent is the relative size of the new part of a basis function at which
// it counts as a combination of those already taken.
const dependent = 1e-8

// polynomialGrowth builds a downward-closed set of basis functions one at a
// time, each time the admissible one whose part orthogonal to the others
// explains most of the weighted residual of all columns together.
type polynomialGrowth struct {
	s       *space
	res     *dense.Matrix[float64] // N × r weighted residual
	q       [][]float64            // orthonormal columns
	coef    [][]float64            // qᵀ·data per column, r each
	raw     [][]float64            // R factor: column t holds the t+1 entries
	indices [][]int
	in      map[string]bool // membership only
	open    []*growthCandidate
}

// growthCandidate is an admissible function: its part v orthogonal to the
// chosen ones, the size it had, and its products with the residual.
type growthCandidate struct {
	idx  []int
	v    []float64
	size float64
	p    []float64
}

// basisVector returns the weighted values of the basis function idx.
func (s *space) basisVector(idx []int) []float64 {
	v := make([]float64, s.p.n)
	var phi []float64
	for i := range v {
		v[i] = s.p.weight[i] * s.p.scale()
		for d, j := range idx {
			if j > 0 {
				phi = append(phi[:0], make([]float64, j+1)...)
				s.axes[d].fill(s.x.At(i, d), phi, nil)
				v[i] *= phi[j]
			}
		}
	}
	return v
}

// newGrowth starts from the constant function alone as candidate.
func newGrowth(s *space) *polynomialGrowth {
	g := &polynomialGrowth{s: s, res: s.p.wy.Clone(), in: map[string]bool{}}
	g.admit(make([]int, len(s.axes)))
	return g
}

// admit adds idx to the admissible functions.
func (g *polynomialGrowth) admit(idx []int) {
	c := &growthCandidate{idx: idx, v: g.s.basisVector(idx)}
	c.size = dense.Norm(c.v)
	for range 2 {
		for _, q := range g.q {
			axpy(-dot(q, c.v), q, c.v)
		}
	}
	c.p = dense.VecMul(c.v, g.res)
	g.open = append(g.open, c)
}

// grow takes the best admissible function; false when none is left.
func (g *polynomialGrowth) grow() bool {
	for {
		best, gain := -1, -1.0
		for k, c := range g.open {
			vv := dot(c.v, c.v)
			if !(vv > dependent*dependent*c.size*c.size) {
				continue
			}
			if w := dot(c.p, c.p) / vv; w > gain {
				best, gain = k, w
			}
		}
		if best < 0 {
			return false
		}
		c := g.open[best]
		g.open = append(g.open[:best], g.open[best+1:]...)
		if g.take(c) {
			return true
		}
	}
}

// take orthogonalises c afresh and adds it; false when it is dependent.
func (g *polynomialGrowth) take(c *growthCandidate) bool {
	v := g.s.basisVector(c.idx)
	r := make([]float64, len(g.q)+1)
	for range 2 {
		for k, q := range g.q {
			h := dot(q, v)
			axpy(-h, q, v)
			r[k] += h
		}
	}
	norm := dense.Norm(v)
	if !(norm > dependent*c.size) {
		return false
	}
	for i := range v {
		v[i] /= norm
	}
	r[len(g.q)] = norm
	coef := dense.VecMul(v, g.res)
	for i, a := range v {
		axpy(-a, coef, g.res.Row(i))
	}
	g.q, g.coef, g.raw, g.indices = append(g.q, v), append(g.coef, coef), append(g.raw, r), append(g.indices, c.idx)
	for _, o := range g.open {
		h := dot(v, o.v)
		axpy(-h, v, o.v)
		axpy(-h, coef, o.p)
	}
	g.in[fmt.Sprint(c.idx)] = true
	for d := range c.idx {
		next := append([]int(nil), c.idx...)
		next[d]++
		if g.admissible(next) {
			g.admit(next)
		}
	}
	return true
}

// admissible reports whether all predecessors of idx are taken.
func (g *polynomialGrowth) admissible(idx []int) bool {
	for d, j := range idx {
		if j == 0 {
			continue
		}
		prev := append([]int(nil), idx...)
		prev[d]--
		if !g.in[fmt.Sprint(prev)] {
			return false
		}
	}
	return true
}

// adaptive grows the polynomial space to 0.8 N terms, at most most, and keeps the prefix with
// the best left-out score. It is exact for additive, affine and low-rank
// dependence in any dimension.
func (s *space) adaptive(most int) *candidate {
	c := &candidate{kind: KindAdaptive, space: s, score: math.Inf(1)}
	n := s.p.n
	limit, step := min(most, max(1, 4*n/5)), max(1, n/25)
	g := newGrowth(s)
	b := newBlocks(s.p)
	terms := 0
	for len(g.q) < limit && g.grow() {
		b.add(g.q[len(g.q)-1])
		done := rms(g.res) < roundOff/2
		if t := len(g.q); t > 1 && t%step != 0 && !done && t != limit {
			continue
		}
		if res := b.leftOut(g.res); res != nil {
			if v := rootMean(res, s.p.inner); v < c.score && (c.score > roundOff || terms == 0) {
				c.score, c.res, terms = v, res, len(g.q)
			}
		}
		if done {
			break
		}
	}
	if terms == 0 {
		c.note = "left-out samples are not predictable"
		return c
	}
	c.note = fmt.Sprintf("%d terms", terms)
	c.build = func() (Part, error) { return g.part(terms), nil }
	return c
}

// part solves R·C = QᵀZ for the coefficients of the first t terms.
func (g *polynomialGrowth) part(t int) Part {
	p := Part{Kind: KindAdaptive, Axes: g.s.axes, Coef: dense.New[float64](t, g.res.Cols)}
	r := dense.New[float64](t, t)
	for k := range t {
		p.Indices = append(p.Indices, g.indices[k]...)
		copy(p.Coef.Row(k), g.coef[k])
		for i, v := range g.raw[k] {
			r.Set(i, k, v)
		}
	}
	for i := range p.Coef.Data {
		p.Coef.Data[i] *= g.s.p.scale()
	}
	if g.res.Cols > 0 {
		blas64.Trsm(blas.Left, blas.NoTrans, 1, triangular(r), general(p.Coef))
	}
	return p
}

// rms returns the root mean square over rows.
func rms(m *dense.Matrix[float64]) float64 {
	return dense.Norm(m.Data) / math.Sqrt(float64(max(1, m.Rows)))
}
