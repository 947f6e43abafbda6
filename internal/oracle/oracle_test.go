package oracle_test

import (
	"errors"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"eimtool/internal/matrix"
	"eimtool/internal/oracle"
	"eimtool/internal/scalar"
)

// fromRows returns a dense general pattern and the values of a.
func fromRows[T scalar.Scalar](a [][]T) (*matrix.Pattern, []T) {
	p := &matrix.Pattern{Rows: len(a), Dense: true}
	if len(a) > 0 {
		p.Cols = len(a[0])
	}
	v := make([]T, p.Rows*p.Cols)
	for i, row := range a {
		for j, x := range row {
			v[j*p.Rows+i] = x
		}
	}
	return p, v
}

func TestSolveSmallCases(t *testing.T) {
	for _, c := range []struct {
		name string
		a    [][]float64
		b, x []float64
		rank int
	}{
		{"empty", nil, nil, []float64{}, 0},
		{"one", [][]float64{{4}}, []float64{1}, []float64{0.25}, 1},
		{"zero", [][]float64{{0}}, []float64{1}, nil, 0},
		{"interchange", [][]float64{{0, 2}, {3, 0}}, []float64{4, 9}, []float64{3, 2}, 2},
		{"thirds", [][]float64{{3, 0}, {0, -7}}, []float64{1, 1}, []float64{1.0 / 3, -1.0 / 7}, 2},
		{"rank one", [][]float64{{1, 2}, {2, 4}}, []float64{1, 2}, nil, 1},
		{"one ulp from singular", [][]float64{{1, 1}, {1, 1 + 0x1p-52}}, []float64{0, 1}, []float64{-0x1p52, 0x1p52}, 2},
		{"far apart", [][]float64{{1e200, 1}, {1, 1e-200}}, []float64{1, 0}, farApart(), 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, a := fromRows(c.a)
			x, rank, err := oracle.Solve(p, a, c.b)
			if rank != c.rank {
				t.Errorf("rank %d, want %d", rank, c.rank)
			}
			var singular *oracle.SingularError
			if (c.x == nil) != errors.As(err, &singular) {
				t.Fatalf("error %v", err)
			}
			for i, want := range c.x {
				if x[i] != want {
					t.Errorf("x[%d] = %x, want %x", i, x[i], want)
				}
			}
		})
	}
}

// farApart returns the first column of the inverse of [1e200 1; 1 1e-200]:
// float64 1e200 and 1e-200 are not quite inverse to each other.
func farApart() []float64 {
	up, down := new(big.Rat).SetFloat64(1e200), new(big.Rat).SetFloat64(1e-200)
	det := new(big.Rat).Mul(up, down)
	det.Sub(det, big.NewRat(1, 1)).Inv(det)
	x, _ := down.Mul(down, det).Float64()
	y, _ := det.Neg(det).Float64()
	return []float64{x, y}
}

func TestComplexByHand(t *testing.T) {
	// (1+i)·x + y = 2, x - i·y = 0, so x = i·y and y·(i - 1 + 1) = 2.
	p, a := fromRows([][]complex128{{1 + 1i, 1}, {1, -1i}})
	x, _, err := oracle.Solve(p, a, []complex128{2, 0})
	if err != nil || x[0] != 2 || x[1] != -2i {
		t.Errorf("x = %v, error %v, want [2 -2i]", x, err)
	}
	logAbs, phase, err := oracle.LogDet(p, a) // det = (1+i)(-i) - 1 = -i
	if err != nil || logAbs != 0 || phase != -1i {
		t.Errorf("log|det| %g, phase %v, error %v, want 0, -i", logAbs, phase, err)
	}
}

