package answer_test

import (
	"context"
	"errors"
	"math"
	"math/cmplx"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"eimtool/internal/answer"
	"eimtool/internal/dense"
	"eimtool/internal/logdet/bracket"
	"eimtool/internal/logdet/measure"
	"eimtool/internal/matrix"
	"eimtool/internal/surrogate"
)

// logDet returns log|det A(μ)| by gonum, in real arithmetic of twice the size.
func (f *form) logDet(mu []float64) float64 {
	a := f.full(mu)
	n := a.Rows
	block := mat.NewDense(2*n, 2*n, nil)
	for i := range n {
		for j, v := range a.Row(i) {
			block.Set(i, j, real(v))
			block.Set(i, n+j, -imag(v))
			block.Set(n+i, j, imag(v))
			block.Set(n+i, n+j, real(v))
		}
	}
	l, _ := mat.LogDet(block)
	return l / 2
}

// phase returns det A/|det A| by elimination of a matrix that needs no pivoting.
func (f *form) phase(mu []float64) complex128 {
	a, p := f.full(mu), complex(1, 0)
	for k := range a.Rows {
		d := a.At(k, k)
		p *= d / complex(cmplx.Abs(d), 0)
		for i := k + 1; i < a.Rows; i++ {
			dense.Axpy(-a.At(i, k)/d, a.Row(k), a.Row(i))
		}
	}
	return p
}

// forLogDet makes a model for log det alone of the samples.
func (f *form) forLogDet(t *testing.T, change func(*surrogate.Options)) *surrogate.Model {
	t.Helper()
	return f.build(t, func(o *surrogate.Options) {
		o.RHS, o.LogDet = nil, true
		if change != nil {
			change(o)
		}
	})
}

// barsForLogDet makes a model of given parts whose measure is not sharp; nothing
// may change that of the default options, which is shared.
func barsForLogDet(t *testing.T, change func(*surrogate.Options)) (*form, *surrogate.Model) {
	t.Helper()
	f, p := bars(false)
	const shared = "bars for log det"
	models.Lock()
	defer models.Unlock()
	if m := models.byName[shared]; m != nil && change == nil {
		return f, m
	}
	points := f.points()
	mu := dense.New[float64](len(points), 2)
	for i, x := range points {
		copy(mu.Row(i), x)
	}
	o := surrogate.DefaultOptions()
	o.LogDet, o.LogDetMax, o.LogDetTolerance, o.LogDetHessians = true, 7, 1e-3, "no"
	if change != nil {
		change(&o)
	}
	m, err := surrogate.BuildParts(t.Context(), &surrogate.PartsInput{Parts: p, Points: mu, SampleFiles: make([]string, len(points))}, o)
	if err != nil {
		t.Fatal(err)
	}
	if change == nil {
		models.byName[shared] = m
	}
	return f, m
}

func logDets(t *testing.T, m *surrogate.Model, opt answer.LogDetOptions, mu ...float64) (*answer.LogDet, error) {
	t.Helper()
	s, err := answer.NewLogDet(m, nil, opt)
	if err != nil {
		t.Fatal(err)
	}
	r, errs := s.LogDet(context.Background(), []answer.Point{{Mu: mu}})
	return r[0], errs[0]
}

func oneLogDet(t *testing.T, m *surrogate.Model, opt answer.LogDetOptions, mu ...float64) *answer.LogDet {
	t.Helper()
	r, err := logDets(t, m, opt, mu...)
	if err != nil {
		t.Fatalf("%+v at %v: %v", opt, mu, err)
	}
	return r
}

