package reduced

import (
	"math"
	"math/rand/v2"

	"eimtool/internal/dense"
	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
)

const (
	indicatorRows = 20    // rows of the sketch that steers the greedy
	references    = 6     // nodes whose inverses precondition
	newVector     = 1e-11 // least part of a new vector outside the basis
	pointMemory   = 256 << 20
)

// greedy chooses nodes among candidate points. Everything it keeps per
// candidate is small: the reduced matrix and the sketch of its columns.
type greedy[T scalar.Scalar] struct {
	*builder[T]
	mu      [][]float64
	points  []*Point[T]
	used    []bool
	skipped int // nodes that failed
	limit   int // vectors at most

	vb     []*dense.Matrix[T] // per right-hand-side term: Vᴴ·b_t, k × nb, growing
	h      [][]T              // per candidate: VᴴAV, limit × limit
	sketch [][]T              // per candidate: sketches of P·A·V, 20 per vector
	rhs    [][]T              // per candidate: sketches of P·b, 20 per right-hand side
	near   []int              // per candidate: its reference

	theta  [][]T              // coefficients of the references
	adj    []*dense.Matrix[T] // Pᴴ·Θᴴ of the references, n × 20
	random *dense.Matrix[T]   // Θᴴ, n × 20
}

// newGreedy evaluates the family at the candidates.
func newGreedy[T scalar.Scalar](b *builder[T], limit int) (*greedy[T], error) {
	g := &greedy[T]{builder: b, limit: limit}
	size := limit * limit * 8
	if scalar.IsComplex[T]() {
		size *= 2
	}
	count := max(50, min(b.opt.Points, pointMemory/size))
	for _, u := range candidates(b.p.Dim, count) {
		mu := b.p.FromUnit(u)
		pt, err := b.p.At(mu)
		if err == nil {
			err = b.p.checkPoint(pt)
		}
		if err != nil {
			return nil, &ProblemError{What: "evaluating the family", Mu: mu, Err: err}
		}
		g.mu, g.points = append(g.mu, mu), append(g.points, pt)
	}
	k := len(g.points)
	nb := b.p.RHS[0].Cols
	g.used, g.near = make([]bool, k), make([]int, k)
	g.h, g.sketch, g.rhs = make([][]T, k), make([][]T, k), make([][]T, k)
	for i := range k {
		g.h[i] = make([]T, limit*limit)
		g.sketch[i] = make([]T, limit*indicatorRows)
		g.rhs[i] = make([]T, nb*indicatorRows)
	}
	rng := rand.New(rand.NewPCG(b.opt.Seed, 0x736b65746368))
	g.random = gaussian[T](rng, b.n, indicatorRows)
	for range b.p.RHS {
		g.vb = append(g.vb, dense.New[T](0, nb))
	}
	return g, nil
}

// run chooses nodes until the indicator is below a third of the tolerance, a
// solution brings nothing new, or the limit of vectors is reached. A first
// solution that is zero is passed over.
func (g *greedy[T]) run() error {
	next := 0 // the centre
	for next >= 0 && g.primal.size() < g.limit {
		g.opt.Progress("nodes", g.primal.size(), g.limit)
		added, err := g.node(next)
		if err != nil {
			if next, err = g.skip(next, err); err != nil {
				return err
			}
			continue
		}
		if added == 0 && g.primal.size() > 0 {
			break
		}
		worst, value, err := g.worst()
		if err != nil {
			return err
		}
		if added > 0 {
			g.history = append(g.history, value)
		}
		if value < g.opt.Tolerance/3 {
			break
		}
		next = worst
	}
	g.opt.Progress("nodes", g.limit, g.limit)
	return nil
}

// maxSkipped is the number of nodes that may fail: a family singular here and
// there can be reduced, one that is singular everywhere cannot.
const maxSkipped = 10

// skip passes over candidate i, which failed with err, and returns the next one.
func (g *greedy[T]) skip(i int, err error) (next int, _ error) {
	if g.ctx.Err() != nil || g.skipped == maxSkipped {
		return 0, err
	}
	g.skipped++
	g.basis.Warnings = append(g.basis.Warnings, err.Error()+"; this node was passed over")
	if len(g.nodes) == 0 {
		return i + 1, nil
	}
	next, _, err = g.worst()
	return next, err
}

