package lambda_test

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"eimtool/internal/dense"
	"eimtool/internal/lambda"
	"eimtool/internal/scalar"
)

// slopeProblem is an input with log determinants of all samples: those of the
// diagonal matrices Σ α_k·diag(x_k).
type slopeProblem[T scalar.Scalar] struct {
	in     *lambda.Input[T]
	x      *dense.Matrix[float64] // n×K diagonals
	logDet []T
}

// newSlopeProblem has coefficients from ratio^-1 to ratio, turned a little off
// the real axis when complex.
func newSlopeProblem[T scalar.Scalar](rng *rand.Rand, n, k, samples int, ratio float64) *slopeProblem[T] {
	p := &slopeProblem[T]{x: dense.New[float64](n, k), logDet: make([]T, samples)}
	cloud := dense.New[T](n, k)
	for i := range p.x.Data {
		p.x.Data[i] = rng.Float64() * rng.Float64()
		cloud.Data[i] = scalar.Of[T](p.x.Data[i], 0)
	}
	alpha := dense.New[T](samples, k)
	for i := range alpha.Data {
		a, turn := math.Pow(ratio, 2*rng.Float64()-1), 0.6*(rng.Float64()-0.5)
		if !scalar.IsComplex[T]() {
			turn = 0
		}
		alpha.Data[i] = scalar.Of[T](a*math.Cos(turn), a*math.Sin(turn))
	}
	for i := range p.logDet {
		for j := range n {
			p.logDet[i] += logOf(p.entry(alpha.Row(i), j))
		}
	}
	p.in = &lambda.Input[T]{
		Alpha: alpha, Cloud: cloud, Positive: !scalar.IsComplex[T](), Quantity: lambda.LogDet,
		Target: &dense.Matrix[T]{Rows: samples, Cols: 1, Data: p.logDet}, Size: n,
	}
	return p
}

// entry returns diagonal entry j of the matrix.
func (p *slopeProblem[T]) entry(alpha []T, j int) T {
	var d T
	for k, a := range alpha {
		d += a * scalar.Of[T](p.x.At(j, k), 0)
	}
	return d
}

// exact returns d log det / dα_k = Σ_j x_jk/(α·x_j).
func (p *slopeProblem[T]) exact(alpha []T) []T {
	s := make([]T, len(alpha))
	for j := range p.x.Rows {
		for k := range s {
			s[k] += scalar.Of[T](p.x.At(j, k), 0) / p.entry(alpha, j)
		}
	}
	return s
}

func logOf[T scalar.Scalar](x T) T {
	return scalar.Of[T](math.Log(scalar.Abs(x)), math.Atan2(scalar.Imag(x), scalar.Real(x)))
}

// differences are the weights of f(x + j·h) - f(x - j·h) in the derivative of
// order 10.
var differences = [...]float64{5. / 6, -5. / 21, 5. / 84, -5. / 504, 1. / 1260}

type fatal interface {
	Helper()
	Fatal(args ...any)
	Errorf(format string, args ...any)
}

// checkSlope holds the slope of a model at alpha against differences in the
// directions 1 and, complex, i.
func checkSlope[T scalar.Scalar](t fatal, p *slopeProblem[T], m *lambda.Model[T], alpha []T) {
	t.Helper()
	nodes := make([]T, len(m.Nodes))
	for k, i := range m.Nodes {
		nodes[k] = p.logDet[i]
	}
	value := func(alpha []T) (*lambda.Weights[T], T) {
		w, err := m.At(alpha)
		if err != nil {
			t.Fatal(err)
		}
		return w, m.LogDet(w, p.in.Size, nodes)
	}
	w, _ := value(alpha)
	slope, err := m.Slope(w, alpha, p.in.Size, nodes)
	if err != nil {
		t.Fatal(err)
	}
	directions := []T{scalar.Of[T](1, 0)}
	if scalar.IsComplex[T]() {
		directions = append(directions, scalar.Of[T](0, 1))
	}
	size := w.AbsSum * (scalar.MaxAbs(nodes) + float64(p.in.Size))
	var radial T
	for k, a := range alpha {
		radial += a * slope[k]
		h := 2e-2 * scalar.Abs(a)
		for _, direction := range directions {
			var d T
			for j, c := range differences {
				step := direction * scalar.Of[T](h*float64(j+1), 0)
				for _, sign := range []float64{1, -1} {
					moved := append([]T(nil), alpha...)
					moved[k] += step * scalar.Of[T](sign, 0)
					_, v := value(moved)
					d += scalar.Of[T](sign*c, 0) * v
				}
			}
			d /= direction * scalar.Of[T](h, 0)
			if far := scalar.Abs(d - slope[k]); far > 1e-11*size/h+1e-8*scalar.Abs(slope[k]) {
				t.Errorf("%s: coordinate %d: slope %v, differences %v", m.Kind, k+1, slope[k], d)
			}
		}
	}
	n := scalar.Of[T](float64(p.in.Size), 0)
	if m.Coordinates.Functional != nil && scalar.Abs(radial-n) > 1e-10*size {
		t.Errorf("%s: Σ α_k·slope_k = %v, want %v of a homogeneous log det", m.Kind, radial, n)
	}
}

