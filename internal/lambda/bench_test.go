package lambda_test

import (
	"context"
	"math/rand/v2"
	"testing"

	"eimtool/internal/lambda"
)

func BenchmarkAt(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	in := &lambda.Input[float64]{Alpha: random[float64](rng, 300, 4, 0.2, 5), Positive: true, Quantity: lambda.Joint}
	for _, kind := range []string{lambda.Symbol, lambda.SymbolFit, lambda.Graded} {
		m, err := lambda.FitKind(context.Background(), in, kind, 30)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(kind, func(b *testing.B) {
			a := random[float64](rng, 1, 4, 0.2, 5).Row(0)
			for b.Loop() {
				if _, err := m.At(a); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkFit(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	in := &lambda.Input[float64]{
		Alpha: random[float64](rng, 300, 4, 0.2, 5), Positive: true, Target: random[float64](rng, 300, 60, 0, 1),
	}
	for b.Loop() {
		if _, err := lambda.Fit(context.Background(), in); err != nil {
			b.Fatal(err)
		}
	}
}
