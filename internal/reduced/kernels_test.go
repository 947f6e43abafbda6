package reduced

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"eimtool/internal/dense"
	"eimtool/internal/scalar"
)

func forBoth(t *testing.T, real, complex func(*testing.T)) {
	t.Helper()
	t.Run("real", real)
	t.Run("complex", complex)
}

func random[T scalar.Scalar](seed uint64, rows, cols int) *dense.Matrix[T] {
	return gaussian[T](rand.New(rand.NewPCG(seed, 1)), rows, cols)
}

// adjointProduct is the definition of xᴴ·y.
func adjointProduct[T scalar.Scalar](x, y *dense.Matrix[T]) *dense.Matrix[T] {
	return dense.Mul(dense.ConjTranspose(x), y)
}

func near[T scalar.Scalar](t *testing.T, name string, got, want *dense.Matrix[T], tol float64) {
	t.Helper()
	if got.Rows != want.Rows || got.Cols != want.Cols {
		t.Fatalf("%s is %d×%d, want %d×%d", name, got.Rows, got.Cols, want.Rows, want.Cols)
	}
	for i, v := range want.Data {
		if d := scalar.Abs(got.Data[i] - v); !(d <= tol) {
			t.Fatalf("%s: element %d is %v, want %v", name, i, got.Data[i], v)
		}
	}
}

func TestGram(t *testing.T) { forBoth(t, testGram[float64], testGram[complex128]) }

func testGram[T scalar.Scalar](t *testing.T) {
	for _, n := range []int{1, 7, 300} {
		x, y := random[T](1, n, 5), random[T](2, n, 9)
		// sums of n products of size about 1
		tol := 8 * float64(n) * scalar.Eps
		near(t, "gram", gram(x, y, 1), adjointProduct(x, y), tol)
		s := newSpan[T](context.Background(), n, 5, 1, 0)
		for j := range x.Cols {
			s.data = append(s.data, columnOf(x, j)...)
			if j+1 == n {
				break
			}
		}
		cut := dense.New[T](n, s.size())
		for k := range n {
			copy(cut.Row(k), x.Row(k))
		}
		near(t, "span.gram", s.gram(y), adjointProduct(cut, y), tol)
		u := random[T](3, s.size(), 4)
		small := dense.New[T](s.size(), 3)
		for i := range small.Rows {
			copy(small.Row(i), u.Row(i))
		}
		near(t, "combine", s.combine(u, 3), dense.Mul(cut, small), tol)
		c := random[T](4, 3, 2)
		for _, cols := range []int{1, 2} {
			cc := dense.New[T](3, cols)
			for i := range 3 {
				copy(cc.Row(i), c.Row(i))
			}
			out := dense.New[T](n, cols)
			expand(random[T](5, n, 4), cc, out, 2)
			v := dense.New[T](n, 3)
			for k := range n {
				copy(v.Row(k), random[T](5, n, 4).Row(k))
			}
			near(t, "expand", out, dense.Mul(v, cc), tol)
		}
	}
}

func TestSpan(t *testing.T) { forBoth(t, testSpan[float64], testSpan[complex128]) }

// Vectors of very different directions and nearly dependent ones come back from
// basis and coordinates, and the basis is orthonormal.
func testSpan[T scalar.Scalar](t *testing.T) {
	const n = 120
	x := random[T](7, n, 12)
	for k := range n {
		x.Set(k, 4, x.At(k, 1)+x.At(k, 2))                        // dependent
		x.Set(k, 5, x.At(k, 3)+scalar.Of[T](1e-9, 0)*x.At(k, 5))  // nearly
		x.Set(k, 6, x.At(k, 3)+scalar.Of[T](1e-15, 0)*x.At(k, 6)) // as good as
	}
	for _, block := range []int{1, 5, 12} {
		testSpanOf(t, x, block)
	}
}

