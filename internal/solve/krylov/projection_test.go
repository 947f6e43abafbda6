package krylov_test

import (
	"math"
	"path/filepath"
	"strconv"
	"testing"

	"eimtool/internal/dense"
	"eimtool/internal/matrix"
	"eimtool/internal/mtx"
	"eimtool/internal/scalar"
	"eimtool/internal/solve/krylov"
)

// parts reads the parts of thermal-block.
func parts(t *testing.T) []*dense.Matrix[float64] {
	t.Helper()
	var out []*dense.Matrix[float64]
	for k := range 4 {
		f, err := mtx.ReadFile(ctx, filepath.Join(familiesDir, "thermal-block", "parts", "A"+strconv.Itoa(k+1)+".mtx"), mtx.ReadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, full(f.Matrix.Pattern, f.Matrix.Real))
	}
	return out
}

func sum(parts []*dense.Matrix[float64], alpha []float64) *dense.Matrix[float64] {
	s := dense.New[float64](parts[0].Rows, parts[0].Cols)
	for k, a := range alpha {
		dense.Axpy(a, parts[k].Data, s.Data)
	}
	return s
}

// TestProjection compares preconditioners from the first M samples of
// thermal-block: the nearest factor, the projection and the nonnegative one.
func TestProjection(t *testing.T) {
	p := load[float64](t, "thermal-block")
	a := parts(t)
	ops := make([]krylov.Operator[float64], len(a))
	for k := range a {
		ops[k] = operator(a[k])
	}
	b := &dense.Matrix[float64]{Rows: len(p.b), Cols: 1, Data: p.b}
	coefficients := func(mu []float64) []float64 { return append([]float64{1}, mu...) }
	var factors []krylov.Preconditioner[float64]
	var alphas [][]float64
	for _, s := range p.samples.Samples[:20] {
		alphas = append(alphas, coefficients(s.Mu))
		factors = append(factors, newFactor(t, sum(a, alphas[len(alphas)-1])))
	}
	for _, m := range []int{1, 10, 20} {
		pr, err := krylov.Project(ctx, len(p.b), factors[:m], ops, 10, 1, 1)
		if err != nil {
			t.Fatal(err)
		}
		checkWeights(t, pr, alphas[:m])
		var count [4]float64
		for i, s := range p.tests.Samples {
			alpha := coefficients(s.Mu)
			free, r, err := pr.Weights(alpha)
			if err != nil {
				t.Fatal(err)
			}
			positive, rp, err := pr.NonnegativeWeights(alpha)
			if err != nil {
				t.Fatal(err)
			}
			if rp < r*(1-1e-10) || rp > 1 {
				t.Errorf("residuals %g and, nonnegative, %g", r, rp)
			}
			sys := &krylov.System[float64]{N: len(p.b), Apply: operator(sum(a, alpha)), Kind: krylov.Hermitian, Definite: true}
			for k, c := range []struct {
				m      krylov.Preconditioner[float64]
				method string
			}{
				{factors[nearestOf(alphas[:m], alpha)], krylov.GMRES},
				{&krylov.Combination[float64]{Factors: factors[:m], Weights: free}, krylov.GMRES},
				{&krylov.Combination[float64]{Factors: factors[:m], Weights: positive}, krylov.GMRES},
				{&krylov.Combination[float64]{Factors: factors[:m], Weights: positive}, krylov.CG},
			} {
				sys.Preconditioner = c.m
				x := dense.New[float64](sys.N, 1)
				rep, err := krylov.Solve(ctx, sys, b, x, krylov.Options{Method: c.method, Tolerance: 1e-8})
				if err != nil || !rep[0].Converged {
					t.Fatalf("test %d, preconditioner %d: %+v, %v", i+1, k, rep, err)
				}
				count[k] += float64(rep[0].Iterations) / float64(len(p.tests.Samples))
			}
		}
		t.Logf("M = %d: nearest %.1f, projection %.1f, nonnegative %.1f (cg %.1f)", m, count[0], count[1], count[2], count[3])
		if m > 1 && (count[1] > 0.75*count[0] || count[2] > count[0]) {
			t.Errorf("M = %d: the projection needs %.1f, %.1f products, the nearest factor %.1f", m, count[1], count[2], count[0])
		}
	}
}

func nearestOf(alphas [][]float64, alpha []float64) int {
	best, at := math.Inf(1), 0
	for i, a := range alphas {
		var d float64
		for k, v := range a {
			d += math.Pow(math.Log(v/alpha[k]), 2)
		}
		if d < best {
			best, at = d, i
		}
	}
	return at
}

// checkWeights holds that at a node its own factor is found, also scaled.
func checkWeights(t *testing.T, p *krylov.Projection[float64], alphas [][]float64) {
	t.Helper()
	for m, a := range alphas {
		twice := make([]float64, len(a))
		for k, v := range a {
			twice[k] = 2 * v
		}
		for _, f := range []func([]float64) ([]float64, float64, error){p.Weights, p.NonnegativeWeights} {
			l, r, err := f(twice)
			if err != nil || r > 1e-12 {
				t.Fatalf("node %d: residual %g, %v", m, r, err)
			}
			for k, v := range l {
				want := 0.0
				if k == m {
					want = 0.5
				}
				if math.Abs(v-want) > 1e-9 {
					t.Errorf("node %d: weight %d is %g, want %g", m, k, v, want)
				}
			}
		}
	}
}

// TestProjectionComplex uses diagonal matrices, for which the best weights
// reproduce the inverse of a combination exactly.
func TestProjectionComplex(t *testing.T) {
	d := [][]complex128{{1, 2i, 3, -1}, {2, 1, 1i, 1 + 1i}}
	build := func(alpha []complex128) *dense.Matrix[complex128] {
		m := dense.New[complex128](4, 4)
		for i := range 4 {
			m.Set(i, i, alpha[0]*d[0][i]+alpha[1]*d[1][i])
		}
		return m
	}
	ops := []krylov.Operator[complex128]{operator(build([]complex128{1, 0})), operator(build([]complex128{0, 1}))}
	var factors []krylov.Preconditioner[complex128]
	for _, a := range [][]complex128{{1, 0}, {1, 1}, {1, 2}, {1, -3i}} {
		factors = append(factors, newFactor(t, build(a)))
	}
	p, err := krylov.Project(ctx, 4, factors, ops, 5, 3, 2)
	if err != nil {
		t.Fatal(err)
	}
	alpha := []complex128{1, 0.5 - 1i}
	l, r, err := p.Weights(alpha)
	if err != nil || r > 1e-12 {
		t.Fatalf("residual %g, %v", r, err)
	}
	c := &krylov.Combination[complex128]{Factors: factors, Weights: l}
	for _, op := range []matrix.Op{matrix.NoTranspose, matrix.Transpose, matrix.ConjTranspose} {
		b := &dense.Matrix[complex128]{Rows: 4, Cols: 1, Data: []complex128{1, 1i, 2, 3}}
		want := make([]complex128, 4)
		for i := range want {
			v := build(alpha).At(i, i)
			if op == matrix.ConjTranspose {
				v = scalar.Conj(v)
			}
			want[i] = b.Data[i] / v
		}
		if err := c.Solve(ctx, b, op); err != nil {
			t.Fatal(err)
		}
		if e := relative(b.Data, want); e > 1e-12 {
			t.Errorf("%v: error %g", op, e)
		}
	}
	if l, r, err := p.NonnegativeWeights(alpha); err != nil || !(r <= 1) {
		t.Errorf("nonnegative: %v, residual %g, %v", l, r, err)
	}
}
