package features_test

import (
	"context"
	"errors"
	"math"
	"math/cmplx"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"eimtool/internal/eim"
	"eimtool/internal/features"
	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
)

// randomPattern draws a sparse pattern, lower triangle unless general. Row 0 of
// general patterns is empty.
func randomPattern(rng *rand.Rand, rows, cols int, sym matrix.Symmetry) *matrix.Pattern {
	p := &matrix.Pattern{Rows: rows, Cols: cols, Symmetry: sym, ColPtr: []int{0}}
	for j := range cols {
		for i := range rows {
			stored := i >= j
			switch sym {
			case matrix.General:
				stored = i > 0
			case matrix.SkewSymmetric:
				stored = i > j
			}
			if stored && rng.Float64() < 0.6 {
				p.RowIdx = append(p.RowIdx, int32(i))
			}
		}
		p.ColPtr = append(p.ColPtr, len(p.RowIdx))
	}
	return p
}

// full returns a as a dense matrix of complex numbers, by definition of the symmetries.
func full(a *matrix.Matrix) [][]complex128 {
	d := make([][]complex128, a.Rows)
	for i := range d {
		d[i] = make([]complex128, a.Cols)
	}
	a.Each(func(k, i, j int) {
		d[i][j] = a.At(k)
		if i != j {
			switch a.Symmetry {
			case matrix.Symmetric:
				d[j][i] = a.At(k)
			case matrix.SkewSymmetric:
				d[j][i] = -a.At(k)
			case matrix.Hermitian:
				d[j][i] = cmplx.Conj(a.At(k))
			}
		}
	})
	return d
}

// expected returns the value of a feature from the dense matrix.
func expected(d [][]complex128, f features.Feature, preserve [][]complex128) complex128 {
	var v complex128
	switch f.Kind {
	case features.KindConstant:
		return 1
	case features.KindEntry:
		return d[f.Row][f.Col]
	case features.KindRowSum:
		for _, a := range d[f.Row] {
			v += a
		}
	case features.KindPreserve:
		for j, a := range d[f.Row] {
			v += a * preserve[f.Vector][j]
		}
	}
	return v
}

// TestColumns checks every column of the table, its description and ValueOf
// against dense matrices, for all symmetries, fields and storages.
func TestColumns(t *testing.T) {
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 5))
		sym := []matrix.Symmetry{matrix.General, matrix.Symmetric, matrix.SkewSymmetric, matrix.Hermitian}[seed%4]
		rows := 5 + rng.IntN(5)
		cols := rows
		if sym == matrix.General {
			cols = 4 + rng.IntN(6)
		}
		p := randomPattern(rng, rows, cols, sym)
		if seed%3 == 0 {
			p = &matrix.Pattern{Rows: rows, Cols: cols, Symmetry: sym, Dense: true}
		}
		var list []*matrix.Matrix
		for range 4 {
			v := make([]complex128, p.NNZ())
			p.Each(func(k, i, j int) {
				v[k] = complex(rng.NormFloat64(), rng.NormFloat64())
				if sym == matrix.Hermitian && i == j {
					v[k] = complex(real(v[k]), 0)
				}
			})
			list = append(list, &matrix.Matrix{Pattern: p, Values: matrix.Values{Complex: v}})
		}
		preserve := [][]complex128{make([]complex128, cols), make([]complex128, cols)}
		for j := range cols {
			preserve[0][j], preserve[1][j] = complex(rng.NormFloat64(), 0), complex(rng.NormFloat64(), rng.NormFloat64())
		}
		opt := features.Options{Constant: true, RowSums: true, Preserve: preserve, Hermitian: sym == matrix.Hermitian, RowCuts: []int{2}}
		if sym == matrix.Hermitian {
			checkColumns(t, list, planes(list), opt)
			continue
		}
		var z [][]complex128
		for _, a := range list {
			z = append(z, a.Complex)
		}
		checkColumns(t, list, z, opt)
		opt.Preserve = preserve[:1]
		re := make([][]float64, len(list))
		for n, a := range list {
			for _, v := range a.Complex {
				re[n] = append(re[n], real(v))
			}
			list[n] = &matrix.Matrix{Pattern: p, Values: matrix.Values{Real: re[n]}}
		}
		checkColumns(t, list, re, opt)
	}
}

// planes returns the rows [Re; Im] of complex matrices.
func planes(list []*matrix.Matrix) [][]float64 {
	out := make([][]float64, len(list))
	for n, a := range list {
		for _, v := range a.Complex {
			out[n] = append(out[n], real(v))
		}
		for _, v := range a.Complex {
			out[n] = append(out[n], imag(v))
		}
	}
	return out
}

