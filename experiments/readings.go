package main

import (
	"context"
	"fmt"
	"slices"

	"eimtool/internal/dense"
	"eimtool/internal/eim"
	"eimtool/internal/matrix"
	"eimtool/internal/plan"
	"eimtool/internal/scalar"
	"eimtool/internal/surrogate"
)

// The ways of making A_μ ≈ Σ β_m(μ)·A_m with d terms. A reading returns the
// approximation with the first d of its terms.
type reading[T scalar.Scalar] func(ctx context.Context, d int) (approximation[T], error)

// byFunctions chooses by known functions, whose values at magic points give the
// coefficients: arXiv 1307.4330, section 2, by package plan.
func (f *matrices[T]) byFunctions(ctx context.Context, functions []string, columns []string, points *dense.Matrix[float64], terms int) (reading[T], error) {
	p, err := plan.Select(ctx, &plan.Problem{
		Names: f.names, Candidates: f.trainMu, Columns: columns, Points: points, Functions: functions,
	}, plan.Options{MaxTerms: terms})
	if err != nil {
		return nil, err
	}
	if p.Terms() < terms {
		return nil, fmt.Errorf("the plan ends with %d of %d terms: %s", p.Terms(), terms, p.Stop)
	}
	compiled, err := p.Compile()
	if err != nil {
		return nil, err
	}
	return func(_ context.Context, d int) (approximation[T], error) {
		leading, err := compiled.Leading(d)
		if err != nil {
			return nil, err
		}
		var snapshots []int
		for _, s := range p.History[:d] {
			snapshots = append(snapshots, s.Candidate)
		}
		return func(i int, dst []T) error {
			beta, _, err := leading.At(f.testMu.Row(i))
			if err != nil {
				return err
			}
			f.combine(dst, snapshots, scalar.FromComplex[T](beta))
			return nil
		}, nil
	}, nil
}

// featureBlock is a block of columns of the data table, which is scaled by its
// largest value among the training matrices.
type featureBlock[T scalar.Scalar] struct{ train, test [][]T }

// entries are the stored entries of the matrices.
func (f *matrices[T]) entries() featureBlock[T] { return featureBlock[T]{f.train, f.test} }

// features are further numbers that belong to a matrix.
func (f *matrices[T]) features(of func(mu []float64) []T) featureBlock[T] {
	var b featureBlock[T]
	for i := range f.trainMu.Rows {
		b.train = append(b.train, of(f.trainMu.Row(i)))
	}
	for i := range f.testMu.Rows {
		b.test = append(b.test, of(f.testMu.Row(i)))
	}
	return b
}

// byFeatures chooses by entries and other features of the matrix, whose exact
// values at the magic features give the coefficients: arXiv 1307.4330, section 3.
func (f *matrices[T]) byFeatures(ctx context.Context, terms int, blocks ...featureBlock[T]) (reading[T], error) {
	train, tests := &eim.Table[T]{}, &eim.Table[T]{}
	for _, b := range blocks {
		var scale worst
		for _, row := range b.train {
			scale.see(scalar.MaxAbs(row))
		}
		block := eim.Block[T]{Cols: len(b.train[0]), Rows: b.train, Scale: float64(scale), Magic: true}
		train.Blocks = append(train.Blocks, block)
		block.Rows = b.test
		tests.Blocks = append(tests.Blocks, block)
	}
	sel, err := eim.Greedy(ctx, train, eim.Options{MaxTerms: terms, FirstRow: -1})
	if err != nil {
		return nil, err
	}
	if len(sel.Snapshots) < terms {
		return nil, fmt.Errorf("the selection ends with %d of %d terms: %s", len(sel.Snapshots), terms, sel.Stop)
	}
	return func(_ context.Context, d int) (approximation[T], error) {
		leading := sel.Truncate(d)
		return func(i int, dst []T) error {
			values := make([]T, d)
			for l, at := range leading.Features {
				values[l] = tests.Value(i, at)
			}
			beta, err := leading.Beta(values)
			if err != nil {
				return err
			}
			f.combine(dst, leading.Snapshots, beta)
			return nil
		}, nil
	}, nil
}

// surrogates returns what `eimtool offline` makes of the training matrices with
// d terms and the right-hand side; models are made once.
func (f *matrices[T]) surrogates() func(ctx context.Context, d int) (*surrogate.Model, error) {
	made := map[int]*surrogate.Model{}
	return func(ctx context.Context, d int) (*surrogate.Model, error) {
		if m, ok := made[d]; ok {
			return m, nil
		}
		m, err := f.surrogate(ctx, d)
		made[d] = m
		return m, err
	}
}

// probed takes the coefficients of a model from probes of the exact matrix.
func (f *matrices[T]) probed(models func(context.Context, int) (*surrogate.Model, error)) reading[T] {
	return f.answered(models, func(m *surrogate.Model, i int) (*surrogate.Answer, error) {
		return m.FromProbe(m.ProbeValues(f.matrix(f.test[i])))
	})
}

// modelled takes the coefficients from the model in μ alone.
func (f *matrices[T]) modelled(models func(context.Context, int) (*surrogate.Model, error)) reading[T] {
	return f.answered(models, func(m *surrogate.Model, i int) (*surrogate.Answer, error) {
		return m.At(f.testMu.Row(i))
	})
}

func (f *matrices[T]) answered(models func(context.Context, int) (*surrogate.Model, error), at func(m *surrogate.Model, i int) (*surrogate.Answer, error)) reading[T] {
	return func(ctx context.Context, d int) (approximation[T], error) {
		m, err := models(ctx, d)
		if err != nil {
			return nil, err
		}
		return func(i int, dst []T) error {
			answer, err := at(m, i)
			if err != nil {
				return err
			}
			a, err := m.Assemble(ctx, answer.Beta, 0)
			if err != nil {
				return err
			}
			copy(dst, valuesOf[T](a))
			return nil
		}, nil
	}
}

// surrogate builds the model of d terms.
func (f *matrices[T]) surrogate(ctx context.Context, d int) (*surrogate.Model, error) {
	o := surrogate.DefaultOptions()
	o.MaxTerms, o.HoldOut = d, false
	o.RBMax = 1 // solutions are those of the approximate matrix, not of its reduced basis
	rhs := &surrogate.RHS{}
	for i := range f.train {
		b := scalar.ToComplex(f.rhs(f.trainMu.Row(i)))
		if i == 1 && slices.Equal(b, rhs.Values[0].Data) {
			break // it does not depend on μ
		}
		rhs.Values = append(rhs.Values, &dense.Matrix[complex128]{Rows: len(b), Cols: 1, Data: b})
		rhs.Files = append(rhs.Files, "b")
	}
	o.RHS = rhs
	return surrogate.Build(ctx, f.samples(), o)
}

// matrix returns values on the pattern as a matrix.
func (f *matrices[T]) matrix(values []T) *matrix.Matrix {
	m := &matrix.Matrix{Pattern: f.pattern}
	switch v := any(values).(type) {
	case []float64:
		m.Real = v
	case []complex128:
		m.Complex = v
	}
	return m
}

// valuesOf returns the values of a matrix as scalars of type T.
func valuesOf[T scalar.Scalar](m *matrix.Matrix) []T {
	var v any = m.Real
	if m.Complex != nil {
		v = m.Complex
	}
	return v.([]T)
}
