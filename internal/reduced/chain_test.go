package reduced_test

import (
	"context"
	"fmt"
	"math"
	"testing"

	"eimtool/internal/dense"
	"eimtool/internal/matrix"
	"eimtool/internal/reduced"
	"eimtool/internal/scalar"
)

// chain is heat conduction through a rod of n cells in four sections of
// conductivities 1, μ₁, μ₂, μ₃, with a loss to the surroundings: a symmetric
// tridiagonal family with four positive semidefinite parts and a solver of cost n.
func chain[T scalar.Scalar](n int) *reduced.Problem[T] {
	p := &matrix.Pattern{Rows: n, Cols: n, Symmetry: matrix.Symmetric, ColPtr: make([]int, n+1)}
	rows := make([][]T, 4)
	for c := range n {
		section := 4 * c / n
		for i := c; i < min(n, c+2); i++ {
			p.RowIdx = append(p.RowIdx, int32(i))
			for l := range rows {
				rows[l] = append(rows[l], 0)
			}
		}
		last := len(p.RowIdx) - 1
		if c+1 < n { // the link of cells c and c+1
			rows[section][last] = -1
			rows[section][last-1] += 1
			last--
		}
		rows[0][last] += scalar.Of[T](20/float64(n)/float64(n), 0)
		if c > 0 {
			rows[4*(c-1)/n][last] += 1
		}
		p.ColPtr[c+1] = len(p.RowIdx)
	}
	b := dense.New[T](n, 1)
	for k := range n {
		x := float64(k) / float64(n)
		b.Data[k] = scalar.Of[T]((1+math.Sin(9*x))/float64(n), math.Cos(5*x)/float64(n))
	}
	return &reduced.Problem[T]{
		Operator: reduced.Operator[T]{Pattern: p, Rows: rows},
		RHS:      []*dense.Matrix[T]{b},
		At: func(mu []float64) (*reduced.Point[T], error) {
			theta := []T{1}
			for _, v := range mu {
				theta = append(theta, scalar.Of[T](v, 0.3*(v-1)))
			}
			return &reduced.Point[T]{Theta: theta}, nil
		},
		Factorise: func(_ context.Context, values []T) (reduced.Factor[T], error) { return thomas(p, values) },
		FromUnit: func(u []float64) []float64 {
			mu := make([]float64, len(u))
			for j, v := range u {
				mu[j] = math.Pow(10, v-0.5)
			}
			return mu
		},
		Dim:   3,
		Parts: true,
	}
}

// tridiagonal is L·D·Lᵀ of a symmetric tridiagonal matrix.
type tridiagonal[T scalar.Scalar] struct{ l, d []T }

func thomas[T scalar.Scalar](p *matrix.Pattern, a []T) (*tridiagonal[T], error) {
	f := &tridiagonal[T]{l: make([]T, p.Cols), d: make([]T, p.Cols)}
	for j := range f.d {
		f.d[j] += a[p.ColPtr[j]]
		if f.d[j] == 0 {
			return nil, fmt.Errorf("no pivot in column %d", j+1)
		}
		if j+1 < len(f.d) {
			f.l[j] = a[p.ColPtr[j]+1] / f.d[j]
			f.d[j+1] -= f.l[j] * a[p.ColPtr[j]+1]
		}
	}
	return f, nil
}

// Solve solves by forward and backward substitution.
func (f *tridiagonal[T]) Solve(_ context.Context, b *dense.Matrix[T], op matrix.Op) error {
	if op == matrix.ConjTranspose {
		conjugate(b.Data)
		defer conjugate(b.Data)
	}
	for j := 1; j < b.Rows; j++ {
		for c, v := range b.Row(j - 1) {
			b.Row(j)[c] -= f.l[j-1] * v
		}
	}
	for j := b.Rows - 1; j >= 0; j-- {
		row := b.Row(j)
		for c := range row {
			row[c] /= f.d[j]
			if j+1 < b.Rows {
				row[c] -= f.l[j] * b.Row(j + 1)[c]
			}
		}
	}
	return nil
}

func conjugate[T scalar.Scalar](x []T) {
	for i, v := range x {
		x[i] = scalar.Conj(v)
	}
}

// basisOf builds a basis of the chain.
func basisOf[T scalar.Scalar](t testing.TB, p *reduced.Problem[T], opt reduced.Options) *reduced.Basis[T] {
	t.Helper()
	b, err := reduced.Build(context.Background(), p, opt)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// BenchmarkSolve shows what coordinates, estimates and outputs cost at one μ,
// for problems of very different sizes: it does not depend on n.
func BenchmarkSolve(b *testing.B) {
	for _, n := range []int{2500, 25000, 250000} {
		p := chain[float64](n)
		p.Quantity = dense.New[float64](n, 1)
		for k := range n {
			p.Quantity.Data[k] = 1 / float64(n)
		}
		basis := basisOf(b, p, reduced.Options{MaxBasis: 40, Tolerance: 1e-14})
		pt, _ := p.At([]float64{0.5, 2, 1.3})
		run := func(name string, opt reduced.SolveOptions, outputs bool) {
			b.Run(fmt.Sprintf("n=%d/r=%d/%s", n, basis.Size(), name), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					a, err := basis.Solve(pt, opt)
					if err == nil && outputs {
						_, err = basis.Outputs(pt, a)
					}
					if err != nil {
						b.Fatal(err)
					}
				}
			})
		}
		run("coordinates", reduced.SolveOptions{NoEstimate: true}, false)
		run("cheap", reduced.SolveOptions{Cheap: true}, false)
		run("estimate", reduced.SolveOptions{}, false)
		run("outputs", reduced.SolveOptions{}, true)
	}
}
