package dense

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// nnlsProblem draws columns (rows of the matrix) and a right-hand side, with
// duplicate and nearly dependent columns among them.
func nnlsProblem(t *rapid.T, most int) (*Matrix[float64], []float64) {
	m, n := rapid.IntRange(1, 8).Draw(t, "m"), rapid.IntRange(1, most).Draw(t, "n")
	rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
	shift := rapid.SampledFrom([]float64{0, 0, 1}).Draw(t, "shift") // of all elements: columns alike
	a, b := New[float64](n, m), make([]float64, m)
	for i := range a.Data {
		a.Data[i] = rng.NormFloat64() + shift
	}
	for i := range b {
		b[i] = rng.NormFloat64() + shift
	}
	if n > 1 {
		switch rapid.IntRange(0, 3).Draw(t, "kind") {
		case 0:
			copy(a.Row(n-1), a.Row(0))
		case 1:
			for i, v := range a.Row(0) {
				a.Set(n-1, i, v+1e-13*rng.NormFloat64())
			}
		}
	}
	return a, b
}

func residualOf(a *Matrix[float64], x, b []float64) []float64 {
	r := slices.Clone(b)
	for j, v := range x {
		Axpy(-v, a.Row(j), r)
	}
	return r
}

// The conditions of Karush, Kuhn and Tucker say that a point is the solution.
func checkKKT(t interface{ Fatalf(string, ...any) }, a *Matrix[float64], x, b []float64, support []int) {
	scale := 0.
	for j := range a.Rows {
		scale = max(scale, math.Abs(Dotc(a.Row(j), b)))
	}
	r := residualOf(a, x, b)
	for j, v := range x {
		w := Dotc(a.Row(j), r)
		switch {
		case v < 0:
			t.Fatalf("x[%d] = %g", j, v)
		case v > 0 != slices.Contains(support, j):
			t.Fatalf("x[%d] = %g, support %v", j, v, support)
		case w > 1e-9*scale:
			t.Fatalf("column %d would reduce the residual: %g of %g", j, w, scale)
		case v > 0 && math.Abs(w) > 1e-9*scale:
			t.Fatalf("column %d in use has the product %g of %g", j, w, scale)
		}
	}
}

func TestNNLSConditions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := nnlsProblem(t, 40)
		x, support, err := NNLS(a, b, nil)
		if err != nil {
			t.Fatal(err)
		}
		checkKKT(t, a, x, b, support)
		start := rapid.SliceOfN(rapid.IntRange(0, a.Rows-1), 0, 10).Draw(t, "start")
		warm, support, err := NNLS(a, b, start)
		if err != nil {
			t.Fatal(err)
		}
		checkKKT(t, a, warm, b, support)
		if n, w := Norm(residualOf(a, x, b)), Norm(residualOf(a, warm, b)); math.Abs(n-w) > 1e-10*(1+Norm(b)) {
			t.Fatalf("residual %g, with a start %g", n, w)
		}
	})
}

// Of all subsets of the columns, one gives the solution by plain least squares.
func TestNNLSAgainstAllSubsets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := nnlsProblem(t, 6)
		x, _, err := NNLS(a, b, nil)
		if err != nil {
			t.Fatal(err)
		}
		least := Norm(b)
		for set := 1; set < 1<<a.Rows; set++ {
			var rows []int
			for j := range a.Rows {
				if set>>j&1 == 1 {
					rows = append(rows, j)
				}
			}
			z := Factor(a.SelectRows(rows).Transpose(), 1e-12).Solve(b)
			if slices.Min(z) >= 0 {
				least = min(least, Norm(residualOf(a.SelectRows(rows), z, b)))
			}
		}
		if got := Norm(residualOf(a, x, b)); got > least+1e-10*(1+Norm(b)) {
			t.Fatalf("residual %g, a subset has %g", got, least)
		}
	})
}

// A sum of few columns on a face of the cone is found exactly: Vandermonde-like
// columns (1, cos x, sin x, ...) of the trigonometric moment curve, of which
// k ≤ (m-1)/2 with positive weights are the only representation.
func TestNNLSRecoversSparse(t *testing.T) {
	const m, n = 21, 600
	a := New[float64](n, m)
	for j := range n {
		x := 2 * math.Pi * float64(j) / n
		a.Set(j, 0, 1)
		for k := 1; k <= m/2; k++ {
			a.Set(j, 2*k-1, math.Cos(float64(k)*x))
			a.Set(j, 2*k, math.Sin(float64(k)*x))
		}
	}
	want := map[int]float64{3: 1, 90: 0.5, 200: 2, 333: 0.25, 450: 1.5}
	b := make([]float64, m)
	for _, j := range []int{3, 90, 200, 333, 450} {
		Axpy(want[j], a.Row(j), b)
	}
	x, _, err := NNLS(a, b, nil)
	if err != nil {
		t.Fatal(err)
	}
	for j, v := range x {
		if math.Abs(v-want[j]) > 1e-5 {
			t.Errorf("x[%d] = %g, want %g", j, v, want[j])
		}
	}
	if r := Norm(residualOf(a, x, b)); r > 1e-7 {
		t.Errorf("residual %g", r)
	}
}

func TestNNLSCases(t *testing.T) {
	for _, c := range []struct {
		name string
		a    *Matrix[float64]
		b    []float64
		want []float64
	}{
		{"no columns", New[float64](0, 2), []float64{1, 2}, nil},
		{"zero right-hand side", &Matrix[float64]{2, 1, []float64{1, 2}}, []float64{0}, []float64{0, 0}},
		{"zero column", &Matrix[float64]{2, 1, []float64{0, 2}}, []float64{4}, []float64{0, 2}},
		{"all against", &Matrix[float64]{2, 1, []float64{-1, -2}}, []float64{4}, []float64{0, 0}},
		{"equal columns, the first", &Matrix[float64]{3, 1, []float64{1, 2, 2}}, []float64{4}, []float64{0, 2, 0}},
		{"one leaves again", &Matrix[float64]{3, 2, []float64{3, 3, 1, 0, 0, 1}}, []float64{1, 4}, []float64{1. / 3, 0, 3}},
	} {
		t.Run(c.name, func(t *testing.T) {
			x, support, err := NNLS(c.a, c.b, nil)
			if err != nil {
				t.Fatal(err)
			}
			checkKKT(t, c.a, x, c.b, support)
			for j, v := range c.want {
				if math.Abs(x[j]-v) > 1e-14 {
					t.Errorf("x = %v, want %v", x, c.want)
				}
			}
		})
	}
	var bad *NonFiniteError
	if _, _, err := NNLS(&Matrix[float64]{1, 1, []float64{math.NaN()}}, []float64{1}, nil); !errors.As(err, &bad) {
		t.Errorf("error %v", err)
	}
}

func BenchmarkNNLS(b *testing.B) {
	const m, n = 200, 2400
	rng := rand.New(rand.NewPCG(1, 1))
	a, y := New[float64](n, m), make([]float64, m)
	for j := range n {
		x := rng.Float64() * 10
		for i := range m {
			a.Set(j, i, math.Log(1+math.Exp(float64(i)/20-x)))
		}
	}
	for i := range y {
		y[i] = math.Sqrt(1 + float64(i))
	}
	for b.Loop() {
		if _, _, err := NNLS(a, y, nil); err != nil {
			b.Fatal(err)
		}
	}
}
