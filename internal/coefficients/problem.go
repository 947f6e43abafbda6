package coefficients

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"

	"gonum.org/v1/gonum/mat"

	"eimtool/internal/dense"
)

// dropTolerance is the singular value, relative to the largest |A_i|, below
// which a principal direction of the samples is round-off.
const dropTolerance = 1e-14

const (
	roundOff = 4e-16   // relative error of storing a matrix
	exact    = 1.5e-15 // left-out score that counts as exact: rounding does not decide between models
)

// problem is a family prepared for fitting: parameters that vary, centred and
// compressed coordinates, weights and left-out events.
type problem struct {
	names  []string
	params []int       // effective parameter → column of Samples.Mu
	mu     [][]float64 // effective parameter → its N values
	lower  []float64   // box, all parameters
	upper  []float64
	n, r   int
	mean   []float64
	basis  *dense.Matrix[float64] // r × coordinates
	y      *dense.Matrix[float64] // N × r, row i is centred A_i
	weight []float64              // 1/|A_i|
	wy     *dense.Matrix[float64] // weight_i y_i
	cplx   bool
	k      *dense.Matrix[float64]    // N × coordinates, centred
	magic  *dense.Matrix[complex128] // N × m, columns scaled to maximum 1; may be nil
	events [][]int                   // sets of samples left out together
	inner  int                       // left-out samples that count, the first ones of the events
	grid   []bool                    // effective parameters whose values are grid lines
	lines  []int                     // per event, the parameter of its grid line, -1 for single samples

	effort effort

	lock   sync.Mutex // guards spaces
	spaces map[string]*space
}

// check refuses samples that no model can be fitted to.
func (s *Samples) check() error {
	switch {
	case s.Mu == nil || s.K == nil || s.K.Rows == 0:
		return errors.New("no samples to model")
	case s.Mu.Rows != s.K.Rows:
		return fmt.Errorf("%d parameter rows but %d samples", s.Mu.Rows, s.K.Rows)
	case len(s.Names) != s.Mu.Cols:
		return fmt.Errorf("%d parameter names but %d parameter columns", len(s.Names), s.Mu.Cols)
	case s.Complex && s.K.Cols%2 != 0:
		return errors.New("complex coordinates need real and imaginary columns")
	case s.Magic != nil && s.Magic.Rows != s.K.Rows:
		return fmt.Errorf("%d rows of magic values but %d samples", s.Magic.Rows, s.K.Rows)
	}
	for i := range s.Mu.Rows {
		for j, v := range s.Mu.Row(i) {
			if v-v != 0 {
				return fmt.Errorf("parameter %s of sample %d is %v: parameters must be finite", s.Names[j], i+1, v)
			}
		}
		for _, v := range s.K.Row(i) {
			if v-v != 0 {
				return fmt.Errorf("sample %d has a coordinate that is %v", i+1, v)
			}
		}
	}
	return nil
}

// prepare centres and compresses the samples, drops parameters that do not
// vary and chooses the left-out events.
func prepare(s *Samples) (*problem, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	p := &problem{
		names: s.Names, n: s.K.Rows, cplx: s.Complex,
		lower: make([]float64, s.Mu.Cols), upper: make([]float64, s.Mu.Cols),
		spaces: map[string]*space{}, effort: effortFor(s.K.Rows),
	}
	for j := range s.Mu.Cols {
		col := make([]float64, p.n)
		for i := range col {
			col[i] = s.Mu.At(i, j)
		}
		p.lower[j], p.upper[j] = slices.Min(col), slices.Max(col)
		if p.upper[j] > p.lower[j] {
			p.params = append(p.params, j)
			p.mu = append(p.mu, col)
		}
	}
	p.centre(s.K)
	if err := p.compress(); err != nil {
		return nil, err
	}
	p.wy = p.y.Clone()
	for i := range p.n {
		for j := range p.wy.Row(i) {
			p.wy.Data[i*p.r+j] *= p.weight[i]
		}
	}
	p.magic = scaledColumns(s.Magic)
	p.events, p.inner, p.grid, p.lines = chooseEvents(p.mu, p.n)
	return p, nil
}

// centre sets the weights, the mean and the centred coordinates.
func (p *problem) centre(k *dense.Matrix[float64]) {
	norms := make([]float64, p.n)
	for i := range norms {
		norms[i] = dense.Norm(k.Row(i))
	}
	largest := slices.Max(norms)
	if largest == 0 {
		largest = 1
	}
	p.weight = make([]float64, p.n)
	for i, v := range norms {
		p.weight[i] = 1 / max(v, 1e-12*largest)
	}
	p.mean = make([]float64, k.Cols)
	for i := range p.n {
		for j, v := range k.Row(i) {
			p.mean[j] += v / float64(p.n)
		}
	}
	p.k = k.Clone()
	for i := range p.n {
		for j, v := range p.mean {
			p.k.Data[i*k.Cols+j] -= v
		}
	}
}

// compress factors the centred coordinates, k = y·basis, by an SVD and keeps
// what is above round-off.
func (p *problem) compress() error {
	c := p.k.Cols
	var svd mat.SVD
	largest := 1 / slices.Min(p.weight)
	if c == 0 || !svd.Factorize(mat.NewDense(p.n, c, p.k.Data), mat.SVDThin) {
		if c > 0 {
			return errors.New("singular value decomposition of the samples did not converge")
		}
		p.y, p.basis = dense.New[float64](p.n, 0), dense.New[float64](0, c)
		return nil
	}
	sigma := svd.Values(nil)
	for p.r < len(sigma) && sigma[p.r] > dropTolerance*largest {
		p.r++
	}
	var u, v mat.Dense
	svd.UTo(&u)
	svd.VTo(&v)
	p.y, p.basis = dense.New[float64](p.n, p.r), dense.New[float64](p.r, c)
	for j := range p.r {
		for i := range p.n {
			p.y.Set(i, j, u.At(i, j)*sigma[j])
		}
		for i := range c {
			p.basis.Set(j, i, v.At(i, j))
		}
	}
	return nil
}

// scaledColumns returns a copy with every column divided by its largest
// modulus; zero columns stay.
func scaledColumns(m *dense.Matrix[complex128]) *dense.Matrix[complex128] {
	if m == nil || m.Cols == 0 {
		return nil
	}
	s := m.Clone()
	for j := range s.Cols {
		var largest float64
		for i := range s.Rows {
			largest = max(largest, math.Hypot(real(s.At(i, j)), imag(s.At(i, j))))
		}
		for i := range s.Rows {
			if largest > 0 {
				s.Set(i, j, s.At(i, j)/complex(largest, 0))
			}
		}
	}
	return s
}
