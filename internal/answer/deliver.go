package answer

import (
	"context"
	"fmt"

	"eimtool/internal/dense"
	"eimtool/internal/scalar"
	"eimtool/internal/solve"
	"eimtool/internal/surrogate"
)

// setQuantity prepares the output vectors of the options.
func (e *engine[S]) setQuantity() error {
	c := e.opt.Quantity
	if c == nil {
		return nil
	}
	if c.Rows != e.m.Rows {
		return &QuantityError{fmt.Sprintf("has %s, the matrices have %s", rowsOf(c.Rows), rowsOf(e.m.Rows)), "give vectors with one value per unknown"}
	}
	if !scalar.IsComplex[S]() && !scalar.AllReal(c.Data) {
		return &QuantityError{"is complex, the matrices are real", "give real and imaginary part as two vectors"}
	}
	e.outputs = surrogate.Split[S](c, false)
	if e.inv == nil || e.inv.Quantity == nil || e.inv.Quantity.Cols != c.Cols {
		return nil
	}
	if err := e.fetch(e.path + "/quantity"); err != nil {
		return err
	}
	e.prepared = true
	for i, v := range e.outputs.Data {
		if v != e.inv.Quantity.Data[i] {
			e.prepared = false
			break
		}
	}
	return nil
}

// deliver puts x, its derivative or the quantities into the result; f solves
// with the matrix that x was found with.
func (e *engine[S]) deliver(ctx context.Context, pt *point[S], f *solve.Factor[S], x *dense.Matrix[S], res *Result) error {
	if e.opt.Derivative > 0 {
		dx, err := e.derivative(ctx, pt, f, x)
		if err != nil {
			return err
		}
		return e.put(dx, res)
	}
	return e.put(x, res)
}

// forget drops the estimates: derivatives have none.
func forget(res *Result) {
	blank := unknown(res.Method)
	res.Estimate, res.Reduction, res.Model, res.RoundOff, res.Bound = blank.Estimate, blank.Reduction, blank.Model, blank.RoundOff, blank.Bound
}

// derivative returns ∂x/∂μ_j = A⁻¹ (∂b/∂μ_j − ∂A/∂μ_j x).
func (e *engine[S]) derivative(ctx context.Context, pt *point[S], f *solve.Factor[S], x *dense.Matrix[S]) (*dense.Matrix[S], error) {
	j := e.opt.Derivative - 1
	if pt.Mu == nil {
		return nil, &MethodError{e.opt.Method, "a derivative needs the parameters, not probes", "give --mu or --at"}
	}
	beta, err := e.m.Derivative(pt.Mu, j)
	if err != nil {
		return nil, err
	}
	terms, err := e.termRows()
	if err != nil {
		return nil, err
	}
	values, err := e.assemble(ctx, beta, terms)
	if err != nil {
		return nil, err
	}
	r, err := e.product(ctx, values, x)
	if err != nil {
		return nil, err
	}
	for i := range r.Data {
		r.Data[i] = -r.Data[i]
	}
	if l := e.load(); e.override == nil && l.Varies() {
		dphi, err := l.Derivative(pt.Mu, j)
		if err != nil {
			return nil, err
		}
		for i, v := range l.Combine(dphi).Data {
			r.Data[i] += v
		}
	}
	out, _, err := f.SolveRefined(ctx, r, e.op())
	return out, err
}

// put stores x, or the outputs of it.
func (e *engine[S]) put(x *dense.Matrix[S], res *Result) error {
	if e.outputs == nil {
		e.setX(x, res)
		return nil
	}
	values := dense.New[S](e.outputs.Cols, x.Cols)
	size := 0.0
	for i := range x.Rows {
		for q, c := range e.outputs.Row(i) {
			dense.Axpy(c, x.Row(i), values.Row(q))
		}
	}
	for q := range values.Rows {
		norm := columnNorm(e.outputs, q)
		for j := range values.Cols {
			size = norm * columnNorm(x, j) * res.Estimate
			res.Quantity = append(res.Quantity, Quantity{q, j, toComplex(values.At(q, j)), size})
		}
	}
	e.joinQuantities(x.Cols, res)
	return nil
}

// joinQuantities makes one complex quantity of real and imaginary columns.
func (e *engine[S]) joinQuantities(cols int, res *Result) {
	res.Complex = e.both || scalar.IsComplex[S]()
	if !e.both {
		return
	}
	half := cols / 2
	var out []Quantity
	for lo := 0; lo < len(res.Quantity); lo += cols {
		for j := range half {
			re, im := res.Quantity[lo+j], res.Quantity[lo+half+j]
			out = append(out, Quantity{re.Column, j, complex(real(re.Value), real(im.Value)), re.Estimate + im.Estimate})
		}
	}
	res.Quantity = out
}

func toComplex[S scalar.Scalar](v S) complex128 {
	return complex(scalar.Real(v), scalar.Imag(v))
}

// setX stores x as real or complex numbers.
func (e *engine[S]) setX(x *dense.Matrix[S], res *Result) {
	if r, ok := any(x).(*dense.Matrix[float64]); ok && !e.both {
		res.RealX = r
		return
	}
	res.X = surrogate.Rejoin(x, e.both)
}
