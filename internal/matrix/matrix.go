// Package matrix holds sparse and dense matrices as a pattern and its values:
// the snapshots of one family share one pattern. It gives products, sums, norms
// and distances, with symmetric storage (one triangle) understood
// everywhere. It neither reads files nor solves systems.
package matrix

import (
	"fmt"
	"sort"
)

// Symmetry says which part of a matrix is stored.
type Symmetry uint8

// The symmetries of the Matrix Market format. All but General store the lower
// triangle, SkewSymmetric usually without the diagonal.
const (
	General       Symmetry = iota
	Symmetric              // A = Aᵀ
	SkewSymmetric          // A = -Aᵀ
	Hermitian              // A = Aᴴ
)

// String returns the Matrix Market word.
func (s Symmetry) String() string {
	switch s {
	case General:
		return "general"
	case Symmetric:
		return "symmetric"
	case SkewSymmetric:
		return "skew-symmetric"
	case Hermitian:
		return "hermitian"
	}
	return fmt.Sprintf("Symmetry(%d)", uint8(s))
}

// Pattern is the set of stored positions, in compressed columns: column j
// holds rows RowIdx[ColPtr[j]:ColPtr[j+1]], strictly increasing. A dense
// pattern (Dense true) stores no indices: all rows of every column or, with a
// symmetry, the rows i ≥ j (skew-symmetric: i > j) of column j. Indices are
// 0-based. A pattern is never changed once built: snapshots share it.
type Pattern struct {
	Rows, Cols int
	Symmetry   Symmetry
	Dense      bool
	ColPtr     []int
	RowIdx     []int32
}

// NNZ returns the number of stored entries.
func (p *Pattern) NNZ() int {
	if !p.Dense {
		return p.ColPtr[p.Cols]
	}
	return p.start(p.Cols)
}

// start returns the position of the first entry of column j.
func (p *Pattern) start(j int) int {
	if !p.Dense {
		return p.ColPtr[j]
	}
	switch p.Symmetry {
	case General:
		return j * p.Rows
	case SkewSymmetric:
		return j*p.Rows - j*(j+1)/2
	default:
		return j*p.Rows - j*(j-1)/2
	}
}

// first returns the lowest row that a dense pattern stores in column j.
func (p *Pattern) first(j int) int {
	switch p.Symmetry {
	case General:
		return 0
	case SkewSymmetric:
		return j + 1
	default:
		return j
	}
}

// Column returns the range [lo, hi) of the positions of column j.
func (p *Pattern) Column(j int) (lo, hi int) { return p.start(j), p.start(j + 1) }

// Row returns the row of position k, which must lie in column j.
func (p *Pattern) Row(k, j int) int {
	if !p.Dense {
		return int(p.RowIdx[k])
	}
	return p.first(j) + k - p.start(j)
}

// Position returns row and column of stored position k.
func (p *Pattern) Position(k int) (i, j int) {
	j = sort.Search(p.Cols, func(c int) bool { return p.start(c+1) > k })
	return p.Row(k, j), j
}

// Find returns the stored position of entry (i, j), false when it is not
// stored. For symmetric kinds (i, j) must be in the lower triangle.
func (p *Pattern) Find(i, j int) (int, bool) {
	if i < 0 || j < 0 || i >= p.Rows || j >= p.Cols {
		return 0, false
	}
	if p.Dense {
		f := p.first(j)
		return p.start(j) + i - f, i >= f
	}
	lo, hi := p.Column(j)
	k := lo + sort.Search(hi-lo, func(k int) bool { return int(p.RowIdx[lo+k]) >= i })
	return k, k < hi && int(p.RowIdx[k]) == i
}

// Each calls f with every stored entry in column-major order.
func (p *Pattern) Each(f func(k, i, j int)) {
	k := 0
	for j := range p.Cols {
		_, hi := p.Column(j)
		if p.Dense {
			for i := p.first(j); i < p.Rows; i++ {
				f(k, i, j)
				k++
			}
			continue
		}
		for ; k < hi; k++ {
			f(k, int(p.RowIdx[k]), j)
		}
	}
}

// Equal reports whether p and q hold the same positions in the same storage.
func (p *Pattern) Equal(q *Pattern) bool {
	if p == q {
		return true
	}
	if p.Rows != q.Rows || p.Cols != q.Cols || p.Symmetry != q.Symmetry || p.Dense != q.Dense {
		return false
	}
	if p.Dense {
		return true
	}
	if len(p.RowIdx) != len(q.RowIdx) {
		return false
	}
	for j, v := range p.ColPtr {
		if q.ColPtr[j] != v {
			return false
		}
	}
	for k, v := range p.RowIdx {
		if q.RowIdx[k] != v {
			return false
		}
	}
	return true
}

// Values holds one number per stored position: Real or Complex, never both.
type Values struct {
	Real    []float64
	Complex []complex128
}

// Len returns the number of values.
func (v Values) Len() int {
	if v.Complex != nil {
		return len(v.Complex)
	}
	return len(v.Real)
}

// IsComplex reports whether the values are complex.
func (v Values) IsComplex() bool { return v.Complex != nil }

// At returns value k as a complex number.
func (v Values) At(k int) complex128 {
	if v.Complex != nil {
		return v.Complex[k]
	}
	return complex(v.Real[k], 0)
}

// Matrix is a pattern with its values.
type Matrix struct {
	*Pattern
	Values
}
