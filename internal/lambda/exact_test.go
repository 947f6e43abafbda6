package lambda_test

import (
	"context"
	"errors"
	"math"
	"math/cmplx"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"eimtool/internal/dense"
	"eimtool/internal/lambda"
	"eimtool/internal/scalar"
)

// random returns a rows×cols matrix of numbers in [lo, hi], with imaginary
// parts of that size when T is complex.
func random[T scalar.Scalar](rng *rand.Rand, rows, cols int, lo, hi float64) *dense.Matrix[T] {
	m := dense.New[T](rows, cols)
	for i := range m.Data {
		m.Data[i] = scalar.Of[T](lo+(hi-lo)*rng.Float64(), (hi-lo)*(rng.Float64()-0.5))
	}
	return m
}

func fitKind[T scalar.Scalar](t interface {
	Helper()
	Fatal(args ...any)
}, in *lambda.Input[T], kind string, nodes int,
) *lambda.Model[T] {
	t.Helper()
	m, err := lambda.FitKind(context.Background(), in, kind, nodes)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// binomial returns n over k.
func binomial(n, k int) int {
	b := 1
	for i := 1; i <= k; i++ {
		b = b * (n - k + i) / i
	}
	return b
}

// TestPolynomials: with all monomials up to degree n, every polynomial of
// degree n of matrices that do not commute is reproduced (arXiv 1710.02488,
// section 3). Coordinates that suffer cancellation have no scale s, positive
// ones have, and then it is A/s that is reproduced.
func TestPolynomials(t *testing.T) {
	testPolynomials[float64](t)
	testPolynomials[complex128](t)
}

func testPolynomials[T scalar.Scalar](t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	for _, c := range []struct {
		k, degree int
		lo        float64
	}{{2, 3, -1}, {3, 2, -1}, {2, 4, 1}, {3, 3, 1}} {
		var a []*dense.Matrix[T]
		for range c.k {
			a = append(a, random[T](rng, 3, 3, -1, 1))
		}
		axes := c.k
		if c.lo > 0 {
			axes--
		}
		alpha := random[T](rng, 80, c.k, c.lo, 2)
		if c.lo < 0 { // one sample without a scale
			clear(alpha.Row(0))
			alpha.Set(0, 0, scalar.Of[T](1, 0))
			alpha.Set(0, 1, scalar.Of[T](-1, 0))
		}
		m := fitKind(t, &lambda.Input[T]{Alpha: alpha}, lambda.Graded, binomial(c.degree+axes, axes))
		if projective := m.Coordinates.Functional != nil; projective != (c.lo > 0) {
			t.Fatalf("K = %d, coordinates from %g: projective %v", c.k, c.lo, projective)
		}
		power := func(alpha []T, s T, p int) *dense.Matrix[T] {
			sum, out := dense.New[T](3, 3), dense.New[T](3, 3)
			for k := range a {
				dense.Axpy(alpha[k]/s, a[k].Data, sum.Data)
			}
			for i := range 3 {
				out.Set(i, i, scalar.Of[T](1, 0))
			}
			for range p {
				out = dense.Mul(out, sum)
			}
			return out
		}
		target := random[T](rng, 1, c.k, c.lo, 2).Row(0)
		w, err := m.At(target)
		if err != nil {
			t.Fatal(err)
		}
		for p := range c.degree + 2 {
			rest := power(target, w.Scale, p)
			for k, row := range m.Nodes {
				dense.Axpy(-w.Lambda[k], power(alpha.Row(row), m.NodeScale[k], p).Data, rest.Data)
			}
			e := dense.Norm(rest.Data)
			if p <= c.degree && e > 1e-11*(1+w.AbsSum) || p > c.degree && e < 1e-6 {
				t.Errorf("K = %d, degree %d: power %d is off by %g", c.k, c.degree, p, e)
			}
		}
	}
}

// TestLiteralPowers: with as many nodes as monomials, the choice is free but
// nothing is left to choose.
func TestLiteralPowers(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	alpha := random[float64](rng, 30, 1, 1, 2)
	m := fitKind(t, &lambda.Input[float64]{Alpha: alpha}, lambda.Powers, 9)
	w, err := m.At([]float64{1.3})
	if err != nil {
		t.Fatal(err)
	}
	for k, e := range m.Functions.Exponent {
		var sum float64
		for i, p := range m.Nodes {
			sum += w.Lambda[i] * math.Pow(alpha.At(p, 0), float64(e))
		}
		if math.Abs(sum-math.Pow(1.3, float64(e))) > 1e-10*math.Pow(2, float64(e)) {
			t.Errorf("function %d: power %d is off by %g", k, e, sum-math.Pow(1.3, float64(e)))
		}
	}
}

// TestNodes: at a node its own weight is 1, the weights add up to 1, and with a
// scale a common factor of the coordinates passes through.
func TestNodes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		k := rapid.IntRange(1, 5).Draw(t, "k")
		alpha := random[float64](rng, 40, k, 0.2, 5)
		weight := random[float64](rng, 1, k, 0.5, 2).Row(0)
		kind := rapid.SampledFrom([]string{lambda.Symbol, lambda.SymbolFit, lambda.Graded}).Draw(t, "kind")
		q := rapid.SampledFrom([]string{lambda.Inverse, lambda.LogDet, lambda.Joint}).Draw(t, "quantity")
		m := fitKind(t, &lambda.Input[float64]{Alpha: alpha, Weight: weight, Positive: true, Quantity: q}, kind, 7)
		for i, p := range m.Nodes {
			for _, factor := range []float64{1, 4, 0.3} {
				a := append([]float64(nil), alpha.Row(p)...)
				dense.Scale(factor, a)
				w, err := m.At(a)
				if err != nil {
					t.Fatal(err)
				}
				for j, l := range w.Lambda {
					want := 0.0
					if i == j {
						want = 1
					}
					if math.Abs(l-want) > 1e-7 || math.Abs(w.Solution[j]-want/factor) > 1e-7 {
						t.Fatalf("%s, node %d times %g: weight %d is %g, of the solution %g", kind, i, factor, j, l, w.Solution[j])
					}
				}
				if w.Outside != 0 || w.SumError > 1e-9 || w.Eta > 1e-6 {
					t.Fatalf("%s, node %d: %+v", kind, i, w)
				}
			}
		}
		a := random[float64](rng, 1, k, 0.2, 5).Row(0)
		w, err := m.At(a)
		if err != nil || w.SumError > 1e-9*w.AbsSum {
			t.Fatalf("%s: sum off by %g, %v", kind, w.SumError, err)
		}
	})
}

