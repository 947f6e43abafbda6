package lambda_test

import (
	"context"
	"math"
	"math/rand/v2"
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

// blockErrors solves an affine family at the nodes of a model and at the tests. It
// returns the largest relative error of the inverse, from products with random
// vectors, and the largest absolute one of log det.
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

// TestBlocks compares with the errors that a plain script reaches with the
// joint dictionary on conductivities in [0.1, 10], and literal powers with
// those: they are worse by orders.
func TestBlocks(t *testing.T) {
	for _, c := range []struct {
		k, nodes int
		x, log   float64
	}{{2, 6, 6e-4, 2e-2}, {2, 10, 1e-5, 2e-4}, {2, 16, 9e-9, 4e-9}, {3, 15, 8e-2, 0.14}, {3, 28, 6e-3, 3e-2}, {3, 55, 1e-4, 4e-4}} {
		parts := blocks(c.k, 10)
		alpha := logBox(c.k, 515-1<<(c.k-1), 10)
		test := dense.New[float64](30, c.k)
		rng := rand.New(rand.NewPCG(3, 3))
		for i := range test.Rows {
			test.Set(i, 0, 1)
			for j := 1; j < c.k; j++ {
				test.Set(i, j, math.Pow(10, 2*rng.Float64()-1))
			}
		}
		fit := func(kind, quantity string) (x, ld float64) {
			in := &lambda.Input[float64]{Alpha: alpha, Weight: weightsOf(parts), Positive: true, Quantity: quantity}
			m, err := lambda.FitKind(context.Background(), in, kind, c.nodes)
			if err != nil {
				t.Fatal(err)
			}
			return blockErrors(t, parts, alpha, test, m)
		}
		x, _ := fit(lambda.SymbolFit, lambda.Inverse)
		_, ld := fit(lambda.Symbol, lambda.LogDet)
		jx, jld := fit(lambda.Symbol, lambda.Joint)
		px, pld := fit(lambda.Powers, lambda.Joint)
		t.Logf("K = %d, M = %d: own %.1e / %.1e, joint %.1e / %.1e, powers %.1e / %.1e", c.k, c.nodes, x, ld, jx, jld, px, pld)
		if x > 4*c.x || ld > 4*c.log || jx > 6*c.x || jld > 10*c.log {
			t.Errorf("K = %d, M = %d: more than the script's %.1e / %.1e", c.k, c.nodes, c.x, c.log)
		}
		if px < 10*x || pld < 10*ld {
			t.Errorf("K = %d, M = %d: literal powers are no worse: %.1e / %.1e", c.k, c.nodes, px, pld)
		}
	}
}
