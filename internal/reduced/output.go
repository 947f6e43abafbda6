package reduced

import (
	"errors"
	"math"

	"eimtool/internal/dense"
	"eimtool/internal/scalar"
)

// truncated is the share of the vectors of the smaller basis whose outputs are
// compared with those of the whole.
const truncated = 0.7

var errAdjoint = errors.New("reduced basis: the adjoint problem of the outputs is singular here: use another method")

// Output is one output cᵀx at one μ.
type Output[T scalar.Scalar] struct {
	Quantity, Column int     // which output vector and right-hand side, from 0
	Value            T       // with the dual correction yᴴ(b − A·V·c)
	Plain            T       // cᵀ·V·c
	Estimate         float64 // of the error of Value, absolute
}

// Outputs returns the outputs of an answer of Solve or Estimate for the same
// point, quantities in order and for each the right-hand sides. They are
// corrected in any case; their estimates are NaN when a has none.
func (b *Basis[T]) Outputs(pt *Point[T], a *Answer[T]) ([]Output[T], error) {
	if err := b.checkPoint(pt); err != nil {
		return nil, err
	}
	if b.CV.Rows == 0 {
		return nil, nil
	}
	sys := a.system
	if sys == nil || sys.pt != pt {
		sys = b.dualSystem(pt, a.C.Rows, false)
	}
	if sys.lu == nil {
		return nil, errAdjoint
	}
	out := b.corrected(sys, a.C)
	if math.IsNaN(a.Estimate) { // none was asked for
		for i := range out {
			out[i].Estimate = math.NaN()
		}
		return out, nil
	}
	small, err := b.truncatedOutputs(sys, a.C)
	if err != nil {
		return nil, err
	}
	second := b.secondOutputs(sys, a.C)
	condition := a.Condition
	if !(condition > 0) {
		condition = sys.condition()
	}
	model := sys.effect(sys.pt.ModelError, b.Calibration.Amplification, condition) +
		sys.effect(sys.pt.RHSError, b.Calibration.LoadAmplification, condition)
	for i := range out {
		o := &out[i]
		size := b.OutputNorm[o.Quantity] * dense.Norm(columnOf(a.C, o.Column))
		o.Estimate = max(leastFactor, b.Calibration.OutputFactor)*scalar.Abs(o.Value-small[i].Value) +
			max(2*scalar.Abs(second[i]), model*size/5) + roundOff*condition*size
		if math.IsNaN(o.Estimate) {
			o.Estimate = math.Inf(1)
		}
	}
	return out, nil
}

// corrected returns the outputs of V·c with the dual correction.
func (b *Basis[T]) corrected(sys *dualSystem[T], c *dense.Matrix[T]) []Output[T] {
	w := sys.correction(c)
	var out []Output[T]
	for q := range b.CV.Rows {
		for j := range b.Columns {
			plain := dotu(columnOf(c, j), b.CV.Row(q))
			out = append(out, Output[T]{Quantity: q, Column: j, Plain: plain, Value: plain + dotu(columnOf(w, j), b.CQ.Row(q))})
		}
	}
	return out
}

// truncatedOutputs returns the outputs of the bases, V and Q, cut to 0.7 of the
// vectors of sys; of one vector, of which no less is left, those of c without
// the dual correction.
func (b *Basis[T]) truncatedOutputs(sys *dualSystem[T], c *dense.Matrix[T]) ([]Output[T], error) {
	if sys.size == 1 {
		out := b.corrected(sys, c)
		for i := range out {
			out[i].Value = out[i].Plain
		}
		return out, nil
	}
	size := max(1, int(truncated*float64(sys.size)))
	p, err := b.project(sys.pt, size)
	if err != nil {
		return nil, err
	}
	small := b.dualSystem(sys.pt, size, sys.cheap)
	if small.lu == nil {
		return nil, errAdjoint
	}
	reduced, _, _ := p.byError(small)
	return b.corrected(small, reduced), nil
}

// secondOutputs returns yᴴ(A₂ − A)·V·c in the order of Outputs.
func (b *Basis[T]) secondOutputs(sys *dualSystem[T], c *dense.Matrix[T]) []T {
	out := make([]T, b.CV.Rows*b.Columns)
	if sys.pt.Second == nil {
		return out
	}
	r := dense.New[T](sys.d, c.Cols)
	subtractProduct(r, assembleBlock(b.QAV, sys.pt.Second, b.Size(), sys.d, sys.size), c)
	w := solveLU(sys.lu, r)
	for q := range b.CV.Rows {
		for j := range b.Columns {
			out[q*b.Columns+j] = dotu(columnOf(w, j), b.CQ.Row(q))
		}
	}
	return out
}

// outputRatios returns, per output, its error against the direct solution over
// the difference to the smaller basis, where that is above rounding.
func (b *builder[T]) outputRatios(a *Answer[T], direct *dense.Matrix[T]) []float64 {
	if b.p.Quantity == nil || a.system.lu == nil {
		return nil
	}
	out := b.basis.corrected(a.system, a.C)
	small, err := b.basis.truncatedOutputs(a.system, a.C)
	if err != nil {
		return nil
	}
	var ratios []float64
	for i, o := range out {
		x := columnOf(direct, o.Column)
		want := dotu(columnOf(b.p.Quantity, o.Quantity), x)
		e, d := scalar.Abs(o.Value-want), scalar.Abs(o.Value-small[i].Value)
		if e > a.RoundOff*b.basis.OutputNorm[o.Quantity]*dense.Norm(x) && d > 0 {
			ratios = append(ratios, e/d)
		}
	}
	return ratios
}
