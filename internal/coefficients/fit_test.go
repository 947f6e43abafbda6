package coefficients

import (
	"context"
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"eimtool/internal/dense"
)

// TestFitAccuracy checks the error at unseen parameters against the closed
// forms; the bounds are what the method is meant to reach on such data.
func TestFitAccuracy(t *testing.T) {
	bounds := map[string]float64{
		"affine": 1e-14, "resonance": 1e-12, "waves": 1e-11, "bump": 2e-5,
		"geometry": 2e-5, "grid": 1e-4, "decades": 1e-6,
	}
	for _, f := range testFamilies() {
		t.Run(f.name, func(t *testing.T) {
			m := mustFit(t, f.samples(f.points()), Options{})
			worst := 0.0
			for _, mu := range f.tests(20) {
				p, err := m.Predict(mu)
				if err != nil {
					t.Fatal(err)
				}
				worst = max(worst, relative(p.K, f.row(mu)))
			}
			if worst > bounds[f.name] {
				t.Errorf("error %.2g above %.2g; chosen %v with score %.2g", worst, bounds[f.name], m.Chosen, m.Score)
			}
		})
	}
}

// TestEstimateCoverage holds the estimate to the errors it estimates: at least
// 97 % covered, and not far above in the median.
func TestEstimateCoverage(t *testing.T) {
	var ratios []float64
	covered := 0
	for _, f := range testFamilies() {
		m := mustFit(t, f.samples(f.points()), Options{})
		for _, mu := range f.tests(30) {
			p, err := m.Predict(mu)
			if err != nil {
				t.Fatal(err)
			}
			e := relative(p.K, f.row(mu))
			if e < 1e-13 {
				continue
			}
			if p.ModelError >= e {
				covered++
			}
			ratios = append(ratios, p.ModelError/e)
		}
	}
	if share := float64(covered) / float64(len(ratios)); share < 0.97 {
		t.Errorf("coverage %.3f of %d", share, len(ratios))
	}
	if median := quantile(ratios, 0.5); median > 30 {
		t.Errorf("median over-estimate %.1f", median)
	}
}

func TestAffineIsExactInEightParameters(t *testing.T) {
	f := testFamily{name: "eight", n: 40, f: func(m []float64, x float64) complex128 {
		v := 1.0
		for k, u := range m {
			v += u * math.Cos(float64(3*k+3)*x)
		}
		return realValue(v + m[0]*m[1]*x)
	}}
	for range 8 {
		f.lower, f.upper = append(f.lower, 0.5), append(f.upper, 1.5)
	}
	h := Halton(f.n, 8)
	var points [][]float64
	for i := range f.n {
		points = append(points, f.at(h.Row(i)))
	}
	m := mustFit(t, f.samples(points), Options{})
	if m.Chosen[0] != KindAdaptive {
		t.Errorf("chosen %v", m.Chosen)
	}
	for _, mu := range f.tests(10) {
		p, err := m.Predict(mu)
		if err != nil {
			t.Fatal(err)
		}
		if e := relative(p.K, f.row(mu)); e > 5e-15 {
			t.Errorf("error %.2g", e)
		}
	}
}

func TestPeriodicData(t *testing.T) {
	f := testFamily{
		name: "periodic", lower: []float64{0}, upper: []float64{2 * math.Pi}, n: 25,
		f: func(m []float64, x float64) complex128 { return realValue(1 / (2 + math.Cos(m[0]-2*math.Pi*x))) },
	}
	points := f.points()[:24] // one period without its end
	s := f.samples(points)
	for _, opt := range []Options{{}, {Periodic: []string{"a"}}, {Periodic: []string{"a=6.283185307179586"}}} {
		m := mustFit(t, s, opt)
		if m.Chosen[0] != KindTrigonometric && !slices.Contains(m.Scores[0].Warps, WarpPeriodic) {
			t.Errorf("%v: chosen %v on %v", opt.Periodic, m.Chosen, m.Scores[0].Warps)
		}
		for _, mu := range f.tests(10) {
			p, err := m.Predict(mu)
			if err != nil {
				t.Fatal(err)
			}
			if e := relative(p.K, f.row(mu)); e > 1e-5 {
				t.Errorf("%v: error %.2g", opt.Periodic, e)
			}
		}
	}
}

