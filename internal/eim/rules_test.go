package eim

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"eimtool/internal/scalar"
)

// TestTranspose checks that rows and columns play the same part.
func TestTranspose(t *testing.T) {
	table := rungeTable()
	b := Block[float64]{Cols: table.RowCount(), Magic: true, Rows: make([][]float64, table.ColCount())}
	for c := range b.Rows {
		b.Rows[c] = make([]float64, b.Cols)
		for p := range b.Cols {
			b.Rows[c][p] = table.Blocks[0].Rows[p][c]
		}
	}
	s := greedyOf(t, table, Options{MaxTerms: 10, FirstRow: 37})
	u := greedyOf(t, &Table[float64]{Blocks: []Block[float64]{b}}, Options{MaxTerms: 10, FirstRow: 0})
	if s.Snapshots[0] != 37 || u.Snapshots[0] != 0 {
		t.Fatal("forced rows were not taken")
	}
	// From a table without ties (row 0 of the transpose is column 0), the largest
	// element does not depend on the direction.
	s = greedyOf(t, table, Options{MaxTerms: 10, FirstRow: -1})
	u = greedyOf(t, &Table[float64]{Blocks: []Block[float64]{b}}, Options{MaxTerms: 10, FirstRow: -1})
	for k := 1; k < 10; k++ { // the first pivot, 1, occurs in every row at x = 0.4
		if s.Snapshots[k] != u.Features[k].Col || s.Features[k].Col != u.Snapshots[k] {
			t.Errorf("term %d: (%d, %d), transposed (%d, %d)", k, s.Snapshots[k], s.Features[k].Col, u.Features[k].Col, u.Snapshots[k])
		}
	}
}

// TestMetamorphic checks that scaling by powers of two and the number of
// threads change nothing but the scale.
func TestMetamorphic(t *testing.T) {
	for _, norm := range []Norm{{}, {Kind: "l1"}, {Kind: "l2"}, {Kind: "lp", P: 3}} {
		opt := Options{FirstRow: -1, Norm: norm, Threads: 1, Oversample: 5}
		table := sampled(wave, 1, 10, 60, 9000)
		want := greedyOf(t, table, opt)
		for _, threads := range []int{2, 7} {
			opt.Threads = threads
			if d := cmp.Diff(want, greedyOf(t, table, opt)); d != "" {
				t.Errorf("%d threads (-1 +%d):\n%s", threads, threads, d)
			}
		}
		scaled := sampled(func(mu, x float64) complex128 { return 0x1p-300 * wave(mu, x) }, 1, 10, 60, 9000)
		scaled.Blocks[0].Scale = 0x1p-300
		if d := cmp.Diff(want, greedyOf(t, scaled, opt)); d != "" {
			t.Errorf("scaled by 2^-300:\n%s", d)
		}
	}
}

// TestHeldOut checks that the residual of rows that may not be selected is
// their interpolation error.
func TestHeldOut(t *testing.T) {
	table := rungeTable()
	opt := Options{MaxTerms: 9, FirstRow: -1, Selectable: make([]bool, 200)}
	test := &Table[float64]{Blocks: []Block[float64]{table.Blocks[0]}}
	test.Blocks[0].Rows = nil
	for p := range opt.Selectable {
		if opt.Selectable[p] = p%5 != 2; !opt.Selectable[p] {
			test.Blocks[0].Rows = append(test.Blocks[0].Rows, table.Blocks[0].Rows[p])
		}
	}
	s := greedyOf(t, table, opt)
	for _, p := range s.Snapshots {
		if !opt.Selectable[p] {
			t.Errorf("held-out row %d was selected", p)
		}
	}
	if len(s.HeldOut) != 10 || len(s.Errors) != 10 {
		t.Fatalf("%d held-out errors, %d errors, want 10", len(s.HeldOut), len(s.Errors))
	}
	for m := 1; m <= 9; m++ {
		u := s.Truncate(m)
		e := interpolationError(t, table, test, u, u.Beta)
		if math.Abs(e-s.HeldOut[m]) > 1e3*scalar.Eps {
			t.Errorf("%d terms: held-out error %g, interpolation error %g", m, s.HeldOut[m], e)
		}
	}
}

