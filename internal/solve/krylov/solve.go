package krylov

import (
	"context"
	"fmt"
	"math"

	"eimtool/internal/dense"
	"eimtool/internal/scalar"
)

// Solve solves A·X = B column by column. X holds first approximations, zeros
// if there are none, and is overwritten. There is one report per column; an
// error (*OptionError, *NonFiniteError, ctx's or that of an operator) leaves X
// unusable. The result depends on the arguments alone.
func Solve[T scalar.Scalar](ctx context.Context, s *System[T], b, x *dense.Matrix[T], opt Options) ([]Report, error) {
	opt, err := opt.withDefaults()
	if err != nil {
		return nil, err
	}
	if b.Rows != s.N || x.Rows != s.N || b.Cols != x.Cols {
		return nil, &OptionError{"right-hand side", fmt.Sprintf("%d×%d, solution %d×%d, order %d", b.Rows, b.Cols, x.Rows, x.Cols, s.N)}
	}
	reports := make([]Report, b.Cols)
	for j := range b.Cols {
		it := &iteration[T]{System: s, opt: opt, b: make([]T, s.N), x: make([]T, s.N), r: make([]T, s.N), col: j}
		for i := range s.N {
			it.b[i], it.x[i] = b.At(i, j), x.At(i, j)
		}
		back := it.normalise()
		if err := it.run(ctx); err != nil {
			return nil, err
		}
		dense.Scale(back, it.x)
		if !scalar.AllFinite(it.x) {
			return nil, &NonFiniteError{"solution", j}
		}
		for i, v := range it.x {
			x.Set(i, j, v)
		}
		reports[j] = it.report
	}
	return reports, nil
}

// normalise divides b and x by the power of two next to |b|, which changes no
// digit, so that inner products neither over- nor underflow. It returns that
// power, 1 where b or its size is unusable.
func (it *iteration[T]) normalise() (back T) {
	size := dense.Norm(it.b)
	if !(size >= 0x1p-1000 && size <= 0x1p1000) || !scalar.AllFinite(it.x) {
		return realOf[T](1)
	}
	_, e := math.Frexp(size)
	for _, v := range [][]T{it.b, it.x} {
		dense.Scale(realOf[T](math.Ldexp(1, -e)), v)
	}
	return realOf[T](math.Ldexp(1, e))
}

// iteration is the solution for one right-hand side.
type iteration[T scalar.Scalar] struct {
	*System[T]
	opt    Options
	b, x   []T
	r      []T     // true residual of x
	norm   float64 // |r|
	target float64 // Tolerance·|b|
	normA  float64 // Norm or, when that is 0, the largest |A·v|/|v| met
	col    int
	report Report
}

// methods returns what to try, in order.
func (it *iteration[T]) methods() []string {
	switch {
	case it.opt.Method != Auto:
		return []string{it.opt.Method}
	case it.Kind == Hermitian && it.Definite, it.Kind == Symmetric && it.Definite && !scalar.IsComplex[T]():
		return []string{CG, GMRES}
	case it.Kind == Symmetric && scalar.IsComplex[T]():
		return []string{COCG, GMRES}
	}
	return []string{GMRES}
}

func (it *iteration[T]) run(ctx context.Context) error {
	if !scalar.AllFinite(it.b) {
		return &NonFiniteError{"right-hand side", it.col}
	}
	if !scalar.AllFinite(it.x) {
		return &NonFiniteError{"first approximation", it.col}
	}
	normB := dense.Norm(it.b)
	if normB == 0 {
		clear(it.x)
		it.report = Report{Method: it.methods()[0], Converged: true, Reason: ReasonTolerance}
		return nil
	}
	it.target, it.normA = it.opt.Tolerance*normB, it.Norm
	if err := it.residual(ctx); err != nil {
		return err
	}
	if it.norm > normB { // zero is better
		clear(it.x)
		copy(it.r, it.b)
		it.norm = normB
	}
	for k, method := range it.methods() {
		if k > 0 {
			it.report.Left, it.report.LeftReason = it.report.Method, it.report.Reason
		}
		it.report.Method = method
		if err := it.iterate(ctx, method); err != nil {
			return err
		}
		if r := it.report.Reason; r == ReasonTolerance || r == ReasonIterations || r == ReasonRounding {
			break
		}
	}
	it.report.Converged = it.report.Reason == ReasonTolerance
	it.report.Residual = it.norm / normB
	it.report.Backward = it.backward()
	return nil
}

// A cycle that leaves more than slowShare of the residual counts as slow; one
// that ended by itself and leaves half of it counts twice. slowCycles in a row
// mean stagnation.
const (
	slowShare  = 0.99
	slowCycles = 4
	// roundingShare times √n·ε is the backward error that counts as rounding.
	roundingShare = 8
)

// iterate runs cycles of one method, each from the true residual, until the
// rule holds or nothing is gained any more.
func (it *iteration[T]) iterate(ctx context.Context, method string) error {
	before := make([]T, it.N)
	for slow := 0; ; {
		switch {
		case it.norm <= it.target:
			it.report.Reason = ReasonTolerance
			return nil
		case it.report.Iterations >= it.opt.MaxIterations:
			it.report.Reason = ReasonIterations
			return nil
		}
		copy(before, it.x)
		was := it.norm
		ended, err := it.cycle(ctx, method)
		if err != nil {
			return err
		}
		it.report.Restarts++
		if err := it.residual(ctx); err != nil {
			return err
		}
		if it.norm > was { // keep the better one
			copy(it.x, before)
			if err := it.residual(ctx); err != nil {
				return err
			}
		}
		switch {
		case it.norm > was/2 && ended != "":
			slow += slowCycles / 2 // it had all the vectors it wanted
		case it.norm > slowShare*was:
			slow++
		default:
			slow = 0
		}
		if ended == ReasonIndefinite || slow >= slowCycles {
			return it.giveUp(ctx, ended)
		}
	}
}

// giveUp sets the reason for which a method ends short of the rule.
func (it *iteration[T]) giveUp(ctx context.Context, ended string) error {
	if it.norm <= it.target {
		it.report.Reason = ReasonTolerance
		return nil
	}
	it.report.Reason = ended
	if ended == "" || ended == ReasonTolerance || ended == ReasonIterations {
		it.report.Reason = ReasonStagnation
	}
	if it.Norm == 0 { // residuals, unlike preconditioned vectors, meet the norm
		if err := it.apply(ctx, it.r, make([]T, it.N)); err != nil {
			return err
		}
	}
	if it.backward() <= roundingShare*math.Sqrt(float64(it.N))*scalar.Eps {
		it.report.Reason = ReasonRounding
	}
	return nil
}

// cycle improves x from the true residual r. It returns why it ended: "" when
// its basis is full.
func (it *iteration[T]) cycle(ctx context.Context, method string) (string, error) {
	switch method {
	case CG:
		return it.gradients(ctx, false)
	case COCG:
		return it.gradients(ctx, true)
	}
	return it.gmres(ctx)
}
