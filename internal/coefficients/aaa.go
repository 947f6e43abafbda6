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
	aaaMaxPoints = 20
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
// are then a linear operator on the coordinates. Every left-out sample is a
// refit. Interpolants with a pole inside the box lose support points until
// they have none.
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
	limit := len(support)
	if limit == f.maxPoints(s.p.n) {
		limit = s.p.n
	}
	whole := f.part(support, w)
	for e, g := range s.p.events { // one sample each: the nodes are distinct
		i := g[0]
		rest := slices.Delete(slices.Clone(all), i, i+1)
		part := f.part(f.fit(rest, min(limit, f.maxPoints(len(rest)))))
		row := c.res.Row(e)
		f.residual(&part, i, row)
		own := make([]float64, len(row)) // not an interpolant everywhere
		if f.residual(&whole, i, own); dense.Norm(own) > dense.Norm(row) {
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
	for limit := f.maxPoints(len(active)); limit >= 1; limit = len(support) - 1 {
		support, w = f.fit(active, limit)
		part := f.part(support, w)
		if part.lebesgue(-1, 1) < aaaLargest {
			return support, w, true
		}
	}
	return nil, nil, false
}

// fit runs the greedy AAA iteration on the samples active.
func (f *aaaFit) fit(active []int, limit int) (support []int, w []complex128) {
	m := f.f.Cols
	left := slices.Clone(active)
	approx := make([]complex128, m) // the mean, then the rational function
	for _, i := range active {
		for j, v := range f.f.Row(i) {
			approx[j] += v / complex(float64(len(active)), 0)
		}
	}
	for {
		worst, largest := -1, -1.0
		for k, i := range left {
			if len(support) > 0 {
				f.value(support, w, f.x[i], approx)
			}
			var e float64
			for j, v := range f.f.Row(i) {
				e = max(e, cmplx.Abs(v-approx[j]))
			}
			if e > largest || math.IsNaN(e) && !math.IsNaN(largest) {
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

// loewner returns the columns of the stacked Loewner matrix
// (f_ic − f_jc)/(x_i − x_j), rows (i in left, c), columns j in support.
func (f *aaaFit) loewner(support, left []int) [][]complex128 {
	m := f.f.Cols
	cols := make([][]complex128, len(support))
	for k, j := range support {
		col := make([]complex128, 0, len(left)*m)
		fj := f.f.Row(j)
		for _, i := range left {
			h := complex(1/(f.x[i]-f.x[j]), 0)
			for c, v := range f.f.Row(i) {
				col = append(col, (v-fj[c])*h)
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

// lebesgue returns the largest value of Σ|w_j/(x−x_j)| / |Σ w_j/(x−x_j)| found
// in [lo, hi]; it is infinite at a pole. Real denominators are also checked
// for changes of sign between neighbours of a fine grid.
func (t *Part) lebesgue(lo, hi float64) float64 {
	const cells = 4096
	largest, sign := 0.0, 0.0
	at := func(x float64) (float64, float64) {
		var abs float64
		var sum complex128
		turn := 1.0 // sign of Π (x − x_j), to follow the denominator polynomial
		for j, s := range t.Support {
			if x == s {
				return 1, 0
			}
			if x < s {
				turn = -turn
			}
			w := t.barycentricWeight(j) / complex(x-s, 0)
			abs += cmplx.Abs(w)
			sum += w
		}
		return abs / cmplx.Abs(sum), turn * math.Copysign(1, real(sum))
	}
	values := make([]float64, cells+1)
	point := func(k int) float64 { return lo + (hi-lo)*float64(k)/cells }
	for k := range values {
		v, s := at(point(k))
		values[k] = v
		if t.WeightIm == nil && s != 0 {
			if sign != 0 && s != sign {
				return math.Inf(1)
			}
			sign = s
		}
	}
	for k := 1; k < cells; k++ {
		if values[k] < values[k-1] || values[k] < values[k+1] {
			continue
		}
		a, b := point(k-1), point(k+1)
		for range 60 { // golden sections towards the local maximum
			c, d := b-0.6180339887498949*(b-a), a+0.6180339887498949*(b-a)
			vc, _ := at(c)
			vd, _ := at(d)
			largest = max(largest, vc, vd)
			if vc > vd {
				b = d
			} else {
				a = c
			}
		}
	}
	if math.IsNaN(largest) {
		return math.Inf(1)
	}
	return max(largest, slices.Max(values))
}
