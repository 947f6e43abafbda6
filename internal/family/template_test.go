package family

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestTemplateFindsFiles(t *testing.T) {
	files := map[string]string{}
	for _, name := range []string{
		"snap/A_k=10_eps=1e-3.mtx", "snap/A_k=9.5_eps=0.5.mtx", "snap/A_k=9.5_eps=-2E+1.mtx", "snap/A_k=9.5_eps=0.50.mtx",
		"snap/A_k=nan_eps=1.mtx", "snap/A_k=_eps=1.mtx", "snap/A_k=1_eps=2.mtx.bak", "snap/A_k=1_eps=2_k=3.mtx", "snap/other.txt",
		"snap/A_k=7_eps=7.mtx/inside", "run_1.5/A.mtx", "run_1/A.mtx", "run_2/B.mtx", "run_3", "run_x/A.mtx",
		"k=1/A_1.mtx", "k=1/A_2.mtx", "k=2/A_2.0.mtx", "out/A_3.000000_1.mtx", "out/A_2.500000_2.mtx", "deep/1/x/2/A.mtx", "deep/1/y",
		"{odd}/A_3.mtx", "A-1-2.mtx", "A--1--2.mtx", "plain/1e5.mtx",
	} {
		files[name] = ""
	}
	t.Chdir(put(t, files))
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		template string
		names    []string
		paths    []string
		mus      [][]float64
	}{
		{
			"snap/A_k={k}_eps={eps}.mtx",
			[]string{"k", "eps"},
			[]string{"snap/A_k=9.5_eps=-2E+1.mtx", "snap/A_k=9.5_eps=0.5.mtx", "snap/A_k=9.5_eps=0.50.mtx", "snap/A_k=10_eps=1e-3.mtx"},
			[][]float64{{9.5, -20}, {9.5, 0.5}, {9.5, 0.5}, {10, 1e-3}},
		},
		{"run_{t:.1f}/A.mtx", []string{"t"}, []string{"run_1/A.mtx", "run_1.5/A.mtx"}, [][]float64{{1}, {1.5}}},
		{"k={k}/A_{k}.mtx", []string{"k"}, []string{"k=1/A_1.mtx", "k=2/A_2.0.mtx"}, [][]float64{{1}, {2}}},
		{"out/A_{k:.6f}_{index}.mtx", []string{"k"}, []string{"out/A_2.500000_2.mtx", "out/A_3.000000_1.mtx"}, [][]float64{{2.5}, {3}}},
		{"deep/{a}/x/{b}/A.mtx", []string{"a", "b"}, []string{"deep/1/x/2/A.mtx"}, [][]float64{{1, 2}}},
		{"{{odd}}/A_{k}.mtx", []string{"k"}, []string{"{odd}/A_3.mtx"}, [][]float64{{3}}},
		{"A-{a}-{b}.mtx", []string{"a", "b"}, []string{"A--1--2.mtx", "A-1-2.mtx"}, [][]float64{{-1, -2}, {1, 2}}},
		{"./plain//{k}.mtx", []string{"k"}, []string{"./plain/1e5.mtx"}, [][]float64{{1e5}}},
		{here + "/plain/{k}.mtx", []string{"k"}, []string{here + "/plain/1e5.mtx"}, [][]float64{{1e5}}},
	} {
		tab, err := Open(c.template)
		if err != nil {
			t.Errorf("%s: %v", c.template, err)
			continue
		}
		var paths []string
		var mus [][]float64
		for _, s := range tab.Samples {
			paths, mus = append(paths, s.Path), append(mus, s.Mu)
		}
		if d := cmp.Diff(c.names, tab.Names) + cmp.Diff(c.paths, paths) + cmp.Diff(c.mus, mus); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.template, d)
		}
	}
}

