package direct

import (
	"context"

	"eimtool/internal/scalar"
	"eimtool/internal/solve/kernel"
)

// part is a subtree first..last whose forward and backward substitution one
// goroutine does.
type part struct{ first, last int }

// partShare is the largest share of the factor in one part. It does not depend
// on threads: sums are made part by part.
const partShare = 1.0 / 16

// partsFrom is the least number of entries of a factor worth cutting.
const partsFrom = 1 << 18

// cutParts finds the maximal subtrees of at most partShare of the factor, and
// the fronts above them.
func (s *Symbolic) cutParts() {
	m := s.count()
	size := make([]float64, m)
	total := 0.0
	for f := range m {
		entries := float64(len(s.rows(f)) * s.columns(f))
		total += entries
		size[f] += entries
		if p := s.tree.SuperParent[f]; p >= 0 {
			size[p] += size[f]
		}
	}
	limit := total * partShare
	if total < partsFrom {
		limit = -1
	}
	start := 0
	for f := range m {
		p := s.tree.SuperParent[f]
		switch {
		case size[f] > limit:
			s.above = append(s.above, f)
		case p >= 0 && size[p] <= limit:
			continue
		default:
			s.parts = append(s.parts, part{start, f})
		}
		start = f + 1
	}
}

// solve passes the tree up and down: the parts side by side, the fronts above
// them one after the other.
func (v *vectors[T]) solve(transposed bool, threads int) {
	v.up(transposed, threads)
	v.down(transposed, threads)
}

// up eliminates all pivots.
func (v *vectors[T]) up(transposed bool, threads int) {
	s := v.n.sym
	outside := make([][]T, len(s.parts))
	v.each(threads, func(w *pass[T], k int) {
		outside[k] = w.part(s.parts[k], transposed)
	})
	for k, p := range s.parts {
		for i, place := range v.n.nodes[p.last].outside(transposed) {
			y := v.x[int(place)*v.cols:][:v.cols]
			for c, t := range outside[k][i*v.cols : (i+1)*v.cols] {
				y[c] += t
			}
		}
	}
	w := &pass[T]{vectors: v, end: len(v.x)}
	for _, f := range s.above {
		w.forward(&v.n.nodes[f], transposed)
	}
}

// down solves for all unknowns.
func (v *vectors[T]) down(transposed bool, threads int) {
	s := v.n.sym
	w := &pass[T]{vectors: v, end: len(v.x)}
	for k := len(s.above) - 1; k >= 0; k-- {
		w.backward(&v.n.nodes[s.above[k]], transposed)
	}
	v.each(threads, func(w *pass[T], k int) {
		for f := s.parts[k].last; f >= s.parts[k].first; f-- {
			w.backward(&v.n.nodes[f], transposed)
		}
	})
}

// each runs f for all parts, lending each call a pass of its own.
func (v *vectors[T]) each(threads int, f func(w *pass[T], k int)) {
	parts := len(v.n.sym.parts)
	if parts == 0 {
		return
	}
	threads = min(threads, parts)
	free := make(chan *pass[T], threads)
	for range threads {
		free <- &pass[T]{vectors: v}
	}
	// The context is never cancelled.
	_ = scalar.Each(context.Background(), parts, threads, func(k int) {
		w := <-free
		f(w, k)
		free <- w
	})
}

// pass is one way through a part of the tree. What a part adds to unknowns
// outside it, from place end/cols on, is kept aside.
type pass[T scalar.Scalar] struct {
	*vectors[T]
	end   int     // places below it are those of x itself, in elements of x
	aside []T     // sums for the unknowns outside, by rows
	at    []int32 // row of aside for the place of an unknown outside
	local []T     // rows of one front below its pivots
	work  kernel.Work[T]
}

// part eliminates the pivots of a part and returns what it adds to the unknowns
// of the last front's outside.
func (w *pass[T]) part(p part, transposed bool) []T {
	last := &w.n.nodes[p.last]
	out := last.outside(transposed)
	w.end = (last.first + last.c) * w.cols
	w.aside = make([]T, len(out)*w.cols)
	if w.at == nil {
		w.at = make([]int32, len(w.x)/w.cols)
	}
	for i, place := range out {
		w.at[place] = int32(i)
	}
	for f := p.first; f <= p.last; f++ {
		w.forward(&w.n.nodes[f], transposed)
	}
	return w.aside
}

