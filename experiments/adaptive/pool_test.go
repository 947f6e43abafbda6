package main

import (
	"context"
	"math"
	"path/filepath"
	"slices"
	"testing"

	"eimtool/internal/family"
	"eimtool/internal/matrix"
	"eimtool/internal/surrogate"
)

const families = "../../testdata/families"

// TestCoordinates: a model of the coordinates has the errors of the model that
// offline makes of the matrices.
func TestCoordinates(t *testing.T) {
	ctx := context.Background()
	dir := filepath.Join(families, "gp-kernel")
	p, err := openPool(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	subset := newShuffled(p, 3).order[:14]
	small, err := p.build(ctx, subset)
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := p.errorOf(small)
	if err != nil {
		t.Fatal(err)
	}

	samples, err := family.Open(filepath.Join(dir, "samples.csv"))
	if err != nil {
		t.Fatal(err)
	}
	tests, err := family.Open(filepath.Join(dir, "test.csv"))
	if err != nil {
		t.Fatal(err)
	}
	var chosen []family.Sample
	for _, i := range slices.Sorted(slices.Values(subset)) {
		chosen = append(chosen, samples.Samples[i])
	}
	samples.Samples = chosen
	f, err := family.Load(ctx, samples, family.LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	options := surrogate.DefaultOptions()
	options.Tolerance = surrogate.DefaultTolerance
	m, err := surrogate.Build(ctx, f, options)
	if err != nil {
		t.Fatal(err)
	}
	truth, err := family.Load(ctx, tests, family.LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	want := 0.0
	for i, s := range tests.Samples {
		a, err := m.At(s.Mu)
		if err != nil {
			t.Fatal(err)
		}
		approx := &matrix.Matrix{Pattern: m.Pattern()}
		if err := m.AssembleTo(ctx, approx, a.Beta, 1); err != nil {
			t.Fatal(err)
		}
		want = max(want, matrix.Compare(truth.Matrix(i), approx).RelativeFrobenius())
	}
	// Rounding in the coordinates is amplified by the models, which amplify
	// coordinates by no more than 1e3 here.
	if tol := 1e3 * 200 * 2.2e-16; math.Abs(got-want) > tol {
		t.Errorf("error %g, of the matrices %g", got, want)
	}
}

func TestStrategies(t *testing.T) {
	ctx := context.Background()
	p, err := openPool(ctx, filepath.Join(families, "known-function"))
	if err != nil {
		t.Fatal(err)
	}
	for _, begin := range []func() strategy{
		func() strategy { return newSuggested(p, 1) },
		func() strategy { return newShuffled(p, 1) },
		func() strategy { return newFilling(p, 1) },
	} {
		var runs [2][]int
		for r := range runs {
			s := begin()
			more, err := s.next(ctx, nil, nil, 9)
			if err != nil {
				t.Fatal(err)
			}
			m, err := p.build(ctx, more)
			if err != nil {
				t.Fatal(err)
			}
			next, err := s.next(ctx, m, more, 6)
			if err != nil {
				t.Fatal(err)
			}
			runs[r] = slices.Concat(more, next)
		}
		if !slices.Equal(runs[0], runs[1]) {
			t.Errorf("%v, then %v", runs[0], runs[1])
		}
		sorted := slices.Sorted(slices.Values(runs[0]))
		if len(sorted) != 15 || len(slices.Compact(sorted)) != 15 || sorted[0] < 0 || sorted[len(sorted)-1] >= p.count {
			t.Errorf("chosen %v", runs[0])
		}
	}
}

// TestSobol: the first 2^m points have one in each of 2^m equal boxes of any
// shape, whatever the shift.
func TestSobol(t *testing.T) {
	s := &filling{shift: [2]uint32{0x9e3779b9, 0x7f4a7c15}}
	for a := range 5 {
		seen := map[[2]int]bool{}
		for i := range uint32(16) {
			u := s.point(i)
			seen[[2]int{int(u[0] * float64(int(1)<<a)), int(u[1] * float64(int(16)>>a))}] = true
		}
		if len(seen) != 16 {
			t.Errorf("%d × %d boxes: %d hold a point", 1<<a, 16>>a, len(seen))
		}
	}
}
