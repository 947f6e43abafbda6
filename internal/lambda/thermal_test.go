package lambda_test

import (
	"context"
	"math"
	"testing"

	"eimtool/internal/lambda"
)

// yardstick holds what a plain script reaches on a family with M nodes: errors
// of log det and x with one dictionary for both, and with one for each.
type yardstick struct {
	nodes                      int
	jointLog, jointX, log, sol float64
}

// TestThermal compares what Fit chooses with the yardsticks of the shipped
// affine families. Single entries depend on the random directions by factors
// of two or three; their geometric mean over the numbers of nodes does not.
func TestThermal(t *testing.T) {
	block := thermal(t, "thermal-block", 4, func(mu []float64) []float64 { return []float64{1, mu[0], mu[1], mu[2]} })
	compareWith(t, "thermal-block", block, []yardstick{
		{4, 38, 0.30, 35, 0.30},
		{6, 47, 0.37, 4.8, 0.38},
		{8, 37, 0.37, 1.2, 0.25},
		{10, 17, 0.23, 0.38, 0.078},
		{12, 12, 0.086, 0.15, 0.070},
		{16, 9.3, 0.089, 0.14, 0.089},
		{20, 6.1, 0.081, 0.15, 0.11},
		{24, 2.3, 0.078, 0.12, 0.077},
		{30, 7.8, 0.048, 0.080, 0.015},
	})
	model := thermal(t, "thermal-model", 2, func(mu []float64) []float64 {
		return []float64{1, math.Exp(1.5*math.Sin(25*mu[0]) + 0.4*math.Sin(111*mu[0]))}
	})
	compareWith(t, "thermal-model", model, []yardstick{
		{4, 10, 2.9e-2, 5.9e-2, 2.2e-2},
		{6, 5.1e-3, 7.3e-4, 1.5e-3, 3.2e-4},
		{8, 3.7e-4, 4.3e-5, 3.9e-5, 4.6e-5},
		{10, 1.7e-5, 9.6e-7, 2.5e-6, 1.9e-6},
		{12, 6.7e-7, 3.0e-7, 4.2e-8, 1.5e-7},
		{16, 3.3e-10, 3.1e-11, 3.1e-11, 4.5e-10},
	})
}

func compareWith(t *testing.T, name string, f *affine, want []yardstick) {
	t.Helper()
	var mean [4]float64
	for _, y := range want {
		var got [4]float64
		var kinds [3]string
		var abs float64
		for k, q := range []string{lambda.Joint, lambda.LogDet, lambda.Inverse} {
			in := f.input(q)
			in.MaxNodes = y.nodes
			m, err := lambda.Fit(context.Background(), in)
			if err != nil {
				t.Fatal(err)
			}
			kinds[k] = m.Kind
			x, ld, a := f.errors(t, m)
			switch q {
			case lambda.Joint:
				got[0], got[1], abs = ld, x, a
			case lambda.LogDet:
				got[2] = ld
			default:
				got[3] = x
			}
		}
		t.Logf("%s, M = %2d: joint %.1e / %.1e, own %.1e / %.1e, sum |lambda| %.1f, %v", name, y.nodes, got[0], got[1], got[2], got[3], abs, kinds)
		for k, ref := range []float64{y.jointLog, y.jointX, y.log, y.sol} {
			mean[k] += math.Log(got[k]/ref) / float64(len(want))
		}
	}
	for k, column := range []string{"log det, joint", "x, joint", "log det", "x"} {
		t.Logf("%s, %s: %.2f of the yardstick", name, column, math.Exp(mean[k]))
		if math.Exp(mean[k]) > 1.5 {
			t.Errorf("%s, %s: %.2f times the yardstick", name, column, math.Exp(mean[k]))
		}
	}
}
