package matrix

import (
	"math"
	"testing"

	"github.com/james-bowman/sparse"
	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"

	"eimtool/internal/scalar"
)

// TestMulVecAgainstPeers compares products with james-bowman/sparse and gonum,
// which know nothing of our storage.
func TestMulVecAgainstPeers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(t, "n")
		kind := rapid.SampledFrom([]Symmetry{General, Symmetric}).Draw(t, "symmetry")
		p := &Pattern{Rows: n, Cols: n, Symmetry: kind, ColPtr: make([]int, n+1)}
		for j := range n {
			for i := range n {
				if (kind == General || i >= j) && rapid.Bool().Draw(t, "stored") {
					p.RowIdx = append(p.RowIdx, int32(i))
				}
			}
			p.ColPtr[j+1] = len(p.RowIdx)
		}
		value := rapid.Float64Range(-1e3, 1e3)
		m := &Matrix{Pattern: p, Values: Values{Real: make([]float64, p.NNZ())}}
		for k := range m.Real {
			m.Real[k] = value.Draw(t, "value")
		}
		x := make([]float64, n)
		for i := range x {
			x[i] = value.Draw(t, "x")
		}
		got := make([]float64, n)
		MulVec(p, m.Real, x, got)

		full := m.Expand()
		indices := make([]int, len(full.RowIdx))
		for k, i := range full.RowIdx {
			indices[k] = int(i)
		}
		peer := sparse.NewCSC(n, n, full.ColPtr, indices, full.Real)
		var want mat.VecDense
		want.MulVec(peer.ToDense(), mat.NewVecDense(n, x))
		for i := range got {
			// Sums of n products of numbers up to 1e3, in different orders.
			if tol := float64(n) * 1e6 * scalar.Eps; math.Abs(got[i]-want.AtVec(i)) > tol {
				t.Fatalf("component %d: %v, peers give %v", i, got[i], want.AtVec(i))
			}
		}
	})
}
