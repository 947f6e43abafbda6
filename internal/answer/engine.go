package answer

import (
	"context"
	"errors"
	"math"
	"sync"

	"eimtool/internal/dense"
	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
	"eimtool/internal/solve"
	"eimtool/internal/surrogate"
)

// engine answers with systems in S.
type engine[S scalar.Scalar] struct {
	m    *surrogate.Model
	src  Source
	opt  Options
	inv  *surrogate.Inverse[S] // nil when nothing was prepared
	path string                // of inv in the bundle
	core string                // of the core in the bundle

	both     bool             // b is complex and the systems real: columns [real | imaginary]
	override *dense.Matrix[S] // the right-hand side of the options, nil: the prepared one
	outputs  *dense.Matrix[S] // columns c, nil: x itself
	prepared bool             // outputs are those of the reduced basis

	lock    sync.Mutex // guards fetched and the members that a fetch completes
	fetched map[string]error
	solver  *solve.Solver[S]
	terms   [][]S
	table   [][]S
	factors map[int]*solve.Factor[S] // of terms, for Krylov

	combined *combination[S] // of terms, for Krylov
}

// bareEngine returns an engine that is not asked for solutions.
func bareEngine[S scalar.Scalar](m *surrogate.Model, src Source, opt Options) *engine[S] {
	e := &engine[S]{
		m: m, src: src, opt: opt, inv: surrogate.InverseOf[S](m), fetched: map[string]error{},
		path: "real_inverse", core: "real", factors: map[int]*solve.Factor[S]{},
	}
	if scalar.IsComplex[S]() {
		e.path = "complex_inverse"
	}
	if m.Field == surrogate.FieldComplex {
		e.core = "complex"
	}
	return e
}

func newEngine[S scalar.Scalar](m *surrogate.Model, src Source, opt Options) (*engine[S], error) {
	e := bareEngine[S](m, src, opt)
	if err := e.setRHS(); err != nil {
		return nil, err
	}
	if err := e.setQuantity(); err != nil {
		return nil, err
	}
	return e, e.checkMethod()
}

// setRHS decides which right-hand side is solved for.
func (e *engine[S]) setRHS() error {
	load := e.load()
	if e.opt.RHS == nil {
		if load == nil {
			return &RHSError{"no right-hand side", "give --rhs b.mtx, or prepare the bundle with: eimtool offline SAMPLES --rhs b.mtx"}
		}
		e.both = load.Both
		return nil
	}
	b := e.opt.RHS
	if b.Rows != e.m.Rows {
		return &RHSError{"has " + rowsOf(b.Rows) + ", the matrices have " + rowsOf(e.m.Rows), "give a right-hand side with one value per row of the matrices"}
	}
	if load != nil && !load.Varies() {
		same, err := e.isPrepared(b)
		if err != nil {
			return err
		}
		if same {
			e.both = load.Both
			return nil
		}
	}
	e.both = !scalar.IsComplex[S]() && !scalar.AllReal(b.Data)
	e.override = surrogate.Split[S](b, e.both)
	return nil
}

// isPrepared reports whether b is the right-hand side of the bundle.
func (e *engine[S]) isPrepared(b *dense.Matrix[complex128]) (bool, error) {
	load := e.inv.Load
	if b.Cols != load.Columns || !load.Both && !scalar.IsComplex[S]() && !scalar.AllReal(b.Data) {
		return false, nil
	}
	if err := e.fetch(e.path + "/load/terms"); err != nil {
		return false, err
	}
	given := surrogate.Split[S](b, load.Both)
	for i, v := range given.Data {
		if v != load.Terms.Data[i] {
			return false, nil
		}
	}
	return true, nil
}

// load returns what the bundle knows of its right-hand side, nil without one.
func (e *engine[S]) load() *surrogate.Load[S] {
	if e.inv == nil {
		return nil
	}
	return e.inv.Load
}

// fetch completes a member of the model once.
func (e *engine[S]) fetch(path string) error {
	e.lock.Lock()
	defer e.lock.Unlock()
	if err, done := e.fetched[path]; done || e.src == nil {
		return err
	}
	e.fetched[path] = e.src.Fetch(path)
	return e.fetched[path]
}

// termRows returns the values of the terms.
func (e *engine[S]) termRows() ([][]S, error) {
	if e.terms == nil {
		if err := e.fetch(e.core + "/values"); err != nil {
			return nil, err
		}
		e.terms = surrogate.TermRows[S](e.m)
	}
	return e.terms, nil
}

