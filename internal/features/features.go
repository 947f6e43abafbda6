// Package features turns snapshots of a matrix into the data table on which
// package eim selects, and selected columns back into what a simulation code
// has to be asked for: a stored entry, a row sum, a row of A·v. It selects
// nothing and reads no files.
//
// Besides the stored entries the table can hold the constant 1 (then the
// coefficients of the snapshots sum to 1, which keeps parameter-independent
// parts and Dirichlet rows exact), the row sums A·1 and further products A·v.
// Near-kernel vectors v matter where a small mass part hides behind a large
// stiffness part: entries alone resolve the large part first. Every block of
// columns is scaled by its own maximum. The entries alone are the matrix
// version of arXiv 1307.4330, section 3; the other blocks are ours.
package features

import (
	"context"
	"fmt"

	"eimtool/internal/eim"
	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
)

// Kinds of features; also the names of the table's blocks.
const (
	KindConstant = "constant"
	KindEntry    = "entry"
	KindRowSum   = "rowsum"
	KindPreserve = "preserve"
)

// Feature says what a column of the table is.
type Feature struct {
	Kind   string
	Row    int  // 0-based; 0 for the constant
	Col    int  // 0-based, of an entry; otherwise 0
	Imag   bool // the imaginary part of the value (Hermitian families only)
	Vector int  // of a preserved product: index into Options.Preserve; otherwise 0
}

// Options choose the blocks.
type Options struct {
	Constant bool
	RowSums  bool
	// Preserve holds vectors v, one value per matrix column, whose products A·v
	// become features. Vectors of real families must be real.
	Preserve [][]complex128
	// EntriesOnly keeps row sums and products from being selected as magic
	// features; they still weigh in the choice of snapshots.
	EntriesOnly bool
	// Hermitian says that rows hold [Re; Im], 2·nnz real values, of a Hermitian
	// or mixed real-linear family.
	Hermitian bool
	// RowCuts and ColCuts are the first rows and columns (0-based) of the
	// blocks of a multi-physics matrix; each block is scaled by its own
	// maximum. A leading 0 and a trailing size may be given or left out.
	RowCuts, ColCuts []int
	Threads          int
}

// Set is a data table with the meaning of its columns.
type Set[T scalar.Scalar] struct {
	Table *eim.Table[T]
	// Multiplicity is how often every entry column counts in a norm of the full
	// matrix; nil means once.
	Multiplicity []float64

	pattern *matrix.Pattern
	planes  bool    // Hermitian: [Re; Im]
	entries int     // index of the entry block
	vector  []int   // per block: the preserved vector, -1 otherwise
	largest float64 // largest modulus of an entry
}

// OptionError reports an option that does not fit the matrices.
type OptionError struct{ Name, Msg string }

func (e *OptionError) Error() string { return fmt.Sprintf("option %s: %s", e.Name, e.Msg) }

