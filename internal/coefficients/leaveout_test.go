package coefficients

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/blas"

	"eimtool/internal/dense"
)

// refit fits build on the problem without the samples g and returns the
// weighted residuals of the fit at g.
func refit(t *testing.T, f *testFamily, points [][]float64, g []int, build func(p *problem) (Part, error)) *dense.Matrix[float64] {
	t.Helper()
	out := map[int]bool{}
	for _, i := range g {
		out[i] = true
	}
	var rest [][]float64
	for i, p := range points {
		if !out[i] {
			rest = append(rest, p)
		}
	}
	p, err := prepare(f.samples(rest))
	if err != nil {
		t.Fatal(err)
	}
	part, err := build(p)
	if err != nil {
		t.Fatal(err)
	}
	m := p.emptyModel()
	m.Parts, m.Averaged = []Part{part}, 1
	res := dense.New[float64](len(g), testPoints)
	for k, i := range g {
		v, err := m.evaluate(points[i], -1)
		if err != nil {
			t.Fatal(err)
		}
		truth := f.row(points[i])
		copy(res.Row(k), truth)
		axpy(-1, v.k, res.Row(k))
		for j := range res.Row(k) {
			res.Row(k)[j] /= dense.Norm(truth)
		}
	}
	return res
}

// TestClosedFormsEqualRefits compares the left-out residuals of minimum-norm
// and kriging models with fits that never saw the samples. Two corners fix the
// scaling of the parameters; they are never left out.
func TestClosedFormsEqualRefits(t *testing.T) {
	f := testFamilies()[3]
	f.n = 24
	points := f.points()
	p, err := prepare(f.samples(points))
	if err != nil {
		t.Fatal(err)
	}
	p.events = [][]int{{7}, {12}, {5, 9, 20}}
	identity := func(p *problem) *space { return p.space([]string{WarpIdentity, WarpIdentity}, []float64{0, 0}) }
	logA, lengths := []float64{0.3, 0.1}, []float64{0.9, 0.7}
	const nugget = 1e-6
	gauss := newGaussianFit(identity(p))
	cases := []struct {
		name   string
		closed *dense.Matrix[float64]
		build  func(p *problem) (Part, error)
	}{
		{
			"bernstein", identity(p).kernelScore(logA, nugget),
			func(p *problem) (Part, error) {
				// the nugget is relative to a norm that depends on the samples
				s := identity(p)
				return s.kernelPart(KindBernstein, logA, nugget, p.wy)
			},
		},
		{
			"gaussian", gauss.score(gauss.projected(lengths), 1e-9),
			func(p *problem) (Part, error) { return newGaussianFit(identity(p)).part(lengths, 1e-9) },
		},
	}
	for _, c := range cases {
		closed := product(blas.NoTrans, blas.NoTrans, c.closed, p.basis)
		row := 0
		for _, g := range p.events {
			want := refit(t, &f, points, g, c.build)
			for k := range g {
				// residuals may differ by the change of the nugget and of the mean
				if e := relative(closed.Row(row), want.Row(k)); e > 2e-3 {
					t.Errorf("%s, event %v: residuals differ by %.2g", c.name, g, e)
				}
				row++
			}
		}
	}
}

// TestAdaptiveResidualsEqualRefits fixes the polynomial space and compares with
// least squares on the rest.
func TestAdaptiveResidualsEqualRefits(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	const n, terms, r = 20, 6, 3
	q := dense.New[float64](n, terms)
	for i := range q.Data {
		q.Data[i] = rng.NormFloat64()
	}
	y := dense.New[float64](n, r)
	for i := range y.Data {
		y.Data[i] = rng.NormFloat64()
	}
	events := [][]int{{0}, {3, 4}, {7, 11, 19}}
	b := newBlocks(&problem{events: events})
	cols := q.Transpose()
	res := y.Clone()
	for k := range terms { // Gram-Schmidt, columns of Q and residual together
		v := cols.Row(k)
		for l := range k {
			axpy(-dot(cols.Row(l), v), cols.Row(l), v)
		}
		d := dense.Norm(v)
		for i := range v {
			v[i] /= d
		}
		c := dense.VecMul(v, res)
		for i, a := range v {
			axpy(-a, c, res.Row(i))
		}
		b.add(v)
	}
	got := b.leftOut(res)
	row := 0
	for _, g := range events {
		coef := leastSquares(q, y, g)
		for _, i := range g {
			want := append([]float64(nil), y.Row(i)...)
			axpy(-1, dense.VecMul(q.Row(i), coef), want)
			if e := relative(got.Row(row), want); e > 1e-10 {
				t.Errorf("event %v: %.2g", g, e)
			}
			row++
		}
	}
}

// leastSquares solves the normal equations of the rows not in g by Gaussian
// elimination; good enough for random matrices.
func leastSquares(q, y *dense.Matrix[float64], g []int) *dense.Matrix[float64] {
	m := q.Cols
	a, b := dense.New[float64](m, m), dense.New[float64](m, y.Cols)
	skip := map[int]bool{}
	for _, i := range g {
		skip[i] = true
	}
	for i := range q.Rows {
		if skip[i] {
			continue
		}
		for k, v := range q.Row(i) {
			axpy(v, q.Row(i), a.Row(k))
			axpy(v, y.Row(i), b.Row(k))
		}
	}
	for k := range m {
		for i := range m {
			if i == k {
				continue
			}
			c := -a.At(i, k) / a.At(k, k)
			axpy(c, a.Row(k), a.Row(i))
			axpy(c, b.Row(k), b.Row(i))
		}
	}
	for k := range m {
		for j := range b.Row(k) {
			b.Row(k)[j] /= a.At(k, k)
		}
	}
	return b
}

func TestChooseEvents(t *testing.T) {
	line := []float64{3, 1, 2, 2, 5}
	events, inner, _, _ := chooseEvents([][]float64{line}, 5)
	if inner != 3 || len(events) != 4 || len(events[1]) != 2 {
		t.Errorf("one parameter: %v, inner %d", events, inner)
	}
	var a, b []float64
	for i := range 4 {
		for j := range 5 {
			a, b = append(a, float64(i)), append(b, float64(j*j))
		}
	}
	events, inner, lattice, _ := chooseEvents([][]float64{a, b}, 20)
	if len(events) != 2+3 || inner != 2*5+3*4 || !lattice[0] || !lattice[1] {
		t.Errorf("grid: %v, inner %d, lattice %v", events, inner, lattice)
	}
	for i := range b { // the second parameter scattered
		b[i] = math.Sqrt(float64(7*i + 1))
	}
	events, inner, lattice, _ = chooseEvents([][]float64{a, b}, 20)
	if len(events) != 2+20 || inner != 10+20 || !lattice[0] || lattice[1] {
		t.Errorf("half scattered: %d events, inner %d, lattice %v", len(events), inner, lattice)
	}
	events, inner, _, _ = chooseEvents([][]float64{{0, 1}}, 2)
	if len(events) != 2 || inner != 2 {
		t.Errorf("two samples: %v", events)
	}
}
