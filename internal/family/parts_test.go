package family

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io/fs"
	"math"
	"math/cmplx"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"eimtool/internal/expr"
	"eimtool/internal/matrix"
)

// parts writes parts.csv and files and changes into their folder.
func parts(t *testing.T, csv string, files map[string]string) {
	t.Helper()
	all := map[string]string{"parts.csv": csv}
	for name, text := range files {
		all[name] = text
	}
	t.Chdir(put(t, all))
}

// TestPartsOfShippedFamilies assembles every snapshot from the parts.
func TestPartsOfShippedFamilies(t *testing.T) {
	tables, err := filepath.Glob("../../testdata/families/*/parts.csv")
	if err != nil || len(tables) < 2 {
		t.Fatalf("%v %v", tables, err)
	}
	for _, path := range tables {
		dir := filepath.Dir(path)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			for _, name := range []string{"samples.csv", "test.csv"} {
				tab, err := Open(filepath.Join(dir, name))
				if err != nil {
					t.Fatal(err)
				}
				p, err := OpenParts(t.Context(), path, nil, LoadOptions{Checksums: true})
				if err != nil {
					t.Fatal(err)
				}
				if d := cmp.Diff(tab.Names, p.Names); d != "" {
					t.Error(d)
				}
				if len(p.Checksums) != len(p.Files) || p.Checksums[0] == "" || len(p.Family.Warnings) != 0 {
					t.Errorf("%q %q", p.Checksums, p.Family.Warnings)
				}
				own, err := Load(t.Context(), tab, LoadOptions{})
				if err != nil {
					t.Fatal(err)
				}
				aligned, err := Load(t.Context(), tab, LoadOptions{Reference: p.Family})
				if err != nil {
					t.Fatal(err)
				}
				for _, f := range []*Family{own, aligned} {
					difference, err := p.Check(t.Context(), f)
					if err != nil {
						t.Fatal(err)
					}
					if worst := slices.Max(difference); worst > 2e-15 || len(difference) != len(f.Samples) {
						t.Errorf("%s: %g", name, worst)
					}
				}
			}
		})
	}
}

func TestPartsCombinations(t *testing.T) {
	var (
		symmetric = mm("coordinate real symmetric", "2 2 2", "1 1 2", "2 1 4")
		general   = mm("coordinate real general", "2 2 1", "1 2 1")
		skew      = mm("coordinate real skew-symmetric", "2 2 1", "2 1 6")
		hermitian = mm("coordinate complex hermitian", "2 2 2", "2 2 3 0", "2 1 1 2")
		complexes = mm("coordinate complex symmetric", "2 2 1", "1 1 0 1")
		array     = mm("array real symmetric", "2 2", "1", "2", "3")
	)
	cases := []struct {
		name                   string
		a, alpha, b, beta      string
		symmetry               matrix.Symmetry
		complex, herm, isDense bool
		want                   []complex128 // at x = 2, rows of both triangles
	}{
		{"symmetric", symmetric, "1", symmetric, "x", matrix.Symmetric, false, false, false, []complex128{6, 12, 12, 0}},
		{"one general", symmetric, "x", general, "1", matrix.General, false, false, false, []complex128{4, 9, 8, 0}},
		{"skew", skew, "x", skew, "1i", matrix.SkewSymmetric, true, false, false, []complex128{0, -12 - 6i, 12 + 6i, 0}},
		{"symmetric and skew", symmetric, "x", skew, "1", matrix.General, false, false, false, []complex128{4, 2, 14, 0}},
		{"complex coefficient", symmetric, "1+x*1i", symmetric, "x", matrix.Symmetric, true, false, false, []complex128{6 + 4i, 12 + 8i, 12 + 8i, 0}},
		{"complex part", symmetric, "x", complexes, "1", matrix.Symmetric, true, false, false, []complex128{4 + 1i, 8, 8, 0}},
		{"hermitian", hermitian, "x", symmetric, "1", matrix.Hermitian, true, true, false, []complex128{2, 6 - 4i, 6 + 4i, 6}},
		{"hermitian no more", hermitian, "1i", symmetric, "x", matrix.General, true, false, false, []complex128{4, 10 + 1i, 6 + 1i, 3i}},
		{"complex symmetric and hermitian", hermitian, "1", complexes, "x", matrix.General, true, false, false, []complex128{2i, 1 - 2i, 1 + 2i, 3}},
		{"dense", array, "x", symmetric, "1", matrix.Symmetric, false, false, true, []complex128{4, 8, 8, 6}},
		{"real value of complex kind", symmetric, "x*1i*1i", symmetric, "1", matrix.Symmetric, true, false, false, []complex128{-2, -4, -4, 0}},
		{"real function of complex kind", symmetric, "abs(x*1i)", symmetric, "1", matrix.Symmetric, false, false, false, []complex128{6, 12, 12, 0}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			parts(t, "file,coefficient\na.mtx,"+c.alpha+"\nb.mtx,"+c.beta+"\n", map[string]string{"a.mtx": c.a, "b.mtx": c.b})
			p, err := OpenParts(t.Context(), "parts.csv", nil, LoadOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if p.Pattern.Symmetry != c.symmetry || p.Complex != c.complex || p.Hermitian != c.herm || p.Pattern.Dense != c.isDense || len(p.Duplicates) != 0 {
				t.Errorf("%v, complex %v, hermitian %v, dense %v", p.Pattern.Symmetry, p.Complex, p.Hermitian, p.Pattern.Dense)
			}
			m, err := p.Assemble([]float64{2})
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, full(m)); d != "" {
				t.Error(d)
			}
			n := 0
			for k := range p.Files {
				n += p.Row(k).Len()
			}
			if n != 2*p.Len() {
				t.Errorf("%d values in two rows of %d", n, p.Len())
			}
		})
	}
}

