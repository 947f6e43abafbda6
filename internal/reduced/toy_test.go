package reduced_test

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"eimtool/internal/dense"
	"eimtool/internal/matrix"
	"eimtool/internal/reduced"
	"eimtool/internal/scalar"
)

// toy is a dense family without symmetry or, Hermitian and indefinite, on the
// lower triangle, with two right-hand sides that depend on μ: coefficients and
// their derivatives are known.
type toy[T scalar.Scalar] struct {
	reduced.Problem[T]
	full []*dense.Matrix[T] // the terms with both triangles
}

const toySize = 50

func newToy[T scalar.Scalar](symmetry matrix.Symmetry) *toy[T] {
	rng := rand.New(rand.NewPCG(3, 4))
	normal := func() T { return scalar.Of[T](rng.NormFloat64(), rng.NormFloat64()) }
	y := &toy[T]{}
	n := toySize
	y.Pattern = &matrix.Pattern{Rows: n, Cols: n, Symmetry: symmetry, Dense: true}
	for l, scale := range []float64{3, 0.3, 0.3} {
		m := dense.New[T](n, n)
		for i := range n {
			for j := range n {
				m.Set(i, j, scalar.Of[T](scale*math.Exp(-math.Abs(float64(i-j))/3)/4, 0)*normal())
			}
			if l == 0 {
				m.Set(i, i, m.At(i, i)+scalar.Of[T](8+float64(i%5), 0))
			}
		}
		if symmetry == matrix.Hermitian {
			h := dense.ConjTranspose(m)
			dense.Axpy(1, m.Data, h.Data)
			dense.Scale(scalar.Of[T](0.5, 0), h.Data)
			m = h
		}
		values := make([]T, y.Pattern.NNZ())
		y.Pattern.Each(func(k, i, j int) { values[k] = m.At(i, j) })
		y.Rows, y.full = append(y.Rows, values), append(y.full, m)
	}
	for range 2 {
		b := dense.New[T](n, 2)
		for i := range b.Data {
			b.Data[i] = normal()
		}
		y.RHS = append(y.RHS, b)
	}
	y.Dim = 2
	y.FromUnit = func(u []float64) []float64 { return []float64{2*u[0] - 1, 2*u[1] - 1} }
	y.At = func(mu []float64) (*reduced.Point[T], error) {
		theta, phi := y.coefficients(mu)
		return &reduced.Point[T]{Theta: theta, Phi: phi}, nil
	}
	y.Factorise = func(_ context.Context, values []T) (reduced.Factor[T], error) {
		m := dense.New[T](n, n)
		y.Pattern.Each(func(k, i, j int) {
			m.Set(i, j, values[k])
			if symmetry != matrix.General && i != j {
				m.Set(j, i, scalar.Conj(values[k]))
			}
		})
		lu, err := dense.LU(m)
		return denseFactor[T]{lu}, err
	}
	return y
}

func (y *toy[T]) coefficients(mu []float64) (theta, phi []T) {
	of := func(x float64) T { return scalar.Of[T](x, 0) }
	return []T{1, of(math.Sin(mu[0])), of(mu[0] * mu[1])}, []T{1, of(mu[1])}
}

// derivatives returns those of the coefficients with respect to parameter j.
func (y *toy[T]) derivatives(mu []float64, j int) (theta, phi []T) {
	of := func(x float64) T { return scalar.Of[T](x, 0) }
	if j == 0 {
		return []T{0, of(math.Cos(mu[0])), of(mu[1])}, []T{0, 0}
	}
	return []T{0, 0, of(mu[0])}, []T{0, 1}
}

// exact solves A·x = Σ phi·b − dA·x₀ with the matrices written out.
func (y *toy[T]) exact(t testing.TB, theta, phi, dTheta []T, x0 *dense.Matrix[T]) *dense.Matrix[T] {
	t.Helper()
	a, d := dense.New[T](toySize, toySize), dense.New[T](toySize, toySize)
	for l, m := range y.full {
		dense.Axpy(theta[l], m.Data, a.Data)
		if dTheta != nil {
			dense.Axpy(dTheta[l], m.Data, d.Data)
		}
	}
	b := dense.New[T](toySize, 2)
	for k, v := range phi {
		dense.Axpy(v, y.RHS[k].Data, b.Data)
	}
	if x0 != nil {
		dense.Axpy(-1, dense.Mul(d, x0).Data, b.Data)
	}
	x, _, err := dense.LeastSquares(a, b, 0)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

type denseFactor[T scalar.Scalar] struct{ lu *dense.LUFactor[T] }

func (f denseFactor[T]) Solve(_ context.Context, b *dense.Matrix[T], op matrix.Op) error {
	x := b.Transpose()
	for j := range x.Rows {
		row := x.Row(j)
		if op == matrix.NoTranspose {
			copy(row, f.lu.Solve(row))
			continue
		}
		conjugate(row)
		copy(row, f.lu.SolveRow(row))
		conjugate(row)
	}
	copy(b.Data, x.Transpose().Data)
	return nil
}
