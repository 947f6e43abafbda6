package lanczos_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"eimtool/internal/dense"
	"eimtool/internal/gallery"
	"eimtool/internal/logdet/lanczos"
	"eimtool/internal/scalar"
)

// spectrum is a named list of eigenvalues.
type spectrum struct {
	name   string
	values []float64
}

// spectra returns eigenvalues of grids, spread evenly in their logarithms,
// with one outlier below or above, and those of smooth kernels.
func spectra() []spectrum {
	rng := rand.New(rand.NewPCG(1, 1))
	out := []spectrum{
		{"1-D", gallery.LaplacianEigenvalues(300)},
		{"2-D", gallery.LaplacianEigenvalues(20, 20)},
		{"3-D", gallery.LaplacianEigenvalues(7, 7, 7)},
	}
	make300 := func(f func(i int) float64) []float64 {
		d := make([]float64, 300)
		for i := range d {
			d[i] = f(i)
		}
		return d
	}
	for _, decades := range []float64{2, 4, 8, 12} {
		low, high := math.Pow(10, -decades), math.Pow(10, decades)
		bulk := make300(func(int) float64 { return 1 + rng.Float64() })
		under, over := append([]float64(nil), bulk...), append([]float64(nil), bulk...)
		under[7], over[7] = low, high
		out = append(
			out,
			spectrum{fmt.Sprintf("even, %g decades", decades), make300(func(int) float64 { return math.Pow(10, decades*rng.Float64()) })},
			spectrum{fmt.Sprintf("one of 1e-%g", decades), under},
			spectrum{fmt.Sprintf("one of 1e%g", decades), over},
			spectrum{fmt.Sprintf("kernel, nugget 1e-%g", decades), make300(func(i int) float64 { return math.Exp(-float64(i)/15) + low })},
		)
	}
	return out
}

// TestTruncationIsBounded: with a diagonal matrix every vector gives the log
// determinant but for the error of the quadrature.
func TestTruncationIsBounded(t *testing.T) {
	for _, s := range spectra() {
		p := diagonal[float64](s.values)
		for steps := 2; steps <= 300; steps += 1 + steps/3 {
			r := p.estimate(t, lanczos.Options{MaxSteps: steps, Vectors: 4})
			far := math.Abs(r.LogDet - p.logDet)
			if far > r.HalfWidth {
				t.Errorf("%s, %d steps: off by %.2e, half width %.2e (truncation %.2e)", s.name, r.Steps, far, r.HalfWidth, r.Truncation)
			}
			if r.Steps < steps && !r.Converged {
				t.Errorf("%s: ended after %d of %d steps without convergence", s.name, r.Steps, steps)
			}
		}
	}
}

// TestTruncationOfVectors: with random vectors the quadrature is stopped far
// below the statistical error.
func TestTruncationOfVectors(t *testing.T) {
	r := laplacian(24, 24).estimate(t, lanczos.Options{})
	if !r.Converged || r.Truncation > 0.05*r.HalfWidth || r.Vectors != 32 {
		t.Errorf("%+v", r)
	}
}

// TestFewEigenvalues: the recurrences end by themselves after as many steps as
// there are different eigenvalues.
func TestFewEigenvalues(t *testing.T) {
	t.Run("real", testFewEigenvalues[float64])
	t.Run("complex", testFewEigenvalues[complex128])
}

func testFewEigenvalues[T scalar.Scalar](t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		different := rapid.IntRange(1, 4).Draw(t, "eigenvalues")
		d := make([]float64, rapid.IntRange(different, 40).Draw(t, "order"))
		for i := range d {
			d[i] = math.Ldexp(float64(1+i%different), rapid.SampledFrom([]int{-900, 0, 3, 900}).Draw(t, "scale"))
			if i > 0 {
				d[i] = d[0] * float64(1+i%different)
			}
		}
		p := diagonal[T](d)
		r, err := estimate(p, lanczos.Options{Vectors: 5, Block: 3})
		if err != nil {
			t.Fatal(err)
		}
		if far := math.Abs(r.LogDet - p.logDet); r.Steps > different+1 || far > r.HalfWidth || far > 1e-11*(1+math.Abs(p.logDet)) || !r.Converged {
			t.Fatalf("%+v for %d eigenvalues, log det %g", r, different, p.logDet)
		}
	})
}

// hermitian returns a random Hermitian positive definite matrix of condition
// number about 100.
func hermitian[T scalar.Scalar](n int, seed uint64) *dense.Matrix[T] {
	rng := rand.New(rand.NewPCG(seed, 2))
	b := dense.New[T](n, n)
	for i := range b.Data {
		b.Data[i] = scalar.Of[T](rng.NormFloat64(), rng.NormFloat64())
	}
	a := dense.Mul(b, dense.ConjTranspose(b))
	for i := range n {
		a.Data[i*n+i] = scalar.Of[T](scalar.Real(a.At(i, i))+0.05*float64(n), 0)
	}
	return a
}

