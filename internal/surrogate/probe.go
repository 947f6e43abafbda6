package surrogate

import (
	"fmt"
	"math"
	"math/cmplx"

	"eimtool/internal/dense"
	"eimtool/internal/features"
	"eimtool/internal/scalar"
)

// Roles of a probe.
const (
	RoleMagic = "magic" // determines the coefficients
	RoleCheck = "check" // estimates their error
)

// ProbePoint is one value of A_μ that the simulation code supplies.
type ProbePoint struct {
	Role string
	features.Feature
}

// Probe computes coefficients from values of A_μ at L magic features.
//
// With --select eim, values g at the magic features give β from β·F = g, where
// F (M × L) holds the terms at the magic features (arXiv 1307.4330, section 2;
// L > M by least squares, arXiv 1508.05330). With --select auto they give the
// coordinates of A_μ in the q leading POD modes, z·B = g, B (q × L) being the
// modes at the magic entries, and β is the fit of the terms to them.
type Probe[T scalar.Scalar] struct {
	Magic, Check []features.Feature
	MagicScale   []float64        `doc:"L, the values at the magic features are divided by these"`
	Basis        *dense.Matrix[T] `doc:"M x L (terms) or q x L (modes), scaled values at the magic features"`
	LU           *dense.LUFactor[T]
	Modes        *dense.Matrix[T] `doc:"q x r, coordinates of the POD modes; absent with --select eim"`
	Prior        []float64        `doc:"q, singular values of the modes: weights of minimum-norm answers"`
	CheckBasis   *dense.Matrix[T] `doc:"M x C (terms) or q x C (modes), values at the check features"`
	// Complete says that every entry that is not always zero is probed: nothing is
	// left to check.
	Complete bool
	// Calibration is the median over held-out samples of the error of A over the
	// largest check residual, both relative to ‖A‖_F.
	Calibration float64
}

// ProbeError says which probe value is missing or wrong.
type ProbeError struct {
	Index int // 1-based, 0 = none in particular
	Msg   string
}

func (e *ProbeError) Error() string {
	if e.Index == 0 {
		return e.Msg
	}
	return fmt.Sprintf("probe %d: %s", e.Index, e.Msg)
}

// Probes lists what to probe: the magic features but for the constant, then
// the check features. Index i of the command line is element i−1.
func (m *Model) Probes() []ProbePoint {
	switch {
	case m.Complex != nil:
		return probePoints(m.Complex.Probe)
	case m.Real != nil:
		return probePoints(m.Real.Probe)
	}
	return nil
}

func probePoints[T scalar.Scalar](p *Probe[T]) []ProbePoint {
	var list []ProbePoint
	for _, f := range p.Magic {
		if f.Kind != features.KindConstant {
			list = append(list, ProbePoint{RoleMagic, f})
		}
	}
	for _, f := range p.Check {
		list = append(list, ProbePoint{RoleCheck, f})
	}
	return list
}

// FromProbe returns the coefficients from the values of A_μ at Probes(), NaN
// where a value is missing. Missing magic values (lost sensors) give the
// coefficients of minimum norm (arXiv 1508.05330, rectangular extension).
func (m *Model) FromProbe(values []complex128) (*Answer, error) {
	a, err := m.fromProbe(values)
	if err == nil && m.Options.SampleError > 0 {
		a.ModelError += m.Options.SampleError
		a.Estimate = estimate(a.Truncation, a.ModelError)
	}
	return a, err
}

func (m *Model) fromProbe(values []complex128) (*Answer, error) {
	if m.Planned() {
		return nil, &ProbeError{0, "the coefficients follow from the functions of the plan: no probes are needed"}
	}
	if m.Parts != nil {
		return nil, &ProbeError{0, "the coefficients of given parts are known: no probes are needed"}
	}
	if m.Complex != nil {
		return fromProbe(m.Complex, values)
	}
	re := make([]float64, len(values))
	points := m.Probes()
	for i, v := range values {
		switch {
		case m.Field == FieldHermitian && i < len(points) && points[i].Imag:
			re[i] = imag(v)
		case m.Field != FieldHermitian && imag(v) != 0 && !cmplx.IsNaN(v):
			return nil, &ProbeError{i + 1, fmt.Sprintf("value %v of a real family has an imaginary part", v)}
		default:
			re[i] = real(v)
		}
	}
	return fromProbe(m.Real, re)
}

