package reduced

import (
	"fmt"
	"math"

	"eimtool/internal/dense"
	"eimtool/internal/scalar"
)

const (
	plainFactor = 2.5 // of the dual estimate when it is not calibrated, or cheap
	leastFactor = 2.0
	safety      = 1.1 // on the largest ratio at the left-out samples
	roundOff    = 4 * scalar.Eps

	coefficientRoundOff = 4e-15 // relative error of A from rounding of its coefficients
	conditionOf         = 3.0   // |A|₁/σ_min(QᴴAQ) times this stands for the 1-norm condition number
)

// dualSystem is the reduced adjoint problem at one μ: with y_k = Q·d_k,
// QᴴAᴴQ·d_k = Qᴴz_k, the products y_kᴴ·ρ are (z_kᴴQ)·w with QᴴAQ·w = Qᴴρ.
type dualSystem[T scalar.Scalar] struct {
	b      *Basis[T]
	pt     *Point[T]
	size   int     // vectors of V
	d      int     // vectors of Q
	probes int     // probes used
	factor float64 // of the dual estimate
	cheap  bool
	lu     *dense.LUFactor[T] // nil when QᴴAQ is singular
	qav    *dense.Matrix[T]   // d × size
	qb     *dense.Matrix[T]   // d × nb
}

// dualSystem assembles and factorises the adjoint problem.
func (b *Basis[T]) dualSystem(pt *Point[T], size int, cheap bool) *dualSystem[T] {
	s := &dualSystem[T]{b: b, pt: pt, size: size, d: b.dualSize(size), probes: b.ZQ.Rows, factor: b.Calibration.Factor, cheap: cheap}
	if cheap {
		s.d = min(s.d, (b.dualSize(size)+1)/2)
		s.probes = min(s.probes, (b.ZQ.Rows+1)/2)
		s.factor = max(s.factor, plainFactor)
	}
	lu, err := dense.LU(assembleBlock(b.QAQ, pt.Theta, b.dual(), s.d, s.d))
	if err == nil {
		s.lu = lu
	}
	s.qav = assembleBlock(b.QAV, pt.Theta, b.Size(), s.d, size)
	s.qb = assembleBlock(b.QB, pt.phi(), b.Columns, s.d, b.Columns)
	return s
}

// correction returns w with QᴴAQ·w = Qᴴ(b − A·V·c), nil when that is singular.
func (s *dualSystem[T]) correction(c *dense.Matrix[T]) *dense.Matrix[T] {
	if s.lu == nil {
		return nil
	}
	r := s.qb.Clone()
	subtractProduct(r, s.qav, c)
	return solveLU(s.lu, r)
}

// errors returns per right-hand side the root mean square over the probes of
// |y_kᴴ(b − A·V·c)|, an estimate of |x − V·c|.
func (s *dualSystem[T]) errors(c *dense.Matrix[T]) []float64 { return s.rms(s.correction(c)) }

// rms returns the root mean square of z_kᴴ·Q·w over the probes, per column of w.
func (s *dualSystem[T]) rms(w *dense.Matrix[T]) []float64 {
	e := make([]float64, s.b.Columns)
	for j := range e {
		if w == nil {
			e[j] = math.Inf(1)
			continue
		}
		wj := conjugated(columnOf(w, j))
		var sum float64
		for k := range s.probes {
			a := scalar.Abs(dense.Dotc(wj, s.b.ZQ.Row(k)[:s.d]))
			sum += a * a
		}
		e[j] = math.Sqrt(sum / float64(s.probes))
		if math.IsNaN(e[j]) {
			e[j] = math.Inf(1)
		}
	}
	return e
}

// fill sets the estimate of a, whose coordinates have the dual errors e. The
// part of the model is amp·model, the usual amplification of errors of A, or what
// the difference of two models amounts to at this μ, but at least a fifth.
func (s *dualSystem[T]) fill(a *Answer[T], e []float64) {
	a.system = s
	a.Condition = s.condition()
	a.RoundOff = s.b.roundOff(a.Condition)
	cal := &s.b.Calibration
	model, load := s.effect(s.pt.ModelError, cal.Amplification, a.Condition), s.effect(s.pt.RHSError, cal.LoadAmplification, a.Condition)
	if s.pt.Second == nil {
		a.Model = model
	}
	second := s.b.paired(s.secondErrors(a.C))
	sizes := s.b.paired(columnSizes(a.C))
	for j, ej := range s.b.paired(e) {
		size := sizes[j]
		a.Reduction = max(a.Reduction, relative(s.factor*ej, size))
		if s.pt.Second != nil {
			a.Model = max(a.Model, min(model, max(2*relative(second[j], size), model/5)))
		}
	}
	a.Model += load // the second model of A says nothing of b
	a.Estimate = a.Reduction + a.Model + a.RoundOff
	a.EnergyBound = s.b.energyBound(s.pt, a.C)
}

