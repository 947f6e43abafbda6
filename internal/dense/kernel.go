package dense

import (
	"math"

	"gonum.org/v1/gonum/blas/gonum"

	"eimtool/internal/scalar"
)

// Dotc returns Σ conj(x_i)·y_i. len(y) ≥ len(x).
func Dotc[T scalar.Scalar](x, y []T) T {
	var s any
	switch x := any(x).(type) {
	case []float64:
		s = gonum.Implementation{}.Ddot(len(x), x, 1, any(y).([]float64), 1)
	case []complex128:
		s = gonum.Implementation{}.Zdotc(len(x), x, 1, any(y).([]complex128), 1)
	}
	return s.(T)
}

// Axpy computes y += a·x. len(y) ≥ len(x); x and y must not overlap.
func Axpy[T scalar.Scalar](a T, x, y []T) {
	if a == 0 {
		return
	}
	switch x := any(x).(type) {
	case []float64:
		gonum.Implementation{}.Daxpy(len(x), any(a).(float64), x, 1, any(y).([]float64), 1)
	case []complex128:
		gonum.Implementation{}.Zaxpy(len(x), any(a).(complex128), x, 1, any(y).([]complex128), 1)
	}
}

// Scale computes x *= a.
func Scale[T scalar.Scalar](a T, x []T) {
	for i := range x {
		x[i] *= a
	}
}

// ConjTranspose returns aᴴ.
func ConjTranspose[T scalar.Scalar](a *Matrix[T]) *Matrix[T] {
	t := a.Transpose()
	scalar.Conjugate(t.Data)
	return t
}

// Norm returns the 2-norm of x, without needless over- or underflow.
func Norm[T scalar.Scalar](x []T) float64 {
	// Squares this size have lost nothing that counts to underflow.
	if s := scalar.Real(Dotc(x, x)); s > 0x1p-900 && s < 0x1p1000 {
		return math.Sqrt(s)
	}
	var n scalar.Norm
	switch v := any(x).(type) {
	case []float64:
		for _, a := range v {
			n.Add(a, 1)
		}
	case []complex128:
		for _, a := range v {
			n.Add(real(a), 1)
			n.Add(imag(a), 1)
		}
	}
	return n.Value()
}

// Reflector computes the Householder reflector H = I - tau·v·vᴴ, v = (1, x'),
// that maps (alpha, x) to (beta, 0), and overwrites x by x'. tau is real, so
// H is Hermitian and beta has the phase of -alpha. A zero x gives tau = 0.
func Reflector[T scalar.Scalar](alpha T, x []T) (beta T, tau float64) {
	tail := Norm(x)
	if tail == 0 {
		return alpha, 0
	}
	a := scalar.Abs(alpha)
	norm := math.Hypot(a, tail)
	if norm < 0x1p-900 { // the reciprocal below would overflow
		Scale(scalar.Of[T](0x1p500, 0), x)
		beta, tau = Reflector(alpha*scalar.Of[T](0x1p500, 0), x)
		return beta * scalar.Of[T](0x1p-500, 0), tau
	}
	phase := scalar.Of[T](1, 0)
	if a > 0 {
		phase = alpha / scalar.Of[T](a, 0)
	}
	// alpha - beta = phase·(a + norm) and tau = 2/|v|² = (a + norm)/norm.
	Scale(1/(phase*scalar.Of[T](a+norm, 0)), x)
	return -phase * scalar.Of[T](norm, 0), 1 + a/norm
}

// reflect applies I - tau·v·vᴴ, v = (1, x), to the vector (*head, y).
func reflect[T scalar.Scalar](tau T, x []T, head *T, y []T) {
	w := tau * (*head + Dotc(x, y))
	*head -= w
	Axpy(-w, x, y)
}
