package kernel

import (
	"math"

	"eimtool/internal/scalar"
)

// Cholesky factorises the first k columns of the Hermitian m×m front a as
// L·Lᴴ and subtracts their product from the rest. Only the lower triangle is
// used; imaginary parts of the diagonal are ignored. It returns the first
// column whose pivot is not positive and finite, where it stops, or -1.
func (s *Set[T]) Cholesky(w *Work[T], a []T, ld, m, k, threads int) int {
	if c := s.cholesky(w, a, ld, m, k, threads); c >= 0 {
		return c
	}
	l := a[k:]
	if k < m {
		s.subtract(w, true, m-k, m-k, k, l, ld, form{}, l, ld, form{true, scalar.IsComplex[T]()}, a[k*(ld+1):], ld, threads)
	}
	return -1
}

// cholesky factorises the m×n lower trapezoid a.
func (s *Set[T]) cholesky(w *Work[T], a []T, ld, m, n, threads int) int {
	if n <= base {
		return s.choleskyBase(w, a, ld, m, n)
	}
	h := roundUp(n/2, base)
	if c := s.cholesky(w, a, ld, m, h, threads); c >= 0 {
		return c
	}
	l, rest := a[h:], a[h*(ld+1):]
	s.subtract(w, true, m-h, n-h, h, l, ld, form{}, l, ld, form{true, scalar.IsComplex[T]()}, rest, ld, threads)
	if c := s.cholesky(w, rest, ld, m-h, n-h, threads); c >= 0 {
		return h + c
	}
	return -1
}

// shortColumn is the height up to which columns are factorised as a whole.
const shortColumn = 64

// choleskyBase factorises up to base columns: the square on top, then the
// rows below it by substitution.
func (s *Set[T]) choleskyBase(w *Work[T], a []T, ld, m, n int) int {
	row, height := &w.row, n
	if m <= shortColumn {
		height = m
	}
	for j := range n {
		for p := range j {
			row[p] = a[j+p*ld]
		}
		scalar.Conjugate(row[:j])
		y := a[j*(ld+1):][:height-j]
		s.in.columns(y, a[j:], ld, row[:j])
		d := scalar.Real(y[0])
		if !(d > 0) || math.IsInf(d, 1) {
			return j
		}
		d = math.Sqrt(d)
		y[0] = scalar.Of[T](d, 0)
		s.in.scale(y[1:], y[1:], scalar.Of[T](1/d, 0))
	}
	if m > height {
		t := triangle[T]{m: a, ld: ld, f: form{true, scalar.IsComplex[T]()}, forward: true}
		s.solveBase(w, t, a[n:], ld, m-n, n)
	}
	return -1
}
