package solve

import (
	"context"
	"fmt"

	"eimtool/internal/dense"
	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
	"eimtool/internal/solve/direct"
)

// Factor is one factorised matrix. Its methods may be called by several
// goroutines at once.
type Factor[T scalar.Scalar] struct {
	solver   *Solver[T]
	pattern  *matrix.Pattern
	values   []T
	scale    scaling
	kind     direct.Kind
	numeric  *direct.Numeric[T]
	column   int     // of the smallest pivot
	pivot    float64 // its modulus
	symbolic *direct.Symbolic
	cond     conditionCache
}

// Release gives the storage of the factor back for the next Factorise of its
// Solver. The factor must not be used afterwards. Without it the storage is
// freed when nothing refers to the factor any more.
func (f *Factor[T]) Release() {
	if f.numeric != nil {
		f.solver.recycle(f.symbolic, f.numeric)
		f.numeric = nil
	}
}

// Solve replaces b (n×k, by rows) by op(A)⁻¹·b without refinement: for inner
// iterations and many right-hand sides. The bits do not depend on the number
// of threads. The error is a *ShapeError, a *NonFiniteError (the right-hand side
// or the solution is not finite) or ctx's.
func (f *Factor[T]) Solve(ctx context.Context, b *dense.Matrix[T], op matrix.Op) error {
	if err := f.fits(b); err != nil {
		return err
	}
	left, right := f.scale.of(op)
	multiplyRows(b, left)
	if err := f.solveScaled(ctx, b, op); err != nil {
		return err
	}
	multiplyRows(b, right)
	if !scalar.AllFinite(b.Data) {
		return &NonFiniteError{What: "solution"}
	}
	return nil
}

func (f *Factor[T]) fits(b *dense.Matrix[T]) error {
	if b.Rows != f.pattern.Rows {
		return &ShapeError{What: "right-hand side", Got: fmt.Sprintf("%d long", b.Rows), Want: fmt.Sprintf("%d long", f.pattern.Rows)}
	}
	return nil
}

// solveScaled replaces b by op(R·A·C)⁻¹·b.
func (f *Factor[T]) solveScaled(ctx context.Context, b *dense.Matrix[T], op matrix.Op) error {
	return f.numeric.Solve(ctx, b, op, f.solver.opt.Threads)
}

// multiplyRows multiplies row i of b by s[i].
func multiplyRows[T scalar.Scalar](b *dense.Matrix[T], s []float64) {
	for i, v := range s {
		scaleRow(b.Row(i), v)
	}
}

func scaleRow[T scalar.Scalar](row []T, s float64) {
	switch r := any(row).(type) {
	case []float64:
		for c := range r {
			r[c] *= s
		}
	case []complex128:
		for c, v := range r {
			r[c] = complex(real(v)*s, imag(v)*s)
		}
	}
}

// LogDet returns log|det A|, by a compensated sum, and det A/|det A|.
func (f *Factor[T]) LogDet() (logabs float64, phase T) {
	logabs, phase = f.numeric.LogDet()
	var sum scalar.Sum
	sum.Add(logabs)
	f.scale.divideOut(&sum)
	return sum.Value(), phase
}

// Inertia returns how many eigenvalues of A are positive, negative and zero;
// ok is false where the factorisation does not tell (LU, complex symmetric).
func (f *Factor[T]) Inertia() (pos, neg, zero int, ok bool) {
	pos, neg, ok = f.numeric.Inertia()
	return pos, neg, 0, ok
}

// Info describes the factorisation.
func (f *Factor[T]) Info() Info {
	st := f.numeric.Stats()
	return Info{
		Method: f.kind.String(), Ordering: f.solver.tree.Ordering, NNZ: st.NNZ, Flops: st.Flops, Delayed: st.Delayed,
		Relaxed: st.Relaxed, Bytes: st.Bytes, FrontBytes: st.FrontBytes, SmallestPivot: f.pivot,
	}
}
