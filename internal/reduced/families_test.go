package reduced_test

import (
	"context"
	"flag"
	"math"
	"path/filepath"
	"sync"
	"testing"

	"eimtool/internal/coefficients"
	"eimtool/internal/dense"
	"eimtool/internal/family"
	"eimtool/internal/matrix"
	"eimtool/internal/mtx"
	"eimtool/internal/reduced"
	"eimtool/internal/scalar"
	"eimtool/internal/solve"
)

// long measures all families at all sizes; without it a few are enough to
// notice a loss.
var long = flag.Bool("long", false, "measure accuracy on all families and sizes")

const families = "../../testdata/families"

// options returns those of accurate bases of so many vectors. Without -long the
// nodes come from fewer candidates, which costs little accuracy and saves time.
func options(size int) reduced.Options {
	opt := reduced.Options{MaxBasis: size, Tolerance: 1e-14}
	if !*long {
		opt.Points = 200
	}
	return opt
}

// instance is a family of the test data, ready to be reduced.
type instance[T scalar.Scalar] struct {
	reduced.Problem[T]
	name  string
	b     *dense.Matrix[T]
	tests []*reduced.Point[T]
	exact [][]T // x_test
	mu    [][]float64
}

// cast converts values to the scalar type of a test.
func cast[T scalar.Scalar](v matrix.Values) []T {
	out := make([]T, v.Len())
	for i := range out {
		z := v.At(i)
		out[i] = scalar.Of[T](real(z), imag(z))
	}
	return out
}

