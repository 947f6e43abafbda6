package kernel

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"eimtool/internal/scalar"
)

// kkt returns [0 Bᵀ; B 0] or, with h, [H Bᵀ; B 0], H the identity: indefinite,
// half of the diagonal zero. The rows with a zero diagonal come first.
func kkt[T scalar.Scalar](n int, h bool, conj bool) *plain[T] {
	b := random[T](newRand(n), n, n)
	a := newPlain[T](2*n, 2*n)
	for j := range n {
		for i := range n {
			a.set(n+i, j, b.at(i, j))
		}
		if h {
			a.set(n+j, n+j, 1)
		}
	}
	mirror(a, conj)
	return a
}

func TestLDLSaddlePoints(t *testing.T) {
	forAll(t, testSaddlePoints[float64], testSaddlePoints[complex128])
}

func testSaddlePoints[T scalar.Scalar](t *testing.T, s *Set[T]) {
	for _, n := range []int{1, 2, 5, 16, 33, 70} {
		for _, conj := range []bool{false, true} {
			for _, h := range []bool{false, true} {
				p := checkLDL(t, s, kkt[T](n, h, conj), 2*n, Pivoting{Tau: 0.01, Conj: conj})
				if p.Count != 2*n {
					t.Errorf("n=%d h=%v conj=%v: %d of %d columns eliminated", n, h, conj, p.Count, 2*n)
				}
			}
		}
	}
}

// TestLDLDelays factorises fronts where a fully summed column is dominated by
// a row outside: it must be delayed, and its Schur complement be right.
func TestLDLDelays(t *testing.T) { forAll(t, testLDLDelays[float64], testLDLDelays[complex128]) }

func testLDLDelays[T scalar.Scalar](t *testing.T, s *Set[T]) {
	for _, m := range []int{2, 3, 9, 40, 90, 300} {
		k := (m + 1) / 2
		a := symmetric[T](newRand(m), m, false)
		delayed := 0
		for j := 0; j < k; j += 3 {
			a.set(m-1-j/3, j, 1e9) // each has its own large row outside
			delayed++
		}
		for j := range k {
			a.set(j, j, 100) // all others can be eliminated
		}
		mirror(a, false)
		p := checkLDL(t, s, a, k, Pivoting{Tau: 0.01})
		if p.Count != k-delayed {
			t.Errorf("m=%d: %d of %d columns eliminated, %d had to be delayed", m, p.Count, k, delayed)
		}
		for _, j := range p.Perm[p.Count:] {
			if j%3 != 0 {
				t.Errorf("m=%d: column %d was delayed", m, j)
			}
		}
		if q := checkLDL(t, s, a, k, Pivoting{Tau: 0.01, Last: true}); q.Count != k || q.Relaxed != delayed {
			t.Errorf("m=%d: last front eliminated %d of %d, %d below the threshold", m, q.Count, k, q.Relaxed)
		}
	}
}

func TestLUDelays(t *testing.T) { forAll(t, testLUDelays[float64], testLUDelays[complex128]) }

func testLUDelays[T scalar.Scalar](t *testing.T, s *Set[T]) {
	for _, m := range []int{2, 3, 9, 40, 90, 300} {
		k := (m + 1) / 2
		a := random[T](newRand(m), m, m)
		delayed := 0
		for j := 0; j < k; j += 3 {
			a.set(m-1-j/3, j, 1e9)
			delayed++
		}
		p := checkLU(t, s, a, k, Pivoting{Tau: 0.01})
		if p.Count != k-delayed {
			t.Errorf("m=%d: %d of %d columns eliminated, %d had to be delayed", m, p.Count, k, delayed)
		}
		if q := checkLU(t, s, a, k, Pivoting{Tau: 0.01, Last: true}); q.Count != k || q.Relaxed != delayed {
			t.Errorf("m=%d: last front eliminated %d of %d, %d below the threshold", m, q.Count, k, q.Relaxed)
		}
	}
}

