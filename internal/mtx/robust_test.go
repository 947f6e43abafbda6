package mtx

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"eimtool/internal/matrix"

	"github.com/google/go-cmp/cmp"
)

// corpusFiles returns the corpus files that are not large, by name.
func corpusFiles(t testing.TB) map[string][]byte {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(corpus, "*.mtx*"))
	if err != nil || len(paths) < 100 {
		t.Fatalf("corpus not found: %v", err)
	}
	out := map[string][]byte{}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		out[filepath.Base(path)] = data
	}
	return out
}

// outcome is everything that reading returns, in comparable form.
type outcome struct {
	Header   Header
	Values   matrix.Values
	Pattern  *matrix.Pattern
	Compact  *Compact
	Warnings []string
	Err      string
}

func outcomeOf(f *File, err error) outcome {
	if err != nil {
		return outcome{Err: err.Error()}
	}
	return outcome{
		Header: f.Header, Values: f.Values, Pattern: f.Pattern, Compact: f.Compact, Warnings: f.Warnings,
	}
}

// TestIndependence: neither threads nor the division into blocks changes
// matrix, warnings or errors.
func TestIndependence(t *testing.T) {
	for name, data := range corpusFiles(t) {
		want := outcomeOf(readBytes(data, ReadOptions{Threads: 1, Compact: true}))
		blocks := []int{1, 7, 64, 1000}
		if len(data) > 4000 {
			blocks = []int{700, 5000}
		}
		for _, block := range blocks {
			for _, threads := range []int{1, 2, 7} {
				got := outcomeOf(readBytes(data, ReadOptions{Threads: threads, Compact: true, block: block}))
				if diff := cmp.Diff(want, got, bitwise); diff != "" {
					t.Errorf("%s with %d threads and blocks of %d: %s", name, threads, block, diff)
				}
			}
		}
	}
}

// TestTruncation cuts every small file after every byte: an error or a matrix,
// never a panic, and no allocation beyond the size.
func TestTruncation(t *testing.T) {
	for name, data := range corpusFiles(t) {
		if len(data) > 3000 {
			continue
		}
		for k := range data {
			f, err := readBytes(data[:k], ReadOptions{Threads: 2, block: 16})
			if (f == nil) == (err == nil) {
				t.Fatalf("%s cut after %d bytes: %v, %v", name, k, f, err)
			}
		}
	}
}

// TestReaderFails: an error of the reader after any number of bytes is the
// error of Read unless the text before it is at fault, and no goroutine is left.
func TestReaderFails(t *testing.T) {
	broken := errors.New("broken pipe")
	before := runtime.NumGoroutine()
	for _, name := range []string{"symmetric.mtx", "array_general.mtx", "gz_members.mtx.gz"} {
		data := corpusFiles(t)[name]
		for k := range data {
			r := io.MultiReader(bytes.NewReader(data[:k]), iotest.ErrReader(broken))
			f, err := Read(context.Background(), r, ReadOptions{Name: "pipe", Threads: 2, block: 8})
			var p *ParseError
			if f != nil || !errors.Is(err, broken) || !errors.As(err, &p) || p.File != "pipe" {
				t.Fatalf("%s, reader failing after %d bytes: %v", name, k, err)
			}
		}
		f, err := Read(context.Background(), iotest.OneByteReader(bytes.NewReader(data)), ReadOptions{})
		if err != nil || f == nil {
			t.Fatalf("%s byte by byte: %v", name, err)
		}
	}
	checkGoroutines(t, before)
}

// checkGoroutines reports goroutines beyond those before. One that has done its
// work may still be counted for a moment.
func checkGoroutines(t *testing.T, before int) {
	t.Helper()
	for range 1_000_000 {
		if runtime.NumGoroutine() <= before {
			return
		}
		runtime.Gosched()
	}
	t.Errorf("%d goroutines left", runtime.NumGoroutine()-before)
}

