package lambda_test

import (
	"context"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"eimtool/internal/dense"
	"eimtool/internal/lambda"
)

// blocks returns the parts of -div(α grad) on the unit square, zero on its
// boundary, in bilinear elements with n×n inner nodes; α is constant on the
// Voronoi cells of k random points, which have no symmetry.
func blocks(k, n int) []*dense.Matrix[float64] {
	rng := rand.New(rand.NewPCG(11, uint64(k)))
	px, py := make([]float64, k), make([]float64, k)
	for j := range k {
		px[j], py[j] = rng.Float64(), rng.Float64()
	}
	parts := make([]*dense.Matrix[float64], k)
	for j := range parts {
		parts[j] = dense.New[float64](n*n, n*n)
	}
	local := [4][4]float64{{4, -1, -2, -1}, {-1, 4, -1, -2}, {-2, -1, 4, -1}, {-1, -2, -1, 4}}
	for ex := range n + 1 {
		for ey := range n + 1 {
			cx, cy := (float64(ex)+0.5)/float64(n+1), (float64(ey)+0.5)/float64(n+1)
			cell := 0
			for j := range k {
				if math.Hypot(cx-px[j], cy-py[j]) < math.Hypot(cx-px[cell], cy-py[cell]) {
					cell = j
				}
			}
			corner := [4][2]int{{ex - 1, ey - 1}, {ex, ey - 1}, {ex, ey}, {ex - 1, ey}}
			inside := func(c [2]int) bool { return c[0] >= 0 && c[0] < n && c[1] >= 0 && c[1] < n }
			for a, ca := range corner {
				for b, cb := range corner {
					if inside(ca) && inside(cb) {
						parts[cell].Data[(ca[1]*n+ca[0])*n*n+cb[1]*n+cb[0]] += local[a][b] / 6
					}
				}
			}
		}
	}
	return parts
}

// halton returns count points of the unit cube.
func halton(count, dim int) [][]float64 {
	primes := [...]int{2, 3, 5, 7}
	x := make([][]float64, count)
	for i := range x {
		x[i] = make([]float64, dim)
		for j := range dim {
			f := 1.0
			for r := i + 1; r > 0; r /= primes[j] {
				f /= float64(primes[j])
				x[i][j] += f * float64(r%primes[j])
			}
		}
	}
	return x
}

// logBox returns coefficients (1, c) with c log-uniform in [1/top, top]^(k-1):
// the corners of the box and Halton points.
func logBox(k, count int, top float64) *dense.Matrix[float64] {
	m := dense.New[float64](count+1<<(k-1), k)
	points := halton(count, k-1)
	for c := range 1 << (k - 1) {
		p := make([]float64, k-1)
		for j := range p {
			p[j] = float64(c >> j & 1)
		}
		points = append(points, p)
	}
	for i, p := range points {
		m.Set(i, 0, 1)
		for j, v := range p {
			m.Set(i, j+1, math.Pow(top, 2*v-1))
		}
	}
	return m
}

// nodesOnly solves an affine family at the nodes of a model and at tests.
func blockErrors(t *testing.T, parts []*dense.Matrix[float64], alpha, test *dense.Matrix[float64], m *lambda.Model[float64]) (inverse, ld float64) {
	t.Helper()
	n := parts[0].Rows
	rng := rand.New(rand.NewPCG(5, 5))
	probes := make([][]float64, 6)
	for p := range probes {
		probes[p] = make([]float64, n)
		for i := range probes[p] {
			probes[p][i] = rng.NormFloat64()
		}
	}
	solve := func(a []float64) (x []float64, ld float64) {
		s := dense.New[float64](n, n)
		for k, c := range a {
			dense.Axpy(c, parts[k].Data, s.Data)
		}
		lu, err := dense.LU(s)
		if err != nil {
			t.Fatal(err)
		}
		for k := range n {
			ld += math.Log(math.Abs(lu.LU[k*n+k]))
		}
		for _, b := range probes {
			x = append(x, lu.Solve(b)...)
		}
		return x, ld
	}
	xs, lds := make([][]float64, len(m.Nodes)), make([]float64, len(m.Nodes))
	for k, p := range m.Nodes {
		xs[k], lds[k] = solve(alpha.Row(p))
	}
	for i := range test.Rows {
		w, err := m.At(test.Row(i))
		if err != nil {
			t.Fatal(err)
		}
		x, l := solve(test.Row(i))
		size := dense.Norm(x)
		for k := range m.Nodes {
			dense.Axpy(-w.Solution[k], xs[k], x)
		}
		inverse = math.Max(inverse, dense.Norm(x)/size)
		ld = math.Max(ld, math.Abs(m.LogDet(w, n, lds)-l))
	}
	return inverse, ld
}

func weightsOf(parts []*dense.Matrix[float64]) []float64 {
	w := make([]float64, len(parts))
	for k, a := range parts {
		for i := range a.Rows {
			w[k] += a.At(i, i) / float64(a.Rows)
		}
	}
	return w
}

func TestScratchBlocks(t *testing.T) {
	for _, c := range []struct {
		k, n, count int
		top         float64
		m           []int
	}{{2, 19, 513, 10, []int{6, 10, 16}}, {3, 17, 511, 10, []int{15, 28, 55}}, {3, 13, 511, 3, []int{10, 15, 21}}, {2, 13, 511, math.Sqrt(3), []int{3, 5, 7, 9}}} {
		if s := os.Getenv("GRID"); s != "" {
			c.n, _ = strconv.Atoi(s)
		}
		parts := blocks(c.k, c.n)
		alpha := logBox(c.k, c.count, c.top)
		test := dense.New[float64](30, c.k)
		rng := rand.New(rand.NewPCG(3, 3))
		for i := range test.Rows {
			test.Set(i, 0, 1)
			for j := 1; j < c.k; j++ {
				test.Set(i, j, math.Pow(c.top, 2*rng.Float64()-1))
			}
		}
		for _, kind := range []string{lambda.Symbol, lambda.SymbolFit, lambda.Graded, lambda.Powers} {
			for _, m := range c.m {
				var row []float64
				for _, q := range []string{lambda.Joint, lambda.LogDet, lambda.Inverse} {
					if kind == lambda.Graded || kind == lambda.Powers {
						if q != lambda.Joint {
							row = append(row, 0, 0)
							continue
						}
					}
					in := &lambda.Input[float64]{Alpha: alpha, Weight: weightsOf(parts), Positive: true, Quantity: q, Size: c.n * c.n, MaxNodes: m}
					mod, err := lambda.FitKind(context.Background(), in, kind, m)
					if err != nil {
						t.Fatal(err)
					}
					x, ld := blockErrors(t, parts, alpha, test, mod)
					row = append(row, x, ld)
				}
				t.Logf("K=%d top %.1f %s M=%d: joint %.1e/%.1e own %.1e/%.1e", c.k, c.top, kind, m, row[0], row[1], row[4], row[3])
			}
		}
	}
}
