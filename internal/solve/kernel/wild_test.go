package kernel

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"eimtool/internal/scalar"
)

// wild draws a front with zeros and sizes over many decades, and the rules.
func wild[T scalar.Scalar](t *rapid.T) (*plain[T], int, Pivoting) {
	m := rapid.IntRange(1, 45).Draw(t, "m")
	k := rapid.IntRange(0, m).Draw(t, "k")
	seed := rapid.IntRange(0, 1<<20).Draw(t, "seed")
	decades := rapid.SampledFrom([]float64{0, 3, 12}).Draw(t, "decades")
	zeros := rapid.SampledFrom([]float64{0, 0.3, 0.8, 0.95}).Draw(t, "zeros")
	r := newRand(seed)
	a := random[T](r, m, m)
	for i := range a.v {
		if r.Float64() < zeros {
			a.v[i] = 0
		}
		a.v[i] *= scalar.Of[T](math.Pow(10, decades*(r.Float64()-0.5)), 0)
	}
	return a, k, Pivoting{
		Tau:  rapid.SampledFrom([]float64{1e-8, 0.01, 0.1, 0.5}).Draw(t, "tau"),
		Last: rapid.Bool().Draw(t, "last"),
		Conj: rapid.Bool().Draw(t, "conj"),
	}
}

// fataler makes the checks of factor_test.go usable inside rapid.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

func TestWildFronts(t *testing.T) { forAll(t, testWildFronts[float64], testWildFronts[complex128]) }

func testWildFronts[T scalar.Scalar](t *testing.T, s *Set[T]) {
	rapid.Check(t, func(t *rapid.T) {
		a, k, o := wild[T](t)
		q := checkLU(t, s, a, k, o)
		if o.Last && q.Count < k && q.Count+1 < a.m {
			// What is left of the fully summed part is zero.
			checkNothingLeft(t, s, a, k, o)
		}
		mirror(a, o.Conj && scalar.IsComplex[T]())
		checkLDL(t, s, a, k, o)
	})
}

// checkNothingLeft factorises again and looks at the remaining fully summed block.
func checkNothingLeft[T scalar.Scalar](t fataler, s *Set[T], a *plain[T], k int, o Pivoting) {
	var (
		w Work[T]
		p LUPivots
	)
	f := a.stored(a.m)
	s.LU(&w, f, a.m, a.m, k, o, &p)
	for j := p.Count; j < k; j++ {
		for i := p.Count; i < k; i++ {
			if f[i+j*a.m] != 0 {
				t.Fatalf("last front stopped at %d of %d with element %v left", p.Count, k, f[i+j*a.m])
			}
		}
	}
}

// TestScaling: results for a front scaled by a power of two are the scaled
// results, bit by bit, near both ends of the range of float64.
func TestScaling(t *testing.T) { forAll(t, testScaling[float64], testScaling[complex128]) }

func testScaling[T scalar.Scalar](t *testing.T, s *Set[T]) {
	const m = 24
	a := kkt[T](m/2, true, false)
	var (
		w    Work[T]
		want []T
	)
	for _, e := range []int{0, -900, 900} {
		f := make([]T, m*m)
		for i, x := range a.v {
			f[i] = x * scalar.Of[T](math.Ldexp(1, e), 0)
		}
		var p Pivots[T]
		s.LDL(&w, f, m, m, m, Pivoting{Tau: 0.01}, &p)
		l := lowerOf(fromStored(f, m, m, m), p.Count, true).v
		if want == nil {
			want = l
		}
		for i, x := range l {
			if x != want[i] {
				t.Fatalf("scaled by 2^%d: L differs at %d: %v, want %v", e, i, x, want[i])
			}
		}
	}
}
