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
	x := dense.New[T](b.Rows, b.Cols)
	var report Report
	for lo := 0; lo < b.Cols; lo += refineColumns {
		hi := min(b.Cols, lo+refineColumns)
		s, err := newRefinement(f, b, lo, hi, op)
		if err != nil {
			return nil, Report{}, err
		}
		if err := s.solve(ctx, x, lo); err != nil {
			return nil, Report{}, err
		}
		report.merge(s.report)
	}
	if !scalar.AllFinite(x.Data) {
		return nil, Report{}, &NonFiniteError{What: "solution"}
	}
	return x, report, nil
}

// refineColumns is the number of columns refined together: the workspace is
// some ten vectors for each of them.
const refineColumns = 8

// merge takes over the worst of r and o.
func (r *Report) merge(o Report) {
	r.BackwardError = max(r.BackwardError, o.BackwardError)
	r.Residual = max(r.Residual, o.Residual)
	r.ForwardBound = max(r.ForwardBound, o.ForwardBound)
	r.Iterations = max(r.Iterations, o.Iterations)
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
	corrections []corrections // by column
	report      Report
}

// newRefinement prepares columns lo to hi-1 of b. The error is a *NonFiniteError
// when they overflow by the scaling.
func newRefinement[T scalar.Scalar](f *Factor[T], b *dense.Matrix[T], lo, hi int, op matrix.Op) (*refinement[T], error) {
	n, cols := b.Rows, hi-lo
	s := &refinement[T]{f: f, op: op, c: dense.New[T](n, cols), res: newResidual[T](n, cols), corrections: make([]corrections, cols)}
	s.left, s.right = f.scale.of(op)
	size := make([]float64, cols)
	for i := range n {
		copy(s.c.Row(i), b.Row(i)[lo:hi])
		for k, v := range s.c.Row(i) {
			size[k] = max(size[k], scalar.Abs(v)*s.left[i])
		}
	}
	s.unit = make([]float64, cols)
	for k, m := range size {
		if math.IsInf(m, 1) {
			return nil, &NonFiniteError{What: "equilibrated right-hand side"}
		}
		s.unit[k] = 1
		if _, e := math.Frexp(m); m > 0 {
			s.unit[k] = math.Ldexp(1, min(max(e, -maxExponent), maxExponent))
		}
	}
	for i := range n {
		for k, v := range s.c.Row(i) {
			s.c.Set(i, k, scalar.Of[T](s.left[i]/s.unit[k], 0)*v)
		}
	}
	return s, nil
}

// solve refines, judges and stores the solutions in x from column lo on.
func (s *refinement[T]) solve(ctx context.Context, x *dense.Matrix[T], lo int) error {
	if err := s.run(ctx); err != nil {
		return err
	}
	if !s.f.solver.opt.Quick {
		if err := s.bound(ctx); err != nil {
			return err
		}
	}
	if err := s.judge(); err != nil {
		return err
	}
	s.unscale(x, lo)
	return nil
}

// progress is how good column k was before its last correction.
type progress struct{ backward, residual float64 }

// again reports whether a further step may help: the backward error is above
// rounding level, and it or the largest residual still halves. The latter goes
// first where the elements of the solution differ by many decades.
func (p progress) again(now progress) bool {
	return now.backward > scalar.Eps && (now.backward <= p.backward/2 || now.residual <= p.residual/2)
}

// worse reports whether the last correction did harm. Backward errors below
// rounding level rise and fall by chance; the error of x still shrinks.
func (p progress) worse(now progress) bool {
	return !(now.backward <= scalar.Eps || now.backward < p.backward || now.residual < p.residual && now.backward <= p.backward)
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
				s.corrections[k].undone = true
				live[k], restored = false, true
				continue
			}
			live[k] = step == 0 && now.residual > 0 || last[k].again(now) || step == 1 && s.unsure(k)
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
		s.measure(d, live)
	}
	if restored {
		if err := s.res.compute(ctx, s.f, s.c, s.y, s.op); err != nil {
			return err
		}
	}
	for k := range cols {
		s.report.BackwardError = max(s.report.BackwardError, s.res.progress(k, cols).backward)
		s.report.Residual = max(s.report.Residual, s.relative(k))
		s.report.ForwardBound = max(s.report.ForwardBound, s.corrections[k].estimate())
	}
	return nil
}

// unsure reports whether one correction of column k is too few for an estimate.
func (s *refinement[T]) unsure(k int) bool {
	return s.f.solver.opt.Quick && s.corrections[k].estimate() > estimateFloor
}

func copyColumn[T scalar.Scalar](to, from *dense.Matrix[T], c int) {
	for i := range to.Rows {
		to.Set(i, c, from.At(i, c))
	}
}

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

// unscale stores right·y·2^unit in the columns of x from lo on.
func (s *refinement[T]) unscale(x *dense.Matrix[T], lo int) {
	for i := range s.y.Rows {
		row := x.Row(i)[lo:]
		for k, v := range s.y.Row(i) {
			a, b := s.right[i], s.unit[k]
			if (a < 1) == (b < 1) { // both shrink or both grow: through the larger of the two
				row[k] = scalar.Of[T](a, 0) * v * scalar.Of[T](b, 0)
				continue
			}
			row[k] = scalar.Of[T](a*b, 0) * v
		}
	}
}
