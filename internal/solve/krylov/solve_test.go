package krylov_test

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"eimtool/internal/dense"
	"eimtool/internal/matrix"
	"eimtool/internal/solve/krylov"
)

// diagonal returns the system of a diagonal matrix.
func diagonal(d []float64) *krylov.System[float64] {
	return &krylov.System[float64]{N: len(d), Kind: krylov.Hermitian, Definite: true, Apply: func(_ context.Context, x, y *dense.Matrix[float64]) error {
		for i, v := range d {
			for j := range x.Cols {
				y.Set(i, j, v*x.At(i, j))
			}
		}
		return nil
	}}
}

func ones(n int) *dense.Matrix[float64] {
	b := dense.New[float64](n, 1)
	for i := range b.Data {
		b.Data[i] = 1
	}
	return b
}

// TestDistinctEigenvalues: as many products as there are distinct eigenvalues.
func TestDistinctEigenvalues(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := rapid.IntRange(1, 8).Draw(t, "eigenvalues")
		n := rapid.IntRange(k, 60).Draw(t, "n")
		d := make([]float64, n)
		for i := range d {
			d[i] = float64(1 + i%k)
		}
		method := rapid.SampledFrom([]string{krylov.CG, krylov.GMRES}).Draw(t, "method")
		x := dense.New[float64](n, 1)
		rep, err := krylov.Solve(ctx, diagonal(d), ones(n), x, krylov.Options{Method: method, Tolerance: 1e-11})
		if err != nil {
			t.Fatal(err)
		}
		if r := rep[0]; !r.Converged || r.Iterations > k || r.Reason != krylov.ReasonTolerance {
			t.Fatalf("%d eigenvalues: %+v", k, r)
		}
		for i, v := range x.Data {
			if math.Abs(v*d[i]-1) > 1e-10 {
				t.Fatalf("x[%d] = %g, eigenvalue %g", i, v, d[i])
			}
		}
	})
}

// TestChebyshevBound: the energy norm of the error of conjugate gradients falls
// below 2·((√κ-1)/(√κ+1))^k (Saad, Iterative Methods, 2003, section 6.11.3).
func TestChebyshevBound(t *testing.T) {
	n, kappa := 400, 100.0
	d := make([]float64, n)
	for i := range d { // the Chebyshev points: the worst spectrum
		d[i] = (1+kappa)/2 + (kappa-1)/2*math.Cos(math.Pi*float64(i)/float64(n-1))
	}
	b := ones(n)
	energy := func(x []float64) float64 {
		var e float64
		for i, v := range d {
			z := 1/v - x[i]
			e += v * z * z
		}
		return math.Sqrt(e)
	}
	start := energy(make([]float64, n))
	for _, k := range []int{1, 5, 10, 20, 40, 80} {
		x := dense.New[float64](n, 1)
		rep, err := krylov.Solve(ctx, diagonal(d), b, x, krylov.Options{Method: krylov.CG, Tolerance: 1e-14, MaxIterations: k})
		if err != nil {
			t.Fatal(err)
		}
		if rep[0].Converged || rep[0].Reason != krylov.ReasonIterations || rep[0].Iterations != k {
			t.Errorf("after %d products: %+v", k, rep[0])
		}
		bound := 2 * math.Pow((math.Sqrt(kappa)-1)/(math.Sqrt(kappa)+1), float64(k))
		got := energy(x.Data) / start
		if got > bound {
			t.Errorf("after %d products the error is %g, bound %g", k, got, bound)
		}
	}
}

// shift returns the cyclic shift, on which GMRES makes no progress in n-1 steps.
func shift(n int) *krylov.System[float64] {
	return &krylov.System[float64]{N: n, Apply: func(_ context.Context, x, y *dense.Matrix[float64]) error {
		for i := range n {
			y.Data[(i+1)%n] = x.Data[i]
		}
		return nil
	}}
}

func TestCyclicShift(t *testing.T) {
	n := 12
	b := dense.New[float64](n, 1)
	b.Data[0] = 1
	for _, c := range []struct {
		restart int
		reason  string
	}{{n, krylov.ReasonTolerance}, {n - 1, krylov.ReasonStagnation}} {
		x := dense.New[float64](n, 1)
		rep, err := krylov.Solve(ctx, shift(n), b, x, krylov.Options{Restart: c.restart})
		if err != nil {
			t.Fatal(err)
		}
		r := rep[0]
		if r.Reason != c.reason || r.Converged != (c.reason == krylov.ReasonTolerance) {
			t.Errorf("restart %d: %+v", c.restart, r)
		}
		if c.restart == n && r.Iterations != n || c.restart < n && math.Abs(r.Residual-1) > 1e-14 {
			t.Errorf("restart %d: %+v", c.restart, r)
		}
	}
}

