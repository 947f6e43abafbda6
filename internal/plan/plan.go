// Package plan chooses which parameters to simulate when the matrix is known
// to depend linearly on known functions.
//
// If A_μ depends linearly, through an assembly that need not be known, on
// functions g_s(μ, x) and on a fixed part, then empirical interpolation of g
//
//	g_s(μ, x) ≈ Σ_{m=1..M} β_m(μ) g_s(μ_m, x)   for all s and x, Σ_m β_m = 1,
//
// carries over to A_μ ≈ Σ_m β_m(μ) A_{μ_m}, with coefficients that follow from
// the values of g at M magic points alone (Casenave, Ern, Lelièvre, Sylvand,
// arXiv 1307.4330, section 2). Only the M matrices at the selected parameters
// are ever assembled. Rows of the data table are candidate parameters, columns
// the constant 1 and, for every function, its values at the points over the
// largest of them; several functions share one selection.
//
// The package knows nothing of matrices or files.
package plan

import "eimtool/internal/dense"

// Problem is what to choose from.
type Problem struct {
	Names      []string               // parameters, p of them
	Candidates *dense.Matrix[float64] // P x p
	Columns    []string               // coordinates of a point; none where the functions depend on μ alone
	Points     *dense.Matrix[float64] // X x len(Columns); nil without columns: then one point without coordinates
	Functions  []string               // expressions in Names and Columns
	Weights    []float64              // importance of every function, > 0; nil: 1

	// NoConstant says that the matrix has no part that is independent of the
	// parameters: the table has no constant column then, and Σ β_m is free.
	NoConstant bool
}

// Point is a column of the data table.
type Point struct {
	Function int       // 0-based; -1 is the constant 1
	Index    int       // 0-based row of Problem.Points, -1 for the constant
	X        []float64 `doc:"coordinates of the point"`
}

// Step is one step of the selection.
type Step struct {
	Candidate int     // 0-based row of Problem.Candidates
	Error     float64 // largest |g − Ig| over its scale before this term, as the selection saw it
}

// Plan is the outcome of Select.
type Plan struct {
	Names     []string
	Columns   []string
	Functions []string
	Weights   []float64 `doc:"importance of every function"`
	Scales    []float64 `doc:"largest |g_s| over candidates and points"`
	Lower     []float64 `doc:"least value of every parameter over the candidates"`
	Upper     []float64 `doc:"greatest value of every parameter over the candidates"`

	CandidateCount int
	PointCount     int
	Tolerance      float64
	Stop           string // why the selection ended: a Stop… constant of package eim

	Mu      *dense.Matrix[float64] `doc:"M x p, the parameters to simulate, in the order of selection"`
	Magic   []Point                // M, in the order of selection
	Checks  []Point                // further points, where the error is estimated at a new μ
	History []Step                 // M

	// Error is the largest weighted |g_s − Ig_s| over its scale, over all
	// candidates and points; ErrorOverLeast the largest over the candidates of
	// max_x |g_s − Ig_s| / min_x |g_s|, +Inf where a function vanishes.
	Error, ErrorOverLeast float64
	Passes                float64 // how often the table of values was evaluated

	Warnings []string // what the user should know, in whole sentences
}

// Terms returns M.
func (p *Plan) Terms() int { return len(p.Magic) }
