package dense

import (
	"errors"
	"math"
	"testing"

	"eimtool/internal/scalar"
)

func TestLU(t *testing.T) {
	t.Run("real", testLU[float64])
	t.Run("complex", testLU[complex128])
}

func testLU[T scalar.Scalar](t *testing.T) {
	for _, n := range []int{0, 1, 2, 5, 40} {
		a := random[T](11, n, n)
		f, err := LU(a)
		if err != nil {
			t.Fatal(err)
		}
		want := random[T](12, n, 1)
		col := product(a, want)
		row := product(want.Transpose(), a)
		tol := 100 * float64(n) * scalar.Eps * max(1, f.Condition())
		allClose(t, "A·x = b", &Matrix[T]{Rows: n, Cols: 1, Data: f.Solve(col.Data)}, want, tol)
		allClose(t, "x·A = b", &Matrix[T]{Rows: 1, Cols: n, Data: f.SolveRow(row.Data)}, want.Transpose(), tol)
	}
}

// Pascal's matrix is integer with determinant 1: its elimination is exact in
// sizes where binomials are, and so are its solutions.
func TestLUPascal(t *testing.T) {
	const n = 12
	a := New[float64](n, n)
	for i := range n {
		for j := range n {
			if i == 0 || j == 0 {
				a.Set(i, j, 1)
			} else {
				a.Set(i, j, a.At(i-1, j)+a.At(i, j-1))
			}
		}
	}
	f, err := LU(a)
	if err != nil {
		t.Fatal(err)
	}
	det := 1.0
	for k := range n {
		det *= f.LU[k*n+k]
	}
	closeTo(t, "|det|", math.Abs(det), 1, scalar.Eps*f.Condition())
}

func TestLUSingular(t *testing.T) {
	for column, a := range []*Matrix[complex128]{
		{Rows: 1, Cols: 1, Data: []complex128{0}},
		{Rows: 2, Cols: 2, Data: []complex128{1, 2i, 2, 4i}},
		{Rows: 3, Cols: 3, Data: []complex128{1, 0, 1, 0, 1, 1, 0, 0, 0}},
	} {
		_, err := LU(a)
		var s *SingularError
		if !errors.As(err, &s) || s.Column != column || s.Size != column+1 {
			t.Errorf("size %d: %v", column+1, err)
		}
	}
}

// The estimate is a lower bound that Higham found within a factor 3 nearly
// always. Hilbert matrices: condition numbers known exactly.
func TestCondition(t *testing.T) {
	for n, want := range map[int]float64{1: 1, 2: 27, 3: 748, 4: 28375, 5: 943656, 6: 29070279} {
		h := New[float64](n, n)
		for i := range n {
			for j := range n {
				h.Set(i, j, 1/float64(i+j+1))
			}
		}
		f, err := LU(h)
		if err != nil {
			t.Fatal(err)
		}
		if c := f.Condition(); c > want*(1+want*1e-14) || c < want/3 {
			t.Errorf("n = %d: condition %g, exactly %g", n, c, want)
		}
	}
	for seed := range uint64(20) {
		a := random[complex128](seed, 17, 17)
		f, err := LU(a)
		if err != nil {
			t.Fatal(err)
		}
		inv := New[complex128](17, 17)
		for j := range 17 {
			e := make([]complex128, 17)
			e[j] = 1
			copy(inv.Row(j), f.Solve(e))
		}
		want := norm1(a) * norm1(inv.Transpose())
		if c := f.Condition(); c > want*(1+1e-10) || c < want/3 {
			t.Errorf("seed %d: condition %g, exactly %g", seed, c, want)
		}
	}
}
