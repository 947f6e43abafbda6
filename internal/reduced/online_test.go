package reduced_test

import (
	"bytes"
	"context"
	"errors"
	"math"
	"reflect"
	"strings"
	"sync"
	"testing"

	"eimtool/internal/bundle"
	"eimtool/internal/dense"
	"eimtool/internal/matrix"
	"eimtool/internal/reduced"
	"eimtool/internal/scalar"
)

func points() [][]float64 {
	return [][]float64{{0.3, -0.7}, {-0.92, 0.1}, {0, 0}, {0.999, 0.98}, {-0.5, -0.5}}
}

func TestSeveralRightHandSides(t *testing.T) {
	t.Run("real", func(t *testing.T) { testSolutions(t, newToy[float64](matrix.General)) })
	t.Run("complex", func(t *testing.T) { testSolutions(t, newToy[complex128](matrix.General)) })
	t.Run("hermitian", func(t *testing.T) { testSolutions(t, newToy[complex128](matrix.Hermitian)) })
}

func testSolutions[T scalar.Scalar](t *testing.T, y *toy[T]) {
	b := basisOf(t, &y.Problem, reduced.Options{MaxBasis: 40, Tolerance: 1e-9, Points: 200})
	for _, mu := range points() {
		theta, phi := y.coefficients(mu)
		x := y.exact(t, theta, phi, nil, nil)
		pt, _ := y.At(mu)
		for _, opt := range []reduced.SolveOptions{{}, {Size: 15}, {Cheap: true}, {Cheap: true, Size: 12}} {
			a, err := b.Solve(pt, opt)
			if err != nil {
				t.Fatal(err)
			}
			if want := max(opt.Size, 0); want > 0 && a.C.Rows != want {
				t.Fatalf("%d coordinates, want %d", a.C.Rows, want)
			}
			got := expanded(b, a.C)
			for j := range 2 {
				if e := columnError(got, x, j); e > a.Estimate {
					t.Errorf("%v %+v, column %d: error %g, estimate %g", mu, opt, j, e, a.Estimate)
				}
			}
			if opt.Size == 0 && !(a.Estimate < 1e-7) {
				t.Errorf("%v: estimate %g with a tolerance of 1e-9", mu, a.Estimate)
			}
			bare, err := b.Solve(pt, reduced.SolveOptions{Size: opt.Size, NoEstimate: true})
			if err != nil || !math.IsNaN(bare.Estimate) || bare.C.Rows != a.C.Rows {
				t.Errorf("without estimate: %+v, %v", bare, err)
			}
		}
		testDerivative(t, y, b, mu, x)
	}
}

// columnError returns |x_j − y_j|/|x_j|.
func columnError[T scalar.Scalar](x, y *dense.Matrix[T], j int) float64 {
	var d, s float64
	for i := range x.Rows {
		a, b := scalar.Abs(x.At(i, j)-y.At(i, j)), scalar.Abs(x.At(i, j))
		d, s = d+a*a, s+b*b
	}
	return math.Sqrt(d / s)
}

