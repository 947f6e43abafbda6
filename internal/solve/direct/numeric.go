package direct

import (
	"context"
	"sync"

	"eimtool/internal/scalar"
	"eimtool/internal/solve/kernel"
)

// Matrix is what is factorised: the values of the pattern, R and C.
type Matrix[T scalar.Scalar] struct {
	Values   []T
	Row, Col []float64 // the diagonals of R and C, in the order of the matrix
}

// Rules steer a factorisation.
type Rules struct {
	Kind    Kind
	Tau     float64 // pivot threshold of kernel.Pivoting
	Small   float64 // largest modulus that counts as zero
	Threads int
}

// node is the factor of one front: of its m rows and columns the first c are
// eliminated.
type node[T scalar.Scalar] struct {
	m, c   int
	lower  []T // m×c by columns: L, for LU with U₁₁ in the upper triangle
	upper  []T // c×(m-c) by columns: U₁₂ of LU
	d      []T // 2·c: D as kernel.Pivots has it
	rowIDs []int32
	colIDs []int32 // the same slice as rowIDs but for LU
	first  int     // place of the first pivot in the order of elimination
	block  []T     // contribution block until the parent takes it
	pooled bool    // block belongs to the pool, not to a stack

	ownLower, ownUpper, ownD []T // storage beyond what was predicted
	ownRows, ownCols         []int32
}

// Numeric is one factorisation. Factorise may be called again, with storage
// reused; Solve may be called by several goroutines at once.
type Numeric[T scalar.Scalar] struct {
	sym    *Symbolic
	rules  Rules
	set    *kernel.Set[T]
	nodes  []node[T]
	store  []T   // factors of predicted size
	at     []int // node f has store[at[f]:at[f+1]]
	ids    []int32
	diag   []T       // D
	row    []float64 // scalings in the order of the tree
	col    []float64
	rowPos []int32 // place of a permuted row in the order of elimination
	colPos []int32
	state  *run[T]
	stats  Stats

	spareMu sync.Mutex
	spare   []*inverter[T] // storage of former inversions
}

// Stats describes a factorisation.
type Stats struct {
	NNZ        int // entries of the factor
	Flops      float64
	Delayed    int // columns passed on to a parent, counted every time
	Relaxed    int // pivots below the threshold, in roots
	Bytes      int // of the factor
	FrontBytes int // largest workspace at a time: fronts and contribution blocks
}

// NewNumeric prepares factorisations with s.
func NewNumeric[T scalar.Scalar](s *Symbolic) *Numeric[T] {
	n := &Numeric[T]{sym: s, set: kernel.Default[T](), nodes: make([]node[T], s.count()), at: make([]int, s.count()+1)}
	for f := range s.count() {
		m, k := len(s.rows(f)), s.columns(f)
		n.at[f+1] = n.at[f] + m*k
		if !s.half {
			n.at[f+1] += (m - k) * k
		}
	}
	n.store = make([]T, n.at[s.count()])
	n.row, n.col = make([]float64, s.pattern.Rows), make([]float64, s.pattern.Rows)
	return n
}

// PivotError says that no pivot was found: column Column (of the matrix) and
// those after it could not be eliminated. Of Cholesky it means that the matrix
// is not positive definite.
type PivotError struct {
	Column int
	Kind   Kind
}

func (e *PivotError) Error() string { return "direct: " + e.Kind.String() + " found no pivot" }

// Factorise factorises R·A·C. Cholesky and the symmetric kinds need a Symbolic
// of one triangle and equal R and C, LU one of the whole. The error is a
// *PivotError or ctx's; the factor is then of no use, but may be tried again.
func (n *Numeric[T]) Factorise(ctx context.Context, a Matrix[T], r Rules) error {
	if n.sym.half != (r.Kind != LU) {
		panic("direct: kind does not fit the analysis")
	}
	r.Threads = scalar.Threads(r.Threads)
	n.rules, n.stats = r, Stats{}
	for k, old := range n.sym.tree.Perm {
		n.row[k], n.col[k] = a.Row[old], a.Col[n.sym.colOf[k]]
	}
	if n.state == nil || len(n.state.workers) != r.Threads {
		n.state = newRun(n)
	}
	if r.Kind != Cholesky && n.ids == nil {
		sets := 1
		if r.Kind == LU {
			sets = 2
		}
		n.ids = make([]int32, sets*len(n.sym.tree.RowIdx))
	}
	if (r.Kind == Symmetric || r.Kind == Hermitian) && n.diag == nil {
		n.diag = make([]T, 2*n.sym.pattern.Rows)
	}
	if err := n.state.factorise(ctx, a); err != nil {
		return err
	}
	n.arrange()
	n.summarise()
	return nil
}

// arrange numbers the pivots in the order of elimination and turns the row and
// column identities of every front into these numbers.
func (n *Numeric[T]) arrange() {
	place := 0
	for f := range n.nodes {
		n.nodes[f].first = place
		place += n.nodes[f].c
	}
	if n.rules.Kind == Cholesky {
		return
	}
	n.rowPos = resize(n.rowPos, place)
	n.colPos = n.rowPos
	if n.rules.Kind == LU {
		n.colPos = resize(n.colPos, place)
		if place > 0 && &n.colPos[0] == &n.rowPos[0] {
			n.colPos = make([]int32, place)
		}
	}
	for f := range n.nodes {
		v := &n.nodes[f]
		for p := range v.c {
			n.rowPos[v.rowIDs[p]] = int32(v.first + p)
			n.colPos[v.colIDs[p]] = int32(v.first + p)
		}
	}
	for f := range n.nodes {
		v := &n.nodes[f]
		translate(v.rowIDs, n.rowPos)
		if n.rules.Kind == LU {
			translate(v.colIDs, n.colPos)
		}
	}
}

func translate(ids, pos []int32) {
	for i, id := range ids {
		ids[i] = pos[id]
	}
}

// resize returns s with length n, its contents undefined.
func resize[E any](s []E, n int) []E {
	if cap(s) < n {
		return make([]E, n)
	}
	return s[:n]
}

// Stats describes the factorisation.
func (n *Numeric[T]) Stats() Stats { return n.stats }

func (n *Numeric[T]) summarise() {
	st := &n.stats
	size := 8
	if scalar.IsComplex[T]() {
		size = 16
	}
	for f := range n.nodes {
		v := &n.nodes[f]
		st.NNZ += v.c*(v.c+1)/2 + (v.m-v.c)*v.c
		if n.rules.Kind == LU {
			st.NNZ += v.c*(v.c-1)/2 + (v.m-v.c)*v.c
		}
		for p := range v.c {
			r := float64(v.m - p - 1)
			if n.rules.Kind == LU {
				st.Flops += 2*r*r + r
			} else {
				st.Flops += r*r + 2*r + 1
			}
		}
		st.Bytes += size * (cap(v.ownLower) + cap(v.ownUpper) + cap(v.ownD))
	}
	st.Bytes += size*(len(n.store)+len(n.diag)) + 4*len(n.ids)
	st.Delayed, st.Relaxed = n.state.delayed(), n.state.relaxed()
	st.FrontBytes = size * n.state.bytes.peak()
}
