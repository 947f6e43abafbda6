package reduced

import (
	"context"

	"eimtool/internal/dense"
	"eimtool/internal/scalar"
	"eimtool/internal/solve/kernel"
)

// span is an orthonormal basis of long vectors that grows by one vector at a
// time, with the coordinates of every vector taken: all vectors lie within
// drop of the basis, relative to themselves.
type span[T scalar.Scalar] struct {
	ctx     context.Context
	threads int
	drop    float64
	n       int
	data    []T   // orthonormal columns, one after the other
	coord   [][]T // per vector taken: coordinates in the first len(coord) columns
}

// newSpan returns an empty basis of vectors of length n with room for capacity
// columns.
func newSpan[T scalar.Scalar](ctx context.Context, n, capacity, threads int, drop float64) *span[T] {
	return &span[T]{ctx: ctx, threads: threads, drop: drop, n: n, data: make([]T, 0, n*capacity)}
}

// size returns the number of columns.
func (s *span[T]) size() int { return len(s.data) / s.n }

// column returns column j.
func (s *span[T]) column(j int) []T { return s.data[j*s.n : (j+1)*s.n] }

// add takes the vector x, which it overwrites. It returns the part of x outside
// the basis so far, relative to |x|: classical Gram-Schmidt twice.
func (s *span[T]) add(x []T) (outside float64, err error) {
	return s.orthogonalise(x, dense.Norm(x), make([]T, s.size(), s.size()+1), 0)
}

// addBlock takes the columns of y, which it overwrites, in order. What is in the
// basis already is removed from all of them at once.
func (s *span[T]) addBlock(y *dense.Matrix[T]) error {
	sizes := make([]float64, y.Cols)
	for j := range sizes {
		sizes[j] = dense.Norm(columnOf(y, j))
	}
	before := s.size()
	c := dense.New[T](before, y.Cols)
	for range 2 {
		if before == 0 || s.ctx.Err() != nil {
			break
		}
		d := s.gram(y)
		dense.Axpy(1, d.Data, c.Data)
		dense.Scale(-1, d.Data)
		addTimesSmall(y, s.data, d, s.threads)
	}
	for j, size := range sizes {
		cj := append(columnOf(c, j), make([]T, s.size()-before, s.size()-before+1)...)
		if _, err := s.orthogonalise(columnOf(y, j), size, cj, before); err != nil {
			return err
		}
	}
	return nil
}

// orthogonalise takes x, of norm size before its part in the first from columns
// was removed, which has the coordinates in c.
func (s *span[T]) orthogonalise(x []T, size float64, c []T, from int) (outside float64, err error) {
	if size == 0 {
		s.coord = append(s.coord, c)
		return 0, nil
	}
	for range 2 {
		if err := s.project(x, c, from); err != nil {
			return 0, err
		}
	}
	rest := dense.Norm(x)
	outside = rest / size
	if outside > s.drop {
		dense.Scale(scalar.Of[T](1/rest, 0), x)
		// What is left of a nearly dependent vector is not orthogonal to
		// rounding after two passes: a third one with the vector scaled.
		if outside < 1e-6 {
			d := make([]T, s.size())
			if err := s.project(x, d, 0); err != nil {
				return 0, err
			}
			dense.Axpy(scalar.Of[T](rest, 0), d, c)
			dense.Scale(scalar.Of[T](1/dense.Norm(x), 0), x)
		}
		s.data = append(s.data, x...)
		c = append(c, scalar.Of[T](rest, 0))
	}
	s.coord = append(s.coord, c)
	return outside, nil
}

// project removes from x its part in the columns from on and adds its
// coordinates to c.
func (s *span[T]) project(x, c []T, from int) error {
	d := make([]T, s.size()-from)
	if err := scalar.Each(s.ctx, len(d), s.threads, func(j int) { d[j] = dense.Dotc(s.column(from+j), x) }); err != nil {
		return err
	}
	for j, v := range d {
		c[from+j] += v
	}
	return scalar.Blocks(s.ctx, len(x), rowPiece, s.threads, func(_, lo, hi int) {
		for j, v := range d {
			dense.Axpy(-v, s.column(from + j)[lo:hi], x[lo:hi])
		}
	})
}

// coordinates returns the vectors taken as columns (len(cols) × vectors).
func (s *span[T]) coordinates() *dense.Matrix[T] {
	m := dense.New[T](s.size(), len(s.coord))
	for i, c := range s.coord {
		for j, v := range c {
			m.Set(j, i, v)
		}
	}
	return m
}

// pod returns the singular values of the vectors taken and the coordinates
// of their left singular vectors (len(cols) × len(sigma)).
func (s *span[T]) pod() (u *dense.Matrix[T], sigma []float64, err error) {
	u, sigma, _, err = dense.SVD(s.coordinates())
	return u, sigma, err
}

// combine returns the block of basis·u with the first k columns of u.
func (s *span[T]) combine(u *dense.Matrix[T], k int) *dense.Matrix[T] {
	return timesSmall(s.data, s.n, u, k, s.threads)
}

// gram returns basisᴴ·w (size × w.Cols).
func (s *span[T]) gram(w *dense.Matrix[T]) *dense.Matrix[T] {
	// By columns: conj(g) = basisᵀ·(wᵀ)ᴴ, which by rows is gᴴ.
	h := dense.New[T](w.Cols, s.size())
	multiply(kernel.Trans, kernel.ConjTrans, h.Cols, h.Rows, s.n, s.data, s.n, w.Data, w.Cols, h.Data, h.Cols, s.threads)
	return dense.ConjTranspose(h)
}

// compress replaces the vectors taken by the first keep singular vectors,
// scaled by their singular values (hierarchical POD: Himpe, Leibner, Rave,
// SIAM J. Sci. Comput. 40(5), 2018).
func (s *span[T]) compress(keep int) error {
	u, sigma, err := s.pod()
	if err != nil {
		return err
	}
	keep = min(keep, len(sigma))
	b := s.combine(u, keep)
	s.data, s.coord = s.data[:0], nil
	for j := range keep {
		s.data = append(s.data, columnOf(b, j)...)
		c := make([]T, j+1)
		c[j] = scalar.Of[T](sigma[j], 0)
		s.coord = append(s.coord, c)
	}
	return nil
}