// TestPreconditionerOfTheMatrix: with M = A, or a multiple, there is nothing to
// estimate.
func TestPreconditionerOfTheMatrix(t *testing.T) {
	t.Run("real", testPreconditionerOfTheMatrix[float64])
	t.Run("complex", testPreconditionerOfTheMatrix[complex128])
}

func testPreconditionerOfTheMatrix[T scalar.Scalar](t *testing.T) {
	a := hermitian[T](50, 1)
	p := full(t, a)
	for _, factor := range []float64{1, 0.3, 1e-200, 1e200} {
		g := cholesky(t, a)
		dense.Scale(scalar.Of[T](math.Sqrt(factor), 0), g.Data)
		p.pre = preconditioner(g)
		r := p.estimate(t, lanczos.Options{Vectors: 8})
		if far := math.Abs(r.LogDet - p.logDet); far > 1e-10 || r.HalfWidth > 1e-9 || far > r.HalfWidth || r.Steps > 6 || !r.Converged {
			t.Errorf("M = %g·A: %+v, want %g", factor, r, p.logDet)
		}
	}
}

// TestRoundingOfSolves: what the solves with an ill-conditioned preconditioner
// lose is part of the interval, and no steps are spent on it.
func TestRoundingOfSolves(t *testing.T) {
	for _, nugget := range []float64{1e-3, 1e-6, 1e-9, 1e-12} {
		a := kernelMatrix(100, 0.2, nugget)
		same, near := nearby(t, "", a, a), nearby(t, "", a, kernelMatrix(100, 0.2, 1.1*nugget))
		for _, s := range []study{same, near} {
			for _, traces := range [][]float64{nil, s.traces} {
				r := s.p.estimate(t, lanczos.Options{Traces: traces})
				if math.Abs(r.LogDet-s.p.logDet) > r.HalfWidth || r.HalfWidth > 1 || r.Steps > 8 || !r.Converged {
					t.Errorf("nugget %g: off by %.2e, %+v", nugget, r.LogDet-s.p.logDet, r)
				}
			}
		}
	}
}

// TestPreconditioned: the same interval as for G⁻¹·A·G⁻ᴴ formed explicitly,
// which has the same recurrence up to rounding.
func TestPreconditioned(t *testing.T) {
	t.Run("real", testPreconditioned[float64])
	t.Run("complex", testPreconditioned[complex128])
}

func testPreconditioned[T scalar.Scalar](t *testing.T) {
	const n = 60
	a, m := hermitian[T](n, 1), hermitian[T](n, 2)
	for _, share := range []float64{1, 1e-2, 1e-4} { // M = A + share·(another)
		near := a.Clone()
		dense.Axpy(scalar.Of[T](share, 0), m.Data, near.Data)
		g := cholesky(t, near)
		p := full(t, a)
		p.pre = preconditioner(g)
		half := solveLower(g, a)                      // G⁻¹·A
		c := solveLower(g, dense.ConjTranspose(half)) // G⁻¹·A·G⁻ᴴ
		explicit := full(t, c)
		opt := lanczos.Options{Vectors: 8, Seed: 3}
		got, want := p.estimate(t, opt), explicit.estimate(t, opt)
		want.LogDet += logDet(g)
		if math.Abs(got.LogDet-want.LogDet) > 1e-9+got.Truncation+want.Truncation || math.Abs(got.HalfWidth-want.HalfWidth) > 1e-9+0.01*want.HalfWidth {
			t.Errorf("share %g: %+v, explicitly %+v", share, got, want)
		}
		if math.Abs(got.LogDet-p.logDet) > got.HalfWidth {
			t.Errorf("share %g: %g ± %g, want %g", share, got.LogDet, got.HalfWidth, p.logDet)
		}
	}
}

// solveLower returns G⁻¹·b.
func solveLower[T scalar.Scalar](g, b *dense.Matrix[T]) *dense.Matrix[T] {
	x := b.Clone()
	for i := range g.Rows {
		for j := range i {
			dense.Axpy(-g.At(i, j), x.Row(j), x.Row(i))
		}
		dense.Scale(1/g.At(i, i), x.Row(i))
	}
	return x
}

// TestScale: a power of two times A shifts the result and changes no bit else.
func TestScale(t *testing.T) {
	base := kernelMatrix(60, 0.2, 0.01)
	want := full(t, base).estimate(t, lanczos.Options{})
	for _, e := range []int{-900, -3, 5, 900} {
		m := base.Clone()
		dense.Scale(math.Ldexp(1, e), m.Data)
		got := full(t, m).estimate(t, lanczos.Options{})
		shift := float64(m.Rows*e) * math.Ln2
		if got.StandardError < want.StandardError*(1-1e-9) || got.StandardError > want.StandardError*(1+1e-9) || math.Abs(got.LogDet-shift-want.LogDet) > 1e-12*math.Abs(shift) || got.Steps != want.Steps {
			t.Errorf("times 2^%d: %+v, unscaled %+v", e, got, want)
		}
	}
}
