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

// BenchmarkGreedy reports the speed of a whole selection as bytes of the table
// per second and pass (terms + 1 passes). BenchmarkCopy is the yardstick.
func BenchmarkGreedy(b *testing.B) {
	for _, threads := range []int{1, 2} {
		for _, terms := range []int{1, 4, 8, 16, 24} {
			b.Run(fmt.Sprintf("scalar=real/terms=%d/threads=%d", terms, threads), func(b *testing.B) {
				benchmarkGreedy(b, randomTable[float64](24, 1<<20), 8, terms, threads)
			})
		}
		for _, terms := range []int{4, 16} {
			b.Run(fmt.Sprintf("scalar=complex/terms=%d/threads=%d", terms, threads), func(b *testing.B) {
				benchmarkGreedy(b, randomTable[complex128](24, 1<<19), 16, terms, threads)
			})
		}
	}
}

func benchmarkGreedy[T scalar.Scalar](b *testing.B, t *Table[T], size, terms, threads int) {
	opt := Options{MaxTerms: terms, FirstRow: -1, Threads: threads, IgnoreStagnation: true}
	for b.Loop() {
		s, err := Greedy(context.Background(), t, opt)
		if err != nil || len(s.Snapshots) != terms {
			b.Fatal(err, len(s.Snapshots))
		}
	}
	bytes := float64(t.RowCount()) * float64(t.ColCount()) * float64(size) * float64(terms+1)
	b.ReportMetric(bytes*float64(b.N)/b.Elapsed().Seconds()/1e9, "GB/s")
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
