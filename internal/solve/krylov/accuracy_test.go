package krylov_test

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"eimtool/internal/dense"
	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
	"eimtool/internal/solve/krylov"
)

// TestResidual compares residuals that cancel with exact arithmetic, for all
// storages.
func TestResidual(t *testing.T) {
	for _, sym := range []matrix.Symmetry{matrix.General, matrix.Symmetric, matrix.SkewSymmetric, matrix.Hermitian} {
		rng := rand.New(rand.NewPCG(3, uint64(sym)))
		n := 9
		p := &matrix.Pattern{Rows: n, Cols: n, Dense: true, Symmetry: sym}
		v := make([]complex128, p.NNZ())
		p.Each(func(k, i, j int) {
			v[k] = complex(rng.NormFloat64(), rng.NormFloat64())
			if i == j && sym == matrix.Hermitian {
				v[k] = complex(real(v[k]), 0)
			}
		})
		s, err := krylov.FromMatrix(p, v, 1)
		if err != nil {
			t.Fatal(err)
		}
		x, b, r := dense.New[complex128](n, 1), dense.New[complex128](n, 1), dense.New[complex128](n, 1)
		for i := range x.Data {
			x.Data[i] = complex(rng.NormFloat64(), rng.NormFloat64())
		}
		if err := s.Apply(ctx, x, b); err != nil {
			t.Fatal(err)
		}
		if err := s.Residual(ctx, b, x, r); err != nil {
			t.Fatal(err)
		}
		a := full(p, v)
		for i := range n {
			re, im := exactResidual(b.Data[i], a.Row(i), x.Data)
			if math.Abs(real(r.Data[i])-re) > 1e-15*math.Abs(re)+1e-30 || math.Abs(imag(r.Data[i])-im) > 1e-15*math.Abs(im)+1e-30 {
				t.Errorf("%v, row %d: %v, want %g + %gi", sym, i, r.Data[i], re, im)
			}
		}
	}
}

func exactResidual(b complex128, a, x []complex128) (re, im float64) {
	f := func(v float64) *big.Float { return new(big.Float).SetPrec(400).SetFloat64(v) }
	sr, si := f(real(b)), f(imag(b))
	take := func(s *big.Float, p, q float64) { s.Sub(s, new(big.Float).SetPrec(400).Mul(f(p), f(q))) }
	for j, v := range a {
		take(sr, real(v), real(x[j]))
		take(sr, -imag(v), imag(x[j]))
		take(si, real(v), imag(x[j]))
		take(si, imag(v), real(x[j]))
	}
	re, _ = sr.Float64()
	im, _ = si.Float64()
	return re, im
}

// TestAgainstLU compares all methods with a direct solution, for real and
// complex matrices of the kinds they are for.
func TestAgainstLU(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		againstLU[float64](t)
		againstLU[complex128](t)
	})
}

func againstLU[T scalar.Scalar](t *rapid.T) {
	rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 5))
	n := rapid.IntRange(1, 25).Draw(t, "n")
	kind := rapid.SampledFrom([]krylov.Kind{krylov.General, krylov.Hermitian, krylov.Symmetric}).Draw(t, "kind")
	number := func() T { return scalar.Of[T](rng.NormFloat64(), rng.NormFloat64()) }
	a := dense.New[T](n, n)
	for i := range n {
		for j := range i {
			v := number()
			a.Set(i, j, v)
			switch kind {
			case krylov.Hermitian:
				v = scalar.Conj(v)
			case krylov.General:
				v = number()
			}
			a.Set(j, i, v)
		}
		a.Set(i, i, scalar.Of[T](float64(3*n), 0))
	}
	near := a.Clone() // of the same kind as a
	for i := range n {
		near.Data[i*n+i] *= scalar.Of[T](1+0.1*rng.Float64(), 0)
	}
	lu, err := dense.LU(near)
	if err != nil {
		t.Fatal(err)
	}
	exact, err := dense.LU(a)
	if err != nil {
		t.Fatal(err)
	}
	s := &krylov.System[T]{N: n, Apply: operator(a), Kind: kind, Definite: kind == krylov.Hermitian}
	want := krylov.GMRES
	switch {
	case kind == krylov.Hermitian:
		want = krylov.CG
	case kind == krylov.Symmetric && scalar.IsComplex[T]():
		want = krylov.COCG
	}
	if rapid.Bool().Draw(t, "preconditioned") {
		s.Preconditioner = factor[T]{lu}
	}
	b, x := dense.New[T](n, 2), dense.New[T](n, 2)
	for i := range b.Data {
		b.Data[i] = number()
	}
	opt := krylov.Options{Tolerance: 1e-12, Restart: rapid.IntRange(3, 30).Draw(t, "restart"), Flexible: rapid.Bool().Draw(t, "flexible")}
	rep, err := krylov.Solve(ctx, s, b, x, opt)
	if err != nil {
		t.Fatal(err)
	}
	for j, r := range rep {
		if !r.Converged || r.Method != want || r.Residual > opt.Tolerance || r.Backward > r.Residual {
			t.Fatalf("%+v, want %s", r, want)
		}
		bj, xj := make([]T, n), make([]T, n)
		for i := range n {
			bj[i], xj[i] = b.At(i, j), x.At(i, j)
		}
		if e := relative(xj, exact.Solve(bj)); e > 1e-10 {
			t.Fatalf("error %g, %+v", e, r)
		}
	}
}
