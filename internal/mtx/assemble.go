package mtx

import (
	"context"
	"math"
	"math/cmplx"
	"slices"
	"sync/atomic"

	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
)

// assembly turns triplets into compressed columns.
type assembly struct {
	triplets
	header  *header
	threads int
	compact *Compact // sizes to use instead of the header's, may be nil
	clash   int      // first entry that cannot be combined with earlier ones, at least n when there is none
}

const (
	overflowText  = "sum of duplicates is out of range: overflow of float64"
	mirrorText    = "the same entry of a symmetric kind is given in both triangles, as (i, j) and as (j, i)"
	imaginaryText = "imaginary part on the diagonal of a hermitian matrix"
	assembleStep  = 1 << 16 // entries or columns per unit of parallel work
)

// clashText describes the clash.
func (a *assembly) clashText() string {
	if a.clashMirror() {
		return mirrorText
	}
	return overflowText
}

// clashMirror reports whether an earlier entry is the mirror image of the clash.
func (a *assembly) clashMirror() bool {
	i, j := a.rows[a.clash], a.cols[a.clash]
	for k := range a.clash {
		if i != j && a.rows[k] == j && a.cols[k] == i {
			return true
		}
	}
	return false
}

// size returns rows and columns of the matrix.
func (a *assembly) size() (rows, cols int) {
	if a.compact != nil {
		return len(a.compact.Rows), len(a.compact.Cols)
	}
	return a.header.Rows, a.header.Cols
}

// build makes the pattern and brings the values into its order.
func (a *assembly) build(ctx context.Context) (*Order, error) {
	n := len(a.rows)
	a.clash = n
	rows, cols := a.size()
	p := &matrix.Pattern{Rows: rows, Cols: cols, Symmetry: a.header.storage}
	canonical, mirrored, err := a.inspect(ctx)
	if err != nil {
		return nil, err
	}
	o := &Order{Pattern: p, rows: a.rows, cols: a.cols}
	if canonical {
		p.RowIdx = a.rows
		p.ColPtr, err = columnStarts(ctx, a.cols, cols, a.threads)
		return o, err
	}
	s, err := a.sortEntries(ctx, cols, mirrored)
	if err != nil {
		return nil, err
	}
	p.ColPtr, p.RowIdx = s.colPtr, make([]int32, s.colPtr[cols])
	o.slot, o.duplicates = make([]uint32, n), len(p.RowIdx) < n
	var values matrix.Values
	if a.values.Complex != nil {
		values.Complex, err = gather(ctx, a, s, p, o.slot, a.values.Complex, finiteComplex)
	} else {
		values.Real, err = gather(ctx, a, s, p, o.slot, a.values.Real, finiteReal)
	}
	a.values = values
	if mirrored {
		o.rows, o.cols, o.slot = nil, nil, nil // values would have to be mirrored again
	}
	return o, err
}

func finiteReal(x float64) bool { return x-x == 0 }

func finiteComplex(x complex128) bool { return !cmplx.IsNaN(x) && !cmplx.IsInf(x) }

// inspect reports whether the entries are already in the order of compressed
// columns, each once, and whether some lie above the diagonal of a symmetric
// kind.
func (a *assembly) inspect(ctx context.Context) (canonical, mirrored bool, err error) {
	var disorder, upper atomic.Bool
	symmetric := a.header.storage != matrix.General
	err = scalar.Blocks(ctx, len(a.rows), assembleStep, a.threads, func(_, lo, hi int) {
		previous := int64(-1)
		if lo > 0 {
			previous = int64(a.cols[lo-1])<<32 | int64(a.rows[lo-1])
		}
		sorted := true
		rows, cols := a.rows[lo:hi], a.cols[lo:hi]
		for k, i := range rows {
			key := int64(cols[k])<<32 | int64(i)
			sorted = sorted && key > previous
			previous = key
			if symmetric && i < cols[k] {
				upper.Store(true)
			}
		}
		if !sorted {
			disorder.Store(true)
		}
	})
	return !disorder.Load() && !upper.Load(), upper.Load(), err
}

// columnStarts returns the column pointers of entries sorted by column.
func columnStarts(ctx context.Context, entryCols []int32, cols, threads int) ([]int, error) {
	ptr := make([]int, cols+1)
	n := len(entryCols)
	err := scalar.Blocks(ctx, n, assembleStep, threads, func(_, lo, hi int) {
		previous := -1 // the last column whose start is set
		if lo > 0 {
			previous = int(entryCols[lo-1])
		}
		for k := lo; k < hi; k++ {
			for c := int(entryCols[k]); previous < c; {
				previous++
				ptr[previous] = k
			}
		}
	})
	last := -1
	if n > 0 {
		last = int(entryCols[n-1])
	}
	for c := last + 1; c <= cols; c++ {
		ptr[c] = n
	}
	return ptr, err
}

// sorted holds the entries grouped by column.
type sorted struct {
	start  []int    // of each column in keys
	keys   []uint64 // row<<32 | entry, increasing within a column
	colPtr []int    // column pointers with duplicates taken together
}