// TestRankDeficient takes matrices of known rank with small integers: what is
// left after the rank is exhausted must not be eliminated.
func TestRankDeficient(t *testing.T) {
	forAll(t, testRankDeficient[float64], testRankDeficient[complex128])
}

func testRankDeficient[T scalar.Scalar](t *testing.T, s *Set[T]) {
	for _, m := range []int{1, 4, 20, 75} {
		for rank := 0; rank <= m; rank += 1 + m/4 {
			b := random[T](newRand(m+rank), m, rank)
			d := newPlain[T](rank, rank)
			for j := range rank {
				d.set(j, j, scalar.Of[T](float64(1-2*(j%2)), 0))
			}
			for _, conj := range []bool{false, true} {
				op := Trans
				if conj {
					op = ConjTrans
				}
				a := b.mul(d).mul(b.op(op))
				mirror(a, conj)
				for _, last := range []bool{false, true} {
					o := Pivoting{Tau: 0.01, Small: 1e-9, Last: last, Conj: conj}
					if p := checkLDL(t, s, a, m, o); p.Count != rank {
						t.Errorf("LDL m=%d: %d columns eliminated, rank is %d", m, p.Count, rank)
					}
					if p := checkLU(t, s, a, m, o); p.Count != rank {
						t.Errorf("LU m=%d: %d columns eliminated, rank is %d", m, p.Count, rank)
					}
				}
			}
		}
	}
}

func TestCholeskyFailures(t *testing.T) {
	forAll(t, testCholeskyFailures[float64], testCholeskyFailures[complex128])
}

func testCholeskyFailures[T scalar.Scalar](t *testing.T, s *Set[T]) {
	var w Work[T]
	for _, m := range []int{1, 5, 17, 40, 100} {
		for _, bad := range []float64{0, -1, math.NaN(), math.Inf(1), math.Inf(-1)} {
			for c := 0; c < m; c += 1 + m/7 {
				a := newPlain[T](m, m)
				for j := range m {
					a.set(j, j, 2)
				}
				a.set(c, c, scalar.Of[T](bad, 0))
				if got := s.Cholesky(&w, a.v, m, m, m, 1); got != c {
					t.Errorf("m=%d: pivot %d is %g, but column %d was reported", m, c, bad, got)
				}
			}
		}
	}
}

// TestNotFinite: pivots that are not numbers, or infinite, are never accepted.
func TestNotFinite(t *testing.T) { forAll(t, testNotFinite[float64], testNotFinite[complex128]) }

func testNotFinite[T scalar.Scalar](t *testing.T, s *Set[T]) {
	var w Work[T]
	for _, bad := range []float64{math.NaN(), math.Inf(1)} {
		for _, m := range []int{1, 2, 3, 10} {
			for _, last := range []bool{false, true} {
				a := newPlain[T](m, m)
				for i := range a.v {
					a.v[i] = scalar.Of[T](bad, 0)
				}
				var p Pivots[T]
				s.LDL(&w, a.op(Trans).stored(m), m, m, m, Pivoting{Tau: 0.01, Last: last}, &p)
				var q LUPivots
				s.LU(&w, a.op(Trans).stored(m), m, m, m, Pivoting{Tau: 0.01, Last: last}, &q)
				if p.Count != 0 || q.Count != 0 {
					t.Errorf("%g, m=%d, last=%v: LDL accepted %d, LU %d pivots", bad, m, last, p.Count, q.Count)
				}
			}
		}
	}
}

// TestExact: on integers whose factors are dyadic, all arithmetic is exact and
// so must the result be.
func TestExact(t *testing.T) {
	forAll(t, func(t *testing.T, s *Set[float64]) {
		rapid.Check(t, func(t *rapid.T) { exactReal(t, s) })
	}, func(*testing.T, *Set[complex128]) {})
}

