package kernel

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"eimtool/internal/scalar"
)

// TestThreads: the same bits for any number of threads.
func TestThreads(t *testing.T) { forAll(t, testThreads[float64], testThreads[complex128]) }

func testThreads[T scalar.Scalar](t *testing.T, s *Set[T]) {
	const m, k = 330, 250
	spd := symmetric[T](newRand(1), m, true)
	for j := range m {
		spd.set(j, j, 4*m)
	}
	sym, full := symmetric[T](newRand(2), m, false), random[T](newRand(3), m, m)
	var (
		w     Work[T]
		first [][]T
		piv   Pivots[T]
		rows  LUPivots
	)
	for _, threads := range []int{1, 2, 3, 8} {
		a, b, c := slices.Clone(spd.v), slices.Clone(sym.v), slices.Clone(full.v)
		s.Cholesky(&w, a, m, m, k, threads)
		s.LDL(&w, b, m, m, k, Pivoting{Tau: 0.01, Threads: threads}, &piv)
		s.LU(&w, c, m, m, k, Pivoting{Tau: 0.01, Threads: threads}, &rows)
		out := [][]T{a, b, c, slices.Clone(piv.D)}
		if first == nil {
			first = out
		}
		for i := range out {
			if !slices.Equal(out[i], first[i]) {
				t.Errorf("result %d with %d threads differs from that with one", i, threads)
			}
		}
	}
}

// TestNoAllocations: once the workspace has grown, one thread allocates nothing.
func TestNoAllocations(t *testing.T) {
	forAll(t, testNoAllocations[float64], testNoAllocations[complex128])
}

func testNoAllocations[T scalar.Scalar](t *testing.T, s *Set[T]) {
	for _, m := range []int{7, 60, 150} {
		k := m * 2 / 3
		spd := symmetric[T](newRand(1), m, true)
		for j := range m {
			spd.set(j, j, scalar.Of[T](float64(4*m), 0))
		}
		sym, full := symmetric[T](newRand(2), m, false), random[T](newRand(3), m, m)
		var (
			w    Work[T]
			piv  Pivots[T]
			rows LUPivots
		)
		f, l, x := make([]T, m*m), slices.Clone(spd.v), make([]T, 10*m)
		n := testing.AllocsPerRun(3, func() {
			copy(f, spd.v)
			s.Cholesky(&w, f, m, m, k, 1)
			copy(f, sym.v)
			s.LDL(&w, f, m, m, k, Pivoting{Tau: 0.01}, &piv)
			copy(f, full.v)
			s.LU(&w, f, m, m, k, Pivoting{Tau: 0.01}, &rows)
			for _, op := range ops {
				for _, nrhs := range []int{1, 5} {
					s.SolveLower(&w, op, false, l, m, k, x, 7, nrhs)
					s.SolveUpper(&w, op, true, l, m, k, x, nrhs, nrhs)
					s.Update(&w, op, l, m, k, k, x, nrhs, x[5*m:], nrhs, nrhs)
				}
			}
			clear(x)
			s.SolveD(&piv, x, 1, 1)
		})
		if n != 0 {
			t.Errorf("m=%d: %v allocations", m, n)
		}
	}
}

// TestAgainstGonum compares with gonum's Cholesky and LU.
func TestAgainstGonum(t *testing.T) {
	for _, s := range sets[float64]() {
		for _, n := range []int{1, 10, 33, 100, 150} {
			var w Work[float64]
			g := random[float64](newRand(n), n, n)
			a := g.mul(g.op(Trans))
			for j := range n {
				a.set(j, j, a.at(j, j)+float64(n))
			}
			mirror(a, true)
			var chol mat.Cholesky
			if !chol.Factorize(mat.NewSymDense(n, a.v)) {
				t.Fatal("gonum finds no Cholesky factor")
			}
			var want mat.TriDense
			chol.LTo(&want)
			f := slices.Clone(a.v)
			s.Cholesky(&w, f, n, n, n, 1)
			for j := range n {
				for i := j; i < n; i++ {
					// cond(A) is below 10, so forward errors are a few ε·n.
					if d := math.Abs(f[i+j*n] - want.At(i, j)); d > 50*scalar.Eps*float64(n)*math.Sqrt(a.at(i, i)) {
						t.Errorf("%s n=%d: L(%d, %d) off by %g", s.Name(), n, i, j, d)
					}
				}
			}
			checkDeterminant(t, s, g)
		}
	}
}

// checkDeterminant compares log|det| from LU and from LDL of GᵀG with gonum's.
func checkDeterminant(t *testing.T, s *Set[float64], g *plain[float64]) {
	t.Helper()
	n := g.m
	var lu mat.LU
	lu.Factorize(mat.NewDense(n, n, slices.Clone(g.v)))
	want, _ := lu.LogDet()
	var (
		w    Work[float64]
		rows LUPivots
		got  float64
	)
	f := slices.Clone(g.v)
	s.LU(&w, f, n, n, n, Pivoting{Tau: 0.1}, &rows)
	for j := range n {
		got += math.Log(math.Abs(f[j*(n+1)]))
	}
	if math.Abs(got-want) > 1e-9 {
		t.Errorf("%s n=%d: log|det| is %v, want %v", s.Name(), n, got, want)
	}
}

// TestSetsAgree: portable and accelerated kernels differ by rounding only.
func TestSetsAgree(t *testing.T) {
	t.Run("real", testSetsAgree[float64])
	t.Run("complex", testSetsAgree[complex128])
}

func testSetsAgree[T scalar.Scalar](t *testing.T) {
	all := sets[T]()
	if len(all) == 1 {
		return // the portable kernels are the only ones here
	}
	for n := 1; n < 90; n++ {
		r := newRand(n)
		x, a, y := random[T](r, n, 1), random[T](r, n, 11), random[T](r, 11, 1)
		for _, conj := range []bool{false, true} {
			var got [2][]T
			for i, s := range all {
				u, v, z := slices.Clone(x.v), slices.Clone(y.v), make([]T, n)
				s.in.columns(u, a.v, n, y.v)
				s.in.dots(v, a.v, n, x.v, conj)
				s.in.scale(z, x.v, y.v[0])
				got[i] = append(append(append(u, v...), z...), scalar.Of[T](s.in.size(x.v), 0))
			}
			for i := range got[0] {
				if d := scalar.Abs(got[0][i] - got[1][i]); !(d <= 100*scalar.Eps*float64(n)) {
					t.Fatalf("n=%d: value %d differs by %g", n, i, d)
				}
			}
		}
	}
}
