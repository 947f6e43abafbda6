package family

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// put writes files below a new folder and returns the folder.
func put(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestTableSpellings(t *testing.T) {
	want := &Table{
		Source: "s.csv", Names: []string{"k", "eps"}, Columns: []string{"note"},
		Samples: []Sample{
			{Mu: []float64{1, 1e-3}, File: "a.mtx", Path: "dir/a.mtx", RHS: "dir/b.mtx", Extra: []string{"x, \"y\""}},
			{Mu: []float64{-2.5, 0}, File: "/abs/a b.mtx", Path: "/abs/a b.mtx", Extra: []string{""}},
		},
	}
	const plain = "k,eps,file,rhs,note\n1,1e-3,a.mtx,b.mtx,\"x, \"\"y\"\"\"\n-2.5,0,/abs/a b.mtx,,\n"
	for name, text := range map[string]string{
		"plain":         plain,
		"no last line":  strings.TrimSuffix(plain, "\n"),
		"CRLF and mark": "\xef\xbb\xbf" + strings.ReplaceAll(plain, "\n", "\r\n"),
		"CR":            strings.ReplaceAll(plain, "\n", "\r"),
		"blanks": "\n  # comment, with ; and \"\n k ,\teps, file,rhs ,note\n\n \t\n" +
			" +1. , 0.001 , \"a.mtx\" ,b.mtx, \" x, \"\"y\"\" \" \n#\n\"-25e-1\",-0.0e5,/abs/a b.mtx , , \n\n",
	} {
		got, err := ParseTable(strings.NewReader(text), "s.csv", TableOptions{Dir: "dir"})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for i := range got.Samples {
			if got.Samples[i].Line == 0 {
				t.Errorf("%s: sample %d has no line", name, i)
			}
			got.Samples[i].Line = 0
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}

func TestTableNames(t *testing.T) {
	const text = "sign,eps,cond,k\n1,0.5,7e3,3\n-1,0.25,8e3,4\n"
	got, err := ParseTable(strings.NewReader(text), "logdet.csv", TableOptions{Names: []string{"k", "eps"}})
	if err != nil {
		t.Fatal(err)
	}
	want := &Table{
		Source: "logdet.csv", Names: []string{"k", "eps"}, Columns: []string{"sign", "cond"},
		Samples: []Sample{
			{Mu: []float64{3, 0.5}, Line: 2, Extra: []string{"1", "7e3"}},
			{Mu: []float64{4, 0.25}, Line: 3, Extra: []string{"-1", "8e3"}},
		},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if got.Where(1) != "logdet.csv:3" || got.Mu(1) != "k=4, eps=0.25" {
		t.Errorf("%s, %s", got.Where(1), got.Mu(1))
	}
	all, err := ParseTable(strings.NewReader("a,b\n1,2\n"), "c.csv", TableOptions{})
	if err != nil || len(all.Names) != 2 {
		t.Errorf("candidates without a file: %v, %v", all, err)
	}
}

func TestTableErrors(t *testing.T) {
	two := TableOptions{Names: []string{"k", "eps"}}
	file := TableOptions{RequireFile: true}
	for _, c := range []struct {
		name, text string
		opt        TableOptions
		line       int
		column     string
		msg, hint  string
	}{
		{"empty", "", file, 0, "", "the table is empty", "first line names"},
		{"comments alone", "# k,file\n\n", file, 0, "", "the table is empty", "first line names"},
		{"header alone", "#\nk,file\n\n", file, 2, "", "no sample", "one line per sample"},
		{"no file", "k,eps\n1,2\n", file, 1, "", "no column file", "as in: k,eps,file"},
		{"file misspelt", "k,File\n1,a\n", file, 1, "", "no column file", `"file" instead of "File"`},
		{"semicolons", "k;file\n1;a\n", file, 1, "", "no column file", `not by ";"`},
		{"tabs", "k\tfile\n1\ta\n", file, 1, "", "no column file", `not by "\t"`},
		{"no parameter", "file\na\n", file, 1, "", "no parameter before the column file", "parameter columns first"},
		{"no parameter, rhs", "rhs\na\n", TableOptions{}, 1, "", "no parameter before the column rhs", "first"},
		{"duplicate names", "k,eps,k,file\n", file, 1, "k", "duplicate name (columns 1 and 3)", "its own name"},
		{"unnamed", ",k,file\n", file, 1, "", "column 1 has no name", "row numbers"},
		{"bad name", "k=1,file\n", file, 1, "k=1", "not a name", "letters"},
		{"bad bytes", "k\xff,file\n", file, 1, "k\xff", "not a name", "letters"},
		{"no header", "1,2,file\n", file, 1, "1", "a number where the name", "header"},
		{"missing parameter", "k,file\n1,a\n", two, 1, "", `parameter "eps" has no column`, "are k, eps"},
		{"parameter misspelt", "k,Eps\n1,2\n", two, 1, "", `parameter "eps" has no column`, `"eps" instead of "Eps"`},
		{"too few", "k,eps,file\n1,a\n", file, 2, "", "2 cells, but the header (line 1) has 3", "one cell per column"},
		{"too few again", "k,file\n1\n", file, 2, "", "1 cell, but", "one cell per column"},
		{"too many", "k,file\n\n0,5,a\n", file, 3, "", "3 cells", "with a point"},
		{"empty number", "k,file\n,a\n", file, 2, "k", "the cell is empty", "real number"},
		{"no number", "k,file\nx,a\n", file, 2, "k", `"x" is not a number`, "real number"},
		{"NaN", "k,file\nNaN,a\n", file, 2, "k", "not a finite", "finite value"},
		{"infinity", "k,file\n1,a\n-inf,b\n", file, 3, "k", "not a finite", "finite value"},
		{"overflow", "k,file\n1e999,a\n", file, 2, "k", "too large", "double-precision"},
		{"comma", "k,file\n\"0,5\",a\n", file, 2, "k", "not a number", "with a point"},
		{"semicolon", "k,file\n0;5,a\n", file, 2, "k", "not a number", "not by semicolons"},
		{"Fortran", "k,file\n1D-3,a\n", file, 2, "k", "not a number", "with e"},
		{"complex", "k,file\n1+2i,a\n", file, 2, "k", "not a number", "two parameters"},
		{"hexadecimal", "k,file\n0x10,a\n", file, 2, "k", "not a number", "plain decimal"},
		{"two points", "k,file\n1.5.,a\n", file, 2, "k", "not a number", "real number"},
		{"no file name", "k,file\n1, \n", file, 2, "file", "empty", ".mtx"},
		{"standard input", "k,file\n1,-\n", file, 2, "file", "standard input", "write it to a file"},
		{"open quote", "k,file\n1,\"a\n", file, 2, "", "does not end", "twice"},
		{"text after quote", "k,file\n1,\"a\"b\n", file, 2, "", "after a quoted cell", "twice"},
		{"matrix", "%%MatrixMarket matrix array real general\n", file, 0, "", "is a matrix", "list the matrices"},
		{"bundle", "PK\x03\x04abc", file, 0, "", "ZIP", "CSV"},
		{"gzip", "\x1f\x8b\x08", file, 0, "", "compressed", "uncompress"},
		{"UTF-16", "\xff\xfek\x00", file, 0, "", "UTF-16", "UTF-8"},
		{"binary", "k,\x00file", file, 0, "", "no text", "CSV"},
		{"endless line", "k,file\n" + strings.Repeat("1", maxLine+1), file, 1, "", "longer than", "one sample per line"},
	} {
		got, err := ParseTable(strings.NewReader(c.text), "s.csv", c.opt)
		var e *TableError
		if got != nil || !errors.As(err, &e) {
			t.Errorf("%s: %v, %v", c.name, got, err)
			continue
		}
		if e.File != "s.csv" || e.Line != c.line || e.Column != c.column || !strings.Contains(e.Msg, c.msg) || !strings.Contains(e.Hint, c.hint) {
			t.Errorf("%s: %+v", c.name, *e)
		}
		if c.line > 0 && !strings.HasPrefix(e.Error(), fmt.Sprintf("s.csv:%d: ", c.line)) {
			t.Errorf("%s: %v", c.name, e)
		}
	}
}

// failingReader fails after n bytes.
type failingReader struct {
	text string
	n    int
}

func (r *failingReader) Read(p []byte) (int, error) {
	if r.n == 0 {
		return 0, &fs.PathError{Op: "read", Path: "x", Err: errors.New("disk on fire")}
	}
	n := copy(p[:min(len(p), r.n)], r.text)
	r.text, r.n = r.text[n:], r.n-n
	return n, nil
}

func TestTableReadFails(t *testing.T) {
	const text = "k,file\n1,a\n2,b\n"
	for n := range len(text) {
		got, err := ParseTable(&failingReader{text, n}, "s.csv", TableOptions{})
		var e *TableError
		if got != nil || !errors.As(err, &e) || e.File != "s.csv" {
			t.Errorf("after %d bytes: %v, %v", n, got, err)
		}
	}
}

func TestOpenErrors(t *testing.T) {
	dir := put(t, map[string]string{
		"snap/a.mtx": "", "snap/b.mtx.gz": "", "sub/x": "",
		"gone.csv": "k,file\n1,snap/a.mtx\n2,snap/no.mtx\n3,snap/never.mtx\n",
		"gz.csv":   "k,file\n1,snap/b.mtx\n", "plain.csv": "k,file\n1,snap/a.mtx.gz\n", "back.csv": "k,file\n1,snap\\a.mtx\n",
		"dir.csv": "k,file\n1,sub\n", "below.csv": "k,file\n1,snap/a.mtx/x\n", "rhs.csv": "k,file,rhs\n1,snap/a.mtx,b.mtx\n",
		"tables/here.csv": "k,file\n1,snap/a.mtx\n", "ok.csv": "k,file\n1,snap/a.mtx\n",
	})
	t.Chdir(dir)
	if _, err := Open("ok.csv"); err != nil {
		t.Error(err)
	}
	for _, c := range []struct {
		spec      string
		line      int
		msg, hint string
	}{
		{"gone.csv", 3, `file "snap/no.mtx" (k=2) does not exist (2 of the 3 files are missing)`, "relative to the folder of the table"},
		{"gz.csv", 2, "does not exist", `"snap/b.mtx.gz" exists`},
		{"plain.csv", 2, "does not exist", `"snap/a.mtx" exists`},
		{"back.csv", 2, "does not exist", "separate folders by /"},
		{"tables/here.csv", 2, "does not exist", "not to the working folder"},
		{"dir.csv", 2, "is a folder", ".mtx"},
		{"below.csv", 2, "cannot be used", ""},
		{"rhs.csv", 2, `right-hand side "b.mtx" cannot be used`, "relative"},
		{"nothing.csv", 0, "does not exist", "sample table (CSV)"},
		{"snap", 0, "is a folder", "snap/A_k={k}.mtx"},
	} {
		got, err := Open(c.spec)
		var e *TableError
		if got != nil || !errors.As(err, &e) || e.File != c.spec || e.Line != c.line ||
			!strings.Contains(e.Msg, c.msg) || !strings.Contains(e.Hint, c.hint) {
			t.Errorf("%s: %+v", c.spec, err)
		}
	}
	if _, err := ReadTable("nothing.csv", TableOptions{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the cause is lost: %v", err)
	}
}

// Numbers and texts survive being written as a table and read back.
func TestTableRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 5).Draw(t, "samples")
		var text bytes.Buffer
		text.WriteString("k,eps,file,note\n")
		var want []Sample
		for i := range n {
			s := Sample{
				Mu: rapid.SliceOfN(rapid.Float64(), 2, 2).Draw(t, "mu"), Line: i + 2,
				File:  rapid.StringMatching(`[a-z/ ."]{1,8}x`).Draw(t, "file"),
				Extra: []string{strings.TrimSpace(rapid.StringMatching(`[a-z, "#;]{0,8}`).Draw(t, "note"))},
			}
			s.File = strings.TrimSpace(s.File)
			s.Path = s.File
			quote := func(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
			fmt.Fprintf(&text, "%v,%v,%s,%s\n", s.Mu[0], s.Mu[1], quote(s.File), quote(s.Extra[0]))
			want = append(want, s)
		}
		got, err := ParseTable(&text, "s.csv", TableOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got.Samples); d != "" {
			t.Fatal(d)
		}
	})
}

func FuzzTable(f *testing.F) {
	for _, s := range []string{
		"k,file\n1,a.mtx\n", "\xef\xbb\xbfk, eps ,file,rhs\r\n1,2e-3,\"a,b\",\r\n", "k;file\n", "# c\n\nk,file\n1\n",
		"k,file\n\"1\"\"\",a", "a\rb\r1\r", "%%MatrixMarket", "k,k\n", "k,file\n1.5.,x\n", "\xff\xfe", "k,file\n1,\"",
	} {
		f.Add(s, true)
		f.Add(s, false)
	}
	f.Fuzz(func(t *testing.T, text string, named bool) {
		var opt TableOptions
		if named {
			opt.Names = []string{"k"}
		}
		tab, err := ParseTable(strings.NewReader(text), "s.csv", opt)
		if err != nil {
			var e *TableError
			if tab != nil || !errors.As(err, &e) || e.Msg == "" || e.File != "s.csv" {
				t.Fatalf("%v, %#v", tab, err)
			}
			return
		}
		if len(tab.Names) == 0 || len(tab.Samples) == 0 {
			t.Fatalf("%+v", tab)
		}
		for _, s := range tab.Samples {
			if len(s.Mu) != len(tab.Names) || len(s.Extra) != len(tab.Columns) || s.Line < 2 {
				t.Fatalf("%+v", s)
			}
			for _, v := range s.Mu {
				if v-v != 0 {
					t.Fatalf("%v", v)
				}
			}
		}
	})
}
