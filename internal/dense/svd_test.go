package dense

import (
	"math"
	"math/cmplx"
	"testing"

	"gonum.org/v1/gonum/mat"

	"eimtool/internal/scalar"
)

func TestSVD(t *testing.T) {
	t.Run("real", testSVD[float64])
	t.Run("complex", testSVD[complex128])
}

func testSVD[T scalar.Scalar](t *testing.T) {
	for _, d := range append(shapes, [2]int{20, 20}) {
		checkSVD(t, random[T](13, d[0], d[1]))
		if d[0] > 2 && d[1] > 2 { // rank 2: exact and rounded zeros among the values
			a := product(random[T](14, d[0], 2), random[T](15, 2, d[1]))
			_, s, _ := checkSVD(t, a)
			for _, v := range s[2:] {
				closeTo(t, "s beyond the rank", v, 0, 100*scalar.Eps*s[0])
			}
			clear(a.Row(1))
			checkSVD(t, a)
		}
		checkSVD(t, New[T](d[0], d[1]))
	}
}

// checkSVD checks the factors and compares the values with gonum's.
func checkSVD[T scalar.Scalar](t *testing.T, a *Matrix[T]) (u *Matrix[T], s []float64, v *Matrix[T]) {
	t.Helper()
	u, s, v, err := SVD(a)
	if err != nil {
		t.Fatal(err)
	}
	k := min(a.Rows, a.Cols)
	tol := 100 * float64(a.Rows+a.Cols) * scalar.Eps
	allClose(t, "Uᴴ·U", product(ConjTranspose(u), u), identity[T](k), tol)
	allClose(t, "Vᴴ·V", product(ConjTranspose(v), v), identity[T](k), tol)
	us := u.Clone()
	for i := range us.Data {
		us.Data[i] *= scalar.Of[T](s[i%k], 0)
	}
	allClose(t, "U·s·Vᴴ", product(us, ConjTranspose(v)), a, tol*(1+Norm(a.Data)))
	if k == 0 {
		return u, s, v
	}
	var ref mat.SVD
	ref.Factorize(embed(a), mat.SVDNone)
	want := ref.Values(nil)
	for i := range s {
		closeTo(t, "s", s[i], want[i*len(want)/k], tol*(1+want[0]))
	}
	return u, s, v
}

// Closed form: the second-difference matrix has singular values
// 2 - 2cos(kπ/(n+1)); unit phases on rows and columns leave them.
func TestSVDSecondDifference(t *testing.T) {
	const n = 25
	a := New[complex128](n, n)
	for i := range n {
		for j := max(0, i-1); j < min(n, i+2); j++ {
			v := complex(-1, 0)
			if i == j {
				v = 2
			}
			a.Set(i, j, v*cmplx.Exp(complex(0, float64(3*i-7*j))))
		}
	}
	_, s, _, err := SVD(a)
	if err != nil {
		t.Fatal(err)
	}
	for k := range n {
		want := 2 - 2*math.Cos(float64(n-k)*math.Pi/(n+1))
		closeTo(t, "s", s[k], want, 10*n*scalar.Eps)
	}
}

// Q·D with the discrete Fourier matrix Q has the singular values D: those over
// 30 decades keep their relative accuracy in the complex method.
func TestSVDGradedColumns(t *testing.T) {
	const n = 16
	a := New[complex128](n, n)
	for i := range n {
		for j := range n {
			w := cmplx.Exp(complex(0, 2*math.Pi*float64(i*j%n)/n)) / 4
			a.Set(i, (j+5)%n, w*complex(math.Pow(10, -2*float64(j)), 0))
		}
	}
	_, s, _, err := SVD(a)
	if err != nil {
		t.Fatal(err)
	}
	for k := range n {
		want := math.Pow(10, -2*float64(k))
		closeTo(t, "s", s[k], want, 100*n*scalar.Eps*want)
	}
}

func TestSVDExtremes(t *testing.T) {
	for _, scale := range []float64{1e-300, 0x1p-1060, 1e290} {
		a := &Matrix[complex128]{Rows: 2, Cols: 2, Data: []complex128{complex(3*scale, 0), 0, 0, complex(0, scale)}}
		_, s, _, err := SVD(a)
		if err != nil {
			t.Fatal(err)
		}
		closeTo(t, "s_0", s[0], 3*scale, 8*scalar.Eps*scale)
		closeTo(t, "s_1", s[1], scale, 8*scalar.Eps*scale)
	}
}
