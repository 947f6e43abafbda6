package dense

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"

	"eimtool/internal/scalar"
)

// gram returns Σ_k weight_k·a_k·conj(b_k) and the sum of moduli, compensated.
func gram[T scalar.Scalar](a, b []T, weight []float64) (sum T, size float64) {
	var re, im, abs scalar.Sum
	for k := range a {
		w := 1.0
		if weight != nil {
			w = weight[k]
		}
		v := a[k] * scalar.Conj(b[k])
		re.Add(w * scalar.Real(v))
		im.Add(w * scalar.Imag(v))
		abs.Add(w * scalar.Abs(v))
	}
	return scalar.Of[T](re.Value(), im.Value()), abs.Value()
}

func tsqr[T scalar.Scalar](t *testing.T, rows [][]T, weight []float64, threads int) *Matrix[T] {
	t.Helper()
	k, err := TSQR(context.Background(), rows, weight, threads)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func randomRows[T scalar.Scalar](seed uint64, n, x int) [][]T {
	rows := make([][]T, n)
	for i := range rows {
		rows[i] = random[T](seed+uint64(i), 1, x).Data
	}
	return rows
}

func TestTSQR(t *testing.T) {
	t.Run("real", testTSQR[float64])
	t.Run("complex", testTSQR[complex128])
}

// testTSQR checks inner products for sizes around the chunk and the leaf.
func testTSQR[T scalar.Scalar](t *testing.T) {
	for _, n := range []int{0, 1, 3, 4, 5, 9} {
		chunk := chunkLength[T](max(n, 1))
		leaf := leafLength(max(n, 1), 3*chunk, chunk)
		for _, x := range []int{0, 1, n, chunk - 1, chunk, chunk + 1, 2*leaf + 3} {
			rows := randomRows[T](20, n, x)
			weight := make([]float64, x)
			for k := range weight {
				weight[k] = float64(k%3) / 2
			}
			for _, w := range [][]float64{nil, weight} {
				k := tsqr(t, rows, w, 2)
				for i := range n {
					for j := range n {
						got, _ := gram(k.Row(i), k.Row(j), nil)
						want, _ := gram(rows[i], rows[j], w)
						a, _ := gram(rows[i], rows[i], w)
						b, _ := gram(rows[j], rows[j], w)
						size := math.Sqrt(scalar.Real(a) * scalar.Real(b))
						closeTo(t, fmt.Sprintf("n=%d x=%d: K_%d·K_%d", n, x, i, j), got, want, 100*scalar.Eps*size)
						if j > i && k.At(i, j) != 0 {
							t.Fatalf("K is not lower triangular at (%d, %d)", i, j)
						}
					}
				}
			}
		}
	}
}

// Snapshots that agree to 16-j digits: c_0 + 10^-j·c_j with orthogonal cosines
// c_j (DCT-I nodes). R is known, and what tells snapshot j from the others,
// 10^-j·|c_j|, must be right to ε·|c_0|; a Gram matrix would lose it at 1e-8.
func TestTSQRGraded(t *testing.T) {
	const n, x = 15, 3000
	rows := make([][]float64, n)
	for j := range rows {
		rows[j] = make([]float64, x)
		for k := range rows[j] {
			rows[j][k] = 1
			if j > 0 {
				rows[j][k] += math.Pow(10, -float64(j)) * math.Cos(float64(j)*math.Pi*(float64(k)+0.5)/x)
			}
		}
	}
	k := tsqr(t, rows, nil, 1)
	closeTo(t, "|c_0|", math.Abs(k.At(0, 0)), math.Sqrt(x), 10*scalar.Eps*math.Sqrt(x))
	for j := 1; j < n; j++ {
		want := math.Pow(10, -float64(j)) * math.Sqrt(x/2)
		// storing the snapshots has rounded each entry by up to ε/2
		closeTo(t, fmt.Sprintf("r_%d", j), math.Abs(k.At(j, j)), want, 10*scalar.Eps*math.Sqrt(x))
	}
}

// Orthogonal snapshots of sizes 1e+300 to 1e-300 keep their relative accuracy.
func TestTSQRSizes(t *testing.T) {
	const n, x = 7, 700
	rows := make([][]complex128, n)
	for j := range rows {
		rows[j] = make([]complex128, x)
		for k := range rows[j] {
			sin, cos := math.Sincos(2 * math.Pi * float64(j*k%x) / x)
			scale := math.Pow(10, 300-100*float64(j))
			rows[j][k] = complex(scale*cos, scale*sin)
		}
	}
	k := tsqr(t, rows, nil, 1)
	for j := range n {
		want := math.Pow(10, 300-100*float64(j)) * math.Sqrt(x)
		closeTo(t, "|a_j|", Norm(k.Row(j)), want, 1000*scalar.Eps*want)
	}
}

func TestTSQRThreads(t *testing.T) {
	rows := randomRows[float64](30, 6, 20011)
	want := tsqr(t, rows, nil, 1)
	for _, threads := range []int{2, 3, 7, 16} {
		got := tsqr(t, rows, nil, threads)
		for i, v := range got.Data {
			if v != want.Data[i] {
				t.Fatalf("%d threads: element %d is %x, want %x", threads, i, v, want.Data[i])
			}
		}
	}
}

// Appending blocks with scales is the same as one table with weights scale².
func TestTallQRAppend(t *testing.T) {
	t.Run("real", rapid.MakeCheck(testAppend[float64]))
	t.Run("complex", rapid.MakeCheck(testAppend[complex128]))
}

func testAppend[T scalar.Scalar](t *rapid.T) {
	n := rapid.IntRange(1, 9).Draw(t, "n")
	q := NewTallQR[T](n)
	all, weight := make([][]T, n), []float64{}
	for b := range rapid.IntRange(0, 4).Draw(t, "blocks") {
		x := rapid.IntRange(0, 600).Draw(t, "x")
		scale := math.Ldexp(1, rapid.IntRange(-20, 20).Draw(t, "scale"))
		rows := randomRows[T](uint64(40+100*b), n, x)
		if err := q.Append(context.Background(), rows, nil, scale, 2); err != nil {
			t.Fatal(err)
		}
		for i := range all {
			all[i] = append(all[i], rows[i]...)
		}
		for range x {
			weight = append(weight, scale*scale)
		}
	}
	k := q.K()
	for i := range n {
		for j := range n {
			got, _ := gram(k.Row(i), k.Row(j), nil)
			want, _ := gram(all[i], all[j], weight)
			a, _ := gram(all[i], all[i], weight)
			b, _ := gram(all[j], all[j], weight)
			if d := scalar.Abs(got - want); d > 200*scalar.Eps*math.Sqrt(scalar.Real(a)*scalar.Real(b)) {
				t.Fatalf("K_%d·K_%d off by %g", i, j, d)
			}
		}
	}
}

func TestTSQRErrors(t *testing.T) {
	rows := randomRows[float64](50, 3, 10)
	rows[1][4] = math.Inf(-1)
	var s *SnapshotError
	if _, err := TSQR(context.Background(), rows, nil, 1); !errors.As(err, &s) || s.Snapshot != 1 {
		t.Errorf("infinite value: %v", err)
	}
	rows[1][4], rows[2][0] = 0, math.NaN()
	if _, err := TSQR(context.Background(), rows, nil, 1); !errors.As(err, &s) || s.Snapshot != 2 {
		t.Errorf("NaN: %v", err)
	}
	rows[2][0] = 0
	for _, w := range []float64{-1, math.NaN(), math.Inf(1)} {
		weight := make([]float64, 10)
		weight[7] = w
		if _, err := TSQR(context.Background(), rows, weight, 1); !errors.As(err, &s) || s.Snapshot != -1 {
			t.Errorf("weight %g: %v", w, err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := TSQR(ctx, rows, nil, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func BenchmarkTSQR(b *testing.B) {
	for _, c := range []struct{ n, x int }{{24, 200000}, {100, 100000}, {400, 10000}} {
		b.Run(fmt.Sprintf("n=%d/x=%d/scalar=real", c.n, c.x), func(b *testing.B) { benchTSQR[float64](b, c.n, c.x, 2, 8) })
		b.Run(fmt.Sprintf("n=%d/x=%d/scalar=complex", c.n, c.x), func(b *testing.B) { benchTSQR[complex128](b, c.n, c.x, 8, 16) })
	}
}

// benchTSQR reports the rate on one core: flop and bytes per entry, N² and N.
func benchTSQR[T scalar.Scalar](b *testing.B, n, x int, flop, bytes float64) {
	rows := randomRows[T](1, n, x)
	for b.Loop() {
		if _, err := TSQR(context.Background(), rows, nil, 1); err != nil {
			b.Fatal(err)
		}
	}
	rate := float64(n) * float64(x) * float64(b.N) / b.Elapsed().Seconds() / 1e9
	b.ReportMetric(flop*float64(n)*rate, "GFlop/s")
	b.ReportMetric(bytes*rate, "GB/s")
}
