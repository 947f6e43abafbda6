package gallery_test

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"eimtool/internal/gallery"
	"eimtool/internal/matrix"
	"eimtool/internal/oracle"
	"eimtool/internal/scalar"
)

// checkPattern fails unless the pattern is one that matrix.Pattern allows.
func checkPattern[T scalar.Scalar](t rapid.TB, m *gallery.Matrix[T]) {
	t.Helper()
	if m.NNZ() != len(m.Values) {
		t.Fatalf("%d positions, %d values", m.NNZ(), len(m.Values))
	}
	if !scalar.AllFinite(m.Values) {
		t.Fatal("a value is not finite")
	}
	if m.Dense {
		return
	}
	for j := range m.Cols {
		lo, hi := m.Column(j)
		for k := lo; k < hi; k++ {
			i := m.Row(k, j)
			lower := m.Symmetry != matrix.General && i < j || m.Symmetry == matrix.SkewSymmetric && i == j
			if i < 0 || i >= m.Rows || k > lo && i <= m.Row(k-1, j) || lower {
				t.Fatalf("row %d at position %d of column %d", i, k, j)
			}
		}
	}
}

// TestResonances counts, exactly, the negative eigenvalues of K - k²·M: they are
// the resonances below k.
func TestResonances(t *testing.T) {
	nx, ny, lx, ly := 4, 5, 1.0, 1.25
	stiffness, mass := gallery.Resonator(nx, ny, lx, ly)
	checkPattern(t, stiffness)
	list := gallery.Resonances(nx, ny, lx, ly)
	if len(list) != nx*ny || !slices.IsSorted(list) {
		t.Fatalf("resonances %v", list)
	}
	for below := range len(list) {
		for _, k := range []float64{list[below] * (1 - 1e-12), list[below] * (1 + 1e-12)} {
			want := 0
			for _, r := range list {
				if r < k {
					want++
				}
			}
			a := gallery.Combine([]*gallery.Matrix[float64]{stiffness, mass}, []float64{1, -k * k})
			in, err := oracle.InertiaOf(a.Pattern, a.Values)
			if err != nil || in.Negative != want || in.Zero != 0 {
				t.Errorf("k = %.15g: inertia %v, error %v, want %d negative", k, in, err, want)
			}
		}
	}
	// The continuous membrane has k² = π²·(p²/lx² + q²/ly²), approached from above.
	first := math.Pi * math.Hypot(1/lx, 1/ly)
	if fine := gallery.Resonances(200, 200, lx, ly)[0]; fine < first || fine > first*(1+1e-4) {
		t.Errorf("first resonance %g of a fine mesh, want %g", fine, first)
	}
}

func TestThermalBlocks(t *testing.T) {
	for _, k := range []int{2, 3, 4, 9} {
		n := 5
		parts := gallery.ThermalBlocks(n, k, 11)
		ones := make([]float64, k)
		for p, part := range parts {
			ones[p] = 1
			checkPattern(t, part)
			in, err := oracle.InertiaOf(part.Shift(1e-9).Pattern, part.Shift(1e-9).Values)
			if err != nil || in.Negative != 0 {
				t.Errorf("K = %d: part %d has inertia %v, error %v", k, p, in, err)
			}
			if scalar.MaxAbs(part.Values) == 0 {
				t.Errorf("K = %d: part %d is empty", k, p)
			}
			if slices.Equal(part.Values, gallery.ThermalBlocks(n, k, 12)[p].Values) {
				t.Errorf("K = %d: the seed changes nothing", k)
			}
		}
		sum := gallery.Combine(parts, ones)
		sum.Each(func(q, i, j int) {
			want := -1.0 / 3
			if i == j {
				want = 8.0 / 3
			}
			if math.Abs(sum.Values[q]-want) > 8*scalar.Eps {
				t.Errorf("K = %d: entry (%d, %d) = %g, want %g", k, i, j, sum.Values[q], want)
			}
		})
		if sum.NNZ() != n*n+(n-1)*n*2+(n-1)*(n-1)*2 {
			t.Errorf("K = %d: %d entries", k, sum.NNZ())
		}
	}
}

