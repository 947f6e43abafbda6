package main

import (
	"context"
	"fmt"
	"math"
	"math/cmplx"

	"eimtool/internal/dense"
	"eimtool/internal/matrix"
	"eimtool/internal/plan"
)

// Points of the sphere, and the area that belongs to each of them.
const (
	spherePoints = 300
	pointArea    = 4 * math.Pi / spherePoints
)

// Kernels of the single layer potential, and the distances r at which plans
// evaluate them: the unit sphere has no larger ones.
const (
	phaseFactor = "exp(1i*k*r)"
	kernel      = "exp(1i*k*r)/(4*pi*r)"

	leastDistance, largestDistance, distances = 0.002, 2.0, 2000
)

// sphere is the single layer potential of the Helmholtz equation, kernel
// e^{ikr}/(4πr), on the unit sphere, by collocation in points with a quadrature
// of equal weights: arXiv 1307.4330, sections 2 to 4.
func sphere(ctx context.Context) (*outcome, error) {
	out := &outcome{}
	if err := sphereMatrices(ctx, out); err != nil {
		return nil, err
	}
	if err := termsForPhase(ctx, out); err != nil {
		return nil, err
	}
	return out, nil
}

// sphereMatrices compares the readings for wave numbers up to 10.
func sphereMatrices(ctx context.Context, out *outcome) error {
	x := fibonacci(spherePoints)
	r := pairDistances(x)
	f := &matrices[complex128]{
		names:   []string{"k"},
		pattern: fullSymmetric(spherePoints),
		trainMu: column(equidistant(0.5, 10, 160)),
		testMu:  random(40, []float64{0.5}, []float64{10}, 3),
		rhs:     func(mu []float64) []complex128 { return planeWave(mu[0], x) },
	}
	if err := f.prepare(ctx, func(mu []float64) []complex128 { return singleLayer(mu[0], r) }); err != nil {
		return err
	}
	terms := []int{6, 8, 10, 12, 14, 16, 18}
	most := terms[len(terms)-1]
	points := column(equidistant(leastDistance, largestDistance, distances))
	byPhase, err := f.byFunctions(ctx, []string{phaseFactor}, []string{"r"}, points, most)
	if err != nil {
		return err
	}
	byKernel, err := f.byFunctions(ctx, []string{kernel}, []string{"r"}, points, most)
	if err != nil {
		return err
	}
	byEntries, err := f.byFeatures(ctx, most, f.entries())
	if err != nil {
		return err
	}
	models := f.surrogates()
	all, err := f.measureAll(ctx, terms, []labelled[complex128]{
		{"exp(ikr)", byPhase},
		{"exp(ikr)/(4πr)", byKernel},
		{"entries", byEntries},
		{"eimtool, probes", f.probed(models)},
		{"eimtool, model", f.modelled(models)},
	})
	if err != nil {
		return err
	}
	tail, err := f.tail(ctx, terms)
	if err != nil {
		return err
	}
	for i, want := range []struct{ phase, kernel, entries float64 }{
		{8.2e-2, 5.1e-2, 7.1e-2},
		{1.1e-3, 2.5e-3, 7.4e-4},
		{6.1e-5, 3.8e-5, 4.7e-5},
		{2.6e-7, 5.1e-7, 1.6e-7},
		{1.5e-9, 1.8e-9, 4.4e-10},
		{1.0e-11, 1.5e-11, 1.0e-11},
		{4.0e-14, 5.4e-14, 2.5e-14},
	} {
		for l, w := range []float64{want.phase, want.kernel, want.entries} {
			out.near(fmt.Sprintf("%s, %d terms: A", all[l].label, terms[i]), all[l].a[i], w, 6, false)
		}
	}
	t, g := compared("bem", "Errors of the matrix and of the solution on the sphere against the number of terms", terms, all, tail)
	out.tables, out.figures = append(out.tables, t), append(out.figures, g)
	return nil
}

