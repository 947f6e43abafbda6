package expr

// blockSize is the number of points that are computed at a time: their values
// stay in the first level of cache.
const blockSize = 512

// machine runs one program; it belongs to one goroutine.
type machine struct {
	p       *program
	val     [][]float64 // of every node: one number per point, or one in all
	cells   []float64   // the values of uniform nodes
	buffers [][]float64
	spare   [4][]float64
	result  []float64    // the buffer of the result, if it is not computed in place
	index   [][2][]int32 // per level of branches: the points of the arms
}

func newMachine(p *program) *machine {
	m := &machine{
		p: p, val: make([][]float64, len(p.nodes)), cells: make([]float64, len(p.uniforms)),
		buffers: make([][]float64, p.buffers), index: make([][2][]int32, p.levels),
	}
	for k, id := range p.uniforms {
		m.cells[k] = p.nodes[id].value
		m.val[id] = m.cells[k : k+1]
	}
	for k := range m.buffers {
		m.buffers[k] = make([]float64, blockSize)
	}
	m.result = m.buffers[outBuffer]
	for k := range m.spare {
		m.spare[k] = make([]float64, blockSize)
	}
	for k := range m.index {
		m.index[k] = [2][]int32{make([]int32, blockSize), make([]int32, blockSize)}
	}
	return m
}

// setUniform gives the uniform inputs their values, x[i] for variable i.
func (m *machine) setUniform(x []float64) {
	for _, id := range m.p.uniforms {
		if n := &m.p.nodes[id]; n.kernel == kInput {
			m.val[id][0] = x[n.input]
		}
	}
}

// run carries out steps for n points. It returns false if something may have
// failed at one of them.
func (m *machine) run(steps []step, n int) bool {
	for i := range steps {
		s := &steps[i]
		if s.kernel == kCheck {
			if !allFinite(m.val[s.x[0]]) {
				return false
			}
			continue
		}
		size := n
		if s.uniform {
			size = 1
		}
		d := m.target(s, 0, size)
		if !m.step(s, d, size) {
			return false
		}
	}
	return true
}

// target returns where result k of a step goes.
func (m *machine) target(s *step, k, n int) []float64 {
	out := s.out[k]
	if s.uniform {
		return m.val[out]
	}
	m.val[out] = m.buffers[s.buffer[k]][:n]
	return m.val[out]
}

// step carries out one step with the first result d.
func (m *machine) step(s *step, d []float64, n int) bool {
	a := m.val[s.x[0]]
	switch s.kernel {
	case kReal:
		if s.op.arity() == 1 {
			return unary(s.op, d, a)
		}
		return m.binary(s.op, d, a, m.val[s.x[1]])
	case kSquare:
		square(d, a, m.val[s.x[1]][0])
	case kSquares:
		squares(d, a, m.val[s.x[1]][0], m.val[s.x[2]], m.val[s.x[3]][0])
	case kSincos:
		sincos(d, m.target(s, 1, n), a)
	case kOver:
		return over(d, m.target(s, 1, n), m.full(a, n, 0), m.full(m.val[s.x[1]], n, 1), m.val[s.x[2]])
	case kBoth:
		mulVec(d, m.full(a, n, 0), m.full(m.val[s.x[1]], n, 1))
	case kEither:
		maxVec(d, m.full(a, n, 0), m.full(m.val[s.x[1]], n, 1))
	case kSelect:
		pick(d, m.full(a, n, 0), m.val[s.x[1]], m.val[s.x[2]])
	case kComplex:
		x := [4][]float64{m.full(a, n, 0), m.full(m.val[s.x[1]], n, 1)}
		if s.x[2] == none {
			return complexUnary(s.op, d, m.target(s, 1, n), x[0], x[1])
		}
		return complexBinary(s.op, d, m.target(s, 1, n), x[0], x[1], m.full(m.val[s.x[2]], n, 2), m.full(m.val[s.x[3]], n, 3))
	case kBranch:
		return m.branch(s, d, a, n)
	}
	return true
}

// full returns a with n elements, repeated in spare memory if need be.
func (m *machine) full(a []float64, n, spare int) []float64 {
	if len(a) == n {
		return a
	}
	d := m.spare[spare][:n]
	fill(d, a[0])
	return d
}

// branch runs each arm for the points that take it, and puts the results together.
func (m *machine) branch(s *step, d, c []float64, n int) bool {
	var d2 []float64
	if s.out[1] != none {
		d2 = m.target(s, 1, n)
	}
	if len(c) == 1 {
		arm := &s.arms[0]
		if c[0] == 0 {
			arm = &s.arms[1]
		}
		return m.whole(arm, d, d2, n)
	}
	lists := &m.index[s.level]
	yes, no := split(c, lists[0], lists[1])
	for k, list := range [][]int32{yes, no} {
		switch {
		case len(list) == n:
			return m.whole(&s.arms[k], d, d2, n)
		case len(list) > 0 && !m.arm(&s.arms[k], list, d, d2):
			return false
		}
	}
	return true
}

// whole runs an arm that all points take.
func (m *machine) whole(p *part, d, d2 []float64, n int) bool {
	for _, t := range p.imports {
		m.val[t.node] = m.val[t.from]
	}
	if !m.run(p.steps, n) {
		return false
	}
	spread(d, m.val[p.result.re])
	if d2 != nil {
		spread(d2, m.val[p.result.im])
	}
	return true
}

// arm runs an arm for the points of a list.
func (m *machine) arm(p *part, list []int32, d, d2 []float64) bool {
	for _, t := range p.imports {
		b := m.buffers[t.buffer][:len(list)]
		from := m.val[t.from]
		for k, i := range list {
			b[k] = from[i]
		}
		m.val[t.node] = b
	}
	if !m.run(p.steps, len(list)) {
		return false
	}
	scatter(d, m.val[p.result.re], list)
	if d2 != nil {
		scatter(d2, m.val[p.result.im], list)
	}
	return true
}
