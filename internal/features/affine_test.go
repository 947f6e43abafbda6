package features_test

import (
	"context"
	"math/rand/v2"
	"testing"

	"eimtool/internal/eim"
	"eimtool/internal/features"
	"eimtool/internal/matrix"
)

// tridiagonal returns the pattern of an n×n tridiagonal symmetric matrix, lower
// triangle, and three parts of a reaction-diffusion problem on it: stiffness
// left and right of the middle (row sums vanish) and mass. h is the mesh width.
func tridiagonal(n int, rng *rand.Rand) (p *matrix.Pattern, parts [3][]float64) {
	p = &matrix.Pattern{Rows: n, Cols: n, Symmetry: matrix.Symmetric, ColPtr: []int{0}}
	for j := range n {
		p.RowIdx = append(p.RowIdx, int32(j))
		if j+1 < n {
			p.RowIdx = append(p.RowIdx, int32(j+1))
		}
		p.ColPtr = append(p.ColPtr, len(p.RowIdx))
	}
	for i := range parts {
		parts[i] = make([]float64, p.NNZ())
	}
	for e := range n - 1 {
		h := (0.5 + rng.Float64()) / float64(n)
		side := 2 * e / n
		a, _ := p.Find(e, e)
		b, _ := p.Find(e+1, e+1)
		c, _ := p.Find(e+1, e)
		parts[side][a] += 1 / h
		parts[side][b] += 1 / h
		parts[side][c] -= 1 / h
		parts[2][a] += h / 3
		parts[2][b] += h / 3
		parts[2][c] += h / 6
	}
	return p, parts
}

// TestAffineRank checks that the selection on an exactly affine family of rank 3
// stops there although the row sums, small differences of large entries, carry
// a relative round-off far above that of the entries.
func TestAffineRank(t *testing.T) {
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 1))
		n := 20 << rng.IntN(5)
		p, parts := tridiagonal(n, rng)
		rows := make([][]float64, 40)
		for i := range rows {
			a, b, c := 0.1+rng.Float64(), 0.1+rng.Float64(), 0.1+rng.Float64()
			rows[i] = make([]float64, p.NNZ())
			for k := range rows[i] {
				rows[i][k] = a*parts[0][k] + b*parts[1][k] + c*parts[2][k]
			}
		}
		set, err := features.New(context.Background(), p, rows, features.Options{Constant: true, RowSums: true})
		if err != nil {
			t.Fatal(err)
		}
		s, err := eim.Greedy(context.Background(), set.Table, eim.Options{FirstRow: int(seed) % 40})
		if err != nil {
			t.Fatal(err)
		}
		// With the constant the rows span {a, b, c, 1}: rank 4.
		if len(s.Snapshots) != 4 || s.Stop != eim.StopFloor {
			t.Errorf("seed %d, n = %d: %d terms (%s), want 4; errors %.1e", seed, n, len(s.Snapshots), s.Stop, s.Errors)
		}
	}
}
