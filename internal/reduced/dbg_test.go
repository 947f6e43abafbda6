package reduced_test

import (
	"context"
	"math/rand/v2"
	"testing"

	"eimtool/internal/dense"
	"eimtool/internal/matrix"
	"eimtool/internal/reduced"
	"eimtool/internal/scalar"
)

func TestDbgOut(t *testing.T) {
	for _, n := range []string{"helmholtz2d", "bem-sphere"} {
		dbgOut[complex128](t, n)
	}
	for _, n := range []string{"convdiff", "known-function", "elasticity-geo", "gp-kernel", "thermal-block"} {
		dbgOut[float64](t, n)
	}
}

func dbgOut[T scalar.Scalar](t *testing.T, name string) {
	in := load[T](t, name)
	n := in.Pattern.Rows
	q := dense.New[T](n, 3)
	rng := rand.New(rand.NewPCG(5, 6))
	for i := range n {
		q.Set(i, 0, 1)
		q.Set(i, 1, scalar.Of[T](rng.NormFloat64(), 0))
	}
	q.Set(n/2, 2, 1)
	in.Quantity = q
	for _, r := range []int{20} {
		b, err := reduced.Build(context.Background(), &in.Problem, reduced.Options{MaxBasis: r, Tolerance: 1e-14})
		if err != nil {
			t.Fatal(err)
		}
		var worst, plain, size [3]float64
		cov, tot := 0, 0
		var ratios []float64
		for _, pt := range in.tests {
			vals := make([]T, in.Pattern.NNZ())
			w := dense.VecMul(pt.Theta, in.Combine)
			for k, c := range w {
				dense.Axpy(c, in.Rows[k], vals)
			}
			f, _ := in.Factorise(context.Background(), vals)
			xd := in.b.Clone()
			f.Solve(context.Background(), xd, matrix.NoTranspose)
			a, _ := b.Solve(pt, reduced.SolveOptions{})
			outs, err := b.Outputs(pt, a)
			if err != nil {
				t.Fatal(err)
			}
			for j := range 3 {
				var want T
				for i := range n {
					want += q.At(i, j) * xd.Data[i]
				}
				e := scalar.Abs(outs[j].Value - want)
				worst[j] = max(worst[j], e)
				plain[j] = max(plain[j], scalar.Abs(outs[j].Plain-want))
				size[j] = max(size[j], scalar.Abs(want))
				if e > 1e-12*scalar.Abs(want) {
					tot++
					if outs[j].Estimate >= e {
						cov++
					}
					ratios = append(ratios, outs[j].Estimate/e)
				}
			}
		}
		for j := range 3 {
			worst[j] /= size[j]
			plain[j] /= size[j]
		}
		t.Logf("%s r=%d plain %.1e corrected %.1e covered %d/%d med %.3g", name, r, plain, worst, cov, tot, median(ratios))
	}
}
func median(x []float64) float64 {
	if len(x) == 0 {
		return 0
	}
	y := append([]float64(nil), x...)
	for i := range y {
		for j := i; j > 0 && y[j] < y[j-1]; j-- {
			y[j], y[j-1] = y[j-1], y[j]
		}
	}
	return y[len(y)/2]
}
