package reduced_test

import (
	"context"
	"math"
	"path/filepath"
	"testing"

	"eimtool/internal/dense"
	"eimtool/internal/matrix"
	"eimtool/internal/reduced"
)

// loadParts makes a problem of the parts of a family, with coefficients in closed form.
func loadParts(t testing.TB, name string, lo, hi []float64, theta func(mu []float64) []float64) *instance[float64] {
	t.Helper()
	f := open(t, filepath.Join(families, name, "parts", "A{part}.mtx"))
	in := &instance[float64]{name: name}
	in.Pattern, in.Rows, in.Parts = f.Pattern, f.Real, true
	in.At = func(mu []float64) (*reduced.Point[float64], error) {
		return &reduced.Point[float64]{Theta: theta(mu)}, nil
	}
	in.b = &dense.Matrix[float64]{Rows: f.Pattern.Rows, Cols: 1, Data: vector[float64](t, filepath.Join(families, name, "rhs.mtx"))}
	in.RHS = []*dense.Matrix[float64]{in.b}
	in.Factorise = factoriser[float64](t, f.Pattern)
	in.Dim = len(lo)
	in.FromUnit = func(u []float64) []float64 {
		mu := make([]float64, len(u))
		for j, v := range u {
			mu[j] = lo[j] * math.Pow(hi[j]/lo[j], v)
		}
		return mu
	}
	in.readTests(t)
	return in
}

func thermalBlock(t testing.TB) *instance[float64] {
	return loadParts(t, "thermal-block", []float64{0.2, 0.2, 0.2}, []float64{5, 5, 5}, func(mu []float64) []float64 {
		return append([]float64{1}, mu...)
	})
}

func thermalModel(t testing.TB) *instance[float64] {
	return loadParts(t, "thermal-model", []float64{0.0125}, []float64{0.9875}, func(mu []float64) []float64 {
		return []float64{1, math.Exp(1.5*math.Sin(25*mu[0]) + 0.4*math.Sin(111*mu[0]))}
	})
}

// Affine parts leave no error but rounding; the solutions of the test data
// come from other software.
func TestParts(t *testing.T) {
	for _, in := range []*instance[float64]{thermalBlock(t), thermalModel(t)} {
		b, err := reduced.Build(context.Background(), &in.Problem, reduced.Options{Points: 300})
		if err != nil {
			t.Fatal(err)
		}
		if m := measure(t, in, b, 0); m.worst > 1e-8 || m.reported > 1e-8 || m.covered < len(m.ratios) {
			t.Errorf("%s: error %g, estimate %g, %d of %d covered", in.name, m.worst, m.reported, m.covered, len(m.ratios))
		}
		if !b.Positive || len(b.References) > 0 {
			t.Errorf("%s is positive definite: Galerkin alone is enough", in.name)
		}
		if b.Calibration.Events != 0 || b.Calibration.Factor != 2.5 || len(b.Warnings) != 1 {
			t.Errorf("%s: %+v, %v", in.name, b.Calibration, b.Warnings)
		}
	}
}

// The energy bound is never below the error in the norm it bounds, measured by
// direct solutions, and not far above it where θ is near the reference.
func TestEnergyBound(t *testing.T) {
	in := thermalBlock(t)
	for _, size := range []int{5, 10, 20} {
		b, err := reduced.Build(context.Background(), &in.Problem, reduced.Options{MaxBasis: size, Points: 200})
		if err != nil {
			t.Fatal(err)
		}
		ref := make([]float64, in.Pattern.NNZ())
		for l, v := range b.Energy.Theta {
			dense.Axpy(v, in.Rows[l], ref)
		}
		norm := func(x []float64) float64 {
			y := make([]float64, len(x))
			matrix.MulVec(in.Pattern, ref, x, y)
			return math.Sqrt(dense.Dotc(x, y))
		}
		for i, pt := range in.tests {
			a, err := b.Solve(pt, reduced.SolveOptions{})
			if err != nil {
				t.Fatal(err)
			}
			x := expanded(b, a.C)
			e := append([]float64(nil), in.exact[i]...)
			dense.Axpy(-1, x.Data, e)
			truth := norm(e) / norm(x.Data)
			// α compares all of the parts with the worst of them: at most the
			// spread of θ over the reference is lost.
			spread := 0.0
			alpha := math.Inf(1)
			for l, v := range pt.Theta {
				q := v / b.Energy.Theta[l]
				spread, alpha = max(spread, q), min(alpha, q)
			}
			if a.EnergyBound < truth || a.EnergyBound > 1.01*truth*spread/alpha {
				t.Errorf("r=%d, %v: bound %g, error %g, spread %g", size, in.mu[i], a.EnergyBound, truth, spread/alpha)
			}
		}
	}
}

// There is no bound where a coefficient is negative or nobody vouches for the parts.
func TestEnergyBoundDoesNotApply(t *testing.T) {
	in := thermalBlock(t)
	negative := &reduced.Point[float64]{Theta: []float64{1, -0.1, 1, 1}}
	for _, parts := range []bool{true, false} {
		in.Parts = parts
		b, err := reduced.Build(context.Background(), &in.Problem, reduced.Options{MaxBasis: 5, Points: 200})
		if err != nil {
			t.Fatal(err)
		}
		if a, err := b.Solve(negative, reduced.SolveOptions{}); err != nil || !math.IsNaN(a.EnergyBound) {
			t.Errorf("parts %v: %+v, %v", parts, a, err)
		}
	}
}
