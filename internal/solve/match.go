package solve

import (
	"container/heap"
	"math"

	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
)

// matching scales a matrix so that a permutation of its columns has ones on
// the diagonal and nothing larger elsewhere: the permutation of largest product
// (Duff, Koster, SIAM J. Matrix Anal. 22(4), 2001), found by shortest augmenting
// paths; the scaling is its dual solution. Where equilibration fails, this
// often serves matrices whose elements differ by many decades.
type matching struct {
	p        *matrix.Pattern // both triangles
	cost     []float64       // log₂(largest of the column) - log₂|a|, +Inf for zeros
	peak     []float64       // log₂ of the largest of the columns
	u, v     []float64       // duals: cost ≥ u_i + v_j, equal for matched entries
	colOf    []int           // column matched with a row, -1 for none
	dist     []float64       // of the rows from the column to be matched
	from     []int           // column before a row on its shortest path
	final    []bool
	queue    rowQueue
	finished []int // rows that are final
}

// rowQueue is a heap of rows by distance, with stale ones among them.
type rowQueue []rowDistance

type rowDistance struct {
	d   float64
	row int
}

func (q rowQueue) Len() int { return len(q) }
func (q rowQueue) Less(i, j int) bool {
	return q[i].d < q[j].d || q[i].d == q[j].d && q[i].row < q[j].row
}
func (q rowQueue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *rowQueue) Push(x any)   { *q = append(*q, x.(rowDistance)) }
func (q *rowQueue) Pop() any {
	last := len(*q) - 1
	x := (*q)[last]
	*q = (*q)[:last]
	return x
}

// match returns the scaling of the matching of largest product. When the
// matrix is structurally singular, column is the first that no row is left
// for, otherwise it is -1.
func match[T scalar.Scalar](p *matrix.Pattern, a []T, symmetric bool) (s scaling, column int) {
	m := newMatching(p, moduli(a))
	for j := range m.p.Cols {
		if !m.augment(j) {
			return scaling{}, j
		}
	}
	return m.scaling(symmetric), -1
}

func newMatching(p *matrix.Pattern, mag []float64) *matching {
	if p.Symmetry != matrix.General {
		q := *p
		q.Symmetry = matrix.Symmetric
		if p.Dense && p.Symmetry == matrix.SkewSymmetric {
			q.Symmetry = matrix.SkewSymmetric // stores no diagonal
		}
		e := (&matrix.Matrix{Pattern: &q, Values: matrix.Values{Real: mag}}).Expand()
		p, mag = e.Pattern, e.Real
	}
	n := p.Rows
	m := &matching{
		p: p, cost: make([]float64, p.NNZ()), peak: make([]float64, n), u: make([]float64, n), v: make([]float64, n),
		colOf: make([]int, n), dist: make([]float64, n), from: make([]int, n), final: make([]bool, n),
	}
	for i := range n {
		m.colOf[i], m.u[i], m.dist[i] = -1, math.Inf(1), math.Inf(1)
	}
	for j := range n {
		lo, hi := p.Column(j)
		m.peak[j] = math.Inf(-1)
		for k := lo; k < hi; k++ {
			m.cost[k] = -math.Log2(math.Abs(mag[k]))
			m.peak[j] = max(m.peak[j], -m.cost[k])
		}
		for k := lo; k < hi; k++ {
			if m.cost[k] += m.peak[j]; m.cost[k] != m.cost[k] { // an all-zero column
				m.cost[k] = math.Inf(1)
			}
			m.u[p.Row(k, j)] = min(m.u[p.Row(k, j)], m.cost[k])
		}
	}
	return m
}

// augment matches column j and updates the duals; false when it cannot.
func (m *matching) augment(j int) bool {
	m.queue, m.finished = m.queue[:0], m.finished[:0]
	var touched []int
	path, best, end := 0.0, math.Inf(1), -1
	m.v[j] = m.least(j)
	for at := j; ; {
		lo, hi := m.p.Column(at)
		for k := lo; k < hi; k++ {
			i := m.p.Row(k, at)
			d := path + math.Max(0, m.cost[k]-m.u[i]-m.v[at])
			if m.final[i] || !(d < best) || !(d < m.dist[i]) {
				continue
			}
			m.dist[i], m.from[i] = d, at
			touched = append(touched, i)
			if m.colOf[i] < 0 {
				best, end = d, i
			} else {
				heap.Push(&m.queue, rowDistance{d, i})
			}
		}
		i := m.next()
		if i < 0 || m.dist[i] >= best {
			break
		}
		m.final[i] = true
		m.finished = append(m.finished, i)
		path, at = m.dist[i], m.colOf[i]
	}
	if end >= 0 {
		m.update(j, end, best)
	}
	for _, i := range touched {
		m.dist[i], m.final[i] = math.Inf(1), false
	}
	return end >= 0
}

// least returns the smallest cost - u of column j, 0 when it has none.
func (m *matching) least(j int) float64 {
	lo, hi := m.p.Column(j)
	v := math.Inf(1)
	for k := lo; k < hi; k++ {
		if c := m.cost[k]; !math.IsInf(c, 1) {
			v = min(v, c-m.u[m.p.Row(k, j)])
		}
	}
	if math.IsInf(v, 1) {
		return 0
	}
	return v
}

// next returns the nearest row that is not final, -1 for none.
func (m *matching) next() int {
	for m.queue.Len() > 0 {
		r := heap.Pop(&m.queue).(rowDistance)
		if !m.final[r.row] && r.d == m.dist[r.row] {
			return r.row
		}
	}
	return -1
}

// update shifts the duals by what the path to row end costs and turns the path.
func (m *matching) update(j, end int, cost float64) {
	for _, i := range m.finished {
		m.v[m.colOf[i]] += cost - m.dist[i]
		m.u[i] -= cost - m.dist[i]
	}
	m.v[j] += cost
	for i := end; ; {
		at := m.from[i]
		if at == j {
			m.colOf[i] = j
			return
		}
		next := m.rowOf(at)
		m.colOf[i] = at
		i = next
	}
}

// rowOf returns the row matched with column j.
func (m *matching) rowOf(j int) int {
	lo, hi := m.p.Column(j)
	for k := lo; k < hi; k++ {
		if i := m.p.Row(k, j); m.colOf[i] == j && m.final[i] {
			return i
		}
	}
	panic("solve: no row on the path")
}

// scaling returns the duals as powers of two; a symmetric scaling takes the
// means of row and column exponents.
func (m *matching) scaling(symmetric bool) scaling {
	n := m.p.Rows
	s := scaling{row: make([]float64, n), col: make([]float64, n)}
	for i := range n {
		r, c := m.u[i], m.v[i]-m.peak[i]
		if symmetric {
			r = (r + c) / 2
			c = r
		}
		s.row[i], s.col[i] = power(r), power(c)
	}
	return s
}

// power returns 2 to the nearest allowed integer of e.
func power(e float64) float64 {
	return math.Ldexp(1, int(math.RoundToEven(math.Max(-maxExponent, math.Min(maxExponent, e)))))
}
