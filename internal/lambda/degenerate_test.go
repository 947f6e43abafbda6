package lambda_test

import (
	"context"
	"errors"
	"math"
	"testing"

	"eimtool/internal/dense"
	"eimtool/internal/lambda"
	"eimtool/internal/scalar"
)

// TestDegenerate fits one sample, two, the same one several times, and
// coordinates that are zero: every dictionary that exists reproduces the samples
// it chose, and there is one node for every different sample at most.
func TestDegenerate(t *testing.T) {
	t.Run("real", testDegenerate[float64])
	t.Run("complex", testDegenerate[complex128])
}

func testDegenerate[T scalar.Scalar](t *testing.T) {
	of := scalar.Of[T]
	for _, c := range []struct {
		name      string
		alpha     []T // by rows, two coordinates
		different int
	}{
		{"one", []T{of(1, 0.3), of(2, -0.1)}, 1},
		{"two", []T{of(1, 0.3), of(2, -0.1), of(1, 0.2), of(5, 1)}, 2},
		{"constant", []T{of(3, 0), of(2, 1), of(3, 0), of(2, 1), of(3, 0), of(2, 1), of(3, 0), of(2, 1)}, 1},
		{"absent part", []T{of(3, 0), 0, of(3, 0), 0, of(4, 0), 0}, 2},
		{"zero sample", []T{0, 0, of(3, 0), of(1, 0)}, 2},
	} {
		alpha := &dense.Matrix[T]{Rows: len(c.alpha) / 2, Cols: 2, Data: c.alpha}
		target := dense.New[T](alpha.Rows, 3)
		for i := range alpha.Rows {
			for j := range 3 {
				target.Set(i, j, alpha.At(i, 0)+of(float64(j), 0)*alpha.At(i, 1))
			}
		}
		for _, in := range []*lambda.Input[T]{
			{Alpha: alpha},
			{Alpha: alpha, Target: target},
			{Alpha: alpha, Target: target, Quantity: lambda.Joint, Cloud: &dense.Matrix[T]{Rows: 1, Cols: 2, Data: []T{1, of(0.5, 0)}}},
		} {
			m, err := lambda.Fit(context.Background(), in)
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
				continue
			}
			checkNodes(t, c.name+", chosen", m, alpha, c.different)
			for _, kind := range []string{lambda.Powers, lambda.Graded, lambda.SymbolData, lambda.SymbolDataFit} {
				m, err := lambda.FitKind(context.Background(), in, kind, 10)
				var none *lambda.UnavailableError
				if errors.As(err, &none) {
					continue
				}
				if err != nil {
					t.Errorf("%s, %s: %v", c.name, kind, err)
					continue
				}
				checkNodes(t, c.name+", "+kind, m, alpha, c.different)
			}
		}
	}
}

// checkNodes holds the weights at the nodes against unit vectors.
func checkNodes[T scalar.Scalar](t *testing.T, name string, m *lambda.Model[T], alpha *dense.Matrix[T], different int) {
	t.Helper()
	if len(m.Nodes) < 1 || len(m.Nodes) > different {
		t.Errorf("%s: nodes %v of %d different samples", name, m.Nodes, different)
	}
	for k, p := range m.Nodes {
		w, err := m.At(alpha.Row(p))
		if err != nil {
			t.Errorf("%s: at node %d: %v", name, k, err)
			continue
		}
		for j, s := range w.Solution {
			want := 0.0
			if j == k {
				want = 1
			}
			// Functions of two samples that are far apart: a few roundings.
			if d := scalar.Abs(s - scalar.Of[T](want, 0)); !(d < 1e-13) {
				t.Errorf("%s: weight %d at node %d is %v", name, j, k, s)
			}
		}
		if math.IsNaN(w.Eta) || math.IsNaN(w.EtaLog) || math.IsNaN(w.Outside) || w.Outside != 0 {
			t.Errorf("%s: %+v", name, w)
		}
	}
}
