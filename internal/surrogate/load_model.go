package surrogate

import (
	"context"
	"fmt"
	"math"

	"eimtool/internal/coefficients"
	"eimtool/internal/dense"
	"eimtool/internal/scalar"
)

// Load is the right-hand side that a bundle is prepared for,
// b(μ) = Σ_l φ_l(μ) b_l. A fixed b has one term and φ = 1; one that varies has
// the POD modes of its samples as terms, and φ from its own interpolation.
type Load[S scalar.Scalar] struct {
	Columns   int              // of b, as given
	Both      bool             // a complex b of a real family: its columns are [real parts | imaginary parts]
	Files     []string         // as given
	Checksums []string         // of the files' bytes
	Terms     *dense.Matrix[S] `doc:"n x (terms·columns), the terms side by side"`

	Interpolation *coefficients.Model // of the coordinates of the samples; nil for a fixed or planned b
	Modes         *dense.Matrix[S]    `doc:"terms x r, coordinates of the terms"`
	// Planned says that the terms are the right-hand sides of a plan's snapshots
	// and φ the coefficients of the matrix.
	Planned bool

	parts *Parts `bundle:"-"` // of a planned b
}

// Varies reports whether b depends on μ.
func (l *Load[S]) Varies() bool { return l.Interpolation != nil || l.Planned }

// linkLoad gives a planned right-hand side its coefficients.
func (m *Model) linkLoad() {
	if inv := m.RealInverse; inv != nil && inv.Load != nil && inv.Load.Planned {
		inv.Load.parts = m.Parts
	}
	if inv := m.ComplexInverse; inv != nil && inv.Load != nil && inv.Load.Planned {
		inv.Load.parts = m.Parts
	}
}

// Width returns the number of columns solved for.
func (l *Load[S]) Width() int {
	if l.Both {
		return 2 * l.Columns
	}
	return l.Columns
}

// TermCount returns the number of terms.
func (l *Load[S]) TermCount() int {
	switch {
	case l.Interpolation != nil:
		return l.Modes.Rows
	case l.Planned:
		return l.parts.Count()
	}
	return 1
}

// Coefficients returns φ(mu) and the estimated relative error of b(mu).
func (l *Load[S]) Coefficients(mu []float64) (phi []S, modelError float64, err error) {
	if l.Planned {
		beta, check, err := l.parts.interpolant.At(mu)
		return scalar.FromComplex[S](beta), l.parts.errorOfB(beta, check), err
	}
	if l.Interpolation == nil {
		return []S{scalar.Of[S](1, 0)}, 0, nil
	}
	p, err := l.Interpolation.Predict(mu)
	if err != nil {
		return nil, 0, fmt.Errorf("right-hand side: %w", err)
	}
	return inModes(unpack[S](p.K), l.Modes), p.ModelError, nil
}

// withoutSample returns φ at sample i predicted without it, and the relative
// error of that; phi and modelError where it was not left out, as for a fixed b.
func (l *Load[S]) withoutSample(i int, phi []S, modelError float64) ([]S, float64) {
	if l.Interpolation == nil {
		return phi, modelError
	}
	for _, out := range l.Interpolation.LeftOut {
		if out.Sample == i && out.Norm > 0 && !math.IsInf(out.Error, 0) && !math.IsNaN(out.Error) {
			return inModes(unpack[S](out.K), l.Modes), out.Error
		}
	}
	return phi, modelError
}

// Derivative returns ∂φ/∂μ_j at mu.
func (l *Load[S]) Derivative(mu []float64, j int) ([]S, error) {
	if l.Planned {
		d, err := l.parts.interpolant.Derivative(mu, j)
		return scalar.FromComplex[S](d), err
	}
	if l.Interpolation == nil {
		return []S{0}, nil
	}
	dk, err := l.Interpolation.Derivative(mu, j)
	if err != nil {
		return nil, fmt.Errorf("right-hand side: %w", err)
	}
	return inModes(unpack[S](dk), l.Modes), nil
}

