package dense

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"eimtool/internal/scalar"
)

// closeTo fails unless |got - want| ≤ tol.
func closeTo[T scalar.Scalar](t *testing.T, name string, got, want T, tol float64) {
	t.Helper()
	if d := scalar.Abs(got - want); !(d <= tol) {
		t.Errorf("%s = %x, want %x: off by %g, allowed %g", name, got, want, d, tol)
	}
}

// allClose compares two matrices element by element.
func allClose[T scalar.Scalar](t *testing.T, name string, got, want *Matrix[T], tol float64) {
	t.Helper()
	if got.Rows != want.Rows || got.Cols != want.Cols {
		t.Fatalf("%s is %d×%d, want %d×%d", name, got.Rows, got.Cols, want.Rows, want.Cols)
	}
	for i, v := range got.Data {
		if d := scalar.Abs(v - want.Data[i]); !(d <= tol) {
			t.Fatalf("%s(%d, %d) = %x, want %x: off by %g, allowed %g",
				name, i/got.Cols, i%got.Cols, v, want.Data[i], d, tol)
		}
	}
}

func identity[T scalar.Scalar](n int) *Matrix[T] {
	a := New[T](n, n)
	for i := range n {
		a.Set(i, i, 1)
	}
	return a
}

func random[T scalar.Scalar](seed uint64, rows, cols int) *Matrix[T] {
	rng := rand.New(rand.NewPCG(seed, uint64(rows)<<20|uint64(cols)))
	a := New[T](rows, cols)
	for i := range a.Data {
		a.Data[i] = scalar.Of[T](rng.NormFloat64(), rng.NormFloat64())
	}
	return a
}

// product is the definition of a·b, without the kernels under test.
func product[T scalar.Scalar](a, b *Matrix[T]) *Matrix[T] {
	c := New[T](a.Rows, b.Cols)
	for i := range a.Rows {
		for j := range b.Cols {
			var s T
			for k := range a.Cols {
				s += a.At(i, k) * b.At(k, j)
			}
			c.Set(i, j, s)
		}
	}
	return c
}

// embed maps x+iy to ((x, -y), (y, x)): gonum's real routines then serve as an
// oracle for complex matrices.
func embed[T scalar.Scalar](a *Matrix[T]) *mat.Dense {
	if !scalar.IsComplex[T]() {
		d := mat.NewDense(a.Rows, a.Cols, nil)
		for i := range a.Rows {
			for j := range a.Cols {
				d.Set(i, j, scalar.Real(a.At(i, j)))
			}
		}
		return d
	}
	d := mat.NewDense(2*a.Rows, 2*a.Cols, nil)
	for i := range a.Rows {
		for j := range a.Cols {
			re, im := scalar.Real(a.At(i, j)), scalar.Imag(a.At(i, j))
			d.Set(i, j, re)
			d.Set(i+a.Rows, j+a.Cols, re)
			d.Set(i, j+a.Cols, -im)
			d.Set(i+a.Rows, j, im)
		}
	}
	return d
}

// unembed is the inverse of embed.
func unembed[T scalar.Scalar](d mat.Matrix) *Matrix[T] {
	r, c := d.Dims()
	if scalar.IsComplex[T]() {
		r, c = r/2, c/2
	}
	a := New[T](r, c)
	for i := range r {
		for j := range c {
			im := 0.0
			if scalar.IsComplex[T]() {
				im = d.At(i+r, j)
			}
			a.Set(i, j, scalar.Of[T](d.At(i, j), im))
		}
	}
	return a
}

func TestProducts(t *testing.T) {
	t.Run("real", testProducts[float64])
	t.Run("complex", testProducts[complex128])
}

func testProducts[T scalar.Scalar](t *testing.T) {
	for _, n := range []int{0, 1, 2, 7, 33} {
		a, b := random[T](1, n+1, n), random[T](2, n, n+2)
		want := product(a, b)
		tol := float64(8*n) * 16 * scalar.Eps // n products of size up to 16
		allClose(t, "a·b", Mul(a, b), want, tol)
		row := &Matrix[T]{Rows: 1, Cols: b.Cols, Data: VecMul(a.Row(0), b)}
		allClose(t, "x·b", row, product(&Matrix[T]{Rows: 1, Cols: n, Data: a.Row(0)}, b), tol)
		allClose(t, "(aᴴ)ᴴ", ConjTranspose(ConjTranspose(a)), a, 0)
	}
}

func TestNorm(t *testing.T) {
	for _, scale := range []float64{1, 1e-300, 1e300, 0x1p-1070} {
		x := []float64{3 * scale, 0, -4 * scale}
		closeTo(t, "|x|", Norm(x), 5*scale, 8*scale*scalar.Eps)
		z := []complex128{complex(3*scale, 4*scale)}
		closeTo(t, "|z|", Norm(z), 5*scale, 8*scale*scalar.Eps)
	}
	if !math.IsNaN(Norm([]float64{1, math.NaN()})) {
		t.Error("a NaN is lost")
	}
	closeTo(t, "empty", Norm[float64](nil), 0, 0)
}