func TestTemplateErrors(t *testing.T) {
	t.Chdir(put(t, map[string]string{
		"snap/A_1.mtx.gz": "", "snap/A_2.mtx.gz": "", "two/A_1.2.3.mtx": "", "big/A_1e999.mtx": "", "empty/sub/x": "",
	}))
	for _, c := range []struct{ template, msg, hint string }{
		{"A_{k.mtx", `'{' without its partner`, "{{"},
		{"A_k}.mtx", `'}' without its partner`, "}}"},
		{"A_{}.mtx", "no placeholder", "{name}"},
		{"A_{k/x}.mtx", "no placeholder", "{name}"},
		{"A_{a}{b}.mtx", "nothing between {a} and {b}", "{a}_{b}"},
		{"A_{index}.mtx", "no parameter", "running number"},
		{"A_{{k}}.mtx", "no parameter", "{name}"},
		{"snap/A_{k}.mtx", `no file fits: 2 names in "snap", the first is "A_1.mtx.gz"`, "end the template in .gz"},
		{"snap/B_{k}.mtx.gz", "no file fits", "exactly as in the file names"},
		{"empty/{k}.mtx", "no file fits: 1 name", "exactly"},
		{"nowhere/A_{k}.mtx", `folder "nowhere" does not exist`, "working folder"},
		{"two/A_{a}.{b}.mtx", "more than one way", "sample table"},
	} {
		tab, err := Open(c.template)
		var e *TemplateError
		if tab != nil || !errors.As(err, &e) || !strings.Contains(e.Error(), c.msg) || !strings.Contains(e.Hint, c.hint) {
			t.Errorf("%s: %v", c.template, err)
		}
	}
	var e *TableError
	if _, err := Open("big/A_{k}.mtx"); !errors.As(err, &e) || e.File != "big/A_1e999.mtx" || e.Column != "k" {
		t.Errorf("overflow: %v", err)
	}
}

// The ends found by hand are those of a regular expression.
func TestNumberEnds(t *testing.T) {
	whole := regexp.MustCompile(`^[-+]?([0-9]+(\.[0-9]+)?|\.[0-9]+)([eE][-+]?[0-9]+)?$`)
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`[-+]?[0-9]{0,3}[.]?[0-9]{0,2}[eE]?[-+]?[0-9.ex]{0,3}`).Draw(t, "s")
		var want []int
		for n := 1; n <= len(s); n++ {
			if whole.MatchString(s[:n]) {
				want = append(want, n)
			}
		}
		if d := cmp.Diff(want, numberEnds(s)); d != "" {
			t.Fatalf("%q (-want +got):\n%s", s, d)
		}
		if v, msg, _ := parseParameter(s); msg == "" {
			if std, err := strconv.ParseFloat(s, 64); err != nil || std != v {
				t.Fatalf("%q is %v, want %v", s, v, std)
			}
		}
	})
}

func TestOutputTemplate(t *testing.T) {
	names := []string{"k", "eps"}
	mu := []float64{3.25, 1e-7}
	for template, want := range map[string]string{
		"out.mtx":                         "out.mtx",
		"A_{k:.6f}_{index}.mtx":           "A_3.250000_7.mtx",
		"{eps}/{index:03d}_{{x}}":         "1e-07/007_{x}",
		"{k}{eps:.3e}":                    "3.251.000e-07",
		"{k:08.3f}|{k:8.1f}|{k:.2}|{k:E}": "0003.250|     3.2|3.2|3.250000E+00",
		"{k:g}-{index:2}":                 "3.25- 7",
	} {
		o, err := ParseOutputTemplate(template, names)
		if err != nil {
			t.Errorf("%s: %v", template, err)
			continue
		}
		if got := o.Expand(mu, 7); got != want {
			t.Errorf("%s gives %s, want %s", template, got, want)
		}
		if o.HasPlaceholders() != (template != "out.mtx") {
			t.Errorf("%s: HasPlaceholders is %v", template, o.HasPlaceholders())
		}
	}
	minus, err := ParseOutputTemplate("{k}_{eps:.1f}", names)
	if err != nil || minus.Expand([]float64{math.Copysign(0, -1), math.Copysign(0, -1)}, 1) != "0_0.0" {
		t.Errorf("negative zero: %v", err)
	}
	for template, want := range map[string][2]string{
		"{K}":        {`no parameter "K"`, `did you mean "k"?`},
		"{epss}":     {`no parameter "epss"`, `did you mean "eps"?`},
		"{length}":   {`no parameter "length"`, `the parameters are "k", "eps"`},
		"{k:d}":      {"no format for a number", "{k:.6f}"},
		"{k:.6x}":    {"no format for a number", "{k:.6f}"},
		"{k:.999f}":  {"no format for a number", "{k:.6f}"},
		"{index:.2}": {"no format for a running number", "{index:03d}"},
		"{k":         {"without its partner", "{{"},
	} {
		_, err := ParseOutputTemplate(template, names)
		var e *TemplateError
		if !errors.As(err, &e) || !strings.Contains(e.Msg, want[0]) || !strings.Contains(e.Hint, want[1]) {
			t.Errorf("%s: %#v", template, err)
		}
	}
}

