package direct

import (
	"context"

	"eimtool/internal/dense"
	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
	"eimtool/internal/solve/kernel"
)

// solveColumns is the number of right-hand sides that go through the tree
// together.
const solveColumns = 24

// Solve replaces b (n×k, by rows) by op(R·A·C)⁻¹·b. The only error is ctx's.
func (n *Numeric[T]) Solve(ctx context.Context, b *dense.Matrix[T], op matrix.Op, threads int) error {
	size := n.sym.pattern.Rows
	transposed, conj := n.form(op)
	return scalar.Blocks(ctx, b.Cols, solveColumns, threads, func(_, lo, hi int) {
		v := &vectors[T]{n: n, cols: hi - lo, x: make([]T, size*(hi-lo))}
		in, out := n.rowPos, n.colPos
		if transposed {
			in, out = out, in
		}
		v.load(b, lo, hi, in, conj)
		v.solve(transposed)
		v.unload(b, lo, hi, out, conj)
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
	n     *Numeric[T]
	cols  int
	x     []T
	local []T // rows of one front below its pivots
	work  kernel.Work[T]
}

// load takes columns lo to hi-1 of b; row i of the matrix has place
// pos[Inverse[i]], or Inverse[i] when pos is nil.
func (v *vectors[T]) load(b *dense.Matrix[T], lo, hi int, pos []int32, conj bool) {
	for old, k := range v.n.sym.tree.Inverse {
		if v.n.rules.Kind != Cholesky {
			k = pos[k]
		}
		copy(v.x[int(k)*v.cols:], b.Row(old)[lo:hi])
	}
	if conj {
		conjugate(v.x)
	}
}

// unload gives back what load took.
func (v *vectors[T]) unload(b *dense.Matrix[T], lo, hi int, pos []int32, conj bool) {
	if conj {
		conjugate(v.x)
	}
	for old, k := range v.n.sym.tree.Inverse {
		if v.n.rules.Kind != Cholesky {
			k = pos[k]
		}
		copy(b.Row(old)[lo:hi], v.x[int(k)*v.cols:])
	}
}

func conjugate[T scalar.Scalar](x []T) {
	if z, ok := any(x).([]complex128); ok {
		for i, v := range z {
			z[i] = complex(real(v), -imag(v))
		}
	}
}

// pivots returns the part of x that belongs to the pivots of a front.
func (v *vectors[T]) pivots(f *node[T]) []T { return v.x[f.first*v.cols:][:f.c*v.cols] }

// gather copies the values of the given places.
func (v *vectors[T]) gather(places []int32) []T {
	v.local = resize(v.local, len(places)*v.cols)
	for i, p := range places {
		copy(v.local[i*v.cols:(i+1)*v.cols], v.x[int(p)*v.cols:])
	}
	return v.local
}

// scatter adds local to the values of the given places.
func (v *vectors[T]) scatter(places []int32) {
	for i, p := range places {
		y := v.x[int(p)*v.cols:][:v.cols]
		for c, t := range v.local[i*v.cols : (i+1)*v.cols] {
			y[c] += t
		}
	}
}

// solve passes the tree up and down.
func (v *vectors[T]) solve(transposed bool) {
	n := v.n
	for f := range n.nodes {
		v.forward(&n.nodes[f], transposed)
	}
	for f := len(n.nodes) - 1; f >= 0; f-- {
		v.backward(&n.nodes[f], transposed)
	}
}

// forward eliminates the pivots of one front: y₁ = L₁₁⁻¹·x₁, x₂ -= L₂₁·y₁, with
// Uᵀ in place of L for the transpose of LU.
func (v *vectors[T]) forward(f *node[T], transposed bool) {
	if f.c == 0 {
		return
	}
	x, k := v.pivots(f), v.cols
	set, kind := v.n.set, v.n.rules.Kind
	rest := f.m - f.c
	v.local = resize(v.local, rest*k)
	clear(v.local)
	if transposed {
		set.SolveUpper(&v.work, kernel.Trans, false, f.lower, f.m, f.c, x, k, k)
		if rest > 0 {
			set.Update(&v.work, kernel.Trans, f.upper, f.c, f.c, rest, x, k, v.local, k, k)
			v.scatter(f.colIDs[f.c:])
		}
		return
	}
	set.SolveLower(&v.work, kernel.NoTrans, kind != Cholesky, f.lower, f.m, f.c, x, k, k)
	if rest > 0 {
		set.Update(&v.work, kernel.NoTrans, f.lower[f.c:], f.m, rest, f.c, x, k, v.local, k, k)
		v.scatter(f.rowIDs[f.c:])
	}
	if kind == Symmetric || kind == Hermitian {
		p := kernel.Pivots[T]{Count: f.c, D: f.d, Conj: kind == Hermitian && scalar.IsComplex[T]()}
		set.SolveD(&p, x, k, k)
	}
}

// backward solves for the unknowns of one front.
func (v *vectors[T]) backward(f *node[T], transposed bool) {
	if f.c == 0 {
		return
	}
	x, k := v.pivots(f), v.cols
	set, kind := v.n.set, v.n.rules.Kind
	rest := f.m - f.c
	if kind == LU && !transposed {
		if rest > 0 {
			set.Update(&v.work, kernel.NoTrans, f.upper, f.c, f.c, rest, v.gather(f.colIDs[f.c:]), k, x, k, k)
		}
		set.SolveUpper(&v.work, kernel.NoTrans, false, f.lower, f.m, f.c, x, k, k)
		return
	}
	op := kernel.Trans
	if kind == Cholesky || kind == Hermitian {
		op = kernel.ConjTrans
	}
	if rest > 0 {
		set.Update(&v.work, op, f.lower[f.c:], f.m, rest, f.c, v.gather(f.rowIDs[f.c:]), k, x, k, k)
	}
	set.SolveLower(&v.work, op, kind != Cholesky, f.lower, f.m, f.c, x, k, k)
}
