package family

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"eimtool/internal/matrix"
	"eimtool/internal/mtx"
	"eimtool/internal/scalar"
)

// Extended is a family made of another one and further files.
type Extended struct {
	*Family
	Held    int   // samples of the other family, which come first
	Skipped []int // samples of the table that the other family already has, not taken again
}

// Extend returns the family of the samples of old, which are not read again,
// followed by those of t: the one that Load makes of all files in that order.
// Its rows may be those of old.
//
// Of old Pattern, Complex, Hermitian, the rows, Names, Samples and Checksums are
// used. The parameters of t may come in another order; other ones are an error.
// A sample of t whose matrix and parameter are those of a sample of old is left
// out, with a warning. Errors are those of Load.
//
// One thing that Load goes by does not show in old: that files of a real family
// had complex headers. Old counts as real files, which have the symmetry of
// hermitian and of symmetric ones alike, where Load might store both triangles.
func Extend(ctx context.Context, old *Family, t *Table, opt LoadOptions) (*Extended, error) {
	t, err := t.ordered(old.Names)
	if err != nil {
		return nil, err
	}
	heads := peekAll(t)
	if err := explainUnknown(ctx, t, heads); err != nil {
		return nil, err
	}
	e := &extension{old: old, opt: opt, all: joined(old, t), heads: append(old.heads(), heads...)}
	if err := checkShapes(e.all, e.heads, nil); err != nil {
		return nil, err
	}
	skipped, warnings, err := e.skip(ctx, t)
	if err != nil {
		return nil, err
	}
	plan, err := planOf(e.all, e.heads, opt)
	if err != nil {
		return nil, err
	}
	f, err := e.load(ctx, t, plan)
	if err != nil {
		return nil, err
	}
	f.Warnings = append(f.Warnings, warnings...)
	return &Extended{Family: f, Held: len(old.Samples), Skipped: skipped}, nil
}

// PlanExtend predicts what Extend would need, as Plan does for Load. The rows of
// old count as those of files.
func PlanExtend(old *Family, t *Table, opt LoadOptions) (MemoryPlan, error) {
	t, err := t.ordered(old.Names)
	if err != nil {
		return MemoryPlan{}, err
	}
	all, heads := joined(old, t), append(old.heads(), peekAll(t)...)
	if err := checkShapes(all, heads, nil); err != nil {
		return MemoryPlan{}, err
	}
	return planOf(all, heads, opt)
}

// ordered returns the table with the parameters in the order of names.
func (t *Table) ordered(names []string) (*Table, error) {
	if slices.Equal(t.Names, names) {
		return t, nil
	}
	from := make([]int, len(names))
	for j, name := range names {
		from[j] = slices.Index(t.Names, name)
	}
	if len(names) != len(t.Names) || slices.Contains(from, -1) {
		return nil, &TableError{
			File: t.Source, Msg: fmt.Sprintf("parameters %s, but the family has %s", strings.Join(t.Names, ", "), strings.Join(names, ", ")),
			Hint: "all snapshots of a family have the same parameters; other columns go behind the column " + fileColumn,
		}
	}
	out := *t
	out.Names, out.Samples = names, slices.Clone(t.Samples)
	for i := range out.Samples {
		mu := make([]float64, len(names))
		for j, k := range from {
			mu[j] = t.Samples[i].Mu[k]
		}
		out.Samples[i].Mu = mu
	}
	return &out, nil
}

// joined returns the samples of old followed by those of t, as one table. Those
// of old have no line.
func joined(old *Family, t *Table) *Table {
	all := &Table{Source: t.Source, Names: old.Names, Warnings: t.Warnings}
	for _, s := range old.Samples {
		all.Samples = append(all.Samples, Sample{Mu: s.Mu, File: s.File})
	}
	all.Samples = append(all.Samples, t.Samples...)
	return all
}

// heads are the headers that files of the samples of f, as they are kept, would have.
func (f *Family) heads() []head {
	p := f.Pattern
	h := head{known: true, Header: mtx.Header{
		Format: "coordinate", Field: "real", Symmetry: p.Symmetry, Rows: p.Rows, Cols: p.Cols, Stored: p.NNZ(),
	}}
	if p.Dense {
		h.Format = "array"
	}
	if f.Complex {
		h.Field = "complex"
	}
	h.size = mulBytes(2, int64(h.Stored)) // long enough for its header to be believed
	heads := make([]head, len(f.Samples))
	for i := range heads {
		heads[i] = h
	}
	return heads
}

// extension is the state of one Extend.
type extension struct {
	old   *Family
	opt   LoadOptions
	all   *Table // samples of old, then those of the table
	heads []head // of all
}

// mostSkipped is how many samples that are left out are told one by one.
const mostSkipped = 5

// skip takes out of t, and of what e knows of it, the samples that old has with
// the same matrix. They are read on their own, so that they leave no trace in
// pattern, symmetry or field.
func (e *extension) skip(ctx context.Context, t *Table) (skipped []int, warnings []string, err error) {
	same := make([]int, len(t.Samples)) // sample of old, -1 for none
	errs := make([]error, len(t.Samples))
	err = scalar.Each(ctx, len(t.Samples), e.opt.Threads, func(i int) {
		same[i], errs[i] = e.known(ctx, t, i)
	})
	if err != nil {
		return nil, nil, err
	}
	held := len(e.old.Samples)
	samples, heads := slices.Clone(e.all.Samples[:held]), slices.Clone(e.heads[:held])
	for i, k := range same {
		switch {
		case errs[i] != nil:
			return nil, nil, errs[i]
		case k < 0:
			samples, heads = append(samples, t.Samples[i]), append(heads, e.heads[held+i])
			continue
		}
		if skipped = append(skipped, i); len(skipped) <= mostSkipped {
			warnings = append(warnings, fmt.Sprintf("%s: %s is already there, with the same matrix (%q): skipped", t.Where(i), t.Mu(i), e.old.Samples[k].File))
		}
	}
	if more := len(skipped) - mostSkipped; more > 0 {
		warnings = append(warnings, fmt.Sprintf("%d more samples are already there, with the same matrices: skipped", more))
	}
	e.all.Samples, e.heads = samples, heads
	return skipped, warnings, nil
}

