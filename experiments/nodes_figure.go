package main

// nodesFigure is the figure of one family: inverses and solutions, log
// determinants.
type nodesFigure struct{ figure }

func newNodesFigure(parts string) *nodesFigure {
	left := panel{title: parts + " blocks: inverse", x: "nodes M", y: "largest relative error"}
	for _, l := range []string{"powers of α", "powers of h, graded", "symbols", "reduced basis, u"} {
		left.lines = append(left.lines, line{label: l})
	}
	right := panel{title: parts + " blocks: log det", x: "nodes M", y: "largest absolute error"}
	for _, l := range []string{"powers of α", "powers of h, graded", "symbols", "measure, values", "measure, slopes", "measure, Hessians"} {
		right.lines = append(right.lines, line{label: l})
	}
	return &nodesFigure{figure{
		name:   "nodes-" + parts,
		alt:    "Errors of inverses, solutions and log determinants of " + parts + " thermal blocks against the number of nodes",
		panels: []panel{left, right},
	}}
}

// add adds the errors with m nodes.
func (f *nodesFigure) add(m int, r *nodesResults) {
	for p, errs := range [][]float64{
		{r.powers.inverse, r.graded.inverse, r.symbols.inverse, r.galerkin},
		{r.powers.logDet, r.graded.logDet, r.symbols.logDet, r.measures[ofValues], r.measures[ofSlopes], r.measures[ofHessians]},
	} {
		for i, e := range errs {
			f.panels[p].lines[i].add(float64(m), e)
		}
	}
}
