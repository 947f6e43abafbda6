package bracket_test

import (
	"bytes"
	"errors"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"

	"eimtool/internal/bundle"
	"eimtool/internal/dense"
	"eimtool/internal/logdet/bracket"
	"eimtool/internal/logdet/measure"
)

// near is what rounding of the nodes' data may do to a bound.
func near(order int, l float64) float64 { return 1e-12 * (float64(order) + math.Abs(l)) }

func newModel(t interface {
	Helper()
	Fatal(...any)
}, nodes []measure.Node, order int,
) *bracket.Model {
	t.Helper()
	m, err := bracket.New(nodes, order)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// diagonal is a family of diagonal parts: part k is diag(d[0][k], d[1][k], …).
type diagonal [][]float64

// node has a closed form: with h_ik = α_k·d_ik/Σ_j α_j·d_ij, the traces are
// Σ_i h_ik and the second traces Σ_i h_ij·h_ik.
func (d diagonal) node(alpha []float64) measure.Node {
	k := len(alpha)
	n := measure.Node{Alpha: alpha, LogDet: d.logDet(alpha), Trace: make([]float64, k), Second: dense.New[float64](k, k)}
	for _, row := range d {
		var sum float64
		for j, a := range alpha {
			sum += a * row[j]
		}
		for j, a := range alpha {
			n.Trace[j] += a * row[j] / sum
			for l, b := range alpha {
				n.Second.Data[j*k+l] += a * row[j] / sum * (b * row[l] / sum)
			}
		}
	}
	return n
}

// logDet takes the logarithm of the exact determinant.
func (d diagonal) logDet(alpha []float64) float64 {
	det := new(big.Float).SetPrec(300).SetInt64(1)
	for _, row := range d {
		sum := new(big.Float).SetPrec(300)
		for k, a := range alpha {
			term := new(big.Float).SetPrec(300).SetFloat64(a)
			sum.Add(sum, term.Mul(term, big.NewFloat(row[k])))
		}
		det.Mul(det, sum)
	}
	mant := new(big.Float)
	e := det.MantExp(mant)
	m, _ := mant.Float64()
	return math.Log(m) + float64(e)*math.Ln2
}

// positive draws numbers over several decades.
func positive(t *rapid.T, decades float64, label string) float64 {
	return math.Pow(10, rapid.Float64Range(-decades, decades).Draw(t, label))
}

func drawAlpha(t *rapid.T, parts int, decades float64) []float64 {
	alpha := make([]float64, parts)
	for k := range alpha {
		alpha[k] = positive(t, decades, "alpha")
	}
	return alpha
}

// strip removes second traces or all traces of a node, as drawn.
func strip(t *rapid.T, n measure.Node) measure.Node {
	switch rapid.IntRange(0, 3).Draw(t, "known") {
	case 0:
		n.Trace, n.Second = nil, nil
	case 1:
		n.Second = nil
	}
	return n
}

func TestDiagonalFamilies(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.IntRange(1, 12).Draw(t, "parts")
		order := rapid.IntRange(1, 30).Draw(t, "order")
		decades := rapid.SampledFrom([]float64{0.01, 1, 6}).Draw(t, "decades")
		d := make(diagonal, order)
		for i := range d {
			d[i] = make([]float64, parts)
			for k := range d[i] {
				if rapid.Bool().Draw(t, "present") {
					d[i][k] = positive(t, 2, "entry")
				}
			}
			d[i][rapid.IntRange(0, parts-1).Draw(t, "sure")] = positive(t, 2, "entry")
		}
		var nodes []measure.Node
		for range rapid.IntRange(1, 12).Draw(t, "nodes") {
			nodes = append(nodes, strip(t, d.node(drawAlpha(t, parts, decades))))
		}
		m := newModel(t, nodes, order)
		if err := m.Check(); err != nil && !withinRounding(err, order) {
			t.Fatal(err)
		}
		for range 5 {
			alpha := drawAlpha(t, parts, decades)
			holds(t, m, alpha, d.logDet(alpha), order)
		}
		for _, n := range nodes {
			holds(t, m, n.Alpha, n.LogDet, order)
		}
	})
}

// withinRounding tells contradictions by rounding from others.
func withinRounding(err error, order int) bool {
	var c *bracket.ContradictionError
	return errors.As(err, &c) && math.Max(c.Lower-c.LogDet, c.LogDet-c.Upper) <= near(order, c.LogDet)
}

func holds(t *rapid.T, m *bracket.Model, alpha []float64, want float64, order int) {
	t.Helper()
	slack := near(order, want)
	low, high := m.Tangents(alpha)
	lower, upper := m.At(alpha)
	if !(lower-slack <= want && want <= upper+slack) {
		t.Fatalf("at %v: log det %.15g is not within [%.15g, %.15g]", alpha, want, lower, upper)
	}
	if lower < low || upper > high {
		t.Fatalf("at %v: [%g, %g] is wider than [%g, %g] of tangents alone", alpha, lower, upper, low, high)
	}
	if math.IsInf(lower, 0) || math.IsInf(upper, 0) {
		t.Fatalf("at %v: [%g, %g] is not finite", alpha, lower, upper)
	}
}