// auto takes the fitted method while its estimate is good enough, and the
// factorisation, or the better of both, where it is not.
func TestLogDetChoice(t *testing.T) {
	f, m := barsForLogDet(t, nil)
	mu := f.random(1, 80)[0]
	fitted := oneLogDet(t, m, answer.LogDetOptions{Method: answer.Measure}, mu...).Estimate
	direct := oneLogDet(t, m, answer.LogDetOptions{Method: answer.Direct}, mu...).Estimate
	if !(fitted > 1e-6 && direct < 1e-8) {
		t.Fatalf("not the family wanted: estimates %.1e and %.1e", fitted, direct)
	}
	good, poor := *m.LogDet, *m.LogDet
	good.Tolerance, poor.Tolerance = 2*fitted, fitted/2
	with := func(l *surrogate.LogDet) *surrogate.Model {
		other := *m
		other.LogDet = l
		return &other
	}
	for _, c := range []struct {
		name     string
		m        *surrogate.Model
		opt      answer.LogDetOptions
		method   string
		accepted bool
		reason   string
	}{
		{"made for it", with(&good), answer.LogDetOptions{}, answer.Measure, true, "tolerance that the bundle was made for"},
		{"made for more", with(&poor), answer.LogDetOptions{}, answer.Direct, true, "estimates of the fitted methods are larger"},
		{"named auto", with(&poor), answer.LogDetOptions{Method: answer.Auto}, answer.Direct, true, "larger"},
		{"coarse tolerance", with(&poor), answer.LogDetOptions{Tolerance: 2 * fitted}, answer.Measure, true, "cheapest"},
		{"tolerance at the estimate", m, answer.LogDetOptions{Tolerance: fitted}, answer.Measure, true, "cheapest"},
		{"below it", with(&good), answer.LogDetOptions{Tolerance: fitted * (1 - 1e-12)}, answer.Direct, true, "larger"},
		{"impossible tolerance", m, answer.LogDetOptions{Tolerance: 1e-300}, answer.Direct, false, "larger"},
		{"asked for", m, answer.LogDetOptions{Method: answer.Measure, Tolerance: fitted / 2}, answer.Measure, false, "asked for"},
		{"factorisation asked for", with(&good), answer.LogDetOptions{Method: answer.Direct}, answer.Direct, true, "asked for"},
		{"nothing fitted", with(nil), answer.LogDetOptions{}, answer.Direct, true, "no fitted method"},
	} {
		r := oneLogDet(t, c.m, c.opt, mu...)
		if r.Method != c.method || r.Accepted != c.accepted || !strings.Contains(r.Reason, c.reason) {
			t.Errorf("%s: %s (%s), accepted %v; want %s (%s), %v", c.name, r.Method, r.Reason, r.Accepted, c.method, c.reason, c.accepted)
		}
		want := f.logDet(mu)
		if e := math.Abs(r.LogAbs - want); e > r.Estimate || r.Sign != 1 || want < r.Lower || want > r.Upper {
			t.Errorf("%s: error %.2e, estimate %.2e, sign %g, bounds %g, %g", c.name, e, r.Estimate, r.Sign, r.Lower, r.Upper)
		}
	}
	// Where a coefficient is negative there is no measure.
	away := []float64{-0.01, 1}
	r := oneLogDet(t, m, answer.LogDetOptions{}, away...)
	if e := math.Abs(r.LogAbs - f.logDet(away)); r.Method != answer.Direct || e > r.Estimate {
		t.Errorf("negative coefficient: %+v, error %.2e", r, e)
	}
	var e *answer.LogDetError
	if _, err := logDets(t, m, answer.LogDetOptions{Method: answer.Measure}, away...); !errors.As(err, &e) || !strings.Contains(e.Msg, "not positive") || e.Hint == "" {
		t.Errorf("measure asked for there: %v", err)
	}
}

// A value outside of its rigorous bounds by less than its estimate is moved to
// them; one farther off is refused.
func TestLogDetBounds(t *testing.T) {
	f, m := barsForLogDet(t, nil)
	mu := f.random(1, 81)[0]
	plain := oneLogDet(t, m, answer.LogDetOptions{Method: answer.Measure}, mu...)
	alpha := []float64{mu[0], mu[1], 0.1 + mu[0]*mu[1]}
	v, err := m.LogDet.Measure.At(alpha)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		shift   float64
		refused bool
	}{
		{0.9 * plain.Estimate, false},
		{-0.9 * plain.Estimate, false},
		{1.1*plain.Estimate + 1e-9, true},
		{-1, true},
	} {
		// A node at the point itself, of log det shifted: both bounds are its value.
		b, err := bracket.New([]measure.Node{{Alpha: alpha, LogDet: plain.LogAbs + c.shift, Trace: v.Slope}}, m.Rows)
		if err != nil {
			t.Fatal(err)
		}
		l, other := *m.LogDet, *m
		l.Bracket, other.LogDet = b, &l
		r, err := logDets(t, &other, answer.LogDetOptions{Method: answer.Measure}, mu...)
		var e *answer.LogDetError
		switch {
		case c.refused && (!errors.As(err, &e) || !strings.Contains(e.Msg, "rigorous bounds")):
			t.Errorf("off by %g: %+v, %v", c.shift, r, err)
		case !c.refused && (err != nil || math.Abs(r.LogAbs-plain.LogAbs-c.shift) > 1e-10):
			t.Errorf("off by %g: %+v, %v", c.shift, r, err)
		}
	}
}

