package partial

import (
	"context"
	"fmt"
	"math"
	"strconv"

	"eimtool/internal/dense"
	"eimtool/internal/family"
	"eimtool/internal/scalar"
)

// Reconstruction is the family of all candidates of a finished plan: the
// matrices that were read, and the combinations of the terms for the others.
type Reconstruction struct {
	*family.Family
	Read          int     // matrices read
	Reconstructed int     // the others
	Terms         int     // of which the others are combinations
	Sampled       float64 // largest relative 2-norm of the residual at the sample, over the reconstructed candidates
	Checked       float64 // largest relative Frobenius error at the matrices that are no terms, 0 without
	Checks        int     // their number
	Small         bool    // the sample is too small to tell the error: without checks Sampled is the size of the last term
}

// reconstructionSafety is the factor from the largest error that was measured to
// an estimate of the largest one: a few entries, and a few matrices, seldom show it.
const reconstructionSafety = 3

// Measured returns the relative Frobenius error of the reconstructed matrices, as
// measured: the larger one of sample and checks; 0 where every matrix was read. The
// largest error is not less.
func (r *Reconstruction) Measured() float64 {
	if r.Reconstructed == 0 {
		return 0
	}
	return max(r.Sampled, r.Checked)
}

// Error returns an estimate of the relative Frobenius error of the reconstructed
// matrices: three times the one measured.
func (r *Reconstruction) Error() float64 { return reconstructionSafety * r.Measured() }

// Load makes the family of all candidates of the folder dir, whose result is the
// table samples. Errors are those of Advance.
func Load(ctx context.Context, samples *family.Table, dir string, opt family.LoadOptions) (*Reconstruction, error) {
	candidates, err := family.ReadTable((&folder{dir: dir}).path(candidatesFile), family.TableOptions{})
	if err != nil {
		return nil, notPlan(dir, err)
	}
	f, err := scan(dir, candidates)
	if err != nil {
		return nil, err
	}
	if f.sampled == nil {
		return nil, &family.TableError{File: f.path(valuesFile), Msg: "is missing", Hint: "go on with eimtool plan --stage entries until it says done"}
	}
	steps, matrices, err := f.steps(samples)
	if err != nil {
		return nil, err
	}
	if _, err := Plan(samples, dir, opt); err != nil {
		return nil, err
	}
	fam, err := family.Load(ctx, samples, opt)
	if err != nil {
		return nil, err
	}
	noise, err := f.reconcile(fam, matrices)
	if err != nil {
		return nil, err
	}
	if f.needsComplex(fam) {
		return reconstruct[complex128](ctx, f, fam, matrices, steps, noise, opt)
	}
	return reconstruct[float64](ctx, f, fam, matrices, steps, noise, opt)
}

// notPlan explains that a folder holds no plan.
func notPlan(dir string, err error) error {
	return &family.TableError{File: dir, Msg: "holds no plan of single entries: " + err.Error(), Hint: "name the folder given to eimtool plan --stage entries -o", Err: err}
}

// step is a term as the result lists it.
type step struct {
	sample int     // row of the table
	column *Column // nil: the constant
}

// steps reads the terms of the result.
func (f *folder) steps(t *family.Table) (steps []step, matrices []known, err error) {
	at := map[string]int{}
	for k, name := range t.Columns {
		at[name] = k + 1
	}
	for _, name := range []string{roleColumn, rowColumn, colColumn, partColumn} {
		if at[name] == 0 {
			return nil, nil, &family.TableError{
				File: t.Source, Msg: "no column " + name,
				Hint: "give the table that the plan wrote: " + f.path(samplesFile),
			}
		}
	}
	for i, s := range t.Samples {
		candidate, err := f.match.find(t, s)
		if err != nil {
			return nil, nil, err
		}
		matrices = append(matrices, known{candidate, s.Path})
		cell := func(name string) string { return s.Extra[at[name]-1] }
		if cell(roleColumn) != roleTerm {
			continue
		}
		if len(steps) == 0 {
			steps = append(steps, step{sample: i})
			continue
		}
		if cell(rowColumn) == "" && cell(colColumn) == "" {
			return nil, nil, &family.TableError{
				File: t.Source, Line: s.Line,
				Msg:  fmt.Sprintf("the first term (%s, without an entry) is not the first row of role %s", f.candidates.Mu(candidate), roleTerm),
				Hint: "leave the rows in the order of the plan: run eimtool plan --stage entries again, which writes the table anew",
			}
		}
		row, errRow := strconv.Atoi(cell(rowColumn))
		col, errCol := strconv.Atoi(cell(colColumn))
		if errRow != nil || errCol != nil || row < 1 || col < 1 {
			return nil, nil, &family.TableError{
				File: t.Source, Line: s.Line, Msg: fmt.Sprintf("(%s, %s) is no entry of a matrix", cell(rowColumn), cell(colColumn)),
				Hint: "leave the table as the plan wrote it",
			}
		}
		steps = append(steps, step{i, &Column{Position{row - 1, col - 1}, cell(partColumn) == partImag}})
	}
	if len(steps) == 0 {
		err = &family.TableError{File: t.Source, Msg: "no row of role " + roleTerm, Hint: "leave the table as the plan wrote it"}
	}
	return steps, matrices, err
}

