package eim

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"eimtool/internal/dense"
	"eimtool/internal/scalar"
)

// swapFamily returns n snapshots of size r on a smooth curve with decaying
// directions, of rank at most rank, some of them large and some small.
func swapFamily[T scalar.Scalar](seed uint64, n, r, rank int, decay float64) *dense.Matrix[T] {
	rng := rand.New(rand.NewPCG(seed, 3))
	k := dense.New[T](n, rank)
	for i := range n {
		mu := 2*rng.Float64() - 1
		size := math.Exp(3 * mu)
		for l := range rank {
			sin, cos := math.Sincos(float64(l) * math.Acos(mu))
			a := size * math.Pow(decay, float64(l))
			k.Set(i, l, scalar.Of[T](a*cos, a*sin*mu))
		}
	}
	d := dense.New[T](rank, r)
	for i := range d.Data {
		d.Data[i] = scalar.Of[T](rng.NormFloat64(), rng.NormFloat64())
	}
	return dense.Mul(k, d)
}

// swapError is the mean and largest squared relative distance of the rows of k
// from the span of some of them, by least squares for each row. Rounding may
// add noise to a distance and change it by rel of itself: ε·cond of the set.
func swapError[T scalar.Scalar](k *dense.Matrix[T], set []int) (mean, worst, noise, rel float64) {
	fit := dense.NewRowFit(k.SelectRows(set))
	count := 0
	for i := range k.Rows {
		norm := dense.Norm(k.Row(i))
		if norm == 0 {
			continue
		}
		beta, res := fit.Fit(k.Row(i))
		e := (res / norm) * (res / norm)
		mean += e
		worst = max(worst, e)
		count++
		terms := norm
		for m, b := range beta {
			terms += scalar.Abs(b) * dense.Norm(k.Row(set[m]))
		}
		noise = max(noise, 16*scalar.Eps*terms/norm)
	}
	z := k.SelectRows(set)
	for m := range z.Rows {
		if norm := dense.Norm(z.Row(m)); norm > 0 {
			dense.Scale(scalar.Of[T](1/norm, 0), z.Row(m))
		}
	}
	if _, s, _, err := dense.SVD(z); err == nil && len(s) > 0 {
		rel = 1000 * scalar.Eps * s[0] / s[len(s)-1]
	}
	return mean / float64(max(1, count)), worst, noise, rel
}

// swapClose reports whether two squared distances agree, see swapError.
func swapClose(got, want, noise, rel float64) bool {
	return math.Abs(math.Sqrt(got)-math.Sqrt(want)) <= rel*math.Sqrt(want)+noise
}

