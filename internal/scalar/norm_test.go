package scalar_test

import (
	"math"
	"math/big"
	"math/cmplx"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"eimtool/internal/scalar"
)

// prec holds sums of squares of any float64 numbers exactly.
const prec = 4400

func newBig(x float64) *big.Float { return new(big.Float).SetPrec(prec).SetFloat64(x) }

// bigSum returns Σx and Σ|x|.
func bigSum(x []float64) (sum, abs *big.Float) {
	sum, abs = newBig(0), newBig(0)
	for _, v := range x {
		sum.Add(sum, newBig(v))
		abs.Add(abs, newBig(math.Abs(v)))
	}
	return sum, abs
}

// bigNorm returns (Σ w·x²)^½ rounded to float64.
func bigNorm(x, w []float64) float64 {
	s := newBig(0)
	for i, v := range x {
		sq := newBig(v)
		sq.Mul(sq, sq)
		s.Add(s, sq.Mul(sq, newBig(w[i])))
	}
	f, _ := s.Sqrt(s).Float64()
	return f
}

// wide draws numbers over the whole range of float64, subnormals and
// zeros included.
func wide() *rapid.Generator[float64] {
	return rapid.Custom(func(t *rapid.T) float64 {
		m := rapid.Float64Range(-2, 2).Draw(t, "mantissa")
		return math.Ldexp(m, rapid.IntRange(-1080, 1022).Draw(t, "exponent"))
	})
}

func near(got, want float64) bool {
	if got == want {
		return true
	}
	return math.Abs(got-want) <= 0x1p-47*want+4*0x1p-1074
}

func TestSumAgainstExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// Every number comes with one that nearly cancels it.
		half := rapid.SliceOfN(rapid.Float64Range(-1e16, 1e16), 0, 60).Draw(t, "x")
		var x []float64
		for _, v := range half {
			x = append(x, v, -v*(1+float64(rapid.IntRange(-3, 3).Draw(t, "ulps"))*scalar.Eps))
		}
		perm := rapid.Permutation(x).Draw(t, "order")
		var s, first, second, unused scalar.Sum
		for _, v := range perm {
			s.Add(v)
		}
		cut := len(perm) / 3
		scalar.AddSum(&first, &unused, perm[:cut])
		scalar.AddSum(&second, &unused, perm[cut:])
		first.Merge(second, 1)
		sum, abs := bigSum(perm)
		want, _ := sum.Float64()
		total, _ := abs.Float64()
		n := float64(len(perm) + 2)
		tol := scalar.Eps*math.Abs(want) + n*n*scalar.Eps*scalar.Eps*total
		for _, got := range []float64{s.Value(), first.Value()} {
			if math.Abs(got-want) > tol {
				t.Fatalf("sum %g, want %g ± %g", got, want, tol)
			}
		}
	})
}

func TestSumCases(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	for _, c := range []struct {
		x    []float64
		want float64
	}{
		{nil, 0},
		{[]float64{1, 1e100, 1, -1e100}, 2},
		{[]float64{1e100, 1, -1e100, 1}, 2},
		{[]float64{0x1p53, 1, 1, -0x1p53}, 2},
		{[]float64{5e-324, 1e300, -1e300}, 5e-324},
		{[]float64{1, inf, 2}, inf},
		{[]float64{-inf, 2}, -inf},
		{[]float64{inf, -inf}, nan},
		{[]float64{1, nan}, nan},
	} {
		var s scalar.Sum
		for _, v := range c.x {
			s.Add(v)
		}
		if got := s.Value(); got != c.want && !(math.IsNaN(got) && math.IsNaN(c.want)) {
			t.Errorf("sum of %v is %v, want %v", c.x, got, c.want)
		}
	}
	var re, im scalar.Sum
	scalar.AddSum(&re, &im, []complex128{1 + 2i, 1e30 - 1e30i, 3, -1e30 + 1e30i})
	if re.Value() != 4 || im.Value() != 2 {
		t.Errorf("complex sum %v + %vi", re.Value(), im.Value())
	}
	var twice scalar.Sum
	twice.Merge(re, 2)
	if twice.Value() != 8 {
		t.Errorf("twice the sum is %v", twice.Value())
	}
}

func TestNormAgainstExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.SliceOfN(wide(), 0, 40).Draw(t, "x")
		w := make([]float64, len(x))
		var all, left, right scalar.Norm
		for i, v := range x {
			w[i] = float64(rapid.IntRange(0, 2).Draw(t, "weight"))
			all.Add(v, w[i])
			if i%2 == 0 {
				left.Add(v, w[i])
			} else {
				right.Add(v, w[i])
			}
		}
		left.Merge(right)
		want := bigNorm(x, w)
		if got := all.Value(); !near(got, want) {
			t.Fatalf("norm %g, want %g", got, want)
		}
		if got := left.Value(); !near(got, want) {
			t.Fatalf("merged norm %g, want %g", got, want)
		}
	})
}

// TestAddSquares covers runs of equal size, where plain squares do, and jumps
// of size inside and between blocks.
func TestAddSquares(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var x []float64
		for range rapid.IntRange(0, 4).Draw(t, "runs") {
			size := wide().Draw(t, "size")
			if rapid.Bool().Draw(t, "plain") {
				size = 3
			}
			for k := range rapid.IntRange(0, 200).Draw(t, "length") {
				x = append(x, size*(1-float64(k%17)/32))
			}
		}
		weight := float64(rapid.IntRange(1, 2).Draw(t, "weight"))
		w := make([]float64, len(x))
		z := make([]complex128, (len(x)+1)/2)
		for i, v := range x {
			w[i] = weight
			if i%2 == 0 {
				z[i/2] += complex(v, 0)
			} else {
				z[i/2] += complex(0, v)
			}
		}
		want := bigNorm(x, w)
		var n, m scalar.Norm
		scalar.AddSquares(&n, x, weight)
		scalar.AddSquares(&m, z, weight)
		if got := n.Value(); !near(got, want) {
			t.Fatalf("norm %g, want %g", got, want)
		}
		if got := m.Value(); !near(got, want) {
			t.Fatalf("complex norm %g, want %g", got, want)
		}
	})
}

func TestNormCases(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	for _, c := range []struct {
		x    []float64
		want float64
	}{
		{nil, 0},
		{[]float64{0, 0}, 0},
		{[]float64{3e300, 4e-300, 4e300}, 5e300},
		{[]float64{3e-300, 4e-300}, 5e-300},
		{[]float64{3 * 0x1p-1074, 4 * 0x1p-1074}, 5 * 0x1p-1074},
		{[]float64{math.MaxFloat64, math.MaxFloat64}, inf},
		{[]float64{1, -inf}, inf},
		{[]float64{1, nan}, nan},
		{[]float64{1e300, nan}, nan},
	} {
		var n, m scalar.Norm
		for _, v := range c.x {
			n.Add(v, 1)
		}
		scalar.AddSquares(&m, c.x, 1)
		for _, got := range []float64{n.Value(), m.Value()} {
			if !near(got, c.want) && !(math.IsNaN(got) && math.IsNaN(c.want)) {
				t.Errorf("norm of %v is %v, want %v", c.x, got, c.want)
			}
		}
	}
}

// TestNormOfManyLargeNumbers holds numbers whose squares are finite, but not
// their sum, at the edge of the fast path.
func TestNormOfManyLargeNumbers(t *testing.T) {
	for _, e := range []int{-500, -451, -450, -449, 0, 446, 447, 449, 450, 451, 505, 511} {
		x := make([]float64, 1<<16)
		for i := range x {
			x[i] = math.Ldexp(1, e)
		}
		var n scalar.Norm
		for range 16 {
			scalar.AddSquares(&n, x, 1)
		}
		if got, want := n.Value(), math.Ldexp(1, e+10); !near(got, want) {
			t.Errorf("norm of 2^20 numbers 2^%d is %g, want %g", e, got, want)
		}
	}
}