// tableRows returns the values of all samples, nil when the bundle has none.
func (e *engine[S]) tableRows() ([][]S, error) {
	if e.table == nil && e.m.KeptTable() {
		if err := e.fetch(e.core + "/table"); err != nil {
			return nil, err
		}
		e.table = surrogate.TableRows[S](e.m)
	}
	return e.table, nil
}

// direct returns the direct solver, which analyses the pattern once.
func (e *engine[S]) direct(ctx context.Context) (*solve.Solver[S], error) {
	if e.solver == nil {
		s, err := solve.New[S](ctx, e.m.Pattern(), solve.Options{Quick: true, Uses: e.opt.Points, Threads: e.opt.Threads})
		if err != nil {
			return nil, err
		}
		if need := int64(s.Analysis().Bytes); e.opt.Memory > 0 && need > e.opt.Memory {
			return nil, &MemoryError{need, e.opt.Memory}
		}
		e.solver = s
	}
	return e.solver, nil
}

// assemble returns Σ weights_i rows_i.
func (e *engine[S]) assemble(ctx context.Context, weights []complex128, rows [][]S) ([]S, error) {
	values := make([]S, e.m.Pattern().NNZ())
	return values, surrogate.Combine(ctx, values, scalar.FromComplex[S](weights), rows, e.opt.Threads)
}

// product returns op(A)·x.
func (e *engine[S]) product(ctx context.Context, values []S, x *dense.Matrix[S]) (*dense.Matrix[S], error) {
	y := dense.New[S](x.Rows, x.Cols)
	return y, matrix.MulBlock(ctx, e.m.Pattern(), values, x, y, e.op(), e.opt.Threads)
}

// op returns the operator that is solved with.
func (e *engine[S]) op() matrix.Op {
	if e.opt.Transpose {
		return matrix.Transpose
	}
	return matrix.NoTranspose
}

// rhs returns b at the point, and the relative error with which it is known.
func (e *engine[S]) rhs(pt *point[S]) (b *dense.Matrix[S], modelError float64, err error) {
	if e.override != nil {
		return e.override, 0, nil
	}
	if err := e.needsMu(pt); err != nil {
		return nil, 0, err
	}
	if err := e.fetch(e.path + "/load/terms"); err != nil {
		return nil, 0, err
	}
	phi, modelError, err := e.load().Coefficients(pt.Mu)
	if err != nil {
		return nil, 0, err
	}
	return e.load().Combine(phi), modelError, nil
}

// needsMu refuses a point without parameters where b depends on them.
func (e *engine[S]) needsMu(pt *point[S]) error {
	if l := e.load(); e.override == nil && l.Varies() && pt.Mu == nil {
		return &PointError{"the right-hand side depends on the parameters, which are not given", "add --mu or --at beside --probe"}
	}
	return nil
}

// singular translates the error of a factorisation.
func singular(err error) error {
	var s *solve.SingularError
	if errors.As(err, &s) {
		return &SingularError{s.Column, s.Pivot, s.Condition, s.Reason}
	}
	var n *solve.NonFiniteError
	if errors.As(err, &n) {
		return &PointError{"an element of A or of x exceeds float64", "choose a point nearer to the samples"}
	}
	var u *solve.UnsupportedError
	if errors.As(err, &u) {
		return &PointError{u.Error(), "use another method"}
	}
	return err
}

// ratio returns max_j |d_j|/|x_j| over columns, 0 for 0/0; real and imaginary
// parts of one column count together.
func (e *engine[S]) ratio(d, x *dense.Matrix[S]) float64 {
	worst := 0.0
	cols := d.Cols
	if e.both {
		cols /= 2
	}
	size := func(m *dense.Matrix[S], j int) float64 {
		if e.both {
			return math.Hypot(columnNorm(m, j), columnNorm(m, cols+j))
		}
		return columnNorm(m, j)
	}
	for j := range cols {
		if n := size(d, j); n != 0 {
			worst = math.Max(worst, n/size(x, j))
		}
	}
	return worst
}

func columnNorm[S scalar.Scalar](x *dense.Matrix[S], j int) float64 {
	if x.Cols == 1 {
		return dense.Norm(x.Data)
	}
	c := make([]S, x.Rows)
	for i := range c {
		c[i] = x.At(i, j)
	}
	return dense.Norm(c)
}
