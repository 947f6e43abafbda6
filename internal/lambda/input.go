package lambda

import (
	"fmt"
	"math"
	"slices"

	"eimtool/internal/dense"
	"eimtool/internal/scalar"
)

// Quantities for which weights can be made.
const (
	Inverse = "inverse" // solutions A_μ⁻¹·b
	LogDet  = "logdet"  // log det A_μ
	Joint   = "joint"   // both, with the same nodes and weights
)

// Dictionaries.
const (
	Powers     = "powers"      // monomials of α/max|α|, free choice
	Graded     = "graded"      // monomials of h, degree by degree
	Balanced   = "balanced"    // the same, of coordinates that vary alike
	Symbol     = "symbol"      // functions of h·x, x in the simplex
	SymbolData = "symbol-data" // functions of h·x, x from the caller's cloud

	// The same nodes, with weights that fit all functions by least squares
	// instead of reproducing as many as there are nodes.
	SymbolFit     = "symbol-fit"
	SymbolDataFit = "symbol-data-fit"
)

// Input is what weights are made from.
type Input[T scalar.Scalar] struct {
	// Alpha holds the coordinates of the N samples, N×K: coefficients of parts,
	// or 1 and principal coordinates of a sampled family.
	Alpha *dense.Matrix[T]
	// Weight holds K positive sizes of the parts: trace(A_k)/n for positive
	// semidefinite parts, |A_k|_F otherwise. Nil means ones.
	Weight []float64
	// Functional holds the K coefficients of the homogeneous scale
	// s(μ) = Σ Functional_k·α_k(μ), which must keep away from zero, such as
	// trace(A_k)/n when that is of either sign. Nil means Weight.
	Functional []T
	// Positive says that the parts are positive semidefinite and their
	// coefficients positive: directions may come from the whole simplex.
	Positive bool
	// Cloud holds directions x, X×K, with α·x in the range of A_μ, such as the
	// Rayleigh quotients vᴴ·A_k·v of vectors v. It may be nil.
	Cloud *dense.Matrix[T]
	// Quantity is Inverse, LogDet or Joint; "" means Inverse.
	Quantity string
	// Target holds what the weights are to combine, N×c, and decides among the
	// dictionaries: coordinates of the solutions, or for LogDet log det A_μ.
	// Nil takes the first of Symbol, SymbolData, Graded that exists.
	Target *dense.Matrix[T]
	// LogDets adds, for Joint, log det A_μ at the samples (N) to the choice.
	LogDets []T
	// Size is the order n of the matrices; needed for log determinants alone.
	Size int
	// MaxNodes bounds the number of nodes; 0 means 60.
	MaxNodes int
	// Seed starts the choice of held-out samples and of directions.
	Seed uint64
}

// InputError reports an input that does not fit together.
type InputError struct{ Field, Msg string }

func (e *InputError) Error() string { return fmt.Sprintf("weights: %s: %s", e.Field, e.Msg) }

// UnavailableError says why a dictionary does not exist for an input.
type UnavailableError struct{ Kind, Msg string }

func (e *UnavailableError) Error() string {
	return fmt.Sprintf("weights: no %s dictionary: %s", e.Kind, e.Msg)
}

// withDefaults returns a copy of in with the defaults filled in, or the first
// thing wrong with it.
func (in *Input[T]) withDefaults() (*Input[T], error) {
	c := *in
	if c.Alpha == nil || c.Alpha.Rows == 0 || c.Alpha.Cols == 0 {
		return nil, &InputError{"alpha", "no coordinates"}
	}
	n, k := c.Alpha.Rows, c.Alpha.Cols
	if c.Weight == nil {
		c.Weight = slices.Repeat([]float64{1}, k)
	}
	if c.Quantity == "" {
		c.Quantity = Inverse
	}
	if c.MaxNodes == 0 {
		c.MaxNodes = 60
	}
	switch {
	case !scalar.AllFinite(c.Alpha.Data):
		return nil, &InputError{"alpha", "holds a NaN or an infinite value"}
	case len(c.Weight) != k:
		return nil, &InputError{"weight", fmt.Sprintf("%d values for %d coordinates", len(c.Weight), k)}
	case c.Functional != nil && len(c.Functional) != k:
		return nil, &InputError{"functional", fmt.Sprintf("%d values for %d coordinates", len(c.Functional), k)}
	case c.Cloud != nil && c.Cloud.Cols != k:
		return nil, &InputError{"cloud", fmt.Sprintf("directions of %d values for %d coordinates", c.Cloud.Cols, k)}
	case c.Quantity != Inverse && c.Quantity != LogDet && c.Quantity != Joint:
		return nil, &InputError{"quantity", fmt.Sprintf("unknown %q, want %s, %s or %s", c.Quantity, Inverse, LogDet, Joint)}
	case c.Target != nil && c.Target.Rows != n:
		return nil, &InputError{"target", fmt.Sprintf("%d rows for %d samples", c.Target.Rows, n)}
	case c.LogDets != nil && len(c.LogDets) != n:
		return nil, &InputError{"log determinants", fmt.Sprintf("%d for %d samples", len(c.LogDets), n)}
	case c.Quantity == LogDet && c.Target != nil && c.Target.Cols != 1:
		return nil, &InputError{"target", fmt.Sprintf("%d columns, want the log determinant alone", c.Target.Cols)}
	case (c.Quantity == LogDet && c.Target != nil || c.LogDets != nil) && c.Size < 1:
		return nil, &InputError{"size", fmt.Sprintf("order %d of the matrices, want at least 1", c.Size)}
	case c.MaxNodes < 0:
		return nil, &InputError{"nodes", fmt.Sprintf("%d is negative", c.MaxNodes)}
	}
	for i, w := range c.Weight {
		if !(w > 0) || math.IsInf(w, 0) {
			return nil, &InputError{"weight", fmt.Sprintf("%g of coordinate %d is not positive", w, i+1)}
		}
	}
	if err := c.checkPositive(); err != nil {
		return nil, err
	}
	return &c, c.checkValues()
}

// checkPositive holds Positive against the coefficients.
func (in *Input[T]) checkPositive() error {
	if !in.Positive {
		return nil
	}
	for i, a := range in.Alpha.Data {
		if !(scalar.Real(a) > 0) || scalar.Imag(a) != 0 {
			return &InputError{"alpha", fmt.Sprintf("coefficient %v of part %d at sample %d is not positive", a, i%in.Alpha.Cols+1, i/in.Alpha.Cols+1)}
		}
	}
	return nil
}

// checkValues looks for numbers that are none in what is optional.
func (in *Input[T]) checkValues() error {
	for _, v := range []struct {
		name string
		x    []T
	}{{"functional", in.Functional}, {"cloud", data(in.Cloud)}, {"target", data(in.Target)}, {"log determinants", in.LogDets}} {
		if !scalar.AllFinite(v.x) {
			return &InputError{v.name, "holds a NaN or an infinite value"}
		}
	}
	return nil
}

// data returns the elements of m, none for nil.
func data[T scalar.Scalar](m *dense.Matrix[T]) []T {
	if m == nil {
		return nil
	}
	return m.Data
}
