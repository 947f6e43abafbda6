package eim

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"eimtool/internal/scalar"
)

// randomTable returns a table of noise, which a selection never exhausts.
func randomTable[T scalar.Scalar](rows, cols int) *Table[T] {
	rng := rand.New(rand.NewPCG(1, 2))
	b := Block[T]{Name: "noise", Cols: cols, Magic: true}
	for range rows {
		r := make([]T, cols)
		for i := range r {
			r[i] = scalar.Of[T](rng.Float64()-0.5, rng.Float64()-0.5)
		}
		b.Rows = append(b.Rows, r)
	}
	return &Table[T]{Blocks: []Block[T]{b}}
}

// BenchmarkPass reports the speed of one fused pass (update, norm, argmax) after
// a number of terms, as bytes of the table per second; the table does not fit
// in any cache. BenchmarkCopy is the yardstick.
func BenchmarkPass(b *testing.B) {
	real, complex := randomTable[float64](24, 1<<20), randomTable[complex128](24, 1<<19)
	for _, terms := range []int{1, 4, 8, 16, 24} {
		for _, threads := range []int{1, 2} {
			b.Run(fmt.Sprintf("scalar=real/terms=%d/threads=%d", terms, threads), func(b *testing.B) {
				benchmarkPass(b, real, 8, terms, threads)
			})
			b.Run(fmt.Sprintf("scalar=complex/terms=%d/threads=%d", terms, threads), func(b *testing.B) {
				benchmarkPass(b, complex, 16, terms, threads)
			})
		}
	}
}

func benchmarkPass[T scalar.Scalar](b *testing.B, t *Table[T], size, terms, threads int) {
	ctx := context.Background()
	g := newGreedy(t, Options{FirstRow: -1, Threads: threads})
	rows := make([]int, terms)
	for i := range rows {
		rows[i] = i
	}
	if _, _, err := g.columns(ctx, rows, nil, false); err != nil {
		b.Fatal(err)
	}
	none := make([]bool, g.rows) // all rows take part, as on a first pass
	for b.Loop() {
		if _, err := g.pass(ctx, none); err != nil {
			b.Fatal(err)
		}
	}
	bytes := float64(t.RowCount()) * float64(t.ColCount()) * float64(size)
	b.ReportMetric(bytes*float64(b.N)/b.Elapsed().Seconds()/1e9, "GB/s")
}

// BenchmarkGreedy measures a whole selection, Lebesgue constants included.
func BenchmarkGreedy(b *testing.B) {
	t := randomTable[float64](24, 1<<20)
	for _, threads := range []int{1, 2} {
		b.Run(fmt.Sprintf("terms=10/threads=%d", threads), func(b *testing.B) {
			opt := Options{MaxTerms: 10, FirstRow: -1, Threads: threads, IgnoreStagnation: true}
			for b.Loop() {
				if _, err := Greedy(context.Background(), t, opt); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkCopy reports bytes read plus bytes written per second by copy.
func BenchmarkCopy(b *testing.B) {
	const n, size = 24 << 20, 1 << 16
	src, dst := make([]float64, n), make([]float64, n)
	for i := range src {
		src[i], dst[i] = float64(i), 1 // no page faults in the loop
	}
	for _, threads := range []int{1, 2} {
		b.Run(fmt.Sprintf("threads=%d", threads), func(b *testing.B) {
			for b.Loop() {
				err := scalar.Blocks(context.Background(), n, size, threads, func(_, lo, hi int) { copy(dst[lo:hi], src[lo:hi]) })
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(16*n*float64(b.N)/b.Elapsed().Seconds()/1e9, "GB/s")
		})
	}
}

// BenchmarkRead reports bytes read per second by the search for a maximum: the
// limit of a pass, which writes nothing.
func BenchmarkRead(b *testing.B) {
	const size = 1 << 16
	x := randomTable[float64](1, 24<<20).Blocks[0].Rows[0]
	k := kernelsFor[float64]()
	for _, threads := range []int{1, 2} {
		b.Run(fmt.Sprintf("threads=%d", threads), func(b *testing.B) {
			part := make([]float64, scalar.BlockCount(len(x), size))
			for b.Loop() {
				err := scalar.Blocks(context.Background(), len(x), size, threads, func(n, lo, hi int) { part[n] = k.max(x[lo:hi]) })
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(8*float64(len(x))*float64(b.N)/b.Elapsed().Seconds()/1e9, "GB/s")
		})
	}
}
