package bundle

import (
	"bytes"
	"context"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"eimtool/internal/dense"
)

type kind uint8

type level string

// everything has a field of every supported shape.
type everything struct {
	Name    string
	Level   level
	Kind    kind
	Yes     bool
	Int     int
	Int8    int8
	Uint64  uint64
	Float   float64
	Float32 float32
	Complex complex128
	Pair    [2]int
	Maybe   *int64
	Words   []string
	Tags    [][]string

	Values   [][]float64 `doc:"the terms, one per row"`
	Modes    [][]complex128
	Dense    *dense.Matrix[float64]
	DenseC   dense.Matrix[complex128]
	Index    []int   `bundle:"col_ptr" doc:"column pointers"`
	Rows32   []int32 // no tag
	Long     []int64
	Bytes    []byte
	Kinds    []kind
	Flags    []bool
	Single   []float32
	Small    []float64 `bundle:"small,inline"`
	Phases   []complex128
	Deep     [][][]float64
	Matrices []*dense.Matrix[float64]

	Inner inner
	Ptr   *inner
	List  []inner
	Ptrs  []*inner
	Base

	Skipped func() `bundle:"-"`
	cache   int    `bundle:"-"`
}

type inner struct {
	ID      int
	Weights []float64
	Label   string
}

// Base is an embedded struct.
type Base struct{ Extra []complex64 }

// tool is the Meta of most tests.
func tool() Meta {
	return Meta{
		ToolVersion: "v0.1.0",
		Options:     struct{ Norm string }{"max"},
		Errors:      map[string]float64{"training": 1e-9},
		Inputs:      []Input{{"a.mtx", 12, 77}},
	}
}

// sample returns a small fixed model.
func sample() *everything {
	n := int64(-7)
	return &everything{
		Name: "Ħelmholtz <2d>", Level: "high", Kind: 3, Yes: true, Int: -5, Int8: -128, Uint64: math.MaxUint64,
		Float: math.Inf(-1), Float32: 0.1, Complex: complex(math.Copysign(0, -1), 1e-310), Pair: [2]int{1, 2}, Maybe: &n,
		Words: []string{"a", ""}, Tags: [][]string{{"x"}, nil, {"y", "z"}},
		Values: [][]float64{{1, 0.5, -0x1p-1074}, {math.NaN(), math.Inf(1), 3}},
		Modes:  [][]complex128{{1 + 2i, 0}, {3, 4i}},
		Dense:  &dense.Matrix[float64]{Rows: 2, Cols: 1, Data: []float64{1, 2}},
		Index:  []int{0, 1, 3}, Rows32: []int32{0, 1}, Long: []int64{math.MinInt64}, Bytes: []byte("bytes"),
		Kinds: []kind{1, 2}, Flags: []bool{true, false}, Single: []float32{1.5}, Small: []float64{1.0 / 3, math.NaN()},
		Phases: []complex128{1i}, Deep: [][][]float64{{{1}, {2}}, {}, {{1}, {}, {2, 3}}},
		Matrices: []*dense.Matrix[float64]{nil, dense.New[float64](0, 3)},
		Inner:    inner{1, []float64{9}, "one"}, Ptr: &inner{ID: 2}, List: []inner{{ID: 3}, {4, []float64{1, 2}, ""}},
		Ptrs: []*inner{nil, {ID: 5}}, Base: Base{[]complex64{1 - 1i}}, cache: 1,
	}
}

// draw fills v with random values; floats are random bits.
func draw(t *rapid.T, v reflect.Value, label string) {
	size := func() int { return rapid.IntRange(0, 4).Draw(t, label+"#") }
	switch m := v.Addr().Interface().(type) {
	case *dense.Matrix[float64]:
		*m = *dense.New[float64](size(), size())
		draw(t, reflect.ValueOf(&m.Data).Elem(), label)
		m.Data = append(m.Data, make([]float64, m.Rows*m.Cols)...)[:m.Rows*m.Cols]
		return
	case *dense.Matrix[complex128]:
		*m = *dense.New[complex128](size(), size())
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, label))
	case reflect.String:
		v.SetString(rapid.String().Draw(t, label))
	case reflect.Float64:
		v.SetFloat(math.Float64frombits(rapid.Uint64().Draw(t, label)))
	case reflect.Float32:
		v.SetFloat(float64(math.Float32frombits(rapid.Uint32().Draw(t, label))))
	case reflect.Complex64, reflect.Complex128:
		v.SetComplex(complex(rapid.Float64().Draw(t, label), rapid.Float64().Draw(t, label)))
	case reflect.Pointer:
		if rapid.Bool().Draw(t, label) {
			v.Set(reflect.New(v.Type().Elem()))
			draw(t, v.Elem(), label)
		}
	case reflect.Slice, reflect.Array:
		if v.Kind() == reflect.Slice {
			n := size()
			v.Set(reflect.MakeSlice(v.Type(), n, n))
		}
		rows := isVector(v.Type().Elem()) && rapid.Bool().Draw(t, label+" equal rows")
		for i := range v.Len() {
			draw(t, v.Index(i), label)
			if rows && i > 0 && v.Index(0).Len() > 0 {
				v.Index(i).Set(v.Index(0))
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.Tag.Get("bundle") != "-" {
				draw(t, v.Field(i), label+"."+f.Name)
			}
		}
	default:
		if v.CanInt() {
			v.SetInt(rapid.Int64().Draw(t, label) >> (64 - v.Type().Bits()))
		} else {
			v.SetUint(rapid.Uint64().Draw(t, label) >> (64 - v.Type().Bits()))
		}
	}
}

