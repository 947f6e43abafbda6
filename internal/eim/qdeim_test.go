package eim

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"eimtool/internal/dense"
	"eimtool/internal/scalar"
)

// qdeimBasis returns q orthonormal rows of length x in general position.
func qdeimBasis[T scalar.Scalar](seed uint64, q, x int) [][]T {
	rng := rand.New(rand.NewPCG(seed, 1))
	a := dense.New[T](x, q)
	for i := range a.Data {
		a.Data[i] = scalar.Of[T](rng.NormFloat64(), rng.NormFloat64())
	}
	b := dense.QR(a).Q().Transpose()
	rows := make([][]T, b.Rows)
	for i := range rows {
		rows[i] = b.Row(i)
	}
	return rows
}

// qdeimCosines returns the orthonormal cosine modes of a grid of x points.
func qdeimCosines(q, x int) [][]float64 {
	rows := make([][]float64, q)
	for l := range rows {
		rows[l] = make([]float64, x)
		scale := math.Sqrt(2 / float64(x))
		if l == 0 {
			scale = math.Sqrt(1 / float64(x))
		}
		for k := range rows[l] {
			rows[l][k] = scale * math.Cos(float64(l)*math.Pi*(float64(k)+0.5)/float64(x))
		}
	}
	return rows
}

func TestQDEIMOneBlock(t *testing.T) {
	t.Run("real", rapid.MakeCheck(testQDEIMOneBlock[float64]))
	t.Run("complex", rapid.MakeCheck(testQDEIMOneBlock[complex128]))
}

// In one block the points are the pivots of a QR of all columns.
func testQDEIMOneBlock[T scalar.Scalar](t *rapid.T) {
	q := rapid.IntRange(1, 8).Draw(t, "q")
	x := rapid.IntRange(q, 80).Draw(t, "x")
	basis := qdeimBasis[T](rapid.Uint64().Draw(t, "seed"), q, x)
	a := dense.New[T](q, x)
	for i, r := range basis {
		copy(a.Row(i), r)
	}
	_, perm := dense.PivotedQR(a)
	p, err := QDEIM(context.Background(), basis, q, QDEIMOptions{BlockSize: 80})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(p.Columns, perm[:q]) {
		t.Fatalf("columns %v, pivots %v", p.Columns, perm[:q])
	}
}

// The tournament may lose against the full QR, by no more than a small factor;
// it never depends on the threads and never takes an excluded column.
func TestQDEIMTournament(t *testing.T) {
	const q, x = 12, 3001
	basis := qdeimCosines(q, x)
	full, err := QDEIM(context.Background(), basis, q, QDEIMOptions{BlockSize: x})
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{q, 50, 512, 1000, x - 1} {
		p, err := QDEIM(context.Background(), basis, q, QDEIMOptions{BlockSize: size, Threads: 1})
		if err != nil {
			t.Fatal(err)
		}
		if p.SigmaMin < full.SigmaMin/3 {
			t.Errorf("block %d: σ_min %g, full QR %g", size, p.SigmaMin, full.SigmaMin)
		}
		for _, threads := range []int{2, 5} {
			again, err := QDEIM(context.Background(), basis, q, QDEIMOptions{BlockSize: size, Threads: threads})
			if err != nil || !slices.Equal(again.Columns, p.Columns) || again.SigmaMin != p.SigmaMin {
				t.Errorf("block %d, %d threads: %v, want %v (%v)", size, threads, again, p, err)
			}
		}
		without, err := QDEIM(context.Background(), basis, q, QDEIMOptions{BlockSize: size, Exclude: p.Columns})
		if err != nil {
			t.Fatal(err)
		}
		for _, j := range without.Columns {
			if slices.Contains(p.Columns, j) {
				t.Errorf("block %d: excluded column %d chosen", size, j)
			}
		}
		if without.SigmaMin < p.SigmaMin/3 { // the neighbours are as good
			t.Errorf("block %d: σ_min without the first choice %g, with %g", size, without.SigmaMin, p.SigmaMin)
		}
	}
}

