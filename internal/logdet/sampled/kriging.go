package sampled

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/lapack/lapack64"

	"eimtool/internal/coefficients"
	"eimtool/internal/dense"
)

// krigingNuggets are the diagonal terms that are tried, relative to the
// variance of every row.
var krigingNuggets = []float64{1e-13, 1e-11, 1e-8}

// kriging is interpolation of values and slopes by a radial kernel with a
// linear trend: Morris, Mitchell and Ylvisaker, section 3.
type kriging struct {
	*design
	matern  bool
	lengths []float64
	kernel  *dense.Matrix[float64] // gradient rows times the lengths: unit diagonal
	trend   *dense.Matrix[float64]
}

// newKriging forms the kernel matrix and the trend.
func newKriging(d *design, matern bool, logL []float64) *kriging {
	k := &kriging{design: d, matern: matern}
	for _, l := range logL {
		k.lengths = append(k.lengths, math.Exp(l))
	}
	n, dim, s := d.x.Rows, len(d.axes), d.stride
	k.kernel, k.trend = dense.New[float64](n*s, n*s), dense.New[float64](n*s, dim+1)
	unit := make([]float64, s) // sets the variance of slopes to 1
	u := make([]float64, dim)
	_, f1, _ := radial(matern, 0)
	for r := range unit {
		unit[r] = 1
		if r > 0 {
			unit[r] = 1 / math.Sqrt(-2*f1)
		}
	}
	for i := range n {
		k.trend.Set(i*s, 0, 1)
		for a := range dim {
			k.trend.Set(i*s, a+1, d.x.At(i, a))
			if s > 1 {
				k.trend.Set(i*s+a+1, a+1, k.lengths[a]*unit[1])
			}
		}
		for j := range i + 1 {
			var q float64
			for a := range dim {
				u[a] = (d.x.At(i, a) - d.x.At(j, a)) / k.lengths[a]
				q += u[a] * u[a]
			}
			f, f1, f2 := radial(matern, q)
			for r := range s {
				for c := range s {
					v := unit[r] * unit[c]
					switch {
					case r == 0 && c == 0:
						v *= f
					case c == 0:
						v *= 2 * f1 * u[r-1]
					case r == 0:
						v *= -2 * f1 * u[c-1]
					default:
						w := -4 * f2 * u[r-1] * u[c-1]
						if r == c {
							w -= 2 * f1
						}
						v *= w
					}
					k.kernel.Set(i*s+r, j*s+c, v)
					k.kernel.Set(j*s+c, i*s+r, v)
				}
			}
		}
	}
	return k
}

// rows returns the data in the units of the kernel matrix, and those units.
func (k *kriging) rows() (y, unit []float64) {
	_, f1, _ := radial(k.matern, 0)
	for r, v := range k.y {
		u := 1.0
		if a := r % k.stride; a > 0 {
			u = k.lengths[a-1] / math.Sqrt(-2*f1)
		}
		y, unit = append(y, v*u), append(unit, u)
	}
	return y, unit
}

// krigingFactor is B = L⁻ᵀ(I − QQᵀ)L⁻¹ with K + nugget·I = LLᵀ and L⁻¹ times
// the trend = QR.
type krigingFactor struct {
	k     *kriging
	lower blas64.Triangular
	q, w  *dense.Matrix[float64] // Q, and L⁻¹ times the trend
	z     []float64              // (I − QQᵀ)L⁻¹y
	y     []float64              // L⁻¹y
}

// factor returns nil when the matrix is not positive definite.
func (k *kriging) factor(nugget float64) *krigingFactor {
	n := k.kernel.Rows
	a := k.kernel.Clone()
	for i := range n {
		a.Data[i*n+i] += nugget
	}
	t, ok := lapack64.Potrf(blas64.Symmetric{N: n, Stride: n, Data: a.Data, Uplo: blas.Lower})
	if !ok {
		return nil
	}
	f := &krigingFactor{k: k, lower: t, w: k.trend.Clone()}
	f.y, _ = k.rows()
	m := f.w.Cols
	blas64.Trsm(blas.Left, blas.NoTrans, 1, t, blas64.General{Rows: n, Cols: m, Stride: m, Data: f.w.Data})
	blas64.Trsv(blas.NoTrans, t, blas64.Vector{N: n, Inc: 1, Data: f.y})
	f.q = f.w.Clone()
	if orthonormal(f.q) < m {
		return nil
	}
	f.z = append([]float64(nil), f.y...)
	for c := range m {
		projectOut(f.q, c, f.z)
	}
	return f
}

