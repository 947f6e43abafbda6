package eim

import (
	"math"
	"math/rand/v2"
	"testing"

	"eimtool/internal/scalar"
)

// TestRemainder holds the kernels against a plain loop, for every tail of a
// tile and unused rows.
func TestRemainder(t *testing.T) {
	testRemainder[float64](t)
	testRemainder[complex128](t)
}

func testRemainder[T scalar.Scalar](t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	number := func() T { return scalar.Of[T](random.NormFloat64(), random.NormFloat64()) }
	const stride = 40
	e := NewRemainder[T]()
	for n := range 2*8 + 3 {
		for terms := range 6 {
			q := make([][]T, terms)
			for m := range q {
				for range n + 1 {
					q[m] = append(q[m], number())
				}
			}
			x := make([]T, RemainderRows*stride)
			for i := range x {
				x[i] = number()
			}
			var l [RemainderRows][]T
			for r := range RemainderRows - n%2 {
				l[r] = []T{}
				for range terms {
					l[r] = append(l[r], number())
				}
			}
			old := append([]T(nil), x...)
			peak := e.Subtract(x, stride, n, 0.75, &l, q)
			for r := range l {
				if l[r] == nil {
					continue
				}
				var most float64
				for i := range n {
					want := old[r*stride+i] * scalar.Of[T](0.75, 0)
					for m := range q {
						want -= l[r][m] * q[m][i]
					}
					if d := scalar.Abs(want - x[r*stride+i]); d > 1e-14 {
						t.Fatalf("%d columns, %d terms: row %d, column %d is off by %g", n, terms, r, i, d)
					}
					most = max(most, scalar.Abs(want))
				}
				if math.Abs(peak[r]-most) > 1e-14 {
					t.Fatalf("%d columns, %d terms: peak %g, want %g", n, terms, peak[r], most)
				}
			}
		}
	}
}
