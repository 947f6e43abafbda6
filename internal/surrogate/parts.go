package surrogate

import (
	"fmt"

	"eimtool/internal/expr"
)

// Parts are the coefficient functions of a given affine family
// A_μ = Σ_k α_k(μ) A_k, whose terms are the parts A_k themselves.
type Parts struct {
	Files        []string  // as given
	Coefficients []string  // expressions in the parameters
	Checksums    []string  // of the files' bytes
	Samples      int       // samples that were compared with the parts
	SampleError  float64   // the largest relative error found there
	Weights      []float64 `doc:"trace(A_k)/n of positive semidefinite parts, |A_k|_F otherwise"`
	// Semidefinite says that every part was found positive semidefinite.
	Semidefinite bool

	names    []string     `bundle:"-"`
	compiled []*expr.Expr `bundle:"-"`
}

// compile parses the expressions in the given parameters.
func (p *Parts) compile(names []string) error {
	p.names = names
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
