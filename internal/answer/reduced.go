package answer

import (
	"context"

	"eimtool/internal/dense"
	"eimtool/internal/reduced"
	"eimtool/internal/scalar"
	"eimtool/internal/surrogate"
)

// reducedPoint returns the family at the point for the reduced basis.
func (e *engine[S]) reducedPoint(pt *point[S]) (*reduced.Point[S], error) {
	if err := e.needsMu(pt); err != nil {
		return nil, err
	}
	return surrogate.PointOf(e.m, e.inv, pt.answer, pt.Mu)
}

// runReduced projects on the reduced basis.
func (e *engine[S]) runReduced(_ context.Context, pt *point[S]) (*Result, error) {
	rp, err := e.reducedPoint(pt)
	if err != nil {
		return nil, err
	}
	ans, err := e.inv.Basis.Solve(rp, reduced.SolveOptions{NoEstimate: e.opt.NoEstimate})
	if err != nil {
		return nil, err
	}
	res := unknown(Reduced)
	res.Projection = ans.Projection
	return res, e.fromBasis(pt, rp, ans, res)
}

// fromBasis fills in the result of coordinates in the reduced basis.
func (e *engine[S]) fromBasis(pt *point[S], rp *reduced.Point[S], ans *reduced.Answer[S], res *Result) error {
	res.BasisSize = ans.C.Rows
	res.Estimate, res.Reduction, res.Model, res.RoundOff = ans.Estimate, ans.Reduction, ans.Model, ans.RoundOff
	res.Condition, res.Bound = ans.Condition, ans.EnergyBound
	c := ans.C
	switch {
	case e.opt.Derivative > 0:
		dtheta, err := e.m.DerivativeTheta(pt.Mu, e.opt.Derivative-1)
		if err != nil {
			return err
		}
		dphi, err := e.load().Derivative(pt.Mu, e.opt.Derivative-1)
		if err != nil {
			return err
		}
		if c, err = e.inv.Basis.Derivative(rp, scalar.FromComplex[S](dtheta), dphi, ans); err != nil {
			return err
		}
	case e.outputs != nil && e.prepared:
		return e.preparedOutputs(rp, ans, res)
	}
	x, err := e.expand(c)
	if err != nil {
		return err
	}
	return e.put(x, res)
}

// expand returns the vector with coordinates c in the reduced basis.
func (e *engine[S]) expand(c *dense.Matrix[S]) (*dense.Matrix[S], error) {
	if err := e.fetch(e.path + "/basis/v"); err != nil {
		return nil, err
	}
	x := dense.New[S](e.m.Rows, c.Cols)
	e.inv.Basis.Expand(c, x, e.opt.Threads)
	return x, nil
}

// preparedOutputs gives the outputs that the basis was prepared for; nothing of
// the size of x is touched.
func (e *engine[S]) preparedOutputs(rp *reduced.Point[S], ans *reduced.Answer[S], res *Result) error {
	out, err := e.inv.Basis.Outputs(rp, ans)
	if err != nil {
		return err
	}
	for _, o := range out {
		bound := e.inv.Basis.OutputNorm[o.Quantity] * columnNorm(ans.C, o.Column) * ans.Estimate // |c||x|, V being orthonormal
		if !(o.Estimate <= bound) {
			o.Estimate = bound
		}
		res.Quantity = append(res.Quantity, Quantity{o.Quantity, o.Column, toComplex(o.Value), o.Estimate})
	}
	e.joinQuantities(ans.C.Cols, res)
	return nil
}

// runCombine combines the samples' solutions with weights λ(μ).
func (e *engine[S]) runCombine(_ context.Context, pt *point[S]) (*Result, error) {
	alpha, err := e.m.Alpha(pt.answer, e.inv.LambdaModes)
	if err != nil {
		return nil, err
	}
	w, err := e.inv.Lambda.At(scalar.FromComplex[S](alpha))
	if err != nil {
		return nil, err
	}
	basis := e.inv.Basis
	c := dense.New[S](basis.Size(), basis.Columns)
	for k, node := range e.inv.Lambda.Nodes {
		for j := range basis.Columns {
			for i, v := range basis.Solutions.Row(node*basis.Columns + j) {
				c.Data[i*c.Cols+j] += w.Solution[k] * v
			}
		}
	}
	return e.judgeCoordinates(pt, c, Combine)
}

// runInterpolate evaluates the interpolation of the samples' solutions.
func (e *engine[S]) runInterpolate(_ context.Context, pt *point[S]) (*Result, error) {
	if pt.Mu == nil {
		return nil, &MethodError{Interpolate, "solutions are interpolated in the parameters, not from probes", "give --mu or --at"}
	}
	c, modelError, err := surrogate.InterpolateSolutions(e.inv, pt.Mu)
	if err != nil {
		return nil, err
	}
	if pt.answer.Modelled { // then the residual says more than left-out samples
		return e.judgeCoordinates(pt, c, Interpolate)
	}
	rp, err := e.reducedPoint(pt)
	if err != nil {
		return nil, err
	}
	res := unknown(Interpolate)
	ans := &reduced.Answer[S]{C: c, Estimate: modelError + e.inv.SolutionError, Model: modelError, Reduction: e.inv.SolutionError, EnergyBound: res.Bound, Condition: res.Condition}
	return res, e.fromBasis(pt, rp, ans, res)
}

// judgeCoordinates estimates the error of coordinates in the reduced basis.
func (e *engine[S]) judgeCoordinates(pt *point[S], c *dense.Matrix[S], method string) (*Result, error) {
	rp, err := e.reducedPoint(pt)
	if err != nil {
		return nil, err
	}
	ans, err := e.inv.Basis.Estimate(rp, c)
	if err != nil {
		return nil, err
	}
	res := unknown(method)
	return res, e.fromBasis(pt, rp, ans, res)
}
