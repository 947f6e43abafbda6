package bundle

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/klauspost/compress/flate"
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

// forge writes a bundle with one member whose entry and description are made up.
func forge(t *testing.T, format int, rec memberRecord, e entry, data []byte, index []uint32) []byte {
	t.Helper()
	var buf bytes.Buffer
	l := layout{zip64From}
	b := l.local(nil, e)
	b = append(b, data...)
	b = l.trailer(b, e)
	entries := []entry{e}
	meta, err := json.Marshal(metaFile{
		Format: format, ToolVersion: "v9", Members: []memberRecord{rec},
		Options: []byte("{}"), Errors: []byte("{}"), Model: []byte(`{"values":"` + rec.Name + `"}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []struct {
		name string
		data []byte
	}{{indexName, indexBytes(index)}, {metaName, meta}} {
		var sums blockSums
		sums.Write(m.data)
		me := entry{name: m.name, usize: int64(len(m.data)), csize: int64(len(m.data)), offset: int64(len(b)), crc: sums.crc}
		b = append(l.local(b, me), m.data...)
		entries = append(entries, me)
	}
	buf.Write(l.directory(b, entries, int64(len(b))))
	return buf.Bytes()
}

// deflate returns the header of an array of the given rows of one number and n
// zero bytes, as they are and compressed.
func deflate(t *testing.T, rows, n int) (content, z []byte) {
	t.Helper()
	var buf bytes.Buffer
	fw, err := flate.NewWriter(&buf, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	content = append(npyHeader("<f8", []int{rows, 1}), make([]byte, n)...)
	if _, err := fw.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := fw.Close(); err != nil {
		t.Fatal(err)
	}
	return content, buf.Bytes()
}

// TestForged reads files whose sums are right and whose sizes and shapes lie:
// each ends in an error, in little memory.
func TestForged(t *testing.T) {
	content, z := deflate(t, 1<<20, 8<<20)
	lessContent, less := deflate(t, 1<<19, 8<<20)
	moreContent, more := deflate(t, 1<<20+8, 8<<20)
	claim := func(z []byte, n int64) entry {
		return entry{name: "values.npy", method: deflated, csize: int64(len(z)), usize: n}
	}
	exact := claim(z, int64(len(content)))
	rec := func(shape ...int) memberRecord { return memberRecord{"values.npy", "<f8", shape, ""} }
	huge := math.MaxInt/8 + 1

	for _, c := range []struct {
		name    string
		rec     memberRecord
		e       entry
		content []byte // whose sums are recorded
		z       []byte
		want    string // "" = readable
	}{
		{"good", rec(1<<20, 1), exact, content, z, ""},
		{"more than deflate can hold", rec(1<<30, 1), claim(z, 8<<30+128), content, z, "cannot be"},
		{"less than the data", rec(1<<19, 1), claim(less, 4<<20+128), lessContent[:4<<20+128], less, "do not end"},
		{"more than the data", rec(1<<20+8, 1), claim(more, 8<<20+192), moreContent, more, "malformed"},
		{"more than the limit", rec(1<<28, 1), claim(make([]byte, 4<<20), 2<<30+128), content, make([]byte, 4<<20), "inflate to more"},
		{"trailing", rec(1<<20, 1), claim(append(z, 0), int64(len(content))), content, append(bytes.Clone(z), 0), "do not end"},
		{"not deflate", rec(1<<20, 1), exact, content, bytes.Repeat([]byte{0xff}, len(z)), "malformed"},
		{"method", rec(1<<20, 1), func() entry { e := exact; e.method = 12; return e }(), content, z, "cannot be"},
		{"overflow", rec(huge, 8), exact, content, z, "cannot be"},
		{"negative", rec(-1, -1), exact, content, z, "cannot be"},
		{"no dimension", rec(), exact, content, z, "cannot be"},
		{"three dimensions", rec(1<<10, 1<<10, 1), exact, content, z, "cannot be"},
		{"shape", rec(1, 1<<20-1), exact, content, z, "needs"},
		{"transposed", rec(1, 1<<20), exact, content, z, ".npy header"},
		{"dtype", memberRecord{"values.npy", "<f16", []int{1 << 20, 1}, ""}, exact, content, z, "dtype"},
		{"name", memberRecord{"other.npy", "<f8", []int{1 << 20, 1}, ""}, exact, content, z, "lists"},
		{"rows without elements", rec(huge/4, 0), entry{name: "values.npy", csize: 128, usize: 128}, npyHeader("<f8", []int{huge / 4, 0}), npyHeader("<f8", []int{huge / 4, 0}), "without elements"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var s blockSums
			s.Write(c.content)
			c.e.crc = s.crc
			n := int(min(blockCount(c.e.usize), 1<<20))
			sums := append(s.appendTo(nil), make([]uint32, n)...)[:n]
			b := forge(t, Format, c.rec, c.e, c.z, sums)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			err := func() error {
				r, err := open(layout{zip64From}, b)
				if err != nil {
					return err
				}
				return r.Decode(&struct{ Values [][]float64 }{})
			}()
			runtime.ReadMemStats(&after)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("%v, want %q", err, c.want)
			}
			if used := after.TotalAlloc - before.TotalAlloc; used > 64<<20 {
				t.Errorf("%d bytes allocated", used)
			}
		})
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

func FuzzOpen(f *testing.F) {
	for _, c := range []bool{false, true} {
		f.Add(encode(f, layout{zip64From}, tinyModel(), WriteOptions{c}))
		f.Add(encode(f, layout{zip64From}, sample(), WriteOptions{c}))
		f.Add(encode(f, layout{1}, tinyModel(), WriteOptions{c}))
	}
	f.Add([]byte("PK\x05\x06" + strings.Repeat("\x00", 18)))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, l := range []layout{{zip64From}, {1}} {
			r, err := open(l, b)
			if err != nil {
				continue
			}
			for _, m := range []any{new(tiny), new(everything)} {
				if err := r.Decode(m); err != nil {
					continue
				}
				if err := r.Verify(t.Context()); err != nil {
					continue
				}
				again, err := open(l, encode(t, l, m, WriteOptions{}))
				if err != nil {
					t.Fatal(err)
				}
				copied := reflect.New(reflect.TypeOf(m).Elem()).Interface()
				if err := again.Decode(copied); err != nil {
					t.Fatal(err)
				}
				if d := diff(m, copied); d != "" {
					t.Fatal(d)
				}
			}
		}
	})
}

func TestErrorText(t *testing.T) {
	err := error(&CorruptError{"m.npz", "a.npy", 7, "CRC-32 is 1, recorded is 2"})
	want := "m.npz: a.npy: byte 7: CRC-32 is 1, recorded is 2; the bundle is damaged: restore it from a copy or build it again"
	if err.Error() != want || !errors.Is(fmt.Errorf("x: %w", err), ErrCorrupt) {
		t.Error(err)
	}
}
