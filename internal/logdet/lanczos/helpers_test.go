package lanczos_test

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"eimtool/internal/dense"
	"eimtool/internal/gallery"
	"eimtool/internal/logdet/lanczos"
	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
)

// problem is a matrix with its log determinant.
type problem[T scalar.Scalar] struct {
	n      int
	apply  func(ctx context.Context, x, y *dense.Matrix[T]) error
	pre    *lanczos.Preconditioner[T]
	logDet float64
}

func (p *problem[T]) estimate(t testing.TB, opt lanczos.Options) lanczos.Result {
	t.Helper()
	r, err := estimate(p, opt)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func estimate[T scalar.Scalar](p *problem[T], opt lanczos.Options) (lanczos.Result, error) {
	return lanczos.Estimate(context.Background(), p.n, p.apply, p.pre, opt)
}

// product returns the products with a stored matrix.
func product[T scalar.Scalar](p *matrix.Pattern, values []T) func(ctx context.Context, x, y *dense.Matrix[T]) error {
	return func(ctx context.Context, x, y *dense.Matrix[T]) error {
		return matrix.MulBlock(ctx, p, values, x, y, matrix.NoTranspose, 1)
	}
}

// laplacian has a closed form.
func laplacian(shape ...int) *problem[float64] {
	m := gallery.Laplacian(shape...)
	return &problem[float64]{n: m.Rows, apply: product(m.Pattern, m.Values), logDet: gallery.LaplacianLogDet(shape...)}
}

// diagonal has the given eigenvalues.
func diagonal[T scalar.Scalar](d []float64) *problem[T] {
	var sum scalar.Sum
	for _, v := range d {
		sum.Add(math.Log(v))
	}
	return &problem[T]{n: len(d), logDet: sum.Value(), apply: func(_ context.Context, x, y *dense.Matrix[T]) error {
		for i, v := range d {
			for c, a := range x.Row(i) {
				y.Row(i)[c] = scalar.Of[T](v, 0) * a
			}
		}
		return nil
	}}
}

// cholesky returns G with m = G·Gᴴ, lower triangular, by the textbook.
func cholesky[T scalar.Scalar](t testing.TB, m *dense.Matrix[T]) *dense.Matrix[T] {
	t.Helper()
	g := dense.New[T](m.Rows, m.Rows)
	for j := range m.Rows {
		for i := j; i < m.Rows; i++ {
			v := m.At(i, j) - dense.Dotc(g.Row(j)[:j], g.Row(i)[:j])
			if i == j {
				if !(scalar.Real(v) > 0) {
					t.Fatalf("pivot %v in column %d", v, j)
				}
				v = scalar.Of[T](math.Sqrt(scalar.Real(v)), 0)
			} else {
				v /= g.At(j, j)
			}
			g.Set(i, j, v)
		}
	}
	return g
}

// logDet returns log det G·Gᴴ.
func logDet[T scalar.Scalar](g *dense.Matrix[T]) float64 {
	var sum scalar.Sum
	for i := range g.Rows {
		sum.Add(2 * math.Log(scalar.Real(g.At(i, i))))
	}
	return sum.Value()
}

// full returns the problem of a dense matrix.
func full[T scalar.Scalar](t testing.TB, m *dense.Matrix[T]) *problem[T] {
	t.Helper()
	p := &matrix.Pattern{Rows: m.Rows, Cols: m.Rows, Dense: true}
	return &problem[T]{n: m.Rows, logDet: logDet(cholesky(t, m)), apply: product(p, m.Transpose().Data)}
}

// preconditioner returns the solves with G·Gᴴ.
func preconditioner[T scalar.Scalar](g *dense.Matrix[T]) *lanczos.Preconditioner[T] {
	h := dense.ConjTranspose(g)
	back := func(_ context.Context, b *dense.Matrix[T]) error {
		for i := h.Rows - 1; i >= 0; i-- {
			for j := i + 1; j < h.Rows; j++ {
				dense.Axpy(-h.At(i, j), b.Row(j), b.Row(i))
			}
			dense.Scale(1/h.At(i, i), b.Row(i))
		}
		return nil
	}
	return &lanczos.Preconditioner[T]{
		LogDet: logDet(g), HalfSolve: back,
		Solve: func(ctx context.Context, b *dense.Matrix[T]) error {
			for i := range g.Rows {
				for j := range i {
					dense.Axpy(-g.At(i, j), b.Row(j), b.Row(i))
				}
				dense.Scale(1/g.At(i, i), b.Row(i))
			}
			return back(ctx, b)
		},
	}
}

// kernelMatrix returns exp(-|x_i - x_j|²/(2·length²)) + nugget·δ_ij for random
// points of the unit square.
func kernelMatrix(n int, length, nugget float64) *dense.Matrix[float64] {
	rng := rand.New(rand.NewPCG(5, 5))
	x := make([][2]float64, n)
	for i := range x {
		x[i] = [2]float64{rng.Float64(), rng.Float64()}
	}
	m := dense.New[float64](n, n)
	for i := range n {
		for j := range n {
			dx, dy := x[i][0]-x[j][0], x[i][1]-x[j][1]
			m.Set(i, j, math.Exp(-(dx*dx+dy*dy)/(2*length*length)))
		}
		m.Data[i*n+i] += nugget
	}
	return m
}

// variable returns the five-point matrix of a log-normal coefficient that
// varies over spread decades at random, on an s×s grid, plus shift times the
// identity.
func variable(s int, spread, shift float64, seed uint64) *dense.Matrix[float64] {
	rng := rand.New(rand.NewPCG(seed, 9))
	m := dense.New[float64](s*s, s*s)
	edge := func(i, j int) {
		c := math.Pow(10, spread*(rng.Float64()-0.5))
		m.Data[i*m.Cols+i] += c
		if j < 0 {
			return
		}
		m.Data[j*m.Cols+j] += c
		m.Data[i*m.Cols+j] -= c
		m.Data[j*m.Cols+i] -= c
	}
	for a := range s {
		for b := range s {
			i := a*s + b
			m.Data[i*m.Cols+i] += shift
			for _, e := range []struct {
				inside bool
				j      int
			}{{b+1 < s, i + 1}, {a+1 < s, i + s}} {
				if e.inside {
					edge(i, e.j)
				} else {
					edge(i, -1)
				}
			}
			if a == 0 {
				edge(i, -1)
			}
			if b == 0 {
				edge(i, -1)
			}
		}
	}
	return m
}

// add returns a + s·b.
func add(a *dense.Matrix[float64], s float64, b *dense.Matrix[float64]) *dense.Matrix[float64] {
	c := a.Clone()
	dense.Axpy(s, b.Data, c.Data)
	return c
}

// sparse gives a dense matrix, most of it zero, the products of a sparse one.
func sparse(t testing.TB, m *dense.Matrix[float64]) *problem[float64] {
	t.Helper()
	p := &matrix.Pattern{Rows: m.Rows, Cols: m.Cols, ColPtr: []int{0}}
	var values []float64
	for j := range m.Cols { // m is symmetric
		for i, v := range m.Row(j) {
			if v != 0 {
				p.RowIdx, values = append(p.RowIdx, int32(i)), append(values, v)
			}
		}
		p.ColPtr = append(p.ColPtr, len(values))
	}
	q := full(t, m)
	q.apply = product(p, values)
	return q
}
