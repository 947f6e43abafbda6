package sampled

import (
	"eimtool/internal/dense"
)

// taylor holds the derivatives of orders 2 to 5 of Hermite interpolation at
// the two ends of an interval as combinations of its data: weights of (f₀, f₁,
// f₀', f₁', f₀”, f₁”).
type taylor [2][6][6]float64 // end, order, datum

// newTaylor returns them for cubic or quintic interpolation on length h.
func newTaylor(quintic bool, h float64) taylor {
	var c [6][6]float64 // coefficient of t^k, t ∈ [0, 1]
	if quintic {
		c[2] = [6]float64{0, 0, 0, 0, h * h / 2, 0}
		c[3] = [6]float64{-10, 10, -6 * h, -4 * h, -1.5 * h * h, .5 * h * h}
		c[4] = [6]float64{15, -15, 8 * h, 7 * h, 1.5 * h * h, -h * h}
		c[5] = [6]float64{-6, 6, -3 * h, -3 * h, -.5 * h * h, .5 * h * h}
	} else {
		c[2] = [6]float64{-3, 3, -2 * h, -h, 0, 0}
		c[3] = [6]float64{2, -2, h, h, 0, 0}
	}
	var t taylor
	scale, factorial := h, 1.0
	for order := 2; order <= 5; order++ {
		scale *= h
		factorial *= float64(order)
		for i := range 6 {
			t[0][order][i] = factorial * c[order][i] / scale
			binomial := 1.0
			for k := order; k <= 5; k++ {
				t[1][order][i] += factorial * binomial * c[k][i] / scale
				binomial *= float64(k+1) / float64(k+1-order)
			}
		}
	}
	return t
}

// splineSystem sets up the linear system of the unknown derivatives of a
// spline through n knots.
type splineSystem struct {
	knots   []float64
	known   int // derivatives given at every knot: 0 values alone, 1 slopes too
	unknown int // derivatives sought at every knot
	left    *dense.Matrix[float64]
	right   *dense.Matrix[float64] // columns: values, then slopes when known
	row     int
}

// newSplineSystem returns the equations of the smoothest piecewise cubic or
// quintic with the given data at the knots: continuity of the next
// derivatives, and at the ends no change of the highest ones at the outermost
// inner knots. There must be at least minKnots of them.
func newSplineSystem(quintic, slopes bool, knots []float64) *splineSystem {
	s := &splineSystem{knots: knots, unknown: 1}
	top := 2 // first derivative that has to be made continuous
	if quintic {
		s.unknown, top = 2, 3
	}
	if slopes {
		s.known = 1
		s.unknown--
	}
	n := len(knots)
	s.left = dense.New[float64](s.unknown*n, s.unknown*n)
	s.right = dense.New[float64](s.unknown*n, (1+s.known)*n)
	for i := 1; i < n-1; i++ {
		for o := range s.unknown {
			s.continuity(quintic, i, top+o)
		}
	}
	switch { // 2·unknown equations are missing
	case s.unknown == 1:
		s.continuity(quintic, 1, top+1)
		s.continuity(quintic, n-2, top+1)
	case s.unknown == 2:
		for _, i := range []int{1, 2, n - 3, n - 2} {
			s.continuity(quintic, i, top+2)
		}
	}
	return s
}

// minKnots returns the least number of knots of a spline.
func minKnots(quintic, slopes bool) int {
	if quintic && !slopes {
		return 6
	}
	return 4
}

// continuity adds the equation that the derivative is continuous at knot i.
func (s *splineSystem) continuity(quintic bool, i, order int) {
	for side, sign := range []float64{1, -1} {
		k := i - 1 + side
		h := s.knots[k+1] - s.knots[k]
		weight := newTaylor(quintic, h)[1-side][order]
		// Rows are scaled to the order of values.
		unit := sign
		for range order {
			unit *= s.knots[i+1] - s.knots[i-1]
		}
		for datum, w := range weight {
			s.add(k+datum%2, datum/2, unit*w)
		}
	}
	s.row++
}

// add adds w times a derivative at a knot to the current equation.
func (s *splineSystem) add(knot, derivative int, w float64) {
	n := len(s.knots)
	if derivative <= s.known {
		s.right.Set(s.row, derivative*n+knot, s.right.At(s.row, derivative*n+knot)-w)
		return
	}
	if u := derivative - s.known - 1; u < s.unknown {
		at := u*n + knot
		s.left.Set(s.row, at, s.left.At(s.row, at)+w)
	}
}

// solve returns the unknown derivatives for the given data, one column each.
func (s *splineSystem) solve(data *dense.Matrix[float64]) (*dense.Matrix[float64], error) {
	lu, err := dense.LU(s.left)
	if err != nil {
		return nil, err
	}
	right := dense.Mul(s.right, data).Transpose()
	for i := range right.Rows {
		copy(right.Row(i), lu.Solve(right.Row(i)))
	}
	return right.Transpose(), nil
}

// splinePart returns the spline in one parameter through values and, unless
// they are nil, slopes in the coordinate.
func splinePart(quintic bool, knots, values, slopes []float64) (*Part, error) {
	n := len(knots)
	t := &Part{Kind: KindCubic, Support: knots, Coef: values, First: slopes}
	if quintic {
		t.Kind = KindQuintic
	}
	if slopes != nil && !quintic {
		return t, nil
	}
	data := dense.New[float64](n, 1)
	copy(data.Data, values)
	if slopes != nil {
		data = dense.New[float64](2*n, 1)
		copy(data.Data, values)
		copy(data.Data[n:], slopes)
	}
	d, err := newSplineSystem(quintic, slopes != nil, knots).solve(data)
	if err != nil {
		return nil, err
	}
	at := 0
	if slopes == nil {
		t.First, at = d.Data[:n:n], n
	}
	if quintic {
		t.Second = d.Data[at : at+n : at+n]
	}
	return t, nil
}

// newKnots returns the knots of one axis of a grid.
func newKnots(quintic bool, knots []float64) (*Knots, error) {
	n := len(knots)
	unit := dense.New[float64](n, n)
	for i := range n {
		unit.Set(i, i, 1)
	}
	d, err := newSplineSystem(quintic, false, knots).solve(unit)
	if err != nil {
		return nil, err
	}
	g := &Knots{Support: knots, First: &dense.Matrix[float64]{Rows: n, Cols: n, Data: d.Data[: n*n : n*n]}}
	if quintic {
		g.Second = &dense.Matrix[float64]{Rows: n, Cols: n, Data: d.Data[n*n:]}
	}
	return g, nil
}
