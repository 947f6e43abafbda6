package lambda_test

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"eimtool/internal/dense"
	"eimtool/internal/lambda"
)

// TestFit: the choice is the same every time, lists every dictionary, and its
// error is of the size of that at parameters nobody has seen.
func TestFit(t *testing.T) {
	parts := blocks(2, 5)
	rng := rand.New(rand.NewPCG(2, 9))
	draw := func(n int) *dense.Matrix[float64] {
		m := dense.New[float64](n, 2)
		for i := range n {
			m.Set(i, 0, 1)
			m.Set(i, 1, math.Exp(3*rng.Float64()))
		}
		return m
	}
	b := make([]float64, parts[0].Rows)
	for i := range b {
		b[i] = 1 + float64(i%4)
	}
	f := newAffine(t, parts, b, draw(40), draw(200))
	in := f.input(lambda.Inverse)
	in.MaxNodes = 8
	m, err := lambda.Fit(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	again, err := lambda.Fit(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(m, again); d != "" {
		t.Errorf("two runs differ: %s", d)
	}
	if len(m.Scores) != 7 || m.Scores[0].Kind != m.Kind || m.Scores[0].Nodes != len(m.Nodes) {
		t.Fatalf("%+v", m.Scores)
	}
	for i, s := range m.Scores {
		if i > 0 && s.Error < m.Scores[i-1].Error || (s.Refusal == "") != (len(s.Curve) > 0) {
			t.Errorf("score %d: %+v after %+v", i, s, m.Scores[i-1])
		}
	}
	x, _, _ := f.errors(t, m)
	if best := m.Scores[0].Error; x > 5*best || x < best/50 {
		t.Errorf("error %.1e, held out %.1e", x, best)
	}
}

// TestFewSamples: one or two samples leave nothing or little to hold out.
func TestFewSamples(t *testing.T) {
	for n := 1; n <= 4; n++ {
		alpha, target := dense.New[float64](n, 2), dense.New[float64](n, 1)
		for i := range n {
			alpha.Set(i, 0, 1)
			alpha.Set(i, 1, float64(i+1))
			target.Set(i, 0, 1/float64(i+2))
		}
		m, err := lambda.Fit(context.Background(), &lambda.Input[float64]{Alpha: alpha, Positive: true, Target: target})
		if err != nil {
			t.Fatalf("%d samples: %v", n, err)
		}
		w, err := m.At([]float64{1, 1})
		if err != nil || len(w.Lambda) != len(m.Nodes) || len(m.Nodes) > n {
			t.Errorf("%d samples: %+v, %v", n, w, err)
		}
	}
	same := &dense.Matrix[float64]{Rows: 3, Cols: 1, Data: []float64{1, 2, 4}} // one part: everything is a scale
	m, err := lambda.Fit(context.Background(), &lambda.Input[float64]{Alpha: same, Positive: true, Quantity: lambda.LogDet, Target: &dense.Matrix[float64]{
		Rows: 3, Cols: 1, Data: []float64{0, 3 * math.Ln2, 6 * math.Ln2},
	}, Size: 3})
	if err != nil {
		t.Fatal(err)
	}
	w, err := m.At([]float64{8})
	if err != nil {
		t.Fatal(err)
	}
	nodes := make([]float64, len(m.Nodes))
	for k, p := range m.Nodes {
		nodes[k] = 3 * math.Log(same.At(p, 0))
	}
	if got := m.LogDet(w, 3, nodes); math.Abs(got-9*math.Ln2) > 1e-12 {
		t.Errorf("log det %g, want %g", got, 9*math.Ln2)
	}
}
