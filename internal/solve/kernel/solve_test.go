package kernel

import (
	"testing"

	"eimtool/internal/scalar"
)

var ops = []Op{NoTrans, Trans, ConjTrans}

func TestSolve(t *testing.T) { forAll(t, testSolve[float64], testSolve[complex128]) }

// testSolve checks op(M)·X = B row by row: substitution is backward stable
// whatever the order of sums (Higham, Accuracy and Stability, theorem 8.5).
func testSolve[T scalar.Scalar](t *testing.T, s *Set[T]) {
	var w Work[T]
	for k := 1; k <= 70; k++ {
		r := newRand(k)
		full := random[T](r, k, k)
		for j := range k {
			full.set(j, j, full.at(j, j)+scalar.Of[T](3, 1))
			for i := range k {
				if i != j {
					full.set(i, j, full.at(i, j)*scalar.Of[T](0.2, 0))
				}
			}
		}
		for _, nrhs := range []int{1, 2 + k%12} {
			b := random[T](r, k, nrhs)
			ld, ldb := k+k%3, nrhs+k%2
			for _, op := range ops {
				for _, unit := range []bool{false, true} {
					what := label("k=", k, " nrhs=", nrhs, " op=", op, " unit=", unit)
					l, u := lowerOf(full, k, unit), lowerOf(full.op(Trans), k, unit).op(Trans)
					x := b.rows(ldb)
					s.SolveLower(&w, op, unit, full.stored(ld), ld, k, x, ldb, nrhs)
					checkSolution(t, "lower "+what, l.op(op), x, ldb, b)
					x = b.rows(ldb)
					s.SolveUpper(&w, op, unit, full.stored(ld), ld, k, x, ldb, nrhs)
					checkSolution(t, "upper "+what, u.op(op), x, ldb, b)
				}
			}
		}
	}
}

func checkSolution[T scalar.Scalar](t *testing.T, what string, m *plain[T], rows []T, ldb int, b *plain[T]) {
	t.Helper()
	x := fromStored(rows, ldb, b.n, b.m).op(Trans)
	bound := m.abs().mul(x.abs()).add(1, b.abs())
	within(t, what, m.mul(x), b, bound, float64(8+2*b.m))
}

func TestProducts(t *testing.T) { forAll(t, testProducts[float64], testProducts[complex128]) }

func testProducts[T scalar.Scalar](t *testing.T, s *Set[T]) {
	var w Work[T]
	shapes := [][3]int{{1, 1, 1}, {3, 2, 600}, {65, 66, 30}, {200, 70, 9}, {70, 200, 257}, {193, 195, 20}}
	for n := 1; n < 40; n++ {
		shapes = append(shapes, [3]int{n, 1 + n*7%13, 1 + n*11%17})
	}
	for _, sh := range shapes {
		m, n, k := sh[0], sh[1], sh[2]
		r := newRand(m + 100*n + 10000*k)
		a, b, c := random[T](r, m, k), random[T](r, k, n), random[T](r, m, n)
		want := c.add(-1, a.mul(b))
		bound := c.abs().add(1, a.abs().mul(b.abs()))
		for _, opA := range ops {
			for _, opB := range ops {
				what := label("m=", m, " n=", n, " k=", k, " ops ", opA, opB)
				x, y := a.op(opA), b.op(opB)
				out := c.stored(m + 1)
				s.Gemm(&w, opA, opB, m, n, k, x.stored(x.m+2), x.m+2, y.stored(y.m+1), y.m+1, out, m+1, 1)
				within(t, "Gemm "+what, fromStored(out, m+1, m, n), want, bound, float64(4+k))
			}
			// Y -= op(A)·X with X and Y by rows: A is m×k or, transposed, k×m as stored.
			x := a.op(opA)
			out := c.rows(n + 1)
			s.Update(&w, opA, x.stored(x.m+1), x.m+1, x.m, x.n, b.rows(n+2), n+2, out, n+1, n)
			within(t, label("Update m=", m, " n=", n, " k=", k, " op ", opA),
				fromStored(out, n+1, n, m).op(Trans), want, bound, float64(4+k))
		}
		for _, op := range ops[1:] {
			h := random[T](r, m, m)
			out := h.stored(m)
			s.Herk(&w, op, m, k, a.stored(m+1), m+1, out, m, 1)
			got := fromStored(out, m, m, m)
			want := h.add(-1, a.mul(a.op(op)))
			for j := range m {
				for i := range j {
					want.set(i, j, h.at(i, j)) // the upper triangle is left alone
				}
			}
			within(t, label("Herk m=", m, " k=", k, " op ", op), got, want,
				h.abs().add(1, a.abs().mul(a.op(op).abs())), float64(4+k))
		}
	}
}

func TestSolveD(t *testing.T) { forAll(t, testSolveD[float64], testSolveD[complex128]) }

func testSolveD[T scalar.Scalar](t *testing.T, s *Set[T]) {
	for _, conj := range []bool{false, true} {
		e := scalar.Of[T](3, -2)
		f := e
		if conj {
			f = scalar.Conj(e)
		}
		// 1×1, then 2×2, then 1×1.
		p := &Pivots[T]{Count: 4, Conj: conj, D: []T{2, 0, 1e-3, e, -4, 0, 1e-310, 0}}
		d := newPlain[T](4, 4)
		d.set(0, 0, 2)
		d.set(1, 1, 1e-3)
		d.set(2, 1, e)
		d.set(1, 2, f)
		d.set(2, 2, -4)
		d.set(3, 3, 1e-310)
		x := random[T](newRand(5), 4, 3)
		x.set(3, 0, 1e-5)
		x.set(3, 1, 3)
		x.set(3, 2, -1)
		b := d.mul(x)
		got := b.rows(3)
		s.SolveD(p, got, 3, 3)
		bound := x.abs().add(1000, x.abs())
		// The subnormal pivot has few digits: its row is compared with b/d there.
		for r := range 3 {
			x.set(3, r, b.at(3, r)/1e-310)
		}
		within(t, label("conj=", conj), fromStored(got, 3, 3, 4).op(Trans), x, bound, 1)
	}
}

// TestTinyPivot: reciprocals of subnormal pivots overflow, quotients do not.
func TestTinyPivot(t *testing.T) { forAll(t, testTinyPivot[float64], testTinyPivot[complex128]) }

func testTinyPivot[T scalar.Scalar](t *testing.T, s *Set[T]) {
	var w Work[T]
	tiny := scalar.Of[T](0x1p-1060, 0)
	for _, op := range ops {
		for _, nrhs := range []int{1, 3} {
			u := []T{1, 0, 0, tiny}
			x := make([]T, 2*nrhs)
			for r := range nrhs {
				x[r], x[nrhs+r] = 2, 5*tiny
			}
			s.SolveUpper(&w, op, false, u, 2, 2, x, nrhs, nrhs)
			for r := range nrhs {
				if x[r] != 2 || x[nrhs+r] != 5 {
					t.Errorf("op %d, %d right-hand sides: solution %v", op, nrhs, x)
				}
			}
		}
	}
}