func fromProbe[T scalar.Scalar](c *Core[T], values []T) (*Answer, error) {
	p := c.Probe
	if want := len(probePoints(p)); len(values) != want {
		return nil, &ProbeError{0, fmt.Sprintf("%d probe values, want %d", len(values), want)}
	}
	magic, known := make([]T, len(p.Magic)), make([]int, 0, len(p.Magic))
	next := 0
	for l, f := range p.Magic {
		v := scalar.Of[T](1, 0)
		if f.Kind != features.KindConstant {
			v = values[next]
			next++
		}
		if isNaN(v) {
			continue
		}
		magic[l] = v / scalar.Of[T](p.MagicScale[l], 0)
		known = append(known, l)
	}
	if len(known) == 0 {
		return nil, &ProbeError{0, "every magic value is missing"}
	}
	z, err := p.coordinates(magic, known)
	if err != nil {
		return nil, err
	}
	return c.probeAnswer(z, magic, known, values[next:]), nil
}

func isNaN[T scalar.Scalar](v T) bool { return v != v }

// coordinates solves z·Basis = magic on the known columns.
func (p *Probe[T]) coordinates(magic []T, known []int) ([]T, error) {
	if len(known) == len(magic) && p.LU != nil {
		return p.LU.SolveRow(magic), nil
	}
	a, b := dense.New[T](len(known), p.Basis.Rows), dense.New[T](len(known), 1)
	for i, l := range known {
		for q := range p.Basis.Rows {
			w := scalar.Of[T](1, 0)
			if p.Prior != nil {
				w = scalar.Of[T](p.Prior[q], 0)
			}
			a.Set(i, q, p.Basis.At(q, l)*w)
		}
		b.Set(i, 0, magic[l])
	}
	x, _, err := dense.LeastSquares(a, b, 1e-14)
	if err != nil {
		return nil, err
	}
	z := x.Data
	if p.Prior != nil {
		for q := range z {
			z[q] *= scalar.Of[T](p.Prior[q], 0)
		}
	}
	return z, nil
}

// probeAnswer turns coordinates z into coefficients and estimates their error
// from the check values and, where there are more magic values than unknowns,
// from the residual at these.
func (c *Core[T]) probeAnswer(z, magic []T, known []int, check []T) *Answer {
	a := &Answer{Modelled: true}
	beta := z
	var norm float64
	if p := c.Probe; p.Modes != nil {
		k := dense.VecMul(z, p.Modes)
		beta = c.coefficients(k, 1)
		a.Truncation = c.truncation(k, beta)
		norm = dense.Norm(k)
		a.coords = scalar.ToComplex(k)
	} else {
		k := dense.VecMul(beta, c.Coordinates)
		norm = dense.Norm(k)
		a.coords = scalar.ToComplex(k)
	}
	a.Beta = scalar.ToComplex(beta)
	residual := c.Probe.checkResidual(z, check)
	if c.Probe.Complete && math.IsNaN(residual) {
		residual = 0
	}
	if len(known) > len(z) {
		residual = math.Max(residual, c.Probe.magicResidual(z, magic, known))
	}
	a.ModelError = probeSafety * c.Probe.Calibration * residual / norm
	if norm == 0 {
		a.ModelError = math.NaN()
	}
	a.Estimate = estimate(a.Truncation, a.ModelError)
	return a
}

// probeSafety is the factor on the calibrated check residual: with 5 to 10
// checks the largest residual is never below about a third of the error.
const probeSafety = 3

// magicResidual returns the largest difference between the magic values and
// their least-squares fit.
func (p *Probe[T]) magicResidual(z, magic []T, known []int) float64 {
	worst := 0.0
	predicted := dense.VecMul(z, p.Basis)
	for _, l := range known {
		worst = math.Max(worst, scalar.Abs(magic[l]-predicted[l])*p.MagicScale[l])
	}
	return worst
}

// checkResidual returns the largest difference between the check values and
// the reconstruction, NaN when every check value is missing.
func (p *Probe[T]) checkResidual(z, check []T) float64 {
	worst := math.NaN()
	predicted := dense.VecMul(z, p.CheckBasis)
	for i, v := range check {
		if isNaN(v) {
			continue
		}
		if d := scalar.Abs(v - predicted[i]); !(d <= worst) {
			worst = d
		}
	}
	return worst
}
