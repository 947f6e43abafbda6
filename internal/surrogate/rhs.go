package surrogate

import (
	"fmt"

	"eimtool/internal/dense"
	"eimtool/internal/family"
	"eimtool/internal/scalar"
)

// RHS is the right-hand side b_μ that solutions are prepared for.
type RHS struct {
	// Values holds one n x Columns block for a fixed b, or one per sample.
	Values    []*dense.Matrix[complex128]
	Files     []string // one per block, as the user named them
	Checksums []string
}

// Fixed reports whether b is the same for all parameters.
func (r *RHS) Fixed(samples int) bool { return len(r.Values) == 1 && samples != 1 }

// Columns returns the number of columns of b.
func (r *RHS) Columns() int { return r.Values[0].Cols }

// complexValues reports whether any value has an imaginary part.
func (r *RHS) complexValues() bool {
	for _, v := range r.Values {
		if !scalar.AllReal(v.Data) {
			return true
		}
	}
	return false
}

// RHSError says why a right-hand side does not fit the family.
type RHSError struct {
	File string
	Msg  string
}

func (e *RHSError) Error() string { return e.File + ": " + e.Msg }

// check refuses right-hand sides whose shape does not fit n rows and the
// number of samples.
func (r *RHS) check(n, samples int) error {
	name := func(i int) string {
		if i < len(r.Files) {
			return r.Files[i]
		}
		return "right-hand side"
	}
	if len(r.Values) != 1 && len(r.Values) != samples {
		return &RHSError{name(0), fmt.Sprintf("%d right-hand sides for %d samples: give one for all or one each", len(r.Values), samples)}
	}
	for i, v := range r.Values {
		switch {
		case v.Rows != n:
			return &RHSError{name(i), fmt.Sprintf("has %d rows, the matrices have %d", v.Rows, n)}
		case v.Cols != r.Columns() || v.Cols == 0:
			return &RHSError{name(i), fmt.Sprintf("has %d columns, %s has %d", v.Cols, name(0), r.Columns())}
		case len(r.Values) == 1 && dense.Norm(v.Data) == 0:
			return &RHSError{name(i), "is zero: so is every solution"}
		case !scalar.AllFinite(v.Data):
			return &RHSError{name(i), "holds a value that is not finite"}
		}
	}
	return nil
}

// Split returns v in the scalars of the systems. A complex v of a real family
// becomes [real parts | imaginary parts]: twice the columns.
func Split[S scalar.Scalar](v *dense.Matrix[complex128], both bool) *dense.Matrix[S] {
	cols := v.Cols
	if both {
		cols *= 2
	}
	out := dense.New[S](v.Rows, cols)
	for i := range v.Rows {
		to := out.Row(i)
		for j, z := range v.Row(i) {
			to[j] = scalar.Of[S](real(z), imag(z))
			if both {
				to[v.Cols+j] = scalar.Of[S](imag(z), 0)
			}
		}
	}
	return out
}

// Rejoin is the inverse of Split.
func Rejoin[S scalar.Scalar](v *dense.Matrix[S], both bool) *dense.Matrix[complex128] {
	cols := v.Cols
	if both {
		cols /= 2
	}
	out := dense.New[complex128](v.Rows, cols)
	for i := range v.Rows {
		from, to := v.Row(i), out.Row(i)
		for j := range to {
			to[j] = complex(scalar.Real(from[j]), scalar.Imag(from[j]))
			if both {
				to[j] = complex(scalar.Real(from[j]), scalar.Real(from[cols+j]))
			}
		}
	}
	return out
}

// systemRows returns the samples' values in the scalars of the systems to be
// solved: complex ones for Hermitian families, whose rows are [Re; Im].
func systemRows[S scalar.Scalar](f *family.Family) [][]S {
	if !f.Hermitian {
		return family.Rows[S](f)
	}
	out := make([][]S, len(f.Real))
	for i, r := range f.Real {
		out[i] = fromPlanes[S](r)
	}
	return out
}

// fromPlanes joins real parts and imaginary parts.
func fromPlanes[S scalar.Scalar](planes []float64) []S {
	half := len(planes) / 2
	z := make([]S, half)
	for k := range z {
		z[k] = scalar.Of[S](planes[k], planes[half+k])
	}
	return z
}

func rowsText(n int) string { return fmt.Sprintf("%d rows", n) }