// termsForPhase counts the terms for e^{ikr} on ever longer ranges of k.
func termsForPhase(ctx context.Context, out *outcome) error {
	t := &table{name: "bem-terms", header: []string{"k up to", "candidates", "terms", "error at candidates", "error at 500 other k", "(k₁ − 0.5)·2 / 2π"}}
	p := panel{title: "exp(ikr), r ≤ 2", x: "terms d", y: "largest error at the candidates"}
	for _, c := range []struct{ k, candidates, terms int }{{10, 160, 12}, {20, 320, 17}, {40, 400, 26}, {80, 640, 41}} {
		problem := phaseProblem(c.k, c.candidates)
		found, err := plan.Select(ctx, problem, plan.Options{Tolerance: 1e-6})
		if err != nil {
			return err
		}
		others := random(500, []float64{0.5}, []float64{float64(c.k)}, 4)
		errs, _, err := plan.Measure(ctx, problem, found, others, 0)
		if err != nil {
			return err
		}
		var e worst
		for _, x := range errs {
			e.see(x)
		}
		out.expect(found.Terms() <= c.terms, "%d terms for exp(ikr) with k up to %d, expected %d", found.Terms(), c.k, c.terms)
		t.add(integer(c.k), integer(c.candidates), integer(found.Terms()), num(found.Error), num(float64(e)), fmt.Sprintf("%.1f", (float64(c.k)-0.5)/math.Pi))

		deep, err := plan.Select(ctx, problem, plan.Options{Tolerance: 1e-12})
		if err != nil {
			return err
		}
		l := line{label: fmt.Sprintf("k ≤ %d", c.k)}
		for m, s := range deep.History {
			l.add(float64(m), s.Error) // left by the m terms before
		}
		l.add(float64(deep.Terms()), deep.Error)
		p.lines = append(p.lines, l)
	}
	out.tables = append(out.tables, t)
	out.figures = append(out.figures, &figure{name: "bem-terms", alt: "Largest error of the interpolant of exp(ikr) against the number of terms, for four ranges of k", panels: []panel{p}})
	return nil
}

// phaseProblem asks for e^{ikr} with equidistant candidates for k from 0.5.
func phaseProblem(k, candidates int) *plan.Problem {
	return &plan.Problem{
		Names: []string{"k"}, Candidates: column(equidistant(0.5, float64(k), candidates)),
		Columns: []string{"r"}, Points: column(equidistant(leastDistance, largestDistance, distances)),
		Functions: []string{phaseFactor},
	}
}

// fibonacci returns n points of the unit sphere, evenly spread: heights in the
// middle of n slices of equal area, each turned from the last by the golden angle.
func fibonacci(n int) [][3]float64 {
	golden := math.Pi * (3 - math.Sqrt(5))
	x := make([][3]float64, n)
	for i := range x {
		z := 1 - (2*float64(i)+1)/float64(n)
		sin, cos := math.Sincos(golden * float64(i))
		radius := math.Sqrt(1 - z*z)
		x[i] = [3]float64{radius * cos, radius * sin, z}
	}
	return x
}

// pairDistances returns |x_i − x_j| in the order of fullSymmetric.
func pairDistances(x [][3]float64) []float64 {
	var r []float64
	for j := range x {
		for i := j; i < len(x); i++ {
			d := [3]float64{x[i][0] - x[j][0], x[i][1] - x[j][1], x[i][2] - x[j][2]}
			r = append(r, dense.Norm(d[:]))
		}
	}
	return r
}

// singleLayer returns w·e^{ikr}/(4πr) for points with areas w. On the diagonal
// it is the integral over the flat disc of that area, of radius a,
//
//	∫₀ᵃ e^{ikr}/(4πr)·2πr dr = (e^{ika} − 1)/(2ik).
func singleLayer(k float64, r []float64) []complex128 {
	a := math.Sqrt(pointArea / math.Pi)
	disc := (cmplx.Exp(complex(0, k*a)) - 1) / complex(0, 2*k)
	v := make([]complex128, len(r))
	for i, x := range r {
		if x == 0 {
			v[i] = disc
			continue
		}
		v[i] = cmplx.Exp(complex(0, k*x)) * complex(pointArea/(4*math.Pi*x), 0)
	}
	return v
}

// planeWave returns e^{ikz} at points (x, y, z).
func planeWave(k float64, x [][3]float64) []complex128 {
	b := make([]complex128, len(x))
	for i := range x {
		b[i] = cmplx.Exp(complex(0, k*x[i][2]))
	}
	return b
}

// fullSymmetric returns the pattern of full symmetric matrices.
func fullSymmetric(n int) *matrix.Pattern {
	p := &matrix.Pattern{Rows: n, Cols: n, Symmetry: matrix.Symmetric, ColPtr: make([]int, n+1)}
	for j := range n {
		for i := j; i < n; i++ {
			p.RowIdx = append(p.RowIdx, int32(i))
		}
		p.ColPtr[j+1] = len(p.RowIdx)
	}
	return p
}
