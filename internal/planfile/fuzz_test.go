package planfile

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"eimtool/internal/dense"
	"eimtool/internal/plan"
)

func TestText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.String(), rapid.StringN(0, 20, -1), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) })).Draw(t, "text")
		w := text(s)
		if strings.ContainsAny(w, " ,;\"\t\r\n") || w == "" {
			t.Fatalf("%q became %q", s, w)
		}
		if back, err := untext(w); err != nil || back != s {
			t.Fatalf("%q became %q and %q, %v", s, w, back, err)
		}
	})
}

func TestAnyPlan(t *testing.T) {
	finite := rapid.Float64Range(-math.MaxFloat64, math.MaxFloat64)
	rapid.Check(t, func(t *rapid.T) {
		terms, columns := rapid.IntRange(1, 6).Draw(t, "terms"), rapid.IntRange(0, 3).Draw(t, "columns")
		values := func(n int) []float64 { return rapid.SliceOfN(finite, n, n).Draw(t, "values") }
		p := &plan.Plan{
			Names: []string{"a", "b"}, Columns: []string{"x", "y", "z"}[:columns], Functions: []string{"a*b"},
			Scales: []float64{rapid.Float64Range(1e-300, 1e300).Draw(t, "scale")}, Lower: values(2), Upper: values(2),
			Mu: &dense.Matrix[float64]{Rows: terms, Cols: 2, Data: values(2 * terms)}, Tolerance: values(1)[0],
			Stop: rapid.String().Draw(t, "stop"), Error: values(1)[0],
		}
		for range terms {
			p.Magic = append(p.Magic, plan.Point{Index: rapid.Int().Draw(t, "index"), X: values(columns)})
			p.History = append(p.History, plan.Step{Candidate: rapid.Int().Draw(t, "candidate"), Error: values(1)[0]})
		}
		var b bytes.Buffer
		if err := Write(&b, p); err != nil {
			t.Fatal(err)
		}
		got, err := Parse(bytes.NewReader(b.Bytes()), "plan.csv")
		if err != nil {
			t.Fatal(err)
		}
		if d := same(p, got); d != "" {
			t.Fatal(d)
		}
	})
}

// FuzzParse: no input stops the reader, and what it takes for a plan is written
// and read again unchanged.
func FuzzParse(f *testing.F) {
	for _, p := range []*plan.Plan{sample(), simple()} {
		text := write(f, p)
		for _, s := range []string{text, trailingCommas(text), quoteComments(text), forge(strings.ReplaceAll(text, "k", "a")), text[:len(text)/2]} {
			f.Add(s)
		}
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, s := range []string{s, forge(s)} {
			p, err := Parse(strings.NewReader(s), "plan.csv")
			if err != nil {
				continue
			}
			var b bytes.Buffer
			if err := Write(&b, p); err != nil {
				t.Fatal(err)
			}
			again, err := Parse(bytes.NewReader(b.Bytes()), "plan.csv")
			if err != nil {
				t.Fatal(err)
			}
			if d := same(p, again); d != "" {
				t.Fatal(d)
			}
		}
	})
}