func open(t testing.TB, path string) *family.Family {
	t.Helper()
	table, err := family.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := family.Load(context.Background(), table, family.LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func vector[T scalar.Scalar](t testing.TB, path string) []T {
	t.Helper()
	f, err := mtx.ReadFile(context.Background(), path, mtx.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return cast[T](f.Values)
}

// factoriser returns Problem.Factorise with the direct solvers of package solve.
func factoriser[T scalar.Scalar](t testing.TB, p *matrix.Pattern) func(context.Context, []T) (reduced.Factor[T], error) {
	t.Helper()
	s, err := solve.New[T](context.Background(), p, solve.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return func(ctx context.Context, values []T) (reduced.Factor[T], error) { return s.Factorise(ctx, values) }
}

// instances keeps the families by name: to read and to model one takes longer
// than most tests.
var instances sync.Map

// load returns a family of the test data. Its slices are shared between tests.
func load[T scalar.Scalar](t testing.TB, name string) *instance[T] {
	t.Helper()
	kept, ok := instances.Load(name)
	if !ok {
		kept = read[T](t, name)
		instances.Store(name, kept)
	}
	in := *kept.(*instance[T])
	return &in
}

// read reads a family, models its coefficients in the coordinates of its
// samples, and prepares tests and left-out samples.
func read[T scalar.Scalar](t testing.TB, name string) *instance[T] {
	t.Helper()
	f := open(t, filepath.Join(families, name, "samples.csv"))
	in := &instance[T]{name: name}
	in.Pattern = f.Pattern
	for i := range f.Samples {
		in.Rows = append(in.Rows, cast[T](f.Row(i)))
	}
	k, err := dense.TSQR(context.Background(), in.Rows, f.Pattern.Multiplicities(), 0)
	if err != nil {
		t.Fatal(err)
	}
	u, s, w, err := dense.SVD(k)
	if err != nil {
		t.Fatal(err)
	}
	q := 0
	for q < len(s) && s[q] > 1e-15*s[0] {
		q++
	}
	in.Combine = dense.New[T](q, len(in.Rows))
	for l := range q {
		for i := range in.Rows {
			in.Combine.Set(l, i, scalar.Conj(u.At(i, l))/scalar.Of[T](s[l], 0))
		}
	}
	model := fitted(t, f, k, magic(&in.Operator))
	wq := dense.New[T](w.Rows, q)
	for i := range w.Rows {
		copy(wq.Row(i), w.Row(i)[:q])
	}
	theta := func(packed []float64) []T {
		if packed == nil {
			return nil
		}
		return dense.VecMul(unpack[T](packed), wq)
	}
	in.At = func(mu []float64) (*reduced.Point[T], error) {
		p, err := model.Predict(mu)
		if err != nil {
			return nil, err
		}
		return &reduced.Point[T]{Theta: theta(p.K), Second: theta(p.Second), ModelError: p.ModelError}, nil
	}
	in.finish(t, f)
	for i := range min(15, len(model.LeftOut)) {
		l := model.LeftOut[i*len(model.LeftOut)/min(15, len(model.LeftOut))]
		in.LeftOut = append(in.LeftOut, reduced.LeftOut[T]{
			Sample: l.Sample,
			Point:  &reduced.Point[T]{Theta: theta(l.K), Second: theta(l.Second), ModelError: l.Error},
		})
	}
	warped(&in.Problem, model.Parts[0].Axes, len(f.Names), model.Lower, model.Upper)
	in.readTests(t)
	return in
}

// finish sets what all kinds of problems share.
func (in *instance[T]) finish(t testing.TB, f *family.Family) {
	t.Helper()
	n := f.Pattern.Rows
	in.b = &dense.Matrix[T]{Rows: n, Cols: 1, Data: vector[T](t, filepath.Join(families, in.name, "rhs.mtx"))}
	in.RHS = []*dense.Matrix[T]{in.b}
	in.Factorise = factoriser[T](t, f.Pattern)
	for i, s := range f.Samples {
		in.Samples = append(in.Samples, reduced.Sample[T]{Mu: s.Mu, Values: cast[T](f.Row(i)), RHS: in.b})
	}
}

// readTests evaluates the family at the tests and reads their solutions.
func (in *instance[T]) readTests(t testing.TB) {
	t.Helper()
	table, err := family.ReadTable(filepath.Join(families, in.name, "solutions.csv"), family.TableOptions{RequireFile: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range table.Samples {
		pt, err := in.At(s.Mu)
		if err != nil {
			t.Fatal(err)
		}
		in.mu = append(in.mu, s.Mu)
		in.tests = append(in.tests, pt)
		in.exact = append(in.exact, vector[T](t, s.Path))
	}
}

// magic returns the values of the samples at the entries that determine the
// terms best: column pivots of the matrix of terms.
func magic[T scalar.Scalar](o *reduced.Operator[T]) *dense.Matrix[complex128] {
	terms := dense.New[T](o.Terms(), len(o.Rows[0]))
	for l := range terms.Rows {
		for i, row := range o.Rows {
			dense.Axpy(o.Combine.At(l, i), row, terms.Row(l))
		}
	}
	_, perm := dense.PivotedQR(terms)
	m := dense.New[complex128](len(o.Rows), terms.Rows)
	for i, row := range o.Rows {
		for l := range m.Cols {
			v := row[perm[l]]
			m.Set(i, l, complex(scalar.Real(v), scalar.Imag(v)))
		}
	}
	return m
}

func fitted[T scalar.Scalar](t testing.TB, f *family.Family, k *dense.Matrix[T], magic *dense.Matrix[complex128]) *coefficients.Model {
	t.Helper()
	mu := dense.New[float64](len(f.Samples), len(f.Names))
	for i, s := range f.Samples {
		copy(mu.Row(i), s.Mu)
	}
	m, err := coefficients.Fit(context.Background(), &coefficients.Samples{
		Names: f.Names, Mu: mu, K: pack(k), Complex: scalar.IsComplex[T](), Magic: magic,
	}, coefficients.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func unpack[T scalar.Scalar](k []float64) []T {
	if !scalar.IsComplex[T]() {
		return any(k).([]T)
	}
	z := make([]T, len(k)/2)
	for i := range z {
		z[i] = scalar.Of[T](k[i], k[len(z)+i])
	}
	return z
}

func pack[T scalar.Scalar](k *dense.Matrix[T]) *dense.Matrix[float64] {
	if !scalar.IsComplex[T]() {
		return any(k).(*dense.Matrix[float64])
	}
	out := dense.New[float64](k.Rows, 2*k.Cols)
	for i := range k.Rows {
		for j, v := range k.Row(i) {
			out.Set(i, j, scalar.Real(v))
			out.Set(i, k.Cols+j, scalar.Imag(v))
		}
	}
	return out
}

// warped sets the map from the unit cube, even in the warps of a model.
func warped[T scalar.Scalar](p *reduced.Problem[T], axes []coefficients.Axis, dim int, lower, upper []float64) {
	p.Dim = dim
	p.FromUnit = func(u []float64) []float64 {
		mu := make([]float64, dim)
		for j := range mu {
			warp := coefficients.WarpIdentity
			for _, a := range axes {
				if a.Param == j {
					warp = a.Warp
				}
			}
			to, from := math.Abs, math.Abs
			switch warp {
			case coefficients.WarpSqrt:
				to, from = math.Sqrt, func(x float64) float64 { return x * x }
			case coefficients.WarpLog:
				to, from = math.Log, math.Exp
			case coefficients.WarpInverse:
				to = func(x float64) float64 { return 1 / x }
				from = to
			default:
				mu[j] = lower[j] + u[j]*(upper[j]-lower[j])
				continue
			}
			x := from(to(lower[j]) + u[j]*(to(upper[j])-to(lower[j])))
			mu[j] = min(max(x, lower[j]), upper[j])
		}
		return mu
	}
}

// measured holds what a basis does at the tests of a family.
type measured struct {
	worst    float64   // largest relative error of x
	best     float64   // largest relative distance from the space
	reported float64   // largest estimate
	ratios   []float64 // estimates over errors, of errors above 1e-12
	covered  int       // of these, those that are at least 1
	least    int       // tests solved by least squares
}

// measure solves at the tests with the first size vectors, all for 0.
func measure[T scalar.Scalar](t testing.TB, in *instance[T], b *reduced.Basis[T], size int) (m measured) {
	t.Helper()
	for i, pt := range in.tests {
		a, err := b.Solve(pt, reduced.SolveOptions{Size: size})
		if err != nil {
			t.Fatal(err)
		}
		x := expanded(b, a.C)
		e := difference(x.Data, in.exact[i])
		m.worst, m.reported = max(m.worst, e), max(m.reported, a.Estimate)
		m.best = max(m.best, projectionError(b.V, a.C.Rows, in.exact[i]))
		if a.Projection == reduced.LeastSquares {
			m.least++
		}
		if e > 1e-12 {
			m.ratios = append(m.ratios, a.Estimate/e)
			if a.Estimate >= e {
				m.covered++
			}
		}
	}
	return m
}

func expanded[T scalar.Scalar](b *reduced.Basis[T], c *dense.Matrix[T]) *dense.Matrix[T] {
	x := dense.New[T](b.V.Rows, c.Cols)
	b.Expand(c, x, 1)
	return x
}

func difference[T scalar.Scalar](x, y []T) float64 {
	d := append([]T(nil), x...)
	dense.Axpy(-1, y, d)
	return dense.Norm(d) / dense.Norm(y)
}

// projectionError returns the relative distance of x from the first s columns of v.
func projectionError[T scalar.Scalar](v *dense.Matrix[T], s int, x []T) float64 {
	r := append([]T(nil), x...)
	col := make([]T, len(x))
	for range 2 {
		for j := range s {
			for k := range col {
				col[k] = v.At(k, j)
			}
			dense.Axpy(-dense.Dotc(col, r), col, r)
		}
	}
	return dense.Norm(r) / dense.Norm(x)
}
