package direct

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"eimtool/internal/dense"
	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
	"eimtool/internal/solve/order"
)

var ctx = context.Background()

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 5)) }

// mesh returns the pattern of a dim-dimensional grid with m points per axis,
// neighbours coupled.
func mesh(dim, m int, sym matrix.Symmetry, diagonal bool) *matrix.Pattern {
	n := 1
	for range dim {
		n *= m
	}
	p := &matrix.Pattern{Rows: n, Cols: n, Symmetry: sym, ColPtr: make([]int, n+1)}
	for j := range n {
		step := n / m
		for range dim {
			if j/step%m > 0 && sym == matrix.General {
				p.RowIdx = append(p.RowIdx, int32(j-step))
			}
			step /= m
		}
		if diagonal {
			p.RowIdx = append(p.RowIdx, int32(j))
		}
		step = 1
		for range dim {
			if j/step%m < m-1 {
				p.RowIdx = append(p.RowIdx, int32(j+step))
			}
			step *= m
		}
		p.ColPtr[j+1] = len(p.RowIdx)
	}
	return p
}

// values draws random values; dominant adds to the diagonal what makes the
// matrix positive definite when it is Hermitian.
func values[T scalar.Scalar](p *matrix.Pattern, seed uint64, dominant bool) []T {
	r := newRand(seed)
	v := make([]T, p.NNZ())
	p.Each(func(k, i, j int) {
		v[k] = scalar.Of[T](r.Float64()-0.5, r.Float64()-0.5)
		if i == j {
			re := scalar.Real(v[k])
			if dominant {
				re += 6
			}
			im := scalar.Imag(v[k])
			if p.Symmetry == matrix.Hermitian {
				im = 0
			}
			v[k] = scalar.Of[T](re, im)
		}
	})
	return v
}

func ones(n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = 1
	}
	return x
}

func block[T scalar.Scalar](n, k int, seed uint64) *dense.Matrix[T] {
	r := newRand(seed)
	b := dense.New[T](n, k)
	for i := range b.Data {
		b.Data[i] = scalar.Of[T](r.NormFloat64(), r.NormFloat64())
	}
	return b
}

func analyse(t testing.TB, p *matrix.Pattern, half bool) *Symbolic {
	t.Helper()
	tree, err := order.Analyse(ctx, order.FromPattern(p), order.Options{Ordering: "amd"})
	if err != nil {
		t.Fatal(err)
	}
	return Analyse(p, tree, half, nil)
}

func rules(k Kind, threads int) Rules {
	r := Rules{Kind: k, Tau: 0.01, Threads: threads}
	if k == LU {
		r.Tau = 0.1
	}
	return r
}

// residual returns max |b - op(A)·x| over max |x| + max |b|.
func residual[T scalar.Scalar](t testing.TB, p *matrix.Pattern, v []T, x, b *dense.Matrix[T], op matrix.Op) float64 {
	t.Helper()
	y := dense.New[T](x.Rows, x.Cols)
	if err := matrix.MulBlock(ctx, p, v, x, y, op, 1); err != nil {
		t.Fatal(err)
	}
	for i := range y.Data {
		y.Data[i] -= b.Data[i]
	}
	if !scalar.AllFinite(x.Data) {
		return 1
	}
	return scalar.MaxAbs(y.Data) / (scalar.MaxAbs(x.Data) + scalar.MaxAbs(b.Data))
}

func TestKinds(t *testing.T) {
	t.Run("real", testKinds[float64])
	t.Run("complex", testKinds[complex128])
}

