package solve

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"eimtool/internal/dense"
	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
)

// unimodular returns a matrix of integers of determinant 1, a product of unit
// triangles, whose condition may be anything up to 1e18; and x and b = A·x, both
// exact. Many elements of b and x are zero.
func unimodular(r *rand.Rand) (a, x, b *dense.Matrix[float64]) {
	n := 5 + r.IntN(26)
	l, u := dense.New[float64](n, n), dense.New[float64](n, n)
	share := 0.7 * r.Float64()
	for i := range n {
		l.Set(i, i, 1)
		u.Set(i, i, 1)
		for j := range i {
			if r.Float64() < share {
				l.Set(i, j, float64(r.IntN(5)-2))
			}
			if r.Float64() < share {
				u.Set(j, i, float64(r.IntN(5)-2))
			}
		}
	}
	a = dense.Mul(dense.Mul(l, u), dense.Mul(u, l))
	if r.IntN(3) == 0 {
		a = dense.Mul(a, dense.Mul(u.Transpose(), l))
	}
	x = dense.New[float64](n, 1)
	for i := range n {
		x.Data[i] = float64(r.IntN(7) - 3)
	}
	return a, x, dense.Mul(a, x)
}

// TestIntegers compares with exact solutions: the bound is never below the
// error, the quick estimate seldom and never far, and no matrix is refused
// whose condition leaves digits.
func TestIntegers(t *testing.T) {
	solved, low := 0, 0
	for seed := range uint64(2000) {
		a, want, b := unimodular(newRand(seed))
		if scalar.MaxAbs(a.Data) > 1e12 { // products with x must stay below 2⁵³
			continue
		}
		p := &matrix.Pattern{Rows: a.Rows, Cols: a.Rows, Dense: true}
		for _, quick := range []bool{false, true} {
			x, report, err := solveSmall(t, p, a.Transpose().Data, b, quick)
			var none *SingularError
			if errors.As(err, &none) {
				if !(none.Condition > 1e14) {
					t.Errorf("seed %d, quick %v: %v", seed, quick, err)
				}
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			solved++
			e := 0.0
			for i, v := range want.Data {
				e = max(e, math.Abs(x.Data[i]-v))
			}
			e /= scalar.MaxAbs(x.Data)
			switch {
			case !quick && !(e <= report.ForwardBound), quick && !(e <= 10*report.ForwardBound):
				t.Errorf("seed %d, quick %v: error %g, %+v", seed, quick, e, report)
			case !(e <= report.ForwardBound):
				low++
			}
			if !(report.BackwardError <= scalar.Eps) {
				t.Errorf("seed %d, quick %v: %+v", seed, quick, report)
			}
		}
	}
	if solved < 3000 || low > solved/200 {
		t.Errorf("%d solved, %d estimates below the error", solved, low)
	}
}
