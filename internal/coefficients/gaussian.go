package coefficients

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/lapack/lapack64"

	"eimtool/internal/dense"
)

// gaussianFit is kriging with a Gaussian kernel and a linear trend. With Z an
// orthonormal basis of the complement of the trend and Zᵀ(K+νI)Z = L·Lᵀ, the
// kernel coefficients are Z L⁻ᵀ L⁻¹ Zᵀ y: no inverse with a tiny nugget is
// formed.
type gaussianFit struct {
	s     *space
	trend *dense.Matrix[float64] // N × (D+1): 1, x
	z     *dense.Matrix[float64] // N × (N−D−1)
	zy    *dense.Matrix[float64] // Zᵀ·y
}

// gaussian fits the kriging model, its lengths and nugget found by the
// left-out score.
func (s *space) gaussian() *candidate {
	c := &candidate{kind: KindGaussian, space: s, score: math.Inf(1)}
	dim := len(s.axes)
	if s.p.n < dim+3 || s.p.r == 0 {
		c.note = "too few samples"
		return c
	}
	f := newGaussianFit(s)
	var lengths []float64
	var nugget float64
	e := &s.p.effort
	coordinateSearch(isotropic(dim, e.lengthStart...), e.lengthSteps, func(logL []float64) float64 {
		value := math.Inf(1)
		l := make([]float64, dim)
		for d, v := range logL {
			l[d] = math.Exp(v)
		}
		zkz := f.projected(l)
		for _, nu := range e.gaussian {
			res := f.score(zkz, nu)
			if res == nil {
				continue
			}
			v := rootMean(res, s.p.inner)
			value = min(value, v)
			if v < c.score {
				c.score, c.res, lengths, nugget = v, res, l, nu
			}
		}
		return value
	})
	if lengths == nil {
		c.note = "left-out samples are not predictable"
		return c
	}
	c.note = fmt.Sprintf("lengths %.3g, nugget %.0e", lengths, nugget)
	c.build = func() (Part, error) { return f.part(lengths, nugget) }
	return c
}

// newGaussianFit computes the trend and the basis of its complement.
func newGaussianFit(s *space) *gaussianFit {
	n, m := s.p.n, len(s.axes)+1
	f := &gaussianFit{s: s, trend: dense.New[float64](n, m)}
	full := dense.New[float64](n, n)
	for i := range n {
		f.trend.Set(i, 0, 1)
		copy(f.trend.Row(i)[1:], s.x.Row(i))
		copy(full.Row(i), f.trend.Row(i))
	}
	first := dense.New[float64](n, m)
	copy(first.Data, f.trend.Data)
	tau := qr(first)
	for i := range n {
		copy(full.Row(i), first.Row(i))
	}
	work := make([]float64, 1)
	lapack64.Orgqr(general(full), tau, work, -1)
	work = make([]float64, int(work[0]))
	lapack64.Orgqr(general(full), tau, work, len(work))
	f.z = dense.New[float64](n, n-m)
	for i := range n {
		copy(f.z.Row(i), full.Row(i)[m:])
	}
	f.zy = product(blas.Trans, blas.NoTrans, f.z, s.p.y)
	return f
}

// kernel returns the N × N Gaussian kernel for the lengths l.
func (f *gaussianFit) kernel(l []float64) *dense.Matrix[float64] {
	x := f.s.x
	k := dense.New[float64](x.Rows, x.Rows)
	for i := range x.Rows {
		for j := range i + 1 {
			var s float64
			for d := range l {
				u := (x.At(i, d) - x.At(j, d)) / l[d]
				s += u * u
			}
			v := math.Exp(-s / 2)
			k.Set(i, j, v)
			k.Set(j, i, v)
		}
	}
	return k
}

// projected returns ZᵀKZ.
func (f *gaussianFit) projected(l []float64) *dense.Matrix[float64] {
	kz := product(blas.NoTrans, blas.NoTrans, f.kernel(l), f.z)
	return product(blas.Trans, blas.NoTrans, f.z, kz)
}

// cholesky returns the upper triangular U with UᵀU = zkz + nu·I, nil when it
// is not positive definite.
func cholesky(zkz *dense.Matrix[float64], nu float64) *dense.Matrix[float64] {
	u := zkz.Clone()
	for i := range u.Rows {
		u.Data[i*u.Cols+i] += nu
		clear(u.Row(i)[:i])
	}
	_, ok := lapack64.Potrf(blas64.Symmetric{N: u.Rows, Stride: u.Cols, Data: u.Data, Uplo: blas.Upper})
	if !ok {
		return nil
	}
	return u
}

// score returns the left-out residuals for one nugget, nil on failure.
func (f *gaussianFit) score(zkz *dense.Matrix[float64], nu float64) *dense.Matrix[float64] {
	u := cholesky(zkz, nu)
	if u == nil {
		return nil
	}
	ft := f.z.Clone() // F = Z·U⁻¹
	blas64.Trsm(blas.Right, blas.NoTrans, 1, triangular(u), general(ft))
	return leftOut(ft, solveTransposed(u, f.zy), f.s.p.events, f.s.p.weight)
}

// part computes kernel and trend coefficients on all samples.
func (f *gaussianFit) part(l []float64, nu float64) (Part, error) {
	u := cholesky(f.projected(l), nu)
	if u == nil {
		return Part{}, fmt.Errorf("%s: kernel is not positive definite", KindGaussian)
	}
	x := solveTransposed(u, f.zy)
	blas64.Trsm(blas.Left, blas.NoTrans, 1, triangular(u), general(x))
	w := product(blas.NoTrans, blas.NoTrans, f.z, x)
	rest := f.s.p.y.Clone() // y − (K + νI)·w lies in the span of the trend
	kw := product(blas.NoTrans, blas.NoTrans, f.kernel(l), w)
	for i := range rest.Data {
		rest.Data[i] -= kw.Data[i] + nu*w.Data[i]
	}
	t := f.trend.Clone()
	tau := qr(t)
	b := multiplyQT(t, tau, rest)
	trend := dense.Matrix[float64]{Rows: t.Cols, Cols: b.Cols, Data: b.Data[:t.Cols*b.Cols]}
	r := dense.New[float64](t.Cols, t.Cols)
	for i := range t.Cols {
		copy(r.Row(i)[i:], t.Row(i)[i:])
		if r.At(i, i) == 0 {
			return Part{}, fmt.Errorf("%s: the parameters are linearly dependent", KindGaussian)
		}
	}
	blas64.Trsm(blas.Left, blas.NoTrans, 1, triangular(r), general(&trend))
	return Part{Kind: KindGaussian, Axes: f.s.axes, Nodes: f.s.x, Lengths: l, Coef: w, Trend: trend.Clone()}, nil
}

// multiplyQT returns Qᵀ·b for Householder factors from qr.
func multiplyQT(a *dense.Matrix[float64], tau []float64, b *dense.Matrix[float64]) *dense.Matrix[float64] {
	c := b.Clone()
	work := make([]float64, 1)
	lapack64.Ormqr(blas.Left, blas.Trans, general(a), tau, general(c), work, -1)
	work = make([]float64, int(work[0]))
	lapack64.Ormqr(blas.Left, blas.Trans, general(a), tau, general(c), work, len(work))
	return c
}
