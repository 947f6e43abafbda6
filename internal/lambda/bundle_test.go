package lambda_test

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"eimtool/internal/bundle"
	"eimtool/internal/lambda"
	"eimtool/internal/scalar"
)

// TestBundle: a model that was written and read gives the same bits.
func TestBundle(t *testing.T) {
	testBundle[float64](t, lambda.Symbol, lambda.SymbolFit, lambda.SymbolData, lambda.Graded, lambda.Balanced, lambda.Powers)
	testBundle[complex128](t, lambda.SymbolData, lambda.SymbolDataFit, lambda.Graded, lambda.Powers)
}

func testBundle[T scalar.Scalar](t *testing.T, kinds ...string) {
	t.Helper()
	rng := rand.New(rand.NewPCG(31, 1))
	in := &lambda.Input[T]{
		Alpha: random[T](rng, 20, 3, 1, 2), Cloud: random[T](rng, 30, 3, 0, 1), Positive: !scalar.IsComplex[T](),
	}
	for _, kind := range kinds {
		m := fitKind(t, in, kind, 6)
		var file bytes.Buffer
		if _, err := bundle.Write(&file, bundle.Meta{}, m, bundle.WriteOptions{}); err != nil {
			t.Fatal(err)
		}
		r, err := bundle.NewReader(bytes.NewReader(file.Bytes()), int64(file.Len()))
		if err != nil {
			t.Fatal(err)
		}
		var read lambda.Model[T]
		if err := r.Decode(&read); err != nil {
			t.Fatal(err)
		}
		a := random[T](rng, 1, 3, 1, 2).Row(0)
		want, err := m.At(a)
		if err != nil {
			t.Fatal(err)
		}
		got, err := read.At(a)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", kind, d)
		}
	}
}
