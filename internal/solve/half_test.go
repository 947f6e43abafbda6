package solve

import (
	"errors"
	"math"
	"slices"
	"testing"

	"eimtool/internal/dense"
	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
)

// TestHalfSolve checks, for A = G·Gᴴ, that G⁻¹ and G⁻ᴴ make up A⁻¹, that G⁻¹·A·G⁻ᴴ
// is the identity, and that the two halves are adjoint.
func TestHalfSolve(t *testing.T) {
	p, v := grid(2, 30, 0, matrix.Symmetric)
	for k := range v { // badly scaled
		i, j := p.Position(k)
		v[k] *= math.Ldexp(1, i%7+j%7)
	}
	testHalfSolve(t, p, v)
	q, w := shiftedPlane(9, 1, -0.1, matrix.Hermitian)
	q.Each(func(k, i, j int) {
		if i != j {
			w[k] *= 0.8 + 0.6i
		}
	})
	testHalfSolve(t, q, w)
	d := &matrix.Pattern{Rows: 1, Cols: 1, Dense: true}
	testHalfSolve(t, d, []float64{9})
}

func testHalfSolve[T scalar.Scalar](t *testing.T, p *matrix.Pattern, v []T) {
	t.Helper()
	const k = 30
	for _, threads := range []int{1, 3} {
		f := factorise(t, p, v, Options{Threads: threads})
		b := randomBlock[T](newRand(4), p.Rows, k)
		first, second, x := clone(b), clone(b), clone(b)
		for _, err := range []error{f.HalfSolveFirst(ctx, first), f.HalfSolve(ctx, second), f.Solve(ctx, x, matrix.NoTranspose)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		// bᴴ·A⁻¹·b = ‖G⁻¹·b‖², and (G⁻ᴴ·b)ᴴ·A·(G⁻ᴴ·b) = ‖b‖².
		image := apply(t, p, v, second, matrix.NoTranspose)
		for c := range k {
			if a, w := scalar.Real(columnDot(b, x, c)), scalar.Real(columnDot(first, first, c)); !(math.Abs(a-w) <= 1e-11*w) {
				t.Fatalf("bᴴ·A⁻¹·b = %g, ‖G⁻¹·b‖² = %g", a, w)
			}
			if a, w := scalar.Real(columnDot(second, image, c)), scalar.Real(columnDot(b, b, c)); !(math.Abs(a-w) <= 1e-11*w) {
				t.Fatalf("yᴴ·A·y = %g, ‖b‖² = %g", a, w)
			}
			if a, w := columnDot(b, first, c), columnDot(second, b, c); !(scalar.Abs(a-w) <= 1e-11*scalar.Abs(w)+1e-13) {
				t.Fatalf("bᴴ·(G⁻¹·b) = %v, (G⁻ᴴ·b)ᴴ·b = %v", a, w)
			}
		}
		if err := f.HalfSolve(ctx, first); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(first.Data, x.Data) {
			t.Error("the two halves differ from the whole")
		}
	}
}

func clone[T scalar.Scalar](b *dense.Matrix[T]) *dense.Matrix[T] {
	return &dense.Matrix[T]{Rows: b.Rows, Cols: b.Cols, Data: slices.Clone(b.Data)}
}

// columnDot returns xᴴ·y for columns c.
func columnDot[T scalar.Scalar](x, y *dense.Matrix[T], c int) T {
	var sum T
	for i := range x.Rows {
		sum += scalar.Conj(x.At(i, c)) * y.At(i, c)
	}
	return sum
}

func TestHalfSolveRefuses(t *testing.T) {
	p, v := saddle(5)
	f := factorise(t, p, v, Options{})
	var unsupported *UnsupportedError
	if err := f.HalfSolve(ctx, dense.New[float64](p.Rows, 1)); !errors.As(err, &unsupported) {
		t.Errorf("indefinite: %v", err)
	}
	p, v = grid(2, 5, 0, matrix.Symmetric)
	var shape *ShapeError
	if err := factorise(t, p, v, Options{}).HalfSolve(ctx, dense.New[float64](3, 1)); !errors.As(err, &shape) {
		t.Errorf("wrong shape: %v", err)
	}
}
