package answer

import (
	"context"
	"errors"
	"math"

	"eimtool/internal/dense"
	"eimtool/internal/logdet/lanczos"
	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
)

// lanczos answers by stochastic Lanczos quadrature.
func (d *determinant[S]) lanczos(ctx context.Context, pt *point[S]) (*LogDet, error) {
	if d.opt.Gradient {
		return nil, &MethodError{Trace, "gives no gradient", "use --method direct"}
	}
	a, err := d.current(ctx, pt)
	if err != nil {
		return nil, err
	}
	pre, err := d.preconditioned(ctx, pt)
	if err != nil {
		return nil, err
	}
	v, err := StochasticLogDet(ctx, d.m.Pattern(), a.values, pre, d.opt)
	if err != nil {
		return nil, err
	}
	r := unknownLogDet(Trace, pt)
	r.LogAbs, r.Sign, r.Estimate = v.LogDet, 1, v.HalfWidth
	if e := d.modelError(pt); !math.IsInf(e, 1) {
		r.Estimate += e
	} else if !d.m.Exact() {
		r.Estimate += float64(d.m.Rows) * errorOfA(pt.answer, a.full)
	}
	return r, nil
}

// preconditioned returns the factor of the nearest term as a preconditioner,
// where several points share it and it fits into memory.
func (d *determinant[S]) preconditioned(ctx context.Context, pt *point[S]) (*lanczos.Preconditioner[S], error) {
	if d.m.Exact() || d.opt.Points < leastBatch {
		return nil, nil
	}
	f, err := d.termFactor(ctx, d.m.NearestTerm(pt.answer))
	var memory *MemoryError
	if errors.As(err, &memory) {
		return nil, nil
	}
	if err != nil || f.Info().Method != "cholesky" {
		return nil, err
	}
	logAbs, _ := f.LogDet()
	return &lanczos.Preconditioner[S]{
		Solve: func(ctx context.Context, b *dense.Matrix[S]) error {
			return f.Solve(ctx, b, matrix.NoTranspose)
		},
		HalfSolve: f.HalfSolve, LogDet: logAbs,
	}, nil
}

// StochasticLogDet estimates log det of one Hermitian positive definite matrix;
// pre may be nil.
func StochasticLogDet[S scalar.Scalar](ctx context.Context, p *matrix.Pattern, values []S, pre *lanczos.Preconditioner[S], opt LogDetOptions) (lanczos.Result, error) {
	if p.Symmetry != matrix.Hermitian && (p.Symmetry != matrix.Symmetric || scalar.IsComplex[S]()) {
		return lanczos.Result{}, &MethodError{Trace, "needs a positive definite matrix in symmetric or hermitian storage", "use --method direct"}
	}
	if !matrix.PositiveDiagonal(p, values) {
		return lanczos.Result{}, &LogDetError{"the matrix is not positive definite: an element of its diagonal is not positive", "use --method direct"}
	}
	return lanczos.Estimate(ctx, p.Rows, func(ctx context.Context, x, y *dense.Matrix[S]) error {
		return matrix.MulBlock(ctx, p, values, x, y, matrix.NoTranspose, opt.Threads)
	}, pre, lanczos.Options{
		Vectors: opt.Vectors, Tolerance: opt.Tolerance, Seed: opt.Seed, Threads: opt.Threads, Traces: knownTraces(p, values, pre != nil),
	})
}

// knownTraces returns tr A and tr A² = ‖A‖_F², which take out what the random
// vectors make of them; none with a preconditioner.
func knownTraces[S scalar.Scalar](p *matrix.Pattern, values []S, preconditioned bool) []float64 {
	if preconditioned {
		return nil
	}
	var first, second scalar.Sum
	p.Each(func(k, i, j int) {
		if i == j {
			first.Add(scalar.Real(values[k]))
		}
		a := scalar.Abs(values[k])
		second.Add(float64(p.Multiplicity(i, j)) * a * a)
	})
	traces := []float64{first.Value(), second.Value()}
	if !scalar.AllFinite(traces) { // beyond float64: then without
		return nil
	}
	return traces
}
