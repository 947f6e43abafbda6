package surrogate

import (
	"context"
	"math"
	"math/cmplx"
	"math/rand/v2"
	"reflect"
	"testing"

	"eimtool/internal/dense"
	"eimtool/internal/family"
	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
)

// twoBlocks is diag(B(μ), C(μ)) of two blocks of n/2 unknowns, tridiagonal; the
// right-hand side lives on the first. heavy scales the second.
func twoBlocks(n, samples int, kind matrix.Symmetry, heavy float64) *family.Family {
	p := &matrix.Pattern{Rows: n, Cols: n, Symmetry: kind, ColPtr: make([]int, n+1)}
	for j := range n {
		p.RowIdx = append(p.RowIdx, int32(j))
		if j+1 < n && j+1 != n/2 {
			p.RowIdx = append(p.RowIdx, int32(j+1))
		}
		p.ColPtr[j+1] = len(p.RowIdx)
	}
	f := &family.Family{Table: &family.Table{Names: []string{"mu"}}, Pattern: p, Hermitian: kind == matrix.Hermitian, Complex: kind == matrix.Hermitian}
	for s := range samples {
		mu := 3 * float64(s) / float64(samples-1)
		row := make([]float64, p.NNZ())
		im := make([]float64, p.NNZ())
		p.Each(func(k, i, j int) {
			scale, speed := 1.0, 1.0
			if j >= n/2 {
				scale, speed = heavy, 3
			}
			z := cmplx.Exp(complex(0, mu*speed*float64(j)/float64(n)))
			row[k], im[k] = -scale*real(z), -scale*imag(z)
			if i == j {
				row[k], im[k] = scale*(3+math.Exp(-mu*speed*float64(i)/float64(n))), 0
			}
		})
		f.Samples = append(f.Samples, family.Sample{Mu: []float64{mu}, File: "A.mtx"})
		if f.Hermitian {
			row = append(row, im...)
		}
		f.Real = append(f.Real, row)
	}
	return f
}

// firstBlock is a right-hand side that leaves the second block alone.
func firstBlock(n int) *RHS {
	b := dense.New[complex128](n, 1)
	for i := range n / 2 {
		b.Data[i] = complex(1+math.Sin(float64(i)), 0)
	}
	return &RHS{Values: []*dense.Matrix[complex128]{b}, Files: []string{"b.mtx"}}
}

func goalOptions(rhs *RHS, terms int) Options {
	o := DefaultOptions()
	o.RHS, o.Inverse, o.HoldOut, o.MaxTerms = rhs, rhs == nil, false, terms
	return o
}

func scoreOf(scores []ObjectiveScore, name string) float64 {
	for _, s := range scores {
		if s.Objective == name {
			return s.Error
		}
	}
	return math.NaN()
}

// With few terms and a heavy block that b does not touch, fitting x instead of
// A pays, and where it does not the choice stays near the matrices' fit.
func TestObjectiveIgnoresWhatBDoesNotTouch(t *testing.T) {
	for _, heavy := range []float64{1e-3, 1, 1e3} {
		for _, terms := range []int{2, 3, 5} {
			m, err := Build(context.Background(), twoBlocks(16, 18, matrix.Symmetric, heavy), goalOptions(firstBlock(16), terms))
			if err != nil {
				t.Fatal(err)
			}
			inv := m.RealInverse
			chosen, plain := scoreOf(inv.Objectives, inv.Objective), scoreOf(inv.Objectives, "matrix")
			t.Logf("heavy %g, %d terms: %s %.2e, matrix %.2e", heavy, terms, inv.Objective, chosen, plain)
			if !(chosen <= plain/clearlyBetter) {
				t.Errorf("heavy %g, %d terms: %s has error %.2e, matrix %.2e", heavy, terms, inv.Objective, chosen, plain)
			}
			if heavy > 1 && !(chosen < 0.7*plain) {
				t.Errorf("%d terms: the objective %s gains nothing: %.2e, matrix %.2e", terms, inv.Objective, chosen, plain)
			}
			if !(inv.Amplification > 0) || math.IsInf(inv.Amplification, 0) {
				t.Errorf("amplification %v", inv.Amplification)
			}
		}
	}
}

