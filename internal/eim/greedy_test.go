package eim

import (
	"context"
	"math"
	"math/cmplx"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"eimtool/internal/scalar"
)

// sampled returns the table g(mu, x) on equidistant points of [lo, hi] and [0, 1].
func sampled[T scalar.Scalar](g func(mu, x float64) T, lo, hi float64, rows, cols int) *Table[T] {
	b := Block[T]{Name: "g", Cols: cols, Magic: true, Measure: true}
	for p := range rows {
		mu := lo + (hi-lo)*float64(p)/float64(rows-1)
		row := make([]T, cols)
		for c := range row {
			row[c] = g(mu, float64(c)/float64(cols-1))
		}
		b.Rows = append(b.Rows, row)
	}
	return &Table[T]{Blocks: []Block[T]{b}}
}

func runge(mu, x float64) float64   { return 1 / (1 + mu*mu*(x-.4)*(x-.4)) }
func wave(mu, x float64) complex128 { return cmplx.Exp(complex(0, 2*mu*x)) }
func rungeTable() *Table[float64]   { return sampled(runge, 1, 10, 200, 401) }
func waveTable() *Table[complex128] { return sampled(wave, 1, 10, 200, 401) }
func greedyOf[T scalar.Scalar](t testing.TB, table *Table[T], opt Options) *Selection[T] {
	t.Helper()
	s, err := Greedy(context.Background(), table, opt)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// interpolationError returns the largest |g - Σ β_m g_m| of the rows of test,
// β from the exact values at the magic features of a selection from train.
func interpolationError[T scalar.Scalar](t testing.TB, train, test *Table[T], s *Selection[T], beta func([]T) ([]T, error)) float64 {
	t.Helper()
	worst := 0.0
	for p := range test.RowCount() {
		values := make([]T, len(s.Features))
		for l, f := range s.Features {
			values[l] = test.Value(p, f)
		}
		b, err := beta(values)
		if err != nil {
			t.Fatal(err)
		}
		for i := range test.Blocks {
			for c := range test.Blocks[i].Cols {
				v := test.Value(p, Feature{i, c})
				for m, q := range s.Snapshots {
					v -= b[m] * train.Value(q, Feature{i, c})
				}
				worst = math.Max(worst, scalar.Abs(v))
			}
		}
	}
	return worst
}

// TestMeasuredErrors compares with figures that an independent NumPy script
// gave: sup error and Lebesgue sums of both directions for three norms. The
// grids are not the same, so a factor of 2.5 is allowed.
func TestMeasuredErrors(t *testing.T) {
	type figures struct{ err, parameter, entry float64 }
	near := func(name string, got, want float64) {
		t.Helper()
		if got > 2.5*want || got < want/2.5 {
			t.Errorf("%s: %.2g, want about %.2g", name, got, want)
		}
	}
	for _, c := range []struct {
		terms         int
		max, two, one figures
	}{
		{8, figures{6.0e-5, 5.1, 2.8}, figures{4.0e-5, 3.1, 3.0}, figures{8.1e-5, 7.8, 4.6}},
		{16, figures{2.0e-10, 7.9, 4.6}, figures{7.7e-11, 5.2, 4.5}, figures{1.4e-10, 5.7, 5.4}},
	} {
		train, test := rungeTable(), sampled(runge, 1.01, 9.99, 97, 401)
		for norm, want := range map[string]figures{"max": c.max, "l2": c.two, "l1": c.one} {
			s := greedyOf(t, train, Options{MaxTerms: c.terms, FirstRow: -1, Norm: Norm{Kind: norm}})
			near("runge "+norm, interpolationError(t, train, test, s, s.Beta), want.err)
			near("runge parameter "+norm, s.LebesgueParameter[c.terms-1], want.parameter)
			near("runge entry "+norm, s.LebesgueEntry[c.terms-1], want.entry)
		}
	}
	train, test := waveTable(), sampled(wave, 1.01, 9.99, 97, 401)
	for norm, want := range map[string]figures{
		"max": {6.1e-7, 5.7, 5.4}, "l2": {1.3e-6, 9.5, 5.5}, "l1": {5.6e-7, 6.8, 4.8},
	} {
		s := greedyOf(t, train, Options{MaxTerms: 12, FirstRow: -1, Norm: Norm{Kind: norm}})
		near("wave "+norm, interpolationError(t, train, test, s, s.Beta), want.err)
		near("wave parameter "+norm, s.LebesgueParameter[11], want.parameter)
		near("wave entry "+norm, s.LebesgueEntry[11], want.entry)
	}
}

// drawTable draws a table of one to three blocks with scales, of noise or of
// low rank.
func drawTable[T scalar.Scalar](t *rapid.T) *Table[T] {
	rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 7))
	rows := rapid.IntRange(1, 12).Draw(t, "rows")
	rank := rapid.IntRange(1, 12).Draw(t, "rank")
	left := make([][]T, rows)
	for p := range left {
		left[p] = randomSlice[T](rng, rank)
	}
	table := &Table[T]{}
	for range rapid.IntRange(1, 3).Draw(t, "blocks") {
		cols := rapid.SampledFrom([]int{1, 3, 8, 17, 40, 1025}).Draw(t, "cols")
		b := Block[T]{Cols: cols, Scale: math.Exp(rng.NormFloat64()), Magic: true}
		right := make([][]T, rank)
		for k := range right {
			right[k] = randomSlice[T](rng, cols)
		}
		for p := range rows {
			row := make([]T, cols)
			for k, a := range left[p] {
				for c, v := range right[k] {
					row[c] += a * v
				}
			}
			b.Rows = append(b.Rows, row)
		}
		table.Blocks = append(table.Blocks, b)
	}
	return table
}

