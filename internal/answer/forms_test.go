package answer_test

import (
	"context"
	"math"
	"math/cmplx"
	"math/rand/v2"
	"sync"
	"testing"

	"gonum.org/v1/gonum/mat"

	"eimtool/internal/answer"
	"eimtool/internal/dense"
	"eimtool/internal/family"
	"eimtool/internal/matrix"
	"eimtool/internal/surrogate"
)

// form is a system A(μ) x = b(μ) known at every parameter.
type form struct {
	name    string
	lo, hi  []float64
	samples int // per parameter
	pattern *matrix.Pattern
	complex bool // field of the matrices
	entry   func(mu []float64, i, j int) complex128
	load    func(mu []float64, i int) []complex128 // row i of b
	moving  bool                                   // b depends on μ
}

// band returns the pattern of a band matrix, of its lower triangle with a symmetry.
func band(n, width int, s matrix.Symmetry) *matrix.Pattern {
	p := &matrix.Pattern{Rows: n, Cols: n, Symmetry: s, ColPtr: make([]int, n+1)}
	for j := range n {
		first := max(0, j-width)
		if s != matrix.General {
			first = j
		}
		for i := first; i <= min(n-1, j+width); i++ {
			p.RowIdx = append(p.RowIdx, int32(i))
		}
		p.ColPtr[j+1] = len(p.RowIdx)
	}
	return p
}

// points returns the tensor grid of the samples.
func (f *form) points() [][]float64 {
	total := 1
	for range f.lo {
		total *= f.samples
	}
	out := make([][]float64, total)
	for k := range out {
		rest := k
		for j := range f.lo {
			t := float64(rest%f.samples) / float64(f.samples-1)
			out[k] = append(out[k], f.lo[j]+t*(f.hi[j]-f.lo[j]))
			rest /= f.samples
		}
	}
	return out
}

// random returns count parameters inside the box.
func (f *form) random(count int, seed uint64) [][]float64 {
	rng := rand.New(rand.NewPCG(seed, 77))
	out := make([][]float64, count)
	for k := range out {
		for j := range f.lo {
			out[k] = append(out[k], f.lo[j]+rng.Float64()*(f.hi[j]-f.lo[j]))
		}
	}
	return out
}

func (f *form) names() []string { return []string{"s", "t", "u"}[:len(f.lo)] }

// rhs returns b(μ).
func (f *form) rhs(mu []float64) *dense.Matrix[complex128] {
	n := f.pattern.Rows
	b := dense.New[complex128](n, len(f.load(mu, 0)))
	for i := range n {
		copy(b.Row(i), f.load(mu, i))
	}
	return b
}

// full returns all entries of A(μ), without looking at the pattern's storage
// rules but for which entries it has.
func (f *form) full(mu []float64) *dense.Matrix[complex128] {
	n := f.pattern.Rows
	a := dense.New[complex128](n, n)
	f.pattern.Each(func(_, i, j int) {
		v := f.entry(mu, i, j)
		a.Set(i, j, v)
		switch f.pattern.Symmetry {
		case matrix.Symmetric:
			a.Set(j, i, v)
		case matrix.Hermitian:
			a.Set(j, i, cmplx.Conj(v))
		}
	})
	return a
}

// matrix returns A(μ) as a file would hold it.
func (f *form) matrix(mu []float64) *matrix.Matrix {
	m := &matrix.Matrix{Pattern: f.pattern}
	m.Complex = make([]complex128, f.pattern.NNZ())
	f.pattern.Each(func(k, i, j int) { m.Complex[k] = f.entry(mu, i, j) })
	return m
}

// family returns the samples as package family reads them.
func (f *form) family() *family.Family {
	out := &family.Family{Table: &family.Table{Names: f.names()}, Pattern: f.pattern, Complex: f.complex}
	out.Hermitian = f.pattern.Symmetry == matrix.Hermitian
	for _, mu := range f.points() {
		out.Samples = append(out.Samples, family.Sample{Mu: mu, File: "A.mtx"})
		v := f.matrix(mu).Complex
		if f.complex && !out.Hermitian {
			out.Complexes = append(out.Complexes, v)
			continue
		}
		row := make([]float64, len(v))
		for k, z := range v {
			row[k] = real(z)
		}
		if out.Hermitian {
			for _, z := range v {
				row = append(row, imag(z))
			}
		}
		out.Real = append(out.Real, row)
	}
	return out
}

// prepared returns b as the offline stage gets it.
func (f *form) prepared() *surrogate.RHS {
	r := &surrogate.RHS{Files: []string{"b.mtx"}}
	if !f.moving {
		r.Values = append(r.Values, f.rhs(f.lo))
		return r
	}
	r.Files = nil
	for _, mu := range f.points() {
		r.Values, r.Files = append(r.Values, f.rhs(mu)), append(r.Files, "b.mtx")
	}
	return r
}