// known returns a sample of old with the parameter and the matrix of sample i of
// t, -1 without one.
func (e *extension) known(ctx context.Context, t *Table, i int) (int, error) {
	var m *mtx.File
	for k, s := range e.old.Samples {
		if !slices.Equal(s.Mu, t.Samples[i].Mu) {
			continue
		}
		if m == nil {
			var err error
			if m, err = mtx.ReadFile(ctx, t.Samples[i].Path, mtx.ReadOptions{Threads: 1}); err != nil {
				return -1, readFailed(t, i, err)
			}
		}
		if matrix.Compare(e.old.Matrix(k), m.Matrix).Frobenius == 0 {
			return k, nil
		}
	}
	return -1, nil
}

// load reads the samples behind those of old and joins the two.
func (e *extension) load(ctx context.Context, t *Table, plan MemoryPlan) (*Family, error) {
	held := len(e.old.Samples)
	fresh := *t
	fresh.Samples = e.all.Samples[held:]
	c := &collector{table: &fresh, opt: e.opt, plan: plan, files: make([]fileResult, len(fresh.Samples))}
	c.layout, c.warnings = decide(e.all, e.heads)
	first, err := c.layout.conform(e.old.plain(0))
	if err != nil {
		return nil, err
	}
	c.unions = []*matrix.Pattern{first.Pattern}
	if err := c.readAll(ctx); err != nil {
		return nil, err
	}
	f := &Family{Table: e.all, order: c.order}
	f.Pattern, f.Complex = c.unions[len(c.unions)-1], e.old.Complex
	for _, r := range c.files {
		f.Complex = f.Complex || r.values.IsComplex()
	}
	f.Hermitian = f.Complex && f.Pattern.Symmetry == matrix.Hermitian
	rows := make([]matrix.Values, len(e.all.Samples))
	errs := make([]error, len(rows))
	err = scalar.Each(ctx, len(rows), e.opt.Threads, func(i int) {
		if i < held {
			rows[i], errs[i] = e.row(i, f, c.layout)
			return
		}
		r := &c.files[i-held]
		rows[i] = f.placed(c.unions[r.union], r.values)
		r.values = matrix.Values{}
	})
	for _, failed := range errs {
		if err == nil {
			err = failed
		}
	}
	if err != nil {
		return nil, err
	}
	e.describe(f, c, rows)
	return f, nil
}

// row returns the values of sample i of old as a row of f.
func (e *extension) row(i int, f *Family, l layout) (matrix.Values, error) {
	if e.old.Pattern.Equal(f.Pattern) && e.old.Complex == f.Complex && e.old.Hermitian == f.Hermitian {
		return e.old.Row(i), nil
	}
	m, err := l.conform(e.old.plain(i))
	if err != nil {
		return matrix.Values{}, err
	}
	return f.placed(m.Pattern, m.Values), nil
}

// plain returns the matrix of sample i with real values where no imaginary part
// differs from zero, as Load takes it.
func (f *Family) plain(i int) *matrix.Matrix {
	m := f.Matrix(i)
	if m.IsComplex() {
		if re, ok := realParts(m.Complex); ok {
			m.Values = matrix.Values{Real: re}
		}
	}
	return m
}

// placed returns values on pattern p, which that of f includes, as a row of f.
func (f *Family) placed(p *matrix.Pattern, v matrix.Values) matrix.Values {
	if p != f.Pattern && !f.Pattern.Dense && p.NNZ() < f.Pattern.NNZ() {
		v = onto(f.Pattern, p, v, func(int, int, int) {})
	}
	switch {
	case f.Hermitian:
		return matrix.Values{Real: split(v)}
	case f.Complex:
		return matrix.Values{Complex: promote(v)}
	}
	return v
}

// describe completes f, whose rows are given, by what is known of its samples.
func (e *extension) describe(f *Family, c *collector, rows []matrix.Values) {
	if !f.Complex && f.Pattern.Symmetry == matrix.Hermitian {
		p := *f.Pattern
		p.Symmetry = matrix.Symmetric
		f.Pattern = &p
	}
	for i, v := range rows {
		if f.Complex && !f.Hermitian {
			f.Complexes = append(f.Complexes, v.Complex)
		} else {
			f.Real = append(f.Real, v.Real)
		}
		switch k := i - len(e.old.Samples); {
		case k >= 0:
			f.Fields = append(f.Fields, c.files[k].field)
		default:
			f.Fields = append(f.Fields, e.heads[i].Field)
		}
	}
	if e.opt.Checksums {
		f.Checksums = slices.Clone(e.old.Checksums)
		for _, r := range c.files {
			f.Checksums = append(f.Checksums, r.checksum)
		}
	}
	f.findDuplicates()
	f.Warnings = slices.Concat(c.table.Warnings, c.warnings, c.fileWarnings(), f.duplicateWarnings())
}
