package coefficients

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"

	"eimtool/internal/dense"
)

const (
	samplesPerCoefficient = 5   // least number of samples per coefficient of a denominator
	leadingColumns        = 10  // principal coordinates that determine the denominator
	polePoints            = 512 // points of the box at which the denominator is checked
)

// totalDegree returns the multi-indices of total degree at most deg.
func totalDegree(axes []Axis, deg int) (idx []int, terms int) {
	a := ones(len(axes))
	count := 1
	for d := range axes {
		count = count * (2*deg + d + 1) / (d + 1) // periodic axes have two functions per degree
	}
	all, w := SmallestIndices(axes, a, max(count*4, 64))
	for k := range w {
		if w[k] >= math.Exp(-float64(deg)-0.5) {
			terms = k + 1
		}
	}
	return all[:terms*len(axes)], terms
}

// rationalFit is the state of one denominator degree on one space.
type rationalFit struct {
	s      *space
	idx    []int
	terms  int
	values *dense.Matrix[float64] // N × terms, basis of q at the samples
	box    *dense.Matrix[float64] // points × terms, basis of q inside the box
}

// rational fits f = g/q with a common denominator q of total degree deg: q
// makes q·y as smooth as the kernel of bernstein can see, g interpolates q·y
// with minimum norm. Denominators that vanish or nearly vanish on the samples
// or inside the box are refused.
func (s *space) rational(deg int) *candidate {
	c := &candidate{kind: KindRational, space: s, score: math.Inf(1)}
	f := &rationalFit{s: s}
	f.idx, f.terms = totalDegree(s.axes, deg)
	if s.p.n < samplesPerCoefficient*f.terms || s.p.r == 0 {
		c.note = fmt.Sprintf("denominator degree %d: too few samples", deg)
		return c
	}
	f.values = basisAt(s.axes, f.idx, s.x)
	f.box = basisAt(s.axes, f.idx, s.boxPoints(polePoints))
	var logA, den []float64
	var nugget float64
	e := &s.p.effort
	coordinateSearch(isotropic(len(s.axes), e.analyticStart...), e.rationalSteps, func(a []float64) float64 {
		value := math.Inf(1)
		for _, l := range e.rational {
			res, q := f.score(a, l)
			if res == nil {
				continue
			}
			v := rootMean(res, s.p.inner)
			value = min(value, v)
			if v < c.score {
				c.score, c.res, logA, nugget, den = v, res, a, l, q
			}
		}
		return value
	})
	if logA == nil {
		c.note = fmt.Sprintf("denominator degree %d: poles in the box", deg)
		return c
	}
	c.note = fmt.Sprintf("denominator degree %d, log a %.2f, nugget %.0e", deg, logA, nugget)
	c.build = func() (Part, error) { return f.part(logA, nugget, den) }
	c.refine = func() { f.refine(c, logA, nugget, den) }
	return c
}

// refine recomputes the left-out residuals with a denominator of its own for
// every event: with the denominator of all samples they flatter.
func (f *rationalFit) refine(c *candidate, logA []float64, nugget float64, den []float64) {
	p := f.s.p
	k := f.s.factor(logA)
	t := regularise(k.r, nugget*k.norm)
	inv := inverseUpper(t)
	if inv == nil {
		return
	}
	q := f.onSamples(den)
	x := solveTransposed(t, timesRows(p.wy, q))
	z := f.denominatorColumns(t)
	largest := slices.Max(q)
	row := 0
	for _, g := range p.events {
		own, tri := orthogonalRows(inv, g)
		if own == nil {
			return
		}
		change := f.denominatorWithout(z, own)
		if change == nil {
			return
		}
		scale := dot(change, den)
		for i := range change {
			change[i] = change[i]*scale - den[i]
		}
		dq := dense.New[float64](p.n, 1)
		for i := range dq.Data {
			dq.Data[i] = dot(f.values.Row(i), change)
		}
		// x of the changed data is x + T⁻ᵀ(dq·wy).
		e := product(blas.NoTrans, blas.NoTrans, own, x)
		h := own.Clone()
		blas64.Trsm(blas.Right, blas.Trans, 1, triangular(t), general(h))
		blas64.Gemm(blas.NoTrans, blas.NoTrans, 1, general(h), general(timesRows(p.wy, dq.Data)), 1, general(e))
		blas64.Trsm(blas.Left, blas.NoTrans, 1, triangular(tri), general(e))
		for l, i := range g {
			at := max(q[i]+dq.Data[i], poleRatio*largest)
			for j, v := range e.Row(l) {
				c.res.Set(row, j, v/at)
			}
			row++
		}
	}
	c.score = rootMean(c.res, p.inner)
}

// timesRows returns m with row i multiplied by q_i.
func timesRows(m *dense.Matrix[float64], q []float64) *dense.Matrix[float64] {
	z := m.Clone()
	for i, v := range q {
		for j := range z.Row(i) {
			z.Data[i*z.Cols+j] *= v
		}
	}
	return z
}

// basisAt returns the values (points × terms) of the basis functions idx at
// the rows of x.
func basisAt(axes []Axis, idx []int, x *dense.Matrix[float64]) *dense.Matrix[float64] {
	dim := len(axes)
	tables := tabulate(axes, x, indexCounts(idx, dim))
	t := dense.New[float64](len(idx)/dim, x.Rows)
	for k := range t.Rows {
		products(tables, idx[k*dim:(k+1)*dim], t.Row(k))
	}
	return t.Transpose()
}

// boxPoints returns m quasi-random points of the box and its corners (up to
// 2^8) in the coordinates of the space.
func (s *space) boxPoints(m int) *dense.Matrix[float64] {
	dim := len(s.axes)
	corners := 1 << min(dim, 8)
	u := Halton(m, dim)
	x := dense.New[float64](m+corners, dim)
	for i := range x.Rows {
		for d := range s.axes {
			t := float64(i >> d & 1)
			if i < m {
				t = u.At(i, d)
			}
			j := s.axes[d].Param
			v, _ := s.axes[d].apply(s.p.lower[j] + t*(s.p.upper[j]-s.p.lower[j]))
			x.Set(i, d, v)
		}
	}
	return x
}

// score returns the left-out residuals with the denominator coefficients, nil
// when the denominator is refused.
func (f *rationalFit) score(logA []float64, nugget float64) (res *dense.Matrix[float64], den []float64) {
	p := f.s.p
	k := f.s.factor(logA)
	t := regularise(k.r, nugget*k.norm)
	inv := inverseUpper(t)
	if inv == nil {
		return nil, nil
	}
	den = f.denominator(t)
	if den == nil {
		return nil, nil
	}
	q := f.onSamples(den)
	if q == nil {
		return nil, nil
	}
	scale := make([]float64, p.n)
	for i, v := range q {
		scale[i] = 1 / v
	}
	return leftOut(inv, solveTransposed(t, timesRows(p.wy, q)), p.events, scale), den
}

// part fits the numerator to q·y on all samples.
func (f *rationalFit) part(logA []float64, nugget float64, den []float64) (Part, error) {
	q := f.onSamples(den)
	part, err := f.s.kernelPart(KindRational, logA, nugget, timesRows(f.s.p.wy, q))
	part.DenIndices, part.DenCoef, part.DenMax = f.idx, den, slices.Max(q)
	return part, err
}
