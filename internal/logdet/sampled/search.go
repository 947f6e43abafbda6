package sampled

import (
	"container/heap"
	"math"
	"slices"
	"strings"

	"eimtool/internal/coefficients"
)

// search minimises f over vectors by coordinate search from the best of the
// starts, trying every step in both directions along every coordinate.
func search(start [][]float64, steps []float64, f func([]float64) float64) {
	var best []float64
	value := math.Inf(1)
	try := func(x []float64) bool {
		if v := f(x); best == nil || v < value {
			best, value = x, v
			return true
		}
		return false
	}
	for _, x := range start {
		try(x)
	}
	for _, step := range steps {
		for d := range best {
			for _, sign := range []float64{1, -1} {
				x := slices.Clone(best)
				x[d] += sign * step
				if try(x) {
					break
				}
			}
		}
	}
}

// isotropic returns vectors of equal elements.
func isotropic(dim int, values ...float64) [][]float64 {
	out := make([][]float64, len(values))
	for i, v := range values {
		out[i] = slices.Repeat([]float64{v}, dim)
	}
	return out
}

// warpNote names the warps of the axes.
func warpNote(axes []coefficients.Axis) string {
	names := make([]string, len(axes))
	for i := range axes {
		names[i] = axes[i].Warp
	}
	return strings.Join(names, " ")
}

// multiIndex is a multi-index with its weight exponent.
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

// smallestIndices returns the at most count multi-indices j of smallest a·j,
// a = exp(logA), flattened, and their weights exp(−a·j), down to 1e-18.
func smallestIndices(logA []float64, count int) (idx []int, weight []float64) {
	dim := len(logA)
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
			next := slices.Clone(m.idx)
			next[d]++
			var cost float64
			for e, j := range next {
				cost += math.Exp(logA[e]) * float64(j)
			}
			seq++
			heap.Push(&h, multiIndex{cost: cost, seq: seq, idx: next})
		}
	}
	return idx, weight
}
