package dense

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"eimtool/internal/scalar"
)

var shapes = [][2]int{{0, 0}, {0, 3}, {3, 0}, {1, 1}, {1, 4}, {4, 1}, {5, 5}, {9, 4}, {4, 9}, {70, 33}}

func TestQR(t *testing.T) {
	t.Run("real", testQR[float64])
	t.Run("complex", testQR[complex128])
}

func testQR[T scalar.Scalar](t *testing.T) {
	for _, d := range shapes {
		a := random[T](3, d[0], d[1])
		f := QR(a)
		q, r := f.Q(), f.R()
		// c·n·ε times the size of a column, below 4√rows
		tol := 40 * float64(d[0]+d[1]) * scalar.Eps
		allClose(t, "Qᴴ·Q", product(ConjTranspose(q), q), identity[T](q.Cols), tol)
		allClose(t, "Q·R", product(q, r), a, tol)
		b := a.Clone()
		f.ApplyQH(b)
		for i := range r.Rows {
			for j := range i {
				closeTo(t, "below the diagonal", b.At(i, j), 0, tol)
			}
		}
		f.ApplyQ(b)
		allClose(t, "Q·Qᴴ·a", b, a, tol)
	}
}

// The moduli of R's diagonal are unique: gonum's must agree.
func TestQRDiagonal(t *testing.T) {
	a := random[float64](4, 12, 7)
	var ref mat.QR
	ref.Factorize(embed(a))
	var want mat.Dense
	ref.RTo(&want)
	r := QR(a).R()
	for k := range 7 {
		closeTo(t, "|r_kk|", math.Abs(r.At(k, k)), math.Abs(want.At(k, k)), 100*scalar.Eps)
	}
}

func TestReflectorExtremes(t *testing.T) {
	for _, scale := range []float64{1, 1e-300, 0x1p-1060, 1e300} {
		a := &Matrix[complex128]{Rows: 2, Cols: 1, Data: []complex128{complex(3*scale, 0), complex(0, 4*scale)}}
		f := QR(a)
		closeTo(t, "|r|", scalar.Abs(f.R().At(0, 0)), 5*scale, 8*scalar.Eps*scale)
		q := f.Q()
		closeTo(t, "|q|", Norm(q.Data), 1, 8*scalar.Eps)
	}
}

func TestPivotedQR(t *testing.T) {
	t.Run("real", testPivotedQR[float64])
	t.Run("complex", testPivotedQR[complex128])
}

func testPivotedQR[T scalar.Scalar](t *testing.T) {
	for _, d := range shapes {
		a := random[T](5, d[0], d[1])
		for i := range a.Rows { // columns graded in size over 20 decades
			for j, v := range a.Row(i) {
				a.Set(i, j, v*scalar.Of[T](math.Pow(10, -20*float64((3*j)%d[1])/float64(d[1])), 0))
			}
		}
		f, perm := PivotedQR(a)
		qr := product(f.Q(), f.R())
		seen := make([]bool, d[1])
		for k, j := range perm {
			if seen[j] {
				t.Fatalf("column %d twice", j)
			}
			seen[j] = true
			size := 0.0
			for i := range a.Rows {
				size = max(size, scalar.Abs(a.At(i, j)))
			}
			for i := range a.Rows {
				closeTo(t, "A·P", qr.At(i, k), a.At(i, j), 40*float64(d[0]+d[1])*scalar.Eps*size)
			}
		}
		r := f.R()
		for k := 1; k < r.Rows; k++ {
			// the pivot beats what is left of every later column
			for j := k; j < r.Cols; j++ {
				var s scalar.Norm
				for i := k - 1; i < min(j+1, r.Rows); i++ {
					s.Add(scalar.Abs(r.At(i, j)), 1)
				}
				if s.Value() > scalar.Abs(r.At(k-1, k-1))*(1+1e-7) { // downdating keeps half of the digits
					t.Fatalf("pivot %d of %v is beaten by column %d", k-1, d, j)
				}
			}
		}
	}
}

func TestPivotedQRTies(t *testing.T) {
	a := identity[float64](4)
	a.Set(2, 2, 2)
	_, perm := PivotedQR(a)
	for k, want := range []int{2, 0, 1, 3} {
		if perm[k] != want {
			t.Fatalf("perm = %v, want [2 0 1 3]", perm)
		}
	}
}
