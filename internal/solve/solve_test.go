package solve

import (
	"fmt"
	"testing"

	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
)

// TestRandom solves random systems of all symmetries by all methods, orderings
// and forms. The residuals without and with refinement are at rounding level.
func TestRandom(t *testing.T) {
	t.Run("real", testRandom[float64])
	t.Run("complex", testRandom[complex128])
}

func testRandom[T scalar.Scalar](t *testing.T) {
	symmetries := []matrix.Symmetry{matrix.General, matrix.Symmetric, matrix.SkewSymmetric, matrix.Hermitian}
	for _, sym := range symmetries {
		for _, n := range []int{1, 2, 3, 10, 60, 150} {
			for _, diagonal := range []float64{0.01, 1, 30} {
				if n > 100 && diagonal != 0.01 && sym != matrix.SkewSymmetric {
					continue
				}
				if sym == matrix.SkewSymmetric {
					if n%2 == 1 || diagonal != 1 {
						continue
					}
					diagonal = 0
				}
				name := fmt.Sprintf("%v/n=%d/diagonal=%g", sym, n, diagonal)
				t.Run(name, func(t *testing.T) {
					r := newRand(uint64(n))
					p, v := randomSparse[T](r, n, 3, sym, diagonal)
					for _, ordering := range []string{"amd", "nested-dissection", "natural"} {
						checkSystem(t, p, v, Options{Ordering: ordering, Threads: 2})
					}
					checkSystem(t, p, v, Options{Method: "lu", Threads: 2})
				})
			}
		}
	}
}

func checkSystem[T scalar.Scalar](t *testing.T, p *matrix.Pattern, v []T, opt Options) {
	t.Helper()
	f := factorise(t, p, v, opt)
	r := newRand(7)
	for op := range matrix.Op(3) {
		for _, k := range []int{1, 30} {
			b := randomBlock[T](r, p.Rows, k)
			x := b.Clone()
			if err := f.Solve(ctx, x, op); err != nil {
				t.Fatal(err)
			}
			// Pivot growth is what separates this from Eps.
			if e := scaledResidual(t, p, v, x, b, op); !(e < 1e5*scalar.Eps) {
				t.Errorf("%+v %v k=%d: residual %g without refinement (%+v)", opt, op, k, e, f.Info())
			}
			x, report, err := f.SolveRefined(ctx, b, op)
			if err != nil {
				t.Fatalf("%+v %v: %v", opt, op, err)
			}
			if e := scaledResidual(t, p, v, x, b, op); !(e < 4*scalar.Eps) || !(report.BackwardError <= 2*scalar.Eps) {
				t.Errorf("%+v %v k=%d: residual %g, report %+v", opt, op, k, e, report)
			}
		}
	}
}
