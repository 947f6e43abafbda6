package mtx

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"testing"

	kgzip "github.com/klauspost/compress/gzip"
)

func TestScratchGz(t *testing.T) {
	text := benchText("real", 500_000)
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	w.Write(text)
	w.Close()
	path := t.TempDir() + "/a.mtx.gz"
	os.WriteFile(path, z.Bytes(), 0o600)
	show := func(name string, f func()) {
		w, c := best(8, f)
		fmt.Printf("%-20s wall %4.0f cpu %4.0f MB/s\n", name, float64(len(text))/w.Seconds()/1e6, float64(len(text))/c.Seconds()/1e6)
	}
	fmt.Println("ratio", float64(len(text))/float64(z.Len()))
	show("std inflate", func() { r, _ := gzip.NewReader(bytes.NewReader(z.Bytes())); io.Copy(io.Discard, r) })
	show("klauspost inflate", func() { r, _ := kgzip.NewReader(bytes.NewReader(z.Bytes())); io.Copy(io.Discard, r) })
	show("own framing", func() {
		r := newGunzip(bytes.NewReader(z.Bytes()))
		b := make([]byte, 256<<10)
		for {
			if _, err := r.Read(b); err != nil {
				break
			}
		}
	})
	for _, th := range []int{1, 2} {
		show(fmt.Sprint("read th=", th), func() {
			if _, err := ReadFile(context.Background(), path, ReadOptions{Threads: th}); err != nil {
				t.Fatal(err)
			}
		})
	}
}
