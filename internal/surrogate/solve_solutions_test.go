package surrogate_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"eimtool/internal/dense"
	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
	"eimtool/internal/surrogate"
)

// solvedForm is a 2×2 block system with a solution in closed form:
// [p q; q p] x = (1, 2) gives x = (p − 2q, 2p − q)/(p² − q²), followed by
// decoupled unknowns x_i = i/(2 + μ).
func solvedForm(n int) (closedForm, *surrogate.RHS, func(mu float64) []complex128) {
	pq := func(mu float64) (p, q complex128) {
		return complex(3+math.Cos(mu), 0), complex(math.Exp(-mu), 0)
	}
	form := closedForm{
		names: []string{"mu"}, points: line(0, 2, 16), pattern: full(n, matrix.Symmetric),
		entry: func(mu []float64, i, j int) complex128 {
			p, q := pq(mu[0])
			switch {
			case i == j && i < 2:
				return p
			case i < 2 && j < 2:
				return q
			case i == j:
				return complex(2+mu[0], 0)
			}
			return 0
		},
	}
	b := dense.New[complex128](n, 1)
	for i := range n {
		b.Data[i] = complex(float64(i), 0)
	}
	b.Data[0], b.Data[1] = 1, 2
	x := func(mu float64) []complex128 {
		p, q := pq(mu)
		out := make([]complex128, n)
		for i := range out {
			out[i] = complex(float64(i)/(2+mu), 0)
		}
		out[0], out[1] = (p-2*q)/(p*p-q*q), (2*p-q)/(p*p-q*q)
		return out
	}
	return form, &surrogate.RHS{Values: []*dense.Matrix[complex128]{b}, Files: []string{"b.mtx"}}, x
}

// Interpolated solutions are near the closed form, within their estimate, and
// the basis holds the samples' solutions as well as it says.
func TestInterpolateSolutions(t *testing.T) {
	const n = 8
	form, rhs, x := solvedForm(n)
	o := options("auto")
	o.RHS, o.HoldOut = rhs, false
	testSolutions(t, surrogate.InverseOf[float64](build(t, form, false, o)), x)
	testSolutions(t, surrogate.InverseOf[complex128](build(t, form, true, o)), x)
}

func testSolutions[S scalar.Scalar](t *testing.T, inv *surrogate.Inverse[S], x func(mu float64) []complex128) {
	t.Helper()
	distance := func(c *dense.Matrix[S], want []complex128) float64 {
		got := dense.New[S](len(want), 1)
		inv.Basis.Expand(c, got, 1)
		d := append([]complex128(nil), want...)
		for i, v := range got.Data {
			d[i] -= complex(scalar.Real(v), scalar.Imag(v))
		}
		return dense.Norm(d) / dense.Norm(want)
	}
	for _, mu := range []float64{0, 0.3, 1.01, 1.99, 2} {
		c, estimate, err := surrogate.InterpolateSolutions(inv, []float64{mu})
		if err != nil {
			t.Fatal(err)
		}
		if e := distance(c, x(mu)); e > estimate+inv.SolutionError+1e-13 || e > 1e-8 {
			t.Errorf("μ = %g: error %.2e, estimate %.2e + %.2e", mu, e, estimate, inv.SolutionError)
		}
	}
	for i, mu := range line(0, 2, 16) {
		c := &dense.Matrix[S]{Rows: inv.Basis.Size(), Cols: 1, Data: inv.Basis.Solutions.Row(i)}
		if e := distance(c, x(mu[0])); e > inv.SolutionError+1e-13 {
			t.Errorf("sample %d: %.2e from the basis, at most %.2e was said", i, e, inv.SolutionError)
		}
	}
	if _, _, err := surrogate.InterpolateSolutions(inv, []float64{1, 2}); err == nil {
		t.Error("two parameters were accepted")
	}
}

