package measure

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"eimtool/internal/dense"
)

// A polynomial with random coefficients in a random lower set of terms is found
// from its values, and so are its derivatives.
func TestInterpolationExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := rapid.IntRange(1, 4).Draw(t, "d")
		cost, middle, half := make([]float64, d), make([]float64, d), make([]float64, d)
		for j := range d {
			cost[j] = rapid.SampledFrom([]float64{0.5, 0.7, 1, 1.3}).Draw(t, "cost")
			middle[j], half[j] = rapid.Float64Range(-3, 3).Draw(t, "middle"), rapid.Float64Range(0.1, 5).Draw(t, "half")
		}
		p := newPolynomials(middle, half, cost, rapid.SampledFrom([]float64{0, 1, 3, 6}).Draw(t, "budget"))
		in := p.interpolation()
		if len(in.exponents) != p.terms() {
			t.Fatalf("%d exponents, %d terms", len(in.exponents), p.terms())
		}
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		want := make([]float64, p.terms())
		for i := range want {
			want[i] = rng.NormFloat64()
		}
		work, x := make([]float64, p.workspace()), make([]float64, d)
		value := func(c, x []float64) float64 {
			prefixes, last := p.prepare(x, work)
			return p.one(c, prefixes, last)
		}
		values := dense.New[float64](p.terms(), 1)
		for i := range want {
			in.point(p, i, x)
			values.Data[i] = value(want, x)
		}
		c := in.coefficients(p, values)
		for i, v := range c.Row(0) {
			if math.Abs(v-want[i]) > 1e-9 {
				t.Fatalf("coefficient %d (%v) is %g, want %g", i, in.exponents[i], v, want[i])
			}
		}
		for j := range x {
			x[j] = middle[j] + half[j]*(2*rng.Float64()-1)
		}
		for j := range x {
			const step = 1e-6
			at := x[j]
			x[j] = at + step*half[j]
			up := value(want, x)
			x[j] = at - step*half[j]
			down := value(want, x)
			x[j] = at
			got, quotient := value(c.Row(1+j), x), (up-down)/(2*step*half[j])
			if math.Abs(got-quotient) > 1e-4*(1+math.Abs(quotient)) {
				t.Fatalf("derivative %d is %g, difference quotient %g", j, got, quotient)
			}
		}
		basis, sum := make([]float64, p.terms()), 0.
		prefixes, last := p.prepare(x, work)
		p.basis(prefixes, last, basis)
		for i, v := range basis {
			term := 1.
			for j, n := range in.exponents[i] {
				term *= math.Cos(float64(n) * math.Acos(max(-1, min(1, (x[j]-middle[j])/half[j]))))
			}
			if math.Abs(v-term) > 1e-12 {
				t.Fatalf("term %v is %g, want %g", in.exponents[i], v, term)
			}
			sum += want[i] * v
		}
		if got := value(want, x); math.Abs(got-sum) > 1e-10 {
			t.Fatalf("one is %g, basis gives %g", got, sum)
		}
	})
}

// The polynomials reproduce the fits from which they were made.
func TestReductionFollowsFits(t *testing.T) {
	ctx := context.Background()
	for _, k := range []int{2, 3, 4} {
		d := newDiagonal(5, 40, k)
		nodes := d.nodes(2, 5*k, 3, 1)
		low, high := box(nodes)
		e, err := newFrame(nodes, 40, low, high, 0).fit(ctx, nodes, Options{})
		if err != nil {
			t.Fatal(err)
		}
		m, err := e.model(ctx, low, high, 0)
		if err != nil {
			t.Fatal(err)
		}
		exact := &Model{}
		*exact = *m
		exact.keepAtoms(e)
		if m.Polynomials == nil || exact.Polynomials != nil {
			t.Fatalf("%d parts: polynomials %v", k, m.Polynomials)
		}
		for _, a := range points(4, 100, k, 9) { // most of them outside of the box
			v, w := mustAt(t, m, a), mustAt(t, exact, a)
			if e := math.Abs(v.LogDet - w.LogDet); e > 3*m.ReductionError {
				t.Errorf("%d parts: %g, fits %g (outside %g, error %g)", k, v.LogDet, w.LogDet, v.Outside, m.ReductionError)
			}
			if math.Abs(v.Spread-w.Spread) > 6*m.ReductionError+0.1*w.Spread {
				t.Errorf("%d parts: spread %g, fits %g (outside %g)", k, v.Spread, w.Spread, v.Outside)
			}
		}
	}
}

// Values change continuously where the box of the polynomials ends.
func TestContinuousAcrossBox(t *testing.T) {
	d := newDiagonal(5, 40, 3)
	m := mustFit(t, d.nodes(2, 10, 3, 1), 40, Options{})
	edge := m.Middle[0] + m.Half[0]
	value := func(t0 float64) Value {
		return mustAt(t, m, []float64{1, math.Exp(t0), math.Exp(m.Middle[1])})
	}
	in, out := value(edge-1e-9), value(edge+1e-9)
	if math.Abs(in.LogDet-out.LogDet) > 1e-7 || math.Abs(in.Spread-out.Spread) > 1e-7 {
		t.Errorf("inside %+v, outside %+v", in, out)
	}
	width := m.High[0] - m.Low[0]
	if got := value(m.High[0] + 2*width).Outside; math.Abs(got-2) > 1e-9 {
		t.Errorf("two widths outside: %g", got)
	}
}

func TestCloud(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for k := 2; k <= 7; k++ {
		for _, cloud := range []*dense.Matrix[float64]{
			measureCloud(rng, k, 9), restCloud(rng, k, 9), refined(rng, measureCloud(rng, k, 9).SelectRows([]int{0, 9}), 0.5),
		} {
			for i := range cloud.Rows {
				sum := 0.
				for _, x := range cloud.Row(i) {
					if !(x >= 0) {
						t.Fatalf("%d parts: atom %v", k, cloud.Row(i))
					}
					sum += x
				}
				if math.Abs(sum-1) > 1e-14 {
					t.Fatalf("%d parts: atom %v", k, cloud.Row(i))
				}
			}
		}
	}
	// Gamma variates of shape a have mean and variance a.
	for _, a := range []float64{0.05, 0.5, 1, 5} {
		const count = 40000
		mean, square := 0., 0.
		for range count {
			g := math.Exp(logGamma(rng, a))
			mean += g / count
			square += g * g / count
		}
		if math.Abs(mean-a) > 5*math.Sqrt(a/count) || math.Abs(square-mean*mean-a) > 0.1*(a+a*a) {
			t.Errorf("shape %g: mean %g, variance %g", a, mean, square-mean*mean)
		}
	}
}

func benchmarkModel(b *testing.B, k int) (*Model, []float64) {
	m := mustFit(b, newDiagonal(5, 100, k).nodes(2, 8*k, 2, 1), 100, Options{})
	alpha := make([]float64, k)
	for j := range alpha {
		alpha[j] = 1 + 0.1*float64(j)
	}
	return m, alpha
}

func BenchmarkLogDet(b *testing.B) {
	m, alpha := benchmarkModel(b, 4)
	for b.Loop() {
		if _, err := m.LogDet(alpha); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAt(b *testing.B) {
	for _, k := range []int{2, 4, 8} {
		b.Run(string(rune('0'+k))+" parts", func(b *testing.B) {
			m, alpha := benchmarkModel(b, k)
			for b.Loop() {
				if _, err := m.At(alpha); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
