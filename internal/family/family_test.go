package family

import (
	"math"
	"path/filepath"
	"testing"

	"eimtool/internal/matrix"
)

const shipped = "../../testdata/families"

func load(t *testing.T, spec string, opt LoadOptions) *Family {
	t.Helper()
	tab, err := Open(spec)
	if err != nil {
		t.Fatal(err)
	}
	f, err := Load(t.Context(), tab, opt)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// What the README of the data says about every family; stored lines as counted
// by other programs when the data were made.
func TestShippedFamilies(t *testing.T) {
	for _, c := range []struct {
		name     string
		samples  int
		rows     int
		stored   int
		params   int
		symmetry matrix.Symmetry
		complex  bool
		dense    bool
	}{
		{"helmholtz2d", 32, 587, 3470, 1, matrix.Symmetric, true, false},
		{"elasticity-geo", 90, 280, 1940, 2, matrix.Symmetric, false, false},
		{"convdiff", 100, 196, 1262, 2, matrix.General, false, false},
		{"convdiff-pattern", 100, 196, 1127, 2, matrix.General, false, false},
		{"bem-sphere", 40, 120, 7260, 1, matrix.Symmetric, true, true},
		{"thermal-block", 60, 216, 809, 3, matrix.Symmetric, false, false},
		{"thermal-model", 40, 216, 809, 1, matrix.Symmetric, false, false},
		{"gp-kernel", 60, 200, 20100, 2, matrix.Symmetric, false, true},
		{"known-function", 144, 141, 521, 2, matrix.Symmetric, false, false},
		{"singular-near", 40, 187, 691, 1, matrix.Symmetric, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := load(t, filepath.Join(shipped, c.name, "samples.csv"), LoadOptions{})
			p := f.Pattern
			if len(f.Samples) != c.samples || p.Rows != c.rows || p.Cols != c.rows || p.NNZ() != c.stored ||
				len(f.Names) != c.params || p.Symmetry != c.symmetry || f.Complex != c.complex || p.Dense != c.dense || f.Hermitian {
				t.Errorf("%d samples, %d x %d, %d stored, %d parameters, %v, complex %v, dense %v", len(f.Samples), p.Rows, p.Cols,
					p.NNZ(), len(f.Names), p.Symmetry, f.Complex, p.Dense)
			}
			if len(Rows[float64](f))+len(Rows[complex128](f)) != c.samples {
				t.Error("exactly one kind of rows expected")
			}
			for _, w := range f.Warnings {
				t.Log(w)
			}
		})
	}
}

// convdiff-pattern holds the matrices of convdiff with entries below
// 1e-17·max|A| dropped, in random order, with duplicates and odd spelling.
func TestPatternVariant(t *testing.T) {
	a := load(t, filepath.Join(shipped, "convdiff", "samples.csv"), LoadOptions{})
	b := load(t, filepath.Join(shipped, "convdiff-pattern", "samples.csv"), LoadOptions{Threads: 3})
	for i := range a.Samples {
		if d := matrix.Compare(a.Matrix(i), b.Matrix(i)); d.RelativeMax() > 1e-14 {
			t.Errorf("sample %d differs by %g", i, d.RelativeMax())
		}
	}
	// The other way round, onto the larger pattern: nothing is outside.
	for i := range b.Samples {
		v, outside, err := Align(a, b.Matrix(i))
		if err != nil || outside != 0 {
			t.Fatalf("sample %d: %d outside, %v", i, outside, err)
		}
		for k, x := range v.Real {
			if math.Abs(x-a.Real[i][k]) > 1e-14 {
				t.Fatalf("sample %d, value %d", i, k)
			}
		}
	}
}
