package measure

import (
	"math"

	"eimtool/internal/dense"
)

// problem holds the data of the nodes less those of the homogeneous scale
// s = c·α: with t_k = log α_k and h_k = c_k·α_k/s, N·log s has the derivatives
// N·h_k by t_k and N·(δ_jk·h_j - h_j·h_k) by t_j and t_k. Only t_2, ..., t_K
// count: the function log det - N·log s of t does not change when all t_k grow
// alike.
type problem struct {
	*frame
	h        *dense.Matrix[float64] // nodes × K
	gradient []bool                 // whether the node's first derivatives are rows
	second   bool                   // whether second derivatives are rows
	rows     int
	data     []float64 // rows, before weighting
	kinds    []byte    // rows: order of the derivative
}

const secondWeight = 0.2

func newProblem(f *frame, nodes []Node) *problem {
	p := &problem{frame: f, second: true, h: dense.New[float64](len(nodes), f.k)}
	for _, n := range nodes {
		p.second = p.second && n.Second != nil && n.Trace != nil
	}
	for m, n := range nodes {
		p.append(m, n)
	}
	p.rows = len(p.data)
	return p
}

// append adds the rows of a node.
func (p *problem) append(m int, n Node) {
	h, size := p.h.Row(m), float64(p.size)
	logScale := homogeneous(p.scale, n.Alpha, h)
	p.gradient = append(p.gradient, n.Trace != nil)
	p.row(0, n.LogDet-size*logScale)
	if n.Trace == nil {
		return
	}
	for k := 1; k < p.k; k++ {
		p.row(1, n.Trace[k]-size*h[k])
	}
	if !p.second {
		return
	}
	for j := 1; j < p.k; j++ {
		for k := j; k < p.k; k++ {
			v := size*h[j]*h[k] - n.Second.At(j, k)
			if j == k {
				v += n.Trace[j] - size*h[j]
			}
			p.row(2, v)
		}
	}
}

func (p *problem) row(kind byte, v float64) {
	p.data, p.kinds = append(p.data, v), append(p.kinds, kind)
}

// feature fills f with the rows of nodes first, first+1, ...: the values and
// derivatives of log(h·x) there.
func (p *problem) feature(x, f []float64, first int) {
	q := make([]float64, p.k)
	at := 0
	for m := first; m < p.h.Rows; m++ {
		h := p.h.Row(m)
		d := 0.
		for k, v := range h {
			q[k] = v * x[k]
			d += q[k]
		}
		f[at] = math.Log(d)
		at++
		if !p.gradient[m] {
			continue
		}
		for k := range q {
			q[k] /= d
		}
		for k := 1; k < p.k; k++ {
			f[at] = q[k] - h[k]
			at++
		}
		if !p.second {
			continue
		}
		for j := 1; j < p.k; j++ {
			for k := j; k < p.k; k++ {
				f[at] = h[j]*h[k] - q[j]*q[k]
				if j == k {
					f[at] += q[j] - h[j]
				}
				at++
			}
		}
	}
}

// weights returns the weight of every row, gradient that of first derivatives.
func (p *problem) weights(gradient float64) []float64 {
	w := make([]float64, p.rows)
	for i, kind := range p.kinds {
		w[i] = [...]float64{1, gradient, secondWeight}[kind]
	}
	return w
}

// homogeneous fills h with the shares c_k·α_k/s and returns log s, s = Σ c_k·α_k.
func homogeneous(scale, alpha, h []float64) float64 {
	s := 0.
	for k, c := range scale {
		h[k] = c * alpha[k]
		s += h[k]
	}
	for k := range h {
		h[k] /= s
	}
	return math.Log(s)
}

// homogeneousScale returns the c for which h are the shares of the trace,
// and s = 1, at the node nearest to the middle of the box.
func homogeneousScale(nodes []Node, size int) []float64 {
	low, high := box(nodes)
	centre, least := 0, math.Inf(1)
	for m, n := range nodes {
		d := 0.
		for j := range low {
			if w := high[j] - low[j]; w > 0 {
				d += sq((math.Log(n.Alpha[j+1]/n.Alpha[0]) - (low[j]+high[j])/2) / w)
			}
		}
		if n.Trace == nil {
			d += float64(4 * len(n.Alpha)) // any node with derivatives comes before it
		}
		if d < least {
			centre, least = m, d
		}
	}
	n := nodes[centre]
	c := make([]float64, len(n.Alpha))
	for k, a := range n.Alpha {
		share := 1 / float64(len(c))
		if n.Trace != nil {
			share = max(n.Trace[k]/float64(size), 1e-9)
		}
		c[k] = share / a
	}
	return c
}

// box returns the ranges of log(α_k/α_1), k = 2..K, over the nodes.
func box(nodes []Node) (low, high []float64) {
	k := len(nodes[0].Alpha)
	low, high = make([]float64, k-1), make([]float64, k-1)
	for j := range low {
		low[j], high[j] = math.Inf(1), math.Inf(-1)
		for _, n := range nodes {
			t := math.Log(n.Alpha[j+1] / n.Alpha[0])
			low[j], high[j] = min(low[j], t), max(high[j], t)
		}
	}
	return low, high
}

func sq(x float64) float64 { return x * x }
