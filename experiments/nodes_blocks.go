package main

import (
	"context"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"eimtool/internal/dense"
	"eimtool/internal/gallery"
	"eimtool/internal/logdet/measure"
	"eimtool/internal/scalar"
)

// blocks is a family A_μ = A_1 + Σ μ_k·A_{k+1} of thermal blocks with parameters
// that may become nodes and others that test what is made of the nodes.
type blocks struct {
	*gallery.Affine
	candidates, tests *dense.Matrix[float64] // α by rows
	load              []float64
	exact             []*member            // of the tests
	known             map[int]*member      // of the candidates that were nodes so far
	nodes             map[int]measure.Node // with all traces, of the same kind
}

// member is the family at one parameter.
type member struct {
	inverse  []float64 // all entries
	logDet   float64
	solution []float64 // A⁻¹·load
}

// newBlocks takes corners, centres of faces and points that fill the box evenly
// in log μ as candidates, and log-uniform random points as tests.
func newBlocks(ctx context.Context, f *gallery.Affine, candidates, tests int) (*blocks, error) {
	b := &blocks{Affine: f, known: map[int]*member{}, nodes: map[int]measure.Node{}}
	unit := measure.UnitPoints(len(f.Names), candidates)
	for i, u := range unit.Data {
		unit.Data[i] = f.Low * math.Pow(f.High/f.Low, u)
	}
	b.candidates, b.tests = b.alphas(unit), b.alphas(f.Points(tests, 1))
	rng := rand.New(rand.NewPCG(3, 6))
	for range f.Size() {
		b.load = append(b.load, rng.Float64())
	}
	b.exact = make([]*member, tests)
	err := scalar.Each(ctx, tests, 0, func(i int) { b.exact[i] = b.member(b.tests.Row(i)) })
	return b, err
}

// alphas returns the coefficients of the parts at the parameters by rows.
func (b *blocks) alphas(mu *dense.Matrix[float64]) *dense.Matrix[float64] {
	a := dense.New[float64](mu.Rows, len(b.Parts))
	for i := range mu.Rows {
		copy(a.Row(i), b.Alpha(mu.Row(i)))
	}
	return a
}

// member factorises A_μ and inverts it.
func (b *blocks) member(alpha []float64) *member {
	a := b.At(alpha)
	full := mat.NewSymDense(a.Rows, nil)
	a.Each(func(k, i, j int) { full.SetSym(i, j, a.Values[k]) })
	var c mat.Cholesky
	var inverse mat.SymDense
	var solution mat.VecDense
	if !c.Factorize(full) || c.InverseTo(&inverse) != nil || c.SolveVecTo(&solution, mat.NewVecDense(a.Rows, b.load)) != nil {
		panic("thermal blocks are positive definite and far from singular")
	}
	return &member{mat.DenseCopyOf(&inverse).RawMatrix().Data, c.LogDet(), solution.RawVector().Data}
}

// at returns the family at candidates.
func (b *blocks) at(candidates []int) []*member {
	out := make([]*member, len(candidates))
	for m, i := range candidates {
		if b.known[i] == nil {
			b.known[i] = b.member(b.candidates.Row(i))
		}
		out[m] = b.known[i]
	}
	return out
}

// logDets returns the least and the largest log determinant of the tests.
func (b *blocks) logDets() (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, x := range b.exact {
		low, high = min(low, x.logDet), max(high, x.logDet)
	}
	return low, high
}

// span returns the dimension of the space of all solutions: inside block k the
// equations are α_k times fixed ones, so that u is a fixed extension of its values
// at the unknowns that several blocks share, plus 1/α_k times a fixed vector for
// every block.
func (b *blocks) span() int {
	owners := make([]int, b.Size())
	for _, p := range b.Parts {
		p.Each(func(at, i, j int) {
			if i == j && p.Values[at] != 0 {
				owners[i]++
			}
		})
	}
	dimension := len(b.Parts)
	for _, n := range owners {
		if n > 1 {
			dimension++
		}
	}
	return dimension
}

// node returns the log determinant at a candidate with α_k·tr(A⁻¹·A_k), its
// derivatives by log α_k, and α_j·α_k·tr(A⁻¹·A_j·A⁻¹·A_k).
func (b *blocks) node(i int) measure.Node {
	n, ok := b.nodes[i]
	if !ok {
		n.Alpha, n.LogDet = b.candidates.Row(i), b.at([]int{i})[0].logDet
		n.Trace, n.Second = b.Traces(n.Alpha)
		b.nodes[i] = n
	}
	return n
}

// sizes returns tr(A_k)/N.
func (b *blocks) sizes() []float64 {
	w := make([]float64, len(b.Parts))
	for k, p := range b.Parts {
		p.Each(func(at, i, j int) {
			if i == j {
				w[k] += p.Values[at] / float64(b.Size())
			}
		})
	}
	return w
}
