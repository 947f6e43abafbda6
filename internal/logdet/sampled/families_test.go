package sampled_test

import (
	"context"
	"encoding/csv"
	"math"
	"math/cmplx"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"eimtool/internal/coefficients"
	"eimtool/internal/dense"
	"eimtool/internal/family"
	"eimtool/internal/logdet/sampled"
	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
	"eimtool/internal/solve"
)

// references are the tests of a family: parameters and log det.
type references struct {
	mu            [][]float64
	logAbs, phase []float64
}

// readReferences reads the logdet.csv of a family of p parameters.
func readReferences(t *testing.T, name string, p int) *references {
	t.Helper()
	file, err := os.Open(filepath.Join("..", "..", "..", "testdata", "families", name, "logdet.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	r := &references{}
	for _, line := range lines[1:] {
		x := make([]float64, len(line))
		for i, cell := range line {
			if x[i], err = strconv.ParseFloat(cell, 64); err != nil {
				t.Fatal(err)
			}
		}
		r.mu = append(r.mu, x[:p])
		phase := 0.0
		if lines[0][p] == "phase_re" {
			phase = math.Atan2(x[p+1], x[p])
			p := p + 1
			r.logAbs = append(r.logAbs, x[p+1])
		} else {
			r.logAbs = append(r.logAbs, x[p+1])
		}
		r.phase = append(r.phase, phase)
	}
	return r
}

// modelled is a family with a model of A(μ): what a caller of the package has.
type modelled[T scalar.Scalar] struct {
	mu     *dense.Matrix[float64]
	rows   [][]T
	pat    *matrix.Pattern
	names  []string
	k      *dense.Matrix[T]
	coef   *coefficients.Model
	basis  []int // samples that the model combines
	solver *solve.Solver[T]
}

func loadFamily[T scalar.Scalar](t *testing.T, name string) *modelled[T] {
	t.Helper()
	table, err := family.ReadTable(filepath.Join("..", "..", "..", "testdata", "families", name, "samples.csv"), family.TableOptions{})
	if err != nil {
		t.Fatal(err)
	}
	f, err := family.Load(context.Background(), table, family.LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	m := &modelled[T]{rows: family.Rows[T](f), pat: f.Pattern, names: f.Names, mu: dense.New[float64](len(f.Samples), len(f.Names))}
	for i, s := range f.Samples {
		copy(m.mu.Row(i), s.Mu)
	}
	m.prepare(t)
	return m
}

// prepare analyses the pattern and computes the coordinates of the rows.
func (m *modelled[T]) prepare(t *testing.T) {
	t.Helper()
	weight := make([]float64, m.pat.NNZ())
	m.pat.Each(func(k, i, j int) {
		weight[k] = 1
		if i != j && m.pat.Symmetry != matrix.General {
			weight[k] = 2
		}
	})
	q := dense.NewTallQR[T](len(m.rows))
	if err := q.Append(context.Background(), m.rows, weight, 1, 1); err != nil {
		t.Fatal(err)
	}
	m.k = q.K()
	var err error
	if m.solver, err = solve.New[T](context.Background(), m.pat, solve.Options{}); err != nil {
		t.Fatal(err)
	}
}

// model fits the coefficient model on the samples idx.
func (m *modelled[T]) model(t *testing.T, idx []int) {
	t.Helper()
	m.basis = idx
	k := m.k.SelectRows(idx)
	s := &coefficients.Samples{Names: m.names, Mu: m.mu.SelectRows(idx), Complex: scalar.IsComplex[T]()}
	cols := k.Cols
	if s.Complex {
		cols *= 2
	}
	s.K = dense.New[float64](k.Rows, cols)
	for i := range k.Rows {
		for j, v := range k.Row(i) {
			s.K.Set(i, j, scalar.Real(v))
			if s.Complex {
				s.K.Set(i, j+k.Cols, scalar.Imag(v))
			}
		}
	}
	var err error
	if m.coef, err = coefficients.Fit(context.Background(), s, coefficients.Options{}); err != nil {
		t.Fatal(err)
	}
}

// combine returns the values of the matrix with the coordinates x.
func (m *modelled[T]) combine(x []float64) ([]T, error) {
	n := m.k.Cols
	rhs := dense.New[T](n, 1)
	for j := range n {
		im := 0.0
		if scalar.IsComplex[T]() {
			im = x[n+j]
		}
		rhs.Set(j, 0, scalar.Of[T](x[j], im))
	}
	c, _, err := dense.MinNorm(m.k.SelectRows(m.basis).Transpose(), rhs, 1e-13)
	if err != nil {
		return nil, err
	}
	out := make([]T, len(m.rows[0]))
	for r, i := range m.basis {
		dense.Axpy(c.At(r, 0), m.rows[i], out)
	}
	return out, nil
}

// logDet factorises values and, with slopes, returns tr(A⁻¹ dA) for each.
func (m *modelled[T]) logDet(values []T, slopes [][]T) (logAbs, phase float64, traces []complex128, err error) {
	ctx := context.Background()
	f, err := m.solver.Factorise(ctx, values)
	if err != nil {
		return 0, 0, nil, err
	}
	defer f.Release()
	logAbs, sign := f.LogDet()
	phase = cmplx.Phase(complex(scalar.Real(sign), scalar.Imag(sign)))
	if len(slopes) > 0 {
		z, err := f.SelectedInverse(ctx)
		if err != nil {
			return 0, 0, nil, err
		}
		for _, d := range slopes {
			sum := solve.TraceProduct(m.pat, z, d)
			traces = append(traces, complex(scalar.Real(sum), scalar.Imag(sum)))
		}
	}
	return logAbs, phase, traces, nil
}

// derivatives returns ∂A/∂μ_j of the model at mu.
func (m *modelled[T]) derivatives(mu []float64) ([][]T, error) {
	var out [][]T
	for j := range mu {
		dk, err := m.coef.Derivative(mu, j)
		if err != nil {
			return nil, err
		}
		d, err := m.combine(dk)
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, nil
}

// surrogate factorises the modelled matrix at mu.
func (m *modelled[T]) surrogate(_ context.Context, mu []float64) (float64, float64, []complex128, error) {
	p, err := m.coef.Predict(mu)
	if err != nil {
		return 0, 0, nil, err
	}
	a, err := m.combine(p.K)
	if err != nil {
		return 0, 0, nil, err
	}
	d, err := m.derivatives(mu)
	if err != nil {
		return 0, 0, nil, err
	}
	return m.logDet(a, d)
}

// samples computes log det and, with slopes, its slopes at the samples idx,
// with the error of the surrogate at every fifth sample held out.
func (m *modelled[T]) samples(t *testing.T, idx []int, slopes bool) *sampled.Samples {
	t.Helper()
	s := &sampled.Samples{Names: m.names, Mu: m.mu.SelectRows(idx), SlopeError: math.Inf(1)}
	truth := make([][2]float64, m.mu.Rows)
	for i := range truth {
		a, p, _, err := m.logDet(m.rows[i], nil)
		if err != nil {
			t.Fatal(err)
		}
		truth[i] = [2]float64{a, p}
	}
	for _, i := range idx {
		s.LogAbs = append(s.LogAbs, truth[i][0])
		if scalar.IsComplex[T]() {
			s.Phase = append(s.Phase, truth[i][1])
		}
	}
	if !slopes {
		return s
	}
	var train, held, all []int
	for i := range m.mu.Rows {
		all = append(all, i)
		if i%5 == 2 {
			held = append(held, i)
		} else {
			train = append(train, i)
		}
	}
	m.model(t, train)
	s.SlopeError = 0
	for _, i := range held {
		p, err := m.coef.Predict(m.mu.Row(i))
		if err != nil {
			t.Fatal(err)
		}
		a, err := m.combine(p.K)
		if err != nil {
			t.Fatal(err)
		}
		l, _, _, err := m.logDet(a, nil)
		if err != nil {
			t.Fatal(err)
		}
		s.SlopeError = max(s.SlopeError, math.Abs(l-truth[i][0]))
	}
	m.model(t, all)
	s.Slope = dense.New[complex128](len(idx), len(m.names))
	var lock sync.Mutex
	err := scalar.Each(context.Background(), len(idx), 0, func(r int) {
		d, err := m.derivatives(m.mu.Row(idx[r]))
		if err == nil {
			var tr []complex128
			if _, _, tr, err = m.logDet(m.rows[idx[r]], d); err == nil {
				copy(s.Slope.Row(r), tr)
			}
		}
		if err != nil {
			lock.Lock()
			defer lock.Unlock()
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Surrogate = m.surrogate
	return s
}
