package sampled

import (
	"cmp"
	"math"
	"slices"

	"eimtool/internal/dense"
)

const (
	// slopedTurn is how far the phase may turn between neighbours beyond what
	// their slopes predict.
	slopedTurn = 0.8 * math.Pi
	// plainTurn is how far it may turn when no slopes are known.
	plainTurn = 0.5 * math.Pi
)

// unwrapper brings phases to one branch.
type unwrapper struct {
	mu    *dense.Matrix[float64]
	phase []float64
	slope *dense.Matrix[complex128] // nil without
	width []float64                 // of the box; 1 where it is empty
}

// unwrap returns phases on one branch, continuous in μ; nil when the nodes do
// not determine them. To every phase the multiple of 2π is added that brings it
// nearest to what the trapezoidal rule with the slopes (or, without, no
// change) predicts from a neighbour.
func (f *fitter) unwrap(w *nodes) []float64 {
	if w.raw == nil {
		return nil
	}
	u := f.unwrapper(w)
	if len(f.params) == 1 {
		return u.line(f.params[0])
	}
	return u.tree(2*len(f.params) + 1)
}

// unwrapper prepares the phases of w.
func (f *fitter) unwrapper(w *nodes) *unwrapper {
	u := &unwrapper{mu: w.mu, phase: w.raw, slope: w.slope}
	for j := range f.lower {
		w := f.upper[j] - f.lower[j]
		if w == 0 {
			w = 1
		}
		u.width = append(u.width, w)
	}
	return u
}

// turn returns the change of the phase from node i to node j nearest to the
// prediction, and its size beyond that.
func (u *unwrapper) turn(i, j int) (step, excess float64) {
	var guess float64
	if u.slope != nil {
		for k := range u.mu.Cols {
			guess += (u.mu.At(j, k) - u.mu.At(i, k)) * (imag(u.slope.At(i, k)) + imag(u.slope.At(j, k))) / 2
		}
	}
	excess = math.Remainder(u.phase[j]-u.phase[i]-guess, 2*math.Pi)
	return guess + excess, math.Abs(excess)
}

// most returns the largest excess at which a turn is certain.
func (u *unwrapper) most() float64 {
	if u.slope == nil {
		return plainTurn
	}
	return slopedTurn
}

// line goes from node to node along the only parameter.
func (u *unwrapper) line(j int) []float64 {
	x := make([]float64, u.mu.Rows)
	for i := range x {
		x[i] = u.mu.At(i, j)
	}
	order := sortedBy(x)
	out := make([]float64, len(order))
	out[order[0]] = u.phase[order[0]]
	for k := 1; k < len(order); k++ {
		step, excess := u.turn(order[k-1], order[k])
		if excess > u.most() {
			return nil
		}
		out[order[k]] = out[order[k-1]] + step
	}
	return out
}

// link joins two neighbouring nodes.
type link struct {
	from, to     int
	step, excess float64
}

// tree goes along a spanning tree of neighbours, the most certain turns first.
// Every link between neighbours that is not in the tree closes a cycle, around
// which the phase must not change.
func (u *unwrapper) tree(neighbours int) []float64 {
	n := u.mu.Rows
	links := u.links(neighbours)
	slices.SortStableFunc(links, func(a, b link) int { return cmp.Compare(a.excess, b.excess) })
	out, known := make([]float64, n), make([]bool, n)
	if n == 0 {
		return out
	}
	out[0], known[0] = u.phase[0], true
	for range n - 1 {
		at := slices.IndexFunc(links, func(l link) bool { return known[l.from] != known[l.to] })
		if at < 0 || links[at].excess > u.most() {
			return nil
		}
		l := links[at]
		if known[l.from] {
			out[l.to], known[l.to] = out[l.from]+l.step, true
		} else {
			out[l.from], known[l.from] = out[l.to]-l.step, true
		}
	}
	for _, l := range links {
		if l.excess <= u.most() && math.Abs(out[l.to]-out[l.from]-l.step) > 1 {
			return nil
		}
	}
	return out
}

// links joins every node with its nearest neighbours in the box scaled to 1.
func (u *unwrapper) links(neighbours int) []link {
	n := u.mu.Rows
	var out []link
	for i := range n {
		distance := make([]float64, n)
		for k := range n {
			for j := range u.mu.Cols {
				d := (u.mu.At(k, j) - u.mu.At(i, j)) / u.width[j]
				distance[k] += d * d
			}
		}
		count := 0
		for _, k := range sortedBy(distance) {
			if k == i {
				continue
			}
			if count++; count > neighbours {
				break
			}
			step, excess := u.turn(i, k)
			out = append(out, link{i, k, step, excess})
		}
	}
	return out
}
