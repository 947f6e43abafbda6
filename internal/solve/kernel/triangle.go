package kernel

import "eimtool/internal/scalar"

// base is the order of the triangles that are solved without products.
const base = 16

// triangle is one triangular system with the unknowns as columns: X·M = B, X
// rows×k stored by columns. Unknown j depends on those before it (forward) or
// after it, with coefficient m(p, j) of unknown p in equation j, and diagonal
// m(j, j) or 1.
type triangle[T scalar.Scalar] struct {
	m       []T
	ld      int
	f       form // m(p, j) is m[p+j*ld], or m[j+p*ld] if f.trans; conjugated if f.conj
	forward bool
	unit    bool
}

// at returns the triangle from unknown p on.
func (t triangle[T]) at(p int) triangle[T] {
	t.m = t.m[p*(t.ld+1):]
	return t
}

// solve computes X in place of B, halving the unknowns: what couples the
// halves is a product.
func (s *Set[T]) solve(w *Work[T], t triangle[T], x []T, ldx, rows, k int) {
	if k <= base {
		s.solveBase(w, t, x, ldx, rows, k)
		return
	}
	h := roundUp(k/2, base)
	rest := k - h
	if t.forward {
		s.solve(w, t, x, ldx, rows, h)
		m := t.block(0, h)
		s.subtract(w, false, rows, rest, h, x, ldx, form{}, m, t.ld, t.f, x[h*ldx:], ldx, 1)
		s.solve(w, t.at(h), x[h*ldx:], ldx, rows, rest)
		return
	}
	s.solve(w, t.at(h), x[h*ldx:], ldx, rows, rest)
	m := t.block(h, 0)
	s.subtract(w, false, rows, h, rest, x[h*ldx:], ldx, form{}, m, t.ld, t.f, x, ldx, 1)
	s.solve(w, t, x, ldx, rows, h)
}

// block returns the stored coefficients from m(p, j) on.
func (t triangle[T]) block(p, j int) []T {
	if t.f.trans {
		p, j = j, p
	}
	return t.m[p+j*t.ld:]
}

// solveBase solves for up to base unknowns by substitution.
func (s *Set[T]) solveBase(w *Work[T], t triangle[T], x []T, ldx, rows, k int) {
	t.gather(w, k)
	s.substitute(w, t, x, ldx, rows, k)
}

// gather stores the coefficients of k ≤ base unknowns in w, equation after
// equation.
func (t triangle[T]) gather(w *Work[T], k int) {
	w.coef = grow(&w.coef, base*base)
	coef, diag := w.coef, &w.diag
	for j := range k {
		lo, hi := 0, j
		if !t.forward {
			lo, hi = j+1, k
		}
		for p := lo; p < hi; p++ {
			coef[j*base+p] = t.block(p, j)[0]
		}
		diag[j] = t.block(j, j)[0]
	}
	if t.f.conj {
		scalar.Conjugate(coef)
		scalar.Conjugate(diag[:])
	}
}

// substitute solves with the coefficients gathered in w, which it only reads.
func (s *Set[T]) substitute(w *Work[T], t triangle[T], x []T, ldx, rows, k int) {
	const chunk = 64 // rows that stay in the nearest cache
	for r := 0; r < rows; r += chunk {
		n := min(chunk, rows-r)
		for i := range k {
			j, lo, hi := i, 0, i
			if !t.forward {
				j = k - 1 - i
				lo, hi = j+1, k
			}
			y := x[r+j*ldx:][:n]
			if lo < hi {
				s.in.columns(y, x[r+lo*ldx:], ldx, w.coef[j*base+lo:j*base+hi])
			}
			if !t.unit {
				s.divide(y, y, w.diag[j])
			}
		}
	}
}

// SolveLower computes B = op(L)⁻¹·B for the k×k lower triangle L stored by
// columns, with a unit diagonal that is not read if unit. B is k×nrhs, stored
// by rows.
func (s *Set[T]) SolveLower(w *Work[T], op Op, unit bool, l []T, ld, k int, b []T, ldb, nrhs int) {
	f := formOf[T](op)
	t := triangle[T]{m: l, ld: ld, f: form{!f.trans, f.conj}, forward: !f.trans, unit: unit}
	s.solveRows(w, t, b, ldb, nrhs, k)
}

// SolveUpper computes B = op(U)⁻¹·B for the k×k upper triangle U stored by
// columns, with a unit diagonal that is not read if unit. B is k×nrhs, stored
// by rows.
func (s *Set[T]) SolveUpper(w *Work[T], op Op, unit bool, u []T, ld, k int, b []T, ldb, nrhs int) {
	f := formOf[T](op)
	t := triangle[T]{m: u, ld: ld, f: form{!f.trans, f.conj}, forward: f.trans, unit: unit}
	s.solveRows(w, t, b, ldb, nrhs, k)
}
