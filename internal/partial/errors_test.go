package partial

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"eimtool/internal/family"
	"eimtool/internal/mtx"
)

// begun is a folder in which the sample and two terms are answered.
func begun(t *testing.T) (*simulator, string, Options) {
	t.Helper()
	s := sphere(8, 12)
	s.sym = 0
	dir, opt := filepath.Join(t.TempDir(), "plan"), Options{Tolerance: 1e-6, Checks: 1, Entries: 20}
	for range 5 {
		s.answer(t, s.advance(t, dir, opt))
	}
	return s, dir, opt
}

// copied returns a copy of a folder.
func copied(t *testing.T, dir string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "plan")
	if err := os.CopyFS(out, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return out
}

// edit replaces text in a file of the folder.
func edit(t *testing.T, dir, name string, change func(lines []string) []string) {
	t.Helper()
	path := filepath.Join(dir, name)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := change(strings.Split(strings.TrimSpace(string(text)), "\n"))
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o666); err != nil {
		t.Fatal(err)
	}
}

// cell replaces one cell of a line.
func cell(line string, k int, text string) string {
	w := strings.Split(line, ",")
	w[k] = text
	return strings.Join(w, ",")
}

func TestBadAnswers(t *testing.T) {
	s, original, opt := begun(t)
	for _, c := range []struct {
		name, file string
		change     func(lines []string) []string
		line       int
		msg, hint  string
	}{
		{"missing row", "values.csv", func(l []string) []string { return slices.Delete(l, 4, 6) }, 0, "no row for k=3.090909090909091 (2 of 12 candidates are missing)", "one row per candidate"},
		{"row twice", "values.csv", func(l []string) []string { return append(l, l[3]) }, 14, "has a row already (line 4)", "one row per candidate"},
		{"no candidate", "values.csv", func(l []string) []string { l[2] = cell(l[2], 0, "1.4"); return l }, 3, "no candidate has k=1.4", "the nearest candidate is k=1.36"},
		{"no number", "values.csv", func(l []string) []string { l[2] = cell(l[2], 3, "abc"); return l }, 3, `"abc" is not a finite number; the value of entry (`, "real and imaginary part"},
		{"NaN", "values_001.csv", func(l []string) []string { l[7] = cell(l[7], 2, "nan"); return l }, 8, `"nan" is not a finite number`, "value of every entry"},
		{"columns", "values.csv", func(l []string) []string {
			for k := range l {
				l[k] = l[k][:strings.LastIndex(l[k], ",")]
			}
			return l
		}, 0, "39 columns of values; 20 entries were asked for", "20 or 40 columns"},
		{"one cell more", "values.csv", func(l []string) []string { l[5] += ",1"; return l }, 6, "42 cells", "point"},
		{"no parameter", "values.csv", func(l []string) []string { l[0] = cell(l[0], 0, "kk"); return l }, 1, `parameter "k" has no column`, ""},
		{"empty", "values.csv", func([]string) []string { return nil }, 0, "empty", ""},
		{"request", "entries.csv", func(l []string) []string { l[2] = cell(l[2], 1, "0"); return l }, 3, "is no entry of a matrix", "leave the requests"},
		{"no file", "matrix_001.csv", func(l []string) []string { l[1] = cell(l[1], 1, ""); return l }, 2, "no matrix file is named", "matrix_001.mtx"},
		{"matrix of no candidate", "matrix_001.csv", func(l []string) []string { l[1] = cell(l[1], 0, "77"); return l }, 2, "no candidate has k=77", "nearest"},
		{"shifted rows", "values.csv", func(l []string) []string {
			for k := len(l) - 1; k > 1; k-- {
				k0 := strings.SplitN(l[k], ",", 2)[0]
				l[k] = k0 + "," + strings.SplitN(l[k-1], ",", 2)[1]
			}
			return l
		}, 7, "in \"", "the matrix agrees with line 8"},
		{"swapped columns", "values.csv", func(l []string) []string {
			for k := 1; k < len(l); k++ {
				w := strings.Split(l[k], ",")
				w[1], w[3] = w[3], w[1]
				l[k] = strings.Join(w, ",")
			}
			return l
		}, 7, "here, but", "check rows and columns"},
		{"matrix broken", "matrix_002.mtx", func(l []string) []string { return l[:20] }, 0, "", ""},
		{"other size", "matrix_002.mtx", func([]string) []string {
			return []string{"%%MatrixMarket matrix array complex general", "1 1", "1 0"}
		}, 0, "is 1 x 1, but", "one shape"},
		{"other candidates", "candidates.csv", func(l []string) []string { return l[:5] }, 0, "begun with other candidates", "another folder"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := copied(t, original)
			edit(t, dir, c.file, c.change)
			before := files(t, dir)
			_, err := Advance(context.Background(), s.candidates(), dir, opt)
			after := files(t, dir)
			for name := range after {
				if string(before[name]) != string(after[name]) {
					t.Errorf("%s was written", name)
				}
			}
			var e *family.TableError
			var p *mtx.ParseError
			if errors.As(err, &p) && c.msg == "" {
				return
			}
			if !errors.As(err, &e) {
				t.Fatalf("error %v", err)
			}
			if filepath.Base(e.File) != c.file || e.Line != c.line || !strings.Contains(e.Msg, c.msg) || !strings.Contains(e.Hint, c.hint) {
				t.Errorf("%s:%d: %s (%s)", e.File, e.Line, e.Msg, e.Hint)
			}
		})
	}
}