// TestSolveInvertsProduct builds b = A·x without rounding and asks for x.
func TestSolveInvertsProduct(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		n := rapid.IntRange(1, 9).Draw(t, "n")
		integer := func() complex128 { return complex(float64(rng.IntN(21)-10), float64(rng.IntN(21)-10)) }
		rows, x := make([][]complex128, n), make([]complex128, n)
		for i := range n {
			x[i] = integer()
			for range n {
				rows[i] = append(rows[i], integer())
			}
		}
		p, a := fromRows(rows)
		for _, op := range []matrix.Op{matrix.NoTranspose, matrix.Transpose, matrix.ConjTranspose} {
			b := make([]complex128, n)
			for i := range n {
				for j := range n {
					switch op {
					case matrix.NoTranspose:
						b[i] += rows[i][j] * x[j]
					case matrix.Transpose:
						b[i] += rows[j][i] * x[j]
					case matrix.ConjTranspose:
						b[i] += scalar.Conj(rows[j][i]) * x[j]
					}
				}
			}
			got, rank, err := oracle.SolveOp(p, a, b, op)
			if err != nil {
				if rank == n || rank != oracle.Rank(p, a) {
					t.Fatalf("%v with rank %d of %d", err, rank, n)
				}
				continue
			}
			for i := range n {
				if got[i] != x[i] {
					t.Fatalf("%v: x[%d] = %v, want %v", op, i, got[i], x[i])
				}
			}
		}
	})
}

// TestRankOfProduct uses that an n × r matrix with unit lower triangle times an
// r × m one with unit upper triangle has rank r.
func TestRankOfProduct(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for n := range 7 {
		for m := range 7 {
			for r := range min(n, m) + 1 {
				rows := make([][]float64, n)
				left, right := make([][]float64, n), make([][]float64, r)
				for i := range n {
					left[i] = make([]float64, r)
					for k := range min(i+1, r) {
						left[i][k] = float64(rng.IntN(9) - 4)
						if k == i {
							left[i][k] = 1
						}
					}
				}
				for k := range r {
					right[k] = make([]float64, m)
					right[k][k] = 1
					for j := k + 1; j < m; j++ {
						right[k][j] = float64(rng.IntN(9) - 4)
					}
				}
				for i := range n {
					rows[i] = make([]float64, m)
					for j := range m {
						for k := range r {
							rows[i][j] += left[i][k] * right[k][j]
						}
					}
				}
				p, a := fromRows(rows)
				p.Cols = m
				if n == 0 {
					a = nil
				}
				if got := oracle.Rank(p, a); got != r {
					t.Fatalf("%d × %d: rank %d, want %d", n, m, got, r)
				}
			}
		}
	}
}

func TestLogDetPrecision(t *testing.T) {
	for _, c := range []struct {
		name string
		a    [][]float64
		want float64
		sign float64
	}{
		{"near one", [][]float64{{1 + 0x1p-52}}, math.Log1p(0x1p-52), 1},
		{"below one", [][]float64{{-1 + 0x1p-53}}, math.Log1p(-0x1p-53), -1},
		{"huge", [][]float64{{0, 1e300}, {1e300, 0}}, 2 * math.Log(1e300), -1},
		{"tiny", [][]float64{{5e-324}}, -1074 * math.Ln2, 1},
		{"unit triangle", [][]float64{{1, 1e16}, {0, -1}}, 0, -1},
	} {
		p, a := fromRows(c.a)
		got, sign, err := oracle.LogDet(p, a)
		if err != nil || sign != c.sign || math.Abs(got-c.want) > 2*scalar.Eps*math.Abs(c.want) {
			t.Errorf("%s: %x sign %g error %v, want %x sign %g", c.name, got, sign, err, c.want, c.sign)
		}
	}
}

func TestSingularDeterminant(t *testing.T) {
	p, a := fromRows([][]float64{{1, 2, 3}, {4, 5, 6}, {7, 8, 9}})
	_, _, err := oracle.LogDet(p, a)
	var singular *oracle.SingularError
	if !errors.As(err, &singular) || singular.Rank != 2 || singular.Order != 3 {
		t.Errorf("error %v, want rank 2 of 3", err)
	}
	if _, err := oracle.Inverse(p, a); !errors.As(err, &singular) {
		t.Errorf("inverse: error %v", err)
	}
	if _, err := oracle.Condition1(p, a); !errors.As(err, &singular) {
		t.Errorf("condition: error %v", err)
	}
}
