package family

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"eimtool/internal/matrix"
	"eimtool/internal/mtx"
)

// table writes matrices as s0.mtx, s1.mtx, ... with the parameter k = number,
// and changes into their folder. A text "k=2:..." sets the parameter.
func table(t *testing.T, texts ...string) *Table {
	t.Helper()
	files := map[string]string{}
	csv := "k,file\n"
	for i, text := range texts {
		k := fmt.Sprint(i)
		if rest, ok := strings.CutPrefix(text, "k="); ok {
			k, text, _ = strings.Cut(rest, ":")
		}
		name := fmt.Sprintf("s%d.mtx", i)
		files[name] = text
		csv += k + "," + name + "\n"
	}
	files["s.csv"] = csv
	t.Chdir(put(t, files))
	tab, err := Open("s.csv")
	if err != nil {
		t.Fatal(err)
	}
	return tab
}

// mm writes a Matrix Market file: "coordinate real general", "2 2 1", lines.
func mm(kind string, lines ...string) string {
	return "%%MatrixMarket matrix " + kind + "\n" + strings.Join(lines, "\n") + "\n"
}

// full returns all entries of a matrix by rows, both triangles.
func full(m *matrix.Matrix) []complex128 {
	d := make([]complex128, m.Rows*m.Cols)
	m.Each(func(k, i, j int) {
		d[i*m.Cols+j] = m.At(k)
		if m.Symmetry != matrix.General && i != j {
			d[j*m.Cols+i] = matrix.Mirror(m.Symmetry, m.At(k))
		}
	})
	return d
}