func TestBadFolder(t *testing.T) {
	s, dir, opt := begun(t)
	want := func(err error, msg string) {
		t.Helper()
		var e *family.TableError
		if !errors.As(err, &e) || !strings.Contains(e.Error(), msg) || e.Hint == "" {
			t.Errorf("error %v, want %s", err, msg)
		}
	}
	opt.Entries = 21
	_, err := Advance(context.Background(), s.candidates(), dir, opt)
	want(err, "20 entries were asked for, not 21")
	opt.Entries = 0
	twice := s.candidates()
	twice.Samples = append(twice.Samples, twice.Samples[3])
	_, err = Advance(context.Background(), twice, filepath.Join(t.TempDir(), "p"), opt)
	want(err, "is there already (candidates.csv:5)")
	_, err = Advance(context.Background(), s.candidates(), filepath.Join(dir, "values.csv"), opt)
	want(err, "a folder was expected")

	s.drive(t, dir, opt)
	table := func(name string) *family.Table {
		t.Helper()
		out, err := family.Open(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	_, err = Load(context.Background(), table("matrix_001.csv"), dir, family.LoadOptions{})
	want(err, "no column role")
	_, err = Load(context.Background(), table(samplesFile), t.TempDir(), family.LoadOptions{})
	want(err, "holds no plan")
	var m *family.MemoryError
	if _, err = Load(context.Background(), table(samplesFile), dir, family.LoadOptions{Memory: 17 << 20}); err != nil {
		t.Errorf("17 MiB: %v", err)
	}
	if _, err = Plan(table(samplesFile), dir, family.LoadOptions{Memory: 1 << 20}); !errors.As(err, &m) {
		t.Errorf("1 MiB: %v", err)
	}
	moved := copied(t, dir)
	edit(t, moved, samplesFile, func(l []string) []string { l[1], l[2] = l[2], l[1]; return l })
	reordered, err := family.Open(filepath.Join(moved, samplesFile))
	if err != nil {
		t.Fatal(err)
	}
	_, err = Load(context.Background(), reordered, dir, family.LoadOptions{})
	want(err, "the first term (k=")
	want(err, "is not the first row of role term")
	if err := os.Remove(filepath.Join(dir, "values_002.csv")); err != nil {
		t.Fatal(err)
	}
	_, err = Load(context.Background(), table(samplesFile), dir, family.LoadOptions{})
	want(err, "holds no values of entry")
	// What is missing is asked for again, and nothing else.
	if p := s.advance(t, dir, opt); p.State != StateEntries || filepath.Base(p.Request) != "entry_002.csv" {
		t.Errorf("%+v", *p)
	}
}