// outside returns the places of the unknowns a front has beside its pivots:
// those its columns of L touch, or its rows of U.
func (f *node[T]) outside(transposed bool) []int32 {
	if transposed {
		return f.colIDs[f.c:]
	}
	return f.rowIDs[f.c:]
}

// pivots returns the part of x that belongs to the pivots of a front.
func (w *pass[T]) pivots(f *node[T]) []T { return w.x[f.first*w.cols:][:f.c*w.cols] }

// gather copies the values of the given places.
func (w *pass[T]) gather(places []int32) []T {
	w.local = resize(w.local, len(places)*w.cols)
	if w.cols == 1 {
		for i, p := range places {
			w.local[i] = w.x[p]
		}
		return w.local
	}
	for i, p := range places {
		copy(w.local[i*w.cols:(i+1)*w.cols], w.x[int(p)*w.cols:])
	}
	return w.local
}

// scatter adds local to the values of the given places.
func (w *pass[T]) scatter(places []int32) {
	for i, p := range places {
		y := w.x
		at := int(p) * w.cols
		if at >= w.end {
			y, at = w.aside, int(w.at[p])*w.cols
		}
		y = y[at:][:w.cols]
		for c, t := range w.local[i*w.cols : (i+1)*w.cols] {
			y[c] += t
		}
	}
}

// forward eliminates the pivots of one front: y₁ = L₁₁⁻¹·x₁, x₂ -= L₂₁·y₁, with
// Uᵀ in place of L for the transpose of LU.
func (w *pass[T]) forward(f *node[T], transposed bool) {
	if f.c == 0 {
		return
	}
	x, k := w.pivots(f), w.cols
	set, kind := w.n.set, w.n.rules.Kind
	rest := f.m - f.c
	w.local = resize(w.local, rest*k)
	clear(w.local)
	if transposed {
		set.SolveUpper(&w.work, kernel.Trans, false, f.lower, f.m, f.c, x, k, k)
		set.Update(&w.work, kernel.Trans, f.upper, f.c, f.c, rest, x, k, w.local, k, k)
	} else {
		set.SolveLower(&w.work, kernel.NoTrans, kind != Cholesky, f.lower, f.m, f.c, x, k, k)
		if rest > 0 {
			set.Update(&w.work, kernel.NoTrans, f.lower[f.c:], f.m, rest, f.c, x, k, w.local, k, k)
		}
	}
	w.scatter(f.outside(transposed))
	if kind == Symmetric || kind == Hermitian {
		p := kernel.Pivots[T]{Count: f.c, D: f.d, Conj: kind == Hermitian && scalar.IsComplex[T]()}
		set.SolveD(&p, x, k, k)
	}
}

// backward solves for the unknowns of one front.
func (w *pass[T]) backward(f *node[T], transposed bool) {
	if f.c == 0 {
		return
	}
	x, k := w.pivots(f), w.cols
	set, kind := w.n.set, w.n.rules.Kind
	rest := f.m - f.c
	if kind == LU && !transposed {
		if rest > 0 {
			set.Update(&w.work, kernel.NoTrans, f.upper, f.c, f.c, rest, w.gather(f.colIDs[f.c:]), k, x, k, k)
		}
		set.SolveUpper(&w.work, kernel.NoTrans, false, f.lower, f.m, f.c, x, k, k)
		return
	}
	op := kernel.Trans
	if kind == Cholesky || kind == Hermitian {
		op = kernel.ConjTrans
	}
	if rest > 0 {
		set.Update(&w.work, op, f.lower[f.c:], f.m, rest, f.c, w.gather(f.rowIDs[f.c:]), k, x, k, k)
	}
	set.SolveLower(&w.work, op, kind != Cholesky, f.lower, f.m, f.c, x, k, k)
}
