package answer

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"eimtool/internal/scalar"
	"eimtool/internal/surrogate"
)

// Methods for log det beside Auto and Direct.
const (
	Measure = surrogate.LogDetMeasure
	Trace   = "trace"
)

// LogDetMethods lists the names that LogDetOptions.Method may have.
func LogDetMethods() []string {
	return []string{Auto, Measure, Interpolate, Combine, Direct, Trace}
}

// Branches of the logarithm of a complex determinant.
const (
	Wrapped    = "principal"  // the phase is known up to multiples of 2π
	Continuous = "continuous" // e^{iθ}A is accretive: the sum of principal logarithms of its pivots
	Unwrapped  = "unwrapped"  // the phase is continuous in μ over the samples
)

// LogDetOptions of NewLogDet. The zero value asks for log det by the best
// method.
type LogDetOptions struct {
	Method    string  // "" means Auto
	Tolerance float64 // on the estimated absolute error of log|det|; 0: none was given
	Gradient  bool    // ∂ log det/∂μ_j too
	Vectors   int     // of Trace; 0: as many as the tolerance asks for
	Seed      uint64  // of Trace
	Threads   int
	Memory    int64 // bytes that a factorisation may take; 0: no limit
	Points    int   // how many points will be asked for
}

// LogDet is log det A_μ at one point: of real families the sign of det A and
// log|det A|, of complex ones the phase det A/|det A|.
type LogDet struct {
	Method       string
	Reason       string
	Accepted     bool
	Warnings     []string
	Sign         float64    // of real families; 0 where it is not known
	Phase        complex128 // of complex families; 0 where it is not known
	Branch       string     // of complex families, "" without a phase
	Angle        float64    // the phase in radians, on that branch
	LogAbs       float64
	Estimate     float64 // of the absolute error of log|det| (and of the angle)
	EstimateKind string
	Lower, Upper float64 // rigorous for the parts as given; ±Inf where not known
	Outside      float64 // distance outside the training box in box widths
	Gradient     []complex128
}

// LogDetError says that log det is refused at a point.
type LogDetError struct{ Msg, Hint string }

func (e *LogDetError) Error() string { return e.Msg }

// LogDetSolver answers points with log det A_μ.
type LogDetSolver interface {
	// LogDet answers points in order; every one has a result or an error. Points
	// that a fitted method answers are answered at the same time.
	LogDet(ctx context.Context, points []Point) ([]*LogDet, []error)
}

// NewLogDet prepares answers with m. Parts of m that were left on disk are
// fetched from src when needed. The error is a *MethodError.
func NewLogDet(m *surrogate.Model, src Source, opt LogDetOptions) (LogDetSolver, error) {
	if m.Rows != m.Cols {
		return nil, &MethodError{opt.Method, fmt.Sprintf("the matrices are %d x %d: only square ones have a determinant", m.Rows, m.Cols), ""}
	}
	if opt.Method == "" {
		opt.Method = Auto
	}
	if m.Field == surrogate.FieldReal {
		return newDeterminant[float64](m, src, opt)
	}
	return newDeterminant[complex128](m, src, opt)
}

// determinant answers with log det of systems in S.
type determinant[S scalar.Scalar] struct {
	*engine[S]
	opt      LogDetOptions
	fitted   []string // methods, in order of preference
	matrices bool     // the bundle holds them
}

func newDeterminant[S scalar.Scalar](m *surrogate.Model, src Source, opt LogDetOptions) (*determinant[S], error) {
	e := bareEngine[S](m, src, Options{Threads: opt.Threads, Memory: opt.Memory, Points: opt.Points})
	d := &determinant[S]{engine: e, opt: opt, matrices: m.TermCount() > 0}
	if m.LogDet != nil {
		d.fitted = m.LogDet.Methods()
	}
	return d, d.check()
}

