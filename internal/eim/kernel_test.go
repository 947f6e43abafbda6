package eim

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"eimtool/internal/scalar"
)

func randomSlice[T scalar.Scalar](rng *rand.Rand, n int) []T {
	x := make([]T, n)
	for i := range x {
		x[i] = scalar.Of[T](rng.NormFloat64(), rng.NormFloat64())
	}
	return x
}

// TestKernelBits checks that the kernels of this machine give the bits of the
// portable ones, for lengths around the widths of their loops.
func TestKernelBits(t *testing.T) {
	fast, slow := *realKernels(), kernels[float64]{
		scale: scaleReal, sub1: sub1Real, sub4: sub4Real, max: maxReal, sumAbs: sumAbsReal,
		sumSquare: sumSquareReal, divide: divideReal, subAbs: subAbsReal,
	}
	compareKernels(t, &fast, &slow)
	fastComplex, slowComplex := *complexKernels(), kernels[complex128]{
		scale: scaleComplex, sub1: sub1Complex, sub4: sub4Complex, max: maxComplex, sumAbs: sumAbsComplex,
		sumSquare: sumSquareComplex, divide: divideComplex, subAbs: subAbsComplex,
	}
	compareKernels(t, &fastComplex, &slowComplex)
}

func compareKernels[T scalar.Scalar](t *testing.T, fast, slow *kernels[T]) {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 1))
	for n := range 70 {
		x, w := randomSlice[T](rng, n), make([]float64, n)
		for i := range w {
			w[i] = rng.Float64()
		}
		q := [4][]T{}
		for i := range q {
			q[i] = randomSlice[T](rng, n)
		}
		l := [4]T(randomSlice[T](rng, 4))
		run := func(k *kernels[T]) (out []any) {
			add := func(x []T) { out = append(out, append([]T{}, x...)) }
			y := append([]T{}, x...)
			k.sub4(y, q[0], q[1], q[2], q[3], &l)
			add(y)
			k.sub1(y, q[2], l[1])
			add(y)
			sum := append([]float64{}, w...)
			k.subAbs(y, q[0], l[3], sum)
			add(y)
			k.scale(y, x, 0.3)
			add(y)
			k.divide(y, x, l[0])
			add(y)
			return append(out, sum, k.max(x), k.sumSquare(x, nil), k.sumSquare(x, w))
		}
		if d := cmp.Diff(run(slow), run(fast)); d != "" {
			t.Fatalf("%T, n = %d (-portable +fast):\n%s", x, n, d)
		}
	}
}

// TestTileBits checks that four rows at once get the bits that each gets alone.
func TestTileBits(t *testing.T) {
	testTileBits[float64](t)
	testTileBits[complex128](t)
}

func testTileBits[T scalar.Scalar](t *testing.T) {
	t.Helper()
	rng := rand.New(rand.NewPCG(2, 1))
	for n := 1; n < 40; n++ {
		b := Block[T]{Name: "b", Cols: n, Scale: 0.7, Magic: true}
		for range 6 {
			b.Rows = append(b.Rows, randomSlice[T](rng, n))
		}
		e := newEngine(&Table[T]{Blocks: []Block[T]{b}}, Norm{}, 1)
		for terms := range 7 {
			if terms > 0 {
				e.q, e.l = append(e.q, randomSlice[T](rng, n)), append(e.l, randomSlice[T](rng, 6))
			}
			for _, g := range e.groups([]bool{false, false, true, false, false, false}) {
				dst, q := randomSlice[T](rng, tileRows*e.chunk), make([]*T, terms)
				e.pointers(q, 0)
				peak := e.residuals(dst, &g, 0, 0, n, q)
				for r, p := range g.rows[:g.used] {
					want := make([]T, n)
					e.residual(want, p, 0, 0, n)
					if d := cmp.Diff(want, dst[r*e.chunk:r*e.chunk+n]); d != "" {
						t.Fatalf("n = %d, %d terms, row %d (-alone +together):\n%s", n, terms, p, d)
					}
					// The square root of the largest square and the largest root agree to rounding.
					if w := e.k.max(want); math.Abs(peak[r]-w) > 4*scalar.Eps*w {
						t.Fatalf("n = %d, %d terms, row %d: peak %g, want %g", n, terms, p, peak[r], w)
					}
				}
			}
		}
	}
}
