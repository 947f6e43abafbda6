package family

import (
	"eimtool/internal/matrix"
	"eimtool/internal/mtx"
	"eimtool/internal/scalar"
)

// Family is a table with the values of all its matrices on one union pattern.
//
// Row i belongs to sample i. A real family has rows of nnz numbers in Real; a
// complex one has rows of nnz numbers in Complexes; a hermitian one has rows of
// 2·nnz numbers in Real, the real parts and then the imaginary parts, because
// only real combinations of hermitian matrices are hermitian. Entries that a
// file does not store are zero.
type Family struct {
	*Table
	Pattern    *matrix.Pattern
	Complex    bool        // the matrices are complex; hermitian ones too
	Hermitian  bool        // rows are [Re; Im]
	Real       [][]float64 // nil when Complexes is not
	Complexes  [][]complex128
	Fields     []string    // field of every file: "real", "complex", "integer", "pattern"
	Checksums  []string    // per file, see LoadOptions.Checksums; nil when not asked for
	Outside    []Outside   // per sample, with a reference family only; otherwise nil
	Duplicates []Duplicate // samples with the parameter of an earlier one
	Warnings   []string    // of the table, the files and their combination

	order *mtx.Order // of the first file, for reading further files of the family
}

// Outside describes the entries of a matrix that the pattern of the reference
// family does not have.
type Outside struct {
	Count             int     // stored entries of the file, zeros not counted
	MaxAbs, Frobenius float64 // norms of these entries alone, of the full matrix
}

// Duplicate tells of two samples with the same parameter.
type Duplicate struct {
	First, Second int     // samples, First < Second
	Difference    float64 // ‖A−B‖_F / ‖A‖_F, 0 when the matrices are identical
}

// Len returns the number of values of a row: nnz, or 2·nnz for a hermitian family.
func (f *Family) Len() int {
	if f.Hermitian {
		return 2 * f.Pattern.NNZ()
	}
	return f.Pattern.NNZ()
}

// Row returns the values of sample i as they are kept.
func (f *Family) Row(i int) matrix.Values {
	if f.Real != nil {
		return matrix.Values{Real: f.Real[i]}
	}
	return matrix.Values{Complex: f.Complexes[i]}
}

// MatrixOf returns the matrix whose values, in the form of a row of the family,
// are v: the real and imaginary parts of a hermitian family are put together,
// everything else is shared with v.
func (f *Family) MatrixOf(v matrix.Values) *matrix.Matrix {
	if f.Hermitian && v.Complex == nil {
		nnz := f.Pattern.NNZ()
		c := make([]complex128, nnz)
		for k := range c {
			c[k] = complex(v.Real[k], v.Real[nnz+k])
		}
		v = matrix.Values{Complex: c}
	}
	return &matrix.Matrix{Pattern: f.Pattern, Values: v}
}

// Matrix returns the matrix of sample i on the union pattern.
func (f *Family) Matrix(i int) *matrix.Matrix { return f.MatrixOf(f.Row(i)) }

// Rows returns the rows of the family as scalars of type T: float64 for real
// and hermitian families, complex128 for the others. For the other type it
// returns nil.
func Rows[T scalar.Scalar](f *Family) [][]T {
	var rows [][]T
	switch r := any(&rows).(type) {
	case *[][]float64:
		*r = f.Real
	case *[][]complex128:
		*r = f.Complexes
	}
	return rows
}
