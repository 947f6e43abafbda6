package surrogate

import (
	"context"
	"errors"
	"math"
	"math/cmplx"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"eimtool/internal/dense"
	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
)

func logDetOptions() Options {
	o := DefaultOptions()
	o.LogDet, o.HoldOut = true, false
	return o
}

func buildLogDet(t *testing.T, f *known, points [][]float64, change func(o *Options)) *Model {
	t.Helper()
	o := logDetOptions()
	if change != nil {
		change(&o)
	}
	m, err := Build(t.Context(), f.family(points), o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func buildLogDetParts(t *testing.T, coefficients []string, symmetry matrix.Symmetry, indefinite bool, change func(o *Options, in *PartsInput)) (*Model, *known) {
	t.Helper()
	p, f := affine(t, coefficients, symmetry, indefinite)
	o, in := logDetOptions(), &PartsInput{Parts: p, Points: table(f.grid(5))}
	o.LogDetTolerance, o.LogDetMax = 1e-3, 16
	if change != nil {
		change(&o, in)
	}
	m, err := BuildParts(t.Context(), in, o)
	if err != nil {
		t.Fatal(err)
	}
	return m, f
}

// checkFitted holds log det by a fitted method against gonum, its estimate
// against the error, its bounds, and its gradient against differences.
func checkFitted(t *testing.T, m *Model, f *known, method string, most float64) {
	t.Helper()
	const points = 20
	covered, worst, gradient := 0, 0.0, 0.0
	for _, mu := range f.halton(points, 100) {
		v, err := m.LogDetAt(mu, method, true)
		if err != nil {
			t.Fatal(err)
		}
		a := f.full(mu)
		want := logAbs(a)
		e := math.Abs(v.LogAbs - want)
		if v.HasPhase {
			e = math.Hypot(e, cmplx.Abs(cmplx.Exp(complex(0, v.Phase))-phase(a)))
		}
		worst = max(worst, e)
		if e <= v.Estimate {
			covered++
		}
		if !(v.Lower <= want+1e-9 && want <= v.Upper+1e-9) {
			t.Errorf("%s at %v: log det %g is outside of [%g, %g]", method, mu, want, v.Lower, v.Upper)
		}
		for j := range mu {
			quotient := sixth(func(mu []float64) complex128 {
				v, err := m.LogDetAt(mu, method, false)
				if err != nil {
					t.Fatal(err)
				}
				return complex(v.LogAbs, v.Phase)
			}, mu, j, 1e-3)
			if d := cmplx.Abs(v.Gradient[j]-quotient) / (1 + cmplx.Abs(quotient)); d > gradient {
				gradient = d
			}
		}
		if plain, _ := m.LogDetAt(mu, method, false); plain.Gradient != nil || plain.LogAbs != v.LogAbs {
			t.Errorf("%s at %v: another answer without the gradient", method, mu)
		}
	}
	t.Logf("%s: error %.1e, %d of %d covered, gradient %.1e", method, worst, covered, points, gradient)
	if worst > most || covered < points*9/10 {
		t.Errorf("%s: error %.1e, at most %.1e wanted, %d of %d covered", method, worst, most, covered, points)
	}
	if gradient > 1e-5 {
		t.Errorf("%s: gradient is off by %.1e from differences", method, gradient)
	}
}

func TestLogDetOfSamples(t *testing.T) {
	for _, c := range []struct {
		name    string
		points  string
		methods map[string]float64
	}{
		{"definite", "grid", map[string]float64{LogDetInterpolate: 1e-3}},
		{"definite", "scattered", map[string]float64{LogDetInterpolate: 1e-3, LogDetCombine: 0.5}},
		{"indefinite", "grid", map[string]float64{LogDetInterpolate: 1e-3}},
		{"hermitian", "grid", map[string]float64{LogDetInterpolate: 1e-2}},
		{"complex", "grid", map[string]float64{LogDetInterpolate: 1e-2}},
	} {
		t.Run(c.name+", "+c.points, func(t *testing.T) {
			f := families()[c.name]
			points := f.grid(6)
			if c.points == "scattered" {
				points = append(f.halton(32, 1), f.grid(2)...)
			}
			m := buildLogDet(t, f, points, nil)
			l := m.LogDet
			if l.Preferred != LogDetInterpolate || l.Methods()[0] != l.Preferred || l.Refusal != "" || l.Nodes.Rows != 36 {
				t.Fatalf("preferred %q, refusal %q, %d nodes", l.Preferred, l.Refusal, l.Nodes.Rows)
			}
			if real := c.name != "complex"; real != (l.Phase == nil) || real != (math.Abs(l.Sign) == 1) {
				t.Errorf("sign %g, phases %v", l.Sign, l.Phase != nil)
			}
			if !(l.Reached > 0) || l.Size != f.n || !(l.FullAmplification > 0) {
				t.Errorf("reached %g, size %d, amplification %g", l.Reached, l.Size, l.FullAmplification)
			}
			for _, method := range l.Methods() {
				if most, ok := c.methods[method]; ok {
					checkFitted(t, m, f, method, most)
				}
			}
		})
	}
}

// Positive coefficients of semidefinite parts: the measure, with bounds; real
// and Hermitian, nodes anywhere or at the points.
func TestLogDetOfParts(t *testing.T) {
	coefficients := []string{"1", "s", "t*t"}
	for _, c := range []struct {
		symmetry matrix.Symmetry
		nodes    string
		hessians string
	}{{matrix.Symmetric, "box", "auto"}, {matrix.Symmetric, "samples", "no"}, {matrix.Hermitian, "box", "no"}} {
		m, f := buildLogDetParts(t, coefficients, c.symmetry, false, func(o *Options, _ *PartsInput) {
			o.LogDetNodes, o.LogDetHessians = c.nodes, c.hessians
		})
		l := m.LogDet
		if l.Preferred != LogDetMeasure || l.Sign != 1 || l.Bracket == nil || l.Nodes.Rows != len(l.LogAbs) {
			t.Fatalf("%v: preferred %q, sign %g", c, l.Preferred, l.Sign)
		}
		for i := range l.Nodes.Rows {
			if want := logAbs(f.full(l.Nodes.Row(i))); math.Abs(l.LogAbs[i]-want) > 1e-11*(1+math.Abs(want)) {
				t.Errorf("node %d: %g, want %g", i, l.LogAbs[i], want)
			}
		}
		checkFitted(t, m, f, LogDetMeasure, 2e-3)
		if l.RealLambda != nil {
			checkFitted(t, m, f, LogDetCombine, 1)
		}
		if _, err := m.LogDetAt([]float64{1}, LogDetMeasure, false); err == nil {
			t.Error("one value for two parameters")
		}
		if _, err := m.LogDetAt(f.lo, LogDetInterpolate, false); err == nil {
			t.Error("a method that is not there")
		}
		var sign *SignError
		if _, err := m.LogDetAt([]float64{-1, 1}, LogDetMeasure, false); !errors.As(err, &sign) || sign.Part != "B.mtx" || sign.Value != -1 {
			t.Errorf("negative coefficient: %v", err)
		}
	}
}

// Where the measure does not apply log det is fitted as a function of the
// parameters, and a warning says why.
func TestLogDetPartsAsFunction(t *testing.T) {
	for _, c := range []struct {
		name         string
		coefficients []string
		indefinite   bool
		max          int
		want         string
	}{
		{"negative coefficient", []string{"5", "s", "0.3*(t-1)"}, false, 0, "of C.mtx is not positive"},
		{"indefinite part", []string{"5", "s", "0.02*t"}, true, 0, "not every part is positive semidefinite"},
		{"few nodes", []string{"5", "s", "0.02*t"}, true, 12, "not every part is positive semidefinite"},
	} {
		m, f := buildLogDetParts(t, c.coefficients, matrix.Symmetric, c.indefinite, func(o *Options, _ *PartsInput) { o.LogDetMax = c.max })
		if len(m.Warnings) == 0 || !strings.Contains(strings.Join(m.Warnings, "; "), c.want) {
			t.Errorf("%s: warnings %q", c.name, m.Warnings)
		}
		if c.max > 0 && m.LogDet.Nodes.Rows != c.max {
			t.Errorf("%s: %d nodes, %d asked for", c.name, m.LogDet.Nodes.Rows, c.max)
		}
		if m.LogDet.Preferred != LogDetInterpolate || m.LogDet.Bracket != nil {
			t.Fatalf("%s: preferred %q", c.name, m.LogDet.Preferred)
		}
		checkFitted(t, m, f, LogDetInterpolate, 1e-3)
	}
}

// Families whose determinant changes sign are refused, for parts as for samples,
// and leave nothing that a bundle of log det alone could hold.
func TestLogDetRefused(t *testing.T) {
	f := families()["definite"]
	plain := f.entry
	f.entry = func(mu []float64, i, j int) complex128 {
		if i == 0 && j == 0 {
			return complex(mu[1], 0)
		}
		return plain(mu, i, j)
	}
	m := buildLogDet(t, f, f.grid(6), nil)
	l := m.LogDet
	if l.Preferred != "" || len(l.Methods()) != 0 || l.Sign != 0 || !strings.Contains(l.Refusal, "det A") || len(l.LogAbs) != 36 {
		t.Errorf("preferred %q, sign %g, refusal %q", l.Preferred, l.Sign, l.Refusal)
	}
	o := logDetOptions()
	o.Only = "logdet"
	var e *BuildError
	if _, err := Build(t.Context(), f.family(f.grid(6)), o); !errors.As(err, &e) || !strings.Contains(err.Error(), "det A") {
		t.Errorf("log det alone: %v", err)
	}
	parts, pf := affine(t, []string{"s - 1.3", "0.01"}, matrix.Symmetric, false)
	o.Only = ""
	m, err := BuildParts(t.Context(), &PartsInput{Parts: parts, Points: table(pf.grid(4))}, o)
	if err != nil || m.LogDet.Refusal == "" || m.LogDet.Preferred != "" {
		t.Errorf("parts: %v", err)
	}
}

// What --only logdet leaves answers as the whole did.
func TestLogDetOnly(t *testing.T) {
	f := families()["definite"]
	whole := buildLogDet(t, f, f.grid(6), nil)
	alone := buildLogDet(t, f, f.grid(6), func(o *Options) { o.Only = "logdet" })
	partsWhole, pf := buildLogDetParts(t, []string{"1", "s", "t"}, matrix.Symmetric, false, nil)
	partsAlone, _ := buildLogDetParts(t, []string{"1", "s", "t"}, matrix.Symmetric, false, func(o *Options, _ *PartsInput) { o.Only = "logdet" })
	for _, c := range []struct {
		whole, alone *Model
		f            *known
	}{{whole, alone, f}, {partsWhole, partsAlone, pf}} {
		if c.alone.TermCount() != 0 || c.alone.ColPtr != nil || c.alone.Real != nil || len(c.alone.LogDet.Methods()) != 1 {
			t.Errorf("%d terms, methods %v", c.alone.TermCount(), c.alone.LogDet.Methods())
		}
		for _, mu := range c.f.halton(3, 50) {
			a, err := c.whole.LogDetAt(mu, c.whole.LogDet.Preferred, true)
			if err != nil {
				t.Fatal(err)
			}
			b, err := c.alone.LogDetAt(mu, c.alone.LogDet.Preferred, true)
			if err != nil || a.LogAbs != b.LogAbs || a.Estimate != b.Estimate || a.Lower != b.Lower || a.Gradient[1] != b.Gradient[1] {
				t.Errorf("at %v: %+v, alone %+v, %v", mu, a, b, err)
			}
		}
	}
}

// Points that no fit of log det can use are refused with a reason, others do.
func TestPrepareLogDetParts(t *testing.T) {
	same := [][]float64{{1, 0.5}, {1, 1}, {1, 2}, {1, 2.5}}
	for _, c := range []struct {
		name   string
		points [][]float64
		nodes  string
		want   string // "": it works
	}{
		{"no box", nil, "box", "needs the parameter box"},
		{"one point", [][]float64{{1, 2}}, "box", ""},
		{"one parameter does not vary", same, "box", ""},
		{"at the points", same, "samples", ""},
		{"points twice", append(same[:2:2], same[0], same[1], []float64{2, 2}), "samples", ""},
		{"coefficient without a value", [][]float64{{1, 1}, {1, -1}}, "box", "B.mtx"},
	} {
		for _, indefinite := range []bool{false, true} {
			p, f := affine(t, []string{"5 + s", "log(t + 0.9)*0 + 0.01*t"}, matrix.Symmetric, indefinite)
			o, in := logDetOptions(), &PartsInput{Parts: p}
			o.LogDetNodes, o.LogDetMax = c.nodes, 8
			if c.points != nil {
				in.Points = table(c.points)
			}
			m, err := BuildParts(t.Context(), in, o)
			if c.want != "" {
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("%s: %v, want %q", c.name, err, c.want)
				}
				continue
			}
			if err != nil {
				t.Errorf("%s, indefinite %v: %v", c.name, indefinite, err)
				continue
			}
			mu := c.points[len(c.points)-1]
			v, err := m.LogDetAt(mu, m.LogDet.Preferred, true)
			if want := logAbs(f.full(mu)); err != nil || math.Abs(v.LogAbs-want) > max(3*v.Estimate, 1e-9) {
				t.Errorf("%s, indefinite %v: %+v, %v, want %g", c.name, indefinite, v, err, want)
			}
		}
	}
}

// With few terms, coefficients fitted to traces too keep log det where those
// fitted to the matrices alone do not; the amplification covers what is left.
func TestTraceObjective(t *testing.T) {
	f := families()["definite"]
	for _, terms := range []int{3, 5} {
		fitted := buildLogDet(t, f, f.grid(5), func(o *Options) { o.MaxTerms, o.KeepTable = terms, "no" })
		l := fitted.LogDet
		plain, chosen := scoreOf(l.Objectives, "matrix"), scoreOf(l.Objectives, l.Objective)
		if !(chosen < clearlyBetter*plain) || !strings.HasPrefix(l.Objective, "trace") {
			t.Errorf("%d terms: %s with error %.2e, matrix %.2e", terms, l.Objective, chosen, plain)
		}
		if !(l.Amplification > 0) || math.IsInf(l.Amplification, 0) {
			t.Errorf("%d terms: amplification %g", terms, l.Amplification)
		}
		usual, err := Build(t.Context(), f.family(f.grid(5)), fitted.Options.withoutLogDet())
		if err != nil {
			t.Fatal(err)
		}
		with, without := errorOfTerms(t, fitted, f), errorOfTerms(t, usual, f)
		t.Logf("%d terms: log det of the terms errs by %.1e, fitted to the matrices %.1e", terms, with, without)
		if !(with < without) {
			t.Errorf("%d terms: log det errs by %.2e with traces, %.2e without", terms, with, without)
		}
	}
}

func (o Options) withoutLogDet() Options {
	o.LogDet = false
	return o
}

// errorOfTerms returns the root mean square error of log det of Σ β_m A_m.
func errorOfTerms(t *testing.T, m *Model, f *known) float64 {
	t.Helper()
	var terms []*mat.CDense
	for _, i := range m.Terms {
		terms = append(terms, f.full(m.Mu.Row(i)))
	}
	sum := 0.0
	points := f.halton(30, 7)
	for _, mu := range points {
		a, err := m.At(mu)
		if err != nil {
			t.Fatal(err)
		}
		e := logAbs(combined(a.Beta, terms)) - logAbs(f.full(mu))
		sum += e * e
	}
	return math.Sqrt(sum / float64(len(points)))
}

// structuralChange is the largest effect of what other samples add to one,
// relative to its size, by gonum.
func TestStructuralChange(t *testing.T) {
	for _, name := range []string{"definite", "complex", "hermitian"} {
		f := families()[name]
		switch name {
		case "definite":
			testStructuralChange[float64, float64](t, f)
		case "complex":
			testStructuralChange[complex128, complex128](t, f)
		default:
			testStructuralChange[float64, complex128](t, f)
		}
	}
}

func testStructuralChange[T, S scalar.Scalar](t *testing.T, f *known) {
	t.Helper()
	points := f.halton(6, 3)
	fam := f.family(points)
	m := newModel(fam, logDetOptions())
	b := &builder[T]{ctx: context.Background(), m: m, opt: m.Options, rows: rawRows[T](fam.Real, fam.Complexes)}
	if err := b.coordinates(fam); err != nil {
		t.Fatal(err)
	}
	p, err := newPreparation[T, S](b, fam)
	if err != nil {
		t.Fatal(err)
	}
	var all []*mat.CDense
	for _, mu := range points {
		all = append(all, f.full(mu))
	}
	want := 0.0
	for i, a := range all {
		for _, o := range b.perturbing(i) {
			var inner complex128
			for r := range f.n {
				for c := range f.n {
					inner += cmplx.Conj(a.At(r, c)) * all[o].At(r, c)
				}
			}
			if f.symmetry == matrix.Hermitian {
				inner = complex(real(inner), 0)
			}
			d := combined([]complex128{-inner / complex(frobenius(a)*frobenius(a), 0), 1}, []*mat.CDense{a, all[o]})
			if size := frobenius(d) / frobenius(a); size > 1e-12 {
				want = max(want, cmplx.Abs(traceOf(t, a, d))/size)
			}
		}
	}
	if got := p.structuralChange(); math.Abs(got-want) > 1e-9*want {
		t.Errorf("%v: %g, want %g", f.symmetry, got, want)
	}
}

func rawRows[T scalar.Scalar](real [][]float64, complexes [][]complex128) [][]T {
	if scalar.IsComplex[T]() {
		return any(complexes).([][]T)
	}
	return any(real).([][]T)
}

// spread begins near the centre, and every further point is the farthest from
// those before it.
func TestSpread(t *testing.T) {
	f := families()["definite"]
	for name, points := range map[string]*dense.Matrix[float64]{
		"grid": table(f.grid(7)), "scattered": table(f.halton(40, 1)),
		"stretched": table([][]float64{{0, 1e6}, {1, 5e6}, {2, 2e6}, {0.9, 4e6}, {1.1, 3e6}, {2, 5e6}}),
		"one line":  table([][]float64{{3, 0}, {3, 1}, {3, 5}, {3, 9}, {3, 10}}),
		"one":       table([][]float64{{3, 0}}),
	} {
		scaled := points.Clone()
		for j := range points.Cols {
			lo, hi := math.Inf(1), math.Inf(-1)
			for i := range points.Rows {
				lo, hi = min(lo, points.At(i, j)), max(hi, points.At(i, j))
			}
			for i := range points.Rows {
				x := points.At(i, j)
				if lo > 0 && hi >= logRatio*lo {
					scaled.Set(i, j, math.Log(x/lo)/math.Log(hi/lo))
				} else {
					scaled.Set(i, j, (x-lo)/max(hi-lo, 1e-300))
				}
			}
		}
		distance := func(a, b int) float64 {
			return math.Hypot(scaled.At(a, 0)-scaled.At(b, 0), scaled.At(a, 1)-scaled.At(b, 1))
		}
		for _, count := range []int{1, 3, points.Rows, points.Rows + 5} {
			got := spread(points, count)
			if len(got) != min(count, points.Rows) {
				t.Fatalf("%s: %d of %d", name, len(got), count)
			}
			for k := range got {
				gap := func(i int) float64 {
					d := math.Inf(1)
					for _, j := range got[:k] {
						d = min(d, distance(i, j))
					}
					return d
				}
				for i := range points.Rows {
					if k > 0 && gap(i) > gap(got[k])+1e-12 {
						t.Errorf("%s: point %d of %v is not the farthest: %d is", name, k, got, i)
					}
				}
			}
		}
	}
	many := spread(table([][]float64{{0, 0}, {0, 0}, {1, 0}, {1, 0}}), 4)
	seen := map[int]bool{}
	for _, i := range many {
		seen[i] = true
	}
	if len(seen) != 4 {
		t.Errorf("repeated points: %v names some twice", many)
	}
}
