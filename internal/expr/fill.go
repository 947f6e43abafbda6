package expr

import (
	"fmt"

	"eimtool/internal/scalar"
)

// Fill sets dst[i-lo] to the value at the parameter mu and point i for
// lo <= i < hi. Values are those of Expr.Eval, bit for bit; those of
// Expr.EvalReal if T is float64. Errors are of type *PointError and name the
// first point without a value; what dst holds is undefined then. Fill does not
// allocate memory except for errors.
func Fill[T scalar.Scalar](g *Grid, w *Work, mu []float64, lo, hi int, dst []T) error {
	dst = dst[:hi-lo]
	m := w.across
	fast := m != nil && len(mu) == g.parameters && lo < hi && g.usable(mu, 0)
	if fast {
		copy(w.x, mu)
		m.setUniform(w.x)
		fast = m.run(m.p.row, 1)
	}
	for ; lo < hi; lo += blockSize {
		end := min(lo+blockSize, hi)
		part := dst[:end-lo]
		if !fast || !g.block(m, lo, end) || !execute(m, part) {
			for i := lo; i < end; i++ {
				v, err := value[T](g, w, mu, i)
				if err != nil {
					return &PointError{Point: i, Err: err}
				}
				part[i-lo] = v
			}
		}
		dst = dst[end-lo:]
	}
	return nil
}

// usable reports whether those of the variables first, first+1, ... that occur in
// the expression are finite.
func (g *Grid) usable(x []float64, first int) bool {
	for _, v := range g.e.variables {
		if k := v - first; k >= 0 && k < len(x) && !finite(x[k]) {
			return false
		}
	}
	return true
}

// block gives the program the points lo to hi. It returns false if one of them
// may have no value.
func (g *Grid) block(m *machine, lo, hi int) bool {
	for _, id := range m.p.inputs {
		m.val[id] = g.points[m.p.nodes[id].input-g.parameters][lo:hi]
	}
	for k, id := range m.p.stored {
		m.val[id] = g.stored[k][lo:hi]
	}
	if !g.suspect {
		return true
	}
	for _, v := range g.e.variables {
		if v >= g.parameters && !allFinite(g.points[v-g.parameters][lo:hi]) {
			return false
		}
	}
	for _, column := range g.stored {
		if !allFinite(column[lo:hi]) {
			return false
		}
	}
	return true
}

// execute runs the program for len(dst) points that it has been given and sets
// dst to the values. It returns false if one of them may not exist or, for
// float64, is not real.
func execute[T scalar.Scalar](m *machine, dst []T) bool {
	d, isReal := any(dst).([]float64)
	m.buffers[outBuffer] = m.result
	if isReal {
		m.buffers[outBuffer] = d // computed in place
	}
	if !m.run(m.p.body, len(dst)) {
		return false
	}
	re, im := m.val[m.p.result.re], m.val[m.p.result.im]
	if z, ok := any(dst).([]complex128); ok {
		return join(z, m.full(re, len(z), 0), m.full(im, len(z), 1))
	}
	for _, v := range im {
		if v != 0 {
			return false
		}
	}
	if len(re) != len(d) || &re[0] != &d[0] {
		spread(d, re)
	}
	return allFinite(d)
}

// FillColumn sets dst[r] to the value at the parameter mu[r] and the point, with
// values and errors as for Fill; the error names the first row without a value.
func FillColumn[T scalar.Scalar](g *Grid, w *Work, mu [][]float64, point int, dst []T) error {
	dst = dst[:len(mu)]
	fast := g.along != nil && len(mu) > 0 && w.prepare(g, point)
	for lo := 0; lo < len(mu); lo += blockSize {
		end := min(lo+blockSize, len(mu))
		if fast && w.gather(g, mu[lo:end]) && execute(w.along, dst[lo:end]) {
			continue
		}
		for r := lo; r < end; r++ {
			v, err := value[T](g, w, mu[r], point)
			if err != nil {
				return &PointError{Row: r, Point: point, Err: err}
			}
			dst[r] = v
		}
	}
	return nil
}

// prepare gives the program for many parameters the point.
func (w *Work) prepare(g *Grid, point int) bool {
	if w.along == nil {
		w.along = newMachine(g.along)
		w.rows = make([][]float64, g.parameters)
		for _, v := range g.e.variables {
			if v < g.parameters {
				w.rows[v] = make([]float64, blockSize)
			}
		}
	}
	x := w.x[g.parameters:]
	for c, column := range g.points {
		x[c] = column[point]
	}
	w.along.setUniform(w.x)
	return g.usable(x, g.parameters) && w.along.run(w.along.p.row, 1)
}

// gather gives the program the rows of parameters as columns.
func (w *Work) gather(g *Grid, mu [][]float64) bool {
	for _, row := range mu {
		if len(row) != g.parameters {
			return false
		}
	}
	m := w.along
	for _, v := range g.e.variables {
		if v >= g.parameters {
			continue
		}
		column := w.rows[v][:len(mu)]
		for r, row := range mu {
			column[r] = row[v]
		}
		if !allFinite(column) {
			return false
		}
	}
	for _, id := range m.p.inputs {
		m.val[id] = w.rows[m.p.nodes[id].input][:len(mu)]
	}
	return true
}

// value evaluates the expression at one parameter and one point.
func value[T scalar.Scalar](g *Grid, w *Work, mu []float64, point int) (T, *EvalError) {
	if len(mu) != g.parameters {
		return 0, &EvalError{Src: g.e.src, Msg: fmt.Sprintf("%d values for %d parameters", len(mu), g.parameters)}
	}
	copy(w.x, mu)
	for c, column := range g.points {
		w.x[g.parameters+c] = column[point]
	}
	if scalar.IsComplex[T]() {
		v, err := g.e.Eval(w.x)
		if err != nil {
			return 0, err.(*EvalError)
		}
		return scalar.Of[T](real(v), imag(v)), nil
	}
	v, err := g.e.EvalReal(w.x)
	if err != nil {
		return 0, err.(*EvalError)
	}
	return scalar.Of[T](v, 0), nil
}