// TestIsotropic: Σ b_i² = 0 stops the bilinear form at once; GMRES takes over.
func TestIsotropic(t *testing.T) {
	s := &krylov.System[complex128]{N: 2, Kind: krylov.Symmetric, Apply: operator(&dense.Matrix[complex128]{
		Rows: 2, Cols: 2, Data: []complex128{2, 1i, 1i, 3},
	})}
	b := &dense.Matrix[complex128]{Rows: 2, Cols: 1, Data: []complex128{1, 1i}}
	x := dense.New[complex128](2, 1)
	rep, err := krylov.Solve(ctx, s, b, x, krylov.Options{Tolerance: 1e-13})
	if err != nil {
		t.Fatal(err)
	}
	if r := rep[0]; !r.Converged || r.Method != krylov.GMRES || r.Left != krylov.COCG || r.LeftReason != krylov.ReasonBreakdown {
		t.Errorf("%+v", r)
	}
	// (2 i; i 3)⁻¹ (1; i) = (3 + 1; -i + 2i)/7.
	if e := relative(x.Data, []complex128{4.0 / 7, 1i / 7}); e > 1e-12 {
		t.Errorf("x = %v", x.Data)
	}
	clear(x.Data)
	rep, err = krylov.Solve(ctx, s, b, x, krylov.Options{Method: krylov.COCG})
	if err != nil || rep[0].Converged || rep[0].Reason != krylov.ReasonBreakdown || rep[0].Left != "" {
		t.Errorf("asked for by name: %+v, %v", rep, err)
	}
}

// TestIndefinite: a wrong hint of definiteness costs products, not the answer.
func TestIndefinite(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 30).Draw(t, "n")
		d := make([]float64, n)
		for i := range d {
			d[i] = rapid.Float64Range(0.5, 4).Draw(t, "size")
			if i == 0 || rapid.Bool().Draw(t, "negative") {
				d[i] = -d[i]
			}
		}
		x := dense.New[float64](n, 1)
		rep, err := krylov.Solve(ctx, diagonal(d), ones(n), x, krylov.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if !rep[0].Converged {
			t.Fatalf("%v: %+v", d, rep[0])
		}
		for i, v := range x.Data {
			if math.Abs(v*d[i]-1) > 1e-8 {
				t.Fatalf("x[%d] = %g, eigenvalue %g, %+v", i, v, d[i], rep[0])
			}
		}
	})
}

// TestSingular: consistent systems are solved, others end with the distance of
// the right-hand side from the range and are not called solved.
func TestSingular(t *testing.T) {
	d := []float64{0, 1, 2, 3}
	for _, method := range []string{krylov.Auto, krylov.CG, krylov.GMRES} {
		for _, consistent := range []bool{true, false} {
			b := ones(4)
			if consistent {
				b.Data[0] = 0
			}
			x := dense.New[float64](4, 1)
			rep, err := krylov.Solve(ctx, diagonal(d), b, x, krylov.Options{Method: method})
			if err != nil {
				t.Fatal(err)
			}
			r := rep[0]
			if r.Converged != consistent {
				t.Errorf("%s, consistent %v: %+v", method, consistent, r)
			}
			if !consistent && (r.Reason == krylov.ReasonTolerance || r.Residual < 0.5*(1-1e-12)) {
				t.Errorf("%s: residual below the distance ½: %+v", method, r)
			}
			if !consistent && method != krylov.CG && r.Residual > 0.5*(1+1e-6) {
				t.Errorf("%s: residual not the distance ½: %+v", method, r)
			}
		}
	}
	zero := diagonal(make([]float64, 3))
	x := dense.New[float64](3, 1)
	for _, method := range []string{krylov.Auto, krylov.GMRES} {
		rep, err := krylov.Solve(ctx, zero, ones(3), x, krylov.Options{Method: method})
		if err != nil || rep[0].Converged || rep[0].Residual != 1 {
			t.Errorf("zero matrix: %+v, %v", rep, err)
		}
	}
}

