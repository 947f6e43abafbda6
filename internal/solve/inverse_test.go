package solve

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"eimtool/internal/dense"
	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
	"eimtool/internal/solve/direct"
)

// inverseByColumns returns A⁻¹ by refined solutions with the columns of the
// identity: LU of the expanded matrix, whatever the kind under test is.
func inverseByColumns[T scalar.Scalar](t *testing.T, p *matrix.Pattern, v []T) *dense.Matrix[T] {
	t.Helper()
	m := full(p, v)
	q := &matrix.Pattern{Rows: p.Rows, Cols: p.Cols, Dense: true}
	w := make([]T, q.NNZ())
	q.Each(func(k, i, j int) { w[k] = m.At(i, j) })
	f := factorise(t, q, w, Options{Method: "lu", Quick: true, Threads: 1})
	b := dense.New[T](p.Rows, p.Rows)
	for i := range p.Rows {
		b.Set(i, i, scalar.Of[T](1, 0))
	}
	x, _, err := f.SolveRefined(ctx, b, matrix.NoTranspose)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// checkInverse compares the selected inverse of (p, v) with inverseByColumns
// and tr(A⁻¹·A) with n.
func checkInverse[T scalar.Scalar](t *testing.T, p *matrix.Pattern, v []T, opt Options, tolerance float64) *Factor[T] {
	t.Helper()
	f := factorise(t, p, v, opt)
	z, err := f.SelectedInverse(ctx)
	if err != nil {
		t.Fatal(err)
	}
	want := inverseByColumns(t, p, v)
	size := scalar.MaxAbs(want.Data)
	p.Each(func(k, i, j int) {
		if d := scalar.Abs(z[k] - want.At(j, i)); !(d <= tolerance*size) {
			t.Fatalf("(%d, %d): %v, want %v, off by %.2g of %.2g", i, j, z[k], want.At(j, i), d, size)
		}
	})
	n := float64(p.Rows)
	if tr := TraceProduct(p, z, v); !(scalar.Abs(tr-scalar.Of[T](n, 0)) <= tolerance*n*size*scalar.MaxAbs(v)) {
		t.Fatalf("tr(A⁻¹·A) = %v, n = %v", tr, n)
	}
	return f
}

func TestSelectedInverseKinds(t *testing.T) {
	for _, method := range []string{"auto", "ldl", "lu"} {
		for _, sym := range []matrix.Symmetry{matrix.General, matrix.Symmetric, matrix.SkewSymmetric, matrix.Hermitian} {
			for _, diagonal := range []float64{0, 0.1, 20} {
				if sym == matrix.SkewSymmetric && diagonal != 0 {
					continue
				}
				for _, n := range []int{2, 5, 30, 70} {
					if n > 30 && method == "ldl" {
						continue // auto takes it where it can
					}
					t.Run(fmt.Sprintf("%s/%v/%v/%d", method, sym, diagonal, n), func(t *testing.T) {
						testInverse[float64](t, n, sym, diagonal, Options{Method: method, Threads: 2})
						testInverse[complex128](t, n, sym, diagonal, Options{Method: method, Threads: 2})
					})
				}
			}
		}
	}
}

func testInverse[T scalar.Scalar](t *testing.T, n int, sym matrix.Symmetry, diagonal float64, opt Options) {
	r := newRand(uint64(n) + 7)
	if !scalar.IsComplex[T]() && sym == matrix.Hermitian {
		sym = matrix.Symmetric
	}
	for range max(2, min(6, 90/n)) {
		p, v := randomSparse[T](r, n, 2, sym, diagonal)
		s, err := New[T](ctx, p, opt)
		if err != nil {
			t.Fatal(err)
		}
		f, err := s.Factorise(ctx, v)
		var singular *SingularError
		if errors.As(err, &singular) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		c, err := f.Condition(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if c > 1e8 {
			continue
		}
		checkInverse(t, p, v, opt, 1e-14*math.Max(100, c))
	}
}

// TestSelectedInverseStorage: a saddle point problem, delayed pivots, permuted columns, a dense row, and dense storage of all symmetries.
func TestSelectedInverseStorage(t *testing.T) {
	p, v := saddle(12)
	for _, method := range []string{"auto", "lu"} {
		checkInverse(t, p, v, Options{Method: method}, 1e-11)
	}
	for _, sym := range []matrix.Symmetry{matrix.Symmetric, matrix.General} {
		p, v := randomSparse[float64](newRand(3), 150, 2, sym, 0.01)
		if f := checkInverse(t, p, v, Options{}, 1e-10); f.Info().Delayed == 0 {
			t.Errorf("%v: no pivot was delayed", sym)
		}
	}
	p, v = grid(2, 12, 20, matrix.General)
	shuffle := newRand(1).Perm(p.Rows)
	e := entries[float64]{}
	p.Each(func(k, i, j int) { e[[2]int{i, shuffle[j]}] = v[k] })
	q, w := sparse(p.Rows, matrix.General, e)
	if checkInverse(t, q, w, Options{}, 1e-12).solver.columns == nil {
		t.Error("columns were not permuted")
	}
	for i := range p.Rows {
		e[[2]int{3, i}], e[[2]int{i, 5}] = 1, 2
	}
	q, w = sparse(p.Rows, matrix.General, e)
	checkInverse(t, q, w, Options{}, 1e-12)
	t.Run("real", testInverseDense[float64])
	t.Run("complex", testInverseDense[complex128])
}

func testInverseDense[T scalar.Scalar](t *testing.T) {
	r := newRand(8)
	for _, n := range []int{1, 2, 64, 65, 100} {
		for _, sym := range []matrix.Symmetry{matrix.General, matrix.Symmetric, matrix.SkewSymmetric, matrix.Hermitian} {
			if sym == matrix.SkewSymmetric && n%2 == 1 {
				continue
			}
			p := &matrix.Pattern{Rows: n, Cols: n, Dense: true, Symmetry: sym}
			v := make([]T, p.NNZ())
			p.Each(func(k, i, j int) {
				v[k] = random[T](r)
				if i == j && sym == matrix.Hermitian {
					v[k] = scalar.Of[T](scalar.Real(v[k]), 0)
				}
			})
			checkInverse(t, p, v, Options{}, 1e-10)
			if sym != matrix.Hermitian {
				continue
			}
			p.Each(func(k, i, j int) { // definite, in general storage
				if i == j {
					v[k] += scalar.Of[T](4*float64(n), 0)
				}
			})
			m, q := full(p, v), &matrix.Pattern{Rows: n, Cols: n, Dense: true}
			w := make([]T, q.NNZ())
			q.Each(func(k, i, j int) { w[k] = m.At(i, j) })
			if kind := checkInverse(t, q, w, Options{}, 1e-12).kind; kind != direct.Cholesky {
				t.Errorf("factorised by %v", kind)
			}
		}
	}
}

// TestSelectedInverseThreads compares the bits of different numbers of threads,
// with fronts large enough to be shared.
func TestSelectedInverseThreads(t *testing.T) {
	cube, cubeValues := grid(3, 14, 0, matrix.Symmetric)
	wind, windValues := grid(3, 11, 9, matrix.General)
	kkt, kktValues := saddle(30)
	for name, c := range map[string]struct {
		p *matrix.Pattern
		v []float64
	}{"cube": {cube, cubeValues}, "wind": {wind, windValues}, "saddle": {kkt, kktValues}} {
		var first []float64
		for _, threads := range []int{1, 2, 5} {
			f := factorise(t, c.p, c.v, Options{Threads: threads})
			for range 2 { // the second time in used storage
				z, err := f.SelectedInverse(ctx)
				if err != nil {
					t.Fatal(err)
				}
				if first == nil {
					first = z
				}
				for k, want := range first {
					if z[k] != want {
						t.Fatalf("%s: value %d with %d threads: %x, with one %x", name, k, threads, z[k], want)
					}
				}
			}
		}
	}
}

// TestSelectedInverseShared calls one factor, and the storage of one solver for
// different kinds, from several goroutines.
func TestSelectedInverseShared(t *testing.T) {
	p, v := grid(2, 25, 0, matrix.Symmetric)
	s, err := New[float64](ctx, p, Options{Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	for shift := range 3 {
		w := slices.Clone(v)
		for j := range p.Cols {
			w[p.ColPtr[j]] -= 700 * float64(shift)
		}
		f, err := s.Factorise(ctx, w)
		if err != nil {
			t.Fatal(err)
		}
		var results [3][]float64
		if err := scalar.Each(ctx, len(results), len(results), func(k int) { results[k], _ = f.SelectedInverse(ctx) }); err != nil {
			t.Fatal(err)
		}
		for _, z := range results {
			if !slices.Equal(z, results[0]) || !(InverseDefect(p, z, w) < 1e-11) {
				t.Fatalf("shift %d (%v): defect %g", shift, f.kind, InverseDefect(p, z, w))
			}
		}
		f.Release()
	}
}

func TestSelectedInverseRefuses(t *testing.T) {
	p := &matrix.Pattern{Rows: 2, Cols: 2, Symmetry: matrix.Hermitian, ColPtr: []int{0, 2, 3}, RowIdx: []int32{0, 1, 1}}
	f := factorise(t, p, []complex128{2 + 1i, 1, 3}, Options{})
	var unsupported *UnsupportedError
	if _, err := f.SelectedInverse(ctx); !errors.As(err, &unsupported) || !strings.Contains(err.Error(), "diagonal") {
		t.Errorf("Hermitian storage of another matrix: %v", err)
	}
	none := &matrix.Pattern{Symmetry: matrix.Symmetric, ColPtr: []int{0}}
	if z, err := factorise(t, none, []float64{}, Options{}).SelectedInverse(ctx); err != nil || len(z) > 0 {
		t.Errorf("of nothing: %v, %v", z, err)
	}
	q := &matrix.Pattern{Rows: 1, Cols: 1, Dense: true}
	g := factorise(t, q, []float64{4e-310}, Options{})
	var wild *NonFiniteError
	if z, err := g.SelectedInverse(ctx); !errors.As(err, &wild) {
		t.Errorf("an inverse beyond float64: %v, %v", z, err)
	}
}

func TestSelectedInverseCancelled(t *testing.T) {
	p, v := grid(2, 20, 0, matrix.Symmetric)
	f := factorise(t, p, v, Options{})
	stopped, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := f.SelectedInverse(stopped); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
}