// Plan predicts what Load will need, from the headers of the files alone. A
// table of all candidates above the limit is refused with a *family.MemoryError.
func Plan(samples *family.Table, dir string, opt family.LoadOptions) (family.MemoryPlan, error) {
	candidates, err := family.ReadTable((&folder{dir: dir}).path(candidatesFile), family.TableOptions{})
	if err != nil {
		return family.MemoryPlan{}, notPlan(dir, err)
	}
	p, err := family.Plan(samples, opt)
	if err != nil {
		return p, err
	}
	return whole(p, len(candidates.Samples))
}

// whole returns the plan for a table of count rows, where p is for the matrices
// that are read; their residuals are held beside the table.
func whole(p family.MemoryPlan, count int) (family.MemoryPlan, error) {
	row := p.Table / int64(max(1, p.Samples))
	p.Reading += p.Table
	p.Samples = count
	if p.Table = math.MaxInt64; row <= math.MaxInt64/int64(count) {
		p.Table = row * int64(count)
	}
	if p.Limit > 0 && p.Peak() > p.Limit {
		return p, &family.MemoryError{Plan: p}
	}
	return p, nil
}

// reconstruct repeats the steps and combines the terms.
func reconstruct[T scalar.Scalar](ctx context.Context, f *folder, fam *family.Family, matrices []known, steps []step, n noise, opt family.LoadOptions) (*Reconstruction, error) {
	s, err := begin[T](ctx, f, fam, matrices, n)
	if err != nil {
		return nil, err
	}
	s.threads = opt.Threads
	for _, a := range f.extensions() {
		s.extend(a)
	}
	for _, t := range steps {
		wanted, added, err := s.add(matrices[t.sample].candidate, t.column)
		if err != nil {
			return nil, err
		}
		if wanted != nil || !added {
			e := &family.TableError{File: fam.Source, Line: fam.Samples[t.sample].Line, Hint: "run eimtool plan --stage entries again: it goes on with the answers that are there"}
			if e.Msg = "the matrix adds nothing to those above it"; wanted != nil {
				e.Msg = fmt.Sprintf("the plan holds no values of entry %v", wanted.Position)
			}
			return nil, e
		}
	}
	r := &Reconstruction{Read: len(matrices), Terms: len(steps), Sampled: s.sampledError(), Small: s.exhausted()}
	for _, k := range matrices {
		if !s.open[k.candidate] {
			continue
		}
		e, err := s.errorAt(k.candidate)
		if err != nil {
			return nil, err
		}
		r.Checks, r.Checked = r.Checks+1, max(r.Checked, e)
	}
	if r.Small && r.Checks == 0 {
		r.Sampled = max(r.Sampled, s.lastTerm())
	}
	rows, err := s.all()
	if err != nil {
		return nil, err
	}
	r.Reconstructed = len(rows) - r.Read
	r.Family = f.family(fam, matrices)
	setRows(r.Family, rows)
	return r, nil
}

// all returns the rows of all candidates.
func (s *selection[T]) all() ([][]T, error) {
	rows := make([][]T, len(s.g))
	err := scalar.Each(s.ctx, len(rows), s.threads, func(p int) {
		if rows[p] = s.rows[p]; rows[p] != nil {
			return
		}
		rows[p] = make([]T, len(s.q[0]))
		for m := range s.terms {
			dense.Axpy(s.c[m][p], s.q[m], rows[p])
		}
	})
	return rows, err
}

// family lists all candidates as samples. Those without a matrix are named
// after the row of their values.
func (f *folder) family(fam *family.Family, matrices []known) *family.Family {
	t := &family.Table{Source: fam.Source, Names: f.candidates.Names, Warnings: fam.Table.Warnings}
	out := &family.Family{Table: t, Pattern: fam.Pattern, Complex: fam.Complex, Hermitian: fam.Hermitian, Warnings: fam.Warnings}
	for i, s := range f.candidates.Samples {
		t.Samples = append(t.Samples, family.Sample{Mu: s.Mu, File: fmt.Sprintf("%s:%d", valuesFile, f.sampled.lines[i]), Line: s.Line})
	}
	out.Fields = make([]string, len(t.Samples))
	if fam.Checksums != nil {
		out.Checksums = make([]string, len(t.Samples))
	}
	for m, k := range matrices {
		s := fam.Samples[m]
		t.Samples[k.candidate] = s
		out.Fields[k.candidate] = fam.Fields[m]
		if fam.Checksums != nil {
			out.Checksums[k.candidate] = fam.Checksums[m]
		}
	}
	return out
}

// setRows gives rows to a family.
func setRows[T scalar.Scalar](f *family.Family, rows [][]T) {
	switch r := any(rows).(type) {
	case [][]float64:
		f.Real = r
	case [][]complex128:
		f.Complexes, f.Complex = r, true
	}
}
