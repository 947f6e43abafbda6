package eim

import (
	"context"
	"errors"
	"math"
	"sort"
	"testing"

	"eimtool/internal/dense"
	"eimtool/internal/scalar"
)

// losses returns the sup errors over test when each magic feature is lost in
// turn, sorted.
func losses[T scalar.Scalar](t *testing.T, train, test *Table[T], s *Selection[T]) []float64 {
	t.Helper()
	var out []float64
	for l := range s.Features {
		p, err := s.Partial(nil, []int{l})
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, interpolationError(t, train, test, s, p.Beta))
	}
	sort.Float64s(out)
	return out
}

// TestLostSensor compares the errors after the loss of one magic feature with
// figures that an independent NumPy script gave (minimum norm by QR): worst and
// median over the feature lost. Grids differ: a factor of 3 is allowed.
func TestLostSensor(t *testing.T) {
	near := func(name string, got, want float64) {
		t.Helper()
		if got > 3*want || got < want/3 {
			t.Errorf("%s: %.2g, want about %.2g", name, got, want)
		}
	}
	test := sampled(runge, 1.01, 9.99, 97, 401)
	for _, c := range []struct {
		terms               int
		full, worst, median float64
	}{
		{6, 1.2e-3, 1.4e-2, 5.9e-3},
		{10, 1.8e-6, 4.7e-5, 1.5e-5},
		{18, 0, 2e-10, 5e-11},
	} {
		s := greedyOf(t, rungeTable(), Options{MaxTerms: c.terms, FirstRow: -1})
		e := losses(t, rungeTable(), test, s)
		near("runge, worst", e[len(e)-1], c.worst)
		near("runge, median", e[len(e)/2], c.median)
		if c.full > 0 {
			near("runge, all sensors", interpolationError(t, rungeTable(), test, s, s.Beta), c.full)
		}
	}
	waves := sampled(wave, 1.01, 9.99, 97, 401)
	s := greedyOf(t, waveTable(), Options{MaxTerms: 12, FirstRow: -1})
	e := losses(t, waveTable(), waves, s)
	near("wave, worst", e[len(e)-1], 3.6e-5)
	near("wave, median", e[len(e)/2], 1.4e-5)
}

// TestMinimumNorm checks the definition: β interpolates at the features left,
// and has no part that is invisible to them.
func TestMinimumNorm(t *testing.T) {
	table := waveTable()
	s := greedyOf(t, table, Options{MaxTerms: 8, FirstRow: -1})
	values := make([]complex128, 8)
	for l, f := range s.Features {
		values[l] = table.Value(57, f)
	}
	for lost := range 8 {
		missing := make([]bool, 8)
		missing[lost] = true
		broken := append([]complex128{}, values...)
		broken[lost] = complex(math.NaN(), 0)
		beta, err := s.BetaMissing(broken, missing)
		if err != nil {
			t.Fatal(err)
		}
		// Errors of β are ε·cond(F); those of what it gives at the features only ε.
		for l := range 8 {
			var v complex128
			for m, b := range beta {
				v += b * s.Values.At(m, l)
			}
			if d := scalar.Abs(v - values[l]); l != lost && d > 1e3*scalar.Eps {
				t.Errorf("without feature %d: value at feature %d is off by %g", lost, l, d)
			}
		}
		e := make([]complex128, 8)
		e[lost] = 1
		invisible, err := s.Beta(e) // a combination that is 0 at all other features
		if err != nil {
			t.Fatal(err)
		}
		cos := scalar.Abs(dense.Dotc(invisible, beta)) / dense.Norm(invisible) / dense.Norm(beta)
		if cos > 1e3*1e4*scalar.Eps { // cond(F) is about 1e4
			t.Errorf("without feature %d: β is not of minimum norm, cosine %g", lost, cos)
		}
	}
}

// TestLostField checks the other direction: the snapshots left are reproduced,
// and errors are of the size of those of a lost sensor.
func TestLostField(t *testing.T) {
	train, test := rungeTable(), sampled(runge, 1.01, 9.99, 97, 401)
	s := greedyOf(t, train, Options{MaxTerms: 10, FirstRow: -1})
	var errs []float64
	for lost := range 10 {
		p, err := s.DropSnapshots([]int{lost})
		if err != nil {
			t.Fatal(err)
		}
		errs = append(errs, interpolationError(t, train, test, s, p.Beta))
		for m := range 10 {
			beta, err := p.Beta(s.Values.Row(m))
			if err != nil {
				t.Fatal(err)
			}
			if beta[lost] != 0 {
				t.Fatalf("β of the lost snapshot %d is %g", lost, beta[lost])
			}
			// cond(F) is about 3e6 at 10 terms.
			if d := math.Abs(beta[m] - 1); m != lost && d > 3e6*100*scalar.Eps {
				t.Errorf("without snapshot %d, snapshot %d is not reproduced: β off by %g", lost, m, d)
			}
		}
	}
	sort.Float64s(errs)
	// An independent NumPy script gave 6.8e-5 (worst) and 1.9e-5 (median).
	if errs[9] > 3*6.8e-5 || errs[5] > 3*1.9e-5 {
		t.Errorf("errors without one snapshot: worst %g, median %g", errs[9], errs[5])
	}
}

