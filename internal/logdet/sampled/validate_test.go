package sampled

import (
	"context"
	"errors"
	"math"
	"math/cmplx"
	"sync/atomic"
	"testing"

	"eimtool/internal/dense"
)

type surrogate = func(ctx context.Context, mu []float64) (logAbs, phase float64, slope []complex128, err error)

// unchecked is a complex model of one parameter that used slopes and was not
// compared with a surrogate, with what made it: log Π (μ − z_k).
func unchecked(t *testing.T) (*fitter, *Model, surrogate) {
	t.Helper()
	exact := func(_ context.Context, mu []float64) (float64, float64, []complex128, error) {
		var v, slope complex128
		for k := range 5 {
			z := complex(mu[0]-0.7*float64(k), 0.4)
			v += cmplx.Log(z)
			slope += 1 / z
		}
		return real(v), imag(v), []complex128{slope}, nil
	}
	const n = 15
	s := &Samples{Names: []string{"a"}, Mu: dense.New[float64](n, 1), Slope: dense.New[complex128](n, 1), SlopeError: 1e-13}
	for i := range n {
		s.Mu.Data[i] = 3 * float64(i) / (n - 1)
		l, p, slope, _ := exact(t.Context(), s.Mu.Row(i))
		s.LogAbs, s.Phase, s.Slope.Data[i] = append(s.LogAbs, l), append(s.Phase, p), slope[0]
	}
	m, err := Fit(t.Context(), s, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if !m.Modelled() || m.Phase == nil || m.LogAbs.Estimate.Scale != 1 || m.LogAbs.Estimate.Level != 0 {
		t.Fatalf("not the model wanted: %+v", m.LogAbs.Estimate)
	}
	return &fitter{ctx: t.Context(), s: s, lower: m.Lower, upper: m.Upper, params: []int{0}}, m, exact
}

// follow is a surrogate that differs from the values of m by d.
func follow(m *Model, d complex128) surrogate {
	plain := *m // keeps its values, and its estimates, whatever validate does to m
	return func(_ context.Context, mu []float64) (float64, float64, []complex128, error) {
		v, err := plain.At(mu)
		return v.LogAbs + real(d), v.Phase + imag(d), v.Gradient, err
	}
}

func validated(t *testing.T, f *fitter, m *Model, s surrogate) {
	t.Helper()
	f.s.Surrogate = s
	if err := f.validate(m); err != nil {
		t.Fatal(err)
	}
}

func estimates(t *testing.T, m *Model) (logAbs, phase []float64) {
	t.Helper()
	for k := range 61 {
		v, err := m.At([]float64{0.05 * float64(k)})
		if err != nil {
			t.Fatal(err)
		}
		logAbs, phase = append(logAbs, v.Estimate), append(phase, v.PhaseEstimate)
	}
	return logAbs, phase
}

// Estimates that were too small grow until they cover what was found, twice.
func TestValidateRaises(t *testing.T) {
	f, m, _ := unchecked(t)
	before, _ := estimates(t, m)
	const off = 0.3
	validated(t, f, m, follow(m, off))
	e := m.LogAbs.Estimate
	after, phase := estimates(t, m)
	for k := range after {
		if !(after[k] >= validationSafety*off*(1-1e-9)) || after[k] < before[k] {
			t.Errorf("point %d: estimate %.2e, before %.2e, differences of %.1g were found", k, after[k], before[k], off)
		}
		if !(phase[k] < off) {
			t.Errorf("point %d: estimate %.2e of the phase, which agreed", k, phase[k])
		}
	}
	if !(e.Scale > 1) || !(e.Level > 0) {
		t.Errorf("scale %g, level %g", e.Scale, e.Level)
	}
}

// Those that were too large shrink, to a fiftieth at most, and not below the
// rounding.
func TestValidateLowers(t *testing.T) {
	f, m, _ := unchecked(t)
	before, before2 := estimates(t, m)
	validated(t, f, m, follow(m, 0))
	if s := m.LogAbs.Estimate.Scale; s != leastScale {
		t.Errorf("scale %g where the surrogate agrees", s)
	}
	after, after2 := estimates(t, m)
	lower := 0
	for k := range after {
		if after[k] < before[k] && after2[k] < before2[k] {
			lower++
		}
		if v, _ := m.At([]float64{0.05 * float64(k)}); after[k] < rounding(v.LogAbs) || after2[k] < rounding(v.Phase) {
			t.Errorf("point %d: estimates %.1e and %.1e below the rounding", k, after[k], after2[k])
		}
	}
	if lower < len(after)*3/4 {
		t.Errorf("%d of %d estimates were lowered", lower, len(after))
	}
}

// Phases agree when they differ by turns; the real surrogate behind the samples
// leaves estimates that hold.
func TestValidatePhase(t *testing.T) {
	f, m, exact := unchecked(t)
	g, other, _ := unchecked(t)
	var turn atomic.Int64
	validated(t, f, m, exact)
	validated(t, g, other, func(ctx context.Context, mu []float64) (float64, float64, []complex128, error) {
		l, p, s, err := exact(ctx, mu)
		return l, p + 2*math.Pi*float64(turn.Add(3)%7-3), s, err
	})
	one, two := m.Phase.Estimate, other.Phase.Estimate
	if math.Abs(one.Scale-two.Scale) > 1e-6*one.Scale || one.Level != two.Level {
		t.Errorf("scale %g, with turns %g", one.Scale, two.Scale)
	}
	const points = 200
	covered := 0
	for k := range points {
		mu := []float64{3 * (float64(k) + 0.5) / points}
		v, err := m.At(mu)
		if err != nil {
			t.Fatal(err)
		}
		l, p, _, _ := exact(t.Context(), mu)
		if math.Abs(v.LogAbs-l) <= v.Estimate && math.Abs(math.Remainder(v.Phase-p, 2*math.Pi)) <= v.PhaseEstimate {
			covered++
		}
	}
	if covered < points*95/100 {
		t.Errorf("%d of %d covered", covered, points)
	}
}

// Points where the surrogate fails do not count; where it fails at most of them
// nothing is changed.
func TestValidateFailures(t *testing.T) {
	for _, c := range []struct {
		failing int
		scaled  bool
	}{{0, true}, {5, true}, {6, false}, {10, false}} {
		f, m, exact := unchecked(t)
		var calls atomic.Int64
		validated(t, f, m, func(ctx context.Context, mu []float64) (float64, float64, []complex128, error) {
			l, p, s, err := exact(ctx, mu)
			if n := int(calls.Add(1)); n <= c.failing {
				if n%2 == 0 {
					return math.NaN(), p, s, nil
				}
				return 0, 0, nil, errors.New("singular")
			}
			return l + 1, p, s, err
		})
		if got := m.LogAbs.Estimate.Scale > 1; got != c.scaled || calls.Load() != validationPoints {
			t.Errorf("%d failing: scale %g after %d calls", c.failing, m.LogAbs.Estimate.Scale, calls.Load())
		}
	}
	f, m, exact := unchecked(t)
	ctx, cancel := context.WithCancel(t.Context())
	f.ctx, f.s.Surrogate = ctx, func(ctx context.Context, mu []float64) (float64, float64, []complex128, error) {
		cancel()
		return exact(ctx, mu)
	}
	if err := f.validate(m); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// Models of the values alone, and callers that want no further matrices, are not
// compared.
func TestValidateNothing(t *testing.T) {
	refuse := func(context.Context, []float64) (float64, float64, []complex128, error) {
		t.Error("the surrogate was asked")
		return 0, 0, nil, nil
	}
	f, m, _ := unchecked(t)
	f.opt.MaxNodes = -1
	validated(t, f, m, refuse)
	f.opt.MaxNodes = 0
	m.LogAbs.Slopes, m.Phase.Slopes = false, false
	if m.Modelled() {
		t.Error("still modelled")
	}
	validated(t, f, m, refuse)
}