// node solves at candidate i, takes adjoint solutions there, and extends the
// basis. It returns the number of new vectors.
func (g *greedy[T]) node(i int) (added int, err error) {
	g.used[i] = true
	pt := g.points[i]
	fail := func(what string, err error) error {
		if g.ctx.Err() != nil {
			return g.ctx.Err()
		}
		return &ProblemError{What: what, Mu: g.mu[i], Err: err}
	}
	f, err := g.factorise(pt.Theta)
	if err != nil {
		return 0, fail("factorising", err)
	}
	x := combineRHS(g.p.RHS, pt.phi())
	if err := f.Solve(g.ctx, x, matrix.NoTranspose); err != nil {
		return 0, fail("solving", err)
	}
	if err := g.adjoints(f, len(g.nodes) < dualNodes); err != nil {
		return 0, fail("solving for the adjoint", err)
	}
	g.nodes, g.nodePoints = append(g.nodes, g.mu[i]), append(g.nodePoints, pt)
	if len(g.adj) < references {
		s := g.random.Clone()
		if err := f.Solve(g.ctx, s, matrix.ConjTranspose); err != nil {
			return 0, fail("solving for the adjoint", err)
		}
		if err := g.addReference(pt.Theta, s); err != nil {
			return 0, err
		}
	}
	for j := range x.Cols {
		if g.primal.size() == g.limit {
			break
		}
		v := columnOf(x, j)
		if !normalise(v) {
			continue
		}
		before := g.primal.size()
		if _, err := g.primal.add(v); err != nil {
			return 0, err
		}
		if g.primal.size() > before {
			added++
			if err := g.extend(before); err != nil {
				return 0, err
			}
		}
	}
	return added, nil
}

// normalise scales v to norm 1 and reports whether that is possible.
func normalise[T scalar.Scalar](v []T) bool {
	n := dense.Norm(v)
	if !(n > 0) || math.IsInf(n, 1) {
		return false
	}
	dense.Scale(scalar.Of[T](1/n, 0), v)
	return true
}

// addReference makes s = Pᴴ·Θᴴ a reference and moves the candidates nearest to it.
func (g *greedy[T]) addReference(theta []T, s *dense.Matrix[T]) error {
	g.theta, g.adj = append(g.theta, theta), append(g.adj, s)
	last := len(g.adj) - 1
	var moved []int
	for i, pt := range g.points {
		if last == 0 || termDistance(pt.Theta, theta, g.termNorm) < termDistance(pt.Theta, g.theta[g.near[i]], g.termNorm) {
			g.near[i] = last
			moved = append(moved, i)
		}
	}
	var sb []*dense.Matrix[T] // 20 × nb per term
	for _, b := range g.p.RHS {
		sb = append(sb, gram(s, b, g.opt.Threads))
	}
	for _, i := range moved {
		clear(g.rhs[i])
		for t, v := range g.points[i].phi() {
			dense.Axpy(v, sb[t].Transpose().Data, g.rhs[i])
		}
	}
	for k := range g.primal.size() {
		w, err := g.p.applyTerms(g.ctx, g.primal.column(k), false, g.opt.Threads)
		if err != nil {
			return err
		}
		sw := gram(s, w, g.opt.Threads)
		for _, i := range moved {
			g.setSketch(i, k, sw)
		}
	}
	return nil
}

// setSketch stores the sketch of vector k at candidate i; sw is 20 × q.
func (g *greedy[T]) setSketch(i, k int, sw *dense.Matrix[T]) {
	theta := g.points[i].Theta
	for l := range indicatorRows {
		g.sketch[i][k*indicatorRows+l] = dotu(theta, sw.Row(l))
	}
}

// dotu returns Σ x_i·y_i.
func dotu[T scalar.Scalar](x, y []T) T {
	var s T
	y = y[:len(x)]
	for i, v := range x {
		s += v * y[i]
	}
	return s
}

// extend adds what belongs to basis vector k to every candidate.
func (g *greedy[T]) extend(k int) error {
	t := g.opt.Threads
	w, err := g.p.applyTerms(g.ctx, g.primal.column(k), false, t)
	if err != nil {
		return err
	}
	column := g.primal.gram(w) // (k+1) × q
	row := column              // V_jᴴ·T_l·v; of v: (T_lᴴ·v)ᴴ·V_j
	if !g.p.selfAdjoint() {
		u, err := g.p.applyTerms(g.ctx, g.primal.column(k), true, t)
		if err != nil {
			return err
		}
		row = g.primal.gram(u)
	}
	row = row.Clone()
	row.Data = conjugated(row.Data)
	sw := make([]*dense.Matrix[T], len(g.adj))
	for q, s := range g.adj {
		sw[q] = gram(s, w, t)
	}
	g.extendRHS(k)
	return scalar.Blocks(g.ctx, len(g.points), 32, t, func(_, lo, hi int) {
		for i := lo; i < hi; i++ {
			theta := g.points[i].Theta
			for j := range k + 1 {
				g.h[i][j*g.limit+k] = dotu(theta, column.Row(j))
			}
			for j := range k {
				g.h[i][k*g.limit+j] = dotu(theta, row.Row(j))
			}
			g.setSketch(i, k, sw[g.near[i]])
		}
	})
}

