package expr

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// TestSincos compares with package math, of which it is a variant.
func TestSincos(t *testing.T) {
	check := func(t interface{ Errorf(string, ...any) }, x float64) {
		s, c := sincosOne(x)
		ws, wc := math.Sincos(x)
		if math.Abs(s-ws) > 0x1p-52*math.Abs(ws) || math.Abs(c-wc) > 0x1p-52*math.Abs(wc) || math.Signbit(s) != math.Signbit(ws) {
			t.Errorf("%v: %v %v, want %v %v", x, s, c, ws, wc)
		}
	}
	for _, x := range []float64{0, math.Copysign(0, -1), math.Pi / 4, math.Pi / 2, math.Pi, -3, 1e-300, 5e-324, 1 << 29, 1<<29 - 1, 1e22, -1e300, 710} {
		check(t, x)
	}
	for k := range 4000 {
		check(t, float64(k-2000)*math.Pi/16)
	}
	rapid.Check(t, func(t *rapid.T) {
		check(t, rapid.OneOf(rapid.Float64Range(-10, 10), rapid.Float64Range(-1e9, 1e9), rapid.Float64()).Filter(finite).Draw(t, "x"))
	})
	for _, x := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if s, c := sincosOne(x); s == s || c == c {
			t.Errorf("%v: %v %v", x, s, c)
		}
	}
}
