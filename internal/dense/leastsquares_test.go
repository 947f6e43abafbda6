package dense

import (
	"errors"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"

	"eimtool/internal/scalar"
)

func TestLeastSquares(t *testing.T) {
	t.Run("real", testLeastSquares[float64])
	t.Run("complex", testLeastSquares[complex128])
}

// testLeastSquares compares with the pseudo-inverse by gonum's real SVD, for
// every rank that fits the shape.
func testLeastSquares[T scalar.Scalar](t *testing.T) {
	for _, d := range [][2]int{{1, 1}, {6, 3}, {3, 6}, {8, 8}, {30, 11}} {
		for rank := 1; rank <= min(d[0], d[1]); rank++ {
			a := product(random[T](6, d[0], rank), random[T](7, rank, d[1]))
			b := random[T](8, d[0], 2)
			x, got, err := LeastSquares(a, b, 1e-12)
			if err != nil || got != rank {
				t.Fatalf("%v: rank %d, error %v, want rank %d", d, got, err, rank)
			}
			var svd mat.SVD
			svd.Factorize(embed(a), mat.SVDThin)
			real := rank
			if scalar.IsComplex[T]() {
				real *= 2
			}
			var want mat.Dense
			svd.SolveTo(&want, embed(b), real)
			s := svd.Values(nil)
			cond := s[0] / s[real-1]
			// both solutions err by ε·cond·(|x| + cond·|r|/|A|)
			tol := 100 * scalar.Eps * cond * (1 + cond) * Norm(b.Data) / s[0]
			allClose(t, "x", x, unembed[T](&want), tol)
		}
	}
}

func TestLeastSquaresEmpty(t *testing.T) {
	for _, d := range [][2]int{{0, 0}, {0, 2}, {2, 0}} {
		x, rank, err := LeastSquares(New[float64](d[0], d[1]), New[float64](d[0], 1), 0)
		if err != nil || rank != 0 || x.Rows != d[1] || x.Cols != 1 || Norm(x.Data) != 0 {
			t.Errorf("%v: x %v, rank %d, error %v", d, x, rank, err)
		}
	}
	x, rank, err := LeastSquares(New[float64](3, 2), random[float64](1, 3, 1), 0)
	if err != nil || rank != 0 || Norm(x.Data) != 0 {
		t.Errorf("zero matrix: x %v, rank %d, error %v", x, rank, err)
	}
}

func TestNonFinite(t *testing.T) {
	a, b := identity[float64](2), identity[float64](2)
	a.Set(0, 1, math.NaN())
	var target *NonFiniteError
	if _, _, err := LeastSquares(a, b, 0); !errors.As(err, &target) {
		t.Errorf("LeastSquares: %v", err)
	}
	if _, _, err := MinNorm(b, a, 0); !errors.As(err, &target) {
		t.Errorf("MinNorm: %v", err)
	}
	if _, err := LU(a); !errors.As(err, &target) {
		t.Errorf("LU: %v", err)
	}
	if _, _, _, err := SVD(a); !errors.As(err, &target) {
		t.Errorf("SVD: %v", err)
	}
}

// For a wide matrix of full rank the solution of minimum norm is orthogonal to
// the null space, which gonum's pseudo-inverse knows.
func TestMinNorm(t *testing.T) {
	t.Run("real", testMinNorm[float64])
	t.Run("complex", testMinNorm[complex128])
}

func testMinNorm[T scalar.Scalar](t *testing.T) {
	for _, d := range [][2]int{{1, 1}, {1, 5}, {4, 4}, {5, 12}} {
		a, b := random[T](9, d[0], d[1]), random[T](10, d[0], 3)
		x, rank, err := MinNorm(a, b, 0)
		if err != nil || rank != d[0] {
			t.Fatalf("rank %d, error %v", rank, err)
		}
		y, _, err := LeastSquares(a, b, 0)
		if err != nil {
			t.Fatal(err)
		}
		allClose(t, "a·x", product(a, x), b, 1e4*scalar.Eps)
		var svd mat.SVD
		svd.Factorize(embed(a), mat.SVDThin)
		var want mat.Dense
		svd.SolveTo(&want, embed(b), svd.Rank(1e-13))
		allClose(t, "x", x, unembed[T](&want), 1e4*scalar.Eps) // cond < 100
		allClose(t, "LeastSquares", y, x, 1e4*scalar.Eps)
	}
}

// A target in the row space is reproduced; another leaves the distance to it.
func TestRowFit(t *testing.T) {
	t.Run("real", rapid.MakeCheck(testRowFit[float64]))
	t.Run("complex", rapid.MakeCheck(testRowFit[complex128]))
}

func testRowFit[T scalar.Scalar](t *rapid.T) {
	m := rapid.IntRange(0, 8).Draw(t, "m")
	n := m + rapid.IntRange(1, 20).Draw(t, "extra")
	seed := rapid.Uint64().Draw(t, "seed")
	rows := random[T](seed, m, n)
	want := random[T](seed+1, 1, m).Data
	k := make([]T, n)
	for i, b := range want {
		for j, v := range rows.Row(i) {
			k[j] += b * v
		}
	}
	fit := NewRowFit(rows)
	beta, res := fit.Fit(k)
	size := 1 + Norm(k)
	if res > 100*scalar.Eps*size {
		t.Fatalf("residual %g of an exact target", res)
	}
	// add a vector orthogonal to all rows: β stays, the residual is its norm
	q := QR(rows.Transpose())
	e := make([]T, n)
	e[m] = scalar.Of[T](0.25, 0)
	q.ApplyQVec(e)
	for j := range k {
		k[j] += e[j]
	}
	again, res := fit.Fit(k)
	if math.Abs(res-0.25) > 1000*scalar.Eps*size {
		t.Fatalf("residual %g, want 0.25", res)
	}
	r := q.R()
	small := math.Inf(1)
	for i := range m {
		small = min(small, scalar.Abs(r.At(i, i)))
	}
	for i := range beta {
		if d := scalar.Abs(again[i] - beta[i]); d > 1e5*scalar.Eps*size/(small*small) {
			t.Fatalf("β_%d moved by %g (smallest pivot %g)", i, d, small)
		}
	}
}

// A row of A itself has its unit vector as coefficients, however ill
// conditioned A is: here 1e12, and the error stays at the residual's level.
func TestRowFitReproducesRows(t *testing.T) {
	const m, n = 6, 40
	rows := New[float64](m, n)
	for i := range m {
		for j := range n {
			x := float64(j) / (n - 1)
			rows.Set(i, j, math.Exp(x*(1+1e-2*float64(i)))) // nearly dependent
		}
	}
	fit := NewRowFit(rows)
	for i := range m {
		_, res := fit.Fit(rows.Row(i))
		closeTo(t, "residual", res, 0, 50*scalar.Eps*Norm(rows.Row(i)))
	}
}
