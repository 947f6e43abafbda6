package reduced

import (
	"context"

	"eimtool/internal/dense"
	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
)

// weights returns the coefficients of the rows for coefficients theta of the terms.
func (o *Operator[T]) weights(theta []T) []T {
	if o.Combine == nil {
		return theta
	}
	return dense.VecMul(theta, o.Combine)
}

// assemble computes dst = Σ_l theta_l·T_l on the pattern.
func (o *Operator[T]) assemble(ctx context.Context, theta, dst []T, threads int) error {
	w := o.weights(theta)
	return scalar.Blocks(ctx, len(dst), rowPiece, threads, func(_, lo, hi int) {
		clear(dst[lo:hi])
		for i, v := range w {
			dense.Axpy(v, o.Rows[i][lo:hi], dst[lo:hi])
		}
	})
}

// term computes the values of T_l.
func (o *Operator[T]) term(ctx context.Context, l int, dst []T, threads int) error {
	e := make([]T, o.Terms())
	e[l] = 1
	return o.assemble(ctx, e, dst, threads)
}

// selfAdjoint reports whether all matrices of the pattern are.
func (o *Operator[T]) selfAdjoint() bool {
	return o.Pattern.Symmetry == matrix.Symmetric && !scalar.IsComplex[T]() || o.Pattern.Symmetry == matrix.Hermitian
}

// applyTerms returns the n × q block of T_l·v or, with adjoint, T_lᴴ·v.
func (o *Operator[T]) applyTerms(ctx context.Context, v []T, adjoint bool, threads int) (*dense.Matrix[T], error) {
	const chunk = 16
	n, q := len(v), o.Terms()
	out := dense.New[T](n, q)
	vb := &dense.Matrix[T]{Rows: n, Cols: 1, Data: v}
	products := make([]T, n*chunk)
	for lo := 0; lo < len(o.Rows); lo += chunk {
		count := min(chunk, len(o.Rows)-lo)
		err := scalar.Each(ctx, count, threads, func(c int) {
			y := &dense.Matrix[T]{Rows: n, Cols: 1, Data: products[c*n : (c+1)*n]}
			if !adjoint {
				matrix.MulVec(o.Pattern, o.Rows[lo+c], v, y.Data)
				return
			}
			// One column is one block: only ctx could make it fail.
			_ = matrix.MulBlock(ctx, o.Pattern, o.Rows[lo+c], vb, y, matrix.ConjTranspose, 1)
		})
		if err != nil {
			return nil, err
		}
		addTimesSmall(out, products, o.chunkWeights(lo, count, adjoint), threads)
	}
	return out, nil
}

// chunkWeights returns rows lo to lo+count-1 of the transpose of Combine,
// conjugated for adjoints.
func (o *Operator[T]) chunkWeights(lo, count int, adjoint bool) *dense.Matrix[T] {
	w := dense.New[T](count, o.Terms())
	for c := range count {
		if o.Combine == nil {
			w.Set(c, lo+c, 1)
			continue
		}
		for l := range w.Cols {
			v := o.Combine.At(l, lo+c)
			if adjoint {
				v = scalar.Conj(v)
			}
			w.Set(c, l, v)
		}
	}
	return w
}

// eachTerm calls f with T_l·x for all terms in order; y is overwritten by the next.
func (o *Operator[T]) eachTerm(ctx context.Context, x *dense.Matrix[T], threads int, f func(l int, y *dense.Matrix[T]) error) error {
	values := make([]T, o.Pattern.NNZ())
	y := dense.New[T](x.Rows, x.Cols)
	for l := range o.Terms() {
		if err := o.term(ctx, l, values, threads); err != nil {
			return err
		}
		if err := matrix.MulBlock(ctx, o.Pattern, values, x, y, matrix.NoTranspose, threads); err != nil {
			return err
		}
		if err := f(l, y); err != nil {
			return err
		}
	}
	return nil
}

// frobenius returns the Frobenius norm of the matrix with values a.
func (o *Operator[T]) frobenius(a []T) float64 {
	var s scalar.Norm
	weight := o.Pattern.Multiplicities()
	if weight == nil {
		scalar.AddSquares(&s, a, 1)
		return s.Value()
	}
	for k, v := range a {
		s.Add(scalar.Abs(v), weight[k])
	}
	return s.Value()
}

// combineRHS returns Σ_t phi_t·RHS_t.
func combineRHS[T scalar.Scalar](terms []*dense.Matrix[T], phi []T) *dense.Matrix[T] {
	b := dense.New[T](terms[0].Rows, terms[0].Cols)
	for t, v := range phi {
		dense.Axpy(v, terms[t].Data, b.Data)
	}
	return b
}
