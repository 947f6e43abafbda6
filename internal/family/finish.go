package family

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
)

// finish brings all rows to the last union pattern and to one field.
func (c *collector) finish(ctx context.Context) (*Family, error) {
	f := &Family{Table: c.table, order: c.order}
	if ref := c.opt.Reference; ref != nil {
		f.Pattern, f.Complex, f.Hermitian = ref.Pattern, ref.Complex, ref.Hermitian
	} else {
		f.Pattern = c.unions[len(c.unions)-1]
		f.Complex = slices.ContainsFunc(c.files, func(r fileResult) bool { return r.values.IsComplex() })
		f.Hermitian = f.Complex && f.Pattern.Symmetry == matrix.Hermitian
		if !f.Complex && f.Pattern.Symmetry == matrix.Hermitian {
			p := *f.Pattern
			p.Symmetry = matrix.Symmetric
			f.Pattern = &p
		}
	}
	rows := make([]matrix.Values, len(c.files))
	err := scalar.Each(ctx, len(c.files), c.opt.Threads, func(i int) {
		v := c.files[i].values
		c.files[i].values = matrix.Values{}
		if c.opt.Reference == nil {
			if u := c.unions[c.files[i].union]; c.files[i].union < len(c.unions)-1 {
				v = onto(f.Pattern, u, v, func(int, int, int) {})
			}
			switch {
			case f.Hermitian:
				v = matrix.Values{Real: split(v)}
			case f.Complex:
				v = matrix.Values{Complex: promote(v)}
			}
		}
		rows[i] = v
	})
	if err != nil {
		return nil, err
	}
	for i, r := range c.files {
		if f.Complex && !f.Hermitian {
			f.Complexes = append(f.Complexes, rows[i].Complex)
		} else {
			f.Real = append(f.Real, rows[i].Real)
		}
		f.Fields = append(f.Fields, r.field)
		if c.opt.Checksums {
			f.Checksums = append(f.Checksums, r.checksum)
		}
		if c.opt.Reference != nil {
			f.Outside = append(f.Outside, r.outside)
		}
	}
	f.findDuplicates()
	f.Warnings = slices.Concat(c.table.Warnings, c.warnings, c.fileWarnings(), c.outsideWarning(), f.duplicateWarnings())
	return f, nil
}

// fileWarnings collects the warnings of all files. Warnings that differ in
// their numbers alone are told once, for the first file that has them.
func (c *collector) fileWarnings() []string {
	type group struct {
		text  string
		last  int // the last file that had it
		files int
	}
	var (
		groups []group
		index  = map[string]int{}
	)
	for i, r := range c.files {
		for _, w := range r.warnings {
			key := withoutNumbers(w)
			g, known := index[key]
			if !known {
				g = len(groups)
				index[key] = g
				groups = append(groups, group{text: c.table.Samples[i].File + ": " + w, last: -1})
			}
			if groups[g].last != i {
				groups[g].last = i
				groups[g].files++
			}
		}
	}
	var all []string
	for _, g := range groups {
		if g.files > 1 {
			g.text += fmt.Sprintf(" (so in %d of %d files)", g.files, len(c.files))
		}
		all = append(all, g.text)
	}
	return all
}

// withoutNumbers replaces every run of digits by one #, and drops what counts
// further occurrences in the same file.
func withoutNumbers(s string) string {
	s, _, _ = strings.Cut(s, " (and ")
	var b strings.Builder
	digit := false
	for _, r := range s {
		if digit = r >= '0' && r <= '9'; !digit {
			b.WriteRune(r)
		} else if !strings.HasSuffix(b.String(), "#") {
			b.WriteByte('#')
		}
	}
	return b.String()
}

// outsideWarning tells of matrices with entries outside the reference pattern.
func (c *collector) outsideWarning() []string {
	files, worst := 0, -1
	for i, r := range c.files {
		if r.outside.Count == 0 {
			continue
		}
		if files++; worst < 0 || r.outside.Frobenius > c.files[worst].outside.Frobenius {
			worst = i
		}
	}
	if files == 0 {
		return nil
	}
	out := c.files[worst].outside
	return []string{fmt.Sprintf("%s of %d with nonzero entries where no snapshot of the family has any; the largest part: %s in %q, of norm %.2g",
		count(files, "file"), len(c.files), count(out.Count, "entry"), c.table.Samples[worst].File, out.Frobenius)}
}

// findDuplicates compares samples with equal parameters: each with the first
// of its kind. Parts of an affine family have no parameters to be equal.
func (f *Family) findDuplicates() {
	if len(f.Names) == 0 {
		return
	}
	byMu := make([]int, len(f.Samples))
	for i := range byMu {
		byMu[i] = i
	}
	slices.SortStableFunc(byMu, func(a, b int) int { return slices.Compare(f.Samples[a].Mu, f.Samples[b].Mu) })
	for k := 1; k < len(byMu); k++ {
		first := byMu[k-1]
		if !slices.Equal(f.Samples[first].Mu, f.Samples[byMu[k]].Mu) {
			continue
		}
		if n := len(f.Duplicates); k > 1 && n > 0 && f.Duplicates[n-1].Second == first {
			first = f.Duplicates[n-1].First
		}
		d := matrix.Compare(f.Matrix(first), f.Matrix(byMu[k]))
		f.Duplicates = append(f.Duplicates, Duplicate{First: first, Second: byMu[k], Difference: d.RelativeFrobenius()})
	}
	slices.SortFunc(f.Duplicates, func(a, b Duplicate) int { return a.Second - b.Second })
}

// mostDuplicates is how many pairs are told one by one.
const mostDuplicates = 5

func (f *Family) duplicateWarnings() []string {
	var all []string
	for n, d := range f.Duplicates {
		if n == mostDuplicates {
			return append(all, fmt.Sprintf("%d more samples have the parameter of an earlier one", len(f.Duplicates)-n))
		}
		what := "the matrices are identical"
		if d.Difference > 0 {
			what = fmt.Sprintf("the matrices differ by %.2g of their Frobenius norm: the noise of the data", d.Difference)
		}
		all = append(all, fmt.Sprintf("%s: same parameter %s as %s: %s", f.Where(d.Second), f.Mu(d.Second), f.Where(d.First), what))
	}
	return all
}

// Mu writes the parameter of sample i for messages: "k=0.5, eps=1e-3".
func (t *Table) Mu(i int) string {
	parts := make([]string, len(t.Names))
	for k, name := range t.Names {
		parts[k] = fmt.Sprintf("%s=%v", name, t.Samples[i].Mu[k])
	}
	return strings.Join(parts, ", ")
}
