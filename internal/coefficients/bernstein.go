package coefficients

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"eimtool/internal/dense"
)

// candidate is one model tried on one space, with its left-out residuals.
type candidate struct {
	kind  string
	space *space
	score float64
	note  string
	// res holds the weighted left-out residuals, one row per left-out sample
	// of the events in order; full tells that its columns are those of
	// Samples.K instead of the principal coordinates.
	res   *dense.Matrix[float64]
	full  bool
	build func() (Part, error) // fits the part on all samples
	// refine replaces res and score by dearer, more honest ones; may be nil.
	refine func()
}

// kernelScore returns the left-out residuals of minimum-norm interpolation
// with a nugget relative to the largest singular value of the weighted basis.
func (s *space) kernelScore(logA []float64, nugget float64) *dense.Matrix[float64] {
	k := s.factor(logA)
	t := regularise(k.r, nugget*k.norm)
	inv := inverseUpper(t)
	if inv == nil {
		return nil
	}
	x := solveTransposed(t, s.p.wy)
	return leftOut(inv, x, s.p.events, ones(s.p.n))
}

// bernstein fits the minimum-norm interpolant with weights exp(−a·j), a kriging
// prior of functions analytic in a Bernstein ellipse of its own size per
// parameter; a and the nugget are searched.
func (s *space) bernstein(kind string) *candidate {
	c := &candidate{kind: kind, space: s, score: math.Inf(1)}
	var logA []float64
	var nugget float64
	e := &s.p.effort
	coordinateSearch(isotropic(len(s.axes), e.analyticStart...), e.analyticSteps, func(a []float64) float64 {
		value := math.Inf(1)
		for _, l := range e.nuggets {
			if l < s.p.leastNugget() {
				continue
			}
			res := s.kernelScore(a, l)
			if res == nil {
				continue
			}
			v := rootMean(res, s.p.inner)
			value = min(value, v)
			if v < c.score {
				c.score, c.res, logA, nugget = v, res, a, l
			}
		}
		return value
	})
	if logA == nil {
		c.note = "left-out samples are not predictable"
		return c
	}
	c.note = fmt.Sprintf("log a %.2f, nugget %.0e", logA, nugget)
	c.build = func() (Part, error) { return s.kernelPart(kind, logA, nugget, s.p.wy) }
	return c
}

// planeNugget is the least nugget at which whole planes of a grid in three or
// more parameters are left out: below it the residual matrix of so many samples
// has lost the digits that tell a plane from the others.
const planeNugget = 1e-11

// leastNugget returns the least nugget whose left-out residuals can be trusted.
func (p *problem) leastNugget() float64 {
	if len(p.params) >= 3 && slices.Contains(p.grid, true) {
		return planeNugget
	}
	return 0
}

// kernelPart computes the coefficients of the interpolant of the weighted data
// z: with G = U σ Wᵀ they are diag(exp(−a·j)) W σ/(σ²+λ²) Uᵀ z.
func (s *space) kernelPart(kind string, logA []float64, nugget float64, z *dense.Matrix[float64]) (Part, error) {
	a := make([]float64, len(logA))
	for d, v := range logA {
		a[d] = math.Exp(v)
	}
	idx, weight := SmallestIndices(s.axes, a, kernelTerms(s.p.n))
	gt := s.weighted(idx, weight)
	var svd mat.SVD
	if !svd.Factorize(mat.NewDense(gt.Rows, gt.Cols, gt.Data), mat.SVDThin) {
		return Part{}, fmt.Errorf("%s: singular value decomposition did not converge", kind)
	}
	sigma := svd.Values(nil)
	var w, u, x, coef mat.Dense
	svd.UTo(&w)
	svd.VTo(&u)
	part := Part{Kind: kind, Axes: s.axes, Indices: idx, Coef: dense.New[float64](len(weight), z.Cols)}
	if z.Cols == 0 {
		return part, nil
	}
	x.Mul(u.T(), mat.NewDense(z.Rows, z.Cols, z.Data))
	lambda := nugget * sigma[0]
	for i, v := range sigma {
		f := s.p.scale() * v / (v*v + lambda*lambda)
		row := x.RawRowView(i)
		for j := range row {
			row[j] *= f
		}
	}
	coef.Mul(&w, &x)
	for k, v := range weight {
		for j := range z.Cols {
			part.Coef.Set(k, j, v*coef.At(k, j))
		}
	}
	part.trim(negligible / slices.Min(s.p.weight))
	return part, nil
}

// negligible is the size of a coefficient, relative to the largest |A_i|, that
// cannot change a prediction.
const negligible = 1e-19

// trim drops the terms whose coefficients are all below tiny.
func (t *Part) trim(tiny float64) {
	dim, kept := len(t.Axes), 0
	for k := range t.Coef.Rows {
		if dense.Norm(t.Coef.Row(k)) <= tiny && (k > 0 || t.Coef.Rows == 1) {
			continue
		}
		copy(t.Coef.Row(kept), t.Coef.Row(k))
		copy(t.Indices[kept*dim:], t.Indices[k*dim:(k+1)*dim])
		kept++
	}
	t.Coef = &dense.Matrix[float64]{Rows: kept, Cols: t.Coef.Cols, Data: slices.Clip(t.Coef.Data[:kept*t.Coef.Cols])}
	t.Indices = slices.Clip(t.Indices[:kept*dim])
}

// ones returns n ones.
func ones(n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = 1
	}
	return x
}
