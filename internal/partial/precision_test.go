package partial

import (
	"math"
	"math/cmplx"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"testing"

	"eimtool/internal/dense"
	"eimtool/internal/matrix"
)

// shortened returns x as it is read when written with few digits.
func shortened(t *testing.T, x float64, format byte, digits int) float64 {
	t.Helper()
	y, err := strconv.ParseFloat(strconv.FormatFloat(x, format, digits, 64), 64)
	if err != nil {
		t.Fatal(err)
	}
	return y
}

// rounding returns the simulator with values and entries of few digits.
func (s *simulator) rounding(t *testing.T, format byte, digits int) *simulator {
	t.Helper()
	out := *s
	out.entry = func(mu []float64, i, j int) complex128 {
		v := s.entry(mu, i, j)
		return complex(shortened(t, real(v), format, digits), shortened(t, imag(v), format, digits))
	}
	return &out
}

func TestWrittenAs(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	numbers := func(count int, change func(x float64) float64) [][]complex128 {
		var out [][]complex128
		for range count {
			x := math.Pow(10, 4*rng.Float64()-2)
			out = append(out, []complex128{complex(change(x), 0), 0, 1, -0.25})
		}
		return out
	}
	for _, c := range []struct {
		name   string
		values [][]complex128
		want   written
	}{
		{"in full", numbers(200, func(x float64) float64 { return x }), written{}},
		{"7 digits", numbers(200, func(x float64) float64 { return shortened(t, -x, 'g', 7) }), written{digits: 7}},
		{"7 digits of large numbers", numbers(200, func(x float64) float64 { return shortened(t, x*1e12, 'e', 6) }), written{digits: 7}},
		{"6 decimals", numbers(200, func(x float64) float64 { return shortened(t, x, 'f', 6) }), written{unit: 1e-6}},
		{"few numbers", numbers(10, func(x float64) float64 { return shortened(t, x, 'g', 7) }), written{}},
		{"whole numbers", numbers(200, func(x float64) float64 { return math.Round(1e5 * x) }), written{}},
		{"quarters", numbers(200, func(x float64) float64 { return math.Round(x) / 4 }), written{}},
		{"mixed", append(numbers(100, func(x float64) float64 { return x }), numbers(100, func(x float64) float64 { return shortened(t, x, 'g', 7) })...), written{}},
	} {
		if got := writtenAs(c.values); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
	for _, c := range []struct {
		w      written
		size   float64
		half   float64
		digits int
	}{
		{written{digits: 7}, 3.2, 5e-7, 7},
		{written{digits: 7}, 0.032, 5e-9, 7},
		{written{unit: 1e-6}, 320, 5e-7, 9},
		{written{}, 1, 0, 0},
	} {
		if got := c.w.half(c.size); math.Abs(got-c.half) > 1e-12*c.half {
			t.Errorf("%+v: half a unit at %g is %g, want %g", c.w, c.size, got, c.half)
		}
		if got := c.w.digitsAt(c.size); got != c.digits {
			t.Errorf("%+v: %d digits at %g, want %d", c.w, got, c.size, c.digits)
		}
	}
}

// TestFewDigits: values with fewer digits than the tolerance asks for end the
// selection where the digits do, after about as many matrices as terms.
func TestFewDigits(t *testing.T) {
	exact := sphere(12, 30)
	for _, c := range []struct {
		name             string
		values, matrices *simulator
		digits, terms    int
		floor            float64
	}{
		{"values of 7 digits", exact.rounding(t, 'g', 7), exact, 7, 11, 1e-7},
		{"both of 7 digits", exact.rounding(t, 'g', 7), exact.rounding(t, 'g', 7), 7, 12, 1e-7},
		{"values of 9 decimals", exact.rounding(t, 'f', 9), exact, 9, 13, 1e-8},
		{"values in full", exact, exact, 0, 14, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir, opt := filepath.Join(t.TempDir(), "plan"), Options{Tolerance: 1e-9, Checks: 2}
			p := exact.advance(t, dir, opt)
			for ; p.State != StateDone; p = exact.advance(t, dir, opt) {
				if p.State == StateMatrix {
					c.matrices.answer(t, p)
				} else {
					c.values.answer(t, p)
				}
			}
			if p.Matrices > p.Terms+2 || p.Terms > c.terms || p.Reached != (c.digits == 0) || p.Floor > min(c.floor, p.Sampled) && c.floor > 0 || (p.Floor == 0) != (c.floor == 0) {
				t.Errorf("%+v", *p)
			}
			if c.digits > 0 && (p.Stop != StopFloor || p.Digits < c.digits-1 || p.Digits > c.digits) {
				t.Errorf("%+v", *p)
			}
			r := load(t, dir)
			if e := exact.worst(t, r); e > r.Error() || e < r.Measured()/10 {
				t.Errorf("error %.1e, measured %.1e, estimate %.1e", e, r.Measured(), r.Error())
			}
		})
	}
}