// With A = Σ θ_l T_l the coefficients give A back through the samples, and their
// derivatives are those of the closed form.
func TestTheta(t *testing.T) {
	const n = 8
	form, rhs, _ := solvedForm(n)
	o := options("auto")
	o.RHS, o.HoldOut, o.KeepTable = rhs, false, "yes"
	m := build(t, form, false, o)
	table := surrogate.TableRows[float64](m)
	if len(table) != len(form.points) {
		t.Fatalf("%d samples were kept", len(table))
	}
	sum := func(theta []complex128) []float64 {
		out := make([]float64, len(table[0]))
		for i, w := range m.SampleWeights(theta) {
			dense.Axpy(real(w), table[i], out)
		}
		return out
	}
	mu := 1.23
	a, err := m.At([]float64{mu})
	if err != nil {
		t.Fatal(err)
	}
	theta, _ := m.Theta(a)
	dtheta, err := m.DerivativeTheta([]float64{mu}, 0)
	if err != nil {
		t.Fatal(err)
	}
	got, slope := sum(theta), sum(dtheta)
	form.pattern.Each(func(k, i, j int) {
		if e := math.Abs(got[k] - real(form.entry([]float64{mu}, i, j))); e > 1e-9 {
			t.Errorf("entry %d, %d off by %.1e", i, j, e)
		}
		want := 0.0
		switch {
		case i == j && i < 2:
			want = -math.Sin(mu)
		case i < 2 && j < 2:
			want = -math.Exp(-mu)
		case i == j:
			want = 1
		}
		if e := math.Abs(slope[k] - want); e > 1e-7 {
			t.Errorf("slope of entry %d, %d off by %.1e", i, j, e)
		}
	})
	if _, err := m.DerivativeTheta([]float64{mu}, 1); err == nil {
		t.Error("a second parameter")
	}
	if k := m.NearestTerm(a); k < 0 || k >= m.TermCount() {
		t.Errorf("nearest term %d of %d", k, m.TermCount())
	}
	for k, sample := range m.Terms {
		at, err := m.At(form.points[sample])
		if err != nil {
			t.Fatal(err)
		}
		if got := m.NearestTerm(at); got != k {
			t.Errorf("the nearest term to term %d is %d", k, got)
		}
	}
}

// Perturbations are orthogonal to A and have the norms they say.
func TestPerturbations(t *testing.T) {
	form, rhs, _ := solvedForm(8)
	o := options("auto")
	o.RHS, o.HoldOut = rhs, false
	m := build(t, form, false, o)
	a, err := m.At([]float64{0.77})
	if err != nil {
		t.Fatal(err)
	}
	frobenius := func(x, y []complex128) float64 {
		sum, p := 0.0, m.Pattern()
		rows := surrogate.TermRows[float64](m)
		entry := func(w []complex128, k int) (v float64) {
			for l, c := range w {
				v += real(c) * rows[l][k]
			}
			return v
		}
		p.Each(func(k, i, j int) { sum += float64(p.Multiplicity(i, j)) * entry(x, k) * entry(y, k) })
		return sum
	}
	d, ratio := m.Perturbations(a.Beta, 3)
	if len(d) == 0 || len(d) != len(ratio) {
		t.Fatalf("%d perturbations, %d ratios", len(d), len(ratio))
	}
	size := math.Sqrt(frobenius(a.Beta, a.Beta))
	for i, w := range d {
		norm := math.Sqrt(frobenius(w, w))
		if c := frobenius(w, a.Beta) / norm / size; math.Abs(c) > 1e-10 {
			t.Errorf("perturbation %d: cosine %.1e", i, c)
		}
		if e := math.Abs(ratio[i]*norm/size - 1); e > 1e-10 {
			t.Errorf("perturbation %d: ratio %g, want %g", i, ratio[i], size/norm)
		}
	}
}

// Singular samples are named.
func TestSingularSampleIsNamed(t *testing.T) {
	form, rhs, _ := solvedForm(8)
	form.points = line(-1, 1, 11)
	form.entry = func(mu []float64, i, j int) complex128 {
		if i == j && i == 5 {
			return complex(mu[0], 0)
		}
		if i == j {
			return complex(2+math.Sin(mu[0]*float64(i)), 0)
		}
		return 0
	}
	o := options("auto")
	o.RHS, o.HoldOut, o.Model = rhs, false, "adaptive-polynomial"
	f := form.family(false)
	for i := range f.Samples {
		f.Samples[i].File = fmt.Sprintf("sample%d.mtx", i)
	}
	_, err := surrogate.Build(t.Context(), f, o)
	var e *surrogate.BuildError
	if !errors.As(err, &e) || !strings.Contains(err.Error(), "sample5.mtx") {
		t.Errorf("μ = 0 is singular: %v", err)
	}
}
