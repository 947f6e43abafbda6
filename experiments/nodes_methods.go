package main

import (
	"context"
	"errors"
	"fmt"
	"math"

	"eimtool/internal/dense"
	"eimtool/internal/lambda"
	"eimtool/internal/logdet/measure"
	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
)

// combined holds the largest errors over the tests of what weights λ make of
// nodes: of Σ λ_m·A_m⁻¹, relative in the Frobenius norm, and of Σ λ_m·log det A_m.
type combined struct{ inverse, logDet float64 }

func (c combined) String() string { return pair(c.inverse, c.logDet) }

// combination is a choice of nodes among the candidates and of weights.
type combination struct {
	nodes []int
	// at returns the weights of the inverses at α, and log det there from that of
	// the nodes.
	at func(alpha, logDets []float64) (inverses []float64, logDet float64, err error)
}

// normalisedPowers is a dictionary that package lambda does not have; see
// normalised.
const normalisedPowers = "powers of h"

// weights takes nodes and weights from a dictionary of package lambda for the
// quantity lambda.Inverse, LogDet or Joint, or from normalisedPowers.
func (b *blocks) weights(ctx context.Context, dictionary, quantity string, m int) (*combination, error) {
	if dictionary == normalisedPowers {
		return b.normalised(ctx, m)
	}
	model, err := exactly(ctx, &lambda.Input[float64]{
		Alpha: b.candidates, Weight: b.sizes(), Positive: true, Quantity: quantity, Size: b.Size(),
	}, dictionary, m)
	if err != nil {
		return nil, err
	}
	return &combination{model.Nodes, func(alpha, logDets []float64) ([]float64, float64, error) {
		w, err := model.At(alpha)
		if err != nil {
			return nil, 0, err
		}
		return w.Solution, model.LogDet(w, b.Size(), logDets), nil
	}}, nil
}

// exactly returns a model with m nodes.
func exactly(ctx context.Context, in *lambda.Input[float64], dictionary string, m int) (*lambda.Model[float64], error) {
	model, err := lambda.FitKind(ctx, in, dictionary, m)
	if err == nil && len(model.Nodes) < m {
		err = fmt.Errorf("dictionary %s ends with %d of %d nodes", dictionary, len(model.Nodes), m)
	}
	return model, err
}

// normalised takes nodes and weights from the monomials of degree M + 4 of
// h_k = w_k·α_k/s, k ≥ 2, s = Σ w_k·α_k, w_k = tr(A_k)/N, moved to [-1, 1], and
// picks freely among them. λ belongs to s·A⁻¹ and log det A - N·log s.
func (b *blocks) normalised(ctx context.Context, m int) (*combination, error) {
	w := b.sizes()
	h := func(alpha []float64) ([]float64, float64) {
		s := dense.Dotc(w, alpha)
		var x []float64
		for k := 1; k < len(w); k++ {
			x = append(x, w[k]*alpha[k]/s)
		}
		return x, s
	}
	x := dense.New[float64](b.candidates.Rows, len(w)-1)
	low, high := make([]float64, x.Cols), make([]float64, x.Cols)
	for i := range x.Rows {
		row, _ := h(b.candidates.Row(i))
		copy(x.Row(i), row)
		for k, v := range row {
			if i == 0 {
				low[k], high[k] = v, v
			}
			low[k], high[k] = min(low[k], v), max(high[k], v)
		}
	}
	move := func(x []float64) {
		for k, v := range x {
			x[k] = (2*v - low[k] - high[k]) / (high[k] - low[k])
		}
	}
	for i := range x.Rows {
		move(x.Row(i))
	}
	model, err := exactly(ctx, &lambda.Input[float64]{Alpha: x, Quantity: lambda.Joint, Size: b.Size()}, lambda.Powers, m)
	if err != nil {
		return nil, err
	}
	return &combination{model.Nodes, func(alpha, logDets []float64) ([]float64, float64, error) {
		x, s := h(alpha)
		move(x)
		l, err := model.At(x)
		if err != nil {
			return nil, 0, err
		}
		inverses := make([]float64, m)
		logDet := float64(b.Size()) * math.Log(s)
		for k, i := range model.Nodes {
			_, node := h(b.candidates.Row(i))
			inverses[k] = l.Lambda[k] * node / s
			logDet += l.Lambda[k] * (logDets[k] - float64(b.Size())*math.Log(node))
		}
		return inverses, logDet, nil
	}}, nil
}

// combine returns the errors of a combination.
func (b *blocks) combine(ctx context.Context, c *combination) (combined, error) {
	at := b.at(c.nodes)
	logDets := make([]float64, len(at))
	for m, n := range at {
		logDets[m] = n.logDet
	}
	errs := make([]combined, b.tests.Rows)
	failed := make([]error, b.tests.Rows)
	err := scalar.Each(ctx, b.tests.Rows, 0, func(i int) {
		weights, logDet, err := c.at(b.tests.Row(i), logDets)
		if err != nil {
			failed[i] = err
			return
		}
		sum := make([]float64, len(b.exact[i].inverse))
		for m, n := range at {
			dense.Axpy(weights[m], n.inverse, sum)
		}
		errs[i] = combined{distance(sum, b.exact[i].inverse, nil), math.Abs(logDet - b.exact[i].logDet)}
	})
	var inverse, logDet worst
	for _, e := range errs {
		inverse.see(e.inverse)
		logDet.see(e.logDet)
	}
	return combined{float64(inverse), float64(logDet)}, errors.Join(append(failed, err)...)
}

// What a node tells the measure.
const (
	ofValues   = iota // log det alone
	ofSlopes          // and its derivatives by log α_k
	ofHessians        // and the second ones
)

// byMeasure returns the largest error of log det by the symbol measure of M
// nodes of its own choice.
func (b *blocks) byMeasure(ctx context.Context, told, m int) (float64, error) {
	model, _, err := measure.Build(ctx, &measure.Problem{
		Size: b.Size(), Candidates: b.candidates, MaxNodes: m,
		Evaluate: func(_ context.Context, i int) (measure.Node, error) {
			n := b.node(i)
			if told < ofHessians {
				n.Second = nil
			}
			if told < ofSlopes {
				n.Trace = nil
			}
			return n, nil
		},
	})
	if err != nil {
		return 0, err
	}
	var e worst
	for i, x := range b.exact {
		l, err := model.LogDet(b.tests.Row(i))
		if err != nil {
			return 0, err
		}
		e.see(math.Abs(l - x.logDet))
	}
	return float64(e), nil
}

// byGalerkin returns the largest relative error, in the 2-norm, of solutions by
// Galerkin projection on the span of the solutions at the candidates given.
func (b *blocks) byGalerkin(ctx context.Context, candidates []int) (float64, error) {
	s := dense.New[float64](b.Size(), len(candidates))
	for m, n := range b.at(candidates) {
		for i, x := range n.solution {
			s.Set(i, m, x/dense.Norm(n.solution))
		}
	}
	v := dense.QR(s).Q()
	var e worst
	for i, x := range b.exact {
		a := b.At(b.tests.Row(i))
		av := dense.New[float64](v.Rows, v.Cols)
		if err := matrix.MulBlock(ctx, a.Pattern, a.Values, v, av, matrix.NoTranspose, 0); err != nil {
			return 0, err
		}
		f, err := dense.LU(dense.Mul(v.Transpose(), av))
		if err != nil {
			return 0, err
		}
		u := dense.VecMul(f.Solve(dense.VecMul(b.load, v)), v.Transpose())
		e.see(distance(u, x.solution, nil))
	}
	return float64(e), nil
}
