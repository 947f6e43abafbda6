package scalar_test

import (
	"context"
	"errors"
	"runtime"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"eimtool/internal/scalar"
)

// TestBlocksPartition holds that for every number of threads each item is in
// one block, and that the blocks are the same.
func TestBlocksPartition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 300).Draw(t, "n")
		size := rapid.IntRange(1, 320).Draw(t, "size")
		for _, threads := range []int{-1, 0, 1, 2, 7, 400} {
			count := scalar.BlockCount(n, size)
			bounds := make([][2]int, count)
			calls := make([]atomic.Int32, count)
			err := scalar.Blocks(context.Background(), n, size, threads, func(b, lo, hi int) {
				calls[b].Add(1)
				bounds[b] = [2]int{lo, hi}
			})
			if err != nil {
				t.Fatal(err)
			}
			end := 0
			for b := range bounds {
				lo, hi := bounds[b][0], bounds[b][1]
				if calls[b].Load() != 1 || lo != end || lo != b*size || hi <= lo || hi > lo+size {
					t.Fatalf("%d threads: block %d is [%d, %d), called %d times", threads, b, lo, hi, calls[b].Load())
				}
				end = hi
			}
			if end != n {
				t.Fatalf("%d threads: blocks end at %d of %d", threads, end, n)
			}
		}
	})
}

func TestEach(t *testing.T) {
	for _, threads := range []int{1, 3} {
		for _, n := range []int{0, 1, 100} {
			seen := make([]atomic.Int32, n)
			if err := scalar.Each(context.Background(), n, threads, func(i int) { seen[i].Add(1) }); err != nil {
				t.Fatal(err)
			}
			for i := range seen {
				if seen[i].Load() != 1 {
					t.Errorf("%d threads, n = %d: item %d seen %d times", threads, n, i, seen[i].Load())
				}
			}
		}
	}
}

func TestBlocksCancelled(t *testing.T) {
	for _, threads := range []int{1, 4} {
		ctx, cancel := context.WithCancel(context.Background())
		var calls atomic.Int32
		err := scalar.Each(ctx, 1000, threads, func(int) {
			calls.Add(1)
			cancel()
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%d threads: error %v", threads, err)
		}
		if n := calls.Load(); n < 1 || int(n) > threads {
			t.Errorf("%d threads: %d blocks begun, all but the first after cancelling", threads, n)
		}
		calls.Store(0)
		if err := scalar.Each(ctx, 10, threads, func(int) { calls.Add(1) }); !errors.Is(err, context.Canceled) || calls.Load() != 0 {
			t.Errorf("%d threads: error %v, %d calls of a cancelled loop", threads, err, calls.Load())
		}
		if err := scalar.Each(ctx, 0, threads, func(int) {}); !errors.Is(err, context.Canceled) {
			t.Errorf("%d threads: cancelled empty loop returns %v", threads, err)
		}
	}
}

func TestBlocksPanic(t *testing.T) {
	for _, threads := range []int{1, 4} {
		caught := func() (r any) {
			defer func() { r = recover() }()
			_ = scalar.Each(context.Background(), 1000, threads, func(i int) {
				if i == 3 {
					panic("block 3")
				}
			})
			return nil
		}()
		if caught != "block 3" {
			t.Errorf("%d threads: caught %v", threads, caught)
		}
	}
}

func TestThreads(t *testing.T) {
	all := runtime.GOMAXPROCS(0)
	if scalar.Threads(3) != 3 || scalar.Threads(0) != all || scalar.Threads(-2) != all {
		t.Error("wrong number of threads")
	}
}
