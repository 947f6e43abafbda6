package lambda_test

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"eimtool/internal/dense"
	"eimtool/internal/lambda"
)

// reaction returns stiffness and the masses of two unequal halves.
func reaction(n int) []*dense.Matrix[float64] {
	parts := []*dense.Matrix[float64]{blocks(1, n)[0], dense.New[float64](n*n, n*n), dense.New[float64](n*n, n*n)}
	h2 := 1 / float64((n+1)*(n+1))
	for i := range n * n {
		side := 1
		if i%n > 2*n/5 {
			side = 2
		}
		parts[side].Set(i, i, h2)
	}
	return parts
}

// quotients returns (vᴴ·A_k·v)_k of random vectors and of the iterates of two
// steps of inverse iteration from them, at several coefficients.
func quotients(t *testing.T, parts []*dense.Matrix[float64], alpha *dense.Matrix[float64]) *dense.Matrix[float64] {
	t.Helper()
	rng := rand.New(rand.NewPCG(21, 1))
	n := parts[0].Rows
	x := &dense.Matrix[float64]{Cols: len(parts)}
	add := func(v []float64) {
		size := dense.Norm(v)
		for _, a := range parts {
			av := dense.Mul(a, &dense.Matrix[float64]{Rows: n, Cols: 1, Data: v})
			x.Data = append(x.Data, dense.Dotc(v, av.Data)/size/size)
		}
		x.Rows++
	}
	for s := range 8 {
		sum := dense.New[float64](n, n)
		for k, c := range alpha.Row(s * alpha.Rows / 8) {
			dense.Axpy(c, parts[k].Data, sum.Data)
		}
		lu, err := dense.LU(sum)
		if err != nil {
			t.Fatal(err)
		}
		for range 6 {
			v := make([]float64, n)
			for i := range v {
				v[i] = rng.NormFloat64()
			}
			add(v)
			for range 3 {
				v = lu.Solve(v)
				dense.Scale(1/dense.Norm(v), v)
				add(v)
			}
			w := make([]float64, n) // rough at one place
			w[rng.IntN(n)] = 1
			add(w)
		}
	}
	return x
}

// TestReaction: where one part alone carries every mode, directions from the
// simplex promise too much, and those of the matrices are better.
func TestReaction(t *testing.T) {
	parts := reaction(11)
	alpha := logBox(3, 300, 100)
	test := dense.New[float64](20, 3)
	rng := rand.New(rand.NewPCG(4, 4))
	for i := range test.Rows {
		test.Set(i, 0, 1)
		for j := 1; j < 3; j++ {
			test.Set(i, j, math.Pow(100, 2*rng.Float64()-1))
		}
	}
	w := weightsOf(parts)
	in := &lambda.Input[float64]{
		Alpha: alpha, Weight: w, Positive: true, Quantity: lambda.Joint, Size: parts[0].Rows,
		Cloud: lambda.Mix(quotients(t, parts, alpha), w, 200, 1),
	}
	for _, kind := range []string{lambda.Symbol, lambda.SymbolFit, lambda.SymbolData, lambda.SymbolDataFit, lambda.Graded, lambda.Balanced} {
		m, err := lambda.FitKind(context.Background(), in, kind, 40)
		if err != nil {
			t.Fatal(err)
		}
		x, ld := blockErrors(t, parts, alpha, test, m)
		t.Logf("%s: %d nodes, %.1e / %.1e", kind, len(m.Nodes), x, ld)
		if limit := map[string]float64{lambda.SymbolData: 1e-4, lambda.SymbolDataFit: 1e-4}[kind]; limit > 0 && (x > limit || ld > limit) {
			t.Errorf("%s: errors %.1e and %.1e", kind, x, ld)
		}
	}
}
