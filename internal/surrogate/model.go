// Package surrogate holds the reduced model of one matrix family: built from
// snapshots by Build, evaluated at a new parameter by At or FromProbe,
// assembled by Assemble.
//
// The model is the nonintrusive separated representation
//
//	A_μ ≈ Σ_{m=1..M} β_m(μ) A_m
//
// of Casenave, Ern, Lelièvre, Sylvand (arXiv 1307.4330, section 2), whose terms
// A_m are selected snapshots (or POD modes). Everything the coefficients need
// is linear algebra on the coordinates of the snapshots in an orthonormal basis
// of their span, where the Euclidean distance is the Frobenius distance of the
// matrices: after Build no entry of a matrix is touched until Assemble.
//
// For solving with A_μ and for log det A_μ a Model holds what packages reduced,
// lambda and logdet/... make of the same samples.
//
// A Model is plain data; package bundle stores it. This package reads no files.
package surrogate

import (
	"eimtool/internal/coefficients"
	"eimtool/internal/dense"
	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
)

// Fields of a family.
const (
	FieldReal      = "real"
	FieldComplex   = "complex"
	FieldHermitian = "hermitian" // treated as real columns [Re, Im] with real coefficients
)

// Model is a reduced model of one matrix family.
type Model struct {
	Parameters []Parameter `doc:"parameters and the range of their samples"`
	Rows, Cols int
	Symmetry   string // Matrix Market word; one triangle is stored unless "general"
	Field      string
	Dense      bool
	ColPtr     []int   `doc:"compressed columns of the stored pattern, absent for dense families"`
	RowIdx     []int32 `doc:"0-based rows of the stored pattern"`

	Mu        *dense.Matrix[float64] `doc:"N x p, parameters of the samples"`
	Files     []string               // N, as the sample table names them
	Checksums []string               // N, of the files' bytes
	Terms     []int                  `doc:"M selected samples, 0-based; absent for the POD basis"`
	Preserve  [][]complex128         `doc:"vectors v whose products A·v are features"`
	Options   Options                // as given, with defaults filled in
	History   []Step                 // the greedy's steps
	Errors    Errors
	Warnings  []string

	Parts         *Parts              // of a given affine family: then there is no interpolation
	Interpolation *coefficients.Model // of the samples
	Real          *Core[float64]      // real and Hermitian families
	Complex       *Core[complex128]   // complex families

	RealInverse    *Inverse[float64]    // for solving with real families, when prepared
	ComplexInverse *Inverse[complex128] // with complex and Hermitian ones

	LogDet *LogDet // for log det A_μ, when prepared

	pattern *matrix.Pattern `bundle:"-"`
	worst   string          `bundle:"-"` // file of the held-out sample with the largest error
}

// Parameter is one parameter with the range of its samples.
type Parameter struct {
	Name   string
	Lo, Hi float64
}

// Step is one step of the greedy selection.
type Step struct {
	Term              int // 1-based
	Snapshot          int // 0-based row of the sample table
	Kind              string
	Row, Col          int     // 0-based; -1 where the kind has none
	Error             float64 // greedy error before this term, relative to the first
	HeldOutError      float64 // error of A at held-out samples after this term; NaN without hold-out
	LebesgueParameter float64
	LebesgueEntry     float64
	SumBetaMin        float64 // least Σβ−1 over the samples
	SumBetaMax        float64 // greatest Σβ−1 over the samples
}

// Errors are errors of A: ‖A−Ã‖_F/‖A‖_F, the largest over a set of samples. A
// negative value means not measured.
type Errors struct {
	Training     float64 `json:"training"`       // all samples, coefficients from the matrices themselves
	HeldOut      float64 `json:"held_out"`       // held-out samples, coefficients from the interpolation in μ
	HeldOutProbe float64 `json:"held_out_probe"` // held-out samples, coefficients from probes
	Test         float64 `json:"test"`           // test table, coefficients from the interpolation in μ
	TestProbe    float64 `json:"test_probe"`     // test table, coefficients from probes
}

// Core is the scalar-typed part of a Model with M terms on X stored values
// (Hermitian: X = 2·nnz, real parts then imaginary parts).
type Core[T scalar.Scalar] struct {
	Values      [][]T            `doc:"M x X, values of the terms on the stored pattern (hermitian: real parts, then imaginary parts)"`
	Coordinates *dense.Matrix[T] `doc:"M x r, the terms in an orthonormal basis of the samples"`
	Lift        *dense.Matrix[T] `doc:"(r+1) x f, maps [k, 1] to the coordinates in which beta is fitted; absent: k itself"`
	Fit         *dense.RowFit[T] // least squares on the terms in those coordinates
	Probe       *Probe[T]
	// The POD modes of all samples: the coordinates of A_μ in them give the model
	// of all samples, as combinations of projected matrices or of the table.
	Modes   *dense.Matrix[T] `doc:"q x r, coordinates of the POD modes of all samples"`
	Weights *dense.Matrix[T] `doc:"q x N, the modes as combinations of the samples"`
	Table   [][]T            `doc:"N x X, all samples, when kept"`
}

// TermCount returns M.
func (m *Model) TermCount() int {
	switch {
	case m.Complex != nil:
		return len(m.Complex.Values)
	case m.Real != nil:
		return len(m.Real.Values)
	}
	return 0
}

// Pattern returns the stored pattern, built once.
func (m *Model) Pattern() *matrix.Pattern {
	if m.pattern == nil {
		m.pattern = &matrix.Pattern{
			Rows: m.Rows, Cols: m.Cols, Symmetry: symmetryOf(m.Symmetry),
			Dense: m.Dense, ColPtr: m.ColPtr, RowIdx: m.RowIdx,
		}
	}
	return m.pattern
}

func symmetryOf(word string) matrix.Symmetry {
	for _, s := range []matrix.Symmetry{matrix.Symmetric, matrix.SkewSymmetric, matrix.Hermitian} {
		if s.String() == word {
			return s
		}
	}
	return matrix.General
}

// ParameterNames returns the names in order.
func (m *Model) ParameterNames() []string {
	names := make([]string, len(m.Parameters))
	for i, p := range m.Parameters {
		names[i] = p.Name
	}
	return names
}

// Restore completes a model that was read from a file.
func (m *Model) Restore() error {
	if m.Parts == nil || m.Parts.compiled != nil || m.Parts.interpolant != nil {
		return nil
	}
	if err := m.Parts.compile(m.ParameterNames()); err != nil {
		return err
	}
	m.linkLoad()
	return nil
}

// Planned reports whether the terms are those of a plan and the coefficients
// follow from its functions.
func (m *Model) Planned() bool { return m.Parts != nil && m.Parts.Plan != nil }

// Exact reports whether the coefficients are those of A itself, up to rounding:
// a given affine family.
func (m *Model) Exact() bool { return m.Parts != nil && m.Parts.Plan == nil }
