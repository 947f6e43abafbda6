package solve

import (
	"errors"
	"math"
	"testing"

	"eimtool/internal/dense"
	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
)

// TestSelectedInverseRational compares small systems of all kinds, badly scaled
// ones included, with exact inverses. Errors are measured in the equilibrated
// matrix.
func TestSelectedInverseRational(t *testing.T) {
	t.Run("real", testInverseRational[float64])
	t.Run("complex", testInverseRational[complex128])
}

func testInverseRational[T scalar.Scalar](t *testing.T) {
	checked := 0
	for seed := range uint64(24) {
		p, v, what := smallSystem[T](newRand(seed))
		s, err := New[T](ctx, p, Options{})
		if err != nil {
			t.Fatal(err)
		}
		f, err := s.Factorise(ctx, v)
		var singular *SingularError
		if errors.As(err, &singular) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		c, err := f.EquilibratedCondition(ctx)
		if err != nil {
			t.Fatal(err)
		}
		z, err := f.SelectedInverse(ctx)
		if err != nil {
			t.Fatal(err)
		}
		a, unit := full(p, v), make([]T, p.Rows)
		inverse := make([][]rat, p.Rows) // columns
		size := 0.0
		for i := range unit {
			clear(unit)
			unit[i] = scalar.Of[T](1, 0)
			inverse[i], _ = exactSolve(a, unit)
			for j, x := range inverse[i] {
				size = max(size, x.size()/(f.scale.row[i]*f.scale.col[j]))
			}
		}
		checked++
		p.Each(func(k, i, j int) {
			d := inverse[i][j].sub(ratOf(z[k])).size() / (f.scale.row[i] * f.scale.col[j])
			if !(d <= 1e-14*max(10, c)*size) {
				t.Errorf("seed %d (%s), (%d, %d): %v off by %.2g of %.2g, condition %.2g", seed, what, i, j, z[k], d, size, c)
			}
		})
	}
	if checked < 12 {
		t.Errorf("only %d systems", checked)
	}
}

// TestSelectedInverseTridiagonal has the inverse min(i, j)·(n+1-max(i, j))/(n+1).
func TestSelectedInverseTridiagonal(t *testing.T) {
	const n = 3000
	for _, sym := range []matrix.Symmetry{matrix.General, matrix.Symmetric} {
		e := entries[float64]{}
		for j := range n {
			e[[2]int{j, j}] = 2
			if j > 0 {
				e[[2]int{j, j - 1}], e[[2]int{j - 1, j}] = -1, -1
			}
		}
		p, v := sparse(n, sym, e)
		for _, method := range []string{"auto", "ldl", "lu"} {
			z, err := factorise(t, p, v, Options{Method: method}).SelectedInverse(ctx)
			if err != nil {
				t.Fatal(err)
			}
			p.Each(func(k, i, j int) {
				want := float64((min(i, j)+1)*(n-max(i, j))) / (n + 1)
				if !(math.Abs(z[k]-want) <= 1e-10*want) {
					t.Fatalf("%v %s (%d, %d): %g, want %g", sym, method, i, j, z[k], want)
				}
			})
		}
	}
}

// TestSelectedInversePlane compares with the eigenvectors of the Laplacian.
func TestSelectedInversePlane(t *testing.T) {
	const m, shift = 30, 0.3 - 0.4i
	p, v := shiftedPlane(m, 1, shift, matrix.Symmetric)
	lambda := laplaceEigenvalues(m)
	wave := dense.New[float64](m, m)
	for i := range m {
		for k := range m {
			wave.Set(i, k, math.Sqrt(2/float64(m+1))*math.Sin(float64((i+1)*(k+1))*math.Pi/(m+1)))
		}
	}
	z, err := factorise(t, p, v, Options{}).SelectedInverse(ctx)
	if err != nil {
		t.Fatal(err)
	}
	p.Each(func(k, i, j int) {
		if k%7 > 0 {
			return
		}
		var want complex128
		for a, x := range lambda {
			for b, y := range lambda {
				w := wave.At(i%m, a) * wave.At(j%m, a) * wave.At(i/m, b) * wave.At(j/m, b)
				want += complex(w, 0) / (complex(x+y, 0) - shift)
			}
		}
		if d := scalar.Abs(z[k] - want); !(d <= 1e-12) {
			t.Fatalf("(%d, %d): %v, want %v", i, j, z[k], want)
		}
	})
}
