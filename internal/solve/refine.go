package solve

import (
	"context"
	"math"

	"eimtool/internal/dense"
	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
)

// maxRefinements bounds the refinement steps; well-conditioned systems need
// one or two.
const maxRefinements = 20

// SolveRefined returns x = op(A)⁻¹·b (n×k, by rows; b is kept) with iterative
// refinement in doubled precision, until the componentwise backward error of
// every column is at most Eps or no longer halves, and reports how good x is.
// The error is a *ShapeError, a *NonFiniteError, ctx's, or a *SingularError
// when the forward bound shows that not one digit of x is certain.
func (f *Factor[T]) SolveRefined(ctx context.Context, b *dense.Matrix[T], op matrix.Op) (*dense.Matrix[T], Report, error) {
	if err := f.fits(b); err != nil {
		return nil, Report{}, err
	}
	if !scalar.AllFinite(b.Data) {
		return nil, Report{}, &NonFiniteError{What: "right-hand side"}
	}
	s := newRefinement(f, b, op)
	if err := s.run(ctx); err != nil {
		return nil, Report{}, err
	}
	s.report.ForwardBound = 0
	if err := s.bound(ctx); err != nil {
		return nil, Report{}, err
	}
	if err := s.judge(); err != nil {
		return nil, Report{}, err
	}
	x := s.unscaled()
	if !scalar.AllFinite(x.Data) {
		return nil, Report{}, &NonFiniteError{What: "solution"}
	}
	return x, s.report, nil
}

// refinement solves op(M)·y = c for the scaled matrix M: c = left·b·2^-unit per
// column, x = right·y·2^unit.
type refinement[T scalar.Scalar] struct {
	f           *Factor[T]
	op          matrix.Op
	left, right []float64
	unit        []float64 // powers of two that bring the columns of c to size 1
	c, y        *dense.Matrix[T]
	res         *residual[T]
	report      Report
}

func newRefinement[T scalar.Scalar](f *Factor[T], b *dense.Matrix[T], op matrix.Op) *refinement[T] {
	s := &refinement[T]{f: f, op: op, c: b.Clone(), res: newResidual[T](b.Rows, b.Cols)}
	s.left, s.right = f.scale.of(op)
	size := make([]float64, b.Cols)
	for i := range b.Rows {
		for k, v := range b.Row(i) {
			size[k] = max(size[k], scalar.Abs(v)*s.left[i])
		}
	}
	s.unit = make([]float64, b.Cols)
	for k, m := range size {
		s.unit[k] = 1
		if _, e := math.Frexp(m); m > 0 {
			s.unit[k] = math.Ldexp(1, min(max(e, -maxExponent), maxExponent))
		}
	}
	for i := range b.Rows {
		for k, v := range s.c.Row(i) {
			s.c.Set(i, k, scalar.Of[T](s.left[i]/s.unit[k], 0)*v)
		}
	}
	return s
}

// progress is how good column k was before its last correction.
type progress struct{ backward, residual float64 }

// again reports whether a further step may help: the backward error is above
// rounding level, and it or the largest residual still halves. The latter goes
// first where the elements of the solution differ by many decades.
func (p progress) again(now progress) bool {
	return now.backward > scalar.Eps && (now.backward <= p.backward/2 || now.residual <= p.residual/2)
}

// worse reports whether the last correction did harm.
func (p progress) worse(now progress) bool {
	return !(now.backward < p.backward || now.residual < p.residual && now.backward <= p.backward)
}

