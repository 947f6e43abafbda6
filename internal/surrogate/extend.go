package surrogate

import (
	"fmt"
	"slices"

	"eimtool/internal/dense"
	"eimtool/internal/family"
	"eimtool/internal/scalar"
)

// ExtendError says why snapshots cannot be added to those of a model.
type ExtendError struct{ Msg, Hint string }

func (e *ExtendError) Error() string { return e.Msg }

// Snapshots returns the snapshots that a sampled model was built from, as
// package family would have read them: to build it again, alone or with further
// ones (family.Extend). They share the model's memory. The model must hold them
// all, as its table or because every one of them is a term; otherwise the error
// is an *ExtendError.
func (m *Model) Snapshots() (*family.Family, error) {
	if err := m.extensible(); err != nil {
		return nil, err
	}
	f := m.samples()
	if m.Complex != nil {
		f.Complexes = m.Complex.snapshots(m.Terms, m.Mu.Rows)
	} else {
		f.Real = m.Real.snapshots(m.Terms, m.Mu.Rows)
	}
	for i := range f.Samples {
		if f.Row(i).Len() != f.Len() {
			return nil, &ExtendError{"the values of its samples do not fit its pattern", "make the bundle again"}
		}
	}
	return f, nil
}

// SnapshotTable is Snapshots without the values, whose rows need not have been
// read yet: enough to predict the memory of an extension.
func (m *Model) SnapshotTable() (*family.Family, error) {
	if err := m.extensible(); err != nil {
		return nil, err
	}
	return m.samples(), nil
}

// extensible refuses what is not made of whole snapshots.
func (m *Model) extensible() error {
	switch {
	case m.Planned():
		return &ExtendError{
			"follows a plan: its coefficients are known functions, to which further snapshots add nothing",
			"measure on them with eimtool verify, or plan anew for a smaller --tol",
		}
	case m.Parts != nil:
		return &ExtendError{"is a family given by parts: there are no snapshots to add to", "leave out --extend; give all points as SAMPLES beside --parts"}
	case m.Real == nil && m.Complex == nil:
		return &ExtendError{"holds log det alone, no matrices", "make it again without --only logdet, with --keep-table"}
	case m.Options.SampleError > 0:
		return &ExtendError{"is made of partial assemblies, not of whole snapshots", "add to the folder of eimtool plan --stage entries, and run offline --plan on it"}
	case m.held() != m.Mu.Rows:
		return &ExtendError{
			fmt.Sprintf("holds the values of %d terms, not of all %d samples", m.TermCount(), m.Mu.Rows),
			"make it again with --keep-table, or make the new one from the files of all samples",
		}
	}
	return nil
}

// samples returns the family without its values.
func (m *Model) samples() *family.Family {
	t := &family.Table{Names: m.ParameterNames()}
	for i := range m.Mu.Rows {
		t.Samples = append(t.Samples, family.Sample{Mu: slices.Clone(m.Mu.Row(i)), File: m.Files[i]})
	}
	return &family.Family{
		Table: t, Pattern: m.Pattern(), Checksums: m.Checksums,
		Complex: m.Field != FieldReal, Hermitian: m.Field == FieldHermitian,
	}
}

// held returns the number of samples whose values the model holds.
func (m *Model) held() int {
	if m.Complex != nil {
		return len(m.Complex.snapshots(m.Terms, m.Mu.Rows))
	}
	return len(m.Real.snapshots(m.Terms, m.Mu.Rows))
}

// snapshots returns the values of all n samples, nil when they are not there.
func (c *Core[T]) snapshots(terms []int, n int) [][]T {
	if c.Table != nil {
		return c.Table
	}
	if len(terms) != n || len(c.Values) != n {
		return nil
	}
	rows, taken := make([][]T, n), make([]bool, n)
	for k, i := range terms {
		if i < 0 || i >= n || taken[i] {
			return nil
		}
		rows[i], taken[i] = c.Values[k], true
	}
	return rows
}

// SnapshotMembers names the fields of a bundle that hold what Snapshots needs,
// and are worth leaving on disk until then.
func (m *Model) SnapshotMembers() []string {
	switch {
	case m.Complex != nil && m.Complex.Table != nil:
		return []string{"complex/table"}
	case m.Complex != nil:
		return []string{"complex/values"}
	case m.Real != nil && m.Real.Table != nil:
		return []string{"real/table"}
	}
	return []string{"real/values"}
}

// BuildOptions returns the options that the model was built with, its
// vectors, right-hand side and output vectors included. A right-hand side that
// varies is not among them: see VaryingRHS.
func (m *Model) BuildOptions() Options {
	opt := m.Options
	opt.Preserve = m.Preserve
	if m.RealInverse != nil {
		opt.RHS, opt.Quantity = givenTo(m.RealInverse)
	}
	if m.ComplexInverse != nil {
		opt.RHS, opt.Quantity = givenTo(m.ComplexInverse)
	}
	return opt
}

// VaryingRHS reports whether solutions are prepared for a right-hand side that
// depends on the parameters. The model holds its interpolation, not what was
// given for every sample.
func (m *Model) VaryingRHS() bool {
	if inv := m.RealInverse; inv != nil && inv.Load != nil {
		return inv.Load.Varies()
	}
	inv := m.ComplexInverse
	return inv != nil && inv.Load != nil && inv.Load.Varies()
}

// givenTo returns what inv was prepared for: a fixed right-hand side and the
// output vectors, nil without.
func givenTo[S scalar.Scalar](inv *Inverse[S]) (rhs *RHS, quantity *dense.Matrix[complex128]) {
	if l := inv.Load; l != nil && !l.Varies() {
		rhs = &RHS{
			Values: []*dense.Matrix[complex128]{Rejoin(l.Terms, l.Both)},
			Files:  l.Files, Checksums: l.Checksums,
		}
	}
	if inv.Quantity != nil {
		quantity = Rejoin(inv.Quantity, false)
	}
	return rhs, quantity
}