// completePivoting is Gaussian elimination in place with the largest element of
// the whole table as pivot, the definition of the method.
func completePivoting[T scalar.Scalar](table *Table[T], terms int) (rows []int, cols []Feature, errs []float64) {
	var flat []Feature
	for i, b := range table.Blocks {
		for c := range b.Cols {
			flat = append(flat, Feature{i, c})
		}
	}
	r := make([][]T, table.RowCount())
	for p := range r {
		for _, f := range flat {
			r[p] = append(r[p], table.Value(p, f))
		}
	}
	for range terms {
		i, j, top := 0, 0, -1.0
		for p := range r {
			for c, v := range r[p] {
				if a := scalar.Abs(v); a > top {
					i, j, top = p, c, a
				}
			}
		}
		rows, cols, errs = append(rows, i), append(cols, flat[j]), append(errs, top)
		pivot, row := r[i][j], append([]T{}, r[i]...)
		for p := range r {
			f := r[p][j] / pivot
			for c, v := range row {
				r[p][c] -= f * v
			}
			r[p][j] = 0
		}
		clear(r[i])
	}
	return rows, cols, errs
}

func TestCompletePivoting(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		checkCompletePivoting(t, drawTable[float64](t))
		checkCompletePivoting(t, drawTable[complex128](t))
	})
}

func checkCompletePivoting[T scalar.Scalar](t *rapid.T, table *Table[T]) {
	s, err := Greedy(context.Background(), table, Options{FirstRow: -1, IgnoreStagnation: true})
	if err != nil {
		t.Fatal(err)
	}
	rows, cols, errs := completePivoting(table, len(s.Snapshots))
	for k := range rows {
		// Near the end, and between near ties, round-off decides.
		if s.Errors[k] < 1e-9 {
			return
		}
		if s.Snapshots[k] != rows[k] || s.Features[k] != cols[k] {
			t.Fatalf("term %d: row %d, column %v, want %d, %v", k, s.Snapshots[k], s.Features[k], rows[k], cols[k])
		}
		if e := errs[k] / errs[0]; math.Abs(s.Errors[k]-e) > 1e3*scalar.Eps {
			t.Fatalf("term %d: error %g, want %g", k, s.Errors[k], e)
		}
	}
}

// TestForms checks the identities of the method: both forms agree, snapshots
// and magic features are reproduced, F = Lower·Upper.
func TestForms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		checkForms(t, drawTable[float64](t))
		checkForms(t, drawTable[complex128](t))
	})
}

func checkForms[T scalar.Scalar](t *rapid.T, table *Table[T]) {
	ctx := context.Background()
	s, err := Greedy(ctx, table, Options{FirstRow: -1, IgnoreStagnation: true})
	if err != nil {
		t.Fatal(err)
	}
	top := 0.0
	for p := range table.RowCount() {
		for i, b := range table.Blocks {
			for c := range b.Cols {
				top = math.Max(top, scalar.Abs(table.Value(p, Feature{i, c})))
			}
		}
	}
	m := len(s.Snapshots)
	// Triangular solves are backward stable: errors are a few ε times the sums
	// of moduli involved, which grow with the Lebesgue sums squared.
	tol := 1e3 * float64(m) * scalar.Eps * top * (1 + s.LebesgueEntry[m-1]) * (1 + s.LebesgueParameter[m-1])
	basis := make([][][]T, len(table.Blocks))
	for i := range basis {
		if basis[i], err = Basis(ctx, table, s, i, 1); err != nil {
			t.Fatal(err)
		}
	}
	for p := range table.RowCount() {
		values := make([]T, m)
		for l, f := range s.Features {
			values[l] = table.Value(p, f)
		}
		c, err := s.Coefficients(values)
		if err != nil {
			t.Fatal(err)
		}
		beta := s.SnapshotCoefficients(c)
		for i, b := range table.Blocks {
			for x := range b.Cols {
				var classical, symmetric T
				for k, q := range s.Snapshots {
					classical += c[k] * basis[i][k][x]
					symmetric += beta[k] * table.Value(q, Feature{i, x})
				}
				if d := scalar.Abs(classical - symmetric); d > tol {
					t.Fatalf("row %d, block %d, column %d: the two forms differ by %g", p, i, x, d)
				}
				// All rows lie in the span: the table has rank m.
				if d := scalar.Abs(symmetric - table.Value(p, Feature{i, x})); d > tol {
					t.Fatalf("row %d, block %d, column %d: error %g", p, i, x, d)
				}
			}
		}
	}
	for i := range m {
		for l := range m {
			var v T
			for k := range m {
				v += s.Lower.At(i, k) * s.Upper.At(k, l)
			}
			if scalar.Abs(v-s.Values.At(i, l)) > tol {
				t.Fatalf("F differs from Lower·Upper at %d, %d", i, l)
			}
			if l < i && s.Upper.At(i, l) != 0 || l > i && s.Lower.At(i, l) != 0 || l == i && s.Upper.At(i, i) != 1 {
				t.Fatalf("the factors are not triangular at %d, %d", i, l)
			}
		}
	}
}
