package coefficients

import (
	"fmt"
	"math"
	"math/cmplx"
	"slices"

	"eimtool/internal/dense"
)

const (
	aaaTolerance = 1e-13 // of the largest scaled value
	aaaMaxPoints = 40
	loewnerRows  = 3000
	cheapRows    = 1500 // up to which left-out support points mean a new greedy
	// aaaLargest is the largest value of the Lebesgue function inside the box;
	// beyond it a pole is too near.
	aaaLargest = 1e4
)

// aaaFit is set-valued AAA in one coordinate: one set of barycentric weights
// for all columns of f.
type aaaFit struct {
	s *space
	x []float64
	f *dense.Matrix[complex128] // N × m, columns scaled to maximum 1
	// full: weights are complex and combine Samples.K, else principal coordinates.
	full bool
	data *dense.Matrix[float64] // what the weights are applied to
}

// aaa fits the set-valued AAA rational interpolant (Nakatsukasa, Sète,
// Trefethen 2018; weights shared by all columns as in Lietaert et al. 2022).
// The weights come from magic values, complex ones for complex families; they
// are then a linear operator on the coordinates. For every left-out sample the
// weights are computed afresh; if it is a support point the greedy runs again,
// or, where that is dear, takes one more point instead. Interpolants with a pole inside the box lose support points
// until they have none.
func (s *space) aaa() *candidate {
	c := &candidate{kind: KindAAA, space: s, score: math.Inf(1)}
	if s.p.n < 5 || s.p.r == 0 {
		c.note = "too few samples"
		return c
	}
	if !s.distinctNodes() {
		c.note = "parameters repeat"
		return c
	}
	f := newAAA(s)
	all := make([]int, s.p.n)
	for i := range all {
		all[i] = i
	}
	support, w, ok := f.safe(all)
	if !ok {
		c.note = "poles in the box"
		return c
	}
	c.full = f.full
	c.res = dense.New[float64](eventRows(s.p.events), f.data.Cols)
	whole := f.part(support, w)
	own := make([]float64, f.data.Cols)
	without := f.weightsWithout(support)
	for e, g := range s.p.events { // one sample each: the nodes are distinct
		i := g[0]
		sup, wt := support, without[i]
		if k := slices.Index(support, i); k >= 0 {
			rest := slices.Delete(slices.Clone(all), i, i+1)
			start := slices.Delete(slices.Clone(support), k, k+1)
			if s.p.n*f.f.Cols <= cheapRows {
				start = nil // the greedy from the beginning
			}
			sup, wt = f.fit(rest, start, min(len(support), f.maxPoints(len(rest))))
		}
		part := f.part(sup, wt)
		row := c.res.Row(e)
		f.residual(&part, i, row)
		f.residual(&whole, i, own)
		if dense.Norm(own) > dense.Norm(row) { // it need not interpolate off its support
			copy(row, own)
		}
	}
	c.score = rootMean(c.res, s.p.inner)
	c.note = fmt.Sprintf("%d support points", len(support))
	c.build = func() (Part, error) { return f.part(support, w), nil }
	return c
}

// residual sets out to the weighted residual of part at sample i.
func (f *aaaFit) residual(part *Part, i int, out []float64) {
	v, _ := part.evalBarycentric(f.x[i], false)
	for j, a := range f.data.Row(i) {
		out[j] = f.s.p.weight[i] * (a - v[j])
	}
}

// distinctNodes reports whether no two samples share their parameters.
func (s *space) distinctNodes() bool { return len(equalPoints(s.p.mu, s.p.n)) == s.p.n }

// newAAA chooses the columns that determine the weights.
func newAAA(s *space) *aaaFit {
	f := &aaaFit{s: s, x: s.x.Data, data: s.p.y}
	if s.p.magic != nil {
		f.f = s.p.magic
		if s.p.cplx {
			f.full, f.data = true, s.p.k
		}
		return f
	}
	cols := 0 // principal coordinates well above round-off
	lead := columnNorm(s.p.y, 0)
	for cols < s.p.r && columnNorm(s.p.y, cols) > 1e-10*lead {
		cols++
	}
	f.f = dense.New[complex128](s.p.n, cols)
	for i := range s.p.n {
		for j := range cols {
			f.f.Set(i, j, complex(s.p.y.At(i, j), 0))
		}
	}
	largest := 0.0
	for _, v := range f.f.Data {
		largest = max(largest, cmplx.Abs(v))
	}
	for i := range f.f.Data {
		f.f.Data[i] /= complex(largest, 0)
	}
	return f
}

// columnNorm returns the 2-norm of column j.
func columnNorm(m *dense.Matrix[float64], j int) float64 {
	var n float64
	for i := range m.Rows {
		n = math.Hypot(n, m.At(i, j))
	}
	return n
}

// maxPoints bounds the support points for n samples.
func (f *aaaFit) maxPoints(n int) int { return min(n/2, aaaMaxPoints) }

