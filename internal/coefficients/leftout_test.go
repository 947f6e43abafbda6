package coefficients

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"

	"eimtool/internal/dense"
)

// someFamilies are real and complex, with one and several parameters, on grids
// and scattered.
func someFamilies() []testFamily {
	all := testFamilies()
	all[2].n = 24
	return []testFamily{all[0], all[2], all[5], all[6]}
}

// TestLeftOutRecord checks what is recorded of every left-out sample against
// the samples themselves.
func TestLeftOutRecord(t *testing.T) {
	for _, f := range someFamilies() {
		s := f.samples(f.points())
		m := mustFit(t, s, Options{})
		checkSecond(t, &f, m)
		if len(m.LeftOut) == 0 {
			t.Errorf("%s: nothing was left out", f.name)
		}
		var squares float64
		for _, l := range m.LeftOut {
			row := s.K.Row(l.Sample)
			if e := math.Abs(l.Norm/dense.Norm(row) - 1); e > 1e-12 {
				t.Errorf("%s, sample %d: norm %g, want %g", f.name, l.Sample, l.Norm, dense.Norm(row))
			}
			// The prediction is kept in principal directions, good to rounding.
			if e := relative(l.K, row); math.Abs(e-l.Error) > 1e-3*l.Error+1e-13 {
				t.Errorf("%s, sample %d: error %.3e, the prediction is off by %.3e", f.name, l.Sample, l.Error, e)
			}
			if (l.Second != nil) != (m.Second >= 0) {
				t.Errorf("%s: second kind %d, difference %v", f.name, m.Second, l.Second != nil)
			}
			squares += l.Error * l.Error
		}
		if got := math.Sqrt(squares / float64(len(m.LeftOut))); math.Abs(got-m.Score) > 1e-6*m.Score {
			t.Errorf("%s: root mean square %.6e, score %.6e", f.name, got, m.Score)
		}
	}
}

// TestLeftOutEqualsRefit fits again without one interior sample and compares
// the predictions there: by the same kind, whose settings do not depend on that
// sample, and by least squares in the polynomials that were chosen with it.
func TestLeftOutEqualsRefit(t *testing.T) {
	f := testFamilies()[1]
	f.n = 20
	points := f.points()
	samples := f.samples(points)
	identity := map[string]string{"a": WarpIdentity}
	blended := Options{Model: KindFloaterHormann, Warp: identity}
	for _, l := range mustFit(t, samples, blended).LeftOut {
		rest := slices.Delete(slices.Clone(points), l.Sample, l.Sample+1)
		p, err := mustFit(t, f.samples(rest), blended).Predict(points[l.Sample])
		if err != nil {
			t.Fatal(err)
		}
		if gap := relative(p.K, l.K); gap > 1e-11 {
			t.Errorf("%s, sample %d: left-out error %.2e, refit differs by %.2e", blended.Model, l.Sample, l.Error, gap)
		}
	}
	m := mustFit(t, samples, Options{Model: KindAdaptive, Warp: identity})
	degree := slices.Max(m.Parts[0].Indices)
	if len(m.LeftOut) == 0 || degree+1 != len(m.Parts[0].Indices) {
		t.Fatalf("%d samples left out, degrees %v", len(m.LeftOut), m.Parts[0].Indices)
	}
	for _, l := range m.LeftOut {
		want := polynomialWithout(t, &f, points, l.Sample, degree)
		if gap := relative(want, l.K); gap > 1e-2*l.Error {
			t.Errorf("degree %d, sample %d: left-out error %.2e, refit differs by %.2e", degree, l.Sample, l.Error, gap)
		}
	}
}

// polynomialWithout predicts the coordinates at points[out] by least squares of
// the relative error at the other points, in Chebyshev polynomials (Gonum's QR).
func polynomialWithout(t *testing.T, f *testFamily, points [][]float64, out, degree int) []float64 {
	t.Helper()
	phi := func(mu float64) []float64 {
		x := (2*mu - f.lower[0] - f.upper[0]) / (f.upper[0] - f.lower[0])
		v := make([]float64, degree+1)
		for d := range v {
			v[d] = math.Cos(float64(d) * math.Acos(min(1, max(-1, x))))
		}
		return v
	}
	q, y := mat.NewDense(len(points)-1, degree+1, nil), mat.NewDense(len(points)-1, testPoints, nil)
	row := 0
	for i, p := range points {
		if i == out {
			continue
		}
		k := f.row(p)
		size := dense.Norm(k)
		for d, v := range phi(p[0]) {
			q.Set(row, d, v/size)
		}
		for j, v := range k {
			y.Set(row, j, v/size)
		}
		row++
	}
	var c mat.Dense
	if err := c.Solve(q, y); err != nil {
		t.Fatal(err)
	}
	var k mat.Dense
	k.Mul(mat.NewDense(1, degree+1, phi(points[out][0])), &c)
	return k.RawRowView(0)
}

