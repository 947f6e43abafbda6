package bundle

import (
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
)

type blocksModel struct{ Values [][]float64 }

// benchModel has rows value blocks of n numbers.
func benchModel(rows, n int) *blocksModel {
	rng := rand.New(rand.NewPCG(3, 4))
	m := &blocksModel{}
	for range rows {
		row := make([]float64, n)
		for j := range row {
			row[j] = rng.NormFloat64()
		}
		m.Values = append(m.Values, row)
	}
	return m
}

func BenchmarkWrite(b *testing.B) {
	m := benchModel(16, 1<<20)
	for _, compress := range []bool{false, true} {
		b.Run(fmt.Sprintf("compress=%v", compress), func(b *testing.B) {
			b.SetBytes(16 << 23)
			for b.Loop() {
				if _, err := Write(io.Discard, Meta{}, m, WriteOptions{compress}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkRead opens the file anew each time, so that every block is verified
// on first touch; beside it a plain copy of as much memory.
func BenchmarkRead(b *testing.B) {
	m := benchModel(16, 1<<20)
	path := save(b, encode(b, layout{zip64From}, m, WriteOptions{}))
	use := func(f func(r *Reader) error) func(b *testing.B) {
		return func(b *testing.B) {
			b.SetBytes(16 << 23)
			for b.Loop() {
				r, err := Open(path)
				if err != nil {
					b.Fatal(err)
				}
				if err := f(r); err != nil {
					b.Fatal(err)
				}
				if err := r.Close(); err != nil {
					b.Fatal(err)
				}
			}
		}
	}
	b.Run("decode", use(func(r *Reader) error { return r.Decode(new(blocksModel)) }))
	b.Run("open", use(func(r *Reader) error { return r.Decode(new(blocksModel), "values") }))
	b.Run("verify", use(func(r *Reader) error { return r.Verify(b.Context()) }))
	b.Run("copy", func(b *testing.B) {
		b.SetBytes(16 << 23)
		dst := make([]float64, 1<<20)
		for b.Loop() {
			for _, row := range m.Values {
				copy(dst, row)
			}
		}
	})
}