// testDerivative compares with the derivative of the equation, solved exactly.
func testDerivative[T scalar.Scalar](t *testing.T, y *toy[T], b *reduced.Basis[T], mu []float64, x *dense.Matrix[T]) {
	t.Helper()
	theta, _ := y.coefficients(mu)
	pt, _ := y.At(mu)
	a, err := b.Solve(pt, reduced.SolveOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for j := range 2 {
		dTheta, dPhi := y.derivatives(mu, j)
		want := y.exact(t, theta, dPhi, dTheta, x)
		c, err := b.Derivative(pt, dTheta, dPhi, a)
		if err != nil {
			t.Fatal(err)
		}
		// The basis holds x to 1e-9; a derivative over the box loses a few digits.
		if e := difference(expanded(b, c).Data, want.Data); e > 1e-5 {
			t.Errorf("%v: derivative %d is off by %g", mu, j, e)
		}
	}
}

// Coordinates of any origin get an estimate that covers their error.
func TestEstimateOfOthers(t *testing.T) {
	y := newToy[float64](matrix.General)
	b := basisOf(t, &y.Problem, reduced.Options{MaxBasis: 30, Points: 200})
	mu := []float64{0.4, 0.2}
	pt, _ := y.At(mu)
	a, err := b.Solve(pt, reduced.SolveOptions{})
	if err != nil {
		t.Fatal(err)
	}
	x := y.exact(t, pt.Theta, pt.Phi, nil, nil)
	for _, size := range []float64{1e-5, 1e-3, 0.1} {
		c := a.C.Clone()
		for i := range c.Data {
			c.Data[i] += size * math.Sin(float64(7*i))
		}
		o, err := b.Estimate(pt, c)
		if err != nil {
			t.Fatal(err)
		}
		got := expanded(b, c)
		e := max(columnError(got, x, 0), columnError(got, x, 1))
		if o.Estimate < e || o.Estimate > 5*e {
			t.Errorf("estimate %g, error %g", o.Estimate, e)
		}
	}
	if _, err := b.Estimate(pt, dense.New[float64](31, 2)); err == nil {
		t.Error("31 coordinates for 30 vectors were accepted")
	}
}

// The bits of a basis do not depend on threads, those of an answer not on
// what other goroutines do, and neither needs V.
func TestSameBits(t *testing.T) {
	p := chain[complex128](2500) // more than one block of rows
	opt := reduced.Options{MaxBasis: 12, Threads: 1, Points: 100}
	b := basisOf(t, p, opt)
	opt.Threads = 3
	if c := basisOf(t, p, opt); !reflect.DeepEqual(b, c) {
		t.Error("another number of threads gives another basis")
	}
	pt, _ := p.At([]float64{2, 0.5, 1})
	want, err := b.Solve(pt, reduced.SolveOptions{})
	if err != nil {
		t.Fatal(err)
	}
	b.V = nil
	var wg sync.WaitGroup
	for range 4 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for range 5 {
				a, err := b.Solve(pt, reduced.SolveOptions{})
				if err != nil || !reflect.DeepEqual(a.C, want.C) || a.Estimate != want.Estimate {
					t.Errorf("%+v, %v; want %+v", a, err, want)
				}
			}
		}()
	}
	wg.Wait()
}