// build makes the model, prepared for b.
func (f *form) build(t testing.TB, change func(*surrogate.Options)) *surrogate.Model {
	t.Helper()
	o := surrogate.DefaultOptions()
	o.RHS, o.HoldOut = f.prepared(), false
	if change != nil {
		change(&o)
	}
	m, err := surrogate.Build(context.Background(), f.family(), o)
	if err != nil {
		t.Fatalf("%s: %v", f.name, err)
	}
	return m
}

// models caches what several tests build alike: nothing changes a model.
var models = struct {
	sync.Mutex
	byName map[string]*surrogate.Model
}{byName: map[string]*surrogate.Model{}}

// model returns the model prepared for b and, on request, for the outputs.
func (f *form) model(t testing.TB, outputs bool) *surrogate.Model {
	t.Helper()
	models.Lock()
	defer models.Unlock()
	name := f.name
	if outputs {
		name += " with outputs"
	}
	if models.byName[name] == nil {
		models.byName[name] = f.build(t, func(o *surrogate.Options) {
			if outputs {
				o.Quantity = f.outputs()
			}
		})
	}
	return models.byName[name]
}

// transposed returns aᵀ.
func transposed(a *dense.Matrix[complex128]) *dense.Matrix[complex128] {
	out := dense.New[complex128](a.Cols, a.Rows)
	for i := range a.Rows {
		for j, v := range a.Row(i) {
			out.Set(j, i, v)
		}
	}
	return out
}

// exact returns a⁻¹ b from Gonum's solver in real arithmetic of twice the size,
// refined twice with residuals in twice the precision.
func exact(t testing.TB, a, b *dense.Matrix[complex128]) *dense.Matrix[complex128] {
	t.Helper()
	n, k := a.Rows, b.Cols
	block := mat.NewDense(2*n, 2*n, nil)
	for i := range n {
		for j, v := range a.Row(i) {
			block.Set(i, j, real(v))
			block.Set(i, n+j, -imag(v))
			block.Set(n+i, j, imag(v))
			block.Set(n+i, n+j, real(v))
		}
	}
	var lu mat.LU
	lu.Factorize(block)
	x := mat.NewDense(2*n, k, nil)
	r := stackedParts(b)
	for range 3 {
		d := mat.NewDense(2*n, k, nil)
		if err := lu.SolveTo(d, false, r); err != nil {
			t.Fatalf("oracle: %v", err)
		}
		x.Add(x, d)
		r = exactResidual(block, x, stackedParts(b))
	}
	out := dense.New[complex128](n, k)
	for i := range n {
		for j := range k {
			out.Set(i, j, complex(x.At(i, j), x.At(n+i, j)))
		}
	}
	return out
}

func stackedParts(b *dense.Matrix[complex128]) *mat.Dense {
	out := mat.NewDense(2*b.Rows, b.Cols, nil)
	for i := range b.Rows {
		for j, v := range b.Row(i) {
			out.Set(i, j, real(v))
			out.Set(b.Rows+i, j, imag(v))
		}
	}
	return out
}

// exactResidual returns b − a·x as if computed in twice the precision (Ogita,
// Rump, Oishi, SIAM J. Sci. Comput. 26 (2005), algorithm 5.3).
func exactResidual(a, x, b *mat.Dense) *mat.Dense {
	n, k := x.Dims()
	out := mat.NewDense(n, k, nil)
	for i := range n {
		for j := range k {
			sum, low := b.At(i, j), 0.0
			for l := range n {
				v, w := -a.At(i, l), x.At(l, j)
				p := v * w
				next := sum + p
				t := next - sum
				low += (sum - (next - t)) + (p - t) + math.FMA(v, w, -p)
				sum = next
			}
			out.Set(i, j, sum+low)
		}
	}
	return out
}

// solution returns A(μ)⁻¹ b(μ).
func (f *form) solution(t testing.TB, mu []float64) *dense.Matrix[complex128] {
	return exact(t, f.full(mu), f.rhs(mu))
}

// vector returns the solution of a result as complex numbers.
func vector(t testing.TB, r *answer.Result) *dense.Matrix[complex128] {
	t.Helper()
	switch {
	case r.X != nil && r.RealX != nil:
		t.Fatal("a real and a complex solution")
	case r.X != nil:
		return r.X
	case r.RealX == nil:
		t.Fatal("no solution")
	}
	return surrogate.Rejoin(r.RealX, false)
}

// distance returns the largest relative distance of the columns of x from those
// of want.
func distance(x, want *dense.Matrix[complex128]) float64 {
	worst := 0.0
	for j := range want.Cols {
		var d, n float64
		for i := range want.Rows {
			d = math.Hypot(d, cmplx.Abs(x.At(i, j)-want.At(i, j)))
			n = math.Hypot(n, cmplx.Abs(want.At(i, j)))
		}
		switch {
		case math.IsNaN(d):
			return math.Inf(1)
		case d > 0:
			worst = max(worst, d/n)
		}
	}
	return worst
}

