package answer

import (
	"context"

	"eimtool/internal/dense"
	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
	"eimtool/internal/solve"
	"eimtool/internal/solve/krylov"
)

// Preconditioners of Krylov, as named in flags.
const (
	Nearest     = "nearest"     // the factor of the selected sample nearest to A_μ
	Combination = "combination" // Σ λ_m A_m⁻¹ with the λ nearest to the inverse
)

// Preconditioners lists the names that Options.Preconditioner may have.
func Preconditioners() []string { return []string{Nearest, Combination} }

// combinedFactors is the number of selected samples whose inverses are combined.
const combinedFactors = 8

// combination prepares Σ λ_m A_m⁻¹, once.
type combination[S scalar.Scalar] struct {
	factors    []krylov.Preconditioner[S]
	projection *krylov.Projection[S]
}

// preconditioner returns what the iteration at a point is preconditioned with.
func (e *engine[S]) preconditioner(ctx context.Context, pt *point[S], nearest *solve.Factor[S]) (krylov.Preconditioner[S], error) {
	if e.opt.Preconditioner != Combination {
		return nearest, nil
	}
	if e.combined == nil {
		c, err := e.combine(ctx)
		if err != nil {
			return nil, err
		}
		e.combined = c
	}
	weights, residual, err := e.combined.projection.Weights(scalar.FromComplex[S](pt.answer.Beta))
	if err != nil {
		return nil, err
	}
	if residual >= 1 { // no better than none
		return nearest, nil
	}
	return &krylov.Combination[S]{Factors: e.combined.factors, Weights: weights}, nil
}

// combine factorises the first terms and projects on their inverses.
func (e *engine[S]) combine(ctx context.Context) (*combination[S], error) {
	terms, err := e.termRows()
	if err != nil {
		return nil, err
	}
	c := &combination[S]{}
	for m := range terms[:min(combinedFactors, len(terms))] {
		f, err := e.termFactor(ctx, m)
		if err != nil {
			return nil, err
		}
		c.factors = append(c.factors, f)
	}
	parts := make([]krylov.Operator[S], len(terms))
	for k, values := range terms {
		parts[k] = func(ctx context.Context, x, y *dense.Matrix[S]) error {
			return matrix.MulBlock(ctx, e.m.Pattern(), values, x, y, matrix.NoTranspose, e.opt.Threads)
		}
	}
	c.projection, err = krylov.Project(ctx, e.m.Rows, c.factors, parts, 0, 0, e.opt.Threads)
	return c, err
}
