package surrogate

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"eimtool/internal/coefficients"
	"eimtool/internal/dense"
	"eimtool/internal/lambda"
	"eimtool/internal/reduced"
	"eimtool/internal/scalar"
)

// reduce builds the reduced basis and its competitors: the interpolation of the
// samples' solutions, and their combination.
func (inv *Inverse[S]) reduce(ctx context.Context, m *Model, problem *reduced.Problem[S], opt Options) error {
	if q := opt.Quantity; q != nil {
		if q.Rows != m.Rows {
			return &OptionError{"quantity", rowsText(q.Rows), "vectors of " + rowsText(m.Rows)}
		}
		inv.Quantity = Split[S](q, false)
		problem.Quantity = inv.Quantity
	}
	basis, err := reduced.Build(ctx, problem, reduced.Options{
		MaxBasis: opt.RBMax, Tolerance: opt.RBTolerance, Seed: opt.Seed, Threads: opt.Threads, Progress: opt.Progress,
	})
	if err != nil {
		return err
	}
	inv.Basis = basis
	if m.Planned() {
		if basis.Calibration.Events > 0 {
			basis.Calibration.Amplification *= planAmplification
			basis.Calibration.LoadAmplification *= planAmplification
			inv.Amplification = basis.Calibration.Amplification
		}
		basis.Calibration.LargestError = -1 // of a shorter plan: it says nothing of this one
	}
	if inv.structural { // its own left-out samples show nothing either
		basis.Calibration.Amplification = max(basis.Calibration.Amplification, inv.FullAmplification)
	}
	m.Warnings = append(m.Warnings, basis.Warnings...)
	if e := basis.Calibration.LargestError; e > unusable {
		m.Warnings = append(m.Warnings, fmt.Sprintf("left-out solutions are missed by up to %.1e: the samples do not determine x between them (add samples, or use probes)", e))
	}
	if basis.Solutions == nil || m.Mu == nil {
		return nil
	}
	for _, e := range basis.SolutionProjection {
		inv.SolutionError = math.Max(inv.SolutionError, e)
	}
	if inv.Solutions, err = coefficients.Fit(ctx, &coefficients.Samples{
		Names: m.ParameterNames(), Mu: m.Mu, K: pack(stacked(basis.Solutions, m.Mu.Rows)), Complex: scalar.IsComplex[S](),
	}, coefficients.Options{Threads: opt.Threads, Progress: opt.Progress}); err != nil {
		return err
	}
	inv.PreferSolutions = inv.Solutions.Score < basis.Calibration.LargestError/preferFactor // -1 when not measured
	return inv.combine(ctx, m, opt)
}

// preferFactor is by how much the root mean square left-out error of the
// interpolated solutions must beat the largest one of the reduced basis.
const preferFactor = 3

// unusable is the error of x at left-out samples from which on a bundle says
// that it does not determine x.
const unusable = 0.1

// stacked returns one row per sample: the coordinates of all its columns.
func stacked[S scalar.Scalar](a *dense.Matrix[S], samples int) *dense.Matrix[S] {
	return &dense.Matrix[S]{Rows: samples, Cols: len(a.Data) / samples, Data: a.Data}
}

// InterpolateSolutions returns the coordinates, in the basis of inv, of the
// interpolated solution at mu, with the estimated relative error.
func InterpolateSolutions[S scalar.Scalar](inv *Inverse[S], mu []float64) (*dense.Matrix[S], float64, error) {
	p, err := inv.Solutions.Predict(mu)
	if err != nil {
		return nil, 0, err
	}
	nb, r := inv.Basis.Columns, inv.Basis.Size()
	flat := unpack[S](p.K)
	c := dense.New[S](r, nb)
	for j := range nb {
		for i := range r {
			c.Set(i, j, flat[j*r+i])
		}
	}
	return c, p.ModelError, nil
}

// principalCoordinates is the number of principal coordinates in which weights
// of sampled families are made.
const principalCoordinates = 6

// Alpha returns the coordinates in which the weights of the samples' solutions
// are made: the parts' coefficients, or 1 and the first modes principal
// coordinates of the samples.
func (m *Model) Alpha(a *Answer, modes int) ([]complex128, error) {
	if m.Parts != nil {
		return a.Beta, nil
	}
	if m.Interpolation == nil {
		return nil, ErrNoInterpolation
	}
	k := a.coords
	packed := make([]float64, len(m.Interpolation.Mean))
	half := len(k)
	for j, v := range k {
		packed[j] = real(v)
		if m.Complex != nil {
			packed[half+j] = imag(v)
		}
	}
	y := m.Interpolation.Principal(packed)
	alpha := make([]complex128, 1, modes+1)
	alpha[0] = 1
	for _, v := range y[:modes] {
		alpha = append(alpha, complex(v, 0))
	}
	return alpha, nil
}

