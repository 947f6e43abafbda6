package matrix

import (
	"fmt"
	"math"
	"math/big"
	"runtime"
	"testing"

	"pgregory.net/rapid"
)

// prec holds sums of squares of any float64 numbers exactly.
const prec = 4400

func newBig(x float64) *big.Float { return new(big.Float).SetPrec(prec).SetFloat64(x) }

// exact sums numbers and their squares without rounding.
type exact struct{ sum, abs, squares *big.Float }

func newExact() *exact { return &exact{newBig(0), newBig(0), newBig(0)} }

func (e *exact) add(x float64) {
	v := newBig(x)
	e.sum.Add(e.sum, v)
	e.abs.Add(e.abs, newBig(math.Abs(x)))
	e.squares.Add(e.squares, v.Mul(v, v))
}

func (e *exact) norm() float64 {
	f, _ := new(big.Float).Sqrt(e.squares).Float64()
	return f
}

func near(got, want float64) bool {
	return got == want || math.Abs(got-want) <= 1e-14*want+4*0x1p-1074
}

func TestSummary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSample(t, drawKind(t), wide())
		re, im, all, largest := newExact(), newExact(), newExact(), 0.0
		for _, row := range s.elements {
			for _, v := range row {
				re.add(real(v))
				im.add(imag(v))
				all.add(real(v))
				all.add(imag(v))
				largest = math.Max(largest, math.Hypot(real(v), imag(v)))
			}
		}
		got := s.m.Summary()
		if got.NNZ != s.m.FullNNZ() || got.MaxAbs != largest || !near(got.Frobenius, all.norm()) {
			t.Fatalf("%+v, want %d entries, largest %g, norm %g", got, s.m.FullNNZ(), largest, all.norm())
		}
		for _, c := range []struct {
			got  float64
			want *exact
		}{{got.SumRe, re}, {got.SumIm, im}} {
			want, _ := c.want.sum.Float64()
			abs, _ := c.want.abs.Float64()
			if math.Abs(c.got-want) > 0x1p-52*math.Abs(want)+0x1p-90*abs {
				t.Fatalf("sum %g, want %g", c.got, want)
			}
		}
	})
}

// reference is the distance computed from all elements without rounding of the sums.
func reference(a, b sample) Distance {
	diff, ref := newExact(), newExact()
	var d Distance
	for i, row := range a.elements {
		for j, x := range row {
			e := b.elements[i][j] - x
			diff.add(real(e))
			diff.add(imag(e))
			ref.add(real(x))
			ref.add(imag(x))
			d.MaxAbs = math.Max(d.MaxAbs, math.Hypot(real(e), imag(e)))
			d.RefMaxAbs = math.Max(d.RefMaxAbs, math.Hypot(real(x), imag(x)))
		}
	}
	d.Frobenius, d.RefFrobenius = diff.norm(), ref.norm()
	return d
}

func checkDistance(t *rapid.T, a, b sample) {
	got, want := Compare(a.m, b.m), reference(a, b)
	if got.MaxAbs != want.MaxAbs || got.RefMaxAbs != want.RefMaxAbs ||
		!near(got.Frobenius, want.Frobenius) || !near(got.RefFrobenius, want.RefFrobenius) {
		t.Fatalf("%+v, want %+v", got, want)
	}
}

// TestCompare goes through every pair of symmetries, storages and fields.
func TestCompare(t *testing.T) {
	var kinds []kind
	for _, s := range symmetries {
		for n := range 4 {
			kinds = append(kinds, kind{symmetry: s, dense: n&1 != 0, isComplex: n&2 != 0})
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 6).Draw(t, "order")
		samples := make([]sample, len(kinds))
		for l, k := range kinds {
			k.rows, k.cols = n, n
			samples[l] = drawSample(t, k, wide())
		}
		for _, a := range samples {
			for _, b := range samples {
				checkDistance(t, a, b)
			}
		}
	})
}

func TestCompareRectangular(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := drawKind(t)
		k.symmetry = General
		l := k
		l.dense, l.isComplex = rapid.Bool().Draw(t, "dense"), rapid.Bool().Draw(t, "complex")
		checkDistance(t, drawSample(t, k, wide()), drawSample(t, l, wide()))
	})
}

func TestCompareNotFinite(t *testing.T) {
	one := func(x float64) *Matrix {
		return &Matrix{&Pattern{Rows: 1, Cols: 1, Dense: true}, Values{Real: []float64{x}}}
	}
	d := Compare(one(1), one(math.NaN()))
	if !math.IsNaN(d.MaxAbs) || !math.IsNaN(d.Frobenius) || d.RefMaxAbs != 1 || !math.IsNaN(d.RelativeMax()) || !math.IsNaN(d.RelativeFrobenius()) {
		t.Errorf("NaN lost: %+v", d)
	}
	if d = Compare(one(2), one(math.Inf(1))); !math.IsInf(d.MaxAbs, 1) || !math.IsInf(d.RelativeFrobenius(), 1) {
		t.Errorf("infinity lost: %+v", d)
	}
	if d = Compare(one(0), one(0)); d.RelativeMax() != 0 || d.RelativeFrobenius() != 0 {
		t.Errorf("0/0 is not 0: %+v", d)
	}
	if d = Compare(one(0), one(3)); !math.IsInf(d.RelativeMax(), 1) || !math.IsInf(d.RelativeFrobenius(), 1) {
		t.Errorf("3/0 is not infinite: %+v", d)
	}
}

// TestThreadsDoNotChangeBits uses matrices of many blocks; it also holds
// symmetric against general storage of one matrix.
func TestThreadsDoNotChangeBits(t *testing.T) {
	sym, gen := banded(60_000, Symmetric, true), banded(60_000, Symmetric, true).Expand()
	other := banded(60_000, General, false)
	measured := func() string {
		return fmt.Sprintf("%b %b %b %b", sym.Summary(), gen.Summary(), Compare(other, sym), Compare(gen, other))
	}
	was := runtime.GOMAXPROCS(1)
	defer runtime.GOMAXPROCS(was)
	want := measured()
	for _, n := range []int{2, 7} {
		runtime.GOMAXPROCS(n)
		if got := measured(); got != want {
			t.Errorf("%d threads: %s, want %s", n, got, want)
		}
	}
	a, b := sym.Summary(), gen.Summary()
	if a.NNZ != b.NNZ || a.MaxAbs != b.MaxAbs || !near(a.Frobenius, b.Frobenius) || !near(a.SumRe, b.SumRe) || !near(a.SumIm, b.SumIm) {
		t.Errorf("symmetric storage %+v, general storage %+v", a, b)
	}
	for _, d := range []Distance{Compare(sym, gen), Compare(gen, sym)} {
		if d.MaxAbs != 0 || d.Frobenius != 0 || d.RefMaxAbs != a.MaxAbs || !near(d.RefFrobenius, a.Frobenius) {
			t.Errorf("one matrix in two storages: %+v", d)
		}
	}
}