func TestPartsNames(t *testing.T) {
	a := mm("coordinate real general", "1 1 1", "1 1 1")
	parts(t, "\ufeffcomment, coefficient ,file\r\n# the mass\r\n\r\nmass,\"min(β, 2*α)*e + pi\",a.mtx\r\nrest,α+sin(γ),a.mtx\r\n", map[string]string{"a.mtx": a})
	p, err := ReadParts("parts.csv", nil)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"β", "α", "γ"}, p.Names); d != "" {
		t.Error(d)
	}
	if p.Coefficients[0].String() != "min(β, 2*α)*e + pi" || p.Samples[1].Line != 5 || p.Samples[1].Extra[0] != "rest" {
		t.Errorf("%v %+v", p.Coefficients[0], p.Samples)
	}
	if len(p.Table.Warnings) != 1 || !strings.Contains(p.Table.Warnings[0], `parts.csv:5: "a.mtx" is the part of parts.csv:4 again`) {
		t.Errorf("%q", p.Table.Warnings)
	}
	p, err = ReadParts("parts.csv", []string{"e", "γ", "α", "β", "unused"})
	if err != nil {
		t.Fatal(err)
	}
	mu := []float64{10, 0.25, 0.5, 7, 0}
	alpha, err := p.Alpha(mu)
	if err != nil {
		t.Fatal(err)
	}
	slope, err := p.Derivative(mu, 2)
	if err != nil {
		t.Fatal(err)
	}
	for k, want := range []complex128{complex(10+math.Pi, 0), complex(0.5+math.Sin(0.25), 0)} {
		if cmplx.Abs(alpha[k]-want) > 1e-15 {
			t.Errorf("%v, want %v", alpha[k], want)
		}
	}
	if d := cmp.Diff([]complex128{20, 1}, slope); d != "" {
		t.Error(d)
	}
}