func TestRandomFamilies(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.IntRange(2, 5).Draw(t, "parts")
		order := rapid.IntRange(2, 10).Draw(t, "order")
		decades := rapid.SampledFrom([]float64{0.3, 1.5}).Draw(t, "decades")
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		ranks := make([]int, parts)
		for k := range ranks {
			ranks[k] = rapid.IntRange(1, order).Draw(t, "rank")
		}
		ranks[0] = order + 2
		a := randomParts(rng, order, ranks)
		var nodes []measure.Node
		for range rapid.IntRange(1, 8).Draw(t, "nodes") {
			n, ok := a.tryNode(drawAlpha(t, parts, decades))
			if !ok {
				t.Skip("not positive definite in floating point")
			}
			nodes = append(nodes, strip(t, n))
		}
		m := newModel(t, nodes, order)
		for range 5 {
			alpha := drawAlpha(t, parts, decades)
			if n, ok := a.tryNode(alpha); ok {
				holds(t, m, alpha, n.LogDet, order)
			}
		}
	})
}

// TestExact: the bounds meet where theory says so.
func TestExact(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	one := randomParts(rng, 6, []int{9})[0]
	multiples := parts{scaled(one, 1), scaled(one, 3), scaled(one, 0.01)}
	split := make(parts, 3) // each part alone carries its rows
	for k := range split {
		split[k] = mat.NewSymDense(6, nil)
		for i := 2 * k; i < 2*k+2; i++ {
			split[k].SetSym(i, i, float64(i+1))
		}
	}
	general := randomParts(rng, 6, []int{9, 2, 3})
	for _, c := range []struct {
		name         string
		family       parts
		at           func(node []float64) []float64
		lower, upper bool
	}{
		{"node", general, func(node []float64) []float64 { return node }, true, true},
		{"ray", general, func(node []float64) []float64 { return []float64{40 * node[0], 40 * node[1], 40 * node[2]} }, true, true},
		{"one point", multiples, func([]float64) []float64 { return []float64{5, 0.2, 70} }, false, true},
		{"vertices", split, func([]float64) []float64 { return []float64{5, 0.2, 70} }, true, false},
	} {
		for _, kind := range []string{"second", "traces"} {
			node := c.family.node(t, []float64{1, 2, 0.3})
			if kind == "traces" {
				node.Second = nil
			}
			m := newModel(t, []measure.Node{node}, 6)
			alpha := c.at(node.Alpha)
			want := c.family.logDet(t, alpha)
			lower, upper := m.At(alpha)
			if lower > want || upper < want {
				t.Errorf("%s, %s: %.15g is not within [%.15g, %.15g]", c.name, kind, want, lower, upper)
			}
			if c.lower && want-lower > 1e-11 || c.upper && upper-want > 1e-11 {
				t.Errorf("%s, %s: [%.15g, %.15g] is wide about %.15g", c.name, kind, lower, upper, want)
			}
		}
	}
}

func scaled(a *mat.SymDense, by float64) *mat.SymDense {
	out := mat.NewSymDense(a.SymmetricDim(), nil)
	out.ScaleSym(by, a)
	return out
}

// TestChordsOfTwoNodes compares the bounds by two values, with one coefficient
// fixed, with what they are by hand: the chord in log α, and for the lower one
// that of e^(f/n) in α.
func TestChordsOfTwoNodes(t *testing.T) {
	nodes := []measure.Node{
		{Alpha: []float64{1, 1}, LogDet: 0},
		{Alpha: []float64{1, math.E}, LogDet: 1},
	}
	m := newModel(t, nodes, 2)
	for _, x := range []float64{0, 0.25, 0.5, 0.9, 1} {
		alpha := []float64{1, math.Exp(x)}
		c := (math.Exp(x) - 1) / (math.E - 1)
		wantLower := 2 * math.Log(1-c+c*math.Exp(0.5))
		lower, upper := m.At(alpha)
		if math.Abs(lower-wantLower) > 1e-12 || math.Abs(upper-x) > 1e-12 {
			t.Errorf("at e^%g: [%.15g, %.15g], want [%.15g, %.15g]", x, lower, upper, wantLower, x)
		}
	}
	// Outside, monotony and the common factor: f ≤ f(1, e) + 2·(x - 1).
	if _, upper := m.At([]float64{1, math.Exp(3)}); math.Abs(upper-5) > 1e-12 {
		t.Errorf("outside: upper bound %g, want 5", upper)
	}
	if lower, _ := m.At([]float64{1, math.Exp(3)}); math.Abs(lower-1) > 1e-12 {
		t.Errorf("outside: lower bound %g, want 1", lower)
	}
}

func TestBundle(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 6))
	a := randomParts(rng, 6, []int{9, 2, 3})
	nodes := boxNodes(t, a, rng, 7, 0.1, 10)
	nodes[2].Second = nil
	nodes[4].Second, nodes[4].Trace = nil, nil
	m := newModel(t, nodes, 6)
	var file bytes.Buffer
	if _, err := bundle.Write(&file, bundle.Meta{}, m, bundle.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	r, err := bundle.NewReader(bytes.NewReader(file.Bytes()), int64(file.Len()))
	if err != nil {
		t.Fatal(err)
	}
	var read bracket.Model
	if err := r.Decode(&read); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(m, &read); d != "" {
		t.Error(d)
	}
	alpha := boxPoint(rng, 3, 0.1, 10)
	lower, upper := m.At(alpha)
	if l, u := read.At(alpha); l != lower || u != upper {
		t.Errorf("[%g, %g] becomes [%g, %g]", lower, upper, l, u)
	}
}

func TestAllocations(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	a := randomParts(rng, 6, []int{9, 2, 3})
	m := newModel(t, boxNodes(t, a, rng, 7, 0.1, 10), 6)
	alpha := boxPoint(rng, 3, 0.1, 10)
	for name, bounds := range map[string]func([]float64) (float64, float64){"At": m.At, "Tangents": m.Tangents} {
		if n := testing.AllocsPerRun(50, func() { bounds(alpha) }); n != 0 {
			t.Errorf("%s allocates %g times", name, n)
		}
	}
}