func checkColumns[T scalar.Scalar](t *testing.T, list []*matrix.Matrix, rows [][]T, opt features.Options) {
	t.Helper()
	set, err := features.New(context.Background(), list[0].Pattern, rows, opt)
	if err != nil {
		t.Fatal(err)
	}
	blocks := 3 + len(opt.Preserve)
	if len(set.Table.Blocks) != blocks {
		t.Fatalf("%d blocks, want %d", len(set.Table.Blocks), blocks)
	}
	for i, b := range set.Table.Blocks {
		largest := 0.0
		for c := range b.Cols {
			at := eim.Feature{Block: i, Col: c}
			f := set.Describe(at)
			for n, a := range list {
				want := expected(full(a), f, opt.Preserve)
				// Sums of at most 9 products of numbers of size at most about 4.
				const tol = 9 * 16 * 4 * scalar.Eps
				if v := features.ValueOf(a, f, opt.Preserve...); cmplx.Abs(v-want) > tol {
					t.Errorf("%v: ValueOf gives %v, want %v", f, v, want)
				}
				if v := features.ValueOf(a.Expand(), f, opt.Preserve...); cmplx.Abs(v-want) > tol {
					t.Errorf("%v: ValueOf of the expanded matrix gives %v, want %v", f, v, want)
				}
				if opt.Hermitian && f.Imag {
					want = complex(imag(want), 0)
				} else if opt.Hermitian {
					want = complex(real(want), 0)
				}
				got := b.Rows[n][c]
				if math.Hypot(scalar.Real(got)-real(want), scalar.Imag(got)-imag(want)) > tol {
					t.Errorf("%v of snapshot %d: %v in the table, want %v", f, n, got, want)
				}
				largest = math.Max(largest, scalar.Abs(set.Table.Value(n, at)))
			}
			if f.Kind == features.KindEntry {
				if k, ok := set.EntryColumn(at); !ok || set.Entry(k) != at {
					t.Errorf("%v: entry column %d, %v", f, k, ok)
				}
			} else if _, ok := set.EntryColumn(at); ok {
				t.Errorf("%v is taken for an entry", f)
			}
		}
		if math.Abs(largest-1) > 2*scalar.Eps {
			t.Errorf("block %s: largest scaled value %g, want 1", b.Name, largest)
		}
	}
}

// TestCuts checks that every block of a multi-physics matrix has its own scale.
func TestCuts(t *testing.T) {
	p := &matrix.Pattern{Rows: 4, Cols: 4, Dense: true}
	row := make([]float64, 16)
	size := [2][2]float64{{1e6, 1}, {1e-3, 0}}
	for k := range row {
		i, j := p.Position(k)
		row[k] = size[i/2][j/2] * (1 + 0.1*float64(k%3))
	}
	set, err := features.New(context.Background(), p, [][]float64{row}, features.Options{RowSums: true, RowCuts: []int{0, 2, 4}, ColCuts: []int{2}})
	if err != nil {
		t.Fatal(err)
	}
	for k := range row {
		i, j := p.Position(k)
		want := 0.0
		for l := range row {
			if a, b := p.Position(l); a/2 == i/2 && b/2 == j/2 {
				want = math.Max(want, row[l])
			}
		}
		if want == 0 {
			want = 1
		}
		if s := set.Table.ScaleOf(set.Entry(k)); s != want {
			t.Errorf("scale of entry (%d, %d) is %g, want %g", i, j, s, want)
		}
	}
	if a, b := set.Table.ScaleOf(eim.Feature{Block: 1, Col: 0}), set.Table.ScaleOf(eim.Feature{Block: 1, Col: 3}); a < 1e6 || b > 1e-2 {
		t.Errorf("scales of the row sums: %g and %g", a, b)
	}
}