func TestOutputCollisions(t *testing.T) {
	mus := [][]float64{{1}, {1.01}, {1.04}, {2}}
	for template, want := range map[string]string{
		"{k}": "", "{k:.1f}_{index}": "", "{k:.2f}": "",
		"{k:.1f}":   `rows 1 and 2 would both be written to "1.0"`,
		"out.mtx":   "rows 1 and 2 would both",
		"x/{k:.0f}": "rows 1 and 2",
	} {
		o, err := ParseOutputTemplate(template, []string{"k"})
		if err != nil {
			t.Fatal(err)
		}
		paths, err := o.ExpandAll(mus)
		if want == "" {
			if err != nil || len(paths) != len(mus) || paths[3] != o.Expand(mus[3], 4) {
				t.Errorf("%s: %v, %v", template, paths, err)
			}
			continue
		}
		var e *TemplateError
		if !errors.As(err, &e) || !strings.Contains(e.Msg, want) || e.Hint == "" {
			t.Errorf("%s: %v", template, err)
		}
	}
	one, err := ParseOutputTemplate("out.mtx", []string{"k"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := one.ExpandAll(mus[:1]); err != nil {
		t.Error(err)
	}
}

// What an output template writes, the same template finds again.
func TestTemplatesAgree(t *testing.T) {
	const template = "A_k={k}_eps={eps}_{index:04d}.mtx"
	o, err := ParseOutputTemplate(template, []string{"k", "eps"})
	if err != nil {
		t.Fatal(err)
	}
	elements, err := parseElements(template)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		mu := rapid.SliceOfN(rapid.Float64(), 2, 2).Draw(t, "mu")
		texts, ways := match(elements, o.Expand(mu, rapid.IntRange(0, 99999).Draw(t, "index")))
		if ways != 1 || len(texts) != 3 {
			t.Fatalf("%d ways, %q", ways, texts)
		}
		for k, want := range mu {
			if v, msg, _ := parseParameter(texts[k]); msg != "" || v != want {
				t.Fatalf("%q is %v, want %v", texts[k], v, want)
			}
		}
	})
}

func FuzzTemplate(f *testing.F) {
	for _, s := range []string{
		"snap/A_k={k}_eps={eps}.mtx", "A_{k:.6f}_{index}.mtx", "{{x}}", "{", "}", "{}", "{a}{b}", "{k:}", "{k::}", "/{k}/", "{{{k}}}", "{index:03d}",
	} {
		f.Add(s, "A_k=1_eps=2.mtx")
	}
	f.Fuzz(func(t *testing.T, template, name string) {
		elements, err := parseElements(template)
		if err != nil {
			var e *TemplateError
			if elements != nil || !errors.As(err, &e) || e.Template != template || e.Hint == "" {
				t.Fatalf("%v, %#v", elements, err)
			}
			return
		}
		texts, ways := match(elements, name)
		if ways > 0 {
			// The texts put back in place of the placeholders give the name.
			var b strings.Builder
			k := 0
			for _, e := range elements {
				if e.name == "" {
					b.WriteString(e.literal)
					continue
				}
				b.WriteString(texts[k])
				k++
			}
			if b.String() != name {
				t.Fatalf("%q matched as %q", name, b.String())
			}
		}
		splitFolders(elements)
		if o, err := ParseOutputTemplate(template, []string{"k", "eps"}); err == nil {
			o.Expand([]float64{1.5, -2}, 3)
		}
		if dir := filepath.Join(t.TempDir(), "none"); !strings.Contains(template, "..") {
			if _, err := openTemplate(dir + "/" + template); err == nil {
				t.Fatal("files found in a folder that does not exist")
			}
		}
	})
}
