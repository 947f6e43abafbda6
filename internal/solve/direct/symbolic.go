package direct

import (
	"fmt"
	"math"

	"eimtool/internal/matrix"
	"eimtool/internal/solve/order"
)

// Kind is a kind of factorisation.
type Kind uint8

// The kinds. All but LU use one triangle of the matrix.
const (
	LU        Kind = iota // general
	Cholesky              // Hermitian positive definite: L·Lᴴ
	Symmetric             // real or complex symmetric: L·D·Lᵀ
	Hermitian             // L·D·Lᴴ
)

// String returns the name of the method.
func (k Kind) String() string {
	switch k {
	case LU:
		return "lu"
	case Cholesky:
		return "cholesky"
	default:
		return "ldl"
	}
}

// Symbolic is the analysis of one pattern for fronts that hold either one
// triangle or all of the matrix. It is not changed by use.
type Symbolic struct {
	pattern *matrix.Pattern
	tree    *order.Tree
	half    bool // fronts hold the lower triangle only
	// Row i of the matrix is row rowAt[i] in the order of the tree, column j is
	// column colAt[j], and colOf is the inverse of colAt.
	rowAt, colAt, colOf []int32
	oddColumns          bool // colAt differs from rowAt by an odd permutation
	// Entries of supernode s: items[itemPtr[s]:itemPtr[s+1]]; none for a dense
	// pattern, whose single front takes them as they come.
	itemPtr []int
	items   []item
	// Rows of supernode s below its own columns are rows rel[relPtr[s]+i] of
	// its parent's front.
	relPtr []int
	rel    []int32
	// Children of supernode s: child[childPtr[s]:childPtr[s+1]].
	childPtr []int32
	child    []int32
	parts    []part // of a solution, and the fronts above them
	above    []int
	work     []float64 // predicted operations of every front
	subtree  []float64 // and of the subtree below and with it
}

// item sends one stored value to a place of a front.
type item struct {
	value    int32 // place among the values; ^place for its mirror image
	row, col int32
}

// Analyse lays out the fronts of pattern p for the tree of its graph. With half
// the matrix must be symmetric or Hermitian: of a general pattern the entries
// on and below the diagonal are read. When columns is not nil, the tree is that
// of the matrix whose column columns[j] is column j of p; only for LU of general
// sparse patterns. It panics when p has 2³¹ entries or more.
func Analyse(p *matrix.Pattern, tree *order.Tree, half bool, columns []int32) *Symbolic {
	if !p.Dense && p.NNZ() > math.MaxInt32 {
		panic(fmt.Sprintf("direct: pattern of %d entries", p.NNZ()))
	}
	s := &Symbolic{pattern: p, tree: tree, half: half, rowAt: tree.Inverse, colAt: tree.Inverse, colOf: tree.Perm}
	if columns != nil {
		s.colAt = make([]int32, len(columns))
		for j, c := range columns {
			s.colAt[j] = tree.Inverse[c]
		}
		s.colOf = order.Invert(s.colAt)
		s.oddColumns = odd(columns)
	}
	s.relate()
	s.estimate()
	s.cutParts()
	if !p.Dense {
		s.place()
	}
	return s
}

// count returns the number of supernodes.
func (s *Symbolic) count() int { return len(s.tree.Super) - 1 }

// columns returns the number of columns of supernode f.
func (s *Symbolic) columns(f int) int { return int(s.tree.Super[f+1] - s.tree.Super[f]) }

// rows returns the rows of the front of supernode f, without delayed ones.
func (s *Symbolic) rows(f int) []int32 {
	return s.tree.RowIdx[s.tree.RowPtr[f]:s.tree.RowPtr[f+1]]
}

// relative returns the places of the rows below the columns of f in its parent.
func (s *Symbolic) relative(f int) []int32 { return s.rel[s.relPtr[f]:s.relPtr[f+1]] }

// children returns the children of supernode f, by increasing number.
func (s *Symbolic) children(f int) []int32 { return s.child[s.childPtr[f]:s.childPtr[f+1]] }

// relate fills the children and the relative indices.
func (s *Symbolic) relate() {
	m := s.count()
	s.childPtr = make([]int32, m+1)
	s.relPtr = make([]int, m+1)
	for f, p := range s.tree.SuperParent {
		if p >= 0 {
			s.childPtr[p+1]++
		}
		s.relPtr[f+1] = s.relPtr[f] + len(s.rows(f)) - s.columns(f)
	}
	for f := range m {
		s.childPtr[f+1] += s.childPtr[f]
	}
	s.child = make([]int32, s.childPtr[m])
	next := append([]int32(nil), s.childPtr...)
	s.rel = make([]int32, s.relPtr[m])
	for f, p := range s.tree.SuperParent {
		if p < 0 {
			continue
		}
		s.child[next[p]] = int32(f)
		next[p]++
		above, at := s.rows(int(p)), 0
		rel := s.relative(f)
		for i, r := range s.rows(f)[s.columns(f):] {
			for above[at] != r {
				at++
			}
			rel[i] = int32(at)
		}
	}
}

// estimate predicts the operations of the fronts.
func (s *Symbolic) estimate() {
	m := s.count()
	s.work, s.subtree = make([]float64, m), make([]float64, m)
	for f := range m {
		n := float64(len(s.rows(f)))
		for c := range s.columns(f) {
			d := n - float64(c)
			s.work[f] += d * d
		}
		if !s.half {
			s.work[f] *= 2
		}
		s.work[f] += 4 * n * n // assembly
		s.subtree[f] += s.work[f]
		if p := s.tree.SuperParent[f]; p >= 0 {
			s.subtree[p] += s.subtree[f]
		}
	}
}

// place computes the items: counted per supernode, then filled in the order of
// the stored entries.
func (s *Symbolic) place() {
	of := make([]int32, s.pattern.Rows)
	for f := range s.count() {
		for c := s.tree.Super[f]; c < s.tree.Super[f+1]; c++ {
			of[c] = int32(f)
		}
	}
	s.itemPtr = make([]int, s.count()+1)
	s.eachItem(func(_, i, j int32) { s.itemPtr[of[min(i, j)]+1]++ })
	for f := range s.count() {
		s.itemPtr[f+1] += s.itemPtr[f]
	}
	s.items = make([]item, s.itemPtr[s.count()])
	next := append([]int(nil), s.itemPtr...)
	s.eachItem(func(v, i, j int32) {
		f := of[min(i, j)]
		s.items[next[f]] = item{value: v, row: i, col: j}
		next[f]++
	})
	local := make([]int32, s.pattern.Rows)
	for f := range s.count() {
		for l, r := range s.rows(f) {
			local[r] = int32(l)
		}
		items := s.items[s.itemPtr[f]:s.itemPtr[f+1]]
		for k := range items {
			items[k].row, items[k].col = local[items[k].row], local[items[k].col]
		}
	}
}

// eachItem calls f with every value to assemble and its permuted position.
func (s *Symbolic) eachItem(f func(value, row, col int32)) {
	general := s.pattern.Symmetry == matrix.General
	s.pattern.Each(func(k, i, j int) {
		r, c, v := s.rowAt[i], s.colAt[j], int32(k)
		switch {
		case s.half && general && i < j:
		case s.half && r < c:
			f(^v, c, r)
		case s.half || general || i == j:
			f(v, r, c)
		default:
			f(v, r, c)
			f(^v, c, r)
		}
	})
}