// The errors of A and of x are of one size where A is nearly a multiple of the
// identity and b excites everything; one entry that becomes small makes those of
// x much larger.
func TestAmplification(t *testing.T) {
	const n, samples = 10, 16
	diagonal := func(smallest float64) *family.Family {
		p := &matrix.Pattern{Rows: n, Cols: n, Symmetry: matrix.Symmetric, ColPtr: make([]int, n+1)}
		for j := range n {
			p.RowIdx, p.ColPtr[j+1] = append(p.RowIdx, int32(j)), j+1
		}
		f := &family.Family{Table: &family.Table{Names: []string{"mu"}}, Pattern: p}
		for s := range samples {
			mu := float64(s) / (samples - 1)
			row := make([]float64, n)
			for i := range row {
				row[i] = 1 + 0.1*math.Exp(mu*float64(i)/n)
			}
			row[n-1] = smallest + 0.1*math.Expm1(mu)
			f.Samples = append(f.Samples, family.Sample{Mu: []float64{mu}, File: "A.mtx"})
			f.Real = append(f.Real, row)
		}
		return f
	}
	ones := dense.New[complex128](n, 1)
	for i := range ones.Data {
		ones.Data[i] = 1
	}
	rhs := &RHS{Values: []*dense.Matrix[complex128]{ones}, Files: []string{"b.mtx"}}
	var amp []float64
	for _, smallest := range []float64{1, 1e-3} {
		o := goalOptions(rhs, 2)
		o.Select = "eim" // fits the matrices, not x
		m, err := Build(context.Background(), diagonal(smallest), o)
		if err != nil {
			t.Fatal(err)
		}
		amp = append(amp, m.RealInverse.Amplification)
	}
	if amp[0] < 0.5 || amp[0] > 2 {
		t.Errorf("diagonal of about 1: amplification %.2g", amp[0])
	}
	if amp[1] < 5*amp[0] || amp[1] > 1e4 {
		t.Errorf("one entry of 1e-3: amplification %.2g", amp[1])
	}
}

func newBuilder(t *testing.T, f *family.Family, o Options) *builder[float64] {
	t.Helper()
	b := &builder[float64]{ctx: context.Background(), m: newModel(f, o), opt: o, rows: f.Real}
	if err := b.coordinates(f); err != nil {
		t.Fatal(err)
	}
	return b
}

// The coordinates of an objective are linear in the matrix: the lift of the
// coordinates of any combination of the samples is the combination of their
// objective coordinates.
func TestLiftIsLinear(t *testing.T) {
	for _, kind := range []matrix.Symmetry{matrix.Symmetric, matrix.Hermitian} {
		f := twoBlocks(12, 14, kind, 10)
		b := newBuilder(t, f, goalOptions(firstBlock(12), 4))
		if kind == matrix.Hermitian {
			checkLift[complex128](t, b, f)
			continue
		}
		checkLift[float64](t, b, f)
	}
}

func checkLift[S scalar.Scalar](t *testing.T, b *builder[float64], f *family.Family) {
	t.Helper()
	p, err := newPreparation[float64, S](b, f)
	if err != nil {
		t.Fatal(err)
	}
	sel := &terms[float64]{snapshots: []int{0, 5, 9, 13}, count: 4}
	list, err := objectives(b, p.sys, nil, sel)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(8, 9))
	for _, o := range list {
		if o.data == nil {
			continue
		}
		lift, err := b.linearLift(o.data)
		if err != nil {
			t.Fatal(err)
		}
		if lift.Rows != b.k.Cols+1 || lift.Cols != o.data.Cols {
			t.Fatalf("%s: lift of %d x %d", o.name, lift.Rows, lift.Cols)
		}
		for range 5 {
			w := make([]float64, b.k.Rows)
			for i := range w {
				w[i] = rng.NormFloat64()
			}
			k := dense.VecMul(w, b.k)
			got := dense.VecMul(append(k, 1), lift)
			if e := relativeDistance(dense.VecMul(w, o.data), got); e > 1e-9 {
				t.Errorf("%s: the lift is off by %.2e", o.name, e)
			}
		}
	}
}

