package plan

import (
	"fmt"
	"math"
	"slices"

	"eimtool/internal/expr"
)

// compiled is a Problem whose parts are known to fit together.
type compiled struct {
	*Problem
	exprs    []*expr.Expr
	weights  []float64
	moving   []bool      // functions that use a coordinate of the points
	complex  bool        // a function is complex
	rows     [][]float64 // the candidates
	points   [][]float64 // columns of the points
	count    int         // of points
	warnings []string
}

// compile checks p. Errors: *ProblemError, *FunctionError.
func (p *Problem) compile() (*compiled, error) {
	c := &compiled{Problem: p, weights: p.Weights, count: 1}
	if err := p.check(); err != nil {
		return nil, err
	}
	if c.weights == nil {
		c.weights = make([]float64, len(p.Functions))
		for s := range c.weights {
			c.weights[s] = 1
		}
	}
	names := append(append([]string(nil), p.Names...), p.Columns...)
	for s, src := range p.Functions {
		e, err := expr.Parse(src, names)
		if err != nil {
			return nil, &FunctionError{Function: s, Text: src, Err: err}
		}
		c.exprs = append(c.exprs, e)
		c.complex = c.complex || e.Complex()
		used := e.Variables()
		c.moving = append(c.moving, slices.ContainsFunc(used, func(v int) bool { return v >= len(p.Names) }))
		if !p.NoConstant && !slices.ContainsFunc(used, func(v int) bool { return v < len(p.Names) }) {
			c.warn("function %d, %s, depends on no parameter: it belongs to the constant part and may be left out", s+1, src)
		}
	}
	for i := range p.Candidates.Rows {
		c.rows = append(c.rows, p.Candidates.Row(i))
	}
	if len(p.Columns) > 0 {
		c.count = p.Points.Rows
		c.points = make([][]float64, len(p.Columns))
		for j := range c.points {
			c.points[j] = make([]float64, c.count)
			for i := range c.count {
				c.points[j][i] = p.Points.At(i, j)
			}
		}
	}
	return c, nil
}

func (c *compiled) warn(format string, args ...any) {
	c.warnings = append(c.warnings, fmt.Sprintf(format, args...))
}

// point returns the coordinates of a point.
func (c *compiled) point(i int) []float64 {
	x := make([]float64, len(c.Columns))
	for j := range x {
		x[j] = c.points[j][i]
	}
	return x
}

// check returns the first thing wrong with the numbers and names.
func (p *Problem) check() error {
	switch {
	case len(p.Functions) == 0:
		return &ProblemError{"functions", "no function is given", "give at least one function of the parameters"}
	case p.Candidates == nil || p.Candidates.Rows == 0:
		return &ProblemError{"candidates", "there are no candidates", "give a table with one row for every parameter that could be simulated"}
	case len(p.Names) == 0 || p.Candidates.Cols != len(p.Names):
		return &ProblemError{"candidates", fmt.Sprintf("the candidates have %d values per row for %d parameters", p.Candidates.Cols, len(p.Names)), ""}
	case len(p.Columns) > 0 && (p.Points == nil || p.Points.Rows == 0):
		return &ProblemError{"points", "there are no points", "give at least one point, or none of the columns"}
	case len(p.Columns) > 0 && p.Points.Cols != len(p.Columns):
		return &ProblemError{"points", fmt.Sprintf("the points have %d values per row for %d columns", p.Points.Cols, len(p.Columns)), ""}
	case p.Weights != nil && len(p.Weights) != len(p.Functions):
		return &ProblemError{"weights", fmt.Sprintf("%d weights for %d functions", len(p.Weights), len(p.Functions)), "give one weight for every function, in the same order, or none"}
	}
	for s, w := range p.Weights {
		if !(w > 0) || math.IsInf(w, 0) {
			return &ProblemError{"weights", fmt.Sprintf("weight %d is %g, want a positive number", s+1, w), "leave a function without importance out"}
		}
	}
	seen := map[string]bool{}
	for _, n := range p.Names {
		if seen[n] {
			return &ProblemError{"names", fmt.Sprintf("two parameters have the name %q", n), "rename one of them"}
		}
		seen[n] = true
	}
	for _, n := range p.Columns {
		if seen[n] {
			return &ProblemError{"names", fmt.Sprintf("the points have a column %q, and so have the parameters, or the points have two", n), "rename the column of the points"}
		}
		seen[n] = true
	}
	return p.checkFinite()
}

func (p *Problem) checkFinite() error {
	for i, v := range p.Candidates.Data {
		if v-v != 0 {
			return &ProblemError{"candidates", fmt.Sprintf("candidate %d: %s is %g, want a finite number", i/p.Candidates.Cols+1, p.Names[i%p.Candidates.Cols], v), "repair or remove the row"}
		}
	}
	if len(p.Columns) == 0 {
		return nil
	}
	for i, v := range p.Points.Data {
		if v-v != 0 {
			return &ProblemError{"points", fmt.Sprintf("point %d: %s is %g, want a finite number", i/p.Points.Cols+1, p.Columns[i%p.Points.Cols], v), "repair or remove the row"}
		}
	}
	return nil
}

// box returns the least and greatest value of every parameter.
func (p *Problem) box() (lower, upper []float64) {
	lower = append([]float64(nil), p.Candidates.Row(0)...)
	upper = append([]float64(nil), lower...)
	for i := range p.Candidates.Rows {
		for j, v := range p.Candidates.Row(i) {
			lower[j], upper[j] = min(lower[j], v), max(upper[j], v)
		}
	}
	return lower, upper
}

// central returns the candidate nearest to the centre of the box of the
// candidates, parameters scaled to the same width; the lowest of equals.
func (p *Problem) central() int {
	const tie = 1e-12
	lower, upper := p.box()
	best, least := 0, math.Inf(1)
	for i := range p.Candidates.Rows {
		var d float64
		for j, v := range p.Candidates.Row(i) {
			if w := upper[j] - lower[j]; w > 0 {
				u := (v-lower[j])/w - (upper[j]-v)/w
				d += u * u
			}
		}
		if d < least*(1-tie) {
			best, least = i, d
		}
	}
	return best
}