func TestLoadCombinations(t *testing.T) {
	var (
		general  = mm("coordinate real general", "2 2 2", "1 2 5", "2 1 3")
		corner   = mm("coordinate real general", "2 2 1", "1 1 -7")
		lower    = mm("coordinate real symmetric", "2 2 2", "1 1 2", "2 1 4")
		skew     = mm("coordinate real skew-symmetric", "2 2 1", "2 1 6")
		skewZero = mm("coordinate real skew-symmetric", "2 2 2", "1 1 0", "2 1 6")
		integer  = mm("coordinate integer general", "2 2 1", "2 2 9")
		pattern  = mm("coordinate pattern symmetric", "2 2 1", "2 2")
		array    = mm("array real general", "2 2", "1", "2", "3", "4")
		arraySym = mm("array real symmetric", "2 2", "1", "2", "3")
		arrSkew  = mm("array real skew-symmetric", "2 2", "8")
		cplx     = mm("coordinate complex general", "2 2 1", "1 1 1 2")
		cplxSym  = mm("coordinate complex symmetric", "2 2 1", "2 1 1 2")
		cplxReal = mm("coordinate complex general", "2 2 2", "1 1 3 0", "2 2 4 -0")
		herm     = mm("coordinate complex hermitian", "2 2 2", "1 1 3 0", "2 1 1 2")
		hermReal = mm("coordinate complex hermitian", "2 2 1", "2 1 5 0")
		wide     = mm("coordinate real general", "1 3 1", "1 3 5")
		wideArr  = mm("array real general", "1 3", "1", "2", "3")
		vector   = strings.Replace(mm("array real general", "3", "1", "2", "3"), "matrix array", "vector array", 1)
	)
	for _, c := range []struct {
		name      string
		files     []string
		symmetry  matrix.Symmetry
		dense     bool
		complex   bool
		hermitian bool
		nnz       int
		want      [][]complex128
		warning   string
	}{
		{"union", []string{general, corner, general}, matrix.General, false, false, false, 3, [][]complex128{{0, 5, 3, 0}, {-7, 0, 0, 0}, {0, 5, 3, 0}}, ""},
		{"one", []string{corner}, matrix.General, false, false, false, 1, [][]complex128{{-7, 0, 0, 0}}, ""},
		{"symmetric kept", []string{lower, pattern}, matrix.Symmetric, false, false, false, 3, [][]complex128{{2, 4, 4, 0}, {0, 0, 0, 1}}, ""},
		{"skew kept", []string{skew, skewZero}, matrix.SkewSymmetric, false, false, false, 2, [][]complex128{{0, -6, 6, 0}, {0, -6, 6, 0}}, "zero on the diagonal"},
		{"integers", []string{integer, general}, matrix.General, false, false, false, 3, [][]complex128{{0, 0, 0, 9}, {0, 5, 3, 0}}, ""},
		{"kinds differ", []string{lower, general}, matrix.General, false, false, false, 3, [][]complex128{{2, 4, 4, 0}, {0, 5, 3, 0}}, `("s0.mtx" is symmetric, "s1.mtx" is general)`},
		{"skew and symmetric", []string{lower, skew}, matrix.General, false, false, false, 3, [][]complex128{{2, 4, 4, 0}, {0, -6, 6, 0}}, "both triangles"},
		{"dense", []string{array, array}, matrix.General, true, false, false, 4, [][]complex128{{1, 3, 2, 4}, {1, 3, 2, 4}}, ""},
		{"dense and sparse", []string{corner, array}, matrix.General, true, false, false, 4, [][]complex128{{-7, 0, 0, 0}, {1, 3, 2, 4}}, "1 of 2 files are sparse"},
		{"dense symmetric and sparse", []string{arraySym, lower}, matrix.Symmetric, true, false, false, 3, [][]complex128{{1, 2, 2, 3}, {2, 4, 4, 0}}, "sparse"},
		{"dense general and symmetric", []string{lower, array, arraySym}, matrix.General, true, false, false, 4, [][]complex128{{2, 4, 4, 0}, {1, 3, 2, 4}, {1, 2, 2, 3}}, "symmetries differ"},
		{"dense skew and sparse", []string{arrSkew, skewZero}, matrix.SkewSymmetric, true, false, false, 1, [][]complex128{{0, -8, 8, 0}, {0, -6, 6, 0}}, "sparse"},
		{"promoted", []string{corner, cplx}, matrix.General, false, true, false, 1, [][]complex128{{-7, 0, 0, 0}, {1 + 2i, 0, 0, 0}}, ""},
		{"promoted among real parts", []string{cplxReal, cplx, general}, matrix.General, false, true, false, 4, [][]complex128{{3, 0, 0, 4}, {1 + 2i, 0, 0, 0}, {0, 5, 3, 0}}, ""},
		{"no imaginary part", []string{cplxReal, corner}, matrix.General, false, false, false, 2, [][]complex128{{3, 0, 0, 4}, {-7, 0, 0, 0}}, ""},
		{"complex symmetric", []string{cplxSym, lower}, matrix.Symmetric, false, true, false, 2, [][]complex128{{0, 1 + 2i, 1 + 2i, 0}, {2, 4, 4, 0}}, ""},
		{"hermitian", []string{herm, lower, hermReal}, matrix.Hermitian, false, true, true, 2, [][]complex128{{3, 1 - 2i, 1 + 2i, 0}, {2, 4, 4, 0}, {0, 5, 5, 0}}, ""},
		{"hermitian without imaginary part", []string{hermReal, lower}, matrix.Symmetric, false, false, false, 2, [][]complex128{{0, 5, 5, 0}, {2, 4, 4, 0}}, ""},
		{"hermitian and complex symmetric", []string{herm, cplxSym}, matrix.General, false, true, false, 3, [][]complex128{{3, 1 - 2i, 1 + 2i, 0}, {0, 1 + 2i, 1 + 2i, 0}}, "symmetries differ"},
		{"rectangular", []string{wide, wideArr}, matrix.General, true, false, false, 3, [][]complex128{{0, 0, 5}, {1, 2, 3}}, "sparse"},
		{"vectors", []string{vector, vector}, matrix.General, true, false, false, 3, [][]complex128{{1, 2, 3}, {1, 2, 3}}, "vector"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tab := table(t, c.files...)
			f, err := Load(t.Context(), tab, LoadOptions{Checksums: true})
			if err != nil {
				t.Fatal(err)
			}
			p := f.Pattern
			if p.Symmetry != c.symmetry || p.Dense != c.dense || f.Complex != c.complex || f.Hermitian != c.hermitian || p.NNZ() != c.nnz {
				t.Errorf("%v, dense %v, complex %v, hermitian %v, %d entries", p.Symmetry, p.Dense, f.Complex, f.Hermitian, p.NNZ())
			}
			if (f.Real == nil) == (f.Complexes == nil) || (f.Complexes != nil) != (f.Complex && !f.Hermitian) {
				t.Error("exactly one kind of rows expected")
			}
			for i, want := range c.want {
				if d := cmp.Diff(want, full(f.Matrix(i))); d != "" {
					t.Errorf("matrix %d (-want +got):\n%s", i, d)
				}
				if f.Row(i).Len() != f.Len() {
					t.Errorf("row %d has %d values, want %d", i, f.Row(i).Len(), f.Len())
				}
				text := []byte(c.files[i])
				sum := fmt.Sprintf("crc32c:%08x:%d", crc32.Checksum(text, crc32.MakeTable(crc32.Castagnoli)), len(text))
				if f.Checksums[i] != sum {
					t.Errorf("checksum %s, want %s", f.Checksums[i], sum)
				}
			}
			if all := strings.Join(f.Warnings, "\n"); !strings.Contains(all, c.warning) || c.warning == "" && all != "" {
				t.Errorf("warnings %q, want %q", all, c.warning)
			}
			// The same files as tests of this family: nothing changes.
			again, err := Load(t.Context(), tab, LoadOptions{Reference: f})
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(f.Real, again.Real) + cmp.Diff(f.Complexes, again.Complexes); d != "" || again.Pattern != f.Pattern {
				t.Errorf("as tests of their own family:\n%s", d)
			}
		})
	}
}

