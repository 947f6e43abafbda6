package oracle_test

import (
	"errors"
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"eimtool/internal/gallery"
	"eimtool/internal/matrix"
	"eimtool/internal/oracle"
	"eimtool/internal/scalar"
)

func near(t *testing.T, what string, got, want, relative float64) {
	t.Helper()
	if !(math.Abs(got-want) <= relative*math.Abs(want)) {
		t.Errorf("%s: %x, want %x within %g", what, got, want, relative)
	}
}

func TestHilbert(t *testing.T) {
	for _, n := range []int{1, 2, 5, 12, 20} {
		m, scale := gallery.Hilbert(n)
		inverse, err := oracle.Inverse(m.Pattern, m.Values)
		if err != nil {
			t.Fatal(err)
		}
		for i := range n {
			for j := range n {
				q := new(big.Rat).SetFrac(gallery.HilbertInverse(n, i, j), new(big.Int).SetUint64(uint64(scale)))
				if want, _ := q.Float64(); inverse.At(i, j) != want {
					t.Fatalf("n = %d: inverse (%d, %d) = %x, want %x", n, i, j, inverse.At(i, j), want)
				}
			}
		}
		logAbs, sign, err := oracle.LogDet(m.Pattern, m.Values)
		det, _ := new(big.Float).SetRat(gallery.HilbertDet(n)).Float64()
		want := math.Log(det) + float64(n)*math.Log(scale)
		// The two terms of the closed form cancel: n = 20 has -460 and 724.
		if err != nil || sign != 1 || math.Abs(logAbs-want) > 8*scalar.Eps*(math.Abs(want)+math.Abs(math.Log(det))) {
			t.Errorf("n = %d: log det %.17g, want %.17g", n, logAbs, want)
		}
		if in, err := oracle.InertiaOf(m.Pattern, m.Values); err != nil || in.Positive != n {
			t.Errorf("n = %d: inertia %v, error %v", n, in, err)
		}
	}
	m, _ := gallery.Hilbert(5)
	condition, err := oracle.Condition1(m.Pattern, m.Values)
	if err != nil || condition != 943656 { // Todd, J. Res. NBS 65B (1961)
		t.Errorf("condition of order 5: %.17g, error %v, want 943656", condition, err)
	}
}

func TestPascal(t *testing.T) {
	for _, n := range []int{1, 3, 10, 29} {
		m := gallery.Pascal(n)
		logAbs, sign, err := oracle.LogDet(m.Pattern, m.Values)
		if err != nil || logAbs != 0 || sign != 1 {
			t.Errorf("n = %d: log det %g, sign %g, error %v, want 0, 1", n, logAbs, sign, err)
		}
		inverse, err := oracle.Inverse(m.Pattern, m.Values)
		if err != nil {
			t.Fatal(err)
		}
		for i := range n {
			for j := range n {
				if want, _ := new(big.Float).SetInt(gallery.PascalInverse(n, i, j)).Float64(); inverse.At(i, j) != want {
					t.Fatalf("n = %d: inverse (%d, %d) = %g, want %g", n, i, j, inverse.At(i, j), want)
				}
			}
		}
	}
}

func TestKnownDeterminants(t *testing.T) {
	for _, n := range []int{1, 2, 17, 30} {
		m := gallery.Wilkinson(n)
		logAbs, sign, err := oracle.LogDet(m.Pattern, m.Values)
		if err != nil || sign != 1 {
			t.Fatalf("Wilkinson %d: sign %g, error %v", n, sign, err)
		}
		near(t, "Wilkinson", logAbs, float64(n-1)*math.Ln2, 2*scalar.Eps)

		for seed := range uint64(4) {
			p, det := gallery.PermutedTriangular[complex128](n, 3, seed)
			logAbs, phase, err := oracle.LogDet(p.Pattern, p.Values)
			if err != nil || phase != complex(math.Copysign(1, det), 0) {
				t.Fatalf("triangular %d: phase %v, determinant %g, error %v", n, phase, det, err)
			}
			near(t, "triangular", logAbs, math.Log(math.Abs(det)), 2*scalar.Eps)
		}
		l := gallery.Laplacian(n)
		logAbs, _, err = oracle.LogDet(l.Pattern, l.Values)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "Laplacian", logAbs, gallery.LaplacianLogDet(n), 2*scalar.Eps)
	}
	grid := gallery.Laplacian(3, 2, 4)
	logAbs, _, err := oracle.LogDet(grid.Pattern, grid.Values)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "grid", logAbs, gallery.LaplacianLogDet(3, 2, 4), 16*scalar.Eps)
}

