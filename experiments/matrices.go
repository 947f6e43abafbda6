package main

import (
	"context"

	"eimtool/internal/dense"
	"eimtool/internal/family"
	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
	"eimtool/internal/solve"
)

// matrices is a family of matrices on one pattern, known at parameters to
// choose from and at others to test, with the solutions at the latter.
type matrices[T scalar.Scalar] struct {
	names           []string
	pattern         *matrix.Pattern
	trainMu, testMu *dense.Matrix[float64]
	train, test     [][]T // values on the pattern
	rhs             func(mu []float64) []T
	solutions       [][]T // of the tests

	solver *solve.Solver[T]
	weight []float64 // multiplicities of the stored entries
}

// prepare evaluates the family at all its parameters and solves at the tests.
func (f *matrices[T]) prepare(ctx context.Context, values func(mu []float64) []T) error {
	evaluate := func(mu *dense.Matrix[float64]) ([][]T, error) {
		rows := make([][]T, mu.Rows)
		err := scalar.Each(ctx, mu.Rows, 0, func(i int) { rows[i] = values(mu.Row(i)) })
		return rows, err
	}
	var err error
	if f.train, err = evaluate(f.trainMu); err != nil {
		return err
	}
	if f.test, err = evaluate(f.testMu); err != nil {
		return err
	}
	f.weight = f.pattern.Multiplicities()
	if f.solver, err = solve.New[T](ctx, f.pattern, solve.Options{}); err != nil {
		return err
	}
	for i, a := range f.test {
		x, err := f.solve(ctx, i, a)
		if err != nil {
			return err
		}
		f.solutions = append(f.solutions, x)
	}
	return nil
}

// solve returns the solution of a with the right-hand side of test i.
func (f *matrices[T]) solve(ctx context.Context, i int, a []T) ([]T, error) {
	factor, err := f.solver.Factorise(ctx, a)
	if err != nil {
		return nil, err
	}
	defer factor.Release()
	b := &dense.Matrix[T]{Rows: f.pattern.Rows, Cols: 1, Data: f.rhs(f.testMu.Row(i))}
	x, _, err := factor.SolveRefined(ctx, b, matrix.NoTranspose)
	if err != nil {
		return nil, err
	}
	return x.Data, nil
}

// approximation writes the approximate matrix of test i.
type approximation[T scalar.Scalar] func(i int, dst []T) error

// errors returns the largest relative errors over the tests: of A in the
// Frobenius norm, and in the 2-norm of the solution with the approximate A.
func (f *matrices[T]) errors(ctx context.Context, at approximation[T]) (a, u float64, err error) {
	var worstA, worstU worst
	for i, exact := range f.test {
		approximate := make([]T, len(exact))
		if err := at(i, approximate); err != nil {
			return 0, 0, err
		}
		x, err := f.solve(ctx, i, approximate)
		if err != nil {
			return 0, 0, err
		}
		worstU.see(distance(x, f.solutions[i], nil))
		worstA.see(distance(approximate, exact, f.weight))
	}
	return float64(worstA), float64(worstU), nil
}

// distance returns |x − y| / |y| in the 2-norm with weights, nil for ones.
func distance[T scalar.Scalar](x, y []T, weight []float64) float64 {
	d := append([]T(nil), x...)
	dense.Axpy(scalar.Of[T](-1, 0), y, d)
	return norm(d, weight) / norm(y, weight)
}

func norm[T scalar.Scalar](x []T, weight []float64) float64 {
	if weight == nil {
		return dense.Norm(x)
	}
	w := append([]T(nil), x...)
	for i := range w {
		if weight[i] == 2 {
			w[i] *= scalar.Of[T](sqrt2, 0)
		}
	}
	return dense.Norm(w)
}

const sqrt2 = 1.4142135623730951

// combine returns Σ_m β_m A_m of training matrices.
func (f *matrices[T]) combine(dst []T, snapshots []int, beta []T) {
	clear(dst)
	for m, i := range snapshots {
		dense.Axpy(beta[m], f.train[i], dst)
	}
}

// samples returns the training matrices as package family reads them from files.
func (f *matrices[T]) samples() *family.Family {
	out := &family.Family{Table: &family.Table{Names: f.names}, Pattern: f.pattern}
	for i := range f.train {
		out.Samples = append(out.Samples, family.Sample{Mu: f.trainMu.Row(i)})
	}
	switch rows := any(f.train).(type) {
	case [][]float64:
		out.Real = rows
	case [][]complex128:
		out.Complex, out.Complexes = true, rows
	}
	return out
}
