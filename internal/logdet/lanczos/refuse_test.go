package lanczos_test

import (
	"context"
	"errors"
	"math"
	"testing"

	"eimtool/internal/dense"
	"eimtool/internal/logdet/lanczos"
)

func TestNotDefinite(t *testing.T) {
	indefinite := kernelMatrix(40, 0.2, 0.1)
	indefinite.Data[0] -= 1.5
	neumann := dense2D(8) // rows of sum 0: singular
	for i := range neumann.Rows {
		var sum float64
		for _, v := range neumann.Row(i) {
			sum += v
		}
		neumann.Data[i*neumann.Rows+i] -= sum
	}
	for name, m := range map[string]*dense.Matrix[float64]{
		"indefinite": indefinite, "singular": neumann, "zero": dense.New[float64](9, 9), "negative": add(dense.New[float64](30, 30), -1, kernelMatrix(30, 0.2, 0.1)),
	} {
		p := &problem[float64]{n: m.Rows, apply: func(_ context.Context, x, y *dense.Matrix[float64]) error {
			copy(y.Data, dense.Mul(m, x).Data)
			return nil
		}}
		for seed := range uint64(5) {
			_, err := estimate(p, lanczos.Options{Seed: seed})
			var want *lanczos.NotDefiniteError
			if !errors.As(err, &want) {
				t.Errorf("%s, seed %d: %v", name, seed, err)
			} else if want.Ritz > 1e-6 || want.Vector < 1 || want.Step < 1 {
				t.Errorf("%s, seed %d: %+v", name, seed, want)
			}
		}
	}
	p := full(t, kernelMatrix(40, 0.2, 0.1))
	p.pre = preconditioner(cholesky(t, kernelMatrix(40, 0.3, 0.1)))
	p.apply = func(_ context.Context, x, y *dense.Matrix[float64]) error {
		copy(y.Data, dense.Mul(indefinite, x).Data)
		return nil
	}
	var want *lanczos.NotDefiniteError
	if _, err := estimate(p, lanczos.Options{}); !errors.As(err, &want) {
		t.Errorf("indefinite with a preconditioner: %v", err)
	}
}

func TestFailures(t *testing.T) {
	p := full(t, kernelMatrix(40, 0.2, 0.1))
	good := preconditioner(cholesky(t, kernelMatrix(40, 0.3, 0.1)))
	product, broken := p.apply, errors.New("broken")

	negative := *good
	negative.Solve = func(ctx context.Context, b *dense.Matrix[float64]) error {
		dense.Scale(-1, b.Data)
		return good.Solve(ctx, b)
	}
	p.pre = &negative
	var pre *lanczos.PreconditionerError
	if _, err := estimate(p, lanczos.Options{}); !errors.As(err, &pre) {
		t.Errorf("a negative preconditioner: %v", err)
	}
	for _, fail := range []func(pre *lanczos.Preconditioner[float64], f func(context.Context, *dense.Matrix[float64]) error){
		func(pre *lanczos.Preconditioner[float64], f func(context.Context, *dense.Matrix[float64]) error) {
			pre.Solve = f
		},
		func(pre *lanczos.Preconditioner[float64], f func(context.Context, *dense.Matrix[float64]) error) {
			pre.HalfSolve = f
		},
	} {
		bad := *good
		fail(&bad, func(context.Context, *dense.Matrix[float64]) error { return broken })
		p.pre = &bad
		if _, err := estimate(p, lanczos.Options{}); !errors.Is(err, broken) {
			t.Errorf("a solve that fails: %v", err)
		}
		fail(&bad, func(_ context.Context, b *dense.Matrix[float64]) error {
			b.Data[3] = math.NaN()
			return nil
		})
		var number *lanczos.NumberError
		if _, err := estimate(p, lanczos.Options{}); !errors.As(err, &number) || number.Vector != 4 || number.Step != 1 {
			t.Errorf("a solve that gives NaN: %v", err)
		}
	}
	p.pre = nil
	for steps := range 4 { // the product fails after so many
		done := 0
		failing := func(f func(y *dense.Matrix[float64]) error) {
			done = 0
			p.apply = func(ctx context.Context, x, y *dense.Matrix[float64]) error {
				if err := product(ctx, x, y); err != nil || done < steps {
					done++
					return err
				}
				return f(y)
			}
		}
		failing(func(*dense.Matrix[float64]) error { return broken })
		if _, err := estimate(p, lanczos.Options{}); !errors.Is(err, broken) {
			t.Errorf("a product that fails: %v", err)
		}
		failing(func(y *dense.Matrix[float64]) error {
			y.Data[5] = math.Inf(1)
			return nil
		})
		var number *lanczos.NumberError
		if _, err := estimate(p, lanczos.Options{}); !errors.As(err, &number) || number.Step != steps+1 || number.Vector != 6 {
			t.Errorf("a product that gives Inf: %v", err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		failing(func(*dense.Matrix[float64]) error {
			cancel()
			return nil
		})
		if _, err := lanczos.Estimate(ctx, p.n, p.apply, nil, lanczos.Options{}); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
		cancel()
	}
}

func TestOptions(t *testing.T) {
	p := laplacian(10)
	for _, c := range []struct {
		field string
		opt   lanczos.Options
	}{
		{"vectors", lanczos.Options{Vectors: -1}},
		{"vectors", lanczos.Options{Vectors: 3}},
		{"vectors", lanczos.Options{Vectors: 5, Traces: []float64{20, 58}}},
		{"most vectors", lanczos.Options{MaxVectors: 2}},
		{"most vectors", lanczos.Options{MaxVectors: -2}},
		{"steps", lanczos.Options{MaxSteps: 1}},
		{"steps", lanczos.Options{MaxSteps: -1}},
		{"block", lanczos.Options{Block: -1}},
		{"tolerance", lanczos.Options{Tolerance: -1}},
		{"tolerance", lanczos.Options{Tolerance: math.NaN()}},
		{"tolerance", lanczos.Options{Tolerance: math.Inf(1)}},
		{"confidence", lanczos.Options{Confidence: 1}},
		{"confidence", lanczos.Options{Confidence: -0.5}},
		{"confidence", lanczos.Options{Confidence: 1 - 1e-12}},
		{"confidence", lanczos.Options{Confidence: math.NaN()}},
		{"traces", lanczos.Options{Traces: []float64{math.NaN()}}},
		{"traces", lanczos.Options{Traces: make([]float64, 5)}},
		{"traces", lanczos.Options{Traces: []float64{20, 580}}}, // tr A² is 58
		{"traces", lanczos.Options{Traces: []float64{-20}}},
	} {
		var wrong *lanczos.OptionError
		if _, err := estimate(p, c.opt); !errors.As(err, &wrong) || wrong.Field != c.field {
			t.Errorf("%+v: %v, want %q to be refused", c.opt, err, c.field)
		}
	}
	p.n = 0
	var wrong *lanczos.OptionError
	if _, err := estimate(p, lanczos.Options{}); !errors.As(err, &wrong) || wrong.Field != "order" {
		t.Errorf("order 0: %v", err)
	}
}
