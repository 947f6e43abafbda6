package coefficients

import (
	"container/heap"
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/lapack/lapack64"

	"eimtool/internal/dense"
)

// kernelFactor is minimum-norm interpolation with the weights exp(−a·j) on the
// normalised basis functions j, up to its nugget: Gᵀ = Q·R for
// G = diag(1/|A_i|) Φ diag(exp(−a·j)), N × K. The kernel matrix G·Gᵀ = RᵀR is
// never formed: its square root keeps twice the digits.
type kernelFactor struct {
	r    *dense.Matrix[float64] // N × N upper triangular
	norm float64                // largest singular value of R, approximately
}

// kernelTerms is the number of basis functions for n samples.
func kernelTerms(n int) int { return max(min(max(300, 4*n), 1200), 2*n) }

// multiIndex is a multi-index with its weight exponent a·degree(j).
type multiIndex struct {
	cost float64
	seq  int // order of creation breaks ties
	idx  []int
}

type indexHeap []multiIndex

func (h indexHeap) Len() int { return len(h) }
func (h indexHeap) Less(i, j int) bool {
	if h[i].cost != h[j].cost {
		return h[i].cost < h[j].cost
	}
	return h[i].seq < h[j].seq
}
func (h indexHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *indexHeap) Push(x any)   { *h = append(*h, x.(multiIndex)) }
func (h *indexHeap) Pop() any {
	old := *h
	m := old[len(old)-1]
	*h = old[:len(old)-1]
	return m
}

// SmallestIndices returns the at most count multi-indices j of smallest
// a·degree(j), flattened, and the weights exp(−a·degree(j)); those below
// 1e-18 are left out.
func SmallestIndices(axes []Axis, a []float64, count int) (idx []int, weight []float64) {
	dim := len(axes)
	h := indexHeap{{idx: make([]int, dim)}}
	seq := 0
	for len(h) > 0 && len(weight) < count {
		m := heap.Pop(&h).(multiIndex)
		w := math.Exp(-m.cost)
		if w < 1e-18 {
			break
		}
		idx = append(idx, m.idx...)
		weight = append(weight, w)
		last := dim - 1
		for last > 0 && m.idx[last] == 0 {
			last--
		}
		for d := last; d < dim; d++ { // every index has one parent: one less in its last nonzero place
			next := append([]int(nil), m.idx...)
			next[d]++
			var cost float64
			for e, j := range next {
				cost += a[e] * float64(axes[e].degree(j))
			}
			seq++
			heap.Push(&h, multiIndex{cost: cost, seq: seq, idx: next})
		}
	}
	return idx, weight
}

// weighted returns Gᵀ (K × N): row k is exp(−a·j_k) φ_{j_k} at the samples,
// times the sample weights.
func (s *space) weighted(idx []int, weight []float64) *dense.Matrix[float64] {
	dim := len(s.axes)
	tables := tabulate(s.axes, s.x, indexCounts(idx, dim))
	g := dense.New[float64](len(weight), s.p.n)
	for k, w := range weight {
		row := g.Row(k)
		products(tables, idx[k*dim:(k+1)*dim], row)
		for i, v := range s.p.weight {
			row[i] *= w * v * s.p.scale()
		}
	}
	return g
}

// scale is a common factor that brings the sample weights near one.
func (p *problem) scale() float64 { return 1 / p.weight[0] }

// factor returns the factor for log a, computed once per space.
func (s *space) factor(logA []float64) *kernelFactor {
	a := make([]float64, len(logA))
	for d, v := range logA {
		a[d] = math.Round(v*1e6) / 1e6 // so that it does not matter which search comes first
	}
	key := fmt.Sprintf("%.6f", a)
	s.lock.Lock()
	f, ok := s.factors[key]
	s.lock.Unlock()
	if ok {
		return f
	}
	for d, v := range a {
		a[d] = math.Exp(v)
	}
	idx, weight := SmallestIndices(s.axes, a, kernelTerms(s.p.n))
	g := s.weighted(idx, weight)
	f = &kernelFactor{r: upperFactor(g, s.p.n)}
	f.norm = largestSingular(f.r)
	s.lock.Lock()
	s.factors[key] = f
	s.lock.Unlock()
	return f
}