func TestStops(t *testing.T) {
	noisy := rungeTable()
	rng := rand.New(rand.NewPCG(3, 3))
	for _, r := range noisy.Blocks[0].Rows {
		for c := range r {
			r[c] += 1e-6 * rng.NormFloat64()
		}
	}
	few := sampled(runge, 1, 10, 5, 401)
	twice := sampled(runge, 1, 10, 5, 401) // duplicated and zero rows
	twice.Blocks[0].Rows = append(twice.Blocks[0].Rows, make([]float64, 401), twice.Blocks[0].Rows[2], twice.Blocks[0].Rows[4])
	for _, c := range []struct {
		name     string
		table    *Table[float64]
		opt      Options
		stop     string
		from, to int
	}{
		{"tolerance", rungeTable(), Options{Tolerance: 1e-5}, StopTolerance, 8, 10},
		{"relative tolerance", rungeTable(), Options{Tolerance: 1e-5, Relative: true}, StopTolerance, 8, 11},
		{"max-terms", rungeTable(), Options{MaxTerms: 7}, StopMaxTerms, 7, 7},
		{"floor", rungeTable(), Options{}, StopFloor, 20, 24},
		{"rank", few, Options{}, StopRank, 5, 5},
		{"duplicates", twice, Options{}, StopFloor, 5, 5},
		{"noise", noisy, Options{}, StopStagnation, 10, 22},
		{"noise ignored", noisy, Options{IgnoreStagnation: true, MaxTerms: 40}, StopMaxTerms, 40, 40},
	} {
		c.opt.FirstRow = -1
		s := greedyOf(t, c.table, c.opt)
		if n := len(s.Snapshots); s.Stop != c.stop || n < c.from || n > c.to {
			t.Errorf("%s: stop %q after %d terms, want %q after %d to %d", c.name, s.Stop, n, c.stop, c.from, c.to)
		}
		if len(s.Errors) != len(s.Snapshots)+1 || len(s.LebesgueEntry) != len(s.Snapshots) {
			t.Errorf("%s: histories of length %d and %d for %d terms", c.name, len(s.Errors), len(s.LebesgueEntry), len(s.Snapshots))
		}
	}
}

// TestConstant checks that the constant feature, taken first, makes Σβ = 1, and
// that blocks that are not magic are never selected.
func TestConstant(t *testing.T) {
	table := rungeTable()
	one := Block[float64]{Name: "constant", Cols: 1, Magic: true, Rows: make([][]float64, 200)}
	sums := Block[float64]{Name: "sums", Cols: 1, Scale: 401, Rows: make([][]float64, 200)}
	for p := range one.Rows {
		one.Rows[p] = []float64{1}
		sums.Rows[p] = []float64{0}
		for _, v := range table.Blocks[0].Rows[p] {
			sums.Rows[p][0] += v
		}
	}
	table.Blocks = []Block[float64]{one, table.Blocks[0], sums}
	s := greedyOf(t, table, Options{MaxTerms: 12, FirstRow: 90})
	if s.Snapshots[0] != 90 || (s.Features[0] != Feature{}) {
		t.Errorf("first term: row %d, feature %v", s.Snapshots[0], s.Features[0])
	}
	for m := range 12 {
		// Σβ - 1 is a sum of rounding errors of numbers of size Σ|β|.
		if tol := 1e3 * scalar.Eps * s.LebesgueParameter[m]; s.SumBetaMax[m] > tol || s.SumBetaMin[m] < -tol {
			t.Errorf("%d terms: Σβ - 1 from %g to %g", m+1, s.SumBetaMin[m], s.SumBetaMax[m])
		}
		if s.Features[m].Block == 2 {
			t.Errorf("term %d selected a column that is not magic", m+1)
		}
	}
	without := greedyOf(t, sampled(func(mu, x float64) float64 { return mu * runge(mu, x) }, 1, 10, 200, 401), Options{MaxTerms: 5, FirstRow: -1})
	if without.SumBetaMax[4] < 1e-3 && without.SumBetaMin[4] > -1e-3 {
		t.Error("Σβ = 1 without the constant: the test shows nothing")
	}
}

