package bracket

import (
	"fmt"
	"math"

	"eimtool/internal/dense"
	"eimtool/internal/logdet/measure"
	"eimtool/internal/scalar"
)

// Model holds M nodes, prepared for bounds at new coefficients. All its fields
// are plain data.
type Model struct {
	Size     int                    // n, the dimension of the matrices
	LogDet   []float64              `doc:"M, log det at the nodes"`
	Log      *dense.Matrix[float64] `doc:"M x (K+1), log of the coefficients, and 1"`
	Inverse  *dense.Matrix[float64] `doc:"M x K, 1/coefficients"`
	Packed   *dense.Matrix[float64] `doc:"M x K, coefficients divided by exp(level - Middle)"`
	Level    []float64              `doc:"M, log det/n"`
	Middle   float64                // of the levels
	Valued   []int                  `doc:"nodes of which the value alone is known"`
	Traced   []int                  `doc:"nodes with traces"`
	Trace    *dense.Matrix[float64] `doc:"Traced x K, traces"`
	Offset   []float64              `doc:"Traced, log det - trace . log coefficients"`
	Slope    *dense.Matrix[float64] `doc:"Traced x K, trace/(n coefficient) exp(level - Middle)"`
	Curved   []int                  `doc:"nodes with second traces, counted in Traced"`
	Second   *dense.Matrix[float64] `doc:"Curved x K(K+1)/2, lower triangle of the second traces by rows, off the diagonal doubled"`
	Mismatch []float64              `doc:"M, deviation of the sums of traces from what they must be"`
}

// sumTolerance is the relative deviation from which on the sum of traces is
// taken for a sign of wrong parts; below it is rounding, which widens the bounds.
const sumTolerance = 1e-8

// reach bounds |level - Middle| where exponentials are stored.
const reach = 600

// New prepares nodes of an affine family of matrices of order size. The bounds
// at a node are its own value, up to rounding. The error is a *NodeError.
func New(nodes []measure.Node, size int) (*Model, error) {
	if size < 1 || len(nodes) == 0 || len(nodes[0].Alpha) == 0 {
		return nil, &NodeError{-1, "there are no nodes, or their matrices or coefficients are empty"}
	}
	parts := len(nodes[0].Alpha)
	m := &Model{
		Size: size, Log: dense.New[float64](len(nodes), parts+1), Inverse: dense.New[float64](len(nodes), parts),
		Packed: dense.New[float64](len(nodes), parts), Trace: &dense.Matrix[float64]{Cols: parts},
		Slope: &dense.Matrix[float64]{Cols: parts}, Second: &dense.Matrix[float64]{Cols: parts * (parts + 1) / 2},
	}
	low, high := math.Inf(1), math.Inf(-1)
	for i := range nodes {
		defect, problem := examine(&nodes[i], parts, size)
		if problem != "" {
			return nil, &NodeError{i, problem}
		}
		m.Mismatch = append(m.Mismatch, defect)
		level := nodes[i].LogDet / float64(size)
		m.Level = append(m.Level, level)
		low, high = min(low, level), max(high, level)
	}
	m.Middle = low/2 + high/2
	for i := range nodes {
		m.add(i, &nodes[i])
	}
	return m, nil
}

// examine returns what is wrong with a node, or how far the sums of its traces
// are from n and from each other.
func examine(n *measure.Node, parts, size int) (defect float64, problem string) {
	if len(n.Alpha) != parts {
		return 0, fmt.Sprintf("%d coefficients, the first node has %d", len(n.Alpha), parts)
	}
	for k, a := range n.Alpha {
		if !(a > 0) || math.IsInf(a, 1) || math.IsInf(1/a, 1) {
			return 0, fmt.Sprintf("coefficient %d is %g, not positive and finite", k+1, a)
		}
	}
	if !finite(n.LogDet) {
		return 0, fmt.Sprintf("log det is %g", n.LogDet)
	}
	if n.Trace == nil {
		if n.Second != nil {
			return 0, "second traces without traces"
		}
		return 0, ""
	}
	if len(n.Trace) != parts || n.Second != nil && (n.Second.Rows != parts || n.Second.Cols != parts) {
		return 0, fmt.Sprintf("traces do not fit %d coefficients", parts)
	}
	defect, problem = sumDefect(n.Trace, float64(size), float64(size), "traces")
	if problem != "" || n.Second == nil {
		return defect, problem
	}
	for k := range parts {
		d, problem := sumDefect(n.Second.Row(k), n.Trace[k], float64(size), fmt.Sprintf("second traces of part %d", k+1))
		if problem != "" {
			return 0, problem
		}
		defect += d
	}
	return defect, ""
}

// sumDefect compares Σx with what it must be, up to a share of scale. Elements
// below zero count as well: none can be, for traces are of products of
// positive semidefinite matrices.
func sumDefect(x []float64, want, scale float64, what string) (float64, string) {
	var sum scalar.Sum
	var below float64
	for _, v := range x {
		sum.Add(v)
		below += max(0, -v)
	}
	defect := math.Abs(sum.Value()-want) + below
	switch {
	case !(defect < math.Inf(1)):
		return 0, what + " are not finite"
	case below > sumTolerance*scale:
		return 0, fmt.Sprintf("%s contain %g: a part is not positive semidefinite", what, -below)
	case defect > sumTolerance*scale:
		return 0, fmt.Sprintf("%s have the sum %.12g instead of %.12g: the parts do not add up to the matrix", what, sum.Value(), want)
	}
	return defect, ""
}

// add stores node i, which has been examined.
func (m *Model) add(i int, n *measure.Node) {
	level := m.Level[i] - m.Middle
	damped := max(-reach, min(reach, level))
	m.LogDet = append(m.LogDet, n.LogDet)
	for k, a := range n.Alpha {
		m.Log.Set(i, k, math.Log(a))
		m.Inverse.Set(i, k, 1/a)
		packed := a * math.Exp(-damped)
		if damped != level || packed > math.MaxFloat64/2 {
			packed = math.MaxFloat64 / 2 // never worth its place
		}
		m.Packed.Set(i, k, packed)
	}
	m.Log.Set(i, len(n.Alpha), 1)
	if n.Trace == nil {
		m.Valued = append(m.Valued, i)
		return
	}
	offset := n.LogDet
	for k, p := range n.Trace {
		p = max(p, 0)
		offset -= p * m.Log.At(i, k)
		m.Trace.Data = append(m.Trace.Data, p)
		m.Slope.Data = append(m.Slope.Data, min(p/float64(m.Size)*math.Exp(damped)/n.Alpha[k], math.MaxFloat64/2))
	}
	if n.Second != nil {
		for j := range n.Second.Rows {
			for k := range j {
				m.Second.Data = append(m.Second.Data, n.Second.At(j, k)+n.Second.At(k, j))
			}
			m.Second.Data = append(m.Second.Data, n.Second.At(j, j))
		}
		m.Second.Rows++
		m.Curved = append(m.Curved, len(m.Traced))
	}
	m.Offset = append(m.Offset, offset)
	m.Traced = append(m.Traced, i)
	m.Trace.Rows++
	m.Slope.Rows++
}

func finite(x float64) bool { return x-x == 0 }
