package surrogate

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"strconv"

	"eimtool/internal/coefficients"
	"eimtool/internal/dense"
	"eimtool/internal/eim"
	"eimtool/internal/family"
	"eimtool/internal/features"
	"eimtool/internal/scalar"
)

// Build selects terms and models their coefficients on the snapshots of f. With
// hold-out (10 samples or more) it first does so on 80 % of the samples and
// measures on the rest, then again on all.
func Build(ctx context.Context, f *family.Family, opt Options) (*Model, error) {
	if err := opt.check(); err != nil {
		return nil, err
	}
	m := newModel(f, opt)
	var err error
	if f.Complexes != nil {
		m.Complex, err = build[complex128](ctx, f, m)
	} else {
		m.Real, err = build[float64](ctx, f, m)
	}
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, &BuildError{err}
	}
	m.warn(len(f.Samples))
	return m, m.only()
}

// only drops what --only leaves out.
func (m *Model) only() error {
	if m.Options.Only != "logdet" {
		return nil
	}
	switch l := m.LogDet; {
	case l == nil:
		return &OptionError{"only", m.Options.Only, "--logdet beside it"}
	case l.Preferred == "":
		return &BuildError{fmt.Errorf("nothing is left of the bundle: log det cannot be fitted: %s", l.Refusal)}
	}
	m.Strip()
	return nil
}

// BuildError says why no model can be built from the samples and options given.
type BuildError struct{ Err error }

func (e *BuildError) Error() string { return "building the model: " + e.Err.Error() }

// Unwrap returns the cause.
func (e *BuildError) Unwrap() error { return e.Err }

func newModel(f *family.Family, opt Options) *Model {
	p := f.Pattern
	m := &Model{
		Rows: p.Rows, Cols: p.Cols, Symmetry: p.Symmetry.String(), Dense: p.Dense,
		ColPtr: p.ColPtr, RowIdx: p.RowIdx, Field: FieldReal,
		Checksums: f.Checksums, Options: opt, Preserve: opt.Preserve, pattern: p,
		Errors: Errors{-1, -1, -1, -1, -1},
	}
	switch {
	case f.Hermitian:
		m.Field = FieldHermitian
	case f.Complex:
		m.Field = FieldComplex
	}
	m.Mu = dense.New[float64](len(f.Samples), len(f.Names))
	for i, s := range f.Samples {
		copy(m.Mu.Row(i), s.Mu)
		m.Files = append(m.Files, s.File)
	}
	for j, name := range f.Names {
		q := Parameter{Name: name, Lo: math.Inf(1), Hi: math.Inf(-1)}
		for i := range m.Mu.Rows {
			q.Lo, q.Hi = min(q.Lo, m.Mu.At(i, j)), max(q.Hi, m.Mu.At(i, j))
		}
		m.Parameters = append(m.Parameters, q)
	}
	return m
}

// builder carries what the stages of Build share.
type builder[T scalar.Scalar] struct {
	ctx   context.Context
	m     *Model
	opt   Options
	rows  [][]T // N × X snapshots
	feat  *features.Set[T]
	k     *dense.Matrix[T] // N × r coordinates
	obj   *dense.Matrix[T] // N × f coordinates of the fit's objective; k itself with --select auto
	norm  []float64        // ‖A_i‖_F
	train []int            // samples of the hold-out phase
	held  []int            // the others

	modes *modeSet[T] // of all samples, made when needed

	validation     *terms[T] // the selection of the hold-out phase, nil without one
	validationCore *Core[T]  // its least-squares part
	heldHistory    []float64 // greedy of that phase: error of A at held-out samples per term
}

func build[T scalar.Scalar](ctx context.Context, f *family.Family, m *Model) (*Core[T], error) {
	b := &builder[T]{ctx: ctx, m: m, opt: m.Options, rows: family.Rows[T](f)}
	if err := b.coordinates(f); err != nil {
		return nil, err
	}
	b.split()
	if len(b.held) > 0 {
		if err := b.validate(); err != nil {
			return nil, err
		}
	}
	all := indices(len(b.rows))
	sel, err := b.selectTerms(all, b.opt.MaxTerms)
	if err != nil {
		return nil, err
	}
	if sel.noise > 0 {
		m.Warnings = append(m.Warnings, fmt.Sprintf("the snapshots differ by noise of about %.1e: terms beyond %d would only follow it", sel.noise, sel.count))
	}
	if err := b.history(sel); err != nil {
		return nil, err
	}
	if m.Interpolation, err = b.interpolate(all, sel); err != nil {
		return nil, err
	}
	solver, err := b.newSolver(f)
	if err != nil {
		return nil, err
	}
	chosen := objective[T]{sel: sel}
	if solver != nil {
		if chosen, err = solver.choose(sel); err != nil {
			return nil, err
		}
	}
	core, err := b.finalCore(chosen, all)
	if err != nil || solver == nil {
		return core, err
	}
	m.setCore(core)
	return core, solver.finish(core, chosen.sel)
}