func TestP1(t *testing.T) {
	n := 6
	m := gallery.P1(n, func(_, _ float64) (kx, ky, r float64) { return 1, 1, 0 })
	checkPattern(t, m)
	l := gallery.Laplacian(n, n)
	m.Each(func(k, i, j int) {
		want := 0.0
		if q, ok := l.Find(i, j); ok {
			want = l.Values[q]
		}
		if math.Abs(m.Values[k]-want) > 16*scalar.Eps {
			t.Errorf("(%d, %d) = %g, want %g", i, j, m.Values[k], want)
		}
	})
	// Without diffusion, rows of inner nodes away from the boundary sum to h².
	mass := gallery.P1(n, func(_, _ float64) (kx, ky, r float64) { return 0, 0, 1 })
	x, y := make([]float64, n*n), make([]float64, n*n)
	for i := range x {
		x[i] = 1
	}
	matrix.MulVec(mass.Pattern, mass.Values, x, y)
	if h2 := 1.0 / 49; math.Abs(y[2*n+2]-h2) > 16*scalar.Eps*h2 {
		t.Errorf("row sum %g, want %g", y[2*n+2], h2)
	}
}

func TestArrow(t *testing.T) {
	d := []float64{2, 4, -8, 0.5, 16, 3}
	m := gallery.Arrow(d)
	checkPattern(t, m)
	det, rest := 1.0, d[len(d)-1]
	for _, v := range d[:len(d)-1] {
		det *= v
		rest -= 1 / v
	}
	det *= rest // all terms are exact
	logAbs, sign, err := oracle.LogDet(m.Pattern, m.Values)
	if err != nil || sign != math.Copysign(1, det) || math.Abs(logAbs-math.Log(math.Abs(det))) > 4*scalar.Eps*math.Abs(logAbs) {
		t.Errorf("log|det| %g, sign %g, error %v, want det = %g", logAbs, sign, err, det)
	}
}

func TestRandomKeepsItsPromises(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := gallery.RandomOptions{
			Rows: rapid.IntRange(0, 12).Draw(t, "rows"), PerColumn: rapid.IntRange(1, 4).Draw(t, "per column"),
			EmptyRows: rapid.IntRange(0, 2).Draw(t, "empty"), DenseRows: rapid.IntRange(0, 2).Draw(t, "dense"),
			NoDiagonal: rapid.Bool().Draw(t, "no diagonal"), Integers: rapid.Bool().Draw(t, "integers"),
			Symmetry: rapid.SampledFrom([]matrix.Symmetry{matrix.General, matrix.Symmetric, matrix.SkewSymmetric, matrix.Hermitian}).Draw(t, "symmetry"),
			Seed:     rapid.Uint64().Draw(t, "seed"),
		}
		o.Cols = o.Rows
		if o.Symmetry == matrix.General {
			o.Cols = rapid.IntRange(0, 12).Draw(t, "cols")
		}
		if !o.Integers {
			o.Decades = rapid.SampledFrom([]float64{0, 1, 60}).Draw(t, "decades")
		}
		m := gallery.Random[complex128](o)
		checkPattern(t, m)
		entries := make([]int, o.Rows)
		m.Expand().Each(func(_, i, _ int) { entries[i]++ })
		empty := 0
		for _, e := range entries {
			if e == 0 {
				empty++
			}
		}
		if empty < min(o.EmptyRows, o.Rows) {
			t.Fatalf("%d empty rows, %d asked for", empty, o.EmptyRows)
		}
		m.Each(func(k, i, j int) {
			v := m.Values[k]
			if o.Symmetry == matrix.Hermitian && i == j && imag(v) != 0 {
				t.Fatalf("diagonal entry %v of a Hermitian matrix", v)
			}
			// A real diagonal may be any part of its modulus.
			if a := scalar.Abs(v); o.Decades > 0 && (a > math.Pow(10, o.Decades/2)*1.001 || i != j && a < math.Pow(10, -o.Decades/2)*0.999) {
				t.Fatalf("modulus %g outside %g decades", a, o.Decades)
			}
		})
		again := gallery.Random[complex128](o)
		if !again.Equal(m.Pattern) || !slices.Equal(again.Values, m.Values) {
			t.Fatal("the same options give another matrix")
		}
	})
}