// TestScaling: powers of two in the weights or in the coordinates of a sample
// change no node.
func TestScaling(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	alpha := random[float64](rng, 50, 3, 0.2, 5)
	for _, kind := range []string{lambda.Symbol, lambda.SymbolFit, lambda.Graded} {
		in := &lambda.Input[float64]{Alpha: alpha, Weight: []float64{1, 2, 3}, Positive: true}
		m := fitKind(t, in, kind, 10)
		scaled := alpha.Clone()
		for i := range scaled.Rows {
			dense.Scale(math.Ldexp(1, i%7-3), scaled.Row(i))
		}
		o := fitKind(t, &lambda.Input[float64]{Alpha: scaled, Weight: []float64{8, 16, 24}, Positive: true}, kind, 10)
		a, err := m.At([]float64{1, 2, 0.7})
		if err != nil {
			t.Fatal(err)
		}
		b, err := o.At([]float64{4, 8, 2.8})
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(m.Nodes, o.Nodes) || !reflect.DeepEqual(a.Lambda, b.Lambda) {
			t.Errorf("%s: nodes %v and %v, weights %v and %v", kind, m.Nodes, o.Nodes, a.Lambda, b.Lambda)
		}
		again := fitKind(t, in, kind, 10)
		if d := cmp.Diff(m, again); d != "" {
			t.Errorf("%s: two runs differ: %s", kind, d)
		}
	}
}

