package bundle

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"math"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"eimtool/internal/dense"
)

type recursive struct{ Next *recursive }

func TestTypesRefused(t *testing.T) {
	for want, v := range map[string]any{
		"not a pointer to a struct": tiny{},
		"pointer to a struct":       (*tiny)(nil),
		"unexported":                &struct{ a int }{},
		"contains itself":           &recursive{},
		"field m: type map":         &struct{ M map[string]int }{},
		"field any: type interface": &struct{ Any any }{},
		"inner/0/f: type func":      &struct{ Inner []struct{ F func() } }{},
		"pointer to a slice":        &struct{ P *[]float64 }{},
		"two fields": &struct {
			A, B int `bundle:"x"`
		}{},
		"unknown option": &struct {
			A []int `bundle:"a,omitempty"`
		}{},
		"not made of a-z": &struct {
			A int `bundle:"a/b"`
		}{},
		"Ä": &struct {
			Ä int `bundle:"Ä"`
		}{},
		"reserved": &struct {
			A []int `bundle:"block_crc32c"`
		}{[]int{1}},
		"not UTF-8":        &struct{ A string }{"\xff"},
		"2×2 matrix has 3": &struct{ A dense.Matrix[float64] }{dense.Matrix[float64]{Rows: 2, Cols: 2, Data: make([]float64, 3)}},
	} {
		var b bytes.Buffer
		if _, err := Write(&b, Meta{}, v, WriteOptions{}); !errors.As(err, new(*TypeError)) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
		if b.Len() > 0 {
			t.Errorf("%s: %d bytes written", want, b.Len())
		}
	}
	if _, err := Write(io.Discard, Meta{Options: math.NaN()}, &tiny{}, WriteOptions{}); err == nil {
		t.Error("options that are no JSON were written")
	}
}

