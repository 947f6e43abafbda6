package bundle

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"eimtool/internal/dense"
)

// nested has lazy fields behind pointers, structs and lists.
type nested struct {
	Name  string
	Left  *leaf
	Right *leaf
	Flat  leaf
	List  []leaf
}

type leaf struct {
	Rows    [][]float64
	Phases  [][]complex128
	Modes   *dense.Matrix[float64]
	Waves   *dense.Matrix[complex128]
	Own     dense.Matrix[float64]
	Scale   float64
	Indices []int
}

func sampleLeaf(x float64) leaf {
	return leaf{
		Rows: [][]float64{{x, 2}, {3, 4}}, Phases: [][]complex128{{complex(x, 1)}},
		Modes: &dense.Matrix[float64]{Rows: 2, Cols: 2, Data: []float64{x, 1, 2, 3}},
		Waves: &dense.Matrix[complex128]{Rows: 1, Cols: 2, Data: []complex128{1i, complex(x, 0)}},
		Own:   dense.Matrix[float64]{Rows: 1, Cols: 1, Data: []float64{x}}, Scale: x, Indices: []int{1, 2},
	}
}

func sampleNested() *nested {
	l := sampleLeaf(0.5)
	return &nested{Name: "n", Left: &l, Flat: sampleLeaf(7), List: []leaf{sampleLeaf(9)}}
}

// lazyPaths are the fields that may be left on disk.
var lazyPaths = []string{
	"left/rows", "left/phases", "left/modes", "left/waves", "left/own", "flat/rows", "flat/modes", "flat/waves", "flat/own",
	"right/rows", "right/modes",
}

// Any set of fields may be left lazy: fetched in any order, some of them twice,
// the whole model is there; before, shapes are known and data are not.
func TestFetchCompletes(t *testing.T) {
	want := sampleNested()
	for _, compress := range []bool{false, true} {
		b := encode(t, layout{zip64From}, want, WriteOptions{Compress: compress})
		rapid.Check(t, func(t *rapid.T) {
			r, err := openMapped(layout{zip64From}, b)
			if err != nil {
				t.Fatal(err)
			}
			lazy := rapid.SliceOfDistinct(rapid.SampledFrom(lazyPaths), rapid.ID[string]).Draw(t, "lazy")
			got := new(nested)
			if err := r.Decode(got, lazy...); err != nil {
				t.Fatal(err)
			}
			for _, path := range lazy {
				if path == "left/modes" && (got.Left.Modes == nil || got.Left.Modes.Rows != 2 || got.Left.Modes.Cols != 2 || len(got.Left.Modes.Data) != 0) {
					t.Fatalf("a lazy matrix is %+v", got.Left.Modes)
				}
				if path == "left/rows" && (len(got.Left.Rows) != 2 || len(got.Left.Rows[0]) != 0) {
					t.Fatalf("lazy rows are %v", got.Left.Rows)
				}
			}
			order := rapid.Permutation(append(append([]string(nil), lazy...), lazyPaths[:3]...)).Draw(t, "order")
			for _, path := range order {
				if err := r.Fetch(got, path); err != nil {
					t.Fatalf("%s: %v", path, err)
				}
			}
			if d := diff(want, got); d != "" {
				t.Fatal(d)
			}
		})
	}
}

// Fetch also reads what was not lazy, from a bundle into a model changed since.
func TestFetchReadsAgain(t *testing.T) {
	b := encode(t, layout{zip64From}, sampleNested(), WriteOptions{})
	r, err := open(layout{zip64From}, b)
	if err != nil {
		t.Fatal(err)
	}
	got := new(nested)
	if err := r.Decode(got); err != nil {
		t.Fatal(err)
	}
	got.Flat.Scale, got.Flat.Indices, got.Flat.Modes = 0, nil, nil
	for _, path := range []string{"flat/scale", "flat/indices", "flat/modes"} {
		if err := r.Fetch(got, path); err != nil {
			t.Fatal(err)
		}
	}
	if d := diff(sampleNested(), got); d != "" {
		t.Error(d)
	}
}

func TestFetchOfPathsThatAreNotThere(t *testing.T) {
	b := encode(t, layout{zip64From}, sampleNested(), WriteOptions{})
	r, err := open(layout{zip64From}, b)
	if err != nil {
		t.Fatal(err)
	}
	got := new(nested)
	if err := r.Decode(got); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"right/rows", "right/no_such_field"} { // behind nil
		if err := r.Fetch(got, path); err != nil || got.Right != nil {
			t.Errorf("%s: %v, %v", path, got.Right, err)
		}
	}
	for _, path := range []string{"no_such_field", "left/no_such_field", "name/rows", "list/0/rows", ""} {
		var e *TypeError
		if err := r.Fetch(got, path); !errors.As(err, &e) {
			t.Errorf("%q: %v", path, err)
		}
	}
	if err := r.Fetch(*got, "left/rows"); err == nil {
		t.Error("a model that is no pointer was accepted")
	}
	if d := diff(sampleNested(), got); d != "" {
		t.Error(d)
	}
	// A bundle written before the field existed leaves it as it is.
	old := encode(t, layout{zip64From}, &struct{ Name string }{"old"}, WriteOptions{})
	if r, err = open(layout{zip64From}, old); err != nil {
		t.Fatal(err)
	}
	kept := sampleNested()
	for _, path := range []string{"left/rows", "flat/modes", "list"} {
		if err := r.Fetch(kept, path); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
	if !reflect.DeepEqual(kept, sampleNested()) {
		t.Errorf("%+v", kept)
	}
}

// A flipped byte of a lazy member is found when it is fetched, each time, and
// the other members can still be read.
func TestFetchOfDamage(t *testing.T) {
	want := sampleNested()
	marker := 1234.5678
	want.Left.Rows[1][1] = marker
	b := encode(t, layout{zip64From}, want, WriteOptions{})
	r, err := open(layout{zip64From}, b)
	if err != nil {
		t.Fatal(err)
	}
	got := new(nested)
	if err := r.Decode(got, "left/rows", "left/waves"); err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(b, encodeFloat(marker))
	if at < 0 {
		t.Fatal("the number is not in the file")
	}
	b[at] ^= 1
	for range 2 {
		var e *CorruptError
		if err := r.Fetch(got, "left/rows"); !errors.As(err, &e) || !strings.Contains(err.Error(), "left/rows") {
			t.Errorf("damage: %v", err)
		}
	}
	if err := r.Fetch(got, "left/waves"); err != nil || diff(want.Left.Waves, got.Left.Waves) != "" {
		t.Errorf("%v, %v", got.Left.Waves, err)
	}
}

// encodeFloat returns the bytes of x in the file.
func encodeFloat(x float64) []byte {
	b := make([]byte, 8)
	for i := range b {
		b[i] = byte(bits(x) >> (8 * i))
	}
	return b
}