// exactReal builds A = L·D·Lᵀ from small integers and unit pivots and checks
// the factorisation in rational arithmetic.
func exactReal(t *rapid.T, s *Set[float64]) {
	m := rapid.IntRange(1, 20).Draw(t, "m")
	l, d := newPlain[float64](m, m), newPlain[float64](m, m)
	for j := range m {
		l.set(j, j, 1)
		for i := j + 1; i < m; i++ {
			l.set(i, j, float64(rapid.IntRange(-1, 1).Draw(t, "l")))
		}
		d.set(j, j, float64(1-2*rapid.IntRange(0, 1).Draw(t, "sign")))
	}
	a := l.mul(d).mul(l.op(Trans))
	var (
		w Work[float64]
		p Pivots[float64]
	)
	f := a.stored(m)
	s.LDL(&w, f, m, m, m, Pivoting{Tau: 0.01}, &p)
	if p.Count != m {
		t.Fatalf("%d of %d columns eliminated", p.Count, m)
	}
	det := new(big.Float).SetPrec(200).SetFloat64(1)
	for j := 0; j < m; j++ {
		x := new(big.Float).SetPrec(200).SetFloat64(p.D[2*j])
		if e := p.D[2*j+1]; e != 0 {
			x.Mul(x, new(big.Float).SetFloat64(p.D[2*j+2]))
			b := new(big.Float).SetPrec(200).SetFloat64(e)
			x.Sub(x, b.Mul(b, b))
			j++
		}
		det.Mul(det, x)
	}
	want := 1.0
	for j := range m {
		want *= d.at(j, j)
	}
	if got, _ := det.Float64(); math.Abs(got-want) > 1e-6 {
		t.Fatalf("determinant %g, want %g", got, want)
	}
}

// TestTwoByTwo: the smallest matrix that needs a 2×2 pivot comes out exactly.
func TestTwoByTwo(t *testing.T) {
	forAll(t, func(t *testing.T, s *Set[float64]) {
		var w Work[float64]
		var p Pivots[float64]
		// [0 1 2; 1 0 4; 2 4 1]: S = 1 - [2 4]·[0 1; 1 0]·[2; 4] = -15, L = [4 2].
		a := []float64{0, 1, 2, math.NaN(), 0, 4, math.NaN(), math.NaN(), 1}
		s.LDL(&w, a, 3, 3, 2, Pivoting{Tau: 0.01}, &p)
		if p.Count != 2 || p.D[0] != 0 || p.D[1] != 1 || p.D[2] != 0 || a[8] != -15 || a[2] != 4 || a[5] != 2 {
			t.Errorf("pivots %+v, front %v", p, a)
		}
	}, func(t *testing.T, s *Set[complex128]) {
		var w Work[complex128]
		var p Pivots[complex128]
		// Hermitian [0 -i 1; i 0 0; 1 0 0]: the inverse of the pivot is itself,
		// S = 0 and L = [1 0]·[0 -i; i 0] = [0 -i].
		a := []complex128{0, 1i, 1, 0, 0, 0, 0, 0, 0}
		s.LDL(&w, a, 3, 3, 2, Pivoting{Tau: 0.01, Conj: true}, &p)
		if p.Count != 2 || p.D[1] != 1i || a[8] != 0 || a[2] != 0 || a[5] != -1i {
			t.Errorf("Hermitian: pivots %+v, front %v", p, a)
		}
		// Symmetric [0 i 1; i 0 0; 1 0 0]: L = [1 0]·[0 -i; -i 0] = [0 -i].
		a = []complex128{0, 1i, 1, 0, 0, 0, 0, 0, 0}
		s.LDL(&w, a, 3, 3, 2, Pivoting{Tau: 0.01}, &p)
		if p.Count != 2 || p.D[1] != 1i || a[8] != 0 || a[2] != 0 || a[5] != -1i {
			t.Errorf("symmetric: pivots %+v, front %v", p, a)
		}
	})
}