// TestColumns: right-hand sides do not influence each other, a zero one has
// the solution zero, a solution needs no product.
func TestColumns(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	n := 40
	a := dense.New[float64](n, n)
	for i := range a.Data {
		a.Data[i] = rng.NormFloat64()
	}
	for i := range n {
		a.Data[i*n+i] += 15
	}
	s := &krylov.System[float64]{N: n, Apply: operator(a)}
	b := dense.New[float64](n, 3)
	for i := range n {
		b.Set(i, 0, rng.NormFloat64())
		b.Set(i, 2, float64(i))
	}
	x := dense.New[float64](n, 3)
	for i := range x.Data {
		x.Data[i] = 7
	}
	opt := krylov.Options{Tolerance: 1e-12, Restart: 10}
	rep, err := krylov.Solve(ctx, s, b, x, opt)
	if err != nil {
		t.Fatal(err)
	}
	for j := range 3 {
		bj, xj := dense.New[float64](n, 1), dense.New[float64](n, 1)
		for i := range n {
			bj.Data[i], xj.Data[i] = b.At(i, j), 7
		}
		alone, err := krylov.Solve(ctx, s, bj, xj, opt)
		if err != nil || alone[0] != rep[j] || !rep[j].Converged {
			t.Errorf("column %d: %+v, alone %+v, %v", j, rep[j], alone, err)
		}
		for i, v := range xj.Data {
			if v != x.At(i, j) || j == 1 && v != 0 {
				t.Fatalf("column %d differs", j)
			}
		}
		again, err := krylov.Solve(ctx, s, bj, xj, opt)
		if err != nil || again[0].Iterations != 0 || !again[0].Converged {
			t.Errorf("column %d, solved: %+v, %v", j, again, err)
		}
	}
}

// TestScaling: a power of two in the right-hand side is one in the solution.
func TestScaling(t *testing.T) {
	d := []float64{1, 2.5, 3.25, 7, 11}
	b := &dense.Matrix[float64]{Rows: 5, Cols: 1, Data: []float64{1, -0.3, 0.7, 0.1, 0.9}}
	for _, method := range []string{krylov.CG, krylov.GMRES} {
		want := dense.New[float64](5, 1)
		first, err := krylov.Solve(ctx, diagonal(d), b, want, krylov.Options{Method: method, Tolerance: 1e-4})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range []int{-990, -300, 1, 600, 990} {
			c, x := b.Clone(), dense.New[float64](5, 1)
			dense.Scale(math.Ldexp(1, e), c.Data)
			rep, err := krylov.Solve(ctx, diagonal(d), c, x, krylov.Options{Method: method, Tolerance: 1e-4})
			if err != nil || rep[0] != first[0] {
				t.Fatalf("2^%d: %+v, want %+v, %v", e, rep, first, err)
			}
			for i, v := range x.Data {
				if v != math.Ldexp(want.Data[i], e) {
					t.Errorf("2^%d: x[%d] = %g, want %g", e, i, v, math.Ldexp(want.Data[i], e))
				}
			}
		}
	}
}

func TestErrors(t *testing.T) {
	s := diagonal([]float64{1, 2})
	one := ones(2)
	for _, o := range []krylov.Options{{Method: "lsqr"}, {Tolerance: -1}, {Tolerance: 1}, {Tolerance: math.NaN()}, {MaxIterations: -1}, {Restart: -3}} {
		var e *krylov.OptionError
		if _, err := krylov.Solve(ctx, s, one, dense.New[float64](2, 1), o); !errors.As(err, &e) {
			t.Errorf("%+v: %v", o, err)
		}
	}
	var shape *krylov.OptionError
	if _, err := krylov.Solve(ctx, s, ones(3), dense.New[float64](3, 1), krylov.Options{}); !errors.As(err, &shape) {
		t.Errorf("wrong length: %v", err)
	}
	var bad *krylov.NonFiniteError
	if _, err := krylov.Solve(ctx, s, &dense.Matrix[float64]{Rows: 2, Cols: 1, Data: []float64{1, math.Inf(1)}}, dense.New[float64](2, 1), krylov.Options{}); !errors.As(err, &bad) {
		t.Errorf("infinite right-hand side: %v", err)
	}
	for _, method := range []string{krylov.CG, krylov.GMRES} {
		if _, err := krylov.Solve(ctx, diagonal([]float64{1, math.NaN()}), one, dense.New[float64](2, 1), krylov.Options{Method: method}); !errors.As(err, &bad) {
			t.Errorf("%s, NaN in the matrix: %v", method, err)
		}
	}
	stopped, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := krylov.Solve(stopped, s, one, dense.New[float64](2, 1), krylov.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if _, err := krylov.FromMatrix(&matrix.Pattern{Rows: 2, Cols: 3, Dense: true}, make([]float64, 6), 1); err == nil {
		t.Error("2×3 matrix taken")
	}
}