// check refuses a method that the bundle is not prepared for.
func (d *determinant[S]) check() error {
	switch method := d.opt.Method; method {
	case Auto:
		if len(d.fitted) == 0 && !d.matrices {
			return &MethodError{method, "the bundle holds neither matrices nor a fit of log det: " + d.refusal(), ""}
		}
	case Direct, Trace:
		if !d.matrices {
			return &MethodError{method, "the bundle holds log det alone, no matrices", "make it without --only logdet"}
		}
		if method == Trace && !d.definite() {
			return &MethodError{Trace, "needs positive definite matrices in symmetric or hermitian storage", "use --method direct"}
		}
	case Measure, Interpolate, Combine:
		if !slices.Contains(d.fitted, method) {
			hint := "prepare the bundle with: eimtool offline SAMPLES --logdet"
			if d.m.LogDet != nil {
				hint = fmt.Sprintf("one of %v", d.possible())
			}
			return &MethodError{method, d.refusal(), hint}
		}
	default:
		return &MethodError{method, "no such method", fmt.Sprintf("one of %v", LogDetMethods())}
	}
	return nil
}

// definite reports whether the matrices may be Hermitian positive definite.
func (d *determinant[S]) definite() bool {
	return d.m.Symmetry == "hermitian" || d.m.Symmetry == "symmetric" && d.m.Field == surrogate.FieldReal
}

// possible lists the methods that the bundle allows.
func (d *determinant[S]) possible() []string {
	list := append([]string{Auto}, d.fitted...)
	if d.matrices {
		list = append(list, Direct)
	}
	return list
}

// refusal says why a fitted method is not at hand.
func (d *determinant[S]) refusal() string {
	l := d.m.LogDet
	switch {
	case l == nil:
		return "the bundle was not prepared for log det"
	case l.Refusal != "":
		return "log det cannot be interpolated: " + l.Refusal
	case d.opt.Method == Measure && d.m.Parts == nil:
		return "the measure needs the parts of an affine family (offline --parts)"
	}
	return "the bundle holds no such fit of log det"
}

// LogDet answers points in order.
func (d *determinant[S]) LogDet(ctx context.Context, points []Point) ([]*LogDet, []error) {
	results, errs := make([]*LogDet, len(points)), make([]error, len(points))
	const block = 64
	stop := scalar.Blocks(ctx, len(points), block, d.opt.Threads, func(_, lo, hi int) {
		for i := lo; i < hi; i++ {
			results[i], errs[i] = d.fit(points[i])
		}
	})
	for i := range points {
		switch {
		case stop != nil:
			errs[i] = stop
		case errs[i] == nil && (results[i] == nil || !d.enough(results[i])):
			results[i], errs[i] = d.dear(ctx, points[i], results[i])
		}
		if errs[i] == nil {
			results[i].Accepted = d.opt.Tolerance <= 0 || results[i].Estimate <= d.opt.Tolerance
		}
	}
	return results, errs
}

// fit answers by a fitted method, nil where none is to be tried.
func (d *determinant[S]) fit(p Point) (*LogDet, error) {
	asked := slices.Contains(d.fitted, d.opt.Method)
	if d.opt.Method != Auto && !asked || len(d.fitted) == 0 {
		return nil, nil
	}
	if p.Mu == nil {
		if asked {
			return nil, &MethodError{d.opt.Method, "log det was fitted in the parameters, not in probes", "give --mu or --at"}
		}
		return nil, nil
	}
	method := d.fitted[0]
	if asked {
		method = d.opt.Method
	}
	v, err := d.m.LogDetAt(p.Mu, method, d.opt.Gradient)
	if err != nil {
		var sign *surrogate.SignError
		if d.matrices && !asked && errors.As(err, &sign) {
			return nil, nil
		}
		return nil, d.fitError(err)
	}
	return d.fromFit(method, v)
}

// fitError makes an error about the point of one about its coordinates.
func (d *determinant[S]) fitError(err error) error {
	var parts *surrogate.PartsError
	if errors.As(err, &parts) {
		return err
	}
	hint := "choose a point inside the box of the samples"
	if d.matrices {
		hint += ", or use --method direct"
	}
	return &LogDetError{err.Error(), hint}
}

// bracketSlack is the rounding, relative to the size of log det and the order of
// the matrices, by which a value may lie outside of its rigorous bounds.
const bracketSlack = 1e-12