// A bundle of log det alone has nothing to factorise.
func TestLogDetAlone(t *testing.T) {
	f, m := barsForLogDet(t, func(o *surrogate.Options) { o.Only = "logdet" })
	mu := f.random(1, 82)[0]
	var e *answer.MethodError
	for _, method := range []string{answer.Direct, answer.Trace, answer.Interpolate, "nonsense"} {
		if _, err := answer.NewLogDet(m, nil, answer.LogDetOptions{Method: method}); !errors.As(err, &e) {
			t.Errorf("%s: %v", method, err)
		}
	}
	for _, tolerance := range []float64{0, 1e-300} {
		r := oneLogDet(t, m, answer.LogDetOptions{Tolerance: tolerance, Gradient: true}, mu...)
		if r.Method != answer.Measure || r.Accepted != (tolerance == 0) || len(r.Gradient) != 2 || math.Abs(r.LogAbs-f.logDet(mu)) > r.Estimate {
			t.Errorf("tolerance %g: %+v", tolerance, r)
		}
	}
	m.LogDet = nil
	if _, err := answer.NewLogDet(m, nil, answer.LogDetOptions{}); !errors.As(err, &e) {
		t.Errorf("nothing at all: %v", err)
	}
}

// The phase is right whatever its branch; the branch is the best one known.
func TestLogDetPhase(t *testing.T) {
	f := damped()
	m := f.forLogDet(t, nil)
	if m.LogDet.Sampled.Phase == nil || !m.LogDet.Accretive {
		t.Fatal("no fitted phase, or no continuous branch")
	}
	unfitted, accretive, unknown, turned := *m, *m, *m, *m
	plain, branch, fitted := *m.LogDet, *m.LogDet, *m.LogDet
	fitted.Accretive = false
	turned.LogDet = &fitted
	plain.Sampled, plain.Accretive, plain.Preferred = nil, false, ""
	branch.Sampled, branch.Preferred = nil, ""
	unfitted.LogDet, accretive.LogDet = &plain, &branch
	unknown.LogDet = nil
	for _, c := range []struct {
		name   string
		m      *surrogate.Model
		method string
		branch string
	}{
		{"fitted", m, answer.Interpolate, answer.Continuous},
		{"factorised", m, answer.Direct, answer.Continuous},
		{"not accretive", &turned, answer.Interpolate, answer.Unwrapped},
		{"not accretive, factorised", &turned, answer.Direct, answer.Unwrapped},
		{"accretive, no fit", &accretive, answer.Direct, answer.Continuous},
		{"neither", &unfitted, answer.Direct, answer.Wrapped},
		{"not prepared", &unknown, answer.Direct, answer.Wrapped},
	} {
		last, lastMu := math.NaN(), []float64(nil)
		for k := range 30 { // along the diagonal of the box
			var mu []float64
			for j := range f.lo {
				mu = append(mu, f.lo[j]+(f.hi[j]-f.lo[j])*float64(k)/29)
			}
			r := oneLogDet(t, c.m, answer.LogDetOptions{Method: c.method}, mu...)
			want := f.phase(mu)
			if r.Branch != c.branch || r.Sign != 0 || cmplx.Abs(r.Phase-want) > r.Estimate+1e-10 {
				t.Fatalf("%s at %v: branch %q, phase %v, want %v", c.name, mu, r.Branch, r.Phase, want)
			}
			if d := math.Abs(math.Remainder(r.Angle-cmplx.Phase(r.Phase), 2*math.Pi)); d > 1e-12*(1+math.Abs(r.Angle)) {
				t.Errorf("%s at %v: angle %g is not that of %v", c.name, mu, r.Angle, r.Phase)
			}
			if c.branch == answer.Wrapped && math.Abs(r.Angle) > math.Pi {
				t.Errorf("%s at %v: angle %g", c.name, mu, r.Angle)
			}
			step := cmplx.Phase(want)
			if lastMu != nil {
				step = cmplx.Phase(want / f.phase(lastMu))
			}
			if c.branch != answer.Wrapped && lastMu != nil && math.Abs(r.Angle-last-step) > 1e-3+r.Estimate {
				t.Errorf("%s at %v: the angle goes from %g to %g, the phase turns by %g", c.name, mu, last, r.Angle, step)
			}
			last, lastMu = r.Angle, mu
		}
	}
}