func TestGreedyErrors(t *testing.T) {
	table := func(rows ...[]float64) *Table[float64] {
		return &Table[float64]{Blocks: []Block[float64]{{Name: "b", Cols: 2, Rows: rows, Magic: true}}}
	}
	good := table([]float64{1, 2}, []float64{2, 1})
	with := func(change func(*Table[float64])) *Table[float64] {
		x := table([]float64{1, 2}, []float64{2, 1})
		change(x)
		return x
	}
	for _, c := range []struct {
		name   string
		table  *Table[float64]
		opt    Options
		target any
	}{
		{"no blocks", &Table[float64]{}, Options{}, new(*TableError)},
		{"no rows", table(), Options{}, new(*TableError)},
		{"ragged", table([]float64{1, 2}, []float64{1}), Options{}, new(*TableError)},
		{"weights", with(func(x *Table[float64]) { x.Blocks[0].Weight = []float64{1} }), Options{}, new(*TableError)},
		{"negative scale", with(func(x *Table[float64]) { x.Blocks[0].Scale = -1 }), Options{}, new(*TableError)},
		{"tiny scale", with(func(x *Table[float64]) { x.Blocks[0].Scale = 1e-320 }), Options{}, new(*TableError)},
		{"zero", table([]float64{0, 0}, []float64{0, 0}), Options{}, new(*ZeroError)},
		{"NaN", table([]float64{0, 1}, []float64{0, math.NaN()}), Options{}, new(*NonFiniteError)},
		{"infinite", table([]float64{0, 1}, []float64{math.Inf(-1), 1}), Options{}, new(*NonFiniteError)},
		{"norm", good, Options{Norm: Norm{Kind: "l3"}}, new(*OptionError)},
		{"exponent", good, Options{Norm: Norm{Kind: "lp", P: 0.5}}, new(*OptionError)},
		{"terms", good, Options{MaxTerms: -1}, new(*OptionError)},
		{"oversample", good, Options{Oversample: -1}, new(*OptionError)},
		{"tolerance", good, Options{Tolerance: math.NaN()}, new(*OptionError)},
		{"marks", good, Options{Selectable: []bool{true}}, new(*OptionError)},
		{"nothing selectable", good, Options{FirstRow: -1, Selectable: []bool{false, false}}, new(*OptionError)},
		{"first row", good, Options{FirstRow: 2}, new(*OptionError)},
		{"first row held out", good, Options{FirstRow: 1, Selectable: []bool{true, false}}, new(*OptionError)},
		{"first value zero", table([]float64{0, 1}, []float64{1, 1}), Options{FirstRow: 0}, new(*OptionError)},
	} {
		s, err := Greedy(context.Background(), c.table, c.opt)
		if s != nil || !errors.As(err, c.target) {
			t.Errorf("%s: selection %v, error %v (%T)", c.name, s != nil, err, err)
		}
	}
	var bad *NonFiniteError
	_, err := Greedy(context.Background(), table([]float64{0, 1}, []float64{0, math.NaN()}), Options{FirstRow: -1})
	if !errors.As(err, &bad) || bad.Row != 1 || bad.Col != 1 {
		t.Errorf("position of the NaN: %v", err)
	}
}

// TestCancel cancels at every progress call.
func TestCancel(t *testing.T) {
	for k := range 10 {
		ctx, cancel := context.WithCancel(context.Background())
		calls := 0
		_, err := Greedy(ctx, rungeTable(), Options{MaxTerms: 6, FirstRow: -1, Progress: func(string, int, int) {
			if calls++; calls > k {
				cancel()
			}
		}})
		// One more call may come before the next look at the context.
		if calls > k+2 || k < 8 && !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled at call %d: %d calls, error %v", k, calls, err)
		}
		cancel()
	}
}

// TestFloorCarries checks that the round-off of a pivot's column counts in the
// columns that are updated with it: a table of rank 1 whose largest column is
// noisy, and known to be, has rank 1.
func TestFloorCarries(t *testing.T) {
	const noise = 1e-12
	rng := rand.New(rand.NewPCG(8, 1))
	entries := Block[float64]{Cols: 30, Magic: true}
	sums := Block[float64]{Cols: 1, Magic: true, Floor: []float64{2 * noise}}
	for range 20 {
		a := rng.Float64()
		row := make([]float64, 30)
		for c := range row {
			row[c] = 0.03 * float64(c) * a
		}
		entries.Rows = append(entries.Rows, row)
		sums.Rows = append(sums.Rows, []float64{a + noise*(2*rng.Float64()-1)})
	}
	s := greedyOf(t, &Table[float64]{Blocks: []Block[float64]{entries, sums}}, Options{FirstRow: -1})
	if len(s.Snapshots) != 1 || s.Stop != StopFloor || s.Features[0].Block != 1 {
		t.Errorf("%d terms (%s), first feature %v, want 1 term by the sum", len(s.Snapshots), s.Stop, s.Features[0])
	}
}
