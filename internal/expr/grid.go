package expr

import (
	"fmt"
	"math"
)

// Grid evaluates one expression at parameters x points. It is never changed and
// may be used by several goroutines at a time, each with its own Work.
//
// The expression is lowered to a program on blocks of points: what depends on
// the parameter alone is computed once per parameter, costly parts that depend on
// the point alone once in all. A block of which the program cannot tell that all
// its values exist is evaluated once more, point by point.
type Grid struct {
	e          *Expr
	parameters int
	points     [][]float64 // column c: the values of name parameters+c
	length     int
	across     *program    // for one parameter and many points; nil: point by point
	along      *program    // for one point and many parameters
	stored     [][]float64 // of across
	suspect    bool        // some point has no value
}

// Work is the scratch of one goroutine for one Grid.
type Work struct {
	x      []float64
	across *machine
	along  *machine
	rows   [][]float64 // blocks of columns of parameters
}

// PointError says at which pair of a parameter and a point an expression has no
// value.
type PointError struct {
	Row   int // 0-based row of the parameters; 0 for Fill
	Point int // 0-based
	Err   *EvalError
}

func (e *PointError) Error() string {
	return fmt.Sprintf("parameter %d, point %d: %v", e.Row+1, e.Point+1, e.Err)
}

// Unwrap returns the cause.
func (e *PointError) Unwrap() error { return e.Err }

// NewGrid prepares e for the points: the first parameters names of e are
// parameters, the others are coordinates of a point. points[c] holds coordinate
// c of every point; without coordinates there is one point. The slices are kept
// and must not be changed.
func NewGrid(e *Expr, parameters int, points [][]float64) (*Grid, error) {
	if parameters < 0 || parameters+len(points) != e.names {
		return nil, fmt.Errorf("%q: %d parameters and %d coordinates for %d names", shorten(e.src), parameters, len(points), e.names)
	}
	g := &Grid{e: e, parameters: parameters, points: points, length: 1}
	for c, column := range points {
		if c == 0 {
			g.length = len(column)
		}
		if len(column) != g.length {
			return nil, fmt.Errorf("coordinate %d is given for %d points, coordinate 1 for %d", c+1, len(column), g.length)
		}
	}
	g.compile()
	return g, nil
}

// Len returns the number of points.
func (g *Grid) Len() int { return g.length }

// Bytes returns how much memory the grid holds for all points, beside the points.
func (g *Grid) Bytes() int64 { return 8 * int64(len(g.stored)) * int64(g.length) }

// NewWork returns scratch for one goroutine.
func (g *Grid) NewWork() *Work {
	w := &Work{x: make([]float64, g.e.names)}
	if g.across != nil {
		w.across = newMachine(g.across)
	}
	return w
}

// longest and widest bound the programs that are run by blocks: instructions of
// the expression, and values that are needed at a time.
const (
	longest = 1 << 14
	widest  = 256
)

// compile makes the programs.
func (g *Grid) compile() {
	if len(g.e.code) > longest {
		return
	}
	room := 0
	if g.length > 0 {
		room = storedBytes / 8 / g.length
	}
	graph, result := lower(g.e, func(v int) bool { return v >= g.parameters })
	if graph.hopeless() {
		return
	}
	across := graph.schedule(result, room)
	graph, result = lower(g.e, func(v int) bool { return v < g.parameters })
	along := graph.schedule(result, 0)
	if across.buffers > widest || along.buffers > widest {
		return
	}
	g.across, g.along = across, along
	for _, v := range g.e.variables {
		if v >= g.parameters && !allFinite(g.points[v-g.parameters]) {
			g.suspect = true
		}
	}
	if len(across.stored) > 0 {
		g.fillStored()
	}
}

// fillStored computes what is kept for all points: NaN where it does not exist.
func (g *Grid) fillStored() {
	for range g.across.stored {
		g.stored = append(g.stored, make([]float64, g.length))
	}
	m := newMachine(g.across)
	for lo := 0; lo < g.length; lo += blockSize {
		hi := min(lo+blockSize, g.length)
		if g.store(m, lo, hi) {
			continue
		}
		for i := lo; i < hi; i++ {
			if g.store(m, i, i+1) {
				continue
			}
			g.suspect = true
			for _, column := range g.stored {
				column[i] = math.NaN()
			}
		}
	}
}

// store computes the stored nodes of the points lo to hi, or returns false if one
// of them may not exist.
func (g *Grid) store(m *machine, lo, hi int) bool {
	for _, id := range g.across.inputs {
		m.val[id] = g.points[g.across.nodes[id].input-g.parameters][lo:hi]
	}
	if !m.run(g.across.store, hi-lo) {
		return false
	}
	for k, id := range g.across.stored {
		if !allFinite(m.val[id]) {
			return false
		}
		copy(g.stored[k][lo:hi], m.val[id])
	}
	return true
}