func swapSelect[T scalar.Scalar](t rapid.TB, k *dense.Matrix[T], terms int, opt SwapOptions) *SwapSelection {
	t.Helper()
	s, err := SwapSelect(context.Background(), k, terms, opt)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSwapSelect(t *testing.T) {
	t.Run("real", rapid.MakeCheck(testSwapSelect[float64]))
	t.Run("complex", rapid.MakeCheck(testSwapSelect[complex128]))
}

// The errors are those of least squares, the set keeps its promises, and no
// single exchange improves it by more than the gain asked for.
func testSwapSelect[T scalar.Scalar](t *rapid.T) {
	n := rapid.IntRange(1, 14).Draw(t, "n")
	r := rapid.IntRange(1, 14).Draw(t, "r")
	k := swapFamily[T](rapid.Uint64().Draw(t, "seed"), n, r, 14, 0.5)
	if rapid.Bool().Draw(t, "zero row") {
		clear(k.Row(n / 2))
	}
	terms := rapid.IntRange(0, 6).Draw(t, "terms")
	opt := SwapOptions{Eligible: make([]bool, n)}
	for i := range n {
		opt.Eligible[i] = rapid.IntRange(0, 4).Draw(t, "eligible") > 0
	}
	s := swapSelect(t, k, terms, opt)
	if len(s.Snapshots) != min(terms, s.Rank) {
		t.Fatalf("%d snapshots for %d terms and rank %d", len(s.Snapshots), terms, s.Rank)
	}
	for m := range len(s.Snapshots) + 1 {
		mean, worst, noise, rel := swapError(k, s.Snapshots[:m])
		if !swapClose(s.MeanAt[m], mean, noise, rel) || !swapClose(s.MaxAt[m], worst, noise, rel) {
			t.Fatalf("first %d: errors %g, %g; by least squares %g, %g", m, s.MeanAt[m], s.MaxAt[m], mean, worst)
		}
	}
	_, _, _, rel := swapError(k, s.Snapshots)
	if !swapClose(s.MeanError, s.MeanAt[len(s.Snapshots)], 16*scalar.Eps, rel) {
		t.Fatalf("MeanError %g, at the last prefix %g", s.MeanError, s.MeanAt[len(s.Snapshots)])
	}
	for a, member := range s.Snapshots {
		if !opt.Eligible[member] {
			t.Fatalf("snapshot %d is not eligible", member)
		}
		for i := range n {
			if !opt.Eligible[i] || dense.Norm(k.Row(i)) == 0 || slices.Contains(s.Snapshots, i) {
				continue
			}
			other := slices.Clone(s.Snapshots)
			other[a] = i
			mean, _, noise, more := swapError(k, other)
			if (1+more)*math.Sqrt(mean)+noise < (1-0.51*swapGain-rel)*math.Sqrt(s.MeanError)-16*scalar.Eps {
				t.Fatalf("%d in place of %d: error %g below %g", i, member, mean, s.MeanError)
			}
		}
	}
}

// No set of M snapshots beats the M leading singular directions of the
// normalised rows; swaps come within a small factor.
func TestSwapAgainstPOD(t *testing.T) {
	const n, r = 60, 40
	k := swapFamily[float64](7, n, r, 40, 0.5)
	z := k.Clone()
	for i := range n {
		dense.Scale(1/dense.Norm(z.Row(i)), z.Row(i))
	}
	_, s, _, err := dense.SVD(z)
	if err != nil {
		t.Fatal(err)
	}
	for _, terms := range []int{3, 8, 15} {
		best := 0.0
		for _, v := range s[terms:] {
			best += v * v / n
		}
		got := swapSelect(t, k, terms, SwapOptions{}).MeanError
		if ratio := math.Sqrt(got / best); ratio < 1-1e-9 || ratio > 2 {
			t.Errorf("%d terms: error %g of POD's", terms, ratio)
		}
	}
}

// An affine family of rank 4 yields 4 snapshots, whatever is asked for.
func TestSwapRank(t *testing.T) {
	for _, terms := range []int{4, 5, 30} {
		s := swapSelect(t, swapFamily[complex128](8, 25, 10, 4, 0.3), terms, SwapOptions{})
		if s.Rank != 4 || len(s.Snapshots) != 4 || s.MeanError > swapNoise {
			t.Errorf("%d terms: rank %d, %d snapshots, error %g", terms, s.Rank, len(s.Snapshots), s.MeanError)
		}
	}
}

// Fixed snapshots stay in front, duplicates among them do no harm.
func TestSwapFixed(t *testing.T) {
	k := swapFamily[float64](9, 30, 20, 20, 0.5)
	copy(k.Row(11), k.Row(5))
	small := swapSelect(t, k, 4, SwapOptions{})
	large := swapSelect(t, k, 9, SwapOptions{Fixed: small.Snapshots})
	if !slices.Equal(large.Snapshots[:4], small.Snapshots) || len(large.Snapshots) != 9 {
		t.Errorf("%v does not extend %v", large.Snapshots, small.Snapshots)
	}
	if d := math.Abs(large.MeanAt[4] - small.MeanError); d > 1e-9*small.MeanError {
		t.Errorf("the fixed part has error %g, alone %g", large.MeanAt[4], small.MeanError)
	}
	s := swapSelect(t, k, 6, SwapOptions{Fixed: []int{5, 11, 2}})
	mean, _, noise, _ := swapError(k, s.Snapshots)
	if !slices.Equal(s.Snapshots[:3], []int{5, 11, 2}) || !swapClose(s.MeanError, mean, noise, 1e-9) {
		t.Errorf("snapshots %v, error %g, by least squares %g", s.Snapshots, s.MeanError, mean)
	}
	if s.MeanAt[1] != s.MeanAt[2] {
		t.Errorf("a duplicate changes the error from %g to %g", s.MeanAt[1], s.MeanAt[2])
	}
	all := swapSelect(t, k, 2, SwapOptions{Fixed: []int{3, 4, 6}})
	if !slices.Equal(all.Snapshots, []int{3, 4, 6}) || all.Swaps != 0 {
		t.Errorf("more fixed than terms: %v, %d swaps", all.Snapshots, all.Swaps)
	}
}

// Threads and powers of two change nothing; nor does the start change the
// quality by more than a little.
func TestSwapInvariance(t *testing.T) {
	k := swapFamily[float64](10, 70, 50, 50, 0.6)
	want := swapSelect(t, k, 12, SwapOptions{Threads: 1})
	for _, threads := range []int{2, 3, 8} {
		if got := swapSelect(t, k, 12, SwapOptions{Threads: threads}); !reflect.DeepEqual(got, want) {
			t.Errorf("%d threads: %v, want %v", threads, got, want)
		}
	}
	scaled := k.Clone()
	dense.Scale(0x1p-40, scaled.Data)
	if got := swapSelect(t, scaled, 12, SwapOptions{}); !reflect.DeepEqual(got, want) {
		t.Errorf("scaled: %v, want %v", got, want)
	}
	start := make([]int, 12)
	for i := range start {
		start[i] = 5 * i
	}
	if got := swapSelect(t, k, 12, SwapOptions{Start: start}); got.MeanError > 1.5*want.MeanError {
		t.Errorf("another start: error %g, before %g", got.MeanError, want.MeanError)
	}
}

func TestSwapErrors(t *testing.T) {
	k := swapFamily[float64](11, 5, 4, 4, 0.5)
	for _, opt := range []SwapOptions{{Fixed: []int{5}}, {Fixed: []int{-1}}, {Fixed: []int{1}, Start: []int{1}}} {
		var e *SwapIndexError
		if _, err := SwapSelect(context.Background(), k, 2, opt); !errors.As(err, &e) {
			t.Errorf("%+v: %v", opt, err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := SwapSelect(ctx, k, 2, SwapOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	k.Set(0, 0, math.NaN())
	var bad *dense.NonFiniteError
	if _, err := SwapSelect(context.Background(), k, 2, SwapOptions{}); !errors.As(err, &bad) {
		t.Errorf("NaN: %v", err)
	}
	empty := swapSelect(t, dense.New[float64](0, 0), 3, SwapOptions{})
	if len(empty.Snapshots) != 0 || empty.Rank != 0 {
		t.Errorf("empty table: %+v", empty)
	}
}

func BenchmarkSwapSelect(b *testing.B) {
	for _, c := range []struct{ n, terms int }{{100, 30}, {400, 60}} {
		b.Run(fmt.Sprintf("n=%d/terms=%d", c.n, c.terms), func(b *testing.B) {
			k := swapFamily[float64](12, c.n, c.n, c.n, 0.7)
			for b.Loop() {
				swapSelect(b, k, c.terms, SwapOptions{})
			}
		})
	}
}