func testKinds[T scalar.Scalar](t *testing.T) {
	for _, c := range []struct {
		kind     Kind
		sym      matrix.Symmetry
		diagonal bool
		dominant bool
		delays   bool // pivots are bound to be delayed
	}{
		{kind: Cholesky, sym: matrix.Hermitian, diagonal: true, dominant: true},
		{kind: Hermitian, sym: matrix.Hermitian, diagonal: true},
		{kind: Hermitian, sym: matrix.Hermitian, delays: true},
		{kind: Symmetric, sym: matrix.Symmetric, diagonal: true},
		{kind: Symmetric, sym: matrix.Symmetric, delays: true},
		{kind: LU, sym: matrix.General, diagonal: true},
		{kind: LU, sym: matrix.General, delays: true},
		{kind: LU, sym: matrix.SkewSymmetric, delays: true},
		{kind: LU, sym: matrix.Hermitian, diagonal: true},
		{kind: LU, sym: matrix.Symmetric, diagonal: true, dominant: true},
	} {
		for dim, m := range map[int]int{1: 40, 2: 14, 3: 6} {
			t.Run(fmt.Sprintf("%v/%v/%t/%t/dim=%d", c.kind, c.sym, c.diagonal, c.dominant, dim), func(t *testing.T) {
				p := mesh(dim, m, c.sym, c.diagonal)
				v := values[T](p, 11, c.dominant)
				n := NewNumeric[T](analyse(t, p, c.kind != LU))
				a := Matrix[T]{Values: v, Row: ones(p.Rows), Col: ones(p.Rows)}
				if err := n.Factorise(ctx, a, rules(c.kind, 2)); err != nil {
					t.Fatal(err)
				}
				if c.delays && dim > 1 && n.Stats().Delayed == 0 {
					t.Error("no pivot was delayed")
				}
				for op := range matrix.Op(3) {
					b := block[T](p.Rows, 27, 3)
					x := b.Clone()
					if err := n.Solve(ctx, x, op, 2); err != nil {
						t.Fatal(err)
					}
					// Growth of the pivots and the size of ‖A‖ < 10.
					if e := residual(t, p, v, x, b, op); !(e < 1e5*scalar.Eps) {
						t.Errorf("%v: residual %g, %+v", op, e, n.Stats())
					}
				}
			})
		}
	}
}

// TestThreads compares solutions for several numbers of threads bit by bit,
// with storage reused and with delayed pivots.
func TestThreads(t *testing.T) {
	for _, kind := range []Kind{LU, Symmetric} {
		sym := matrix.General
		if kind == Symmetric {
			sym = matrix.Symmetric
		}
		p := mesh(3, 9, sym, true)
		s := analyse(t, p, kind != LU)
		v := values[float64](p, 1, false)
		p.Each(func(k, i, j int) {
			if i == j && i%3 > 0 {
				v[k] = 0
			}
		})
		a := Matrix[float64]{Values: v, Row: ones(p.Rows), Col: ones(p.Rows)}
		var first *dense.Matrix[float64]
		for _, threads := range []int{1, 2, 3, 2} {
			n := NewNumeric[float64](s)
			for range 2 {
				if err := n.Factorise(ctx, a, rules(kind, threads)); err != nil {
					t.Fatal(err)
				}
			}
			x := block[float64](p.Rows, 60, 1)
			if err := n.Solve(ctx, x, matrix.Transpose, threads); err != nil {
				t.Fatal(err)
			}
			if first == nil {
				first = x
			}
			for i, want := range first.Data {
				if x.Data[i] != want {
					t.Fatalf("%v, %d threads: %x, want %x", kind, threads, x.Data[i], want)
				}
			}
		}
	}
}

func TestNotDefinite(t *testing.T) {
	p := mesh(2, 10, matrix.Symmetric, true)
	v := values[float64](p, 1, true)
	k, _ := p.Find(37, 37)
	v[k] = -6
	n := NewNumeric[float64](analyse(t, p, true))
	a := Matrix[float64]{Values: v, Row: ones(100), Col: ones(100)}
	var none *PivotError
	if err := n.Factorise(ctx, a, rules(Cholesky, 2)); !errors.As(err, &none) || none.Column != 37 {
		t.Errorf("error %v, %+v", err, none)
	}
	if err := n.Factorise(ctx, a, rules(Hermitian, 2)); err != nil {
		t.Fatal(err)
	}
	if pos, neg, ok := n.Inertia(); !ok || pos != 99 || neg != 1 {
		t.Errorf("inertia %d, %d", pos, neg)
	}
}

