package main

import (
	"context"
	"fmt"

	"eimtool/internal/dense"
	"eimtool/internal/scalar"
)

// tail returns sqrt(Σ_{k>d} σ_k² / Σ σ_k²) of the training matrices: what no d
// matrices can improve on, as a mean over the training set.
func (f *matrices[T]) tail(ctx context.Context, terms []int) ([]float64, error) {
	k, err := dense.TSQR(ctx, f.train, f.weight, 0)
	if err != nil {
		return nil, err
	}
	_, sigma, _, err := dense.SVD(k)
	if err != nil {
		return nil, err
	}
	var out []float64
	for _, d := range terms {
		out = append(out, dense.Norm(sigma[d:])/dense.Norm(sigma))
	}
	return out, nil
}

// readingErrors are errors of A and of the solution for every number of terms.
type readingErrors struct {
	label string
	a, u  []float64
}

// measure returns the errors of a reading.
func (f *matrices[T]) measure(ctx context.Context, label string, r reading[T], terms []int) (readingErrors, error) {
	e := readingErrors{label: label}
	for _, d := range terms {
		at, err := r(ctx, d)
		if err != nil {
			return e, fmt.Errorf("%s, %d terms: %w", label, d, err)
		}
		a, u, err := f.errors(ctx, at)
		if err != nil {
			return e, fmt.Errorf("%s, %d terms: %w", label, d, err)
		}
		e.a, e.u = append(e.a, a), append(e.u, u)
	}
	return e, nil
}

// labelled is a reading with the label of its column.
type labelled[T scalar.Scalar] struct {
	label string
	reading[T]
}

// measureAll measures several readings.
func (f *matrices[T]) measureAll(ctx context.Context, terms []int, readings []labelled[T]) ([]readingErrors, error) {
	var all []readingErrors
	for _, r := range readings {
		e, err := f.measure(ctx, r.label, r.reading, terms)
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	return all, nil
}

// compared returns the table and the figure of several readings and of the
// least error of A, tail.
func compared(name, alt string, terms []int, all []readingErrors, tail []float64) (*table, *figure) {
	t := &table{name: name, header: []string{"d"}}
	left := panel{title: "matrix", x: "terms d", y: "largest relative error of A"}
	right := panel{title: "solution", x: "terms d", y: "largest relative error of u"}
	x := make([]float64, len(terms))
	for i, d := range terms {
		x[i] = float64(d)
	}
	for _, e := range all {
		t.header = append(t.header, e.label+": A / u")
		left.lines = append(left.lines, line{e.label, x, e.a})
		right.lines = append(right.lines, line{e.label, x, e.u})
	}
	t.header = append(t.header, "SVD tail")
	left.lines = append(left.lines, line{"SVD tail", x, tail})
	for i, d := range terms {
		cells := []string{integer(d)}
		for _, e := range all {
			cells = append(cells, pair(e.a[i], e.u[i]))
		}
		t.add(append(cells, num(tail[i]))...)
	}
	return t, &figure{name: name, alt: alt, panels: []panel{left, right}}
}
