package solve

import (
	"context"
	"errors"
	"math"
	"testing"

	"eimtool/internal/dense"
	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
)

func TestShapes(t *testing.T) {
	var shape *ShapeError
	if _, err := New[float64](ctx, &matrix.Pattern{Rows: 2, Cols: 3, Dense: true}, Options{}); !errors.As(err, &shape) {
		t.Errorf("2×3 matrix: %v", err)
	}
	huge := &matrix.Pattern{Rows: 1, Cols: 1, ColPtr: []int{0, maxEntries + 1}} // refused before an entry is read
	if _, err := New[float64](ctx, huge, Options{}); !errors.As(err, &shape) {
		t.Errorf("%d entries: %v", huge.NNZ(), err)
	}
	p, v := sparse(2, matrix.General, entries[float64]{{0, 0}: 1, {1, 1}: 2})
	var option *OptionError
	if _, err := New[float64](ctx, p, Options{Method: "qr"}); !errors.As(err, &option) {
		t.Errorf("unknown method: %v", err)
	}
	if _, err := New[float64](ctx, p, Options{Ordering: "random"}); !errors.As(err, &option) {
		t.Errorf("unknown ordering: %v", err)
	}
	s, err := New[float64](ctx, p, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Factorise(ctx, v[:1]); !errors.As(err, &shape) {
		t.Errorf("too few values: %v", err)
	}
	var odd *NonFiniteError
	if _, err := s.Factorise(ctx, []float64{1, math.NaN()}); !errors.As(err, &odd) {
		t.Errorf("NaN: %v", err)
	}
	f, err := s.Factorise(ctx, v)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Solve(ctx, dense.New[float64](3, 1), matrix.NoTranspose); !errors.As(err, &shape) {
		t.Errorf("long right-hand side: %v", err)
	}
	b := dense.New[float64](2, 1)
	b.Data[0] = math.Inf(1)
	if _, _, err := f.SolveRefined(ctx, b, matrix.NoTranspose); !errors.As(err, &odd) {
		t.Errorf("infinite right-hand side: %v", err)
	}
	if err := f.Solve(ctx, b, matrix.NoTranspose); !errors.As(err, &odd) {
		t.Errorf("infinite right-hand side, not refined: %v", err)
	}
}

// TestOverflow solves systems whose solutions are beyond float64, or just not.
func TestOverflow(t *testing.T) {
	p, v := sparse(2, matrix.General, entries[float64]{{0, 0}: 1e-300, {0, 1}: 2e-300, {1, 1}: 1})
	f := factorise(t, p, v, Options{})
	for _, test := range []struct {
		b  float64
		ok bool
	}{{1e300, false}, {1e5, true}, {1e-300, true}, {5e-324, true}} {
		b := dense.New[float64](2, 1)
		b.Data[0] = test.b
		x, report, err := f.SolveRefined(ctx, b, matrix.NoTranspose)
		var odd *NonFiniteError
		if test.ok != (err == nil) || !test.ok && !errors.As(err, &odd) {
			t.Errorf("b = %g: %v", test.b, err)
		}
		// One division, and that of 1e-300 by itself.
		if test.ok && math.Abs(x.Data[0]/(test.b/1e-300)-1) > 4*scalar.Eps {
			t.Errorf("b = %g: x = %g, %+v", test.b, x.Data[0], report)
		}
	}
}

// TestCancelled checks that a cancelled context is reported and harms nothing.
func TestCancelled(t *testing.T) {
	p, v := grid(2, 20, 1, matrix.General)
	s, err := New[float64](ctx, p, Options{Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	done, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := s.Factorise(done, v); !errors.Is(err, context.Canceled) {
		t.Errorf("factorise: %v", err)
	}
	checkSystem(t, p, v, Options{Threads: 2})
}

// TestTrivial covers systems without unknowns and without right-hand sides.
func TestTrivial(t *testing.T) {
	for _, p := range []*matrix.Pattern{
		{ColPtr: []int{0}},
		{Dense: true},
		{Symmetry: matrix.Symmetric, ColPtr: []int{0}},
	} {
		f := factorise(t, p, []float64{}, Options{})
		x, report, err := f.SolveRefined(ctx, dense.New[float64](0, 2), matrix.Transpose)
		if err != nil || x.Rows != 0 || report != (Report{}) {
			t.Errorf("%+v: %v, %+v", p, err, report)
		}
		if l, s := f.LogDet(); l != 0 || s != 1 {
			t.Errorf("determinant of the empty matrix: log %g, sign %g", l, s)
		}
		if c, err := f.Condition(ctx); err != nil || c != 1 {
			t.Errorf("condition %g, %v", c, err)
		}
	}
	p, v := sparse(2, matrix.General, entries[float64]{{0, 1}: 1, {1, 0}: 2})
	f := factorise(t, p, v, Options{})
	if x, _, err := f.SolveRefined(ctx, dense.New[float64](2, 0), matrix.NoTranspose); err != nil || x.Cols != 0 {
		t.Errorf("no right-hand sides: %v", err)
	}
	x, report, err := f.SolveRefined(ctx, dense.New[float64](2, 1), matrix.NoTranspose)
	if err != nil || x.Data[0] != 0 || x.Data[1] != 0 || report.BackwardError != 0 || report.ForwardBound != 0 {
		t.Errorf("zero right-hand side: %v, %+v, %v", x, report, err)
	}
}

// TestScaled solves systems that are badly scaled by rows and columns, over 60
// decades: powers of two that change no bit of the answer beyond themselves.
func TestScaled(t *testing.T) {
	r := newRand(5)
	n := 50
	p, v := randomSparse[float64](r, n, 3, matrix.General, 1)
	rows, cols := make([]float64, n), make([]float64, n)
	for i := range n {
		rows[i], cols[i] = math.Ldexp(1, r.IntN(200)-100), math.Ldexp(1, r.IntN(200)-100)
	}
	w := append([]float64(nil), v...)
	p.Each(func(k, i, j int) { w[k] *= rows[i] * cols[j] })
	b := randomBlock[float64](r, n, 1)
	c := b.Clone()
	multiplyRows(c, rows)
	x, _, err := factorise(t, p, v, Options{}).SolveRefined(ctx, b, matrix.NoTranspose)
	if err != nil {
		t.Fatal(err)
	}
	y, report, err := factorise(t, p, w, Options{}).SolveRefined(ctx, c, matrix.NoTranspose)
	if err != nil {
		t.Fatal(err)
	}
	multiplyRows(y, cols)
	// Both errors are below the Eps·condition of the unscaled matrix.
	if e := distance(y.Data, x.Data); !(e < 1e-12) || !(report.BackwardError <= 2*scalar.Eps) {
		t.Errorf("difference %g, %+v", e, report)
	}
}

// TestThreads compares the bits of factors and solutions for 1, 2 and 5 threads.
func TestThreads(t *testing.T) {
	kkt, kktValues := saddle(14)
	cases := []struct {
		name string
		p    *matrix.Pattern
		v    []float64
	}{}
	add := func(name string, p *matrix.Pattern, v []float64) {
		cases = append(cases, struct {
			name string
			p    *matrix.Pattern
			v    []float64
		}{name, p, v})
	}
	p, v := grid(3, 11, 0, matrix.Symmetric)
	add("cube", p, v)
	p, v = grid(2, 40, 30, matrix.General)
	add("wind", p, v)
	add("saddle", kkt, kktValues)
	p, v = randomSparse[float64](newRand(3), 400, 2, matrix.General, 0.01)
	add("weak", p, v)
	for _, c := range cases {
		var first *dense.Matrix[float64]
		var det float64
		for _, threads := range []int{1, 2, 5} {
			f := factorise(t, c.p, c.v, Options{Threads: threads})
			x := randomBlock[float64](newRand(1), c.p.Rows, 50)
			for op := range matrix.Op(2) {
				if err := f.Solve(ctx, x, op); err != nil {
					t.Fatal(err)
				}
			}
			y, _, err := f.SolveRefined(ctx, x, matrix.NoTranspose)
			if err != nil {
				t.Fatal(err)
			}
			d, _ := f.LogDet()
			if first == nil {
				first, det = y, d
				continue
			}
			for i, want := range first.Data {
				if y.Data[i] != want {
					t.Fatalf("%s: element %d with %d threads: %x, with one %x", c.name, i, threads, y.Data[i], want)
				}
			}
			if d != det {
				t.Errorf("%s: log det %x, %x", c.name, d, det)
			}
		}
	}
}

// saddle returns the symmetric indefinite matrix [A Bᵀ; B 0] of a grid of m² points
// with one constraint per pair of neighbours in the first row: zeros on the diagonal.
func saddle(m int) (*matrix.Pattern, []float64) {
	p, v := grid(2, m, 0, matrix.Symmetric)
	e := entries[float64]{}
	p.Each(func(k, i, j int) { e[[2]int{i, j}] = v[k] })
	n := p.Rows
	rows := 0
	for j := 0; j+1 < n; j += 3 {
		e[[2]int{n + rows, j}], e[[2]int{n + rows, j + 1}] = 1, -1
		rows++
	}
	return sparse(n+rows, matrix.Symmetric, e)
}

func TestSaddle(t *testing.T) {
	p, v := saddle(20)
	checkSystem(t, p, v, Options{Threads: 2})
	f := factorise(t, p, v, Options{})
	// A is positive definite and B has full rank: as many positive eigenvalues
	// as A has rows, as many negative ones as B has.
	if pos, neg, zero, ok := f.Inertia(); !ok || pos != 400 || neg != p.Rows-400 || zero != 0 {
		t.Errorf("inertia %d, %d, %d", pos, neg, zero)
	}
	if m := f.Info().Method; m != "ldl" {
		t.Errorf("method %s", m)
	}
}

// TestMethods checks which factorisation is used.
func TestMethods(t *testing.T) {
	spd, spdValues := grid(2, 8, 0, matrix.General)
	half, halfValues := grid(2, 8, 0, matrix.Symmetric)
	wind, windValues := grid(2, 8, 5, matrix.General)
	shifted := append([]float64(nil), spdValues...)
	spd.Each(func(k, i, j int) {
		if i == j {
			shifted[k] -= 100
		}
	})
	for _, c := range []struct {
		p            *matrix.Pattern
		v            []float64
		method, want string
	}{
		{spd, spdValues, "", "cholesky"},
		{spd, spdValues, "auto", "cholesky"},
		{spd, spdValues, "ldl", "ldl"},
		{spd, spdValues, "lu", "lu"},
		{spd, shifted, "", "ldl"},
		{spd, shifted, "cholesky", "ldl"},
		{half, halfValues, "", "cholesky"},
		{half, halfValues, "lu", "lu"},
		{wind, windValues, "", "lu"},
		{wind, windValues, "cholesky", "lu"},
	} {
		f := factorise(t, c.p, c.v, Options{Method: c.method})
		if got := f.Info().Method; got != c.want {
			t.Errorf("method %q gave %q, want %q", c.method, got, c.want)
		}
		checkSystem(t, c.p, c.v, Options{Method: c.method})
	}
}

// TestDense solves dense systems of all storages.
func TestDense(t *testing.T) {
	t.Run("real", testDense[float64])
	t.Run("complex", testDense[complex128])
}

func testDense[T scalar.Scalar](t *testing.T) {
	for _, sym := range []matrix.Symmetry{matrix.General, matrix.Symmetric, matrix.SkewSymmetric, matrix.Hermitian} {
		for _, n := range []int{1, 2, 64, 130} {
			if sym == matrix.SkewSymmetric && n == 1 {
				continue
			}
			p := &matrix.Pattern{Rows: n, Cols: n, Symmetry: sym, Dense: true}
			v := make([]T, p.NNZ())
			r := newRand(uint64(n))
			for k := range v {
				v[k] = random[T](r)
				if i, j := p.Position(k); i == j && sym == matrix.Hermitian {
					v[k] = scalar.Of[T](scalar.Real(v[k]), 0)
				}
			}
			checkSystem(t, p, v, Options{})
		}
	}
}

// TestDenseRow solves an arrow matrix: one dense row and column.
func TestDenseRow(t *testing.T) {
	const n = 500
	e := entries[float64]{{0, 0}: 1}
	for i := 1; i < n; i++ {
		e[[2]int{i, i}], e[[2]int{i, 0}], e[[2]int{0, i}] = float64(i), 1, 2
	}
	p, v := sparse(n, matrix.General, e)
	checkSystem(t, p, v, Options{})
	if f := factorise(t, p, v, Options{}); f.Info().NNZ > 8*n {
		t.Errorf("fill %d", f.Info().NNZ)
	}
}

// TestReuse factorises many matrices of one pattern, some singular, some not
// definite, and compares with a solver that has seen no other.
func TestReuse(t *testing.T) {
	p, v := grid(2, 9, 0, matrix.General)
	s, err := New[float64](ctx, p, Options{Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	r := newRand(1)
	for round := range 20 {
		w := append([]float64(nil), v...)
		switch round % 4 {
		case 1:
			for k := range w {
				w[k] *= r.NormFloat64()
			}
		case 2:
			p.Each(func(k, i, j int) {
				if i == j {
					w[k] -= float64(50 * round)
				}
			})
		case 3:
			for k := range w[:p.ColPtr[1]] {
				w[k] = 0
			}
		}
		f, err := s.Factorise(ctx, w)
		fresh, err2 := New[float64](ctx, p, Options{})
		if err2 != nil {
			t.Fatal(err2)
		}
		g, err2 := fresh.Factorise(ctx, w)
		if (err == nil) != (err2 == nil) || (err == nil) != (round%4 != 3) {
			t.Fatalf("round %d: %v, %v", round, err, err2)
		}
		if err != nil {
			continue
		}
		x, y := randomBlock[float64](newRand(2), p.Rows, 2), randomBlock[float64](newRand(2), p.Rows, 2)
		if err := errors.Join(f.Solve(ctx, x, matrix.Transpose), g.Solve(ctx, y, matrix.Transpose)); err != nil {
			t.Fatal(err)
		}
		for i := range x.Data {
			if x.Data[i] != y.Data[i] {
				t.Fatalf("round %d: %x, %x", round, x.Data[i], y.Data[i])
			}
		}
		if round%2 == 0 {
			f.Release()
		}
	}
}