// TestComplexSpectra compares determinants with products of eigenvalues.
func TestComplexSpectra(t *testing.T) {
	for _, c := range []struct {
		name        string
		m           *gallery.Matrix[complex128]
		eigenvalues []complex128
	}{
		{"damped", gallery.DampedHelmholtz(1.5+0.25i, 4, 5), shifted(gallery.LaplacianEigenvalues(4, 5), 1.5+0.25i)},
		{"weak wind", gallery.Complex(gallery.Convection([]int{4, 3}, []float64{0.5, 0.25})), gallery.ConvectionEigenvalues([]int{4, 3}, []float64{0.5, 0.25})},
		{"strong wind", gallery.Complex(gallery.Convection([]int{3, 5}, []float64{3, 0.25})), gallery.ConvectionEigenvalues([]int{3, 5}, []float64{3, 0.25})},
	} {
		det := complex128(1)
		for _, v := range c.eigenvalues {
			det *= v
		}
		logAbs, phase, err := oracle.LogDet(c.m.Pattern, c.m.Values)
		if err != nil {
			t.Fatal(err)
		}
		// Products of 20 factors with about 4 roundings each.
		got := complex(math.Exp(logAbs), 0) * phase
		if d := scalar.Abs(got - det); d > 256*scalar.Eps*scalar.Abs(det) {
			t.Errorf("%s: determinant %v, want %v", c.name, got, det)
		}
	}
}

func shifted(v []float64, s complex128) []complex128 {
	out := make([]complex128, len(v))
	for k, x := range v {
		out[k] = complex(x, 0) - s
	}
	return out
}

func TestInertia(t *testing.T) {
	count := func(v []float64, shift float64) oracle.Inertia {
		var in oracle.Inertia
		for _, x := range v {
			switch {
			case x > shift:
				in.Positive++
			case x < shift:
				in.Negative++
			}
		}
		return in
	}
	check := func(name string, got oracle.Inertia, err error, want oracle.Inertia) {
		t.Helper()
		if err != nil || got != want {
			t.Errorf("%s: inertia %v, error %v, want %v", name, got, err, want)
		}
	}
	saddle := gallery.Saddle(5, 1, 3, 4)
	in, err := oracle.InertiaOf(saddle.Pattern, saddle.Values)
	check("saddle", in, err, oracle.Inertia{Positive: 12, Negative: 5})
	zero := gallery.ZeroDiagonal(9, 4, 1)
	in, err = oracle.InertiaOf(zero.Pattern, zero.Values)
	check("zero diagonal", in, err, oracle.Inertia{Positive: 4, Negative: 4, Zero: 5})
	if r := oracle.Rank(zero.Pattern, zero.Values); r != 8 {
		t.Errorf("zero diagonal: rank %d, want 8", r)
	}
	for _, shift := range []float64{0.5, 2.75, 5.5} {
		h := gallery.HermitianGrid(shift, 7, 3, 5)
		in, err = oracle.InertiaOf(h.Pattern, h.Values)
		check("Hermitian grid", in, err, count(gallery.LaplacianEigenvalues(3, 5), shift))
		in, err = oracle.InertiaOf(h.Expand().Pattern, h.Expand().Values)
		check("Hermitian grid, general", in, err, count(gallery.LaplacianEigenvalues(3, 5), shift))
	}
	// The 2 × 2 grid has the eigenvalues 2, 4, 4, 6: twice zero at shift 4.
	l := gallery.Laplacian(2, 2).Shift(-4)
	in, err = oracle.InertiaOf(l.Pattern, l.Values)
	check("shifted grid", in, err, oracle.Inertia{Positive: 1, Negative: 1, Zero: 2})
	w := gallery.Wilkinson(3)
	var no *oracle.NotHermitianError
	if _, err := oracle.InertiaOf(w.Pattern, w.Values); !errors.As(err, &no) {
		t.Errorf("error %v for a matrix that is not symmetric", err)
	}
}

// TestSylvester draws A = Cᴴ·D·C with a unit triangular integer C: the inertia is
// that of D.
func TestSylvester(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 8).Draw(t, "n")
		d := rapid.SliceOfN(rapid.IntRange(-2, 2), n, n).Draw(t, "d")
		part := rapid.IntRange(-3, 3)
		c := make([][]complex128, n)
		for i := range n {
			c[i] = make([]complex128, n)
			c[i][i] = 1
			for j := range i {
				c[i][j] = complex(float64(part.Draw(t, "re")), float64(part.Draw(t, "im")))
			}
		}
		var want oracle.Inertia
		a := make([][]complex128, n)
		for i := range n {
			a[i] = make([]complex128, n)
			for j := range n {
				for k := range n {
					a[i][j] += scalar.Conj(c[k][i]) * complex(float64(d[k]), 0) * c[k][j]
				}
			}
			switch {
			case d[i] > 0:
				want.Positive++
			case d[i] < 0:
				want.Negative++
			default:
				want.Zero++
			}
		}
		p, v := fromRows(a)
		if got, err := oracle.InertiaOf(p, v); err != nil || got != want {
			t.Fatalf("inertia %v, error %v, want %v", got, err, want)
		}
	})
}