// TestDeficient checks that the column reported is the same for all threads.
func TestDeficient(t *testing.T) {
	p := &matrix.Pattern{Rows: 200, Cols: 200, ColPtr: make([]int, 201)} // 200 trees
	for j := range 200 {
		p.RowIdx = append(p.RowIdx, int32(j))
		p.ColPtr[j+1] = j + 1
	}
	v := ones(200)
	v[23], v[61], v[180] = 0, 0, 0
	s := analyse(t, p, false)
	first := -1
	for range 20 {
		n := NewNumeric[float64](s)
		var none *PivotError
		if err := n.Factorise(ctx, Matrix[float64]{Values: v, Row: ones(200), Col: ones(200)}, rules(LU, 4)); !errors.As(err, &none) {
			t.Fatal(err)
		}
		if first < 0 {
			first = none.Column
		}
		if v[none.Column] != 0 || none.Column != first {
			t.Fatalf("column %d, then %d", first, none.Column)
		}
	}
}

// TestSteady checks that a second factorisation allocates next to nothing.
func TestSteady(t *testing.T) {
	p := mesh(2, 40, matrix.Symmetric, true)
	v := values[float64](p, 1, true)
	n := NewNumeric[float64](analyse(t, p, true))
	a := Matrix[float64]{Values: v, Row: ones(p.Rows), Col: ones(p.Rows)}
	for _, kind := range []Kind{Cholesky, Symmetric} {
		allocations := testing.AllocsPerRun(3, func() {
			if err := n.Factorise(ctx, a, rules(kind, 1)); err != nil {
				t.Fatal(err)
			}
		})
		// Closures and the bookkeeping of the tasks, nothing per front.
		if allocations > 20 {
			t.Errorf("%v: %g allocations for %d fronts", kind, allocations, len(n.nodes))
		}
	}
}

// TestCancelled stops a factorisation before it begins.
func TestCancelled(t *testing.T) {
	p := mesh(2, 30, matrix.General, true)
	n := NewNumeric[float64](analyse(t, p, false))
	a := Matrix[float64]{Values: values[float64](p, 1, true), Row: ones(p.Rows), Col: ones(p.Rows)}
	done, cancel := context.WithCancel(ctx)
	cancel()
	if err := n.Factorise(done, a, rules(LU, 2)); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if err := n.Factorise(ctx, a, rules(LU, 2)); err != nil {
		t.Error(err)
	}
}

// TestLayout checks the symbolic data: every row below has its place in the
// parent, and every stored value is assembled once.
func TestLayout(t *testing.T) {
	for _, half := range []bool{false, true} {
		p := mesh(2, 13, matrix.General, true)
		s := analyse(t, p, half)
		for f := range s.count() {
			if parent := s.tree.SuperParent[f]; parent >= 0 {
				for i, r := range s.rows(f)[s.columns(f):] {
					if s.rows(int(parent))[s.relative(f)[i]] != r {
						t.Fatalf("front %d: row %d misplaced", f, r)
					}
				}
			}
		}
		seen := make([]int, p.NNZ())
		for _, it := range s.items {
			seen[max(it.value, ^it.value)]++
		}
		p.Each(func(k, i, j int) {
			want := 1
			if half && i < j {
				want = 0
			}
			if seen[k] != want {
				t.Fatalf("entry (%d, %d) assembled %d times", i, j, seen[k])
			}
		})
	}
}

func BenchmarkFactorise(b *testing.B) {
	for _, kind := range []Kind{Cholesky, Symmetric, LU} {
		sym := matrix.Symmetric
		if kind == LU {
			sym = matrix.General
		}
		for _, shape := range [][2]int{{2, 150}, {3, 22}} {
			p := mesh(shape[0], shape[1], sym, true)
			a := Matrix[float64]{Values: values[float64](p, 1, true), Row: ones(p.Rows), Col: ones(p.Rows)}
			for _, threads := range []int{1, 2} {
				b.Run(fmt.Sprintf("kind=%v/symmetry=%v/dim=%d/n=%d/threads=%d", kind, sym, shape[0], p.Rows, threads), func(b *testing.B) {
					n := NewNumeric[float64](analyse(b, p, kind != LU))
					for b.Loop() {
						if err := n.Factorise(ctx, a, rules(kind, threads)); err != nil {
							b.Fatal(err)
						}
					}
					b.ReportMetric(2*n.Stats().Flops*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFlop/s")
				})
			}
		}
	}
}