// A function in the span of the modes is known from its values at the points.
func TestQDEIMReconstruct(t *testing.T) {
	const q, x = 7, 1300
	basis := qdeimBasis[complex128](3, q, x)
	p, err := QDEIM(context.Background(), basis, q, QDEIMOptions{BlockSize: 100})
	if err != nil {
		t.Fatal(err)
	}
	want := make([]complex128, q)
	values := make([]complex128, q)
	for l := range want {
		want[l] = complex(float64(l+1), -float64(l*l))
		for i, j := range p.Columns {
			values[i] += want[l] * basis[l][j]
		}
	}
	lu, err := dense.LU(&dense.Matrix[complex128]{Rows: q, Cols: q, Data: newQDEIMRows(basis).gather(p.Columns)})
	if err != nil {
		t.Fatal(err)
	}
	for l, v := range lu.SolveRow(values) {
		if d := scalar.Abs(v - want[l]); d > 1000*scalar.Eps/p.SigmaMin*dense.Norm(want) {
			t.Errorf("coordinate %d off by %g", l, d)
		}
	}
}

// More points than modes come in rounds; fewer are the first pivots.
func TestQDEIMCount(t *testing.T) {
	basis := qdeimCosines(6, 900)
	square, err := QDEIM(context.Background(), basis, 6, QDEIMOptions{})
	if err != nil {
		t.Fatal(err)
	}
	few, err := QDEIM(context.Background(), basis, 4, QDEIMOptions{})
	if err != nil || !slices.Equal(few.Columns, square.Columns[:4]) {
		t.Errorf("4 points %v, want the first of %v (%v)", few, square, err)
	}
	many, err := QDEIM(context.Background(), basis, 15, QDEIMOptions{})
	if err != nil || len(many.Columns) != 15 || !slices.Equal(many.Columns[:6], square.Columns) {
		t.Fatalf("15 points %v, want %v first (%v)", many, square, err)
	}
	sorted := slices.Clone(many.Columns)
	slices.Sort(sorted)
	if len(slices.Compact(sorted)) != 15 {
		t.Errorf("a column was chosen twice: %v", many.Columns)
	}
	if many.SigmaMin < square.SigmaMin { // more rows never lower σ_min
		t.Errorf("σ_min falls from %g to %g", square.SigmaMin, many.SigmaMin)
	}
	none, err := QDEIM(context.Background(), [][]float64{}, 0, QDEIMOptions{})
	if err != nil || len(none.Columns) != 0 {
		t.Errorf("no modes: %v, %v", none, err)
	}
}

