package answer

import (
	"context"
	"errors"
	"fmt"
	"math"

	"eimtool/internal/scalar"
	"eimtool/internal/solve"
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
	done bool

	singular error // found by a method that factorises
}

// begin tries the methods that need nothing of the size of a factorisation.
func (e *engine[S]) begin(ctx context.Context, p Point) (*attempt[S], error) {
	pt, err := e.locate(p)
	if err != nil {
		return nil, err
	}
	a := &attempt[S]{point: pt}
	return a, e.tryAll(ctx, a, e.cheap(), e.opt.Method == Auto)
}

// locate returns the coefficients of the family at a point.
func (e *engine[S]) locate(p Point) (*point[S], error) {
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
	return pt, nil
}

// finish tries the methods that factorise.
func (e *engine[S]) finish(ctx context.Context, a *attempt[S]) (*Result, error) {
	if !a.done {
		methods, err := e.dear(ctx)
		if err != nil && (a.best == nil || ctx.Err() != nil) {
			return nil, err
		}
		if err != nil {
			a.best.Warnings = append(a.best.Warnings, err.Error())
		}
		if err := e.tryAll(ctx, a, methods, false); err != nil {
			return nil, err
		}
	}
	if a.singular != nil && !(a.best.Estimate < math.Inf(1)) && e.opt.Derivative == 0 {
		return nil, a.singular
	}
	if a.best.Reason == "" {
		a.best.Reason = "smallest estimate of the methods at hand"
	}
	return e.accept(a.best), nil
}

// tryAll tries methods until one is enough. A method that fails counts only
// where no other answers; more says that others will be tried.
func (e *engine[S]) tryAll(ctx context.Context, a *attempt[S], methods []string, more bool) error {
	for i, m := range methods {
		err := e.try(ctx, a, m)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil && a.best == nil && !more && i == len(methods)-1 {
			return err
		}
		var s *SingularError
		if errors.As(err, &s) {
			a.singular = err
		}
		if err != nil && a.best != nil {
			a.best.Warnings = append(a.best.Warnings, fmt.Sprintf("%s: %v", m, err))
		}
		if a.done {
			break
		}
	}
	return nil
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
	if e.opt.Preconditioner == Combination && (e.m.Terms == nil || e.opt.Transpose && !e.symmetric()) {
		return &MethodError{e.opt.Method, "--preconditioner combination needs selected samples as terms, and no transpose", "use --preconditioner nearest"}
	}
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

// try runs a method: in the end the cheapest is kept that meets the tolerance
// or, without one, the cheapest whose own error does not show beside that of
// the model.
func (e *engine[S]) try(ctx context.Context, a *attempt[S], method string) error {
	res, err := e.run(ctx, method, a.point)
	if err != nil {
		return err
	}
	if a.best == nil || better(res, a.best) {
		a.best = res
	}
	if e.opt.Method != Auto {
		res.Reason, a.done = "asked for", true
	} else if reason := e.enough(res); reason != "" {
		a.best, a.best.Reason, a.done = res, reason, true
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
	if !(r.Estimate < math.Inf(1)) {
		return ""
	}
	if own := r.Reduction; own <= math.Max(ownShare*(r.Model+r.RoundOff), finest) {
		return "the cheapest whose own error does not show beside that of the model of A"
	}
	return ""
}

// cheap lists the methods to try that need no factorisation, in order of cost.
func (e *engine[S]) cheap() []string {
	switch e.opt.Method {
	case Direct, Krylov:
		return nil
	case Auto:
	default:
		return []string{e.opt.Method}
	}
	switch {
	case e.notReduced() != "":
		return nil
	case e.inv.Solutions != nil && e.inv.PreferSolutions:
		return []string{Interpolate, Reduced}
	}
	return []string{Reduced}
}

// dear lists the methods to try that factorise, in order of predicted
// operations.
func (e *engine[S]) dear(ctx context.Context) ([]string, error) {
	switch e.opt.Method {
	case Direct, Krylov:
		return []string{e.opt.Method}, nil
	case Auto:
	default:
		return nil, nil
	}
	if e.opt.Derivative > 0 || e.opt.Points < leastBatch || e.notReduced() != "" {
		return []string{Direct}, nil
	}
	s, err := e.direct(ctx)
	if err != nil {
		return nil, err
	}
	if e.krylovPays(s.Analysis()) {
		return []string{Krylov, Direct}, nil
	}
	return []string{Direct}, nil
}

// What the answers of iteration and factorisation cost, in substitutions with a
// factor: iterations for x and its estimate; refinement, condition and
// improvement.
const (
	leastBatch           = 4
	krylovSubstitutions  = 40
	directSubstitutions  = 20
	operationsPerNonzero = 4
)

// krylovPays compares one factorisation per point with one per term, shared by
// all points, and iterations.
func (e *engine[S]) krylovPays(a solve.Analysis) bool {
	substitution := operationsPerNonzero * float64(a.NNZ)
	terms := min(e.m.TermCount(), e.opt.Points)
	shared := a.Flops * float64(terms) / float64(e.opt.Points)
	return shared+krylovSubstitutions*substitution < a.Flops+directSubstitutions*substitution
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

// relevant is the estimate that a tolerance is compared with.
func (e *engine[S]) relevant(r *Result) float64 {
	if len(r.Quantity) == 0 {
		return r.Estimate
	}
	return r.QuantityError()
}
