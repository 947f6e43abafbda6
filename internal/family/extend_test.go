package family

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"eimtool/internal/matrix"
)

// part returns the table of some samples of t.
func part(t *Table, from, to int) *Table {
	p := *t
	p.Samples = t.Samples[from:to]
	return &p
}

// sameFamily describes how two families differ in what models are made of.
func sameFamily(got, want *Family) string {
	var d []string
	add := func(what string, x, y any) {
		if diff := cmp.Diff(x, y); diff != "" {
			d = append(d, what+" (-got +want):\n"+diff)
		}
	}
	add("pattern", got.Pattern, want.Pattern)
	add("complex", got.Complex, want.Complex)
	add("hermitian", got.Hermitian, want.Hermitian)
	add("real", got.Real, want.Real)
	add("complexes", got.Complexes, want.Complexes)
	add("checksums", got.Checksums, want.Checksums)
	add("duplicates", got.Duplicates, want.Duplicates)
	for i := range want.Samples {
		add("parameter", got.Samples[i].Mu, want.Samples[i].Mu)
		add("file", got.Samples[i].File, want.Samples[i].File)
	}
	return strings.Join(d, "\n")
}

// stripped is what a bundle tells of a family.
func stripped(f *Family) *Family {
	t := &Table{Names: f.Names}
	for _, s := range f.Samples {
		t.Samples = append(t.Samples, Sample{Mu: s.Mu, File: s.File})
	}
	return &Family{
		Table: t, Pattern: f.Pattern, Complex: f.Complex, Hermitian: f.Hermitian,
		Real: f.Real, Complexes: f.Complexes, Checksums: f.Checksums,
	}
}

func TestExtendCombinations(t *testing.T) {
	var (
		general  = mm("coordinate real general", "2 2 2", "1 2 5", "2 1 3")
		corner   = mm("coordinate real general", "2 2 1", "1 1 -7")
		lower    = mm("coordinate real symmetric", "2 2 2", "1 1 2", "2 1 4")
		lowerTwo = mm("coordinate real symmetric", "2 2 1", "2 2 4")
		skew     = mm("coordinate real skew-symmetric", "2 2 1", "2 1 6")
		array    = mm("array real general", "2 2", "1", "2", "3", "4")
		arraySym = mm("array real symmetric", "2 2", "1", "2", "3")
		cplx     = mm("coordinate complex general", "2 2 1", "1 1 1 2")
		cplxSym  = mm("coordinate complex symmetric", "2 2 1", "2 1 1 2")
		cplxReal = mm("coordinate complex general", "2 2 2", "1 1 3 0", "2 2 4 -0")
		herm     = mm("coordinate complex hermitian", "2 2 2", "1 1 3 0", "2 1 1 2")
		hermTwo  = mm("coordinate complex hermitian", "2 2 2", "2 2 3 0", "2 1 1 -2")
		hermReal = mm("coordinate complex hermitian", "2 2 1", "2 1 5 0")
	)
	for _, c := range []struct {
		name  string
		files []string
		old   int
	}{
		{"same pattern", []string{general, general, general}, 2},
		{"the new ones have more entries", []string{corner, corner, general}, 2},
		{"the new ones have fewer entries", []string{general, corner}, 1},
		{"symmetric", []string{lower, lowerTwo, lower}, 1},
		{"symmetric, more entries", []string{lowerTwo, lower}, 1},
		{"symmetric, then general", []string{lower, lowerTwo, general}, 2},
		{"general, then symmetric", []string{general, lower}, 1},
		{"skew, then symmetric", []string{skew, lower}, 1},
		{"skew, then skew", []string{skew, skew}, 1},
		{"sparse, then dense", []string{corner, general, array}, 2},
		{"dense, then sparse", []string{array, corner}, 1},
		{"symmetric and sparse, then symmetric and dense", []string{lower, arraySym}, 1},
		{"symmetric and sparse, then dense", []string{lower, array}, 1},
		{"symmetric and dense, then sparse", []string{arraySym, corner}, 1},
		{"real, then complex", []string{general, cplx}, 1},
		{"complex, then real", []string{cplx, corner}, 1},
		{"real, then complex without imaginary parts", []string{general, cplxReal}, 1},
		{"real symmetric, then complex symmetric", []string{lower, cplxSym}, 1},
		{"complex symmetric, then real symmetric", []string{cplxSym, lower}, 1},
		{"complex symmetric, then complex", []string{cplxSym, cplx}, 1},
		{"hermitian", []string{herm, hermTwo, herm}, 1},
		{"hermitian, fewer entries", []string{herm, hermReal}, 1},
		{"hermitian without imaginary parts, then with", []string{hermReal, herm}, 1},
		{"real symmetric, then hermitian", []string{lower, hermTwo}, 1},
		{"real symmetric, then hermitian without imaginary parts", []string{lowerTwo, hermReal}, 1},
		{"hermitian, then real symmetric", []string{herm, lowerTwo}, 1},
		{"hermitian, then general", []string{herm, corner}, 1},
		{"hermitian and real symmetric, then complex symmetric", []string{lower, herm, cplxSym}, 2},
		{"hermitian, then dense", []string{herm, array}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			tab := table(t, c.files...)
			want, err := Load(t.Context(), tab, LoadOptions{Checksums: true})
			if err != nil {
				t.Fatal(err)
			}
			old, err := Load(t.Context(), part(tab, 0, c.old), LoadOptions{Checksums: true})
			if err != nil {
				t.Fatal(err)
			}
			got, err := Extend(t.Context(), stripped(old), part(tab, c.old, len(c.files)), LoadOptions{Checksums: true})
			if err != nil {
				t.Fatal(err)
			}
			if d := sameFamily(got.Family, want); d != "" {
				t.Error(d)
			}
			if got.Held != c.old || got.Skipped != nil {
				t.Errorf("%d held, skipped %v", got.Held, got.Skipped)
			}
		})
	}
}