// diff compares bit by bit; NaNs are equal, as are nil and empty slices.
func diff(a, b any) string {
	return cmp.Diff(a, b,
		cmp.Comparer(func(x, y float64) bool {
			return math.Float64bits(x) == math.Float64bits(y) || x != x && y != y
		}),
		cmp.Comparer(func(x, y float32) bool {
			return math.Float32bits(x) == math.Float32bits(y) || x != x && y != y
		}),
		cmp.Comparer(func(x, y complex128) bool {
			return bits(real(x)) == bits(real(y)) && bits(imag(x)) == bits(imag(y))
		}),
		cmp.Comparer(func(x, y complex64) bool {
			return bits(float64(real(x))) == bits(float64(real(y))) && bits(float64(imag(x))) == bits(float64(imag(y)))
		}),
		cmpopts.EquateEmpty(), cmpopts.IgnoreFields(everything{}, "Skipped", "cache"))
}

func bits(x float64) uint64 {
	if x != x {
		x = math.NaN()
	}
	return math.Float64bits(x)
}

// encode returns the bytes of a bundle.
func encode(t testing.TB, l layout, v any, opt WriteOptions) []byte {
	t.Helper()
	var b bytes.Buffer
	n, err := l.write(&b, tool(), v, opt)
	if err != nil {
		t.Fatal(err)
	}
	if n != int64(b.Len()) {
		t.Fatalf("Write returns %d, wrote %d", n, b.Len())
	}
	return b.Bytes()
}

// open reads a bundle from memory.
func open(l layout, b []byte) (*Reader, error) {
	r := &Reader{layout: l, size: int64(len(b)), src: bytes.NewReader(b)}
	return r, r.open()
}

// openMapped reads a bundle from memory as if it were mapped.
func openMapped(l layout, b []byte) (*Reader, error) {
	r, err := open(l, b)
	if err == nil {
		r.mapped = b
	}
	return r, err
}

// save writes b to a file.
func save(t testing.TB, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "model.npz")
	if err := os.WriteFile(path, b, 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestDecodeEncodeIsIdentity(t *testing.T) {
	dir := t.TempDir()
	count := 0
	rapid.Check(t, func(rt *rapid.T) {
		want := new(everything)
		if count++; count > 1 {
			draw(rt, reflect.ValueOf(want).Elem(), "model")
		} else {
			want = sample()
		}
		opt := WriteOptions{Compress: rapid.Bool().Draw(rt, "compress")}
		b := encode(t, layout{zip64From}, want, opt)
		if again := encode(t, layout{zip64From}, want, opt); !bytes.Equal(b, again) {
			rt.Fatal("two writes differ")
		}
		path := filepath.Join(dir, strconv.Itoa(count))
		if err := os.WriteFile(path, b, 0o666); err != nil {
			rt.Fatal(err)
		}
		mapped, err := Open(path)
		if err != nil {
			rt.Fatal(err)
		}
		read, err := NewReader(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			rt.Fatal(err)
		}
		for _, r := range []*Reader{mapped, read} {
			got := sample() // Decode must clear what is not in the bundle
			if err := r.Decode(got); err != nil {
				rt.Fatal(err)
			}
			if d := diff(want, got); d != "" {
				rt.Fatal(d)
			}
			if err := r.Verify(context.Background()); err != nil {
				rt.Fatal(err)
			}
		}
		if err := mapped.Close(); err != nil {
			rt.Fatal(err)
		}
	})
}
