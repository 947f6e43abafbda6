package partial

import (
	"math"
	"math/rand/v2"
	"slices"

	"eimtool/internal/family"
	"eimtool/internal/matrix"
)

// Streams of random numbers, beside the seed.
const (
	entriesStream = 0x656e7472696573
	checksStream  = 0x636865636b73
)

// minEntries and entriesPerDecade give the default size of the sample: few
// entries see a residual well, and every further term that a tolerance asks for
// needs some room beside them.
const (
	minEntries       = 30
	entriesPerDecade = 5
	usualTolerance   = 1e-8 // in place of 0
)

// DefaultEntries returns the number of entries that every candidate is sampled
// at when nothing else is asked for: 30, or 5 per decade of the tolerance.
func DefaultEntries(tolerance float64) int {
	if !(tolerance > 0) {
		tolerance = usualTolerance
	}
	return max(minEntries, entriesPerDecade*int(math.Ceil(-math.Log10(tolerance)-1e-9)))
}

// samplePositions draws n stored positions of the pattern, all when it has no
// more, in the order of the pattern (Floyd's algorithm: memory of n numbers).
func samplePositions(p *matrix.Pattern, n int, seed, stream uint64) []Position {
	nnz := p.NNZ()
	n = min(n, nnz)
	rng := rand.New(rand.NewPCG(seed, stream))
	drawn := make(map[int]bool, n)
	at := make([]int, 0, n)
	for top := nnz - n; top < nnz; top++ {
		k := rng.IntN(top + 1)
		if drawn[k] {
			k = top
		}
		drawn[k] = true
		at = append(at, k)
	}
	slices.Sort(at)
	out := make([]Position, n)
	for x, k := range at {
		i, j := p.Position(k)
		out[x] = Position{i, j}
	}
	return out
}

// seeded returns all candidates in a random order, for checks.
func seeded(count int, seed uint64) []int {
	return rand.New(rand.NewPCG(seed, checksStream)).Perm(count)
}

// central returns the most central candidate: that whose ranks, parameter by
// parameter, are nearest to the middle; of several, the one nearest to the
// centre of the box, then the first.
func central(t *family.Table) int {
	n := len(t.Samples)
	rank, box := make([]float64, n), make([]float64, n)
	x := make([]float64, n)
	for j := range t.Names {
		for i, s := range t.Samples {
			x[i] = s.Mu[j]
		}
		sorted := slices.Sorted(slices.Values(x))
		lo, hi := sorted[0], sorted[n-1]
		for i, v := range x {
			below, _ := slices.BinarySearch(sorted, v)
			upTo, _ := slices.BinarySearch(sorted, math.Nextafter(v, math.Inf(1)))
			d := float64(n-upTo-below) / float64(n)
			rank[i] += d * d
			if hi > lo {
				u := (2*v - lo - hi) / (hi - lo)
				box[i] += u * u
			}
		}
	}
	best := 0
	for i := range n {
		if r, b := rank[best], rank[i]; b < r*(1-tie) || b <= r*(1+tie) && box[i] < box[best]*(1-tie) {
			best = i
		}
	}
	return best
}