// TestDecodeMismatch decodes one model into structs of other shapes.
func TestDecodeMismatch(t *testing.T) {
	type source struct {
		Name   string
		Number int
		Real   float64
		Z      complex128
		Pair   [2]int
		Vector []float64
		Table  [][]float64
		List   []inner
	}
	b := encode(t, layout{zip64From}, &source{"x", 300, 0.5, 1i, [2]int{1, 2}, []float64{1}, [][]float64{{1}}, []inner{{ID: 1}}}, WriteOptions{})
	r, err := Open(save(t, b))
	if err != nil {
		t.Fatal(err)
	}
	type rest struct { // everything but the field under test
		A string       `bundle:"name"`
		B int          `bundle:"number"`
		C float64      `bundle:"real"`
		D complex128   `bundle:"z"`
		E [2]int       `bundle:"pair"`
		F []float64    `bundle:"vector"`
		G [][]float64  `bundle:"table"`
		H []inner      `bundle:"list"`
		I []complex128 `bundle:"later_field"`
	}
	got := new(rest)
	if err := r.Decode(got); err != nil || got.B != 300 || got.I != nil {
		t.Fatal(err, got)
	}
	for want, v := range map[string]any{
		"field list: not known": &struct {
			Name, Number, Real, Z, Pair, Vector, Table *inner `bundle:"-"`
		}{},
		"field name: the bundle holds \"\\\"x\\\"\", not a value of type int": &struct{ Name int }{},
		"field number: the bundle holds \"300\", not a value of type int8":    &struct{ Number int8 }{},
		"not a value of type bool":        &struct{ Number bool }{},
		"not a value of type uint":        &struct{ Real uint }{},
		"not a value of type string":      &struct{ Number string }{},
		"not a value of type complex128":  &struct{ Pair, Real complex128 }{},
		"field z: the bundle holds":       &struct{ Z float64 }{},
		"2 elements, not 3":               &struct{ Pair [3]int }{},
		"field vector.npy: the bundle ho": &struct{ Vector []float32 }{},
		"field table.npy: the bundle":     &struct{ Table [][]complex128 }{},
		"with 1 dimensions":               &struct{ Table []float64 }{},
		"hold a list here":                &struct{ Name []string }{},
		"hold an object here":             &struct{ Name inner }{},
		"field list/0: the bundle holds":  &struct{ List []float64 }{},
		"hold an array here":              &struct{ Name *dense.Matrix[float64] }{},
	} {
		if err := r.Decode(v); !errors.As(err, new(*TypeError)) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if err := r.Decode(tiny{}); !errors.As(err, new(*TypeError)) {
		t.Error(err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if err := r.Close(); err != nil {
		t.Error("second Close:", err)
	}
}

func TestAliases(t *testing.T) {
	r, err := Open(save(t, encode(t, layout{zip64From}, sample(), WriteOptions{})))
	if err != nil {
		t.Fatal(err)
	}
	var a, b everything
	if err := errors.Join(r.Decode(&a), r.Decode(&b)); err != nil {
		t.Fatal(err)
	}
	if &a.Values[1][0] != &b.Values[1][0] || &a.Dense.Data[0] != &b.Dense.Data[0] {
		t.Error("arrays do not share the file")
	}
	if cap(a.Values[0]) != len(a.Values[0]) || cap(a.Index) != len(a.Index) {
		t.Error("append would write to the mapped file")
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

// failing fails after n bytes written or n calls of ReadAt.
type failing struct {
	n    atomic.Int64
	data []byte
}

func failingAfter(n int, data []byte) *failing {
	f := &failing{data: data}
	f.n.Store(int64(n))
	return f
}

var errDisk = errors.New("disk")

func (f *failing) Write(p []byte) (int, error) {
	if f.n.Add(-int64(len(p))) < 0 {
		return 0, errDisk
	}
	return len(p), nil
}

func (f *failing) ReadAt(p []byte, off int64) (int, error) {
	if f.n.Add(-1) < 0 {
		return 0, errDisk
	}
	return bytes.NewReader(f.data).ReadAt(p, off)
}

// TestFailures lets the k-th operation fail, for all k until none does.
func TestFailures(t *testing.T) {
	m := tinyModel()
	m.Values = [][]float64{make([]float64, 300_000)}
	for _, compress := range []bool{false, true} {
		b := encode(t, layout{zip64From}, m, WriteOptions{compress})
		for n := 0; ; n += 10_000 {
			_, err := Write(failingAfter(n, nil), tool(), m, WriteOptions{compress})
			if err == nil {
				break
			}
			if !errors.Is(err, errDisk) {
				t.Fatal(err)
			}
		}
		for n := 0; ; n++ {
			r, err := NewReader(failingAfter(n, b), int64(len(b)))
			if err == nil {
				err = r.Decode(new(tiny))
			}
			if err == nil {
				err = r.Verify(t.Context())
			}
			if err == nil {
				break
			}
			if !errors.Is(err, errDisk) || errors.Is(err, ErrCorrupt) {
				t.Fatal(err)
			}
		}
	}
}

// TestConcurrentUse is for the race detector.
func TestConcurrentUse(t *testing.T) {
	type table struct{ Values [][]float64 }
	m := &table{}
	for i := range 5 {
		m.Values = append(m.Values, make([]float64, 100_000))
		m.Values[i][7] = float64(i)
	}
	for _, compress := range []bool{false, true} {
		b := encode(t, layout{zip64From}, m, WriteOptions{compress})
		for _, opened := range []func(layout, []byte) (*Reader, error){open, openMapped} {
			r, err := opened(layout{zip64From}, b)
			if err != nil {
				t.Fatal(err)
			}
			var wg sync.WaitGroup
			for range 4 {
				wg.Go(func() {
					for i := range m.Values {
						rows, err := Rows[float64](t.Context(), r, "values.npy", i, i+1)
						if err != nil || rows[0][7] != float64(i) {
							t.Error(err)
						}
					}
					if err := r.Verify(t.Context()); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
		}
	}
}

func TestSwapWords(t *testing.T) {
	b := []byte{1, 2, 3, 4, 5, 6, 7, 8}
	swapWords(b, 4)
	if want := []byte{4, 3, 2, 1, 8, 7, 6, 5}; !bytes.Equal(b, want) {
		t.Error(b)
	}
}

// TestNarrowIntegers takes the path of machines whose int has 32 bits.
func TestNarrowIntegers(t *testing.T) {
	n := number{"<i8", 8, 8}
	want := []int32{1, -2, math.MaxInt32}
	wide := rawBytes(reflect.ValueOf([]int64{1, -2, math.MaxInt32}), n)
	if b := rawBytes(reflect.ValueOf(want), n); !bytes.Equal(b, wide) {
		t.Errorf("% x", b)
	}
	got, err := sliceAt(reflect.TypeFor[[]int32](), wide, n)
	if err != nil || !reflect.DeepEqual(got.Interface(), want) {
		t.Error(got, err)
	}
	unsigned := []uint32{7, math.MaxUint32}
	got, err = sliceAt(reflect.TypeFor[[]uint32](), rawBytes(reflect.ValueOf(unsigned), n), n)
	if err != nil || !reflect.DeepEqual(got.Interface(), unsigned) {
		t.Error(got, err)
	}
	if _, err := sliceAt(reflect.TypeFor[[]int32](), rawBytes(reflect.ValueOf([]int64{1 << 31}), n), n); err == nil {
		t.Error("2³¹ became an int32")
	}
}

func TestCompressesTooWell(t *testing.T) {
	z := &zipWriter{layout: layout{zip64From}, w: bufio.NewWriter(io.Discard), usize: 1<<30 + 1}
	if err := z.close([]byte("{}")); err == nil || !strings.Contains(err.Error(), "without compression") {
		t.Error(err)
	}
}