// A basis comes back from a bundle as it was.
func TestBundle(t *testing.T) {
	p := chain[float64](300)
	b := basisOf(t, p, reduced.Options{MaxBasis: 6})
	var file bytes.Buffer
	if _, err := bundle.Write(&file, bundle.Meta{ToolVersion: "test"}, b, bundle.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	r, err := bundle.NewReader(bytes.NewReader(file.Bytes()), int64(file.Len()))
	if err != nil {
		t.Fatal(err)
	}
	var got reduced.Basis[float64]
	if err := r.Decode(&got); err != nil {
		t.Fatal(err)
	}
	pt, _ := p.At([]float64{2, 0.5, 1})
	want, err := b.Solve(pt, reduced.SolveOptions{})
	if err != nil {
		t.Fatal(err)
	}
	a, err := got.Solve(pt, reduced.SolveOptions{})
	if err != nil || !reflect.DeepEqual(a.C, want.C) || a.Estimate != want.Estimate || a.EnergyBound != want.EnergyBound {
		t.Errorf("%+v, %v; want %+v", a, err, want)
	}
	if !reflect.DeepEqual(expanded(&got, a.C), expanded(b, a.C)) {
		t.Error("x differs")
	}
	documented(t, reflect.TypeFor[reduced.Basis[float64]]())
}

// documented checks that every array of a struct says what it means.
func documented(t *testing.T, s reflect.Type) {
	t.Helper()
	for i := range s.NumField() {
		f := s.Field(i)
		e := f.Type
		if e.Kind() == reflect.Pointer {
			e = e.Elem()
		}
		switch {
		case f.Tag.Get("doc") != "" || e == reflect.TypeFor[[]string]():
		case e == reflect.TypeFor[dense.Matrix[float64]]():
			t.Errorf("%v.%s has no line of meaning", s, f.Name)
		case e.Kind() == reflect.Slice && e.Elem().Kind() == reflect.Struct:
			documented(t, e.Elem())
		case e.Kind() == reflect.Slice:
			t.Errorf("%v.%s has no line of meaning", s, f.Name)
		case e.Kind() == reflect.Struct:
			documented(t, e)
		}
	}
}

func TestErrors(t *testing.T) {
	boom := errors.New("boom")
	for name, c := range map[string]struct {
		change func(p *reduced.Problem[float64])
		want   string
	}{
		"no matrices":  {func(p *reduced.Problem[float64]) { p.Rows = nil }, "0 matrices"},
		"short values": {func(p *reduced.Problem[float64]) { p.Rows[1] = p.Rows[1][1:] }, "matrix 2 has"},
		"combination":  {func(p *reduced.Problem[float64]) { p.Combine = dense.New[float64](2, 3) }, "combine 3 matrices"},
		"long b":       {func(p *reduced.Problem[float64]) { p.RHS[0] = dense.New[float64](301, 1) }, "right-hand-side term 1 is 301×1"},
		"quantity":     {func(p *reduced.Problem[float64]) { p.Quantity = dense.New[float64](2, 1) }, "quantity has 2 rows"},
		"left out":     {func(p *reduced.Problem[float64]) { p.LeftOut = []reduced.LeftOut[float64]{{Sample: 0}} }, "left-out sample 1 of 0"},
		"sample":       {func(p *reduced.Problem[float64]) { p.Samples = []reduced.Sample[float64]{{}} }, "sample 1 does not fit"},
		"solution": {func(p *reduced.Problem[float64]) {
			p.Samples = []reduced.Sample[float64]{{Values: p.Rows[0], RHS: p.RHS[0], Solution: dense.New[float64](300, 2)}}
		}, "solution of sample 1 is 300×2"},
		"no function": {func(p *reduced.Problem[float64]) { p.At = nil }, "a function is missing"},
		"zero b":      {func(p *reduced.Problem[float64]) { clear(p.RHS[0].Data) }, "all solutions are zero"},
		"coefficients": {func(p *reduced.Problem[float64]) {
			p.At = func([]float64) (*reduced.Point[float64], error) {
				return &reduced.Point[float64]{Theta: []float64{1}}, nil
			}
		}, "1 coefficients for 4 terms"},
		"infinite": {func(p *reduced.Problem[float64]) {
			p.At = func([]float64) (*reduced.Point[float64], error) {
				return &reduced.Point[float64]{Theta: []float64{1, 1, math.Inf(1), 1}}, nil
			}
		}, "NaN or infinite"},
		"evaluation": {func(p *reduced.Problem[float64]) {
			p.At = func([]float64) (*reduced.Point[float64], error) { return nil, boom }
		}, "evaluating the family at parameters [1 1 1]: boom"},
		"factor": {func(p *reduced.Problem[float64]) {
			p.Factorise = func(context.Context, []float64) (reduced.Factor[float64], error) { return nil, boom }
		}, "factorising at parameters ["},
	} {
		p := chain[float64](300)
		c.change(p)
		b, err := reduced.Build(context.Background(), p, reduced.Options{MaxBasis: 3})
		var typed *reduced.ProblemError
		if b != nil || !errors.As(err, &typed) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	b := basisOf(t, chain[float64](300), reduced.Options{MaxBasis: 3})
	for _, pt := range []*reduced.Point[float64]{nil, {Theta: []float64{1}}, {Theta: []float64{1, 1, 1, math.NaN()}}, {Theta: []float64{1, 1, 1, 1}, Phi: []float64{1, 1}}} {
		if a, err := b.Solve(pt, reduced.SolveOptions{}); a != nil || err == nil {
			t.Errorf("%+v was accepted", pt)
		}
	}
}

// Cancelling at any report of progress ends the work with the context's error.
func TestCancel(t *testing.T) {
	p := chain[float64](300)
	for k := 1; ; k++ {
		ctx, cancel := context.WithCancel(context.Background())
		calls := 0
		opt := reduced.Options{MaxBasis: 4, Points: 50, Progress: func(string, int, int) {
			if calls++; calls == k {
				cancel()
			}
		}}
		_, err := reduced.Build(ctx, p, opt)
		cancel()
		if calls < k {
			if err != nil {
				t.Fatal(err)
			}
			return
		}
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Fatalf("call %d: %v", k, err)
		}
		k += 2
	}
}

// A node that cannot be factorised is passed over, with a warning.
func TestSkippedNode(t *testing.T) {
	p := chain[float64](300)
	factorise, calls := p.Factorise, 0
	p.Factorise = func(ctx context.Context, values []float64) (reduced.Factor[float64], error) {
		if calls++; calls == 1 || calls == 4 {
			return nil, errors.New("singular")
		}
		return factorise(ctx, values)
	}
	b := basisOf(t, p, reduced.Options{MaxBasis: 5, Points: 100})
	if b.Size() != 5 || len(b.Warnings) != 3 || !strings.Contains(b.Warnings[0], "[1 1 1]: singular") {
		t.Errorf("%d vectors, %q", b.Size(), b.Warnings)
	}
}

// A matrix singular in the reduced spaces gives no number that looks like an
// estimate.
func TestSingular(t *testing.T) {
	b := basisOf(t, chain[float64](300), reduced.Options{MaxBasis: 5})
	a, err := b.Solve(&reduced.Point[float64]{Theta: make([]float64, 4)}, reduced.SolveOptions{})
	if err != nil || !math.IsInf(a.Estimate, 1) {
		t.Errorf("%+v, %v", a, err)
	}
}
