package kernel

import (
	"testing"

	"eimtool/internal/scalar"
)

func TestCholesky(t *testing.T) { forAll(t, testCholesky[float64], testCholesky[complex128]) }

func testCholesky[T scalar.Scalar](t *testing.T, s *Set[T]) {
	var w Work[T]
	for _, c := range fronts() {
		m, k := c.m, c.k
		r := newRand(m)
		g := random[T](r, m, m)
		a := g.mul(g.op(ConjTrans))
		mirror(a, true)
		ld := m + m%3
		f := a.stored(ld)
		if c := s.Cholesky(&w, f, ld, m, k, 1); c >= 0 {
			t.Fatalf("m=%d k=%d: column %d has no positive pivot", m, k, c)
		}
		out := fromStored(f, ld, m, m)
		l := lowerOf(out, k, false)
		sum := l.mul(l.op(ConjTrans)).add(1, trailing(out, k, true, true))
		bound := l.abs().mul(l.abs().op(Trans)).add(1, a.abs())
		within(t, label("m=", m, " k=", k), sum, a, bound, float64(8+k))
	}
}

func TestLDL(t *testing.T) { forAll(t, testLDL[float64], testLDL[complex128]) }

func testLDL[T scalar.Scalar](t *testing.T, s *Set[T]) {
	for _, c := range fronts() {
		for _, conj := range []bool{false, true} {
			a := symmetric[T](newRand(c.m), c.m, conj)
			checkLDL(t, s, a, c.k, Pivoting{Tau: 0.01, Conj: conj})
		}
	}
}

// checkLDL factorises a and checks the result against a; it returns the pivots.
func checkLDL[T scalar.Scalar](t fataler, s *Set[T], a *plain[T], k int, o Pivoting) *Pivots[T] {
	t.Helper()
	var w Work[T]
	p := new(Pivots[T])
	m := a.m
	ld := m + m%3
	f := a.stored(ld)
	s.LDL(&w, f, ld, m, k, o, p)
	what := label("m=", m, " k=", k, " conj=", o.Conj, " count=", p.Count)
	if !isPermutation(p.Perm) || len(p.Perm) != k || p.Count > k {
		t.Fatalf("%s: permutation %v", what, p.Perm)
	}
	out := fromStored(f, ld, m, m)
	l := lowerOf(out, p.Count, false)
	d := newPlain[T](p.Count, p.Count)
	for j := range p.Count {
		if l.at(j, j) != 1 {
			t.Fatalf("%s: diagonal of L is %v", what, l.at(j, j))
		}
		d.set(j, j, p.D[2*j])
		if e := p.D[2*j+1]; e != 0 {
			if l.at(j+1, j) != 0 || p.D[2*j+3] != 0 {
				t.Fatalf("%s: 2×2 pivot at %d is not stored as such", what, j)
			}
			d.set(j+1, j, e)
			if o.Conj {
				e = scalar.Conj(e)
			}
			d.set(j, j+1, e)
		}
	}
	op := Trans
	if o.Conj {
		op = ConjTrans
	}
	if p.Relaxed == 0 {
		for _, x := range l.v {
			if scalar.Abs(x)*o.Tau > 1+1e-10 {
				t.Fatalf("%s: element of L is %v", what, x)
			}
		}
	}
	sum := l.mul(d).mul(l.op(op)).add(1, trailing(out, p.Count, true, o.Conj))
	bound := l.abs().mul(d.abs()).mul(l.abs().op(Trans)).add(1, trailing(out, p.Count, true, o.Conj).abs())
	want := permuted(a, p.Perm, p.Perm)
	bound = bound.add(1, want.abs())
	within(t, what, sum, want, bound, float64(20+2*k))
	return p
}

func TestLU(t *testing.T) { forAll(t, testLU[float64], testLU[complex128]) }

func testLU[T scalar.Scalar](t *testing.T, s *Set[T]) {
	for _, c := range fronts() {
		a := random[T](newRand(c.m), c.m, c.m)
		checkLU(t, s, a, c.k, Pivoting{Tau: []float64{0.01, 0.1, 1}[c.m%3]})
	}
}

// checkLU factorises a and checks the result against a; it returns the pivots.
func checkLU[T scalar.Scalar](t fataler, s *Set[T], a *plain[T], k int, o Pivoting) *LUPivots {
	t.Helper()
	var w Work[T]
	p := new(LUPivots)
	m := a.m
	ld := m + m%3
	f := a.stored(ld)
	s.LU(&w, f, ld, m, k, o, p)
	what := label("m=", m, " k=", k, " tau=", o.Tau, " count=", p.Count)
	if !isPermutation(p.RowPerm) || !isPermutation(p.ColPerm) || len(p.RowPerm) != k || len(p.ColPerm) != k {
		t.Fatalf("%s: permutations %v %v", what, p.RowPerm, p.ColPerm)
	}
	out := fromStored(f, ld, m, m)
	l := lowerOf(out, p.Count, true)
	u := lowerOf(out.op(Trans), p.Count, false).op(Trans)
	if p.Relaxed == 0 {
		for _, x := range l.v {
			if scalar.Abs(x)*o.Tau > 1+1e-10 {
				t.Fatalf("%s: element of L is %v", what, x)
			}
		}
	}
	rest := trailing(out, p.Count, false, false)
	want := permuted(a, p.RowPerm, p.ColPerm)
	bound := l.abs().mul(u.abs()).add(1, want.abs()).add(1, rest.abs())
	within(t, what, l.mul(u).add(1, rest), want, bound, float64(20+2*k))
	return p
}