// TestCommuting: of diagonal matrices the indicators are bounds, and attained.
func TestCommuting(t *testing.T) {
	rng := rand.New(rand.NewPCG(10, 10))
	n, k := 40, 3
	cloud := random[float64](rng, n, k, 0, 1) // joint eigenvalues
	alpha := random[float64](rng, 60, k, 0.2, 5)
	m := fitKind(t, &lambda.Input[float64]{Alpha: alpha, Cloud: cloud, Quantity: lambda.Joint}, lambda.SymbolData, 12)
	dot := func(a, x []float64) (s float64) {
		for j, v := range a {
			s += v * x[j]
		}
		return s
	}
	for range 20 {
		a := random[float64](rng, 1, k, 0.2, 5).Row(0)
		w, err := m.At(a)
		if err != nil {
			t.Fatal(err)
		}
		if w.Directions != n {
			t.Fatalf("%d directions of %d", w.Directions, n)
		}
		var worst, total, exact float64
		nodes := make([]float64, len(m.Nodes))
		for i := range n {
			rest := 1 / dot(a, cloud.Row(i))
			for j, p := range m.Nodes {
				rest -= w.Solution[j] / dot(alpha.Row(p), cloud.Row(i))
				nodes[j] += math.Log(dot(alpha.Row(p), cloud.Row(i)))
			}
			worst = math.Max(worst, math.Abs(rest)*dot(a, cloud.Row(i)))
			exact += math.Log(dot(a, cloud.Row(i)))
		}
		total = math.Abs(m.LogDet(w, n, nodes) - exact)
		if math.Abs(worst-w.Eta) > 1e-9 || total > float64(n)*w.EtaLog+1e-9 {
			t.Errorf("errors %g and %g, indicators %g and %g", worst, total, w.Eta, w.EtaLog)
		}
	}
}

