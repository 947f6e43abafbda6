package bracket

import "fmt"

// NodeError reports a node that no affine family of positive semidefinite parts
// can have, or whose data are no numbers.
type NodeError struct {
	Node    int    // counted from 0, -1: there is no usable node
	Problem string // what is wrong
}

func (e *NodeError) Error() string {
	if e.Node < 0 {
		return "bracket of log det: " + e.Problem
	}
	return fmt.Sprintf("bracket of log det: node %d: %s", e.Node+1, e.Problem)
}

// ContradictionError reports two nodes of which one excludes the value of the
// other: the parts do not add up to the matrices whose determinants were taken,
// the coefficients belong to other parts, or a part is not positive semidefinite.
type ContradictionError struct {
	Node, Other  int     // Other's bounds exclude the value at Node; counted from 0
	LogDet       float64 // value at Node
	Lower, Upper float64 // Other's bounds at Node
}

func (e *ContradictionError) Error() string {
	return fmt.Sprintf("bracket of log det: node %d has log det %.10g, but by node %d it lies between %.10g and %.10g: "+
		"the parts and their coefficients do not give these matrices, or a part is not positive semidefinite",
		e.Node+1, e.LogDet, e.Other+1, e.Lower, e.Upper)
}
