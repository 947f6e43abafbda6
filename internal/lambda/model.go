package lambda

import (
	"math"

	"eimtool/internal/dense"
	"eimtool/internal/scalar"
)

// Model holds what the weights need at new coordinates. All its fields are
// plain data.
type Model[T scalar.Scalar] struct {
	Kind     string // dictionary
	Quantity string
	Nodes    []int `doc:"M samples that are combined, 0-based"`

	Coordinates Coordinates[T]
	Functions   *Functions[T]    // M chosen functions
	Lower       *dense.Matrix[T] `doc:"M x M, lower factor of the functions (columns) at the nodes (rows)"`
	Upper       *dense.Matrix[T] `doc:"M x M, unit upper factor"`
	Fit         *RowFit[T]       // instead of Lower and Upper: least squares in all functions
	NodeScale   []T              `doc:"M, homogeneous scale s at the nodes"`

	BoxLow, BoxHigh []float64 `doc:"range of the scaled coordinates over the samples (complex: real parts, then imaginary parts)"`

	Directions   *dense.Matrix[T] `doc:"X x K, directions x of the error indicators"`
	NodeInverses *dense.Matrix[T] `doc:"X x M, 1/(h.x) at the nodes"`
	NodeLogs     *dense.Matrix[T] `doc:"X x M, log(h.x) at the nodes; absent for solutions alone"`

	Scores []Score // the candidates, best first; none for FitKind
}

// Score says how well a dictionary combined the held-out samples.
type Score struct {
	Kind  string
	Nodes int
	// Error is the largest error over the held-out samples: relative in the
	// 2-norm for solutions, absolute for log determinants, the geometric mean of
	// both for Joint with log determinants. Solutions and LogDet are its parts.
	Error, Solutions, LogDet float64
	AbsSum                   float64   // largest Σ|λ| over the held-out samples
	Curve                    []float64 `doc:"errors with 1, 2, ... nodes"`
	Refusal                  string    // why there is no such dictionary
}

// Weights are the weights of the nodes at one parameter.
type Weights[T scalar.Scalar] struct {
	// Lambda are the weights λ_m of what does not change with a common factor
	// of all coordinates; their sum is 1. Log determinants use them, see LogDet.
	Lambda []T
	// Solution are the weights of the solutions, λ_m·s_m/s:
	// A_μ⁻¹·b ≈ Σ Solution_m·A_m⁻¹·b.
	Solution []T
	Scale    T       // s(μ)
	SumError float64 // |Σλ - 1|
	AbsSum   float64 // Σ|λ|, the growth of errors of the nodes' results
	// Outside is how far the coordinates lie outside the box of the samples,
	// relative to its width.
	Outside float64
	// Eta is the largest relative error with which the weights combine the
	// symbols 1/(h·x) and EtaLog, where log determinants are wanted, the largest
	// absolute one for log(h·x), over the directions x. When the parts commute
	// and the directions are their joint eigenvalues, Eta bounds the error of
	// A⁻¹ relative to A⁻¹, and n·EtaLog that of log det. Directions is the number
	// of directions; without any both are 0. They are MaxFloat64 where a symbol
	// has left the right half-plane.
	Eta, EtaLog float64
	Directions  int
}

// At returns the weights at coordinates alpha (K). The errors are *InputError
// for what is no coordinate vector and *RangeError where the weights do not exist.
func (m *Model[T]) At(alpha []T) (*Weights[T], error) {
	h, s, err := m.Coordinates.at(alpha)
	if err != nil {
		return nil, err
	}
	w := &Weights[T]{Lambda: make([]T, len(m.Nodes)), Solution: make([]T, len(m.Nodes)), Scale: s}
	values := make([]T, m.Functions.count())
	if err := m.Functions.values(h, values); err != nil {
		return nil, err
	}
	if m.Fit != nil {
		m.Fit.weights(values, w.Lambda)
	} else {
		weights(m.Lower, m.Upper, values)
		copy(w.Lambda, values)
	}
	sum := scalar.Of[T](-1, 0)
	for k, l := range w.Lambda {
		w.Solution[k] = l * (m.NodeScale[k] / s)
		sum += l
		w.AbsSum += scalar.Abs(l)
	}
	if !scalar.AllFinite(w.Lambda) || !scalar.AllFinite(w.Solution) {
		return nil, &RangeError{"the weights overflow"}
	}
	w.SumError = scalar.Abs(sum)
	w.Outside = outside(h, m.BoxLow, m.BoxHigh)
	m.indicate(w, h)
	return w, nil
}

// indicate sets the error indicators.
func (m *Model[T]) indicate(w *Weights[T], h []T) {
	if m.Directions == nil {
		return
	}
	w.Directions = m.Directions.Rows
	for j := range m.Directions.Rows {
		d := symbolOf(h, m.Directions.Row(j))
		if !usable(d, formLog) {
			w.Eta, w.EtaLog = math.MaxFloat64, math.MaxFloat64
			return
		}
		rest := scalar.Of[T](1, 0)
		for k, inv := range m.NodeInverses.Row(j) {
			rest -= w.Lambda[k] * (d * inv)
		}
		w.Eta = math.Max(w.Eta, scalar.Abs(rest))
		if m.NodeLogs == nil {
			continue
		}
		rest = logarithm(d)
		for k, l := range m.NodeLogs.Row(j) {
			rest -= w.Lambda[k] * l
		}
		w.EtaLog = math.Max(w.EtaLog, scalar.Abs(rest))
	}
}

// LogDet combines the log determinants of the nodes, of matrices of order n:
// log det A_μ ≈ n·log s + Σ λ_m·(log det A_m - n·log s_m). Complex scales take the
// principal branch, log determinants must follow one continuous branch.
func (m *Model[T]) LogDet(w *Weights[T], n int, nodes []T) T {
	size := scalar.Of[T](float64(n), 0)
	d := size * logarithm(w.Scale)
	for k, l := range w.Lambda {
		d += l * (nodes[k] - size*logarithm(m.NodeScale[k]))
	}
	return d
}
