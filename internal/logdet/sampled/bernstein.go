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

// slopeUnit weighs derivatives in scaled coordinates against values.
const slopeUnit = 0.3

// nuggets are the regularisations of minimum-norm interpolation that are tried,
// relative to the norm of the weighted basis.
var nuggets = []float64{1e-13, 1e-10, 1e-7, 1e-5}

// searchRows is the number of rows from which the nugget is chosen at the
// start of the search only.
const searchRows = 150

// minimumNorm is interpolation of values and slopes by normalised Chebyshev
// products with weights exp(−a·j), of minimal norm: the kriging prior of
// functions analytic in a Bernstein ellipse of its own size per parameter.
type minimumNorm struct {
	*design
	indices []int
	weight  []float64
	rows    *dense.Matrix[float64] // weighted basis
	r       *dense.Matrix[float64] // rowsᵀ = Q·r
	norm    float64
}

// newMinimumNorm factors the weighted basis of the weights exp(−exp(logA)·j).
func newMinimumNorm(d *design, logA []float64) *minimumNorm {
	n := len(d.y)
	m := &minimumNorm{design: d}
	m.indices, m.weight = smallestIndices(logA, max(min(max(300, 2*n), 1200), n+n/2))
	m.rows = d.basis(m.indices, m.weight, slopeUnit)
	q := m.rows.Transpose()
	if q.Rows < n {
		q.Data = append(q.Data, make([]float64, (n-q.Rows)*n)...)
		q.Rows = n
	}
	triangular(q)
	m.r = &dense.Matrix[float64]{Rows: n, Cols: n, Data: q.Data[:n*n]}
	m.norm = dense.Norm(m.r.Data)
	return m
}

// triangular replaces the first rows of a by the upper triangular factor of
// its QR factorisation, and returns the reflections in a copy of all of a.
func triangular(a *dense.Matrix[float64]) (reflections blas64.General, tau []float64) {
	g := blas64.General{Rows: a.Rows, Cols: a.Cols, Stride: a.Cols, Data: a.Data}
	tau = make([]float64, min(a.Rows, a.Cols))
	work := make([]float64, 1)
	lapack64.Geqrf(g, tau, work, -1)
	work = make([]float64, int(work[0]))
	lapack64.Geqrf(g, tau, work, len(work))
	reflections = blas64.General{Rows: a.Rows, Cols: a.Cols, Stride: a.Cols, Data: append([]float64(nil), a.Data...)}
	for i := 1; i < a.Rows; i++ {
		clear(a.Row(i)[:min(i, a.Cols)])
	}
	return reflections, tau
}

// regularised returns the triangular factor with λ² added to the kernel matrix,
// λ = nugget times the norm.
func (m *minimumNorm) regularised(nugget float64) *dense.Matrix[float64] {
	n := m.r.Rows
	a := dense.New[float64](2*n, n)
	copy(a.Data, m.r.Data)
	for i := range n {
		a.Set(n+i, i, nugget*m.norm)
	}
	triangular(a)
	return &dense.Matrix[float64]{Rows: n, Cols: n, Data: a.Data[:n*n]}
}

// score returns the left-out errors.
func (m *minimumNorm) score(nugget float64) []float64 {
	t := m.regularised(nugget)
	n := t.Rows
	upper := blas64.Triangular{N: n, Stride: n, Data: t.Data, Uplo: blas.Upper, Diag: blas.NonUnit}
	if !lapack64.Trtri(upper) {
		return nil
	}
	z := m.scaled(slopeUnit)
	v := blas64.Vector{N: n, Inc: 1, Data: z}
	blas64.Trmv(blas.Trans, upper, v)
	blas64.Trmv(blas.NoTrans, upper, v)
	return m.leftOut(z, func(rows []int) *dense.Matrix[float64] {
		b := dense.New[float64](len(rows), len(rows))
		for i, r := range rows {
			for j, s := range rows[:i+1] {
				from := max(r, s)
				b.Set(i, j, dense.Dotc(t.Row(r)[from:], t.Row(s)[from:]))
				b.Set(j, i, b.At(i, j))
			}
		}
		return b
	})
}

// part returns the interpolant: with [rowsᵀ; λI] = Q·T its weighted
// coefficients are the upper part of Q·T⁻ᵀ·y.
func (m *minimumNorm) part(nugget float64) Part {
	n, terms := m.rows.Rows, m.rows.Cols
	a := dense.New[float64](terms+n, n)
	copy(a.Data, m.rows.Transpose().Data)
	for i := range n {
		a.Set(terms+i, i, nugget*m.norm)
	}
	reflections, tau := triangular(a)
	c := append(m.scaled(slopeUnit), make([]float64, terms)...)
	upper := blas64.Triangular{N: n, Stride: n, Data: a.Data[:n*n], Uplo: blas.Upper, Diag: blas.NonUnit}
	blas64.Trsv(blas.Trans, upper, blas64.Vector{N: n, Inc: 1, Data: c[:n]})
	g := blas64.General{Rows: len(c), Cols: 1, Stride: 1, Data: c}
	work := make([]float64, 1)
	lapack64.Ormqr(blas.Left, blas.NoTrans, reflections, tau, g, work, -1)
	work = make([]float64, int(work[0]))
	lapack64.Ormqr(blas.Left, blas.NoTrans, reflections, tau, g, work, len(work))
	p := Part{Kind: KindMinimumNorm, Axes: m.axes}
	dim := len(m.axes)
	for k, w := range m.weight {
		v := w * c[k]
		if k == 0 {
			v += m.shift
		} else if math.Abs(v) < negligible {
			continue
		}
		p.Coef = append(p.Coef, v)
		p.Indices = append(p.Indices, m.indices[k*dim:(k+1)*dim]...)
	}
	return p
}

// negligible is the size of a coefficient of log det that matters to nobody.
const negligible = 1e-17

// fitMinimumNorm searches the weights and the nugget on one choice of axes.
func fitMinimumNorm(t *target, axes []coefficients.Axis, start [][]float64, steps, nuggets []float64) (*candidate, []float64) {
	c := newCandidate(t, KindMinimumNorm)
	d := newDesign(t, axes)
	var best []float64
	var nugget float64
	tried := 0
	search(start, steps, func(logA []float64) float64 {
		value := math.Inf(1)
		m := newMinimumNorm(d, logA)
		list := nuggets
		if tried++; tried > len(start) && len(d.y) > searchRows {
			list = []float64{nugget} // the best so far
		}
		for _, l := range list {
			rms := c.offer(m.score(l))
			value = min(value, rms)
			if c.improved {
				best, nugget = logA, l
			}
		}
		return value
	})
	if best == nil {
		return c.refuse("left-out nodes are not predictable"), nil
	}
	c.note = fmt.Sprintf("%s, log a %.2f, nugget %.0e", warpNote(axes), best, nugget)
	c.build = func() error {
		c.parts = []Part{newMinimumNorm(d, best).part(nugget)}
		return nil
	}
	return c, best
}
