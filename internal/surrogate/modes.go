package surrogate

import (
	"context"
	"math"

	"eimtool/internal/dense"
	"eimtool/internal/eim"
	"eimtool/internal/scalar"
)

// modeSet holds the POD modes of some samples, each sample normalised: the
// singular value decomposition D⁻¹K = U Σ Wᴴ with D the Frobenius norms.
type modeSet[T scalar.Scalar] struct {
	sigma  []float64
	wh     *dense.Matrix[T] // rows are the modes' coordinates
	weight *dense.Matrix[T] // q × N: mode = weight · samples
	errs   []float64        // errs[q]: largest relative error of a sample projected on q modes
}

// modeFloor is the relative size of the singular values below which a mode is
// round-off.
const modeFloor = 1e-14

func (b *builder[T]) modeSet(idx []int) (*modeSet[T], error) {
	return newModeSet(b.k, b.norm, idx)
}

// allModes returns the modes of all samples, made once.
func (b *builder[T]) allModes() (*modeSet[T], error) {
	if b.modes == nil {
		m, err := b.modeSet(indices(len(b.rows)))
		if err != nil {
			return nil, err
		}
		b.modes = m
	}
	return b.modes, nil
}

// newModeSet returns the modes of the samples idx, of which row i of k holds
// the coordinates and norm[i] their norm.
func newModeSet[T scalar.Scalar](k *dense.Matrix[T], norm []float64, idx []int) (*modeSet[T], error) {
	z := k.SelectRows(idx)
	for r, i := range idx {
		row, d := z.Row(r), scalar.Of[T](1/norm[i], 0)
		for j := range row {
			row[j] *= d
		}
	}
	u, sigma, v, err := dense.SVD(z)
	if err != nil {
		return nil, err
	}
	m := &modeSet[T]{}
	for _, s := range sigma {
		if s > modeFloor*sigma[0] {
			m.sigma = append(m.sigma, s)
		}
	}
	q := len(m.sigma)
	m.wh, m.weight = dense.New[T](q, z.Cols), dense.New[T](q, k.Rows)
	for l := range q {
		for j := range z.Cols {
			m.wh.Set(l, j, scalar.Conj(v.At(j, l)))
		}
		for r, i := range idx {
			m.weight.Set(l, i, scalar.Conj(u.At(r, l))*scalar.Of[T](1/(m.sigma[l]*norm[i]), 0))
		}
	}
	m.errs = make([]float64, q+1)
	for r := range idx {
		tail := 0.0
		for l := q; l >= 0; l-- {
			m.errs[l] = max(m.errs[l], math.Sqrt(tail))
			if l > 0 {
				a := scalar.Abs(u.At(r, l-1)) * m.sigma[l-1]
				tail += a * a
			}
		}
	}
	return m, nil
}

// A singular value that has not fallen to noiseDrop of its size over noiseSteps
// steps, below noiseLevel of the first, is noise in the snapshots.
const (
	noiseDrop  = 0.7
	noiseSteps = 5
	noiseLevel = 1e-3
)

// countFor returns the least number of modes, at least 1, whose projection error
// is within tol for every sample, or at which nothing but noise is left; noise is
// then its level, otherwise 0.
func (m *modeSet[T]) countFor(tol float64) (count int, noise float64) {
	for q := 1; q < len(m.errs); q++ {
		if m.errs[q] <= tol {
			return q, 0
		}
		if q+noiseSteps < len(m.sigma) && m.sigma[q] < noiseLevel*m.sigma[0] &&
			m.sigma[q+noiseSteps] > noiseDrop*m.sigma[q] {
			return q, m.errs[q]
		}
	}
	return max(1, len(m.sigma)), 0
}

// coordinates returns the coordinates of the first q modes.
func (m *modeSet[T]) coordinates(q int) *dense.Matrix[T] { return m.wh.SelectRows(indices(q)) }

// entries returns the first q modes as matrices.
func (m *modeSet[T]) entries(ctx context.Context, rows [][]T, q, threads int) ([][]T, error) {
	out := make([][]T, q)
	for l := range out {
		out[l] = make([]T, len(rows[0]))
	}
	err := eim.QDEIMModes(ctx, m.weight.SelectRows(indices(q)), rows, nil, out, threads)
	return out, err
}