// TestWildFamilyIsNotModelled samples an oscillation far below its frequency.
func TestWildFamilyIsNotModelled(t *testing.T) {
	f := testFamily{
		name: "wild", lower: []float64{0}, upper: []float64{1}, n: 30,
		f: func(m []float64, x float64) complex128 {
			return realValue(1 + x*math.Exp(1.5*math.Sin(40*m[0])+0.8*math.Sin(171*m[0])))
		},
	}
	m := mustFit(t, f.samples(f.points()), Options{})
	covered := 0
	for _, mu := range f.tests(20) {
		p, err := m.Predict(mu)
		if err != nil {
			t.Fatal(err)
		}
		if p.Modelled {
			t.Fatalf("score %.2g counts as modelled", m.Score)
		}
		if p.ModelError >= relative(p.K, f.row(mu)) {
			covered++
		}
	}
	if covered < 16 {
		t.Errorf("%d of 20 covered", covered)
	}
}

// TestHalfGridIsNotTrusted: polynomials through a part of a lattice can be
// wild between its lines although left-out points of the lattice fit.
func TestHalfGridIsNotTrusted(t *testing.T) {
	f := testFamilies()[5]
	var half [][]float64
	for i, p := range f.points() {
		if i%3 != 1 {
			half = append(half, p)
		}
	}
	m := mustFit(t, f.samples(half), Options{})
	for _, mu := range f.tests(20) {
		p, err := m.Predict(mu)
		if err != nil {
			t.Fatal(err)
		}
		if e := relative(p.K, f.row(mu)); e > 1e-2 || e > 3*p.ModelError {
			t.Errorf("error %.2g, estimate %.2g", e, p.ModelError)
		}
	}
}

func TestThreadsGiveTheSameBits(t *testing.T) {
	for _, k := range []int{2, 3} {
		f := testFamilies()[k]
		s := f.samples(f.points())
		one := mustFit(t, s, Options{Threads: 1})
		for _, threads := range []int{2, 7} {
			if m := mustFit(t, s, Options{Threads: threads}); !reflect.DeepEqual(one, m) {
				t.Errorf("%s: %d threads give another model", f.name, threads)
			}
		}
	}
}

// TestPowersOfTwoScaleThrough: values scaled by 2^k give the same model scaled.
func TestPowersOfTwoScaleThrough(t *testing.T) {
	f := testFamilies()[1]
	s := f.samples(f.points())
	m := mustFit(t, s, Options{})
	for _, exponent := range []int{-300, -20, 7, 300} {
		c := math.Ldexp(1, exponent)
		scaled := *s
		scaled.K = s.K.Clone()
		for i := range scaled.K.Data {
			scaled.K.Data[i] *= c
		}
		other := mustFit(t, &scaled, Options{})
		if !slices.Equal(m.Chosen, other.Chosen) {
			t.Errorf("2^%d: chosen %v, not %v", exponent, other.Chosen, m.Chosen)
		}
		for _, mu := range f.tests(5) {
			a, _ := m.Predict(mu)
			b, _ := other.Predict(mu)
			for i := range b.K {
				b.K[i] /= c
			}
			if e := relative(b.K, a.K); e > 1e-12 {
				t.Errorf("2^%d: %.2g", exponent, e)
			}
		}
	}
}

func TestSmallSampleCounts(t *testing.T) {
	for dim := 1; dim <= 3; dim++ {
		for n := 1; n <= 7; n++ {
			f := testFamily{lower: []float64{1, 1, 1}[:dim], upper: []float64{2, 3, 4}[:dim], f: func(m []float64, x float64) complex128 {
				return realValue(2 + m[0]*x + m[len(m)-1]*x*x)
			}}
			h := Halton(n, dim)
			var points [][]float64
			for i := range n {
				points = append(points, f.at(h.Row(i)))
			}
			m := mustFit(t, f.samples(points), Options{})
			p, err := m.Predict(points[0])
			if err != nil {
				t.Fatal(err)
			}
			if e := relative(p.K, f.row(points[0])); e > 2*p.ModelError+1e-10 {
				t.Errorf("%d parameters, %d samples: error %.2g at a sample, estimate %.2g", dim, n, e, p.ModelError)
			}
			if n == 1 && (p.Modelled || p.ModelError != 0) {
				t.Errorf("one sample: %+v", p)
			}
		}
	}
}