// However the files are spelled and divided, what comes of extending twice is
// what comes of reading all.
func TestExtendProperty(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 5).Draw(t, "n")
		tab := &Table{Source: "s.csv", Names: []string{"k"}}
		for i := range rapid.IntRange(3, 6).Draw(t, "samples") {
			text, dense := spelled(t, n)
			if cmp.Equal(dense, make([]complex128, n*n)) {
				text = mm("coordinate real general", fmt.Sprintf("%d %d 1", n, n), "1 1 1")
			}
			path := filepath.Join(dir, fmt.Sprint(i, ".mtx"))
			if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
			tab.Samples = append(tab.Samples, Sample{Mu: []float64{float64(i)}, File: path, Path: path, Line: i + 2})
		}
		opt := LoadOptions{Threads: rapid.IntRange(1, 3).Draw(t, "threads"), Checksums: true}
		want, err := Load(t.Context(), tab, opt)
		if err != nil {
			t.Fatal(err)
		}
		first := rapid.IntRange(1, len(tab.Samples)-2).Draw(t, "first")
		second := rapid.IntRange(first+1, len(tab.Samples)-1).Draw(t, "second")
		f, err := Load(t.Context(), part(tab, 0, first), opt)
		if err != nil {
			t.Fatal(err)
		}
		hidden := false // complex files without imaginary parts count as real ones
		for _, to := range []int{second, len(tab.Samples)} {
			hidden = hidden || !f.Complex && slices.Contains(headerWords(t, part(tab, 0, len(f.Samples))), "complex")
			e, err := Extend(t.Context(), stripped(f), part(tab, len(f.Samples), to), opt)
			if err != nil {
				t.Fatal(err)
			}
			f = e.Family
		}
		for i := range want.Samples {
			if d := cmp.Diff(full(want.Matrix(i)), full(f.Matrix(i))); d != "" {
				t.Fatalf("matrix %d (-want +got):\n%s", i, d)
			}
		}
		if d := sameFamily(f, want); d != "" && !hidden {
			t.Fatal(d)
		}
	})
}

// headerWords returns the words of the first lines of all files.
func headerWords(t *rapid.T, tab *Table) (words []string) {
	for _, s := range tab.Samples {
		text, err := os.ReadFile(s.Path)
		if err != nil {
			t.Fatal(err)
		}
		line, _, _ := strings.Cut(string(text), "\n")
		words = append(words, strings.Fields(line)...)
	}
	return words
}

