package sampled

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/lapack/lapack64"

	"eimtool/internal/coefficients"
	"eimtool/internal/dense"
)

const (
	polynomialShare = 0.8   // most terms per row of data
	dependent       = 1e-10 // size of a column, relative to itself, below which it depends on the others
	mostTerms       = 600
)

// polynomialUnits are the weights of slopes against values that are tried:
// least squares may follow inexact slopes less.
var polynomialUnits = []float64{0.3, 0.03}

// fitPolynomial fits polynomials of total degree by least squares to values
// and slopes and chooses the degree.
func fitPolynomial(t *target, axes []coefficients.Axis) *candidate {
	c := newCandidate(t, KindPolynomial)
	c.axis = warpNote(axes)
	d := newDesign(t, axes)
	dim := len(axes)
	most := min(int(polynomialShare*float64(len(d.y))), mostTerms)
	indices, weight := smallestIndices(make([]float64, dim), most)
	for i := range weight {
		weight[i] = 1
	}
	units := polynomialUnits
	if d.stride == 1 {
		units = units[:1]
	}
	var bestUnit float64
	var bestTerms, bestDegree int
	for _, unit := range units {
		q := d.basis(indices, weight, unit)
		usable := orthonormal(q)
		z := d.scaled(unit)
		done := 0
		for degree := 0; ; degree++ {
			end := done
			for end < usable && total(indices[end*dim:(end+1)*dim]) == degree {
				end++
			}
			complete := end < len(weight) && total(indices[end*dim:(end+1)*dim]) > degree
			if end == done || !complete || end >= usable {
				break
			}
			for k := done; k < end; k++ {
				projectOut(q, k, z)
			}
			done = end
			c.offer(d.leftOut(z, func(rows []int) *dense.Matrix[float64] { return complement(q, done, rows) }))
			if c.improved {
				bestUnit, bestTerms, bestDegree = unit, done, degree
			}
		}
	}
	if bestTerms == 0 {
		return c.refuse("too few nodes")
	}
	c.note = fmt.Sprintf("%s, degree %d, slopes %g", c.axis, bestDegree, bestUnit)
	c.build = func() error {
		a := d.basis(indices[:bestTerms*dim], weight[:bestTerms], bestUnit)
		y := dense.New[float64](len(d.y), 1)
		copy(y.Data, d.scaled(bestUnit))
		x, _, err := dense.LeastSquares(a, y, 1e-14)
		if err != nil {
			return err
		}
		x.Data[0] += d.shift
		c.parts = []Part{{Kind: KindPolynomial, Axes: axes, Indices: indices[:bestTerms*dim], Coef: x.Data}}
		return nil
	}
	return c
}

// total returns the sum of a multi-index.
func total(idx []int) int {
	var s int
	for _, j := range idx {
		s += j
	}
	return s
}

// orthonormal replaces the columns of a by an orthonormal basis of them and
// returns how many of them are independent.
func orthonormal(a *dense.Matrix[float64]) int {
	norms := make([]float64, a.Cols)
	for i := range a.Rows {
		for k, v := range a.Row(i) {
			norms[k] += v * v
		}
	}
	g := blas64.General{Rows: a.Rows, Cols: a.Cols, Stride: a.Cols, Data: a.Data}
	tau := make([]float64, a.Cols)
	work := make([]float64, 1)
	lapack64.Geqrf(g, tau, work, -1)
	work = make([]float64, max(int(work[0]), 64*a.Cols))
	lapack64.Geqrf(g, tau, work, len(work))
	usable := a.Cols
	for k := range a.Cols {
		if math.Abs(a.At(k, k)) <= dependent*math.Sqrt(norms[k]) {
			usable = k
			break
		}
	}
	lapack64.Orgqr(g, tau, work, len(work))
	return usable
}

// projectOut removes column k of q from z.
func projectOut(q *dense.Matrix[float64], k int, z []float64) {
	column := blas64.Vector{N: q.Rows, Inc: q.Cols, Data: q.Data[k:]}
	v := blas64.Vector{N: q.Rows, Inc: 1, Data: z}
	blas64.Axpy(-blas64.Dot(column, v), column, v)
}

// complement returns the block of I − Q·Qᵀ of the first terms columns.
func complement(q *dense.Matrix[float64], terms int, rows []int) *dense.Matrix[float64] {
	n := len(rows)
	part := dense.New[float64](n, terms)
	b := dense.New[float64](n, n)
	for i, r := range rows {
		copy(part.Row(i), q.Row(r)[:terms])
		b.Set(i, i, 1)
	}
	p := blas64.General{Rows: n, Cols: terms, Stride: terms, Data: part.Data}
	blas64.Gemm(blas.NoTrans, blas.Trans, -1, p, p, 1, blas64.General{Rows: n, Cols: n, Stride: n, Data: b.Data})
	return b
}
