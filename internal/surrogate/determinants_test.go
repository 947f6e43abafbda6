package surrogate

import (
	"context"
	"math"
	"math/cmplx"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"eimtool/internal/family"
	"eimtool/internal/scalar"
)

// Log det, its phase, the traces and the number of negative eigenvalues are
// those of gonum, and change is the first-order term.
func TestDeterminants(t *testing.T) {
	for name, f := range families() {
		t.Run(name, func(t *testing.T) {
			if f.complex {
				testDeterminants[complex128](t, f)
			} else {
				testDeterminants[float64](t, f)
			}
		})
	}
}

func testDeterminants[S scalar.Scalar](t *testing.T, f *known) {
	ctx := context.Background()
	points := f.halton(5, 1)
	fam := f.family(points)
	files := []string{"a.mtx", "b.mtx", "c.mtx", "d.mtx", "e.mtx"}
	sys, err := newSystems(ctx, fam.Pattern, systemRows[S](fam), nil, files, 2)
	if err != nil {
		t.Fatal(err)
	}
	samples := []int{0, 2, 4}
	var told []int
	d, err := sys.determine(samples, func(_ string, done, total int) { told = append(told, done, total) })
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(told, []int{0, 3, 1, 3, 2, 3, 3, 3}) || !slices.Equal(d.row, []int{0, -1, 1, -1, 2}) {
		t.Errorf("progress %v, rows %v", told, d.row)
	}
	var all []*mat.CDense
	for _, mu := range points {
		all = append(all, f.full(mu))
	}
	for r, i := range samples {
		if want := logAbs(all[i]); math.Abs(d.logAbs[r]-want) > 1e-12*(1+math.Abs(want)) {
			t.Errorf("sample %d: log|det| %g, want %g", i, d.logAbs[r], want)
		}
		if got := scalar.ToComplex([]S{d.phase[r]})[0]; cmplx.Abs(got-phase(all[i])) > 1e-12 {
			t.Errorf("sample %d: phase %g, want %g", i, got, phase(all[i]))
		}
		for k := range all {
			got, want := scalar.ToComplex([]S{d.traces.At(r, k)})[0], traceOf(t, all[i], all[k])
			if cmplx.Abs(got-want) > 1e-12*(1+cmplx.Abs(want)) {
				t.Errorf("tr(A%d⁻¹ A%d) = %g, want %g", i, k, got, want)
			}
		}
		if neg := d.negative[r]; neg >= 0 && neg != negativeEigenvalues(t, all[i]) {
			t.Errorf("sample %d: %d negative eigenvalues", i, neg)
		}
		testChange(t, d, i, all)
	}
	if why := d.refusal(files, !scalar.IsComplex[S]()); why != "" {
		t.Errorf("refused: %s", why)
	}
}

// negativeEigenvalues counts those of a Hermitian matrix.
func negativeEigenvalues(t *testing.T, a *mat.CDense) int {
	t.Helper()
	e := embedded(a)
	n, _ := e.Dims()
	var s mat.EigenSym
	if !s.Factorize(mat.NewSymDense(n, e.RawMatrix().Data), false) {
		t.Fatal("no eigenvalues")
	}
	count := 0
	for _, v := range s.Values(nil) {
		if v < 0 {
			count++
		}
	}
	return count / 2
}

// testChange holds change against log det of a combination near sample i.
func testChange[S scalar.Scalar](t *testing.T, d *determinants[S], i int, all []*mat.CDense) {
	t.Helper()
	rng := rand.New(rand.NewPCG(uint64(i), 4))
	for _, small := range []float64{0, 1e-3, 1e-4} {
		w := make([]S, len(all))
		weights := make([]complex128, len(all))
		for k := range w {
			w[k] = scalar.Of[S](small*rng.NormFloat64(), small*rng.NormFloat64())
			if k == i {
				w[k] += scalar.Of[S](1, 0)
			}
			weights[k] = scalar.ToComplex(w[k : k+1])[0]
		}
		a := combined(weights, all)
		turn := cmplx.Phase(phase(a) / phase(all[i]))
		want := complex(logAbs(a)-logAbs(all[i]), turn)
		got := scalar.ToComplex([]S{d.change(i, w)})[0]
		n := float64(d.size)
		if cmplx.Abs(got-want) > 100*n*small*small+1e-11 {
			t.Errorf("sample %d, weights off by %g: log det changes by %g, predicted %g", i, small, want, got)
		}
	}
}

// A family that cannot be factorised somewhere names the file.
func TestDetermineSingular(t *testing.T) {
	f := families()["definite"]
	plain := f.entry
	f.entry = func(mu []float64, i, j int) complex128 {
		if mu[0] > 1.9 && (i == 3 || j == 3) {
			return 0
		}
		return plain(mu, i, j)
	}
	fam := f.family([][]float64{{1, 0}, {2, 0}})
	sys, err := newSystems(t.Context(), fam.Pattern, family.Rows[float64](fam), nil, []string{"good.mtx", "bad.mtx"}, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = sys.determine([]int{0, 1}, nil); err == nil || !strings.Contains(err.Error(), "bad.mtx") {
		t.Errorf("singular sample: %v", err)
	}
}

func TestRefusal(t *testing.T) {
	files := []string{"a", "b", "c"}
	for _, c := range []struct {
		name     string
		phase    []float64
		negative []int
		want     string
	}{
		{"alike", []float64{1, 1, 1}, []int{2, 2, 2}, ""},
		{"negative throughout", []float64{-1, -1, -1}, []int{1, 1, 1}, ""},
		{"inertia unknown", []float64{1, 1, 1}, []int{-1, 2, -1}, ""},
		{"sign", []float64{1, 1, -1}, []int{-1, -1, -1}, "positive for a and negative for c"},
		{"two eigenvalues cross", []float64{1, 1, 1}, []int{0, 2, 0}, "a has 0 negative eigenvalues, b has 2"},
		{"one crosses", []float64{-1, 1, 1}, []int{1, 2, 2}, "a has 1 negative eigenvalues, b has 2"},
	} {
		d := &determinants[float64]{samples: []int{0, 1, 2}, phase: c.phase, negative: c.negative}
		if got := d.refusal(files, true); c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	turning := &determinants[complex128]{samples: []int{0, 1}, phase: []complex128{1, -1}, negative: []int{-1, -1}}
	if got := turning.refusal(files, false); got != "" {
		t.Errorf("complex determinants turn: %q", got)
	}
	subset := &determinants[float64]{samples: []int{1, 2}, phase: []float64{1, -1}, negative: []int{-1, -1}}
	if got := subset.refusal(files, true); !strings.Contains(got, "for b and negative for c") {
		t.Errorf("names of a subset: %q", got)
	}
}
