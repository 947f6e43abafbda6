package gallery

import (
	"math"
	"math/cmplx"
	"math/rand/v2"

	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
)

// RandomOptions describes a random sparse matrix. The zero value of every field
// but Rows and Cols is a sensible default.
type RandomOptions struct {
	Rows, Cols int
	Symmetry   matrix.Symmetry // other than General needs Rows = Cols
	PerColumn  int             // stored entries per column besides the diagonal, about; 0 = 3
	NoDiagonal bool            // do not store the diagonal systematically
	EmptyRows  int             // so many random rows have no entry (with a symmetry: and the columns)
	DenseRows  int             // so many random rows are full (with a symmetry: and the columns)
	Decades    float64         // moduli are 10^u, u uniform in ±Decades/2; 0 = normally distributed entries
	Integers   bool            // small integers instead; with complex scalars Gaussian ones
	Dominant   bool            // diagonals exceed the sum of moduli of row and column: nonsingular
	Seed       uint64
}

// Random returns a random sparse matrix. Entries of a Hermitian one are real on
// the diagonal; a skew-symmetric one has no diagonal. A row both empty and dense
// is empty.
func Random[T scalar.Scalar](o RandomOptions) *Matrix[T] {
	if o.Symmetry != matrix.General && o.Rows != o.Cols {
		panic("gallery: a symmetric matrix is square")
	}
	if o.PerColumn == 0 {
		o.PerColumn = 3
	}
	rng := rand.New(rand.NewPCG(o.Seed, 4))
	r := &drawing[T]{RandomOptions: o, rng: rng, b: newBuilder[T](o.Rows, o.Cols, o.Symmetry), taken: map[[2]int]bool{}}
	r.empty = chosen(rng, o.Rows, o.EmptyRows)
	for j := range o.Cols {
		if !o.NoDiagonal && j < o.Rows {
			r.put(j, j)
		}
		for range o.PerColumn {
			if o.Rows > 0 {
				r.put(rng.IntN(o.Rows), j)
			}
		}
	}
	for i, full := range chosen(rng, o.Rows, o.DenseRows) {
		for j := 0; full && j < o.Cols; j++ {
			r.put(i, j)
		}
	}
	if o.Dominant {
		r.dominate()
	}
	return r.b.finish()
}

// drawing is a random matrix in the making.
type drawing[T scalar.Scalar] struct {
	RandomOptions
	rng   *rand.Rand
	b     *builder[T]
	empty []bool
	taken map[[2]int]bool
}

// put draws entry (i, j) unless it exists or may not.
func (r *drawing[T]) put(i, j int) {
	symmetric := r.Symmetry != matrix.General
	if symmetric && i < j {
		i, j = j, i
	}
	if r.empty[i] || symmetric && r.empty[j] || r.taken[[2]int{i, j}] || i == j && r.Symmetry == matrix.SkewSymmetric {
		return
	}
	r.taken[[2]int{i, j}] = true
	v := r.value()
	if i == j && r.Symmetry == matrix.Hermitian {
		v = scalar.Of[T](scalar.Real(v), 0)
	}
	r.b.add(i, j, v)
}

func (r *drawing[T]) value() T {
	switch {
	case r.Integers:
		return scalar.Of[T](float64(r.rng.IntN(9)-4), float64(r.rng.IntN(9)-4))
	case r.Decades > 0:
		modulus := math.Pow(10, r.Decades*(r.rng.Float64()-0.5))
		if !scalar.IsComplex[T]() {
			return scalar.Of[T](math.Copysign(modulus, r.rng.Float64()-0.5), 0)
		}
		z := cmplx.Rect(modulus, 2*math.Pi*r.rng.Float64())
		return scalar.Of[T](real(z), imag(z))
	}
	return scalar.Of[T](r.rng.NormFloat64(), r.rng.NormFloat64())
}

// dominate adds to every stored diagonal entry more than the moduli of its row
// and column sum to.
func (r *drawing[T]) dominate() {
	sum := make([]float64, max(r.Rows, r.Cols))
	for _, e := range r.b.entries {
		a := scalar.Abs(e.value)
		sum[e.row] += a
		sum[e.col] += a
	}
	for k, e := range r.b.entries {
		if e.row == e.col {
			r.b.entries[k].value += scalar.Of[T](1+2*sum[e.row], 0)
		}
	}
}

// chosen marks k of n indices at random.
func chosen(rng *rand.Rand, n, k int) []bool {
	mark := make([]bool, n)
	for _, i := range rng.Perm(n)[:min(k, n)] {
		mark[i] = true
	}
	return mark
}

// Deficient returns a random square matrix of order n whose structural rank is
// exactly n - d, d < n: no choice of values makes it nonsingular for d > 0,
// though no row and no column need be empty. Before a random permutation
// columns 0..d hold one entry each, all in row 0, and every other column a
// diagonal entry, which a maximum matching can take. General storage.
func Deficient[T scalar.Scalar](n, d int, seed uint64) *Matrix[T] {
	if d >= n {
		panic("gallery: deficiency too large for the order")
	}
	rng := rand.New(rand.NewPCG(seed, 5))
	b := newBuilder[T](n, n, matrix.General)
	put := func(i, j int) { b.add(i, j, scalar.Of[T](float64(1+rng.IntN(8)), float64(rng.IntN(3)))) }
	for j := range n {
		if j <= d {
			put(0, j)
			continue
		}
		put(j, j)
		put(rng.IntN(n), j)
	}
	for i := 1; i <= d && d+1 < n; i++ {
		put(i, d+1+rng.IntN(n-d-1))
	}
	return b.finish().Permute(rng.Perm(n), rng.Perm(n))
}