func TestOversample(t *testing.T) {
	train, test := rungeTable(), sampled(runge, 1.01, 9.99, 97, 401)
	square := greedyOf(t, train, Options{MaxTerms: 10, FirstRow: -1})
	s := greedyOf(t, train, Options{MaxTerms: 10, FirstRow: -1, Oversample: 15})
	if len(s.Features) != 25 {
		t.Fatalf("%d features, want 25", len(s.Features))
	}
	seen := map[Feature]bool{}
	for _, f := range s.Features {
		if seen[f] {
			t.Errorf("feature %v twice", f)
		}
		seen[f] = true
	}
	a, b := interpolationError(t, train, test, square, square.Beta), interpolationError(t, train, test, s, s.Beta)
	if b > a {
		t.Errorf("error %g with 15 further features, %g without", b, a)
	}
	// With one feature lost there are still enough: nothing is lost.
	if e := losses(t, train, test, s); e[len(e)-1] > 2*a {
		t.Errorf("error %g without one of 25 features, %g with ten", e[len(e)-1], a)
	}
	if c, err := SensorCriticality(context.Background(), train, s, nil, 1); err != nil || c[3] != (Criticality{}) {
		t.Errorf("criticality of an oversampled feature: %v, %v", c[3], err)
	}
	if u := s.Truncate(4); len(u.Features) != 19 || u.Features[4] != s.Features[10] || u.Upper.At(3, 4) != s.Upper.At(3, 10) {
		t.Error("truncation mixed the features up")
	}
}

// TestCriticality checks that it predicts the growth of the error: the error
// after the loss is at most the error before plus Criticality.Error, and the
// bound is attained within a small factor.
func TestCriticality(t *testing.T) {
	train := rungeTable()
	s := greedyOf(t, train, Options{MaxTerms: 10, FirstRow: -1})
	crit, err := SensorCriticality(context.Background(), train, s, nil, 2)
	if err != nil {
		t.Fatal(err)
	}
	before := interpolationError(t, train, train, s, s.Beta)
	for l, c := range crit {
		p, err := s.Partial(nil, []int{l})
		if err != nil {
			t.Fatal(err)
		}
		after := interpolationError(t, train, train, s, p.Beta)
		if after > before+c.Error*(1+1e-6) || after < c.Error-before-1e-6*c.Error {
			t.Errorf("feature %d: error %g after the loss, %g before, criticality %g", l, after, before, c.Error)
		}
	}
}

func TestReselect(t *testing.T) {
	ctx := context.Background()
	train, test := rungeTable(), sampled(runge, 1.01, 9.99, 97, 401)
	s := greedyOf(t, train, Options{MaxTerms: 10, FirstRow: -1})
	same, err := Reselect(ctx, train, s, nil, 1)
	if err != nil {
		t.Fatal(err)
	}
	for l, f := range same.Features {
		if f != s.Features[l] || same.Pivots[l] != s.Pivots[l] {
			t.Errorf("feature %d changed to %v although nothing is lost", l, f)
		}
	}
	full := interpolationError(t, train, test, s, s.Beta)
	for l, f := range s.Features {
		u, err := Reselect(ctx, train, s, []Feature{f}, 1)
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range u.Features {
			if g == f {
				t.Errorf("the lost feature %v is selected again", f)
			}
		}
		if e := interpolationError(t, train, test, u, u.Beta); e > 3*full {
			t.Errorf("error %g after re-choosing feature %d, %g before", e, l, full)
		}
	}
	narrow := &Table[float64]{Blocks: []Block[float64]{{Cols: 2, Rows: [][]float64{{1, 2}, {2, 1}}, Magic: true}}}
	two := greedyOf(t, narrow, Options{FirstRow: -1})
	var lost *ReselectError
	if _, err := Reselect(ctx, narrow, two, two.Features[:1], 1); !errors.As(err, &lost) {
		t.Errorf("no columns left: error %v", err)
	}
}

func TestPartialErrors(t *testing.T) {
	s := greedyOf(t, rungeTable(), Options{MaxTerms: 3, FirstRow: -1})
	var lost *LostError
	for _, c := range [][2][]int{{{3}, nil}, {nil, {-1}}, {{0, 1, 2}, nil}, {nil, {2, 1, 0}}} {
		if _, err := s.Partial(c[0], c[1]); !errors.As(err, &lost) {
			t.Errorf("%v: error %v", c, err)
		}
	}
	var length *LengthError
	if _, err := s.Beta(make([]float64, 2)); !errors.As(err, &length) {
		t.Errorf("short values: %v", err)
	}
	if _, err := s.BetaMissing(make([]float64, 3), make([]bool, 2)); !errors.As(err, &length) {
		t.Errorf("short marks: %v", err)
	}
	p, err := s.Partial([]int{1}, []int{0})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Beta(nil); !errors.As(err, &length) {
		t.Errorf("short values: %v", err)
	}
	var bad *dense.NonFiniteError
	if _, err := s.Beta([]float64{1, math.NaN(), 1}); !errors.As(err, &bad) {
		t.Errorf("NaN: %v", err)
	}
}