// TestNoise checks that row sums which are nothing but round-off are left out.
func TestNoise(t *testing.T) {
	p, parts := tridiagonal(30, rand.New(rand.NewPCG(1, 2)))
	rows := [][]float64{parts[0], parts[1]} // pure stiffness
	set, err := features.New(context.Background(), p, rows, features.Options{RowSums: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(set.Table.Blocks) != 1 {
		t.Errorf("%d blocks, want the entries alone", len(set.Table.Blocks))
	}
}

// TestSymmetricStorage checks that a family stored as lower triangles and in
// full gives the same selection in every norm.
func TestSymmetricStorage(t *testing.T) {
	train, _ := load(t, "elasticity-geo")
	lower := train.Real
	full := make([][]float64, len(lower))
	var p *matrix.Pattern
	for i := range full {
		e := train.Matrix(i).Expand()
		full[i], p = e.Real, e.Pattern
	}
	for _, norm := range []string{"max", "l1", "l2"} {
		type term struct {
			Snapshot int
			Feature  features.Feature
		}
		var got [2][]term
		for k, x := range []struct {
			p    *matrix.Pattern
			rows [][]float64
		}{{train.Pattern, lower}, {p, full}} {
			set, err := features.New(context.Background(), x.p, x.rows, features.Options{Constant: true, RowSums: true})
			if err != nil {
				t.Fatal(err)
			}
			s, err := eim.Greedy(context.Background(), set.Table, eim.Options{FirstRow: 3, MaxTerms: 20, Norm: eim.Norm{Kind: norm}})
			if err != nil {
				t.Fatal(err)
			}
			for m, i := range s.Snapshots {
				got[k] = append(got[k], term{i, set.Describe(s.Features[m])})
			}
		}
		if d := cmp.Diff(got[0], got[1]); d != "" {
			t.Errorf("norm %s (-lower triangle +full):\n%s", norm, d)
		}
	}
}

// TestSameFamilyTwoPatterns checks that explicit zeros change nothing: one
// family is shipped with its structural zeros and without.
func TestSameFamilyTwoPatterns(t *testing.T) {
	type term struct {
		Snapshot int
		Feature  features.Feature
	}
	var got [2][]term
	for k, name := range []string{"convdiff", "convdiff-pattern"} {
		train, _ := load(t, name)
		set, err := features.New(context.Background(), train.Pattern, train.Real, features.Options{Constant: true, RowSums: true})
		if err != nil {
			t.Fatal(err)
		}
		s, err := eim.Greedy(context.Background(), set.Table, eim.Options{FirstRow: central(train), MaxTerms: 30})
		if err != nil {
			t.Fatal(err)
		}
		for m, i := range s.Snapshots {
			got[k] = append(got[k], term{i, set.Describe(s.Features[m])})
		}
	}
	if d := cmp.Diff(got[0], got[1]); d != "" {
		t.Errorf("(-convdiff +convdiff-pattern):\n%s", d)
	}
}

// TestEntriesOnly checks that row sums then weigh in the choice of snapshots and
// are never selected: the mass varies while the stiffness, which hides it, hardly
// does.
func TestEntriesOnly(t *testing.T) {
	p, parts := tridiagonal(50, rand.New(rand.NewPCG(4, 2)))
	rows := make([][]float64, 10)
	for i := range rows {
		rows[i] = make([]float64, p.NNZ())
		for k := range rows[i] {
			rows[i][k] = (1+1e-3*float64(i))*(parts[0][k]+parts[1][k]) + parts[2][k]/float64(1+i)
		}
	}
	for _, sums := range []bool{true, false} {
		set, err := features.New(context.Background(), p, rows, features.Options{RowSums: sums, EntriesOnly: true})
		if err != nil {
			t.Fatal(err)
		}
		s, err := eim.Greedy(context.Background(), set.Table, eim.Options{FirstRow: -1})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range s.Features {
			if k := set.Describe(f).Kind; k != features.KindEntry {
				t.Errorf("a %s was selected", k)
			}
		}
		// Row 0 has the largest mass, row 9 the largest stiffness; of equals the lower.
		if want := map[bool]int{true: 0, false: 9}[sums]; s.Snapshots[0] != want {
			t.Errorf("row sums %v: the first snapshot is %d, want %d", sums, s.Snapshots[0], want)
		}
	}
}

func TestErrors(t *testing.T) {
	p := &matrix.Pattern{Rows: 2, Cols: 2, Dense: true}
	h := &matrix.Pattern{Rows: 2, Cols: 2, Dense: true, Symmetry: matrix.Hermitian}
	good := [][]float64{{1, 2, 3, 4}}
	for _, c := range []struct {
		name   string
		p      *matrix.Pattern
		rows   [][]float64
		opt    features.Options
		target any
	}{
		{"short row", p, [][]float64{{1, 2}}, features.Options{}, new(*eim.TableError)},
		{"zero", p, [][]float64{{0, 0, 0, 0}}, features.Options{Constant: true}, new(*eim.ZeroError)},
		{"NaN", p, [][]float64{{0, 0, math.NaN(), 0}}, features.Options{}, new(*eim.NonFiniteError)},
		{"hermitian pattern, real rows", h, [][]float64{{1, 2, 3}}, features.Options{}, new(*features.OptionError)},
		{"cut outside", p, good, features.Options{RowCuts: []int{3}}, new(*features.OptionError)},
		{"cuts not increasing", p, good, features.Options{ColCuts: []int{1, 1}}, new(*features.OptionError)},
		{"short vector", p, good, features.Options{Preserve: [][]complex128{{1}}}, new(*features.OptionError)},
		{"zero vector", p, good, features.Options{Preserve: [][]complex128{{0, 0}}}, new(*features.OptionError)},
		{"NaN in a vector", p, good, features.Options{Preserve: [][]complex128{{1, complex(math.NaN(), 0)}}}, new(*features.OptionError)},
		{"complex vector", p, good, features.Options{Preserve: [][]complex128{{1, 1i}}}, new(*features.OptionError)},
	} {
		set, err := features.New(context.Background(), c.p, c.rows, c.opt)
		if set != nil || !errors.As(err, c.target) {
			t.Errorf("%s: error %v (%T)", c.name, err, err)
		}
	}
	if _, err := features.New(context.Background(), p, [][]complex128{{1, 2, 3, 4, 1, 2, 3, 4}}, features.Options{Hermitian: true}); err == nil {
		t.Error("complex rows of a Hermitian family were accepted")
	}
	if v := features.ValueOf(&matrix.Matrix{Pattern: p, Values: matrix.Values{Real: good[0]}}, features.Feature{Kind: features.KindPreserve}); !cmplx.IsNaN(v) {
		t.Errorf("preserved product without its vector: %v, want NaN", v)
	}
}