// TestUnevenNoise: where the values of a few candidates are far worse than those
// of the others, at most two matrices in vain are asked for.
func TestUnevenNoise(t *testing.T) {
	s := sphere(12, 40)
	noisy := *s
	rng := rand.New(rand.NewPCG(3, 4))
	level := map[float64]float64{}
	for _, mu := range s.mu {
		level[mu[0]] = 1e-11 * math.Exp(3*rng.NormFloat64())
	}
	noisy.entry = func(mu []float64, i, j int) complex128 {
		return s.entry(mu, i, j) * complex(1+level[mu[0]]*rng.NormFloat64(), 0)
	}
	dir, opt := filepath.Join(t.TempDir(), "plan"), Options{Tolerance: 1e-12}
	p := s.advance(t, dir, opt)
	for ; p.State != StateDone; p = s.advance(t, dir, opt) {
		if p.State == StateMatrix {
			s.answer(t, p)
		} else {
			noisy.answer(t, p)
		}
	}
	if p.Matrices > p.Terms+2 || p.Reached {
		t.Errorf("%+v", *p)
	}
}

// TestSpread: the weights of the values in the residuals are those of the residuals
// themselves, which are linear in the values.
func TestSpread(t *testing.T) {
	const terms, columns = 6, 9
	rng := rand.New(rand.NewPCG(5, 6))
	random := func() complex128 { return complex(rng.NormFloat64(), rng.NormFloat64()) }
	s := &spread[complex128]{}
	q := dense.New[complex128](terms, columns)    // of the terms at the sampled columns
	before := dense.New[complex128](terms, terms) // before[m][l]: of term l at magic column m
	for k := range q.Data {
		q.Data[k] = random()
	}
	for range columns - 2 {
		s.column(nil)
	}
	for m := range terms {
		for l := range m {
			before.Row(m)[l] = random()
		}
		s.term(before.Row(m)[:m], q.Row(m)[:columns-2])
	}
	for x := columns - 2; x < columns; x++ { // as an extension adds them
		var at []complex128
		for m := range terms {
			at = append(at, q.Row(m)[x])
		}
		s.column(at)
	}
	v := make([]complex128, terms) // values at the magic columns
	for m := range v {
		v[m] = random()
	}
	for x := range columns {
		var r, want complex128
		c := make([]complex128, terms)
		for m := range terms {
			c[m] = v[m]
			for l := range m {
				c[m] -= c[l] * before.Row(m)[l]
			}
			want -= c[m] * q.Row(m)[x]
			r += s.weights[x][m] * v[m]
		}
		if cmplx.Abs(r-want) > 1e-11*(1+cmplx.Abs(want)) {
			t.Errorf("column %d: %v, want %v", x, r, want)
		}
	}
}

// diagonal is a tridiagonal family of which some diagonal entries vary.
func diagonal(n int, varies func(i int) bool) *simulator {
	s := &simulator{names: []string{"k"}, mu: line(0.5, 8, 30), n: n, sym: matrix.General}
	s.stored = func(_ []float64, i, j int) bool { return i-j <= 1 && j-i <= 1 }
	s.entry = func(mu []float64, i, j int) complex128 {
		switch {
		case i != j:
			return -1
		case varies(i):
			return complex(2+math.Exp(-mu[0]*float64(i)/float64(n)), 0)
		}
		return 2
	}
	return s
}