// upperFactor returns the n × n upper triangular factor of the QR of g
// (K × n), overwriting g; rows are padded with zeros when K < n.
func upperFactor(g *dense.Matrix[float64], n int) *dense.Matrix[float64] {
	qr(g)
	r := dense.New[float64](n, n)
	for i := range min(n, g.Rows) {
		copy(r.Row(i)[i:], g.Row(i)[i:])
	}
	return r
}

// qr overwrites g with its Householder QR factors and returns the scalars of
// the reflectors.
func qr(g *dense.Matrix[float64]) []float64 {
	tau := make([]float64, min(g.Rows, g.Cols))
	if len(tau) == 0 {
		return tau
	}
	work := make([]float64, 1)
	lapack64.Geqrf(general(g), tau, work, -1)
	work = make([]float64, int(work[0]))
	lapack64.Geqrf(general(g), tau, work, len(work))
	return tau
}

// largestSingular estimates the largest singular value of r by a fixed number
// of power steps.
func largestSingular(r *dense.Matrix[float64]) float64 {
	n := r.Rows
	v := make([]float64, n)
	for i := range v {
		v[i] = 1 + float64(i%7)/16
	}
	norm := dense.Norm(v)
	for range 12 {
		for i := range v {
			v[i] /= norm
		}
		u := make([]float64, n)
		for i := range n {
			u[i] = dot(r.Row(i)[i:], v[i:])
		}
		clear(v)
		for i := range n {
			axpy(u[i], r.Row(i)[i:], v[i:])
		}
		norm = dense.Norm(v)
		if norm == 0 {
			return 0
		}
	}
	return math.Sqrt(norm)
}

// regularise returns the triangular R_λ with R_λᵀR_λ = RᵀR + λ²·I: the QR of
// R stacked on λI, by reflections that keep the lower block triangular.
func regularise(r *dense.Matrix[float64], lambda float64) *dense.Matrix[float64] {
	n := r.Rows
	t := r.Clone()
	low := dense.New[float64](n, n)
	for i := range n {
		low.Set(i, i, lambda)
	}
	sum, v := make([]float64, n), make([]float64, n)
	for k := range n {
		top := t.Row(k)[k:]
		alpha := top[0] * top[0] // magnitudes lie in [1e-16, 1e16]: no overflow
		for i := range k + 1 {
			v[i] = low.At(i, k)
			alpha += v[i] * v[i]
		}
		alpha = math.Sqrt(alpha)
		if alpha == 0 {
			continue
		}
		if top[0] > 0 {
			alpha = -alpha
		}
		v0 := top[0] - alpha
		beta := -1 / (alpha * v0) // reflection I − beta·v·vᵀ
		w := sum[:n-k]
		copy(w, top)
		for j := range w {
			w[j] *= v0
		}
		for i := range k + 1 {
			axpy(v[i], low.Row(i)[k:], w)
		}
		axpy(-beta*v0, w, top)
		for i := range k + 1 {
			axpy(-beta*v[i], w, low.Row(i)[k:])
		}
	}
	return t
}

// inverseUpper returns the inverse of an upper triangular matrix, nil when it
// is singular.
func inverseUpper(t *dense.Matrix[float64]) *dense.Matrix[float64] {
	inv := t.Clone()
	if !lapack64.Trtri(triangular(inv)) {
		return nil
	}
	return inv
}

// solveTransposed returns T⁻ᵀ z for upper triangular T.
func solveTransposed(t, z *dense.Matrix[float64]) *dense.Matrix[float64] {
	x := z.Clone()
	if x.Cols > 0 {
		blas64.Trsm(blas.Left, blas.Trans, 1, triangular(t), general(x))
	}
	return x
}
