package direct

import (
	"context"
	"sort"
	"sync"

	"eimtool/internal/scalar"
)

// A run factorises the fronts by tasks: subtrees small enough to be shared out
// among the workers, and single fronts above them. A task is ready when those
// of its children are done. Who does what depends on threads and on luck, the
// sums inside a front do not.
type run[T scalar.Scalar] struct {
	n       *Numeric[T]
	workers []*worker[T]
	tasks   []task
	pool    pool[T]
	bytes   gauge

	mu      sync.Mutex
	wake    *sync.Cond
	ready   []int // tasks, the most expensive last
	pending []int // children not yet done, by task
	left    int   // tasks not yet done
	err     error
	lack    *PivotError // of the first root that ran out of pivots
	lackAt  int
	panics  any
}

// task is the fronts first..last, a whole subtree or (top) a single front.
type task struct {
	first, last int
	parent      int // task, -1 for a root
	children    int
	top         bool
	work        float64
}

// sharesPerThread is how finely the tree is cut: subtrees have at most one part
// in sharesPerThread·threads of all work.
const sharesPerThread = 6

func newRun[T scalar.Scalar](n *Numeric[T]) *run[T] {
	r := &run[T]{n: n}
	r.wake = sync.NewCond(&r.mu)
	for range n.rules.Threads {
		r.workers = append(r.workers, &worker[T]{n: n, run: r})
	}
	r.cut(n.sym, n.rules.Threads)
	r.pending = make([]int, len(r.tasks))
	return r
}

// cut divides the tree into tasks, in the order of their last fronts. Small
// trees of a forest are put together.
func (r *run[T]) cut(s *Symbolic, threads int) {
	total := 0.0
	for f, p := range s.tree.SuperParent {
		if p < 0 {
			total += s.subtree[f]
		}
	}
	limit := total / float64(threads*sharesPerThread)
	if threads == 1 {
		limit = total
	}
	of := make([]int, s.count()) // the task that ends with a front
	start, work := 0, 0.0
	for f := range s.count() {
		whole, p := s.subtree[f] <= limit, s.tree.SuperParent[f]
		if whole && p >= 0 && s.subtree[p] <= limit {
			continue // part of a larger task
		}
		if !whole {
			work = s.work[f]
			start = f
		} else {
			work += s.subtree[f]
			if p < 0 && work < limit && f+1 < s.count() && s.subtree[f+1] <= limit {
				continue
			}
		}
		of[f] = len(r.tasks)
		r.tasks = append(r.tasks, task{first: start, last: f, parent: -1, top: !whole, work: work})
		start, work = f+1, 0
	}
	for t := range r.tasks {
		if p := s.tree.SuperParent[r.tasks[t].last]; p >= 0 {
			r.tasks[t].parent = of[p]
			r.tasks[of[p]].children++
		}
	}
}

// factorise runs all tasks.
func (r *run[T]) factorise(ctx context.Context, a Matrix[T]) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	r.reset()
	stopped := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		r.fail(ctx.Err())
		close(stopped)
	})
	defer func() {
		if !stop() {
			<-stopped // so that it does not fail a later run
		}
	}()
	var wg sync.WaitGroup
	for _, w := range r.workers[1:] {
		wg.Add(1)
		go func() {
			defer wg.Done()
			r.loop(w, a)
		}()
	}
	r.loop(r.workers[0], a)
	wg.Wait()
	if r.panics != nil {
		panic(r.panics)
	}
	if r.err == nil && r.lack != nil {
		return r.lack
	}
	return r.err
}

// deficient records that root f has no pivot for a column. All roots are tried,
// so that the error does not depend on the order of the tasks.
func (r *run[T]) deficient(f, column int, k Kind) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.lack == nil || f < r.lackAt {
		r.lack, r.lackAt = &PivotError{Column: column, Kind: k}, f
	}
}

func (r *run[T]) reset() {
	r.err, r.lack, r.panics, r.left = nil, nil, nil, len(r.tasks)
	r.ready = r.ready[:0]
	for t, k := range r.tasks {
		r.pending[t] = k.children
		if k.children == 0 {
			r.ready = append(r.ready, t)
		}
	}
	sort.SliceStable(r.ready, func(i, j int) bool { return r.tasks[r.ready[i]].work < r.tasks[r.ready[j]].work })
	r.bytes.reset()
	r.pool.reset(&r.bytes)
	for _, w := range r.workers {
		w.reset()
	}
}

// loop takes tasks until none is left or one has failed.
func (r *run[T]) loop(w *worker[T], a Matrix[T]) {
	defer func() {
		if p := recover(); p != nil {
			r.mu.Lock()
			r.panics, r.left = p, 0
			r.mu.Unlock()
			r.wake.Broadcast()
		}
	}()
	for {
		t := r.take()
		if t < 0 {
			return
		}
		if err := w.task(r.tasks[t], a); err != nil {
			r.fail(err)
			return
		}
		r.done(t)
	}
}

// take returns a ready task, waiting for one; -1 when all are done.
func (r *run[T]) take() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.ready) == 0 && r.left > 0 && r.err == nil {
		r.wake.Wait()
	}
	if r.left == 0 || r.err != nil {
		return -1
	}
	t := r.ready[len(r.ready)-1]
	r.ready = r.ready[:len(r.ready)-1]
	return t
}

func (r *run[T]) done(t int) {
	r.mu.Lock()
	r.left--
	if p := r.tasks[t].parent; p >= 0 {
		r.pending[p]--
		if r.pending[p] == 0 {
			r.ready = append(r.ready, p)
		}
	}
	r.mu.Unlock()
	r.wake.Broadcast()
}

// fail ends the run; the first error stays.
func (r *run[T]) fail(err error) {
	r.mu.Lock()
	if r.err == nil {
		r.err = err
	}
	r.mu.Unlock()
	r.wake.Broadcast()
}

// failure returns the error with which the run is to end, if any.
func (r *run[T]) failure() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}

func (r *run[T]) delayed() int {
	d := 0
	for _, w := range r.workers {
		d += w.delayed
	}
	return d
}

func (r *run[T]) relaxed() int {
	d := 0
	for _, w := range r.workers {
		d += w.relaxed
	}
	return d
}