func TestReadFileErrors(t *testing.T) {
	if _, err := ReadFile(context.Background(), filepath.Join(t.TempDir(), "none.mtx"), ReadOptions{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
	dir := t.TempDir()
	if _, err := ReadFile(context.Background(), dir, ReadOptions{}); err == nil || !strings.HasPrefix(err.Error(), dir+": ") {
		t.Errorf("directory: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := ReadFile(ctx, filepath.Join(corpus, "symmetric.mtx"), ReadOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// compress returns data as a gzip file.
func compress(t testing.TB, parts ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range parts {
		if _, err := io.WriteString(w, part); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestBombs: small files that claim or expand to much end with an error and
// little memory.
func TestBombs(t *testing.T) {
	const head = "%%MatrixMarket matrix coordinate real general\n"
	repeated := strings.Repeat("1 1 1\n", 12_000_000)
	for _, c := range []struct {
		name, about string
		data        []byte
		opt         ReadOptions
		memory      uint64
	}{
		{"count", "count", []byte(head + "5 5 4611686018427387904\n1 1 1\n"), ReadOptions{}, 1 << 20},
		{"columns", "columns", []byte(head + "5 2000000000 1\n1 1 1\n"), ReadOptions{}, 1 << 20},
		{"rows", "rows", []byte(head + "5000000000 5 1\n1 1 1\n"), ReadOptions{}, 1 << 20},
		{"empty array", "columns", []byte("%%MatrixMarket matrix array real general\n0 9000000000000000000\n"), ReadOptions{}, 1 << 20},
		{"entries", "gzip", compress(t, head, "1 1 12000000\n", repeated), ReadOptions{}, 600 << 20},
		{"excess", "count", compress(t, head, "1 1 7\n", repeated), ReadOptions{}, 20 << 20},
		{"line", "line", compress(t, head, strings.Repeat(" ", 80_000_000)), ReadOptions{}, 400 << 20},
		{"comments", "truncated", compress(t, head, strings.Repeat("%\n", 8_000_000)), ReadOptions{}, 80 << 20},
		{"limit", "bytes", []byte(head + "1 1 12000000\n" + repeated), ReadOptions{MaxBytes: 1 << 20}, 20 << 20},
	} {
		for _, threads := range []int{1, 2} {
			c.opt.Threads = threads
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := readBytes(c.data, c.opt)
			runtime.ReadMemStats(&after)
			if err == nil || !strings.Contains(err.Error(), c.about) {
				t.Errorf("%s: %v, want an error about %s", c.name, err, c.about)
			}
			if used := after.TotalAlloc - before.TotalAlloc; used > c.memory {
				t.Errorf("%s: %d MB allocated in all", c.name, used>>20)
			}
		}
	}
}

// TestCompact: with Compact the same absurd sizes are read.
func TestCompact(t *testing.T) {
	f, err := readBytes([]byte("%%MatrixMarket matrix coordinate integer symmetric\n6000000000 6000000000 3\n"+
		"5999999999 7 2\n6000000000 6000000000 3\n7 7 1\n"), ReadOptions{Compact: true})
	if err != nil {
		t.Fatal(err)
	}
	want := []int{6, 5999999998, 5999999999}
	if diff := cmp.Diff(&Compact{want, want}, f.Compact); diff != "" {
		t.Error(diff)
	}
	if f.Rows != 6000000000 || f.Matrix.Pattern.Rows != 3 || f.Summary().NNZ != 4 || f.Summary().SumRe != 8 {
		t.Errorf("%+v, %+v", f.Header, f.Summary())
	}
	f, err = readBytes([]byte("%%MatrixMarket matrix array real general\n0 6000000000\n"), ReadOptions{Compact: true})
	if err != nil || f.Cols != 6000000000 || f.Summary().NNZ != 0 {
		t.Errorf("empty array: %v", err)
	}
}

// TestFirstError: of several bad things the first in file order is named, also
// when it shows only in combination with earlier entries.
func TestFirstError(t *testing.T) {
	const symmetric = "%%MatrixMarket matrix coordinate real symmetric\n"
	for _, c := range []struct {
		name, text string
		line       int
		about      string
	}{
		{"mirror before value", symmetric + "3 3 4\n1 2 1\n2 1 1\n3 3 x\n1 1 1\n", 4, "triangles"},
		{"value before mirror", symmetric + "3 3 4\n1 2 1\n3 3 x\n2 1 1\n1 1 1\n", 4, "value"},
		{"mirror before truncation", symmetric + "3 3 9\n2 1 1\n\n1 2 1\n", 5, "triangles"},
		{"count before value", symmetric + "3 3 1\n1 1 1\n\n2 1 1\nx\n", 5, "count"},
		{"bad line in excess", symmetric + "3 3 1\n1 1 1\n\nEND\n", 5, "count"},
		{"overflowing sum", "%%MatrixMarket matrix coordinate real general\n2 2 3\n2 2 1\n1 1 1.7e308\n1 1 1.7e308\n", 5, "overflow"},
		{"hermitian array", "%%MatrixMarket matrix array complex hermitian\n2 2\n1 0\n1 5\n2 1\n", 5, "diagonal"},
		{"hermitian array before value", "%%MatrixMarket matrix array complex hermitian\n2 2\n1 3\n1 x\n2 1\n", 3, "diagonal"},
	} {
		for _, block := range []int{1, 1000} {
			_, err := readBytes([]byte(c.text), ReadOptions{Threads: 2, block: block})
			var p *ParseError
			if !errors.As(err, &p) || p.Line != c.line || !strings.Contains(p.Msg, c.about) {
				t.Errorf("%s: %v, want line %d and %s", c.name, err, c.line, c.about)
			}
		}
	}
}

// TestDamageFirst: nonsense in the text of damaged gzip data is not blamed on
// the text.
func TestDamageFirst(t *testing.T) {
	data := compress(t, "%%MatrixMarket matrix coordinate real general\n3 3 2\n1 1 oops\n2 2 1\n")
	data[len(data)-8] ^= 1
	if _, err := readBytes(data, ReadOptions{}); err == nil || !strings.Contains(err.Error(), "CRC") {
		t.Errorf("error %v, want one about the CRC", err)
	}
}

// failingWriter accepts some bytes and then fails.
type failingWriter struct{ left int }

var errFull = errors.New("no space left")

func (w *failingWriter) Write(p []byte) (int, error) {
	if len(p) > w.left {
		return w.left, errFull
	}
	w.left -= len(p)
	return len(p), nil
}

func TestWriteErrors(t *testing.T) {
	f, err := readBytes(benchText("real", 60_000), ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	before := runtime.NumGoroutine()
	for _, left := range []int{0, 10, 100, 100_000, 1_000_000} {
		if err := Write(context.Background(), &failingWriter{left}, f.Matrix, WriteOptions{Threads: 3}); !errors.Is(err, errFull) {
			t.Errorf("writer failing after %d bytes: %v", left, err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := Write(ctx, io.Discard, f.Matrix, WriteOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	f.Real[20_000] /= 0 * f.Real[0]
	if err := Write(context.Background(), io.Discard, f.Matrix, WriteOptions{}); err == nil || !strings.Contains(err.Error(), "not finite") {
		t.Errorf("infinite value: %v", err)
	}
	checkGoroutines(t, before)
}