func TestLoadRefuses(t *testing.T) {
	var (
		good   = mm("coordinate real general", "2 2 1", "1 1 1")
		zero   = mm("coordinate real general", "2 2 1", "1 1 0")
		czero  = mm("coordinate complex general", "2 2 1", "1 1 0 0")
		tall   = mm("coordinate real general", "3 2 1", "1 1 1")
		nan    = mm("coordinate real general", "2 2 1", "1 1 nan")
		short  = mm("coordinate real general", "2 2 2", "1 1 1")
		absurd = mm("coordinate real general", "2 2 1000000000000", "1 1 1")
		junk   = "hello\n"
	)
	for _, c := range []struct {
		name  string
		files []string
		file  string
		line  int
		msg   string
	}{
		{"shapes", []string{good, good, tall, tall}, "s.csv", 4, `"s2.mtx" (k=2) is 3 x 2, but "s0.mtx" (s.csv:2, k=0) is 2 x 2`},
		{"all zero", []string{good, zero}, "s.csv", 3, `"s1.mtx" (k=1) has no nonzero value`},
		{"all zero, complex", []string{czero, good}, "s.csv", 2, `"s0.mtx" (k=0) has no nonzero value`},
		{"NaN", []string{good, nan}, "s1.mtx", 3, ""},
		{"truncated", []string{short, good}, "s0.mtx", 0, ""},
		{"first of two errors", []string{good, zero, good, nan, zero}, "s.csv", 3, "no nonzero"},
		{"first of two errors again", []string{good, good, nan, zero}, "s2.mtx", 3, ""},
		{"absurd count", []string{good, absurd}, "s1.mtx", 0, ""},
		{"no matrix", []string{good, junk}, "s1.mtx", 1, ""},
		{"empty file", []string{"", good}, "s0.mtx", 1, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			tab := table(t, c.files...)
			for _, threads := range []int{1, 2, 7} {
				f, err := Load(t.Context(), tab, LoadOptions{Threads: threads})
				if f != nil {
					t.Error("a family in spite of the error")
				}
				var te *TableError
				var pe *mtx.ParseError
				switch {
				case errors.As(err, &te):
					if te.File != c.file || te.Line != c.line || !strings.Contains(te.Msg, c.msg) || te.Hint == "" {
						t.Errorf("%+v", *te)
					}
				case errors.As(err, &pe):
					if pe.File != c.file || c.line > 0 && pe.Line != c.line || !strings.Contains(err.Error(), "(s.csv:") {
						t.Errorf("%v", err)
					}
				default:
					t.Errorf("%T %v", err, err)
				}
			}
		})
	}
}

func TestLoadGone(t *testing.T) {
	tab := table(t, mm("array real general", "1 1", "1"), mm("array real general", "1 1", "2"))
	if err := os.Remove("s1.mtx"); err != nil {
		t.Fatal(err)
	}
	var e *TableError
	if _, err := Load(t.Context(), tab, LoadOptions{}); !errors.As(err, &e) || e.Line != 3 || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
}

func TestWarningsAreGrouped(t *testing.T) {
	comment := func(line string) string { return mm("coordinate real general", "2 2 2", "1 1 1", line, "2 2 1") }
	f, err := Load(t.Context(), table(t, comment("% one"), comment("% two"), mm("coordinate real general", "2 2 2", "% a", "1 1 1", "% b", "2 2 1")), LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Warnings) != 1 || !strings.HasPrefix(f.Warnings[0], "s0.mtx: line 4: comment") || !strings.HasSuffix(f.Warnings[0], "(so in 3 of 3 files)") {
		t.Errorf("%q", f.Warnings)
	}
}

// Results, warnings and the number of progress calls do not depend on threads.
func TestThreads(t *testing.T) {
	for _, family := range []string{"convdiff-pattern", "bem-sphere"} {
		var first *Family
		for _, threads := range []int{1, 2, 7} {
			var calls []string
			f := load(t, shipped+"/"+family+"/samples.csv", LoadOptions{Threads: threads, Checksums: true, Progress: func(stage string, done, total int) {
				calls = append(calls, fmt.Sprintf("%s %d/%d", stage, done, total))
			}})
			n := len(f.Samples)
			if len(calls) != n+1 || calls[0] != fmt.Sprintf("reading 0/%d", n) || calls[n] != fmt.Sprintf("reading %d/%d", n, n) {
				t.Errorf("progress %v", calls)
			}
			if first == nil {
				first = f
				continue
			}
			if d := cmp.Diff(first.Warnings, f.Warnings) + cmp.Diff(first.Checksums, f.Checksums) + cmp.Diff(first.Fields, f.Fields); d != "" {
				t.Errorf("%s, %d threads: %s", family, threads, d)
			}
			if !slices.EqualFunc(first.Real, f.Real, slices.Equal) || !slices.EqualFunc(first.Complexes, f.Complexes, slices.Equal) ||
				!first.Pattern.Equal(f.Pattern) {
				t.Errorf("%s: other values with %d threads", family, threads)
			}
		}
	}
}

