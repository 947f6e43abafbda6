package bundle

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"strings"
	"testing"
)

// tiny keeps the tests that damage every byte short.
type tiny struct {
	Name   string
	Values [][]float64
	Index  []int32
	List   []inner
}

func tinyModel() *tiny {
	return &tiny{"tiny", [][]float64{{1, 2}, {3, 4}}, []int32{5, 6, 7}, []inner{{1, []float64{0.5}, "x"}}}
}

// attempt reads b in every way and returns the first error. Without an error
// the result must be what was written; the model is compared also where only
// Verify fails.
func attempt(t *testing.T, l layout, b []byte, opened func(layout, []byte) (*Reader, error)) error {
	t.Helper()
	r, err := opened(l, b)
	if err != nil {
		return err
	}
	if m, err := json.Marshal(r.Meta()); err != nil || string(m) != metaText {
		t.Errorf("Meta is %s, %v", m, err)
	}
	got := new(tiny)
	err = r.Decode(got)
	if err == nil {
		if d := diff(tinyModel(), got); d != "" {
			t.Error(d)
		}
	}
	if verr := r.Verify(t.Context()); err == nil {
		err = verr
	} else if verr == nil {
		t.Errorf("Decode fails (%v), Verify does not", err)
	}
	return err
}

const metaText = `{"Format":1,"ToolVersion":"v0.1.0","Options":{"Norm":"max"},"Errors":{"training":1e-9},"Inputs":[{"name":"a.mtx","bytes":12,"crc32c":77}]}`

func TestEveryFlippedByte(t *testing.T) {
	for _, l := range []layout{{zip64From}, {1000}} {
		for _, compress := range []bool{false, true} {
			good := encode(t, l, tinyModel(), WriteOptions{compress})
			if err := attempt(t, l, good, open); err != nil {
				t.Fatal(err)
			}
			harmless := 0
			for i := range good {
				for _, mask := range []byte{1 << (i % 8), 0xff} {
					bad := bytes.Clone(good)
					bad[i] ^= mask
					for _, opened := range []func(layout, []byte) (*Reader, error){open, openMapped} {
						err := attempt(t, l, bad, opened)
						if err == nil {
							harmless++
						} else if !errors.Is(err, ErrCorrupt) && !errors.Is(err, ErrNotBundle) {
							t.Errorf("byte %d: %v", i, err)
						}
					}
				}
			}
			if !compress && harmless > 0 {
				t.Errorf("%d flips had no effect in a file without compression", harmless)
			}
		}
	}
}