// Sketches depend on shape and seed only, are linear, and keep lengths on
// average: |Sz|² has the mean sketchNonzeros·|z|².
func TestSketch(t *testing.T) {
	const rows, n, columns = 64, 300, 2
	a, b := newSketch[float64](rows, n, 5), newSketch[float64](rows, n, 5)
	if !reflect.DeepEqual(a, b) {
		t.Error("the same seed gives another sketch")
	}
	if reflect.DeepEqual(a.at, newSketch[float64](rows, n, 6).at) {
		t.Error("another seed gives the same sketch")
	}
	rng := rand.New(rand.NewPCG(1, 1))
	sum := 0.0
	const draws = 200
	for range draws {
		x, y := dense.New[float64](n, columns), dense.New[float64](n, columns)
		z := dense.New[float64](n, columns)
		for i := range x.Data {
			x.Data[i], y.Data[i] = rng.NormFloat64(), rng.NormFloat64()
			z.Data[i] = 2*x.Data[i] - y.Data[i]
		}
		sx, sy, sz := a.apply(x), a.apply(y), a.apply(z)
		for i := range sz {
			if e := math.Abs(sz[i] - 2*sx[i] + sy[i]); e > 1e-12 {
				t.Fatalf("not linear: %.2e", e)
			}
		}
		sum += math.Pow(dense.Norm(sx)/dense.Norm(x.Data), 2)
	}
	if mean := sum / draws / sketchNonzeros; mean < 0.9 || mean > 1.1 {
		t.Errorf("mean of |Sz|²/|z|² is %.3f of what it should be", mean)
	}
	for c := range n {
		at := map[int32]bool{}
		for _, r := range a.at[c*sketchNonzeros : (c+1)*sketchNonzeros] {
			if r < 0 || r >= rows {
				t.Fatalf("row %d of %d", r, rows)
			}
			at[r] = true
		}
		if len(at) == 0 {
			t.Fatal("a column without entries")
		}
	}
}

func TestBestObjective(t *testing.T) {
	list := []objective[float64]{{name: "matrix"}, {name: "solution 1"}, {name: usualObjective}}
	for _, c := range []struct {
		worst [3]float64
		count int
		want  int
	}{
		{[3]float64{1, 2, 3}, 0, 0},     // nothing was measured
		{[3]float64{1, 2, 0.5}, 3, 2},   // the usual one is best
		{[3]float64{1, 0.9, 1}, 3, 2},   // none is clearly better
		{[3]float64{1, 0.5, 1}, 3, 1},   // clearly better
		{[3]float64{0.1, 0.5, 1}, 3, 0}, // the matrices alone are clearly better
		{[3]float64{1e-3, 2e-3, math.Inf(1)}, 3, 0},
		{[3]float64{0, 0, 0}, 3, 0},
	} {
		results := make([]outcome, 3)
		for i, w := range c.worst {
			results[i].worst = w
		}
		if got := bestObjective(list, results, c.count); got != c.want && c.worst != [3]float64{} {
			t.Errorf("%v: chosen %s", c.worst, list[got].name)
		}
	}
}

func TestQuantile(t *testing.T) {
	x := []float64{5, 1, 4, 2, 3}
	for _, c := range []struct{ q, want float64 }{{1, 5}, {0.9, 5}, {0.8, 4}, {0.5, 3}, {0.2, 1}} {
		if got := quantile(x, c.q); got != c.want {
			t.Errorf("quantile %g is %g, want %g", c.q, got, c.want)
		}
	}
	if quantile(nil, 0.9) != 1 {
		t.Error("an empty list")
	}
}
