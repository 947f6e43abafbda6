package krylov

import (
	"context"
	"math"

	"eimtool/internal/dense"
	"eimtool/internal/scalar"
)

// gmres runs one cycle of GMRES (Saad and Schultz, SIAM J. Sci. Stat. Comput.
// 7(3), 1986), preconditioned from the right, so that the residual it
// minimises is that of the system itself. Memory: Restart + 3 vectors
// beyond those of every method, twice as many when flexible.
func (it *iteration[T]) gmres(ctx context.Context) (string, error) {
	g := &arnoldi[T]{size: min(it.opt.Restart, it.N)}
	first := append([]T(nil), it.r...)
	dense.Scale(realOf[T](1/it.norm), first)
	g.v, g.g = [][]T{first}, []T{realOf[T](it.norm)}
	z := make([]T, it.N)
	ended := ""
	for len(g.h) < g.size && ended == "" {
		if it.report.Iterations >= it.opt.MaxIterations {
			ended = ReasonIterations
			break
		}
		if it.opt.Flexible {
			z = make([]T, it.N)
		}
		if err := it.precondition(ctx, g.v[len(g.h)], z); err != nil {
			return "", err
		}
		w := make([]T, it.N)
		if err := it.apply(ctx, z, w); err != nil {
			return "", err
		}
		it.report.Iterations++
		if it.opt.Flexible {
			g.z = append(g.z, z)
		}
		switch closed := g.extend(w); {
		case closed:
			ended = ReasonBreakdown
		case g.residual() <= innerShare*it.target:
			ended = ReasonTolerance
		}
	}
	return ended, it.correct(ctx, g)
}

// correct adds the minimising combination of the basis to x.
func (it *iteration[T]) correct(ctx context.Context, g *arnoldi[T]) error {
	y := g.solve()
	if it.opt.Flexible {
		for j, c := range y {
			dense.Axpy(c, g.z[j], it.x)
		}
		return nil
	}
	sum, z := make([]T, it.N), make([]T, it.N)
	for j, c := range y {
		dense.Axpy(c, g.v[j], sum)
	}
	if err := it.precondition(ctx, sum, z); err != nil {
		return err
	}
	dense.Axpy(realOf[T](1), z, it.x)
	return nil
}

// arnoldi is an orthonormal basis v of a Krylov space with the QR
// factorisation, by plane rotations, of its Hessenberg matrix.
type arnoldi[T scalar.Scalar] struct {
	size int
	v, z [][]T
	h    [][]T // columns of R
	c    []float64
	s    []T
	g    []T // rotated right-hand side; the last element is the residual
}

// extend orthogonalises w, which it keeps, and updates the factorisation. It
// reports whether the space is closed: A maps it to itself.
func (g *arnoldi[T]) extend(w []T) (closed bool) {
	k := len(g.h)
	h := make([]T, k+2)
	size := dense.Norm(w)
	// Orthogonal to working precision after a second pass wherever the first
	// left less than 1/√2 (Daniel, Gragg, Kaufman, Stewart, Math. Comp. 30, 1976).
	norm := size
	for range 3 {
		was := norm
		for j, v := range g.v {
			c := dense.Dotc(v, w)
			h[j] += c
			dense.Axpy(-c, v, w)
		}
		if norm = dense.Norm(w); norm > was*math.Sqrt2/2 {
			break
		}
	}
	closed = norm <= 16*scalar.Eps*size
	if closed {
		norm = 0
	} else {
		dense.Scale(realOf[T](1/norm), w)
	}
	h[k+1] = realOf[T](norm)
	g.v = append(g.v, w)
	for j := range k {
		h[j], h[j+1] = rotate(g.c[j], g.s[j], h[j], h[j+1])
	}
	c, s := rotation(h[k], norm)
	h[k], h[k+1] = rotate(c, s, h[k], h[k+1])
	a, b := rotate(c, s, g.g[k], realOf[T](0))
	g.g[k] = a
	g.g = append(g.g, b)
	g.c, g.s, g.h = append(g.c, c), append(g.s, s), append(g.h, h[:k+1])
	return closed
}

// residual returns the norm of the residual of the minimising combination.
func (g *arnoldi[T]) residual() float64 { return scalar.Abs(g.g[len(g.h)]) }

// solve returns the coefficients of the minimising combination. Of a closed
// space of a singular matrix, the last direction is left out.
func (g *arnoldi[T]) solve() []T {
	k := len(g.h)
	for k > 0 && scalar.Abs(g.h[k-1][k-1]) <= 16*scalar.Eps*scalar.MaxAbs(g.h[k-1]) {
		k--
	}
	y := append([]T(nil), g.g[:k]...)
	for i := k - 1; i >= 0; i-- {
		y[i] /= g.h[i][i]
		for j := range i {
			y[j] -= g.h[i][j] * y[i]
		}
	}
	return y
}

// rotation returns the plane rotation that maps (a, b), b ≥ 0, to (r, 0).
func rotation[T scalar.Scalar](a T, b float64) (c float64, s T) {
	size := scalar.Abs(a)
	if size == 0 {
		if b == 0 {
			return 1, 0
		}
		return 0, realOf[T](1)
	}
	r := math.Hypot(size, b)
	return size / r, a / realOf[T](size) * realOf[T](b/r)
}

// rotate returns (c·x + s·y, -conj(s)·x + c·y).
func rotate[T scalar.Scalar](c float64, s, x, y T) (T, T) {
	cc := realOf[T](c)
	return cc*x + s*y, -scalar.Conj(s)*x + cc*y
}
