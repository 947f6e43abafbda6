package main

import (
	"context"
	"math/cmplx"
	"slices"

	"eimtool/internal/dense"
	"eimtool/internal/eim"
	"eimtool/internal/scalar"
)

// sensorCase is one function and number of terms d, with the worst and the
// median error after the loss that an independent script found (0: not known).
type sensorCase struct {
	terms         int
	worst, median float64
}

// lostSensors lets every sensor of an interpolant break in turn: arXiv
// 1508.05330, rectangular extension.
func lostSensors(ctx context.Context) (*outcome, error) {
	out := &outcome{}
	t := &table{name: "sensors", header: []string{
		"function", "d", "all sensors", "d − 1 terms", "F⁺ by SVD", "F⁺ by QR", "weighted", "a field left out too", "point chosen anew", "a field lost",
	}}
	f := &figure{name: "sensors", alt: "Largest error of the interpolant after the worst loss of one sensor, against the number of terms"}
	runge := func(mu, x float64) float64 { return 1 / (1 + mu*mu*(x-0.4)*(x-0.4)) }
	err := breakSensors(ctx, out, t, f, "runge", "1/(1 + µ²(x − 0.4)²)", runge, []sensorCase{
		{6, 1.4e-2, 5.9e-3}, {8, 0, 0}, {10, 4.7e-5, 1.5e-5}, {12, 0, 0}, {14, 0, 0}, {16, 0, 0}, {18, 2e-10, 5e-11},
	})
	if err != nil {
		return nil, err
	}
	wave := func(mu, x float64) complex128 { return cmplx.Exp(complex(0, 2*mu*x)) }
	err = breakSensors(ctx, out, t, f, "exp", "exp(2iµx)", wave, []sensorCase{
		{8, 0, 0}, {10, 0, 0}, {12, 3.6e-5, 1.4e-5}, {14, 0, 0}, {16, 6e-9, 6e-10},
	})
	if err != nil {
		return nil, err
	}
	out.tables, out.figures = append(out.tables, t), append(out.figures, f)
	return out, nil
}

// breakSensors adds the rows of one function to the table, and a panel to the
// figure.
func breakSensors[T scalar.Scalar](ctx context.Context, out *outcome, t *table, f *figure, name, title string, g func(mu, x float64) T, cases []sensorCase) error {
	p := panel{title: title, x: "terms d", y: "largest error"}
	// The font of the figures has no raised plus sign.
	labels := []string{"all sensors", "d − 1 terms", "pseudo-inverse, by SVD", "pseudo-inverse, by QR", "weighted", "point chosen anew"}
	for _, l := range labels {
		p.lines = append(p.lines, line{label: l})
	}
	for _, c := range cases {
		s, err := newSensors(ctx, g, c.terms)
		if err != nil {
			return err
		}
		r, err := s.results()
		if err != nil {
			return err
		}
		for i, y := range []float64{r.all, r.fewer, r.losses[0].worst, r.losses[1].worst, r.losses[2].worst, r.losses[4].worst} {
			p.lines[i].add(float64(c.terms), y)
		}
		cells := []string{name, integer(c.terms), num(r.all), num(r.fewer)}
		for _, l := range r.losses {
			cells = append(cells, pair(l.worst, l.median))
		}
		t.add(cells...)
		if c.worst > 0 {
			at := name + ", " + integer(c.terms) + " terms"
			out.near(at+", least norm, worst", r.losses[1].worst, c.worst, 3, true)
			out.near(at+", least norm, median", r.losses[1].median, c.median, 3, true)
		}
		out.expect(r.losses[4].worst <= 10*max(r.all, 1e-11), "%s, %d terms: error %.2g with a point chosen anew, %.2g with all", name, c.terms, r.losses[4].worst, r.all)
	}
	f.panels = append(f.panels, p)
	return nil
}

// sensors is the setting of one case: 200 equidistant parameters on [1, 10] to
// choose from and 200 random ones to test, 401 points on [0, 1].
type sensors[T scalar.Scalar] struct {
	ctx         context.Context
	train, test *eim.Table[T]
	sel         *eim.Selection[T]
}

func newSensors[T scalar.Scalar](ctx context.Context, g func(mu, x float64) T, terms int) (*sensors[T], error) {
	x := equidistant(0, 1, 401)
	s := &sensors[T]{ctx: ctx}
	s.train = sampled(g, equidistant(1, 10, 200), x)
	s.test = sampled(g, random(200, []float64{1}, []float64{10}, 1).Data, x)
	var err error
	s.sel, err = eim.Greedy(ctx, s.train, eim.Options{MaxTerms: terms, FirstRow: -1})
	return s, err
}

// sampled returns the table of g, parameters by rows.
func sampled[T scalar.Scalar](g func(mu, x float64) T, mu, x []float64) *eim.Table[T] {
	b := eim.Block[T]{Name: "g", Cols: len(x), Magic: true}
	for _, m := range mu {
		row := make([]T, len(x))
		for c := range x {
			row[c] = g(m, x[c])
		}
		b.Rows = append(b.Rows, row)
	}
	return &eim.Table[T]{Blocks: []eim.Block[T]{b}}
}

// sensorResults are errors max_{μ,x} |g − Ig|: with all sensors, with one term
// fewer, and in order of the table's columns after losses.
type sensorResults struct {
	all, fewer float64
	losses     []loss
}

// loss is the worst and the median error over what was lost.
type loss struct{ worst, median float64 }

func (s *sensors[T]) results() (*sensorResults, error) {
	r := &sensorResults{}
	var err error
	if r.all, err = s.error(s.sel, s.sel.Beta); err != nil {
		return nil, err
	}
	fewer := s.sel.Truncate(len(s.sel.Snapshots) - 1)
	if r.fewer, err = s.error(fewer, fewer.Beta); err != nil {
		return nil, err
	}
	for _, without := range []func(l int) (float64, error){s.pseudoInverse, s.minimumNorm, s.weighted, s.bothLost, s.chosenAnew, s.fieldLost} {
		var errs []float64
		for l := range s.sel.Features {
			e, err := without(l)
			if err != nil {
				return nil, err
			}
			errs = append(errs, e)
		}
		slices.Sort(errs)
		r.losses = append(r.losses, loss{errs[len(errs)-1], errs[len(errs)/2]})
	}
	return r, nil
}

// error returns the largest |g − Σ β_m g_m| over the test parameters and points.
func (s *sensors[T]) error(sel *eim.Selection[T], beta func([]T) ([]T, error)) (float64, error) {
	var e worst
	values := make([]T, len(sel.Features))
	rest := make([]T, s.test.Blocks[0].Cols)
	for p, row := range s.test.Blocks[0].Rows {
		for l, f := range sel.Features {
			values[l] = s.test.Value(p, f)
		}
		b, err := beta(values)
		if err != nil {
			return 0, err
		}
		copy(rest, row)
		for m, i := range sel.Snapshots {
			dense.Axpy(-b[m], s.train.Blocks[0].Rows[i], rest)
		}
		e.see(scalar.MaxAbs(rest))
	}
	return float64(e), nil
}
