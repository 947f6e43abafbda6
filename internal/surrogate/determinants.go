package surrogate

import (
	"context"
	"fmt"
	"math"

	"eimtool/internal/dense"
	"eimtool/internal/scalar"
	"eimtool/internal/solve"
)

// determinants holds, for samples that were factorised, log det A_i and the
// traces tr(A_i⁻¹ A_k) with all samples A_k: to first order, a combination
// Σ w_k A_k near A_i has log det A_i + Σ w_k tr(A_i⁻¹ A_k) − n.
type determinants[S scalar.Scalar] struct {
	size     int
	samples  []int            // that were factorised, increasing
	row      []int            // of sample i among them, -1 for none
	logAbs   []float64        // log|det A_i|
	phase    []S              // det A_i/|det A_i|
	negative []int            // negative eigenvalues, -1 where the factorisation does not tell
	traces   *dense.Matrix[S] // one row per factorised sample, one column per sample
	foreign  float64          // largest |tr(A_i⁻¹ D)| for random D of the size of A_i
}

// determine factorises the given samples.
func (s *systems[S]) determine(samples []int, progress func(stage string, done, total int)) (*determinants[S], error) {
	n := len(s.rows)
	d := &determinants[S]{size: s.pattern.Rows, samples: samples, row: make([]int, n), traces: dense.New[S](len(samples), n)}
	for i := range d.row {
		d.row[i] = -1
	}
	for r, i := range samples {
		if progress != nil {
			progress("determinants", r, len(samples))
		}
		d.row[i] = r
		f, err := s.next(s.ctx, s.rows[i])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.files[i], err)
		}
		d.add(f)
		z, err := f.SelectedInverse(s.ctx)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.files[i], err)
		}
		d.foreign = max(d.foreign, scalar.Abs(solve.TraceProduct(s.pattern, z, s.perturbedValues(i))))
		row := d.traces.Row(r)
		if err := scalar.Each(s.ctx, n, s.threads, func(k int) { row[k] = solve.TraceProduct(s.pattern, z, s.rows[k]) }); err != nil {
			return nil, err
		}
	}
	if progress != nil {
		progress("determinants", len(samples), len(samples))
	}
	return d, nil
}

// add appends what a factor tells.
func (d *determinants[S]) add(f *solve.Factor[S]) {
	logAbs, phase := f.LogDet()
	d.logAbs, d.phase, d.negative = append(d.logAbs, logAbs), append(d.phase, phase), append(d.negative, negatives(f))
}

// negatives returns the number of negative eigenvalues, -1 where it is unknown.
func negatives[S scalar.Scalar](f *solve.Factor[S]) int {
	if _, neg, _, ok := f.Inertia(); ok {
		return neg
	}
	return -1
}

// change returns the first-order difference between log det of Σ w_k A_k and
// that of factorised sample i.
func (d *determinants[S]) change(i int, w []S) S {
	sum := scalar.Of[S](-float64(d.size), 0)
	for k, t := range d.traces.Row(d.row[i]) {
		sum += w[k] * t
	}
	return sum
}

// refusal says why log det cannot be interpolated between the samples, "" when
// nothing speaks against it: of real matrices whose determinant changes sign, or
// whose number of negative eigenvalues changes, some between the samples are
// singular, and log|det| has a pole there.
func (d *determinants[S]) refusal(files []string, realFamily bool) string {
	if !realFamily {
		return ""
	}
	known := -1 // the first whose number of negative eigenvalues is known
	for r, i := range d.samples {
		if d.negative[r] >= 0 && known < 0 {
			known = r
		}
		switch {
		case d.negative[r] >= 0 && d.negative[r] != d.negative[known]:
			return fmt.Sprintf("det A vanishes between samples: %s has %d negative eigenvalues, %s has %d", files[d.samples[known]], d.negative[known], files[i], d.negative[r])
		case math.Signbit(scalar.Real(d.phase[r])) != math.Signbit(scalar.Real(d.phase[0])):
			return fmt.Sprintf("det A changes sign between samples: it is %s for %s and %s for %s", signWord(d.phase[0]), files[d.samples[0]], signWord(d.phase[r]), files[i])
		}
	}
	return ""
}

func signWord[S scalar.Scalar](v S) string {
	if scalar.Real(v) < 0 {
		return "negative"
	}
	return "positive"
}

// linearFamily is a family whose matrices are combinations of given rows.
type linearFamily[S scalar.Scalar] struct {
	sys     *systems[S]
	params  int
	weights func(mu []float64) ([]S, error)        // of the rows
	slope   func(mu []float64, j int) ([]S, error) // of the rows, in ∂A/∂μ_j
}

// determinant is what one factorisation of A_μ tells.
type determinant[S scalar.Scalar] struct {
	logAbs   float64
	phase    S
	negative int
	slope    []complex128 // ∂ log det/∂μ_j = tr(A⁻¹ ∂A/∂μ_j)
}

// at factorises A_μ. It may be called by several goroutines at once.
func (l *linearFamily[S]) at(ctx context.Context, mu []float64) (*determinant[S], error) {
	w, err := l.weights(mu)
	if err != nil {
		return nil, err
	}
	values := make([]S, len(l.sys.rows[0]))
	if err := Combine(ctx, values, w, l.sys.rows, l.sys.threads); err != nil {
		return nil, err
	}
	f, err := l.sys.solver.Factorise(ctx, values)
	if err != nil {
		return nil, err
	}
	defer f.Release()
	d := &determinant[S]{negative: negatives(f), slope: make([]complex128, l.params)}
	d.logAbs, d.phase = f.LogDet()
	z, err := f.SelectedInverse(ctx)
	if err != nil {
		return nil, err
	}
	values = make([]S, len(values)) // the factor keeps the others
	for j := range d.slope {
		if w, err = l.slope(mu, j); err != nil {
			return nil, err
		}
		if err := Combine(ctx, values, w, l.sys.rows, l.sys.threads); err != nil {
			return nil, err
		}
		d.slope[j] = scalar.ToComplex([]S{solve.TraceProduct(l.sys.pattern, z, values)})[0]
	}
	return d, nil
}
