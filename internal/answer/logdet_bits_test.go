package answer_test

import (
	"bytes"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"eimtool/internal/answer"
	"eimtool/internal/bundle"
	"eimtool/internal/surrogate"
)

// answersOf asks for log det at all points.
func answersOf(t *testing.T, m *surrogate.Model, src answer.Source, opt answer.LogDetOptions, mus [][]float64) []*answer.LogDet {
	t.Helper()
	s, err := answer.NewLogDet(m, src, opt)
	if err != nil {
		t.Fatal(err)
	}
	var points []answer.Point
	for _, mu := range mus {
		points = append(points, answer.Point{Mu: mu})
	}
	out, errs := s.LogDet(t.Context(), points)
	for i, err := range errs {
		if err != nil {
			t.Fatalf("%+v at %v: %v", opt, mus[i], err)
		}
	}
	return out
}

// A bundle, completed as needed, answers as the model in memory does, with any
// number of threads; fitted answers read no matrices.
func TestLogDetBundleRoundTrip(t *testing.T) {
	sampled, complexes, hermitian := diffusion(), damped(), magnetic()
	parts, partsModel := barsForLogDet(t, nil)
	_, alone := barsForLogDet(t, func(o *surrogate.Options) { o.Only = "logdet" })
	for _, c := range []struct {
		name string
		f    *form
		m    *surrogate.Model
	}{
		{"real", sampled, sampled.forLogDet(t, nil)},
		{"complex", complexes, complexes.forLogDet(t, nil)},
		{"hermitian, no table", hermitian, hermitian.forLogDet(t, func(o *surrogate.Options) { o.KeepTable = "no" })},
		{"parts", parts, partsModel},
		{"alone", parts, alone},
	} {
		var buf bytes.Buffer
		if _, err := bundle.Write(&buf, bundle.Meta{ToolVersion: "v1"}, c.m, bundle.WriteOptions{}); err != nil {
			t.Fatal(err)
		}
		mus := c.f.random(5, 90)
		options := []answer.LogDetOptions{{Gradient: true}, {Gradient: true, Tolerance: 1e-300}}
		for _, method := range c.m.LogDet.Methods() {
			options = append(options, answer.LogDetOptions{Method: method, Gradient: true})
		}
		for _, opt := range options {
			l := decode(t, buf.Bytes())
			opt.Threads = 1
			want := answersOf(t, c.m, nil, opt, mus)
			opt.Threads = 3
			got := answersOf(t, l.m, l, opt, mus)
			if d := cmp.Diff(want, got, cmp.Comparer(func(x, y float64) bool { return math.Float64bits(x) == math.Float64bits(y) })); d != "" {
				t.Errorf("%s, %q: %s", c.name, opt.Method, d)
			}
			if slices.Contains(c.m.LogDet.Methods(), opt.Method) && len(l.fetched) > 0 {
				t.Errorf("%s: %s reads %v", c.name, opt.Method, l.fetched)
			}
		}
	}
}