// The interval of the trace method holds log det, a preconditioner narrows it,
// and the seed alone decides.
func TestLogDetTrace(t *testing.T) {
	f := diffusion()
	m := f.forLogDet(t, nil)
	mu := f.random(1, 83)[0]
	want := f.logDet(mu)
	opt := answer.LogDetOptions{Method: answer.Trace, Vectors: 32, Seed: 3}
	alone := oneLogDet(t, m, opt, mu...)
	again := oneLogDet(t, m, opt, mu...)
	if alone.LogAbs != again.LogAbs || alone.Estimate != again.Estimate {
		t.Errorf("the same seed gives %v and %v", alone.LogAbs, again.LogAbs)
	}
	opt.Points = 100
	near := oneLogDet(t, m, opt, mu...)
	for name, r := range map[string]*answer.LogDet{"alone": alone, "near": near} {
		if e := math.Abs(r.LogAbs - want); e > r.Estimate || r.Sign != 1 || r.Method != answer.Trace || !r.Accepted {
			t.Errorf("%s: error %.2e, estimate %.2e", name, e, r.Estimate)
		}
	}
	if !(near.Estimate < alone.Estimate/2) {
		t.Errorf("half width %.2e, with the nearest term %.2e", alone.Estimate, near.Estimate)
	}
	if r := oneLogDet(t, m, answer.LogDetOptions{Method: answer.Trace, Vectors: 6, Tolerance: 1e-12}, mu...); r.Accepted {
		t.Errorf("accepted with an estimate of %.2e", r.Estimate)
	}
	// Refusals.
	complexes := damped()
	var method *answer.MethodError
	if s, err := answer.NewLogDet(complexes.forLogDet(t, nil), nil, answer.LogDetOptions{Method: answer.Trace}); err == nil {
		_, errs := s.LogDet(t.Context(), []answer.Point{{Mu: complexes.lo}})
		err = errs[0]
		if !errors.As(err, &method) {
			t.Errorf("complex matrices: %v", err)
		}
	} else if !errors.As(err, &method) {
		t.Errorf("complex matrices: %v", err)
	}
	if _, err := logDets(t, m, answer.LogDetOptions{Method: answer.Trace, Gradient: true}, mu...); !errors.As(err, &method) {
		t.Errorf("gradient: %v", err)
	}
	plain := f.entry
	f.entry = func(mu []float64, i, j int) complex128 { return -plain(mu, i, j) }
	negative := f.forLogDet(t, nil)
	if r, err := logDets(t, negative, answer.LogDetOptions{Method: answer.Trace}, mu...); err == nil {
		t.Errorf("negative definite matrices: %+v", r)
	}
	if r := oneLogDet(t, negative, answer.LogDetOptions{}, mu...); math.Abs(r.LogAbs-want) > r.Estimate || r.Sign != math.Pow(-1, float64(negative.Rows)) {
		t.Errorf("negative definite matrices: %+v", r)
	}
}

// Without the memory for a factor, Lanczos quadrature is left where it applies.
func TestLogDetMemory(t *testing.T) {
	f := diffusion()
	m := f.forLogDet(t, nil)
	mu := f.random(1, 84)[0]
	var e *answer.MemoryError
	if _, err := logDets(t, m, answer.LogDetOptions{Method: answer.Direct, Memory: 1}, mu...); !errors.As(err, &e) {
		t.Errorf("direct: %v", err)
	}
	unfitted := *m
	unfitted.LogDet = nil
	r := oneLogDet(t, &unfitted, answer.LogDetOptions{Memory: 1}, mu...)
	if r.Method != answer.Trace || math.Abs(r.LogAbs-f.logDet(mu)) > 3*r.Estimate {
		t.Errorf("auto: %+v", r)
	}
	fitted := oneLogDet(t, m, answer.LogDetOptions{Memory: 1, Tolerance: 1e-300}, mu...)
	if fitted.Method != answer.Interpolate || fitted.Accepted {
		t.Errorf("a fit that is not good enough: %+v", fitted)
	}
	complexes := damped()
	bare := complexes.forLogDet(t, nil)
	bare.LogDet = nil
	if r, err := logDets(t, bare, answer.LogDetOptions{Memory: 1}, complexes.lo...); !errors.As(err, &e) {
		t.Errorf("complex matrices: %+v, %v", r, err)
	}
}

