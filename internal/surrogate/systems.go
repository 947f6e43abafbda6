package surrogate

import (
	"context"
	"fmt"
	"math"

	"eimtool/internal/dense"
	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
	"eimtool/internal/solve"
)

// systems solves with the samples of a family. S is float64 for real families,
// complex128 for complex and Hermitian ones.
type systems[S scalar.Scalar] struct {
	ctx     context.Context
	pattern *matrix.Pattern
	rows    [][]S
	rhs     []*dense.Matrix[S] // one, or one per sample; nil without b
	solver  *solve.Solver[S]
	last    *solve.Factor[S] // of next
	threads int
	files   []string
	both    bool // the columns of b are real parts followed by imaginary parts
}

func newSystems[S scalar.Scalar](ctx context.Context, pattern *matrix.Pattern, rows [][]S, rhs []*dense.Matrix[S], files []string, threads int) (*systems[S], error) {
	solver, err := solve.New[S](ctx, pattern, solve.Options{Threads: threads})
	if err != nil {
		return nil, err
	}
	return &systems[S]{ctx: ctx, pattern: pattern, rows: rows, rhs: rhs, solver: solver, threads: threads, files: files}, nil
}

// factor factorises sample i.
func (s *systems[S]) factor(i int) (*solve.Factor[S], error) {
	f, err := s.solver.Factorise(s.ctx, s.rows[i])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.files[i], err)
	}
	return f, nil
}

// next factorises values and gives up the factor that it made before.
func (s *systems[S]) next(ctx context.Context, values []S) (*solve.Factor[S], error) {
	if s.last != nil {
		s.last.Release()
		s.last = nil
	}
	f, err := s.solver.Factorise(ctx, values)
	if err == nil {
		s.last = f
	}
	return f, err
}

// load returns the right-hand side of sample i.
func (s *systems[S]) load(i int) *dense.Matrix[S] {
	if len(s.rhs) == 1 {
		return s.rhs[0]
	}
	return s.rhs[i]
}

// product returns values·x.
func (s *systems[S]) product(values []S, x *dense.Matrix[S]) (*dense.Matrix[S], error) {
	y := dense.New[S](s.pattern.Rows, x.Cols)
	return y, matrix.MulBlock(s.ctx, s.pattern, values, x, y, matrix.NoTranspose, s.threads)
}

// solution returns A_i⁻¹ b with the factor f of sample i.
func (s *systems[S]) solution(f *solve.Factor[S], b *dense.Matrix[S]) (*dense.Matrix[S], error) {
	x, _, err := f.SolveRefined(s.ctx, b, matrix.NoTranspose)
	return x, err
}

// columnNorms returns the 2-norms of the columns of x.
func columnNorms[S scalar.Scalar](x *dense.Matrix[S]) []float64 {
	norms := make([]float64, x.Cols)
	column := make([]S, x.Rows)
	for j := range norms {
		for i := range column {
			column[i] = x.At(i, j)
		}
		norms[j] = dense.Norm(column)
	}
	return norms
}

// largestRatio returns max_j |d_j|/|x_j| over columns, 0 for 0/0; real and
// imaginary parts of one column count together.
func (s *systems[S]) largestRatio(d, x *dense.Matrix[S]) float64 {
	worst := 0.0
	nd, nx := columnNorms(d), columnNorms(x)
	if s.both && len(nd)%2 == 0 {
		half := len(nd) / 2
		for j := range half {
			nd[j], nx[j] = math.Hypot(nd[j], nd[half+j]), math.Hypot(nx[j], nx[half+j])
		}
		nd, nx = nd[:half], nx[:half]
	}
	for j, n := range nd {
		if n > 0 {
			worst = max(worst, n/nx[j])
		}
	}
	return worst
}