func TestExtendDuplicates(t *testing.T) {
	var (
		a       = mm("coordinate real symmetric", "2 2 2", "1 1 2", "2 1 4")
		b       = mm("coordinate real symmetric", "2 2 1", "2 2 3")
		general = mm("coordinate real general", "2 2 4", "1 1 2", "2 1 4", "1 2 4", "2 2 0") // a, spelled otherwise
	)
	tab := table(t, "k=1:"+a, "k=2:"+b, "k=1:"+general, "k=2:"+a, "k=3:"+b, "k=3:"+b)
	old, err := Load(t.Context(), part(tab, 0, 2), LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := Extend(t.Context(), stripped(old), part(tab, 2, 6), LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]int{0}, got.Skipped); d != "" {
		t.Error(d)
	}
	if p := got.Pattern; p.Symmetry != matrix.Symmetric || p.NNZ() != 3 {
		t.Errorf("a sample that was left out shows: %v, %d entries", p.Symmetry, p.NNZ())
	}
	// b - a is 3 at one place, -2 at another and twice -4 beside the diagonal.
	want := []Duplicate{{First: 1, Second: 2, Difference: math.Sqrt(9+4+2*16) / 3}, {First: 3, Second: 4}}
	if d := cmp.Diff(want, got.Duplicates); d != "" {
		t.Errorf("duplicates (-want +got):\n%s", d)
	}
	text := strings.Join(got.Warnings, "\n")
	for _, w := range []string{
		`s.csv:4: k=1 is already there, with the same matrix ("s0.mtx"): skipped`,
		`s.csv:5: same parameter k=2 as s1.mtx: the matrices differ`,
		`s.csv:7: same parameter k=3 as s.csv:6: the matrices are identical`,
	} {
		if !strings.Contains(text, w) {
			t.Errorf("no warning %q in\n%s", w, text)
		}
	}
	none, err := Extend(t.Context(), stripped(old), part(tab, 0, 2), LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if d := sameFamily(none.Family, stripped(old)); d != "" || len(none.Skipped) != 2 {
		t.Errorf("nothing new changes the family: %s", d)
	}
}

// Rows that need no change are those of the old family.
func TestExtendSharesRows(t *testing.T) {
	a := mm("coordinate complex hermitian", "2 2 2", "1 1 2 0", "2 1 4 1")
	tab := table(t, a, a, a)
	old, err := Load(t.Context(), part(tab, 0, 2), LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := Extend(t.Context(), stripped(old), part(tab, 2, 3), LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		if &got.Real[i][0] != &old.Real[i][0] {
			t.Errorf("row %d was copied", i)
		}
	}
}

func TestExtendParameterOrder(t *testing.T) {
	t.Chdir(put(t, map[string]string{
		"a.mtx":   mm("coordinate real general", "1 1 1", "1 1 2"),
		"b.mtx":   mm("coordinate real general", "1 1 1", "1 1 3"),
		"old.csv": "k,eps,file\n1,10,a.mtx\n",
		"new.csv": "eps,k,file\n20,2,b.mtx\n",
		"bad.csv": "eps,q,file\n20,2,b.mtx\n",
		"few.csv": "eps,file\n20,b.mtx\n",
	}))
	open := func(name string) *Table {
		tab, err := Open(name)
		if err != nil {
			t.Fatal(err)
		}
		return tab
	}
	old, err := Load(t.Context(), open("old.csv"), LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := Extend(t.Context(), old, open("new.csv"), LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]float64{2, 20}, got.Samples[1].Mu); d != "" {
		t.Error(d)
	}
	for _, name := range []string{"bad.csv", "few.csv"} {
		var te *TableError
		if _, err := Extend(t.Context(), old, open(name), LoadOptions{}); !errors.As(err, &te) || !strings.Contains(te.Msg, "but the family has k, eps") {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := PlanExtend(old, open(name), LoadOptions{}); !errors.As(err, &te) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestExtendErrors(t *testing.T) {
	good := mm("coordinate real general", "2 2 1", "1 1 2")
	for _, c := range []struct{ name, file, want string }{
		{"shape", mm("coordinate real general", "3 3 1", "1 1 2"), `"s1.mtx" (k=1) is 3 x 3, but "s0.mtx" (k=0) is 2 x 2`},
		{"zero", mm("coordinate real general", "2 2 1", "1 1 0"), "has no nonzero value"},
		{"broken", mm("coordinate real general", "2 2 2", "1 1 2"), "s1.mtx"},
		{"no matrix", "hello\n", "s1.mtx"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tab := table(t, good, c.file)
			old, err := Load(t.Context(), part(tab, 0, 1), LoadOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if _, err = Extend(t.Context(), stripped(old), part(tab, 1, 2), LoadOptions{}); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

// The rows of the old family count as those of files.
func TestPlanExtend(t *testing.T) {
	a := mm("coordinate real general", "2 2 2", "1 1 2", "2 2 3")
	b := mm("coordinate real general", "2 2 2", "1 2 2", "2 1 3")
	tab := table(t, a, a, b)
	old, err := Load(t.Context(), part(tab, 0, 2), LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	plan, err := PlanExtend(stripped(old), part(tab, 2, 3), LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if plan.Samples != 3 || plan.Table != 3*2*8 {
		t.Errorf("%+v", plan)
	}
	var memory *MemoryError
	if _, err = PlanExtend(stripped(old), part(tab, 2, 3), LoadOptions{Memory: 100}); !errors.As(err, &memory) {
		t.Errorf("%v, want a MemoryError", err)
	}
	limit := plan.Peak()
	if _, err = Extend(t.Context(), stripped(old), part(tab, 2, 3), LoadOptions{Memory: limit}); !errors.As(err, &memory) {
		t.Errorf("%v, want a MemoryError: the union has twice the entries", err)
	}
}
