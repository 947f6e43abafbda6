package family

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"eimtool/internal/expr"
	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
)

// Parts is an affine family A_μ = Σ α_k(μ) A_k given by its parts A_k, one
// file each, and the coefficients α_k as expressions over the parameters.
//
// The embedded family holds the parts as samples that have no parameter: part k
// is its row k, and its matrix is Matrix(k). Real parts with a complex
// coefficient among them are held as complex numbers; hermitian parts are held
// as hermitian when all coefficients are real and as general complex ones
// otherwise. So every A_μ is the sum of α_k(μ) times row k, in the scalars of
// the rows. Table.Names is empty; Names are the parameters.
type Parts struct {
	Names        []string     // parameters, in the order of μ
	Files        []string     // files of the parts as written
	Coefficients []*expr.Expr // over Names
	*Family
}

// OpenParts reads a table of parts and all its matrices; see ReadParts and
// Parts.Load.
func OpenParts(ctx context.Context, path string, names []string, opt LoadOptions) (*Parts, error) {
	p, err := ReadParts(path, names)
	if err != nil {
		return nil, err
	}
	if err := p.Load(ctx, opt); err != nil {
		return nil, err
	}
	return p, nil
}

// Load reads the matrices of all parts, as the function Load does those of
// samples: on one union pattern, in one field and symmetry. With
// opt.Reference, whose field must do for the coefficients, the parts are
// aligned to that family. Errors are those of the function Load.
func (p *Parts) Load(ctx context.Context, opt LoadOptions) error {
	complexPart := p.complexPart()
	if ref := opt.Reference; ref != nil && complexPart >= 0 && (!ref.Complex || ref.Hermitian) {
		what := "real"
		if ref.Hermitian {
			what = "hermitian"
		}
		return p.coefficientError(complexPart, fmt.Sprintf("%q is complex, but the family is %s", p.Coefficients[complexPart], what),
			"only real coefficients keep it so", nil)
	}
	if _, err := p.Plan(opt); err != nil {
		return err
	}
	f, err := Load(ctx, p.Table, opt)
	if err != nil {
		return err
	}
	if complexPart >= 0 && opt.Reference == nil {
		f.makeComplex()
	}
	p.Family = f
	return nil
}

// Plan predicts what Load will need, as the function Plan does for samples,
// with complex coefficients taken into account.
func (p *Parts) Plan(opt LoadOptions) (MemoryPlan, error) {
	plan, err := Plan(p.Table, opt)
	if err != nil || opt.Reference != nil || p.complexPart() < 0 || plan.Complex && plan.Symmetry != matrix.Hermitian {
		return plan, err
	}
	if plan.Complex { // hermitian storage is given up
		plan.Entries, plan.Symmetry = mulBytes(plan.Entries, 2), matrix.General
		plan.Pattern = plan.patternBytes()
	}
	plan.Complex = true
	plan.Table = mulBytes(plan.Table, 2)
	if plan.Limit > 0 && plan.Peak() > plan.Limit {
		return plan, &MemoryError{plan}
	}
	return plan, nil
}

// complexPart returns the first part with a complex coefficient, -1 without one.
func (p *Parts) complexPart() int {
	return slices.IndexFunc(p.Coefficients, (*expr.Expr).Complex)
}

// makeComplex turns the rows into complex numbers, and a hermitian family into
// a general one.
func (f *Family) makeComplex() {
	pattern := f.Pattern
	for i := range f.Samples {
		m := f.Matrix(i)
		if f.Hermitian {
			if m = m.Expand(); i == 0 {
				pattern = m.Pattern
			}
		}
		if f.Real != nil {
			f.Real[i] = nil
			f.Complexes = append(f.Complexes, promote(m.Values))
		} else {
			f.Complexes[i] = m.Complex
		}
	}
	f.Pattern, f.Real, f.Complex, f.Hermitian = pattern, nil, true, false
}

// Alpha returns the coefficients at mu, whose numbers are in the order of
// Names. Errors are of type *TableError and wrap an *expr.EvalError.
func (p *Parts) Alpha(mu []float64) ([]complex128, error) {
	alpha := make([]complex128, len(p.Coefficients))
	for k, c := range p.Coefficients {
		v, err := c.Eval(mu)
		if err != nil {
			return nil, p.evalFailed(k, mu, err)
		}
		alpha[k] = v
	}
	return alpha, nil
}

// Derivative returns the derivatives of the coefficients by parameter j at mu.
// Errors are as those of Alpha.
func (p *Parts) Derivative(mu []float64, j int) ([]complex128, error) {
	d := make([]complex128, len(p.Coefficients))
	for k, c := range p.Coefficients {
		_, v, err := c.Derivative(mu, j)
		if err != nil {
			return nil, p.evalFailed(k, mu, err)
		}
		d[k] = v
	}
	return d, nil
}

// evalFailed describes an error of coefficient k at mu.
func (p *Parts) evalFailed(k int, mu []float64, err error) error {
	var e *expr.EvalError
	if !errors.As(err, &e) {
		return p.coefficientError(k, err.Error(), "", err)
	}
	return p.coefficientError(k, placed(e.Src, e.Column, e.Msg)+at(p.Names, mu), e.Hint, err)
}

// at names a parameter value for messages: " (k=0.5, eps=1e-3)".
func at(names []string, mu []float64) string {
	if len(names) != len(mu) {
		return ""
	}
	t := Table{Names: names, Samples: []Sample{{Mu: mu}}}
	return " (" + t.Mu(0) + ")"
}

// placed writes what is wrong at a column of an expression.
func placed(src string, column int, msg string) string {
	if runes := []rune(src); len(runes) > longestShown {
		src = string(runes[:longestShown]) + "..."
	}
	if column == 0 {
		return fmt.Sprintf("%q: %s", src, msg)
	}
	return fmt.Sprintf("%q: %s, at character %d", src, msg, column)
}

// longestShown is how many characters of an expression messages show.
const longestShown = 120

// coefficientError returns an error about coefficient k.
func (p *Parts) coefficientError(k int, msg, hint string, cause error) *TableError {
	e := &TableError{File: p.Files[k]}
	if p.Family != nil {
		e = p.errorAt(k, "", "")
	}
	e.Column, e.Msg, e.Hint, e.Err = coefficientColumn, msg, hint, cause
	return e
}

// RealCoefficients reports whether all coefficients are real for every μ.
func (p *Parts) RealCoefficients() bool { return p.complexPart() < 0 }

// Assemble returns A_μ. Errors are those of Alpha, and overflow of the sum; the
// parts must be loaded.
func (p *Parts) Assemble(mu []float64) (*matrix.Matrix, error) {
	alpha, err := p.Alpha(mu)
	if err != nil {
		return nil, err
	}
	var v matrix.Values
	overflow := false
	if p.Real != nil {
		a := make([]float64, len(alpha))
		for k, z := range alpha {
			a[k] = real(z)
		}
		v.Real = combine(p.Len(), a, p.Real)
		overflow = !scalar.AllFinite(v.Real)
	} else {
		v.Complex = combine(p.Len(), alpha, p.Complexes)
		overflow = !scalar.AllFinite(v.Complex)
	}
	if overflow {
		return nil, &TableError{File: p.Source, Msg: "the sum of the parts is too large for numbers" + at(p.Names, mu)}
	}
	return p.MatrixOf(v), nil
}

// combine returns Σ a_k rows_k of n numbers.
func combine[T scalar.Scalar](n int, a []T, rows [][]T) []T {
	sum := make([]T, n)
	for k, row := range rows {
		for i, x := range row {
			sum[i] += a[k] * x
		}
	}
	return sum
}
