package direct

import (
	"context"

	"eimtool/internal/dense"
	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
)

// solveColumns is the number of right-hand sides that go through the tree
// together.
const solveColumns = 24

// Solve replaces b (n×k, by rows) by op(R·A·C)⁻¹·b. The only error is ctx's.
func (n *Numeric[T]) Solve(ctx context.Context, b *dense.Matrix[T], op matrix.Op, threads int) error {
	threads = scalar.Threads(threads)
	chunks := scalar.BlockCount(b.Cols, solveColumns)
	// Threads that chunks leave idle share the subtrees of a chunk.
	inside := max(1, threads/max(1, chunks))
	return scalar.Blocks(ctx, b.Cols, solveColumns, threads, func(_, lo, hi int) {
		v := &vectors[T]{n: n, cols: hi - lo, x: make([]T, n.sym.pattern.Rows*(hi-lo))}
		transposed, conj := n.form(op)
		in, out := places{n.sym.rowAt, n.rowPos}, places{n.sym.colAt, n.colPos}
		if n.rules.Kind == Cholesky {
			in.pos, out.pos = nil, nil
		}
		if transposed {
			in, out = out, in
		}
		v.load(b, lo, hi, in, conj)
		v.solve(transposed, inside)
		v.unload(b, lo, hi, out, conj)
	})
}

// HalfSolve replaces b by L⁻¹·b or, with second, by L⁻ᴴ·b, L in the order of the
// matrix; of a factor by Cholesky only. The only error is ctx's.
func (n *Numeric[T]) HalfSolve(ctx context.Context, b *dense.Matrix[T], second bool, threads int) error {
	if n.rules.Kind != Cholesky {
		panic("direct: half a solution takes a factor by Cholesky")
	}
	threads = scalar.Threads(threads)
	inside := max(1, threads/max(1, scalar.BlockCount(b.Cols, solveColumns)))
	return scalar.Blocks(ctx, b.Cols, solveColumns, threads, func(_, lo, hi int) {
		v := &vectors[T]{n: n, cols: hi - lo, x: make([]T, n.sym.pattern.Rows*(hi-lo))}
		at := places{n.sym.rowAt, nil}
		v.load(b, lo, hi, at, false)
		if second {
			v.down(false, inside)
		} else {
			v.up(false, inside)
		}
		v.unload(b, lo, hi, at, false)
	})
}

// form reduces op to a solution with the factored matrix or its transpose, of
// conjugated right-hand sides or not.
func (n *Numeric[T]) form(op matrix.Op) (transposed, conj bool) {
	complexValues := scalar.IsComplex[T]()
	switch n.rules.Kind {
	case LU:
		return op != matrix.NoTranspose, complexValues && op == matrix.ConjTranspose
	case Symmetric:
		return false, complexValues && op == matrix.ConjTranspose
	default:
		return false, complexValues && op == matrix.Transpose
	}
}

// vectors are right-hand sides on their way through the tree, by rows in the
// order of elimination.
type vectors[T scalar.Scalar] struct {
	n    *Numeric[T]
	cols int
	x    []T
}

// places says where the unknowns of the matrix are in the order of elimination:
// i at pos[at[i]], or at[i] when pos is nil.
type places struct{ at, pos []int32 }

func (p places) of(i int) int {
	k := p.at[i]
	if p.pos != nil {
		k = p.pos[k]
	}
	return int(k)
}

// load takes columns lo to hi-1 of b.
func (v *vectors[T]) load(b *dense.Matrix[T], lo, hi int, p places, conj bool) {
	for i := range b.Rows {
		copy(v.x[p.of(i)*v.cols:], b.Row(i)[lo:hi])
	}
	if conj {
		scalar.Conjugate(v.x)
	}
}

// unload gives back what load took.
func (v *vectors[T]) unload(b *dense.Matrix[T], lo, hi int, p places, conj bool) {
	if conj {
		scalar.Conjugate(v.x)
	}
	for i := range b.Rows {
		copy(b.Row(i)[lo:hi], v.x[p.of(i)*v.cols:])
	}
}
