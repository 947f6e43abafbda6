package coefficients

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"

	"eimtool/internal/dense"
)

// denominator returns the smallest right singular vector of the stack of
// T⁻ᵀ diag(y_c) V over the leading columns c, positive on the samples.
func (f *rationalFit) denominator(t *dense.Matrix[float64]) []float64 {
	den := f.smallest(f.denominatorColumns(t))
	if den != nil && dot(f.values.Row(0), den) < 0 {
		for i := range den {
			den[i] = -den[i]
		}
	}
	return den
}

// denominatorColumns returns T⁻ᵀ diag(y_c) V for the leading columns c side by
// side.
func (f *rationalFit) denominatorColumns(t *dense.Matrix[float64]) *dense.Matrix[float64] {
	p := f.s.p
	cols := min(leadingColumns, p.r)
	z := dense.New[float64](p.n, cols*f.terms)
	for i := range p.n {
		for c := range cols {
			y := p.wy.At(i, c)
			for k, v := range f.values.Row(i) {
				z.Data[i*z.Cols+c*f.terms+k] = y * v
			}
		}
	}
	return solveTransposed(t, z)
}

// denominatorWithout returns the denominator when the directions own
// (orthonormal rows) are left out.
func (f *rationalFit) denominatorWithout(z, own *dense.Matrix[float64]) []float64 {
	rest := z.Clone()
	part := product(blas.NoTrans, blas.NoTrans, own, z)
	blas64.Gemm(blas.Trans, blas.NoTrans, -1, general(own), general(part), 1, general(rest))
	return f.smallest(rest)
}

// smallest returns the smallest right singular vector of the blocks of z
// stacked, by one QR per block.
func (f *rationalFit) smallest(z *dense.Matrix[float64]) []float64 {
	cols := z.Cols / f.terms
	stack := dense.New[float64](cols*f.terms, f.terms)
	block := dense.New[float64](z.Rows, f.terms)
	for c := range cols {
		for i := range z.Rows {
			copy(block.Row(i), z.Row(i)[c*f.terms:(c+1)*f.terms])
		}
		qr(block)
		for i := range f.terms {
			copy(stack.Row(c*f.terms + i)[i:], block.Row(i)[i:])
		}
	}
	var svd mat.SVD
	if !svd.Factorize(mat.NewDense(stack.Rows, stack.Cols, stack.Data), mat.SVDThin) {
		return nil
	}
	var v mat.Dense
	svd.VTo(&v)
	return mat.Col(nil, f.terms-1, &v)
}

// onSamples returns q on the samples, nil when it is not safely positive there
// and inside the box.
func (f *rationalFit) onSamples(den []float64) []float64 {
	q := make([]float64, f.s.p.n)
	lo, hi := math.Inf(1), 0.0
	for i := range q {
		q[i] = dot(f.values.Row(i), den)
		lo, hi = min(lo, q[i]), max(hi, q[i])
	}
	for i := range f.box.Rows {
		lo = min(lo, dot(f.box.Row(i), den))
	}
	if !(lo > poleRatio*hi) {
		return nil
	}
	return q
}