// checkSecond compares Prediction.Second with the two parts
// evaluated by themselves.
func checkSecond(t *testing.T, f *testFamily, m *Model) {
	t.Helper()
	if m.Second < 0 {
		t.Errorf("%s: no second kind", f.name)
		return
	}
	alone := func(i int) *Model {
		c := *m
		c.Parts, c.Averaged, c.Second, c.Fallback = []Part{m.Parts[i]}, 1, -1, -1
		return &c
	}
	first, second := alone(0), alone(m.Second)
	for _, mu := range f.tests(8) {
		p, err := m.Predict(mu)
		if err != nil {
			t.Fatal(err)
		}
		a, err := first.Predict(mu)
		if err != nil {
			t.Fatal(err)
		}
		b, err := second.Predict(mu)
		if err != nil {
			t.Fatal(err)
		}
		if a.Second != nil {
			t.Errorf("%s: one kind differs from itself", f.name)
		}
		for j, v := range p.Second {
			if e := math.Abs(b.K[j] - a.K[j] - v); e > 1e-12*dense.Norm(a.K) {
				t.Errorf("%s at %v: coordinate %d of the difference is %g, want %g", f.name, mu, j, v, b.K[j]-a.K[j])
				break
			}
		}
		if len(p.Second) != len(p.K) {
			t.Errorf("%s: %d coordinates of the difference, %d of A", f.name, len(p.Second), len(p.K))
		}
	}
}

// TestFromUnit maps corners to corners and everything into the box, in order.
func TestFromUnit(t *testing.T) {
	for _, warp := range []string{"", WarpIdentity, WarpSqrt, WarpLog, WarpInverse, WarpPeriodic} {
		rapid.Check(t, func(t *rapid.T) {
			m := &Model{Names: []string{"a", "b"}, Parts: []Part{{Axes: []Axis{{Param: 0, Warp: warp}}}}}
			if warp == "" {
				m.Parts = nil
			}
			for range 2 {
				lo := rapid.Float64Range(1e-6, 1e3).Draw(t, "lower")
				m.Lower = append(m.Lower, lo)
				m.Upper = append(m.Upper, lo*(1+rapid.Float64Range(0, 1e4).Draw(t, "width")))
			}
			near := func(x, y float64) bool { return math.Abs(x-y) <= 1e-12*math.Abs(y) }
			for c := range 4 {
				u := []float64{float64(c & 1), float64(c >> 1)}
				mu := m.FromUnit(u)
				for j, want := range []float64{[]float64{m.Lower[0], m.Upper[0]}[c&1], []float64{m.Lower[1], m.Upper[1]}[c>>1]} {
					if !near(mu[j], want) {
						t.Fatalf("%s: corner %v gives %v, box %v to %v", warp, u, mu, m.Lower, m.Upper)
					}
				}
			}
			before := math.Inf(-1)
			for i := range 11 {
				x := m.FromUnit([]float64{float64(i) / 10, 0.3})[0]
				if x < m.Lower[0] || x > m.Upper[0] {
					t.Fatalf("%s: %g is outside %g to %g", warp, x, m.Lower[0], m.Upper[0])
				}
				if warp != WarpInverse && x < before*(1-1e-12) {
					t.Fatalf("%s: not in order", warp)
				}
				before = x
			}
			middle := m.FromUnit([]float64{0.5, 0.5})[0]
			a, b := m.Lower[0], m.Upper[0]
			want := map[string]float64{
				WarpLog: math.Sqrt(a * b), WarpInverse: 2 / (1/a + 1/b), WarpSqrt: math.Pow(math.Sqrt(a)/2+math.Sqrt(b)/2, 2),
			}[warp]
			if want == 0 {
				want = a/2 + b/2
			}
			if !near(middle, want) {
				t.Fatalf("%s: the middle of %g to %g is %g, want %g", warp, a, b, middle, want)
			}
		})
	}
}

// TestPrincipal: mean and principal coordinates give every sample back, and the
// directions are orthonormal.
func TestPrincipal(t *testing.T) {
	for _, f := range someFamilies() {
		s := f.samples(f.points())
		m := mustFit(t, s, Options{Model: KindAdaptive})
		for i := range m.Basis.Rows {
			for j := range i + 1 {
				want := 0.0
				if i == j {
					want = 1
				}
				if e := math.Abs(dense.Dotc(m.Basis.Row(i), m.Basis.Row(j)) - want); e > 1e-12 {
					t.Fatalf("%s: directions %d and %d: off by %.1e", f.name, i, j, e)
				}
			}
		}
		for i := range s.K.Rows {
			y := m.Principal(s.K.Row(i))
			k := dense.VecMul(y, m.Basis)
			axpy(1, m.Mean, k)
			if e := relative(k, s.K.Row(i)); e > 1e-11 {
				t.Errorf("%s, sample %d: off by %.1e", f.name, i, e)
			}
		}
	}
}
