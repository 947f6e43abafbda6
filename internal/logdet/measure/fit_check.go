package measure

import (
	"fmt"
	"math"

	"eimtool/internal/scalar"
)

// check returns an *InputError for nodes that cannot be used.
func check(nodes []Node, size int) error {
	if len(nodes) == 0 {
		return &InputError{-1, "no nodes are given"}
	}
	if size < 1 {
		return &InputError{-1, fmt.Sprintf("the matrix has size %d", size)}
	}
	k := len(nodes[0].Alpha)
	if k > maxParts {
		return &InputError{0, fmt.Sprintf("%d coefficients, at most %d are possible", k, maxParts)}
	}
	for m, n := range nodes {
		if len(n.Alpha) != k {
			return &InputError{m, fmt.Sprintf("%d coefficients, the first node has %d", len(n.Alpha), k)}
		}
		if err := checkAlpha(n.Alpha, m); err != nil {
			return err
		}
		if !finite(n.LogDet) {
			return &InputError{m, "the log determinant is not finite"}
		}
		if err := checkTraces(n, m, size); err != nil {
			return err
		}
	}
	return nil
}

func checkAlpha(alpha []float64, node int) error {
	if len(alpha) == 0 {
		return &InputError{node, "no coefficients are given"}
	}
	for k, a := range alpha {
		if !(a > 0) || !finite(a) {
			return &InputError{node, fmt.Sprintf("coefficient %d is %g, must be positive", k+1, a)}
		}
	}
	return nil
}

// checkTraces refuses derivatives that no sum of positive semidefinite parts
// has. They must add up to the size: Σ α_k·tr(A⁻¹·A_k) = tr(I).
func checkTraces(n Node, m, size int) error {
	const tolerance = 1e-6
	k := len(n.Alpha)
	if n.Second != nil && (n.Second.Rows != k || n.Second.Cols != k || !scalar.AllFinite(n.Second.Data)) {
		return &InputError{m, fmt.Sprintf("the second derivatives are no %d x %d matrix of finite numbers", k, k)}
	}
	if n.Trace == nil {
		return nil
	}
	if len(n.Trace) != k || !scalar.AllFinite(n.Trace) {
		return &InputError{m, fmt.Sprintf("the derivatives are not %d finite numbers", k)}
	}
	sum := 0.
	for j, p := range n.Trace {
		if p < -tolerance*float64(size) {
			return &InputError{m, fmt.Sprintf("the log determinant falls with coefficient %d: part %d is not positive semidefinite", j+1, j+1)}
		}
		sum += p
	}
	if math.Abs(sum-float64(size)) > tolerance*float64(size) {
		return &InputError{m, fmt.Sprintf("the derivatives add up to %.9g instead of the size %d: the parts do not add up to the matrix", sum, size)}
	}
	return nil
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
