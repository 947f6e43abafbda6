package reduced_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"eimtool/internal/reduced"
	"eimtool/internal/scalar"
)

func TestFamilies(t *testing.T) {
	for _, name := range []string{"helmholtz2d", "bem-sphere"} {
		t.Run(name, func(t *testing.T) { testFamily[complex128](t, name) })
	}
	for _, name := range []string{"elasticity-geo", "convdiff", "known-function", "thermal-block", "gp-kernel", "singular-near", "thermal-model"} {
		t.Run(name, func(t *testing.T) { testFamily[float64](t, name) })
	}
}

func testFamily[T scalar.Scalar](t *testing.T, name string) {
	start := time.Now()
	in := load[T](t, name)
	t.Logf("load %v  q=%d", time.Since(start), in.Terms())
	for _, r := range []int{10, 20, 40, 60} {
		start = time.Now()
		b, err := reduced.Build(context.Background(), &in.Problem, reduced.Options{MaxBasis: r, Tolerance: 1e-14})
		if err != nil {
			t.Fatal(err)
		}
		d := time.Since(start)
		m := measure(t, in, b, 0)
		slices.Sort(m.ratios)
		var med, least float64
		if len(m.ratios) > 0 {
			med = m.ratios[len(m.ratios)/2]
			least = m.ratios[0]
		}
		t.Logf("r=%d(%d) d=%d nodes=%d err %.2g best %.2g covered %d/%d med %.2g min %.2g est %.2g pls %d m=%.2g amp=%.2g pos=%v  %v", r, b.Size(), b.ZQ.Cols, b.Nodes.Rows, m.worst, m.best, m.covered, len(m.ratios), med, least, m.reported, m.least, b.Calibration.Ratio, b.Calibration.Amplification, b.Positive, d)
	}
}
