package direct

import (
	"slices"

	"eimtool/internal/scalar"
	"eimtool/internal/solve/kernel"
)

// inverter inverts fronts, one at a time.
type inverter[T scalar.Scalar] struct {
	*inversion[T]
	work         kernel.Work[T]
	works        []kernel.Work[T] // for parts of a front that goroutines share
	buffers      buffers[T]
	rowAt, colAt []int32 // place in the front for the place of a pivot in the order of elimination
	rows, cols   []int32
	stretches    []stretch
	y, x, s      []T
}

// inverter returns an inverter that was kept, or a new one.
func (n *Numeric[T]) inverter() *inverter[T] {
	w := n.takeSpare()
	if w == nil {
		w = &inverter[T]{}
	}
	order := n.sym.pattern.Rows
	if n.rules.Kind != Cholesky && w.rowAt == nil {
		w.rowAt = make([]int32, order)
		w.colAt = w.rowAt
		if n.rules.Kind == LU {
			w.colAt = make([]int32, order)
		}
	}
	return w
}

// takeSpare returns an inverter that was kept, nil when there is none.
func (n *Numeric[T]) takeSpare() *inverter[T] {
	n.spareMu.Lock()
	defer n.spareMu.Unlock()
	last := len(n.spare) - 1
	if last < 0 {
		return nil
	}
	w := n.spare[last]
	n.spare = n.spare[:last]
	return w
}

// keep keeps the storage of w for the next inversion.
func (n *Numeric[T]) keep(w *inverter[T]) {
	w.inversion = nil
	n.spareMu.Lock()
	n.spare = append(n.spare, w)
	n.spareMu.Unlock()
}

// buffers keeps blocks for reuse. Small ones of equal size class lie together,
// a class spanning an eighth to a quarter of an octave. Of large ones there are
// never more than were in use at a time.
type buffers[T scalar.Scalar] struct {
	small map[int][][]T
	large [][]T
}

// largeFrom is the number of elements of a large buffer.
const largeFrom = 1 << 14

// sizeClass returns the smallest size of at least n that small buffers have.
func sizeClass(n int) int {
	step := 16
	for 8*step < n {
		step *= 2
	}
	return (n + step - 1) / step * step
}

// get returns a buffer of n elements, contents undefined.
func (b *buffers[T]) get(n int) []T {
	if n >= largeFrom {
		return b.getLarge(n)
	}
	size := sizeClass(n)
	list := b.small[size]
	if len(list) == 0 {
		return make([]T, n, size)
	}
	v := list[len(list)-1]
	b.small[size] = list[:len(list)-1]
	return v[:n]
}

// getLarge takes the smallest buffer that will do. When none does, the largest
// gives way to a new one.
func (b *buffers[T]) getLarge(n int) []T {
	fit, most := -1, -1
	for i, v := range b.large {
		if cap(v) >= n && (fit < 0 || cap(v) < cap(b.large[fit])) {
			fit = i
		}
		if most < 0 || cap(v) > cap(b.large[most]) {
			most = i
		}
	}
	if fit >= 0 {
		v := b.large[fit]
		b.large = slices.Delete(b.large, fit, fit+1)
		return v[:n]
	}
	if most >= 0 {
		b.large = slices.Delete(b.large, most, most+1)
	}
	return make([]T, n)
}

// put takes a buffer back.
func (b *buffers[T]) put(v []T) {
	if cap(v) >= largeFrom {
		b.large = append(b.large, v)
		return
	}
	if b.small == nil {
		b.small = make(map[int][][]T)
	}
	b.small[cap(v)] = append(b.small[cap(v)], v)
}
