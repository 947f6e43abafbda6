package krylov

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"eimtool/internal/dense"
)

// TestNonnegative holds the conditions of Karush, Kuhn and Tucker, which say
// that a point is the minimum.
func TestNonnegative(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := rapid.IntRange(1, 8).Draw(t, "m")
		n := rapid.IntRange(m, 14).Draw(t, "n")
		a := dense.New[float64](m, n)
		for i := range a.Data {
			a.Data[i] = rapid.Float64Range(-1, 1).Draw(t, "a")
		}
		for i := range m { // well conditioned
			a.Data[i*n+i] += 3
		}
		k := make([]float64, n)
		for i := range k {
			k[i] = rapid.Float64Range(-1, 1).Draw(t, "k")
		}
		x, residual := nonnegative(a, k)
		rest := append([]float64(nil), k...)
		for i, v := range x {
			if v < 0 || math.IsNaN(v) {
				t.Fatalf("x = %v", x)
			}
			dense.Axpy(-v, a.Row(i), rest)
		}
		if math.Abs(dense.Norm(rest)-residual) > 1e-12 {
			t.Fatalf("residual %g, reported %g", dense.Norm(rest), residual)
		}
		for i, v := range x {
			g := dense.Dotc(a.Row(i), rest)
			if g > 1e-11 || v > 0 && math.Abs(g) > 1e-11 {
				t.Fatalf("gradient %g at x[%d] = %g", g, i, v)
			}
		}
	})
}
