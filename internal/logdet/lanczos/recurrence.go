package lanczos

import (
	"context"
	"math"

	"eimtool/internal/dense"
	"eimtool/internal/scalar"
)

// operator is what the recurrences run on.
type operator[T scalar.Scalar] struct {
	n       int
	apply   func(ctx context.Context, x, y *dense.Matrix[T]) error
	pre     *Preconditioner[T] // nil: none
	threads int
}

// tridiagonal is the Lanczos matrix of one vector, of C divided by the block's
// scale, as far as it has come.
type tridiagonal struct {
	alpha, beta []float64 // diagonal; norms of the next vectors, as many
	closed      bool      // the last beta is zero to working precision
}

// recurrence advances a block of independent Lanczos recurrences, one per
// column. The vectors are kept unnormalised: with v_j the Lanczos vectors,
// y = norm·v_j, and previous = before·v_{j-1}, so that a step is
//
//	x = (C·y - α_j·y)/norm - (β_j/before)·previous
//
// with β_{j+1} the norm of x. Nothing is reorthogonalised: Ritz values that have
// converged come again, as in every Lanczos recurrence in floating point, with
// weights that add up to the right ones (Greenbaum, Linear Algebra Appl. 113,
// 1989), and the Gauss rule converges as it would for slightly blurred
// eigenvalues.
//
// Without a preconditioner C = A and the inner product is the Euclidean one.
// With M = G·Gᴴ, C = M⁻¹·A, which is selfadjoint in the inner products of M and
// of A. That of A is taken, because norms in it come from the products that are
// made anyway; the start G⁻ᴴ·z turns the measure dμ of (G⁻¹·A·G⁻ᴴ, z) into
// x·dμ, so that the rule is applied to log(x)/x. (Norms in the inner product of
// M would come, without products with M, by differences in which all digits are
// lost as M gets near A.) A norm is known one product later then.
type recurrence[T scalar.Scalar] struct {
	*operator[T]
	first        int              // index of the block's first vector
	columns      []int            // the vectors of the block that are still active, by column
	y, previous  *dense.Matrix[T] // n×len(columns)
	product      *dense.Matrix[T] // A·y
	solved       *dense.Matrix[T] // M⁻¹·A·y/scale; product itself without preconditioner
	norm, before []float64        // of y and previous, by vector of the block
	mass         []float64        // squared norm of the start, by vector of the block
	noise        []float64        // rounding error that the solves make of the estimate, by vector of the block
	scale        float64          // power of two that C is divided by; 0 before the first step
	t            []tridiagonal    // by vector of the block
	step         int
}

// newRecurrence starts with the random vectors first to first+count-1.
func newRecurrence[T scalar.Scalar](ctx context.Context, op *operator[T], seed uint64, first, count int) (*recurrence[T], error) {
	r := &recurrence[T]{
		operator: op, first: first,
		y: dense.New[T](op.n, count), previous: dense.New[T](op.n, count), product: dense.New[T](op.n, count),
		norm: make([]float64, count), before: make([]float64, count), mass: make([]float64, count), noise: make([]float64, count),
		t: make([]tridiagonal, count),
	}
	r.solved = r.product
	for c := range count {
		r.columns = append(r.columns, c)
		r.mass[c] = float64(op.n)
		r.norm[c], r.before[c] = math.Sqrt(r.mass[c]), 1
	}
	fillProbes(r.y, seed, first)
	if op.pre == nil {
		return r, nil
	}
	r.solved = dense.New[T](op.n, count)
	return r, op.pre.HalfSolve(ctx, r.y)
}

// advance does one step of all active recurrences.
func (r *recurrence[T]) advance(ctx context.Context) error {
	r.step++
	if err := r.apply(ctx, r.y, r.product); err != nil {
		return err
	}
	energies, err := r.energies(ctx)
	if err != nil {
		return err
	}
	alpha := energies
	if r.pre != nil {
		if alpha, err = r.solve(ctx, energies); err != nil {
			return err
		}
	}
	c := r.coefficients(alpha)
	squares, err := r.update(ctx, c)
	if err != nil {
		return err
	}
	if r.pre == nil {
		for at, p := range r.columns {
			if err := r.extend(p, squares[at]); err != nil {
				return err
			}
		}
	}
	r.y, r.previous = r.previous, r.y
	return nil
}

// energies returns yᴴ·A·y/scale of the active columns, after it has set the
// scale in the first step.
func (r *recurrence[T]) energies(ctx context.Context) ([]float64, error) {
	e, err := r.sums(ctx, func(lo, hi int, sum []float64) { addDots(sum, r.y, r.product, lo, hi) })
	if err != nil {
		return nil, err
	}
	var most float64
	for at, p := range r.columns {
		switch {
		case e[at]-e[at] != 0:
			return nil, &NumberError{r.first + p + 1, r.step}
		case e[at] <= 0 && !r.vanished(p, e[at]):
			return nil, &NotDefiniteError{r.first + p + 1, r.step, e[at] / r.norm[p] / r.norm[p]}
		}
		most = math.Max(most, e[at])
	}
	if r.scale == 0 {
		_, exponent := math.Frexp(most / float64(r.n))
		r.scale = math.Ldexp(1, max(exponent, -1000))
	}
	for at := range e {
		e[at] /= r.scale
	}
	return e, nil
}