func TestMaxAbs(t *testing.T) {
	if scalar.MaxAbs([]float64{}) != 0 || scalar.MaxAbs([]complex128{}) != 0 {
		t.Error("largest of nothing is not 0")
	}
	inf, nan := math.Inf(-1), math.NaN()
	if got := scalar.MaxAbs([]float64{1, inf, nan, 2}); got != math.Inf(1) {
		t.Errorf("largest with an infinity is %v", got)
	}
	if got := scalar.MaxAbs([]complex128{1, complex(2, inf), 3}); got != math.Inf(1) {
		t.Errorf("largest with an infinity is %v", got)
	}
	if a, b := scalar.MaxAbs([]float64{nan, -2, nan}), scalar.MaxAbs([]complex128{complex(nan, 0), -2, complex(0, nan)}); a != 2 || b != 2 {
		t.Errorf("NaN not passed over: %v, %v", a, b)
	}
	rapid.Check(t, func(t *rapid.T) {
		z := make([]complex128, rapid.IntRange(1, 30).Draw(t, "n"))
		want := 0.0
		shared := wide().Draw(t, "size")
		for i := range z {
			if rapid.Bool().Draw(t, "alike") {
				s, c := math.Sincos(float64(i))
				z[i] = complex(shared*c/2, shared*s/2) // nearly equal moduli
			} else {
				z[i] = complex(wide().Draw(t, "re")/2, wide().Draw(t, "im")/2)
			}
			want = math.Max(want, cmplx.Abs(z[i]))
		}
		if got := scalar.MaxAbs(z); got != want {
			t.Fatalf("largest of %v is %g, want %g", z, got, want)
		}
	})
}

func TestAllFinite(t *testing.T) {
	for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		for at := range 5 {
			x := []float64{1, -math.MaxFloat64, 0, 5e-324, 2}
			z := []complex128{1, 2i, 0, complex(5e-324, math.MaxFloat64), 2}
			if !scalar.AllFinite(x) || !scalar.AllFinite(z) {
				t.Fatal("finite numbers taken for others")
			}
			x[at] = bad
			re, im := append([]complex128(nil), z...), append([]complex128(nil), z...)
			re[at], im[at] = complex(bad, 0), complex(0, bad)
			if scalar.AllFinite(x) || scalar.AllFinite(re) || scalar.AllFinite(im) {
				t.Errorf("%v at %d not seen", bad, at)
			}
		}
	}
	if !scalar.AllFinite([]float64(nil)) {
		t.Error("nothing is not finite")
	}
}

func TestSmallOperations(t *testing.T) {
	z := 3 - 4i
	if scalar.Abs(z) != 5 || scalar.Abs(-5.0) != 5 || scalar.Conj(z) != 3+4i || scalar.Conj(2.0) != 2 ||
		scalar.Real(z) != 3 || scalar.Imag(z) != -4 || scalar.Real(2.0) != 2 || scalar.Imag(2.0) != 0 ||
		scalar.Of[complex128](3, -4) != z || scalar.Of[float64](3, -4) != 3 ||
		scalar.IsComplex[float64]() || !scalar.IsComplex[complex128]() {
		t.Error("an operation on single scalars is wrong")
	}
}

func BenchmarkNorm(b *testing.B) {
	x := make([]float64, 1<<20)
	for i := range x {
		x[i] = rand.Float64()
	}
	b.Run("Add", func(b *testing.B) {
		b.SetBytes(int64(8 * len(x)))
		for b.Loop() {
			var n scalar.Norm
			for _, v := range x {
				n.Add(v, 1)
			}
		}
	})
	b.Run("AddSquares", func(b *testing.B) {
		b.SetBytes(int64(8 * len(x)))
		for b.Loop() {
			var n scalar.Norm
			scalar.AddSquares(&n, x, 1)
		}
	})
}
