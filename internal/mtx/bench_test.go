package mtx

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"eimtool/internal/matrix"
)

// benchText returns a file of about n entries: a banded matrix in the order of
// compressed columns, values with 17 digits.
func benchText(kind string, n int) []byte {
	var b bytes.Buffer
	rng := rand.New(rand.NewPCG(7, 8))
	number := func() string { return fmt.Sprintf("%.17g", rng.NormFloat64()) }
	switch kind {
	case "real", "rowmajor":
		rows := n / 7
		fmt.Fprintf(&b, "%%%%MatrixMarket matrix coordinate real general\n%d %d %d\n", rows, rows, 7*(rows-6))
		for j := 3; j < rows-3; j++ {
			for d := -3; d <= 3; d++ {
				if kind == "rowmajor" {
					fmt.Fprintf(&b, "%d %d %s\n", j+1, j+d+1, number())
				} else {
					fmt.Fprintf(&b, "%d %d %s\n", j+d+1, j+1, number())
				}
			}
		}
	case "complex":
		rows := n / 4
		fmt.Fprintf(&b, "%%%%MatrixMarket matrix coordinate complex symmetric\n%d %d %d\n", rows, rows, 4*(rows-3))
		for j := range rows - 3 {
			for d := range 4 {
				fmt.Fprintf(&b, "%d %d %s %s\n", j+d+1, j+1, number(), number())
			}
		}
	case "array":
		fmt.Fprintf(&b, "%%%%MatrixMarket matrix array real general\n%d %d\n", n/100, 100)
		for range n / 100 * 100 {
			fmt.Fprintf(&b, "%s\n", number())
		}
	}
	return b.Bytes()
}

// benchFile writes text to a temporary file.
func benchFile(b *testing.B, text []byte, name string) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), name)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		b.Fatal(err)
	}
	return path
}

// copyBandwidth measures the speed of copying memory, in bytes per second.
func copyBandwidth() float64 {
	src, dst := make([]byte, 64<<20), make([]byte, 64<<20)
	copy(dst, src)
	start := time.Now()
	for range 8 {
		copy(dst, src)
	}
	return 8 * float64(len(src)) / time.Since(start).Seconds()
}

func BenchmarkRead(b *testing.B) {
	bandwidth := copyBandwidth()
	for _, kind := range []string{"real", "rowmajor", "complex", "array"} {
		text := benchText(kind, 1_500_000)
		path := benchFile(b, text, "a.mtx")
		for _, threads := range []int{1, 2} {
			for _, follow := range []bool{false, true} {
				b.Run(fmt.Sprintf("kind=%s/threads=%d/reference=%v", kind, threads, follow), func(b *testing.B) {
					opt := ReadOptions{Threads: threads}
					if follow {
						f, err := ReadFile(context.Background(), path, opt)
						if err != nil {
							b.Fatal(err)
						}
						opt.Reference = f.Order
					}
					b.SetBytes(int64(len(text)))
					for b.Loop() {
						if _, err := ReadFile(context.Background(), path, opt); err != nil {
							b.Fatal(err)
						}
					}
					b.ReportMetric(bandwidth/1e9, "copyGB/s")
				})
			}
		}
	}
}

func BenchmarkReadGzip(b *testing.B) {
	text := benchText("real", 700_000)
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	if _, err := w.Write(text); err != nil {
		b.Fatal(err)
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
	path := benchFile(b, z.Bytes(), "a.mtx.gz")
	for _, threads := range []int{1, 2} {
		b.Run(fmt.Sprintf("threads=%d", threads), func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				if _, err := ReadFile(context.Background(), path, ReadOptions{Threads: threads}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkWrite(b *testing.B) {
	for _, kind := range []string{"real", "complex", "array"} {
		f, err := Read(context.Background(), bytes.NewReader(benchText(kind, 700_000)), ReadOptions{})
		if err != nil {
			b.Fatal(err)
		}
		for _, threads := range []int{1, 2} {
			b.Run(fmt.Sprintf("kind=%s/threads=%d", kind, threads), func(b *testing.B) {
				b.SetBytes(int64(written(b, f.Matrix)))
				for b.Loop() {
					if err := Write(context.Background(), io.Discard, f.Matrix, WriteOptions{Threads: threads}); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// written returns the length of m as a file.
func written(b *testing.B, m *matrix.Matrix) int {
	b.Helper()
	var buf bytes.Buffer
	if err := Write(context.Background(), &buf, m, WriteOptions{}); err != nil {
		b.Fatal(err)
	}
	return buf.Len()
}
