package main

import (
	"context"
	"math"
	"slices"

	"eimtool/internal/matrix"
)

// Elements of the one-dimensional problem.
const intervals = 400

// diffusion is −(k u′)′ + r u = 1 on (0, 1), u(0) = u(1) = 0, with
//
//	k = 1 + 0.9 exp(−((x − μ₁)/μ₂)²),  r = 50 / (1 + 100 μ₂ (x − 0.3)²):
//
// arXiv 1307.4330, sections 2 and 3.
func diffusion(ctx context.Context) (*outcome, error) {
	f := &matrices[float64]{
		names:   []string{"mu1", "mu2"},
		pattern: tridiagonal(intervals - 1),
		trainMu: grid(equidistant(0.2, 0.8, 20), equidistant(0.2, 0.5, 20)),
		testMu:  random(60, []float64{0.2, 0.2}, []float64{0.8, 0.5}, 2),
		rhs:     func([]float64) []float64 { return slices.Repeat([]float64{1.0 / intervals}, intervals-1) },
	}
	if err := f.prepare(ctx, inner); err != nil {
		return nil, err
	}
	terms := []int{5, 10, 15, 20, 30}
	functions, err := f.byFunctions(ctx, []string{
		"1 + 0.9*exp(-((x - mu1)/mu2)^2)", "50/(1 + 100*mu2*(x - 0.3)^2)",
	}, []string{"x"}, column(gaussPoints()), 30)
	if err != nil {
		return nil, err
	}
	entries := f.entries()
	byEntries, err := f.byFeatures(ctx, 30, entries)
	if err != nil {
		return nil, err
	}
	bySums, err := f.byFeatures(ctx, 30, entries, f.features(func(mu []float64) []float64 { return sums(mu, true) }))
	if err != nil {
		return nil, err
	}
	byInnerSums, err := f.byFeatures(ctx, 30, entries, f.features(func(mu []float64) []float64 { return sums(mu, false) }))
	if err != nil {
		return nil, err
	}
	models := f.surrogates()
	all, err := f.measureAll(ctx, terms, []labelled[float64]{
		{"functions", functions},
		{"entries", byEntries},
		{"entries and row sums", bySums},
		{"eimtool, probes", f.probed(models)},
		{"eimtool, model", f.modelled(models)},
	})
	if err != nil {
		return nil, err
	}
	tail, err := f.tail(ctx, terms)
	if err != nil {
		return nil, err
	}
	out := &outcome{}
	inside, err := f.measure(ctx, "row sums of inner nodes", byInnerSums, []int{10})
	if err != nil {
		return nil, err
	}
	out.say("inner sums", num(inside.u[0]))
	out.say("entries A", num(all[1].a[1]))
	out.say("entries u", num(all[1].u[1]))
	compareDiffusion(out, terms, all, tail)
	t, g := compared("diffusion", "Errors of the matrix and of the solution of the one-dimensional problem against the number of terms", terms, all, tail)
	out.tables, out.figures = append(out.tables, t), append(out.figures, g)
	return out, nil
}

// compareDiffusion holds the errors against those of an independent script with
// other tests and, maybe, another grid.
func compareDiffusion(out *outcome, terms []int, all []readingErrors, tail []float64) {
	const factor = 4
	for i, want := range [...]struct{ functionsA, functionsU, entriesA, entriesU, sumsA, sumsU, tail float64 }{
		{1.3e-1, 8.1e-2, 5.4e-2, 5.9e-1, 9.9e-2, 8.0e-2, 6e-3},
		{5.6e-3, 3.4e-3, 2.7e-4, 9.5e-1, 4.2e-3, 3.6e-3, 5e-5},
		{4.3e-4, 2.7e-4, 5.1e-6, 1.4e-1, 2.3e-4, 2.6e-4, 2e-7},
		{5.0e-6, 1.3e-6, 9.4e-8, 1.2e-3, 1.1e-6, 7.2e-7, 3e-9},
		{1.2e-10, 4e-11, 3.2e-12, 2.1e-8, 5.7e-11, 3.9e-11, 2e-13},
	} {
		at := func(label, of string) string { return integer(terms[i]) + " terms, " + label + ", " + of }
		out.near(at("functions", "A"), all[0].a[i], want.functionsA, factor, false)
		out.near(at("functions", "u"), all[0].u[i], want.functionsU, factor, false)
		out.near(at("entries", "A"), all[1].a[i], want.entriesA, factor, true)
		out.near(at("entries", "u"), all[1].u[i], want.entriesU, factor, true)
		out.near(at("row sums", "A"), all[2].a[i], want.sumsA, factor, false)
		out.near(at("row sums", "u"), all[2].u[i], want.sumsU, factor, false)
		out.near(at("tail", "A"), tail[i], want.tail, 2, true)
	}
}

// gaussPoints returns the two Gauss points of every interval, in order.
func gaussPoints() []float64 {
	const h = 1.0 / intervals
	var x []float64
	for e := range intervals {
		middle := (float64(e) + 0.5) * h
		x = append(x, middle-h/math.Sqrt(12), middle+h/math.Sqrt(12))
	}
	return x
}

// assembled holds linear elements with two Gauss points each, before boundary
// values are taken out.
type assembled struct {
	diagonal []float64 // of all nodes
	beside   []float64 // entry of the left and the right end of every interval
}

func assemble(mu []float64) assembled {
	const h = 1.0 / intervals
	a := assembled{make([]float64, intervals+1), make([]float64, intervals)}
	for q, x := range gaussPoints() {
		z := (x - mu[0]) / mu[1]
		k := 1 + 0.9*math.Exp(-z*z)
		r := 50 / (1 + 100*mu[1]*(x-0.3)*(x-0.3))
		e := q / 2
		t := x/h - float64(e) // the hat functions are 1 − t and t
		a.diagonal[e] += h / 2 * (k/(h*h) + r*(1-t)*(1-t))
		a.diagonal[e+1] += h / 2 * (k/(h*h) + r*t*t)
		a.beside[e] += h / 2 * (-k/(h*h) + r*(1-t)*t)
	}
	return a
}

// inner returns the matrix of the inner nodes on its pattern.
func inner(mu []float64) []float64 {
	a := assemble(mu)
	v := []float64{a.diagonal[1]}
	for j := 2; j < intervals; j++ {
		v = append(v, a.beside[j-1], a.diagonal[j])
	}
	return v
}

// sums returns the row sums of the inner nodes. Those of the matrix of the inner
// nodes lack the boundary's columns, whose entries are as large as 1/h in the
// first and in the last row; ends says to add them, which leaves ∫ r φ_i.
func sums(mu []float64, ends bool) []float64 {
	a := assemble(mu)
	var s []float64
	for j := 1; j < intervals; j++ {
		s = append(s, a.beside[j-1]+a.diagonal[j]+a.beside[j])
	}
	if !ends {
		s[0] -= a.beside[0]
		s[len(s)-1] -= a.beside[intervals-1]
	}
	return s
}

// tridiagonal returns the pattern of symmetric tridiagonal matrices.
func tridiagonal(n int) *matrix.Pattern {
	p := &matrix.Pattern{Rows: n, Cols: n, Symmetry: matrix.Symmetric, ColPtr: make([]int, n+1)}
	for j := range n {
		p.RowIdx = append(p.RowIdx, int32(j))
		if j+1 < n {
			p.RowIdx = append(p.RowIdx, int32(j+1))
		}
		p.ColPtr[j+1] = len(p.RowIdx)
	}
	return p
}
