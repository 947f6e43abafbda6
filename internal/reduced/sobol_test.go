package reduced

import (
	"slices"
	"testing"
)

// The first points of five dimensions as SciPy's qmc.Sobol gives them.
func TestSobol(t *testing.T) {
	want := [][]float64{
		{0.5, 0.5, 0.5, 0.5, 0.5},
		{0.75, 0.25, 0.25, 0.25, 0.75},
		{0.25, 0.75, 0.75, 0.75, 0.25},
		{0.375, 0.375, 0.625, 0.875, 0.375},
		{0.875, 0.875, 0.125, 0.375, 0.875},
		{0.625, 0.125, 0.875, 0.625, 0.625},
		{0.125, 0.625, 0.375, 0.125, 0.125},
		{0.1875, 0.3125, 0.9375, 0.4375, 0.5625},
	}
	for i, u := range sobol(5, len(want)) {
		if !slices.Equal(u, want[i]) {
			t.Errorf("point %d = %v, want %v", i+1, u, want[i])
		}
	}
}

// In every dimension the first 2^k points, the origin included, have one in
// each interval of length 2^-k; pairs of the first two are a (0, k, 2)-net.
func TestSobolNets(t *testing.T) {
	const k = 8
	points := append([][]float64{make([]float64, 20)}, sobol(20, 1<<k-1)...)
	for d := range 20 {
		seen := make([]bool, 1<<k)
		for _, u := range points {
			seen[int(u[d]*(1<<k))] = true
		}
		if slices.Contains(seen, false) {
			t.Errorf("dimension %d: an interval is empty", d+1)
		}
	}
	for a := range k + 1 {
		seen := make([]bool, 1<<k)
		for _, u := range points {
			seen[int(u[0]*float64(int(1)<<a))<<(k-a)+int(u[1]*float64(int(1)<<(k-a)))] = true
		}
		if slices.Contains(seen, false) {
			t.Errorf("a box of 2^-%d × 2^-%d is empty", a, k-a)
		}
	}
}

func TestCandidates(t *testing.T) {
	for dim, corners := range map[int]int{0: 0, 1: 2, 3: 8, 9: 0} {
		c := candidates(dim, 10)
		if len(c) != 10+corners {
			t.Errorf("dimension %d: %d candidates", dim, len(c))
		}
		for d := range dim {
			if c[0][d] != 0.5 {
				t.Errorf("dimension %d begins at %v, not at the centre", dim, c[0])
			}
		}
	}
	if u := sobol(25, 3); len(u[2]) != 25 || u[2][24] <= 0 || u[2][24] >= 1 {
		t.Errorf("beyond the table: %v", u[2])
	}
}
