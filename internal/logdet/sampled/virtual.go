package sampled

import (
	"math"
	"slices"

	"eimtool/internal/coefficients"
	"eimtool/internal/dense"
	"eimtool/internal/scalar"
)

const (
	defaultNodes = 100 // additional nodes when Options.MaxNodes is 0
	leastGain    = 3   // ratio of the best error to that of the surrogate from which its nodes are worth while
)

// wanted returns the error at which nodes need not be added any more.
func (f *fitter) wanted() float64 { return max(f.opt.Tolerance/3, f.s.SlopeError) }

// virtual adds nodes of the surrogate where it is exact enough to better the
// models of the samples alone, and lets models of all nodes compete.
func (f *fitter) virtual(w *nodes) error {
	most := f.opt.MaxNodes
	if most == 0 {
		most = defaultNodes
	}
	if f.s.Surrogate == nil || w.slope == nil || most < 0 || len(f.params) == 0 {
		return nil
	}
	var worst float64
	for _, c := range f.contests {
		worst = max(worst, c.best.max)
	}
	if !(worst > f.wanted()) || !(worst > leastGain*f.s.SlopeError) {
		return nil
	}
	if len(f.params) == 1 {
		return f.bisect(w, most)
	}
	return f.fill(w, most)
}

// found is what the surrogate gives at one μ.
type found struct {
	mu            []float64
	logAbs, phase float64
	slope         []complex128
	ok            bool
}

// ask factorises the surrogate at the points. Points where it fails are left
// out, unless the context has ended.
func (f *fitter) ask(points [][]float64) ([]found, error) {
	out := make([]found, len(points))
	err := scalar.Each(f.ctx, len(points), f.opt.Threads, func(i int) {
		v := found{mu: points[i]}
		var err error
		v.logAbs, v.phase, v.slope, err = f.s.Surrogate(f.ctx, points[i])
		v.ok = err == nil && v.finite(len(points[i]))
		out[i] = v
	})
	if err == nil {
		err = f.ctx.Err()
	}
	return slices.DeleteFunc(out, func(v found) bool { return !v.ok }), err
}

// finite reports whether the values can be used.
func (v *found) finite(p int) bool {
	if v.logAbs-v.logAbs != 0 || v.phase-v.phase != 0 || len(v.slope) != p {
		return false
	}
	for _, s := range v.slope {
		if real(s)-real(s) != 0 || imag(s)-imag(s) != 0 {
			return false
		}
	}
	return true
}

// with returns the nodes of w and the new ones.
func (f *fitter) with(w *nodes, more []found) *nodes {
	n, p := w.mu.Rows, w.mu.Cols
	u := &nodes{
		mu: dense.New[float64](n+len(more), p), slope: dense.New[complex128](n+len(more), p),
		logAbs: slices.Clone(w.logAbs), virtual: w.virtual + len(more),
	}
	copy(u.mu.Data, w.mu.Data)
	copy(u.slope.Data, w.slope.Data)
	u.raw = slices.Clone(w.raw)
	for k, v := range more {
		copy(u.mu.Row(n+k), v.mu)
		copy(u.slope.Row(n+k), v.slope)
		u.logAbs = append(u.logAbs, v.logAbs)
		if w.raw != nil {
			u.raw = append(u.raw, v.phase)
		}
	}
	u.plan(f.params)
	u.phase = f.unwrap(u)
	return u
}

// gap is an interval between neighbouring nodes in one parameter.
type gap struct {
	lo, hi float64 // coordinates
	err    float64 // expected error of interpolation inside
}

const (
	halving    = 40 // expected drop of the error of an interval that is halved: sixth order, less a margin
	batchLeast = 8
)

// bisect halves the intervals between the nodes of one parameter where Hermite
// interpolation is expected to err most.
func (f *fitter) bisect(w *nodes, most int) error {
	axis := f.splineAxis()
	gaps := f.gaps(w, axis)
	u := w
	for u.virtual < most {
		f.doubt(u, axis, gaps)
		slices.SortStableFunc(gaps, func(a, b gap) int {
			switch {
			case a.err > b.err:
				return -1
			case a.err < b.err:
				return 1
			}
			return 0
		})
		batch := min(max(batchLeast, u.mu.Rows/4), most-u.virtual, len(gaps))
		for batch > 0 && gaps[batch-1].err <= f.wanted() {
			batch--
		}
		if batch == 0 {
			break
		}
		points := make([][]float64, batch)
		for k, g := range gaps[:batch] {
			points[k] = slices.Clone(f.lower)
			points[k][axis.Param] = unplace(&axis, (g.lo+g.hi)/2)
		}
		more, err := f.ask(points)
		if err != nil {
			return err
		}
		if len(more) == 0 {
			break
		}
		next := f.with(u, more)
		gaps = append(gaps[batch:], f.halves(u, next, axis, gaps[:batch])...)
		u = next
		f.progress("log det: surrogate", u.virtual, most)
	}
	if u.virtual == 0 {
		return nil
	}
	begun := slices.Clone(f.contests)
	if err := f.open(u); err != nil {
		return err
	}
	for _, c := range begun {
		if c.phase && u.phase == nil {
			continue
		}
		if err := f.onSlopes(c, u.target(c.phase)); err != nil {
			return err
		}
	}
	return nil
}