// Cancelled at every third progress call: ctx's error, no goroutine left.
func TestCancel(t *testing.T) {
	tab, err := Open(shipped + "/thermal-model/samples.csv")
	if err != nil {
		t.Fatal(err)
	}
	before := runtime.NumGoroutine()
	for at := 0; at < len(tab.Samples); at += 3 {
		ctx, cancel := context.WithCancel(t.Context())
		f, err := Load(ctx, tab, LoadOptions{Threads: 3, Progress: func(_ string, done, _ int) {
			if done == at {
				cancel()
			}
		}})
		cancel()
		if f != nil || !errors.Is(err, context.Canceled) {
			t.Fatalf("cancelled at call %d: %v, %v", at, f != nil, err)
		}
	}
	if after := runtime.NumGoroutine(); after > before {
		t.Errorf("%d goroutines before, %d after", before, after)
	}
}

func TestPlan(t *testing.T) {
	tab, err := Open(shipped + "/helmholtz2d/samples.csv")
	if err != nil {
		t.Fatal(err)
	}
	p, err := Plan(tab, LoadOptions{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	if p.Entries != 3470 || p.Table != 32*3470*16 || p.Rows != 587 || !p.Complex || p.Dense || p.Symmetry != matrix.Symmetric || !p.Uniform || p.Peak() < p.Table {
		t.Errorf("%+v", p)
	}
	const want = "32 snapshots, 587 x 587, complex symmetric sparse, 3470 stored entries each: table 1.69 MiB, peak "
	if !strings.HasPrefix(p.String(), want) {
		t.Errorf("%s", p)
	}
	for _, load := range []func() error{
		func() error { _, err := Plan(tab, LoadOptions{Memory: 1 << 20}); return err },
		func() error { _, err := Load(t.Context(), tab, LoadOptions{Memory: 1 << 20}); return err },
	} {
		var m *MemoryError
		if err := load(); !errors.As(err, &m) || m.Plan.Limit != 1<<20 || !strings.Contains(m.Error(), "1.00 MiB may be used") || !strings.Contains(m.Hint(), "--memory") {
			t.Errorf("%v", err)
		}
	}
	if _, err := Plan(table(t, mm("array real general", "1 2", "1", "2"), mm("array real general", "2 1", "1", "2")), LoadOptions{}); err == nil {
		t.Error("different shapes were planned")
	}
	// A short file that claims the world: the header is not believed.
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	fmt.Fprint(w, mm("array complex general", "2000000000 2000000000", "1 2"))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	tab = table(t, z.String())
	if p, err = Plan(tab, LoadOptions{}); err != nil || p.Table > 1<<20 {
		t.Errorf("%v, %v", p, err)
	}
	var damaged *mtx.ParseError
	if _, err = Load(t.Context(), tab, LoadOptions{}); !errors.As(err, &damaged) {
		t.Errorf("%v", err)
	}
}

// The union may turn out too large only when it is known: files without a
// common entry.
func TestUnionAboveMemory(t *testing.T) {
	const n = 40
	files := make([]string, n)
	for i := range files {
		lines := []string{fmt.Sprintf("%d 4000 4000", 100*n)}
		for k := range 4000 {
			lines = append(lines, fmt.Sprintf("%d %d 1", 100*i+k%100+1, k+1))
		}
		files[i] = mm("coordinate real general", lines...)
	}
	tab := table(t, files...)
	limit := int64(48 << 20)
	if p, err := Plan(tab, LoadOptions{Memory: limit, Threads: 1}); err != nil {
		t.Fatalf("%v: %v", p, err)
	}
	var m *MemoryError
	if _, err := Load(t.Context(), tab, LoadOptions{Memory: limit, Threads: 1}); err == nil {
		t.Error("40 × 160000 values, 51 MB, fit into 48 MiB")
	} else if !errors.As(err, &m) {
		t.Errorf("%v", err)
	}
	f, err := Load(t.Context(), tab, LoadOptions{})
	if err != nil || f.Pattern.NNZ() != n*4000 {
		t.Errorf("%v", err)
	}
}