// TestComplex: a family with complex coefficients, diagonal, by every
// dictionary there is.
func TestComplex(t *testing.T) {
	rng := rand.New(rand.NewPCG(12, 12))
	n := 60
	cloud := dense.New[complex128](n, 2)
	for i := range n {
		x := float64(i) / float64(n-1)
		cloud.Set(i, 0, complex(1-x, 0))
		cloud.Set(i, 1, complex(x, 0))
	}
	alpha := dense.New[complex128](40, 2)
	for i := range alpha.Rows {
		alpha.Set(i, 0, 1)
		alpha.Set(i, 1, cmplx.Rect(0.5+2*rng.Float64(), 1.2*rng.Float64()))
	}
	target := dense.New[complex128](40, n)
	for p := range target.Rows {
		for i := range n {
			target.Set(p, i, 1/(alpha.At(p, 0)*cloud.At(i, 0)+alpha.At(p, 1)*cloud.At(i, 1)))
		}
	}
	in := &lambda.Input[complex128]{Alpha: alpha, Cloud: cloud, Target: target, MaxNodes: 14}
	m, err := lambda.Fit(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	if m.Scores[0].Kind != m.Kind || m.Scores[0].Error > 1e-5 {
		t.Errorf("chosen: %+v", m.Scores)
	}
	a := []complex128{1, cmplx.Rect(1.1, 0.7)}
	for _, kind := range []string{lambda.SymbolData, lambda.SymbolDataFit, lambda.Graded, lambda.Powers} {
		m := fitKind(t, in, kind, 14)
		w, err := m.At(a)
		if err != nil {
			t.Fatal(err)
		}
		var worst float64
		for i := range n {
			exact := 1 / (a[0]*cloud.At(i, 0) + a[1]*cloud.At(i, 1))
			rest := exact
			for k, p := range m.Nodes {
				rest -= w.Solution[k] * target.At(p, i)
			}
			worst = math.Max(worst, cmplx.Abs(rest/exact))
		}
		t.Logf("%s: error %.1e, indicator %.1e, sum |lambda| %.1f", kind, worst, w.Eta, w.AbsSum)
		if limit := map[string]float64{lambda.SymbolData: 1e-6, lambda.SymbolDataFit: 1e-6, lambda.Graded: 1e-3, lambda.Powers: 1}[kind]; worst > limit {
			t.Errorf("%s: error %g", kind, worst)
		}
	}
}

func TestInputErrors(t *testing.T) {
	good := func() *lambda.Input[float64] {
		return &lambda.Input[float64]{Alpha: &dense.Matrix[float64]{Rows: 3, Cols: 2, Data: []float64{1, 2, 1, 3, 1, 4}}, Positive: true}
	}
	for name, spoil := range map[string]func(*lambda.Input[float64]){
		"none":       func(in *lambda.Input[float64]) { in.Alpha = nil },
		"nan":        func(in *lambda.Input[float64]) { in.Alpha.Data[3] = math.NaN() },
		"negative":   func(in *lambda.Input[float64]) { in.Alpha.Data[3] = -1 },
		"weight":     func(in *lambda.Input[float64]) { in.Weight = []float64{1} },
		"zero":       func(in *lambda.Input[float64]) { in.Weight = []float64{1, 0} },
		"functional": func(in *lambda.Input[float64]) { in.Functional = []float64{1} },
		"cloud":      func(in *lambda.Input[float64]) { in.Cloud = dense.New[float64](4, 3) },
		"quantity":   func(in *lambda.Input[float64]) { in.Quantity = "trace" },
		"target":     func(in *lambda.Input[float64]) { in.Target = dense.New[float64](2, 1) },
		"infinite": func(in *lambda.Input[float64]) {
			in.Target = random[float64](rand.New(rand.NewPCG(1, 1)), 3, 1, math.Inf(1), 1)
		},
		"size":    func(in *lambda.Input[float64]) { in.Quantity, in.Target = lambda.LogDet, dense.New[float64](3, 1) },
		"columns": func(in *lambda.Input[float64]) { in.Quantity, in.Target = lambda.LogDet, dense.New[float64](3, 2) },
		"logs":    func(in *lambda.Input[float64]) { in.LogDets = []float64{1} },
		"nodes":   func(in *lambda.Input[float64]) { in.MaxNodes = -1 },
	} {
		in := good()
		spoil(in)
		var e *lambda.InputError
		if _, err := lambda.Fit(context.Background(), in); !errors.As(err, &e) {
			t.Errorf("%s: %v", name, err)
		}
	}
	ctx := context.Background()
	var input *lambda.InputError
	if _, err := lambda.FitKind(ctx, good(), "splines", 2); !errors.As(err, &input) {
		t.Errorf("unknown kind: %v", err)
	}
	if _, err := lambda.FitKind(ctx, good(), lambda.Symbol, 0); !errors.As(err, &input) {
		t.Errorf("no nodes: %v", err)
	}
	in := good()
	in.Positive = false
	var none *lambda.UnavailableError
	if _, err := lambda.FitKind(ctx, in, lambda.Symbol, 2); !errors.As(err, &none) {
		t.Errorf("not positive: %v", err)
	}
	in.Cloud = &dense.Matrix[float64]{Rows: 1, Cols: 2, Data: []float64{-2.5, 1}} // zero between the samples
	if _, err := lambda.FitKind(ctx, in, lambda.SymbolData, 2); !errors.As(err, &none) {
		t.Errorf("direction through zero: %v", err)
	}
	m := fitKind(t, good(), lambda.Symbol, 2)
	if _, err := m.At([]float64{1}); !errors.As(err, &input) {
		t.Errorf("one coordinate of two: %v", err)
	}
	var outside *lambda.RangeError
	if _, err := m.At([]float64{1, -5}); !errors.As(err, &outside) {
		t.Errorf("negative scale: %v", err)
	}
	if w, err := m.At([]float64{1, 9}); err != nil || !(w.Outside > 0) {
		t.Errorf("outside the samples: %+v, %v", w, err)
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := lambda.Fit(cancelled, good()); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
