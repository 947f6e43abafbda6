package sampled

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/lapack/lapack64"

	"eimtool/internal/coefficients"
	"eimtool/internal/dense"
)

// nodes are samples, and perhaps nodes of the surrogate, with all that is known
// of log det there.
type nodes struct {
	mu            *dense.Matrix[float64]
	logAbs, phase []float64                 // phase: on one branch; nil without
	slope         *dense.Matrix[complex128] // nil without
	raw           []float64                 // phase as it was given; nil without
	virtual       int                       // the last ones are the surrogate's
	events        [][]int                   // sets of nodes left out together
	lines         []int                     // per event, the parameter of which it is a line, -1 for single nodes
	inner         int                       // rows of the events that count
}

// target is one real function on nodes.
type target struct {
	*nodes
	name  string
	y     []float64
	slope *dense.Matrix[float64] // n × p; nil without
}

// target returns log|det| or the phase.
func (w *nodes) target(phase bool) *target {
	t := &target{nodes: w, name: "logabs", y: w.logAbs}
	if phase {
		t.name, t.y = "phase", w.phase
	}
	if w.slope != nil {
		t.slope = dense.New[float64](w.slope.Rows, w.slope.Cols)
		for i, v := range w.slope.Data {
			t.slope.Data[i] = real(v)
			if phase {
				t.slope.Data[i] = imag(v)
			}
		}
	}
	return t
}

// design holds the data of a target in scaled coordinates: per node its value
// and, with slopes, one row per axis, value − shift and derivatives in the
// coordinates.
type design struct {
	t      *target
	axes   []coefficients.Axis
	x      *dense.Matrix[float64] // n × D
	stride int                    // rows per node
	y      []float64
	shift  float64
}

// newDesign returns the data of t on the axes.
func newDesign(t *target, axes []coefficients.Axis) *design {
	n, dim := t.mu.Rows, len(axes)
	d := &design{t: t, axes: axes, x: dense.New[float64](n, dim), stride: 1}
	if t.slope != nil {
		d.stride = 1 + dim
	}
	for _, v := range t.y {
		d.shift += v / float64(n)
	}
	for i := range n {
		d.y = append(d.y, t.y[i]-d.shift)
		for a := range axes {
			x, dx := place(&axes[a], t.mu.At(i, axes[a].Param))
			d.x.Set(i, a, x)
			if t.slope != nil {
				d.y = append(d.y, t.slope.At(i, axes[a].Param)/dx)
			}
		}
	}
	return d
}

// basis returns the rows of the basis functions, gradient rows times unit.
func (d *design) basis(indices []int, weight []float64, unit float64) *dense.Matrix[float64] {
	dim, terms := len(d.axes), len(weight)
	out := dense.New[float64](len(d.y), terms)
	top := 1 + slices.Max(indices)
	phi, dphi := dense.New[float64](dim, top), dense.New[float64](dim, top)
	for i := range d.x.Rows {
		for a := range dim {
			fillBasis(&d.axes[a], d.x.At(i, a), phi.Row(a), dphi.Row(a))
		}
		for r := range d.stride {
			row, scale := out.Row(i*d.stride+r), 1.0
			if r > 0 {
				scale = unit
			}
			for k := range terms {
				v := scale * weight[k]
				for a, j := range indices[k*dim : (k+1)*dim] {
					if a == r-1 {
						v *= dphi.At(a, j)
					} else {
						v *= phi.At(a, j)
					}
				}
				row[k] = v
			}
		}
	}
	return out
}

// scaled returns the data with gradient rows times unit.
func (d *design) scaled(unit float64) []float64 {
	y := slices.Clone(d.y)
	for r := range y {
		if r%d.stride > 0 {
			y[r] *= unit
		}
	}
	return y
}

// leftOut returns the errors of the values of left-out nodes, one per row of
// the events. A linear smoother has a symmetric matrix B with left-out
// residuals e_G = (B_GG)⁻¹(B·y)_G for any set G of rows; block returns B_GG, z
// is B·y. Sets that the other nodes do not determine give NaN.
func (d *design) leftOut(z []float64, block func(rows []int) *dense.Matrix[float64]) []float64 {
	var out []float64
	for _, g := range d.t.events {
		if len(out) >= d.t.inner {
			break
		}
		var rows []int
		for _, i := range g {
			for r := range d.stride {
				rows = append(rows, i*d.stride+r)
			}
		}
		e := make([]float64, len(rows))
		for k, r := range rows {
			e[k] = z[r]
		}
		ok := solvePositive(block(rows), e)
		for k := range g {
			if !ok {
				e[k*d.stride] = math.NaN()
			}
			out = append(out, e[k*d.stride])
		}
	}
	return out
}

// solvePositive replaces y by the solution of b·x = y with b symmetric positive
// definite, which it destroys; false when it is not, to working precision.
func solvePositive(b *dense.Matrix[float64], y []float64) bool {
	n := b.Rows
	// A diagonal scaling removes the different units of values and slopes.
	scale := make([]float64, n)
	for i := range n {
		if !(b.At(i, i) > 0) {
			return false
		}
		scale[i] = 1 / math.Sqrt(b.At(i, i))
	}
	for i := range n {
		y[i] *= scale[i]
		for j := range n {
			b.Data[i*n+j] *= scale[i] * scale[j]
		}
	}
	t, ok := lapack64.Potrf(blas64.Symmetric{N: n, Stride: n, Data: b.Data, Uplo: blas.Upper})
	if !ok {
		return false
	}
	for i := range n {
		if b.At(i, i) < 1e-7 {
			return false
		}
	}
	x := blas64.General{Rows: n, Cols: 1, Stride: 1, Data: y}
	lapack64.Potrs(t, x)
	for i := range n {
		y[i] *= scale[i]
	}
	return true
}