func TestOneSampleKnowsNothingElsewhere(t *testing.T) {
	f := testFamilies()[1]
	m := mustFit(t, f.samples([][]float64{{2}}), Options{})
	p, err := m.Predict([]float64{3})
	if err != nil || p.Modelled || !math.IsInf(p.ModelError, 1) {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestRepeatedAndConstantParameters(t *testing.T) {
	f := testFamilies()[3]
	points := f.points()
	points = append(points, points[5], points[9]) // identical repetitions
	s := f.samples(points)
	m := mustFit(t, s, Options{})
	for _, mu := range f.tests(5) {
		p, err := m.Predict(mu)
		if err != nil {
			t.Fatal(err)
		}
		if e := relative(p.K, f.row(mu)); e > 1e-4 {
			t.Errorf("with repetitions: error %.2g", e)
		}
	}
	one := testFamilies()[1]
	line := one.points()
	line = append(line, line[3])
	mustFit(t, one.samples(line), Options{})

	fixed := f.samples(f.points())
	for i := range fixed.Mu.Rows { // only the first parameter varies, the data follow both
		fixed.Mu.Set(i, 1, 0.25)
	}
	m = mustFit(t, fixed, Options{})
	if d, err := m.Derivative([]float64{0.5, 0.25}, 1); err != nil || dense.Norm(d) != 0 {
		t.Errorf("derivative along a constant parameter: %v, %v", dense.Norm(d), err)
	}
	p, err := m.Predict([]float64{0.5, 0.5})
	if err != nil || !math.IsInf(p.ModelError, 1) || !math.IsInf(p.Extrapolation, 1) {
		t.Errorf("outside a constant parameter: %v %v %v", p.ModelError, p.Extrapolation, err)
	}
}

func TestEqualSamplesGiveAConstant(t *testing.T) {
	f := testFamily{lower: []float64{0}, upper: []float64{1}, n: 6, f: func(_ []float64, x float64) complex128 { return realValue(x) }}
	m := mustFit(t, f.samples(f.points()), Options{})
	p, err := m.Predict([]float64{0.3})
	if err != nil || !p.Modelled || p.ModelError > 1e-14 || relative(p.K, f.row([]float64{0})) > 1e-15 {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestFitErrors(t *testing.T) {
	f := testFamilies()[3]
	good := f.samples(f.points())
	nan := f.samples(f.points())
	nan.Mu.Set(2, 1, math.NaN())
	short := *good
	short.Names = short.Names[:1]
	cases := []struct {
		name string
		s    *Samples
		opt  Options
		want string
	}{
		{"unknown model", good, Options{Model: "spline"}, `unknown model "spline"`},
		{"needs one parameter", good, Options{Model: KindAAA}, "needs one parameter"},
		{"unknown warp", good, Options{Warp: map[string]string{"a": "cube"}}, `unknown warp "cube" of parameter a`},
		{"warp domain", good, Options{Warp: map[string]string{"a": WarpLog}}, "not defined on its samples"},
		{"warp of nothing", good, Options{Warp: map[string]string{"z": WarpLog}}, "no such parameter"},
		{"periodic nothing", good, Options{Periodic: []string{"z"}}, "no such parameter"},
		{"periodic scattered", good, Options{Periodic: []string{"a"}}, "not equidistant"},
		{"bad period", good, Options{Periodic: []string{"a=-1"}}, "not a positive number"},
		{"NaN", nan, Options{}, "parameter b of sample 3"},
		{"names", &short, Options{}, "1 parameter names but 2"},
		{"empty", &Samples{}, Options{}, "no samples"},
	}
	for _, c := range cases {
		if _, err := Fit(context.Background(), c.s, c.opt); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Fit(ctx, good, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestProgressCounts(t *testing.T) {
	f := testFamilies()[1]
	last := map[string]int{}
	mustFit(t, f.samples(f.points()), Options{Progress: func(stage string, done, total int) {
		if done < last[stage] || done > total {
			t.Errorf("%s: %d of %d after %d", stage, done, total, last[stage])
		}
		last[stage] = done
	}})
	if last["models"] == 0 {
		t.Error("no progress")
	}
}

// TestModelIsPlainData walks the type: the bundle encodes it by reflection.
func TestModelIsPlainData(t *testing.T) {
	plain := []reflect.Type{
		reflect.TypeFor[[]float64](), reflect.TypeFor[[]int](), reflect.TypeFor[[]string](),
		reflect.TypeFor[*dense.Matrix[float64]](),
	}
	var walk func(path string, typ reflect.Type)
	walk = func(path string, typ reflect.Type) {
		switch {
		case slices.Contains(plain, typ), slices.Contains([]reflect.Kind{reflect.Float64, reflect.Int, reflect.String, reflect.Bool}, typ.Kind()):
		case typ.Kind() == reflect.Slice && typ.Elem().Kind() == reflect.Struct:
			walk(path+"[]", typ.Elem())
		case typ.Kind() == reflect.Struct:
			for i := range typ.NumField() {
				field := typ.Field(i)
				if !field.IsExported() {
					t.Errorf("%s.%s is not exported", path, field.Name)
				}
				walk(path+"."+field.Name, field.Type)
			}
		default:
			t.Errorf("%s has type %v", path, typ)
		}
	}
	walk("Model", reflect.TypeFor[Model]())
}
