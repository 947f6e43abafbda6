package answer

import (
	"context"
	"fmt"
	"math"
	"math/cmplx"

	"eimtool/internal/scalar"
	"eimtool/internal/surrogate"
)

// point is one parameter point with the coefficients of the family there.
type point[S scalar.Scalar] struct {
	Point
	answer        *surrogate.Answer
	theta, second []complex128
}

// Solve answers points, in order: those that cheap methods can answer at the
// same time, the others one after the other.
func (e *engine[S]) Solve(ctx context.Context, points []Point) ([]*Result, []error) {
	results, errs := make([]*Result, len(points)), make([]error, len(points))
	open := make([]*attempt[S], len(points))
	stop := scalar.Each(ctx, len(points), e.opt.Threads, func(i int) {
		open[i], errs[i] = e.begin(ctx, points[i])
	})
	for i, a := range open {
		switch {
		case stop != nil:
			errs[i] = stop
		case errs[i] == nil:
			results[i], errs[i] = e.finish(ctx, a)
		}
	}
	return results, errs
}

// attempt is a point with what the methods tried so far made of it.
type attempt[S scalar.Scalar] struct {
	*point[S]
	best *Result
	left []string // methods not tried yet
}

// begin tries the methods that need nothing of the size of a factorisation.
func (e *engine[S]) begin(ctx context.Context, p Point) (*attempt[S], error) {
	pt := &point[S]{Point: p, answer: p.Answer}
	if pt.answer == nil {
		var err error
		if pt.answer, err = e.m.At(p.Mu); err != nil {
			return nil, err
		}
	}
	if !scalar.AllFinite(pt.answer.Beta) {
		return nil, &PointError{"the coefficients of A exceed float64", "choose a point nearer to the samples"}
	}
	pt.theta, pt.second = e.m.Theta(pt.answer)
	a := &attempt[S]{point: pt, left: e.ranked()}
	for len(a.left) > 0 && a.left[0] != Direct && a.left[0] != Krylov {
		if err := e.try(ctx, a); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// finish tries the methods that are left.
func (e *engine[S]) finish(ctx context.Context, a *attempt[S]) (*Result, error) {
	for len(a.left) > 0 {
		if err := e.try(ctx, a); err != nil {
			return nil, err
		}
	}
	if a.best.Reason == "" {
		a.best.Reason = "smallest estimate of the methods at hand"
	}
	return e.accept(a.best), nil
}

// run answers by one method.
func (e *engine[S]) run(ctx context.Context, method string, pt *point[S]) (*Result, error) {
	switch method {
	case Reduced:
		return e.runReduced(ctx, pt)
	case Combine:
		return e.runCombine(ctx, pt)
	case Interpolate:
		return e.runInterpolate(ctx, pt)
	case Krylov:
		return e.runKrylov(ctx, pt)
	}
	return e.runDirect(ctx, pt)
}

// checkMethod refuses a method that the bundle is not prepared for.
func (e *engine[S]) checkMethod() error {
	hint := "prepare the bundle with: eimtool offline SAMPLES --rhs b.mtx"
	switch e.opt.Method {
	case Auto, Direct, Krylov:
		return nil
	case Reduced, Combine, Interpolate:
		if why := e.notReduced(); why != "" {
			return &MethodError{e.opt.Method, why, hint}
		}
		if e.opt.Method == Combine && e.inv.Lambda == nil {
			return &MethodError{Combine, "the bundle holds no weights for its samples' solutions", hint}
		}
		if e.opt.Method == Interpolate && e.inv.Solutions == nil {
			return &MethodError{Interpolate, "the bundle holds no interpolation of its samples' solutions", hint}
		}
		return nil
	}
	return &MethodError{e.opt.Method, "no such method", fmt.Sprintf("one of %v", Methods())}
}

// notReduced says why the reduced basis cannot be used, "" when it can.
func (e *engine[S]) notReduced() string {
	switch {
	case e.inv == nil || e.inv.Basis == nil:
		return "the bundle was not prepared for a right-hand side"
	case e.override != nil:
		return "the bundle was prepared for another right-hand side"
	case e.opt.Transpose && !e.symmetric():
		return "the bundle was prepared for A, not for its transpose"
	}
	return ""
}

// symmetric reports whether Aᵀ = A.
func (e *engine[S]) symmetric() bool {
	return e.m.Symmetry == "symmetric" || e.m.Symmetry == "hermitian" && !scalar.IsComplex[S]()
}

// ownShare is the part of the error of the model that a method's own error may
// reach before a dearer method is worth its cost.
const ownShare = 0.1

// finest is the error below which figures are not told apart.
const finest = 1e-12

// try runs the next method: in the end the cheapest is kept that meets the
// tolerance or, without one, the cheapest whose own error does not show beside
// that of the model. A method that fails counts only where no other answers.
func (e *engine[S]) try(ctx context.Context, a *attempt[S]) error {
	method := a.left[0]
	a.left = a.left[1:]
	res, err := e.run(ctx, method, a.point)
	switch {
	case err == nil:
	case ctx.Err() != nil || a.best == nil && len(a.left) == 0:
		return err
	case a.best != nil:
		a.best.Warnings = append(a.best.Warnings, fmt.Sprintf("%s: %v", method, err))
		return nil
	default:
		return nil
	}
	if a.best == nil || better(res, a.best) {
		a.best = res
	}
	if e.opt.Method != Auto {
		res.Reason = "asked for"
	} else if reason := e.enough(res); reason != "" {
		a.best, a.best.Reason, a.left = res, reason, nil
	}
	return nil
}

func better(a, b *Result) bool { return a.Estimate < b.Estimate || math.IsNaN(b.Estimate) }

// enough says why no dearer method is tried, "" when one is.
func (e *engine[S]) enough(r *Result) string {
	if e.opt.NoEstimate && math.IsNaN(r.Estimate) {
		return "no estimate asked for"
	}
	if e.opt.Tolerance > 0 {
		if e.relevant(r) <= e.opt.Tolerance {
			return "the cheapest whose estimate meets --tol"
		}
		return ""
	}
	if own := r.Reduction; own <= math.Max(ownShare*(r.Model+r.RoundOff), finest) {
		return "the cheapest whose own error does not show beside that of the model of A"
	}
	return ""
}

// ranked lists the methods at hand, the cheapest first.
func (e *engine[S]) ranked() []string {
	if e.opt.Method != Auto {
		return []string{e.opt.Method}
	}
	if e.notReduced() != "" {
		return []string{Direct}
	}
	list := []string{Reduced}
	if e.inv.Solutions != nil && e.inv.PreferSolutions {
		list = []string{Interpolate, Reduced}
	}
	return append(list, Direct)
}

// accept compares the estimate with the tolerance. The estimates of x serve to
// choose how a derivative is computed; it has none of its own.
func (e *engine[S]) accept(r *Result) *Result {
	if e.opt.Derivative > 0 {
		r.Accepted = true
		forget(r)
		for i := range r.Quantity {
			r.Quantity[i].Estimate = math.NaN()
		}
		return r
	}
	r.Accepted = e.opt.Tolerance <= 0 || e.relevant(r) <= e.opt.Tolerance
	return r
}

// relevant is the estimate that a tolerance is compared with: of x, or the
// largest of the quantities relative to their size.
func (e *engine[S]) relevant(r *Result) float64 {
	if len(r.Quantity) == 0 {
		return r.Estimate
	}
	worst := 0.0
	for _, q := range r.Quantity {
		if q.Estimate > 0 || math.IsNaN(q.Estimate) {
			worst = math.Max(worst, q.Estimate/cmplx.Abs(q.Value))
		}
	}
	return worst
}
