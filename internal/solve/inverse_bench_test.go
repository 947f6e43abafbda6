package solve

import (
	"fmt"
	"testing"

	"eimtool/internal/matrix"
)

// BenchmarkSelectedInverse compares with BenchmarkFactorise: the former should
// take two to three times as long.
func BenchmarkSelectedInverse(b *testing.B) {
	eachMesh(b, func(b *testing.B, s *Solver[float64], v []float64) {
		f, err := s.Factorise(ctx, v)
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if _, err := f.SelectedInverse(ctx); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkFactorise(b *testing.B) {
	eachMesh(b, func(b *testing.B, s *Solver[float64], v []float64) {
		for b.Loop() {
			f, err := s.Factorise(ctx, v)
			if err != nil {
				b.Fatal(err)
			}
			f.Release()
		}
	})
}

func eachMesh(b *testing.B, f func(b *testing.B, s *Solver[float64], v []float64)) {
	for _, c := range []struct {
		name, method string
		dim, m       int
		wind         float64
		sym          matrix.Symmetry
	}{
		{"plane", "auto", 2, 500, 0, matrix.Symmetric},
		{"cube", "auto", 3, 40, 0, matrix.General},
		{"plane-ldl", "ldl", 2, 500, 0, matrix.Symmetric},
		{"wind", "auto", 2, 300, 20, matrix.General},
		{"wind-cube", "auto", 3, 25, 20, matrix.General},
	} {
		p, v := grid(c.dim, c.m, c.wind, c.sym)
		for _, threads := range []int{1, 2} {
			s, err := New[float64](ctx, p, Options{Method: c.method, Threads: threads})
			if err != nil {
				b.Fatal(err)
			}
			b.Run(fmt.Sprintf("matrix=%s/threads=%d", c.name, threads), func(b *testing.B) { f(b, s, v) })
		}
	}
}