// New makes the data table of snapshots on one pattern; rows[p] holds the
// values of snapshot p, shared with the table. Scales are maxima over all
// snapshots. A block of row sums or products that is nowhere above its own
// round-off is left out. Errors: *OptionError, *eim.NonFiniteError,
// *eim.TableError, *eim.ZeroError, or ctx's.
func New[T scalar.Scalar](ctx context.Context, p *matrix.Pattern, rows [][]T, opt Options) (*Set[T], error) {
	s := &Set[T]{Table: &eim.Table[T]{}, pattern: p, planes: opt.Hermitian}
	if s.planes && scalar.IsComplex[T]() {
		return nil, &OptionError{"hermitian", "the real and imaginary parts must be given as real rows"}
	}
	for i, r := range rows {
		if len(r) != s.width() {
			return nil, &eim.TableError{Block: KindEntry, Msg: fmt.Sprintf("snapshot %d has %d values, want %d", i+1, len(r), s.width())}
		}
	}
	if p.Symmetry == matrix.Hermitian && !s.planes {
		return nil, &OptionError{"hermitian", "snapshots on a Hermitian pattern must be given as real and imaginary parts"}
	}
	rowParts, err := parts("row cuts", opt.RowCuts, p.Rows)
	if err != nil {
		return nil, err
	}
	colParts, err := parts("column cuts", opt.ColCuts, p.Cols)
	if err != nil {
		return nil, err
	}
	if opt.Constant {
		s.addConstant(len(rows))
	}
	if err := s.addEntries(ctx, rows, rowParts, colParts, opt.Threads); err != nil {
		return nil, err
	}
	vectors, err := productVectors[T](p, opt)
	if err != nil {
		return nil, err
	}
	for _, v := range vectors {
		if err := s.addProduct(ctx, rows, v, rowParts, opt); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// addConstant adds the feature that is 1 in every snapshot.
func (s *Set[T]) addConstant(count int) {
	one, rows := []T{1}, make([][]T, count)
	for i := range rows {
		rows[i] = one
	}
	s.add(eim.Block[T]{Name: KindConstant, Cols: 1, Rows: rows, Scale: 1, Magic: true}, -1)
}

func (s *Set[T]) add(b eim.Block[T], vector int) {
	s.Table.Blocks = append(s.Table.Blocks, b)
	s.vector = append(s.vector, vector)
}

// addEntries adds the stored entries.
func (s *Set[T]) addEntries(ctx context.Context, rows [][]T, rowParts, colParts partition, threads int) error {
	s.entries = len(s.Table.Blocks)
	s.Multiplicity = s.multiplicities()
	top, err := largest(ctx, rows, KindEntry, threads)
	if err != nil {
		return err
	}
	if top == 0 {
		return &eim.ZeroError{Rows: len(rows)}
	}
	s.largest = top
	b := eim.Block[T]{
		Name: KindEntry, Cols: s.width(), Rows: rows, Scale: top,
		Weight: s.Multiplicity, Magic: true, Measure: true,
	}
	if n := rowParts.count() * colParts.count(); n > 1 {
		group := make([]int, b.Cols)
		s.pattern.Each(func(k, i, j int) { group[k] = rowParts.of(i)*colParts.count() + colParts.of(j) })
		if s.planes {
			copy(group[s.pattern.NNZ():], group[:s.pattern.NNZ()])
		}
		b.Scales = groupScales(rows, group, n)
	}
	s.add(b, -1)
	return nil
}

// width returns the number of entry columns.
func (s *Set[T]) width() int {
	if s.planes {
		return 2 * s.pattern.NNZ()
	}
	return s.pattern.NNZ()
}

// multiplicities returns those of the pattern, for both planes if there are two.
func (s *Set[T]) multiplicities() []float64 {
	w := s.pattern.Multiplicities()
	if s.planes && w != nil {
		w = append(w, w...)
	}
	return w
}

// EntryScale returns the largest modulus of an entry over all snapshots.
func (s *Set[T]) EntryScale() float64 { return s.largest }

// Entry returns the table's column of stored entry c (of 0..nnz-1, or 2·nnz-1
// for Hermitian families).
func (s *Set[T]) Entry(c int) eim.Feature { return eim.Feature{Block: s.entries, Col: c} }

// EntryColumn is the inverse of Entry; it is false for other features.
func (s *Set[T]) EntryColumn(f eim.Feature) (int, bool) { return f.Col, f.Block == s.entries }

// Describe says what a column of the table is.
func (s *Set[T]) Describe(f eim.Feature) Feature {
	d := Feature{Kind: s.Table.Blocks[f.Block].Name}
	switch d.Kind {
	case KindEntry:
		k := f.Col
		if n := s.pattern.NNZ(); k >= n {
			k, d.Imag = k-n, true
		}
		d.Row, d.Col = s.pattern.Position(k)
	case KindRowSum, KindPreserve:
		d.Row = f.Col
		if n := s.pattern.Rows; d.Row >= n {
			d.Row, d.Imag = d.Row-n, true
		}
		d.Vector = max(s.vector[f.Block], 0)
	}
	return d
}
