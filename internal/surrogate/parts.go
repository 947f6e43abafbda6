package surrogate

import (
	"fmt"

	"eimtool/internal/dense"
	"eimtool/internal/expr"
	"eimtool/internal/plan"
)

// Parts are known coefficient functions: of a given affine family
// A_μ = Σ_k α_k(μ) A_k, whose terms are the parts A_k themselves, or of a planned
// one, A_μ ≈ Σ_m β_m(μ) A_{μ_m}, whose terms are the snapshots of the plan.
type Parts struct {
	Files        []string  // as given
	Coefficients []string  // expressions in the parameters
	Checksums    []string  // of the files' bytes
	Samples      int       // samples that were compared with the parts
	SampleError  float64   // the largest relative error found there
	Weights      []float64 `doc:"trace(A_k)/n of positive semidefinite parts, |A_k|_F otherwise"`
	// Semidefinite says that every part was found positive semidefinite.
	Semidefinite bool

	// Plan gives the coefficients of a planned family; nil for a given one.
	Plan *plan.Plan
	// Of a plan: Factor and LoadFactor turn the error of its functions at the check
	// points into absolute errors of A (Frobenius norm) and of b; Unexplained and
	// LoadUnexplained are those that the functions do not explain; Precision is the
	// relative rounding of the numbers as they were written.
	Factor, LoadFactor           float64
	Unexplained, LoadUnexplained float64
	Precision                    float64
	Coordinates                  *dense.Matrix[complex128] `doc:"M x r, the snapshots of a plan in an orthonormal basis"`
	LoadCoordinates              *dense.Matrix[complex128] `doc:"M x r, the right-hand sides of a plan in an orthonormal basis"`

	names       []string          `bundle:"-"`
	compiled    []*expr.Expr      `bundle:"-"`
	interpolant *plan.Interpolant `bundle:"-"`
}

// Count returns the number of parts.
func (p *Parts) Count() int { return len(p.Files) }

// compile parses the expressions in the given parameters.
func (p *Parts) compile(names []string) error {
	p.names = names
	if p.Plan != nil {
		var err error
		p.interpolant, err = p.Plan.Compile()
		return err
	}
	for i, src := range p.Coefficients {
		e, err := expr.Parse(src, names)
		if err != nil {
			return fmt.Errorf("coefficient of %s: %w", p.Files[i], err)
		}
		p.compiled = append(p.compiled, e)
	}
	return nil
}

// Alpha returns α(mu).
func (p *Parts) Alpha(mu []float64) ([]complex128, error) {
	if p.interpolant != nil {
		beta, _, err := p.interpolant.At(mu)
		return beta, err
	}
	alpha := make([]complex128, len(p.compiled))
	for i, e := range p.compiled {
		v, err := e.Eval(mu)
		if err != nil {
			return nil, &PartsError{p.Files[i], p.names, mu, err}
		}
		alpha[i] = v
	}
	return alpha, nil
}

// Derivative returns ∂α/∂μ_j at mu.
func (p *Parts) Derivative(mu []float64, j int) ([]complex128, error) {
	if p.interpolant != nil {
		return p.interpolant.Derivative(mu, j)
	}
	alpha := make([]complex128, len(p.compiled))
	for i, e := range p.compiled {
		_, d, err := e.Derivative(mu, j)
		if err != nil {
			return nil, &PartsError{p.Files[i], p.names, mu, err}
		}
		alpha[i] = d
	}
	return alpha, nil
}

// PartsError says which coefficient cannot be evaluated.
type PartsError struct {
	File  string
	Names []string
	Mu    []float64
	Err   error
}

func (e *PartsError) Error() string {
	at := ""
	for j, name := range e.Names {
		at += fmt.Sprintf("%s%s=%g", separator(j), name, e.Mu[j])
	}
	return fmt.Sprintf("coefficient of %s at %s: %v", e.File, at, e.Err)
}

// Unwrap returns the cause.
func (e *PartsError) Unwrap() error { return e.Err }

func separator(j int) string {
	if j == 0 {
		return ""
	}
	return ", "
}
