package surrogate_test

import (
	"context"
	"fmt"
	"testing"

	"gonum.org/v1/gonum/floats"

	"eimtool/internal/scalar"
	"eimtool/internal/surrogate"
)

// BenchmarkCombine assembles one matrix from 16 value blocks that do not fit in
// cache; "read" reads the same blocks once, the limit to compare with.
func BenchmarkCombine(b *testing.B) {
	const terms, n = 16, 1 << 20
	rows, beta, dst := make([][]float64, terms), make([]float64, terms), make([]float64, n)
	for m := range rows {
		rows[m] = make([]float64, n)
		for k := range rows[m] {
			rows[m][k] = float64(k%97) * 0.01
		}
		beta[m] = float64(m) - 7.5
	}
	for _, threads := range []int{1, 2} {
		b.Run(fmt.Sprintf("read/threads=%d", threads), func(b *testing.B) {
			b.SetBytes(8 * terms * n)
			for b.Loop() {
				sums := make([]float64, terms)
				err := scalar.Each(context.Background(), terms, threads, func(m int) { sums[m] = floats.Sum(rows[m]) })
				if err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("combine/threads=%d", threads), func(b *testing.B) {
			b.SetBytes(8 * terms * n)
			for b.Loop() {
				if err := surrogate.Combine(context.Background(), dst, beta, rows, threads); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
