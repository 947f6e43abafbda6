package solve

import (
	"fmt"
	"math"
	"testing"

	"eimtool/internal/matrix"
)

// grid returns the matrix of -Δu + wind·∇u + u on an interior grid of m points
// along each of dim axes, with 2·dim+1 points per row; the lower triangle when
// wind is 0 and sym is Symmetric.
func grid(dim, m int, wind float64, sym matrix.Symmetry) (*matrix.Pattern, []float64) {
	n := int(math.Pow(float64(m), float64(dim)) + 0.5)
	p := &matrix.Pattern{Rows: n, Cols: n, Symmetry: sym, ColPtr: make([]int, n+1)}
	h := 1 / float64(m+1)
	var v []float64
	add := func(i int, a float64) {
		p.RowIdx = append(p.RowIdx, int32(i))
		v = append(v, a)
	}
	for j := range n {
		step := n / m
		for range dim {
			if j/step%m > 0 && sym == matrix.General {
				add(j-step, -1/(h*h)-wind/(2*h))
			}
			step /= m
		}
		add(j, 2*float64(dim)/(h*h)+1+math.Sin(float64(j)))
		step = 1
		for range dim {
			if j/step%m < m-1 {
				add(j+step, -1/(h*h)+wind/(2*h))
			}
			step *= m
		}
		p.ColPtr[j+1] = len(v)
	}
	return p, v
}

func BenchmarkSystem(b *testing.B) {
	for _, c := range []struct {
		name   string
		dim, m int
		wind   float64
		sym    matrix.Symmetry
	}{
		{"plane", 2, 500, 0, matrix.Symmetric},
		{"cube", 3, 40, 0, matrix.General},
		{"wind", 2, 200, 20, matrix.General},
	} {
		p, v := grid(c.dim, c.m, c.wind, c.sym)
		for _, ordering := range []string{"amd", "nested-dissection"} {
			for _, threads := range []int{1, 2} {
				name := fmt.Sprintf("matrix=%s/ordering=%s/threads=%d", c.name, ordering, threads)
				benchSystem(b, name, p, v, Options{Ordering: ordering, Threads: threads})
			}
		}
	}
}

func benchSystem(b *testing.B, name string, p *matrix.Pattern, v []float64, opt Options) {
	b.Run("stage=analysis/"+name, func(b *testing.B) {
		for b.Loop() {
			if _, err := New[float64](ctx, p, opt); err != nil {
				b.Fatal(err)
			}
		}
	})
	s, err := New[float64](ctx, p, opt)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("stage=numeric/"+name, func(b *testing.B) {
		for b.Loop() {
			f, err := s.Factorise(ctx, v)
			if err != nil {
				b.Fatal(err)
			}
			i := f.Info()
			b.ReportMetric(float64(i.NNZ), "nnz")
			b.ReportMetric(float64(i.FrontBytes)/1e6, "frontMB")
			f.Release()
		}
	})
	f, err := s.Factorise(ctx, v)
	if err != nil {
		b.Fatal(err)
	}
	for _, k := range []int{1, 16} {
		x := randomBlock[float64](newRand(1), p.Rows, k)
		b.Run(fmt.Sprintf("stage=solve/%s/columns=%d", name, k), func(b *testing.B) {
			for b.Loop() {
				if err := f.Solve(ctx, x, matrix.NoTranspose); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	x := randomBlock[float64](newRand(1), p.Rows, 1)
	b.Run("stage=refined/"+name, func(b *testing.B) {
		for b.Loop() {
			if _, _, err := f.SolveRefined(ctx, x, matrix.NoTranspose); err != nil {
				b.Fatal(err)
			}
		}
	})
}
