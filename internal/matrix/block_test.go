package matrix

import (
	"context"
	"math/cmplx"
	"math/rand/v2"
	"testing"

	"eimtool/internal/dense"
	"eimtool/internal/scalar"
)

// TestMulBlockAgainstEntries compares the block product with the definition, for
// every symmetry, storage and operator.
func TestMulBlockAgainstEntries(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	const n, k = 9, 11
	for _, sym := range []Symmetry{General, Symmetric, SkewSymmetric, Hermitian} {
		for _, isDense := range []bool{false, true} {
			p := &Pattern{Rows: n, Cols: n, Symmetry: sym, Dense: isDense, ColPtr: []int{0}}
			if !isDense {
				for j := range n {
					for i := p.first(j); i < n; i++ {
						if i == j || rng.IntN(3) == 0 {
							p.RowIdx = append(p.RowIdx, int32(i))
						}
					}
					p.ColPtr = append(p.ColPtr, len(p.RowIdx))
				}
			}
			a := make([]complex128, p.NNZ())
			full := [n][n]complex128{}
			p.Each(func(q, i, j int) {
				v := complex(rng.NormFloat64(), rng.NormFloat64())
				if sym == Hermitian && i == j {
					v = complex(real(v), 0)
				}
				a[q] = v
				full[i][j] = v
				switch {
				case i == j:
				case sym == Symmetric:
					full[j][i] = v
				case sym == SkewSymmetric:
					full[j][i] = -v
				case sym == Hermitian:
					full[j][i] = cmplx.Conj(v)
				}
			})
			x := dense.New[complex128](n, k)
			for q := range x.Data {
				x.Data[q] = complex(rng.NormFloat64(), rng.NormFloat64())
			}
			for _, op := range []Op{NoTranspose, Transpose, ConjTranspose} {
				y := dense.New[complex128](n, k)
				if err := MulBlock(context.Background(), p, a, x, y, op, 2); err != nil {
					t.Fatal(err)
				}
				for i := range n {
					for c := range k {
						var want complex128
						for j := range n {
							v := full[i][j]
							switch op {
							case Transpose:
								v = full[j][i]
							case ConjTranspose:
								v = cmplx.Conj(full[j][i])
							}
							want += v * x.At(j, c)
						}
						if d := cmplx.Abs(want - y.At(i, c)); d > 64*n*scalar.Eps {
							t.Fatalf("%v dense %v %v: (%d, %d) off by %g", sym, isDense, op, i, c, d)
						}
					}
				}
			}
		}
	}
}
