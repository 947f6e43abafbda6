package solve

import (
	"context"
	"math"

	"eimtool/internal/dense"
	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
)

// residual accumulates r = b - M·x in doubled precision: every product is
// split into two floats by a fused multiply-add, and every sum carries its
// error (Dot2 of Ogita, Rump, Oishi, SIAM J. Sci. Comput. 26(6), 2005). The
// error of r is of order Eps·|r| + n·Eps²·|M|·|x|.
type residual[T scalar.Scalar] struct {
	hi, lo []T       // n×k: the sum and the errors it carries
	weight []float64 // n×k: |M|·|x| + |b|
	modx   []float64 // n×k: |x|
}

func newResidual[T scalar.Scalar](n, k int) *residual[T] {
	return &residual[T]{hi: make([]T, n*k), lo: make([]T, n*k), weight: make([]float64, n*k), modx: make([]float64, n*k)}
}

// residualColumns is the number of columns of one parallel block.
const residualColumns = 4

// compute sets hi to the rounded residual b - op(M)·x of all columns, M being
// the scaled matrix of f, and weight to |op(M)|·|x| + |b|.
func (r *residual[T]) compute(ctx context.Context, f *Factor[T], b, x *dense.Matrix[T], op matrix.Op) error {
	copy(r.hi, b.Data)
	clear(r.lo)
	for i, v := range b.Data {
		r.weight[i] = scalar.Abs(v)
	}
	for i, v := range x.Data {
		r.modx[i] = scalar.Abs(v)
	}
	err := scalar.Blocks(ctx, x.Cols, residualColumns, f.solver.opt.Threads, func(_, lo, hi int) {
		switch a := any(f.values).(type) {
		case []float64:
			subtractReal(any(r).(*residual[float64]), f.pattern, a, f.scale, any(x.Data).([]float64), x.Cols, lo, hi, op)
		case []complex128:
			subtractComplex(any(r).(*residual[complex128]), f.pattern, a, f.scale, any(x.Data).([]complex128), x.Cols, lo, hi, op)
		}
	})
	for i, v := range r.lo {
		r.hi[i] += v
	}
	return err
}

// subtractReal subtracts op(M)·x in columns lo to hi-1.
func subtractReal(r *residual[float64], p *matrix.Pattern, a []float64, s scaling, x []float64, cols, lo, hi int, op matrix.Op) {
	mirror := p.Symmetry != matrix.General
	add := func(to, from int, v float64) {
		to, from = to*cols, from*cols
		m := math.Abs(v)
		for c := lo; c < hi; c++ {
			r.hi[to+c], r.lo[to+c] = addProduct(r.hi[to+c], r.lo[to+c], -v, x[from+c])
			r.weight[to+c] += m * r.modx[from+c]
		}
	}
	p.Each(func(k, i, j int) {
		v := a[k] * (s.row[i] * s.col[j])
		to, from := i, j
		if op != matrix.NoTranspose {
			to, from = j, i
		}
		add(to, from, v)
		if mirror && i != j {
			v = matrix.Mirror(p.Symmetry, a[k]) * (s.row[j] * s.col[i])
			add(from, to, v)
		}
	})
}

// subtractComplex is subtractReal for complex numbers.
func subtractComplex(r *residual[complex128], p *matrix.Pattern, a []complex128, s scaling, x []complex128, cols, lo, hi int, op matrix.Op) {
	mirror := p.Symmetry != matrix.General
	add := func(to, from int, v complex128) {
		to, from = to*cols, from*cols
		re, im := real(v), imag(v)
		if op == matrix.ConjTranspose {
			im = -im
		}
		m := math.Sqrt(re*re + im*im)
		for c := lo; c < hi; c++ {
			y := x[from+c]
			hr, lr := addProduct(real(r.hi[to+c]), real(r.lo[to+c]), -re, real(y))
			hi, li := addProduct(imag(r.hi[to+c]), imag(r.lo[to+c]), -re, imag(y))
			hr, lr = addProduct(hr, lr, im, imag(y))
			hi, li = addProduct(hi, li, -im, real(y))
			r.hi[to+c], r.lo[to+c] = complex(hr, hi), complex(lr, li)
			r.weight[to+c] += m * r.modx[from+c]
		}
	}
	p.Each(func(k, i, j int) {
		t := s.row[i] * s.col[j]
		v := complex(real(a[k])*t, imag(a[k])*t)
		to, from := i, j
		if op != matrix.NoTranspose {
			to, from = j, i
		}
		add(to, from, v)
		if mirror && i != j {
			v, t = matrix.Mirror(p.Symmetry, a[k]), s.row[j]*s.col[i]
			add(from, to, complex(real(v)*t, imag(v)*t))
		}
	})
}

// addProduct adds a·b to the sum s with errors c (TwoProd, TwoSum).
func addProduct(s, c, a, b float64) (sum, err float64) {
	p := a * b
	e := math.FMA(a, b, -p)
	t := s + p
	z := t - s
	return t, c + (((s - (t - z)) + (p - z)) + e)
}

// progress returns max |r_i|/weight_i and max |r_i| of column c of cols. Where
// all that meets in an equation is rounding, weight_i below n·Eps·max|x|, the
// part of x is exactly zero and its error relative to itself says nothing:
// max|x|, times the size of a scaled row, which is 1, is added to weight_i
// (Arioli, Demmel, Duff, SIAM J. Matrix Anal. 10(2), 1989, section 2.1).
func (r *residual[T]) progress(c, cols int) progress {
	var p progress
	largest := 0.0
	for at := c; at < len(r.modx); at += cols {
		largest = max(largest, r.modx[at])
	}
	floor := float64(len(r.hi)/cols) * scalar.Eps * largest
	for at := c; at < len(r.hi); at += cols {
		m := scalar.Abs(r.hi[at])
		if m == 0 {
			continue
		}
		w := r.weight[at]
		if w <= floor {
			w += largest
		}
		p.residual = max(p.residual, m)
		p.backward = max(p.backward, m/w)
	}
	return p
}
