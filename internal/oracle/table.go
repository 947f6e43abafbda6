package oracle

import (
	"eimtool/internal/dense"
	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
)

// table is [2^-aExp·A | 2^-bExp·B] in Gaussian integers, and after elimination
// what is left of it.
type table struct {
	cell       [][]gauss
	order      int // columns of A; those of B follow
	aExp, bExp int
	pivot      gauss // the last one: plus or minus a minor of A
	odd        bool  // an odd number of interchanges was made
	colAt      []int // the column of A that is now in place j
}

// newTable returns the table of op(A) and B; B may be nil.
func newTable[T scalar.Scalar](p *matrix.Pattern, a []T, b *dense.Matrix[T], op matrix.Op) *table {
	rows, cols := p.Rows, p.Cols
	if op != matrix.NoTranspose {
		rows, cols = cols, rows
	}
	t := &table{order: cols, aExp: lowestExponent(a), colAt: make([]int, cols)}
	width := cols
	if b != nil {
		width += b.Cols
		t.bExp = lowestExponent(b.Data)
	}
	t.cell = make([][]gauss, rows)
	for i := range rows {
		t.cell[i] = make([]gauss, width)
		for j := range t.cell[i] {
			t.cell[i][j] = newGauss()
		}
	}
	for j := range cols {
		t.colAt[j] = j
	}
	eachFull(p, a, func(i, j int, v T) {
		if op != matrix.NoTranspose {
			i, j = j, i
		}
		if op == matrix.ConjTranspose {
			v = scalar.Conj(v)
		}
		t.cell[i][j] = gaussOf(v, t.aExp)
	})
	for i := 0; b != nil && i < rows; i++ {
		for c, v := range b.Row(i) {
			t.cell[i][cols+c] = gaussOf(v, t.bExp)
		}
	}
	return t
}

func gaussOf[T scalar.Scalar](v T, exponent int) gauss {
	return gauss{integer(scalar.Real(v), exponent), integer(scalar.Imag(v), exponent)}
}

// eliminate runs fraction-free elimination with full pivoting and returns the
// rank of A. With jordan set the rows above the pivot are reduced too: at full
// rank A has become pivot·I and column j of B holds pivot times the solution
// number j, its row i belonging to unknown colAt[i].
func (t *table) eliminate(jordan bool) int {
	previous := gauss{integer(1, 0), integer(0, 0)}
	t.pivot = previous
	rank := 0
	for ; rank < min(len(t.cell), t.order); rank++ {
		i, j := t.nextPivot(rank)
		if i < 0 {
			break
		}
		t.interchange(rank, i, j)
		t.pivot = t.cell[rank][rank]
		for r := range t.cell {
			if r > rank || jordan && r < rank {
				t.reduce(r, rank, previous)
			}
		}
		previous = t.pivot
	}
	return rank
}

// nextPivot returns the nonzero of the rest with the fewest bits, -1 without one.
func (t *table) nextPivot(from int) (row, col int) {
	row, best := -1, 0
	for i := from; i < len(t.cell); i++ {
		for j := from; j < t.order; j++ {
			z := t.cell[i][j]
			if bits := max(z.re.BitLen(), z.im.BitLen()); bits > 0 && (row < 0 || bits < best) {
				row, col, best = i, j, bits
			}
		}
	}
	return row, col
}

// interchange brings entry (i, j) to the diagonal position k.
func (t *table) interchange(k, i, j int) {
	if i != k {
		t.cell[i], t.cell[k] = t.cell[k], t.cell[i]
		t.odd = !t.odd
	}
	if j != k {
		for _, row := range t.cell {
			row[j], row[k] = row[k], row[j]
		}
		t.colAt[j], t.colAt[k] = t.colAt[k], t.colAt[j]
		t.odd = !t.odd
	}
}

// reduce replaces row r by (pivot·row_r - c_rk·row_k) / previous, all columns
// but those of earlier pivots, in which only the diagonal changes.
func (t *table) reduce(r, k int, previous gauss) {
	factor := t.cell[r][k]
	row, top := t.cell[r], t.cell[k]
	if r < k {
		row[r] = t.pivot
	}
	for j := k; j < len(row); j++ {
		row[j] = minor(t.pivot, row[j], factor, top[j], previous)
	}
}
