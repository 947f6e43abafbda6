package order

import (
	"context"
	"fmt"
	"testing"
)

// box returns the graph of an a by b by c grid: neighbours along the axes
// and, with diagonal, also (i+1, j-1, k): linear triangles in the plane.
func box(a, b, c int, diagonal bool) *Graph {
	g := &Graph{N: a * b * c, Ptr: []int{0}}
	at := func(i, j, k int) {
		if i >= 0 && j >= 0 && k >= 0 && i < a && j < b && k < c {
			g.Idx = append(g.Idx, int32((i*b+j)*c+k))
		}
	}
	for i := range a {
		for j := range b {
			for k := range c {
				at(i-1, j, k)
				if diagonal {
					at(i-1, j+1, k)
				}
				at(i, j-1, k)
				at(i, j, k-1)
				at(i, j, k+1)
				at(i, j+1, k)
				if diagonal {
					at(i+1, j-1, k)
				}
				at(i+1, j, k)
				g.Ptr = append(g.Ptr, len(g.Idx))
			}
		}
	}
	return g
}

func BenchmarkOrder(b *testing.B) {
	graphs := map[string]*Graph{"P1-500x500": box(500, 500, 1, true), "7point-40": box(40, 40, 40, false)}
	for _, name := range []string{"P1-500x500", "7point-40"} {
		g := graphs[name]
		orders := map[string]func() []int32{
			"amd": func() []int32 { return AMD(g) },
			"nested-dissection": func() []int32 {
				p, _ := NestedDissection(context.Background(), g, 1)
				return p
			},
		}
		for _, o := range []string{"amd", "nested-dissection"} {
			b.Run(fmt.Sprintf("%s/%s", name, o), func(b *testing.B) {
				var perm []int32
				for b.Loop() {
					perm = orders[o]()
				}
				c := newCandidate(g, o, perm)
				nnz := 0
				for _, k := range c.count {
					nnz += int(k)
				}
				b.ReportMetric(c.flops/1e9, "Gflop")
				b.ReportMetric(float64(nnz)/1e6, "Mnnz")
			})
		}
		b.Run(name+"/tree", func(b *testing.B) {
			perm := AMD(g)
			var t *Tree
			for b.Loop() {
				t = newCandidate(g, "amd", perm).tree(g, Options{})
			}
			b.ReportMetric(float64(t.NNZ)/1e6, "Mnnz")
			b.ReportMetric(float64(len(t.SuperParent)), "fronts")
			b.ReportMetric(float64(len(t.RowIdx))/1e6, "Mrows")
		})
	}
}
