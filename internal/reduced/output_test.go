package reduced_test

import (
	"context"
	"math/rand/v2"
	"testing"

	"eimtool/internal/dense"
	"eimtool/internal/matrix"
	"eimtool/internal/reduced"
	"eimtool/internal/scalar"
)

// Corrected outputs of 20 vectors stay within three times what independent
// scripts reach, relative to the largest output and against the direct solution
// of the family as modelled.
func TestOutputs(t *testing.T) {
	var m outputErrors
	m.add(t, "thermal-block", 9e-15, outputs[float64])
	m.add(t, "convdiff", 2e-7, outputs[float64])
	m.add(t, "bem-sphere", 2e-6, outputs[complex128])
	if *long {
		m.add(t, "helmholtz2d", 5e-10, outputs[complex128])
		m.add(t, "elasticity-geo", 4e-8, outputs[float64])
		m.add(t, "gp-kernel", 5e-5, outputs[float64])
		m.add(t, "known-function", 7e-7, outputs[float64])
	}
	if float64(m.covered) < 0.95*float64(m.count) {
		t.Errorf("%d of %d errors of outputs covered", m.covered, m.count)
	}
}

type outputErrors struct {
	plain, corrected float64 // largest, relative to the largest output
	covered, count   int     // of errors above 1e-12
}

func (m *outputErrors) add(t *testing.T, name string, want float64, measure func(*testing.T, string) outputErrors) {
	t.Helper()
	e := measure(t, name)
	t.Logf("%s: plain %.2g, corrected %.2g (target %.2g), %d of %d covered", name, e.plain, e.corrected, want, e.covered, e.count)
	if e.corrected > 3*max(want, 1e-12) {
		t.Errorf("%s: error of the output %.3g, want %.3g within a factor of 3", name, e.corrected, want)
	}
	m.covered += e.covered
	m.count += e.count
}

func outputs[T scalar.Scalar](t *testing.T, name string) (m outputErrors) {
	t.Helper()
	in := load[T](t, name)
	n := in.Pattern.Rows
	in.Quantity = dense.New[T](n, 1)
	rng := rand.New(rand.NewPCG(5, 6))
	for i := range n {
		in.Quantity.Data[i] = scalar.Of[T](rng.NormFloat64(), rng.NormFloat64())
	}
	b, err := reduced.Build(context.Background(), &in.Problem, options(20))
	if err != nil {
		t.Fatal(err)
	}
	largest := 0.0
	for _, pt := range in.tests {
		want := dot(in.Quantity.Data, direct(t, in, pt))
		a, err := b.Solve(pt, reduced.SolveOptions{})
		if err != nil {
			t.Fatal(err)
		}
		out, err := b.Outputs(pt, a)
		if err != nil || len(out) != 1 {
			t.Fatal(out, err)
		}
		e := scalar.Abs(out[0].Value - want)
		m.corrected, m.plain = max(m.corrected, e), max(m.plain, scalar.Abs(out[0].Plain-want))
		largest = max(largest, scalar.Abs(want))
		if e > 1e-12*scalar.Abs(want) {
			m.count++
			if out[0].Estimate >= e {
				m.covered++
			}
		}
	}
	m.plain, m.corrected = m.plain/largest, m.corrected/largest
	return m
}

// dot returns Σ x_i·y_i.
func dot[T scalar.Scalar](x, y []T) (s T) {
	for i, v := range x {
		s += v * y[i]
	}
	return s
}

// assembled returns the values of the matrix at pt.
func assembled[T scalar.Scalar](o *reduced.Operator[T], theta []T) []T {
	w := theta
	if o.Combine != nil {
		w = dense.VecMul(theta, o.Combine)
	}
	values := make([]T, o.Pattern.NNZ())
	for i, v := range w {
		dense.Axpy(v, o.Rows[i], values)
	}
	return values
}

// direct returns the solution of the family as modelled at pt.
func direct[T scalar.Scalar](t testing.TB, in *instance[T], pt *reduced.Point[T]) []T {
	t.Helper()
	f, err := in.Factorise(context.Background(), assembled(&in.Operator, pt.Theta))
	if err != nil {
		t.Fatal(err)
	}
	x := dense.New[T](in.Pattern.Rows, in.RHS[0].Cols)
	phi := pt.Phi
	if phi == nil {
		phi = []T{1}
	}
	for k, v := range phi {
		dense.Axpy(v, in.RHS[k].Data, x.Data)
	}
	if err := f.Solve(context.Background(), x, matrix.NoTranspose); err != nil {
		t.Fatal(err)
	}
	return x.Data
}
