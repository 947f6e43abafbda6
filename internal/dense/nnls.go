package dense

import (
	"math"
	"slices"
)

// NNLS returns the x ≥ 0 (n) that minimises |b - Σ x_j·a_j|, where the m-vector
// a_j is row j of columns (n×m), and the ascending indices of its positive
// elements. start, which may be nil, are columns to begin with, such as those of
// a solution of a similar problem. len(b) = m. The error is a *NonFiniteError.
//
// It is the active-set method of Lawson and Hanson (Solving Least Squares
// Problems, 1974, chapter 23) with an orthonormal basis that is updated when a
// column enters or leaves. A column may enter when its product with the residual
// is above 1e-10 times the largest with b, the largest product first and the
// lowest index among equals. Columns that depend on those in use to 1e-11 of
// themselves stay out.
func NNLS(columns *Matrix[float64], b []float64, start []int) (x []float64, support []int, err error) {
	if columns.Cols != len(b) {
		panic("dense: shapes do not fit")
	}
	if err := checkFinite(columns, &Matrix[float64]{Rows: len(b), Cols: 1, Data: b}); err != nil {
		return nil, nil, err
	}
	s := newActiveSet(columns, b)
	s.begin(start)
	blocked := make([]bool, columns.Rows)
	for range 3*columns.Rows + 30 {
		j := s.candidate(blocked)
		if j < 0 {
			break
		}
		if !s.enter(j) {
			blocked[j] = true
			continue
		}
		if z := s.solve(); z[len(z)-1] <= 0 {
			// The product was positive only by rounding.
			s.leave(len(s.used) - 1)
			blocked[j] = true
			continue
		}
		s.descend()
		clear(blocked)
	}
	x = make([]float64, columns.Rows)
	for k, j := range s.used {
		x[j] = s.x[k]
	}
	support = slices.Clone(s.used)
	slices.Sort(support)
	return x, support, nil
}

// activeSet holds the columns in use, A_used = Q·R, and the current point.
type activeSet struct {
	columns  *Matrix[float64]
	b        []float64
	used     []int       // columns in use, in the order in which they entered
	in       []bool      // whether a column is in use
	x        []float64   // values of the columns in use
	q        [][]float64 // columns of Q
	r        [][]float64 // columns of R: column k has k+1 elements
	qb       []float64   // Qᵀ·b
	least    float64     // smallest product with the residual that lets a column in
	residual []float64
}

const (
	nnlsDual      = 1e-10
	nnlsDependent = 1e-11
)

func newActiveSet(columns *Matrix[float64], b []float64) *activeSet {
	s := &activeSet{columns: columns, b: b, in: make([]bool, columns.Rows), residual: slices.Clone(b)}
	for j := range columns.Rows {
		s.least = max(s.least, math.Abs(Dotc(columns.Row(j), b)))
	}
	s.least *= nnlsDual
	return s
}

// begin enters the columns of start and drops those with negative values.
func (s *activeSet) begin(start []int) {
	for _, j := range start {
		if !s.in[j] {
			s.enter(j)
		}
	}
	for len(s.used) > 0 {
		z := s.solve()
		k := 0
		for i, v := range z {
			if v < z[k] {
				k = i
			}
		}
		if z[k] > 0 {
			copy(s.x, z)
			break
		}
		s.leave(k)
	}
}

// candidate returns the column to enter next, or -1 at the solution. It also
// computes the residual.
func (s *activeSet) candidate(blocked []bool) int {
	copy(s.residual, s.b)
	for range 2 { // the second pass removes what rounding left
		for _, q := range s.q {
			Axpy(-Dotc(q, s.residual), q, s.residual)
		}
	}
	best, most := -1, s.least
	for j := range s.columns.Rows {
		if s.in[j] || blocked[j] {
			continue
		}
		if w := Dotc(s.columns.Row(j), s.residual); w > most {
			best, most = j, w
		}
	}
	return best
}

// enter appends column j with value 0, unless it depends on those in use.
func (s *activeSet) enter(j int) bool {
	p := len(s.used)
	if p == len(s.b) {
		return false
	}
	v, r := slices.Clone(s.columns.Row(j)), make([]float64, p+1)
	norm := Norm(v)
	for range 2 {
		for k, q := range s.q {
			d := Dotc(q, v)
			r[k] += d
			Axpy(-d, q, v)
		}
	}
	r[p] = Norm(v)
	if r[p] <= nnlsDependent*norm {
		return false
	}
	Scale(1/r[p], v)
	s.used, s.x = append(s.used, j), append(s.x, 0)
	s.q, s.r = append(s.q, v), append(s.r, r)
	s.qb = append(s.qb, Dotc(v, s.b))
	s.in[j] = true
	return true
}

// leave removes the column at position k: rotations of rows k, k+1, ... make R
// triangular again.
func (s *activeSet) leave(k int) {
	s.in[s.used[k]] = false
	s.used, s.x = slices.Delete(s.used, k, k+1), slices.Delete(s.x, k, k+1)
	s.r = slices.Delete(s.r, k, k+1)
	last := len(s.used)
	for i := k; i < last; i++ {
		// Column i now has i+2 elements.
		c, sn, d := givens(s.r[i][i], s.r[i][i+1])
		s.r[i][i] = d
		s.r[i] = s.r[i][:i+1]
		for _, col := range s.r[i+1:] {
			col[i], col[i+1] = c*col[i]+sn*col[i+1], c*col[i+1]-sn*col[i]
		}
		u, v := s.q[i], s.q[i+1]
		for l, a := range u {
			u[l], v[l] = c*a+sn*v[l], c*v[l]-sn*a
		}
		s.qb[i], s.qb[i+1] = c*s.qb[i]+sn*s.qb[i+1], c*s.qb[i+1]-sn*s.qb[i]
	}
	s.q, s.qb = s.q[:last], s.qb[:last]
}

// givens returns c, s and d ≥ 0 with (c s; -s c)·(a; b) = (d; 0).
func givens(a, b float64) (c, s, d float64) {
	d = math.Hypot(a, b)
	if d == 0 {
		return 1, 0, 0
	}
	return a / d, b / d, d
}

// solve returns the unconstrained minimiser over the columns in use.
func (s *activeSet) solve() []float64 {
	z := slices.Clone(s.qb)
	for k := len(z) - 1; k >= 0; k-- {
		col := s.r[k]
		z[k] /= col[k]
		Axpy(-z[k], col[:k], z)
	}
	return z
}

// descend moves x to the minimiser over the columns in use, and drops the
// columns that block the way.
func (s *activeSet) descend() {
	for len(s.used) > 0 {
		z := s.solve()
		step, stop := 1.0, -1
		for k, v := range z {
			if v > 0 {
				continue
			}
			if t := s.x[k] / (s.x[k] - v); stop < 0 || t < step {
				step, stop = t, k
			}
		}
		if stop < 0 {
			copy(s.x, z)
			return
		}
		if !(step > 0) { // x_k = z_k = 0 gives NaN
			step = 0
		}
		for k, v := range z {
			s.x[k] += step * (v - s.x[k])
		}
		s.x[stop] = 0
		for k := len(s.used) - 1; k >= 0; k-- {
			if s.x[k] <= 0 && (k == stop || z[k] <= 0) {
				s.leave(k)
			}
		}
	}
}