// extendRHS adds row k to Vᴴ·b_t.
func (g *greedy[T]) extendRHS(k int) {
	v := &dense.Matrix[T]{Rows: g.n, Cols: 1, Data: g.primal.column(k)}
	for t, b := range g.p.RHS {
		g.vb[t].Rows++
		g.vb[t].Data = append(g.vb[t].Data, gram(v, b, g.opt.Threads).Data...)
	}
}

// worst returns the candidate with the largest indicator, -1 when all are used.
func (g *greedy[T]) worst() (best int, value float64, err error) {
	value = -1
	indicator := make([]float64, len(g.points))
	notPositive := make([]bool, len(g.points))
	err = scalar.Blocks(g.ctx, len(g.points), 16, g.opt.Threads, func(_, lo, hi int) {
		for i := lo; i < hi; i++ {
			indicator[i], notPositive[i] = g.indicator(i)
		}
	})
	best = -1
	for i, v := range indicator {
		if !g.used[i] && v > value {
			best, value = i, v
		}
		g.positive = g.positive && !notPositive[i]
	}
	return best, max(value, 0), err
}

// indicator returns the sketched preconditioned residual of the Galerkin
// solution at candidate i relative to that solution, the largest over the
// right-hand sides, and whether the reduced matrix is not positive definite.
func (g *greedy[T]) indicator(i int) (value float64, notPositive bool) {
	k := g.primal.size()
	h := dense.New[T](k, k)
	for j := range k {
		copy(h.Row(j), g.h[i][j*g.limit:j*g.limit+k])
	}
	nb := g.p.RHS[0].Cols
	rhs := dense.New[T](k, nb)
	for t, v := range g.points[i].phi() {
		dense.Axpy(v, g.vb[t].Data, rhs.Data)
	}
	var c *dense.Matrix[T]
	if g.positive {
		c = cholesky(h, rhs)
	}
	if c == nil {
		notPositive = true
		var err error
		if c, err = solveSquare(h, rhs); err != nil {
			return 1, true
		}
	}
	for j := range nb {
		size := 0.0
		r := append([]T(nil), g.rhs[i][j*indicatorRows:(j+1)*indicatorRows]...)
		for l := range k {
			a := c.At(l, j)
			size += scalar.Abs(a) * scalar.Abs(a)
			dense.Axpy(-a, g.sketch[i][l*indicatorRows:(l+1)*indicatorRows], r)
		}
		value = max(value, relative(dense.Norm(r)/math.Sqrt(indicatorRows), math.Sqrt(size)))
	}
	return value, notPositive
}

// cholesky returns x with h·x = rhs by a Cholesky factorisation of the Hermitian
// part of h, nil when that is not positive definite.
func cholesky[T scalar.Scalar](h, rhs *dense.Matrix[T]) *dense.Matrix[T] {
	n := h.Rows
	l := dense.New[T](n, n)
	half := scalar.Of[T](0.5, 0)
	for j := range n {
		for i := j; i < n; i++ {
			s := half*(h.At(i, j)+scalar.Conj(h.At(j, i))) - dense.Dotc(l.Row(j)[:j], l.Row(i)[:j])
			if i > j {
				l.Set(i, j, s/l.At(j, j))
				continue
			}
			d := scalar.Real(s)
			if !(d > 0) {
				return nil
			}
			l.Set(j, j, scalar.Of[T](math.Sqrt(d), 0))
		}
	}
	x := rhs.Clone()
	for i := range n { // L·y = rhs
		for k, v := range l.Row(i)[:i] {
			dense.Axpy(-v, x.Row(k), x.Row(i))
		}
		dense.Scale(1/l.At(i, i), x.Row(i))
	}
	for i := n - 1; i >= 0; i-- { // Lᴴ·x = y
		dense.Scale(1/l.At(i, i), x.Row(i))
		for k, v := range l.Row(i)[:i] {
			dense.Axpy(-scalar.Conj(v), x.Row(i), x.Row(k))
		}
	}
	return x
}
