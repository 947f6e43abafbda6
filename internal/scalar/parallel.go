package scalar

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
)

// Threads returns t, or the number of usable processors when t ≤ 0.
func Threads(t int) int {
	if t <= 0 {
		return runtime.GOMAXPROCS(0)
	}
	return t
}

// BlockCount returns how many blocks of the given size cover n items.
func BlockCount(n, size int) int { return (n + size - 1) / size }

// Blocks runs f(b, lo, hi) for every block b = [lo, hi) of size items of
// 0..n-1, on up to threads goroutines (all processors when threads ≤ 0). The
// division into blocks depends on n and size alone: a caller that stores one
// partial result per block and combines them in index order gets the same bits
// for any number of threads. It stops early, with ctx's error, when ctx is
// cancelled; a panic in f is raised again on the caller's goroutine.
func Blocks(ctx context.Context, n, size, threads int, f func(b, lo, hi int)) error {
	count := BlockCount(n, size)
	threads = min(Threads(threads), count)
	if threads <= 1 {
		for b := range count {
			if err := ctx.Err(); err != nil {
				return err
			}
			f(b, b*size, min(n, (b+1)*size))
		}
		return ctx.Err()
	}
	var (
		next   atomic.Int64
		wg     sync.WaitGroup
		once   sync.Once
		caught any
	)
	for range threads {
		wg.Add(1)
		go func() {
			defer wg.Done()
			defer func() {
				if r := recover(); r != nil {
					once.Do(func() { caught = r })
					next.Store(int64(count)) // no further blocks
				}
			}()
			for ctx.Err() == nil {
				b := int(next.Add(1)) - 1
				if b >= count {
					return
				}
				f(b, b*size, min(n, (b+1)*size))
			}
		}()
	}
	wg.Wait()
	if caught != nil {
		panic(caught)
	}
	return ctx.Err()
}

// Each runs f(i) for i in 0..n-1 on up to threads goroutines; see Blocks.
func Each(ctx context.Context, n, threads int, f func(i int)) error {
	return Blocks(ctx, n, 1, threads, func(b, _, _ int) { f(b) })
}