// vanishedShare is the squared norm of a new vector, relative to that of the
// last row of the tridiagonal matrix, that may be negative by rounding errors.
const vanishedShare = 1e-12

// vanished reports whether an energy that is not positive is the squared norm
// of a vector that is zero but for rounding errors, as when M is A.
func (r *recurrence[T]) vanished(p int, energy float64) bool {
	size := r.t[p].size()
	return r.pre != nil && r.step > 1 && -energy/r.scale <= vanishedShare*size*size
}

// solve takes the energies as squared norms of the columns, solves with M and
// returns (A·y)ᴴ·M⁻¹·A·y/scale².
func (r *recurrence[T]) solve(ctx context.Context, energies []float64) ([]float64, error) {
	if r.step == 1 {
		if err := r.start(ctx, energies); err != nil {
			return nil, err
		}
	} else {
		for at, p := range r.columns {
			if err := r.extend(p, energies[at]); err != nil {
				return nil, err
			}
		}
	}
	factor := scalar.Of[T](1/r.scale, 0)
	for i, v := range r.product.Data {
		r.solved.Data[i] = factor * v
	}
	if err := r.pre.Solve(ctx, r.solved); err != nil {
		return nil, err
	}
	alpha, err := r.sums(ctx, func(lo, hi int, sum []float64) { addDots(sum, r.product, r.solved, lo, hi) })
	if err != nil {
		return nil, err
	}
	for at, p := range r.columns {
		switch {
		case alpha[at]-alpha[at] != 0:
			return nil, &NumberError{r.first + p + 1, r.step}
		case alpha[at] <= 0 && !r.t[p].closed:
			return nil, &PreconditionerError{r.first + p + 1, r.step}
		}
		alpha[at] /= r.scale
	}
	return alpha, nil
}

// noiseShare is the rounding error of a product and a solve that cancel nothing.
const noiseShare = 32 * scalar.Eps

// start sets what depends on the first vectors y = G⁻ᴴ·z alone. The moduli
// Σ|y_i·(A·y)_i| relative to |z|² tell how much cancels in yᴴ·A·y, about the
// square root of the condition number of M that no scaling of the unknowns
// removes; a solve loses its square.
func (r *recurrence[T]) start(ctx context.Context, energies []float64) error {
	moduli, err := r.sums(ctx, func(lo, hi int, sum []float64) { addModuli(sum, r.y, r.product, lo, hi) })
	if err != nil {
		return err
	}
	n := float64(r.n)
	for at, p := range r.columns {
		r.mass[p], r.norm[p] = energies[at], math.Sqrt(energies[at])
		growth := moduli[at] / r.scale / n
		r.noise[p] = noiseShare * n * growth * growth
	}
	return nil
}

// coefficients appends α = quotient/norm² of the active columns to the
// tridiagonal matrices and returns the coefficients of the step.
func (r *recurrence[T]) coefficients(quotients []float64) *coefficients {
	k := len(r.columns)
	c := &coefficients{make([]float64, k), make([]float64, k), make([]float64, k)}
	for at, p := range r.columns {
		t := &r.t[p]
		if t.closed {
			continue // the column is left to be zero
		}
		alpha := quotients[at] / r.norm[p] / r.norm[p]
		t.alpha = append(t.alpha, alpha)
		c.product[at] = 1 / r.norm[p]
		if r.pre == nil {
			c.product[at] /= r.scale
		}
		c.y[at] = alpha / r.norm[p]
		if r.step > 1 {
			c.previous[at] = r.norm[p] / r.before[p] // norm = β_j
		}
	}
	return c
}

// closedShare is the norm of a new vector, relative to the last row of the
// tridiagonal matrix, that is but the rounding error of the subtraction.
const closedShare = 8 * scalar.Eps

// extend appends β = √square, the norm of the new vector, to the tridiagonal
// matrix of vector p.
func (r *recurrence[T]) extend(p int, square float64) error {
	if square-square != 0 {
		return &NumberError{r.first + p + 1, r.step}
	}
	t := &r.t[p]
	if t.closed {
		return nil
	}
	beta := math.Sqrt(math.Max(square, 0))
	if beta <= closedShare*t.size() {
		beta, t.closed = 0, true
	}
	t.beta = append(t.beta, beta)
	r.before[p], r.norm[p] = r.norm[p], beta
	return nil
}

// size returns the norm of the last row of the matrix as far as it is known.
func (t *tridiagonal) size() float64 {
	k := len(t.alpha)
	if k == 0 {
		return 0
	}
	if k == 1 {
		return t.alpha[0]
	}
	return math.Hypot(t.alpha[k-1], t.beta[k-2])
}

// keep drops all columns but those listed, increasing, of the active ones.
func (r *recurrence[T]) keep(columns []int) {
	if len(columns) == len(r.columns) {
		return
	}
	pack(r.y, columns)
	pack(r.previous, columns)
	shrink(r.product, len(columns))
	if r.pre != nil {
		shrink(r.solved, len(columns))
	}
	for at, c := range columns {
		r.columns[at] = r.columns[c]
	}
	r.columns = r.columns[:len(columns)]
}
