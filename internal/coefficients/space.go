package coefficients

import (
	"math"
	"strings"
	"sync"

	"eimtool/internal/dense"
)

// space is the effective parameters under one choice of warps.
type space struct {
	p     *problem
	axes  []Axis
	x     *dense.Matrix[float64] // N × D coordinates of the samples
	warps []string               // per parameter of the samples

	lock    sync.Mutex
	factors map[string]*kernelFactor
}

// space returns the space of the given warps (one per effective parameter);
// periods holds the periods of periodic axes. Equal requests share one.
func (p *problem) space(warps []string, periods []float64) *space {
	key := strings.Join(warps, ",")
	p.lock.Lock()
	defer p.lock.Unlock()
	if s, ok := p.spaces[key]; ok {
		return s
	}
	s := &space{p: p, factors: map[string]*kernelFactor{}}
	s.warps = make([]string, len(p.names))
	for j := range s.warps {
		s.warps[j] = WarpIdentity
	}
	for j, w := range warps {
		var a Axis
		if w == WarpPeriodic {
			lo := p.lower[p.params[j]]
			a = Axis{Param: p.params[j], Warp: w, Centre: lo, Half: 1, Period: periods[j]}
		} else {
			a = newAxis(p.params[j], w, p.mu[j])
		}
		s.axes = append(s.axes, a)
		s.warps[p.params[j]] = w
	}
	s.x = dense.New[float64](p.n, len(s.axes))
	for i := range p.n {
		for j := range s.axes {
			x, _ := s.axes[j].apply(p.mu[j][i])
			s.x.Set(i, j, x)
		}
	}
	p.spaces[key] = s
	return s
}

// coordinates maps parameters to the coordinates of axes; NaN outside the
// domain of a warp.
func coordinates(axes []Axis, mu []float64) []float64 {
	x := make([]float64, len(axes))
	for d := range axes {
		x[d], _ = axes[d].apply(mu[axes[d].Param])
	}
	return x
}

// products fills the N values of the basis function with multi-index idx from
// the tabulated one-dimensional functions: out_i = Π_d tables[d](idx_d, i).
func products(tables []*dense.Matrix[float64], idx []int, out []float64) {
	first := true
	for d, j := range idx {
		if j == 0 {
			continue
		}
		row := tables[d].Row(j)
		if first {
			copy(out, row)
			first = false
			continue
		}
		for i, v := range row {
			out[i] *= v
		}
	}
	if first {
		for i := range out {
			out[i] = 1
		}
	}
}

// tabulate returns, per axis, the values of φ_0 … φ_{count_d−1} at the rows of
// x: one (count_d × points) table each.
func tabulate(axes []Axis, x *dense.Matrix[float64], count []int) []*dense.Matrix[float64] {
	tables := make([]*dense.Matrix[float64], len(axes))
	for d := range axes {
		t := dense.New[float64](count[d], x.Rows)
		phi := make([]float64, count[d])
		for i := range x.Rows {
			axes[d].fill(x.At(i, d), phi, nil)
			for j, v := range phi {
				t.Set(j, i, v)
			}
		}
		tables[d] = t
	}
	return tables
}

// indexCounts returns 1 + the largest index per axis of D-tuples idx.
func indexCounts(idx []int, dim int) []int {
	count := make([]int, dim)
	for k, j := range idx {
		count[k%dim] = max(count[k%dim], j+1)
	}
	return count
}

// Halton returns m points of the Halton sequence in [0,1]^dim, m × dim.
func Halton(m, dim int) *dense.Matrix[float64] {
	x := dense.New[float64](m, dim)
	base := 2
	for d := range dim {
		for i := range m {
			f, v := 1.0, 0.0
			for k := i + 1; k > 0; k /= base {
				f /= float64(base)
				v += f * float64(k%base)
			}
			x.Set(i, d, v)
		}
		base = nextPrime(base)
	}
	return x
}

// nextPrime returns the smallest prime above n.
func nextPrime(n int) int {
	for {
		n++
		prime := true
		for k := 2; k*k <= n; k++ {
			if n%k == 0 {
				prime = false
				break
			}
		}
		if prime {
			return n
		}
	}
}

// equidistantPeriod returns N·h when the distinct values are equidistant with
// step h, else 0.
func equidistantPeriod(values []float64) float64 {
	v := distinct(values)
	if len(v) < 4 {
		return 0
	}
	n := float64(len(v) - 1)
	h := (v[len(v)-1] - v[0]) / n
	for i, x := range v {
		if math.Abs(x-(v[0]+float64(i)*h)) > 1e-6*h {
			return 0
		}
	}
	return (n + 1) * h
}
