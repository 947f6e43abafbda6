package direct

import (
	"sync"
	"sync/atomic"

	"eimtool/internal/scalar"
)

// gauge measures how much workspace is in use, and the most there was.
type gauge struct{ now, most atomic.Int64 }

func (g *gauge) add(elements int) {
	v := g.now.Add(int64(elements))
	for {
		m := g.most.Load()
		if v <= m || g.most.CompareAndSwap(m, v) {
			return
		}
	}
}

func (g *gauge) reset() {
	g.now.Store(0)
	g.most.Store(0)
}

// peak returns the most elements that were in use at a time.
func (g *gauge) peak() int { return int(g.most.Load()) }

// pool lends buffers for large fronts and for contribution blocks that pass
// between tasks. Buffers stay for the next factorisation.
type pool[T scalar.Scalar] struct {
	mu    sync.Mutex
	free  [][]T
	lent  map[*T][]T
	gauge *gauge
}

// reset takes all buffers back.
func (p *pool[T]) reset(g *gauge) {
	p.gauge = g
	for _, b := range p.lent {
		p.free = append(p.free, b)
	}
	p.lent = make(map[*T][]T)
}

// get returns a buffer of n > 0 elements, contents undefined: the smallest one
// that is free and large enough.
func (p *pool[T]) get(n int) []T {
	p.gauge.add(n)
	p.mu.Lock()
	defer p.mu.Unlock()
	best := -1
	for i, b := range p.free {
		if cap(b) >= n && (best < 0 || cap(b) < cap(p.free[best])) {
			best = i
		}
	}
	var b []T
	if best >= 0 {
		b = p.free[best][:n]
		p.free = append(p.free[:best], p.free[best+1:]...)
	} else {
		b = make([]T, n)
	}
	p.lent[&b[0]] = b
	return b
}

// put returns a buffer.
func (p *pool[T]) put(b []T) {
	if len(b) == 0 {
		return
	}
	p.gauge.add(-len(b))
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.lent, &b[0])
	p.free = append(p.free, b)
}