// solver returns the solver of a model in memory.
func solver(t testing.TB, m *surrogate.Model, opt answer.Options) answer.Solver {
	t.Helper()
	s, err := answer.New(m, nil, opt)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// one answers at one point.
func one(t testing.TB, s answer.Solver, mu ...float64) *answer.Result {
	t.Helper()
	r, errs := s.Solve(context.Background(), []answer.Point{{Mu: mu}})
	if errs[0] != nil {
		t.Fatalf("μ = %v: %v", mu, errs[0])
	}
	return r[0]
}

const unknowns = 20

func constantLoad(columns int, scale complex128) func([]float64, int) []complex128 {
	return func(_ []float64, i int) []complex128 {
		row := make([]complex128, columns)
		for j := range row {
			row[j] = scale * complex(1+math.Sin(float64(3*i+7*j)), 0)
			if imag(scale) != 0 {
				row[j] += complex(0, math.Cos(float64(i+2*j)))
			}
		}
		return row
	}
}

// diffusion is real, symmetric and positive definite, smooth in μ.
func diffusion() *form {
	return &form{
		name: "diffusion", lo: []float64{0}, hi: []float64{2}, samples: 14, pattern: band(unknowns, 1, matrix.Symmetric),
		entry: func(mu []float64, i, j int) complex128 {
			if i == j {
				return complex(2.1+math.Exp(-mu[0]*float64(i)/unknowns), 0)
			}
			return complex(-1/(1+0.2*mu[0]*math.Pow(math.Sin(float64(j)), 2)), 0)
		},
		load: constantLoad(1, 1),
	}
}

// transport is real and general, in two parameters, with two right-hand sides.
func transport() *form {
	return &form{
		name: "transport", lo: []float64{0.5, 0}, hi: []float64{3, 1}, samples: 5, pattern: band(unknowns, 1, matrix.General),
		entry: func(mu []float64, i, j int) complex128 {
			switch i - j {
			case 0:
				return complex(2.2+mu[0]*(1+0.3*math.Cos(float64(i))), 0)
			case 1:
				return complex(-1-mu[1]*math.Sqrt(1+mu[0]), 0)
			}
			return complex(-1+0.5*mu[1], 0)
		},
		load: constantLoad(2, 1),
	}
}

// damped is complex symmetric.
func damped() *form {
	return &form{
		name: "damped", lo: []float64{1}, hi: []float64{3}, samples: 16, pattern: band(unknowns, 1, matrix.Symmetric), complex: true,
		entry: func(mu []float64, i, j int) complex128 {
			if i == j {
				return complex(2-mu[0]*mu[0]*0.6, 0.4*mu[0]+0.1*math.Sin(mu[0]*float64(i)/8))
			}
			return complex(-1-0.1*mu[0]*mu[0], 0)
		},
		load: constantLoad(2, 1+0.5i),
	}
}

// magnetic is Hermitian and positive definite.
func magnetic() *form {
	return &form{
		name: "magnetic", lo: []float64{0}, hi: []float64{1}, samples: 14, pattern: band(unknowns, 2, matrix.Hermitian), complex: true,
		entry: func(mu []float64, i, j int) complex128 {
			if i == j {
				return complex(4.2+0.1*float64(i)*mu[0], 0)
			}
			return -cmplx.Exp(complex(0, mu[0]*float64(i*i-j*j)/40)) / complex(float64(i-j), 0)
		},
		load: constantLoad(1, 1+1i),
	}
}

// waves is a dense kernel.
func waves() *form {
	return &form{
		name: "waves", lo: []float64{0.5}, hi: []float64{3}, samples: 20, complex: true,
		pattern: &matrix.Pattern{Rows: 12, Cols: 12, Symmetry: matrix.Symmetric, Dense: true},
		entry: func(mu []float64, i, j int) complex128 {
			r := math.Abs(float64(i-j)) / 4 * (1 + 0.05*float64(i+j))
			v := cmplx.Exp(complex(0, mu[0]*r)) / complex(1+4*r*r, 0)
			if i == j {
				v += 2
			}
			return v
		},
		load: constantLoad(1, 1),
	}
}

// movingLoad is diffusion with b(μ); complexLoad has a complex b for real matrices.
func movingLoad() *form {
	f := diffusion()
	f.name, f.moving = "moving load", true
	f.load = func(mu []float64, i int) []complex128 {
		return []complex128{complex(1+math.Sin(mu[0]*float64(i)/unknowns), 0), complex(math.Exp(-mu[0])*float64(i), 0)}
	}
	return f
}

func complexLoad() *form {
	f := diffusion()
	f.name, f.load = "complex load", constantLoad(2, 1-2i)
	return f
}

func complexMovingLoad() *form {
	f := transport()
	f.name, f.moving = "complex moving load", true
	f.load = func(mu []float64, i int) []complex128 {
		return []complex128{cmplx.Exp(complex(0, mu[1]*float64(i)/unknowns)) * complex(1+mu[0], 0)}
	}
	return f
}

func forms() []*form {
	return []*form{diffusion(), transport(), damped(), magnetic(), waves(), movingLoad(), complexLoad(), complexMovingLoad()}
}
