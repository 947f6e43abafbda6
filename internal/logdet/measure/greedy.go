package measure

import (
	"math"
	"math/rand/v2"

	"eimtool/internal/dense"
)

// centre returns the candidate nearest to the middle of the ranges of
// log(α_k/α_1), each relative to its width; the first of equals.
func centre(candidates *dense.Matrix[float64]) int {
	x := unitLogs(candidates)
	best, least := 0, math.Inf(1)
	for i := range x.Rows {
		var d float64
		for _, v := range x.Row(i) {
			d += sq(v - 0.5)
		}
		if d < least {
			best, least = i, d
		}
	}
	return best
}

// unitLogs returns log(α_k/α_1), k ≥ 2, mapped to [0, 1] over the rows; what
// does not vary is 1/2.
func unitLogs(alpha *dense.Matrix[float64]) *dense.Matrix[float64] {
	nodes := make([]Node, alpha.Rows)
	for i := range nodes {
		nodes[i].Alpha = alpha.Row(i)
	}
	low, high := box(nodes)
	x := dense.New[float64](alpha.Rows, alpha.Cols-1)
	for i, n := range nodes {
		for k := range low {
			v := 0.5
			if w := high[k] - low[k]; w > 0 {
				v = (math.Log(n.Alpha[k+1]/n.Alpha[0]) - low[k]) / w
			}
			x.Set(i, k, v)
		}
	}
	return x
}

// greedyAtoms is the number of directions per concentration.
const greedyAtoms = 150

// first returns up to count further candidates by a greedy choice that knows the
// coefficients only. The functions to be recovered are combinations of
// ψ_x(h) = log(h·x) over directions x; a candidate is the row of their values,
// and a node with traces determines the combinations of its row and of those of
// its derivatives by log α_k. The next node is the candidate with the largest
// part of its row outside the span of all rows of the nodes so far (the
// P-greedy choice of De Marchi, Schaback and Wendland, Adv. Comput. Math. 23,
// 2005, for the kernel Σ_x ψ_x·ψ_x with derivatives).
func first(candidates *dense.Matrix[float64], used []bool, nodes []Node, size, count int) []int {
	if count <= 0 || candidates.Cols < 2 {
		return lowest(used, count)
	}
	g := newGreedy(candidates, nodes, size)
	taken := append([]bool(nil), used...)
	for _, n := range nodes {
		g.project(n.Alpha, n.Trace != nil)
	}
	traces := nodes[0].Trace != nil // further nodes will be like the first
	var chosen []int
	for len(chosen) < count {
		best, most := -1, 0.0
		for i, t := range taken {
			if t {
				continue
			}
			if r := dense.Norm(g.rows.Row(i)); best < 0 || r > most*(1+1e-9) {
				best, most = i, r
			}
		}
		if best < 0 {
			break
		}
		taken[best] = true
		chosen = append(chosen, best)
		g.project(candidates.Row(best), traces)
	}
	return chosen
}

// lowest returns the first count candidates that are not in use.
func lowest(used []bool, count int) []int {
	var out []int
	for i, u := range used {
		if !u && len(out) < count {
			out = append(out, i)
		}
	}
	return out
}

// greedy holds the rows of the candidates less their projection on the rows of
// the nodes.
type greedy struct {
	scale []float64
	atoms *dense.Matrix[float64]
	rows  *dense.Matrix[float64] // candidates × atoms
	basis [][]float64            // orthonormal
}

func newGreedy(candidates *dense.Matrix[float64], nodes []Node, size int) *greedy {
	k := candidates.Cols
	g := &greedy{scale: homogeneousScale(nodes, size), atoms: &dense.Matrix[float64]{Cols: k}}
	rng := rand.New(rand.NewPCG(0, 0x9eed))
	for _, d := range []float64{0.2, 0.5, 1, 3} {
		a := dirichlet(rng, k, []float64{d}, greedyAtoms)
		g.atoms.Data = append(g.atoms.Data, a.Data...)
		g.atoms.Rows += a.Rows
	}
	for j := range k { // the directions of single parts
		x := make([]float64, k)
		for i := range x {
			x[i] = 1e-4
		}
		x[j] = 1
		g.atoms.Data = append(g.atoms.Data, x...)
		g.atoms.Rows++
	}
	g.rows = dense.New[float64](candidates.Rows, g.atoms.Rows)
	for i := range candidates.Rows {
		g.features(candidates.Row(i), [][]float64{g.rows.Row(i)})
	}
	return g
}

// features sets rows[0] to ψ_x at alpha and rows[k] to its derivative by
// log α_{k+1}, as far as there are rows.
func (g *greedy) features(alpha []float64, rows [][]float64) {
	h := make([]float64, len(alpha))
	homogeneous(g.scale, alpha, h)
	for j := range g.atoms.Rows {
		x := g.atoms.Row(j)
		var d float64
		for k, v := range h {
			d += v * x[k]
		}
		rows[0][j] = math.Log(d)
		for k := 1; k < len(rows); k++ {
			rows[k][j] = h[k]*x[k]/d - h[k]
		}
	}
}

// project removes from all candidates what the rows of a node span.
func (g *greedy) project(alpha []float64, traces bool) {
	const negligible = 1e-9
	rows := [][]float64{make([]float64, g.atoms.Rows)}
	for k := 1; traces && k < len(alpha); k++ {
		rows = append(rows, make([]float64, g.atoms.Rows))
	}
	g.features(alpha, rows)
	for _, v := range rows {
		size := dense.Norm(v)
		for range 2 { // twice is enough
			for _, q := range g.basis {
				dense.Axpy(-dense.Dotc(q, v), q, v)
			}
		}
		rest := dense.Norm(v)
		if rest <= negligible*size {
			continue
		}
		dense.Scale(1/rest, v)
		g.basis = append(g.basis, v)
		for i := range g.rows.Rows {
			r := g.rows.Row(i)
			dense.Axpy(-dense.Dotc(v, r), v, r)
		}
	}
}

// Of batchFrom nodes on, two are added per model, of twice as many three: by
// then one node changes little of where the fits differ.
const batchFrom = 20

// apart is the distance, in ranges of log(α_k/α_1), over which a node that is
// being added reduces the difference of the fits around it.
const apart = 0.5

// choose returns the candidates to be added.
func (b *builder) choose() []int {
	count := 1
	if n := len(b.nodes); n >= batchFrom {
		count = 2
		if n >= 2*batchFrom {
			count = 3
		}
	}
	count = min(count, b.most-len(b.nodes))
	weight := make([]float64, len(b.used)) // share of the spread that will be left
	for i := range weight {
		weight[i] = 1
	}
	var x *dense.Matrix[float64]
	if count > 1 {
		x = unitLogs(b.Candidates)
	}
	var chosen []int
	for range count {
		best, most := -1, 0.0
		for i, u := range b.used {
			if v := b.spread[i] * weight[i]; !u && (best < 0 || v > most) {
				best, most = i, v
			}
		}
		if best < 0 || len(chosen) > 0 && most < b.spread[chosen[0]]/4 {
			break
		}
		chosen = append(chosen, best)
		for i := range weight {
			if x == nil {
				continue
			}
			var d float64
			for k, v := range x.Row(i) {
				d += sq(v - x.At(best, k))
			}
			weight[i] *= min(1, d/sq(apart))
		}
		weight[best] = 0
	}
	return chosen
}