// setCore stores core, a *Core[float64] or *Core[complex128].
func (m *Model) setCore(core any) {
	switch c := core.(type) {
	case *Core[float64]:
		m.Real = c
	case *Core[complex128]:
		m.Complex = c
	}
}

// finalCore builds everything that depends on the terms.
func (b *builder[T]) finalCore(chosen objective[T], all []int) (*Core[T], error) {
	m, sel := b.m, chosen.sel
	var (
		core *Core[T]
		err  error
	)
	if chosen.data != nil {
		b.obj = chosen.data
		core, err = b.goalCore(chosen)
	} else {
		core, err = b.core(sel, all)
	}
	if err != nil {
		return nil, err
	}
	m.Errors.Training = b.trainingError(core, all)
	m.Terms = sel.snapshots
	if core.Probe, err = b.probe(sel, core); err != nil {
		return nil, err
	}
	if core.Values, err = b.values(sel); err != nil {
		return nil, err
	}
	if b.keepTable(len(core.Values)) {
		core.Table = b.rows
	}
	if core.Table != nil || b.opt.wantsInverse() || b.opt.LogDet {
		modes, err := b.allModes()
		if err != nil {
			return nil, err
		}
		core.Modes, core.Weights = modes.wh, modes.weight
	}
	return core, nil
}

func indices(n int) []int {
	idx := make([]int, n)
	for i := range idx {
		idx[i] = i
	}
	return idx
}

func (b *builder[T]) progress(stage string, done, total int) {
	if b.opt.Progress != nil {
		b.opt.Progress(stage, done, total)
	}
}

// coordinates computes the coordinates of all snapshots in an orthonormal basis
// of their span and, for the papers' selection, those of the data table.
func (b *builder[T]) coordinates(f *family.Family) error {
	var err error
	if b.feat, err = features.New(b.ctx, f.Pattern, b.rows, features.Options{
		Constant: b.opt.Features != "entries", RowSums: b.opt.Features != "entries",
		Preserve: b.opt.Preserve, EntriesOnly: b.opt.Magic == "entries",
		Hermitian: f.Hermitian, RowCuts: b.opt.RowCuts, ColCuts: b.opt.ColCuts, Threads: b.opt.Threads,
	}); err != nil {
		return err
	}
	b.progress("coordinates", 0, 1)
	q := dense.NewTallQR[T](len(b.rows))
	if err := q.Append(b.ctx, b.rows, b.feat.Multiplicity, 1, b.opt.Threads); err != nil {
		return err
	}
	b.k = q.K()
	b.obj = b.k
	b.norm = make([]float64, len(b.rows))
	for i := range b.norm {
		b.norm[i] = dense.Norm(b.k.Row(i))
	}
	if b.opt.Select == "eim" && b.opt.Basis == "snapshots" {
		// The objective of the fit is the whole data table, each block over its own
		// maximum; the entries' maximum is the common unit.
		for _, blk := range b.feat.Table.Blocks {
			if blk.Name == features.KindEntry {
				continue
			}
			if err := q.Append(b.ctx, blk.Rows, nil, b.feat.EntryScale()/blk.Scale, b.opt.Threads); err != nil {
				return err
			}
		}
		b.obj = q.K()
	}
	b.progress("coordinates", 1, 1)
	return nil
}

// split draws the held-out fifth of the samples.
func (b *builder[T]) split() {
	n := len(b.rows)
	if !b.opt.HoldOut || n < 10 {
		return
	}
	perm := rand.New(rand.NewPCG(b.opt.Seed, 0x6e696d)).Perm(n)
	b.held = append([]int(nil), perm[:n/5]...)
	b.train = append([]int(nil), perm[n/5:]...)
	sort.Ints(b.held)
	sort.Ints(b.train)
}

// terms is the outcome of a selection on some of the samples.
type terms[T scalar.Scalar] struct {
	snapshots []int // selected samples; nil for the POD basis
	greedy    *eim.Selection[T]
	modes     *modeSet[T] // POD modes of the samples used
	count     int
	noise     float64 // level at which the samples are noise, 0 when none was met
}