// paired turns figures of columns into those of the complex columns that they
// are the parts of.
func (b *Basis[T]) paired(x []float64) []float64 {
	if !b.Paired {
		return x
	}
	half := len(x) / 2
	out := make([]float64, half)
	for j := range out {
		out[j] = math.Hypot(x[j], x[half+j])
	}
	return out
}

// columnSizes returns the norms of the columns of c.
func columnSizes[T scalar.Scalar](c *dense.Matrix[T]) []float64 {
	out := make([]float64, c.Cols)
	for j := range out {
		out[j] = dense.Norm(columnOf(c, j))
	}
	return out
}

// effect returns the error of x that an error e of A or b usually causes. Where
// no sample was left out that is not known, and the condition number stands in.
func (s *dualSystem[T]) effect(e, amplification, condition float64) float64 {
	if e == 0 {
		return 0
	}
	if s.b.Calibration.Events == 0 {
		return condition * e
	}
	return amplification * e
}

// roundOff returns the part of the estimate that stands for rounding: of the
// solution and, where the matrix is combined from samples, of the coefficients.
func (b *Basis[T]) roundOff(condition float64) float64 {
	e := roundOff * condition
	if b.Combined {
		e += coefficientRoundOff * b.Calibration.Amplification
	}
	return e
}

// relative returns e/size, 0 for 0/0.
func relative(e, size float64) float64 {
	if e == 0 {
		return 0
	}
	return e / size
}

// secondErrors returns the dual estimate of |A⁻¹·(A₂ − A)·V·c| per column, 0
// without a second model.
func (s *dualSystem[T]) secondErrors(c *dense.Matrix[T]) []float64 {
	if s.pt.Second == nil {
		return make([]float64, s.b.Columns)
	}
	if s.lu == nil {
		return s.rms(nil)
	}
	r := dense.New[T](s.d, c.Cols)
	subtractProduct(r, assembleBlock(s.b.QAV, s.pt.Second, s.b.Size(), s.d, s.size), c)
	return s.rms(solveLU(s.lu, r))
}

// condition returns 3·|A|₁/σ_min(QᴴAQ), which stands for the 1-norm condition
// number of A(μ); inverse iteration on (QᴴAQ)ᴴ(QᴴAQ) gives the singular value.
func (s *dualSystem[T]) condition() float64 {
	if s.lu == nil {
		return math.Inf(1)
	}
	norm1 := s.b.Norm1
	if norm1 == 0 {
		for l, v := range s.pt.Theta {
			norm1 += scalar.Abs(v) * s.b.TermNorm1[l]
		}
	}
	x := make([]T, s.d)
	for i := range x {
		x[i] = scalar.Of[T](1+float64(i%7)/7, 0)
		if i%2 == 1 {
			x[i] = -x[i]
		}
	}
	inverse := 0.0
	for range 5 {
		dense.Scale(scalar.Of[T](1/dense.Norm(x), 0), x)
		y := conjugated(s.lu.SolveRow(conjugated(x))) // Mᴴ·y = x
		inverse = dense.Norm(y)
		x = s.lu.Solve(y)
		if !(dense.Norm(x) > 0) || math.IsInf(dense.Norm(x), 1) {
			return math.Inf(1)
		}
	}
	return conditionOf * norm1 * inverse
}

// Estimate returns the estimate of the error of V·c for coordinates c of any
// origin, as an Answer with an empty Projection.
func (b *Basis[T]) Estimate(pt *Point[T], c *dense.Matrix[T]) (*Answer[T], error) {
	if err := b.checkPoint(pt); err != nil {
		return nil, err
	}
	if c.Rows > b.Size() || c.Cols != b.Columns {
		return nil, fmt.Errorf("reduced basis: coordinates are %d×%d; at most %d×%d was expected", c.Rows, c.Cols, b.Size(), b.Columns)
	}
	sys := b.dualSystem(pt, c.Rows, false)
	a := &Answer[T]{C: c}
	sys.fill(a, sys.errors(c))
	return a, nil
}