func TestPartsErrors(t *testing.T) {
	files := map[string]string{
		"a.mtx":    mm("coordinate real symmetric", "2 2 1", "1 1 2"),
		"b.mtx":    mm("coordinate real symmetric", "3 3 1", "1 1 2"),
		"zero.mtx": mm("coordinate real symmetric", "2 2 1", "1 1 0"),
		"bad.mtx":  mm("coordinate real symmetric", "2 2 1", "1 5 0"),
	}
	cases := []struct{ csv, msg, hint string }{
		{"", "parts.csv: the table of parts is empty", "file,coefficient"},
		{"file,coefficient\n", "parts.csv:1: the table has a header and no part", "A1.mtx,1"},
		{"file,x\na.mtx,1\n", `parts.csv:1: no column coefficient in the header "file,x"`, "file,coefficient"},
		{"file,Coefficent\na.mtx,1\n", "no column coefficient", `write "coefficient" instead of "Coefficent"`},
		{"coefficient,files\n1,a.mtx\n", "no column file", `write "file" instead of "files"`},
		{"file,coefficient,file\na.mtx,1,1\n", "duplicate name (columns 1 and 3)", ""},
		{"file,coefficient\na.mtx,min(x,1)\n", "parts.csv:2: 3 cells, but the header (line 1) has 2", `"min(a,b)"`},
		{"file,coefficient\na.mtx\n", "parts.csv:2: 1 cell", "one cell per column"},
		{"file,coefficient\n,x\n", `parts.csv:2: column "file": the cell is empty`, ""},
		{"file,coefficient\n-,x\n", "standard input", ""},
		{"file,coefficient\na.mtx,\n", `column "coefficient": the cell is empty`, "write 1"},
		{"file,coefficient\na.mtx,\"x\n", "parts.csv:2: a quoted cell does not end", ""},
		{"file,coefficient\na.mtx,1\na.mtx,2*(x+\n", `parts.csv:3: column "coefficient": "2*(x+": the expression ends where a number`, ""},
		{"file,coefficient\na.mtx,1\na.mtx,ä*x @ 2\n", `parts.csv:3: column "coefficient": "ä*x @ 2": unexpected '@', at character 5`, ""},
		{"file,coefficient\na.mtx,1\n", "no parameter occurs", "a parameter is a name"},
		{"file,coefficient\na.mtx,x\nc.mtx,1\n", `parts.csv:3: column "file": file "c.mtx" does not exist`, "folder of the table"},
		{"file,coefficient\na.mtx,x\nb.mtx,1\n", `parts.csv:3: "b.mtx" is 3 x 3, but "a.mtx" (parts.csv:2) is 2 x 2`, ""},
		{"file,coefficient\na.mtx,x\nzero.mtx,1\n", `parts.csv:3: "zero.mtx" has no nonzero value`, ""},
		{"file,coefficient\na.mtx,x\nbad.mtx,1\n", "(parts.csv:3)", ""},
	}
	for _, c := range cases {
		parts(t, c.csv, files)
		_, err := OpenParts(t.Context(), "parts.csv", nil, LoadOptions{})
		var e *TableError
		if err == nil || !strings.Contains(err.Error(), c.msg) || errors.As(err, &e) && !strings.Contains(e.Hint, c.hint) {
			t.Errorf("%q: %v (%+v), want %q, %q", c.csv, err, e, c.msg, c.hint)
		}
	}
	parts(t, "file,coefficient\na.mtx,alpha2*x\n", files)
	_, err := ReadParts("parts.csv", []string{"x", "alpha1"})
	var (
		e *TableError
		s *expr.Error
	)
	if !errors.As(err, &e) || !errors.As(err, &s) || e.Line != 2 || s.Column != 1 || e.Hint != "did you mean alpha1?" {
		t.Errorf("%v", err)
	}
	if _, err := ReadParts("none.csv", nil); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	parts(t, "file,coefficient\na.mtx,x\n", files)
	if _, err := OpenParts(canceled, "parts.csv", nil, LoadOptions{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestPartsEvaluationErrors(t *testing.T) {
	parts(t, "file,coefficient\na.mtx,1\na.mtx,1e300*log(x-1)*y\n", map[string]string{"a.mtx": mm("coordinate real general", "1 1 1", "1 1 1e10")})
	p, err := OpenParts(t.Context(), "parts.csv", nil, LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var e *expr.EvalError
	want := `parts.csv:3: column "coefficient": "1e300*log(x-1)*y": log(-0.5): the logarithm of a negative real number is not real, at character 7 (x=0.5, y=2)`
	for _, f := range []func([]float64) error{
		func(mu []float64) error { _, err := p.Alpha(mu); return err },
		func(mu []float64) error { _, err := p.Derivative(mu, 1); return err },
		func(mu []float64) error { _, err := p.Assemble(mu); return err },
	} {
		if err := f([]float64{0.5, 2}); !errors.As(err, &e) || e.Column != 7 || err.Error() != want {
			t.Error(err)
		}
	}
	if _, err := p.Assemble([]float64{4, 1}); err == nil || !strings.Contains(err.Error(), "too large for numbers (x=4, y=1)") {
		t.Error(err)
	}
	if _, err := p.Alpha([]float64{4}); err == nil || !strings.Contains(err.Error(), "1 values for 2 names") {
		t.Error(err)
	}
	if _, err := p.Derivative([]float64{4, 1}, 2); err == nil {
		t.Error("no third parameter")
	}
}

func TestPartsCheck(t *testing.T) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, err := w.Write([]byte(mm("coordinate real symmetric", "2 2 1", "2 1 1")))
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	parts(t, "file,coefficient\na.mtx,k\nb.mtx.gz,1\n", map[string]string{
		"a.mtx":       mm("coordinate real symmetric", "2 2 1", "1 1 1"),
		"b.mtx.gz":    packed.String(),
		"good.mtx":    mm("coordinate real general", "2 2 3", "1 1 2", "2 1 1", "1 2 1"),
		"off.mtx":     mm("coordinate real symmetric", "2 2 2", "1 1 3", "2 1 0"),
		"outside.mtx": mm("coordinate real symmetric", "2 2 3", "1 1 3", "2 1 2", "2 2 4"),
		"wide.mtx":    mm("coordinate real general", "2 3 1", "1 1 3"),
		"s.csv":       "eps,k,file\n0,2,good.mtx\n0,3,off.mtx\n0,3,outside.mtx\n",
		"wide.csv":    "k,file\n2,wide.mtx\n",
		"other.csv":   "eps,file\n2,good.mtx\n",
	})
	p, err := OpenParts(t.Context(), "parts.csv", nil, LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	load := func(name string, opt LoadOptions) *Family {
		t.Helper()
		tab, err := Open(name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := Load(t.Context(), tab, opt)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	// ‖off‖ = 3, difference 1 twice; ‖outside‖² = 9+8+16 = 33, difference² = 1+1+16.
	want := []float64{0, math.Sqrt2 / 3, math.Sqrt(18. / 33)}
	for _, opt := range []LoadOptions{{}, {Reference: p.Family}} {
		got, err := p.Check(t.Context(), load("s.csv", opt))
		if err != nil {
			t.Fatal(err)
		}
		for i := range want {
			if math.Abs(got[i]-want[i]) > 1e-15 {
				t.Errorf("sample %d: %v, want %v", i, got[i], want[i])
			}
		}
	}
	for name, msg := range map[string]string{
		"wide.csv":  "the parts are 2 x 2, but the matrices of wide.csv are 2 x 3",
		"other.csv": `parameter "k" of the coefficients is no parameter of other.csv`,
	} {
		if _, err := p.Check(t.Context(), load(name, LoadOptions{})); err == nil || !strings.Contains(err.Error(), msg) {
			t.Errorf("%v, want %q", err, msg)
		}
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Check(canceled, load("s.csv", LoadOptions{})); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestPartsReferenceAndMemory(t *testing.T) {
	parts(t, "file,coefficient\na.mtx,k*1i\n", map[string]string{
		"a.mtx": mm("coordinate real symmetric", "2 2 1", "1 1 1"),
		"h.mtx": mm("coordinate complex hermitian", "2 2 2", "1 1 1 0", "2 1 0 1"),
		"r.csv": "k,file\n1,a.mtx\n",
		"h.csv": "k,file\n1,h.mtx\n",
		"p.csv": "file,coefficient\na.mtx,k\n",
	})
	for name, what := range map[string]string{"r.csv": "real", "h.csv": "hermitian"} {
		tab, err := Open(name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := Load(t.Context(), tab, LoadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := OpenParts(t.Context(), "parts.csv", nil, LoadOptions{Reference: f}); err == nil || !strings.Contains(err.Error(), `"k*1i" is complex, but the family is `+what) {
			t.Error(err)
		}
		p, err := OpenParts(t.Context(), "p.csv", nil, LoadOptions{Reference: f})
		if err != nil {
			t.Fatal(err)
		}
		if p.Pattern != f.Pattern || p.Hermitian != f.Hermitian || p.Len() != p.Row(0).Len() {
			t.Errorf("%+v", p.Family)
		}
	}
	p, err := ReadParts("parts.csv", nil)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := p.Plan(LoadOptions{})
	if err != nil || !plan.Complex || plan.Table != 16 {
		t.Errorf("%+v %v", plan, err)
	}
	var m *MemoryError
	if err := p.Load(t.Context(), LoadOptions{Memory: plan.Peak() - 1}); !errors.As(err, &m) {
		t.Error(err)
	}
}