// sortEntries groups the entries by column in file order, a counting sort, and
// sorts each column by row and file order.
func (a *assembly) sortEntries(ctx context.Context, cols int, mirrored bool) (*sorted, error) {
	n := len(a.rows)
	if uint64(n) > math.MaxUint32 {
		return nil, &ParseError{Line: a.header.line, Msg: "more than 2^32 entries that are not sorted by column"}
	}
	s := &sorted{start: make([]int, cols+1), keys: make([]uint64, n), colPtr: make([]int, cols+1)}
	if err := a.group(ctx, s, cols, mirrored); err != nil {
		return nil, err
	}
	err := scalar.Blocks(ctx, cols, columnStep(n, cols), a.threads, func(_, lo, hi int) {
		for j := lo; j < hi; j++ {
			column := s.keys[s.start[j]:s.start[j+1]]
			if !slices.IsSorted(column) {
				slices.Sort(column)
			}
			distinct := 0
			for k, key := range column {
				if k == 0 || key>>32 != column[k-1]>>32 {
					distinct++
				}
			}
			s.colPtr[j+1] = distinct
		}
	})
	for j := range cols {
		s.colPtr[j+1] += s.colPtr[j]
	}
	return s, err
}

// group groups the entries by column in file order. Stretches of entries are
// counted and placed at the same time, each with its own counters; the places do
// not depend on their number.
func (a *assembly) group(ctx context.Context, s *sorted, cols int, mirrored bool) error {
	n := len(a.rows)
	stretches := max(1, min(a.threads, n/(4*cols+1)))
	counts := make([]uint32, stretches*cols)
	step := (n + stretches - 1) / stretches
	err := scalar.Blocks(ctx, n, step, a.threads, func(b, lo, hi int) {
		count := counts[b*cols : (b+1)*cols]
		for k := lo; k < hi; k++ {
			j := a.cols[k]
			if mirrored {
				j = min(j, a.rows[k])
			}
			count[j]++
		}
	})
	if err != nil {
		return err
	}
	at := uint32(0)
	for j := range cols {
		s.start[j] = int(at)
		for c := j; c < len(counts); c += cols {
			counts[c], at = at, at+counts[c]
		}
	}
	s.start[cols] = n
	return scalar.Blocks(ctx, n, step, a.threads, func(b, lo, hi int) {
		next := counts[b*cols : (b+1)*cols]
		for k := lo; k < hi; k++ {
			i, j := a.rows[k], a.cols[k]
			if mirrored && i < j {
				i, j = j, i
			}
			s.keys[next[j]] = uint64(i)<<32 | uint64(k)
			next[j]++
		}
	})
}

// columnStep returns how many columns hold about assembleStep entries.
func columnStep(n, cols int) int {
	return max(1, int(float64(assembleStep)*float64(cols)/float64(max(n, 1))))
}

// gather fills the rows of p, the slot of every entry and the values in the
// order of p, duplicates summed in file order. The lowest entry that clashes
// with earlier ones is kept in a.clash.
func gather[T scalar.Scalar](ctx context.Context, a *assembly, s *sorted, p *matrix.Pattern, slot []uint32, v []T, finite func(T) bool) ([]T, error) {
	out := make([]T, len(p.RowIdx))
	symmetry := a.header.storage
	clashes := make([]int, scalar.BlockCount(p.Cols, columnStep(len(v), p.Cols)))
	err := scalar.Blocks(ctx, p.Cols, columnStep(len(v), p.Cols), a.threads, func(b, lo, hi int) {
		clashes[b] = len(v)
		for j := lo; j < hi; j++ {
			at := s.colPtr[j] - 1
			previous := int32(-1)
			var above bool // whether the first entry at this position is above the diagonal
			for _, key := range s.keys[s.start[j]:s.start[j+1]] {
				k := int(key & math.MaxUint32)
				i := int32(key >> 32)
				upper := symmetry != matrix.General && a.rows[k] < a.cols[k]
				x := v[k]
				if upper {
					x = matrix.Mirror(symmetry, x)
				}
				if i != previous {
					at++
					previous, above = i, upper
					p.RowIdx[at], out[at] = i, x
				} else {
					out[at] += x
					if upper != above || !finite(out[at]) {
						clashes[b] = min(clashes[b], k)
					}
				}
				slot[k] = uint32(at)
			}
		}
	})
	for _, k := range clashes {
		a.clash = min(a.clash, k)
	}
	return out, err
}

// apply returns the matrix with values v in file order. An entry at which a sum
// of duplicates overflows is returned, otherwise -1.
func (o *Order) apply(ctx context.Context, v matrix.Values, threads int) (*matrix.Matrix, int, error) {
	m := &matrix.Matrix{Pattern: o.Pattern, Values: v}
	if o.slot == nil {
		return m, -1, nil
	}
	var err error
	clash := -1
	if v.Complex != nil {
		m.Complex, clash, err = scatter(ctx, o, v.Complex, finiteComplex, threads)
	} else {
		m.Real, clash, err = scatter(ctx, o, v.Real, finiteReal, threads)
	}
	return m, clash, err
}

// scatter brings values from file order into the order of the pattern.
func scatter[T scalar.Scalar](ctx context.Context, o *Order, v []T, finite func(T) bool, threads int) ([]T, int, error) {
	out := make([]T, len(o.Pattern.RowIdx))
	if !o.duplicates {
		err := scalar.Blocks(ctx, len(v), assembleStep, threads, func(_, lo, hi int) {
			slot := o.slot[lo:hi]
			for k, x := range v[lo:hi] {
				out[slot[k]] = x
			}
		})
		return out, -1, err
	}
	set := make([]bool, len(out)) // a first value of -0 must not be added to +0
	for k, x := range v {
		at := o.slot[k]
		if !set[at] {
			set[at], out[at] = true, x
			continue
		}
		out[at] += x
		if !finite(out[at]) {
			return nil, k, nil
		}
	}
	return out, -1, ctx.Err()
}