// Gradients of the factorisation are those of its values.
func TestLogDetGradient(t *testing.T) {
	for _, f := range []*form{diffusion(), damped(), magnetic()} {
		for _, keep := range []string{"yes", "no"} {
			m := f.forLogDet(t, func(o *surrogate.Options) { o.KeepTable = keep })
			for _, mu := range f.random(2, 85) {
				r := oneLogDet(t, m, answer.LogDetOptions{Method: answer.Direct, Gradient: true}, mu...)
				for j := range mu {
					var quotient complex128
					h := 1e-3 * (f.hi[j] - f.lo[j])
					for k, w := range []float64{45, -9, 1} {
						for _, side := range []float64{1, -1} {
							at := slices.Clone(mu)
							at[j] += side * float64(k+1) * h
							v := oneLogDet(t, m, answer.LogDetOptions{Method: answer.Direct}, at...)
							turn := 0.0
							if f.pattern.Symmetry != matrix.Hermitian && f.complex {
								turn = cmplx.Phase(v.Phase / r.Phase)
							}
							quotient += complex(side*w/(60*h), 0) * complex(v.LogAbs-r.LogAbs, turn)
						}
					}
					if d := cmplx.Abs(r.Gradient[j] - quotient); d > 1e-6*(1+cmplx.Abs(quotient)) {
						t.Errorf("%s, table %s at %v: ∂/∂μ%d is %v, differences give %v", f.name, keep, mu, j, r.Gradient[j], quotient)
					}
				}
			}
		}
	}
}

// Points without parameters: no fit, no gradient.
func TestLogDetOfProbes(t *testing.T) {
	f := diffusion()
	m := f.forLogDet(t, nil)
	mu := f.random(1, 86)[0]
	a, err := m.At(mu)
	if err != nil {
		t.Fatal(err)
	}
	point := []answer.Point{{Answer: a}}
	ask := func(opt answer.LogDetOptions) (*answer.LogDet, error) {
		s, err := answer.NewLogDet(m, nil, opt)
		if err != nil {
			t.Fatal(err)
		}
		r, errs := s.LogDet(t.Context(), point)
		return r[0], errs[0]
	}
	if r, err := ask(answer.LogDetOptions{}); err != nil || r.Method != answer.Direct || math.Abs(r.LogAbs-f.logDet(mu)) > r.Estimate {
		t.Errorf("%+v, %v", r, err)
	}
	var method *answer.MethodError
	if _, err := ask(answer.LogDetOptions{Method: answer.Interpolate}); !errors.As(err, &method) {
		t.Errorf("interpolate: %v", err)
	}
	var at *answer.PointError
	if _, err := ask(answer.LogDetOptions{Gradient: true}); !errors.As(err, &at) {
		t.Errorf("gradient: %v", err)
	}
}

// A singular matrix has no log det; other points are answered all the same.
func TestLogDetSingular(t *testing.T) {
	f, m := barsForLogDet(t, nil)
	s, err := answer.NewLogDet(m, nil, answer.LogDetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	good := f.random(1, 87)[0]
	// The coefficient of the mass, 0.1 + ab, vanishes with
	// a = 0.1 and b = -1, and the chains annihilate constants.
	r, errs := s.LogDet(t.Context(), []answer.Point{{Mu: good}, {Mu: []float64{0.1, -1}}, {Mu: good}})
	var singular *answer.SingularError
	if !errors.As(errs[1], &singular) {
		t.Errorf("singular: %+v, %v", r[1], errs[1])
	}
	if errs[0] != nil || errs[2] != nil || r[0].LogAbs != r[2].LogAbs {
		t.Errorf("its neighbours: %v, %v", errs[0], errs[2])
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, errs := s.LogDet(ctx, []answer.Point{{Mu: good}}); !errors.Is(errs[0], context.Canceled) {
		t.Errorf("cancelled: %v", errs[0])
	}
}