func TestSlopeIsThatOfLogDet(t *testing.T) {
	kinds := []string{lambda.Powers, lambda.Graded, lambda.Balanced, lambda.Symbol, lambda.SymbolFit, lambda.SymbolData, lambda.SymbolDataFit}
	t.Run("real", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) { testSlope[float64](t, kinds, "") })
	})
	t.Run("joint", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) { testSlope[float64](t, kinds, lambda.Joint) })
	})
	t.Run("complex", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			testSlope[complex128](t, []string{lambda.Powers, lambda.Graded, lambda.SymbolData, lambda.SymbolDataFit}, lambda.Joint)
		})
	})
}

func testSlope[T scalar.Scalar](t *rapid.T, kinds []string, quantity string) {
	rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
	k := rapid.IntRange(1, 4).Draw(t, "coordinates")
	p := newSlopeProblem[T](rng, rapid.IntRange(5, 30).Draw(t, "order"), k, 40, 2)
	if quantity != "" {
		p.in.Quantity, p.in.Target, p.in.LogDets = quantity, nil, p.logDet
	}
	kind := rapid.SampledFrom(kinds).Draw(t, "kind")
	m := fitKind(t, p.in, kind, rapid.IntRange(1, 12).Draw(t, "nodes"))
	alpha := make([]T, k)
	for j := range alpha {
		alpha[j] = p.in.Alpha.At(rng.IntN(40), j)
	}
	checkSlope(t, p, m, alpha)
}

// TestSlopeConverges: where the values converge the slopes do.
func TestSlopeConverges(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	p := newSlopeProblem[float64](rng, 60, 3, 300, 3)
	alpha := []float64{0.8, 1.7, 0.5}
	for kind, limit := range map[string]float64{lambda.Symbol: 1e-4, lambda.SymbolDataFit: 1e-6, lambda.Graded: 1e-3} {
		m := fitKind(t, p.in, kind, 40)
		w, err := m.At(alpha)
		if err != nil {
			t.Fatal(err)
		}
		nodes := make([]float64, len(m.Nodes))
		for k, i := range m.Nodes {
			nodes[k] = p.logDet[i]
		}
		slope, err := m.Slope(w, alpha, p.in.Size, nodes)
		if err != nil {
			t.Fatal(err)
		}
		for k, want := range p.exact(alpha) {
			if math.Abs(slope[k]-want) > limit*want {
				t.Errorf("%s: slope %d is %g, want %g within %g of it", kind, k+1, slope[k], want, limit)
			}
		}
	}
}

func TestSlopeRefuses(t *testing.T) {
	p := newSlopeProblem[float64](rand.New(rand.NewPCG(4, 4)), 10, 2, 30, 2)
	m, err := lambda.FitKind(context.Background(), p.in, lambda.Graded, 5)
	if err != nil {
		t.Fatal(err)
	}
	alpha, nodes := []float64{1, 1}, make([]float64, len(m.Nodes))
	w, err := m.At(alpha)
	if err != nil {
		t.Fatal(err)
	}
	var input *lambda.InputError
	if _, err := m.Slope(w, []float64{1, 2}, 10, nodes); !errors.As(err, &input) {
		t.Errorf("weights of other coordinates: %v", err)
	}
	if _, err := m.Slope(w, alpha, 10, nodes[1:]); !errors.As(err, &input) {
		t.Errorf("a node without log determinant: %v", err)
	}
	if _, err := m.Slope(w, alpha[:1], 10, nodes); !errors.As(err, &input) {
		t.Errorf("a coordinate missing: %v", err)
	}
	var outside *lambda.RangeError
	if _, err := m.Slope(w, []float64{-1, 0.1}, 10, nodes); !errors.As(err, &outside) {
		t.Errorf("a negative scale: %v", err)
	}
	nodes[0] = math.Inf(1)
	if _, err := m.Slope(w, alpha, 10, nodes); !errors.As(err, &outside) {
		t.Errorf("an infinite log determinant: %v", err)
	}
}