// doubt marks the gaps across which the phase may turn by more than can be
// told: they come first.
func (f *fitter) doubt(w *nodes, axis coefficients.Axis, gaps []gap) {
	if w.raw == nil || w.phase != nil {
		return
	}
	u := f.unwrapper(w)
	x := make([]float64, w.mu.Rows)
	for i := range x {
		x[i], _ = place(&axis, w.mu.At(i, axis.Param))
	}
	order := sortedBy(x)
	for k := 1; k < len(order); k++ {
		i, j := order[k-1], order[k]
		if _, excess := u.turn(i, j); excess <= u.most() {
			continue
		}
		for g := range gaps {
			if math.Abs(gaps[g].lo-x[i])+math.Abs(gaps[g].hi-x[j]) < 1e-9 {
				gaps[g].err = math.Inf(1)
			}
		}
	}
}

// splineAxis returns the axis of the best spline so far.
func (f *fitter) splineAxis() coefficients.Axis {
	choices := f.warpChoices()[0]
	best, value := choices[0], math.Inf(1)
	for _, axis := range choices {
		var sum float64
		for _, c := range f.contests {
			least := math.Inf(1)
			for _, k := range c.all {
				if (k.kind == KindCubic || k.kind == KindQuintic) && k.t.slope != nil && k.axis == axis.Warp {
					least = min(least, k.rms)
				}
			}
			sum += least
		}
		if sum < value {
			best, value = axis, sum
		}
	}
	return best
}

// hermites returns, per target of w, its quintic and cubic Hermite splines.
func hermites(w *nodes, axis coefficients.Axis) (quintic, cubic []*Part) {
	for _, phase := range []bool{false, true} {
		if phase && w.phase == nil {
			continue
		}
		t := w.target(phase)
		for _, q := range []bool{true, false} {
			p := fitSpline(t, axis, q, true)
			if p.make() != nil || p.parts == nil {
				continue
			}
			if q {
				quintic = append(quintic, &p.parts[0])
			} else {
				cubic = append(cubic, &p.parts[0])
			}
		}
	}
	return quintic, cubic
}

// gaps returns the intervals between the nodes with the difference of cubic
// and quintic splines in the middle as the expected error.
func (f *fitter) gaps(w *nodes, axis coefficients.Axis) []gap {
	x := make([]float64, w.mu.Rows)
	for i := range x {
		x[i], _ = place(&axis, w.mu.At(i, axis.Param))
	}
	slices.Sort(x)
	x = slices.Compact(x)
	quintic, cubic := hermites(w, axis)
	out := make([]gap, len(x)-1)
	var slope [1]float64
	for k := range out {
		out[k] = gap{lo: x[k], hi: x[k+1], err: math.Inf(1)}
		if len(quintic) == 0 || len(quintic) != len(cubic) {
			continue
		}
		out[k].err = 0
		for i := range quintic {
			mid := (x[k] + x[k+1]) / 2
			out[k].err = max(out[k].err, math.Abs(quintic[i].evalSpline(mid, slope[:])-cubic[i].evalSpline(mid, slope[:])))
		}
	}
	return out
}

// halves returns the halves of the gaps with the errors expected after the
// surrogate was asked in their middle.
func (f *fitter) halves(before, after *nodes, axis coefficients.Axis, gaps []gap) []gap {
	quintic, _ := hermites(before, axis)
	targets := []*target{after.target(false)}
	if before.phase != nil && after.phase != nil {
		targets = append(targets, after.target(true))
	}
	var out []gap
	var slope [1]float64
	for _, g := range gaps {
		mid, err, asked := (g.lo+g.hi)/2, 0.0, false
		for n := before.mu.Rows; n < after.mu.Rows; n++ {
			if x, _ := place(&axis, after.mu.At(n, axis.Param)); math.Abs(x-mid) > 1e-9*(g.hi-g.lo) {
				continue
			}
			asked = true
			for i, t := range targets[:min(len(targets), len(quintic))] {
				err = max(err, math.Abs(quintic[i].evalSpline(mid, slope[:])-t.y[n]))
			}
		}
		if !asked {
			continue // the surrogate failed there: do not ask again
		}
		out = append(out, gap{g.lo, mid, err / halving}, gap{mid, g.hi, err / halving})
	}
	return out
}