// Combine returns b = Σ φ_l b_l, n × Width.
func (l *Load[S]) Combine(phi []S) *dense.Matrix[S] {
	w := l.Width()
	b := dense.New[S](l.Terms.Rows, w)
	for i := range b.Rows {
		row, to := l.Terms.Row(i), b.Row(i)
		for t, f := range phi {
			dense.Axpy(f, row[t*w:(t+1)*w], to)
		}
	}
	return b
}

// blocks returns the terms one by one.
func (l *Load[S]) blocks() []*dense.Matrix[S] {
	w := l.Width()
	out := make([]*dense.Matrix[S], l.TermCount())
	for t := range out {
		out[t] = dense.New[S](l.Terms.Rows, w)
		for i := range l.Terms.Rows {
			copy(out[t].Row(i), l.Terms.Row(i)[t*w:(t+1)*w])
		}
	}
	return out
}

// inModes returns the coordinates of k in modes with orthonormal rows, k·Wᴴ.
func inModes[T scalar.Scalar](k []T, modes *dense.Matrix[T]) []T {
	out := make([]T, modes.Rows)
	for l := range out {
		out[l] = dense.Dotc(modes.Row(l), k)
	}
	return out
}

// newLoad models the right-hand side r of the family m.
func newLoad[S scalar.Scalar](ctx context.Context, m *Model, r *RHS, threads int) (*Load[S], error) {
	l := &Load[S]{
		Columns: r.Columns(), Both: !scalar.IsComplex[S]() && r.complexValues(),
		Files: r.Files, Checksums: r.Checksums,
	}
	values := make([]*dense.Matrix[S], len(r.Values))
	for i, v := range r.Values {
		values[i] = Split[S](v, l.Both)
	}
	if r.Fixed(m.Mu.Rows) {
		l.Terms = values[0]
		return l, nil
	}
	if m.Planned() {
		l.plan(m, values)
		return l, nil
	}
	return l, l.interpolate(ctx, m, values, threads)
}

// interpolate models a right-hand side of which one block per sample is known.
func (l *Load[S]) interpolate(ctx context.Context, m *Model, values []*dense.Matrix[S], threads int) error {
	rows := make([][]S, len(values))
	for i, v := range values {
		rows[i] = v.Data
	}
	q := dense.NewTallQR[S](len(rows))
	if err := q.Append(ctx, rows, nil, 1, threads); err != nil {
		return err
	}
	k := q.K()
	norm := make([]float64, k.Rows)
	var known []int
	for i := range norm {
		if norm[i] = dense.Norm(k.Row(i)); norm[i] > 0 {
			known = append(known, i)
		}
	}
	if len(known) == 0 {
		return &RHSError{l.Files[0], "every right-hand side is zero"}
	}
	modes, err := newModeSet(k, norm, known)
	if err != nil {
		return err
	}
	l.Modes = modes.wh
	w := l.Width()
	l.Terms = dense.New[S](values[0].Rows, modes.wh.Rows*w)
	for t := range modes.wh.Rows {
		for i, v := range values {
			c := modes.weight.At(t, i)
			if c == 0 {
				continue
			}
			for row := range v.Rows {
				dense.Axpy(c, v.Row(row), l.Terms.Row(row)[t*w:(t+1)*w])
			}
		}
	}
	l.Interpolation, err = coefficients.Fit(ctx, &coefficients.Samples{
		Names: m.ParameterNames(), Mu: m.Mu, K: pack(k), Complex: scalar.IsComplex[S](),
	}, coefficients.Options{Threads: threads})
	return err
}

// plan takes the right-hand sides of the plan's snapshots as terms.
func (l *Load[S]) plan(m *Model, values []*dense.Matrix[S]) {
	w := l.Width()
	l.Planned, l.parts = true, m.Parts
	l.Terms = dense.New[S](values[0].Rows, len(values)*w)
	for t, v := range values {
		for i := range v.Rows {
			copy(l.Terms.Row(i)[t*w:(t+1)*w], v.Row(i))
		}
	}
}