// run refines y, column by column as long as it makes progress; the first step
// is always done, as it makes the error of x as small as its backward error.
func (s *refinement[T]) run(ctx context.Context) error {
	s.y = s.c.Clone()
	if err := s.f.solveScaled(ctx, s.y, s.op); err != nil {
		return err
	}
	cols := s.y.Cols
	last, live := make([]progress, cols), make([]bool, cols)
	for k := range last {
		last[k] = progress{math.Inf(1), math.Inf(1)}
		live[k] = true
	}
	d, old := dense.New[T](s.y.Rows, cols), dense.New[T](s.y.Rows, cols)
	restored := false
	for step := 0; ; step++ {
		if err := s.res.compute(ctx, s.f, s.c, s.y, s.op); err != nil {
			return err
		}
		again := false
		restored = false
		for k := range cols {
			if !live[k] {
				continue
			}
			now := s.res.progress(k, cols)
			if step > 0 && last[k].worse(now) {
				copyColumn(s.y, old, k)
				live[k], restored = false, true
				continue
			}
			live[k] = step == 0 && now.residual > 0 || last[k].again(now)
			again, last[k] = again || live[k], now
		}
		s.report.Iterations = step
		if !again || step == maxRefinements {
			break
		}
		copy(d.Data, s.res.hi)
		if err := s.f.solveScaled(ctx, d, s.op); err != nil {
			return err
		}
		copy(old.Data, s.y.Data)
		for i, v := range d.Data {
			if live[i%cols] {
				s.y.Data[i] += v
			}
		}
	}
	if restored {
		if err := s.res.compute(ctx, s.f, s.c, s.y, s.op); err != nil {
			return err
		}
	}
	for k := range cols {
		s.report.BackwardError = nanMax(s.report.BackwardError, s.res.progress(k, cols).backward)
		s.report.Residual = nanMax(s.report.Residual, s.relative(k))
	}
	return nil
}

func copyColumn[T scalar.Scalar](to, from *dense.Matrix[T], c int) {
	for i := range to.Rows {
		to.Set(i, c, from.At(i, c))
	}
}

// nanMax is the larger of a and b, NaN when one of them is.
func nanMax(a, b float64) float64 { return max(a, b) }

// relative returns ‖b-op(A)·x‖₂/‖b‖₂ of column k, in the units of b.
func (s *refinement[T]) relative(k int) float64 {
	var r, b scalar.Norm
	cols := s.c.Cols
	for i := range s.c.Rows {
		at, w := i*cols+k, 1/s.left[i]
		r.Add(scalar.Real(s.res.hi[at])*w, 1)
		r.Add(scalar.Imag(s.res.hi[at])*w, 1)
		b.Add(scalar.Real(s.c.Data[at])*w, 1)
		b.Add(scalar.Imag(s.c.Data[at])*w, 1)
	}
	if b.Value() == 0 {
		return 0
	}
	return r.Value() / b.Value()
}

// unscaled returns x = right·y·2^unit.
func (s *refinement[T]) unscaled() *dense.Matrix[T] {
	for i := range s.y.Rows {
		for k, v := range s.y.Row(i) {
			w := s.right[i]
			s.y.Set(i, k, scalar.Of[T](w, 0)*v*scalar.Of[T](s.unit[k], 0))
		}
	}
	return s.y
}

// bound sets ForwardBound: the error of column k of x is at most
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
	size := make([]float64, cols)
	for i := range n {
		for k, v := range s.y.Row(i) {
			size[k] = max(size[k], s.right[i]*scalar.Abs(v))
		}
	}
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
	for k := range cols {
		e := 0.0
		if size[k] > 0 {
			e = v[k]/size[k] + scalar.Eps/2
		}
		s.report.ForwardBound = nanMax(s.report.ForwardBound, e)
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
	conjugate(x.Data) // (Mᵀ)⁻ᴴ is the conjugate of M⁻¹
	if err := s.f.solveScaled(ctx, x, matrix.NoTranspose); err != nil {
		return err
	}
	conjugate(x.Data)
	return nil
}

func multiplyElements[T scalar.Scalar](x *dense.Matrix[T], w []float64) {
	for i, v := range x.Data {
		x.Data[i] = scalar.Of[T](w[i], 0) * v
	}
}

// judge returns a *SingularError when no digit of the solution is certain.
func (s *refinement[T]) judge() error {
	if s.report.ForwardBound < 1 && s.report.BackwardError < 1 {
		return nil
	}
	return &SingularError{
		Column: s.f.column, Pivot: s.f.pivot, Condition: s.report.ForwardBound / scalar.Eps,
		Reason: "refinement does not reach one certain digit",
	}
}