// score returns the left-out errors.
func (f *krigingFactor) score() []float64 {
	n := f.k.kernel.Rows
	if !lapack64.Trtri(f.lower) {
		return nil
	}
	// Rows of inverse: columns of L⁻¹, so that blocks of B are inner products.
	inverse := dense.New[float64](n, n)
	for i := range n {
		for j := range i + 1 {
			inverse.Set(j, i, f.lower.Data[i*n+j])
		}
	}
	z := make([]float64, n)
	for i := range n {
		z[i] = dense.Dotc(inverse.Row(i)[i:], f.z[i:])
	}
	m := f.q.Cols
	p := dense.Mul(inverse, f.q) // L⁻ᵀ Q
	out := f.k.leftOut(z, func(rows []int) *dense.Matrix[float64] {
		b := dense.New[float64](len(rows), len(rows))
		for i, r := range rows {
			for j, s := range rows[:i+1] {
				from := max(r, s)
				v := dense.Dotc(inverse.Row(r)[from:], inverse.Row(s)[from:])
				for c := range m {
					v -= p.At(r, c) * p.At(s, c)
				}
				b.Set(i, j, v)
				b.Set(j, i, v)
			}
		}
		return b
	})
	return out
}

// part returns the interpolant.
func (f *krigingFactor) part() (Part, error) {
	k := f.k
	n, dim := k.kernel.Rows, len(k.axes)
	y := dense.New[float64](n, 1)
	copy(y.Data, f.y)
	beta, _, err := dense.LeastSquares(f.w, y, 1e-14)
	if err != nil {
		return Part{}, err
	}
	alpha := append([]float64(nil), f.z...)
	blas64.Trsv(blas.Trans, f.lower, blas64.Vector{N: n, Inc: 1, Data: alpha})
	p := Part{Kind: KindKriging, Axes: k.axes, Nodes: k.x, Lengths: k.lengths, Trend: beta.Data}
	if k.matern {
		p.Kind = KindMatern
	}
	p.Trend[0] += k.shift
	if k.stride > 1 {
		p.Pull = dense.New[float64](k.x.Rows, dim)
	}
	_, unit := k.rows()
	for i := range k.x.Rows {
		p.Coef = append(p.Coef, alpha[i*k.stride])
		for a := 1; a < k.stride; a++ {
			p.Pull.Set(i, a-1, alpha[i*k.stride+a]*unit[i*k.stride+a])
		}
	}
	return p, nil
}

// fitKriging searches the lengths and the nugget.
func fitKriging(t *target, axes []coefficients.Axis, matern bool, start [][]float64, steps []float64) (*candidate, []float64) {
	kind := KindKriging
	if matern {
		kind = KindMatern
	}
	c := newCandidate(t, kind)
	d := newDesign(t, axes)
	if d.x.Rows <= len(axes)+1 {
		return c.refuse("too few nodes"), nil
	}
	var best []float64
	var nugget float64
	search(start, steps, func(logL []float64) float64 {
		value := math.Inf(1)
		k := newKriging(d, matern, logL)
		for _, l := range krigingNuggets {
			f := k.factor(l)
			if f == nil {
				continue
			}
			value = min(value, c.offer(f.score()))
			if c.improved {
				best, nugget = logL, l
			}
		}
		return value
	})
	if best == nil {
		return c.refuse("left-out nodes are not predictable"), nil
	}
	c.note = fmt.Sprintf("%s, log length %.2f, nugget %.0e", warpNote(axes), best, nugget)
	c.build = func() error {
		p, err := newKriging(d, matern, best).factor(nugget).part()
		c.parts = []Part{p}
		return err
	}
	return c, best
}