func TestStructuralRank(t *testing.T) {
	for n := 1; n < 40; n += 3 {
		for d := 0; d < n; d += 2 {
			m := gallery.Deficient[float64](n, d, uint64(n*d))
			if r := oracle.StructuralRank(m.Pattern); r != n-d {
				t.Fatalf("n = %d: structural rank %d, want %d", n, r, n-d)
			}
		}
	}
	if r := oracle.StructuralRank(gallery.ZeroDiagonal(9, 4, 1).Pattern); r != 8 {
		t.Errorf("zero diagonal: %d, want 8", r)
	}
	if r := oracle.StructuralRank(&matrix.Pattern{Rows: 3, Cols: 5, Dense: true}); r != 3 {
		t.Errorf("dense 3 × 5: %d, want 3", r)
	}
}

// TestStructuralRankIsGenericRank: no rank exceeds the structural one, and random
// values of many bits reach it but with negligible probability.
func TestStructuralRankIsGenericRank(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := gallery.Random[float64](gallery.RandomOptions{
			Rows: rapid.IntRange(1, 10).Draw(t, "rows"), Cols: rapid.IntRange(1, 10).Draw(t, "cols"),
			PerColumn: rapid.IntRange(1, 3).Draw(t, "per column"), NoDiagonal: true,
			EmptyRows: rapid.IntRange(0, 2).Draw(t, "empty"), DenseRows: rapid.IntRange(0, 1).Draw(t, "dense"),
			Seed: rapid.Uint64().Draw(t, "seed"),
		})
		rank, structural := oracle.Rank(m.Pattern, m.Values), oracle.StructuralRank(m.Pattern)
		if rank != structural {
			t.Fatalf("rank %d, structural rank %d", rank, structural)
		}
		used := map[int]bool{}
		for j, i := range oracle.Matching(m.Pattern) {
			if i < 0 {
				continue
			}
			if _, stored := m.Find(i, j); !stored || used[i] {
				t.Fatalf("(%d, %d) in the matching", i, j)
			}
			used[i] = true
		}
	})
}

func TestResidualAndErrors(t *testing.T) {
	// 1e16 + 1 - 1e16 loses the 1 in float64.
	p, a := fromRows([][]float64{{1e16, 1, -1e16}, {0, 0, 0}, {1e-300, 0, 1e300}})
	x, b := []float64{1, 1, 1}, []float64{3, 0, 1e300}
	r := oracle.Residual(p, a, x, b)
	if r[0] != 2 || r[1] != 0 || r[2] != -1e-300 {
		t.Errorf("residual %v, want [2 0 -1e-300]", r)
	}
	near(t, "componentwise", oracle.ComponentwiseError(p, a, x, b), 2/(2e16+4), 4*scalar.Eps)
	near(t, "normwise", oracle.NormwiseError(p, a, x, b), 2/(2*1e300), 4*scalar.Eps)
	if e := oracle.ComponentwiseError(p, a, []float64{0, 0, 0}, []float64{0, 0, 0}); e != 0 {
		t.Errorf("zero problem: error %g", e)
	}
	near(t, "forward", oracle.ForwardError([]float64{1, 2.5}, []float64{1, 2}), 0.25, scalar.Eps)
	// (1 + 2i)·(3 - 1i) = 5 + 5i.
	pc, ac := fromRows([][]complex128{{1 + 2i}})
	if r := oracle.Residual(pc, ac, []complex128{3 - 1i}, []complex128{6 + 5i}); r[0] != 1 {
		t.Errorf("complex residual %v, want 1", r[0])
	}
}

// TestStorageDoesNotMatter solves with one matrix in several storages.
func TestStorageDoesNotMatter(t *testing.T) {
	for _, s := range []matrix.Symmetry{matrix.Symmetric, matrix.SkewSymmetric, matrix.Hermitian} {
		m := gallery.Random[complex128](gallery.RandomOptions{Rows: 8, Cols: 8, Symmetry: s, PerColumn: 4, Decades: 60, Seed: 5})
		b := gallery.Random[complex128](gallery.RandomOptions{Rows: 8, Cols: 1, DenseRows: 8, Seed: 6}).Values
		want, rank, err := oracle.Solve(m.Pattern, m.Values, b)
		if err != nil {
			t.Fatalf("%v: %v", s, err)
		}
		if e := oracle.ComponentwiseError(m.Pattern, m.Values, want, b); e > 8*scalar.Eps {
			t.Errorf("%v: componentwise error %g", s, e)
		}
		for _, o := range []*gallery.Matrix[complex128]{m.Expand(), m.AsDense(), m.Expand().AsDense()} {
			got, r, err := oracle.Solve(o.Pattern, o.Values, b)
			if err != nil || r != rank {
				t.Fatalf("%v: rank %d, error %v", s, r, err)
			}
			for i := range got {
				if got[i] != want[i] {
					t.Errorf("%v: x[%d] = %v, want %v", s, i, got[i], want[i])
				}
			}
		}
	}
}