// TestSmallSample: a sample that the terms exhaust is extended; its residuals
// vanish whatever the error is.
func TestSmallSample(t *testing.T) {
	s := diagonal(50, func(int) bool { return true })
	for _, c := range []struct{ entries, checks int }{{1, 2}, {3, 0}, {8, 1}} {
		dir, opt := filepath.Join(t.TempDir(), "plan"), Options{Tolerance: 1e-8, Entries: c.entries, Checks: c.checks}
		p, extended := s.advance(t, dir, opt), 0
		for ; p.State != StateDone; p = s.advance(t, dir, opt) {
			if p.State == StateEntries && p.Terms > 0 && p.Wanted > 1 {
				extended++
			}
			s.answer(t, p)
		}
		r := load(t, dir)
		e := s.worst(t, r)
		if extended == 0 || p.Small || r.Small || !p.Reached || e > r.Error() || e > 1e-8 || p.Matrices > p.Terms+c.checks+1 {
			t.Errorf("%d entries: extended %d times, error %.1e, estimate %.1e, %+v", c.entries, extended, e, r.Error(), *p)
		}
	}
}

// TestHiddenPart: where the matrix varies at few entries that no sample of moderate
// size meets, only full matrices tell the error.
func TestHiddenPart(t *testing.T) {
	s := diagonal(700, func(i int) bool { return i%350 == 123 })
	dir, opt := filepath.Join(t.TempDir(), "plan"), Options{Tolerance: 1e-8}
	if p := s.drive(t, dir, opt); p.Reached || !p.Small || p.Terms != 1 {
		t.Errorf("%+v", *p)
	}
	opt.Checks = 2
	p := s.drive(t, dir, opt)
	r := load(t, dir)
	if e := s.worst(t, r); !p.Reached || !p.Small || !r.Small || p.Terms != 3 || e > 1e-14 {
		t.Errorf("error %.1e, %+v", e, *p)
	}
}

// TestBarren: two matrices in a row that contradict their values and add nothing
// are enough; terms, and matrices that agree with their values, do not count.
func TestBarren(t *testing.T) {
	for _, c := range []struct {
		name     string
		own      []float64 // difference of matrix and values, in the order of the matrices
		residual []float64
		terms    int // of the matrices, the first ones
		want     bool
	}{
		{"two", []float64{0, 0, 1e-6, 1e-6}, []float64{0, 0, 1e-12, 1e-12}, 2, true},
		{"one", []float64{0, 0, 0, 1e-6}, []float64{0, 0, 1e-12, 1e-12}, 2, false},
		{"agreeing checks", []float64{0, 0, 0, 0}, []float64{0, 0, 1e-12, 1e-12}, 2, false},
		{"with a check between", []float64{0, 1e-6, 0, 1e-6}, []float64{0, 1e-12, 1e-12, 1e-12}, 1, true},
		{"before a term", []float64{1e-6, 1e-6, 1e-6, 1e-6}, []float64{0, 0, 0, 0}, 4, false},
		{"with something to add", []float64{0, 0, 1e-6, 1e-6}, []float64{0, 0, 1e-12, 1e-3}, 2, false},
	} {
		s := &selection[float64]{factor: 1, rounding: 1e-15, rows: map[int][]float64{}, noise: noise{own: map[int]float64{}}}
		l := loop[float64]{advance: &advance{folder: &folder{}, opt: Options{Tolerance: 1e-8}}, selection: s}
		for p := range 5 { // the last one is not known
			s.open, s.scale, s.r = append(s.open, p >= c.terms), append(s.scale, 1), append(s.r, []float64{1e-5})
			if p < len(c.own) {
				s.r[p][0], s.rows[p], s.noise.own[p] = c.residual[p], []float64{1}, c.own[p]
				l.matrices = append(l.matrices, known{candidate: p})
			}
		}
		if got := l.barren(4); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
		if l.barren(3) {
			t.Errorf("%s: a known matrix costs nothing", c.name)
		}
	}
}