// safe fits on the samples, with fewer support points if poles demand it.
func (f *aaaFit) safe(active []int) (support []int, w []complex128, ok bool) {
	support, w = f.fit(active, nil, f.maxPoints(len(active)))
	for {
		part := f.part(support, w)
		if part.lebesgue(-1, 1) < aaaLargest {
			return support, w, true
		}
		support = support[:len(support)-1] // as if the greedy had stopped before
		if len(support) == 0 {
			return nil, nil, false
		}
		w = smallestRightSingular(f.loewner(support, without(active, support)))
	}
}

// without returns the members of a that are not in b.
func without(a, b []int) []int {
	return slices.DeleteFunc(slices.Clone(a), func(i int) bool { return slices.Contains(b, i) })
}

// fit runs the greedy AAA iteration on the samples active, from the support
// points start on, up to limit of them.
func (f *aaaFit) fit(active, start []int, limit int) (support []int, w []complex128) {
	left := without(active, start)
	approx := make([]complex128, f.f.Cols) // the mean, then the rational function
	for _, i := range active {
		for j, v := range f.f.Row(i) {
			approx[j] += v / complex(float64(len(active)), 0)
		}
	}
	support = slices.Clone(start)
	if len(support) > 0 {
		w = smallestRightSingular(f.loewner(support, left))
	}
	for {
		worst, largest := 0, -1.0
		for k, i := range left {
			if len(support) > 0 {
				f.value(support, w, f.x[i], approx)
			}
			var e float64
			for j, v := range f.f.Row(i) {
				e = max(e, cmplx.Abs(v-approx[j]))
			}
			if e > largest {
				worst, largest = k, e
			}
		}
		if len(support) > 0 && largest <= aaaTolerance || len(support) >= limit || len(left) < 2 {
			return support, w
		}
		support = append(support, left[worst])
		left = slices.Delete(left, worst, worst+1)
		w = smallestRightSingular(f.loewner(support, left))
	}
}

// weightsWithout returns, for every sample outside the support, the weights
// computed without it. The triangular factor of the Loewner matrix without the
// rows of sample i combines those of the rows before and after.
func (f *aaaFit) weightsWithout(support []int) [][]complex128 {
	n := f.f.Rows
	out := make([][]complex128, n)
	var left []int
	for i := range n {
		if !slices.Contains(support, i) {
			left = append(left, i)
		}
	}
	blocks := make([][][]complex128, len(left))
	after := make([][][]complex128, len(left)+1) // factors of the rows from k on
	for k := len(left) - 1; k >= 0; k-- {
		blocks[k] = f.loewner(support, left[k:k+1])
		after[k] = stackedTriangle(after[k+1], blocks[k])
	}
	var before [][]complex128
	for k, i := range left {
		if len(left) > 1 {
			out[i] = smallestRightSingular(stacked(before, after[k+1]))
		}
		before = stackedTriangle(before, blocks[k])
	}
	if len(left) == 1 {
		out[left[0]] = smallestRightSingular(blocks[0])
	}
	return out
}

// stacked returns the columns of a on top of b; either may be nil.
func stacked(a, b [][]complex128) [][]complex128 {
	c := make([][]complex128, max(len(a), len(b)))
	for j := range c {
		if a != nil {
			c[j] = append(c[j], a[j]...)
		}
		if b != nil {
			c[j] = append(c[j], b[j]...)
		}
	}
	return c
}

// stackedTriangle returns the triangular factor of a on top of b.
func stackedTriangle(a, b [][]complex128) [][]complex128 { return complexTriangle(stacked(a, b)) }

// loewner returns the columns of the stacked Loewner matrix
// (f_ic − f_jc)/(x_i − x_j), rows (i in left, c), columns j in support. Beyond
// 2·loewnerRows rows it takes every second, third, … only.
func (f *aaaFit) loewner(support, left []int) [][]complex128 {
	m := f.f.Cols
	cols := make([][]complex128, len(support))
	stride := max(1, len(left)*m/loewnerRows)
	for k, j := range support {
		col := make([]complex128, 0, len(left)*m/stride+1)
		fj := f.f.Row(j)
		for l, i := range left {
			h := complex(1/(f.x[i]-f.x[j]), 0)
			fi := f.f.Row(i)
			for c := (stride - l*m%stride) % stride; c < m; c += stride {
				col = append(col, (fi[c]-fj[c])*h)
			}
		}
		cols[k] = col
	}
	return cols
}

// value evaluates the barycentric formula at x, not a support point.
func (f *aaaFit) value(support []int, w []complex128, x float64, out []complex128) {
	clear(out)
	var den complex128
	for k, j := range support {
		c := w[k] / complex(x-f.x[j], 0)
		den += c
		for m, v := range f.f.Row(j) {
			out[m] += c * v
		}
	}
	for m := range out {
		out[m] /= den
	}
}

// part applies the weights to the coordinates.
func (f *aaaFit) part(support []int, w []complex128) Part {
	p := Part{Kind: KindAAA, Axes: f.s.axes, Full: f.full, Coef: f.data.SelectRows(support)}
	for k, j := range support {
		p.Support = append(p.Support, f.x[j])
		p.WeightRe = append(p.WeightRe, real(w[k]))
		if f.full {
			p.WeightIm = append(p.WeightIm, imag(w[k]))
		}
	}
	return p
}
