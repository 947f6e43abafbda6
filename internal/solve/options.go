package solve

// Options choose how a pattern is analysed and factorised. The zero value is
// right for almost every use.
type Options struct {
	// Method is "auto" (or ""), "cholesky", "ldl" or "lu". Methods that need a
	// symmetry apply where the matrix has it; "cholesky" of a matrix that is
	// not positive definite goes on with "ldl", and both go on with "lu" where
	// there is no symmetry.
	Method string
	// Ordering is "auto" (or ""), "amd", "nested-dissection" or "natural".
	Ordering string
	// Quick makes SolveRefined estimate the error of x from how fast the
	// refinement converges, for nothing (Demmel, Hida, Kahan, Li, Mukherjee,
	// Riedy, ACM TOMS 32(2), 2006), instead of bounding it by some five more
	// solutions. The estimate is much closer but no bound.
	Quick bool
	// Uses is the number of factorisations expected of one analysis: dear
	// orderings pay for many. 0 means some dozens.
	Uses int
	// Threads is the number of goroutines, all processors when ≤ 0. It does
	// not change any result.
	Threads int
}

// Analysis describes the analysis of a pattern: predictions without pivoting. A
// general pattern of symmetric structure is taken to hold a symmetric matrix; LU
// needs about twice as much.
type Analysis struct {
	Ordering   string  // the ordering used
	NNZ        int     // entries of the factor: L alone for symmetric kinds, L and U for LU
	Flops      float64 // real or complex multiplications and additions
	Bytes      int     // of the factor
	Supernodes int
}

// Info describes a factorisation.
type Info struct {
	Method     string // "cholesky", "ldl" or "lu"
	Ordering   string
	NNZ        int     // entries of the factor
	Flops      float64 // multiplications and additions of the scalar type
	Delayed    int     // eliminations postponed to a parent front for want of a pivot
	Relaxed    int     // pivots below the threshold, for want of better ones
	Perturbed  int     // pivots changed: always 0
	Bytes      int     // of the factor
	FrontBytes int     // largest workspace: fronts and contribution blocks
	// SmallestPivot is the smallest modulus of a pivot of the equilibrated
	// matrix, whose largest element is about 1.
	SmallestPivot float64
}

// Report tells how good a solution is.
type Report struct {
	// BackwardError is the componentwise relative backward error
	// max_i |b-A·x|_i / (|A|·|x|+|b|)_i, the largest over the columns. In
	// equations where the denominator is at rounding level beside the largest
	// element of x, both scaled, that element is added to it.
	BackwardError float64
	// Residual is max over the columns of ‖b-A·x‖₂/‖b‖₂, 0 for b = 0.
	Residual float64
	// ForwardBound bounds, or with Options.Quick estimates, ‖x-x̂‖∞/‖x̂‖∞, the
	// largest over the columns, for the matrix and right-hand side as they are
	// stored.
	ForwardBound float64
	// Iterations is the number of refinement steps.
	Iterations int
}

func (o Options) check() error {
	switch o.Method {
	case "", "auto", "cholesky", "ldl", "lu":
	default:
		return &OptionError{Name: "method", Value: o.Method, Known: "auto, cholesky, ldl, lu"}
	}
	switch o.Ordering {
	case "", "auto", "amd", "nested-dissection", "natural":
	default:
		return &OptionError{Name: "ordering", Value: o.Ordering, Known: "auto, amd, nested-dissection, natural"}
	}
	return nil
}
