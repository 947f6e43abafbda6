package reduced_test

import (
	"math"
	"testing"

	"eimtool/internal/dense"
	"eimtool/internal/matrix"
	"eimtool/internal/reduced"
	"eimtool/internal/scalar"
)

// sample returns the family at mu as a sample and, with given, its solution.
func (y *toy[T]) sample(t testing.TB, mu []float64, given bool) reduced.Sample[T] {
	t.Helper()
	theta, phi := y.coefficients(mu)
	s := reduced.Sample[T]{Mu: mu, Values: assembled(&y.Operator, theta), RHS: dense.New[T](toySize, 2)}
	for k, v := range phi {
		dense.Axpy(v, y.RHS[k].Data, s.RHS.Data)
	}
	if given {
		s.Solution = y.exact(t, theta, phi, nil, nil)
	}
	return s
}

// TestSampleCoordinates checks that V·Solutions is the solutions at the samples
// themselves, in their own size: computed or given, twice the same, and zero.
func TestSampleCoordinates(t *testing.T) {
	t.Run("real", func(t *testing.T) { testSampleCoordinates(t, newToy[float64](matrix.General)) })
	t.Run("hermitian", func(t *testing.T) { testSampleCoordinates(t, newToy[complex128](matrix.Hermitian)) })
}

func testSampleCoordinates[T scalar.Scalar](t *testing.T, y *toy[T]) {
	for _, b := range y.RHS { // solutions of size 1e5, and none in the second column
		dense.Scale(scalar.Of[T](1e6, 0), b.Data)
		for i := range b.Rows {
			b.Set(i, 1, 0)
		}
	}
	mu := append(points(), points()[1])
	var want []*dense.Matrix[T]
	for i, m := range mu {
		y.Samples = append(y.Samples, y.sample(t, m, i%2 == 0))
		want = append(want, y.sample(t, m, true).Solution)
	}
	b := basisOf(t, &y.Problem, reduced.Options{Points: 100, Tolerance: 1e-12})
	if b.Solutions.Rows != 2*len(mu) || b.Solutions.Cols != b.Size() || len(b.SolutionProjection) != 2*len(mu) {
		t.Fatalf("%d×%d coordinates, %d distances", b.Solutions.Rows, b.Solutions.Cols, len(b.SolutionProjection))
	}
	for i, x := range want {
		c := &dense.Matrix[T]{Rows: b.Size(), Cols: 1, Data: b.Solutions.Row(2 * i)}
		first := make([]T, toySize)
		for k := range first {
			first[k] = x.At(k, 0)
		}
		// The POD is cut where 1e-13 is left, of all solutions with norm 1.
		if e := difference(expanded(b, c).Data, first); !(e < 1e-11) || b.SolutionProjection[2*i] > 1e-11 {
			t.Errorf("sample %d: V·c is off by %g, distance %g", i+1, e, b.SolutionProjection[2*i])
		}
		if scalar.MaxAbs(b.Solutions.Row(2*i+1)) != 0 || b.SolutionProjection[2*i+1] != 0 {
			t.Errorf("sample %d: the zero solution has coordinates %v", i+1, b.Solutions.Row(2*i+1))
		}
	}
	pt, _ := y.At(mu[0])
	a, err := b.Solve(pt, reduced.SolveOptions{})
	if err != nil || !(a.Estimate < 1e-8) {
		t.Errorf("one right-hand side being zero: %+v, %v", a, err)
	}
}

// TestAllOfSpace asks for more vectors than there are unknowns, and gives one
// sample: the basis is at most square and the answer exact.
func TestAllOfSpace(t *testing.T) {
	y := newToy[float64](matrix.General)
	y.Samples = []reduced.Sample[float64]{y.sample(t, []float64{0.1, 0.2}, false)}
	b := basisOf(t, &y.Problem, reduced.Options{MaxBasis: 2 * toySize, Tolerance: 1e-15, Points: 100})
	if b.Size() > toySize || b.Solutions.Rows != 2 {
		t.Fatalf("%d vectors of %d unknowns, %d sample solutions", b.Size(), toySize, b.Solutions.Rows)
	}
	for _, mu := range points() {
		pt, _ := y.At(mu)
		a, err := b.Solve(pt, reduced.SolveOptions{})
		if err != nil {
			t.Fatal(err)
		}
		x := y.exact(t, pt.Theta, pt.Phi, nil, nil)
		if e := difference(expanded(b, a.C).Data, x.Data); !(e < 1e-9) || a.Estimate < e {
			t.Errorf("%v: error %g, estimate %g", mu, e, a.Estimate)
		}
	}
}

// TestOneVector holds the estimates of a basis of one vector, which has no
// smaller one to compare outputs with, against the errors.
func TestOneVector(t *testing.T) {
	y := newToy[float64](matrix.General)
	y.Quantity = dense.New[float64](toySize, 1)
	for i := range toySize {
		y.Quantity.Data[i] = math.Cos(float64(i))
	}
	b := basisOf(t, &y.Problem, reduced.Options{MaxBasis: 1, Points: 100})
	if b.Size() != 1 {
		t.Fatalf("%d vectors", b.Size())
	}
	for _, mu := range points() {
		pt, _ := y.At(mu)
		a, err := b.Solve(pt, reduced.SolveOptions{})
		if err != nil {
			t.Fatal(err)
		}
		x := y.exact(t, pt.Theta, pt.Phi, nil, nil)
		got := expanded(b, a.C)
		if e := max(columnError(got, x, 0), columnError(got, x, 1)); !(a.Estimate >= e/10) || a.Estimate < 0.1 {
			t.Errorf("%v: error %g, estimate %g", mu, e, a.Estimate)
		}
		out, err := b.Outputs(pt, a)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range out {
			if o.Estimate < math.Abs(o.Value-o.Plain) {
				t.Errorf("%v: output %+v: the estimate is below the correction", mu, o)
			}
		}
	}
}

// TestZeroAtCentre gives a right-hand side that vanishes at the first node.
func TestZeroAtCentre(t *testing.T) {
	y := newToy[float64](matrix.General)
	y.RHS = y.RHS[1:]
	y.At = func(mu []float64) (*reduced.Point[float64], error) {
		theta, phi := y.coefficients(mu)
		return &reduced.Point[float64]{Theta: theta, Phi: phi[1:]}, nil
	}
	b := basisOf(t, &y.Problem, reduced.Options{Points: 100, Tolerance: 1e-8})
	for _, mu := range points() {
		pt, _ := y.At(mu)
		a, err := b.Solve(pt, reduced.SolveOptions{})
		if err != nil {
			t.Fatal(err)
		}
		x := y.exact(t, pt.Theta, pt.Phi, nil, nil)
		got := expanded(b, a.C)
		if mu[1] == 0 {
			if scalar.MaxAbs(got.Data) != 0 {
				t.Errorf("%v: x = %v for b = 0", mu, got.Data)
			}
			continue
		}
		if e := difference(got.Data, x.Data); !(e < 1e-5) {
			t.Errorf("%v: error %g", mu, e)
		}
	}
}