func TestEveryTruncation(t *testing.T) {
	l := layout{zip64From}
	for _, compress := range []bool{false, true} {
		good := encode(t, l, tinyModel(), WriteOptions{compress})
		for i := range good {
			if err := attempt(t, l, good[:i], open); !errors.Is(err, ErrCorrupt) && !errors.Is(err, ErrNotBundle) {
				t.Errorf("%d of %d bytes: %v", i, len(good), err)
			}
		}
		for name, bad := range map[string][]byte{
			"appended":     append(bytes.Clone(good), 0),
			"prefixed":     append([]byte{0}, good...),
			"doubled":      append(bytes.Clone(good), good...),
			"end repeated": append(bytes.Clone(good), good[len(good)-endLen:]...),
		} {
			if err := attempt(t, l, bad, open); !errors.Is(err, ErrCorrupt) && !errors.Is(err, ErrNotBundle) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// TestLazyBlocks checks that rows are verified when they are used, and only
// the blocks in which they lie.
func TestLazyBlocks(t *testing.T) {
	type large struct {
		Values [][]float64
		Other  []float64
	}
	const cols = 100_000 // 800 kB: rows straddle blocks
	m := &large{Other: []float64{1}}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 6 {
		row := make([]float64, cols)
		for j := range row {
			row[j] = rng.NormFloat64()
		}
		m.Values = append(m.Values, row)
	}
	for _, compress := range []bool{false, true} {
		good := encode(t, layout{zip64From}, m, WriteOptions{compress})
		r, err := Open(save(t, good))
		if err != nil {
			t.Fatal(err)
		}
		got := new(large)
		if err := r.Decode(got, "values", "no/such"); err != nil || len(got.Values) != 6 || got.Values[0] != nil {
			t.Fatal(err, len(got.Values))
		}
		for lo := range 6 {
			rows, err := Rows[float64](t.Context(), r, "values.npy", lo, 6)
			if err != nil || !reflect.DeepEqual(rows, m.Values[lo:]) {
				t.Errorf("rows from %d: %v", lo, err)
			}
		}
		for _, call := range []func() error{
			func() error { _, err := Rows[complex128](t.Context(), r, "values.npy", 0, 1); return err },
			func() error { _, err := Rows[float64](t.Context(), r, "other.npy", 0, 1); return err },
			func() error { _, err := Rows[float64](t.Context(), r, "none.npy", 0, 1); return err },
			func() error { _, err := Rows[float64](t.Context(), r, "values.npy", 0, 7); return err },
			func() error { _, err := Rows[float64](t.Context(), r, "values.npy", -1, 2); return err },
		} {
			if err := call(); !errors.As(err, new(*TypeError)) {
				t.Error(err)
			}
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
	good := encode(t, layout{zip64From}, m, WriteOptions{})
	bad := bytes.Clone(good)
	bad[64+128+5*8*cols+1000] ^= 4 // in row 5, and in no block of row 0
	for name, opened := range map[string]func(layout, []byte) (*Reader, error){"read": open, "mapped": openMapped} {
		r, err := opened(layout{zip64From}, bad)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Rows[float64](t.Context(), r, "values.npy", 0, 1); err != nil {
			t.Errorf("%s: row 0: %v", name, err)
		}
		_, err = Rows[float64](t.Context(), r, "values.npy", 5, 6)
		var c *CorruptError
		if !errors.As(err, &c) || c.Member != "values.npy" || !strings.Contains(c.Error(), "block 3") {
			t.Errorf("%s: row 5: %v", name, err)
		}
		if err := r.Decode(new(large)); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: %v", name, err)
		}
		if err := r.Verify(t.Context()); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: %v", name, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := r.Verify(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestVersions(t *testing.T) {
	data := npyHeader("<f8", []int{0})
	var s blockSums
	s.Write(data)
	e := entry{name: "values.npy", csize: int64(len(data)), usize: int64(len(data)), crc: s.crc}
	for format, want := range map[int]string{2: "use a newer eimtool", 0: "does not exist", -3: "does not exist"} {
		b := forge(t, format, memberRecord{"values.npy", "<f8", []int{0}, ""}, e, data, s.appendTo(nil))
		_, err := Open(save(t, b))
		var v *VersionError
		if !errors.As(err, &v) || v.Found != format || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "model.npz") {
			t.Errorf("format %d: %v", format, err)
		}
	}
	if _, err := Write(new(bytes.Buffer), Meta{Format: 2}, tinyModel(), WriteOptions{}); err == nil {
		t.Error("format 2 was written")
	}
}

func TestNotABundle(t *testing.T) {
	var npz bytes.Buffer
	l := layout{zip64From}
	b := npyHeader("<f8", []int{0})
	var s blockSums
	s.Write(b)
	e := entry{name: "a.npy", csize: int64(len(b)), usize: int64(len(b)), crc: s.crc}
	npz.Write(append(l.local(nil, e), b...))
	npz.Write(l.directory(nil, []entry{e}, int64(npz.Len())))
	for name, data := range map[string][]byte{
		"empty": nil, "text": []byte("%%MatrixMarket matrix coordinate real general\n1 1 1\n1 1 1\n"), "npz": npz.Bytes(),
	} {
		if _, err := Open(save(t, data)); !errors.Is(err, ErrNotBundle) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Open(t.TempDir()); err == nil || !strings.Contains(err.Error(), "regular file") {
		t.Errorf("folder: %v", err)
	}
	if _, err := Open("testdata/none.npz"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing: %v", err)
	}
}

func TestErrorText(t *testing.T) {
	err := error(&CorruptError{"m.npz", "a.npy", 7, "CRC-32 is 1, recorded is 2"})
	want := "m.npz: a.npy: byte 7: CRC-32 is 1, recorded is 2; the bundle is damaged: restore it from a copy or build it again"
	if err.Error() != want || !errors.Is(fmt.Errorf("x: %w", err), ErrCorrupt) {
		t.Error(err)
	}
}
