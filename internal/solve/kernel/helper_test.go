package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"eimtool/internal/scalar"
)

// plain is a plain square or rectangular matrix with naive arithmetic, the oracle.
type plain[T scalar.Scalar] struct {
	m, n int
	v    []T // element (i, j) at v[i+j*m]
}

func newPlain[T scalar.Scalar](m, n int) *plain[T] { return &plain[T]{m, n, make([]T, m*n)} }

func (a *plain[T]) at(i, j int) T     { return a.v[i+j*a.m] }
func (a *plain[T]) set(i, j int, x T) { a.v[i+j*a.m] = x }

func (a *plain[T]) op(op Op) *plain[T] {
	if op == NoTrans {
		return a
	}
	t := newPlain[T](a.n, a.m)
	for i := range a.m {
		for j := range a.n {
			x := a.at(i, j)
			if op == ConjTrans {
				x = scalar.Conj(x)
			}
			t.set(j, i, x)
		}
	}
	return t
}

func (a *plain[T]) mul(b *plain[T]) *plain[T] {
	c := newPlain[T](a.m, b.n)
	for j := range b.n {
		cj := c.v[j*a.m:][:a.m]
		for p, x := range b.v[j*a.n:][:a.n] {
			if x == 0 {
				continue
			}
			for i, y := range a.v[p*a.m:][:a.m] {
				cj[i] += y * x
			}
		}
	}
	return c
}

// abs is the matrix of moduli.
func (a *plain[T]) abs() *plain[T] {
	c := newPlain[T](a.m, a.n)
	for i, x := range a.v {
		c.v[i] = scalar.Of[T](scalar.Abs(x), 0)
	}
	return c
}

func (a *plain[T]) add(f float64, b *plain[T]) *plain[T] {
	c := newPlain[T](a.m, a.n)
	for i := range c.v {
		c.v[i] = a.v[i] + scalar.Of[T](f, 0)*b.v[i]
	}
	return c
}

// stored returns a copy with leading dimension ld, the padding NaN.
func (a *plain[T]) stored(ld int) []T {
	s := make([]T, ld*a.n)
	for i := range s {
		s[i] = scalar.Of[T](math.NaN(), math.NaN())
	}
	for j := range a.n {
		copy(s[j*ld:], a.v[j*a.m:][:a.m])
	}
	return s
}

func fromStored[T scalar.Scalar](s []T, ld, m, n int) *plain[T] {
	a := newPlain[T](m, n)
	for j := range n {
		copy(a.v[j*m:][:m], s[j*ld:])
	}
	return a
}

// rows returns a copy stored by rows.
func (a *plain[T]) rows(ld int) []T { return a.op(Trans).stored(ld) }

func random[T scalar.Scalar](r *rand.Rand, m, n int) *plain[T] {
	a := newPlain[T](m, n)
	for i := range a.v {
		a.v[i] = scalar.Of[T](r.NormFloat64(), r.NormFloat64())
	}
	return a
}

// symmetric returns a random symmetric or Hermitian matrix.
func symmetric[T scalar.Scalar](r *rand.Rand, m int, conj bool) *plain[T] {
	a := random[T](r, m, m)
	mirror(a, conj)
	return a
}

// mirror copies the lower triangle to the upper one.
func mirror[T scalar.Scalar](a *plain[T], conj bool) {
	for j := range a.m {
		if conj {
			a.set(j, j, scalar.Of[T](scalar.Real(a.at(j, j)), 0))
		}
		for i := j + 1; i < a.m; i++ {
			x := a.at(i, j)
			if conj {
				x = scalar.Conj(x)
			}
			a.set(j, i, x)
		}
	}
}

// within checks |a-b| ≤ bound elementwise, in units of Eps times factor.
func within[T scalar.Scalar](t fataler, what string, a, b, bound *plain[T], factor float64) {
	t.Helper()
	for j := range a.n {
		for i := range a.m {
			d := scalar.Abs(a.at(i, j) - b.at(i, j))
			if !(d <= factor*scalar.Eps*scalar.Real(bound.at(i, j))) {
				t.Fatalf("%s: element (%d, %d) is %v, want %v, off by %g, allowed %g", what, i, j,
					a.at(i, j), b.at(i, j), d, factor*scalar.Eps*scalar.Real(bound.at(i, j)))
			}
		}
	}
}

// lowerOf returns the first c columns of L with the given diagonal rule.
func lowerOf[T scalar.Scalar](f *plain[T], c int, unit bool) *plain[T] {
	l := newPlain[T](f.m, c)
	for j := range c {
		for i := j; i < f.m; i++ {
			l.set(i, j, f.at(i, j))
		}
		if unit {
			l.set(j, j, 1)
		}
	}
	return l
}

// trailing returns the m×m matrix that holds f's trailing part from c on,
// mirrored if sym, and zero elsewhere.
func trailing[T scalar.Scalar](f *plain[T], c int, sym, conj bool) *plain[T] {
	s := newPlain[T](f.m, f.m)
	for j := c; j < f.m; j++ {
		for i := c; i < f.m; i++ {
			if !sym || i >= j {
				s.set(i, j, f.at(i, j))
			}
		}
	}
	if sym {
		mirror(s, conj)
	}
	return s
}

// permuted returns the matrix with element (p, q) from (rows[p], cols[q]);
// indices from len(rows) on stay.
func permuted[T scalar.Scalar](a *plain[T], rows, cols []int32) *plain[T] {
	place := func(p []int32, i int) int {
		if i < len(p) {
			return int(p[i])
		}
		return i
	}
	b := newPlain[T](a.m, a.n)
	for i := range a.m {
		for j := range a.n {
			b.set(i, j, a.at(place(rows, i), place(cols, j)))
		}
	}
	return b
}

func isPermutation(p []int32) bool {
	seen := make([]bool, len(p))
	for _, i := range p {
		if i < 0 || int(i) >= len(p) || seen[i] {
			return false
		}
		seen[i] = true
	}
	return true
}

// forAll runs f for both scalars and all sets.
func forAll(t *testing.T, real func(t *testing.T, s *Set[float64]), cplx func(t *testing.T, s *Set[complex128])) {
	for i, s := range sets[float64]() {
		t.Run("real/"+s.Name(), func(t *testing.T) { real(t, s) })
		c := sets[complex128]()[i]
		t.Run("complex/"+c.Name(), func(t *testing.T) { cplx(t, c) })
	}
}

// sets are the portable and, if it is another, the default set.
func sets[T scalar.Scalar]() []*Set[T] {
	s := []*Set[T]{Portable[T]()}
	if d := Default[T](); d.Name() != s[0].Name() {
		s = append(s, d)
	}
	return s
}

// front is the shape of one front.
type front struct{ m, k int }

// fronts are all small orders and some on both sides of the block sizes, with
// all, most, some and no columns fully summed.
func fronts() []front {
	var f []front
	for m := 1; m <= 70; m++ {
		f = append(f, front{m, m}, front{m, (2*m + 2) / 3}, front{m, m / 5})
	}
	return append(f, front{97, 97}, front{128, 127}, front{129, 128}, front{161, 129}, front{193, 40}, front{259, 259})
}

func newRand(seed int) *rand.Rand { return rand.New(rand.NewPCG(uint64(seed), 17)) }

func label(parts ...any) string { return fmt.Sprint(parts...) }