// combine fits the weights of the samples' solutions; a family for which there
// are none does without.
func (inv *Inverse[S]) combine(ctx context.Context, m *Model, opt Options) error {
	if m.Parts != nil {
		return inv.combineParts(ctx, m, opt)
	}
	model := m.Interpolation
	inv.LambdaModes = min(principalCoordinates, model.Basis.Rows)
	in := &lambda.Input[S]{
		Alpha:    dense.New[S](m.Mu.Rows, inv.LambdaModes+1),
		Weight:   []float64{dense.Norm(model.Mean)},
		Quantity: lambda.Inverse, Target: stacked(inv.Basis.Solutions, m.Mu.Rows), Seed: opt.Seed,
	}
	for range inv.LambdaModes {
		in.Weight = append(in.Weight, 1)
	}
	for i := range m.Mu.Rows {
		a, err := m.At(m.Mu.Row(i))
		if err != nil {
			return err
		}
		alpha, err := m.Alpha(a, inv.LambdaModes)
		if err != nil {
			return err
		}
		copy(in.Alpha.Row(i), scalar.FromComplex[S](alpha))
	}
	in.Cloud = lambda.Mix(inv.rayleigh(m, opt.Seed), in.Weight, cloudDirections, opt.Seed)
	return inv.fitLambda(ctx, in)
}

func (inv *Inverse[S]) fitLambda(ctx context.Context, in *lambda.Input[S]) error {
	fitted, err := lambda.Fit(ctx, in)
	var none *lambda.UnavailableError
	var unusable *lambda.InputError
	var outside *lambda.RangeError
	if errors.As(err, &none) || errors.As(err, &unusable) || errors.As(err, &outside) {
		return nil
	}
	inv.Lambda = fitted
	return err
}

// cloudDirections is the number of directions mixed from Rayleigh quotients.
const cloudDirections = 400

// rayleighVectors is the number of random combinations of solutions whose
// Rayleigh quotients join those of the solutions themselves.
const rayleighVectors = 200

// rayleigh returns the Rayleigh quotients vᴴ A_k v of the mean and the principal
// directions, for the samples' solutions and random combinations of them.
func (inv *Inverse[S]) rayleigh(m *Model, seed uint64) *dense.Matrix[S] {
	basis := inv.Basis
	rng := rand.New(rand.NewPCG(seed, 0x7261796c))
	var vectors [][]S
	for i := range basis.Solutions.Rows {
		vectors = append(vectors, basis.Solutions.Row(i))
	}
	samples := len(vectors)
	for range rayleighVectors {
		v := make([]S, basis.Size())
		for range 3 {
			dense.Axpy(scalar.Of[S](rng.NormFloat64(), 0), vectors[rng.IntN(samples)], v)
		}
		vectors = append(vectors, v)
	}
	maps := inv.modeMaps(m)
	out := dense.New[S](len(vectors), maps.Rows)
	for i, v := range vectors {
		q := make([]S, basis.VAV.Rows)
		for l := range q {
			q[l] = quadratic(basis.VAV.Row(l), v)
		}
		size := dense.Norm(v)
		if size == 0 {
			size = 1
		}
		for k := range maps.Rows {
			var s S
			for l, c := range maps.Row(k) {
				s += c * q[l]
			}
			out.Set(i, k, s/scalar.Of[S](size*size, 0))
		}
	}
	return out
}

// quadratic returns vᴴ A v for A by rows.
func quadratic[S scalar.Scalar](a, v []S) S {
	var sum S
	n := len(v)
	w := make([]S, n)
	for i := range n {
		for j, x := range v {
			w[i] += a[i*n+j] * x
		}
	}
	sum = dense.Dotc(v, w)
	return sum
}

// modeMaps returns the mean and the principal directions of the samples as
// combinations of the terms of the basis, one per row.
func (inv *Inverse[S]) modeMaps(m *Model) *dense.Matrix[S] {
	model := m.Interpolation
	out := dense.New[S](inv.LambdaModes+1, inv.Basis.VAV.Rows)
	fill := func(row int, packed []float64) {
		if m.Complex != nil {
			copy(out.Row(row), scalar.FromComplex[S](scalar.ToComplex(inModes(unpack[complex128](packed), m.Complex.Modes))))
			return
		}
		copy(out.Row(row), scalar.FromComplex[S](scalar.ToComplex(inModes(packed, m.Real.Modes))))
	}
	fill(0, model.Mean)
	for k := range inv.LambdaModes {
		fill(k+1, model.Basis.Row(k))
	}
	return out
}

// combineParts fits the weights in the coefficients of given parts.
func (inv *Inverse[S]) combineParts(ctx context.Context, m *Model, opt Options) error {
	samples := m.Mu.Rows
	in := &lambda.Input[S]{
		Alpha: dense.New[S](samples, m.Parts.Count()), Weight: m.Parts.Weights, Positive: m.Parts.Semidefinite,
		Quantity: lambda.Inverse, Target: stacked(inv.Basis.Solutions, samples), Seed: opt.Seed,
	}
	for i := range samples {
		alpha, err := m.Parts.Alpha(m.Mu.Row(i))
		if err != nil {
			return err
		}
		copy(in.Alpha.Row(i), scalar.FromComplex[S](alpha))
	}
	return inv.fitLambda(ctx, in)
}