func TestDominantIsNonsingular(t *testing.T) {
	for _, s := range []matrix.Symmetry{matrix.General, matrix.Symmetric, matrix.Hermitian} {
		for seed := range uint64(5) {
			m := gallery.Random[complex128](gallery.RandomOptions{Rows: 10, Cols: 10, Symmetry: s, DenseRows: 1, Dominant: true, Seed: seed})
			if r := oracle.Rank(m.Pattern, m.Values); r != 10 {
				t.Errorf("%v: rank %d", s, r)
			}
		}
	}
}

// TestRearrangements applies each conversion and compares entry by entry.
func TestRearrangements(t *testing.T) {
	for _, s := range []matrix.Symmetry{matrix.General, matrix.Symmetric, matrix.SkewSymmetric, matrix.Hermitian} {
		m := gallery.Random[complex128](gallery.RandomOptions{Rows: 7, Cols: 7, Symmetry: s, Seed: 3})
		full := entries(m)
		p, q := []int{3, 1, 6, 0, 2, 5, 4}, []int{6, 5, 0, 1, 3, 4, 2}
		for name, c := range map[string]struct {
			m    *gallery.Matrix[complex128]
			p, q []int
		}{
			"general":   {m.Expand(), nil, nil},
			"dense":     {m.AsDense(), nil, nil},
			"permuted":  {m.Permute(p, q), p, q},
			"symmetric": {m.PermuteSymmetric(p), p, p},
		} {
			checkPattern(t, c.m)
			got := entries(c.m)
			for i := range 7 {
				for j := range 7 {
					r, k := i, j
					if c.p != nil {
						r, k = c.p[i], c.q[j]
					}
					if got[r][k] != full[i][j] {
						t.Errorf("%v %s: (%d, %d) = %v, want %v", s, name, r, k, got[r][k], full[i][j])
					}
				}
			}
		}
	}
}

func entries(m *gallery.Matrix[complex128]) [7][7]complex128 {
	var a [7][7]complex128
	m.Each(func(k, i, j int) {
		a[i][j] = m.Values[k]
		if i != j && m.Symmetry != matrix.General {
			a[j][i] = matrix.Mirror(m.Symmetry, m.Values[k])
		}
	})
	return a
}

func TestOrdersZeroAndOne(t *testing.T) {
	for _, n := range []int{0, 1} {
		checkPattern(t, gallery.Laplacian(n))
		checkPattern(t, gallery.Laplacian(n, n, n))
		checkPattern(t, gallery.Wilkinson(n))
		checkPattern(t, gallery.Saddle(n, 1, n))
		checkPattern(t, gallery.Pascal(n))
		checkPattern(t, gallery.Arrow(make([]float64, n)))
		m, _ := gallery.PermutedTriangular[float64](n, 2, 1)
		checkPattern(t, m)
		if d := gallery.Laplacian(n); d.Matrix().Len() != n || d.Matrix().IsComplex() {
			t.Errorf("order %d: %d values", n, d.Matrix().Len())
		}
	}
	checkPattern(t, gallery.Deficient[float64](1, 0, 1))
	if !gallery.Complex(gallery.Laplacian(1)).Matrix().IsComplex() {
		t.Error("complex values are lost")
	}
}

func TestImpossibleArgumentsPanic(t *testing.T) {
	for name, f := range map[string]func(){
		"Hilbert 21":  func() { gallery.Hilbert(21) },
		"Pascal 40":   func() { gallery.Pascal(40) },
		"deficient":   func() { gallery.Deficient[float64](3, 3, 1) },
		"constraints": func() { gallery.Saddle(3, 1, 2) },
		"blocks":      func() { gallery.ThermalBlocks(1, 5, 1) },
		"no diagonal": func() { gallery.ZeroDiagonal(2, 1, 1).Shift(1) },
		"not square":  func() { gallery.Random[float64](gallery.RandomOptions{Rows: 1, Cols: 2, Symmetry: matrix.Symmetric}) },
		"foreign patterns": func() {
			gallery.Combine([]*gallery.Matrix[float64]{gallery.Laplacian(2), gallery.Laplacian(3)}, []float64{1, 1})
		},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
}
