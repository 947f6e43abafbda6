package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"eimtool/internal/plan"
)

// docs is where the page is.
const docs = "../docs"

// committed returns the section of an experiment in the page.
func committed(t *testing.T, name string) string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(docs, pageName))
	if err != nil {
		t.Fatal(err)
	}
	_, text, found := strings.Cut(string(page), marker(name))
	if !found {
		t.Fatalf("%s has no section %q: make experiments", pageName, name)
	}
	text, _, _ = strings.Cut(text, "\n<!-- experiment: ")
	return strings.TrimRight(text, "\n")
}

// numbers are figures in a text; what is left is words.
var numbers = regexp.MustCompile(`\d+(\.\d+)?(e-?\d+)?`)

// sameButRounding fails unless the texts agree in all words and integers, and in
// all other numbers within a factor of 2: processors round differently, and
// errors near rounding level follow.
func sameButRounding(t *testing.T, got, want string) {
	t.Helper()
	if g, w := numbers.ReplaceAllString(got, "#"), numbers.ReplaceAllString(want, "#"); g != w {
		t.Fatalf("the page has\n%s\nand a new run\n%s", want, got)
	}
	old := numbers.FindAllString(want, -1)
	for i, g := range numbers.FindAllString(got, -1) {
		w := old[i]
		if !strings.ContainsAny(g+w, ".e") {
			if g != w {
				t.Errorf("the page has %s, a new run %s", w, g)
			}
			continue
		}
		a, err := strconv.ParseFloat(g, 64)
		b, err2 := strconv.ParseFloat(w, 64)
		if errors.Join(err, err2) != nil || a > 2*b || b > 2*a {
			t.Errorf("the page has %s, a new run %s", w, g)
		}
	}
}

// TestTerms repeats the plans of two ranges of k and compares the numbers of terms
// with the page.
func TestTerms(t *testing.T) {
	for _, c := range []struct{ k, candidates, most int }{{10, 160, 12}, {20, 320, 17}} {
		p, err := plan.Select(t.Context(), phaseProblem(c.k, c.candidates), plan.Options{Tolerance: 1e-6})
		if err != nil {
			t.Fatal(err)
		}
		row := "\n| " + integer(c.k) + " | " + integer(c.candidates) + " | " + integer(p.Terms()) + " | "
		if p.Terms() > c.most || p.Error > 1e-6 || !strings.Contains(committed(t, "bem"), row) {
			t.Errorf("k up to %d: %d terms, error %.2g; the page has no row %q", c.k, p.Terms(), p.Error, row)
		}
	}
}

// TestPageIsWhole checks that the page is in the form that the program gives it,
// and shows the figures that there are and no others.
func TestPageIsWhole(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(docs, pageName))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range experiments() {
		again, err := merge(string(page), e.name, committed(t, e.name))
		if err != nil || again != string(page) {
			t.Errorf("%s: the page was changed by hand, or its head: make experiments (%v)", e.name, err)
		}
	}
	var shown []string
	for _, m := range regexp.MustCompile(`\]\((experiments/[^)]*)\)`).FindAllStringSubmatch(string(page), -1) {
		shown = append(shown, filepath.Join(docs, m[1]))
	}
	for _, path := range shown {
		if svg, err := os.ReadFile(path); err != nil {
			t.Error(err)
		} else {
			wellFormed(t, path, svg)
		}
	}
	found, err := filepath.Glob(filepath.Join(docs, "experiments", "*.svg"))
	if err != nil || len(found) != len(shown) {
		t.Errorf("figures %v, the page shows %v (%v)", found, shown, err)
	}
}

func wellFormed(t *testing.T, name string, svg []byte) {
	t.Helper()
	for d := xml.NewDecoder(bytes.NewReader(svg)); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
}

// TestMerge replaces one section and leaves the others.
func TestMerge(t *testing.T) {
	page, err := merge("", "sensors", "one\n")
	if err != nil {
		t.Fatal(err)
	}
	first := experiments()[0].name
	if page, err = merge(page, first, "two\n\n"); err != nil {
		t.Fatal(err)
	}
	if page, err = merge(page, "sensors", "three"); err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(page, "\n"+marker(first)+"two\n\n"+marker("sensors")+"three\n") {
		t.Errorf("page:\n%s", page)
	}
}

// TestSection refuses texts that do not fit what was found.
func TestSection(t *testing.T) {
	full := &outcome{tables: []*table{{name: "sensors"}}, figures: []*figure{{name: "sensors"}}}
	if _, err := section("sensors", full); err != nil {
		t.Error(err)
	}
	for name, out := range map[string]*outcome{
		"without its table":     {figures: full.figures},
		"with another table":    {tables: append([]*table{{name: "other"}}, full.tables...), figures: full.figures},
		"with another figure":   {tables: full.tables, figures: append([]*figure{{name: "other"}}, full.figures...)},
		"without anything said": {},
	} {
		if text, err := section("sensors", out); err == nil {
			t.Errorf("%s: %q", name, text)
		}
	}
}

func TestNum(t *testing.T) {
	for _, c := range []struct {
		x    float64
		want string
	}{
		{0, "< 1e-13"},
		{9e-14, "< 1e-13"},
		{1.24e-10, "1.2e-10"},
		{0.0999, "1.0e-1"},
		{0.123, "0.12"},
		{1, "1"},
		{45.6, "46"},
		{330, "330"},
		{1234, "1.2e3"},
		{math.NaN(), "–"},
	} {
		if got := num(c.x); got != c.want {
			t.Errorf("%g: %q, want %q", c.x, got, c.want)
		}
	}
}

// TestFigure draws the same bytes again, with all labels, also where values are
// zero or below the axis.
func TestFigure(t *testing.T) {
	f := &figure{name: "f", panels: []panel{
		{title: "left", x: "terms", y: "error", lines: []line{{"a<b", []float64{1, 2, 3}, []float64{1, 1e-5, 0}}, {"c", []float64{1, 3}, []float64{1e-20, 2}}}},
		{title: "right", x: "terms", y: "error", lines: []line{{"c", []float64{5, 30}, []float64{1e-3, 1e-8}}}},
	}}
	svg, err := f.svg()
	if err != nil {
		t.Fatal(err)
	}
	wellFormed(t, "f", svg)
	for _, label := range []string{"left", "right", "a&lt;b", ">c<", "1e-8", "Helvetica"} {
		if !bytes.Contains(svg, []byte(label)) {
			t.Errorf("no %q in the figure", label)
		}
	}
	if again, err := f.svg(); err != nil || !bytes.Equal(svg, again) {
		t.Errorf("another figure the second time (%v)", err)
	}
}

// TestChoose refuses unknown names.
func TestChoose(t *testing.T) {
	if all, err := choose(""); err != nil || len(all) != len(experiments()) {
		t.Errorf("%d experiments, %v", len(all), err)
	}
	if two, err := choose("sensors,diffusion"); err != nil || len(two) != 2 || two[1].name != "diffusion" {
		t.Errorf("%v, %v", two, err)
	}
	if _, err := choose("sensor"); err == nil || !strings.Contains(err.Error(), "diffusion") {
		t.Errorf("error %v", err)
	}
}