func TestQDEIMErrors(t *testing.T) {
	basis := qdeimCosines(3, 5)
	var short *QDEIMError
	_, err := QDEIM(context.Background(), basis, 3, QDEIMOptions{Exclude: []int{0, 1, 2, 3}})
	if !errors.As(err, &short) || short.Found != 1 || short.Wanted != 3 {
		t.Errorf("all but one excluded: %v", err)
	}
	basis[1][2] = math.NaN()
	var bad *dense.NonFiniteError
	if _, err := QDEIM(context.Background(), basis, 3, QDEIMOptions{}); !errors.As(err, &bad) {
		t.Errorf("NaN: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := QDEIM(ctx, qdeimCosines(3, 5), 3, QDEIMOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// Two bumps of different size in two rows: the larger peak first, then the
// peak of what it does not explain, then nothing is left elsewhere.
func TestQDEIMExtend(t *testing.T) {
	r := [][]float64{make([]float64, 1200), make([]float64, 1200)}
	r[0][700], r[0][701], r[1][100], r[1][701] = 3, 2, 1e-3, 1e-9
	got, err := QDEIMExtend(context.Background(), r, 2, QDEIMOptions{})
	if err != nil || !slices.Equal(got, []int{700, 100}) {
		t.Errorf("columns %v, want [700 100] (%v)", got, err)
	}
	got, err = QDEIMExtend(context.Background(), r, 9, QDEIMOptions{Exclude: []int{100}})
	if err != nil || !slices.Equal(got, []int{700, 701}) {
		t.Errorf("columns %v, want [700 701] (%v)", got, err)
	}
}

func TestQDEIMModes(t *testing.T) {
	t.Run("real", testQDEIMModes[float64])
	t.Run("complex", testQDEIMModes[complex128])
}

// The modes from the coordinates' SVD are orthonormal in the weighted product.
func testQDEIMModes[T scalar.Scalar](t *testing.T) {
	const n, q = 6, 4
	for _, x := range []int{0, 1, n, qdeimChunk - 1, qdeimChunk, 3*qdeimChunk + 5} {
		rows := make([][]T, n)
		weight := make([]float64, x)
		rng := rand.New(rand.NewPCG(uint64(x), 2))
		for i := range rows {
			rows[i] = make([]T, x)
			for k := range rows[i] {
				rows[i][k] = scalar.Of[T](rng.NormFloat64(), rng.NormFloat64())
				weight[k] = 1 + float64(k%2)
			}
		}
		k, err := dense.TSQR(context.Background(), rows, weight, 2)
		if err != nil {
			t.Fatal(err)
		}
		u, s, _, err := dense.SVD(k)
		if err != nil {
			t.Fatal(err)
		}
		rank := min(q, x)
		c := dense.ConjTranspose(u)
		c = c.SelectRows([]int{0, 1, 2, 3}[:rank])
		for l := range rank {
			dense.Scale(scalar.Of[T](1/s[l], 0), c.Row(l))
		}
		out := make([][]T, rank)
		for l := range out {
			out[l] = make([]T, x)
			for i := range out[l] {
				out[l][i] = scalar.Of[T](math.NaN(), 0)
			}
		}
		if err := QDEIMModes(context.Background(), c, rows, weight, out, 3); err != nil {
			t.Fatal(err)
		}
		for l := range out {
			for m := range out {
				want := scalar.Of[T](0, 0)
				if l == m {
					want = 1
				}
				if d := scalar.Abs(dense.Dotc(out[l], out[m]) - want); d > 1000*scalar.Eps*s[0]/s[rank-1] {
					t.Errorf("x = %d: mode %d · mode %d off by %g", x, l, m, d)
				}
			}
		}
	}
}

func BenchmarkQDEIM(b *testing.B) {
	for _, q := range []int{20, 60} {
		b.Run(fmt.Sprintf("q=%d/scalar=real", q), func(b *testing.B) { benchQDEIM[float64](b, q, 2) })
		b.Run(fmt.Sprintf("q=%d/scalar=complex", q), func(b *testing.B) { benchQDEIM[complex128](b, q, 8) })
	}
}

func benchQDEIM[T scalar.Scalar](b *testing.B, q int, flop float64) {
	const x = 50000
	basis := make([][]T, q)
	for l, r := range qdeimCosines(q, x) {
		for _, v := range r {
			basis[l] = append(basis[l], scalar.Of[T](v, v))
		}
	}
	for b.Loop() {
		if _, err := QDEIM(context.Background(), basis, q, QDEIMOptions{Threads: 1}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(flop*float64(q*q)*x*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFlop/s")
}

func BenchmarkQDEIMModes(b *testing.B) {
	const n, q, x = 100, 60, 50000
	rows, out := make([][]float64, n), make([][]float64, q)
	for i := range rows {
		rows[i] = make([]float64, x)
	}
	for i := range out {
		out[i] = make([]float64, x)
	}
	c := dense.New[float64](q, n)
	for i := range c.Data {
		c.Data[i] = float64(i%7 + 1)
	}
	for b.Loop() {
		if err := QDEIMModes(context.Background(), c, rows, nil, out, 1); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(2*n*q*x*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFlop/s")
}
