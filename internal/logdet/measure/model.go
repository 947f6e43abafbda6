// Package measure models log det A_μ of an affine family A_μ = Σ α_k·A_k, with
// α_k > 0 and positive semidefinite parts, from its values and derivatives at a
// few nodes.
//
// If the parts commute, log det A_μ = Σ_i log(α·x_i) with the joint eigenvalues
// x_i: the integral of log(α·x) over a nonnegative measure. The package fits
// such a measure to the nodes by nonnegative least squares, and what is left,
// which is what does not commute, by a signed one of minimum norm. Several fits
// with different candidates and weights give a value, their mean, and an
// estimate of its error from their spread.
//
// It knows no matrices: whoever makes a Node has factorised them. Log
// determinants of families that are not affine, and bounds that hold with
// certainty, are elsewhere.
package measure

import (
	"fmt"

	"eimtool/internal/dense"
)

// Node is what is known of the family at one parameter.
type Node struct {
	Alpha  []float64 `doc:"K coefficients, positive"`
	LogDet float64
	// Trace holds α_k·tr(A⁻¹·A_k), the derivative of LogDet by log α_k. Their sum
	// is the size of the matrix. nil: unknown.
	Trace []float64 `doc:"K derivatives by log alpha"`
	// Second holds α_j·α_k·tr(A⁻¹·A_j·A⁻¹·A_k). nil: unknown.
	Second *dense.Matrix[float64] `doc:"K x K second-order traces"`
}

// Options steer Fit. The zero value is the default.
type Options struct {
	Seed    uint64 // of the candidates of the fits
	Threads int    // ≤ 0: all
	Fits    int    // number of fits; 0 means 8
}

// Value is what the model says at one parameter.
type Value struct {
	LogDet float64
	Slope  []float64 // K derivatives by log α_k; their sum is the size
	Spread float64   // largest minus smallest value among the fits
	// Estimate of the error of LogDet: see Model.Factor.
	Estimate float64
	// Outside is how far log α lies outside the box of the nodes, in the worst
	// coordinate and relative to the width of the box. 0 inside.
	Outside float64
}

// Model evaluates log det A_μ. All its exported fields are plain data.
type Model struct {
	Size  int       // N
	Scale []float64 `doc:"K positive coefficients c of the homogeneous scale s = c.alpha"`

	Low, High []float64 `doc:"K-1 bounds of log(alpha_k/alpha_1), k >= 2, over the nodes"`

	// The error estimate is Factor·(spread + Floor·LargestSpread) + Rounding.
	Factor, Floor float64
	LargestSpread float64 // over the box of the nodes
	Rounding      float64 // error of sums of this size in double precision

	Calibration *Calibration // how Build came to this model; nil without it

	// The fits are N·log s, s = Scale·α, plus functions of t_k = log(α_k/α_1) in
	// a box a little larger than that of the nodes: polynomials, plus the measure
	// of the first fit unless Whole; or, with many parts, Σ w·log(h·x) over all
	// atoms x with the shares h_k = c_k·α_k/s. Outside of that box they are these
	// functions at the nearest point of the box plus the difference of their
	// nonnegative measures between the two points.
	Fits           int
	Middle, Half   []float64    `doc:"K-1, middle and half width of the box of t"`
	Polynomials    *Polynomials // mean, its K-1 derivatives, every fit less the mean
	Whole          bool
	ReductionError float64                // error of the mean by the polynomials
	Constants      []float64              `doc:"of the nonnegative measures of the fits"`
	Atoms          *dense.Matrix[float64] `doc:"atoms of the nonnegative measures x K, one fit after the other"`
	Weights        []float64              `doc:"of the atoms"`
	Ends           []int                  `doc:"where the atoms of every fit end"`
	Cloud          *dense.Matrix[float64] `doc:"all atoms x K, instead of polynomials"`
	CloudWeights   *dense.Matrix[float64] `doc:"mean and every fit less the mean x all atoms"`
	CloudConstants []float64              `doc:"constants of the mean and of every fit less the mean"`
}

// maxParts is the largest number of parts.
const maxParts = 32

// InputError reports nodes or a parameter that cannot be used.
type InputError struct {
	Node int // index of the node, -1 for the parameter to be evaluated
	What string
}

func (e *InputError) Error() string {
	if e.Node < 0 {
		return "measure: " + e.What
	}
	return fmt.Sprintf("measure: node %d: %s", e.Node+1, e.What)
}
