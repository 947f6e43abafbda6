package coefficients

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"

	"eimtool/internal/dense"
)

// general views a matrix for BLAS.
func general(m *dense.Matrix[float64]) blas64.General {
	return blas64.General{Rows: m.Rows, Cols: m.Cols, Stride: max(1, m.Cols), Data: m.Data}
}

// triangular views the upper triangle of a square matrix for BLAS.
func triangular(m *dense.Matrix[float64]) blas64.Triangular {
	return blas64.Triangular{N: m.Rows, Stride: max(1, m.Cols), Data: m.Data, Uplo: blas.Upper, Diag: blas.NonUnit}
}

// product returns a·b, with either operand transposed on request.
func product(ta, tb blas.Transpose, a, b *dense.Matrix[float64]) *dense.Matrix[float64] {
	rows, cols := a.Rows, b.Cols
	if ta == blas.Trans {
		rows = a.Cols
	}
	if tb == blas.Trans {
		cols = b.Rows
	}
	c := dense.New[float64](rows, cols)
	if rows > 0 && cols > 0 && len(a.Data) > 0 {
		blas64.Gemm(ta, tb, 1, general(a), general(b), 0, general(c))
	}
	return c
}

// rootMean returns the root mean square norm of the first rows residual rows,
// one per left-out sample: the score.
func rootMean(res *dense.Matrix[float64], rows int) float64 {
	if rows == 0 {
		return math.Inf(1)
	}
	var s float64
	for _, v := range res.Data[:rows*res.Cols] {
		s += v * v
	}
	s = math.Sqrt(s / float64(rows))
	if math.IsNaN(s) {
		return math.Inf(1)
	}
	return s
}

// eventRows counts left-out samples over all events.
func eventRows(events [][]int) int {
	n := 0
	for _, g := range events {
		n += len(g)
	}
	return n
}

// leftOut returns the left-out residuals of a linear predictor whose residual
// matrix is B = F·Fᵀ (F: N × n'), applied to data z with x = Fᵀz (n' × r): for
// a set G of samples e_G = (B_GG)⁻¹ (B z)_G, here as the least-squares
// solution of F_Gᵀ e ≈ x, which squares no condition number. Row k of the
// result is scale_i·e_i for the k-th left-out sample i. It returns nil when a
// set cannot be predicted from the rest.
func leftOut(f, x *dense.Matrix[float64], events [][]int, scale []float64) *dense.Matrix[float64] {
	out := dense.New[float64](eventRows(events), x.Cols)
	row := 0
	var fx *dense.Matrix[float64]
	for _, g := range events {
		if len(g) == 1 {
			if fx == nil {
				fx = product(blas.NoTrans, blas.NoTrans, f, x)
			}
			i := g[0]
			b := dense.Norm(f.Row(i))
			if b == 0 {
				return nil
			}
			for j, v := range fx.Row(i) {
				out.Set(row, j, scale[i]*(v/b/b))
			}
			row++
			continue
		}
		e := leftOutGroup(f, x, g)
		if e == nil {
			return nil
		}
		for k, i := range g {
			for j, v := range e.Row(k) {
				out.Set(row, j, scale[i]*v)
			}
			row++
		}
	}
	return out
}

// leftOutGroup solves min |F_Gᵀ e − x|; nil when F_G has dependent rows.
func leftOutGroup(f, x *dense.Matrix[float64], g []int) *dense.Matrix[float64] {
	q, t := orthogonalRows(f, g)
	if q == nil {
		return nil
	}
	e := product(blas.NoTrans, blas.NoTrans, q, x)
	if e.Cols > 0 {
		blas64.Trsm(blas.Left, blas.NoTrans, 1, triangular(t), general(e))
	}
	return e
}

// orthogonalRows returns F_Gᵀ = Qᵀ·T, Q with orthonormal rows and T upper
// triangular, by Gram-Schmidt with reorthogonalisation; nil when the rows of
// F_G are dependent.
func orthogonalRows(f *dense.Matrix[float64], g []int) (q, t *dense.Matrix[float64]) {
	m := len(g)
	q, t = f.SelectRows(g), dense.New[float64](m, m)
	for k := range m {
		qk := q.Row(k)
		norm := dense.Norm(qk)
		for range 2 {
			for l := range k {
				ql := q.Row(l)
				c := dot(ql, qk)
				axpy(-c, ql, qk)
				t.Data[l*m+k] += c
			}
		}
		d := dense.Norm(qk)
		if !(d > 1e-13*norm) {
			return nil, nil
		}
		for j := range qk {
			qk[j] /= d
		}
		t.Set(k, k, d)
	}
	return q, t
}

// dot returns Σ a_i b_i.
func dot(a, b []float64) float64 {
	return blas64.Dot(blas64.Vector{N: len(a), Inc: 1, Data: a}, blas64.Vector{N: len(b), Inc: 1, Data: b})
}

// axpy adds alpha·x to y.
func axpy(alpha float64, x, y []float64) {
	blas64.Axpy(alpha, blas64.Vector{N: len(x), Inc: 1, Data: x}, blas64.Vector{N: len(y), Inc: 1, Data: y})
}