// testSpanOf takes the columns of x in blocks of the given size.
func testSpanOf[T scalar.Scalar](t *testing.T, x *dense.Matrix[T], block int) {
	n := x.Rows
	s := newSpan[T](context.Background(), n, 12, 2, 1e-12)
	for lo := 0; lo < x.Cols; lo += block {
		if block == 1 {
			outside, err := s.add(columnOf(x, lo))
			if err != nil {
				t.Fatal(err)
			}
			if want := lo != 4 && lo != 6; (outside > s.drop) != want {
				t.Errorf("vector %d: %g outside", lo, outside)
			}
			continue
		}
		y := dense.New[T](n, min(block, x.Cols-lo))
		for k := range n {
			copy(y.Row(k), x.Row(k)[lo:])
		}
		if err := s.addBlock(y); err != nil {
			t.Fatal(err)
		}
	}
	if s.size() != 10 || len(s.coord) != 12 {
		t.Fatalf("%d columns for %d vectors, want 10 for 12", s.size(), len(s.coord))
	}
	q := dense.New[T](n, s.size())
	for j := range q.Cols {
		for k, v := range s.column(j) {
			q.Set(k, j, v)
		}
	}
	one := dense.New[T](q.Cols, q.Cols)
	for i := range one.Rows {
		one.Set(i, i, 1)
	}
	near(t, "QᴴQ", adjointProduct(q, q), one, 20*scalar.Eps)
	near(t, "Q·coordinates", dense.Mul(q, s.coordinates()), x, 1e-12*math.Sqrt(float64(n)))
	u, sigma, err := s.pod()
	if err != nil {
		t.Fatal(err)
	}
	v := s.combine(u, len(sigma))
	if err := s.compress(len(sigma)); err != nil {
		t.Fatal(err)
	}
	near(t, "compressed", s.combine(s.coordinates(), len(sigma)), scaled(v, sigma), 100*scalar.Eps*sigma[0])
}

func scaled[T scalar.Scalar](m *dense.Matrix[T], s []float64) *dense.Matrix[T] {
	out := m.Clone()
	for i := range out.Rows {
		for j := range out.Cols {
			out.Data[i*out.Cols+j] *= scalar.Of[T](s[j], 0)
		}
	}
	return out
}

func TestCut(t *testing.T) {
	sigma := []float64{1, 0.1, 3e-3, 4e-3, 1e-16}
	for _, c := range []struct {
		most, want int
		tail       float64
	}{{5, 4, 0}, {3, 3, 0}, {5, 2, 5.1e-3}, {5, 4, 1e-3}, {5, 0, 2}, {0, 0, 0}} {
		if got := cut(sigma, c.most, c.tail); got != c.want {
			t.Errorf("cut(most %d, tail %g) = %d, want %d", c.most, c.tail, got, c.want)
		}
	}
}

func TestCholesky(t *testing.T) { forBoth(t, testCholesky[float64], testCholesky[complex128]) }

func testCholesky[T scalar.Scalar](t *testing.T) {
	a := random[T](9, 30, 7)
	h, x := adjointProduct(a, a), random[T](10, 7, 2)
	// |H⁻¹|·|H| is below 20 for a 30 × 7 Gaussian matrix
	near(t, "solution", cholesky(h, dense.Mul(h, x)), x, 1000*scalar.Eps)
	h.Set(6, 6, h.At(6, 6)-scalar.Of[T](60, 0))
	if cholesky(h, x) != nil {
		t.Error("an indefinite matrix was taken for positive definite")
	}
}

// Rows of a sketch are unbiased: the columns of Θ have norm 1 and 8 elements.
func TestSparseSigns(t *testing.T) {
	m := sparseSigns[float64](rand.New(rand.NewPCG(1, 2)), 500, 40)
	for k := range m.Rows {
		count, sum := 0, 0.0
		for _, v := range m.Row(k) {
			if v != 0 {
				count++
			}
			sum += v * v
		}
		if count != 8 || math.Abs(sum-1) > 8*scalar.Eps {
			t.Fatalf("unknown %d has %d signs of norm² %g", k, count, sum)
		}
	}
}

func TestInterleave(t *testing.T) {
	u := dense.New[float64](1, 6)
	for j := range u.Cols {
		u.Data[j] = float64(j)
	}
	for _, c := range []struct {
		outputs, count int
		want           []float64
	}{
		{2, 6, []float64{0, 2, 1, 3, 4, 5}},
		{6, 4, []float64{0, 1, 2, 3}},
		{5, 6, []float64{0, 5, 1, 2, 3, 4}},
		{0, 3, []float64{0, 1, 2}},
	} {
		got := interleave(u, c.outputs, c.count).Data
		for j, v := range c.want {
			if got[j] != v {
				t.Errorf("%d of %d: %v, want %v", c.outputs, c.count, got, c.want)
				break
			}
		}
	}
}
