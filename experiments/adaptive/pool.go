package main

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"slices"

	"eimtool/internal/dense"
	"eimtool/internal/family"
	"eimtool/internal/features"
	"eimtool/internal/matrix"
	"eimtool/internal/surrogate"
)

// pool is a family of which any sample may be used for a model: its samples are
// the candidates, its test table measures. A matrix is held by its coordinates
// in an orthonormal basis of the span of all matrices, in which the Euclidean
// distance is the Frobenius distance: selection and coefficient models of a
// real family with more than one parameter see nothing else of it.
type pool struct {
	name    string
	names   []string
	mu      [][]float64            // the candidates, then the tests
	coords  *dense.Matrix[float64] // a row for each of them
	count   int                    // candidates
	spread  [][]float64            // positions of the candidates in the unit cube, evenly spread as they were sampled
	options surrogate.Options
}

// openPool reads the family in a folder.
func openPool(ctx context.Context, dir string) (*pool, error) {
	samples, err := family.Open(filepath.Join(dir, "samples.csv"))
	if err != nil {
		return nil, err
	}
	tests, err := family.Open(filepath.Join(dir, "test.csv"))
	if err != nil {
		return nil, err
	}
	p := &pool{name: filepath.Base(dir), names: samples.Names, count: len(samples.Samples)}
	samples.Samples = append(samples.Samples, tests.Samples...)
	f, err := family.Load(ctx, samples, family.LoadOptions{})
	if err != nil {
		return nil, err
	}
	if f.Real == nil || f.Hermitian || len(f.Names) < 2 {
		return nil, fmt.Errorf("%s: want a real family with two or more parameters", dir)
	}
	set, err := features.New(ctx, f.Pattern, f.Real, features.Options{})
	if err != nil {
		return nil, err
	}
	q := dense.NewTallQR[float64](len(f.Real))
	if err := q.Append(ctx, f.Real, set.Multiplicity, 1, 0); err != nil {
		return nil, err
	}
	p.coords = q.K()
	for _, s := range f.Samples {
		p.mu = append(p.mu, s.Mu)
	}
	p.place()
	p.options = surrogate.DefaultOptions()
	p.options.HoldOut = false // it measures, and changes no model
	p.options.Tolerance, p.options.Threads = surrogate.DefaultTolerance, 1
	return p, nil
}

// place sets spread: a parameter counts as its logarithm if that has its median
// nearer to the middle of the range.
func (p *pool) place() {
	p.spread = make([][]float64, p.count)
	for i := range p.spread {
		p.spread[i] = make([]float64, len(p.names))
	}
	for j := range p.names {
		v := make([]float64, p.count)
		for i := range v {
			v[i] = p.mu[i][j]
		}
		unit, offset := scaled(v)
		if slices.Min(v) > 0 {
			logs := make([]float64, len(v))
			for i, x := range v {
				logs[i] = math.Log(x)
			}
			if u, o := scaled(logs); o < offset {
				unit = u
			}
		}
		for i, u := range unit {
			p.spread[i][j] = u
		}
	}
}

// scaled maps v to [0, 1] and returns how far its median is from ½.
func scaled(v []float64) (unit []float64, offset float64) {
	lo, hi := slices.Min(v), slices.Max(v)
	for _, x := range v {
		unit = append(unit, (x-lo)/(hi-lo))
	}
	return unit, math.Abs(quantile(unit, 0.5) - 0.5)
}

// build returns the model that offline makes of some of the candidates.
func (p *pool) build(ctx context.Context, subset []int) (*surrogate.Model, error) {
	idx := slices.Sorted(slices.Values(subset))
	f := &family.Family{
		Table:   &family.Table{Source: p.name, Names: p.names},
		Pattern: &matrix.Pattern{Rows: 1, Cols: p.coords.Cols, Dense: true},
	}
	for _, i := range idx {
		f.Samples = append(f.Samples, family.Sample{Mu: p.mu[i], File: fmt.Sprint(i + 1)})
		f.Real = append(f.Real, p.coords.Row(i))
	}
	return surrogate.Build(ctx, f, p.options)
}

// errorOf returns the largest ‖A−Ã‖_F/‖A‖_F over the tests, and the share of the
// tests whose error is at most its estimate.
func (p *pool) errorOf(m *surrogate.Model) (worst, within float64, err error) {
	tests := len(p.mu) - p.count
	for i := p.count; i < len(p.mu); i++ {
		a, err := m.At(p.mu[i])
		if err != nil {
			return 0, 0, err
		}
		d := slices.Clone(p.coords.Row(i))
		for t, values := range m.Real.Values {
			for j, v := range values {
				d[j] -= real(a.Beta[t]) * v
			}
		}
		e := dense.Norm(d) / dense.Norm(p.coords.Row(i))
		worst = max(worst, e)
		if e <= a.Estimate {
			within += 1 / float64(tests)
		}
	}
	return worst, within, nil
}

// quantile returns the q-quantile of x: an element, the upper one of two.
func quantile(x []float64, q float64) float64 {
	s := slices.Sorted(slices.Values(x))
	return s[min(int(q*float64(len(s))), len(s)-1)]
}
