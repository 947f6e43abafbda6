package mtx

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"syscall"
	"testing"
	"time"
)

func cpu() time.Duration {
	var r syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &r)
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

func best(n int, f func()) (wall, c time.Duration) {
	wall, c = 1<<60, 1<<60
	for range n {
		w0, c0 := time.Now(), cpu()
		f()
		wall, c = min(wall, time.Since(w0)), min(c, cpu()-c0)
	}
	return
}

func TestScratch(t *testing.T) {
	dir := t.TempDir()
	for _, kind := range []string{"real", "rowmajor", "complex", "array"} {
		text := benchText(kind, 1_000_000)
		path := dir + "/a.mtx"
		_ = os.WriteFile(path, text, 0o600)
		ff, _ := ReadFile(context.Background(), path, ReadOptions{})
		for _, th := range []int{1, 2} {
			for _, ref := range []*Order{nil, ff.Order} {
				w, c := best(15, func() {
					if _, err := ReadFile(context.Background(), path, ReadOptions{Threads: th, Reference: ref}); err != nil {
						t.Fatal(err)
					}
				})
				fmt.Printf("read %-8s th=%d ref=%-5v wall %4.0f MB/s  cpu %4.0f MB/s\n", kind, th, ref != nil, float64(len(text))/w.Seconds()/1e6, float64(len(text))/c.Seconds()/1e6)
			}
			var b bytes.Buffer
			_ = Write(context.Background(), &b, ff.Matrix, WriteOptions{})
			w, c := best(8, func() { _ = Write(context.Background(), io.Discard, ff.Matrix, WriteOptions{Threads: th}) })
			fmt.Printf("write %-8s th=%d wall %4.0f MB/s  cpu %4.0f MB/s\n", kind, th, float64(b.Len())/w.Seconds()/1e6, float64(b.Len())/c.Seconds()/1e6)
		}
	}
}