// core builds the least-squares part of the model for selected terms, with
// coordinates of the samples idx as the data that define the lift.
func (b *builder[T]) core(sel *terms[T], idx []int) (*Core[T], error) {
	c := &Core[T]{}
	if sel.snapshots == nil {
		c.Coordinates = sel.modes.coordinates(sel.count)
		c.Fit = dense.NewRowFit(c.Coordinates)
		return c, nil
	}
	c.Coordinates = b.k.SelectRows(sel.snapshots)
	c.Fit = dense.NewRowFit(b.obj.SelectRows(sel.snapshots))
	if b.obj == b.k {
		return c, nil
	}
	lift, err := b.lift(idx)
	c.Lift = lift
	return c, err
}

// lift returns the linear map from [k, 1] to the objective's coordinates.
func (b *builder[T]) lift(idx []int) (*dense.Matrix[T], error) {
	a := dense.New[T](len(idx), b.k.Cols+1)
	scale := scalar.Of[T](dense.Norm(b.norm)/math.Sqrt(float64(len(b.norm))), 0)
	for r, i := range idx {
		copy(a.Row(r), b.k.Row(i))
		a.Set(r, b.k.Cols, scale) // of the size of a snapshot, so that the rank decision is fair
	}
	l, _, err := dense.LeastSquares(a, b.obj.SelectRows(idx), 1e-14)
	if err != nil {
		return nil, err
	}
	last := l.Row(b.k.Cols)
	for j := range last {
		last[j] *= scale
	}
	return l, nil
}

// trainingError returns the largest error of A over the samples idx with
// coefficients fitted to the matrices themselves.
func (b *builder[T]) trainingError(c *Core[T], idx []int) float64 {
	worst := 0.0
	for _, i := range idx {
		beta, _ := c.Fit.Fit(b.obj.Row(i))
		worst = max(worst, c.truncation(b.k.Row(i), beta))
	}
	return worst
}

// interpolate fits the coefficient models to the samples idx.
func (b *builder[T]) interpolate(idx []int, sel *terms[T]) (*coefficients.Model, error) {
	s := &coefficients.Samples{
		Names:   b.m.ParameterNames(),
		Mu:      b.m.Mu.SelectRows(idx),
		K:       pack(b.k.SelectRows(idx)),
		Complex: scalar.IsComplex[T](),
		Magic:   b.magicValues(idx, sel),
	}
	warp := map[string]string{}
	for _, w := range b.opt.Warps {
		warp[w.Parameter] = w.Kind
	}
	model, err := coefficients.Fit(b.ctx, s, coefficients.Options{
		Model: b.opt.Model, Warp: warp, Periodic: b.periods(),
		Threads: b.opt.Threads, Progress: b.opt.Progress,
	})
	if err != nil {
		return nil, fmt.Errorf("coefficient model: %w", err)
	}
	return model, nil
}

// periods completes periodic parameters by the period of all samples, N times
// their distance where they are equidistant, so that a part of them will do.
func (b *builder[T]) periods() []string {
	var out []string
	for _, p := range b.opt.Periodic {
		if j := slices.Index(b.m.ParameterNames(), p); j >= 0 {
			var v []float64
			for i := range b.m.Mu.Rows {
				v = append(v, b.m.Mu.At(i, j))
			}
			slices.Sort(v)
			v = slices.Compact(v)
			if h, ok := equidistant(v); ok {
				p += "=" + strconv.FormatFloat(h*float64(len(v)), 'g', -1, 64)
			}
		}
		out = append(out, p)
	}
	return out
}

// equidistant returns the distance of sorted distinct numbers, if it is one.
func equidistant(v []float64) (float64, bool) {
	if len(v) < 2 {
		return 0, false
	}
	h := (v[len(v)-1] - v[0]) / float64(len(v)-1)
	for i := 1; i < len(v); i++ {
		if math.Abs(v[i]-v[i-1]-h) > 1e-6*h {
			return 0, false
		}
	}
	return h, true
}

// values returns the value blocks of the terms.
func (b *builder[T]) values(sel *terms[T]) ([][]T, error) {
	if sel.snapshots == nil {
		return sel.modes.entries(b.ctx, b.rows, sel.count, b.opt.Threads)
	}
	v := make([][]T, len(sel.snapshots))
	for m, i := range sel.snapshots {
		v[m] = b.rows[i]
	}
	return v, nil
}