// fromFit makes a result of the value of a fitted method.
func (d *determinant[S]) fromFit(method string, v surrogate.LogDetValue) (*LogDet, error) {
	l := d.m.LogDet
	r := &LogDet{
		Method: method, LogAbs: v.LogAbs, Estimate: v.Estimate, EstimateKind: Calibrated,
		Lower: v.Lower, Upper: v.Upper, Outside: v.Outside, Gradient: v.Gradient, Sign: l.Sign,
	}
	if d.opt.Method != Auto {
		r.Reason = "asked for"
	}
	if math.IsNaN(v.LogAbs) || math.IsNaN(v.Estimate) {
		return nil, &LogDetError{"log det or its error estimate is not a number", "choose a point inside the box of the samples"}
	}
	if err := d.hold(r); err != nil {
		return nil, err
	}
	if d.m.Field == surrogate.FieldComplex && v.HasPhase {
		r.Angle, r.Branch = v.Phase, Unwrapped
		if l.Accretive {
			r.Branch = Continuous
		}
		r.Phase = complex(math.Cos(v.Phase), math.Sin(v.Phase))
	}
	return r, nil
}

// hold moves a value that is outside of its rigorous bounds by no more than its
// estimate to the bound, and refuses one that is farther off.
func (d *determinant[S]) hold(r *LogDet) error {
	inside := math.Min(math.Max(r.LogAbs, r.Lower), r.Upper)
	if far := math.Abs(r.LogAbs - inside); far <= r.Estimate {
		r.LogAbs = inside
	} else if far > bracketSlack*(1+math.Abs(r.LogAbs)+float64(d.m.Rows)) {
		return &LogDetError{
			fmt.Sprintf("log det %.6g lies outside of its rigorous bounds %.6g and %.6g: the nodes and the parts do not belong together", r.LogAbs, r.Lower, r.Upper),
			"make the bundle again, and check the parts and their coefficients",
		}
	}
	return nil
}

// enough says whether a fitted answer needs no factorisation.
func (d *determinant[S]) enough(r *LogDet) bool {
	switch {
	case d.opt.Method != Auto:
		return true
	case d.opt.Tolerance > 0:
		if r.Estimate <= d.opt.Tolerance {
			r.Reason = "the cheapest whose estimate meets --tol"
			return true
		}
	case r.Estimate <= math.Max(d.m.LogDet.Tolerance, finest):
		r.Reason = "its estimate meets the tolerance that the bundle was made for"
		return true
	}
	if !d.matrices {
		r.Reason = "the bundle holds no matrices to factorise"
		return true
	}
	return false
}

// dear answers by a method that touches the matrices; fitted is what a cheaper
// one made of the point, nil when none was tried.
func (d *determinant[S]) dear(ctx context.Context, p Point, fitted *LogDet) (*LogDet, error) {
	pt, err := d.locate(p)
	if err != nil {
		return nil, err
	}
	if fitted != nil && d.opt.Tolerance <= 0 && fitted.Estimate <= d.modelError(pt) {
		fitted.Reason = "a factorisation would not be more accurate: the model of A limits it"
		return fitted, nil
	}
	run := d.factorised
	if d.opt.Method == Trace {
		run = d.lanczos
	}
	r, err := run(ctx, pt)
	var memory *MemoryError
	switch {
	case errors.As(err, &memory) && fitted != nil:
		fitted.Reason, fitted.Warnings = "the matrix cannot be factorised", append(fitted.Warnings, err.Error())
		return fitted, nil
	case errors.As(err, &memory) && d.opt.Method == Auto && d.definite():
		return d.lanczos(ctx, pt)
	case err != nil:
		return nil, err
	}
	switch {
	case d.opt.Method != Auto:
		r.Reason = "asked for"
	case fitted == nil:
		r.Reason = "no fitted method applies"
	case fitted.Estimate <= r.Estimate:
		fitted.Reason = "smallest estimate of the methods at hand"
		return fitted, nil
	default:
		r.Reason = "the estimates of the fitted methods are larger"
	}
	if p.Mu != nil {
		r.Lower, r.Upper = d.m.LogDetBounds(p.Mu)
	}
	if r.Method == Trace { // whose interval may miss the truth
		r.LogAbs = math.Min(math.Max(r.LogAbs, r.Lower), r.Upper)
		return r, nil
	}
	return r, d.hold(r)
}
