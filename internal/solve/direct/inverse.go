package direct

import (
	"context"
	"sync"
	"sync/atomic"

	"eimtool/internal/scalar"
)

// SelectedInverse returns, for every stored entry (i, j) of the pattern, element
// (j, i) of A⁻¹: the derivative of log det A by that entry. Where the fronts
// hold one triangle of a matrix in general storage, entries above the diagonal
// get 0. The only error is ctx's. It may be called by several goroutines at
// once, and its bits do not depend on threads.
//
// With A = L·D·U the identities Z·L = U⁻¹·D⁻¹ and U·Z = D⁻¹·L⁻¹ give the
// elements of Z = A⁻¹ on the pattern of L + U from the last pivot to the first
// (Takahashi, Fagan, Chen, PICA Conf. 1973; Erisman, Tinney, CACM 18(3), 1975).
// By fronts: the part of Z in the rows and columns below the pivots of a front
// is a part of the parent's, all of which is known.
func (n *Numeric[T]) SelectedInverse(ctx context.Context, threads int) ([]T, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	v := newInversion(n, scalar.Threads(threads))
	if err := v.all(ctx); err != nil {
		return nil, err
	}
	return v.z, nil
}

// inversion goes through the tasks of a factorisation from the roots down: one
// is ready when the front above it is inverted.
type inversion[T scalar.Scalar] struct {
	n       *Numeric[T]
	threads int
	tasks   []task
	below   [][]int        // tasks that wait for a task
	z       []T            // the result
	fronts  [][]T          // of fronts that still have children to serve: their part of Z, m×m
	users   []atomic.Int32 // those children, by front

	mu     sync.Mutex
	wake   *sync.Cond
	ready  []int // tasks, the most expensive last
	left   int   // tasks not yet done
	err    error
	panics any
}

func newInversion[T scalar.Scalar](n *Numeric[T], threads int) *inversion[T] {
	v := &inversion[T]{n: n, threads: threads, tasks: n.state.tasks, z: make([]T, n.sym.pattern.NNZ())}
	v.wake = sync.NewCond(&v.mu)
	v.fronts = make([][]T, n.sym.count())
	v.users = make([]atomic.Int32, n.sym.count())
	v.below = make([][]int, len(v.tasks))
	v.left = len(v.tasks)
	for t, k := range v.tasks {
		if k.parent < 0 {
			v.ready = append(v.ready, t)
		} else {
			v.below[k.parent] = append(v.below[k.parent], t)
		}
	}
	return v
}

// all runs all tasks.
func (v *inversion[T]) all(ctx context.Context) error {
	stopped := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		v.fail(ctx.Err())
		close(stopped)
	})
	var wg sync.WaitGroup
	for range v.threads - 1 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			v.loop()
		}()
	}
	v.loop()
	wg.Wait()
	if !stop() {
		<-stopped
	}
	if v.panics != nil {
		panic(v.panics)
	}
	return v.err
}

// loop takes tasks until none is left or the inversion has failed.
func (v *inversion[T]) loop() {
	defer func() {
		if p := recover(); p != nil {
			v.mu.Lock()
			v.panics, v.left = p, 0
			v.mu.Unlock()
			v.wake.Broadcast()
		}
	}()
	w := v.n.inverter()
	w.inversion = v
	defer v.n.keep(w)
	for {
		t := v.take()
		if t < 0 || !w.task(v.tasks[t]) {
			return
		}
		v.done(t)
	}
}

// take returns a ready task, waiting for one; -1 when there is none to do.
func (v *inversion[T]) take() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	for len(v.ready) == 0 && v.left > 0 && v.err == nil {
		v.wake.Wait()
	}
	if v.left == 0 || v.err != nil {
		return -1
	}
	t := v.ready[len(v.ready)-1]
	v.ready = v.ready[:len(v.ready)-1]
	return t
}

func (v *inversion[T]) done(t int) {
	v.mu.Lock()
	v.left--
	v.ready = append(v.ready, v.below[t]...)
	v.mu.Unlock()
	v.wake.Broadcast()
}

// fail ends the inversion; the first error stays.
func (v *inversion[T]) fail(err error) {
	v.mu.Lock()
	if v.err == nil {
		v.err = err
	}
	v.mu.Unlock()
	v.wake.Broadcast()
}

func (v *inversion[T]) failed() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.err != nil
}

// task inverts the fronts of t, parents first; false when the inversion failed.
func (w *inverter[T]) task(t task) bool {
	threads := 1
	if t.top {
		threads = w.threads
	}
	for f := t.last; f >= t.first; f-- {
		if (f&63 == 0 || t.top) && w.failed() {
			return false
		}
		w.front(f, threads)
	}
	return true
}

// front computes the part of Z that belongs to front f: from its parent's, for
// its children and for the result.
func (w *inverter[T]) front(f, threads int) {
	n := w.n
	v := &n.nodes[f]
	z := w.buffers.get(v.m * v.m)
	if p := n.sym.tree.SuperParent[f]; p >= 0 && v.m > v.c {
		w.inherit(f, int(p), z, threads)
	}
	if p := n.sym.tree.SuperParent[f]; p >= 0 && w.users[p].Add(-1) == 0 {
		w.buffers.put(w.fronts[p])
		w.fronts[p] = nil
	}
	w.invert(v, z, threads)
	w.deliver(f, z)
	if c := len(n.sym.children(f)); c > 0 {
		w.users[f].Store(int32(c))
		w.fronts[f] = z
	} else {
		w.buffers.put(z)
	}
}
