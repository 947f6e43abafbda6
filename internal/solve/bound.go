package solve

import (
	"context"
	"math"

	"eimtool/internal/dense"
	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
)

// corrections are the sizes of the corrections of one column of x, relative to
// it: the first, and the last two.
type corrections struct {
	first, previous, last float64
	undone                bool // the last one was taken back
}

// measure notes the size of the correction d of the columns that live.
func (s *refinement[T]) measure(d *dense.Matrix[T], live []bool) {
	size, x := s.largest(d), s.largest(s.y)
	for k, q := range size {
		if !live[k] || x[k] == 0 {
			continue
		}
		c := &s.corrections[k]
		c.previous, c.last = c.last, q/x[k]
		if c.first == 0 {
			c.first = c.last
		}
	}
}

// largest returns the largest |right·v| of every column v.
func (s *refinement[T]) largest(v *dense.Matrix[T]) []float64 {
	size := make([]float64, v.Cols)
	for i := range v.Rows {
		for k, a := range v.Row(i) {
			size[k] = max(size[k], s.right[i]*scalar.Abs(a))
		}
	}
	return size
}

// estimateFloor is the least error that estimate admits.
const estimateFloor = 10 * scalar.Eps

// estimate guesses what error the corrections have left, 1 when they do not
// shrink: every one is wrong by the share at which they shrink. As long as
// there is but one, of relative size c, that share is taken to be √c. A correction
// that was taken back is itself an error left.
func (c corrections) estimate() float64 {
	rate := math.Sqrt(c.first)
	if c.previous > 0 {
		rate = max(c.first, c.last/c.previous)
	}
	if !(rate < 0.5) {
		return 1
	}
	if c.last == 0 {
		return 0
	}
	left := c.last * rate
	if c.undone {
		left = c.last
	}
	return max(estimateFloor, left/(1-rate))
}

// bound sets ForwardBound to a bound: the error of column k of x is at most
// |right·op(M)⁻¹|·w with w = |r| + n·Eps²·(|M|·|y|+|c|), the last term for the
// rounding of the residual itself; ‖|B|·w‖∞ = ‖diag(w)·Bᴴ‖₁ is estimated by
// norm1Estimate (Arioli, Demmel, Duff, SIAM J. Matrix Anal. 10(2), 1989; LAPACK
// xGERFS). Half an Eps is added for the rounding of x.
func (s *refinement[T]) bound(ctx context.Context) error {
	n, cols := s.y.Rows, s.y.Cols
	if n == 0 {
		return nil
	}
	w := make([]float64, n*cols)
	for i, r := range s.res.hi {
		w[i] = scalar.Abs(r)*(1+4*scalar.Eps) + float64(n+1)*scalar.Eps*scalar.Eps*s.res.weight[i]
	}
	size := s.largest(s.y)
	inner, outer := matrix.ConjTranspose, matrix.NoTranspose
	v, err := norm1Estimate(n, cols, func(x *dense.Matrix[T], adjoint bool) error {
		if !adjoint { // diag(w)·op(M)⁻ᴴ·right
			multiplyRows(x, s.right)
			if err := s.apply(ctx, x, inner); err != nil {
				return err
			}
			multiplyElements(x, w)
			return nil
		}
		multiplyElements(x, w)
		if err := s.apply(ctx, x, outer); err != nil {
			return err
		}
		multiplyRows(x, s.right)
		return nil
	})
	if err != nil {
		return err
	}
	s.report.ForwardBound = 0
	for k := range cols {
		e := 0.0
		if size[k] > 0 {
			e = v[k]/size[k] + scalar.Eps/2
		}
		s.report.ForwardBound = max(s.report.ForwardBound, e)
	}
	return nil
}

// apply replaces x by op(M)⁻¹·x, or by op(M)⁻ᴴ·x for outer = ConjTranspose.
func (s *refinement[T]) apply(ctx context.Context, x *dense.Matrix[T], outer matrix.Op) error {
	if outer == matrix.NoTranspose {
		return s.f.solveScaled(ctx, x, s.op)
	}
	switch s.op {
	case matrix.NoTranspose:
		return s.f.solveScaled(ctx, x, matrix.ConjTranspose)
	case matrix.ConjTranspose:
		return s.f.solveScaled(ctx, x, matrix.NoTranspose)
	}
	scalar.Conjugate(x.Data) // (Mᵀ)⁻ᴴ is the conjugate of M⁻¹
	if err := s.f.solveScaled(ctx, x, matrix.NoTranspose); err != nil {
		return err
	}
	scalar.Conjugate(x.Data)
	return nil
}

func multiplyElements[T scalar.Scalar](x *dense.Matrix[T], w []float64) {
	for i, v := range x.Data {
		x.Data[i] = scalar.Of[T](w[i], 0) * v
	}
}

// judge returns a *SingularError when no digit of the solution is certain.
func (s *refinement[T]) judge() error {
	if s.report.ForwardBound < 1 && s.report.BackwardError < 1 { // false for NaN
		return nil
	}
	c := s.report.ForwardBound / scalar.Eps
	if c != c {
		c = math.Inf(1)
	}
	return &SingularError{Column: s.f.column, Pivot: s.f.pivot, Condition: c, Reason: "refinement does not reach one certain digit"}
}
