package bracket_test

import (
	"context"
	"math"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"testing"

	"gonum.org/v1/gonum/mat"

	"eimtool/internal/dense"
	"eimtool/internal/logdet/measure"
	"eimtool/internal/mtx"
)

// parts are the dense parts of an affine family.
type parts []*mat.SymDense

func (a parts) order() int { return a[0].SymmetricDim() }

func (a parts) factor(alpha []float64) (chol *mat.Cholesky, ok bool) {
	sum := mat.NewSymDense(a.order(), nil)
	for k, c := range alpha {
		for i := range a.order() {
			for j := range i + 1 {
				sum.SetSym(i, j, sum.At(i, j)+c*a[k].At(i, j))
			}
		}
	}
	chol = new(mat.Cholesky)
	return chol, chol.Factorize(sum)
}

func (a parts) logDet(t testing.TB, alpha []float64) float64 {
	t.Helper()
	chol, ok := a.factor(alpha)
	if !ok {
		t.Fatalf("not positive definite at %v", alpha)
	}
	return chol.LogDet()
}

// node returns the value, the traces and second traces at alpha.
func (a parts) node(t testing.TB, alpha []float64) measure.Node {
	t.Helper()
	n, ok := a.tryNode(alpha)
	if !ok {
		t.Fatalf("not positive definite at %v", alpha)
	}
	return n
}

// tryNode is node; false: the matrix is too ill-conditioned.
func (a parts) tryNode(alpha []float64) (n measure.Node, ok bool) {
	chol, ok := a.factor(alpha)
	if !ok || chol.Cond() > 1e5 {
		return n, false
	}
	n = measure.Node{Alpha: alpha, LogDet: chol.LogDet(), Second: dense.New[float64](len(a), len(a))}
	x := make([]*mat.Dense, len(a)) // α_k·A⁻¹·A_k
	for k, c := range alpha {
		x[k] = new(mat.Dense)
		if err := chol.SolveTo(x[k], a[k]); err != nil {
			return n, false
		}
		x[k].Scale(c, x[k])
		n.Trace = append(n.Trace, mat.Trace(x[k]))
	}
	for j := range a {
		for k := range a {
			var sum float64
			for r := range a.order() {
				for s := range a.order() {
					sum += x[j].At(r, s) * x[k].At(s, r)
				}
			}
			n.Second.Set(j, k, sum)
		}
	}
	return n, true
}

// thermal reads the parts of the thermal block family.
func thermal(t testing.TB) parts {
	t.Helper()
	var a parts
	for k := range 4 {
		path := filepath.Join("../../../testdata/families/thermal-block/parts", "A"+strconv.Itoa(k+1)+".mtx")
		f, err := mtx.ReadFile(context.Background(), path, mtx.ReadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		m := f.Matrix.Expand()
		s := mat.NewSymDense(m.Rows, nil)
		m.Each(func(k, i, j int) {
			if i >= j {
				s.SetSym(i, j, m.Real[k])
			}
		})
		a = append(a, s)
	}
	return a
}

// randomParts returns positive semidefinite parts of the given ranks, whose sum
// is positive definite if the ranks suffice.
func randomParts(rng *rand.Rand, order int, ranks []int) parts {
	var a parts
	for _, r := range ranks {
		s := mat.NewSymDense(order, nil)
		for range r {
			v := mat.NewVecDense(order, nil)
			for i := range order {
				v.SetVec(i, rng.NormFloat64())
			}
			s.SymRankOne(s, 1, v)
		}
		a = append(a, s)
	}
	return a
}

// boxPoint returns (1, random coefficients of the box [low, high]^(parts-1)).
func boxPoint(rng *rand.Rand, parts int, low, high float64) []float64 {
	alpha := make([]float64, parts)
	alpha[0] = 1
	for k := 1; k < parts; k++ {
		alpha[k] = low * math.Pow(high/low, rng.Float64())
	}
	return alpha
}

// boxNodes returns corners of the box, at most 8, and random points.
func boxNodes(t testing.TB, a parts, rng *rand.Rand, count int, low, high float64) []measure.Node {
	t.Helper()
	var nodes []measure.Node
	for i := range count {
		alpha := boxPoint(rng, len(a), low, high)
		if corners := 1 << (len(a) - 1); i < min(corners, 8, count) {
			for k := 1; k < len(a); k++ {
				alpha[k] = low
				if i>>(k-1)&1 == 1 {
					alpha[k] = high
				}
			}
		}
		nodes = append(nodes, a.node(t, alpha))
	}
	return nodes
}

// without returns the nodes without second traces and, if values, traces.
func without(nodes []measure.Node, values bool) []measure.Node {
	out := append([]measure.Node(nil), nodes...)
	for i := range out {
		out[i].Second = nil
		if values {
			out[i].Trace = nil
		}
	}
	return out
}
